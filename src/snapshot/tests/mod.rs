//! The room as a whole: a home is taken, damaged, verified and brought back.

mod classes;
mod damage;
mod elsewhere;
mod failing;
mod heal;
mod history;
mod hostile;
mod hostile_packs;
mod in_place;
mod mirrors;
mod nights;
mod parts;
mod prune;
mod reports;
mod restored;
mod simulator;
mod restoring;
mod rotten;
mod search;
mod taking;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::audit::Head;
use crate::crypto::{Digest, Identity, IdentityFile, Plugins, Recipient, Signer};
use crate::secret::Secret;
use crate::storage::Memory;
use crate::sys::{self, names_in};

use super::*;

/// A key that is published with the source.
const IDENTITY: &[u8] = include_bytes!("../../../fixtures/snapshots/v1/TEST-ONLY-identity.txt");

/// When the first snapshot is taken.
const BEGIN: i64 = 1_800_000_000;

/// A machine with a home, keys, and a place for snapshots.
struct Machine {
    root: tempfile::TempDir,
    storage: Memory,
    signer: Signer,
    identity: Identity,
    recipients: Vec<Recipient>,
    profiles: Vec<Profile>,
}

impl Machine {
    /// With something in the home and nothing in the storage.
    fn bare() -> Self {
        let identity = IdentityFile::parse(&Secret::copy_from(IDENTITY), &Plugins::none())
            .and_then(IdentityFile::into_open)
            .expect("is one");
        let machine = Self {
            root: scratch(),
            storage: Memory::default(),
            signer: Signer::from_seed(&[1; 32], "test"),
            recipients: identity.recipients().expect("are known"),
            identity,
            profiles: vec![Profile::Config],
        };
        machine.plant(".claude.json", b"{\"mcpServers\": {}}\n");
        machine.plant(".claude/agents/a.md", b"an agent\n");
        machine
    }

    /// With an empty repository.
    fn new() -> Self {
        let machine = Self::bare();
        Repository::init(&machine.storage, &machine.signer).expect("makes");
        machine
    }

    /// With snapshots, the home changing before each.
    fn with_snapshots(count: u8) -> Self {
        let machine = Self::new();
        for number in 0..count {
            machine.plant(".claude/agents/b.md", &[number]);
            machine.create();
        }
        machine
    }

    fn path(&self, below: impl AsRef<Path>) -> PathBuf {
        self.root.path().join(below)
    }

    fn home(&self, below: &str) -> PathBuf {
        self.path("home").join(below)
    }

    /// Puts a file into the home.
    fn plant(&self, below: &str, content: &[u8]) {
        let path = self.home(below);
        sys::create_folder(path.parent().expect("has one")).expect("makes");
        sys::write_private(&path, content).expect("writes");
    }

    fn places(&self) -> Places {
        Places {
            home: self.path("home"),
            claude: self.home(".claude"),
            claude_main: self.home(".claude.json"),
            store: self.home(".password-store"),
            settings: self.home(".config/vaultctl/config.toml"),
            gnupg: self.home(".gnupg"),
            never: vec![self.home(".claude/agents/identity.txt")],
            quarantine: self.home(".local/state/vaultctl/quarantine"),
        }
    }

    fn plan(&self) -> Plan {
        Plan::of(&self.places(), &self.profiles)
    }

    fn names(&self) -> Vec<String> {
        self.plan().names().collect()
    }

