//! The room as a whole: a home is taken, damaged, verified and brought back.

use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use crate::audit::Head;
use crate::crypto::{Digest, Identity, Recipient, Signer, seal};
use crate::secret::Secret;
use crate::storage::{Body, Local, ObjectName, Storage, put_new, put_signed};
use crate::sys::{self, Folder, Spool, facts, names_in, write_private};

use super::repository::{commit_name, snapshot_name};
use super::*;

/// A machine: a home with something in it, a destination, keys.
struct Machine {
    root: tempfile::TempDir,
    signer: Signer,
    identity: Identity,
    recipients: Vec<Recipient>,
}

impl Machine {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let (text, recipient) = Identity::make();
        // EXPOSE: the test's own key.
        let identity = Secret::copy_from(text.expose().as_bytes());
        let machine = Self {
            root,
            signer: Signer::from_seed(&[1; 32], "test"),
            identity: Identity::parse(&identity).expect("just made"),
            recipients: vec![recipient],
        };
        machine.plant("home/.claude.json", b"{\"mcpServers\": {}}\n");
        machine.plant("home/.claude/agents/a.md", b"an agent\n");
        machine
    }

    fn path(&self, below: &str) -> PathBuf {
        self.root.path().join(below)
    }

    fn plant(&self, below: &str, content: &[u8]) {
        let path = self.path(below);
        sys::create_folder(path.parent().expect("has one")).expect("makes");
        write_private(&path, content).expect("writes");
    }

    fn places(&self) -> Places {
        Places {
            home: self.path("home"),
            claude: self.path("home/.claude"),
            claude_main: self.path("home/.claude.json"),
            store: self.path("home/.password-store"),
            settings: self.path("home/.config/vaultctl/config.toml"),
            gnupg: self.path("home/.gnupg"),
            never: vec![self.path("home/.claude/agents/identity.txt")],
        }
    }

    fn storage(&self) -> Local {
        Local::create(&self.path("repository")).expect("makes")
    }

    fn open<'s>(&self, storage: &'s Local) -> Result<Repository<'s>, Error> {
        Repository::open(storage, self.signer.verifier().fingerprint())
    }

    fn state(&self, repository: &Repository<'_>) -> State {
        State::of(&self.path("state"), repository.id())
    }

    fn create(&self, repository: &Repository<'_>, second: i64) -> Created {
        let state = self.state(repository).lock().expect("nobody else");
        let creation = Creation {
            repository,
            state: &state,
            signer: &self.signer,
            recipients: &self.recipients,
            at: Timestamp::from_second(second).expect("in range"),
            audit: Head {
                seq: 0,
                digest: Digest::of(b""),
            },
        };
        creation
            .run(&Plan::config(&self.places()))
            .expect("takes it")
    }

    fn verify(&self, repository: &Repository<'_>, level: Level<'_>) -> Report {
        let pin = self.state(repository).pin().expect("reads");
        let verification = Verification {
            repository,
            pin,
            level,
            only: None,
        };
        verification.run().expect("looks")
    }

    /// Everything that the deepest level finds, as the command line tells it.
    fn faults(&self, storage: &Local) -> Vec<String> {
        let repository = match self.open(storage) {
            Ok(repository) => repository,
            Err(error) => return vec![error.to_string()],
        };
        let report = self.verify(&repository, Level::Data(&self.identity));
        let told = report.faults.into_iter();
        told.map(|fault| format!("`{}`: {}", fault.object, fault.reason))
            .collect()
    }

    fn restore(
        &self,
        repository: &Repository<'_>,
        wanted: Option<SnapshotId>,
    ) -> Result<(), Error> {
        let pin = self.state(repository).pin()?;
        let verified = Verified::prove(repository, pin, wanted)?;
        restore(repository, &verified, &self.identity, &self.path("target"))
    }
}

/// Every file of the repository.
fn objects(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for name in names_in(folder).expect("lists") {
        let path = folder.join(name);
        match facts(&path).expect("looks").expect("is there").kind {
            sys::Kind::Folder => found.extend(objects(&path)),
            _ => found.push(path),
        }
    }
    found
}

