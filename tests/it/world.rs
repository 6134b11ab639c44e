//! A private world for one test: a home of its own, an environment of its own, secrets that can be
//! recognised, and a last look for leaks when it goes.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::oracle::{Oracle, everything_below};
use super::shell::Step;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_vaultctl");

/// A throwaway machine, as far as files and variables go.
pub(crate) struct World {
    root: TempDir,
    oracle: Oracle,
    canary: String,
    planted: RefCell<BTreeSet<PathBuf>>,
    forgotten: bool,
}

impl World {
    /// An empty home.
    pub(crate) fn new() -> Self {
        let root =
            tempfile::Builder::new().prefix("vaultctl-").tempdir().expect("a temporary folder");
        for folder in ["home", "home/.gnupg", "tmp"] {
            private_folder(&root.path().join(folder));
        }
        let canary = new_canary();
        Self {
            root,
            oracle: Oracle::new(&canary),
            canary,
            planted: RefCell::default(),
            forgotten: false,
        }
    }

    /// A home with a store, made by `vaultctl init`.
    pub(crate) fn with_store() -> Self {
        let world = Self::new();
        // It shows the recovery identity, once.
        drop(world.sh("vaultctl init").reveal().ok());
        world
    }

    /// The mark that every secret of this world bears.
    pub(crate) fn canary(&self) -> &str {
        &self.canary
    }

    /// A path below the home, which is also where commands start.
    pub(crate) fn path(&self, below: impl AsRef<Path>) -> PathBuf {
        self.root.path().join("home").join(below)
    }

    /// Puts a file into the home, with its folders. A secret in it is there on purpose.
    pub(crate) fn plant(&self, below: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(below);
        fs::create_dir_all(path.parent().expect("it is below the home"))
            .expect("the folder is made");
        fs::write(&path, content).expect("the file is written");
        self.planted.borrow_mut().insert(path.clone());
        path
    }

    /// Adds a shell script to the programs of this world.
    pub(crate) fn script(&self, name: &str, body: &str) {
        let path = self.plant(&format!("bin/{name}"), format!("#!/bin/sh\n{body}\n"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).expect("it is ours");
    }

    /// Gives a program another name in this world.
    pub(crate) fn link(&self, name: &str, program: &Path) {
        fs::create_dir_all(self.path("bin")).expect("the folder is made");
        symlink(program, self.path("bin").join(name)).expect("the name is free");
    }

    /// A command line for this world's shell.
    pub(crate) fn sh(&self, script: &str) -> Step<'_> {
        Step::new(self, script)
    }

    /// A program that lives in this world.
    pub(crate) fn command(&self, program: impl Into<OsString>) -> Command {
        let mut command = Command::new(program.into());
        command.env_clear().envs(self.variables()).current_dir(self.path(""));
        command
    }

    pub(crate) fn oracle(&self) -> &Oracle {
        &self.oracle
    }

    /// Every secret that is left where it should not be.
    pub(crate) fn leaks(&self) -> Vec<String> {
        self.oracle.inspect(self.root.path(), &self.planted.borrow())
    }

    /// Every secret that is anywhere in the clear, in files that were planted with it too.
    pub(crate) fn leaks_anywhere(&self) -> Vec<String> {
        self.oracle.inspect(self.root.path(), &BTreeSet::new())
    }

    /// One number for everything in the home but the state folder, where the access log grows.
    pub(crate) fn fingerprint(&self) -> u64 {
        let state = self.path(".local");
        let mut hasher = DefaultHasher::new();
        let mut paths = everything_below(&self.path(""));
        paths.sort();
        for path in paths.iter().filter(|path| !path.starts_with(&state)) {
            let item = path.symlink_metadata().expect("nothing else changes this home");
            (path, item.mode(), fs::read(path).ok(), fs::read_link(path).ok()).hash(&mut hasher);
        }
        hasher.finish()
    }

    /// Ends this world without the last look: its leaks have been told.
    pub(crate) fn forget(mut self) {
        self.forgotten = true;
    }

    fn variables(&self) -> Vec<(&'static str, OsString)> {
        vec![
            ("GIT_CONFIG_GLOBAL", self.path(".gitconfig").into()),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
            ("GNUPGHOME", self.path(".gnupg").into()),
            ("HOME", self.root.path().join("home").into()),
            ("LANG", "C.UTF-8".into()),
            ("PATH", self.search_path()),
            ("TERM", "dumb".into()),
            ("TMPDIR", self.root.path().join("tmp").into()),
            ("USER", "ann".into()),
        ]
    }

    /// What the world has of its own, then the built program, then whatever the caller finds
    /// programs with: tools need not be in the same place on every machine.
    fn search_path(&self) -> OsString {
        let built = Path::new(PROGRAM).parent().expect("a program is in a folder").to_owned();
        let callers = std::env::var_os("PATH").expect("PATH is set");
        let folders = [self.path("bin"), built].into_iter().chain(std::env::split_paths(&callers));
        std::env::join_paths(folders).expect("it came from a PATH")
    }
}

impl Drop for World {
    /// The last look: a test that has passed so far fails if it left a secret in the clear.
    fn drop(&mut self) {
        if self.path(".gnupg/pubring.kbx").exists() {
            drop(self.command("gpgconf").args(["--kill", "all"]).status());
        }
        let leaks =
            if self.forgotten || std::thread::panicking() { Vec::new() } else { self.leaks() };
        assert!(leaks.is_empty(), "secrets were left in the clear:\n{}", leaks.join("\n"));
    }
}

fn private_folder(path: &Path) {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(path).expect("the folder is made");
}

/// Letters and digits only: quoting, JSON and URLs leave it as it is, so that it is found there too.
fn new_canary() -> String {
    format!("cnry{}", vaultctl::sys::random_hex(10))
}
