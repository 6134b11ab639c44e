//! Lines that people are told to type: those under `--help`, and those in the documents.

use std::fs;
use std::path::Path;

use super::world::World;

/// What the lines speak of.
const ENTRIES: [(&str, &str); 5] = [
    ("claude/github-token", "ghp-{canary}\nuser: ann\n"),
    ("claude/old-token", "{canary}\n"),
    ("claude/db", "{canary}\nurl: postgres://ann:{canary}@db/claude\n"),
    ("mail/ann", "{canary}\n"),
    ("mail/ann-otp", OTP),
];
/// An `otpauth://` line.
const OTP: &str = "otpauth://totp/{canary}:ann?secret=JBSWY3DPEHPK3PXP\n";

const FILES: [(&str, &str); 9] = [
    (
        ".claude.json",
        "{\"mcpServers\": {\"a\": {\"command\": \"npx\", \"env\": {\"TOKEN\": \"{canary}\"}}}}",
    ),
    ("uri.txt", OTP),
    (
        ".cursor/mcp.json",
        "{\"mcpServers\": {\"github\": {\"command\": \"npx\", \"env\": {\"GITHUB_TOKEN\": \"{canary}\"}}}}",
    ),
    ("token.txt", "{canary}\n"),
    ("key.pem", "{canary}\n"),
    (".env", "API_KEY={canary}\nexport DATABASE_URL='postgres://ann:{canary}@db/claude'\n"),
    (".config/gh/hosts.yml", include_str!("../../fixtures/import/gh-flat.yml")),
    (
        "bitwarden.json",
        "{\"encrypted\": false, \"items\": [{\"name\": \"x\", \"login\": {\"password\": \"{canary}\"}}]}",
    ),
    ("1password.csv", include_str!("../../fixtures/import/1password.csv")),
];

/// Where the documents with such lines are.
const DOCUMENTS: [&str; 3] = ["README.md", "docs/adopt.md", "docs/import.md"];

/// Runs the line where all that it speaks of is there; it must succeed.
pub(crate) fn run(line: &str) {
    let world = World::with_store();
    with_files(&world);
    for (name, content) in ENTRIES {
        let content = content.replace("{canary}", world.canary());
        world.sh(&format!("vaultctl insert -m {name}")).input(content).run().ok();
    }
    // Some lines are for one shell, and that one is bash.
    world.plant("line", line);
    drop(world.sh("bash line").reveal().ok());
}

fn with_files(world: &World) {
    for (name, content) in FILES {
        world.plant(name, content.replace("{canary}", world.canary()));
    }
}

/// How a shell would call the program: each call's words, which the program understands.
pub(crate) fn calls(script: &str) -> Vec<Vec<String>> {
    let world = World::new();
    with_files(&world);
    world.plant("bin/vaultctl", "#!/bin/sh\nprintf '%s\\n' vaultctl \"$@\" > calls/$$\n");
    world.plant("script", script);
    // Nothing but the recorder is on the PATH: what else the script calls is not found, and that is well.
    drop(world.sh("chmod +x bin/vaultctl; mkdir calls; PATH=$PWD/bin; . ./script").run());
    let records = fs::read_dir(world.path("calls")).expect("it was made").flatten();
    let calls: Vec<Vec<String>> = records.map(|record| words(&record.path())).collect();
    for call in &calls {
        let parsed = vaultctl::cli::command().try_get_matches_from(call);
        assert!(parsed.is_ok(), "`{}`: {}", call.join(" "), parsed.expect_err("it is none"));
    }
    calls
}

fn words(record: &Path) -> Vec<String> {
    fs::read_to_string(record).expect("it is text").lines().map(str::to_owned).collect()
}

/// The pieces of a document that are in one language: `sh`, `json`.
pub(crate) fn blocks(document: &str, language: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
    let text = fs::read_to_string(path).expect("the document is there");
    let begin = format!("\n```{language}\n");
    let blocks = text.split(&begin).skip(1);
    blocks.map(|block| block.split("\n```").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn what_the_documents_tell_to_type_can_be_typed() {
    for document in DOCUMENTS {
        let scripts = blocks(document, "sh");
        assert!(
            scripts.iter().any(|script| script.contains("vaultctl ")),
            "{document} shows no use"
        );
        for script in scripts {
            let shown = script.lines().filter(|line| line.starts_with("vaultctl ")).count();
            assert!(calls(&script).len() >= shown, "not all of this was called:\n{script}");
        }
    }
}
