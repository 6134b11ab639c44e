//! Which objects are known to be damaged, and in which place, so that no further snapshot is built
//! on them: what files still have of them is stored anew.
//!
//! Whoever reads objects notes what it has seen: a verification, a healing, a restore. Safe to lose,
//! since the next verification sees the same; a file that is not ours is as good as none.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::crypto::Digest;
use crate::snapshot::Error;
use crate::snapshot::repository::stored::is_object;
use crate::snapshot::repository::text::{self, Lines, Malformed};
use crate::storage::ObjectName;
use crate::sys::{self, Lock};

use super::remove_leftovers;

const FIRST_LINE: &str = "vaultctl-damaged 1";

/// As many objects are remembered; of those beyond, the next verification tells again.
const MOST: usize = 10_000;

/// The file is smaller (bytes): a line has 160.
const LIMIT: usize = 4 * 1024 * 1024;

/// How long to wait for somebody else who notes something, which takes a moment.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was seen of some objects in one place: which have all their bytes as they were signed, and
/// which have not.
#[derive(Debug, Default)]
pub(in crate::snapshot) struct Seen {
    sound: BTreeSet<ObjectName>,
    damaged: BTreeSet<ObjectName>,
}

impl Seen {
    /// Notes that the object is as it was signed.
    pub(in crate::snapshot) fn sound(&mut self, name: &ObjectName) {
        self.sound.insert(name.clone());
    }

    /// Notes that it is not.
    pub(in crate::snapshot) fn damaged(&mut self, name: &ObjectName) {
        self.damaged.insert(name.clone());
    }
}

/// What is known to be damaged: by the hash of the place's name, which may hold anything, and the
/// object's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::snapshot) struct Damaged(BTreeSet<(Digest, ObjectName)>);

impl Damaged {
    /// Whether the object is known to be damaged there.
    pub(in crate::snapshot) fn has(&self, place: &str, name: &ObjectName) -> bool {
        self.0.contains(&(of_place(place), name.clone()))
    }

    /// Whether anything is known to be damaged there.
    pub(in crate::snapshot) fn has_any(&self, place: &str) -> bool {
        let place = of_place(place);
        self.0.iter().any(|(there, _)| *there == place)
    }

    /// The same after somebody has looked.
    fn after(mut self, place: &str, seen: &Seen) -> Self {
        let place = of_place(place);
        self.0.retain(|(there, name)| *there != place || !seen.sound.contains(name));
        for name in seen.damaged.iter().filter(|name| is_object(name)) {
            if self.0.len() < MOST {
                self.0.insert((place, name.clone()));
            }
        }
        self
    }

    fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut lines = Lines::begin(bytes, FIRST_LINE)?;
        let mut known = BTreeSet::new();
        while let Some(value) = lines.value_if("object") {
            let (place, name) = text::pair("object", value)?;
            known.insert((text::parse("object", place)?, text::parse("object", name)?));
        }
        lines.end()?;
        let known = Self(known);
        text::expect_canonical(bytes, &known.render())?;
        Ok(known)
    }

    fn render(&self) -> String {
        let mut text = format!("{FIRST_LINE}\n");
        for (place, name) in &self.0 {
            writeln!(text, "object {place} {name}").ok();
        }
        text + "end\n"
    }
}

fn of_place(place: &str) -> Digest {
    Digest::of(place.as_bytes())
}

/// Where it is kept: in a folder of its own, with a lock of its own, because a verification may find
/// something while a snapshot is taken.
pub(super) struct DamagedFile {
    folder: PathBuf,
}

impl DamagedFile {
    /// The file below the state of one repository.
    pub(super) fn of(state: &Path) -> Self {
        Self { folder: state.join("damaged") }
    }

    /// What is known.
    pub(super) fn read(&self) -> Damaged {
        let bytes = sys::read(&self.path(), LIMIT).ok().flatten();
        bytes.and_then(|bytes| Damaged::parse(&bytes).ok()).unwrap_or_default()
    }

    /// Adds what was seen of a place.
    ///
    /// # Errors
    /// What the file system says; [`Error::Lock`].
    pub(super) fn note(&self, place: &str, seen: &Seen) -> Result<(), Error> {
        let before = self.read();
        if before.clone().after(place, seen) == before {
            return Ok(());
        }
        sys::create_folder(&self.folder)?;
        let _alone = Lock::wait(&self.folder.join("lock"), PATIENCE)?;
        remove_leftovers(&self.folder)?;
        let known = self.read().after(place, seen);
        Ok(sys::write_private(&self.path(), known.render().as_bytes())?)
    }

    fn path(&self) -> PathBuf {
        self.folder.join("objects")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(number: u64) -> ObjectName {
        let digest = Digest::of(&number.to_be_bytes());
        format!("snaps/{digest}.tar.zst.age").parse().expect("is one")
    }

    fn seen(sound: &[u64], damaged: &[u64]) -> Seen {
        let names = |numbers: &[u64]| numbers.iter().copied().map(name).collect();
        Seen { sound: names(sound), damaged: names(damaged) }
    }

    #[test]
    fn what_is_damaged_in_one_place_may_be_sound_in_another() {
        let known = Damaged::default().after("here", &seen(&[], &[1, 2]));
        assert!(known.has("here", &name(1)) && !known.has("there", &name(1)));
        let known = known.after("there", &seen(&[1, 2], &[])).after("here", &seen(&[1], &[]));
        assert!(!known.has("here", &name(1)) && known.has("here", &name(2)));
        assert!(known.has_any("here") && !known.has_any("there"));
    }

    #[test]
    fn only_objects_are_remembered_and_not_without_end() {
        let mut guide = Seen::default();
        guide.damaged(&"restore.sh".parse().expect("is one"));
        assert_eq!(Damaged::default().after("here", &guide), Damaged::default());
        let many: Vec<u64> = (0..MOST as u64 + 5).collect();
        let known = Damaged::default().after("here", &seen(&[], &many));
        assert_eq!(known.0.len(), MOST);
        assert!(known.render().len() < LIMIT);
    }

    #[test]
    fn is_kept_and_a_file_that_is_not_ours_is_as_good_as_none() {
        let state = tempfile::tempdir().expect("a folder");
        let file = DamagedFile::of(state.path());
        file.note("here", &seen(&[1], &[])).expect("has nothing to write");
        assert!(!sys::exists(&file.folder), "nothing was damaged");
        file.note("here", &seen(&[], &[7])).expect("writes");
        assert!(file.read().has("here", &name(7)));
        let path = file.path();
        for bad in ["", "vaultctl-damaged 2\nend\n", "vaultctl-damaged 1\nobject x y\nend\n"] {
            sys::write_private(&path, bad.as_bytes()).expect("writes");
            assert_eq!(file.read(), Damaged::default(), "{bad:?}");
        }
        file.note("here", &seen(&[], &[8])).expect("writes over it");
        assert!(file.read().has("here", &name(8)));
    }

    proptest! {
        #[test]
        fn is_read_back_as_it_was_written(
            numbers in proptest::collection::vec(any::<u64>(), 0..20),
        ) {
            let known = Damaged::default().after("here", &seen(&[], &numbers));
            prop_assert_eq!(Damaged::parse(known.render().as_bytes()), Ok(known));
        }

        #[test]
        fn nothing_crashes_the_parser(bytes in any::<Vec<u8>>()) {
            let _answer = Damaged::parse(&bytes);
        }
    }
}
