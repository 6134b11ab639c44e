//! Snapshots from the outside: a home full of odd things is taken, damaged, and brought back by us,
//! by `restore.sh` in several shells with several tars, and by hand.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

const PROGRAM: &str = env!("CARGO_BIN_EXE_vaultctl");

/// A machine with a home, a repository and a piece of paper.
pub(crate) struct Machine {
    root: tempfile::TempDir,
}

impl Machine {
    /// With Claude's tree and a store, and a repository that holds nothing yet.
    fn new() -> Self {
        Self::with_home(plant_home)
    }

    /// With what somebody puts into the home.
    pub(crate) fn with_home(plant: impl FnOnce(&Path)) -> Self {
        let machine = Self { root: tempfile::tempdir().expect("a folder") };
        plant(&machine.path("home"));
        machine.ok(&["init", "--recovery-out", "paper.txt"]);
        machine.ok(&["snapshot", "init", "--to", "repository"]);
        machine
    }

    fn with_snapshot() -> Self {
        let machine = Self::new();
        machine.ok(&["snapshot", "create", "--to", "repository"]);
        machine
    }

    pub(crate) fn path(&self, below: impl AsRef<Path>) -> PathBuf {
        self.root.path().join(below)
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.root.path()).stdin(Stdio::null());
        command.env("HOME", self.path("home")).env("USER", "ann");
        command.env("PATH", std::env::var_os("PATH").expect("is set"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(PROGRAM).args(arguments).output().expect("starts")
    }

    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        succeeded(&self.run(arguments))
    }

    /// Runs what must fail with this exit status, and answers what it said.
    fn fails(&self, status: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
        said
    }

    fn shell(&self, script: &str) -> String {
        succeeded(&self.command("sh").args(["-euc", script]).output().expect("starts"))
    }

    /// Runs `restore.sh` with nothing on the PATH but stock tools.
    pub(crate) fn restore_sh(&self, shell: &[&str], tar: &str, arguments: &[&str]) -> Output {
        let tools = self.tools(tar, &[]);
        drop(fs::remove_file(tools.join("sh")));
        symlink(found(shell[0]), tools.join("sh")).expect("is linked");
        let script = self.path("repository/restore.sh");
        let mut command = self.command(found(shell[0]));
        command.args(&shell[1..]).arg(script).args(arguments).env("PATH", tools);
        command.output().expect("starts")
    }

    /// A folder with the programs that `restore.sh` needs, but for some, and no others.
    fn tools(&self, tar: &str, without: &[&str]) -> PathBuf {
        const TOOLS: [&str; 23] = [
            "age",
            "chmod",
            "cksum",
            "cmp",
            "comm",
            "cut",
            "find",
            "ls",
            "mkdir",
            "mv",
            "printf",
            "rm",
            "sed",
            "sh",
            "sha256sum",
            "sort",
            "ssh-keygen",
            "tail",
            "touch",
            "tr",
            "zstd",
            "cat",
            "echo",
        ];
        let folder = self.path(format!("tools-{tar}-{}", without.join("-")));
        drop(fs::remove_dir_all(&folder));
        fs::create_dir(&folder).expect("is made");
        for tool in TOOLS.iter().filter(|tool| !without.contains(tool)) {
            symlink(found(tool), folder.join(tool)).expect("is linked");
        }
        symlink(found(tar), folder.join("tar")).expect("is linked");
        folder
    }

    fn snapshots(&self) -> Vec<String> {
        let list = self.ok(&["snapshot", "list", "--to", "repository"]);
        list.lines().map(|line| line.split(' ').next().expect("a name").to_owned()).collect()
    }

    fn objects(&self) -> Vec<PathBuf> {
        let mut objects = below(&self.path("repository"));
        objects.retain(|path| path.is_file());
        objects
    }

    /// What of the home the profile takes.
    fn taken(&self) -> BTreeMap<PathBuf, Thing> {
        let mut things = describe(&self.path("home"));
        let left_out = [".local", ".claude/debug", ".config/vaultctl", ".claude/.credentials.json"];
        let settings = Path::new(".config/vaultctl");
        things.retain(|path, _| {
            path == settings || !left_out.iter().any(|out| path.starts_with(out))
        });
        things.remove(settings);
        things.remove(Path::new(".config"));
        things
    }
}