fn bytes_of(path: &Path) -> Vec<u8> {
    sys::read(path, 1 << 30).expect("reads").expect("is there")
}

/// Writes over a file as damage does: in place.
#[expect(
    clippy::disallowed_methods,
    reason = "thousands of times, and nothing depends on it"
)]
fn scribble(path: &Path, bytes: &[u8]) {
    std::fs::remove_file(path)
        .and_then(|()| std::fs::write(path, bytes))
        .expect("writes");
}

#[test]
fn what_was_taken_is_verified_and_comes_back() {
    let machine = Machine::new();
    let storage = machine.storage();
    let repository = Repository::init(&storage, &machine.signer).expect("makes");
    let created = machine.create(&repository, 1_800_000_000);
    assert_eq!((created.commit.id.seq, created.commit.previous), (1, None));
    assert_eq!(
        (&created.commit.health, created.findings),
        (&Health::Ok, vec![])
    );
    assert_eq!(machine.faults(&storage), Vec::<String>::new());
    machine.restore(&repository, None).expect("restores");
    assert_eq!(
        bytes_of(&machine.path("target/HOME/.claude/agents/a.md")),
        b"an agent\n"
    );
    assert!(
        machine.restore(&repository, None).is_err(),
        "something is there"
    );
}

#[test]
fn an_unchanged_home_is_stored_once_and_committed_twice() {
    let machine = Machine::new();
    let storage = machine.storage();
    let repository = Repository::init(&storage, &machine.signer).expect("makes");
    let first = machine.create(&repository, 1_800_000_000);
    let second = machine.create(&repository, 1_800_000_000);
    assert_eq!((first.unchanged, second.unchanged), (false, true));
    assert_eq!(first.commit.object, second.commit.object);
    assert_eq!(
        second.commit.previous,
        Some(Digest::of(first.commit.render().as_bytes()))
    );
    machine.plant("home/.claude/agents/b.md", b"another\n");
    assert!(!machine.create(&repository, 1_800_000_001).unchanged);
    assert_eq!(
        storage
            .list(&"snaps".parse().expect("is one"))
            .expect("lists")
            .len(),
        2
    );
    assert_eq!(machine.faults(&storage), Vec::<String>::new());
}

#[test]
fn other_recipients_get_another_object() {
    let mut machine = Machine::new();
    let storage = machine.storage();
    let repository = Repository::init(&storage, &machine.signer).expect("makes");
    machine.create(&repository, 1_800_000_000);
    machine.recipients.push(Identity::make().1);
    assert!(!machine.create(&repository, 1_800_000_001).unchanged);
}

#[test]
fn a_flipped_byte_anywhere_is_found_and_named() {
    let machine = Machine::new();
    let storage = machine.storage();
    let repository = Repository::init(&storage, &machine.signer).expect("makes");
    machine.create(&repository, 1_800_000_000);
    let root = machine.path("repository");
    for path in objects(&root) {
        let whole = bytes_of(&path);
        let name = path
            .strip_prefix(&root)
            .expect("is below")
            .display()
            .to_string();
        // The guides are long and checked by one hash.
        let step = if name.to_lowercase().starts_with("restore") {
            97
        } else {
            1
        };
        for place in (0..whole.len()).step_by(step) {
            let mut flipped = whole.clone();
            flipped[place] ^= 1 << (place % 8);
            scribble(&path, &flipped);
            let faults = machine.faults(&storage);
            assert!(
                faults.iter().any(|fault| fault.contains(&name)),
                "byte {place} of {name}: {faults:?}"
            );
        }
        scribble(&path, &whole);
    }
    assert_eq!(machine.faults(&storage), Vec::<String>::new());
}

