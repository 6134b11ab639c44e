//! Which names `pass find` shows: the patterns of `tree -P … --ignore-case` (tree(1)).

/// A pattern: `*`, `**`, `?`, `[a-z]`, `[^…]`, `\`, and `|` between alternatives.
pub(crate) struct Pattern(Vec<u8>);

impl Pattern {
    /// What contains one of the terms; they may be patterns themselves.
    pub(crate) fn containing(terms: &[Vec<u8>]) -> Self {
        let each: Vec<Vec<u8>> =
            terms.iter().map(|term| [b"*", term.as_slice(), b"*"].concat()).collect();
        Self(each.join(&b'|'))
    }

    /// Whether the name fits. A pattern that is none fits everything, as in tree.
    pub(super) fn fits(&self, name: &[u8], is_folder: bool) -> bool {
        fits_any(&self.0, name, is_folder)
    }
}

fn fits_any(pattern: &[u8], name: &[u8], is_folder: bool) -> bool {
    match pattern.iter().position(|byte| *byte == b'|') {
        None => fits(pattern, name, is_folder),
        Some(bar) if bar == 0 || bar + 1 == pattern.len() => true,
        Some(bar) => {
            fits(&pattern[..bar], name, is_folder) || fits_any(&pattern[bar + 1..], name, is_folder)
        }
    }
}

fn fits(pattern: &[u8], name: &[u8], is_folder: bool) -> bool {
    match pattern {
        [] => name.is_empty(),
        [b'[', rest @ ..] => fits_class(rest, name, is_folder),
        [b'*', b'*'] => true,
        [b'*', b'*', rest @ ..] => fits_deep(rest, name, is_folder),
        [b'*', rest @ ..] => fits_star(rest, name, is_folder),
        [b'/'] if name.is_empty() => is_folder,
        [b'\\', literal, rest @ ..] => fits_one(name, rest, is_folder, |byte| same(byte, *literal)),
        [b'?', rest @ ..] => fits_one(name, rest, is_folder, |_| true),
        [literal, rest @ ..] => fits_one(name, rest, is_folder, |byte| same(byte, *literal)),
    }
}

fn fits_one(name: &[u8], rest: &[u8], is_folder: bool, is_it: impl Fn(u8) -> bool) -> bool {
    matches!(name, [first, after @ ..] if is_it(*first) && fits(rest, after, is_folder))
}

/// After `*`: the rest fits here or after any bytes of this part of a path.
fn fits_star(rest: &[u8], name: &[u8], is_folder: bool) -> bool {
    if rest.is_empty() {
        return !name.contains(&b'/');
    }
    // tree goes on beyond a `/` with which the name begins, and with no other.
    let end = name.iter().skip(1).position(|byte| *byte == b'/').map_or(name.len(), |at| at + 1);
    (0..=end).any(|skipped| fits(rest, &name[skipped..], is_folder))
}

/// After `**`: the rest fits here or where a later part of the path begins.
fn fits_deep(rest: &[u8], name: &[u8], is_folder: bool) -> bool {
    let parts = name.iter().enumerate().skip(1).filter(|(_, byte)| **byte == b'/');
    let starts = std::iter::once(0).chain(parts.map(|(at, _)| at)).chain([name.len()]);
    starts.into_iter().any(|start| fits(rest, &name[start..], is_folder))
}

fn fits_class(class: &[u8], name: &[u8], is_folder: bool) -> bool {
    let (negated, mut rest) = match class {
        [b'^', rest @ ..] => (true, rest),
        _ => (false, class),
    };
    let Some((first, after)) = name.split_first() else {
        return !class.contains(&b']');
    };
    let mut found = false;
    loop {
        match rest {
            [] | [b'\\'] => return true,
            [b']', rest @ ..] => return found != negated && fits(rest, after, is_folder),
            _ => {
                let (range, next) = read_range(rest);
                found |= is_between(*first, range);
                rest = next;
            }
        }
    }
}

/// One member or range of a class.
fn read_range(class: &[u8]) -> ((u8, u8), &[u8]) {
    let class = match class {
        [b'\\', rest @ ..] => rest,
        _ => class,
    };
    match class {
        [low, b'-', b'\\', high, rest @ ..] | [low, b'-', high, rest @ ..] => ((*low, *high), rest),
        [one, rest @ ..] => ((*one, *one), rest),
        [] => ((0, 0), class),
    }
}

fn is_between(byte: u8, (low, high): (u8, u8)) -> bool {
    let byte = byte.to_ascii_lowercase();
    byte >= low.to_ascii_lowercase() && byte <= high.to_ascii_lowercase()
}

fn same(byte: u8, other: u8) -> bool {
    byte.eq_ignore_ascii_case(&other)
}
