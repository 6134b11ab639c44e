//! Which references a permission allows.

use crate::store::Store;
use crate::vault::{Address, Part};

/// Which references may be resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// All of them: a person has asked.
    Everything,
    /// These: `NAME` for all of an entry, `NAME#FIELD` for a part of it.
    Only(Vec<String>),
}

impl Allowed {
    /// Whether this part of an entry may be given out. Both sides are resolved in the same store: an
    /// entry whose name contains `#` is another one than the field that it looks like.
    pub(super) fn has(&self, wanted: &Address, store: &Store) -> bool {
        let Self::Only(texts) = self else {
            return true;
        };
        texts.iter().any(|text| {
            let text = text.strip_prefix("vault:").unwrap_or(text);
            Address::resolve(text, store).is_ok_and(|allowed| {
                let all = allowed.part == Part::FirstLine;
                allowed.name == wanted.name && (all || allowed.part == wanted.part)
            })
        })
    }
}
