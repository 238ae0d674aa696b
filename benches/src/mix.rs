//! Mixed sessions, made by a generator from a seed, so that no code can be tuned to them.
//!
//! [`sample`](crate::sample) has the same few texts again and again, and a processor's branch predictor learns them.
//! Here, each class has many sessions, and all of them differ.

use crate::random::Random;
use crate::sample::{Sample, VISITS, VISITS_BEFORE};

/// What a session is mostly made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Objects and arrays of at most three items.
    SmallObjects,
    /// Text in which 5 % of the letters are written as `\uXXXX`, as Pyramid writes every letter beyond ASCII.
    FewEscapes,
    /// The same with 30 %.
    ManyEscapes,
    /// Text with quotes, backslashes and line ends.
    Quotes,
    LongText,
    /// Mostly floats.
    Numbers,
    /// As many keys as fit: 3 in 60 bytes, 120 in 2.9 KB.
    ManyKeys,
    /// Values of all classes.
    Everything,
}

pub const CLASSES: [Class; 8] = [
    Class::SmallObjects,
    Class::FewEscapes,
    Class::ManyEscapes,
    Class::Quotes,
    Class::LongText,
    Class::Numbers,
    Class::ManyKeys,
    Class::Everything,
];

/// The approximate lengths of the JSON texts, in bytes.
pub const SIZES: [usize; 4] = [60, 300, 1100, 2800];

/// Returns a session of that class whose JSON text has at most `bytes` bytes. Equal seeds make equal sessions.
pub fn sample(class: Class, bytes: usize, seed: u64) -> Sample {
    let frame = Sample::of_dict(String::new(), "{}").json.len() - "{}".len();
    let text = dict(class, bytes.saturating_sub(frame), seed);
    Sample::of_dict(format!("{class:?}, {bytes} B"), &text)
}

/// Returns the JSON text of a dict, as Python writes it. Its first key is `visits`.
fn dict(class: Class, bytes: usize, seed: u64) -> String {
    let mut random = Random::new(seed.wrapping_mul(2) | 1);
    let mut text = format!("{{\"{VISITS}\": {VISITS_BEFORE}");
    for index in 1.. {
        let mut member = String::from(", \"");
        key(class, index, &mut random, &mut member);
        member.push_str("\": ");
        value(class, 2, &mut random, &mut member);
        if text.len() + member.len() + 1 > bytes {
            break;
        }
        text.push_str(&member);
    }
    text.push('}');
    text
}

fn key(class: Class, index: usize, random: &mut Random, text: &mut String) {
    const WORDS: [&str; 8] = ["user", "cart", "token", "locale", "last_seen", "return_to", "a", "permissions"];
    text.push_str(if class == Class::ManyKeys { "k" } else { random.one_of(&WORDS) });
    text.push_str(&index.to_string());
}

fn value(class: Class, depth: usize, random: &mut Random, text: &mut String) {
    let class = if class == Class::Everything { CLASSES[random.below(7)] } else { class };
    match class {
        Class::SmallObjects if depth > 0 => {
            let is_object = random.below(5) < 3;
            text.push(if is_object { '{' } else { '[' });
            for index in 0..random.below(4) {
                if index > 0 {
                    text.push_str(", ");
                }
                if is_object {
                    text.push('"');
                    key(class, index, random, text);
                    text.push_str("\": ");
                }
                value(class, depth - 1, random, text);
            }
            text.push(if is_object { '}' } else { ']' });
        }
        Class::SmallObjects => match random.below(2) {
            0 => string(12, (0, 0), random, text),
            _ => text.push_str(&random.below(100_000).to_string()),
        },
        Class::FewEscapes => string(40, (5, 0), random, text),
        Class::ManyEscapes => string(40, (30, 0), random, text),
        Class::Quotes => string(40, (0, 10), random, text),
        Class::LongText => string(400, (0, 0), random, text),
        Class::Numbers => match random.below(4) {
            0 => text.push_str(random.one_of(&["true", "false", "null"])),
            1 => text.push_str(&random.below(100_000).to_string()),
            _ => text.push_str(&format!("{:?}", random.below(1_000_000_000) as f64 / 1024.0)),
        },
        Class::ManyKeys | Class::Everything => match random.below(3) {
            0 => string(12, (0, 0), random, text),
            1 => text.push_str(&random.below(1000).to_string()),
            _ => text.push_str(random.one_of(&["true", "false", "null"])),
        },
    }
}

/// Appends a string of at most `most` characters. Two percentages say how many are escapes of letters and how many are
/// escapes of punctuation.
fn string(most: usize, (letters, punctuation): (usize, usize), random: &mut Random, text: &mut String) {
    text.push('"');
    for _ in 0..random.below(most + 1) {
        if random.below(100) < letters {
            text.push_str(random.one_of(&["\\u00e9", "\\u00fc", "\\u4f60", "\\u597d"]));
        } else if random.below(100) < punctuation {
            text.push_str(random.one_of(&["\\\"", "\\\\", "\\n"]));
        } else {
            text.push(char::from(b"the quick brown fox, {or} [so]: 1"[random.below(33)]));
        }
    }
    text.push('"');
}