#[test]
fn truncation_and_deletion_are_found_and_named() {
    let machine = Machine::new();
    let storage = machine.storage();
    let repository = Repository::init(&storage, &machine.signer).expect("makes");
    machine.create(&repository, 1_800_000_000);
    let root = machine.path("repository");
    for path in objects(&root) {
        let whole = bytes_of(&path);
        let name = path
            .strip_prefix(&root)
            .expect("is below")
            .display()
            .to_string();
        let named = |faults: &[String]| {
            // When the newest commit is gone, only our own memory knows that it was there.
            let remembered =
                name.ends_with(".commit") && faults.iter().any(|fault| fault.contains("`commits`"));
            remembered || faults.iter().any(|fault| fault.contains(&name))
        };
        for length in [0, whole.len() / 2, whole.len() - 1] {
            write_private(&path, &whole[..length]).expect("writes");
            let faults = machine.faults(&storage);
            assert!(named(&faults), "{name} cut to {length}: {faults:?}");
        }
        sys::remove(&path).expect("removes");
        let faults = machine.faults(&storage);
        assert!(named(&faults), "{name} removed: {faults:?}");
        write_private(&path, &whole).expect("writes");
    }
}

/// Three snapshots, and ways to make some of them go away.
struct History {
    machine: Machine,
    storage: Local,
    ids: Vec<SnapshotId>,
}

impl History {
    fn new() -> Self {
        let machine = Machine::new();
        let storage = machine.storage();
        let repository = Repository::init(&storage, &machine.signer).expect("makes");
        let ids = (0..3).map(|second| {
            machine
                .create(&repository, 1_800_000_000 + second)
                .commit
                .id
        });
        let ids = ids.collect();
        Self {
            machine,
            storage,
            ids,
        }
    }

    fn repository(&self) -> Repository<'_> {
        self.machine.open(&self.storage).expect("opens")
    }

    /// The commit's file and its signature's.
    fn files(&self, number: usize) -> [PathBuf; 2] {
        let name = commit_name(&self.ids[number - 1]);
        [name.to_string(), name.signature().to_string()]
            .map(|name| self.machine.path("repository").join(name))
    }

    fn remove(&self, number: usize) {
        self.files(number)
            .iter()
            .for_each(|path| sys::remove(path).expect("removes"));
    }

    fn is_told(&self, expected: &str) -> bool {
        self.machine
            .faults(&self.storage)
            .iter()
            .any(|fault| fault.contains(expected))
    }
}

#[test]
fn a_snapshot_that_is_gone_is_missed() {
    for (number, expected) in [
        (1, "number 1, is missing"),
        (2, "number 2, is missing"),
        (3, "there was a number 3"),
    ] {
        let history = History::new();
        history.remove(number);
        assert!(
            history.is_told(expected),
            "{:?}",
            history.machine.faults(&history.storage)
        );
    }
}

#[test]
fn an_older_snapshot_does_not_pass_for_the_newest() {
    let history = History::new();
    for (old, new) in history.files(1).iter().zip(history.files(3)) {
        write_private(&new, &bytes_of(old)).expect("writes");
    }
    assert!(history.is_told(&history.ids[2].to_string()));
    assert!(
        history
            .machine
            .restore(&history.repository(), None)
            .is_err()
    );
}

#[test]
fn time_is_not_turned_back() {
    let history = History::new();
    history.remove(3);
    history.remove(2);
    let refused = history.machine.restore(&history.repository(), None);
    assert!(matches!(
        refused,
        Err(Error::RolledBack {
            newest: 1,
            known: 3
        })
    ));
    // The next one goes on counting, so that the gap stays.
    let next = history
        .machine
        .create(&history.repository(), 1_800_000_009)
        .commit;
    assert_eq!(next.id.seq, 4);
    assert!(history.is_told("numbers 2 to 3, are missing"));
}

#[test]
fn two_objects_that_changed_places_are_both_named() {
    let machine = Machine::new();
    let storage = machine.storage();
    let repository = Repository::init(&storage, &machine.signer).expect("makes");
    machine.create(&repository, 1_800_000_000);
    machine.plant("home/.claude/agents/b.md", b"another\n");
    machine.create(&repository, 1_800_000_001);
    let paths = objects(&machine.path("repository/snaps"));
    let contents: Vec<_> = paths.iter().map(|path| bytes_of(path)).collect();
    write_private(&paths[0], &contents[1]).expect("writes");
    write_private(&paths[1], &contents[0]).expect("writes");
    let faults = machine.faults(&storage);
    for path in &paths {
        let name = path
            .file_name()
            .expect("has one")
            .to_string_lossy()
            .into_owned();
        assert!(
            faults.iter().any(|fault| fault.contains(&name)),
            "{name}: {faults:?}"
        );
    }
}

