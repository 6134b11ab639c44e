//! What each server is granted, and what that is called.

use std::collections::BTreeMap;

use crate::clients::Client;
use crate::config::Server;

use super::naming::grant_name;

/// A permission that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What it is called in the settings.
    pub name: String,
    /// What it says.
    pub server: Server,
    /// Whether the settings do not have it yet; if not, it says more than there.
    pub is_new: bool,
}

/// All permissions: those of the settings, and those that are to come.
pub(super) struct Grants {
    pub(super) known: BTreeMap<String, Server>,
    pub(super) new: Vec<Grant>,
}

impl Grants {
    pub(super) fn new(known: &BTreeMap<String, Server>) -> Self {
        Self { known: known.clone(), new: Vec::new() }
    }

    /// The name under which `server` is granted: that of the server in its client; with the client's
    /// behind it, and then a number, where the name stands for something else.
    pub(super) fn name(&mut self, client: Client, name: &str, server: Server) -> String {
        let plain = grant_name(name);
        let of_client = format!("{plain}-{client}");
        let numbered = (2..).map(|number| format!("{of_client}-{number}"));
        let mut names = [plain, of_client.clone()].into_iter().chain(numbered);
        let fits = |name: &String| self.known.get(name).is_none_or(|known| is_same(known, &server));
        let name = names.find(fits).unwrap_or(of_client);
        if !self.known.contains_key(&name) {
            self.known.insert(name.clone(), server.clone());
            self.new.push(Grant { name: name.clone(), server, is_new: true });
        }
        name
    }

    /// Whether the settings do not have it yet.
    pub(super) fn is_new(&self, name: &str) -> bool {
        self.new.iter().any(|grant| grant.name == name && grant.is_new)
    }

    /// Has the permission called `name`, which the settings have, say what `server` says.
    pub(super) fn grow(&mut self, name: &str, server: Server) {
        if self.known.get(name) == Some(&server) {
            return;
        }
        self.new.retain(|grant| grant.name != name);
        self.known.insert(name.to_owned(), server.clone());
        self.new.push(Grant { name: name.to_owned(), server, is_new: false });
    }
}

/// Whether both grant the same to the same program. Where programs and home folders were when each
/// was made need not be the same.
fn is_same(one: &Server, other: &Server) -> bool {
    let plain = |server: &Server| {
        let mut server = server.clone();
        server.env.retain(|name, _| !is_ambient(name));
        server.allow.sort();
        server
    };
    plain(one) == plain(other)
}

/// Whether a variable is one of those that say where things are on a machine.
#[must_use]
pub fn is_ambient(name: &str) -> bool {
    let proxies = ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];
    let is_proxy = proxies.iter().any(|proxy| proxy.eq_ignore_ascii_case(name));
    matches!(name, "PATH" | "HOME") || name.starts_with("XDG_") || is_proxy
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(command: &str, allow: &str, path: &str) -> Server {
        Server {
            allow: vec![allow.to_owned()],
            command: vec![command.to_owned()],
            env: [("PATH".to_owned(), path.to_owned())].into(),
            ..Server::default()
        }
    }

    #[test]
    fn a_name_stands_for_one_program_with_one_set_of_secrets() {
        let known = [("github".to_owned(), server("npx", "a", "/bin"))].into();
        let mut grants = Grants::new(&known);
        let mut name = |client, server| grants.name(client, "github", server);
        assert_eq!(name(Client::ClaudeCode, server("npx", "a", "/usr/bin")), "github");
        assert_eq!(name(Client::Cursor, server("docker", "a", "/bin")), "github-cursor");
        assert_eq!(name(Client::Cursor, server("docker", "a", "/bin")), "github-cursor");
        assert_eq!(name(Client::Cursor, server("docker", "b", "/bin")), "github-cursor-2");
        let new: Vec<&str> = grants.new.iter().map(|grant| grant.name.as_str()).collect();
        assert_eq!(new, ["github-cursor", "github-cursor-2"]);
    }
}
