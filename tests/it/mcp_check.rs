//! `vaultctl mcp check` with real servers, and when somebody wants it to end.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::handshake::running_with;
use super::tools;
use super::world::{PROGRAM, World};

/// Writes what Claude Code would start.
fn plant(world: &World, servers: &Value) {
    world.plant(".claude.json", json!({ "mcpServers": servers }).to_string());
}

#[test]
fn real_servers_are_good() {
    let world = World::with_store();
    let command = |program: &Path, args: &[&str]| json!({ "command": program, "args": args });
    let home = world.path("").display().to_string();
    plant(
        &world,
        &json!({
            "everything": command(&tools::everything_server(), &["stdio"]),
            "memory": command(&tools::memory_server(), &[]),
            "filesystem": command(&tools::filesystem_server(), &[&home]),
            "time": command(&tools::time_server(), &[]),
        }),
    );
    let told = world.sh("vaultctl mcp check --timeout 2m --json").run().ok();
    let told: Value = serde_json::from_str(&told).expect("it is JSON");
    let found: Vec<(&str, &str)> = told["servers"]
        .as_array()
        .expect("it is a list")
        .iter()
        .map(|server| {
            (
                server["state"].as_str().expect("a word"),
                server["protocol"].as_str().expect("a version"),
            )
        })
        .collect();
    let (old, new) = (("ok", "2025-11-25"), ("ok", "2026-07-28"));
    assert_eq!(found, [old, old, old, new]);
}

/// ^C: what was started is ended, in a moment, whatever it does about signals.
#[test]
fn what_was_started_ends_with_the_check() {
    let world = World::with_store();
    let mark = format!("mark-{}", vaultctl::sys::random_hex(10));
    let script = "trap '' INT TERM; touch started; sleep 1000 & cat > /dev/null; sleep 1000";
    let server = json!({ "command": "sh", "args": ["-c", script], "env": { "MARK": mark } });
    plant(&world, &json!({ "one": server, "two": server }));
    let mut command = world.command(PROGRAM);
    command.args(["mcp", "check", "--timeout", "10m"]);
    let mut check = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    wait_for("it has started something", || {
        world.path("started").exists() && running_with(&mark).len() >= 4
    });
    let interrupted = Command::new("kill").args(["-INT", &check.id().to_string()]).status();
    assert!(interrupted.expect("there is `kill`").success());
    let status = check.wait().expect("it ends");
    assert_eq!((status.code(), status.signal()), (Some(130), None));
    wait_for("nothing is left of it", || running_with(&mark).is_empty());
}

fn wait_for(what: &str, happened: impl Fn() -> bool) {
    let begun = Instant::now();
    while !happened() {
        assert!(begun.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
