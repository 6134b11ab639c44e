//! The guides in `docs/guide`: what they say to type is typed, in a home of their client.

use std::fs;
use std::path::Path;

use super::examples::blocks;
use super::homes;
use super::tools;
use super::world::World;

/// A guide, a home of `fixtures/clients/styles` with that client's file, and where the file is.
const GUIDES: [(&str, &str, &str); 8] = [
    ("claude-desktop", "claude-desktop-preferences", ".config/Claude/claude_desktop_config.json"),
    ("claude-code", "claude-code-written", ".claude.json"),
    ("cursor", "cursor-comments", ".cursor/mcp.json"),
    ("vscode", "vscode-inputs", ".config/Code/User/mcp.json"),
    ("windsurf", "windsurf-switches", ".codeium/windsurf/mcp_config.json"),
    ("zed", "zed-newer", ".config/zed/settings.json"),
    ("gemini-cli", "gemini-cli-settings", ".gemini/settings.json"),
    ("codex", "codex-tables", ".codex/config.toml"),
];

fn run(world: &World, script: &str) -> String {
    world.plant("script", script);
    // `vaultctl set` reads what a person would type.
    world.sh("bash -e script").input(world.canary()).run().ok()
}

/// Keys are moved, the servers answer, and the file is put back.
fn adopts_and_puts_back((adopt, undo): (&str, &str), home: &str, file: &str) {
    let world = World::with_store();
    homes::programs(&world);
    homes::plant(&world, &format!("styles/{home}"));
    let before = fs::read(world.path(file)).expect("it is there");
    let said = run(&world, adopt);
    assert!(said.contains("\nok "), "{said}");
    assert_eq!(world.leaks_anywhere(), Vec::<String>::new(), "{home}");
    run(&world, undo);
    assert!(fs::read(world.path(file)).expect("it is there") == before, "{home} is not as it was");
}

/// A server that somebody adds as the guide says is started with its key.
fn adds_a_server(client: &str, script: &str, (file, content): (&str, &str)) {
    let world = World::with_store();
    homes::programs(&world);
    world.script("npx", "exec needs-key NOTES_TOKEN");
    world.link("claude", &tools::claude_code());
    run(&world, script);
    if client != "claude-code" {
        world.plant(file, content);
    }
    let said = world.sh(&format!("vaultctl mcp check notes --client {client}")).run().ok();
    assert!(said.starts_with("ok      notes "), "{said}");
}

#[test]
fn what_the_guides_say_to_type_works() {
    for (client, home, file) in GUIDES {
        let guide = format!("docs/guide/{client}.md");
        let scripts = blocks(&guide, "sh");
        let [adopt, add, undo] = scripts.as_slice() else {
            panic!("{guide} has {} scripts", scripts.len());
        };
        adopts_and_puts_back((adopt, undo), home, file);
        let form = if file.ends_with(".toml") { "toml" } else { "json" };
        let forms = blocks(&guide, form);
        adds_a_server(client, add, (file, forms.last().expect("an entry is shown")));
    }
}

/// Each is there, and nobody has to look for it.
#[test]
fn every_guide_can_be_found() {
    let read = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        fs::read_to_string(path).expect("it is there")
    };
    let (readme, adopt) = (read("README.md"), read("docs/adopt.md"));
    for (client, _, _) in GUIDES {
        assert!(readme.contains(&format!("(docs/guide/{client}.md)")), "{client}");
        assert!(adopt.contains(&format!("(guide/{client}.md)")), "{client}");
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide");
    assert_eq!(fs::read_dir(folder).expect("it is there").count(), GUIDES.len());
}
