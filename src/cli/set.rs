//! `vaultctl set`.

use crate::secret::{Secret, SecretBuffer};
use crate::vault::{Address, Entry};

use super::{Checked, Done, Example, Failure, Session};

/// Replace the secret of an entry, or one field of it
///
/// The rest of the entry stays; a new entry is made. The value comes from standard input, less one
/// final line end, or is asked for without echo; it is never an argument.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The entry, with or without a field
    #[arg(value_name = "NAME[#FIELD]")]
    name: String,
}

pub(super) const EXAMPLES: &[Example] = &[
    Example {
        what: "Store a token that is in a file",
        line: "vaultctl set claude/github-token < token.txt",
        checked: Checked::Runs,
    },
    Example {
        what: "Add a field",
        line: "echo ann | vaultctl set claude/github-token#user",
        checked: Checked::Runs,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    session.with_vault(|vault| {
        let address = Address::resolve(&args.name, vault.store())?;
        vault.recipients_for(&address.name)?;
        let value = match session.world.stdin_is_terminal {
            true => session.ask_value(&address.name)?,
            false => without_last_line_end(&session.input()?),
        };
        let name = &address.name;
        vault.unlock_for(name)?;
        let subject = match vault.store().cipher_of(name)? {
            Some(_) => format!("Edit password for {name} using vaultctl."),
            None => format!("Add given password for {name} to store."),
        };
        vault.edit(&subject, |edit| {
            let old = match vault.store().cipher_of(name)? {
                Some(_) => edit.read(name)?,
                None => Entry::new(SecretBuffer::new().into_secret()),
            };
            edit.write(name, &address.replaced(&old, value)?)
        })?;
        Ok(Done::Fully)
    })
}

fn without_last_line_end(input: &Secret) -> Secret {
    // EXPOSE: copied into another secret, one byte shorter.
    let bytes = input.expose();
    Secret::copy_from(bytes.strip_suffix(b"\n").unwrap_or(bytes))
}
