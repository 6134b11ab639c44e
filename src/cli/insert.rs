//! `vaultctl insert`.

use crate::crypto::Digest;
use crate::secret::{Secret, SecretBuffer};
use crate::store::{self, Name};
use crate::vault::{self, Entry, Vault};

use super::{Checked, Done, Example, Failure, Session};

/// Add a new entry
///
/// Asks twice without echo on a terminal, otherwise takes the first line of standard input; `-m`
/// takes all of it, byte for byte.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The new entry
    #[arg(value_name = "NAME")]
    name: String,
    /// Store standard input to its end, as it is
    #[arg(short, long)]
    multiline: bool,
    /// Replace an entry that exists, without asking
    #[arg(short, long)]
    force: bool,
}

pub(super) const EXAMPLES: &[Example] = &[
    Example {
        what: "Type a new secret",
        line: "vaultctl insert claude/sentry",
        checked: Checked::Parses,
    },
    Example {
        what: "Store a key file",
        line: "vaultctl insert -m deploy/key < key.pem",
        checked: Checked::Runs,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    session.with_vault(|vault| {
        let name: Name = args.name.parse().map_err(store::Error::from)?;
        vault.recipients_for(&name)?;
        let confirmed = confirm_replacing(&name, args.force, vault, session)?;
        let entry = Entry::new(content(args, &name, session)?);
        vault.edit(&format!("Add given password for {name} to store."), |edit| {
            confirmed.still_holds(&name, vault)?;
            edit.write(&name, &entry)
        })?;
        Ok(Done::Fully)
    })
}

fn content(args: &Args, name: &Name, session: &Session) -> Result<Secret, Failure> {
    if args.multiline {
        if session.world.stdin_is_terminal {
            session.ui.note(&format!("enter {name}, then press ^D:"));
        }
        return session.input();
    }
    let line = if session.world.stdin_is_terminal {
        session.ask_value(name)?
    } else {
        session.input_line()?
    };
    let mut content = SecretBuffer::new();
    // EXPOSE: copied with a line end, as pass stores it.
    content.push(line.expose());
    content.push(b"\n");
    Ok(content.into_secret())
}

/// What was agreed about replacing an entry.
pub(super) enum Confirmed {
    /// Whatever is there.
    Anything,
    /// This version, or nothing.
    Only(Option<Digest>),
}

impl Confirmed {
    /// Refuses when somebody else has written the entry since.
    pub(super) fn still_holds(&self, name: &Name, vault: &Vault<'_>) -> Result<(), vault::Error> {
        match self {
            Self::Only(version) if vault.version(name)? != *version => {
                Err(store::Error::EntryExists(name.clone()).into())
            }
            _ => Ok(()),
        }
    }
}

/// An entry that exists is replaced with `-f`, or if the person at the terminal says so.
pub(super) fn confirm_replacing(
    name: &Name,
    force: bool,
    vault: &Vault<'_>,
    session: &Session,
) -> Result<Confirmed, Failure> {
    if force {
        return Ok(Confirmed::Anything);
    }
    let version = vault.version(name)?;
    if version.is_none() {
        return Ok(Confirmed::Only(None));
    }
    if !session.world.stdin_is_terminal {
        return Err(store::Error::EntryExists(name.clone()).into());
    }
    match session
        .world
        .prompt
        .ask_yes(&format!("An entry already exists for {name}. Replace it?"))?
    {
        true => Ok(Confirmed::Only(version)),
        false => Err(Failure::failed("nothing was changed")),
    }
}
