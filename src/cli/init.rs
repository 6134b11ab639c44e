//! `vaultctl init`.

use std::path::PathBuf;

use crate::crypto::{self, Recipient, Recipients};
use crate::keys::{self, Keyring, RecoveryIdentity};
use crate::store::{self, Store};
use crate::{git, sys};

use super::{Checked, Done, Example, Failure, Session, agent, ui};

/// Make a store, its keys and its git repository
///
/// Without an ID the store is encrypted with age: to your everyday identity, which is made if there
/// is none, and to a recovery identity, which is shown once and kept nowhere; print it. An existing
/// `~/.password-store` needs no init.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Whom to encrypt to: age recipients or SSH public keys, or OpenPGP ids as `pass init` takes them
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Write the recovery identity to FILE, which must not exist, instead of showing it
    #[arg(long, value_name = "FILE")]
    recovery_out: Option<PathBuf>,
}

pub(super) const EXAMPLES: &[Example] = &[
    Example { what: "Make a store for yourself", line: "vaultctl init", checked: Checked::Parses },
    Example {
        what: "Keep the recovery identity on a stick",
        line: "vaultctl init --recovery-out /media/stick/recovery.txt",
        checked: Checked::Parses,
    },
    Example {
        what: "Make a store that your SSH key opens",
        line: "vaultctl init \"$(cat ~/.ssh/id_ed25519.pub)\"",
        checked: Checked::Parses,
    },
    Example {
        what: "Make a store that pass and gpg open",
        line: "vaultctl init ann@example.org",
        checked: Checked::Parses,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let root = &session.config.paths.store;
    let chosen = chosen_recipients(&args.ids)?;
    if chosen.is_none() {
        refuse_showing(args.recovery_out.as_ref(), session)?;
    }
    // passage's store needs no recipients file; one of ours would change whom it is encrypted to.
    if session.config.paths.is_passage() && sys::exists(root) {
        return Err(store::Error::StoreExists(root.clone()).into());
    }
    Store::begin(root)?;
    let recipients = match chosen {
        Some(recipients) => recipients,
        None => Recipients::Age(own_recipients(args, session)?),
    };
    git::create(root)?;
    session.with_vault(|vault| {
        Ok(vault.edit(&subject(&recipients), |edit| edit.found(&recipients))?)
    })?;
    session.ui.note(&format!("store made at {}", root.display()));
    Ok(Done::Fully)
}

pub(super) fn chosen_recipients(ids: &[String]) -> Result<Option<Recipients>, Failure> {
    if ids.is_empty() {
        return Ok(None);
    }
    if ids.iter().any(|id| is_age_recipient(id)) {
        let parsed: Vec<Recipient> =
            ids.iter().map(|id| id.parse()).collect::<Result<_, crypto::Error>>()?;
        Recipient::check_mix(&parsed)?;
        return Ok(Some(Recipients::Age(parsed)));
    }
    // The id itself is not repeated: it may be a private key, given by mistake.
    match ids.iter().position(|id| !is_openpgp_id(id)) {
        None => Ok(Some(Recipients::OpenPgp(ids.to_vec()))),
        Some(place) => Err(Failure::usage(format!("ID number {} is not one", place + 1)).hint(
            "an age recipient begins with `age1`, an SSH key with `ssh-`; an OpenPGP id is a fingerprint or an address",
        )),
    }
}

/// What is meant for age, whether or not age takes it; every SSH key's second word begins so.
fn is_age_recipient(id: &str) -> bool {
    let is_ssh_key = id.split(' ').nth(1).is_some_and(|word| word.starts_with("AAAA"));
    id.starts_with("age1") || id.starts_with("ssh-") || is_ssh_key
}

/// What can stand in a line of `.gpg-id` and mean itself, and is no key of another kind.
fn is_openpgp_id(id: &str) -> bool {
    let foreign = ["AGE-", "age1", "ssh-"].iter().any(|start| id.starts_with(start));
    !foreign && !id.trim().is_empty() && !id.contains(['\n', '\r', '#'])
}

fn own_recipients(args: &Args, session: &Session) -> Result<Vec<Recipient>, Failure> {
    let keyring = session.keyring();
    establish(&keyring, args.recovery_out.as_ref(), session)?;
    Ok(keyring.recipients()?)
}

/// Refuses, before anything is made, to show an agent a recovery identity.
pub(super) fn refuse_showing(out: Option<&PathBuf>, session: &Session) -> Result<(), Failure> {
    if out.is_none() && session.keyring().recipients()?.is_empty() {
        agent::refuse("showing the recovery identity", session)?;
    }
    Ok(())
}

/// Makes the keys that are missing, hands the recovery identity over and says what was made.
pub(super) fn establish(
    keyring: &Keyring<'_>,
    out: Option<&PathBuf>,
    session: &Session,
) -> Result<(), Failure> {
    let hand_over = |recovery: &RecoveryIdentity| hand_over(recovery, out);
    let made = keyring.establish(&*session.world.clock, &hand_over)?;
    if let Some(path) = &made.identity {
        let guard =
            if made.has_passphrase { "behind your passphrase" } else { "without a passphrase" };
        session.ui.note(&format!("identity made, {guard}: {}", path.display()));
    }
    if let Some(fingerprint) = &made.signer {
        session.ui.note(&format!("signing key made: {fingerprint}"));
    }
    Ok(())
}

fn hand_over(recovery: &RecoveryIdentity, out: Option<&PathBuf>) -> Result<(), keys::Error> {
    if let Some(path) = out {
        return Ok(sys::create_secret(path, recovery.file())?);
    }
    ui::say("\nYour recovery identity. It opens everything if this machine is lost.\n");
    ui::say("It is shown this once and kept nowhere: write it down or print it.\n\n");
    ui::reveal_aside(recovery.file());
    ui::say("\n");
    Ok(())
}

pub(super) fn subject(recipients: &Recipients) -> String {
    match recipients {
        Recipients::Age(all) => {
            let names: Vec<String> = all.iter().map(Recipient::to_string).collect();
            format!("Set age recipients to {}.", names.join(", "))
        }
        Recipients::OpenPgp(ids) => format!("Set GPG id to {}.", ids.join(", ")),
    }
}
