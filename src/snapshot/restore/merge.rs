//! One part of a JSON file, put into another file; everything else there stays byte for byte.

use serde::de::IgnoredAny;

/// Where one part of a JSON file is: a JSON pointer (RFC 6901).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPointer(Vec<String>);

/// Why a part can not be put into a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// What belongs to one machine does not come back to its place.
    #[error("it holds credentials, which come back to no place where a program finds them")]
    Credential,
    /// The file in the snapshot.
    #[error("the file in the snapshot is no JSON")]
    StoredIsNoJson,
    /// The file that is there.
    #[error("the file that is there is no JSON")]
    LiveIsNoJson,
    /// The snapshot's file has no such part.
    #[error("the file in the snapshot has no such part")]
    NoSuchPart,
    /// Nothing is there that could hold the part.
    #[error("the file that is there has nothing that could hold the part")]
    NoPlace,
}

impl JsonPointer {
    /// Reads `/mcpServers/github`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let names = text.strip_prefix('/').ok_or("a JSON pointer begins with /")?;
        let unescaped = |name: &str| name.replace("~1", "/").replace("~0", "~");
        Ok(Self(names.split('/').map(unescaped).collect()))
    }
}

/// The file `live` with the part that `stored` has.
pub(super) fn merged(
    live: &[u8],
    stored: &[u8],
    pointer: &JsonPointer,
) -> Result<Vec<u8>, MergeError> {
    let is_json = |bytes: &[u8]| serde_json::from_slice::<IgnoredAny>(bytes).is_ok();
    if !is_json(stored) {
        return Err(MergeError::StoredIsNoJson);
    }
    if !is_json(live) {
        return Err(MergeError::LiveIsNoJson);
    }
    let (begin, end) = find(stored, &pointer.0).ok_or(MergeError::NoSuchPart)?;
    let part = &stored[begin..end];
    if let Some((begin, end)) = find(live, &pointer.0) {
        return Ok([&live[..begin], part, &live[end..]].concat());
    }
    let (name, above) = pointer.0.split_last().ok_or(MergeError::NoPlace)?;
    let (begin, end) = find(live, above).ok_or(MergeError::NoPlace)?;
    let added = with_member(&live[begin..end], name, part).ok_or(MergeError::NoPlace)?;
    Ok([&live[..begin], &added, &live[end..]].concat())
}

/// An object with one member more, at its end, in the manner of the others.
fn with_member(object: &[u8], name: &str, part: &[u8]) -> Option<Vec<u8>> {
    let inside = object.strip_prefix(b"{")?.strip_suffix(b"}")?;
    let content = inside.trim_ascii_end();
    let (lead, close) = if content.trim_ascii().is_empty() {
        (&b""[..], &b""[..])
    } else {
        (&inside[..inside.len() - inside.trim_ascii_start().len()], &inside[content.len()..])
    };
    let comma: &[u8] = if content.trim_ascii().is_empty() { b"" } else { b"," };
    let colon: &[u8] = if lead.is_empty() { b":" } else { b": " };
    let name = serde_json::to_vec(name).ok()?;
    Some([b"{", content, comma, lead, &name, colon, part, close, b"}"].concat())
}

/// From where to where the part goes, in what is known to be JSON.
fn find(json: &[u8], names: &[String]) -> Option<(usize, usize)> {
    let mut scanner = Scanner { json, place: 0 };
    scanner.skip_space();
    for name in names {
        scanner.enter(name)?;
    }
    let begin = scanner.place;
    scanner.skip_value();
    Some((begin, scanner.place))
}

/// A place in what is known to be JSON.
struct Scanner<'j> {
    json: &'j [u8],
    place: usize,
}