pub(crate) fn succeeded(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {said}", output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Where a program is.
fn found(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").expect("is set");
    let mut places = std::env::split_paths(&path).map(|folder| folder.join(program));
    places
        .find(|place| place.is_file())
        .unwrap_or_else(|| panic!("no `{program}`: tests/run brings it"))
}

fn below(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).expect("is a folder") {
        let path = entry.expect("is read").path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(below(&path));
        }
        found.push(path);
    }
    found
}

/// All that must come back of a thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Thing {
    kind: &'static str,
    mode: u32,
    mtime: (i64, i64),
    content: Vec<u8>,
    /// Of a file with several names, the first of them.
    first_name: Option<PathBuf>,
}

pub(crate) fn describe(root: &Path) -> BTreeMap<PathBuf, Thing> {
    let mut things = BTreeMap::new();
    let mut first_names = BTreeMap::new();
    let mut paths = below(root);
    paths.sort();
    for path in paths {
        let facts = path.symlink_metadata().expect("is there");
        let name = path.strip_prefix(root).expect("is below").to_owned();
        let (kind, content) = match facts.file_type() {
            kind if kind.is_symlink() => {
                ("link", fs::read_link(&path).expect("is read").as_os_str().as_bytes().to_vec())
            }
            kind if kind.is_dir() => ("folder", Vec::new()),
            _ => ("file", fs::read(&path).expect("is read")),
        };
        let several = kind == "file" && facts.nlink() > 1;
        let first_name =
            several.then(|| first_names.entry(facts.ino()).or_insert_with(|| name.clone()).clone());
        let (mode, mtime) = (facts.mode() & 0o7777, (facts.mtime(), facts.mtime_nsec()));
        things.insert(name, Thing { kind, mode, mtime, content, first_name });
    }
    things
}

pub(crate) fn assert_same(
    expected: &BTreeMap<PathBuf, Thing>,
    restored: &BTreeMap<PathBuf, Thing>,
) {
    let names = |things: &BTreeMap<PathBuf, Thing>| things.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(expected), names(restored));
    for (path, thing) in expected {
        assert_eq!(thing, &restored[path], "{}", path.display());
    }
}

/// A file, in private folders, with a mode and a time of its own.
fn plant(root: &Path, name: &str, content: &[u8], mode: u32, mtime: Duration) {
    let path = root.join(name);
    let folder = path.parent().expect("has one");
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).expect("is made");
    fs::write(&path, content).expect("is written");
    let file = File::options().write(true).open(&path).expect("opens");
    file.set_modified(SystemTime::UNIX_EPOCH + mtime).expect("is set");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("is set");
}

/// Name, mode, seconds and nanoseconds of the last change, content.
type Planted = (&'static str, u32, (u64, u32), &'static [u8]);

