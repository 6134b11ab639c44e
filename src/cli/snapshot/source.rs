//! What `ls`, `diff`, `export` and `restore` read from: the repository in every place that can be
//! reached, and what opens it.

use std::sync::Arc;

use crate::cli::{Failure, Session};
use crate::crypto::Fingerprint;
use crate::keys::Keyring;
use crate::snapshot::{
    Found, Progress, Repository, Restoration, Search, Selection, State, Verified,
};

use super::choice;
use super::destination::Purpose;
use super::progress::{Phase, Report};
use super::target::{Place, Trust, pin, state};

/// A repository to read from.
pub(in crate::cli) struct Source<'s> {
    repositories: Vec<Repository<'s>>,
    keyring: &'s Keyring<'s>,
    state: State,
    report: Arc<Report>,
    session: &'s Session,
}

/// Opens the repository wherever it can be reached, for `work`.
pub(in crate::cli) fn with_source<T>(
    place: &Place,
    trust: &Trust,
    session: &Session,
    work: impl FnOnce(&Source<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let (paths, report) = (trust.paths(session), Report::new(Phase::Restoring, session));
    let reached = place.reach(Purpose::Maintenance, &report, session)?;
    let keyring = session.keyring_of(&paths);
    let repositories = trust.open_all(&reached, &keyring, session)?.repositories;
    let state = state(&repositories[0], session);
    work(&Source { repositories, keyring: &keyring, state, report, session })
}

impl Source<'_> {
    /// Ends the line of progress, so that something can be said.
    pub(in crate::cli) fn end_progress(&self) {
        self.report.end();
    }

    /// The newest healthy one, and what is newer.
    pub(in crate::cli) fn search(&self) -> Result<Found, Failure> {
        let pin = pin(&self.repositories[0], self.session)?;
        Ok(Search { pin, before: None }.run(&self.repositories)?)
    }

    /// Whose signature counts.
    pub(in crate::cli) fn signer(&self) -> &Fingerprint {
        self.repositories[0].signer()
    }

    /// Proves the snapshot that was named, or the newest for `latest`.
    pub(in crate::cli) fn prove(&self, named: &str) -> Result<Verified, Failure> {
        choice::prove(&self.repositories, named, self.session)
    }

    /// What is to be read of it, under the names that it has.
    pub(in crate::cli) fn restoration<'a>(
        &'a self,
        verified: &'a Verified,
        selection: &'a Selection,
    ) -> Result<Restoration<'a>, Failure> {
        let (commit, identity) = (verified.commit(), self.keyring.identity()?);
        let packs: u64 = commit.packs.iter().map(|pack| pack.size).sum();
        self.report.will_read(commit.object.size + packs);
        Ok(Restoration {
            repositories: &self.repositories,
            verified,
            identity,
            selection,
            moved: None,
            state: &self.state,
        })
    }
}
