//! The reports of a repository: left, and read back, believed only by their signature.

use std::time::Duration;

use crate::crypto::Signer;
use crate::snapshot::{Error, Lost, ReportId, ReportKind, Repository, SnapshotId};

use super::report::{Reason, Report, Unread, Work};

/// As finely as reports tell the time.
const SECOND: Duration = Duration::from_secs(1);

/// A report, as it was found.
#[derive(Debug)]
pub struct Filed {
    /// What it is called.
    pub id: ReportId,
    /// What it is worth.
    pub standing: Standing,
}

/// What a report is worth.
#[derive(Debug)]
pub enum Standing {
    /// Rightly signed and understood.
    Whole(Box<Report>),
    /// Rightly signed, in a version that is not ours.
    Newer,
    /// Not what was signed, or not signed, or about something else.
    Damaged(String),
}

impl Standing {
    /// What it says, where it can be believed and understood.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        match self {
            Self::Whole(report) => Some(report),
            Self::Newer | Self::Damaged(_) => None,
        }
    }
}

/// Leaves a report in each of these places, and says where that was not possible. Its time becomes a
/// whole second that no other report of its kind has there.
///
/// # Errors
/// What a storage says that can not be listed; then it is left nowhere.
pub fn leave(
    report: &mut Report,
    places: &[Repository<'_>],
    signer: &Signer,
) -> Result<Vec<Lost>, Error> {
    let mut taken = Vec::new();
    for repository in places {
        taken.extend(repository.report_ids()?);
    }
    report.round_time();
    while taken.contains(&report.id()) {
        report.at += SECOND;
    }
    let (id, text) = (report.id(), report.render());
    let lost = |repository: &Repository<'_>| {
        let place = repository.storage().place();
        repository.leave_report(&id, &text, signer).err().map(|error| Lost { place, error })
    };
    Ok(places.iter().filter_map(lost).collect())
}

/// Every report, the oldest first. Needs the signer's public key only, and the right to read them.
///
/// # Errors
/// What the storage says; a damaged report is no error but an answer.
pub fn reports(repository: &Repository<'_>) -> Result<Vec<Filed>, Error> {
    let ids = repository.report_ids()?;
    ids.into_iter().map(|id| filed(repository, id)).collect()
}

/// The newest report of a kind. Reads no other.
///
/// # Errors
/// As [`reports`].
pub fn newest(repository: &Repository<'_>, kind: ReportKind) -> Result<Option<Filed>, Error> {
    let newest = repository.report_ids()?.into_iter().rev().find(|id| id.kind == kind);
    newest.map(|id| filed(repository, id)).transpose()
}

/// The last snapshot that a drill has restored and found good, in time or not, and the report that says so.
///
/// # Errors
/// As [`reports`].
pub fn last_drilled(repository: &Repository<'_>) -> Result<Option<(SnapshotId, ReportId)>, Error> {
    let ids = repository.report_ids()?.into_iter().rev();
    for id in ids.filter(|id| id.kind == ReportKind::Drill) {
        if let Some(snapshot) = filed(repository, id)?.standing.report().and_then(proven) {
            return Ok(Some((snapshot, id)));
        }
    }
    Ok(None)
}

/// The snapshot that a report shows to be good.
fn proven(report: &Report) -> Option<SnapshotId> {
    match &report.work {
        Work::Drill(drilled) if report.reasons.iter().all(Reason::is_about_time) => {
            drilled.snapshot
        }
        Work::Drill(_) | Work::Verify(_) => None,
    }
}

fn filed(repository: &Repository<'_>, id: ReportId) -> Result<Filed, Error> {
    let standing = match repository.report(&id) {
        Err(Error::Damaged { reason, .. }) => Standing::Damaged(reason),
        text => standing(repository, id, &text?),
    };
    Ok(Filed { id, standing })
}

fn standing(repository: &Repository<'_>, id: ReportId, text: &[u8]) -> Standing {
    match Report::parse(text) {
        Err(Unread::Newer) => Standing::Newer,
        Err(Unread::Malformed(reason)) => Standing::Damaged(reason),
        Ok(report) if report.id() != id => {
            Standing::Damaged(format!("it says that it is {}", report.id()))
        }
        Ok(report) if report.repository != *repository.id() => {
            Standing::Damaged(format!("it is of the repository {}", report.repository))
        }
        Ok(report) => Standing::Whole(Box::new(report)),
    }
}
