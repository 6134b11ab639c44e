//! Names as GNU's `mkdir -v`, `rm -v`, `mv -v` and `cp -v` show them: quoted for a shell, always
//! (GNU coreutils manual, "Formatting the file names", `shell-escape-always`). A test compares this
//! with the real `mkdir`.

/// The name in quotes. Bytes that are no printable UTF-8 (any but ASCII, where the locale has no
/// other characters) are escapes in quotes of their own.
pub(super) fn quoted(name: &[u8], utf8: bool) -> Vec<u8> {
    let pieces = pieces(name, utf8);
    let plain = pieces.iter().all(|piece| matches!(piece, Piece::Plain(_)));
    let is_special = |(at, byte): (usize, &u8)| match byte {
        b'#' | b'~' => at > 0,
        b'{' | b'}' => name.len() > 1,
        other => b"!\"$&()*;<=>?[\\^`|".contains(other),
    };
    if plain && name.contains(&b'\'') && !name.iter().enumerate().any(is_special) {
        return [b"\"", name, b"\""].concat();
    }
    // With a quote in the name coreutils goes over it twice, and the second time begins as the first
    // has ended (coreutils 9.1).
    let escaping = name.contains(&b'\'') && matches!(pieces.last(), Some(Piece::Escaped(_)));
    let mut out = Quoting { text: vec![b'\''], escaping };
    pieces.iter().for_each(|piece| out.push(piece));
    out.text.push(b'\'');
    out.text
}

enum Piece<'n> {
    Plain(&'n [u8]),
    Escaped(u8),
}

fn pieces(name: &[u8], utf8: bool) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    for chunk in name.utf8_chunks() {
        for (at, c) in chunk.valid().char_indices() {
            let bytes = &chunk.valid().as_bytes()[at..at + c.len_utf8()];
            match !c.is_control() && (c.is_ascii() || utf8) {
                true => pieces.push(Piece::Plain(bytes)),
                false => pieces.extend(bytes.iter().map(|byte| Piece::Escaped(*byte))),
            }
        }
        pieces.extend(chunk.invalid().iter().map(|byte| Piece::Escaped(*byte)));
    }
    pieces
}

struct Quoting {
    text: Vec<u8>,
    /// Inside `$'…'`, where escapes mean something.
    escaping: bool,
}

impl Quoting {
    fn push(&mut self, piece: &Piece<'_>) {
        match piece {
            Piece::Plain(b"'") => {
                self.text.extend(b"'\\''");
                self.escaping = false;
            }
            Piece::Plain(bytes) => {
                if std::mem::take(&mut self.escaping) {
                    self.text.extend(b"''");
                }
                self.text.extend(*bytes);
            }
            Piece::Escaped(byte) => {
                if !std::mem::replace(&mut self.escaping, true) {
                    self.text.extend(b"'$'");
                }
                self.text.extend(escape(*byte).into_bytes());
            }
        }
    }
}

fn escape(byte: u8) -> String {
    match byte {
        7 => "\\a".to_owned(),
        8 => "\\b".to_owned(),
        9 => "\\t".to_owned(),
        10 => "\\n".to_owned(),
        11 => "\\v".to_owned(),
        12 => "\\f".to_owned(),
        13 => "\\r".to_owned(),
        other => format!("\\{other:03o}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::real;
    use super::*;

    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    fn really_quoted(name: &[u8], locale: &str) -> Vec<u8> {
        let place = tempfile::tempdir().expect("a folder");
        let script = OsStr::new("cd -- \"$0\" && mkdir -v -- \"$1\"");
        let arguments =
            [OsStr::new("-c"), script, place.path().as_os_str(), OsStr::from_bytes(name)];
        let outcome = real::run("sh", &arguments, b"", &[("LC_ALL", locale)]);
        let said = real::bytes(&outcome.stdout);
        let said = said.strip_prefix(b"mkdir: created directory ");
        said.and_then(|said| said.strip_suffix(b"\n")).expect("mkdir says so").to_vec()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn quotes_as_mkdir_does(pieces in prop::collection::vec(prop::sample::select(vec![
            "a", " ", "'", "\"", "$", "`", "\\", "!", "\n", "\x07", "é", "🔑", "-", "~", "#", "=", "{", "@", "[", "]", "|", "\x1b", "?", "\u{85}",
        ]), 1..6), stray: bool, utf8: bool) {
            let mut name = format!("x{}", pieces.concat()).into_bytes();
            name.extend(stray.then_some(0xff));
            let locale = if utf8 { "C.UTF-8" } else { "C" };
            let (ours, real) = (quoted(&name, utf8), really_quoted(&name, locale));
            prop_assert_eq!(String::from_utf8_lossy(&ours), String::from_utf8_lossy(&real));
        }
    }
}
