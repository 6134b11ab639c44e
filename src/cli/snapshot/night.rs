//! Whether every destination answers to a run that nobody attends.

use crate::cli::{Failure, Session};
use crate::keys::Keyring;
use crate::snapshot::Repository;

use super::destination::{Destination, Purpose};

/// What would go wrong at each destination of the settings, in one line each. Listing snapshots needs
/// what taking one needs; comparing and pruning may need other credentials, which are only looked for.
pub(in crate::cli) fn answers_at_night(night: &Session) -> Vec<String> {
    let configured = &night.config.settings.snapshot.destination;
    if configured.is_empty() {
        return vec!["the settings name no destination, so no snapshot can be taken".to_owned()];
    }
    let keyring = night.keyring();
    let mut wrong = Vec::new();
    for named in configured {
        let failed =
            |failure: Failure| format!("destination `{}`: {}", named.name, failure.message());
        match Destination::of_settings(named, &night.config.paths) {
            Err(failure) => wrong.push(failed(failure)),
            Ok(destination) => {
                let answer = list(&destination, &keyring, night).map_err(failed);
                let answer = answer.and_then(|()| maintain(&destination, night).map_err(failed));
                wrong.extend(answer.err());
            }
        }
    }
    wrong
}

/// What nobody is there to unlock.
fn maintain(destination: &Destination, night: &Session) -> Result<(), Failure> {
    let opened = destination.open(Purpose::Maintenance, night).map(drop);
    opened.map_err(|failure| failure.about("comparing and pruning will be left out"))
}

fn list(destination: &Destination, keyring: &Keyring<'_>, night: &Session) -> Result<(), Failure> {
    let storage = destination.open(Purpose::Taking, night)?;
    let signer = keyring.signer()?.verifier().fingerprint();
    Repository::open(&*storage, signer)?.commits().map(drop).map_err(Failure::from)
}
