//! Real clients of both protocol eras and real servers, with `vaultctl exec` in between: neither
//! notices. The Python SDK begins with `server/discover`, the TypeScript SDK with `initialize`; the
//! scripts in `fixtures/mcp` let each of them list a server's tools and call one.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::tools;
use super::world::{PROGRAM, World};

const GRANT: &str = "TOKEN=vault:claude/github-token";

/// A server, a tool of its that can be called, and a word of the answer.
struct Server {
    command: Vec<OsString>,
    tool: &'static str,
    arguments: Value,
    word: &'static str,
}

fn servers(world: &World) -> Vec<Server> {
    let server = |program: PathBuf, rest: &[&str]| {
        let rest = rest.iter().map(OsString::from);
        [program.into_os_string()].into_iter().chain(rest).collect()
    };
    let home = world.path("").display().to_string();
    vec![
        Server {
            command: server(tools::everything_server(), &["stdio"]),
            tool: "echo",
            arguments: json!({ "message": "hello" }),
            word: "Echo: hello",
        },
        Server {
            command: server(tools::memory_server(), &[]),
            tool: "read_graph",
            arguments: json!({}),
            word: "entities",
        },
        Server {
            command: server(tools::filesystem_server(), &[&home]),
            tool: "list_allowed_directories",
            arguments: json!({}),
            word: "Allowed directories",
        },
        Server {
            command: server(tools::time_server(), &[]),
            tool: "get_current_time",
            arguments: json!({ "timezone": "Etc/UTC" }),
            word: "Etc/UTC",
        },
    ]
}

fn world() -> World {
    let world = World::with_store();
    world.sh("vaultctl set claude/github-token").input(world.canary()).run().ok();
    world
}

/// `vaultctl exec … -- COMMAND`.
fn wrapped(command: &[OsString]) -> Vec<OsString> {
    let words = [PROGRAM, "exec", "-e", GRANT, "--"].map(OsString::from);
    words.into_iter().chain(command.iter().cloned()).collect()
}

/// A client, as far as it goes without its server.
type Client = fn(&World) -> Command;

fn python(world: &World) -> Command {
    let mut command = world.command(tools::python());
    command.arg(fixture("discover-first.py"));
    command
}

fn typescript(world: &World) -> Command {
    let mut command = world.command("node");
    command.arg(fixture("initialize-first.mjs")).arg(tools::typescript_sdk());
    command
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mcp").join(name)
}

/// What the client says that it got.
fn told(client: Client, server: &Server, launch: &[OsString], world: &World) -> Value {
    told_with(client, server, launch, (world, &[]))
}

/// The same where the client's entry has variables.
fn told_with(
    client: Client,
    server: &Server,
    launch: &[OsString],
    (world, env): (&World, &[(String, String)]),
) -> Value {
    let mut command = client(world);
    command.envs(env.iter().cloned());
    // Each server of this world has a graph of its own.
    command.env("MEMORY_FILE_PATH", world.path("graph.json"));
    command.arg(server.tool).arg(server.arguments.to_string()).args(launch);
    let output = command.output().expect("the client starts");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{launch:?}: {error}");
    serde_json::from_slice(&output.stdout).expect("the client prints JSON")
}

fn talks_with_every_server(client: Client) {
    let world = world();
    for server in servers(&world) {
        let direct = told(client, &server, &server.command, &world);
        let through = told(client, &server, &wrapped(&server.command), &world);
        assert_eq!(through["tools"], direct["tools"], "{:?}", server.command);
        let said = through["content"].to_string();
        assert!(said.contains(server.word), "{:?}: {said}", server.command);
    }
}

#[test]
fn the_client_that_asks_for_the_new_era_first_talks_through_exec() {
    talks_with_every_server(python);
}

#[test]
fn the_client_that_begins_with_initialize_talks_through_exec() {
    talks_with_every_server(typescript);
}

