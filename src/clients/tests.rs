//! The fixture homes, as each system has them; holding and writing.
#![allow(clippy::disallowed_methods, reason = "tests make files and look at them")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::secret::Secret;
use crate::sys::Variables;

use super::*;

fn fixture(name: &str) -> PathBuf {
    #[allow(clippy::disallowed_macros, reason = "the fixtures are where this was built")]
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.join("fixtures/clients").join(name)
}

fn find_in(home: &Path, system: System, folder: &Path, variables: &[(&str, &str)]) -> Found {
    let variables: Variables = variables.iter().copied().collect();
    find(&Surroundings { home, variables: &variables, system, folder: folder.to_owned() })
}

/// One line for each server, without the place of the home.
fn told(found: &Found) -> Vec<String> {
    found.files.iter().flat_map(ClientFile::servers).map(|entry| tell(&entry)).collect()
}

fn tell(entry: &ServerEntry) -> String {
    // EXPOSE: texts of fixtures.
    let text = |field: &Field| field.text.expose().to_owned();
    let launch = match &entry.launch {
        Launch::Stdio { command, args, env, dir } => {
            let env: Vec<&str> = env.iter().map(|(name, _)| name.as_str()).collect();
            let dir = dir.as_ref().map(|dir| format!(" in {}", text(dir))).unwrap_or_default();
            format!("{} +{} [{}]{dir}", text(command), args.len(), env.join(" "))
        }
        Launch::Remote { url, headers, helper } => {
            let headers: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
            let helper = helper.as_ref().map(|_| " by a helper").unwrap_or_default();
            format!("{} [{}]{helper}", text(url), headers.join(" "))
        }
        Launch::Other => "other".to_owned(),
    };
    let off = if entry.is_off { " (off)" } else { "" };
    format!("{} {} {}: {launch}{off}", entry.client, entry.scope, entry.name)
}

#[test]
fn a_home_on_linux_is_read() {
    let home = fixture("linux");
    let found = find_in(&home, System::Linux, &home.join("works/app"), &[]);
    assert!(found.broken.is_empty(), "{:?}", found.broken);
    let expected = [
        "claude-desktop user github: npx +2 [GITHUB_PERSONAL_ACCESS_TOKEN]",
        "claude-desktop user files: /usr/local/bin/mcp-server-filesystem +2 []",
        "claude-desktop user postgres: docker +5 []",
        "claude-code user github: npx +2 [GITHUB_PERSONAL_ACCESS_TOKEN LOG_LEVEL]",
        "claude-code user linear: https://mcp.linear.app/mcp [Authorization]",
        "claude-code user search: https://search.example.com/mcp?key=${SEARCH_KEY} [X-Api-Key]",
        "claude-code user helped: https://mcp.example.com/mcp [] by a helper",
        "claude-code local sentry: uvx +5 []",
        "cursor user brave: npx +2 [BRAVE_API_KEY]",
        "cursor user figma: https://mcp.figma.com/mcp [X-Figma-Token]",
        "vscode user perplexity: npx +2 [PERPLEXITY_API_KEY]",
        "vscode user time: uvx +1 [] in ${workspaceFolder}",
        "vscode user stripe: https://mcp.stripe.com [Authorization]",
        "vscode user fetch: uvx +1 []",
        "vscode user old: python3 +2 [OLD_TOKEN]",
        "windsurf user notion: https://mcp.notion.com/mcp [Authorization]",
        "windsurf user slack: npx +2 [SLACK_BOT_TOKEN SLACK_TEAM_ID] (off)",
        "zed user older: npx +2 [OLDER_KEY]",
        "zed user newer: node +1 [NEWER_KEY]",
        "zed user remote: https://zed.example.com/mcp [Authorization]",
        "zed user extension: other (off)",
        "gemini-cli user maps: npx +2 [GOOGLE_MAPS_API_KEY] in ./maps",
        "gemini-cli user events: https://sse.example.com/sse [X-Key]",
        "gemini-cli user stream: https://http.example.com/mcp [Authorization]",
        "codex user context7: npx +2 [CONTEXT7_API_KEY]",
        "codex user dotted one: uvx +1 [GIT_TOKEN GIT_AUTHOR] in /home/ann",
        "codex user inline: docker +6 [INLINE_KEY] (off)",
        "codex user remote: https://codex.example.com/mcp [X-Key]",
        "claude-code project search: node +1 [SEARCH_KEY]",
        "claude-code project shared: vaultctl +7 [SHARED_KEY]",
        "cursor project app: npx +2 [APP_KEY]",
        "vscode project app: https://${env:APP_HOST}/mcp []",
        "vscode project in-container: uvx +1 []",
        "zed project app: app-server +0 []",
        "gemini-cli project app: app-server +0 [APP_KEY]",
        "codex project app: app-server +0 [APP_KEY]",
    ];
    let mut told = told(&found);
    let mut expected = expected.map(str::to_owned).to_vec();
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
}

