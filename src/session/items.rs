//! The session as a dict: values in, values out, by value.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::json::dict::{Dict, Member, Raw, TooLong};
use crate::json::scan;
use crate::session::Session;
use crate::session::reserved_keys::is_hidden;
use crate::session::value::{self, ErrorKind, ValueError};

impl Session {
    /// The value of a key, as the type asked for; `None` where there is none.
    ///
    /// # Errors
    /// [`ValueError`] where the value is of another type. The session stays as it is.
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
        self.raw(key).map(|raw| value::read(key, raw.text())).transpose()
    }

    /// Puts a value in, in the place of the one that was there.
    ///
    /// The value is written as `serde_json` writes it: bytes become a list of numbers, and a float
    /// that is not a number becomes `null`. A float is written exactly, and may be *read* one unit in
    /// its last place off, unless the program turns `serde_json`'s feature `float_roundtrip` on.
    ///
    /// # Errors
    /// [`ValueError`] where the value cannot be written as JSON. The session stays as it is.
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

    /// Takes a key out; whether it was there. Nothing is changed where it was not.
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

    /// Takes a key out and returns its value.
    ///
    /// # Errors
    /// [`ValueError`] where the value is of another type. It stays in the session then.
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

    /// The value of a key; where there is none, `default` is put in and returned.
    ///
    /// # Errors
    /// [`ValueError`] where the value is of another type, or `default` cannot be written as JSON.
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
        // Another thread may have put one in meanwhile: its value stays.
        let stays = self.touch(|state| match state.record.dict.get_raw(key) {
            Some(stays) => Ok(Some(stays)),
            None => state.try_change(|dict| dict.insert(key, member, self.max_text_len())).map(|()| None),
        });
        match stays {
            Ok(None) => Ok(default),
            Ok(Some(raw)) => value::read(key, raw.text()),
            Err(TooLong) => Err(self.too_long(key)),
        }
    }

    /// Changes the value of a key to what `change` makes of it, and returns the new value. `change` gets `None` if
    /// there is no value.
    ///
    /// It is atomic: if another thread changed the value meanwhile, `change` is called again with what that thread put
    /// in, and neither change is lost. `change` runs outside the lock, and may use the session.
    ///
    /// # Errors
    /// [`ValueError`] if the value is of another type, or the new one cannot be put in. The session stays as it is.
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
            let value = change(before.as_ref().map(|raw| value::read(key, raw.text())).transpose()?);
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

    /// Returns the value of a key; `None` if there is none, or if it is not of the type asked for. A value of another
    /// type is removed, so that a release which stores another type under the key goes on with a default.
    ///
    /// The feature `tracing` tells of each removal, at level warn.
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
            if let Ok(value) = value::read(key, raw.text()) {
                return value;
            }
            // Removed only if it is still what was read.
            if self.change_if(|dict| dict.get(key) == Some(raw.text()) && dict.remove(key)) {
                self.events().value_removed();
                return None;
            }
        }
    }

    /// Whether there is a value of that key.
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

    /// The keys, in the order they were put in; those of the flash queues (`_f_…`) and of the CSRF
    /// token (`_csrft_`) among them, as in Pyramid.
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

    /// How many [`keys`](Self::keys) there are.
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

    /// Whether nothing is in it.
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

    /// Takes everything out, flash queues and CSRF token too. The session goes on, empty: its
    /// [`created`](Self::created) stays. For a logout see [`invalidate`](Self::invalidate).
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

    /// Puts many values in, or none where one of them fails.
    ///
    /// # Errors
    /// [`ValueError`] where a value cannot be written as JSON. The session stays as it is.
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
            // However many there are, no more is kept than fits: an earlier member of the same key does not count.
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

    /// All of it, parsed.
    ///
    /// # Errors
    /// [`ValueError`] where a value cannot be read as JSON (Python's `NaN`, a lone surrogate).
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

    /// The whole session as one type of yours: the user's keys only, without flash queues and CSRF
    /// token. See [`replace`](Self::replace).
    ///
    /// # Errors
    /// [`ValueError`] where the session does not fit the type.
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

    /// Puts one type of yours in the place of all the user's keys. Flash queues and CSRF token stay.
    ///
    /// # Errors
    /// [`ValueError`] where the value is not written as a JSON object, or has a field that is kept
    /// for flash queues or the CSRF token. The session stays as it is.
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
        let members = scan::object::<Member>(&json).ok_or_else(|| {
            self.touch(|_| ());
            ValueError::whole(ErrorKind::NotAMap(std::any::type_name::<T>()))
        })?;
        let written = Dict::from_scan(json.into(), members);
        if let Some(key) = written.first_key_beyond(max_len) {
            self.touch(|_| ());
            return Err(self.too_long(&key));
        }
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

/// How values get in.
impl Session {
    /// The member that puts a value under a key. A key or a value that is refused counts as reading the session too.
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
