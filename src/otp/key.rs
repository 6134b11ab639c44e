//! Keys as they are written: base32.

use crate::secret::{Secret, SecretBuffer};

/// The key in a text of base32 (RFC 4648, section 6), in either case, with blanks or without, with
/// padding or without, as sites show it. Written here, and straight into a buffer that is wiped:
/// a library would hand it back in one that is not.
pub(super) fn decoded(text: &[u8]) -> Option<Secret> {
    let (mut key, mut bits, mut count, mut letters) = (SecretBuffer::new(), 0_u16, 0, 0);
    for &letter in without_padding(text).iter().filter(|byte| **byte != b' ') {
        bits = bits << 5 | u16::from(value(letter)?);
        (count, letters) = (count + 5, letters + 1);
        if count >= 8 {
            count -= 8;
            key.push(&[(bits >> count) as u8]);
            bits &= (1 << count) - 1;
        }
    }
    // No number of whole bytes takes so many letters.
    let is_whole = !matches!(letters % 8, 1 | 3 | 6);
    Some(key.into_secret()).filter(|key| is_whole && !key.is_empty())
}

fn without_padding(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| *byte != b'=');
    &text[..end.map_or(0, |end| end + 1)]
}

fn value(letter: u8) -> Option<u8> {
    match letter.to_ascii_uppercase() {
        letter @ b'A'..=b'Z' => Some(letter - b'A'),
        letter @ b'2'..=b'7' => Some(letter - b'2' + 26),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<u8>> {
        // EXPOSE: the test compares it.
        decoded(text.as_bytes()).map(|key| key.expose().to_vec())
    }

    /// RFC 4648, section 10.
    #[test]
    fn the_vectors_of_the_rfc() {
        for (text, key) in [
            ("MY======", "f"),
            ("MZXQ====", "fo"),
            ("MZXW6===", "foo"),
            ("MZXW6YQ=", "foob"),
            ("MZXW6YTB", "fooba"),
            ("MZXW6YTBOI======", "foobar"),
        ] {
            assert_eq!(read(text).as_deref(), Some(key.as_bytes()));
            assert_eq!(read(text.trim_end_matches('=')).as_deref(), Some(key.as_bytes()));
        }
    }

    #[test]
    fn as_sites_show_it() {
        assert_eq!(read("mzxw 6ytb oi").as_deref(), Some(&b"foobar"[..]));
    }

    #[test]
    fn what_is_no_key() {
        for text in
            ["", "=", "A", "ABC", "ABCDEF", "ABCDEFGH1", "AB-CDEFGH", "AB=CDEFG", "ÄBCDEFGH"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
