//! The dict: keys, and values as the JSON text from which they were read.
//!
//! An untouched member is written back byte for byte. This module does not parse values, and must not depend on time,
//! cookies or Rust types.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::json::scan::{self, KeyLens, Members};
use crate::json::span::Span;
use crate::json::string;

/// The members in the order of insertion. If a cookie contains a key twice, the last member counts in every method, as
/// in Python.
pub(crate) struct Dict {
    /// The text that contains the members that were read. It is UTF-8.
    read: Arc<[u8]>,
    /// The text that contains the members that the program wrote, in their order and with separators. Their positions
    /// count from the end of `read`.
    written: String,
    members: Vec<scan::Member>,
    key_lens: KeyLens,
    /// Whether any key may contain escapes.
    has_escapes: bool,
}

/// The text between two members.
const SEPARATOR: &str = ", ";

/// The error for a change that would make the text too long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// `"key": value`, which the program writes.
pub(crate) struct Member {
    text: String,
    key_end: usize,
    has_escapes: bool,
}

impl Member {
    /// Creates a member. `json` must be JSON.
    pub(crate) fn new(key: &str, json: &str) -> Self {
        let mut text = Self::begin(key, json.len());
        text.push_str(json);
        Self::end(key, text)
    }

    /// Returns the text of a member up to its value, with capacity for a value of `value_len` bytes. The value is
    /// serialized after this text, which saves a copy.
    pub(crate) fn begin(key: &str, value_len: usize) -> String {
        let mut text = String::with_capacity(key.len() + value_len + 4);
        string::write(key, &mut text);
        text.push_str(": ");
        text
    }

    /// Creates a member from the text of [`begin`](Self::begin) followed by a JSON value.
    pub(crate) fn end(key: &str, text: String) -> Self {
        // If the written key is longer, it contains escapes.
        let plain =
            text.as_bytes().get(1..=key.len()) == Some(key.as_bytes()) && text.as_bytes()[1 + key.len()] == b'"';
        let key_end = if plain { 1 + key.len() } else { Self::begin(key, 0).len() - 3 };
        Self { text, key_end, has_escapes: !plain }
    }

    /// Returns the length that it adds to the text of a dict, including a separator.
    pub(crate) fn text_len(&self) -> usize {
        self.text.len() + SEPARATOR.len()
    }
}

/// Returns the span from the key's opening quote to the value's end.
fn whole(member: &scan::Member) -> Span {
    Span::new(member.key.start() - 1, member.value.end())
}

/// Returns the spans of a member that the program wrote, whose text begins at `start`.
fn spans(start: usize, key_end: usize, len: usize) -> scan::Member {
    scan::Member { key: Span::new(start + 1, start + key_end), value: Span::new(start + key_end + 3, start + len) }
}

/// Returns a member with other positions.
fn moved(member: &scan::Member, place: impl Fn(usize) -> usize) -> scan::Member {
    let span = |span: Span| Span::new(place(span.start()), place(span.end()));
    scan::Member { key: span(member.key), value: span(member.value) }
}

/// Returns the length that a member adds to the text of a dict, including a separator.
fn text_len(member: &scan::Member) -> usize {
    whole(member).len() + SEPARATOR.len()
}

/// Converts a part of the text. The text was checked before, and parts end only at quotes, brackets and commas.
fn str(text: &[u8]) -> &str {
    std::str::from_utf8(text).expect("a session's text is UTF-8")
}

/// The member that counts if a key occurs twice.
#[allow(dead_code, reason = "for other frameworks' formats")]
pub(crate) struct LastMember<'d> {
    pub(crate) key: Cow<'d, str>,
    /// The text between the key's quotes.
    pub(crate) raw_key: &'d str,
    pub(crate) value: &'d str,
    /// Whether the value was read, and not written by the program.
    pub(crate) is_read: bool,
}

/// The JSON text of a value, which does not borrow from the dict.
pub(crate) enum Raw {
    Shared(Arc<[u8]>, Span),
    Copied(String),
}

impl Raw {
    pub(crate) fn text(&self) -> &str {
        str(self.bytes())
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Shared(read, span) => span.of_bytes(read),
            Self::Copied(text) => text.as_bytes(),
        }
    }
}

impl Dict {
    pub(crate) fn new() -> Self {
        Self::from_scan(Arc::default(), Members::default())
    }

    /// Creates a dict of the members that were found in `read`, which is UTF-8.
    #[inline]
    pub(crate) fn from_scan(read: Arc<[u8]>, members: Members) -> Self {
        let Members { list: members, key_lens, has_escapes } = members;
        Self { read, written: String::new(), members, key_lens, has_escapes }
    }

    /// Returns the text that was read.
    pub(crate) fn read(&self) -> &[u8] {
        &self.read
    }

