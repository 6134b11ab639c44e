//! Bulky files: what is stored again, and what is not.

use std::path::Path;
use std::time::Duration;

use crate::storage::Storage;
use crate::sys::{self, AppendFile, Folder};

use super::super::*;
use super::{Machine, content};

const LOG: &str = ".claude/projects/-srv-x/session.jsonl";

/// Lines that hardly compress, the same each time.
fn lines(count: u64) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut line = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        format!("{{\"n\": \"{state:x}\"}}\n")
    };
    (0..count).map(|_| line()).collect::<String>().into_bytes()
}

/// A machine whose history is taken too, with one transcript.
fn machine() -> Machine {
    let mut machine = Machine::new();
    machine.profiles = vec![Profile::Config, Profile::History];
    machine.plant(LOG, &lines(20_000));
    machine
}

impl Machine {
    fn append(&self, below: &str, bytes: &[u8]) {
        let mut file = AppendFile::open(&self.home(below), Duration::ZERO).expect("opens");
        file.append(bytes, false).expect("appends");
    }

    /// The newest snapshot comes back, and this file is what it is in the home.
    fn comes_back(&self, below: &str) {
        self.assert_whole();
        let target = tempfile::tempdir_in(self.root.path()).expect("a folder").keep();
        self.restore_to(&target, None).expect("restores");
        let restored = content(&target.join("HOME").join(below));
        assert!(restored == content(&self.home(below)), "{below}: {} bytes", restored.len());
    }
}

#[test]
fn of_a_file_that_has_grown_only_the_tail_is_stored() {
    let machine = machine();
    let first = machine.create();
    assert!(first.stored > 100_000, "{}", first.stored);
    machine.append(LOG, b"{\"one\": \"more\"}\n{\"half");
    let second = machine.create();
    assert!(second.stored < 3000, "{}", second.stored);
    assert!(first.commit.packs.iter().all(|pack| second.commit.packs.contains(pack)));
    machine.comes_back(LOG);
    machine.append(LOG, b" a line\"}\n");
    assert!(machine.create().stored < 3000);
    machine.comes_back(LOG);
    assert!(machine.create().unchanged);
}

#[test]
fn a_file_that_was_rewritten_is_stored_again() {
    let machine = machine();
    let first = machine.create();
    let mut other = lines(20_000);
    other[10] = b'x';
    machine.plant(LOG, &[other, b"more\n".to_vec()].concat());
    assert!(machine.create().stored > first.stored / 2);
    machine.comes_back(LOG);
}

#[test]
fn the_same_bytes_are_stored_once() {
    let machine = machine();
    machine.create();
    for name in ["copy.jsonl", "copy of the copy.jsonl"] {
        machine.plant(&format!(".claude/projects/-srv-y/{name}"), &lines(20_000));
    }
    assert!(machine.create().stored < 5000);
    machine.comes_back(".claude/projects/-srv-y/copy.jsonl");
}

#[test]
fn what_a_place_has_lost_is_stored_again() {
    let machine = machine();
    let first = machine.create();
    let pack = repository::pack_name(&first.commit.packs[0].digest);
    machine.storage.delete(&pack).expect("deletes");
    let second = machine.create();
    assert!(!second.commit.packs.contains(&first.commit.packs[0]));
    machine.comes_back_though_older_ones_do_not(LOG);
}

impl Machine {
    fn comes_back_though_older_ones_do_not(&self, below: &str) {
        self.restore(None).expect("restores");
        assert!(content(&self.path("target/HOME").join(below)) == content(&self.home(below)));
    }
}

#[test]
fn without_the_cache_nothing_is_lost_but_time() {
    let machine = machine();
    machine.create();
    for name in ["cache-config+history", "dedup-key"] {
        sys::remove(&machine.state_file(name)).expect("removes");
        machine.append(LOG, b"more\n");
        machine.create();
        machine.comes_back(LOG);
    }
}

#[test]
fn a_pack_that_is_hardly_needed_any_more_is_let_go() {
    let machine = machine();
    let small = ".claude/projects/-srv-x/small.jsonl";
    machine.plant(small, &lines(100));
    let first = machine.create();
    assert_eq!(first.commit.packs.len(), 1);
    sys::remove(&machine.home(LOG)).expect("removes");
    assert_eq!(machine.create().commit.packs, first.commit.packs, "a night later");
    let third = machine.create();
    assert_eq!(third.commit.packs.len(), 1);
    assert_ne!(first.commit.packs, third.commit.packs);
    machine.comes_back(small);
}

/// A change in the middle, with the time set back, of a file that has grown: only a full look finds it.
#[test]
fn what_has_only_grown_is_read_whole_every_seventh_time() {
    let machine = machine();
    let home = Folder::open(&machine.home("")).expect("opens").expect("is there");
    for number in 1..=6 {
        machine.append(LOG, format!("{number}\n").as_bytes());
        machine.create();
    }
    home.write_into(Path::new(LOG), 150_000, b"tampered").expect("writes");
    machine.append(LOG, b"seven\n");
    assert_eq!(machine.create().commit.id.seq, 7);
    machine.comes_back(LOG);
}

