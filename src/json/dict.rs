//! The dict: keys, and values as the JSON text they came as.
//!
//! A member that is not touched goes back byte for byte. Nothing is parsed here, and nothing is
//! known of time, cookies or Rust types.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::json::scan;
use crate::json::span::Span;
use crate::json::string;

/// Members in the order they were put in. A cookie may name one twice: the last one counts, in every
/// method, as in Python.
pub(crate) struct Dict {
    /// What the members that were read point into.
    read: Arc<str>,
    members: Vec<Member>,
}

/// `"key": value`: spans of the text that was read, or of its own.
pub(crate) struct Member {
    written: Option<String>,
    spans: scan::Member,
}

impl From<scan::Member> for Member {
    #[inline(always)]
    fn from(spans: scan::Member) -> Self {
        Self { written: None, spans }
    }
}

impl Member {
    /// A member that the program writes. `json` must be JSON.
    pub(crate) fn new(key: &str, json: &str) -> Self {
        let mut text = Self::begin(key, json.len());
        text.push_str(json);
        Self::end(key, text)
    }

    /// The text of a member up to its value, with room for one of `value_len` bytes: what a value is
    /// serialized behind, to save a copy.
    pub(crate) fn begin(key: &str, value_len: usize) -> String {
        let mut text = String::with_capacity(key.len() + value_len + 4);
        string::write(key, &mut text);
        text.push_str(": ");
        text
    }

    /// The member whose text [`begin`](Self::begin) began and a JSON value ended.
    pub(crate) fn end(key: &str, text: String) -> Self {
        // Where writing the key made it longer, it has escapes.
        let plain =
            text.as_bytes().get(1..=key.len()) == Some(key.as_bytes()) && text.as_bytes()[1 + key.len()] == b'"';
        let key_end = if plain { 1 + key.len() } else { Self::begin(key, 0).len() - 3 };
        let spans =
            scan::Member { key: Span::new(1, key_end), value: Span::new(key_end + 3, text.len()), escaped: !plain };
        Self { written: Some(text), spans }
    }

    fn source<'m>(&'m self, read: &'m str) -> &'m str {
        self.written.as_deref().unwrap_or(read)
    }

    fn raw_key<'m>(&'m self, read: &'m str) -> &'m str {
        self.spans.key.of(self.source(read))
    }

    fn key<'m>(&'m self, read: &'m str) -> Cow<'m, str> {
        let raw = self.raw_key(read);
        if self.spans.escaped { string::unescaped(raw).into() } else { raw.into() }
    }

    fn is(&self, read: &str, key: &str) -> bool {
        let raw = self.raw_key(read);
        if self.spans.escaped { string::means(raw, key) } else { raw == key }
    }

    /// From the key's opening quote to the value's end.
    fn whole(&self) -> Span {
        Span::new(self.spans.key.start() - 1, self.spans.value.end())
    }
}

/// A value's JSON text, free of the dict it came from.
pub(crate) enum Raw {
    Shared(Arc<str>, Span),
    Copied(String),
}

impl Raw {
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Shared(read, span) => span.of(read),
            Self::Copied(text) => text,
        }
    }
}

impl Dict {
    pub(crate) fn new() -> Self {
        Self { read: Arc::default(), members: Vec::new() }
    }

    /// The members that were found in `read`.
    pub(crate) fn from_scan(read: Arc<str>, members: Vec<Member>) -> Self {
        Self { read, members }
    }

    /// The text that was read.
    pub(crate) fn read(&self) -> &str {
        &self.read
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// The JSON text of a key's value.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.find(key).map(|member| member.spans.value.of(member.source(&self.read)))
    }

    /// The same, to be read after a lock around the dict is given back.
    pub(crate) fn get_raw(&self, key: &str) -> Option<Raw> {
        self.find(key).map(|member| match &member.written {
            None => Raw::Shared(Arc::clone(&self.read), member.spans.value),
            Some(text) => Raw::Copied(member.spans.value.of(text).into()),
        })
    }

    pub(crate) fn contains(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Puts a member in the place of the first one with its key, as Python does, or at the end.
    pub(crate) fn insert(&mut self, key: &str, member: Member) {
        let read = &self.read;
        let Some(first) = self.members.iter().position(|old| old.is(read, key)) else {
            return self.members.push(member);
        };
        let twice = self.members[first + 1..].iter().any(|old| old.is(read, key));
        self.members[first] = member;
        if twice {
            let mut at = 0;
            self.members.retain(|old| {
                at += 1;
                at <= first + 1 || !old.is(read, key)
            });
        }
    }

    /// Takes every member of that key out; whether there was one.
    pub(crate) fn remove(&mut self, key: &str) -> bool {
        let before = self.members.len();
        let read = &self.read;
        self.members.retain(|member| !member.is(read, key));
        self.members.len() < before
    }

    /// Keeps the members whose key it is told to.
    pub(crate) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        let read = &self.read;
        self.members.retain(|member| keep(&member.key(read)));
    }

    pub(crate) fn clear(&mut self) {
        self.members.clear();
    }

    fn find(&self, key: &str) -> Option<&Member> {
        self.members.iter().rev().find(|member| member.is(&self.read, key))
    }

    /// Each key once, with the JSON text of its value, in the order of first appearance.
    pub(crate) fn distinct(&self) -> Vec<(String, &str)> {
        let mut place = HashMap::<String, usize>::with_capacity(self.members.len());
        let mut distinct: Vec<(String, &str)> = Vec::with_capacity(self.members.len());
        for member in &self.members {
            let key = member.key(&self.read).into_owned();
            let value = member.spans.value.of(member.source(&self.read));
            match place.get(&key) {
                Some(at) => distinct[*at].1 = value,
                None => {
                    place.insert(key.clone(), distinct.len());
                    distinct.push((key, value));
                }
            }
        }
        distinct
    }

    /// At least the length of all [`pieces`](Self::pieces) together.
    pub(crate) fn text_len(&self) -> usize {
        let written = self.members.iter().filter_map(|member| member.written.as_ref());
        self.read.len() + written.map(|text| text.len() + 2).sum::<usize>()
    }

    /// The members as they stand between an object's braces, piece by piece.
    ///
    /// Neighbours that stood side by side in the text that was read are one piece, with the
    /// separator between them as it was.
    pub(crate) fn pieces(&self, mut piece: impl FnMut(&str)) {
        let mut run: Option<Span> = None;
        let mut first = true;
        let mut put = |text: &str| {
            if !std::mem::take(&mut first) {
                piece(", ");
            }
            piece(text);
        };
        for member in &self.members {
            let whole = member.whole();
            match (&mut run, &member.written) {
                // A comma and at most one space: nothing was taken out between the two.
                (Some(run), None) if whole.start() - run.end() <= 2 => *run = Span::new(run.start(), whole.end()),
                (run, written) => {
                    if let Some(run) = run.take() {
                        put(run.of(&self.read));
                    }
                    match written {
                        Some(text) => put(text),
                        None => *run = Some(whole),
                    }
                }
            }
        }
        if let Some(run) = run {
            put(run.of(&self.read));
        }
    }
}
