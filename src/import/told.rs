//! What was found, as tests compare it.

use super::{Found, Item};

/// Each entry's name and text, with `|` for each line end.
pub(super) fn told(found: &mut Found) -> Vec<(String, String)> {
    let tell = |item: &Item| {
        // EXPOSE: the test compares it.
        let text = String::from_utf8_lossy(item.entry.bytes().expose()).replace('\n', "|");
        (item.name.to_string(), text)
    };
    found.items("").expect("names").iter().map(tell).collect()
}

pub(super) fn pairs(told: &[(String, String)]) -> Vec<(&str, &str)> {
    told.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}
