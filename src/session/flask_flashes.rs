//! Flash messages in Flask's form: one list for all categories, in which each item is a tuple of a category and a
//! message, `"_flashes": [{" t": ["message", "Saved."]}]`.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::json::dict::{Dict, Member, TooLong};
use crate::json::scan;
use crate::json::span::Span;
use crate::json::string;
use crate::session::Session;
use crate::session::reserved_keys;
use crate::session::value::{self, ErrorKind, ValueError};

/// The key of the list.
pub(crate) const KEY: &str = "_flashes";

/// The category of a message without one.
pub(crate) const DEFAULT_CATEGORY: &str = "message";

/// A waiting message.
struct Waiting<'t> {
    /// The whole item of the list.
    item: &'t str,
    /// The category and the message, or `None` for an item of another form, which is not changed.
    message: Option<(String, &'t str)>,
}

impl<'t> Waiting<'t> {
    fn read(item: &'t str) -> Self {
        let message = || {
            let pair = only_member(item, " t").unwrap_or(item);
            let [category, message] = scan::array(pair)?.try_into().ok()?;
            let category = category.of(pair).strip_prefix('"')?.strip_suffix('"')?;
            let message: Span = message;
            let message = message.of(pair);
            // `Markup`, which Flask does not escape in HTML. As plain text it is escaped again, which is safe.
            Some((string::unescaped(category), only_member(message, " m").unwrap_or(message)))
        };
        Self { item, message: message() }
    }

    fn of_category(&self, wanted: &str) -> Option<&'t str> {
        self.message.as_ref().filter(|(category, _)| category == wanted).map(|(_, message)| *message)
    }
}

/// Returns the value of an object that has only this key.
fn only_member<'t>(object: &'t str, key: &str) -> Option<&'t str> {
    let [member]: [scan::Member; 1] = scan::object(object)?.list.try_into().ok()?;
    (member.key.of(object) == key).then(|| member.value.of(object))
}

fn waiting(list: &str) -> Option<Vec<Waiting<'_>>> {
    Some(scan::array(list)?.into_iter().map(|item| Waiting::read(item.of(list))).collect())
}

fn list<'t>(items: impl Iterator<Item = &'t str>) -> String {
    ["[", &items.collect::<Vec<_>>().join(","), "]"].concat()
}

/// Appends a message if `wanted` returns `true` for each message of its category and the new one. Returns how many old
/// messages were dropped.
pub(crate) fn append<T: Serialize>(
    session: &Session,
    category: &str,
    message: &T,
    wanted: impl Fn(&str, &str) -> bool,
) -> Result<usize, ValueError> {
    let (max_len, limit) = (session.max_text_len(), session.flash_limit());
    let message = value::write(KEY, message, max_len).inspect_err(|_| session.touch(|_| ()))?;
    let new = item(category, &message);
    let appended = session.touch(|state| {
        let waiting = waiting(state.record.dict.get(KEY).unwrap_or("[]")).ok_or(ErrorKind::NotAQueue)?;
        let same: Vec<_> = waiting.iter().filter_map(|waiting| waiting.of_category(category)).collect();
        if !same.iter().all(|waiting| wanted(waiting, &message)) {
            return Ok(0);
        }
        let kept = limit.map_or(same.len(), |limit| same.len().min(limit.saturating_sub(1)));
        let dropped = same.len() - kept;
        let mut seen = 0;
        let kept = waiting.iter().filter(|waiting| {
            seen += usize::from(waiting.of_category(category).is_some());
            waiting.of_category(category).is_none() || seen > dropped
        });
        let member = Member::new(KEY, &list(kept.map(|waiting| waiting.item).chain([&*new])));
        state
            .try_change(|dict| dict.insert(KEY, member, max_len))
            .map_err(|TooLong| ErrorKind::TooLong { limit: max_len })?;
        Ok(dropped)
    });
    appended.map_err(|kind| ValueError::of(KEY, kind))
}

/// Returns the messages of a category.
pub(crate) fn peek<T: DeserializeOwned>(session: &Session, category: &str) -> Result<Vec<T>, ValueError> {
    match session.raw(KEY) {
        None => Ok(Vec::new()),
        Some(raw) => read(&waiting_in(raw.text())?, category),
    }
}

