//! How much of a snapshot comes back, under which names, and from which place.

use std::path::Path;

use crate::storage::{Memory, ObjectName, Storage};
use crate::sys;

use super::super::*;
use super::{Machine, content};

impl Machine {
    /// With transcripts, too.
    fn with_history() -> Self {
        let machine = Self { profiles: vec![Profile::Config, Profile::History], ..Self::new() };
        machine.plant(".claude/projects/-home-ann-x/5e.jsonl", b"{\"one\": 1}\n");
        machine.plant(".claude/projects/-home-ann-x/5e/subagents/a.jsonl", b"{\"sub\": 1}\n");
        machine.plant(".claude/projects/-home-ann-x/6f.jsonl", b"{\"other\": 1}\n");
        machine.plant(".claude/projects/-home-anna/7a.jsonl", b"{\"third\": 1}\n");
        machine.create();
        machine
    }

    /// Restores to `target` as a test wants it.
    fn restore_some(
        &self,
        wanted: Vec<Wanted>,
        moved: Option<&MovedHome>,
    ) -> Result<Restored, Error> {
        let repository = self.open()?;
        self.restore_from(std::slice::from_ref(&repository), &Selection::only(wanted), moved)
    }

    fn restore_from(
        &self,
        repositories: &[Repository<'_>],
        selection: &Selection,
        moved: Option<&MovedHome>,
    ) -> Result<Restored, Error> {
        let verified = &Verified::prove(repositories, None, None)?;
        let identity = &self.identity;
        let state = &self.state(&repositories[0]);
        let restoration = Restoration { repositories, verified, identity, selection, moved, state };
        restoration.to(&self.path("target"))
    }

    /// Every file of the target.
    fn files(&self) -> Vec<String> {
        let root = self.path("target");
        let mut paths = super::below(&root);
        paths.retain(|path| path.is_file());
        let below = |path: &Path| path.strip_prefix(&root).map(|path| path.display().to_string());
        let mut names: Vec<String> = paths.iter().flat_map(|path| below(path)).collect();
        names.sort();
        names
    }
}

fn path(text: &str) -> Wanted {
    Wanted::Path(TreePath::parse(text.as_bytes()).expect("is one"))
}

#[test]
fn what_was_chosen_comes_back_and_nothing_else() {
    let machine = Machine::with_history();
    let projects = "HOME/.claude/projects/-home-ann-x";
    for (wanted, expected) in [
        (vec![path("HOME/.claude.json")], vec!["HOME/.claude.json".to_owned()]),
        (vec![Wanted::Mcp], vec!["HOME/.claude.json".to_owned()]),
        (
            vec![Wanted::Session("5e".parse().expect("is one"))],
            vec![format!("{projects}/5e.jsonl"), format!("{projects}/5e/subagents/a.jsonl")],
        ),
        (
            vec![path("HOME/.claude/agents"), path(&format!("{projects}/6f.jsonl"))],
            vec!["HOME/.claude/agents/a.md".to_owned(), format!("{projects}/6f.jsonl")],
        ),
    ] {
        machine.restore_some(wanted.clone(), None).expect("restores");
        assert_eq!(machine.files(), expected, "{wanted:?}");
        let root = sys::Folder::open(&machine.path("")).expect("opens").expect("is there");
        root.remove_folder(Path::new("target")).expect("removes");
    }
}

#[test]
fn what_is_not_there_is_told_and_nothing_is_made() {
    let machine = Machine::with_history();
    let before = machine.everything();
    let refused = machine.restore_some(vec![Wanted::Mcp, path("HOME/.claude/agent")], None);
    assert!(matches!(refused, Err(Error::NothingOf(what)) if what == "~/.claude/agent"));
    assert_eq!(machine.everything(), before);
}

#[test]
fn another_name_of_a_file_brings_its_content_when_it_comes_alone() {
    let machine = Machine::with_history();
    let home = sys::Folder::open(&machine.home("")).expect("opens").expect("is there");
    let link = |first: &str, other: &str| {
        home.make_hard_link(Path::new(first), Path::new(other)).expect("links");
    };
    // The walk goes backwards: `z` is stored, the others are its other names.
    link(".claude/agents/a.md", ".claude/agents/z.md");
    link(".claude/projects/-home-ann-x/5e.jsonl", ".claude/projects/-home-ann-x/0.jsonl");
    link(".claude/projects/-home-ann-x/5e.jsonl", ".claude/projects/-home-ann-x/1.jsonl");
    machine.create();
    let projects = "HOME/.claude/projects/-home-ann-x";
    let wanted = [
        "HOME/.claude/agents/a.md".to_owned(),
        format!("{projects}/0.jsonl"),
        format!("{projects}/1.jsonl"),
    ];
    machine.restore_some(wanted.iter().map(|name| path(name)).collect(), None).expect("restores");
    assert_eq!(machine.files(), wanted);
    let restored = |name: &str| machine.path("target").join(name);
    assert_eq!(content(&restored(&wanted[0])), b"an agent\n");
    assert_eq!(content(&restored(&wanted[1])), b"{\"one\": 1}\n");
    let place = |name: &str| sys::facts(&restored(name)).expect("looks").expect("is there").place;
    assert_eq!(place(&wanted[1]), place(&wanted[2]));
}

#[test]
fn projects_are_renamed_with_the_home() {
    let machine = Machine::with_history();
    let moved = MovedHome::parse("/home/ann=/Users/ann").expect("is one");
    machine.restore_some(Vec::new(), Some(&moved)).expect("restores");
    let projects = "HOME/.claude/projects";
    for expected in
        ["-Users-ann-x/5e.jsonl", "-Users-ann-x/5e/subagents/a.jsonl", "-home-anna/7a.jsonl"]
    {
        assert!(machine.files().contains(&format!("{projects}/{expected}")), "{expected}");
    }
    assert!(!machine.path("target").join(projects).join("-home-ann-x").exists());
}

#[test]
fn two_that_would_have_one_name_are_refused() {
    let machine = Machine::with_history();
    machine.plant(".claude/projects/-Users-ann-x/5e.jsonl", b"{}\n");
    machine.create();
    let moved = MovedHome::parse("/home/ann=/Users/ann").expect("is one");
    let refused = machine.restore_some(Vec::new(), Some(&moved));
    assert!(refused.expect_err("is refused").to_string().contains("5e.jsonl"));
    assert!(!machine.path("target").exists());
}

/// A second place with the same bytes.
fn mirror(machine: &Machine) -> Memory {
    let mirror = Memory::default();
    machine
        .storage
        .names()
        .iter()
        .for_each(|name| mirror.tamper(name, machine.storage.bytes(name)));
    mirror
}

fn named(storage: &Memory, begin: &str) -> ObjectName {
    let names = storage.names();
    names.into_iter().find(|name| name.as_str().starts_with(begin)).expect("is there")
}

fn damage(storage: &Memory, begin: &str) {
    let name = named(storage, begin);
    let mut bytes = storage.bytes(&name);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    storage.tamper(&name, bytes);
}

/// Breaks the first object whose name begins so.
type Break = fn(&Memory, &str);

#[test]
fn what_one_place_lacks_comes_from_the_next() {
    let fingerprint = |machine: &Machine| machine.signer.verifier().fingerprint();
    let broken: [(&str, Break); 6] = [
        ("snaps/", damage),
        ("packs/", damage),
        ("commits/", damage),
        ("snaps/", |storage, begin| storage.delete(&named(storage, begin)).expect("deletes")),
        ("packs/", |storage, begin| storage.delete(&named(storage, begin)).expect("deletes")),
        ("packs/", |storage, begin| storage.tamper(&named(storage, begin), Vec::new())),
    ];
    for (begin, breaks) in broken {
        let machine = Machine::with_history();
        let mirror = mirror(&machine);
        breaks(&machine.storage, begin);
        let here = machine.open().expect("opens");
        let there = Repository::open(&mirror, fingerprint(&machine)).expect("opens");
        let alone =
            machine.restore_from(std::slice::from_ref(&here), &Selection::everything(), None);
        assert!(matches!(alone, Err(Error::Damaged { .. })), "{begin}");
        assert!(!machine.path("target").exists(), "{begin}");
        let both = [here, there];
        let restored =
            machine.restore_from(&both, &Selection::everything(), None).expect("restores");
        assert_eq!(restored.passed_over.len(), usize::from(begin != "commits/"), "{begin}");
        let transcript = machine.path("target/HOME/.claude/projects/-home-ann-x/5e.jsonl");
        assert_eq!(content(&transcript), b"{\"one\": 1}\n");
    }
}

#[test]
fn what_is_gone_everywhere_is_not_made_up() {
    let machine = Machine::with_history();
    let mirror = mirror(&machine);
    damage(&machine.storage, "packs/");
    damage(&mirror, "packs/");
    let there = Repository::open(&mirror, machine.signer.verifier().fingerprint()).expect("opens");
    let both = [machine.open().expect("opens"), there];
    let refused = machine.restore_from(&both, &Selection::everything(), None);
    assert!(matches!(refused, Err(Error::Damaged { .. })));
    assert!(!machine.path("target").exists());
    // What needs no pack is not affected.
    machine.restore_from(&both, &Selection::only(vec![Wanted::Mcp]), None).expect("restores");
}

#[test]
fn places_of_different_repositories_are_no_mirrors() {
    let (machine, other) = (Machine::with_history(), Memory::default());
    let other = Repository::init(&other, &machine.signer).expect("makes");
    let both = [machine.open().expect("opens"), other];
    let refused = Verified::prove(&both, None, None).err().expect("is refused");
    assert!(matches!(refused, Error::Another(..)));
}

#[test]
fn what_would_run_does_not_come_back() {
    let machine = Machine::new();
    machine.plant(
        ".password-store/.git/config",
        b"[core]\n\tfsmonitor = evil\n[remote \"o\"]\n\turl = x\n",
    );
    machine.plant(".password-store/.git/hooks/pre-commit", b"#!/bin/sh\n");
    machine.plant(".password-store/.git/HEAD", b"ref: refs/heads/main\n");
    machine.plant(".config/vaultctl/config.toml", b"[keys]\nplugins = [\"evil\"]\n");
    machine.create();
    let restored = machine.restore_some(Vec::new(), None).expect("restores");
    let target = |name: &str| machine.path("target/HOME").join(name);
    let config = content(&target(".password-store/.git/config"));
    assert_eq!(config, b"[core]\n\trepositoryformatversion = 0\n[remote \"o\"]\n\turl = \"x\"\n");
    assert_eq!(sys::names_in(&target(".password-store/.git/hooks")).expect("lists").len(), 0);
    assert_eq!(content(&target(".password-store/.git/HEAD")), b"ref: refs/heads/main\n");
    let settings = content(&target(".config/vaultctl/config.toml"));
    assert_eq!(settings, b"[keys]\n# restored: plugins = [\"evil\"]\n");
    let mut told: Vec<String> =
        restored.altered.iter().map(|altered| altered.path.shown()).collect();
    told.sort();
    assert_eq!(
        told,
        [
            "~/.config/vaultctl/config.toml",
            "~/.password-store/.git/config",
            "~/.password-store/.git/hooks/pre-commit"
        ]
    );
}
