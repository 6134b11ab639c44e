//! Sealed copies of files as they were.
//!
//! Each is one entry of a vault below the state folder: a line of JSON that says what was done, the
//! file as it was, the file as it was left. Numbers go up, so that the last is undone first.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::clients::{Client, Place, Step};
use crate::secret::{Secret, SecretBuffer};
use crate::store::Name;
use crate::sys::random_hex;
use crate::vault::{self, Entry, Vault, Which};

use super::{Error, naming};

/// The folder of the copies.
const FOLDER: &str = "mcp-adopted";

/// What is sealed and opened to see whether that works.
const PROBE: &str = "probe";

/// What is understood here.
const VERSION: u32 = 1;

/// What was done in a file for one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// The server's name, or that of a list of rules.
    pub(super) server: String,
    /// The permission that it was given, if it is a server.
    pub(super) grant: Option<String>,
    /// Whether that was made then.
    pub(super) is_new: bool,
    /// Everything that is different afterwards.
    pub(super) places: Vec<Place>,
}

/// A file, before and after.
pub(super) struct Copy {
    pub(super) client: Client,
    /// As its client names it.
    pub(super) path: PathBuf,
    pub(super) groups: Vec<Group>,
    pub(super) original: Secret,
    pub(super) adopted: Secret,
}

/// The first line.
#[derive(Serialize, Deserialize)]
struct Header {
    version: u32,
    client: String,
    path: PathBuf,
    groups: Vec<GroupLine>,
    /// Of the file as it was (bytes).
    original: usize,
}

#[derive(Serialize, Deserialize)]
struct GroupLine {
    server: String,
    grant: Option<String>,
    is_new: bool,
    places: Vec<Vec<serde_json::Value>>,
}

/// Where the copies are.
pub struct Copies<'v> {
    vault: &'v Vault<'v>,
}

/// A sealed copy: what it says, or why that can not be had.
pub(super) struct Found {
    pub(super) name: Name,
    pub(super) copy: Result<Copy, Error>,
}

impl<'v> Copies<'v> {
    /// Those in this vault.
    #[must_use]
    pub fn new(vault: &'v Vault<'v>) -> Self {
        Self { vault }
    }

    /// Has what is kept encrypted to those that adopted entries of the store are encrypted to, also what
    /// is there already. A copy that can not be opened stays as it is.
    ///
    /// # Errors
    /// What the vaults say.
    pub fn follow(&self, store: &Vault<'_>) -> Result<(), Error> {
        let adopted: Name = naming::FOLDER.parse().map_err(vault::Error::from)?;
        let file = store.recipients_for(&adopted)?;
        let name: Name = FOLDER.parse().map_err(vault::Error::from)?;
        let known = self.vault.recipients_for(&name);
        if known.is_ok_and(|known| known.recipients == file.recipients) {
            return Ok(());
        }
        Ok(self.vault.edit("", |edit| {
            let names = self.names()?;
            edit.replace_recipients(None, &file.recipients)?;
            edit.sign_recipients(None, |_| String::new())?;
            edit.next_step("");
            edit.reencrypt(&names, Which::All)?;
            Ok::<(), vault::Error>(())
        })?)
    }

    /// Sees whether what is sealed here can be opened here: what nobody can open would be lost.
    ///
    /// # Errors
    /// [`Error::Sealed`] when it can not.
    pub(super) fn prove(&self) -> Result<(), Error> {
        let name: Name =
            format!("{FOLDER}/{PROBE}-{}", random_hex(8)).parse().map_err(vault::Error::from)?;
        let probe = Entry::new(Secret::copy_from(PROBE.as_bytes()));
        self.vault.edit("", |edit| edit.write(&name, &probe))?;
        let opened = self.vault.read(&name);
        self.vault.edit("", |edit| edit.remove(&name))?;
        opened.map(drop).map_err(Error::Sealed)
    }

    /// Keeps one.
    pub(super) fn keep(&self, copy: &Copy) -> Result<(), Error> {
        let entry = written(copy)?;
        self.vault.edit("", |edit| {
            let last = self.numbers().into_iter().max().unwrap_or(0);
            edit.write(&name(last + 1)?, &entry)
        })?;
        Ok(())
    }

    /// All of them, the last first; each that can not be opened, or is not understood, with the reason.
    pub(super) fn all(&self) -> Result<Vec<Found>, Error> {
        let mut copies = Vec::new();
        self.vault.read_many(&self.names()?, |name, entry| {
            let copy = match entry {
                Ok(entry) => read(&entry).ok_or_else(|| Error::Unreadable(name.clone())),
                Err(error @ vault::Error::Entry { .. }) => Err(error.into()),
                Err(error) => return Err(error),
            };
            copies.push(Found { name: name.clone(), copy });
            Ok::<(), vault::Error>(())
        })?;
        Ok(copies)
    }

