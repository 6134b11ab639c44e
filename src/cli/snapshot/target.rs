//! What the verbs have in common: where the repository is, and whose signature counts.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::{Code, Failure, Session};
use crate::config::Paths;
use crate::crypto::Fingerprint;
use crate::keys::{self, Keyring};
use crate::snapshot::{Known, KnownPlaces, Pin, Repository, State};
use crate::storage::Storage;

use super::destination::{Destination, Purpose};
use super::progress::Report;

/// Where the repository is.
#[derive(clap::Args, Default)]
pub(in crate::cli) struct Place {
    /// The repository: a destination's name from the settings, a folder, or s3://BUCKET/PREFIX
    ///
    /// After a bucket may stand `?endpoint=URL&region=NAME&path_style=true&patience=SECONDS`.
    /// Needed unless the settings name exactly one.
    #[arg(long, value_name = "DEST")]
    pub(in crate::cli) to: Option<String>,
}

/// Whose signature counts, and what decrypts.
#[derive(clap::Args, Default)]
pub(in crate::cli) struct Trust {
    /// Decrypt with FILE, and trust the signer that its line `# signer:` names
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) identity: Option<PathBuf>,
    /// Trust the signer with this fingerprint, as printed with the recovery identity
    ///
    /// By default this machine's own signing key counts. What a repository says of itself never does.
    #[arg(long, value_name = "FINGERPRINT")]
    pub(in crate::cli) signer: Option<String>,
}

impl Place {
    /// What was named, or the only one that the settings have.
    pub(in crate::cli) fn destination(&self, session: &Session) -> Result<Destination, Failure> {
        let configured = &session.config.settings.snapshot.destination;
        let paths = &session.config.paths;
        match &self.to {
            Some(to) => match configured.iter().find(|destination| destination.name == *to) {
                Some(named) => Destination::of_settings(named, paths),
                None => Destination::of_url(to, paths),
            },
            None => match configured.as_slice() {
                [only] => Destination::of_settings(only, paths),
                [] => Err(Failure::usage("no destination is given")
                    .hint("--to DIR, or [[snapshot.destination]] in the settings")),
                _ => Err(Failure::usage("the settings name several destinations")
                    .hint("--to NAME chooses one")),
            },
        }
    }

    /// What was named, or all that the settings have.
    pub(in crate::cli) fn destinations(
        &self,
        session: &Session,
    ) -> Result<Vec<Destination>, Failure> {
        let configured = &session.config.settings.snapshot.destination;
        if self.to.is_some() || configured.len() < 2 {
            return Ok(vec![self.destination(session)?]);
        }
        let paths = &session.config.paths;
        configured.iter().map(|named| Destination::of_settings(named, paths)).collect()
    }

    /// As [`Place::destinations`], each with what it is called: by the settings, else as it was typed.
    pub(in crate::cli) fn named(
        &self,
        session: &Session,
    ) -> Result<Vec<(String, Destination)>, Failure> {
        let configured = &session.config.settings.snapshot.destination;
        let names: Vec<String> = match &self.to {
            Some(to) => vec![to.clone()],
            None => configured.iter().map(|destination| destination.name.clone()).collect(),
        };
        Ok(names.into_iter().zip(self.destinations(session)?).collect())
    }

    /// The storages of all that is meant. What can not be reached is told and left out; something
    /// must be left.
    pub(in crate::cli) fn reach(
        &self,
        purpose: Purpose,
        report: &Arc<Report>,
        session: &Session,
    ) -> Result<Reached, Failure> {
        let destinations = self.destinations(session)?;
        let opened = destinations.iter().map(|destination| destination.open(purpose, session));
        let (storages, lost) = all_but_lost(opened, session)?;
        let storages = storages.into_iter().map(|storage| report.watch(storage)).collect();
        Ok(Reached { storages, lost })
    }

    /// Whether the settings say where it is.
    pub(in crate::cli) fn is_configured(&self, session: &Session) -> bool {
        let mut configured = session.config.settings.snapshot.destination.iter();
        self.to.as_ref().is_none_or(|to| configured.any(|destination| destination.name == *to))
    }

    /// Its storage, to add to and to look at what is clear text.
    pub(in crate::cli) fn storage(&self, session: &Session) -> Result<Box<dyn Storage>, Failure> {
        self.destination(session)?.open(Purpose::Taking, session)
    }

    /// Its storage, to read and remove objects.
    pub(in crate::cli) fn whole_storage(
        &self,
        session: &Session,
    ) -> Result<Box<dyn Storage>, Failure> {
        self.destination(session)?.open(Purpose::Maintenance, session)
    }
}

/// The storages of several destinations, as far as they can be reached.
pub(in crate::cli) struct Reached {
    storages: Vec<Box<dyn Storage>>,
    lost: usize,
}

