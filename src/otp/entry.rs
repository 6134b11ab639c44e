//! Where a line stands in an entry: the first that begins with `otpauth://`, blanks aside.

use crate::secret::{Secret, SecretBuffer};

use super::{Error, Otp};

const SCHEME: &[u8] = b"otpauth://";

/// What an entry's line describes.
///
/// # Errors
/// [`Error::NoLine`], and what is wrong with the line.
pub fn of(entry: &Secret) -> Result<Otp, Error> {
    Otp::parse(&line(entry).ok_or(Error::NoLine)?)
}

/// An entry's line, without blanks round it.
#[must_use]
pub fn line(entry: &Secret) -> Option<Secret> {
    lines(entry).find(|line| is_one(line)).map(|line| Secret::copy_from(line.trim_ascii()))
}

/// The entry with this line in the place of its own, or at its end if it has none. All other bytes
/// stay as they are.
#[must_use]
pub fn with_line(entry: &Secret, uri: &Secret) -> Secret {
    // EXPOSE: copied into the new entry.
    let (uri, mut edited) = (uri.expose(), SecretBuffer::new());
    let place = lines(entry).position(is_one);
    let mut ended = true;
    for (number, line) in lines(entry).enumerate() {
        ended = line.ends_with(b"\n");
        if Some(number) == place {
            let content = line.trim_ascii();
            let before = line.len() - line.trim_ascii_start().len();
            let parts = [&line[..before], uri, &line[before + content.len()..]];
            parts.into_iter().for_each(|part| edited.push(part));
        } else {
            edited.push(line);
        }
    }
    if place.is_none() {
        let first: &[u8] = if ended { b"" } else { b"\n" };
        [first, uri, b"\n"].into_iter().for_each(|part| edited.push(part));
    }
    edited.into_secret()
}

fn is_one(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(SCHEME)
}

/// The lines, each with its end.
fn lines(entry: &Secret) -> impl Iterator<Item = &[u8]> {
    // EXPOSE: looked at line by line; what leaves this file is a secret again.
    entry.expose().split_inclusive(|byte| *byte == b'\n')
}
