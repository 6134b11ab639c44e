//! Restores from the outside: some of a snapshot, in place, interrupted, and random trees by every
//! reader.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_vaultctl");

/// A machine with a home and a snapshot of it.
struct Machine {
    root: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        let machine = Self { root: tempfile::tempdir().expect("a folder") };
        fs::create_dir(machine.path("home")).expect("is made");
        machine.write(".claude.json", r#"{"mcpServers": {"x": {"command": "npx"}}}"#);
        machine.write(".claude/agents/a.md", "an agent\n");
        machine.write(".claude/projects/-home-ann-x/5e.jsonl", "{}\n");
        machine.write(".claude/debug/log", "noise");
        machine.ok(&["init", "--recovery-out", "paper.txt"]);
        machine.ok(&["snapshot", "init", "--to", "repository"]);
        machine.ok(&["snapshot", "create", "--to", "repository"]);
        machine
    }

    fn path(&self, below: impl AsRef<Path>) -> PathBuf {
        self.root.path().join(below)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path("home").join(name);
        fs::create_dir_all(path.parent().expect("has one")).expect("is made");
        fs::write(path, text).expect("is written");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path("home").join(name)).unwrap_or_else(|_| "nothing".to_owned())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.env_clear().current_dir(self.root.path()).stdin(Stdio::null()).args(arguments);
        command.env("HOME", self.path("home")).env("USER", "ann");
        command.env("PATH", std::env::var_os("PATH").expect("is set"));
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("starts")
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned() + &said
    }

    fn fails(&self, status: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
        said
    }

    /// The folders that in-place restores have left.
    fn kept(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path("home")).expect("is read");
        let paths = entries.map(|entry| entry.expect("is read").path());
        let begins = |path: &PathBuf| path.to_string_lossy().contains("/.before-restore-");
        let mut kept: Vec<PathBuf> = paths.filter(begins).collect();
        kept.sort();
        kept
    }
}

const RESTORE: [&str; 4] = ["snapshot", "restore", "--to", "repository"];

fn restore<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&RESTORE[..], more].concat()
}

#[test]
fn some_of_it_comes_back() {
    let machine = Machine::new();
    for (only, expected) in [
        ("mcp", "HOME/.claude.json"),
        ("session:5e", "HOME/.claude/projects/-home-ann-x/5e.jsonl"),
        ("~/.claude/agents", "HOME/.claude/agents/a.md"),
    ] {
        machine.ok(&restore(&["--only", only, "--target", "out"]));
        assert!(machine.path("out").join(expected).is_file(), "{only}");
        assert!(!machine.path("out/HOME/.password-store").exists(), "{only}");
        fs::remove_dir_all(machine.path("out")).expect("is removed");
    }
    let agents = machine.path("home/.claude/agents").display().to_string();
    assert!(
        machine.ok(&restore(&["--only", &agents, "--dry-run"])).contains("~/.claude/agents/a.md")
    );
    let said = machine.fails(20, &restore(&["--only", "~/.nothing", "--target", "out"]));
    assert!(said.contains("`~/.nothing`"), "{said}");
    machine.fails(2, &restore(&["--only", "session:../x", "--target", "out"]));
    machine.fails(2, &restore(&["--map-home", "a=b", "--target", "out"]));
    machine.fails(2, &restore(&["--in-place", "--target", "out"]));
    machine.fails(2, &restore(&[]));
    assert!(!machine.path("out").exists());
}

#[test]
fn a_renamed_home_finds_its_projects() {
    let machine = Machine::new();
    machine.ok(&restore(&["--map-home", "/home/ann=/Users/ann", "--target", "out"]));
    assert!(machine.path("out/HOME/.claude/projects/-Users-ann-x/5e.jsonl").is_file());
}

