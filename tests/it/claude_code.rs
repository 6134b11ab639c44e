//! The real Claude Code beside us: both write `~/.claude.json`, and nothing of either is lost.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use vaultctl::clients::{
    ClientFile, Edit, Error, Found, Launch, Place, Scope, Surroundings, System, find,
};
use vaultctl::sys::Variables;

use super::homes;
use super::tools;
use super::world::{PROGRAM, World};

/// How many of theirs write at once.
const THEIRS: usize = 20;

/// How often somebody may be in the way of one of them.
const ATTEMPTS: usize = 10;

/// How many entries are ours to change, one after the other in each of two threads.
const OURS: usize = 20;

fn claude(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.command(tools::claude_code());
    command.args(arguments).stdin(Stdio::null());
    // It would tell its makers, if it could.
    command.env("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1").env("DISABLE_AUTOUPDATER", "1");
    // On a busy machine twenty of them wait for each other longer than the three seconds or so.
    command.env("CLAUDE_CODE_CONFIG_LOCK_WAIT_MS", "60000");
    command
}

/// What it says when it succeeds.
fn claude_says(world: &World, arguments: &[&str]) -> String {
    let output = claude(world, arguments).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it is text")
}

fn add(world: &World, scope: &str, name: &str, entry: &Value) {
    claude_says(world, &["mcp", "add-json", "-s", scope, name, &entry.to_string()]);
}

fn found(home: &Path) -> Found {
    let variables = Variables::default();
    let folder = home.to_owned();
    find(&Surroundings { home, variables: &variables, system: System::Linux, folder })
}

fn main_file(home: &Path) -> ClientFile {
    let mut files = found(home).files;
    files.retain(|file| file.path.ends_with(".claude.json"));
    files.pop().expect("it is there")
}

/// Does it again while the answer is that somebody else was in the way: whoever is told so has lost
/// nothing, whoever is told that all went well must find it later.
fn until_done(what: &str, mut attempt: impl FnMut() -> bool) {
    assert!((0..ATTEMPTS).any(|_| attempt()), "{what} was never done");
}

/// Changes one variable of one entry, as `adopt` would.
fn change(home: &Path, name: &str) -> Result<(), Error> {
    let place = Place::root().keys(&["mcpServers", name, "env", "KEY"]);
    let edit = Edit::Replace(place, vaultctl::clients::Value::text("vault:claude/key"));
    let held = main_file(home).hold()?;
    let after = held.file.edited(&[edit])?;
    held.write(after.bytes())
}

fn parsed(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("it is there")).expect("it is whole")
}

/// A file that Claude Code has used before, with entries for us to change. At its very first start it
/// writes other things too, and those without the lock when it can not have it at once (measured with
/// 2.1.329: "fallback under contention"): nobody is safe from that, twenty of its own among them.
fn prepared(world: &World) -> PathBuf {
    add(world, "user", "first", &json!({ "command": "true" }));
    let path = world.path(".claude.json");
    let mut file = parsed(&path);
    for number in 0..OURS {
        let entry = json!({ "command": "true", "env": { "KEY": "literal" } });
        file["mcpServers"][format!("ours-{number}")] = entry;
    }
    file["fieldOfTomorrow"] = json!([1, { "a": null }]);
    world.plant(".claude.json", file.to_string())
}

#[test]
fn twenty_writers_of_claude_code_and_our_edits_lose_nothing() {
    let world = World::new();
    let home = world.path("");
    let path = prepared(&world);
    let theirs = |number: usize| -> (String, Command) {
        let (name, entry) = (format!("theirs-{number}"), r#"{"command":"true","args":["x"]}"#);
        let mut command = claude(&world, &["mcp", "add-json", "-s", "user", &name, entry]);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        (name, command)
    };
    let writers: Vec<(String, Command)> = (0..THEIRS).map(theirs).collect();
    let ours = |number: usize| {
        let name = format!("ours-{number}");
        until_done(&name, || match change(&home, &name) {
            Ok(()) => true,
            Err(Error::Locked(_) | Error::Changed(_)) => false,
            Err(error) => panic!("{error}"),
        });
    };
    thread::scope(|scope| {
        let ours = &ours;
        for (name, mut command) in writers {
            scope.spawn(move || {
                until_done(&name, || command.status().expect("it starts").success());
            });
        }
        for half in 0..2 {
            let path = &path;
            scope.spawn(move || {
                // In the midst of theirs, not before they have started.
                while !fs::read_to_string(path).is_ok_and(|text| text.contains("theirs-")) {
                    thread::sleep(Duration::from_millis(20));
                }
                (half..OURS).step_by(2).for_each(ours);
            });
        }
    });
    let after = parsed(&path);
    for number in 0..OURS {
        assert_eq!(after["mcpServers"][format!("ours-{number}")]["env"]["KEY"], "vault:claude/key");
    }
    for number in 0..THEIRS {
        assert_eq!(after["mcpServers"][format!("theirs-{number}")]["args"], json!(["x"]));
    }
    assert_eq!(after["fieldOfTomorrow"], json!([1, { "a": null }]));
    let left: Vec<PathBuf> =
        fs::read_dir(&home).expect("lists").flatten().map(|item| item.path()).collect();
    let is_left = |path: &&PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.contains(".tmp") || name.contains(".lock")
    };
    assert_eq!(left.iter().find(is_left), None, "something was left");
}

