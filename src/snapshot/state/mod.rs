//! What this machine remembers of a repository: the newest commit that it wrote, so that nobody can
//! turn back time unseen; which one it has begun to write, so that it gives no number twice; which
//! ones it has pruned, so that it misses any other; and which object holds the newest content, so
//! that an unchanged night stores nothing again. Losing it costs nothing but that. What is damaged in
//! which place is in `damaged.rs`.

pub(super) mod damaged;
pub(super) mod pruned;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::crypto::{DedupKey, Digest, Recipient};
use crate::snapshot::Error;
use crate::snapshot::create::baseline::Baseline;
use crate::snapshot::create::packing::Cache;
use crate::snapshot::repository::commit::{ObjectRef, RepositoryId};
use crate::snapshot::repository::text::{self, Lines, Malformed};
use crate::snapshot::verify::Report;
use crate::snapshot::verify::history::Known;
use crate::sys::{self, Lock, Spool};

use self::damaged::{Damaged, DamagedFile, Seen};
use self::pruned::Pruned;

/// A file of ours is smaller (bytes).
const LIMIT: usize = 4096;

/// A hundred bytes for each file of a client's configuration (bytes).
const BASELINE_LIMIT: usize = 16 * 1024 * 1024;

/// The cache is smaller (bytes): with a hundred bytes a file and thirty a part, that is for terabytes.
const CACHE_LIMIT: usize = 1 << 30;
/// One that has a line for each run of numbers that were pruned (bytes).
const PRUNED_LIMIT: usize = 16 * 1024 * 1024;

const PIN_FIRST_LINE: &str = "vaultctl-pin 1";
const KEPT_FIRST_LINE: &str = "vaultctl-object 1";

/// The state of one repository.
pub struct State {
    folder: PathBuf,
}

/// The newest commit that this machine wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Its number.
    pub seq: u64,
    /// SHA-256 of its text.
    pub commit: Digest,
}

/// Which object holds what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// SHA-256 of the tar.
    pub(super) content: Digest,
    /// To whom it is encrypted: for others it must be made anew.
    pub(super) recipients: Digest,
    /// The object.
    pub(super) object: ObjectRef,
}

impl State {
    /// The state of `repository` below the state folder.
    #[must_use]
    pub fn of(state_folder: &Path, repository: &RepositoryId) -> Self {
        Self { folder: state_folder.join("snapshots").join(repository.to_string()) }
    }

    /// The newest commit that this machine wrote, if it wrote one.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the file is not ours; what the file system says.
    pub fn pin(&self) -> Result<Option<Pin>, Error> {
        self.read_pin("pin")
    }

    fn read_pin(&self, name: &str) -> Result<Option<Pin>, Error> {
        let path = self.folder.join(name);
        let Some(bytes) = sys::read(&path, LIMIT)? else {
            return Ok(None);
        };
        let pin = Pin::parse(&bytes).map_err(|reason| Error::damaged(path.display(), reason))?;
        Ok(Some(pin))
    }

    /// What this machine knows about numbers that are not there.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the file is not ours; what the file system says.
    pub fn pruned(&self) -> Result<Pruned, Error> {
        let path = self.folder.join("pruned");
        match sys::read(&path, PRUNED_LIMIT)? {
            Some(bytes) => {
                Pruned::parse(&bytes).map_err(|reason| Error::damaged(path.display(), reason))
            }
            // The first versions pruned nothing, and had no such file.
            None if self.pin()?.is_some() => Ok(Pruned::SINCE_EVER),
            None => Ok(Pruned::default()),
        }
    }

    /// All that the history is compared with.
    ///
    /// # Errors
    /// As [`State::pin`] and [`State::pruned`].
    pub fn known(&self) -> Result<Known, Error> {
        Ok(Known { pin: self.pin()?, pruned: self.pruned()? })
    }

    /// Remembers which objects a verification of this place has found damaged, so that nothing is
    /// built on them; and that others are not, or not any more.
    ///
    /// # Errors
    /// What the file system says; [`Error::Lock`]. Nothing is lost but time: the next verification
    /// finds the same.
    pub fn remember(&self, place: &str, report: &Report) -> Result<(), Error> {
        self.note(place, &report.seen)
    }

