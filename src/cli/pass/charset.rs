//! Sets of characters in the notation of tr(1), for `generate`.
//!
//! `PASSWORD_STORE_CHARACTER_SET` means what `LC_ALL=C tr -dc SET` keeps: bytes, ranges, escapes,
//! and the constructs `[:class:]`, `[=c=]`, `[c*n]` (GNU coreutils manual, "Specifying arrays of
//! characters"). A test compares this with the real `tr`.

/// A byte of the set's text, and whether a backslash took its meaning away.
#[derive(Clone, Copy)]
struct Sign {
    byte: u8,
    escaped: bool,
}

impl Sign {
    fn is(self, byte: u8) -> bool {
        self.byte == byte && !self.escaped
    }
}

/// The bytes that `set` names, in order; `None` where tr refuses it.
pub(super) fn parse(set: &[u8]) -> Option<Vec<u8>> {
    // tr would take it for an option.
    if set.starts_with(b"-") && set.len() > 1 {
        return None;
    }
    let (signs, mut kept) = (unescape(set), [false; 256]);
    let mut rest = signs.as_slice();
    while !rest.is_empty() {
        let (item, after) = read_item(rest)?;
        item.into_iter().for_each(|byte| kept[usize::from(byte)] = true);
        rest = after;
    }
    Some((0..=255).filter(|byte| kept[usize::from(*byte)]).collect())
}

fn unescape(mut text: &[u8]) -> Vec<Sign> {
    let mut signs = Vec::new();
    while let Some((first, after)) = text.split_first() {
        let (byte, rest) = match (first, after) {
            (b'\\', [_, ..]) => read_escape(after),
            _ => (*first, after),
        };
        signs.push(Sign { byte, escaped: *first == b'\\' });
        text = rest;
    }
    signs
}

/// What follows a backslash: up to three octal digits that make a byte, a letter, or itself.
fn read_escape(text: &[u8]) -> (u8, &[u8]) {
    let digits = text.iter().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    let value =
        |count: usize| text[..count].iter().fold(0, |sum, digit| sum * 8 + u32::from(digit - b'0'));
    if digits > 0 {
        let (count, value) =
            if value(digits) > 255 { (2, value(2)) } else { (digits, value(digits)) };
        return (u8::try_from(value).unwrap_or_default(), &text[count..]);
    }
    let byte = match text[0] {
        b'a' => 7,
        b'b' => 8,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 11,
        b'f' => 12,
        b'r' => b'\r',
        other => other,
    };
    (byte, &text[1..])
}

/// One construct, range or byte, and what follows it.
fn read_item(signs: &[Sign]) -> Option<(Vec<u8>, &[Sign])> {
    match signs {
        [open, kind, _, ..] if open.is(b'[') => match read_named(*kind, &signs[2..]) {
            Named::Is(bytes, after) => Some((bytes, after)),
            Named::Refused => None,
            Named::IsNot => read_repeat(&signs[1..]).unwrap_or_else(|| read_plain(signs)),
        },
        _ => read_plain(signs),
    }
}

enum Named<'s> {
    Is(Vec<u8>, &'s [Sign]),
    IsNot,
    Refused,
}

/// The rest of `[:class:]` or `[=c=]`.
fn read_named(kind: Sign, signs: &[Sign]) -> Named<'_> {
    let is_class = kind.is(b':');
    let end = signs.windows(2).position(|pair| pair[0].is(kind.byte) && pair[1].is(b']'));
    let Some(end) = end.filter(|_| is_class || kind.is(b'=')) else {
        return Named::IsNot;
    };
    let name: Vec<u8> = signs[..end].iter().map(|sign| sign.byte).collect();
    let bytes = if is_class { class(&name) } else { (name.len() == 1).then(|| name.clone()) };
    match bytes {
        Some(bytes) => Named::Is(bytes, &signs[end + 2..]),
        // `[:*]` repeats a colon, even where `:]` follows somewhere.
        None if !name.is_empty() && is_repeat(signs) => Named::IsNot,
        None => Named::Refused,
    }
}

