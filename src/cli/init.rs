//! `vaultctl init`.

use std::path::PathBuf;

use crate::crypto::{Recipient, Recipients};
use crate::keys::{self, Keyring, RecoveryIdentity};
use crate::store::Store;
use crate::{git, sys};

use super::{Checked, Done, Example, Failure, Session, ui};

/// Make a store, its keys and its git repository
///
/// Without an ID the store is encrypted with age: to your everyday identity, which is made if there
/// is none, and to a recovery identity, which is shown once and kept nowhere; print it. An existing
/// `~/.password-store` needs no init.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Whom to encrypt to: age recipients, or OpenPGP ids as `pass init` takes them
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Write the recovery identity to FILE, which must not exist, instead of showing it
    #[arg(long, value_name = "FILE")]
    recovery_out: Option<PathBuf>,
}

pub(super) const EXAMPLES: &[Example] = &[
    Example {
        what: "Make a store for yourself",
        line: "vaultctl init",
        checked: Checked::Parses,
    },
    Example {
        what: "Keep the recovery identity on a stick",
        line: "vaultctl init --recovery-out /media/stick/recovery.txt",
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
    let recipients = match chosen {
        Some(recipients) => recipients,
        None => Recipients::Age(own_recipients(args, session)?),
    };
    let (_, file) = Store::create(root, &recipients)?;
    git::create(root)?;
    session.with_vault(|vault| Ok(vault.record(&[file], &subject(&recipients))?))?;
    session
        .ui
        .note(&format!("store made at {}", root.display()));
    Ok(Done::Fully)
}

fn chosen_recipients(ids: &[String]) -> Result<Option<Recipients>, Failure> {
    if ids.is_empty() {
        return Ok(None);
    }
    if !ids.iter().any(|id| id.starts_with("age1")) {
        return Ok(Some(Recipients::OpenPgp(ids.to_vec())));
    }
    let parsed: Result<Vec<Recipient>, _> = ids.iter().map(|id| id.parse()).collect();
    Ok(Some(Recipients::Age(parsed?)))
}

fn own_recipients(args: &Args, session: &Session) -> Result<Vec<Recipient>, Failure> {
    let keyring = session.keyring();
    establish(&keyring, args.recovery_out.as_ref(), session)?;
    Ok(keyring.recipients()?)
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
        let guard = if made.has_passphrase {
            "behind your passphrase"
        } else {
            "without a passphrase"
        };
        session
            .ui
            .note(&format!("identity made, {guard}: {}", path.display()));
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

fn subject(recipients: &Recipients) -> String {
    match recipients {
        Recipients::Age(all) => {
            let names: Vec<String> = all.iter().map(Recipient::to_string).collect();
            format!("Set age recipients to {}.", names.join(", "))
        }
        Recipients::OpenPgp(ids) => format!("Set GPG id to {}.", ids.join(", ")),
    }
}
