//! What is taken, and what is told of it.

use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use std::path::Path;

use crate::crypto::{Digest, Identity};
use crate::storage::Storage;
use crate::sys;

use super::super::*;
use super::{BEGIN, Machine, content};

#[test]
fn what_was_taken_is_verified_and_comes_back() {
    let machine = Machine::new();
    let created = machine.create();
    assert_eq!(created.findings, []);
    let Commit { id, previous, health, .. } = created.commit;
    assert_eq!((id.seq, id.time.as_second()), (1, BEGIN));
    assert_eq!((previous, health), (None, Health::Ok));
    machine.assert_whole();
    machine.restore(None).expect("restores");
    let restored = machine.path("target/HOME/.claude/agents/a.md");
    assert_eq!(content(&restored), b"an agent\n");
    assert!(machine.restore(None).is_err(), "something is there");
}

#[test]
fn an_unchanged_home_is_stored_once_and_committed_twice() {
    let machine = Machine::new();
    let (first, second) = (machine.create(), machine.create());
    assert_eq!((first.unchanged, second.unchanged), (false, true));
    assert_eq!(first.commit.object, second.commit.object);
    let digest = Digest::of(first.commit.render().as_bytes());
    assert_eq!(second.commit.previous, Some(digest));
    machine.plant(".claude/agents/b.md", b"another\n");
    assert!(!machine.create().unchanged);
    let snaps = machine.storage.list(&"snaps".parse().expect("is one"));
    assert_eq!(snaps.expect("lists").len(), 2);
    machine.assert_whole();
}

#[test]
fn an_object_that_is_gone_is_stored_again() {
    let machine = Machine::with_snapshots(1);
    let first = machine.create().commit;
    let name = repository::snapshot_name(&first.object.digest);
    machine.storage.delete(&name).expect("deletes");
    assert!(!machine.create().unchanged);
}

#[test]
fn other_recipients_get_another_object() {
    let mut machine = Machine::with_snapshots(1);
    machine.recipients.push(Identity::make().1);
    assert!(!machine.create().unchanged);
}

#[test]
fn links_that_the_profile_names_are_followed() {
    let machine = Machine::bare();
    machine.plant("dotfiles/CLAUDE.md", b"instructions\n");
    machine.plant("../elsewhere/store/a.age", b"ciphertext");
    let link = |text: &str, name: &str| symlink(text, machine.home(name)).expect("links");
    link("../dotfiles/CLAUDE.md", ".claude/CLAUDE.md");
    link("../elsewhere/store", ".password-store");
    let store = sys::without_links(&machine.path("elsewhere/store")).expect("is there");
    let entry = store.join("a.age").display().to_string();
    let names = machine.names();
    for expected in ["~/.claude/CLAUDE.md", "~/dotfiles/CLAUDE.md", "~/.password-store", &entry] {
        assert!(names.iter().any(|name| name == expected), "{expected}: {names:?}");
    }
}

#[test]
fn history_caches_and_keys_are_not_taken() {
    let machine = Machine::bare();
    machine.plant(".claude/agents/identity.txt", b"a private key");
    machine.plant(".claude/.credentials.json", b"{}");
    machine
        .plant(".claude/agents/cache/CACHEDIR.TAG", b"Signature: 8a477f597d28d172789f06886806bc55");
    machine.plant(".password-store/.git/index.lock", b"");
    machine.plant(".password-store/bike.lock/code.age", b"ciphertext");
    machine.plant(".password-store/CACHEDIR.TAG", b"Signature: 8a477f597d28d172789f06886806bc55");
    machine.plant(".claude/agents/kept/CACHEDIR.TAG", b"anything else");
    let (key, other_name) = (".claude/agents/identity.txt", ".claude/agents/identity-too");
    let home = sys::Folder::open(&machine.home("")).expect("opens").expect("is there");
    home.make_hard_link(Path::new(key), Path::new(other_name)).expect("links");
    machine.plant(".claude/projects/-srv-x/memory/MEMORY.md", b"memory\n");
    machine.plant(".claude/projects/-srv-x/session.jsonl", b"{}\n");
    let names = machine.names();
    assert!(names.contains(&"~/.claude/projects/-srv-x/memory/MEMORY.md".to_owned()));
    for taken in ["bike.lock/code.age", "kept/CACHEDIR.TAG"] {
        assert!(names.iter().any(|name| name.ends_with(taken)), "{taken}: {names:?}");
    }
    for left_out in ["identity", "credentials", "cache", "index.lock", "session"] {
        assert!(!names.iter().any(|name| name.contains(left_out)), "{left_out}: {names:?}");
    }
}

#[test]
fn gnupg_is_taken_where_openpgp_entries_are() {
    let machine = Machine::bare();
    machine.plant(".gnupg/private-keys-v1.d/0.key", b"key");
    machine.plant(".gnupg/random_seed", b"seed");
    assert!(!machine.names().iter().any(|name| name.contains("gnupg")));
    machine.plant(".password-store/team/.gpg-id", b"ann\n");
    let names = machine.names();
    assert!(names.contains(&"~/.gnupg/private-keys-v1.d/0.key".to_owned()));
    assert!(!names.iter().any(|name| name.contains("random_seed")));
}

#[test]
fn a_broken_file_is_stored_and_told() {
    let machine = Machine::new();
    machine.plant(".claude.json", b"{\"mcpServers\": ");
    let created = machine.create();
    let expected = Health::Degraded(vec!["unparsed-json".to_owned()]);
    assert_eq!(created.commit.health, expected);
    let told: Vec<String> = created.findings.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["~/.claude.json: it is not valid JSON"]);
    assert!(machine.create().unchanged);
}