impl Scanner<'_> {
    /// Goes to the value that the object or list here has under this name.
    fn enter(&mut self, name: &str) -> Option<()> {
        match self.peek()? {
            b'{' => self.enter_object(name),
            b'[' => self.enter_list(name.parse().ok()?),
            _ => None,
        }
    }

    /// Of several members of one name, the last one counts, as it does for JavaScript.
    fn enter_object(&mut self, name: &str) -> Option<()> {
        let mut found = None;
        self.step();
        while self.peek()? != b'}' {
            let begin = self.place;
            self.skip_value();
            let key: String = serde_json::from_slice(&self.json[begin..self.place]).ok()?;
            self.skip_space();
            self.step(); // the colon
            if key == name {
                found = Some(self.place);
            }
            self.skip_value();
            self.skip_comma();
        }
        self.place = found?;
        Some(())
    }

    fn enter_list(&mut self, number: usize) -> Option<()> {
        self.step();
        for _ in 0..number {
            if self.peek()? == b']' {
                return None;
            }
            self.skip_value();
            self.skip_comma();
        }
        (self.peek()? != b']').then_some(())
    }

    fn peek(&self) -> Option<u8> {
        self.json.get(self.place).copied()
    }

    /// Over a byte and the space behind it.
    fn step(&mut self) {
        self.place += 1;
        self.skip_space();
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.place += 1;
        }
    }

    fn skip_comma(&mut self) {
        self.skip_space();
        if self.peek() == Some(b',') {
            self.step();
        }
    }

    /// Over a value: a text, or anything up to where it ends.
    fn skip_value(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => self.skip_text(),
                b'{' | b'[' => {
                    depth += 1;
                    self.place += 1;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.place += 1;
                }
                b',' | b':' | b'}' | b']' if depth == 0 => return,
                byte if byte.is_ascii_whitespace() && depth == 0 => return,
                _ => self.place += 1,
            }
            if depth == 0 && matches!(byte, b'"' | b'}' | b']') {
                return;
            }
        }
    }

    fn skip_text(&mut self) {
        self.place += 1;
        while let Some(byte) = self.peek() {
            self.place += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn merge(live: &str, stored: &str, pointer: &str) -> Result<String, MergeError> {
        let pointer = JsonPointer::parse(pointer).expect("is one");
        let merged = merged(live.as_bytes(), stored.as_bytes(), &pointer);
        merged.map(|bytes| String::from_utf8(bytes).expect("is text"))
    }

    #[test]
    fn one_part_changes_and_nothing_else() {
        let live = "{\n  \"n\": 1.50,\n  \"m\": {\"x\": [1,  2], \"a/b\": \"}\\\"\"},\n  \"z\" : null\n}\n";
        let stored = r#"{"m": {"new": true, "x": [3]}, "top": [ 1 ], "a/b": 0}"#;
        for (pointer, expected) in [
            (
                "/m",
                live.replace("{\"x\": [1,  2], \"a/b\": \"}\\\"\"}", "{\"new\": true, \"x\": [3]}"),
            ),
            ("/m/x", live.replace("[1,  2]", "[3]")),
            ("/m/x/0", live.replace("[1,", "[3,")),
            ("/m/new", live.replace("\"}\\\"\"}", "\"}\\\"\",\"new\":true}")),
            ("/top", live.replace("null\n", "null,\n  \"top\": [ 1 ]\n")),
            ("/a~1b", live.replace("null\n", "null,\n  \"a/b\": 0\n")),
        ] {
            assert_eq!(merge(live, stored, pointer), Ok(expected), "{pointer}");
        }
        assert_eq!(merge("{}", stored, "/m/x"), Err(MergeError::NoPlace));
        assert_eq!(
            merge("{ }", stored, "/m"),
            Ok("{\"m\":{\"new\": true, \"x\": [3]}}".to_owned())
        );
        assert_eq!(merge(live, stored, "/none"), Err(MergeError::NoSuchPart));
        assert_eq!(merge("{", stored, "/m"), Err(MergeError::LiveIsNoJson));
        assert_eq!(merge(live, "", "/m"), Err(MergeError::StoredIsNoJson));
        assert_eq!(
            merge(r#"{"a": 1, "a": 2}"#, r#"{"a": 3}"#, "/a"),
            Ok(r#"{"a": 1, "a": 3}"#.to_owned())
        );
        assert!(JsonPointer::parse("m").is_err());
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-c\"\\\\{}\\[\\], :~/é]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-c\"~/]{1,2}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_was_merged_is_there(live in json(), part in json(), name in "[a-c\"~/]{1,2}", pretty: bool) {
            let mut expected = Value::Object([("live".to_owned(), live)].into_iter().collect());
            let text = if pretty { format!("{expected:#}") } else { expected.to_string() };
            let stored = Value::Object([(name.clone(), part.clone())].into_iter().collect());
            let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            let merged = merge(&text, &stored.to_string(), &pointer).expect("merges");
            expected[&name] = part;
            prop_assert_eq!(merged.parse::<Value>().expect("is JSON"), expected);
        }
    }
}