#[test]
fn what_only_some_clients_know_is_read() {
    let home = fixture("linux");
    let found = find_in(&home, System::Linux, &home, &[]);
    let entries: Vec<ServerEntry> = found.files.iter().flat_map(ClientFile::servers).collect();
    let entry = |client: Client, name: &str| {
        let found = entries.iter().find(|entry| entry.client == client && entry.name == name);
        found.expect("is there")
    };
    // EXPOSE: texts of fixtures.
    let text = |field: &Field| field.text.expose().to_owned();
    let brave = entry(Client::Cursor, "brave");
    assert_eq!(brave.env_file.as_ref().map(text).as_deref(), Some("${userHome}/.env"));
    let dotted = entry(Client::CodexCli, "dotted one");
    assert_eq!(dotted.passed.iter().map(text).collect::<Vec<_>>(), ["HOME", "SSH_AUTH_SOCK"]);
    let remote = entry(Client::CodexCli, "remote");
    assert_eq!(remote.header_variables[0].0, "X-Other");
    let place = |entry: &ServerEntry, part| entry.place_of(part).map(ToString::to_string);
    let older = entry(Client::Zed, "older");
    assert_eq!(place(older, Part::Env).as_deref(), Some("/context_servers/older/command/env"));
    let newer = entry(Client::Zed, "newer");
    assert_eq!(place(newer, Part::Args).as_deref(), Some("/context_servers/newer/args"));
    let linear = entry(Client::ClaudeCode, "linear");
    assert_eq!(place(linear, Part::Helper).as_deref(), Some("/mcpServers/linear/headersHelper"));
    assert_eq!(place(linear, Part::Passed), None);
    let events = entry(Client::GeminiCli, "events");
    assert_eq!(place(events, Part::Url).as_deref(), Some("/mcpServers/events/url"));
}

#[test]
fn settings_of_claude_code_are_read() {
    let home = fixture("linux");
    let found = find_in(&home, System::Linux, &home.join("works/app"), &[]);
    let variables = found.files.iter().flat_map(ClientFile::variables);
    let variables: Vec<String> =
        variables.map(|variable| format!("{} {}", variable.scope, variable.name)).collect();
    let expected = ["user ANTHROPIC_API_KEY", "user DISABLE_TELEMETRY", "project DATABASE_URL"];
    assert_eq!(variables, expected);
    let rules = found.files.iter().flat_map(ClientFile::command_rules);
    let rules: Vec<String> =
        rules.map(|rule| format!("{} {} {}", rule.list, rule.place, rule.command.len())).collect();
    let expected = [
        "allowedMcpServers /allowedMcpServers/1/serverCommand 3",
        "deniedMcpServers /deniedMcpServers/0/serverCommand 2",
    ];
    assert_eq!(rules, expected);
}

