//! `mcp list` in the fixture homes: everything is found, and no value is shown.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::homes;
use super::world::World;

/// What `vaultctl mcp list` says in a home, in the project `works/app`.
const SAID: &str = "fixtures/clients/linux.txt";

/// With the place of the home left out.
fn said(world: &World, script: &str) -> String {
    let home = world.path("").display().to_string();
    world.sh(script).run().ok().replace(home.trim_end_matches('/'), "{home}")
}

/// `VAULTCTL_STORIES=rewrite cargo test clients` writes what is said into the file.
#[test]
fn every_server_of_a_home_is_listed_and_no_value() {
    let world = World::new();
    homes::plant(&world, "linux");
    let list = said(&world, "cd works/app && vaultctl mcp list");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(SAID);
    if std::env::var("VAULTCTL_STORIES").is_ok_and(|mode| mode == "rewrite") {
        fs::write(&path, &list).expect("it is written");
    }
    assert_eq!(list, fs::read_to_string(&path).unwrap_or_default());
}

#[test]
fn the_same_is_said_as_json() {
    let world = World::new();
    homes::plant(&world, "linux");
    let list = said(&world, "cd works/app && vaultctl mcp list --json");
    let list: Value = serde_json::from_str(&list).expect("it is JSON");
    let servers = list["servers"].as_array().expect("a list");
    let find =
        |name: &str| servers.iter().find(|server| server["name"] == name).expect("it is there");
    assert_eq!(find("sentry")["scope"], "local");
    assert_eq!(find("sentry")["project"], "{home}/works/app");
    assert_eq!(find("sentry")["launch"]["package"], "mcp-server-sentry==2026.1.2");
    assert_eq!(find("linear")["launch"]["origin"], "https://mcp.linear.app");
    assert_eq!(find("slack")["off"], true);
    assert_eq!(find("shared")["values"][0]["references"][0], "vault:team/shared#key");
    assert_eq!(find("perplexity")["values"][0]["placeholders"][0], "input:perplexity-key");
    assert_eq!(list["variables"][0]["name"], "ANTHROPIC_API_KEY");
    assert_eq!(list["broken"], Value::Array(Vec::new()));
}

#[test]
fn broken_files_are_named_and_the_rest_is_listed() {
    let world = World::new();
    homes::plant(&world, "broken");
    let output = world.sh("vaultctl mcp list --json").run();
    assert_eq!(output.status, 3);
    let list: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let broken = list["broken"].as_array().expect("a list");
    let lines: Vec<u64> = broken.iter().filter_map(|one| one["line"].as_u64()).collect();
    assert_eq!(lines, [4, 4, 4, 1, 3, 2, 1, 4]);
    assert_eq!(list["servers"].as_array().map(Vec::len), Some(5));
    let warned = String::from_utf8_lossy(&output.stderr);
    let is_told = |line: &str| {
        let event: Value = serde_json::from_str(line).expect("it is an event");
        let message = event["message"].as_str().is_some_and(|text| text.starts_with("left out: "));
        event["event"] == "warning" && message
    };
    assert_eq!(warned.lines().filter(|line| is_told(line)).count(), 8, "{warned}");
}
