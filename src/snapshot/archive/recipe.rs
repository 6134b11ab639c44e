//! What a file is put together from.
//!
//! A member `recipes/…` of a few lines: `mode 0644`, which a script that fills the file needs, and
//! then `ID SIZE` for each part, in order.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::crypto::BlobId;

/// The largest part (bytes); a reader may hold one in memory.
pub(crate) const LARGEST_PART: u64 = 16 * 1024 * 1024;

/// One part of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Its name.
    pub id: BlobId,
    /// Its size in bytes, from 1 to [`LARGEST_PART`].
    pub size: u64,
}

/// The parts of a file; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recipe {
    parts: Vec<Part>,
}

impl Recipe {
    /// A file of these parts; `None` when there are none: an empty file needs no recipe.
    pub(crate) fn of(parts: Vec<Part>) -> Option<Self> {
        (!parts.is_empty()).then_some(Self { parts })
    }

    /// In order.
    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The size of the file (bytes).
    pub(crate) fn size(&self) -> u64 {
        self.parts.iter().fold(0, |size, part| size.saturating_add(part.size))
    }

    pub(super) fn render(&self, mode: u32) -> String {
        let mut text = format!("mode {mode:04o}\n");
        for Part { id, size } in &self.parts {
            writeln!(text, "{id} {size}").ok();
        }
        text
    }

    /// Reads exactly what [`Recipe::render`] writes: the mode and the recipe.
    pub(super) fn parse(text: &[u8]) -> Result<(u32, Self), &'static str> {
        const NOT_ONE: &str = "its recipe is not written as one";
        let text = std::str::from_utf8(text).map_err(|_| NOT_ONE)?;
        let mut lines = text.lines();
        let mode = lines.next().and_then(|line| line.strip_prefix("mode ")).ok_or(NOT_ONE)?;
        let mode = u32::from_str_radix(mode, 8).map_err(|_| NOT_ONE)?;
        let parts = lines.map(parse_part).collect::<Option<Vec<_>>>().ok_or(NOT_ONE)?;
        let recipe = Self::of(parts).ok_or("its recipe names no part")?;
        if recipe.render(mode) == text { Ok((mode, recipe)) } else { Err(NOT_ONE) }
    }
}

fn parse_part(line: &str) -> Option<Part> {
    let (id, size) = line.split_once(' ')?;
    let part = Part { id: id.parse().ok()?, size: size.parse().ok()? };
    (1..=LARGEST_PART).contains(&part.size).then_some(part)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::crypto::DedupKey;

    use super::*;

    fn part(size: u64) -> Part {
        Part { id: DedupKey::new(&[0; 32]).id_of(&size.to_be_bytes()), size }
    }

    proptest! {
        #[test]
        fn is_read_back(sizes in proptest::collection::vec(1..=LARGEST_PART, 1..5), mode in 0_u32..0o10000) {
            let recipe = Recipe::of(sizes.into_iter().map(part).collect()).expect("is one");
            prop_assert_eq!(Recipe::parse(recipe.render(mode).as_bytes()), Ok((mode, recipe)));
        }

        #[test]
        fn nothing_crashes_the_parser(bytes in any::<Vec<u8>>()) {
            let _answer = Recipe::parse(&bytes);
        }
    }

    #[test]
    fn there_is_one_way_to_write_it() {
        let id = part(1).id;
        for bad in [
            String::new(),
            "mode 0644\n".to_owned(),
            format!("mode 644\n{id} 1\n"),
            format!("mode 0644\n{id} 01\n"),
            format!("mode 0644\n{id} 0\n"),
            format!("mode 0644\n{id} 16777217\n"),
            format!("mode 0644\n{id} 1"),
            format!("mode 0644\n{id} 1\n\n"),
            format!("{id} 1\n"),
        ] {
            assert!(Recipe::parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
