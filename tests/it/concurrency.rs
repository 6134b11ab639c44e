//! Many writers at once, and writers that are killed: nothing is lost, nothing is left behind.

use std::fs;
use std::io::Write;
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::homes;
use super::world::{PROGRAM, World};

const WRITERS: usize = 50;
const KILLS: u32 = 80;

/// Starts `vaultctl set NAME` and gives it `value`.
fn set(world: &World, name: &str, value: &str) -> Child {
    let mut command = world.command(PROGRAM);
    let mut child = command.args(["set", name]).stdin(Stdio::piped()).spawn().expect("it starts");
    let mut stdin = child.stdin.take().expect("it was piped");
    // Whoever is killed before reading closes the pipe.
    stdin.write_all(value.as_bytes()).ok();
    child
}

/// Eight at once move the keys of the same files: each key is in the store once, each file is as one
/// alone would have left it, and one undo puts everything back.
#[test]
fn adopting_at_the_same_time_moves_each_key_once() {
    let world = World::with_store();
    homes::programs(&world);
    for style in ["claude-code-written", "cursor-comments", "codex-tables"] {
        homes::plant(&world, &format!("styles/{style}"));
    }
    let files = [".claude.json", ".cursor/mcp.json", ".codex/config.toml"];
    let before = files.map(|file| fs::read(world.path(file)).expect("it is there"));
    let adopts = (0..8).map(|_| {
        let mut command = world.command(PROGRAM);
        command.args(["mcp", "adopt", "--yes"]).stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().expect("it starts")
    });
    for adopt in adopts.collect::<Vec<Child>>() {
        let output = adopt.wait_with_output().expect("it ends");
        let said = String::from_utf8(output.stderr).expect("is text");
        assert!(matches!(output.status.code(), Some(0 | 11)), "{:?}: {said}", output.status);
    }
    world.sh("vaultctl mcp adopt --yes").run().ok();
    assert_eq!(world.leaks_anywhere(), Vec::<String>::new());
    let entries = world.sh("find .password-store -name '*.age' | wc -l").run().ok();
    assert_eq!(entries.trim(), "5");
    is_whole(&world);
    world.sh("vaultctl mcp check --json > /dev/null").run().ok();
    world.sh("vaultctl mcp undo --yes").run().ok();
    for (file, before) in files.iter().zip(before) {
        assert!(fs::read(world.path(file)).expect("it is there") == before, "{file}");
    }
}

/// The store's repository is sound, and is what is in the tree; no file of a dead writer is left.
fn is_whole(world: &World) {
    world.sh("git -C .password-store fsck --strict --no-dangling").run().ok();
    assert_eq!(world.sh("git -C .password-store status --porcelain").run().ok(), "");
    let stray = "find .password-store -name '.vaultctl*' -o -name '*.lock' -o -name '*.tmp' -o -name 'tmp_*'";
    assert_eq!(world.sh(stray).run().ok(), "");
}

fn commits(world: &World) -> usize {
    world
        .sh("git -C .password-store rev-list --count HEAD")
        .run()
        .ok()
        .trim()
        .parse()
        .expect("a number")
}

#[test]
fn fifty_writers_at_once_lose_nothing() {
    let world = World::with_store();
    let before = commits(&world);
    let value = |number: usize| format!("{number}-{}", world.canary());
    let children: Vec<Child> = (0..WRITERS)
        .map(|number| set(&world, &format!("entry/{number}"), &value(number)))
        .collect();
    for mut child in children {
        assert!(child.wait().expect("it ends").success());
    }
    for number in 0..WRITERS {
        let read = world.sh(&format!("vaultctl get entry/{number}")).reveal().ok();
        assert_eq!(read.trim_end(), value(number));
    }
    assert_eq!(commits(&world), before + WRITERS);
    is_whole(&world);
    let writes = world
        .sh("vaultctl audit show --json | grep -c '\"write\".*entry/'; vaultctl audit verify")
        .run()
        .ok();
    assert!(writes.starts_with(&format!("{WRITERS}\n")), "{writes}");
}

/// Fifty writers of one entry: the last one wins, whole, and all are in the history.
#[test]
fn fifty_writers_of_one_entry_leave_one_of_the_values() {
    let world = World::with_store();
    let before = commits(&world);
    let values: Vec<String> =
        (0..WRITERS).map(|number| format!("{number}-{}", world.canary())).collect();
    let children: Vec<Child> = values.iter().map(|value| set(&world, "entry", value)).collect();
    for mut child in children {
        assert!(child.wait().expect("it ends").success());
    }
    let read = world.sh("vaultctl get entry").reveal().ok();
    assert!(values.iter().any(|value| *value == read.trim_end()));
    assert_eq!(commits(&world), before + WRITERS);
    is_whole(&world);
}

#[test]
fn a_killed_writer_leaves_the_old_entry_or_the_new() {
    let world = World::with_store();
    let mut old = format!("start-{}", world.canary());
    let begun = Instant::now();
    assert!(set(&world, "entry", &old).wait().expect("it ends").success());
    let whole = begun.elapsed();
    let (mut kept, mut replaced) = (0, 0);
    for round in 0..KILLS {
        let new = format!("{round}-{}", world.canary());
        // From at once to well after its usual end, so that every step gets its share.
        kill_after(set(&world, "entry", &new), whole * round * 3 / (KILLS * 2));
        let read = world.sh("vaultctl get entry").reveal().ok();
        let read = read.trim_end();
        assert!(read == old || read == new, "round {round}: neither the old value nor the new");
        if read == new {
            replaced += 1
        } else {
            kept += 1
        }
        old = read.to_owned();
        world.sh("vaultctl set other").input(new).run().ok();
        is_whole(&world);
    }
    assert!(
        kept > 0 && replaced > 0,
        "the kills came all at the same moment: {kept} kept, {replaced} replaced"
    );
    world.sh("vaultctl audit verify").run().ok();
}

fn kill_after(mut child: Child, delay: Duration) {
    thread::sleep(delay);
    child.kill().expect("it is ours");
    child.wait().expect("it ends");
}
