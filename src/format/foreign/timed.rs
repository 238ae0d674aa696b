//! A body with the time when it was signed, as itsdangerous and Django write it: `body sep time sep b64u(tag)`. The tag
//! signs everything before its separator.

use crate::format::foreign::base64;
use crate::format::foreign::mac::Signer;
use crate::format::outcome::Refusal;
use crate::format::timestamp::Timestamp;

/// The separator between the parts, and the encoding of the time.
pub(crate) struct Layout {
    pub(crate) separator: u8,
    pub(crate) read_time: fn(&[u8]) -> Option<u64>,
    write_time: fn(u64) -> String,
}

/// The layout of Flask and Starlette. The time is big-endian bytes in base64url.
#[cfg(any(feature = "flask", feature = "starlette"))]
pub(crate) const ITSDANGEROUS: &Layout = &Layout {
    separator: b'.',
    read_time: |text| {
        let bytes = base64::decode(&base64::URL, text).ok()?;
        // Each time has exactly one valid text, so leading zeros are refused.
        if bytes.len() > 8 || bytes.first() == Some(&0) {
            return None;
        }
        Some(bytes.iter().fold(0, |seconds, byte| seconds << 8 | u64::from(*byte)))
    },
    write_time: |seconds| {
        let bytes = seconds.to_be_bytes();
        base64::encode(&base64::URL, &bytes[seconds.leading_zeros() as usize / 8..])
    },
};

/// The layout of Django. The time is a number in base 62.
#[cfg(feature = "django")]
pub(crate) const DJANGO: &Layout = &Layout {
    separator: b':',
    read_time: |text| {
        if text.is_empty() || (text.len() > 1 && text[0] == b'0') {
            return None;
        }
        text.iter().try_fold(0_u64, |seconds, digit| {
            let digit = BASE62.iter().position(|known| known == digit)?;
            seconds.checked_mul(62)?.checked_add(digit as u64)
        })
    },
    write_time: |mut seconds| {
        let mut digits = Vec::new();
        while digits.is_empty() || seconds > 0 {
            digits.push(char::from(BASE62[(seconds % 62) as usize]));
            seconds /= 62;
        }
        digits.iter().rev().collect()
    },
};

#[cfg(feature = "django")]
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Verifies a value. Returns the body, the time when it was signed, and the index of the secret.
pub(crate) fn open<'v>(
    signer: &Signer,
    layout: &Layout,
    value: &'v [u8],
) -> Result<(&'v [u8], Timestamp, usize), Refusal> {
    let (signed, tag) = split_last(value, layout.separator)?;
    let tag = base64::decode(&base64::URL, tag)?;
    let secret_index = signer.verify(&[signed], &tag)?;
    let (body, time) = split_last(signed, layout.separator)?;
    let seconds = (layout.read_time)(time).and_then(|seconds| i64::try_from(seconds).ok());
    let signed_at = seconds.and_then(Timestamp::from_seconds).ok_or(Refusal::Malformed)?;
    Ok((body, signed_at, secret_index))
}

/// Appends the time and the signature to a body.
pub(crate) fn seal(signer: &Signer, layout: &Layout, value: &mut String, signed_at: Timestamp) {
    value.push(layout.separator.into());
    // Neither framework writes a time before 1970.
    value.push_str(&(layout.write_time)(signed_at.seconds().try_into().unwrap_or(0)));
    let tag = signer.sign(&[value.as_bytes()]);
    value.push(layout.separator.into());
    base64::push(&base64::URL, &tag, value);
}

fn split_last(text: &[u8], separator: u8) -> Result<(&[u8], &[u8]), Refusal> {
    let at = memchr::memrchr(separator, text).ok_or(Refusal::Malformed)?;
    Ok((&text[..at], &text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_one_spelling() {
        let layouts = [
            #[cfg(any(feature = "flask", feature = "starlette"))]
            ITSDANGEROUS,
            #[cfg(feature = "django")]
            DJANGO,
        ];
        for layout in layouts {
            for seconds in [1, 61, 62, 255, 256, 1_790_000_000, u64::from(u32::MAX), u64::MAX] {
                let text = (layout.write_time)(seconds);
                assert_eq!((layout.read_time)(text.as_bytes()), Some(seconds));
                assert_eq!((layout.read_time)(format!("{text}!").as_bytes()), None);
            }
        }
        #[cfg(any(feature = "flask", feature = "starlette"))]
        {
            assert_eq!((ITSDANGEROUS.write_time)(1_790_000_000), "arE7gA");
            assert_eq!((ITSDANGEROUS.read_time)(b"AGqxO4A"), None, "a leading zero");
            assert_eq!((ITSDANGEROUS.read_time)(b"AQIDBAUGBwgJ"), None, "nine bytes");
        }
        #[cfg(feature = "django")]
        {
            assert_eq!((DJANGO.write_time)(1_790_000_000), "1x8elk");
            assert_eq!((DJANGO.write_time)(0), "0");
            assert_eq!((DJANGO.read_time)(b"01x8elk"), None, "a leading zero");
            assert_eq!((DJANGO.read_time)(b"zzzzzzzzzzzz"), None, "beyond 64 bits");
            assert_eq!((DJANGO.read_time)(b""), None);
        }
    }
}