/// Whether `*`, digits and `]` follow.
fn is_repeat(signs: &[Sign]) -> bool {
    let [star, rest @ ..] = signs else {
        return false;
    };
    let digits = rest.iter().take_while(|sign| sign.byte.is_ascii_digit()).count();
    star.is(b'*') && rest.get(digits).is_some_and(|sign| sign.is(b']'))
}

/// The rest of `[c*n]`, where it is one; tr refuses a count of nothing here.
#[expect(clippy::option_option, reason = "none, refused, read")]
fn read_repeat(signs: &[Sign]) -> Option<Option<(Vec<u8>, &[Sign])>> {
    let [repeated, star, rest @ ..] = signs else {
        return None;
    };
    let end = rest.iter().take_while(|sign| !sign.escaped).position(|sign| sign.byte == b']')?;
    if !star.is(b'*') {
        return None;
    }
    let digits: String = rest[..end].iter().map(|sign| char::from(sign.byte)).collect();
    let radix = if digits.starts_with('0') { 8 } else { 10 };
    let count = u64::from_str_radix(&digits, radix).ok().filter(|count| *count > 0);
    Some(count.map(|_| (vec![repeated.byte], &rest[end + 1..])))
}

/// A range, or a byte that means itself.
fn read_plain(signs: &[Sign]) -> Option<(Vec<u8>, &[Sign])> {
    match signs {
        [first, dash, last, rest @ ..] if dash.is(b'-') => {
            (first.byte <= last.byte).then(|| ((first.byte..=last.byte).collect(), rest))
        }
        [first, rest @ ..] => Some((vec![first.byte], rest)),
        [] => None,
    }
}

/// The members of a class in the C locale.
fn class(name: &[u8]) -> Option<Vec<u8>> {
    let is_member: fn(&u8) -> bool = match name {
        b"alnum" => u8::is_ascii_alphanumeric,
        b"alpha" => u8::is_ascii_alphabetic,
        b"blank" => |byte| matches!(byte, b' ' | b'\t'),
        b"cntrl" => u8::is_ascii_control,
        b"digit" => u8::is_ascii_digit,
        b"graph" => u8::is_ascii_graphic,
        b"lower" => u8::is_ascii_lowercase,
        b"print" => |byte| matches!(byte, b' '..=b'~'),
        b"punct" => u8::is_ascii_punctuation,
        b"space" => |byte| matches!(byte, b' ' | 9..=13),
        b"upper" => u8::is_ascii_uppercase,
        b"xdigit" => u8::is_ascii_hexdigit,
        _ => return None,
    };
    Some((0..=255).filter(is_member).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::real;
    use super::*;

    /// What the real tr(1) keeps of all bytes.
    fn really_kept(set: &str) -> Option<Vec<u8>> {
        let every: Vec<u8> = (0..=255).collect();
        let outcome = real::run("tr", &["-dc", set], &every, &[("LC_ALL", "C")]);
        (outcome.code == Some(0)).then(|| real::bytes(&outcome.stdout))
    }

    #[test]
    fn the_sets_of_pass() {
        let count = |set: &str| parse(set.as_bytes()).map(|bytes| bytes.len());
        assert_eq!(count("[:punct:][:alnum:]"), Some(94));
        assert_eq!(count("[:alnum:]"), Some(62));
        assert_eq!(count("[:alnum"), Some(7));
        assert_eq!(count("[:none:]"), None);
    }

    fn set() -> impl Strategy<Value = String> {
        let pieces = [
            "[:alpha:]",
            "[:punct:]",
            "[:none:]",
            "[=",
            "=]",
            "[:",
            ":]",
            "[",
            "]",
            "-",
            "\\",
            "*",
            "0",
            "3",
            "9",
            "a",
            "z",
            "A",
            "\\n",
            "\\101",
            "\\4",
            "=",
            ":",
            " ",
            "é",
            "[:space:]",
            "[:cntrl:]",
            "[a*3]",
            "[:*2]",
        ];
        let piece = prop::sample::select(pieces.to_vec());
        prop::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn names_the_bytes_that_tr_keeps(set in set()) {
            prop_assert_eq!(parse(set.as_bytes()), really_kept(&set), "{:?}", set);
        }
    }
}
