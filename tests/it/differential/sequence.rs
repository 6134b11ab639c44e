//! Random sequences of store commands, as lines for a shell: what fails can be typed in.

use std::collections::BTreeSet;
use std::fmt;

use super::author::Author;

/// How far two standard outputs must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    InOrder,
    /// As the file system lists names; `pass` does not sort there.
    InAnyOrder,
    /// Not at all: a code can be drawn in several ways, and a terminal mixes what it gets.
    Differently,
}

/// One line for the shell of a side.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) text: String,
    pub(super) shown: Shown,
}

impl Line {
    pub(super) fn new(text: impl Into<String>, shown: Shown) -> Self {
        Self { text: text.into(), shown }
    }
}

/// Whether the store is a git repository from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Git,
}

/// A store's life.
#[derive(Clone)]
pub(super) struct Sequence {
    /// Variables, set for all lines.
    pub(super) setting: String,
    pub(super) lines: Vec<Line>,
}

impl Sequence {
    /// The one with this number: 5 to 12 commands after those that make the store.
    pub(super) fn numbered(seed: u64, kind: Kind) -> Self {
        let mut author = Author::new(2 * seed + u64::from(kind == Kind::Git));
        let setting = author.setting();
        let mut lines = author.beginning(kind);
        let length = author.length();
        lines.extend((0..length).map(|_| author.line()));
        Self { setting, lines }
    }

    /// The same without one of its lines.
    pub(super) fn without(&self, number: usize) -> Self {
        let mut shorter = self.clone();
        shorter.lines.remove(number);
        shorter
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in self.setting.lines().chain(self.lines.iter().map(|line| line.text.as_str())) {
            writeln!(f, "    {line}")?;
        }
        Ok(())
    }
}

/// What the author believes to be in the store: most commands hit something.
#[derive(Default)]
pub(super) struct Model {
    entries: BTreeSet<String>,
}

impl Model {
    pub(super) fn entries(&self) -> Vec<&str> {
        self.entries.iter().map(String::as_str).collect()
    }

    /// Every folder that an entry is in.
    pub(super) fn folders(&self) -> Vec<&str> {
        let parents = |name: &'_ str| -> Vec<usize> {
            name.match_indices('/').map(|(place, _)| place).collect()
        };
        let folders: BTreeSet<&str> = self
            .entries
            .iter()
            .flat_map(|name| parents(name).into_iter().filter_map(|end| name.get(..end)))
            .collect();
        folders.into_iter().collect()
    }

    pub(super) fn add(&mut self, name: &str) {
        if !name.is_empty() {
            self.entries.insert(name.trim_end_matches('/').to_owned());
        }
    }

    pub(super) fn remove(&mut self, name: &str) {
        let folder = format!("{}/", name.trim_end_matches('/'));
        self.entries.retain(|entry| entry != name && !entry.starts_with(&folder));
    }

    /// What `cp` does to names, as far as an author cares.
    pub(super) fn copy(&mut self, old: &str, new: &str) {
        let old = old.trim_end_matches('/');
        let last = old.rsplit('/').next().unwrap_or_default();
        let new = new.trim_end_matches('/');
        let into = new.is_empty() || self.folders().contains(&new);
        let target = if into { format!("{new}/{last}") } else { new.to_owned() };
        let copied = self.entries.iter().filter_map(|entry| {
            let rest = entry.strip_prefix(old)?;
            (rest.is_empty() || rest.starts_with('/')).then(|| format!("{target}{rest}"))
        });
        let copied: Vec<String> = copied.collect();
        self.entries.extend(copied);
    }
}