#[test]
fn what_another_key_has_signed_is_refused() {
    let machine = Machine::new();
    let storage = machine.storage();
    let repository = Repository::init(&storage, &machine.signer).expect("makes");
    let first = machine.create(&repository, 1_800_000_000).commit;
    let mallory = Signer::from_seed(&[2; 32], "mallory");
    assert!(matches!(
        Repository::open(&storage, mallory.verifier().fingerprint()),
        Err(Error::Damaged { .. })
    ));
    let forged = Commit {
        id: SnapshotId { seq: 2, ..first.id },
        ..first
    };
    let signed = mallory.sign(commit::NAMESPACE, forged.render().into_bytes());
    put_signed(&storage, &commit_name(&forged.id), &signed).expect("puts");
    let faults = machine.faults(&storage);
    assert!(
        faults
            .iter()
            .any(|fault| fault.contains("signed by SHA256:")),
        "{faults:?}"
    );
    assert!(matches!(
        machine.restore(&repository, None),
        Err(Error::Damaged { .. })
    ));
    machine
        .restore(&repository, Some(first.id))
        .expect("the genuine one is still there");
}

#[test]
fn what_a_newer_vaultctl_has_written_is_not_called_corrupt() {
    let machine = Machine::new();
    let storage = machine.storage();
    let repository = Repository::init(&storage, &machine.signer).expect("makes");
    let first = machine.create(&repository, 1_800_000_000).commit;
    let id = SnapshotId { seq: 2, ..first.id };
    let text = b"vaultctl-commit 2\nwho knows\n".to_vec();
    put_signed(
        &storage,
        &commit_name(&id),
        &machine.signer.sign(commit::NAMESPACE, text),
    )
    .expect("puts");
    let report = machine.verify(&repository, Level::Scrub);
    assert_eq!((report.faults, report.newer), (vec![], vec![id]));
    assert!(matches!(
        machine.restore(&repository, None),
        Err(Error::Newer(_))
    ));
}

#[test]
fn an_unknown_feature_stops_before_anything_is_touched() {
    let machine = Machine::new();
    let storage = machine.storage();
    Repository::init(&storage, &machine.signer).expect("makes");
    let path = machine.path("repository/vaultctl-repo");
    let text = String::from_utf8(bytes_of(&path))
        .expect("is text")
        .replace("requires -", "requires time-travel");
    let signed = machine.signer.sign("vaultctl-repo", text.into_bytes());
    write_private(&path, signed.statement()).expect("writes");
    write_private(
        &machine.path("repository/vaultctl-repo.sig"),
        signed.signature(),
    )
    .expect("writes");
    assert!(
        matches!(machine.open(&storage), Err(Error::UnknownFeature(feature)) if feature == "time-travel")
    );
}

#[test]
fn an_interrupted_init_can_be_repeated() {
    let machine = Machine::new();
    let storage = machine.storage();
    Repository::init(&storage, &machine.signer).expect("makes");
    sys::remove(&machine.path("repository/vaultctl-repo")).expect("removes");
    assert!(matches!(
        machine.open(&storage),
        Err(Error::NoRepository(_))
    ));
    let repository = Repository::init(&storage, &machine.signer).expect("makes it again");
    assert!(matches!(
        Repository::init(&storage, &machine.signer),
        Err(Error::AlreadyRepository(_))
    ));
    machine.create(&repository, 1_800_000_000);
    assert_eq!(machine.faults(&storage), Vec::<String>::new());
}

#[test]
fn a_signature_without_its_commit_is_in_nobodys_way() {
    let machine = Machine::new();
    let storage = machine.storage();
    let repository = Repository::init(&storage, &machine.signer).expect("makes");
    let id = SnapshotId {
        time: Timestamp::from_second(1_800_000_000).expect("in range"),
        seq: 1,
    };
    let left = machine
        .signer
        .sign(commit::NAMESPACE, b"never written".to_vec());
    put_new(
        &storage,
        &commit_name(&id).signature(),
        &Body::Signature(&left),
    )
    .expect("puts");
    let created = machine.create(&repository, 1_800_000_000);
    assert_eq!(
        (created.commit.id.seq, created.commit.id.time.as_second()),
        (1, 1_800_000_001)
    );
    assert_eq!(machine.faults(&storage), Vec::<String>::new());
}

