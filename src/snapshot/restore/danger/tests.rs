//! What would change is told, and what is secret is not.

use super::*;

fn told(name: &str, before: Option<&str>, after: Option<&str>) -> Vec<String> {
    let path = TreePath::parse(name.as_bytes()).expect("is one");
    let secret = |text: &str| Secret::copy_from(text.as_bytes());
    let (before, after) = (before.map(secret), after.map(secret));
    let dangers = dangers(&path, before.as_ref(), after.as_ref());
    dangers.iter().map(ToString::to_string).collect()
}

const CLAUDE: &str = "HOME/.claude.json";

#[test]
fn servers_that_start_something_else_are_told() {
    let before =
        r#"{"numStartups": 1, "mcpServers": {"x": {"command": "npx", "args": ["-y", "a"]}}}"#;
    let after = r#"{"numStartups": 2, "mcpServers": {"x": {"command": "sh", "args": ["-y"], "url": "https://evil.example/mcp"}}}"#;
    let expected = [
        r#"~/.claude.json /mcpServers/x/args: ["-y", "a"] -> ["-y"]"#,
        r#"~/.claude.json /mcpServers/x/command: "npx" -> "sh""#,
        r#"~/.claude.json /mcpServers/x/url: nothing -> "https://evil.example/mcp""#,
    ];
    assert_eq!(told(CLAUDE, Some(before), Some(after)), expected);
    assert_eq!(told(CLAUDE, Some(before), Some(before)), Vec::<String>::new());
    assert_eq!(told(CLAUDE, Some("{\"numStartups\": 1}"), Some("{}")), Vec::<String>::new());
}

#[test]
fn what_looks_secret_is_not_shown() {
    let secret = "q7Zk2pXv9LmN4tRw8sYb";
    for (text, shown) in [
        (format!(r#"{{"env": {{"A": "{secret}"}}}}"#), "/env/A: nothing -> (not shown, 20 bytes)"),
        (r#"{"env": {"A": "short"}}"#.to_owned(), "/env/A: nothing -> (not shown, 5 bytes)"),
        (r#"{"env": {"A": "vault:a/b"}}"#.to_owned(), "/env/A: nothing -> \"vault:a/b\""),
        (
            format!(r#"{{"env": {{"A": "vault:{secret}"}}}}"#),
            "/env/A: nothing -> (not shown, 26 bytes)",
        ),
        (
            r#"{"headers": {"Authorization": "Basic x"}}"#.to_owned(),
            "/headers/Authorization: nothing -> (not shown, 7 bytes)",
        ),
        (format!(r#"{{"args": ["--x={secret}"]}}"#), "/args: nothing -> [(not shown, 24 bytes)]"),
        (
            r#"{"args": ["--token", "short"]}"#.to_owned(),
            "/args: nothing -> [\"--token\", (not shown, 5 bytes)]",
        ),
        (r#"{"args": ["--password=a"]}"#.to_owned(), "/args: nothing -> [(not shown, 12 bytes)]"),
        (
            r#"{"url": "https://ann:pw@host.example/x"}"#.to_owned(),
            "/url: nothing -> \"https://host.example/…\"",
        ),
        (
            r#"{"url": "https://host.example/x?key=1"}"#.to_owned(),
            "/url: nothing -> \"https://host.example/…\"",
        ),
        (
            format!(r#"{{"url": "https://host.example/{secret}"}}"#),
            "/url: nothing -> \"https://host.example/…\"",
        ),
        (
            r#"{"apiKeyHelper": "/bin/evil.sh"}"#.to_owned(),
            "/apiKeyHelper: nothing -> \"/bin/evil.sh\"",
        ),
        (
            r#"{"command": "export A=ghp_abcdefgh"}"#.to_owned(),
            "/command: nothing -> (not shown, 21 bytes)",
        ),
    ] {
        let told = told(CLAUDE, None, Some(&text));
        assert!(told.iter().any(|line| line.ends_with(shown)), "{text}: {told:?}");
        assert!(!told.iter().any(|line| line.contains(secret)), "{told:?}");
    }
}

#[test]
fn a_secret_that_changes_is_told_without_either() {
    let env = |value: &str| format!(r#"{{"env": {{"A": "{value}"}}}}"#);
    let told = told(CLAUDE, Some(&env("one")), Some(&env("two")));
    assert_eq!(told, ["~/.claude.json /env/A: (not shown, 3 bytes) -> (not shown, 3 bytes)"]);
}

#[test]
fn each_kind_of_file_is_looked_into() {
    for (name, text, expected) in [
        (
            "HOME/.claude/settings.json",
            r#"{"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "evil"}]}]}}"#,
            "/hooks/Stop/0/hooks/0/command: nothing -> \"evil\"",
        ),
        (
            "HOME/.claude/settings.local.json",
            r#"{"permissions": {"allow": ["Bash"]}}"#,
            "/permissions/allow/0: nothing -> \"Bash\"",
        ),
        (
            "HOME/.claude/settings.json",
            r#"{"statusLine": {"command": "x"}}"#,
            "/statusLine/command: nothing -> \"x\"",
        ),
        (
            "HOME/.config/zed/settings.json",
            "{\"context_servers\": {\"a\": {\"command\": \"x\"},}, // c\n}",
            "/context_servers/a/command: nothing -> \"x\"",
        ),
        (
            "HOME/.codex/config.toml",
            "[mcp_servers.a]\ncommand = \"x\"\n",
            "/mcp_servers/a/command: nothing -> \"x\"",
        ),
        (
            "HOME/.config/vaultctl/config.toml",
            "[store]\npath = \"~/other\"\n",
            "/store/path: nothing -> \"~/other\"",
        ),
        ("HOME/.password-store/a/.age-recipients", "# c\nage1evil\n", "age1evil: nothing -> there"),
        ("ROOT/srv/store/.gpg-id", "evil@example.org\n", "evil@example.org: nothing -> there"),
    ] {
        let told = told(name, None, Some(text));
        assert!(told.iter().any(|line| line.ends_with(expected)), "{name}: {told:?}");
    }
    for whole in ["HOME/.claude/hooks/x.sh", "HOME/.config/goose/config.yaml", "HOME/.claude.json"]
    {
        let told = told(whole, Some("a: ["), Some("b: ["));
        assert!(told.len() == 1 && told[0].contains("4 bytes, SHA-256"), "{told:?}");
    }
    assert!(!is_watched(&TreePath::parse(b"HOME/.claude/CLAUDE.md").expect("is one")));
}

#[test]
fn what_comes_back_commented_out_is_no_danger() {
    let told = told(
        "HOME/.config/vaultctl/config.toml",
        Some(""),
        Some("[server.x]\ncommand = [\"evil\"]\n"),
    );
    assert_eq!(told, Vec::<String>::new());
}
