//! Under which names members come back: some of them, and some elsewhere than they were.

use std::collections::HashMap;

use crate::snapshot::archive::{Content, Member, QUARANTINE, TreePath};
use crate::snapshot::create::profile::is_credential;

use super::moved::MovedHome;

/// Where credentials come back to: tokens that are renewed belong to one machine, and a copy in use
/// beside another gets both shut out. So they come back to no place where a program finds them.
pub(super) enum Quarantine {
    /// A folder beside the tree's roots.
    Beside,
    /// This one.
    In(TreePath),
}

impl Quarantine {
    fn place_of(&self, path: &TreePath) -> TreePath {
        match self {
            Self::Beside => path.quarantined(None),
            Self::In(folder) => path.quarantined(Some(folder)),
        }
    }

    /// Whether something lies in it.
    pub(super) fn has(&self, path: &TreePath) -> bool {
        match self {
            Self::Beside => path.as_path().starts_with(QUARANTINE),
            Self::In(folder) => path.is_or_is_below(folder),
        }
    }
}

/// What is wanted, and what it will be called.
pub(super) struct Names<'a> {
    wants: &'a dyn Fn(&TreePath) -> bool,
    moved: Option<&'a MovedHome>,
    quarantine: Option<&'a Quarantine>,
    /// Files that are not wanted by their first name, and by which of their others they are.
    stand_ins: HashMap<TreePath, TreePath>,
}

impl<'a> Names<'a> {
    /// Everything.
    pub(super) fn all(moved: Option<&'a MovedHome>) -> Self {
        Self { wants: &|_| true, moved, quarantine: None, stand_ins: HashMap::new() }
    }

    /// The same, with credentials in quarantine.
    pub(super) fn with_quarantine(self, quarantine: Option<&'a Quarantine>) -> Self {
        Self { quarantine, ..self }
    }

    /// Some of these members.
    pub(super) fn some(
        wants: &'a dyn Fn(&TreePath) -> bool,
        moved: Option<&'a MovedHome>,
        members: &[Member],
    ) -> Self {
        let mut stand_ins = HashMap::new();
        for member in members.iter().filter(|member| wants(&member.path)) {
            if let Content::HardLink(first) = &member.content
                && !wants(first)
            {
                stand_ins.entry(first.clone()).or_insert_with(|| member.path.clone());
            }
        }
        Self { wants, moved, quarantine: None, stand_ins }
    }

    /// The member as it comes back; `None` when it does not. A folder comes back, too, when
    /// something in it did: then `is_made` says so.
    pub(super) fn adapt(
        &self,
        member: &Member,
        is_made: &dyn Fn(&TreePath) -> bool,
    ) -> Option<Member> {
        let path = self.path_of(member)?;
        let path = self.place_of(path);
        let wanted = (self.wants)(&member.path) || self.stand_ins.contains_key(&member.path);
        let comes = wanted || (member.content == Content::Folder && is_made(&path));
        let content = match &member.content {
            Content::HardLink(first) => Content::HardLink(self.place_of(self.first_name(first))),
            other => other.clone(),
        };
        comes.then_some(Member { path, content, ..member.clone() })
    }

    /// A stand-in has the content already when its turn comes.
    fn path_of<'m>(&'m self, member: &'m Member) -> Option<&'m TreePath> {
        match &member.content {
            Content::HardLink(first) if self.first_name(first) == &member.path => None,
            _ => Some(self.first_name(&member.path)),
        }
    }

    fn first_name<'m>(&'m self, first: &'m TreePath) -> &'m TreePath {
        self.stand_ins.get(first).unwrap_or(first)
    }

    fn place_of(&self, path: &TreePath) -> TreePath {
        let moved = self.moved.map_or_else(|| path.clone(), |moved| moved.place_of(path));
        match self.quarantine.filter(|_| is_credential(path)) {
            Some(quarantine) => quarantine.place_of(&moved),
            None => moved,
        }
    }
}