#[test]
fn links_that_the_profile_names_are_followed_and_keys_are_not_taken() {
    let machine = Machine::new();
    machine.plant("home/dotfiles/CLAUDE.md", b"instructions\n");
    machine.plant("elsewhere/store/a.age", b"ciphertext");
    machine.plant("home/.claude/agents/identity.txt", b"AGE-SECRET-KEY");
    machine.plant("home/.claude/.credentials.json", b"{}");
    machine.plant(
        "home/.claude/agents/cache/CACHEDIR.TAG",
        b"Signature: 8a477f597d28d172789f06886806bc55",
    );
    machine.plant("home/.claude/projects/-srv-x/memory/MEMORY.md", b"memory\n");
    machine.plant("home/.claude/projects/-srv-x/session.jsonl", b"{}\n");
    symlink(
        "../dotfiles/CLAUDE.md",
        machine.path("home/.claude/CLAUDE.md"),
    )
    .expect("links");
    symlink(
        machine.path("elsewhere/store"),
        machine.path("home/.password-store"),
    )
    .expect("links");
    let names: Vec<String> = Plan::config(&machine.places()).names().collect();
    let store = format!("{}/a.age", machine.path("elsewhere/store").display());
    for expected in [
        "~/.claude/CLAUDE.md",
        "~/dotfiles/CLAUDE.md",
        "~/.password-store",
        "~/.claude/projects/-srv-x/memory/MEMORY.md",
        &store,
    ] {
        assert!(
            names.iter().any(|name| name == expected),
            "{expected} is not in {names:?}"
        );
    }
    for left_out in ["identity", "credentials", "cache", "session"] {
        assert!(
            !names.iter().any(|name| name.contains(left_out)),
            "{left_out} is in {names:?}"
        );
    }
}

#[test]
fn gnupg_is_taken_where_openpgp_entries_are() {
    let machine = Machine::new();
    machine.plant("home/.gnupg/private-keys-v1.d/0.key", b"key");
    machine.plant("home/.gnupg/random_seed", b"seed");
    let names = || {
        Plan::config(&machine.places())
            .names()
            .collect::<Vec<String>>()
    };
    assert!(!names().iter().any(|name| name.contains("gnupg")));
    machine.plant("home/.password-store/work/.gpg-id", b"ann\n");
    assert!(names().contains(&"~/.gnupg/private-keys-v1.d/0.key".to_owned()));
    assert!(!names().iter().any(|name| name.contains("random_seed")));
}

#[test]
fn a_broken_file_is_stored_and_told() {
    let machine = Machine::new();
    machine.plant("home/.claude.json", b"{\"mcpServers\": ");
    let storage = machine.storage();
    let repository = Repository::init(&storage, &machine.signer).expect("makes");
    let created = machine.create(&repository, 1_800_000_000);
    assert_eq!(
        created.commit.health,
        Health::Degraded(vec!["unparsed-json".to_owned()])
    );
    assert_eq!(
        created.findings[0].to_string(),
        "~/.claude.json: it is not valid JSON"
    );
    assert!(machine.create(&repository, 1_800_000_001).unchanged);
}

#[test]
fn a_file_that_keeps_changing_is_told_and_the_rest_is_whole() {
    let machine = Machine::new();
    machine.plant("home/.claude/agents/busy", &vec![b'x'; 8 << 20]);
    let storage = machine.storage();
    let repository = Repository::init(&storage, &machine.signer).expect("makes");
    let (path, stop) = (
        machine.path("home/.claude/agents/busy"),
        AtomicBool::new(false),
    );
    let created = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let mut busy = sys::AppendFile::open(&path, Duration::ZERO).expect("opens");
                busy.append(b"more", false).expect("appends");
            }
        });
        let created = machine.create(&repository, 1_800_000_000);
        stop.store(true, Ordering::Relaxed);
        created
    });
    assert_eq!(created.findings.len(), 1, "{:?}", created.findings);
    assert_eq!(
        created.findings[0].to_string(),
        "~/.claude/agents/busy: it changed while it was read"
    );
    assert_eq!(machine.faults(&storage), Vec::<String>::new());
}