/// The same by a permission of the settings: `vaultctl exec --server NAME`, as an adopted entry has it.
#[test]
fn both_clients_talk_through_a_permission() {
    let world = world();
    let server = servers(&world).swap_remove(3);
    let program = server.command[0].to_string_lossy().into_owned();
    let settings =
        format!("[server.time]\nallow = [\"claude/github-token\"]\ncommand = [\"{program}\"]\n");
    world.plant(".config/vaultctl/config.toml", settings);
    let launch = [PROGRAM, "exec", "--server", "time", "--", &program].map(OsString::from);
    for client in [python, typescript] {
        let said = told(client, &server, &launch, &world)["content"].to_string();
        assert!(said.contains(server.word), "{said}");
    }
}

/// `get-env` shows that the client's own server has the secret, in both eras' clients.
#[test]
fn a_server_has_its_secret_whoever_its_client_is() {
    let world = world();
    let server = Server {
        command: vec![tools::everything_server().into(), "stdio".into()],
        tool: "get-env",
        arguments: json!({}),
        word: "TOKEN",
    };
    for client in [python, typescript] {
        let said = told(client, &server, &wrapped(&server.command), &world);
        let text = said["content"][0]["text"].as_str().expect("the tool prints text");
        let environment: Value = serde_json::from_str(text).expect("the text is JSON");
        assert_eq!(environment["TOKEN"], world.canary());
    }
}

/// A server as a client's file says to start it.
struct Adopted {
    name: &'static str,
    launch: Vec<OsString>,
    env: Vec<(String, String)>,
}