#[test]
fn claude_code_waits_for_our_lock_and_we_for_its() {
    let world = World::new();
    add(&world, "user", "one", &json!({ "command": "true", "env": { "KEY": "literal" } }));
    let held = main_file(&world.path("")).hold().expect("the lock is free");
    let mut writer =
        claude(&world, &["mcp", "add-json", "-s", "user", "two", r#"{"command":"true"}"#])
            .stdout(Stdio::null())
            .spawn()
            .expect("it starts");
    thread::sleep(Duration::from_secs(1));
    let path = world.path(".claude.json");
    assert_eq!(parsed(&path)["mcpServers"]["two"], Value::Null, "it did not wait");
    let place = Place::root().keys(&["mcpServers", "one", "env", "KEY"]);
    let edit = Edit::Replace(place, vaultctl::clients::Value::text("vault:claude/key"));
    let after = held.file.edited(&[edit]).expect("it can be edited");
    held.write(after.bytes()).expect("writes");
    assert!(writer.wait().expect("it ends").success());
    let after = parsed(&path);
    assert_eq!(after["mcpServers"]["one"]["env"]["KEY"], "vault:claude/key");
    assert_eq!(after["mcpServers"]["two"]["command"], "true");
}

/// Every scope: what Claude Code writes we read, and what we write Claude Code reads.
#[test]
fn what_claude_code_writes_is_read_and_the_other_way_round() {
    let world = World::new();
    let entry = json!({ "command": "true", "args": ["-x"], "env": { "KEY": "literal" } });
    for scope in ["user", "local", "project"] {
        add(&world, scope, &format!("of-{scope}"), &entry);
    }
    let remote = json!({ "type": "http", "url": "https://mcp.example.com/mcp", "headers": { "X-Key": "literal" } });
    add(&world, "user", "remote", &remote);
    let files = found(&world.path("")).files;
    let entries: Vec<_> = files.iter().flat_map(ClientFile::servers).collect();
    let project = world.path("");
    let project = project.components().as_path();
    for (name, scope) in [
        ("of-user", Scope::User),
        ("of-local", Scope::Local(project.to_owned())),
        ("of-project", Scope::Project(project.to_owned())),
        ("remote", Scope::User),
    ] {
        let found = entries.iter().find(|entry| entry.name == name).expect("it was written");
        assert_eq!(found.scope, scope);
        match &found.launch {
            Launch::Stdio { args, env, .. } => assert_eq!((args.len(), env.len()), (1, 1)),
            Launch::Remote { headers, .. } => assert_eq!(headers.len(), 1),
            Launch::Other => panic!("`{name}` is not understood"),
        }
    }
    change(&world.path(""), "of-user").expect("writes");
    let shown = claude_says(&world, &["mcp", "get", "of-user"]);
    assert!(shown.contains("KEY=vault:claude/key"), "{shown}");
}

/// What Claude Code is to start: a server that answers only if it has its key.
fn needs_key(name: &str, world: &World) -> Value {
    let key = format!("{}-{name}", world.canary());
    json!({ "command": "needs-key", "args": ["SERVICE_TOKEN"], "env": { "SERVICE_TOKEN": key } })
}

/// After `mcp adopt` the real Claude Code reads its entries of every scope, starts those that need no
/// approval, and they have their keys.
#[test]
fn claude_code_connects_to_adopted_servers() {
    let world = World::with_store();
    homes::programs(&world);
    for scope in ["user", "local", "project"] {
        add(&world, scope, &format!("of-{scope}"), &needs_key(scope, &world));
    }
    let before = claude_says(&world, &["mcp", "list"]);
    world.sh("vaultctl mcp adopt --yes --remove-backups").run().ok();
    assert_eq!(world.leaks_anywhere(), Vec::<String>::new());
    let after = claude_says(&world, &["mcp", "list"]);
    for list in [&before, &after] {
        assert_eq!(list.matches("Connected").count(), 2, "{list}");
        assert_eq!(list.matches("Pending approval").count(), 1, "{list}");
    }
    assert!(!before.contains("vaultctl"), "{before}");
    for scope in ["user", "local", "project"] {
        let command = format!("vaultctl exec --server of-{scope} -- needs-key SERVICE_TOKEN");
        assert!(after.contains(&command), "{after}");
        let shown = claude_says(&world, &["mcp", "get", &format!("of-{scope}")]);
        assert!(shown.contains("SERVICE_TOKEN=vault:claude/"), "{shown}");
    }
}

/// A remote server's header is asked for by `headersHelper`, and is what the file had before.
#[test]
fn claude_code_sends_the_header_that_was_adopted() {
    let world = World::with_store();
    let server = Remote::start();
    let header = format!("Bearer {}", world.canary());
    let entry =
        json!({ "type": "http", "url": server.url, "headers": { "Authorization": header } });
    add(&world, "user", "web", &entry);
    let connected = |when: &str| {
        let list = claude_says(&world, &["mcp", "list"]);
        assert!(list.contains("Connected"), "{when}: {list}");
        server.headers()
    };
    let before = connected("before");
    world.sh("vaultctl mcp adopt --yes --remove-backups").run().ok();
    assert_eq!(world.leaks_anywhere(), Vec::<String>::new());
    assert!(parsed(&world.path(".claude.json"))["mcpServers"]["web"]["headersHelper"].is_string());
    for headers in [before, connected("after")] {
        assert!(headers.len() >= 3 && headers.iter().all(|sent| *sent == header), "another header");
    }
}

/// A remote server on this machine, which tells what was in `Authorization` each time.
struct Remote {
    child: Child,
    url: String,
    log: tempfile::NamedTempFile,
}

impl Remote {
    fn start() -> Self {
        let log = tempfile::NamedTempFile::new().expect("a temporary file");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mcp/remote.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(log.path()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut url = String::new();
        let output = child.stdout.take().expect("it was piped");
        BufReader::new(output).read_line(&mut url).expect("it says where it is");
        Self { child, url: url.trim().to_owned(), log }
    }

    /// Those of every request since the last look.
    fn headers(&self) -> Vec<String> {
        let text = fs::read_to_string(self.log.path()).expect("it is text");
        fs::write(self.log.path(), "").expect("it is ours");
        text.lines().map(str::to_owned).collect()
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Twenty of Claude Code and one `mcp adopt` at the same time: each entry of theirs is there, and each
/// of ours is adopted.
#[test]
fn adopt_beside_twenty_writers_of_claude_code_loses_nothing() {
    let world = World::with_store();
    let path = prepared(&world);
    let mut file = parsed(&path);
    for number in 0..OURS {
        let key = format!("{}-{number}", world.canary());
        file["mcpServers"][format!("ours-{number}")]["env"] = json!({ "API_KEY": key });
    }
    world.plant(".claude.json", file.to_string());
    thread::scope(|scope| {
        for number in 0..THEIRS {
            let (name, entry) = (format!("theirs-{number}"), r#"{"command":"true","args":["x"]}"#);
            let mut command = claude(&world, &["mcp", "add-json", "-s", "user", &name, entry]);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            scope.spawn(move || {
                until_done(&name, || command.status().expect("it starts").success());
            });
        }
        while !fs::read_to_string(&path).is_ok_and(|text| text.contains("theirs-")) {
            thread::sleep(Duration::from_millis(20));
        }
        let mut adopt = world.command(PROGRAM);
        adopt.args(["mcp", "adopt", "--yes"]).stdout(Stdio::null()).stderr(Stdio::null());
        until_done("adopt", || adopt.status().expect("it starts").success());
    });
    let after = parsed(&path);
    for number in 0..OURS {
        let key = &after["mcpServers"][format!("ours-{number}")]["env"]["API_KEY"];
        assert!(key.as_str().is_some_and(|key| key.starts_with("vault:claude/ours-")), "{key}");
    }
    for number in 0..THEIRS {
        assert_eq!(after["mcpServers"][format!("theirs-{number}")]["args"], json!(["x"]));
    }
    assert_eq!(after["fieldOfTomorrow"], json!([1, { "a": null }]));
    // Claude Code's own copies, some of them made after ours was the file.
    fs::remove_dir_all(world.path(".claude/backups")).expect("it keeps some");
    assert_eq!(world.leaks_anywhere(), Vec::<String>::new());
}

/// Somebody who puts back what he had read before, without the lock: once, and always.
#[test]
fn what_is_overwritten_is_adopted_again_and_not_for_ever() {
    for (times, status) in [(1, 0), (usize::MAX, 3)] {
        let world = World::with_store();
        let entry = json!({ "command": "a", "env": { "A_TOKEN": world.canary() } });
        let before = json!({ "mcpServers": { "a": entry } }).to_string();
        let path = world.plant(".claude.json", &before);
        let is_done = AtomicBool::new(false);
        let said = thread::scope(|scope| {
            scope.spawn(|| {
                let mut left = times;
                while left > 0 && !is_done.load(Ordering::Relaxed) {
                    if fs::read_to_string(&path).is_ok_and(|text| text.contains("vault:")) {
                        let new = path.with_extension("new");
                        fs::write(&new, &before).expect("it is ours");
                        fs::rename(&new, &path).expect("it takes its place");
                        left -= 1;
                    }
                    thread::sleep(Duration::from_millis(10));
                }
            });
            let output = world.sh("vaultctl mcp adopt --yes").run();
            is_done.store(true, Ordering::Relaxed);
            output.fails(status)
        });
        let is_adopted = fs::read_to_string(&path).expect("it is text").contains("vault:");
        assert_eq!(is_adopted, status == 0, "{said}");
        let word = if status == 0 { "changed again" } else { "each time it is changed" };
        assert!(said.contains(word), "{said}");
        // What was sealed on the way does not keep anybody from putting it back.
        world.sh("vaultctl mcp undo --yes").run().ok();
        assert_eq!(fs::read_to_string(&path).expect("it is text"), before);
    }
}
