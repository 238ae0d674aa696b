//! Encodes forms as browsers send them.

pub(super) const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";

/// Returns the body of a form with these fields.
pub(super) fn encode(fields: &[(&str, &str)]) -> String {
    let fields = fields.iter().map(|(name, value)| [escape(name), escape(value)].join("="));
    fields.collect::<Vec<_>>().join("&")
}

fn escape(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b' ' => "+".into(),
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}
