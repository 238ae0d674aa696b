//! Flash messages: one request stores them, and the next shows them once.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

#[cfg(feature = "flask")]
use crate::format::FlashStyle;
use crate::json::dict::{Member, TooLong};
use crate::json::scan;
use crate::session::Session;
#[cfg(feature = "flask")]
use crate::session::flask_flashes;
use crate::session::reserved_keys;
use crate::session::value::{self, ErrorKind, ValueError};

/// A queue of flash messages in a session, returned by [`Session::flash`] and [`Session::flash_queue`].
///
/// A message is any value that serde can serialize, usually a string. It stays in the queue until it is popped. As in
/// Pyramid, the queue is stored under the key `_f_` + its name. In Flask's format, the queue is one of Flask's
/// categories.
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
    /// The category, in Flask's format.
    #[cfg(feature = "flask")]
    category: Option<String>,
}

impl<'s> FlashQueue<'s> {
    pub(crate) fn new(session: &'s Session, queue: &str) -> Self {
        Self {
            session,
            key: reserved_keys::flash_queue(queue),
            #[cfg(feature = "flask")]
            category: (session.flash_style() == FlashStyle::Flask)
                .then(|| if queue.is_empty() { flask_flashes::DEFAULT_CATEGORY } else { queue }.into()),
        }
    }

    /// Appends a message.
    ///
    /// # Errors
    /// [`ValueError`] if the message cannot be written as JSON, or if another program stored something other than a
    /// list under the queue's key. The session does not change.
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

    /// Appends a message, unless the queue already holds an equal one.
    ///
    /// # Errors
    /// See [`push`](Self::push).
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

    /// Removes all messages and returns them, the oldest first. Popping an empty queue does not change the session.
    ///
    /// # Errors
    /// [`ValueError`] if a message has another type. All messages then stay in the queue.
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
        #[cfg(feature = "flask")]
        if let Some(category) = &self.category {
            return flask_flashes::pop(self.session, category);
        }
        let popped = self.session.take_if(&self.key, |messages: &Vec<T>| !messages.is_empty())?;
        Ok(popped.unwrap_or_default())
    }

    /// Returns all messages and leaves them in the queue.
    ///
    /// # Errors
    /// [`ValueError`] if a message has another type.
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
        #[cfg(feature = "flask")]
        if let Some(category) = &self.category {
            return flask_flashes::peek(self.session, category);
        }
        Ok(self.session.get(&self.key)?.unwrap_or_default())
    }

    /// Appends a message if `wanted` returns `true` for each waiting message and the new one.
    fn append<T: Serialize>(&self, message: &T, wanted: impl Fn(&str, &str) -> bool) -> Result<(), ValueError> {
        #[cfg(feature = "flask")]
        if let Some(category) = &self.category {
            let dropped = flask_flashes::append(self.session, category, message, wanted)?;
            if dropped > 0 {
                self.session.events().flash_dropped(dropped);
            }
            return Ok(());
        }
        let (max_len, limit) = (self.session.max_text_len(), self.session.flash_limit());
        let message = value::write(&self.key, message, max_len).inspect_err(|_| self.session.touch(|_| ()))?;
        let mut dropped = 0;
        let appended = self.session.touch(|state| {
            let queue = state.record.dict.get(&self.key).unwrap_or("[]");
            let waiting = scan::array(queue).ok_or(ErrorKind::NotAQueue)?;
            if !waiting.iter().all(|waiting| wanted(waiting.of(queue), &message)) {
                return Ok(());
            }
            // The oldest messages are dropped. The others keep their text.
            let kept = limit.map_or(waiting.len(), |limit| waiting.len().min(limit.saturating_sub(1)));
            let first = waiting.len() - kept;
            let text = match (waiting.get(first), waiting.last()) {
                (Some(first), Some(last)) => format!("[{}, {message}]", &queue[first.start()..last.end()]),
                _ => format!("[{message}]"),
            };
            let member = Member::new(&self.key, &text);
            state
                .try_change(|dict| dict.insert(&self.key, member, max_len))
                .map_err(|TooLong| ErrorKind::TooLong { limit: max_len })?;
            dropped = first;
            Ok(())
        });
        if dropped > 0 {
            self.session.events().flash_dropped(dropped);
        }
        appended.map_err(|kind| ValueError::of(&self.key, kind))
    }
}

/// Returns whether two JSON texts are the same message, even if different programs wrote them. Numbers are compared as
/// text: `1`, `1.0` and `true` are three messages, and so are two long numbers that would become the same float.
fn same(one: &str, other: &str) -> bool {
    one == other || same_value(one, other, MAX_DEPTH)
}

/// Deeper values are compared by their text only.
const MAX_DEPTH: usize = 32;

fn same_value(one: &str, other: &str, depth: usize) -> bool {
    let (Some(first), Some(second)) = (one.bytes().next(), other.bytes().next()) else { return false };
    if first != second || depth == 0 {
        return one == other;
    }
    match first {
        b'"' => {
            let parse = |json| serde_json::from_str::<Cow<'_, str>>(json).ok();
            parse(one).is_some_and(|one| parse(other) == Some(one))
        }
        b'[' => {
            let parse = |json| serde_json::from_str::<Vec<&RawValue>>(json).ok();
            let (Some(one), Some(other)) = (parse(one), parse(other)) else { return false };
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| same_value(one.get(), other.get(), depth - 1))
        }
        b'{' => {
            let parse = |json| serde_json::from_str::<BTreeMap<Cow<'_, str>, &RawValue>>(json).ok();
            let (Some(one), Some(other)) = (parse(one), parse(other)) else { return false };
            one.len() == other.len()
                && one.iter().zip(&other).all(|((key, one), (other_key, other))| {
                    key == other_key && same_value(one.get(), other.get(), depth - 1)
                })
        }
        _ => one == other,
    }
}

impl Session {
    /// Returns the default flash queue, which has no name.
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

    /// Returns a flash queue by name.
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
