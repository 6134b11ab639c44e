//! How a client starts us, and what is the same for every server.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::clients::Scope;
use crate::secret::sightings_in_address;
use crate::sys::Variables;

use super::grants::is_ambient;

/// What we are called where a file is for several machines.
const NAME: &str = "vaultctl";

/// What every rewritten entry has in common.
pub struct Wrapper {
    program: String,
    /// Where things are on this machine: variables that servers get from their permission, whatever a
    /// client has.
    pub(super) ambient: BTreeMap<String, String>,
    /// Where the files of clients on Windows are.
    pub(super) windows: Option<PathBuf>,
}

impl Wrapper {
    /// `program` is where we are: clients with windows do not have the PATH of a shell.
    #[must_use]
    pub fn new(program: &str, variables: &Variables, windows: Option<PathBuf>) -> Self {
        let texts =
            variables.iter().filter_map(|(name, value)| Some((name.to_str()?, value.to_str()?)));
        // A proxy's password does not go into the settings.
        let is_wanted = |(name, value): &(&str, &str)| {
            is_ambient(name) && !value.is_empty() && sightings_in_address(value).is_empty()
        };
        let ambient = texts.filter(is_wanted).map(|(name, value)| match name {
            "PATH" => (name.to_owned(), whole_paths(value)),
            name => (name.to_owned(), value.to_owned()),
        });
        let ambient = ambient.filter(|(_, value)| !value.is_empty()).collect();
        Self { program: program.to_owned(), ambient, windows }
    }

    /// What stands in a file for us: other machines have a project's files too, and us elsewhere.
    pub(super) fn program_for(&self, scope: &Scope) -> &str {
        match scope {
            Scope::Project(_) => NAME,
            Scope::User | Scope::Local(_) => &self.program,
        }
    }

    /// The command for a shell that prints a server's headers.
    pub(super) fn helper(program: &str, grant: &str) -> String {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
        if program.chars().all(is_plain) {
            return format!("{program} headers {grant}");
        }
        format!("'{}' headers {grant}", program.replace('\'', r"'\''"))
    }
}

/// A PATH without what depends on the folder that somebody is in.
fn whole_paths(path: &str) -> String {
    path.split(':').filter(|folder| folder.starts_with('/')).collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_get_what_says_where_things_are_and_no_secret() {
        let variables: Variables = [
            ("PATH", ".:/usr/bin::node_modules/.bin:/bin"),
            ("XDG_CONFIG_HOME", "/c"),
            ("https_proxy", "http://ann:hunter2@proxy:3128"),
            ("NO_PROXY", "localhost"),
            ("ANTHROPIC_API_KEY", "hunter2"),
        ]
        .into_iter()
        .collect();
        let wrapper = Wrapper::new("/usr/bin/vaultctl", &variables, None);
        assert_eq!(wrapper.ambient["PATH"], "/usr/bin:/bin");
        let names: Vec<&str> = wrapper.ambient.keys().map(String::as_str).collect();
        assert_eq!(names, ["NO_PROXY", "PATH", "XDG_CONFIG_HOME"]);
    }

    #[test]
    fn a_helper_is_one_command_for_a_shell() {
        assert_eq!(Wrapper::helper("/usr/bin/vaultctl", "a"), "/usr/bin/vaultctl headers a");
        assert_eq!(Wrapper::helper("/my apps/it's", "a"), r"'/my apps/it'\''s' headers a");
    }
}
