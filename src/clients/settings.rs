//! What Claude Code's `settings.json` says that concerns servers and their secrets.

use std::path::PathBuf;

use super::description::Holds;
use super::{Client, ClientFile, Field, Place, Scope};

/// A variable for everything that a client starts.
#[derive(Debug)]
pub struct Variable {
    /// Whose settings it is in.
    pub client: Client,
    /// For whom they are.
    pub scope: Scope,
    /// The file.
    pub file: PathBuf,
    /// The variable's name.
    pub name: String,
    /// Its value.
    pub field: Field,
}

/// A rule that allows or denies the server that is started by exactly this command.
#[derive(Debug)]
pub struct CommandRule {
    /// The file.
    pub file: PathBuf,
    /// `allowedMcpServers` or `deniedMcpServers`.
    pub list: &'static str,
    /// Where the command stands: a list of texts.
    pub place: Place,
    /// The program and its arguments.
    pub command: Vec<Field>,
}

/// Where such rules are.
const RULES: [&str; 2] = ["allowedMcpServers", "deniedMcpServers"];

impl ClientFile {
    /// The variables of a settings file; none of any other.
    #[must_use]
    pub fn variables(&self) -> Vec<Variable> {
        let variable = |(name, field)| Variable {
            client: self.client,
            scope: self.scope.clone(),
            file: self.path.clone(),
            name,
            field,
        };
        let place = Place::root().key("env");
        let found = self.is_settings().then(|| self.document.fields(&place));
        found.into_iter().flatten().map(variable).collect()
    }

    /// The rules of a settings file that name a command; none of any other.
    #[must_use]
    pub fn command_rules(&self) -> Vec<CommandRule> {
        let lists = RULES.iter().filter(|_| self.is_settings());
        lists.flat_map(|list| self.rules_of(list)).collect()
    }

    fn rules_of(&self, list: &'static str) -> Vec<CommandRule> {
        let place = |index| Place::root().key(list).index(index).key("serverCommand");
        let places = (0..).map(|index| (Place::root().key(list).index(index), place(index)));
        let there = places.take_while(|(rule, _)| self.document.has(rule));
        let rule = |(_, place): (Place, Place)| CommandRule {
            file: self.path.clone(),
            list,
            command: self.document.list(&place),
            place,
        };
        there.map(rule).filter(|rule| !rule.command.is_empty()).collect()
    }

    fn is_settings(&self) -> bool {
        self.spot.holds.iter().any(|holds| matches!(holds, Holds::Settings))
    }
}