#[test]
fn where_values_come_from_is_told_without_them() {
    let home = fixture("linux");
    let found = find_in(&home, System::Linux, &home.join("works/app"), &[]);
    let entries: Vec<ServerEntry> = found.files.iter().flat_map(ClientFile::servers).collect();
    let told = |client: Client, name: &str| -> Vec<String> {
        let entry = entries.iter().find(|entry| entry.client == client && entry.name == name);
        let tell = |origin: Origin| {
            let literal = if origin.is_literal { "literal" } else { "" };
            let from = [origin.references, origin.placeholders, vec![literal.to_owned()]].concat();
            format!("{:?} {}: {}", origin.part, origin.name, from.join(" ").trim())
        };
        entry.expect("is there").origins().into_iter().map(tell).collect()
    };
    assert_eq!(
        told(Client::ClaudeCode, "github"),
        ["Env GITHUB_PERSONAL_ACCESS_TOKEN: vault:claude/github-token", "Env LOG_LEVEL: literal"]
    );
    assert_eq!(
        told(Client::ClaudeCode, "search"),
        ["Headers X-Api-Key: SEARCH_KEY literal", "Url url: SEARCH_KEY"]
    );
    assert_eq!(
        told(Client::VsCode, "perplexity"),
        ["Env PERPLEXITY_API_KEY: input:perplexity-key"]
    );
    assert_eq!(told(Client::GeminiCli, "maps"), ["Env GOOGLE_MAPS_API_KEY: MAPS_KEY"]);
    assert_eq!(told(Client::CodexCli, "context7"), ["Env CONTEXT7_API_KEY: literal"]);
}

#[test]
fn homes_on_macos_and_in_windows_are_read() {
    let home = fixture("macos");
    let found = find_in(&home, System::MacOs, &home, &[("XDG_CONFIG_HOME", "/nowhere")]);
    assert!(found.broken.is_empty(), "{:?}", found.broken);
    let expected = [
        "claude-desktop user github: /opt/homebrew/bin/npx +2 [GITHUB_PERSONAL_ACCESS_TOKEN]",
        "claude-code user time: uvx +1 []",
        "vscode user time: uvx +1 []",
        "zed user time: uvx +1 []",
    ];
    assert_eq!(told(&found), expected);

    let home = fixture("wsl/home");
    let users = fixture("wsl/c/Users");
    let found = find_in(&home, System::Wsl(users), &home, &[]);
    assert!(found.broken.is_empty(), "{:?}", found.broken);
    let expected = [
        "claude-desktop user github: C:\\Program Files\\nodejs\\npx.cmd +2 [GITHUB_PERSONAL_ACCESS_TOKEN]",
        "claude-desktop user github: C:\\Program Files\\nodejs\\npx.cmd +2 [GITHUB_PERSONAL_ACCESS_TOKEN]",
        "claude-code user time: uvx +1 []",
        "claude-code local odd: cmd +4 []",
        "vscode user time: uvx +1 []",
        "zed user time: uvx +1 []",
        "claude-code project app: app-server.exe +0 []",
    ];
    assert_eq!(told(&found), expected);
    assert!(told(&find_in(&home, System::Linux, &home, &[])).len() < expected.len());
}

