//! Drawing a folder as pass does: as `tree -N -C -l --noreport` would (tree 2.1), without the
//! endings of entries. A test compares this with the real `tree`.
//!
//! Names are sorted by their bytes, which is what `tree` does in the locales C and C.UTF-8; a
//! language of its own may have another order there.

mod palette;
mod pattern;
mod walk;

pub(super) use palette::Palette;
pub(super) use pattern::Pattern;
pub(super) use walk::{Node, all_below, found_below};

use crate::sys::{Variables, harmless};

/// How a tree is drawn.
pub(super) struct Style {
    palette: Option<Palette>,
    /// Before an item that another follows, below one, before the last item.
    lines: [&'static str; 3],
    /// Whether names have to be harmless, because a terminal shows them.
    on_terminal: bool,
}

/// In UTF-8 the upright line is followed by two no-break spaces.
const BOXES: [&str; 3] = ["├── ", "│\u{a0}\u{a0} ", "└── "];
const SIGNS: [&str; 3] = ["|-- ", "|   ", "`-- "];

impl Style {
    pub(super) fn new(variables: &Variables, on_terminal: bool) -> Self {
        let lines = if speaks_utf8(variables) { BOXES } else { SIGNS };
        Self { palette: Palette::new(variables), lines, on_terminal }
    }

    /// The tree's lines.
    pub(super) fn draw(&self, nodes: &[Node]) -> Vec<u8> {
        let mut drawn = Vec::new();
        self.draw_below(nodes, "", &mut drawn);
        without_endings(&drawn)
    }

    fn draw_below(&self, nodes: &[Node], indent: &str, drawn: &mut Vec<u8>) {
        let last = nodes.len().saturating_sub(1);
        for (place, node) in nodes.iter().enumerate() {
            let [item, line, corner] = self.lines;
            let (sign, next) = if place == last { (corner, "    ") } else { (item, line) };
            drawn.extend([indent.as_bytes(), sign.as_bytes()].concat());
            self.draw_node(node, drawn);
            self.draw_below(&node.below, &format!("{indent}{next}"), drawn);
        }
    }

    fn draw_node(&self, node: &Node, drawn: &mut Vec<u8>) {
        let palette = self.palette.as_ref();
        let code = palette.and_then(|palette| palette.of(node));
        drawn.extend(self.painted(&node.name, code));
        if let Some(target) = &node.target {
            let code = palette.and_then(|palette| palette.of_target(target));
            drawn.extend(b" -> ");
            drawn.extend(self.painted(&target.text, code));
        }
        if let Some(note) = node.note {
            drawn.extend(format!("  [{note}]").into_bytes());
        }
        drawn.push(b'\n');
    }

    fn painted(&self, name: &[u8], code: Option<&[u8]>) -> Vec<u8> {
        let name = match self.on_terminal {
            true => harmless(&String::from_utf8_lossy(name)).into_bytes(),
            false => name.to_vec(),
        };
        match (&self.palette, code) {
            (Some(palette), Some(code)) => palette.paint(&name, code),
            _ => name,
        }
    }
}

/// Whether the locale's characters are UTF-8. By its name: a locale that is not installed counts too.
pub(super) fn speaks_utf8(variables: &Variables) -> bool {
    let is_utf8 = |name: &str| ["utf-8", "utf8"].contains(&name.to_ascii_lowercase().as_str());
    if let Some(charset) = variables.raw("TREE_CHARSET") {
        return charset.to_str().is_some_and(is_utf8);
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| variables.text(name));
    let charset = locale.and_then(|locale| locale.split('@').next()?.split_once('.'));
    charset.is_some_and(|(_, charset)| is_utf8(charset))
}

/// Takes `.gpg` and `.age` from the end of each line, and from before an arrow, and leaves a colour
/// that follows.
fn without_endings(drawn: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(drawn.len());
    for line in drawn.split_inclusive(|byte| *byte == b'\n') {
        let mut rest = line;
        while let Some(first) = rest.first() {
            match [b".gpg", b".age"].iter().find_map(|ending| rest.strip_prefix(*ending)) {
                Some(after) if ends_a_name(after) => rest = after,
                _ => {
                    kept.push(*first);
                    rest = &rest[1..];
                }
            }
        }
    }
    kept
}

/// Whether, after a colour if there is one, the line ends or an arrow stands.
fn ends_a_name(rest: &[u8]) -> bool {
    let digits = |rest: &[u8]| rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let after_colour = rest.strip_prefix(b"\x1b[").and_then(|code| match digits(code) {
        0 => None,
        count => code[count..].strip_prefix(b"m"),
    });
    [Some(rest), after_colour]
        .into_iter()
        .flatten()
        .any(|rest| rest.is_empty() || rest == b"\n" || rest.starts_with(b" ->"))
}

#[cfg(test)]
mod tests;
