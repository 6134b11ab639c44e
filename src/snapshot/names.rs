//! Under which names members come back: some of them, and some elsewhere than they were.

use std::collections::HashMap;

use super::archive::{Content, Member, TreePath};
use super::moved::MovedHome;

/// What is wanted, and what it will be called.
pub(super) struct Names<'a> {
    wants: &'a dyn Fn(&TreePath) -> bool,
    moved: Option<&'a MovedHome>,
    /// Files that are not wanted by their first name, and by which of their others they are.
    stand_ins: HashMap<TreePath, TreePath>,
}

impl<'a> Names<'a> {
    /// Everything.
    pub(super) fn all(moved: Option<&'a MovedHome>) -> Self {
        Self { wants: &|_| true, moved, stand_ins: HashMap::new() }
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
        Self { wants, moved, stand_ins }
    }

    /// The member as it comes back; `None` when it does not. A folder comes back, too, when
    /// something in it did: then `is_made` says so.
    pub(super) fn adapt(
        &self,
        member: &Member,
        is_made: &dyn Fn(&TreePath) -> bool,
    ) -> Option<Member> {
        let path = self.path_of(member)?;
        let path = self.moved(path);
        let wanted = (self.wants)(&member.path) || self.stand_ins.contains_key(&member.path);
        let comes = wanted || (member.content == Content::Folder && is_made(&path));
        let content = match &member.content {
            Content::HardLink(first) => Content::HardLink(self.moved(self.first_name(first))),
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

    fn moved(&self, path: &TreePath) -> TreePath {
        self.moved.map_or_else(|| path.clone(), |moved| moved.place_of(path))
    }
}