    /// The same for whatever has read objects.
    pub(super) fn note(&self, place: &str, seen: &Seen) -> Result<(), Error> {
        DamagedFile::of(&self.folder).note(place, seen)
    }

    /// What is known to be damaged, and where.
    pub(super) fn damaged(&self) -> Damaged {
        DamagedFile::of(&self.folder).read()
    }

    /// Keeps every other writer out, as long as the answer lives; what killed ones have left in
    /// the middle of writing goes away.
    ///
    /// # Errors
    /// [`Error::Lock`] when another run is at work.
    pub fn lock(self) -> Result<Locked, Error> {
        sys::create_folder(&self.folder)?;
        let lock = Lock::wait(&self.folder.join("lock"), Duration::ZERO)?;
        remove_leftovers(&self.folder)?;
        Ok(Locked { state: self, _lock: lock })
    }
}

/// Removes what was not whole yet when its writer was killed; to be called under the folder's lock.
pub(super) fn remove_leftovers(folder: &Path) -> Result<(), Error> {
    let hidden = |name: &OsString| name.as_encoded_bytes().starts_with(b".");
    let leftovers = sys::names_in(folder)?.into_iter().filter(hidden);
    Ok(leftovers.map(|name| folder.join(name)).try_for_each(|path| sys::remove(&path))?)
}

/// The state, and the right to change it.
pub struct Locked {
    state: State,
    _lock: Lock,
}

impl Locked {
    /// The state.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What the parts' names depend on; made when there is none. Losing it costs that everything is
    /// stored again.
    pub(super) fn dedup_key(&self) -> Result<DedupKey, Error> {
        let path = self.state.folder.join("dedup-key");
        let kept = sys::read(&path, LIMIT)?;
        let kept = kept.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok());
        if let Some(key) = kept.and_then(|text| DedupKey::parse(text.trim_end())) {
            return Ok(key);
        }
        let key = DedupKey::new(&sys::random_seed());
        let text = key.to_text();
        // EXPOSE: into a private file.
        sys::write_private(&path, format!("{}\n", text.expose()).as_bytes())?;
        Ok(key)
    }

    /// Snapshots of other profiles have a file of their own: one knows nothing of the other.
    fn of_profiles(&self, name: &str, profiles: &[String]) -> PathBuf {
        self.state.folder.join(format!("{name}-{}", profiles.join("+")))
    }

    /// What the last run knew of the files; a file that is not ours is as good as none.
    pub(super) fn cache(
        &self,
        profiles: &[String],
        recipients: &[Recipient],
        key: &DedupKey,
    ) -> Result<Cache, Error> {
        let bytes = sys::read(&self.of_profiles("cache", profiles), CACHE_LIMIT)?;
        let cache = bytes.and_then(|bytes| Cache::parse(&bytes, recipients, key));
        Ok(cache.unwrap_or_else(|| Cache::empty(recipients, key)))
    }

    pub(super) fn set_cache(&self, profiles: &[String], cache: &Cache) -> Result<(), Error> {
        Ok(sys::write_private(&self.of_profiles("cache", profiles), &cache.render())?)
    }

    /// How large the configuration was when it was last in order; a file that is not ours is as
    /// good as none.
    pub(super) fn baseline(&self) -> Result<Baseline, Error> {
        let bytes = sys::read(&self.state.folder.join("baseline"), BASELINE_LIMIT)?;
        Ok(bytes.and_then(|bytes| Baseline::parse(&bytes)).unwrap_or_default())
    }

    pub(super) fn set_baseline(&self, baseline: &Baseline) -> Result<(), Error> {
        Ok(sys::write_private(&self.state.folder.join("baseline"), &baseline.render())?)
    }

    /// Room for an object that is not stored yet.
    pub(super) fn spool(&self) -> Result<Spool, Error> {
        Ok(Spool::make(&self.state.folder)?)
    }

    /// The newest commit that this machine has begun to store, if it began with one.
    pub(super) fn begun(&self) -> Result<Option<Pin>, Error> {
        self.state.read_pin("begun")
    }

    /// To be called before anything of a commit is stored.
    pub(super) fn begin(&self, pin: Pin) -> Result<(), Error> {
        Ok(sys::write_private(&self.state.folder.join("begun"), pin.render().as_bytes())?)
    }

    /// Nobody need miss this one.
    pub(super) fn give_up(&self, pin: Pin) -> Result<(), Error> {
        let mut pruned = self.state.pruned()?;
        pruned.add(pin.seq);
        self.set_pruned(&pruned)
    }

    /// Whoever remembers nothing begins to know with this number.
    pub(super) fn set_pin(&self, pin: Pin) -> Result<(), Error> {
        if self.state.pin()?.is_none() {
            self.set_pruned(&self.state.pruned()?.knowing_since(pin.seq))?;
        }
        Ok(sys::write_private(&self.state.folder.join("pin"), pin.render().as_bytes())?)
    }

    /// To be called before what it names is removed.
    pub(super) fn set_pruned(&self, pruned: &Pruned) -> Result<(), Error> {
        let path = self.state.folder.join("pruned");
        Ok(sys::write_private(&path, pruned.render().as_bytes())?)
    }

    /// What was kept; a file that is not ours is as good as none.
    pub(super) fn kept(&self, profiles: &[String]) -> Result<Option<Kept>, Error> {
        let bytes = sys::read(&self.of_profiles("object", profiles), LIMIT)?;
        Ok(bytes.and_then(|bytes| Kept::parse(&bytes).ok()))
    }

    pub(super) fn keep(&self, profiles: &[String], kept: Kept) -> Result<(), Error> {
        let path = self.of_profiles("object", profiles);
        Ok(sys::write_private(&path, kept.render().as_bytes())?)
    }
}

