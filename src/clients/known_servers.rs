//! Servers that many people run: which of their options have a variable too.
//!
//! A secret in an argument is in the process list for everybody; most servers that take one there
//! read a variable as well. Looked up in the packages themselves (npm and PyPI, November 2026), not
//! in what is written about them. Variables whose names say what they hold need no row.

/// One server, by whatever names it is started.
struct Known {
    /// Packages (npm, PyPI), images and programs.
    names: &'static [&'static str],
    /// An option, and the variable that the server reads when it is not given.
    options: &'static [(&'static str, &'static str)],
}

const fn known(
    names: &'static [&'static str],
    options: &'static [(&'static str, &'static str)],
) -> Known {
    Known { names, options }
}

const KNOWN: &[Known] = &[
    known(&["@21st-dev/magic"], &[("API_KEY", "API_KEY")]),
    known(
        &["@brave/brave-search-mcp-server", "mcp/brave-search"],
        &[("--brave-api-key", "BRAVE_API_KEY")],
    ),
    known(
        &["@mondaydotcomorg/monday-api-mcp"],
        &[("--token", "monday_token"), ("-t", "monday_token")],
    ),
    known(&["@notionhq/notion-mcp-server", "mcp/notion"], &[("--auth-token", "AUTH_TOKEN")]),
    known(&["@sentry/mcp-server"], &[("--access-token", "SENTRY_ACCESS_TOKEN")]),
    known(&["@stripe/mcp", "mcp/stripe"], &[("--api-key", "STRIPE_SECRET_KEY")]),
    known(&["@supabase/mcp-server-supabase"], &[("--access-token", "SUPABASE_ACCESS_TOKEN")]),
    known(
        &["@upstash/context7-mcp", "mcp/context7"],
        &[("--api-key", "CONTEXT7_API_KEY"), ("--key", "CONTEXT7_API_KEY")],
    ),
    known(&["@zereight/mcp-gitlab"], &[("--token", "GITLAB_PERSONAL_ACCESS_TOKEN")]),
    known(&["figma-developer-mcp"], &[("--figma-api-key", "FIGMA_API_KEY")]),
    known(
        &["mcp-server-sentry", "mcp_server_sentry", "mcp/sentry"],
        &[("--auth-token", "SENTRY_TOKEN")],
    ),
    known(
        &["mongodb-mcp-server", "mongodb/mongodb-mcp-server", "mcp/mongodb"],
        &[("--connectionString", "MDB_MCP_CONNECTION_STRING")],
    ),
];

/// The variable that the server started by `words` (its program and arguments) reads in the place of
/// `option`; `None` when none is known.
pub(super) fn variable_for<'w>(
    words: impl IntoIterator<Item = &'w str>,
    option: &str,
) -> Option<&'static str> {
    let mut words = words.into_iter().map(bare);
    let known = words.find_map(|word| KNOWN.iter().find(|known| known.names.contains(&word)))?;
    known.options.iter().find(|(known, _)| *known == option).map(|(_, variable)| *variable)
}

/// A package without its version or extras, a program without its folder, an image without its tag.
fn bare(word: &str) -> &str {
    let word = if word.starts_with('/') { word.rsplit('/').next().unwrap_or(word) } else { word };
    let end = word
        .char_indices()
        .skip(1)
        .find(|(_, c)| matches!(c, '@' | '=' | '[' | ':' | '<' | '>' | '~'));
    end.map_or(word, |(at, _)| word.split_at(at).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_server_is_recognised_however_it_is_started() {
        for (words, option, variable) in [
            (
                &["npx", "-y", "figma-developer-mcp", "--stdio"][..],
                "--figma-api-key",
                Some("FIGMA_API_KEY"),
            ),
            (
                &["npx", "-y", "@stripe/mcp@latest", "--tools=all"],
                "--api-key",
                Some("STRIPE_SECRET_KEY"),
            ),
            (&["uvx", "mcp-server-sentry==2025.1.14"], "--auth-token", Some("SENTRY_TOKEN")),
            (&["/usr/local/bin/mcp-server-sentry"], "--auth-token", Some("SENTRY_TOKEN")),
            (&["docker", "run", "-i", "mcp/sentry:latest"], "--auth-token", Some("SENTRY_TOKEN")),
            (&["npx", "-y", "figma-developer-mcp"], "--port", None),
            (&["npx", "-y", "@modelcontextprotocol/server-postgres"], "", None),
            (&[], "--api-key", None),
        ] {
            assert_eq!(variable_for(words.iter().copied(), option), variable, "{words:?}");
        }
    }
}