/// Claude's tree.
const FILES: &[Planted] = &[
    (".claude.json", 0o600, (1_700_000_000, 123_456_789), br#"{"mcpServers": {}}"#),
    (".claude/settings.json", 0o644, (1_700_000_001, 1), b"{}"),
    (".claude/settings.local.json", 0o400, (1_700_000_002, 999_999_999), b"{}"),
    (".claude/CLAUDE.md", 0o644, (1, 0), b"Be brief."),
    (".claude/skills/s/run.sh", 0o755, (0, 5), b"#!/bin/sh"),
    (".claude/skills/s/empty", 0o640, (1_700_000_003, 0), b""),
    (".claude/projects/-srv-x/memory/M.md", 0o600, (4, 4), b"memory"),
    // Odd names.
    (".claude/agents/with space.md", 0o644, (5, 5), b"a"),
    (".claude/agents/with\nnewline.md", 0o644, (6, 6), b"b"),
    (".claude/agents/emoji 🔑 ü.md", 0o644, (7, 7), b"c"),
    (".claude/agents/-rf", 0o644, (8, 8), b"d"),
    (".claude/agents/'quoted\" $HOME `id` \\", 0o644, (9, 9), b"e"),
    // What is stored in parts.
    (".claude/projects/-srv-x/session.jsonl", 0o600, (10, 1), b"{}\n{\"half"),
    (".claude/projects/-srv-x/read-only.jsonl", 0o400, (10, 2), b"{}\n"),
    (
        ".claude/projects/-srv-x/a name\nwith 'odd' \"things\" $HOME\\ *.jsonl",
        0o640,
        (10, 3),
        b"{}\n",
    ),
    (".claude/projects/-srv-x/-n", 0o600, (10, 4), b"looks like an option"),
    (".claude/projects/-srv-x/empty", 0o600, (10, 5), b""),
    (".claude/projects/-srv-x/tool", 0o755, (10, 6), b"#!/bin/sh\n"),
    (".claude/file-history/1/copy@v1", 0o600, (10, 7), b"{}\n"),
    // What is not taken.
    (".claude/debug/log", 0o600, (11, 0), b"noise"),
    (".claude/.credentials.json", 0o600, (12, 0), b"{}"),
];

/// Claude's tree, and everything that a file system allows.
fn plant_home(home: &Path) {
    fs::create_dir(home).expect("is made");
    for (name, mode, (seconds, nanoseconds), content) in FILES {
        plant(home, name, content, *mode, Duration::new(*seconds, *nanoseconds));
    }
    plant(home, ".claude/skills/s/large", &noise(3_000_000), 0o600, Duration::new(13, 13));
    // More than one part; the first half has no line ends near which to cut.
    let lines = b"{\"a\": \"line of a transcript\"}\n".repeat(400_000);
    let long = [noise(9_000_000), lines].concat();
    plant(home, ".claude/projects/-srv-x/long.jsonl", &long, 0o600, Duration::new(13, 14));
    let history = home.join(".claude/projects/-srv-x");
    fs::hard_link(history.join("long.jsonl"), history.join("same.jsonl")).expect("links");
    symlink("long.jsonl", history.join("newest")).expect("links");
    let agents = home.join(".claude/agents");
    plant_long_names(home, &agents);
    plant_links(home, &agents);
    for (name, mode) in [("empty", 0o755), ("sticky", 0o1777), ("closed", 0o500)] {
        let path = home.join(".claude/commands").join(name);
        fs::create_dir_all(&path).expect("is made");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("is set");
    }
}

fn plant_long_names(home: &Path, agents: &Path) {
    let (x, y, u) = ("x".repeat(255), "y".repeat(255), "ü".repeat(127));
    let long = format!(".claude/rules/{x}/{y}/{u}");
    // With `files/HOME/` in front, this one fills its field in a tar header to the last byte.
    let hundred = format!(".claude/rules/{}", "z".repeat(75));
    for name in [&long, &hundred, &format!("{hundred}z")] {
        plant(home, name, b"long", 0o600, Duration::new(14, 14));
    }
    fs::hard_link(home.join(&long), agents.join("hard and long")).expect("links");
}

fn plant_links(home: &Path, agents: &Path) {
    fs::hard_link(home.join(".claude/CLAUDE.md"), agents.join("hard")).expect("links");
    let far = "t".repeat(300);
    for (name, text) in [
        ("dangling", "nowhere/at all"),
        ("absolute", "/etc/hostname"),
        ("up", "../../../.."),
        ("far", &far),
    ] {
        symlink(text, agents.join(name)).expect("links");
    }
}

/// Bytes that do not compress.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut step = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    (0..length).map(|_| step()).collect()
}

pub(crate) const DASH: &[&str] = &["dash"];
pub(crate) const BUSYBOX: &[&str] = &["busybox", "sh"];

#[test]
fn restore_sh_brings_everything_back_with_stock_tools() {
    let machine = Machine::with_snapshot();
    let expected = machine.taken();
    for (number, (shell, tar)) in
        [(DASH, "tar"), (BUSYBOX, "tar"), (DASH, "bsdtar"), (BUSYBOX, "bsdtar")]
            .into_iter()
            .enumerate()
    {
        let target = format!("restored {number}");
        let output = machine.restore_sh(shell, tar, &["-i", "paper.txt", "repository", &target]);
        succeeded(&output);
        assert!(
            !String::from_utf8_lossy(&output.stderr).contains("WARNING"),
            "the paper names the signer"
        );
        assert_same(&expected, &describe(&machine.path(&target).join("HOME")));
        assert_eq!(below(&machine.path(&target)).len(), expected.len() + 1, "nothing else is left");
    }
}

