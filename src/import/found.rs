//! What was found in a source, and the names that it gets.

use std::collections::BTreeSet;

use crate::store::Name;
use crate::vault::Entry;

use super::Error;
use super::draft::{Draft, Page};

/// A part of a name is cut at this many bytes: there must be room for an ending and a number.
const PART_LIMIT: usize = 200;

/// A source, read.
#[derive(Default)]
pub struct Found {
    drafts: Vec<Draft>,
    /// What the source has and the store will not have.
    pub left_out: Vec<String>,
    /// What somebody may want to know.
    pub remarks: Vec<String>,
}

/// An entry with its name.
pub struct Item {
    /// Its name.
    pub name: Name,
    /// What it will be.
    pub entry: Entry,
    /// What is in it: the names of its fields, no contents.
    pub parts: Vec<String>,
}

impl Found {
    pub(super) fn add(&mut self, draft: Draft) {
        self.drafts.push(draft);
    }

    pub(super) fn leave_out(&mut self, what: String) {
        self.left_out.push(what);
    }

    pub(super) fn remark(&mut self, what: String) {
        self.remarks.push(what);
    }

    /// Takes what was found out of it, named, in the folder `prefix` (the root, if that is empty).
    ///
    /// # Errors
    /// [`Error::Prefix`].
    pub fn items(&mut self, prefix: &str) -> Result<Vec<Item>, Error> {
        let prefix = match prefix.trim_matches('/') {
            "" => None,
            folder => Some(folder.parse::<Name>().map_err(Error::Prefix)?),
        };
        let mut names = Names { prefix, taken: BTreeSet::new() };
        let mut items = Vec::new();
        for draft in std::mem::take(&mut self.drafts) {
            let title = draft.title().to_owned();
            let pages = draft.pages();
            if pages.is_empty() {
                self.remark(format!("`{title}` holds nothing"));
            }
            for Page { path, entry, parts } in pages {
                items.push(Item { name: names.name(&path)?, entry, parts });
            }
        }
        Ok(items)
    }
}

/// Gives names, each once.
struct Names {
    prefix: Option<Name>,
    /// In small letters: a store may be cloned to a file system that does not tell case apart.
    taken: BTreeSet<String>,
}

impl Names {
    fn name(&mut self, path: &[String]) -> Result<Name, Error> {
        let prefix = self.prefix.iter().map(|prefix| prefix.as_str().to_owned());
        let parts: Vec<String> = prefix.chain(path.iter().map(|part| readable(part))).collect();
        let wanted = parts.join("/");
        let numbered = (2..).map(|number| format!("{wanted}-{number}"));
        let mut choices = std::iter::once(wanted.clone()).chain(numbered);
        let free = choices.find(|name| self.taken.insert(name.to_lowercase()));
        free.unwrap_or(wanted).parse().map_err(Error::Prefix)
    }
}

/// The part of a name that is nearest to `text`.
fn readable(text: &str) -> String {
    let plain = |c: char| match c {
        '/' => '-',
        c if c.is_control() => ' ',
        c => c,
    };
    let plain: String = text.chars().map(plain).collect();
    let mut part = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = (0..=PART_LIMIT.min(part.len())).rev().find(|end| part.is_char_boundary(*end));
    part.truncate(end.unwrap_or_default());
    if part.is_empty() {
        return "unnamed".to_owned();
    }
    // `.`, `..`, and the folders of git, pass and vaultctl.
    let is_name = !matches!(part.as_str(), "." | "..") && part.parse::<Name>().is_ok();
    if is_name { part } else { format!("_{part}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::node::Node;

    fn names(prefix: &str, titles: &[&str]) -> Result<Vec<String>, Error> {
        let mut found = Found::default();
        for title in titles {
            let mut draft = Draft::new([], title);
            draft.secret("password", Node::text("x"));
            found.add(draft);
        }
        Ok(found.items(prefix)?.iter().map(|item| item.name.to_string()).collect())
    }

    #[test]
    fn titles_become_names() {
        let titles = ["a/b", " two\n lines ", "", "..", ".git", "a\0b", "é🔑"];
        let expected = ["x/a-b", "x/two lines", "x/unnamed", "x/_..", "x/_.git", "x/a b", "x/é🔑"];
        assert_eq!(names("x/", &titles).expect("are named"), expected);
        let long = names("", &[&"é".repeat(300)]).expect("is named");
        assert_eq!(long[0].len(), PART_LIMIT);
    }

    #[test]
    fn the_same_title_is_numbered() {
        assert_eq!(
            names("", &["a", "A", "a-2", "a"]).expect("are named"),
            ["a", "A-2", "a-2-2", "a-3"]
        );
    }

    #[test]
    fn a_prefix_leads_nowhere_else() {
        assert!(matches!(names("../x", &["a"]), Err(Error::Prefix(_))));
        assert!(matches!(names(".git", &["a"]), Err(Error::Prefix(_))));
    }
}
