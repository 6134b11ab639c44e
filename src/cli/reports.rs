//! What `drill` and `snapshot verify --report` leave beside the snapshots, wherever these are.

use crate::crypto::Signer;
use crate::recovery::{self, Report};
use crate::snapshot::{Lost, Repository};
use crate::storage::Storage;

use super::snapshot::destination::{Destination, Purpose};
use super::{Done, Failure, Session};

/// What the settings call a place, if they name it.
pub(super) fn name_of(place: &str, session: &Session) -> Option<String> {
    let (settings, paths) = (&session.config.settings.snapshot, &session.config.paths);
    let is_it = |named: &&crate::config::Destination| {
        Destination::of_settings(named, paths).is_ok_and(|one| one.place() == place)
    };
    settings.destination.iter().find(is_it).map(|named| named.name.clone())
}

/// The program that writes a report.
pub(super) fn tool() -> String {
    concat!("vaultctl ", env!("CARGO_PKG_VERSION")).to_owned()
}

/// Leaves a report in all of these destinations. What can not be left is told, and fails nothing.
pub(super) fn leave(report: &mut Report, to: &[Destination], session: &Session) -> Done {
    match try_to_leave(report, to, session) {
        Ok(done) => done,
        Err(failure) => {
            session.ui.warn(&format!("no report was left: {}", failure.message()));
            Done::WithOmissions
        }
    }
}

fn try_to_leave(
    report: &mut Report,
    to: &[Destination],
    session: &Session,
) -> Result<Done, Failure> {
    let signer = session.keyring().signer()?;
    let mut done = Done::Fully;
    let mut lost = |place: &str, why: &str| {
        session.ui.warn(&format!("no report was left in `{place}`: {why}"));
        done = Done::WithOmissions;
    };
    let mut storages: Vec<Box<dyn Storage>> = Vec::new();
    for destination in to {
        match destination.open(Purpose::Taking, session) {
            Ok(storage) => storages.push(storage),
            Err(failure) => lost(&destination.place(), failure.message()),
        }
    }
    let mut places = Vec::new();
    for storage in &storages {
        match open(&**storage, report, &signer) {
            Ok(repository) => places.push(repository),
            Err(failure) => lost(&storage.place(), failure.message()),
        }
    }
    for Lost { place, error } in recovery::leave(report, &places, &signer)? {
        lost(&place, &error.to_string());
    }
    Ok(done)
}

/// The repository that the report is about, which only its own signer can add to.
fn open<'s>(
    storage: &'s dyn Storage,
    report: &Report,
    signer: &Signer,
) -> Result<Repository<'s>, Failure> {
    let repository = Repository::open(storage, signer.verifier().fingerprint())?;
    if *repository.id() == report.repository {
        Ok(repository)
    } else {
        Err(Failure::failed("another repository is there"))
    }
}
