//! `vaultctl generate`.

use crate::secret::{Secret, SecretBuffer};
use crate::store::{self, Name};
use crate::sys;
use crate::vault::Entry;

use super::instead::Instead;
use super::{Checked, Done, Example, Failure, Session, agent, insert};

const LETTERS_AND_DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const SYMBOLS: &[u8] = b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/// Make a random secret, store it and print it
#[derive(clap::Args)]
pub(super) struct Args {
    /// The entry
    #[arg(value_name = "NAME")]
    name: String,
    /// How many characters
    #[arg(default_value_t = 25, value_parser = clap::value_parser!(u16).range(1..))]
    length: u16,
    /// Letters and digits only
    #[arg(short, long)]
    no_symbols: bool,
    /// Replace the first line of an entry that exists and keep the rest
    #[arg(short, long, conflicts_with = "force")]
    in_place: bool,
    /// Replace an entry that exists, without asking
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    instead: Instead,
}

pub(super) const EXAMPLES: &[Example] = &[Example {
    what: "Make a webhook secret of 40 letters and digits",
    line: "vaultctl generate --no-symbols hooks/deploy 40",
    checked: Checked::Runs,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    session.with_vault(|vault| {
        let name: Name = args.name.parse().map_err(store::Error::from)?;
        if !args.instead.is_clip() {
            agent::refuse_entry(&name, session)?;
        }
        args.instead.check(session)?;
        vault.recipients_for(&name)?;
        let confirmed =
            insert::confirm_replacing(&name, args.force || args.in_place, vault, session)?;
        let made = random(args);
        let replaces = args.in_place && vault.store().cipher_of(&name)?.is_some();
        if replaces {
            vault.unlock_for(&name)?;
        }
        let verb = if replaces { "Replace" } else { "Add" };
        vault.edit(&format!("{verb} generated password for {name}."), |edit| {
            confirmed.still_holds(&name, vault)?;
            let entry = if replaces {
                edit.read(&name)?
            } else {
                Entry::new(SecretBuffer::new().into_secret())
            };
            edit.write(&name, &entry.with_first_line(&made))
        })?;
        args.instead.hand_out(&made, name.as_str(), session)?;
        Ok(Done::Fully)
    })
}

fn random(args: &Args) -> Secret {
    let symbols = if args.no_symbols { b"" } else { SYMBOLS };
    sys::random_text(&[LETTERS_AND_DIGITS, symbols].concat(), usize::from(args.length))
}
