//! What was restored is compared with the snapshot, to the last byte, right and link; and what one
//! needs is fetched as files, or not at all.

use std::path::Path;

use crate::sys::{self, Finish, Folder};

use super::super::*;
use super::{Machine, content};

/// A home with something of every kind, restored.
struct Scene {
    machine: Machine,
    restored: Restored,
}

impl Scene {
    fn new() -> Self {
        let mut machine = Machine::new();
        machine.profiles = vec![Profile::Config, Profile::History];
        machine.plant(".claude/projects/-srv/bulky.jsonl", &[b'a'; 100_000]);
        machine.plant(".claude/agents/one.md", b"one\n");
        let agents = folder(&machine.home(".claude/agents"));
        agents.make_link(Path::new("link.md"), b"one.md", (0, 0)).expect("links");
        agents.make_hard_link(Path::new("one.md"), Path::new("two.md")).expect("links");
        machine.create();
        let restored = machine.with_restoration(|restoration| {
            restoration.to(&machine.path("target")).expect("restores")
        });
        Self { machine, restored }
    }

    fn likeness(&self, by: By<'_>) -> Likeness {
        let target = self.machine.path("target");
        let compare = |restoration: &Restoration<'_>| restoration.compare(&target, by, &|| Ok(()));
        self.machine.with_restoration(|restoration| compare(restoration).expect("looks"))
    }

    fn different(&self) -> Vec<(String, &'static str)> {
        let told = |one: Difference| (one.path, one.why);
        self.likeness(By::Us(&self.restored)).different.into_iter().map(told).collect()
    }

    fn home(&self) -> Folder {
        folder(&self.machine.path("target/HOME"))
    }

    /// Another content, and everything else as it was.
    fn exchange(&self, name: &str, bytes: &[u8]) {
        let facts = self.facts(name);
        self.remove(name);
        let finish = Finish { mode: facts.mode, mtime: Some(facts.mtime) };
        self.home().make_file(Path::new(name), finish, &mut &bytes[..]).expect("writes");
    }

    fn give_mode(&self, name: &str, mode: u32) {
        let finish = Finish { mode, mtime: Some(self.facts(name).mtime) };
        self.home().finish_file(Path::new(name), finish).expect("is ours");
    }

    fn remove(&self, name: &str) {
        self.home().remove(Path::new(name)).expect("is ours");
    }

    fn facts(&self, name: &str) -> sys::Facts {
        let path = self.machine.path("target/HOME").join(name);
        sys::facts(&path).expect("looks").expect("is there")
    }
}

fn folder(path: &Path) -> Folder {
    Folder::open(path).expect("opens").expect("is there")
}

