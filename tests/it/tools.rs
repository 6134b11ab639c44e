//! Programs that `tests/run` builds or installs once, and keeps for the next run.

use std::path::PathBuf;

/// age's second implementation, in Rust.
pub(crate) fn rage() -> PathBuf {
    kept("tools/bin/rage")
}

/// The MCP project's reference server, which can print its own environment.
pub(crate) fn everything_server() -> PathBuf {
    kept("npm/node_modules/.bin/mcp-server-everything")
}

/// Claude Code: its command line works without a network and without an account.
pub(crate) fn claude_code() -> PathBuf {
    let platform = if cfg!(target_arch = "aarch64") { "linux-arm64" } else { "linux-x64" };
    kept(&format!("npm/node_modules/@anthropic-ai/claude-code-{platform}/claude"))
}

/// A knowledge graph in a file (`MEMORY_FILE_PATH`).
pub(crate) fn memory_server() -> PathBuf {
    kept("npm/node_modules/.bin/mcp-server-memory")
}

/// Files of the folders that are its arguments.
pub(crate) fn filesystem_server() -> PathBuf {
    kept("npm/node_modules/.bin/mcp-server-filesystem")
}

/// The time; the one that speaks both eras of the protocol.
pub(crate) fn time_server() -> PathBuf {
    kept("python/bin/mcp-server-time")
}

/// The Python that has a mail server, and the official SDK, whose client asks for the new era first.
pub(crate) fn python() -> PathBuf {
    kept("python/bin/python")
}

/// The official TypeScript SDK, whose client begins with `initialize`.
pub(crate) fn typescript_sdk() -> PathBuf {
    kept("npm/node_modules/@modelcontextprotocol/client")
}

/// A distributed object store that speaks S3.
pub(crate) fn garage() -> PathBuf {
    kept("tools/bin/garage")
}

/// Prometheus's own checker of metrics.
pub(crate) fn promtool() -> PathBuf {
    kept("tools/bin/promtool")
}

fn kept(below: &str) -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").expect("HOME is set")).join(".cache");
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from);
    let path = cache.join("vaultctl").join(below);
    assert!(path.exists(), "there is no `{}`: `tests/run` brings it", path.display());
    path
}
