//! The session as a dict. Values are copied in and out.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::json::dict::{Dict, Member, Raw, TooLong};
use crate::json::scan;
use crate::session::Session;
use crate::session::reserved_keys::is_hidden;
use crate::session::value::{self, ErrorKind, ValueError};

impl Session {
    /// Returns the value of a key as the type you ask for, or `None` if there is no value.
    ///
    /// # Errors
    /// [`ValueError`] if the value has another type. The session does not change.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// let visits: u64 = session.get("visits")?.unwrap_or(0);
    /// assert_eq!(visits, 0);
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn get<T: DeserializeOwned>(&self, key: impl AsRef<str>) -> Result<Option<T>, ValueError> {
        let key = key.as_ref();
        self.raw(key).map(|raw| value::read(key, raw.bytes())).transpose()
    }

    /// Sets the value of a key. Replaces an existing value.
    ///
    /// `serde_json` writes the value: bytes become a list of numbers, and a float that is not a number becomes `null`.
    /// A float is written exactly. Reading it may be off by one unit in the last place, unless your program enables
    /// `serde_json`'s feature `float_roundtrip`.
    ///
    /// # Errors
    /// [`ValueError`] if the value cannot be written as JSON. The session does not change.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// session.insert("user", "ada")?;
    /// session.insert("rights", ["read", "write"])?;
    /// assert_eq!(session.get::<String>("user")?.as_deref(), Some("ada"));
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn insert(&self, key: impl AsRef<str>, value: impl Serialize) -> Result<(), ValueError> {
        let key = key.as_ref();
        let member = self.member(key, &value)?;
        self.put(key, member)
    }

    /// Removes a key. Returns whether it was present; if it was not, the session does not change.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// session.insert("draft", "Dear")?;
    /// assert!(session.remove("draft"));
    /// assert!(!session.remove("draft"));
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn remove(&self, key: impl AsRef<str>) -> bool {
        let key = key.as_ref();
        self.change_if(|dict| !is_hidden(key) && dict.remove(key))
    }

    /// Removes a key and returns its value.
    ///
    /// # Errors
    /// [`ValueError`] if the value has another type. It then stays in the session.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// session.insert("return_to", "/cart")?;
    /// assert_eq!(session.take::<String>("return_to")?.as_deref(), Some("/cart"));
    /// assert_eq!(session.take::<String>("return_to")?, None);
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn take<T: DeserializeOwned>(&self, key: impl AsRef<str>) -> Result<Option<T>, ValueError> {
        self.take_if(key.as_ref(), |_| true)
    }

    /// Returns the value of a key. If there is none, inserts `default` and returns it.
    ///
    /// # Errors
    /// [`ValueError`] if the value has another type, or if `default` cannot be written as JSON.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// assert_eq!(session.get_or_insert("theme", "light".to_owned())?, "light");
    /// assert_eq!(session.get_or_insert("theme", "dark".to_owned())?, "light");
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn get_or_insert<T: Serialize + DeserializeOwned>(
        &self,
        key: impl AsRef<str>,
        default: T,
    ) -> Result<T, ValueError> {
        let key = key.as_ref();
        if let Some(value) = self.get(key)? {
            return Ok(value);
        }
        let member = self.member(key, &default)?;
        // If another thread has inserted a value in the meantime, keep it.
        let stays = self.touch(|state| match state.record.dict.get_raw(key) {
            Some(stays) => Ok(Some(stays)),
            None => state.try_change(|dict| dict.insert(key, member, self.max_text_len())).map(|()| None),
        });
        match stays {
            Ok(None) => Ok(default),
            Ok(Some(raw)) => value::read(key, raw.bytes()),
            Err(TooLong) => Err(self.too_long(key)),
        }
    }

