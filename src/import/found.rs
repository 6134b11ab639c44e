//! What was found in a source, and the names that it gets.

use crate::store::Name;
use crate::vault::Entry;

use super::Error;
use super::draft::{Draft, Page};
use super::node::{COUNT_LIMIT, Node};
use super::unique::Unique;

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

    pub(super) fn leave_out_history(&mut self, passwords: Node, title: &str) {
        match passwords.into_list().len() {
            0 => {}
            1 => self.leave_out(format!("1 earlier password of `{title}`")),
            count => self.leave_out(format!("{count} earlier passwords of `{title}`")),
        }
    }

    pub(super) fn remark(&mut self, what: String) {
        self.remarks.push(what);
    }

    /// Takes what was found out of it, named, in the folder `prefix` (the root, if that is empty).
    ///
    /// # Errors
    /// [`Error::Prefix`]; [`Error::TooMany`].
    pub fn items(&mut self, prefix: &str) -> Result<Vec<Item>, Error> {
        let prefix = match prefix.trim_matches('/') {
            "" => None,
            folder => Some(folder.parse::<Name>().map_err(Error::Prefix)?),
        };
        if self.drafts.len() > COUNT_LIMIT {
            return Err(Error::TooMany(COUNT_LIMIT));
        }
        let (mut names, mut items) = (Unique::default(), Vec::new());
        for draft in std::mem::take(&mut self.drafts) {
            let path: Vec<String> = draft.path().iter().map(|part| readable(part)).collect();
            let base = names.name(path.join("/"), '-');
            let title = draft.title().to_owned();
            let pages = draft.pages();
            if pages.is_empty() {
                self.remark(format!("`{title}` holds nothing"));
            }
            for Page { label, entry, parts } in pages {
                let below = label.map(|label| format!("{base}/{}", readable(&label)));
                let name = below.map_or_else(|| base.clone(), |below| names.name(below, '-'));
                items.push(Item { name: name_in(prefix.as_ref(), &name)?, entry, parts });
            }
        }
        Ok(items)
    }
}

fn name_in(folder: Option<&Name>, name: &str) -> Result<Name, Error> {
    let name = match folder {
        Some(folder) => format!("{folder}/{name}"),
        None => name.to_owned(),
    };
    name.parse().map_err(Error::Prefix)
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
    fn what_belongs_to_a_thing_stays_with_it() {
        let mut found = Found::default();
        for _ in 0..2 {
            let mut draft = Draft::new([], "key");
            draft.field("user", Node::text("ann"));
            draft.field("private", Node::text("a\nb"));
            found.add(draft);
        }
        let names: Vec<String> =
            found.items("").expect("names").iter().map(|item| item.name.to_string()).collect();
        assert_eq!(names, ["key", "key/private", "key-2", "key-2/private"]);
    }

    #[test]
    fn a_prefix_leads_nowhere_else() {
        assert!(matches!(names("../x", &["a"]), Err(Error::Prefix(_))));
        assert!(matches!(names(".git", &["a"]), Err(Error::Prefix(_))));
    }
}