#[test]
fn in_place_needs_a_yes_and_shows_what_would_run_something_else() {
    let machine = Machine::new();
    machine.write(".claude.json", r#"{"mcpServers": {"x": {"command": "other"}}}"#);
    let expected = r#"~/.claude.json /mcpServers/x/command: "other" -> "npx""#;
    let said = machine.fails(15, &restore(&["--in-place"]));
    assert!(said.contains(expected) && said.contains("--yes"), "{said}");
    assert!(machine.read(".claude.json").contains("other") && machine.kept().is_empty());
    assert!(machine.ok(&restore(&["--dry-run"])).contains(expected));
    let json = machine.ok(&restore(&["--dry-run", "--json"]));
    assert!(json.contains(r#""field":"/mcpServers/x/command""#), "{json}");
    assert!(machine.read(".claude.json").contains("other") && machine.kept().is_empty());
    machine.ok(&restore(&["--in-place", "--yes"]));
    assert!(machine.read(".claude.json").contains("npx"));
    assert_eq!(machine.read(".claude/debug/log"), "noise");
    let [kept] = &machine.kept()[..] else { panic!("one folder") };
    let old = fs::read_to_string(kept.join("HOME/.claude.json")).expect("is there");
    assert!(old.contains("other"));
    assert!(
        machine.ok(&["snapshot", "restore", "--resume"]).contains("no restore was interrupted")
    );
}

#[test]
fn one_part_of_a_file_comes_back() {
    let machine = Machine::new();
    let live = "{\n  \"mcpServers\": {\"y\": {\"command\": \"other\"}},\n  \"n\": 1.50\n}\n";
    machine.write(".claude.json", live);
    let part = ["--only", "~/.claude.json", "--json-path", "/mcpServers/x"];
    let said = machine.fails(15, &restore(&part));
    assert!(said.contains(r#"/mcpServers/x/command: nothing -> "npx""#), "{said}");
    assert_eq!(machine.read(".claude.json"), live);
    machine.ok(&restore(&[&part[..], &["--yes"]].concat()));
    let expected = live.replace("\"other\"}}", "\"other\"},\"x\":{\"command\": \"npx\"}}");
    assert_eq!(machine.read(".claude.json"), expected);
    let kept = machine.kept().remove(0).join("HOME/.claude.json");
    assert_eq!(fs::read_to_string(kept).expect("is there"), live);
    machine.fails(1, &restore(&["--only", "~/.claude.json", "--json-path", "/none", "--yes"]));
    machine.fails(2, &restore(&["--json-path", "/mcpServers", "--yes"]));
    machine.fails(2, &restore(&["--only", "mcp", "--json-path", "/mcpServers", "--yes"]));
    fs::remove_file(machine.path("home/.claude.json")).expect("is removed");
    machine.fails(20, &restore(&[&part[..], &["--yes"]].concat()));
}

#[test]
fn what_a_snapshot_has_is_listed_compared_and_exported() {
    let machine = Machine::new();
    let to = ["--to", "repository"];
    let with = |words: &[&str]| machine.ok(&[&["snapshot"], words, &to].concat());
    assert_eq!(with(&["ls", "latest", "~/.claude/agents/a.md"]).lines().count(), 1);
    assert!(
        with(&["ls", "latest", "~/.claude", "--json"])
            .contains(r#""path":"~/.claude/agents/a.md""#)
    );
    machine.fails(20, &["snapshot", "ls", "latest", "~/.nothing", "--to", "repository"]);
    assert_eq!(with(&["diff"]), "", "nothing has changed");
    let first = with(&["list"]).split(' ').next().expect("a name").to_owned();
    machine.write(".claude/agents/a.md", "another agent\n");
    machine.write(".claude/agents/b.md", "");
    fs::remove_file(machine.path("home/.claude.json")).expect("is removed");
    let expected = [
        "~ ",
        "~/.claude/agents/a.md (was 9 bytes)",
        "+ ",
        "~/.claude/agents/b.md",
        "- ",
        "~/.claude.json",
    ];
    let assert_changes = |told: &str| {
        assert!(expected.iter().all(|part| told.contains(part)), "{told}");
        let changes = told.lines().filter(|line| !line.starts_with("warning"));
        assert_eq!(changes.count(), 3, "{told}");
    };
    assert_changes(&with(&["diff"]));
    machine.run(&["snapshot", "create", "--to", "repository"]);
    assert_changes(&with(&["diff", &first, "latest"]));
    with(&["export", &first, "--out", "all.tar"]);
    machine.ok(&restore(&[&first, "--target", "out"]));
    let script =
        "mkdir tar pipe && tar -x -p -f all.tar -C tar && diff -r --no-dereference out tar/files
        $PROGRAM snapshot export --to repository latest | tar -x -C pipe
        test -f pipe/files/HOME/.claude/agents/b.md && test $(stat -c %a all.tar) = 600
        ls -A | grep vaultctl- && exit 1; exit 0";
    let mut shell = Command::new("sh");
    shell.args(["-euc", script]).current_dir(machine.root.path()).env("HOME", machine.path("home"));
    let output = shell.env("PROGRAM", PROGRAM).output().expect("starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    machine.fails(1, &["snapshot", "export", "--to", "repository", "--out", "all.tar"]);
}

/// After `kill -9` at any moment, the old and the new of each thing are there, whole, and
/// `--resume` finishes what was begun.
#[test]
fn a_killed_restore_in_place_loses_nothing() {
    let machine = Machine::new();
    for round in 0_u64..30 {
        let old = format!("round {round}\n");
        machine.write(".claude/agents/a.md", &old);
        machine.write(".claude.json", &format!(r#"{{"round": {round}}}"#));
        let begun = machine.kept();
        let mut run = machine
            .command(&restore(&["--in-place", "--yes"]))
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        std::thread::sleep(Duration::from_millis(30 + round * 15));
        drop(run.kill());
        run.wait().expect("ends");
        let lock = machine.path("home/.claude.json.lock");
        if lock.exists() {
            // As Claude does with a lock whose owner has gone.
            fs::remove_dir(lock).expect("is removed");
        }
        let mut fresh = machine.kept();
        fresh.retain(|folder| !begun.contains(folder));
        let unfinished = fresh.iter().any(|folder| folder.join("UNFINISHED").exists());
        if unfinished {
            let said = machine.fails(1, &restore(&["--in-place", "--yes"]));
            assert!(said.contains("--resume"), "{said}");
        }
        machine.ok(&["snapshot", "restore", "--resume"]);
        let now = machine.read(".claude/agents/a.md");
        if now == old {
            assert!(
                machine.read(".claude.json").contains("round") && fresh.is_empty(),
                "round {round}"
            );
            continue;
        }
        assert_eq!(now, "an agent\n", "round {round}");
        assert!(machine.read(".claude.json").contains("npx"), "round {round}");
        let kept = fresh.first().expect("the old is kept").join("HOME");
        assert_eq!(fs::read_to_string(kept.join(".claude/agents/a.md")).expect("is there"), old);
        assert!(fs::read_to_string(kept.join(".claude.json")).expect("is there").contains("round"));
    }
    machine.ok(&restore(&["--in-place", "--yes"]));
    assert_eq!(machine.read(".claude/agents/a.md"), "an agent\n");
}
