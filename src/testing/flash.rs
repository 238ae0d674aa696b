//! Checks which flash messages are in a queue.

use serde::Serialize;
use serde_json::Value;

use crate::session::Session;

/// Checks that the queue without a name holds exactly these messages, in this order. The messages
/// stay there.
///
/// # Panics
/// If the queue holds other messages. The panic shows both lists.
///
/// # Example
/// ```
/// # use signed_cookie_session::testing::assert_flash;
/// # use signed_cookie_session::{Secret, SignedCookieFactory};
/// # let session = SignedCookieFactory::new(Secret::generate()).load(&http::HeaderMap::new());
/// session.flash().push("Saved.")?;
/// assert_flash(&session, ["Saved."]);
/// # Ok::<(), signed_cookie_session::ValueError>(())
/// ```
#[track_caller]
pub fn assert_flash<M: Serialize>(session: &Session, messages: impl IntoIterator<Item = M>) {
    assert_flash_queue(session, "", messages);
}

/// Checks that the queue with this name holds exactly these messages, in this order.
///
/// # Panics
/// If the queue holds other messages. The panic shows both lists.
///
/// # Example
/// ```
/// # use signed_cookie_session::testing::assert_flash_queue;
/// # use signed_cookie_session::{Secret, SignedCookieFactory};
/// # let session = SignedCookieFactory::new(Secret::generate()).load(&http::HeaderMap::new());
/// session.flash_queue("error").push("No such user.")?;
/// assert_flash_queue(&session, "error", ["No such user."]);
/// # Ok::<(), signed_cookie_session::ValueError>(())
/// ```
#[track_caller]
pub fn assert_flash_queue<M: Serialize>(
    session: &Session,
    queue: impl AsRef<str>,
    messages: impl IntoIterator<Item = M>,
) {
    let expected: Vec<Value> = messages
        .into_iter()
        .map(|message| serde_json::to_value(message).expect("the expected message is written as JSON"))
        .collect();
    let waiting: Vec<Value> = match session.flash_queue(queue.as_ref()).peek() {
        Ok(waiting) => waiting,
        Err(error) => panic!("the flash messages cannot be read: {error}"),
    };
    assert!(
        waiting == expected,
        "the flash queue {:?} holds other messages\n expected: {}\n  waiting: {}",
        queue.as_ref(),
        Value::Array(expected),
        Value::Array(waiting),
    );
}