impl Pin {
    fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut lines = Lines::begin(bytes, PIN_FIRST_LINE)?;
        let pin = Self { seq: lines.parsed("seq")?, commit: lines.parsed("commit")? };
        lines.end()?;
        Ok(pin)
    }

    fn render(self) -> String {
        format!("{PIN_FIRST_LINE}\nseq {}\ncommit {}\nend\n", self.seq, self.commit)
    }
}

impl Kept {
    fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut lines = Lines::begin(bytes, KEPT_FIRST_LINE)?;
        let (content, recipients) = (lines.parsed("content")?, lines.parsed("recipients")?);
        let (digest, size) = text::pair("snap", lines.value("snap")?)?;
        let object =
            ObjectRef { digest: text::parse("snap", digest)?, size: text::parse("snap", size)? };
        lines.end()?;
        Ok(Self { content, recipients, object })
    }

    fn render(self) -> String {
        let Self { content, recipients, object } = self;
        format!(
            "{KEPT_FIRST_LINE}\ncontent {content}\nrecipients {recipients}\nsnap {object}\nend\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_back_and_is_for_one_at_a_time() {
        let place = tempfile::tempdir().expect("a folder");
        let repository: RepositoryId = "0123456789abcdef0123456789abcdef".parse().expect("is one");
        let state = || State::of(place.path(), &repository);
        let locked = state().lock().expect("locks");
        let profiles = ["config".to_owned()];
        assert!(matches!(state().lock(), Err(Error::Lock(_))));
        assert_eq!(
            (state().pin().expect("reads"), locked.kept(&profiles).expect("reads")),
            (None, None)
        );
        let pin = Pin { seq: 7, commit: Digest::of(b"commit") };
        let object = ObjectRef { digest: Digest::of(b"object"), size: 3 };
        let kept = Kept { content: Digest::of(b"tar"), recipients: Digest::of(b"to"), object };
        locked.set_pin(pin).and_then(|()| locked.keep(&profiles, kept)).expect("writes");
        assert_eq!(
            (state().pin().expect("reads"), locked.kept(&profiles).expect("reads")),
            (Some(pin), Some(kept))
        );
    }
}