/// Servers with a literal key each, and a tool that each can be asked for.
fn with_keys(world: &World) -> [(&'static str, Server); 4] {
    let everything = || Server {
        command: vec![tools::everything_server().into(), "stdio".into()],
        tool: "get-env",
        arguments: json!({}),
        word: "PATH",
    };
    let mut others = servers(world);
    let (time, memory) = (others.swap_remove(3), others.swap_remove(1));
    [("one", everything()), ("two", everything()), ("memory", memory), ("time", time)]
}

/// The key of a server: the others' have another last word.
fn key(name: &str, world: &World) -> String {
    format!("{}-{name}", world.canary())
}

/// Has Cursor's file adopted, and reads from it how each server is started now.
fn adopted(world: &World) -> Vec<Adopted> {
    let text = |word: &OsString| word.to_string_lossy().into_owned();
    let mut entries = json!({});
    for (name, server) in with_keys(world) {
        let words: Vec<String> = server.command.iter().map(text).collect();
        let graph = world.path("graph.json");
        let env = json!({ "SERVICE_API_KEY": key(name, world), "MEMORY_FILE_PATH": graph });
        entries[name] = json!({ "command": words[0], "args": words[1..], "env": env });
    }
    let path = world.plant(".cursor/mcp.json", json!({ "mcpServers": entries }).to_string());
    world.sh("vaultctl mcp adopt --yes").run().ok();
    assert_eq!(world.leaks_anywhere(), Vec::<String>::new());
    let file: Value = serde_json::from_slice(&fs::read(path).expect("it is read")).expect("JSON");
    with_keys(world).map(|(name, _)| read_entry(name, &file["mcpServers"][name])).into()
}

fn read_entry(name: &'static str, entry: &Value) -> Adopted {
    let text = |value: &Value| value.as_str().expect("it is text").to_owned();
    let args = entry["args"].as_array().expect("a list").iter().map(text);
    let launch = [text(&entry["command"])].into_iter().chain(args).map(OsString::from).collect();
    let env = entry["env"].as_object().expect("a map").iter();
    let env: Vec<_> = env.map(|(name, value)| (name.clone(), text(value))).collect();
    assert!(env.iter().any(|(_, value)| value.starts_with("vault:claude/")), "{env:?}");
    Adopted { name, launch, env }
}

/// Both eras' clients talk with every server of an adopted file as if it had not been.
#[test]
fn adopted_servers_talk_with_both_clients() {
    let world = World::with_store();
    let adopted = adopted(&world);
    for client in [python, typescript] {
        for (entry, (name, server)) in adopted.iter().zip(with_keys(&world)) {
            let direct = told(client, &server, &server.command, &world);
            let told = told_with(client, &server, &entry.launch, (&world, &entry.env));
            assert_eq!(told["tools"], direct["tools"], "{name}");
            let said = told["content"].to_string();
            assert!(said.contains(server.word), "{name}: {said}");
            if server.tool == "get-env" {
                assert!(said.contains(&key(name, &world)), "{name} has no key");
                assert_eq!(said.matches(world.canary()).count(), 1, "{name} has more than its own");
            }
        }
    }
}

/// The kernel's word for it: in the process that the client has started, its own key is there once,
/// and no other's.
#[test]
fn an_adopted_server_has_its_own_key_and_no_other() {
    let world = World::with_store();
    for Adopted { name, launch, env } in adopted(&world) {
        let mut command = world.command(&launch[0]);
        command.args(&launch[1..]).envs(env);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        let client = json!({ "name": "test", "version": "1" });
        let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params":
            { "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client } });
        let mut input = child.stdin.take().expect("it was piped");
        writeln!(input, "{hello}").expect("the server reads");
        let mut answer = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("it was piped"));
        output.read_line(&mut answer).expect("it answers");
        let environment = fs::read(format!("/proc/{}/environ", child.id())).expect("it runs");
        child.kill().expect("it is ours");
        child.wait().expect("it ends");
        let environment = String::from_utf8_lossy(&environment);
        assert!(answer.contains("serverInfo"), "{name}: {answer}");
        let own = format!("SERVICE_API_KEY={}\0", key(name, &world));
        assert!(environment.contains(&own), "{name} has not its own");
        assert_eq!(environment.matches(world.canary()).count(), 1, "{name} has another's");
    }
}

/// Every byte that the server writes to the same words.
fn conversation(launch: &[OsString], words: &[Value], world: &World) -> String {
    let mut command = world.command(&launch[0]);
    command.args(&launch[1..]).env("MEMORY_FILE_PATH", world.path("graph.json"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    let mut input = child.stdin.take().expect("it was piped");
    let mut output = BufReader::new(child.stdout.take().expect("it was piped"));
    let mut heard = String::new();
    for word in words {
        writeln!(input, "{word}").expect("the server reads");
        // One question at a time: answers would come in any order otherwise.
        let mut is_answered = word["id"].is_null();
        while !is_answered {
            let mut line = String::new();
            assert!(output.read_line(&mut line).expect("a line") > 0, "the server has gone");
            heard.push_str(&line);
            let message: Value = serde_json::from_str(&line).expect("a message");
            is_answered = message["id"] == word["id"];
        }
    }
    child.kill().expect("it is ours");
    child.wait().expect("it ends");
    heard
}

#[test]
fn not_a_byte_of_the_conversation_is_changed() {
    let world = world();
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let say = |id: u64, method: &str, params: &Value| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    let modern = [
        say(1, "server/discover", &json!({ "_meta": meta })),
        say(2, "tools/list", &json!({ "_meta": meta })),
    ];
    let client = json!({ "name": "test", "version": "1" });
    let hello =
        json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    let legacy = [
        say(1, "initialize", &hello),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        say(2, "tools/list", &json!({})),
        say(3, "no/such/method", &json!({})),
    ];
    for words in [&modern[..], &legacy[..]] {
        for server in servers(&world) {
            // Some stop listening after a message of the other era, so only those it answers.
            let direct = conversation(&server.command, words, &world);
            assert_eq!(conversation(&wrapped(&server.command), words, &world), direct);
            assert!(direct.lines().count() >= 2, "{direct}");
        }
    }
}
