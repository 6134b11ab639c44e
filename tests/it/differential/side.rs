//! One side of the comparison: a home with keys and a `pass`, what a command line shows there, and
//! what it leaves.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::opened::open_all;
use super::sequence::{Line, Shown};
use super::side_by_side;
use crate::keyring::Keyring;
use crate::oracle::everything_below;
use crate::world::World;

/// What belongs to the side and not to a sequence; the first of these outlive it.
const LASTING: [&str; 3] = [".gnupg", ".gitconfig", "bin"];
const APART: [&str; 7] = [".gnupg", ".gitconfig", "bin", ".setting", ".config", ".local", ".cache"];

/// Our signatures are beside the entries, in a folder that `pass` does not have.
const OURS: &str = ".vaultctl";

/// Editors that need no person. Each is given the file as its last argument.
const EDITORS: [(&str, &str); 6] = [
    ("append", "echo added >> \"$file\""),
    ("replace", "echo replaced > \"$file\""),
    ("anew", "echo anew > \"$file.new\"; mv \"$file.new\" \"$file\"; echo x > \"$file~\""),
    ("empty", ": > \"$file\""),
    ("same", ":"),
    ("forget", "rm \"$file\""),
];

/// How messages of `pass` itself begin, on standard error; the rest there is said by its helpers.
const WORDS: [&str; 10] = [
    "Error: ",
    "Usage: ",
    "pass: ",
    "Password ",
    "Signature ",
    "New password ",
    "Clip location ",
    "There is no ",
    "Could not ",
    "    pass init ",
];

const BANNER: &str = "pass: the standard unix password manager";

/// How lines of `git commit` and of the `git status` in it begin.
const CHATTER: [&str; 17] = [
    " create mode ",
    " delete mode ",
    " mode change ",
    " rename ",
    " rewrite ",
    " copy ",
    "On branch ",
    "No commits yet",
    "Initial commit",
    "Untracked files:",
    "Changes not staged ",
    "Changes to be committed:",
    "nothing to commit",
    "nothing added to commit",
    "no changes added to commit",
    "  (use \"git ",
    "\t",
];

/// What a command line showed.
pub(super) struct Seen {
    pub(super) status: i32,
    stdout: Vec<String>,
    stderr: Vec<String>,
}

impl Seen {
    /// Whether `ours` does as this. Where `pass` leaves it to `mv`, `cp` or `rm` to say what is
    /// wrong, others may say it in their own way.
    pub(super) fn allows(&self, ours: &Self) -> bool {
        let left_to_helpers = self.status != 0 && self.stderr.is_empty();
        self.status == ours.status
            && self.stdout == ours.stdout
            && (self.stderr == ours.stderr || left_to_helpers)
    }

    /// Whether it ended because nothing says to whom an entry is encrypted.
    pub(super) fn names_nobody(&self) -> bool {
        self.stderr.iter().any(|line| line.starts_with("Error: You must run:"))
    }

    /// What is not the same in both, one below the other.
    pub(super) fn told_beside(&self, ours: &Self) -> String {
        let streams = [(&self.stdout, &ours.stdout), (&self.stderr, &ours.stderr)];
        let differing = streams.iter().filter(|(real, ours)| real != ours);
        differing
            .map(|(real, ours)| side_by_side(&format!("{real:?}"), &format!("{ours:?}")))
            .collect()
    }
}

/// What is in the home: each file, each repository, described in words.
pub(super) type State = BTreeMap<String, String>;

/// A world in which sequences run, one after the other.
pub(super) struct Side {
    world: World,
}

impl Side {
    /// A home with the keys; `program` is its `pass`, or whatever the caller's PATH finds.
    pub(super) fn new(program: Option<&Path>) -> Self {
        let world = Keyring::shared().home(program);
        for (name, body) in EDITORS {
            world.script(name, &format!("for file; do :; done\n{body}"));
        }
        Self { world }
    }

    /// Empties the home, and sets the variables for what follows.
    pub(super) fn begin(&self, setting: &str) {
        for item in fs::read_dir(self.world.path("")).expect("a home").flatten() {
            if !LASTING.iter().any(|name| item.file_name() == *name) {
                remove(&item.path());
            }
        }
        let own = format!("CANARY={}\n", self.world.canary());
        self.world.plant(".setting", format!("{own}{}{setting}", Keyring::shared().names));
    }

    pub(super) fn run(&self, line: &Line) -> Seen {
        let output = self.world.sh(&format!(". ./.setting\n{}", line.text)).reveal();
        let mut stdout = without_help(without_chatter(self.plain(&output.stdout)));
        match line.shown {
            Shown::InOrder => {}
            Shown::InAnyOrder => stdout.sort(),
            Shown::Differently => stdout.clear(),
        }
        let mut stderr = self.plain(&output.stderr);
        stderr.retain(|text| WORDS.iter().any(|word| text.starts_with(word)));
        Seen { status: output.status, stdout, stderr }
    }

