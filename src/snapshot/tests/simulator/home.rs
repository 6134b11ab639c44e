//! The home, how it changes, and what it was when each snapshot was taken.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::crypto::Digest;
use crate::snapshot::tests::{Machine, below, content};
use crate::sys::{self, AppendFile};

use super::dice::Dice;

/// The files of a home, and what is in them.
pub(super) type Tree = BTreeMap<PathBuf, Vec<u8>>;

/// Knows of which home each commit was made.
#[derive(Default)]
pub(super) struct Witness {
    now: Mutex<Arc<Tree>>,
    trees: Mutex<HashMap<Digest, Arc<Tree>>>,
}

impl Witness {
    /// A snapshot is about to be taken of this.
    pub(super) fn looks_at(&self, tree: Tree) {
        *self.now.lock().expect("is sound") = Arc::new(tree);
    }

    /// Somebody is about to store a commit; who copies one stores one that is known.
    pub(super) fn sees(&self, commit: Digest) {
        let now = Arc::clone(&self.now.lock().expect("is sound"));
        self.trees.lock().expect("is sound").entry(commit).or_insert(now);
    }

    pub(super) fn tree(&self, commit: &Digest) -> Option<Arc<Tree>> {
        self.trees.lock().expect("is sound").get(commit).cloned()
    }
}

/// All that is there.
pub(super) fn look(home: &Path) -> Tree {
    let files = below(home).into_iter().filter(|path| path.is_file());
    let named = |path: PathBuf| {
        let name = path.strip_prefix(home).expect("is below").to_owned();
        (name, content(&path))
    };
    files.map(named).collect()
}

/// A change of the home, as Claude and its user make them.
#[derive(Clone, Copy)]
enum Change {
    Append,
    Configure,
    Delete,
    Fork,
    New,
    Overwrite,
    Replace,
}

const CHANGES: [(usize, Change); 7] = [
    (30, Change::Append),
    (10, Change::Configure),
    (10, Change::Delete),
    (10, Change::Fork),
    (15, Change::New),
    (10, Change::Overwrite),
    (10, Change::Replace),
];

const SESSIONS: &str = ".claude/projects/-srv";

/// Changes something.
pub(super) fn change(machine: &Machine, dice: &mut Dice) {
    let name = format!("{SESSIONS}/{}.jsonl", dice.roll(5));
    let path = machine.home(&name);
    let line = format!("{{\"line\": {:06}}}\n", dice.roll(1_000_000));
    match dice.weigh(&CHANGES) {
        Change::Configure => {
            let settings = format!("{{\"mcpServers\": {{}}, \"number\": {}}}\n", dice.roll(4));
            machine.plant(".claude.json", settings.as_bytes());
        }
        Change::Delete => sys::remove(&path).expect("removes"),
        Change::Append if path.exists() => append(&path, &line),
        Change::Overwrite if path.exists() => overwrite(machine, &name, &line),
        Change::Fork if path.exists() => {
            let fork = format!("{SESSIONS}/{}.jsonl", dice.roll(5));
            machine.plant(&fork, &[content(&path), line.into_bytes()].concat());
        }
        Change::Replace if path.exists() => machine.plant(&name, line.repeat(2).as_bytes()),
        Change::Append | Change::Fork | Change::New | Change::Overwrite | Change::Replace => {
            machine.plant(&name, line.as_bytes());
        }
    }
}

fn append(path: &Path, line: &str) {
    let mut file = AppendFile::open(path, Duration::ZERO).expect("opens");
    file.append(line.as_bytes(), false).expect("appends");
}

/// Changes the first line, and neither the size nor the name.
fn overwrite(machine: &Machine, name: &str, line: &str) {
    let home = sys::Folder::open(&machine.path("home")).expect("opens").expect("is there");
    home.write_into(Path::new(name), 0, line.as_bytes()).expect("writes");
}
