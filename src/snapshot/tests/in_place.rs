//! A home is put back to what it was, over what it has become.

use jiff::Timestamp;

use std::path::PathBuf;

use crate::sys;

use super::super::*;
use super::{BEGIN, Machine, content};

impl Machine {
    fn restore_in_place(&self, wanted: Vec<Wanted>) -> Result<Replaced, Error> {
        self.at_site(wanted, |restoration, site| restoration.in_place(site))
    }

    fn dangers(&self) -> Vec<String> {
        let dangers = self.at_site(Vec::new(), |restoration, site| restoration.dangers(site));
        dangers.expect("looks").iter().map(ToString::to_string).collect()
    }

    fn at_site<T>(
        &self,
        wanted: Vec<Wanted>,
        action: impl FnOnce(&Restoration<'_>, &Site<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let repository = self.open()?;
        let repositories = std::slice::from_ref(&repository);
        let restoration = Restoration {
            repositories,
            verified: &Verified::prove(repositories, None, None)?,
            identity: &self.identity,
            selection: &Selection::only(wanted),
            moved: None,
            state: &self.state(&repository),
        };
        let places = self.places();
        let at = Timestamp::from_second(BEGIN).expect("in range");
        action(&restoration, &Site::of(&places, &self.profiles, at))
    }

    fn kept(&self, below: &str) -> PathBuf {
        self.home(".before-restore-20270115T080000Z").join("HOME").join(below)
    }

    /// With everything that a home may have, a snapshot of it, and changes afterwards.
    fn changed() -> Self {
        let machine = Self { profiles: vec![Profile::Config, Profile::History], ..Self::new() };
        machine.plant(".claude/projects/-x/a.jsonl", b"{}\n");
        machine.plant(".claude/debug/log", b"before");
        machine.plant(".claude/.credentials.json", b"{}");
        machine.plant(".password-store/a.age", b"old entry");
        machine.plant(".cursor/mcp.json", b"{}");
        machine.create();
        machine.plant(".claude/agents/a.md", b"changed\n");
        machine.plant(".claude/agents/new.md", b"new\n");
        machine.plant(".claude/debug/log", b"after");
        machine.plant(".claude/plugins/marketplaces/m/x", b"clone");
        machine.plant(".password-store/a.age", b"new entry");
        machine.plant(".cursor/other", b"not taken");
        sys::remove(&machine.home(".claude.json")).expect("removes");
        machine
    }
}

#[test]
fn a_home_is_put_back_and_what_it_was_is_kept() {
    let machine = Machine::changed();
    let log = sys::inode(&machine.home(".claude/debug/log")).expect("looks");
    let replaced = machine.restore_in_place(Vec::new()).expect("restores");
    assert_eq!(replaced.kept, Some(machine.home(".before-restore-20270115T080000Z")));
    for (name, expected) in [
        (".claude.json", &b"{\"mcpServers\": {}}\n"[..]),
        (".claude/agents/a.md", b"an agent\n"),
        (".claude/projects/-x/a.jsonl", b"{}\n"),
        (".password-store/a.age", b"old entry"),
        // What the profiles leave out.
        (".claude/debug/log", b"after"),
        (".claude/.credentials.json", b"{}"),
        (".claude/plugins/marketplaces/m/x", b"clone"),
        (".cursor/other", b"not taken"),
    ] {
        assert_eq!(content(&machine.home(name)), expected, "{name}");
    }
    assert_eq!(sys::inode(&machine.home(".claude/debug/log")).expect("looks"), log);
    assert!(!sys::exists(&machine.home(".claude/agents/new.md")));
    for (name, expected) in [
        (".claude/agents/a.md", &b"changed\n"[..]),
        (".claude/agents/new.md", b"new\n"),
        (".password-store/a.age", b"new entry"),
        (".cursor/mcp.json", b"{}"),
    ] {
        assert_eq!(content(&machine.kept(name)), expected, "{name}");
    }
    assert!(!sys::exists(&machine.kept(".claude.json")), "there was none");
    assert!(!sys::exists(&machine.home(".claude.json.lock")));
}

#[test]
fn only_what_was_chosen_changes_places() {
    let machine = Machine::changed();
    let path = TreePath::parse(b"HOME/.claude/agents").expect("is one");
    machine.restore_in_place(vec![Wanted::Path(path), Wanted::Mcp]).expect("restores");
    assert_eq!(content(&machine.home(".claude/agents/a.md")), b"an agent\n");
    assert!(!sys::exists(&machine.home(".claude/agents/new.md")));
    assert_eq!(content(&machine.kept(".claude/agents/new.md")), b"new\n");
    assert_eq!(content(&machine.home(".claude.json")), b"{\"mcpServers\": {}}\n");
    assert_eq!(content(&machine.home(".password-store/a.age")), b"new entry");
    assert_eq!(content(&machine.home(".claude/debug/log")), b"after");
}

#[test]
fn a_bare_home_gets_everything_and_nothing_is_kept() {
    let machine = Machine::changed();
    let root = sys::Folder::open(&machine.path("")).expect("opens").expect("is there");
    root.remove_folder(std::path::Path::new("home")).expect("removes");
    root.create_folder(std::path::Path::new("home")).expect("makes");
    let replaced = machine.restore_in_place(Vec::new()).expect("restores");
    assert_eq!(replaced.kept, None);
    assert_eq!(content(&machine.home(".claude/agents/a.md")), b"an agent\n");
    assert_eq!(content(&machine.home(".cursor/mcp.json")), b"{}");
    let names = sys::names_in(&machine.home("")).expect("lists");
    assert_eq!(names, [".claude", ".claude.json", ".cursor", ".password-store"]);
}

#[test]
fn damage_changes_nothing() {
    let machine = Machine::changed();
    for name in machine.storage.names() {
        if name.as_str().starts_with("packs/") {
            machine.storage.tamper(&name, Vec::new());
        }
    }
    let before = machine.everything();
    assert!(matches!(machine.restore_in_place(Vec::new()), Err(Error::Damaged { .. })));
    assert_eq!(machine.everything(), before);
}

#[test]
fn what_would_run_is_told_before() {
    let machine = Machine::new();
    machine.plant(".claude.json", br#"{"mcpServers": {"x": {"command": "npx"}}}"#);
    machine.plant(".password-store/.age-recipients", b"age1one\n");
    machine.plant(".claude/settings.json", br#"{"permissions": {"deny": ["Read"]}}"#);
    machine.create();
    assert_eq!(machine.dangers(), Vec::<String>::new());
    machine.plant(".claude.json", br#"{"mcpServers": {"x": {"command": "other"}}}"#);
    machine.plant(".password-store/.age-recipients", b"age1two\n");
    machine.plant(".claude/settings.local.json", br#"{"permissions": {"deny": ["Bash"]}}"#);
    assert_eq!(
        machine.dangers(),
        [
            r#"~/.claude.json /mcpServers/x/command: "other" -> "npx""#,
            r#"~/.claude/settings.local.json /permissions/deny/0: "Bash" -> nothing"#,
            "~/.password-store/.age-recipients age1one: nothing -> there",
            "~/.password-store/.age-recipients age1two: there -> nothing",
        ]
    );
}

/// The same when everything of Claude's folder is stored in parts.
#[test]
fn what_lies_in_packs_is_looked_into() {
    let machine = Machine { profiles: vec![Profile::History], ..Machine::new() };
    machine.plant(".claude/settings.json", br#"{"statusLine": {"command": "x"}}"#);
    machine.create();
    sys::remove(&machine.home(".claude/settings.json")).expect("removes");
    assert_eq!(
        machine.dangers(),
        [r#"~/.claude/settings.json /statusLine/command: nothing -> "x""#]
    );
}
