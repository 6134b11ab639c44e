//! Lines as bash reads and writes them: that decides which bytes are stored.

use std::io::{self, Read};

use crate::secret::{Secret, SecretBuffer};
use crate::sys::{Helper, HelperError, Outcome};

/// The largest line that is taken (bytes).
const LIMIT: usize = 256 * 1024 * 1024;

/// A line, without its end.
pub(super) struct Line {
    /// Without blanks around it (bash splits it at `IFS`) and without NUL bytes (bash drops them).
    pub(super) text: Secret,
    /// Whether it had an end; `read` fails where the input ends instead.
    pub(super) ended: bool,
}

/// Reads as `read -r` does, up to the next line end and not a byte further: what follows is for somebody else.
pub(super) fn read(input: &mut dyn Read) -> io::Result<Line> {
    let (mut text, mut byte) = (SecretBuffer::new(), [0]);
    for _ in 0..LIMIT {
        match input.read(&mut byte)? {
            0 => return Ok(Line { text: trimmed(text), ended: false }),
            _ if byte[0] == b'\n' => return Ok(Line { text: trimmed(text), ended: true }),
            _ if byte[0] != 0 => text.push(&byte),
            _ => {}
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, format!("a line of more than {LIMIT} bytes")))
}

fn trimmed(text: SecretBuffer) -> Secret {
    let text = text.into_secret();
    // EXPOSE: copied without the blanks around it.
    let bytes = text.expose();
    let is_text = |byte: &u8| !matches!(byte, b' ' | b'\t');
    let start = bytes.iter().position(is_text).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(is_text).map_or(start, |last| last + 1);
    Secret::copy_from(&bytes[start..end])
}

/// The line as `echo` writes it.
pub(super) fn with_end(line: &Secret) -> Secret {
    in_front_of(line, &SecretBuffer::new().into_secret())
}

/// The text with another first line, and the rest byte for byte.
pub(super) fn replacing_first(line: &Secret, text: &Secret) -> Secret {
    // EXPOSE: copied without the first line.
    let bytes = text.expose();
    let rest =
        bytes.iter().position(|byte| *byte == b'\n').map_or(&[][..], |end| &bytes[end + 1..]);
    in_front_of(line, &Secret::copy_from(rest))
}

fn in_front_of(line: &Secret, rest: &Secret) -> Secret {
    let mut text = SecretBuffer::new();
    // EXPOSE: copied, with a line end between them.
    [line.expose(), b"\n", rest.expose()].into_iter().for_each(|part| text.push(part));
    text.into_secret()
}

/// Line `number`, without its end and without NUL bytes, as `$(tail | head)` gives it.
pub(super) fn nth(text: &Secret, number: usize) -> Secret {
    // EXPOSE: one line is copied.
    let line = text.expose().split(|byte| *byte == b'\n').nth(number.saturating_sub(1));
    without_nul(line.unwrap_or_default())
}

/// What bash makes of `$(…)` when it is printed again: one line end at the end, no NUL bytes.
pub(super) fn substituted(text: &Secret) -> Secret {
    // EXPOSE: copied without some bytes.
    let bytes = text.expose();
    let end = bytes.iter().rposition(|byte| !matches!(byte, b'\n' | 0)).map_or(0, |last| last + 1);
    with_end(&without_nul(&bytes[..end]))
}

fn without_nul(bytes: &[u8]) -> Secret {
    let mut kept = SecretBuffer::new();
    bytes.split(|byte| *byte == 0).for_each(|part| kept.push(part));
    kept.into_secret()
}

/// Runs a program on the text.
pub(super) fn feed(helper: Helper, text: &Secret) -> Result<Outcome, HelperError> {
    // EXPOSE: over a pipe to the program that was asked for.
    helper.run(text.expose())
}

/// What a program printed that is no secret.
pub(super) fn public(output: &Secret) -> Vec<u8> {
    // EXPOSE: names of files.
    output.expose().to_vec()
}

/// Whether an answer is `y` or `Y`.
pub(super) fn is_yes(answer: &Secret) -> bool {
    [b"y", b"Y"].iter().any(|yes| answer.is_same_as(&Secret::copy_from(*yes)))
}

/// Whether the bytes stand anywhere in the text.
pub(super) fn contains(text: &Secret, bytes: &[u8]) -> bool {
    // EXPOSE: looked at only.
    text.expose().windows(bytes.len()).any(|window| window == bytes)
}

/// Whether they may stand there, whatever their case: letters beyond ASCII may have one within.
pub(super) fn contains_any_case(text: &Secret, bytes: &[u8]) -> bool {
    // EXPOSE: looked at only.
    let text = text.expose();
    !text.is_ascii() || text.windows(bytes.len()).any(|window| window.eq_ignore_ascii_case(bytes))
}

/// Whether `read` would take all of it as one line.
pub(super) fn is_kept_whole(text: &Secret) -> bool {
    // EXPOSE: looked at for blanks and line ends only.
    let bytes = text.expose();
    let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    !blank(bytes.first()) && !blank(bytes.last()) && !bytes.contains(&b'\n')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::real::{self, bytes};
    use super::*;

    /// What bash reads: whether it ended well, and the variable. (In a UTF-8 locale it may take the
    /// line end for a part of a broken character.)
    fn really_read(input: &[u8]) -> (bool, Vec<u8>) {
        let locale = if std::str::from_utf8(input).is_ok() { "C.UTF-8" } else { "C" };
        let script = "read -r line; status=$?; printf %s \"$line\"; exit $status";
        let outcome = real::run("bash", &["-c", script], input, &[("LC_ALL", locale)]);
        (outcome.code == Some(0), bytes(&outcome.stdout))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn reads_as_bash_does(input in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b" \t\n\\\0\x7fa".to_vec())], 0..12)) {
            // bash 5.2 loses a byte 1 that stands before blanks at the end.
            prop_assume!(!input.contains(&1));
            let line = read(&mut input.as_slice()).expect("memory can be read");
            prop_assert_eq!((line.ended, bytes(&line.text)), really_read(&input));
        }
    }
}
