//! `[server.NAME]`: what one server is granted, and `[agent]`: what any agent is.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Which entries an AI agent may read when the settings do not say: Docker's own helper for `pass`
/// keeps its logins there, and builds that an agent starts need them.
const AGENTS_OWN: &str = "docker-credential-helpers/*";

/// `[server.NAME]`: the permission of one server. No value in it is a secret: where one belongs, a
/// reference stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// The entries that may be resolved: `NAME` for all of one, `NAME#FIELD` for a part of it.
    pub allow: Vec<String>,
    /// The only program that gets them, with its arguments.
    pub command: Vec<String>,
    /// Further variables that pass from the caller.
    pub keep: Vec<String>,
    /// Where it starts; `~/` is the home, and so is nothing at all.
    pub dir: Option<String>,
    /// The server's address: `headers` answers for its origin only.
    pub url: Option<String>,
    /// Headers of requests to it, with `{{…}}` round references.
    pub headers: BTreeMap<String, String>,
    /// Variables that it gets whatever the caller has: plain values, references, and `{{…}}` round
    /// references in longer text.
    pub env: BTreeMap<String, String>,
}

/// `[agent]`: what is different when an AI agent is the caller.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Agent {
    /// The entries that may be shown to it, as patterns: `*` is any text, `?` any character.
    pub allow: Vec<String>,
}

impl Default for Agent {
    fn default() -> Self {
        Self { allow: vec![AGENTS_OWN.to_owned()] }
    }
}