    /// Replaces the value of a key with the result of `change`, and returns the new value. `change` gets `None` if
    /// there is no value.
    ///
    /// The update is atomic: if another thread changes the value at the same time, `change` is called again with the new
    /// value, so that neither change is lost. `change` runs outside the lock and may use the session.
    ///
    /// # Errors
    /// [`ValueError`] if the value has another type, or if the new value cannot be inserted. The session does not
    /// change.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// let visits = session.update("visits", |visits: Option<u64>| visits.unwrap_or(0) + 1)?;
    /// assert_eq!(visits, 1);
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn update<T: Serialize + DeserializeOwned>(
        &self,
        key: impl AsRef<str>,
        mut change: impl FnMut(Option<T>) -> T,
    ) -> Result<T, ValueError> {
        let key = key.as_ref();
        loop {
            let before = self.raw(key);
            let value = change(before.as_ref().map(|raw| value::read(key, raw.bytes())).transpose()?);
            let member = self.member(key, &value)?;
            let changed = self.touch(|state| {
                if state.record.dict.get(key) != before.as_ref().map(Raw::text) {
                    return None;
                }
                Some(state.try_change(|dict| dict.insert(key, member, self.max_text_len())))
            });
            match changed {
                None => {}
                Some(Ok(())) => return Ok(value),
                Some(Err(TooLong)) => return Err(self.too_long(key)),
            }
        }
    }

    /// Returns the value of a key, or `None` if there is no value or it has another type. Removes a value of another
    /// type.
    ///
    /// Use it when a new release of your app stores another type under the key. With the feature `tracing`, each
    /// removal is an event at level warn.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// session.insert("cart", "an older release kept a text here")?;
    /// let cart: Vec<u64> = session.get_or_remove("cart").unwrap_or_default();
    /// assert!(cart.is_empty() && !session.contains_key("cart"));
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn get_or_remove<T: DeserializeOwned>(&self, key: impl AsRef<str>) -> Option<T> {
        let key = key.as_ref();
        loop {
            let raw = self.raw(key)?;
            if let Ok(value) = value::read::<T>(key, raw.bytes()) {
                return Some(value);
            }
            // Another thread may have replaced the value that was read; then it is kept.
            if self.change_if(|dict| dict.get(key) == Some(raw.text()) && dict.remove(key)) {
                self.events().value_removed();
                return None;
            }
        }
    }

    /// Returns whether the key has a value.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// assert!(!session.contains_key("user"));
    /// ```
    pub fn contains_key(&self, key: impl AsRef<str>) -> bool {
        self.touch(|state| !is_hidden(key.as_ref()) && state.record.dict.contains(key.as_ref()))
    }

    /// Returns the keys in the order of insertion. As in Pyramid, they include the keys of flash queues (`_f_…`) and of
    /// the CSRF token (`_csrft_`).
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// session.insert("user", "ada")?;
    /// session.flash().push("Welcome.")?;
    /// assert_eq!(session.keys(), ["user", "_f_"]);
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn keys(&self) -> Vec<String> {
        self.members(|_| true).into_iter().map(|(key, _)| key).collect()
    }

    /// Returns the number of [`keys`](Self::keys).
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// assert_eq!(session.len(), 0);
    /// ```
    pub fn len(&self) -> usize {
        self.touch(|state| state.visible_len())
    }