/// The same repository in several places.
pub(in crate::cli) struct Everywhere<'s> {
    pub(in crate::cli) repositories: Vec<Repository<'s>>,
    /// How many places were left out.
    pub(in crate::cli) lost: usize,
}

impl Trust {
    /// Opens the repository in each place. What is wrong with one place is told, and it is left out.
    pub(in crate::cli) fn open_all<'s>(
        &self,
        reached: &'s Reached,
        keyring: &Keyring<'_>,
        session: &Session,
    ) -> Result<Everywhere<'s>, Failure> {
        let signer = self.signer(keyring)?;
        let opened = reached
            .storages
            .iter()
            .map(|storage| known_there(Repository::open(&**storage, signer.clone())?, session));
        let (repositories, lost) = all_but_lost(opened, session)?;
        let lost = reached.lost + lost;
        match repositories.iter().find(|other| other.id() != repositories[0].id()) {
            Some(other) => Err(Failure::usage(format!(
                "`{}` and `{}` hold different repositories",
                repositories[0].storage().place(),
                other.storage().place()
            ))
            .hint("--to NAME chooses one; `vaultctl snapshot init --to NAME` makes a copy in an empty place")),
            None => Ok(Everywhere { repositories, lost }),
        }
    }

    /// The keys to work with: ours, or the file's that was named.
    pub(in crate::cli) fn paths(&self, session: &Session) -> Paths {
        let mut paths = session.config.paths.clone();
        if let Some(identity) = &self.identity {
            paths.identity = vec![identity.clone()];
        }
        paths
    }

    /// Opens the repository of the signer who counts.
    pub(in crate::cli) fn open<'s>(
        &self,
        storage: &'s dyn Storage,
        keyring: &Keyring<'_>,
        session: &Session,
    ) -> Result<Repository<'s>, Failure> {
        known_there(Repository::open(storage, self.signer(keyring)?)?, session)
    }

    /// Whose signature counts.
    pub(in crate::cli) fn signer(&self, keyring: &Keyring<'_>) -> Result<Fingerprint, Failure> {
        if let Some(fingerprint) = &self.signer {
            return Ok(Fingerprint::new(fingerprint));
        }
        if self.identity.is_some()
            && let Some(fingerprint) = keyring.identity()?.signer_comment()?
        {
            return Ok(Fingerprint::new(fingerprint));
        }
        match keyring.signer() {
            Ok(signer) => Ok(signer.verifier().fingerprint()),
            Err(keys::Error::NoSigner(_)) => {
                Err(unknown("nothing here says whose signature counts"))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The repository, unless this machine knows another one in that place.
fn known_there<'s>(
    repository: Repository<'s>,
    session: &Session,
) -> Result<Repository<'s>, Failure> {
    known_places(session).check(&repository)?;
    Ok(repository)
}

/// Which repository is where.
pub(in crate::cli) fn known_places(session: &Session) -> KnownPlaces {
    KnownPlaces::of(session.config.paths.state_folder())
}

/// What went well, and how much did not: that is told. When nothing went well, the last failure is
/// that of the whole.
pub(in crate::cli) fn all_but_lost<T>(
    tried: impl Iterator<Item = Result<T, Failure>>,
    session: &Session,
) -> Result<(Vec<T>, usize), Failure> {
    let (mut well, mut failures) = (Vec::new(), Vec::new());
    for tried in tried {
        match tried {
            Ok(one) => well.push(one),
            Err(failure) => failures.push(failure),
        }
    }
    let of_the_whole = if well.is_empty() { failures.pop() } else { None };
    failures.iter().for_each(|failure| session.ui.warn(failure.message()));
    match of_the_whole {
        Some(failure) => Err(failure),
        None => Ok((well, failures.len())),
    }
}

fn unknown(message: &str) -> Failure {
    Failure::new(Code::NeedsPerson, message)
        .hint("--signer SHA256:… names the signer; it is printed with the recovery identity")
}

/// What this machine keeps of it.
pub(in crate::cli) fn state(repository: &Repository<'_>, session: &Session) -> State {
    State::of(session.config.paths.state_folder(), repository.id())
}

/// All that this machine remembers of it. Where another one prunes, it can judge no gap.
pub(in crate::cli) fn known(
    repository: &Repository<'_>,
    session: &Session,
) -> Result<Known, Failure> {
    let known = state(repository, session).known()?;
    let elsewhere = session.config.settings.snapshot.pruned_elsewhere;
    Ok(if elsewhere { known.judging_no_gap() } else { known })
}

/// The newest snapshot that this machine has written there, as it remembers.
pub(in crate::cli) fn pin(
    repository: &Repository<'_>,
    session: &Session,
) -> Result<Option<Pin>, Failure> {
    Ok(state(repository, session).pin()?)
}
