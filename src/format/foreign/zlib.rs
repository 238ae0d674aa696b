//! The bodies of Flask and Django: base64url, compressed if this makes them shorter.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use crate::format::foreign::base64;
use crate::format::outcome::Refusal;

/// The maximum length of a decompressed text. Without it, a cookie of 4 KB could expand to 4 MB of zeros.
const MAX_INFLATED_LEN: u64 = 1 << 20;

/// Python's default level.
const LEVEL: Compression = Compression::new(6);

/// Returns the JSON text of a body: `b64u(json)`, or `"." b64u(zlib(json))`.
pub(crate) fn decode_body(body: &[u8]) -> Result<String, Refusal> {
    let Some(compressed) = body.strip_prefix(b".") else {
        return base64::decode_text(&base64::URL, body);
    };
    let compressed = base64::decode(&base64::URL, compressed)?;
    let mut json = String::new();
    ZlibDecoder::new(&*compressed)
        .take(MAX_INFLATED_LEN + 1)
        .read_to_string(&mut json)
        .map_err(|_| Refusal::Malformed)?;
    if json.len() as u64 > MAX_INFLATED_LEN { Err(Refusal::Malformed) } else { Ok(json) }
}

/// Appends the body of a JSON text. Both frameworks compress it if this saves more than one byte, which the `.` needs.
pub(crate) fn push_body(json: &str, text: &mut String) {
    let compressed = deflate(json.as_bytes());
    if compressed.len() + 1 < json.len() {
        text.push('.');
        base64::push(&base64::URL, &compressed, text);
    } else {
        base64::push(&base64::URL, json.as_bytes(), text);
    }
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(bytes.len() / 2), LEVEL);
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("a vector takes any bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_inflates_beyond_a_mebibyte_is_malformed() {
        let body = |len: usize| {
            let mut text = String::new();
            push_body(&"0".repeat(len), &mut text);
            assert!(text.starts_with('.') && text.len() < 4096);
            text
        };
        assert_eq!(decode_body(body(1 << 20).as_bytes()).unwrap().len(), 1 << 20);
        assert_eq!(decode_body(body((1 << 20) + 1).as_bytes()), Err(Refusal::Malformed));
        assert_eq!(decode_body(body(2 << 20).as_bytes()), Err(Refusal::Malformed));
    }

    #[test]
    fn a_body_is_compressed_only_where_that_saves_more_than_the_dot() {
        let mut seen = [false; 4];
        // Texts of any compressibility: the same letters first, then different ones.
        for (same, different) in (0..24).flat_map(|same| (0..12).map(move |different| (same, different))) {
            let text: String =
                std::iter::repeat_n('x', same).chain((0..different).map(|n| char::from(b'0' + n))).collect();
            let saved = text.len() as isize - deflate(text.as_bytes()).len() as isize;
            let mut body = String::new();
            push_body(&text, &mut body);
            assert_eq!(body.starts_with('.'), saved > 1, "{saved}");
            if let Some(seen) = usize::try_from(saved).ok().and_then(|saved| seen.get_mut(saved)) {
                *seen = true;
            }
        }
        assert_eq!(seen, [true; 4]);
    }

    #[test]
    fn a_compressed_body_that_is_cut_or_changed_is_malformed() {
        let mut text = String::new();
        push_body(&"ab".repeat(50), &mut text);
        for end in 0..text.len() {
            assert_ne!(decode_body(&text.as_bytes()[..end]).as_deref(), Ok(&*"ab".repeat(50)), "{end}");
        }
        // The compressed `{"user":"ada"}` with a wrong checksum.
        assert!(decode_body(b".eJyrViotTi1SslJKTElUqgUAI64EoA").is_ok());
        assert_eq!(decode_body(b".eJyrViotTi1SslJKTElUqgUAI28EoA"), Err(Refusal::Malformed));
        assert_eq!(decode_body(b"."), Err(Refusal::Malformed));
        assert_eq!(decode_body(b".e30"), Err(Refusal::Malformed));
    }
}