    /// Those that can be opened, the last first.
    pub(super) fn readable(&self) -> Result<Vec<(Name, Copy)>, Error> {
        let all = self.all()?.into_iter();
        Ok(all.filter_map(|found| Some((found.name, found.copy.ok()?))).collect())
    }

    /// The permissions that adoptions have made: each goes with the last of them that uses it.
    pub(super) fn made(&self) -> Result<BTreeSet<String>, Error> {
        let groups = self.readable()?.into_iter().flat_map(|(_, copy)| copy.groups);
        Ok(groups.filter(|group| group.is_new).filter_map(|group| group.grant).collect())
    }

    fn names(&self) -> Result<Vec<Name>, vault::Error> {
        let mut numbers = self.numbers();
        numbers.sort_unstable_by_key(|number| std::cmp::Reverse(*number));
        numbers.into_iter().map(name).collect()
    }

    /// Whether there is any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.numbers().is_empty()
    }

    pub(super) fn forget(&self, name: &Name) -> Result<(), Error> {
        Ok(self.vault.edit("", |edit| edit.remove(name))?)
    }

    fn numbers(&self) -> Vec<u32> {
        let folder = FOLDER.parse::<Name>().ok();
        let names = self.vault.store().list(folder.as_ref()).names.into_iter();
        names.filter_map(|name| name.as_str().rsplit('/').next()?.parse().ok()).collect()
    }
}

fn name(number: u32) -> Result<Name, vault::Error> {
    Ok(format!("{FOLDER}/{number:06}").parse()?)
}

fn written(copy: &Copy) -> Result<Entry, Error> {
    let groups = copy.groups.iter().map(|group| GroupLine {
        server: group.server.clone(),
        grant: group.grant.clone(),
        is_new: group.is_new,
        places: group.places.iter().map(steps).collect(),
    });
    let header = Header {
        version: VERSION,
        client: copy.client.word().to_owned(),
        path: copy.path.clone(),
        groups: groups.collect(),
        original: copy.original.size(),
    };
    let header = serde_json::to_string(&header).map_err(|_| Error::NoText(copy.path.clone()))?;
    let mut content = SecretBuffer::new();
    content.push(header.as_bytes());
    content.push(b"\n");
    // EXPOSE: copied into the entry.
    [copy.original.expose(), copy.adopted.expose()].iter().for_each(|part| content.push(part));
    Ok(Entry::new(content.into_secret()))
}

fn read(entry: &Entry) -> Option<Copy> {
    // EXPOSE: taken apart; the two files become secrets of their own.
    let bytes = entry.bytes().expose();
    let (header, rest) = bytes.split_at_checked(bytes.iter().position(|byte| *byte == b'\n')?)?;
    let header: Header = serde_json::from_slice(header).ok()?;
    let (original, adopted) = rest.get(1..)?.split_at_checked(header.original)?;
    let group = |line: GroupLine| {
        let places = line.places.iter().map(|steps| place(steps)).collect::<Option<_>>()?;
        let GroupLine { server, grant, is_new, .. } = line;
        Some(Group { server, grant, is_new, places })
    };
    (header.version == VERSION).then_some(())?;
    Some(Copy {
        client: header.client.parse().ok()?,
        path: header.path,
        groups: header.groups.into_iter().map(group).collect::<Option<_>>()?,
        original: Secret::copy_from(original),
        adopted: Secret::copy_from(adopted),
    })
}

fn steps(place: &Place) -> Vec<serde_json::Value> {
    let step = |step: &Step| match step {
        Step::Key(key) => serde_json::Value::from(key.as_str()),
        Step::Index(index) => serde_json::Value::from(*index),
    };
    place.steps().iter().map(step).collect()
}

fn place(steps: &[serde_json::Value]) -> Option<Place> {
    steps.iter().try_fold(Place::root(), |place, step| match step.as_str() {
        Some(key) => Some(place.key(key)),
        None => Some(place.index(usize::try_from(step.as_u64()?).ok()?)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_read_as_it_was_written() {
        let copy = Copy {
            client: Client::Cursor,
            path: "/home/ann/.cursor/mcp.json".into(),
            groups: vec![Group {
                server: "a".to_owned(),
                grant: Some("a-cursor".to_owned()),
                is_new: true,
                places: vec![Place::root().keys(&["mcpServers", "1"]).index(1)],
            }],
            original: Secret::copy_from(b"{\n\xff"),
            adopted: Secret::copy_from(b"\n"),
        };
        let again = read(&written(&copy).expect("it is written")).expect("it is read");
        assert_eq!(
            (again.client, &again.path, &again.groups),
            (copy.client, &copy.path, &copy.groups)
        );
        assert!(
            again.original.is_same_as(&copy.original) && again.adopted.is_same_as(&copy.adopted)
        );
        assert!(read(&Entry::new(Secret::copy_from(b"{}\n"))).is_none());
    }
}
