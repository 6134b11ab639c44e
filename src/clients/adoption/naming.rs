//! What an adopted secret is called in the store: `claude/github-token`.

use crate::store::Name;

/// The folder that entries get, whichever client they come from: the same key serves several.
pub(super) const FOLDER: &str = "claude";

/// Words in the names of variables that say nothing about which secret it is.
const NOISE: [&str; 8] = ["access", "api", "env", "http", "mcp", "personal", "server", "x"];

/// The longest that one half of a name gets (characters).
const HALF: usize = 80;

/// The entry for what a server's variable, option or header `label` holds.
pub(super) fn entry_name(server: &str, label: &str) -> Name {
    let server = readable(&server.to_lowercase());
    let server = if server.is_empty() { "server".to_owned() } else { server };
    let label = what(&server, label);
    // Only letters, digits and single dashes are left, none of them first or last.
    format!("{FOLDER}/{server}-{label}").parse().expect("it is a name")
}

/// The entry for a variable of a client's settings, which belongs to no server.
pub(super) fn variable_entry(variable: &str) -> Name {
    let label = readable(variable);
    let label = if label.is_empty() { "variable" } else { &label };
    format!("{FOLDER}/{label}").parse().expect("it is a name")
}

/// `name`, or with a number behind it.
pub(super) fn numbered(name: &Name, number: usize) -> Name {
    match number {
        1 => name.clone(),
        number => format!("{name}-{number}").parse().expect("a name with a number is one"),
    }
}

/// What a server is called in the settings: its own name as it is, if that is plain.
pub(super) fn grant_name(server: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if (1..=HALF).contains(&server.len())
        && server.chars().all(is_plain)
        && !server.starts_with('-')
    {
        return server.to_owned();
    }
    let readable = readable(&server.to_lowercase());
    if readable.is_empty() { "server".to_owned() } else { readable }
}

/// Of `GITHUB_PERSONAL_ACCESS_TOKEN` for the server `github`: `token`.
fn what(server: &str, label: &str) -> String {
    let known: Vec<&str> = server.split('-').collect();
    let label = readable(label);
    let parts: Vec<&str> = label.split('-').filter(|part| !part.is_empty()).collect();
    let telling = parts.iter().filter(|part| !known.contains(part) && !NOISE.contains(part));
    let telling: Vec<&str> = telling.copied().collect();
    match (telling.as_slice(), parts.last()) {
        ([], None) => "secret".to_owned(),
        ([], Some(last)) => (*last).to_owned(),
        (["authorization"], _) => "token".to_owned(),
        (telling, _) => telling.join("-"),
    }
}

/// Small letters and digits with single dashes between them: fit for a shell, a path and a reference.
fn readable(text: &str) -> String {
    let mut name = String::new();
    let mut was_small = false;
    for c in text.chars().take(HALF) {
        let is_hump = was_small && c.is_ascii_uppercase();
        if (is_hump || !c.is_ascii_alphanumeric()) && !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
        if c.is_ascii_alphanumeric() {
            name.push(c.to_ascii_lowercase());
        }
        was_small = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    name.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_whose_key_it_is() {
        for (server, label, name) in [
            ("github", "GITHUB_PERSONAL_ACCESS_TOKEN", "claude/github-token"),
            ("brave-search", "BRAVE_API_KEY", "claude/brave-search-key"),
            ("slack", "SLACK_BOT_TOKEN", "claude/slack-bot-token"),
            ("aws", "AWS_SECRET_ACCESS_KEY", "claude/aws-secret-key"),
            ("aws", "AWS_ACCESS_KEY_ID", "claude/aws-key-id"),
            ("linear", "Authorization", "claude/linear-token"),
            ("context7", "CONTEXT7_API_KEY", "claude/context7-key"),
            ("figma", "--figma-api-key", "claude/figma-key"),
            ("db", "DATABASE_URL", "claude/db-database-url"),
            ("notion", "OPENAPI_MCP_HEADERS", "claude/notion-openapi-headers"),
            ("token", "TOKEN", "claude/token-token"),
            ("My Server (Ärger)", "MY_KEY", "claude/my-server-rger-key"),
            ("../../etc", "TOKEN", "claude/etc-token"),
            ("..", "", "claude/server-secret"),
            ("é#{{}}", "a#b", "claude/server-a-b"),
            ("GitHubEnterprise", "GITHUB_TOKEN", "claude/githubenterprise-github-token"),
        ] {
            assert_eq!(entry_name(server, label).as_str(), name, "{server} {label}");
        }
        assert_eq!(variable_entry("GITHUB_TOKEN").as_str(), "claude/github-token");
        assert_eq!(numbered(&entry_name("a", "TOKEN"), 2).as_str(), "claude/a-token-2");
        assert!(entry_name(&"x".repeat(4000), &"Y".repeat(4000)).as_str().len() < 200);
    }

    #[test]
    fn a_permission_is_called_like_its_server() {
        for (server, name) in [
            ("github", "github"),
            ("my_server", "my_server"),
            ("My Server", "my-server"),
            ("--x", "x"),
            ("", "server"),
        ] {
            assert_eq!(grant_name(server), name);
        }
    }
}
