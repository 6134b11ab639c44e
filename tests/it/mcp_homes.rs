//! `mcp adopt`, `list`, `check` and `undo` in one home after the other: every client, in the styles
//! in which people and programs write its file.
//!
//! The servers in them are `fixtures/mcp/programs`, which answer only if they have their secret where
//! their arguments say, and no other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::thread;

use serde_json::Value;

use super::homes;
use super::oracle::everything_below;
use super::world::World;

/// A home of `fixtures/clients/styles`, and how many values in it become references, or are printed
/// by a helper.
struct Style {
    home: &'static str,
    moved: usize,
    /// How many entries the store has then: the same secret twice is one.
    entries: usize,
}

const fn style(home: &'static str, moved: usize) -> Style {
    Style { home, moved, entries: moved }
}

const STYLES: [Style; 16] = [
    // As it writes the file itself; and with a byte order mark, on one line, beside a project.
    style("claude-code-written", 3),
    style("claude-code-edited", 4),
    style("claude-desktop-preferences", 2),
    style("claude-desktop-windows", 2),
    style("cursor-comments", 1),
    Style { home: "cursor-one-line", moved: 2, entries: 1 },
    style("vscode-inputs", 1),
    style("vscode-settings", 2),
    style("windsurf-switches", 1),
    style("windsurf-plug-in", 1),
    style("zed-older", 1),
    style("zed-newer", 2),
    style("gemini-cli-settings", 1),
    style("gemini-cli-comments", 2),
    style("codex-tables", 1),
    style("codex-dotted", 3),
];

/// Modes that files have, in turn.
const MODES: [u32; 3] = [0o600, 0o644, 0o640];

/// Files that are cut off in the middle, the second for homes that have the first client.
const BROKEN: [(&str, &str); 2] = [
    (".cursor/mcp.json", "{ \"mcpServers\": { \"a\": {"),
    (".gemini/settings.json", "{ \"mcpServers\": { \"a\": } }"),
];

/// Everything in the home but the store, the settings and the state: mode and content.
fn kept(world: &World) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let own = [".password-store", ".local", ".config/vaultctl"].map(|folder| world.path(folder));
    let paths = everything_below(&world.path("")).into_iter();
    let paths = paths.filter(|path| !own.iter().any(|own| path.starts_with(own)));
    let look = |path: PathBuf| {
        let mode = path.symlink_metadata().expect("nothing else changes this home");
        let content = fs::read(&path).unwrap_or_default();
        (path, (mode.permissions().mode(), content))
    };
    paths.map(look).collect()
}

fn world(style: &Style, number: usize) -> World {
    let world = World::with_store();
    homes::programs(&world);
    let (broken, content) = BROKEN[usize::from(style.home.starts_with("cursor"))];
    world.plant(broken, content);
    homes::plant(&world, &format!("styles/{}", style.home));
    for path in everything_below(&world.path("")).iter().filter(|path| path.is_file()) {
        let is_program = fs::read(path).expect("it is read").starts_with(b"#!");
        let mode = if is_program { 0o700 } else { MODES[number % MODES.len()] };
        if !path.starts_with(world.path(".password-store"))
            && !path.starts_with(world.path(".config/vaultctl"))
        {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
        }
    }
    world
}

fn told(world: &World, script: &str) -> Value {
    // What is left out, or weak, makes an exit status of its own.
    let output = world.sh(&format!("cd works/app 2> /dev/null; {script}")).run();
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
        panic!("`{script}`: {}", String::from_utf8_lossy(&output.stderr));
    })
}

/// Every server answers, and the file that can not be read is named; what is said against the servers.
fn weaknesses(world: &World, home: &str) -> Vec<Value> {
    let check = told(world, "vaultctl mcp check --json");
    assert_eq!(check["broken"].as_array().map(Vec::len), Some(1), "{home}: {check}");
    let servers = check["servers"].as_array().expect("a list");
    for server in servers {
        let text = server["text"].as_str().expect("it says something");
        let is_none = ["a remote server", "neither a program nor an address"];
        let is_none = is_none.iter().any(|none| text.contains(none));
        let expected = if is_none { "skipped" } else { "ok" };
        assert_eq!(server["state"], expected, "{home}: {server}");
    }
    servers.iter().flat_map(|server| server["weak"].as_array().expect("a list")).cloned().collect()
}

/// How many values are references, and how many servers have a helper.
fn moved(world: &World) -> usize {
    let list = told(world, "vaultctl mcp list --json");
    let servers = list["servers"].as_array().expect("a list");
    let values = servers.iter().flat_map(|server| server["values"].as_array().expect("a list"));
    let references = values.filter(|value| value["references"][0].is_string());
    references.count() + servers.iter().filter(|server| server["launch"]["helper"] == true).count()
}

/// Adopts, checks and puts back one home.
fn there_and_back(style: &Style, number: usize) {
    let world = world(style, number);
    let home = style.home;
    let before = kept(&world);
    assert_eq!(weaknesses(&world, home).len(), style.moved, "{home}");
    assert!(world.leaks_anywhere().len() >= style.entries.min(1), "{home} has no secret");

    let adopt = "cd works/app 2> /dev/null; vaultctl mcp adopt --yes";
    let said = world.sh(adopt).run().fails(3);
    assert!(said.contains("left out") && !said.contains("in the clear"), "{home}: {said}");
    assert_eq!(world.leaks_anywhere(), Vec::<String>::new(), "{home}");
    let entries = world.sh("find .password-store/claude -name '*.age' | wc -l").run().ok();
    assert_eq!(entries.trim(), style.entries.to_string(), "{home}");
    assert_eq!(moved(&world), style.moved, "{home}");
    assert_eq!(weaknesses(&world, home), Vec::<Value>::new(), "{home}");
    let again = world.sh(adopt).run().fails(3);
    assert!(again.contains("no secret stands in the clear"), "{home}: {again}");
    assert_eq!(modes(&kept(&world)), modes(&before), "{home}");

    world.sh("vaultctl mcp undo --yes").run().ok();
    for (path, (mode, content)) in kept(&world) {
        let then = before.get(&path).map(|(mode, content)| (*mode, content.as_slice()));
        assert!(then == Some((mode, &content)), "{home}: `{}` differs", path.display());
    }
    let settings = fs::read_to_string(world.path(".config/vaultctl/config.toml"));
    assert!(!settings.unwrap_or_default().contains("[server"), "{home}: a permission is left");
}

/// No file more, none less, and each as it may be used.
fn modes(kept: &BTreeMap<PathBuf, (u32, Vec<u8>)>) -> Vec<(&PathBuf, u32)> {
    kept.iter().map(|(path, (mode, _))| (path, *mode)).collect()
}

#[test]
fn every_style_of_every_client_is_adopted_and_put_back() {
    let numbered: Vec<(usize, &Style)> = STYLES.iter().enumerate().collect();
    for some in numbered.chunks(4) {
        thread::scope(|scope| {
            for (number, style) in some {
                scope.spawn(|| there_and_back(style, *number));
            }
        });
    }
}

#[test]
fn every_client_is_there_in_two_styles_at_least() {
    let words = "claude-desktop claude-code cursor vscode windsurf zed gemini-cli codex";
    for word in words.split(' ') {
        let styles = STYLES.iter().filter(|style| style.home.starts_with(word));
        assert!(styles.count() >= 2, "{word}");
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/clients/styles");
    let homes = fs::read_dir(folder).expect("it is there").flatten();
    let homes: BTreeSet<_> = homes.filter_map(|home| home.file_name().into_string().ok()).collect();
    assert_eq!(homes, STYLES.iter().map(|style| style.home.to_owned()).collect());
}
