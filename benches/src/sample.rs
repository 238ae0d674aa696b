//! The sessions that every contestant gets.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde_json::{Map, Value, json};

/// The secret of every contestant: 64 bytes, the longest minimum of all peers.
pub const SECRET: &[u8; 64] = b"6f0c5b1a9d8e47f2b3a4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f80912";

/// The key that is read first and that a request changes.
///
/// It sorts after the sample's other keys, which is the worst place for a search from the front.
pub const VISITS: &str = "visits";

/// The value of `visits` in every sample.
pub const VISITS_BEFORE: u64 = 7;

/// The value of `visits` after a contestant has changed it.
pub const VISITS_AFTER: u64 = VISITS_BEFORE + 1;

/// The timeout of every contestant, which is longer than any run of the benches.
pub const TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// The shape of a session's dict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// This many keys, with texts, integers, booleans and floats in turn. Two of the keys have a counter and a long
    /// string.
    Flat { keys: usize },
    /// A cart of records that contain lists, and a user with an address.
    Nested,
}

/// One session: the dict, and its JSON text as Pyramid would write it.
#[derive(Clone, Debug)]
pub struct Sample {
    pub label: String,
    pub dict: Map<String, Value>,
    /// Unix seconds.
    pub renewed: u64,
    /// Unix seconds, with microseconds as in Pyramid.
    pub created: f64,
    /// `[renewed, created, {…}]` with Python's separators.
    pub json: String,
}

impl Sample {
    /// Returns a session of this shape whose JSON text is exactly `bytes` long.
    ///
    /// # Panics
    /// If the shape does not fit into so few bytes.
    pub fn new(shape: Shape, bytes: usize) -> Sample {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock past 1970").as_secs();
        let mut sample = Sample {
            label: label(shape, bytes),
            dict: Map::new(),
            renewed: now,
            created: (now - 600) as f64 + 0.123_456,
            json: String::new(),
        };
        let fitting =
            (0..=bytes).map(|step| shape.dict(step)).take_while(|dict| sample.text_of(dict).len() <= bytes).last();
        sample.dict = fitting.unwrap_or_else(|| panic!("{shape:?} does not fit into {bytes} bytes"));
        let short = bytes - sample.text_of(&sample.dict).len();
        if let Some(Value::String(note)) = sample.dict.get_mut("note") {
            *note = words(note.len() + short);
        }
        sample.json = sample.text_of(&sample.dict);
        assert_eq!(sample.json.len(), bytes, "{}", sample.label);
        sample
    }

    /// Returns a session with the dict of this JSON text, which is not changed.
    pub fn of_dict(label: String, dict: &str) -> Sample {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock past 1970").as_secs();
        let created = (now - 600) as f64 + 0.123_456;
        let json = format!("[{now}, {created:.6}, {dict}]");
        let dict = serde_json::from_str(dict).expect("the JSON text of a dict");
        Sample { label, dict, renewed: now, created, json }
    }

    /// Returns the dict after a contestant has changed its one key.
    pub fn changed_dict(&self) -> Map<String, Value> {
        let mut dict = self.dict.clone();
        dict.insert(VISITS.into(), VISITS_AFTER.into());
        dict
    }

    fn text_of(&self, dict: &Map<String, Value>) -> String {
        let mut text = Vec::new();
        let mut writer = serde_json::Serializer::with_formatter(&mut text, PythonSeparators);
        (self.renewed, self.created, dict).serialize(&mut writer).expect("a dict of plain JSON");
        String::from_utf8(text).expect("serde_json writes UTF-8")
    }
}

/// Returns the samples of the tables: four sizes, and the shapes that fit them.
pub fn samples() -> Vec<Sample> {
    let flat = |keys| Shape::Flat { keys };
    [
        (60, flat(2)),
        (300, flat(12)),
        (300, Shape::Nested),
        (300, flat(2)),
        (1000, flat(12)),
        (1000, Shape::Nested),
        (1000, flat(2)),
        (2900, flat(12)),
        (2900, flat(100)),
        (2900, Shape::Nested),
        (2900, flat(2)),
    ]
    .map(|(bytes, shape)| Sample::new(shape, bytes))
    .into()
}

/// Returns one sample of each size, for the groups in which the framework is most of the cost.
pub fn samples_by_size() -> Vec<Sample> {
    [(60, 2), (300, 12), (1000, 12), (2900, 100)].map(|(bytes, keys)| Sample::new(Shape::Flat { keys }, bytes)).into()
}

fn label(shape: Shape, bytes: usize) -> String {
    match shape {
        Shape::Flat { keys: 2 } if bytes > 100 => format!("{bytes} B, one long string"),
        Shape::Flat { keys } => format!("{bytes} B, {keys} keys"),
        Shape::Nested => format!("{bytes} B, nested"),
    }
}

impl Shape {
    /// Returns the dict of this shape that is `step` steps larger than the smallest.
    fn dict(self, step: usize) -> Map<String, Value> {
        let dict = match self {
            Shape::Flat { keys } => flat(keys, step),
            Shape::Nested => nested(step),
        };
        match dict {
            Value::Object(dict) => dict,
            _ => unreachable!("both shapes are objects"),
        }
    }
}

/// `step` is the length of every text.
fn flat(keys: usize, step: usize) -> Value {
    let mut dict = json!({ VISITS: VISITS_BEFORE, "note": "" });
    for index in 0..keys.saturating_sub(2) {
        dict[format!("field{index:02}")] = match index % 4 {
            0 => words(step).into(),
            1 => (1000 + index).into(),
            2 => (index % 8 == 2).into(),
            _ => (index as f64 + 0.5).into(),
        };
    }
    if keys == 2 {
        dict["note"] = words(step).into();
    }
    dict
}

/// `step` is the number of items in the cart.
fn nested(step: usize) -> Value {
    let items: Vec<Value> =
        (0..step).map(|id| json!({ "id": id, "name": words(12), "price": 9.5, "tags": ["new", "blue"] })).collect();
    json!({
        VISITS: VISITS_BEFORE,
        "note": "",
        "cart": { "currency": "EUR", "items": items },
        "user": { "name": "ada", "address": { "city": "London", "geo": [51.5, -0.12] } },
    })
}

fn words(length: usize) -> String {
    "the quick brown fox jumps over the lazy dog ".chars().cycle().take(length).collect()
}

/// Writes JSON as Python's `json.dumps` does by default: with a space after each comma and colon.
struct PythonSeparators;

impl serde_json::ser::Formatter for PythonSeparators {
    fn begin_array_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(b": ")
    }
}