#[test]
fn claudes_lock_is_waited_for_and_never_taken_away() {
    let machine = Machine::new();
    let lock = machine.home(".claude.json.lock");
    let held = sys::FolderLock::take(&lock, Duration::ZERO).expect("is free");
    assert_eq!(machine.create().commit.health, Health::Ok);
    assert!(lock.exists(), "it is somebody else's");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(50));
            machine.plant(".claude.json", b"{\"finished\": true}\n");
            drop(held);
        });
        machine.create();
    });
    machine.restore(None).expect("restores");
    assert_eq!(content(&machine.path("target/HOME/.claude.json")), b"{\"finished\": true}\n");
    assert!(!lock.exists(), "ours is gone");
}

#[test]
fn a_collapsed_configuration_is_told_until_it_is_accepted() {
    let machine = Machine::new();
    machine.plant(".claude.json", br#"{"mcpServers": {"one": {}, "two": {}}}"#);
    assert_eq!(machine.create().commit.health, Health::Ok);
    machine.plant(".claude.json", br#"{"mcpServers": {}}"#);
    let collapsed = Health::Degraded(vec!["collapsed".to_owned()]);
    let created = machine.create();
    assert_eq!(created.commit.health, collapsed);
    let told: Vec<String> = created.findings.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["~/.claude.json: its MCP servers are gone"]);
    assert_eq!(machine.create().commit.health, collapsed, "it is not forgotten");
    let repository = machine.open().expect("opens");
    let accepted = accept(&machine.plan(), &machine.state(&repository).lock().expect("locks"));
    let accepted: Vec<_> = accepted.expect("reads").iter().map(TreePath::shown).collect();
    assert_eq!(accepted, ["~/.claude.json"]);
    assert_eq!(machine.create().commit.health, Health::Ok);
}

#[test]
fn a_file_that_keeps_changing_is_told_and_the_rest_is_whole() {
    let machine = Machine::new();
    machine.plant(".claude/agents/busy", &vec![b'x'; 8 << 20]);
    let (path, stop) = (machine.home(".claude/agents/busy"), AtomicBool::new(false));
    let created = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let mut busy = sys::AppendFile::open(&path, Duration::ZERO).expect("opens");
                busy.append(b"more", false).expect("appends");
            }
        });
        let created = machine.create();
        stop.store(true, Ordering::Relaxed);
        created
    });
    let told: Vec<String> = created.findings.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["~/.claude/agents/busy: it changed while it was read"]);
    machine.assert_whole();
}

#[test]
fn a_store_that_is_not_mounted_makes_no_healthy_snapshot() {
    let machine = Machine::new();
    assert_eq!(machine.create().commit.health, Health::Ok, "none was ever there");
    machine.plant(".password-store/a.age", b"an entry");
    assert_eq!(machine.create().commit.health, Health::Ok);
    sys::remove(&machine.home(".password-store/a.age")).expect("removes");
    let created = machine.create();
    assert_eq!(created.commit.health, Health::Degraded(vec!["collapsed".to_owned()]));
    let told: Vec<String> = created.findings.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["~/.password-store: all that was in it is gone"]);
    assert!(created.findings[0].trouble.is_omission());
    machine.plant(".password-store/b.age", b"another");
    assert_eq!(machine.create().commit.health, Health::Ok);
}

#[test]
fn what_was_named_and_is_not_there_is_told() {
    let mut machine = Machine::new();
    let paths = vec![machine.home("notes"), machine.home("link")];
    symlink("nowhere", machine.home("link")).expect("links");
    let (name, exclude) = ("notes".to_owned(), Vec::new());
    machine.profiles = vec![Profile::Own(Own { name, paths, exclude, in_parts: false })];
    let told = |machine: &Machine| -> Vec<String> {
        machine.plan().skipped().iter().map(ToString::to_string).collect()
    };
    assert_eq!(told(&machine), ["~/notes: nothing is there", "~/link: nothing is there"]);
    machine.plant("notes/a", b"a note");
    machine.plant("nowhere", b"a file");
    assert_eq!(told(&machine), [""; 0]);
}

#[test]
fn credentials_are_taken_by_name_only() {
    let mut machine = Machine::bare();
    let all = [".claude/.credentials.json", ".codex/auth.json", ".mcp-auth/v/tokens.json"];
    all.iter().for_each(|name| machine.plant(name, b"{}"));
    machine.plant("elsewhere/mcp-oauth-tokens.json", b"{}");
    sys::create_folder(&machine.home(".gemini")).expect("makes");
    let link = machine.home(".gemini/mcp-oauth-tokens.json");
    symlink("../elsewhere/mcp-oauth-tokens.json", link).expect("links");
    let is_one = |name: &String| name.ends_with("json") && !name.ends_with(".claude.json");
    let taken = |machine: &Machine| -> Vec<String> {
        let mut names: Vec<String> = machine.names().into_iter().filter(is_one).collect();
        names.sort();
        names
    };
    machine.profiles = vec![Profile::Config, Profile::History];
    assert_eq!(taken(&machine), [""; 0]);
    assert_eq!(machine.plan().skipped().len(), 1);
    for profiles in [
        [Profile::Config, Profile::History, Profile::Credentials],
        [Profile::Credentials, Profile::History, Profile::Config],
    ] {
        machine.profiles = profiles.into();
        assert_eq!(taken(&machine), all.map(|name| format!("~/{name}")));
        let told: Vec<_> =
            machine.plan().skipped().iter().map(|found| found.path.shown()).collect();
        assert_eq!(told, ["~/.gemini/mcp-oauth-tokens.json"], "a link hides what it is");
    }
}
