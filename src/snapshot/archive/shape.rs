//! Whether members fit together to a tree.

use std::collections::HashMap;

use crate::snapshot::repository::commit::Totals;

use super::member::{Content, Member, TreePath};

/// What is known of a path.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Node {
    /// A folder, because something lies in it.
    Implied,
    /// A folder that had its own member.
    Folder,
    /// A file.
    File,
    /// A symbolic link.
    Link,
}

/// The tree so far: refuses what could make one member overwrite, or be reached through, another,
/// and more than was announced. So what passes can be made in any order, and means the same to
/// every program that makes it.
pub(super) struct Shape {
    nodes: HashMap<Vec<u8>, Node>,
    limit: Totals,
    totals: Totals,
}

impl Shape {
    pub(super) fn new(limit: Totals) -> Self {
        Self { nodes: HashMap::new(), limit, totals: Totals::default() }
    }

    /// What was added.
    pub(super) fn totals(&self) -> Totals {
        self.totals
    }

    /// Adds a member, or says why it may not be.
    pub(super) fn add(&mut self, member: &Member) -> Result<(), &'static str> {
        self.count(member)?;
        self.expect_folders_above(&member.path)?;
        let node = match &member.content {
            Content::File(_) | Content::Parts(_) => Node::File,
            Content::Link(_) => Node::Link,
            Content::Folder => Node::Folder,
            Content::HardLink(first) if self.nodes.get(first.as_bytes()) == Some(&Node::File) => {
                Node::File
            }
            Content::HardLink(_) => {
                return Err("it is a hard link to something that is no file of this archive");
            }
        };
        match self.nodes.insert(member.path.as_bytes().to_vec(), node) {
            None => Ok(()),
            Some(Node::Implied) if node == Node::Folder => Ok(()),
            Some(Node::Implied) => Err("something lies in it, and it is no folder"),
            Some(_) => Err("it is there twice"),
        }
    }

    fn count(&mut self, member: &Member) -> Result<(), &'static str> {
        let size = match &member.content {
            Content::File(size) => *size,
            Content::Parts(recipe) => recipe.size(),
            Content::HardLink(_) | Content::Link(_) | Content::Folder => 0,
        };
        self.totals.entries += 1;
        self.totals.bytes = self.totals.bytes.saturating_add(size);
        if self.totals.entries > self.limit.entries || self.totals.bytes > self.limit.bytes {
            return Err("it is more than the commit announced");
        }
        Ok(())
    }

    fn expect_folders_above(&mut self, path: &TreePath) -> Result<(), &'static str> {
        let bytes = path.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(end, _)| end);
        for end in ends {
            match self.nodes.get(&bytes[..end]) {
                None => drop(self.nodes.insert(bytes[..end].to_vec(), Node::Implied)),
                Some(Node::Implied | Node::Folder) => {}
                Some(Node::File | Node::Link) => {
                    return Err("it lies in something that is no folder");
                }
            }
        }
        Ok(())
    }
}