/// busybox keeps no time below a second, and no time of a link.
pub(crate) fn coarse(things: BTreeMap<PathBuf, Thing>) -> BTreeMap<PathBuf, Thing> {
    let coarse = |thing: Thing| match thing.kind {
        "file" => Thing { mtime: (thing.mtime.0, 0), ..thing },
        _ => Thing { mtime: (0, 0), ..thing },
    };
    things.into_iter().map(|(path, thing)| (path, coarse(thing))).collect()
}

#[test]
fn restore_sh_brings_back_with_busybox_what_busybox_can() {
    let machine = Machine::with_snapshot();
    succeeded(&machine.restore_sh(
        BUSYBOX,
        "busybox",
        &["-i", "paper.txt", "repository", "restored"],
    ));
    assert_same(&coarse(machine.taken()), &coarse(describe(&machine.path("restored/HOME"))));
}

#[test]
fn we_bring_everything_back() {
    let machine = Machine::with_snapshot();
    machine.ok(&["snapshot", "restore", "--to", "repository", "--target", "restored"]);
    assert_same(&machine.taken(), &describe(&machine.path("restored/HOME")));
    let said =
        machine.fails(1, &["snapshot", "restore", "--to", "repository", "--target", "restored"]);
    assert!(said.contains("restored"), "{said}");
}

#[test]
fn age_zstd_and_tar_alone_bring_back_what_is_stored_whole() {
    let machine = Machine::new();
    machine.ok(&["snapshot", "create", "--to", "repository", "--profile", "config"]);
    machine.shell("mkdir by-hand; age -d -i paper.txt repository/snaps/*.age | zstd -d | tar -x -p -C by-hand");
    let mut expected = machine.taken();
    expected.retain(|path, _| {
        !path.starts_with(".claude/projects") && !path.starts_with(".claude/file-history")
    });
    let mut restored = describe(&machine.path("by-hand/files/HOME"));
    restored.retain(|path, _| !path.starts_with(".claude/projects"));
    assert_same(&expected, &restored);
}

#[test]
fn ssh_keygen_checks_a_commit() {
    let machine = Machine::with_snapshot();
    machine.shell(
        "sed -n 's/^signer /vaultctl /p' repository/vaultctl-repo > signers
         ssh-keygen -Y verify -f signers -I vaultctl -n vaultctl-repo -s repository/vaultctl-repo.sig < repository/vaultctl-repo
         for commit in repository/commits/*.commit; do
           ssh-keygen -Y verify -f signers -I vaultctl -n vaultctl-commit -s $commit.sig < $commit
         done",
    );
}

#[test]
fn restore_sh_refuses_what_the_paper_does_not_vouch_for() {
    let machine = Machine::with_snapshot();
    let refused = |arguments: &[&str], expected: &str| {
        let output = machine.restore_sh(DASH, "tar", arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(expected), "{arguments:?}: {said}");
        assert!(!machine.path("out/HOME").exists() && !machine.path("out/.restoring").exists());
    };
    machine.shell("sed 's/^# signer: SHA256:.*/# signer: SHA256:AAAA/' paper.txt > other.txt; sed '/^# signer/d' paper.txt > mute.txt");
    refused(&["-i", "other.txt", "repository", "out"], "REFUSED");
    refused(
        &["-i", "paper.txt", "-s", "20200101T000000Z-000001", "repository", "out"],
        "there is no snapshot",
    );
    refused(&["-i", "paper.txt", "repository", "home"], "not empty");
    refused(&["-i", "absent.txt", "repository", "out"], "identity file");
    refused(&["-i", "paper.txt", "home", "out"], "no snapshot repository");
    machine.shell("cp -R repository whole; chmod -R u+w repository");
    machine.shell("sed -i 's/^bytes .*/bytes 1/' repository/commits/*.commit");
    refused(&["-i", "paper.txt", "repository", "out"], "does not hold");
    machine.shell("rm -rf repository; cp -R whole repository; chmod -R u+w repository; for object in repository/snaps/*.age; do printf x >> $object; done");
    refused(&["-i", "paper.txt", "repository", "out"], "damaged");
    machine.shell("rm -rf repository; cp -R whole repository");
    let output = machine.restore_sh(DASH, "tar", &["-i", "mute.txt", "repository", "out"]);
    succeeded(&output);
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("WARNING: not checked who made this snapshot")
    );
}