#[test]
fn a_file_in_many_parts_is_cut_anew_when_it_is_quiet() {
    let machine = machine();
    for number in 0..66 {
        machine.append(LOG, format!("{number}\n").as_bytes());
        machine.create();
    }
    let (many, few) = (machine.create(), machine.create());
    assert!(many.stored > 100_000, "cut anew: {}", many.stored);
    assert!(few.unchanged);
    assert!(few.commit.packs.len() < 3, "{}", few.commit.packs.len());
    machine.comes_back(LOG);
}

#[test]
fn the_home_is_compared_with_the_newest() {
    let machine = machine();
    machine.create();
    let look = || machine.verify(Level::Live(&machine.identity, &machine.home("")));
    let whole = look().expect("looks");
    assert_eq!(whole.faults, []);
    assert_eq!(whole.live, Some(Compared { same: 3, changed: 0 }));
    machine.append(".claude.json", b"\n");
    let home = Folder::open(&machine.home("")).expect("opens").expect("is there");
    for (below, offset) in [(LOG, 100_000), (".claude/agents/a.md", 3)] {
        let facts = sys::facts(&machine.home(below)).expect("looks").expect("is there");
        home.write_into(Path::new(below), offset, b"?").expect("writes");
        let finish = sys::Finish { mode: 0o600, mtime: Some(facts.mtime) };
        home.finish_file(Path::new(below), finish).expect("sets the time back");
    }
    let report = look().expect("looks");
    assert_eq!(report.live, Some(Compared { same: 0, changed: 1 }));
    let told: Vec<_> = report.faults.iter().map(|fault| fault.object.as_str()).collect();
    assert_eq!(told, ["~/.claude/agents/a.md", &format!("~/{LOG}")]);
}

#[test]
fn a_damaged_pack_is_found_though_its_snapshot_is_damaged_too() {
    let machine = machine();
    let commit = machine.create().commit;
    for named in commit.needs() {
        let mut bytes = machine.storage.bytes(&named.name);
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        machine.storage.tamper(&named.name, bytes);
    }
    let faults = machine.faults();
    for named in commit.needs() {
        let is_named = faults.iter().any(|fault| fault.contains(named.name.as_str()));
        assert!(is_named, "{}: {faults:?}", named.name);
    }
}

#[test]
fn a_large_file_fills_several_packs() {
    let machine = Machine::new();
    let machine = Machine { profiles: vec![Profile::Config, Profile::History], ..machine };
    machine.plant(LOG, &noise(110 << 20));
    let commit = machine.create().commit;
    assert!(commit.packs.len() > 1);
    assert!(commit.packs.iter().all(|pack| pack.size <= 64 << 20), "{:?}", commit.packs);
    machine.comes_back(LOG);
}

/// Bytes that do not compress.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

#[test]
fn what_was_changed_unseen_is_found_though_the_file_is_quiet_by_then() {
    let machine = machine();
    machine.create();
    let home = Folder::open(&machine.home("")).expect("opens").expect("is there");
    home.write_into(Path::new(LOG), 150_000, b"redacted").expect("writes");
    machine.append(LOG, b"more\n");
    for _ in 2..=7 {
        machine.create();
    }
    machine.comes_back(LOG);
}

#[test]
fn a_home_that_was_copied_is_not_stored_again() {
    let machine = machine();
    let first = machine.create();
    // The same bytes under another inode number, as after a move to another disk.
    machine.plant(LOG, &lines(20_000));
    let second = machine.create();
    assert!(second.stored < 5000, "{}", second.stored);
    assert_eq!(second.commit.packs, first.commit.packs);
}

#[test]
fn profiles_do_not_disturb_each_other() {
    let mut machine = machine();
    let both = machine.create();
    machine.profiles = vec![Profile::Config];
    assert!(machine.create().commit.packs.is_empty());
    machine.profiles = vec![Profile::History];
    assert_eq!(machine.create().commit.health, Health::Ok, "nobody asked for the configuration");
    machine.profiles = vec![Profile::Config, Profile::History];
    let again = machine.create();
    assert!(again.unchanged);
    assert_eq!(again.commit.packs, both.commit.packs);
}

/// A file in the middle of the snapshot object: its decryption fails while the file is written.
#[test]
fn damage_within_a_file_is_the_places_fault_and_another_place_helps() {
    let machine = Machine::new();
    machine.plant(".claude/agents/large", &noise(1 << 20));
    let object = machine.create().commit.object;
    let whole = machine.storage.copy();
    let name = repository::snapshot_name(&object.digest);
    let mut bytes = machine.storage.bytes(&name);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    machine.storage.tamper(&name, bytes);
    let refused = machine.restore(None);
    assert!(matches!(refused, Err(Error::Damaged { .. })), "{refused:?}");
    let signer = machine.signer.verifier().fingerprint();
    let repositories =
        &[machine.open().expect("opens"), Repository::open(&whole, signer).expect("opens")];
    let restoration = Restoration {
        repositories,
        verified: &Verified::prove(repositories, None, None).expect("proves"),
        identity: &machine.identity,
        selection: &Selection::everything(),
        moved: None,
        state: &machine.state(&repositories[0]),
    };
    restoration.to(&machine.path("target")).expect("restores");
    assert!(content(&machine.path("target/HOME/.claude/agents/large")) == noise(1 << 20));
}
