//! JSON as editors write it: with comments, and commas before the end of a list.

/// The same as plain JSON; what is JSON already stays as it is.
pub(super) fn without_comments(bytes: &[u8]) -> Vec<u8> {
    let mut plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).to_vec();
    let (mut place, mut comma) = (0, None);
    while let Some(byte) = plain.get(place).copied() {
        let end = match (byte, plain.get(place + 1)) {
            (b'"', _) => end_of_text(&plain, place),
            (b'/', Some(b'/')) => blank(&mut plain, place, b"\n"),
            (b'/', Some(b'*')) => blank(&mut plain, place, b"*/"),
            _ => place + 1,
        };
        match byte {
            b',' => comma = Some(place),
            b'}' | b']' => {
                if let Some(comma) = comma.take() {
                    plain[comma] = b' ';
                }
            }
            b'/' | b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => comma = None,
        }
        place = end;
    }
    plain
}

/// Where the text ends that begins with the quotation mark at `place`.
fn end_of_text(bytes: &[u8], place: usize) -> usize {
    let mut end = place + 1;
    while let Some(byte) = bytes.get(end) {
        match byte {
            b'"' => return end + 1,
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
    bytes.len()
}

/// Makes spaces of a comment; the answer is where it ends.
fn blank(bytes: &mut [u8], place: usize, mark: &[u8]) -> usize {
    let rest = &bytes[place + 2..];
    let found = rest.windows(mark.len()).position(|window| window == mark);
    let end = found.map_or(bytes.len(), |found| place + 2 + found + mark.len());
    bytes[place..end].fill(b' ');
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_last_commas_go_and_texts_stay() {
        for (before, after) in [
            ("{\"a\": [1, 2,], // c\n \"b\": /* , */ 1, }", "{\"a\":[1,2],\"b\":1}"),
            ("{\"a\": \"// no, \\\" /* no */\"}", "{\"a\":\"// no, \\\" /* no */\"}"),
            ("[1, 2]", "[1,2]"),
        ] {
            let plain: serde_json::Value =
                serde_json::from_slice(&without_comments(before.as_bytes())).expect("is JSON");
            assert_eq!(plain.to_string(), after);
        }
        for odd in ["\"", "\"\\", "/*", "//", "/", ",}", ""] {
            without_comments(odd.as_bytes());
        }
    }
}
