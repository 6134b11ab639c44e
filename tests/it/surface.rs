//! The whole command line as a list: for the tests that hold every command to the same rules.

use vaultctl::cli::{self, Example};

/// One command, with the words that call it: none for the program itself.
pub(crate) struct Entry {
    pub(crate) words: Vec<String>,
    pub(crate) command: clap::Command,
}

impl Entry {
    /// As it is typed: `vaultctl snapshot create`.
    pub(crate) fn title(&self) -> String {
        std::iter::once("vaultctl")
            .chain(self.words.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Whether it does something itself, rather than its subcommands.
    pub(crate) fn is_leaf(&self) -> bool {
        !self.command.has_subcommands()
    }

    pub(crate) fn examples(&self) -> Vec<Example> {
        let all = cli::examples().into_iter();
        all.filter(|(words, _)| *words == self.words)
            .flat_map(|(_, examples)| examples.to_vec())
            .collect()
    }
}

/// Every command, each before its subcommands.
pub(crate) fn entries() -> Vec<Entry> {
    // The width is fixed: a document must not depend on somebody's terminal.
    let mut command = fixed_width(cli::command());
    command.build();
    let mut entries = Vec::new();
    collect(Vec::new(), command, &mut entries);
    entries
}

fn fixed_width(command: clap::Command) -> clap::Command {
    command.term_width(100).mut_subcommands(fixed_width)
}

fn collect(words: Vec<String>, command: clap::Command, entries: &mut Vec<Entry>) {
    let below: Vec<clap::Command> =
        command.get_subcommands().filter(|below| !below.is_hide_set()).cloned().collect();
    entries.push(Entry { words: words.clone(), command });
    for command in below {
        let mut words = words.clone();
        words.push(command.get_name().to_owned());
        collect(words, command, entries);
    }
}
