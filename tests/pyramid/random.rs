//! Random sessions, which are the same on every run.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// SplitMix64: a few lines, and good enough to make test data.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    pub fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    #[allow(dead_code, reason = "not every test program needs it")]
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.bits() as u8).collect()
    }

    pub fn text(&mut self, longest: usize) -> String {
        let alphabet: Vec<char> =
            "abcXYZ019 _-./:\"\\<>&%;,=\0\u{1f}\u{7f}éßλ中\u{2028}\u{feff}\u{1f36a}\u{1d11e}\u{10ffff}\n\t"
                .chars()
                .collect();
        (0..self.below(longest)).map(|_| self.of(&alphabet)).collect()
    }

    /// Returns any finite double. Small and large ones are equally likely.
    pub fn float(&mut self) -> f64 {
        loop {
            let float = f64::from_bits(self.bits());
            if float.is_finite() {
                return float;
            }
        }
    }

    /// Returns an integer of up to 60 digits, which may not fit into a Rust integer.
    pub fn big_int(&mut self) -> Box<RawValue> {
        let sign = self.of(&["", "-"]);
        let digits: String = (0..20 + self.below(40)).map(|_| char::from(b'0' + self.below(10) as u8)).collect();
        RawValue::from_string(format!("{sign}1{digits}")).expect("a number")
    }

    pub fn value(&mut self, depth: usize) -> Value {
        match self.below(if depth < 4 { 9 } else { 6 }) {
            0 => self.of(&[Value::Null, Value::Bool(true), Value::Bool(false)]),
            1 => Value::from(self.bits()),
            2 => Value::from(self.bits() as i64),
            3 => Value::from(self.of(&[0.0, -0.0, 0.1, 1.5, -2.25, 1e16, 1e22, 1e-7, 123456789.125])),
            4 | 5 => Value::from(self.text(20)),
            6 | 7 => (0..self.below(4)).map(|_| self.value(depth + 1)).collect(),
            _ => {
                Value::Object((0..self.below(4)).map(|_| (self.text(8), self.value(depth + 1))).collect::<Map<_, _>>())
            }
        }
    }
}