#[test]
fn variables_move_what_they_move() {
    let home = fixture("macos");
    let moved = fixture("linux");
    let moved = |below: &str| moved.join(below).display().to_string();
    let variables = [
        ("CLAUDE_CONFIG_DIR", moved("")),
        ("CODEX_HOME", moved(".codex")),
        ("XDG_CONFIG_HOME", moved(".config")),
    ];
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let found = find_in(&home, System::Linux, Path::new("/nowhere"), &variables);
    let clients: std::collections::BTreeSet<Client> =
        found.files.iter().map(|file| file.client).collect();
    let expected =
        [Client::ClaudeDesktop, Client::ClaudeCode, Client::VsCode, Client::Zed, Client::CodexCli];
    assert_eq!(clients.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_broken_file_is_named_and_stops_no_other() {
    let home = fixture("broken");
    let found = find_in(&home, System::Linux, &home, &[]);
    let broken: Vec<String> = found
        .broken
        .iter()
        .map(|broken| broken.error.to_string().replace(&home.display().to_string(), "~"))
        .collect();
    let expected = [
        "`~/.config/Claude/claude_desktop_config.json`, line 4: its client allows no comments",
        "`~/.claude.json`, line 4: this is no JSON",
        "`~/.claude/settings.json`, line 4: a name is there twice",
        "`~/.cursor/mcp.json`, line 1: this is no JSON",
        "`~/.config/Code/User/mcp.json`, line 3: this is no JSON",
        "`~/.codeium/windsurf/mcp_config.json`, line 2: this is no JSON",
        "`~/.config/zed/settings.json`, line 1: it is nested too deeply",
        "`~/.codex/config.toml`, line 4: this is no TOML",
    ];
    assert_eq!(broken, expected);
    let odd = ["odd: other", "list: other", "none: other", "empty: other", "args: fine +0 []"];
    assert_eq!(told(&found), odd.map(|entry| format!("gemini-cli user {entry}")));
}

/// A home with one file of Claude Code, and that file.
fn home_with(text: &str) -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join(".claude.json");
    fs::write(&path, text).expect("writes");
    (home, path)
}

fn only(home: &TempDir) -> ClientFile {
    let mut found = find_in(home.path(), System::Linux, home.path(), &[]);
    assert_eq!((found.files.len(), found.broken.len()), (1, 0), "{found:?}");
    found.files.remove(0)
}

const BEFORE: &str = r#"{"mcpServers": {"a": {"command": "npx"}}, "other": 1}"#;

fn replace_command(file: &ClientFile) -> Document {
    let place = Place::root().keys(&["mcpServers", "a", "command"]);
    file.edited(&[Edit::Replace(place, Value::text("new"))]).expect("it can be edited")
}

#[test]
fn a_file_is_replaced_under_its_lock_with_its_mode() {
    let (home, path) = home_with(BEFORE);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("it is ours");
    let held = only(&home).hold().expect("the lock is free");
    assert!(home.path().join(".claude.json.lock").is_dir());
    let after = replace_command(&held.file);
    held.write(after.bytes()).expect("writes");
    assert_eq!(fs::read_to_string(&path).expect("reads"), BEFORE.replace("npx", "new"));
    assert_eq!(path.metadata().expect("is there").permissions().mode() & 0o7777, 0o640);
    assert_eq!(fs::read_dir(home.path()).expect("lists").count(), 1, "something was left");
}

#[test]
fn of_a_link_the_file_is_replaced_that_it_leads_to() {
    let (home, path) = home_with("");
    let real = home.path().join("dotfiles/claude.json");
    fs::create_dir(home.path().join("dotfiles")).expect("makes");
    fs::write(&real, BEFORE).expect("writes");
    fs::remove_file(&path).expect("removes");
    symlink("dotfiles/claude.json", &path).expect("links");
    let held = only(&home).hold().expect("the lock is free");
    // Claude Code, too, locks the name and not what it leads to.
    assert!(home.path().join(".claude.json.lock").is_dir());
    let after = replace_command(&held.file);
    held.write(after.bytes()).expect("writes");
    assert_eq!(fs::read_link(&path).expect("still a link"), Path::new("dotfiles/claude.json"));
    assert_eq!(fs::read_to_string(&real).expect("reads"), BEFORE.replace("npx", "new"));
}

#[test]
fn what_was_changed_meanwhile_is_not_replaced() {
    let (home, path) = home_with(BEFORE);
    let held = only(&home).hold().expect("the lock is free");
    let after = replace_command(&held.file);
    let theirs = BEFORE.replace('1', "2");
    fs::write(&path, &theirs).expect("writes");
    let refused = held.write(after.bytes()).expect_err("it is another's");
    assert!(matches!(refused, Error::Changed(_)), "{refused}");
    assert_eq!(fs::read_to_string(&path).expect("reads"), theirs);
    assert_eq!(fs::read_dir(home.path()).expect("lists").count(), 1, "something was left");
}

#[test]
fn what_may_not_be_written_is_not() {
    let (home, path) = home_with(BEFORE);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).expect("it is ours");
    let held = only(&home).hold().expect("the lock is free");
    let bytes = Secret::copy_from(b"{}");
    assert!(matches!(held.write(&bytes), Err(Error::ReadOnly(_))));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("it is ours");
    let held = only(&home).hold().expect("the lock is free");
    let lock = home.path().join(".claude.json.lock");
    fs::remove_dir(&lock).expect("removes");
    fs::create_dir(&lock).expect("another takes it");
    assert!(matches!(held.write(&bytes), Err(Error::Changed(_))), "the lock was lost");
    assert!(lock.is_dir(), "another's lock stays");
    fs::remove_dir(&lock).expect("removes");
    let file = only(&home);
    fs::remove_file(&path).expect("removes");
    assert!(matches!(file.hold(), Err(Error::Gone(_))));
    assert_eq!(fs::read_dir(home.path()).expect("lists").count(), 0, "something was left");
}
