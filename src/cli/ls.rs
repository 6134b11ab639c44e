//! `vaultctl ls`.

use std::collections::BTreeMap;

use crate::store::{self, Listing, Name};
use crate::vault::Vault;

use crate::sys::harmless;

use super::{Checked, Done, Example, Failure, Session};

/// List the entries, as a tree
///
/// Nothing is decrypted.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Only what is in this folder
    #[arg(value_name = "FOLDER")]
    folder: Option<String>,
    /// One full name a line, for scripts
    #[arg(long)]
    flat: bool,
}

pub(super) const EXAMPLES: &[Example] = &[
    Example { what: "Show the tree", line: "vaultctl ls", checked: Checked::Runs },
    Example {
        what: "List full names, one a line",
        line: "vaultctl ls --flat claude",
        checked: Checked::Runs,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    session.with_vault(|vault| {
        let folder: Option<Name> =
            args.folder.as_deref().map(str::parse).transpose().map_err(store::Error::from)?;
        if !args.flat && !session.ui.json {
            return print_tree(folder.as_ref(), vault, session);
        }
        let listing = list(folder.as_ref(), vault)?;
        if session.ui.json {
            session.ui.json(&listing.names.iter().map(Name::as_str).collect::<Vec<_>>())?;
        } else {
            listing.names.iter().try_for_each(|name| session.ui.line(name.as_str()))?;
        }
        Ok(tell_unread(&listing, session))
    })
}

/// What there is, without what begins with a dot, as a file listing has it.
fn list(folder: Option<&Name>, vault: &Vault<'_>) -> Result<Listing, Failure> {
    if let Some(folder) = folder
        && !vault.store().is_folder(folder)?
    {
        return Err(store::Error::NoEntry(folder.clone()).into());
    }
    let mut listing = vault.store().list(folder);
    let asked = folder.map_or("", Name::as_str);
    let is_hidden = |name: &Name| {
        name.as_str().split_at(asked.len()).1.split('/').any(|part| part.starts_with('.'))
    };
    listing.names.retain(|name| !is_hidden(name));
    Ok(listing)
}

fn tell_unread(listing: &Listing, session: &Session) -> Done {
    listing.unread.iter().for_each(|error| session.ui.warn(&error.to_string()));
    if listing.unread.is_empty() { Done::Fully } else { Done::WithOmissions }
}

/// Draws the tree below `folder`, or of the whole store.
pub(super) fn print_tree(
    folder: Option<&Name>,
    vault: &Vault<'_>,
    session: &Session,
) -> Result<Done, Failure> {
    let mut root = Branch::default();
    let skipped = folder.map_or(0, |folder| folder.as_str().len() + 1);
    let listing = list(folder, vault)?;
    for name in &listing.names {
        let below = name.as_str().get(skipped..).unwrap_or_default();
        root.grow(&mut below.split('/'));
    }
    let title =
        folder.map_or_else(|| "Password Store".to_owned(), |folder| harmless(folder.as_str()));
    let mut lines = vec![title];
    root.draw("", &mut lines);
    lines.iter().try_for_each(|line| session.ui.line(line))?;
    Ok(tell_unread(&listing, session))
}

/// A folder of the tree, or an entry when it has nothing below it.
#[derive(Default)]
struct Branch(BTreeMap<String, Branch>);

impl Branch {
    fn grow(&mut self, parts: &mut dyn Iterator<Item = &str>) {
        if let Some(part) = parts.next() {
            self.0.entry(part.to_owned()).or_default().grow(parts);
        }
    }

    fn draw(&self, indent: &str, lines: &mut Vec<String>) {
        let last = self.0.len().saturating_sub(1);
        for (place, (name, below)) in self.0.iter().enumerate() {
            let (corner, next) =
                if place == last { ("└── ", "    ") } else { ("├── ", "│   ") };
            lines.push(format!("{indent}{corner}{}", harmless(name)));
            below.draw(&format!("{indent}{next}"), lines);
        }
    }
}