    fn open(&self) -> Result<Repository<'_>, Error> {
        Repository::open(&self.storage, self.signer.verifier().fingerprint())
    }

    /// What is found when every object of a place is read.
    fn scrub(&self, repository: &Repository<'_>) -> Report {
        let known = self.state(repository).known().expect("reads");
        let level = Level::Scrub;
        let verification =
            Verification { repository, known, level, only: None, subset: None, progress: &Unseen };
        verification.run().expect("looks")
    }

    fn state(&self, repository: &Repository<'_>) -> State {
        State::of(&self.path("state"), repository.id())
    }

    /// A file of the state.
    fn state_file(&self, name: &str) -> PathBuf {
        let repository = self.open().expect("opens");
        self.path("state/snapshots").join(repository.id().to_string()).join(name)
    }

    fn create(&self) -> Created {
        self.create_at(BEGIN)
    }

    /// Takes a snapshot at this time, in seconds since 1970.
    fn create_at(&self, seconds: i64) -> Created {
        let repository = self.open().expect("opens");
        self.create_in(&[repository], seconds).expect("takes it")
    }

    /// Takes a snapshot into several places.
    fn create_in(&self, repositories: &[Repository<'_>], at: i64) -> Result<Created, Error> {
        let state = self.state(&repositories[0]).lock().expect("nobody else");
        let creation = Creation {
            repositories,
            state: &state,
            signer: &self.signer,
            recipients: &self.recipients,
            at: Timestamp::from_second(at).expect("in range"),
            audit: Head { seq: 0, digest: Digest::of(b"") },
            pruned_elsewhere: false,
            read_back: true,
            progress: &Unseen,
        };
        creation.run(&self.plan())
    }

    fn verify(&self, level: Level<'_>) -> Result<Report, Error> {
        let repository = self.open()?;
        let verification = Verification {
            repository: &repository,
            known: self.state(&repository).known()?,
            level,
            only: None,
            subset: None,
            progress: &Unseen,
        };
        verification.run()
    }

    /// Everything that the deepest level finds, as the command line tells it.
    fn faults(&self) -> Vec<String> {
        let told = |fault: Fault| format!("`{}`: {}", fault.object, fault.reason);
        match self.verify(Level::Data(&self.identity)) {
            Ok(report) => report.faults.into_iter().map(told).collect(),
            Err(error) => vec![error.to_string()],
        }
    }

    fn is_told(&self, expected: &str) -> bool {
        self.faults().iter().any(|fault| fault.contains(expected))
    }

    fn assert_whole(&self) {
        assert_eq!(self.faults(), Vec::<String>::new());
    }

    /// Restores to `target`: the named snapshot, or the newest.
    fn restore(&self, wanted: Option<SnapshotId>) -> Result<(), Error> {
        self.restore_to(&self.path("target"), wanted)
    }

    fn restore_to(&self, target: &Path, wanted: Option<SnapshotId>) -> Result<(), Error> {
        let repository = self.open()?;
        let pin = self.state(&repository).pin()?;
        let repositories = std::slice::from_ref(&repository);
        let restoration = Restoration {
            repositories,
            verified: &Verified::prove(repositories, pin, wanted)?,
            identity: &self.identity,
            selection: &Selection::everything(),
            moved: None,
            state: &self.state(&repository),
        };
        restoration.to(target).map(drop)
    }

    /// Every file and folder on this machine, but the note that something was found damaged.
    fn everything(&self) -> Vec<PathBuf> {
        let mut found = below(self.root.path());
        let state = self.path("state");
        let is_note = |path: &Path| path.iter().any(|name| name == "damaged");
        found.retain(|path| !(path.starts_with(&state) && is_note(path)));
        // Where only that was noted, the folders that it needed are no more than that.
        found.retain(|path| !path.starts_with(&state) || !path.is_dir() || has_files(path));
        found
    }
}

/// A folder in memory, where there is such a thing: nothing here must survive a power cut.
fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a folder")
}

fn has_files(folder: &Path) -> bool {
    below(folder).iter().any(|path| path.is_file() && !path.iter().any(|name| name == "damaged"))
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for name in names_in(folder).expect("lists") {
        let path = folder.join(name);
        if path.is_dir() {
            found.extend(below(&path));
        }
        found.push(path);
    }
    found
}

fn content(path: &Path) -> Vec<u8> {
    sys::read(path, 1 << 30).expect("reads").expect("is there")
}
