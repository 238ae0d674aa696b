//! Flash messages: put in by one request, shown by the next, once.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::json::dict::Member;
use crate::json::scan;
use crate::session::Session;
use crate::session::reserved_keys;
use crate::session::value::{self, ErrorKind, ValueError};

/// A queue of messages in a session, made by [`Session::flash`] and [`Session::flash_queue`].
///
/// A message is any value that serde can write; text, as a rule. It stays until it is popped. The
/// queue is the session's key `_f_` + its name, as in Pyramid.
///
/// # Example
/// ```
/// use http::HeaderMap;
/// use signed_cookie_session::{Secret, SignedCookieFactory};
///
/// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
/// session.flash().push("Your item was added.")?;            // POST /items, then redirect
/// for message in session.flash().pop::<String>()? {         // GET /
///     println!("{message}");
/// }
/// # Ok::<(), signed_cookie_session::ValueError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a queue does nothing until it is pushed to, popped or peeked at"]
pub struct FlashQueue<'s> {
    session: &'s Session,
    key: String,
}

impl<'s> FlashQueue<'s> {
    pub(crate) fn new(session: &'s Session, queue: &str) -> Self {
        Self { session, key: reserved_keys::flash_queue(queue) }
    }

    /// Appends a message.
    ///
    /// # Errors
    /// [`ValueError`] where it cannot be written as JSON, or where another program put something
    /// that is no list in the queue's place. The session stays as it is.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// session.flash().push("Saved.")?;
    /// session.flash().push("Saved.")?;
    /// assert_eq!(session.flash().pop::<String>()?, ["Saved.", "Saved."]);
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn push(&self, message: impl Serialize) -> Result<(), ValueError> {
        self.append(&message, |_, _| true)
    }

    /// Appends a message unless an equal one is waiting.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// session.flash().push_unique("Saved.")?;
    /// session.flash().push_unique("Saved.")?;
    /// assert_eq!(session.flash().pop::<String>()?, ["Saved."]);
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn push_unique(&self, message: impl Serialize) -> Result<(), ValueError> {
        self.append(&message, |waiting, message| !same(waiting, message))
    }

    /// Takes all messages out, the oldest first. An empty queue is no change to the session.
    ///
    /// # Errors
    /// [`ValueError`] where a message is not of that type. All of them stay in the queue then.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// session.flash_queue("error").push("No such user.")?;
    /// assert!(session.flash_queue("error").pop::<u64>().is_err());
    /// assert_eq!(session.flash_queue("error").pop::<String>()?, ["No such user."]);
    /// assert!(session.flash_queue("error").pop::<String>()?.is_empty());
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn pop<T: DeserializeOwned>(&self) -> Result<Vec<T>, ValueError> {
        let popped = self.session.take_if(&self.key, |messages: &Vec<T>| !messages.is_empty())?;
        Ok(popped.unwrap_or_default())
    }

    /// The messages, which stay in the queue.
    ///
    /// # Errors
    /// [`ValueError`] where a message is not of that type.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// session.flash().push("Saved.")?;
    /// assert_eq!(session.flash().peek::<String>()?, ["Saved."]);
    /// assert_eq!(session.flash().pop::<String>()?, ["Saved."]);
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn peek<T: DeserializeOwned>(&self) -> Result<Vec<T>, ValueError> {
        Ok(self.session.get(&self.key)?.unwrap_or_default())
    }

    /// Appends a message if `wanted` is true of each one waiting and it.
    fn append<T: Serialize>(&self, message: &T, wanted: impl Fn(&str, &str) -> bool) -> Result<(), ValueError> {
        let message = value::write(&self.key, message)?;
        let mut appended = Ok(());
        self.session.change_if(|dict| {
            let queue = dict.get(&self.key).unwrap_or("[]");
            let Some(waiting) = scan::array(queue) else {
                appended = Err(ValueError::of(&self.key, ErrorKind::NotAQueue));
                return false;
            };
            if !waiting.iter().all(|waiting| wanted(waiting.of(queue), &message)) {
                return false;
            }
            // The messages that wait keep their text.
            let open = queue.strip_suffix(']').expect("an array ends with its bracket");
            let comma = if waiting.is_empty() { "" } else { ", " };
            dict.insert(&self.key, Member::new(&self.key, &format!("{open}{comma}{message}]")));
            true
        });
        appended
    }
}

/// Whether two JSON texts say the same, however they are spelled.
fn same(one: &str, other: &str) -> bool {
    let parse = |json| serde_json::from_str::<serde_json::Value>(json).ok();
    one == other || parse(one).is_some_and(|one| parse(other) == Some(one))
}

impl Session {
    /// The flash queue that has no name of its own, Pyramid's default.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// session.flash().push("Your item was added.")?;
    /// assert_eq!(session.flash().pop::<String>()?, ["Your item was added."]);
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn flash(&self) -> FlashQueue<'_> {
        self.flash_queue("")
    }

    /// A flash queue by its name.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// session.flash_queue("error").push("That did not work.")?;
    /// assert!(session.flash().peek::<String>()?.is_empty());
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn flash_queue(&self, queue: impl AsRef<str>) -> FlashQueue<'_> {
        FlashQueue::new(self, queue.as_ref())
    }
}