    /// Everything that is there after a sequence.
    pub(super) fn state(&self) -> State {
        let paths = self.paths();
        let mut state: State =
            paths.iter().map(|path| (self.name(path), self.describe(path))).collect();
        let closed: Vec<&PathBuf> = paths.iter().filter(|path| is_entry(path)).collect();
        for (path, opened) in closed.iter().zip(open_all(&self.world, &closed)) {
            let text = self.plain(&opened.plaintext.unwrap_or_else(|| b"(does not open)".to_vec()));
            let told = format!("; for {:?}; {text:?}", opened.recipients);
            state.entry(self.name(path)).or_default().push_str(&told);
        }
        for path in paths.iter().filter(|path| path.join(".git").exists()) {
            state.insert(format!("git in {}", self.name(path)), self.history(path));
        }
        state.extend(self.world.leaks().into_iter().map(|leak| (leak, "a leak".to_owned())));
        state
    }

    /// What a sequence made: the inside of `.git` is compared as history, ours not at all.
    fn paths(&self) -> Vec<PathBuf> {
        let home = self.world.path("");
        let mut paths = everything_below(&home);
        paths.retain(|path| {
            let mut steps = path.strip_prefix(&home).expect("it is below").iter();
            let first = steps.clone().next().unwrap_or_default();
            !first.is_empty()
                && !APART.iter().any(|name| first == *name)
                && !steps.any(|step| step == ".git" || step == OURS)
        });
        paths
    }

    fn name(&self, path: &Path) -> String {
        let below = path.strip_prefix(self.world.path("")).expect("it is below the home");
        below.to_string_lossy().into_owned()
    }

    /// Kind, mode, and what is in it, unless that is ciphertext or a signature.
    fn describe(&self, path: &Path) -> String {
        let item = path.symlink_metadata().expect("nothing else changes this home");
        let mode = item.mode() & 0o7777;
        if item.is_symlink() {
            return format!("a link to {:?}", fs::read_link(path).expect("it is a link"));
        }
        if item.is_dir() {
            return format!("a folder, {mode:o}");
        }
        let mut told = format!("a file, {mode:o}");
        if !is_entry(path) && path.extension().is_none_or(|ending| ending != "sig") {
            let content = self.plain(&fs::read(path).expect("it is a file"));
            write!(told, "; {content:?}").expect("a string takes it");
        }
        told
    }

    /// Subjects, what is not committed, and what is.
    fn history(&self, folder: &Path) -> String {
        let script = "git log --format='subject %s'; git status --porcelain -uall; git ls-files";
        let mut shell = self.world.command("sh");
        let output = shell.args(["-c", script]).current_dir(folder).output().expect("sh starts");
        let mut lines = self.plain(&output.stdout);
        lines.retain(|line| !line.contains(OURS));
        lines.concat()
    }

    /// Lines with their ends, in which nothing depends on this world.
    fn plain(&self, bytes: &[u8]) -> Vec<String> {
        // A search may have coloured the front of the canary, which is the same in all worlds.
        let own = self.world.canary().trim_start_matches("cnry");
        let home = self.world.path("").to_string_lossy().trim_end_matches('/').to_owned();
        let text: String = bytes.utf8_chunks().map(readable).collect();
        let text = text.replace(own, "[canary]").replace(&home, "[home]");
        text.split_inclusive('\n').map(str::to_owned).collect()
    }
}

/// Text as it is, other bytes by number.
fn readable(chunk: std::str::Utf8Chunk<'_>) -> String {
    let bytes = chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}"));
    std::iter::once(chunk.valid().to_owned()).chain(bytes).collect()
}

fn without_chatter(lines: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let mut after_chatter = false;
    for line in lines {
        let chatter = is_chatter(&line) || (after_chatter && line == "\n");
        if !chatter {
            kept.push(line);
        }
        after_chatter = chatter;
    }
    kept
}

/// Help is in other words, and comes last; it begins in the words that programs look for.
fn without_help(mut lines: Vec<String>) -> Vec<String> {
    if let Some(begin) = lines.iter().position(|line| line.contains(BANNER)) {
        lines.truncate(begin);
        lines.retain(|line| !line.trim_matches(['=', '\n']).is_empty());
        lines.push(BANNER.to_owned());
    }
    lines
}

/// `[master 1234567] Subject`, ` 1 file changed, …`, and the lines that begin as in the list; also
/// what `cp` and `rm` say about the objects of a repository, which have a time in their names.
fn is_chatter(line: &str) -> bool {
    let commit = line.starts_with('[') && !line.starts_with("[home]") && line.contains("] ");
    let counts = line.contains(" changed, ") && line.starts_with(' ');
    let object = line.contains("/.git/");
    commit || counts || object || CHATTER.iter().any(|begin| line.starts_with(begin))
}

fn is_entry(path: &Path) -> bool {
    path.as_os_str().as_bytes().ends_with(b".gpg")
        && path.symlink_metadata().is_ok_and(|item| item.is_file())
}

fn remove(path: &Path) {
    let is_folder = path.symlink_metadata().is_ok_and(|item| item.is_dir());
    let removed = if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.expect("it belongs to this world");
}
