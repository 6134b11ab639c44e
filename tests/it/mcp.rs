//! A real MCP server (`@modelcontextprotocol/server-everything`), launched by `vaultctl exec` as a
//! client would launch it: it gets exactly the secret that it was granted, and is its own process.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use super::tools;
use super::world::{PROGRAM, World};

const VARIABLE: &str = "GITHUB_PERSONAL_ACCESS_TOKEN";
const REFERENCE: &str = "vault:claude/github-token";

/// A running server and the pipes to it.
struct Server {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Server {
    fn start(mut command: Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        let stdin = child.stdin.take().expect("it was piped");
        let stdout = BufReader::new(child.stdout.take().expect("it was piped"));
        let mut server = Self { child, stdin, stdout };
        server.shake_hands();
        server
    }

    fn shake_hands(&mut self) {
        let client = json!({ "name": "test", "version": "1" });
        let hello =
            json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
        let answer = self.call(1, "initialize", &hello);
        assert_eq!(answer["serverInfo"]["name"], "mcp-servers/everything");
        self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
    }

    /// Its own environment, as it prints it.
    fn environment(&mut self) -> Value {
        let answer = self.call(2, "tools/call", &json!({ "name": "get-env", "arguments": {} }));
        let text = answer["content"][0]["text"].as_str().expect("the tool prints text");
        serde_json::from_str(text).expect("the text is JSON")
    }

    fn call(&mut self, id: u32, method: &str, params: &Value) -> Value {
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let mut line = String::new();
            assert!(self.stdout.read_line(&mut line).expect("a line") > 0, "the server has gone");
            let mut message: Value = serde_json::from_str(&line).expect("a JSON-RPC message");
            if message["id"] == id {
                return message["result"].take();
            }
        }
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.stdin, "{message}").expect("the server reads");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn world() -> World {
    let world = World::with_store();
    world.sh("vaultctl set claude/github-token").input(world.canary()).run().ok();
    world.sh("vaultctl set claude/other").input(world.canary()).run().ok();
    world
}

/// `vaultctl exec ARGUMENTS -- SERVER stdio`.
fn launch(world: &World, arguments: &[&str]) -> Command {
    let mut command = world.command(PROGRAM);
    command.arg("exec").args(arguments).arg("--").arg(tools::everything_server()).arg("stdio");
    command
}

#[test]
fn a_server_gets_the_secret_it_is_granted() {
    let world = world();
    let grant = format!("{VARIABLE}={REFERENCE}");
    let mut server = Server::start(launch(&world, &["-e", &grant]));
    let environment = server.environment();
    assert_eq!(environment[VARIABLE], world.canary());
    let bearing = environment
        .as_object()
        .expect("an object")
        .values()
        .filter(|value| *value == world.canary());
    assert_eq!(bearing.count(), 1, "it got more than it was granted");
}

/// This is how client files carry it: as a plain literal that every client passes on.
#[test]
fn a_reference_in_the_environment_is_resolved() {
    let world = world();
    let mut command = launch(&world, &[]);
    command.env(VARIABLE, REFERENCE);
    assert_eq!(Server::start(command).environment()[VARIABLE], world.canary());
}

#[test]
fn a_server_without_a_grant_gets_no_secret() {
    let world = world();
    let environment = Server::start(launch(&world, &[])).environment();
    assert_eq!(environment[VARIABLE], Value::Null);
    assert!(!environment.to_string().contains(world.canary()));
}

#[test]
fn a_clean_launch_passes_only_what_is_kept() {
    let world = world();
    let grant = format!("{VARIABLE}={REFERENCE}");
    let mut command = launch(&world, &["--clean", "--keep", "KEPT", "-e", &grant]);
    command.env("KEPT", "here").env("AWS_SECRET_ACCESS_KEY", "stray");
    let environment = Server::start(command).environment();
    assert_eq!(environment[VARIABLE], world.canary());
    assert_eq!(
        (&environment["KEPT"], &environment["AWS_SECRET_ACCESS_KEY"]),
        (&json!("here"), &Value::Null)
    );
}

/// The client supervises the server itself: there is no process of ours in between.
#[test]
fn the_server_is_the_process_that_was_spawned() {
    let world = world();
    let grant = format!("{VARIABLE}={REFERENCE}");
    let mut server = Server::start(launch(&world, &["-e", &grant]));
    let words =
        fs::read_to_string(format!("/proc/{}/cmdline", server.child.id())).expect("it runs");
    assert!(
        words.contains("mcp-server-everything\0stdio") && !words.contains("vaultctl\0"),
        "{words}"
    );
    assert!(!words.contains(world.canary()), "the secret is in the process list");
    server.child.kill().expect("it is ours");
    assert_eq!(server.child.wait().expect("it ends").signal(), Some(9));
}

/// `[server.NAME]` of two servers, each with an entry of its own.
const TWO: &str = r#"
[server.one]
allow = ["claude/one"]
command = ["SERVER", "stdio"]
env = { TOKEN = "vault:claude/one" }

[server.two]
allow = ["claude/two"]
command = ["SERVER", "stdio"]
env = { TOKEN = "vault:claude/two" }
"#;

/// Each of two servers that run at the same time has its own secret, and nothing of the other's.
#[test]
fn two_servers_with_two_permissions_have_each_its_own_secret() {
    let world = World::with_store();
    for name in ["one", "two"] {
        let value = format!("{name}-{}", world.canary());
        world.sh(&format!("vaultctl set claude/{name}")).input(value).run().ok();
    }
    let server = tools::everything_server().display().to_string();
    world.plant(".config/vaultctl/config.toml", TWO.replace("SERVER", &server));
    let start = |name: &str| {
        let mut command = world.command(PROGRAM);
        command.args(["exec", "--server", name]).env("STRAY", "stray");
        Server::start(command)
    };
    let (mut one, mut two) = (start("one"), start("two"));
    let environments = [("one", "two", one.environment()), ("two", "one", two.environment())];
    for (own, other, environment) in environments {
        assert_eq!(environment["TOKEN"], format!("{own}-{}", world.canary()));
        let text = environment.to_string();
        assert_eq!(text.matches(world.canary()).count(), 1, "it got more than its own");
        assert!(!text.contains(&format!("{other}-cnry")) && !text.contains("stray"), "{own}");
    }
}