    /// Returns the JSON text of a key's value.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.find(key).map(|member| str(self.text_of(member.value)))
    }

    /// Returns the JSON text of a key's value in a form that can be read after the dict's lock is released.
    pub(crate) fn get_raw(&self, key: &str) -> Option<Raw> {
        self.find(key).map(|member| {
            if self.is_read(member) {
                Raw::Shared(Arc::clone(&self.read), member.value)
            } else {
                Raw::Copied(str(self.text_of(member.value)).into())
            }
        })
    }

    pub(crate) fn contains(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    fn is_read(&self, member: &scan::Member) -> bool {
        member.value.start() < self.read.len()
    }

    fn text_of(&self, span: Span) -> &[u8] {
        let read_len = self.read.len();
        if span.start() < read_len {
            span.of_bytes(&self.read)
        } else {
            &self.written.as_bytes()[span.start() - read_len..span.end() - read_len]
        }
    }

    fn key(&self, member: &scan::Member) -> Cow<'_, str> {
        let raw = str(self.text_of(member.key));
        if self.has_escapes && raw.contains('\\') { string::unescaped(raw).into() } else { raw.into() }
    }

    fn value(&self, member: &scan::Member) -> &str {
        str(self.text_of(member.value))
    }

    #[inline]
    fn is(&self, member: &scan::Member, key: &str) -> bool {
        if self.has_escapes {
            return self.means(member, key);
        }
        // Compares the lengths first, because most keys of a session have different lengths.
        member.key.len() == key.len() && self.text_of(member.key) == key.as_bytes()
    }

    #[inline(never)]
    fn means(&self, member: &scan::Member, key: &str) -> bool {
        let raw = str(self.text_of(member.key));
        if raw.contains('\\') { string::means(raw, key) } else { raw == key }
    }

    /// Returns whether a key may exist. For most keys that do not exist, their length shows it.
    #[inline]
    fn may_have(&self, key: &str) -> bool {
        self.has_escapes || self.key_lens.may_have(key.len())
    }

    /// Writes a member into `written`. It replaces the member at `at`.
    fn write(&mut self, at: usize, member: Member) {
        let Member { text, key_end, has_escapes } = member;
        let len = text.len();
        self.key_lens.add(key_end - 1);
        self.has_escapes |= has_escapes;
        let read_len = self.read.len();
        let is_written = |member: &&scan::Member| member.value.start() >= read_len;
        let end_of = |member: &scan::Member| member.value.end() - read_len;
        let (start, removed, added) = if let Some(old) = self.members.get(at).filter(is_written) {
            let old = whole(old);
            let start = old.start() - read_len;
            self.written.replace_range(start..old.end() - read_len, &text);
            (start, old.len(), len)
        } else if self.written.is_empty() {
            // Reuses the allocation of `text`.
            self.written = text;
            (0, 0, len)
        } else if let Some(before) = self.members[..at].iter().rfind(is_written) {
            let end = end_of(before);
            self.written.insert_str(end, SEPARATOR);
            self.written.insert_str(end + SEPARATOR.len(), &text);
            (end + SEPARATOR.len(), 0, SEPARATOR.len() + len)
        } else {
            self.written.insert_str(0, SEPARATOR);
            self.written.insert_str(0, &text);
            (0, 0, len + SEPARATOR.len())
        };
        let member = spans(read_len + start, key_end, len);
        let Some(place) = self.members.get_mut(at) else { return self.members.push(member) };
        *place = member;
        if added != removed {
            for behind in self.members[at + 1..].iter_mut().filter(|member| member.value.start() >= read_len) {
                *behind = moved(behind, |place| place + added - removed);
            }
        }
    }

    /// Removes the parts of `written` that no member uses.
    fn write_anew(&mut self) {
        if self.written.is_empty() {
            return;
        }
        let read_len = self.read.len();
        let mut written = String::with_capacity(self.written.len());
        for member in self.members.iter_mut().filter(|member| member.value.start() >= read_len) {
            if !written.is_empty() {
                written.push_str(SEPARATOR);
            }
            let whole = whole(member);
            let start = read_len + written.len();
            written.push_str(&self.written[whole.start() - read_len..whole.end() - read_len]);
            *member = moved(member, |place| place - whole.start() + start);
        }
        self.written = written;
    }

    /// Inserts a member at the position of the first one with its key, as Python does, or at the end. If the text would
    /// become longer than `max_len`, nothing changes.
    pub(crate) fn insert(&mut self, key: &str, member: Member, max_len: usize) -> Result<(), TooLong> {
        let (mut replaced, mut first, mut twice) = (0, None::<usize>, false);
        if self.may_have(key) {
            for (at, old) in self.members.iter().enumerate() {
                if self.is(old, key) {
                    replaced += text_len(old);
                    twice = first.is_some();
                    first.get_or_insert(at);
                }
            }
        }
        // A quick check first, because most texts are far below the limit.
        if self.text_len() + member.text_len() > max_len {
            let all: usize = self.members.iter().map(text_len).sum();
            if all - replaced + member.text_len() > max_len {
                return Err(TooLong);
            }
        }
        self.write(first.unwrap_or(self.members.len()), member);
        if let Some(first) = first.filter(|_| twice) {
            let mut at = 0;
            self.retain_members(|dict, old| {
                at += 1;
                at <= first + 1 || !dict.is(old, key)
            });
        }
        Ok(())
    }

    fn retain_members(&mut self, mut keep: impl FnMut(&Self, &scan::Member) -> bool) {
        let mut members = std::mem::take(&mut self.members);
        let before = members.len();
        members.retain(|member| keep(self, member));
        self.members = members;
        if self.members.len() < before {
            self.write_anew();
        }
    }

    /// Removes the members whose key `keep` refuses, and inserts the new ones in their order, in linear time. If the
    /// text would become longer than `max_len`, nothing changes, and the error contains the key that exceeded the
    /// limit.
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
            Source::Old(at) => text_len(&self.members[at]),
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
            let key = self.key(member);
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
        let read_len = self.read.len();
        let mut written = String::new();
        let mut append = |text: &str| {
            if !written.is_empty() {
                written.push_str(SEPARATOR);
            }
            written.push_str(text);
            read_len + written.len() - text.len()
        };
        let mut members = Vec::with_capacity(order.len());
        for source in order {
            members.push(match source {
                Source::Old(at) if self.is_read(&self.members[at]) => self.members[at],
                Source::Old(at) => {
                    let whole = whole(&self.members[at]);
                    let start = append(str(self.text_of(whole)));
                    moved(&self.members[at], |place| place - whole.start() + start)
                }
                Source::New(at) => {
                    let Member { text, key_end, has_escapes } = &entries[at].1;
                    self.key_lens.add(key_end - 1);
                    self.has_escapes |= has_escapes;
                    spans(append(text), *key_end, text.len())
                }
            });
        }
        (self.members, self.written) = (members, written);
        Ok(())
    }

    /// Returns the last member of each key, in the order of the first appearance of the keys.
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

    /// Removes every member with this key. Returns whether there was one.
    pub(crate) fn remove(&mut self, key: &str) -> bool {
        let before = self.members.len();
        if self.may_have(key) {
            self.retain_members(|dict, member| !dict.is(member, key));
        }
        self.members.len() < before
    }

    /// Removes the members for whose key `keep` returns `false`.
    pub(crate) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.retain_members(|dict, member| keep(&dict.key(member)));
    }

    /// Returns whether `is_such` returns `true` for every key.
    pub(crate) fn all_keys(&self, is_such: impl Fn(&str) -> bool) -> bool {
        self.members.iter().all(|member| is_such(&self.key(member)))
    }

    fn find(&self, key: &str) -> Option<&scan::Member> {
        if !self.may_have(key) {
            return None;
        }
        self.members.iter().rev().find(|member| self.is(member, key))
    }

    /// Returns each key once, with the JSON text of its value, in the order of first appearance.
    pub(crate) fn distinct(&self) -> Vec<(String, &str)> {
        let mut place = HashMap::<String, usize>::with_capacity(self.members.len());
        let mut distinct: Vec<(String, &str)> = Vec::with_capacity(self.members.len());
        for member in &self.members {
            let key = self.key(member).into_owned();
            let value = self.value(member);
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

    /// Returns each key once, with its last value, in the order of first appearance.
    #[allow(dead_code, reason = "for other frameworks' formats")]
    pub(crate) fn last_of_each(&self) -> Vec<LastMember<'_>> {
        let mut place = HashMap::<Cow<'_, str>, usize>::with_capacity(self.members.len());
        let mut last: Vec<LastMember<'_>> = Vec::with_capacity(self.members.len());
        for member in &self.members {
            let key = self.key(member);
            let value = self.value(member);
            let is_read = self.is_read(member);
            match place.get(&key) {
                Some(at) => {
                    last[*at].value = value;
                    last[*at].is_read = is_read;
                }
                None => {
                    place.insert(key.clone(), last.len());
                    last.push(LastMember { key, raw_key: str(self.text_of(member.key)), value, is_read });
                }
            }
        }
        last
    }

    /// Returns the length of all [`pieces`](Self::pieces) together, or a little more.
    pub(crate) fn text_len(&self) -> usize {
        let read_len = self.read.len();
        if self.written.is_empty() {
            return read_len;
        }
        let written = self.members.iter().filter(|member| member.value.start() >= read_len).count();
        read_len + self.written.len() + written * SEPARATOR.len()
    }

    /// Calls `piece` with the text of the members, piece by piece.
    ///
    /// Members that follow each other in the same text are one piece, which keeps the separators between them.
    pub(crate) fn pieces(&self, mut piece: impl FnMut(&[u8])) {
        let mut members = self.members.iter();
        let Some(first) = members.next() else { return };
        let (mut run, mut is_read) = (whole(first), self.is_read(first));
        for member in members {
            let whole = whole(member);
            // Only a comma and at most one space are between the two, so no member was removed there.
            if self.is_read(member) == is_read && whole.start().wrapping_sub(run.end()) <= 2 {
                run = Span::new(run.start(), whole.end());
                continue;
            }
            piece(self.text_of(run));
            piece(SEPARATOR.as_bytes());
            (run, is_read) = (whole, self.is_read(member));
        }
        piece(self.text_of(run));
    }
}
