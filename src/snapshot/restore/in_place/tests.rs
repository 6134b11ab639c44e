//! Wherever it is stopped, everything is somewhere, and the next run finishes it.

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::scope;
use std::time::Duration;

use super::*;

/// A home with old things, and a folder with new ones.
struct Scene {
    root: tempfile::TempDir,
    list: List,
}

/// What changes places; the last one is not in the home yet.
const PATHS: [&str; 3] = ["HOME/.claude", "HOME/.claude.json", "HOME/.config/new/file"];

impl Scene {
    fn new() -> Self {
        let mut scene = Self {
            root: tempfile::tempdir().expect("a folder"),
            list: List { snapshot: "s".to_owned(), units: Vec::new() },
        };
        scene.write("home/.claude/old", "old");
        scene.write("home/.claude.json", "old");
        scene.write("home/.before-restore-x/HOME/.claude/new", "new");
        scene.write("home/.before-restore-x/HOME/.claude.json", "new");
        scene.write("home/.before-restore-x/HOME/.config/new/file", "new");
        for path in PATHS {
            let path = TreePath::parse(path.as_bytes()).expect("is one");
            let staged = scene.kept().join(path.as_path());
            let inode = sys::inode(&staged).expect("looks").expect("is there");
            scene.list.units.push(Unit { path, inode });
        }
        sys::write_private(&scene.kept().join(LIST), &scene.list.render()).expect("writes");
        scene
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.root.path().join(name);
        sys::create_folder(path.parent().expect("has one")).expect("makes");
        sys::write_private(&path, text.as_bytes()).expect("writes");
    }

    fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    fn kept(&self) -> PathBuf {
        self.home().join(".before-restore-x")
    }

    fn with<T>(&self, action: impl FnOnce(&Exchange<'_>) -> T) -> T {
        let (home, main, kept) = (self.home(), self.home().join(".claude.json"), self.kept());
        action(&Exchange { home: &home, main: &main, kept: &kept })
    }

    fn places(&self, number: usize) -> (PathBuf, PathBuf) {
        self.with(|exchange| exchange.places(&self.list.units[number]))
    }

    fn read(path: &Path) -> Option<Vec<u8>> {
        sys::read(path, 100).expect("reads")
    }

    fn assert_finished(&self) {
        assert_eq!(Self::read(&self.home().join(".claude/new")), Some(b"new".to_vec()));
        assert_eq!(Self::read(&self.home().join(".claude.json")), Some(b"new".to_vec()));
        assert_eq!(Self::read(&self.home().join(".config/new/file")), Some(b"new".to_vec()));
        assert_eq!(Self::read(&self.kept().join("HOME/.claude/old")), Some(b"old".to_vec()));
        assert_eq!(Self::read(&self.kept().join("HOME/.claude.json")), Some(b"old".to_vec()));
        assert_eq!(sys::names_in(&self.kept()).expect("lists"), ["HOME"]);
        assert_eq!(
            sys::names_in(&self.kept().join("HOME")).expect("lists"),
            [".claude", ".claude.json"]
        );
    }

    fn assert_untouched(&self) {
        assert_eq!(Self::read(&self.home().join(".claude/old")), Some(b"old".to_vec()));
        assert_eq!(Self::read(&self.home().join(".claude.json")), Some(b"old".to_vec()));
        assert!(!sys::exists(&self.kept()));
    }
}

#[test]
fn what_was_stopped_after_any_step_is_finished() {
    for done in 0..=PATHS.len() {
        let scene = Scene::new();
        let settle = |unit: &Unit| scene.with(|exchange| exchange.settle(unit)).expect("settles");
        scene.list.units[..done].iter().for_each(settle);
        assert!(matches!(begin(&scene.home()), Err(Error::Unfinished(_))), "after {done}");
        let list = List::read(&scene.kept().join(LIST)).expect("reads");
        scene.with(|exchange| exchange.go_on(&list)).expect("goes on");
        scene.assert_finished();
        drop(begin(&scene.home()).expect("nothing is unfinished"));
    }
}

/// The steps of a file system that can not exchange.
#[test]
fn what_was_stopped_half_way_through_a_step_is_finished() {
    for number in 0..2 {
        for steps in 1..=3 {
            let scene = Scene::new();
            let (staged, live) = scene.places(number);
            let aside = aside(&staged);
            let moves = [(&live, &aside), (&staged, &live), (&aside, &staged)];
            let step = |(from, to): &(&PathBuf, &PathBuf)| sys::move_new(from, to).expect("moves");
            moves[..steps].iter().for_each(step);
            scene.with(|exchange| exchange.go_on(&scene.list)).expect("goes on");
            scene.assert_finished();
        }
    }
}

#[test]
fn what_fails_is_taken_back() {
    let scene = Scene::new();
    // Something comes to lie where the last one should go, and is a file where a folder should be.
    scene.write("home/.config", "in the way");
    scene.with(|exchange| exchange.run(&scene.list, &|| Ok(()))).expect_err("can not be made");
    scene.assert_untouched();
}

#[test]
fn what_is_not_agreed_with_is_taken_back() {
    let scene = Scene::new();
    let disagree = || Err(Error::Busy("x".to_owned()));
    scene.with(|exchange| exchange.run(&scene.list, &disagree)).expect_err("is not agreed");
    scene.assert_untouched();
}

#[test]
fn half_a_step_is_taken_back_too() {
    for number in 0..2 {
        let scene = Scene::new();
        let (staged, live) = scene.places(number);
        sys::move_new(&live, &aside(&staged)).expect("moves");
        scene.with(|exchange| exchange.take_back(&scene.list.units[number])).expect("takes back");
        scene.with(|exchange| exchange.discard(&scene.list));
        scene.assert_untouched();
    }
}

/// Does `work` while somebody holds the lock who lives, and says so, as the convention is.
fn while_renewed<T>(mut held: FolderLock, work: impl FnOnce() -> T) -> T {
    let (done, is_done) = channel::<()>();
    scope(|scope| {
        scope.spawn(move || {
            while is_done.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                assert!(held.renew(), "it was taken from us");
            }
        });
        let answer = work();
        drop(done);
        answer
    })
}

#[test]
fn claude_writes_undisturbed() {
    let scene = Scene::new();
    let lock = scene.home().join(".claude.json.lock");
    let held = FolderLock::take(&lock, Duration::ZERO).expect("is free");
    let refused =
        while_renewed(held, || scene.with(|exchange| exchange.run(&scene.list, &|| Ok(()))));
    assert!(matches!(refused, Err(Error::Busy(_))));
    scene.assert_untouched();
    let scene = Scene::new();
    scene.with(|exchange| exchange.run(&scene.list, &|| Ok(()))).expect("exchanges");
    scene.assert_finished();
    assert!(!sys::exists(&scene.home().join(".claude.json.lock")));
}

#[test]
fn a_list_that_is_not_whole_changes_nothing() {
    let scene = Scene::new();
    scene.write("home/.before-restore-x/UNFINISHED", "vaultctl-restore 1\nsnapshot s\nunit 1 48");
    assert!(List::read(&scene.kept().join(LIST)).is_err());
    assert!(matches!(begin(&scene.home()), Err(Error::Unfinished(_))));
}
