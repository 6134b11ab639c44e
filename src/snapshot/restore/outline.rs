//! What a snapshot holds, without making any of it.

use std::collections::HashMap;
use std::fmt;

use crate::crypto::Identity;
use crate::snapshot::Error;
use crate::snapshot::archive::{Content, Member, TreePath};
use crate::snapshot::repository::object::read_snapshot;
use crate::sys;

use super::sources::Sources;
use super::verified::Verified;

/// Something that a snapshot holds, or that is on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// Where.
    pub path: TreePath,
    /// What it is.
    pub kind: sys::Kind,
    /// A file's size (bytes).
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
    /// Seconds and nanoseconds of the last change.
    pub mtime: (i64, i64),
    /// What a link says; of another name of a file, the first one.
    pub leads_to: Option<String>,
}

impl Thing {
    pub(super) fn of(member: &Member) -> Self {
        let (kind, size, leads_to) = match &member.content {
            Content::File(size) => (sys::Kind::File, *size, None),
            Content::Parts(recipe) => (sys::Kind::File, recipe.size(), None),
            Content::HardLink(first) => (sys::Kind::File, 0, Some(first.shown())),
            Content::Link(text) => {
                (sys::Kind::Link, 0, Some(String::from_utf8_lossy(text).into_owned()))
            }
            Content::Folder => (sys::Kind::Folder, 0, None),
        };
        let Member { path, mode, mtime, .. } = member.clone();
        Self { path, kind, size, mode, mtime, leads_to }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mode, size, .. } = self;
        let path = self.path.shown();
        match (self.kind, &self.leads_to) {
            (sys::Kind::Link, Some(text)) => write!(f, "link {:>10} {path} -> {text}", "-"),
            (sys::Kind::Folder, _) => write!(f, "{mode:04o} {:>10} {path}/", "-"),
            (_, Some(first)) => write!(f, "{mode:04o} {:>10} {path} = {first}", "-"),
            (_, None) => write!(f, "{mode:04o} {size:>10} {path}"),
        }
    }
}

/// The members as things; another name of a file has the size of the file.
pub(super) fn things(members: &[Member]) -> Vec<Thing> {
    let mut sizes = HashMap::new();
    let thing = |member: &Member| {
        let mut thing = Thing::of(member);
        if let Content::HardLink(first) = &member.content {
            thing.size = sizes.get(first).copied().unwrap_or_default();
        }
        sizes.insert(member.path.clone(), thing.size);
        thing
    };
    members.iter().map(thing).collect()
}

/// Reads the members of a proven snapshot, in their order.
pub(super) fn members(
    sources: &Sources<'_>,
    verified: &Verified,
    identity: &Identity,
) -> Result<Vec<Member>, Error> {
    let commit = verified.commit();
    sources.first(|storage| {
        let mut members = Vec::new();
        read_snapshot(storage, commit.object, commit.totals, identity, &mut |member, _| {
            members.push(member.clone());
            Ok(())
        })?;
        Ok(members)
    })
}