impl Machine {
    fn with_restoration<T>(&self, work: impl FnOnce(&Restoration<'_>) -> T) -> T {
        let repository = self.open().expect("opens");
        let repositories = std::slice::from_ref(&repository);
        work(&Restoration {
            repositories,
            verified: &Verified::prove(repositories, None, None).expect("is signed"),
            identity: &self.identity,
            selection: &Selection::everything(),
            moved: None,
            state: &self.state(&repository),
        })
    }
}

#[test]
fn what_was_restored_is_what_the_snapshot_has() {
    let scene = Scene::new();
    let likeness = scene.likeness(By::Us(&scene.restored));
    assert_eq!(likeness.different, []);
    assert!(likeness.things >= 9 && likeness.bytes > 100_000, "{likeness:?}");
    assert_eq!(scene.likeness(By::Stock).different, []);
}

/// What is done to a restored home.
type Change = fn(&Scene);

/// Which of two names is the first depends on the file system.
const EITHER: &str = "~/.claude/agents/";

/// Each leaves everything else as it was; and what is seen of it.
const CHANGES: [(Change, (&str, &str)); 9] = [
    (
        |scene| scene.exchange(".claude/agents/a.md", b"an 4gent\n"),
        ("~/.claude/agents/a.md", "its content is another"),
    ),
    (
        |scene| {
            let mut bytes = vec![b'a'; 100_000];
            bytes[77_777] = b'b';
            scene.exchange(".claude/projects/-srv/bulky.jsonl", &bytes);
        },
        ("~/.claude/projects/-srv/bulky.jsonl", "its content is another"),
    ),
    (
        |scene| scene.exchange(".claude/agents/a.md", b"longer than it was\n"),
        ("~/.claude/agents/a.md", "it has another size"),
    ),
    (
        |scene| scene.give_mode(".claude/agents/a.md", 0o4600),
        ("~/.claude/agents/a.md", "it has other rights"),
    ),
    (|scene| scene.give_mode(".claude/agents", 0o755), ("~/.claude/agents", "it has other rights")),
    (|scene| scene.remove(".claude.json"), ("~/.claude.json", "it did not come back")),
    (
        |scene| {
            let link = ".claude/agents/link.md";
            scene.remove(link);
            scene.home().make_link(Path::new(link), b"elsewhere", (0, 0)).expect("links");
        },
        ("~/.claude/agents/link.md", "it leads elsewhere"),
    ),
    (
        |scene| {
            let bytes = content(&scene.machine.path("target/HOME/.claude/agents/one.md"));
            scene.exchange(".claude/agents/two.md", &bytes);
        },
        (EITHER, "it is no other name of the same file"),
    ),
    (
        |scene| {
            let more = scene.machine.path("target/HOME/.claude/more");
            sys::write_private(&more, b"x").expect("writes");
        },
        ("HOME/.claude/more", "it is not in the snapshot"),
    ),
];

#[test]
fn every_difference_is_seen() {
    for (change, (path, why)) in CHANGES {
        let scene = Scene::new();
        change(&scene);
        let found = scene.different();
        let is_there = |one: &str| one == path || path == EITHER && one.starts_with(path);
        let is_it = |one: &(String, &str)| one.1 == why && is_there(&one.0);
        assert!(found.iter().any(is_it), "{path}, {why}: {found:?}");
    }
}

#[test]
fn what_was_not_in_order_when_it_was_taken_is_told() {
    let machine = Machine::new();
    machine.plant(".claude.json", b"{\"mcpServers\": {");
    machine.create();
    let target = machine.path("target");
    let likeness = machine.with_restoration(|restoration| {
        let restored = restoration.to(&target).expect("restores");
        restoration.compare(&target, By::Us(&restored), &|| Ok(())).expect("looks")
    });
    let told: Vec<String> =
        likeness.findings.iter().map(|told| format!("{}: {}", told.path, told.why)).collect();
    assert_eq!(told, ["~/.claude.json: it is not valid JSON"]);
}

#[test]
fn what_one_snapshot_needs_is_fetched_as_it_was_signed_or_not_at_all() {
    let machine = Machine::with_snapshots(2);
    let repository = machine.open().expect("opens");
    let all = std::slice::from_ref(&repository);
    let newest = Verified::prove(all, None, None).expect("is signed");
    let fetch = |name: &str| {
        let path = machine.path(name);
        sys::create_folder(&path).expect("makes");
        repository.fetch(newest.commit(), &folder(&path), &|| Ok(())).map(|()| path)
    };
    let path = fetch("one").expect("fetches");
    for named in newest.commit().needs() {
        let here = content(&path.join(named.name.as_path()));
        assert_eq!(here, machine.storage.bytes(&named.name));
    }
    let count = sys::names_in(&path.join("commits")).expect("lists").len();
    assert_eq!(count, 2, "a commit and its signature");
    assert!(path.join("restore.sh").is_file() && path.join("vaultctl-repo.sig").is_file());
    for name in [
        repository::snapshot_name(&newest.commit().object.digest),
        "restore.sh".parse().expect("is one"),
    ] {
        let whole = machine.storage.bytes(&name);
        let mut other = whole.clone();
        other[3] ^= 1;
        machine.storage.tamper(&name, other);
        assert!(
            matches!(fetch(&format!("not-{}", name.last())), Err(Error::Damaged { object, .. }) if object == name.as_str())
        );
        machine.storage.tamper(&name, whole);
    }
}