#[test]
fn restore_sh_says_what_is_missing() {
    let machine = Machine::with_snapshot();
    for missing in ["age", "zstd", "sha256sum", "cksum"] {
        let tools = machine.tools("tar", &[missing]);
        let mut command = machine.command(found("dash"));
        let output = command
            .args(["repository/restore.sh", "-i", "paper.txt", "repository", "out"])
            .env("PATH", tools);
        let output = output.output().expect("starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(missing), "{said}");
    }
    // Without ssh-keygen it goes on, and says so.
    let tools = machine.tools("tar", &["ssh-keygen"]);
    let mut command = machine.command(found("dash"));
    command
        .args(["repository/restore.sh", "-i", "paper.txt", "repository", "out"])
        .env("PATH", tools);
    let output = command.output().expect("starts");
    succeeded(&output);
    assert!(String::from_utf8_lossy(&output.stderr).contains("ssh-keygen is missing"));
}

#[test]
fn damage_anywhere_is_found_and_named() {
    let machine = Machine::with_snapshot();
    for path in machine.objects() {
        let whole = fs::read(&path).expect("is read");
        let name = path.file_name().expect("has one").to_string_lossy().into_owned();
        for place in [0, whole.len() / 3, whole.len() / 2, whole.len() - 1] {
            let mut flipped = whole.clone();
            flipped[place] ^= 1;
            overwrite(&path, &flipped);
            let said = machine.fails(13, &["snapshot", "verify", "--to", "repository"]);
            assert!(said.contains(&name), "byte {place} of {name}: {said}");
        }
        overwrite(&path, &whole);
    }
    machine.ok(&["snapshot", "verify", "--to", "repository", "--level", "data"]);
}

fn overwrite(path: &Path, content: &[u8]) {
    fs::remove_file(path).expect("is removed");
    fs::write(path, content).expect("is written");
}

#[test]
fn an_unchanged_home_is_stored_once() {
    let machine = Machine::with_snapshot();
    machine.ok(&["snapshot", "create", "--to", "repository"]);
    assert_eq!(machine.snapshots().len(), 2);
    assert_eq!(below(&machine.path("repository/snaps")).len(), 1);
}

#[test]
fn nothing_is_in_the_clear() {
    let machine = Machine::with_snapshot();
    for path in machine.objects() {
        let bytes = fs::read(&path).expect("is read");
        for word in [&b"Be brief."[..], b"mcpServers", b"CLAUDE.md"] {
            let found = bytes.windows(word.len()).any(|window| window == word);
            assert!(!found, "{}", path.display());
        }
        assert_eq!(path.metadata().expect("is there").mode() & 0o7777, 0o400);
    }
}

#[test]
fn a_killed_run_is_in_nobodys_way() {
    let machine = Machine::with_snapshot();
    for round in 0_u64..25 {
        plant(
            &machine.path("home"),
            ".claude/agents/changing",
            &round.to_le_bytes(),
            0o600,
            Duration::from_secs(round),
        );
        let mut run = machine
            .command(PROGRAM)
            .args(["snapshot", "create", "--to", "repository"])
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("starts");
        std::thread::sleep(Duration::from_millis(round * 12));
        drop(run.kill());
        run.wait().expect("ends");
        machine.ok(&["snapshot", "verify", "--to", "repository"]);
    }
    let before = machine.snapshots().len();
    machine.ok(&["snapshot", "create", "--to", "repository"]);
    assert_eq!(machine.snapshots().len(), before + 1);
    machine.ok(&["snapshot", "verify", "--to", "repository", "--level", "data"]);
    machine.ok(&["snapshot", "restore", "--to", "repository", "--target", "restored"]);
    assert_same(&machine.taken(), &describe(&machine.path("restored/HOME")));
    let hidden =
        |path: &PathBuf| path.file_name().is_some_and(|name| name.as_bytes().starts_with(b"."));
    let leftovers: Vec<_> =
        below(&machine.path("home/.local/state")).into_iter().filter(hidden).collect();
    assert_eq!(leftovers, Vec::<PathBuf>::new());
}

#[test]
fn taking_one_needs_no_key_that_decrypts() {
    let machine = Machine::new();
    machine.shell("rm home/.config/vaultctl/identity.txt");
    machine.ok(&["snapshot", "create", "--to", "repository"]);
    machine.ok(&["snapshot", "verify", "--to", "repository"]);
}

#[test]
fn restore_sh_takes_rage_for_age() {
    let machine = Machine::with_snapshot();
    let tools = machine.tools("tar", &["age"]);
    symlink(super::tools::rage(), tools.join("rage")).expect("is linked");
    let mut command = machine.command(found("dash"));
    command
        .args(["repository/restore.sh", "-i", "paper.txt", "repository", "restored"])
        .env("PATH", tools);
    succeeded(&command.output().expect("starts"));
    assert_same(&machine.taken(), &describe(&machine.path("restored/HOME")));
}

#[test]
fn a_broken_file_is_told_and_stored() {
    let machine = Machine::new();
    plant(
        &machine.path("home"),
        ".claude.json",
        b"{\"mcpServers\": {",
        0o600,
        Duration::from_secs(1),
    );
    let said = machine.fails(3, &["snapshot", "create", "--to", "repository"]);
    assert!(said.contains("~/.claude.json: it is not valid JSON"), "{said}");
    assert!(
        machine.ok(&["snapshot", "list", "--to", "repository"]).contains("degraded unparsed-json")
    );
    machine.ok(&["snapshot", "restore", "--to", "repository", "--target", "restored"]);
    assert_eq!(
        fs::read(machine.path("restored/HOME/.claude.json")).expect("is read"),
        b"{\"mcpServers\": {"
    );
}

#[test]
fn sockets_and_fifos_are_left_out_by_name() {
    let machine = Machine::new();
    machine.shell("mkfifo home/.claude/agents/fifo");
    let output = machine.run(&["snapshot", "create", "--to", "repository"]);
    succeeded(&output);
    assert!(String::from_utf8_lossy(&output.stderr).contains("~/.claude/agents/fifo"));
}

#[test]
fn another_machine_needs_only_the_paper() {
    let machine = Machine::with_snapshot();
    let expected = machine.taken();
    machine.shell("mv home gone; mkdir home");
    let said = machine.fails(15, &["snapshot", "list", "--to", "repository"]);
    assert!(said.contains("--signer"), "{said}");
    let paper = ["--identity", "paper.txt"];
    let with = |arguments: &[&str]| {
        machine.ok(&[&["snapshot"], arguments, &["--to", "repository"], &paper[..]].concat())
    };
    assert_eq!(with(&["list"]).lines().count(), 1);
    with(&["verify", "--level", "data"]);
    assert!(with(&["restore", "--dry-run"]).contains("~/.claude/CLAUDE.md"));
    with(&["restore", "--target", "restored"]);
    assert_same(&expected, &describe(&machine.path("restored/HOME")));
    let fingerprint = machine.shell("sed -n 's/^# signer: //p' paper.txt");
    machine.ok(&["snapshot", "verify", "--to", "repository", "--signer", fingerprint.trim()]);
    let said =
        machine.fails(13, &["snapshot", "verify", "--to", "repository", "--signer", "SHA256:AAAA"]);
    assert!(said.contains("vaultctl-repo"), "{said}");
}

#[test]
fn each_failure_has_its_exit_status() {
    let machine = Machine::with_snapshot();
    machine.shell("mkdir empty");
    machine.fails(10, &["snapshot", "create", "--to", "empty"]);
    machine.fails(14, &["snapshot", "create", "--to", "absent"]);
    machine.fails(1, &["snapshot", "init", "--to", "repository"]);
    machine.fails(2, &["snapshot", "create"]);
    machine.fails(15, &["snapshot", "create", "--to", "s3://bucket/prefix"]);
    machine.fails(2, &["snapshot", "restore", "nonsense", "--to", "repository", "--target", "t"]);
    machine.fails(
        20,
        &["snapshot", "restore", "20200101T000000Z-000001", "--to", "repository", "--target", "t"],
    );
    machine.fails(20, &["snapshot", "verify", "20200101T000000Z-000001", "--to", "repository"]);
    let lock = below(&machine.path("home/.local"))
        .into_iter()
        .find(|path| path.ends_with("lock") && path.to_string_lossy().contains("snapshots"));
    let lock = File::open(lock.expect("was made")).expect("opens");
    lock.lock().expect("is free");
    machine.fails(11, &["snapshot", "create", "--to", "repository"]);
    drop(lock);
    machine.shell("rm home/.config/vaultctl/identity.txt");
    machine.fails(12, &["snapshot", "restore", "--to", "repository", "--target", "t"]);
    assert!(!machine.path("t").exists());
}

#[test]
fn a_snapshot_and_its_restore_are_in_the_access_log() {
    let machine = Machine::with_snapshot();
    machine.ok(&["snapshot", "restore", "--to", "repository", "--target", "restored"]);
    let log = machine.ok(&["audit", "show"]);
    let id = &machine.snapshots()[0];
    for action in ["snapshot", "restore"] {
        assert!(log.lines().any(|line| line.contains(&format!("  {action}  ok  {id}"))), "{log}");
    }
}

#[test]
fn a_destination_in_the_settings_has_a_name() {
    let machine = Machine::new();
    let lines = format!(
        "[[snapshot.destination]]\nname = \"disk\"\nurl = \"file://{}\"\n",
        machine.path("repository").display()
    );
    plant(
        &machine.path("home"),
        ".config/vaultctl/config.toml",
        lines.as_bytes(),
        0o600,
        Duration::from_secs(1),
    );
    machine.ok(&["snapshot", "create"]);
    assert_eq!(machine.ok(&["snapshot", "list", "--to", "disk"]).lines().count(), 1);
}

/// Made once, by the first version; listed, verified and restored by every later one.
/// Lists, verifies and restores a repository of `fixtures/`, by us and by its own script; answers how
/// many snapshots there are, and what came back.
fn thaw(fixture: &str) -> (usize, BTreeMap<PathBuf, Thing>) {
    let machine = Machine { root: tempfile::tempdir().expect("a folder") };
    fs::create_dir(machine.path("home")).expect("is made");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/snapshots").join(fixture);
    let repository = fixture.join("repository").display().to_string();
    let identity = fixture.join("TEST-ONLY-identity.txt").display().to_string();
    let with = |arguments: &[&str]| {
        machine
            .ok(&[&["snapshot"], arguments, &["--to", &repository, "--identity", &identity]]
                .concat())
    };
    let count = with(&["list"]).lines().count();
    with(&["verify", "--level", "data"]);
    with(&["restore", "--target", "restored"]);
    let things = describe(&machine.path("restored/HOME"));
    let script = fixture.join("repository/restore.sh").display().to_string();
    let output = machine
        .command("dash")
        .args([&script, "-i", &identity, &repository, "by-script"])
        .output()
        .expect("starts");
    succeeded(&output);
    assert_same(&things, &describe(&machine.path("by-script/HOME")));
    (count, things)
}

#[test]
fn the_frozen_snapshot_is_still_restored() {
    let (count, things) = thaw("v1");
    assert_eq!((count, things.len()), (2, 8));
    assert_eq!(things[Path::new(".claude.json")].content, b"{\"mcpServers\": {}}\n");
    assert_eq!(things[Path::new(".claude/agents/review.md")].mtime, (1_700_000_000, 123_456_789));
    assert_eq!(things[Path::new(".claude/agents/review.md")].mode, 0o640);
    assert_eq!(things[Path::new(".claude/agents/link")].content, b"review.md");
    assert_eq!(things[Path::new(".claude/CLAUDE.md")].first_name, Some(".claude/CLAUDE.md".into()));
}

#[test]
fn the_frozen_snapshot_in_parts_is_still_restored() {
    let (count, things) = thaw("v1-parts");
    assert_eq!((count, things.len()), (2, 36));
    let folder = Path::new(".claude/projects/-srv-x");
    let session = &things[&folder.join("session.jsonl")];
    assert!(session.content.ends_with(b"{\"n\": 300}\n"));
    assert_eq!((session.content.len(), session.mtime), (50_118, (1_700_000_001, 123_456_789)));
    assert_eq!(things[&folder.join("read only $HOME.jsonl")].mode, 0o400);
    let (one, other) = (folder.join("session.jsonl"), folder.join("other-name.jsonl"));
    assert_eq!(things[&one].first_name, things[&other].first_name);
}
