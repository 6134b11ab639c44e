//! `vaultctl find`.

use crate::store::Name;

use super::{Checked, Code, Done, Example, Failure, Session};

/// List the entries whose names hold a word, one full name a line
///
/// Upper and lower case are the same; with several words, each name holds at least one of them.
/// Nothing is decrypted.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Part of a name
    #[arg(value_name = "WORD", required = true)]
    words: Vec<String>,
}

pub(super) const EXAMPLES: &[Example] = &[Example {
    what: "Find every GitHub token",
    line: "vaultctl find github",
    checked: Checked::Runs,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    session.with_vault(|vault| {
        let words: Vec<String> = args.words.iter().map(|word| word.to_lowercase()).collect();
        let listing = vault.store().list(None);
        let fits = |name: &Name| {
            let name = name.as_str().to_lowercase();
            words.iter().any(|word| name.contains(word))
        };
        let found: Vec<&str> =
            listing.names.iter().filter(|name| fits(name)).map(Name::as_str).collect();
        listing.unread.iter().for_each(|error| session.ui.warn(&error.to_string()));
        if session.ui.json {
            session.ui.json(&found)?;
        } else {
            found.iter().try_for_each(|name| session.ui.line(name))?;
        }
        match (found.is_empty(), listing.unread.is_empty()) {
            (true, _) => Err(Failure::new(Code::NotFound, "no entry has such a name")
                .hint("`vaultctl grep` looks into the entries")),
            (false, true) => Ok(Done::Fully),
            (false, false) => Ok(Done::WithOmissions),
        }
    })
}