    /// Returns whether the session has no keys.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// assert!(session.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.touch(|state| state.is_empty())
    }

    /// Removes all keys, including flash queues and the CSRF token. The session continues empty and keeps its
    /// [`created`](Self::created). To log out, call [`invalidate`](Self::invalidate).
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// session.insert("user", "ada")?;
    /// session.clear();
    /// assert!(session.is_empty());
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn clear(&self) {
        self.change(|dict| dict.retain(is_hidden));
    }

    /// Inserts several values. If one of them fails, inserts none.
    ///
    /// # Errors
    /// [`ValueError`] if a value cannot be written as JSON. The session does not change.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// session.extend([("width", 3), ("height", 4)])?;
    /// assert_eq!(session.get("height")?, Some(4));
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn extend<K: AsRef<str>, V: Serialize>(
        &self,
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> Result<(), ValueError> {
        let max_len = self.max_text_len();
        let mut members: Vec<(K, Member)> = Vec::new();
        let mut len = 0;
        for (key, value) in entries {
            let member = self.member(key.as_ref(), &value)?;
            len += member.text_len();
            members.push((key, member));
            // Limits the memory for any number of entries. Of several members with one key, only the last one counts.
            if len > 2 * max_len {
                members = Dict::last_of_each_key(members);
                len = members.iter().map(|(_, member)| member.text_len()).sum();
                if len > max_len {
                    break;
                }
            }
        }
        if members.is_empty() {
            self.touch(|_| ());
            return Ok(());
        }
        self.try_change(|dict| dict.insert_all(members, max_len, |_| true))
            .map_err(|(TooLong, key)| self.too_long(key.as_ref()))
    }

    /// Returns all values as parsed JSON.
    ///
    /// # Errors
    /// [`ValueError`] if a value is not valid JSON, such as Python's `NaN` or a lone surrogate.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// session.insert("user", "ada")?;
    /// assert_eq!(session.to_map()?["user"], "ada");
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn to_map(&self) -> Result<serde_json::Map<String, serde_json::Value>, ValueError> {
        let members = self.members(|_| true);
        members.into_iter().map(|(key, json)| value::read(&key, &json).map(|value| (key, value))).collect()
    }

    /// Returns the whole session as one of your types, without flash queues and the CSRF token. The counterpart is
    /// [`replace`](Self::replace).
    ///
    /// # Errors
    /// [`ValueError`] if the session does not fit the type.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// #[derive(Default, serde::Serialize, serde::Deserialize)]
    /// #[serde(default)]
    /// struct Visitor { name: Option<String>, visits: u64 }
    ///
    /// let mut visitor: Visitor = session.read()?;
    /// visitor.visits += 1;
    /// session.replace(&visitor)?;
    /// assert_eq!(session.get("visits")?, Some(1));
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, ValueError> {
        value::read_whole(&self.members(|key| !self.is_reserved(key)))
    }

    /// Replaces all your keys with the fields of a value. Flash queues and the CSRF token stay.
    ///
    /// # Errors
    /// [`ValueError`] if the value is not written as a JSON object, or if it has a field with a reserved name (flash
    /// queues and CSRF token). The session does not change.
    ///
    /// # Example
    /// ```
    /// # use http::HeaderMap;
    /// # use signed_cookie_session::{Secret, SignedCookieFactory};
    /// # let session = SignedCookieFactory::new(Secret::generate()).load(&HeaderMap::new());
    /// #[derive(serde::Serialize)]
    /// struct Visitor { name: &'static str }
    ///
    /// session.insert("old", true)?;
    /// session.flash().push("Welcome.")?;
    /// session.replace(&Visitor { name: "ada" })?;
    /// assert_eq!(session.keys(), ["_f_", "name"]);
    /// # Ok::<(), signed_cookie_session::ValueError>(())
    /// ```
    pub fn replace<T: Serialize + ?Sized>(&self, value: &T) -> Result<(), ValueError> {
        let max_len = self.max_text_len();
        let json = value::write_whole(value).inspect_err(|_| self.touch(|_| ()))?;
        let members = scan::object(&json).ok_or_else(|| {
            self.touch(|_| ());
            ValueError::whole(ErrorKind::NotAMap(std::any::type_name::<T>()))
        })?;
        let written = Dict::from_scan(json.into_bytes().into(), members);
        let written = written.distinct();
        if let Some((key, _)) = written.iter().find(|(key, _)| self.is_reserved(key) || self.is_taken(key)) {
            self.touch(|_| ());
            return Err(ValueError::of(key, ErrorKind::Reserved));
        }
        let with_member = |(key, json): (String, &str)| {
            let member = Member::new(&key, json);
            (key, member)
        };
        let members = written.into_iter().map(with_member).collect();
        self.try_change(|dict| dict.insert_all(members, max_len, |key| self.is_reserved(key) || is_hidden(key)))
            .map_err(|(TooLong, key)| self.too_long(&key))
    }
}

/// The code that inserts values.
impl Session {
    /// Returns the member for a key and a value. Reading the session is counted even if the key or the value is
    /// refused.
    fn member<T: Serialize + ?Sized>(&self, key: &str, value: &T) -> Result<Member, ValueError> {
        let member = if self.is_taken(key) {
            Err(ValueError::of(key, ErrorKind::Reserved))
        } else {
            value::member(key, value, self.max_text_len())
        };
        member.inspect_err(|_| self.touch(|_| ()))
    }

    fn put(&self, key: &str, member: Member) -> Result<(), ValueError> {
        self.try_change(|dict| dict.insert(key, member, self.max_text_len())).map_err(|TooLong| self.too_long(key))
    }

    fn too_long(&self, key: &str) -> ValueError {
        ValueError::of(key, ErrorKind::TooLong { limit: self.max_text_len() })
    }
}