/// A repository whose newest snapshot is rightly signed and holds `tar`.
fn hostile(machine: &Machine, repository: &Repository<'_>, tar: &[u8], totals: Totals) {
    let spool = Spool::make(machine.root.path()).expect("makes");
    let mut sealer = seal(&machine.recipients, spool).expect("begins");
    sealer
        .write_all(&zstd::encode_all(tar, 1).expect("compresses"))
        .expect("writes");
    let sealed = sealer.finish().expect("ends");
    let object = ObjectRef {
        digest: sealed.digest(),
        size: sealed.size(),
    };
    put_new(
        repository.storage(),
        &snapshot_name(&object.digest),
        &Body::Sealed(&sealed),
    )
    .expect("puts");
    let genuine = machine.create(repository, 1_800_000_000).commit;
    let commit = Commit {
        id: SnapshotId {
            seq: 2,
            ..genuine.id
        },
        totals,
        object,
        ..genuine
    };
    let signed = machine
        .signer
        .sign(commit::NAMESPACE, commit.render().into_bytes());
    put_signed(repository.storage(), &commit_name(&commit.id), &signed).expect("puts");
}

/// Restores it, and answers what was said against it.
fn refusal(tar: &[u8], totals: Totals) -> String {
    let machine = Machine::new();
    let storage = machine.storage();
    let repository = Repository::init(&storage, &machine.signer).expect("makes");
    hostile(&machine, &repository, tar, totals);
    let before = objects(machine.root.path());
    let error = machine
        .restore(&repository, None)
        .expect_err("is refused")
        .to_string();
    assert_eq!(objects(machine.root.path()), before, "{error}");
    let faults = machine.faults(&storage);
    assert!(
        faults
            .iter()
            .any(|fault| error.contains(fault) || fault.contains(&error)),
        "{error}: {faults:?}"
    );
    error
}

#[test]
fn a_hostile_but_well_signed_archive_writes_nothing_anywhere() {
    for (blamed, tar) in archive::hostile::cases() {
        let error = refusal(
            &tar,
            Totals {
                entries: 100,
                bytes: 1000,
            },
        );
        assert!(error.contains(&format!("`{blamed}`")), "{blamed}: {error}");
    }
}

#[test]
fn a_bomb_stops_where_the_commit_says_that_it_should_end() {
    let large = format!("file files/HOME/bomb = {}", "0".repeat(2000));
    let error = refusal(
        &archive::hostile::tar(&large),
        Totals {
            entries: 100,
            bytes: 1000,
        },
    );
    assert!(error.contains("`files/HOME/bomb`"), "{error}");
    let many = archive::hostile::tar("file files/HOME/1; file files/HOME/2");
    let error = refusal(
        &many,
        Totals {
            entries: 1,
            bytes: 1000,
        },
    );
    assert!(error.contains("`files/HOME/2`"), "{error}");
}

#[test]
fn neither_set_uid_nor_the_owner_comes_back() {
    let machine = Machine::new();
    let storage = machine.storage();
    let repository = Repository::init(&storage, &machine.signer).expect("makes");
    let tar = archive::hostile::tar("file files/HOME/a; file SUMS = 4294967295 0 files/HOME/a");
    hostile(
        &machine,
        &repository,
        &tar,
        Totals {
            entries: 1,
            bytes: 0,
        },
    );
    machine.restore(&repository, None).expect("restores");
    let made = facts(&machine.path("target/HOME/a"))
        .expect("looks")
        .expect("is there");
    assert_eq!(made.mode, 0o755);
}

#[test]
fn an_object_is_hidden_until_it_is_whole() {
    let machine = Machine::new();
    let storage = machine.storage();
    let folder = Folder::open(&machine.path("repository"))
        .expect("opens")
        .expect("is there");
    folder.create_folder(Path::new("snaps")).expect("makes");
    folder
        .stage(Path::new("snaps/.vaultctl-0.tmp"), b"half")
        .expect("writes");
    let snaps: ObjectName = "snaps".parse().expect("is one");
    assert_eq!(storage.list(&snaps).expect("lists"), []);
}
