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

/// Room for one member's separator, beside its own text.
const SEPARATOR_LEN: usize = 2;

/// A change was refused because the text would have become longer than it may be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

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

    #[inline]
    fn is(&self, read: &str, key: &str) -> bool {
        // Most keys of a session differ in length from the one that is asked for.
        if !self.spans.escaped && self.spans.key.len() != key.len() {
            return false;
        }
        let raw = self.raw_key(read);
        if self.spans.escaped { string::means(raw, key) } else { raw == key }
    }

    /// From the key's opening quote to the value's end.
    fn whole(&self) -> Span {
        Span::new(self.spans.key.start() - 1, self.spans.value.end())
    }

    /// How much it adds to the text of a dict: itself and a separator.
    pub(crate) fn text_len(&self) -> usize {
        let whole = self.whole();
        whole.end() - whole.start() + SEPARATOR_LEN
    }
}

/// A member as it counts where a key stands twice.
#[allow(dead_code, reason = "for other frameworks' formats")]
pub(crate) struct LastMember<'d> {
    pub(crate) key: Cow<'d, str>,
    /// The key as it stands between its quotes.
    pub(crate) raw_key: &'d str,
    pub(crate) value: &'d str,
    /// Whether the value is text that was read, and not written by the program.
    pub(crate) is_read: bool,
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

    /// Puts a member in the place of the first one with its key, as Python does, or at the end. Nothing changes where
    /// the text would become longer than `max_len`.
    pub(crate) fn insert(&mut self, key: &str, member: Member, max_len: usize) -> Result<(), TooLong> {
        let (mut all, mut replaced) = (0, 0);
        let (mut first, mut twice) = (None, false);
        for (at, old) in self.members.iter().enumerate() {
            all += old.text_len();
            if old.is(&self.read, key) {
                replaced += old.text_len();
                twice = first.is_some();
                first.get_or_insert(at);
            }
        }
        if all - replaced + member.text_len() > max_len {
            return Err(TooLong);
        }
        let Some(first) = first else {
            self.members.push(member);
            return Ok(());
        };
        self.members[first] = member;
        if twice {
            let (mut at, read) = (0, &self.read);
            self.members.retain(|old| {
                at += 1;
                at <= first + 1 || !old.is(read, key)
            });
        }
        Ok(())
    }

    /// Drops the members whose key `keep` refuses and inserts the others in their order, in time linear in all of
    /// them. Nothing changes where the text would become longer than `max_len`; the error holds the key that was too
    /// much.
    pub(crate) fn insert_all<K: AsRef<str>>(
        &mut self,
        entries: Vec<(K, Member)>,
        max_len: usize,
        keep: impl Fn(&str) -> bool,
    ) -> Result<(), (TooLong, K)> {
        #[derive(Clone, Copy)]
        enum Source {
            Old(usize),
            New(usize),
        }
        let len_of = |source| match source {
            Source::Old(at) => self.members[at].text_len(),
            Source::New(at) => entries[at].1.text_len(),
        };
        let most = self.members.len() + entries.len();
        let (mut order, mut place) = (Vec::with_capacity(most), HashMap::with_capacity(most));
        let mut len = 0;
        let mut put = |key: Cow<'_, str>, source| {
            len += len_of(source);
            if let Some(at) = place.get(&*key) {
                len -= len_of(std::mem::replace(&mut order[*at], source));
            } else {
                place.insert(key.into_owned(), order.len());
                order.push(source);
            }
            len
        };
        for (at, member) in self.members.iter().enumerate() {
            let key = member.key(&self.read);
            if keep(&key) {
                put(key, Source::Old(at));
            }
        }
        let too_long = entries
            .iter()
            .enumerate()
            .find_map(|(at, (key, _))| (put(key.as_ref().into(), Source::New(at)) > max_len).then_some(at));
        if let Some(at) = too_long {
            let (key, _) = entries.into_iter().nth(at).expect("it was found in there");
            return Err((TooLong, key));
        }
        let mut old: Vec<_> = std::mem::take(&mut self.members).into_iter().map(Some).collect();
        let mut new: Vec<_> = entries.into_iter().map(|(_, member)| Some(member)).collect();
        let member = |source| match source {
            Source::Old(at) => old[at].take(),
            Source::New(at) => new[at].take(),
        };
        self.members = order.into_iter().filter_map(member).collect();
        Ok(())
    }

    /// The last member of each key, in the order of the keys' first appearance.
    pub(crate) fn last_of_each_key<K: AsRef<str>>(entries: Vec<(K, Member)>) -> Vec<(K, Member)> {
        let mut last = HashMap::with_capacity(entries.len());
        let mut order = Vec::new();
        for (at, (key, _)) in entries.iter().enumerate() {
            if last.insert(key.as_ref().to_owned(), at).is_none() {
                order.push(at);
            }
        }
        let order: Vec<usize> = order.into_iter().map(|at| last[entries[at].0.as_ref()]).collect();
        let mut entries: Vec<_> = entries.into_iter().map(Some).collect();
        order.into_iter().filter_map(|at| entries[at].take()).collect()
    }

    /// Removes every member of that key; returns whether there was one.
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

    /// Whether every member has such a key.
    pub(crate) fn all_keys(&self, is_such: impl Fn(&str) -> bool) -> bool {
        self.members.iter().all(|member| is_such(&member.key(&self.read)))
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

    /// Each key once, in the order of first appearance, with the last value that it has.
    #[allow(dead_code, reason = "for other frameworks' formats")]
    pub(crate) fn last_of_each(&self) -> Vec<LastMember<'_>> {
        let mut place = HashMap::<Cow<'_, str>, usize>::with_capacity(self.members.len());
        let mut last: Vec<LastMember<'_>> = Vec::with_capacity(self.members.len());
        for member in &self.members {
            let key = member.key(&self.read);
            let value = member.spans.value.of(member.source(&self.read));
            let is_read = member.written.is_none();
            match place.get(&key) {
                Some(at) => {
                    last[*at].value = value;
                    last[*at].is_read = is_read;
                }
                None => {
                    place.insert(key.clone(), last.len());
                    last.push(LastMember { key, raw_key: member.raw_key(&self.read), value, is_read });
                }
            }
        }
        last
    }

    /// At least the length of all [`pieces`](Self::pieces) together.
    pub(crate) fn text_len(&self) -> usize {
        let written = self.members.iter().filter_map(|member| member.written.as_ref());
        self.read.len() + written.map(|text| text.len() + SEPARATOR_LEN).sum::<usize>()
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