/// Removes the messages of a category and returns them.
pub(crate) fn pop<T: DeserializeOwned>(session: &Session, category: &str) -> Result<Vec<T>, ValueError> {
    loop {
        let Some(raw) = session.raw(KEY) else { return Ok(Vec::new()) };
        let waiting = waiting_in(raw.text())?;
        let messages = read(&waiting, category)?;
        if messages.is_empty() {
            return Ok(messages);
        }
        let rest: Vec<_> = waiting.iter().filter(|waiting| waiting.of_category(category).is_none()).collect();
        let rest = (!rest.is_empty()).then(|| Member::new(KEY, &list(rest.iter().map(|waiting| waiting.item))));
        // The messages were read outside the lock. If they have changed since, read them again.
        let taken = session.touch(|state| {
            let unchanged = state.record.dict.get(KEY) == Some(raw.text());
            if unchanged {
                state.change(|dict| match rest {
                    None => _ = dict.remove(KEY),
                    Some(rest) => dict.insert(KEY, rest, usize::MAX).expect("it gets shorter"),
                });
            }
            unchanged
        });
        if taken {
            return Ok(messages);
        }
    }
}

fn waiting_in(list: &str) -> Result<Vec<Waiting<'_>>, ValueError> {
    waiting(list).ok_or_else(|| ValueError::of(KEY, ErrorKind::NotAQueue))
}

fn read<T: DeserializeOwned>(waiting: &[Waiting<'_>], category: &str) -> Result<Vec<T>, ValueError> {
    let messages = waiting.iter().filter_map(|waiting| waiting.of_category(category));
    messages.map(|message| value::read(KEY, message)).collect()
}

/// Moves Flask's messages into this library's queues.
pub(crate) fn to_queues(dict: &mut Dict) {
    let Some(json) = dict.get(KEY).map(str::to_owned) else { return };
    let Some(waiting) = waiting(&json) else { return };
    let mut queues: Vec<(String, Vec<&str>)> = Vec::new();
    for (category, message) in waiting.iter().filter_map(|waiting| waiting.message.as_ref()) {
        let queue = reserved_keys::flash_queue(if category == DEFAULT_CATEGORY { "" } else { category });
        match queues.iter_mut().find(|(known, _)| *known == queue) {
            Some((_, messages)) => messages.push(message),
            None => queues.push((queue, vec![message])),
        }
    }
    dict.remove(KEY);
    for (queue, messages) in queues {
        put(dict, &queue, &list(messages.into_iter()));
    }
}

/// Moves this library's messages into Flask's list.
pub(crate) fn from_queues(dict: &mut Dict) {
    let mut items = Vec::new();
    let queues = dict.distinct().into_iter();
    let queues: Vec<_> = queues
        .filter_map(|(key, json)| {
            let queue = reserved_keys::queue_of(&key)?;
            let category = if queue.is_empty() { DEFAULT_CATEGORY } else { queue };
            items.extend(scan::array(json)?.into_iter().map(|message| item(category, message.of(json))));
            Some(key)
        })
        .collect();
    for queue in queues {
        dict.remove(&queue);
    }
    if !items.is_empty() {
        put(dict, KEY, &list(items.iter().map(String::as_str)));
    }
}

fn put(dict: &mut Dict, key: &str, json: &str) {
    dict.insert(key, Member::new(key, json), usize::MAX).expect("there is no limit");
}

/// Returns the list item of a message.
fn item(category: &str, message: &str) -> String {
    let mut quoted = String::new();
    string::write(category, &mut quoted);
    format!("{{\" t\":[{quoted},{message}]}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pair_with_flasks_tag_or_none_is_a_message() {
        for (item, message) in [
            (r#"{" t":["message","Saved."]}"#, Some("\"Saved.\"")),
            (r#"["message","Saved."]"#, Some("\"Saved.\"")),
            (r#"{" t":["message",{" m":"<b>"}]}"#, Some("\"<b>\"")),
            (r#"{" t":["message",{" x":"<b>"}]}"#, Some(r#"{" x":"<b>"}"#)),
            (r#"{" x":["message","Saved."]}"#, None),
            (r#"{"\u0020t":["message","Saved."]}"#, None),
            (r#"{" t":["message"]}"#, None),
            (r#"{" t":["error","Saved."]}"#, None),
        ] {
            assert_eq!(Waiting::read(item).of_category("message"), message, "{item}");
        }
    }
}
