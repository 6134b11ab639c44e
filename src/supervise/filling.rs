//! What a client puts in the place of `${…}` before it starts a server.

use std::path::Path;

use crate::clients::Client;
use crate::secret::{Secret, SecretBuffer, SecretText};
use crate::sys::Variables;

use super::Obstacle;

/// What there is to put in.
pub(super) struct Filling<'w> {
    pub(super) client: Client,
    /// The client's own variables.
    pub(super) variables: &'w Variables,
    pub(super) home: &'w Path,
    pub(super) folder: &'w Path,
}

impl Filling<'_> {
    /// The text as the server gets it.
    ///
    /// # Errors
    /// [`Obstacle::Asks`], [`Obstacle::Placeholder`].
    pub(super) fn fill(&self, text: &SecretText) -> Result<Secret, Obstacle> {
        let mut filled = SecretBuffer::new();
        // EXPOSE: copied into another secret, piece by piece.
        let mut rest = text.expose();
        let replaces =
            !matches!(self.client, Client::ClaudeDesktop | Client::Zed | Client::CodexCli);
        while let Some((before, after)) = rest.split_once('$').filter(|_| replaces) {
            filled.push(before.as_bytes());
            let (inner, after, written) = match braced(after) {
                Some((inner, after)) => (inner, after, format!("${{{inner}}}")),
                None => {
                    let (name, after) = self.bare(after);
                    (name, after, format!("${name}"))
                }
            };
            let value = if inner.is_empty() { None } else { self.value(inner)? };
            filled.push(value.as_deref().unwrap_or(written.as_bytes()));
            rest = after;
        }
        filled.push(rest.as_bytes());
        Ok(filled.into_secret())
    }

    /// `$NAME`, where the client knows that.
    fn bare<'t>(&self, after: &'t str) -> (&'t str, &'t str) {
        let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let length = after.len() - after.trim_start_matches(is_of_a_name).len();
        after.split_at(if self.client == Client::GeminiCli { length } else { 0 })
    }

    /// `None` where the text stays as it is.
    fn value(&self, inner: &str) -> Result<Option<Vec<u8>>, Obstacle> {
        let variable =
            |name: &str| self.variables.raw(name).map(|value| value.as_encoded_bytes().to_vec());
        let path = |path: &Path| Some(path.as_os_str().as_encoded_bytes().to_vec());
        match self.client {
            Client::ClaudeCode => {
                let (name, default) = match inner.split_once(":-") {
                    Some((name, default)) => (name, Some(default.as_bytes().to_vec())),
                    None => (inner, None),
                };
                Ok(variable(name).or(default))
            }
            Client::GeminiCli => Ok(Some(variable(inner).unwrap_or_default())),
            _ => match inner.split_once(':') {
                Some(("env", name)) => Ok(Some(variable(name).unwrap_or_default())),
                Some(("input", name)) => Err(Obstacle::Asks(name.to_owned())),
                Some((kind, _)) => Err(Obstacle::Placeholder(kind.to_owned())),
                None if inner == "userHome" => Ok(path(self.home)),
                None if inner == "workspaceFolder" => Ok(path(self.folder)),
                None => Ok(None),
            },
        }
    }
}

fn braced(after: &str) -> Option<(&str, &str)> {
    after.strip_prefix('{')?.split_once('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_fills_in_its_own_way() {
        let variables: Variables = [("TOKEN", "t"), ("EMPTY", "")].into_iter().collect();
        let fill = |client, text: &str| {
            let (home, folder) = (Path::new("/home/ann"), Path::new("/work"));
            let filling = Filling { client, variables: &variables, home, folder };
            let filled = filling.fill(&SecretText::copy_from(text));
            // EXPOSE: the test compares what comes out.
            filled.map(|text| String::from_utf8_lossy(text.expose()).into_owned())
        };
        for (client, text, expected) in [
            (
                Client::ClaudeCode,
                "a${TOKEN}b$TOKEN ${NO} ${NO:-d} ${TOKEN:-d}$",
                "atb$TOKEN ${NO} d t$",
            ),
            (Client::GeminiCli, "${TOKEN}$TOKEN-$NO-${NO}.", "tt--."),
            (
                Client::Cursor,
                "${env:TOKEN}${env:NO} ${userHome}/x ${workspaceFolder}",
                "t /home/ann/x /work",
            ),
            (Client::VsCode, "${TOKEN} ${open", "${TOKEN} ${open"),
            (Client::Zed, "${TOKEN}", "${TOKEN}"),
            (Client::CodexCli, "$TOKEN", "$TOKEN"),
        ] {
            assert_eq!(fill(client, text).expect("it can be filled"), expected, "{client}");
        }
        let asked = fill(Client::VsCode, "${input:key}").expect_err("it has to be asked for");
        assert_eq!(asked.to_string(), "its client asks a person for `key`");
    }
}
