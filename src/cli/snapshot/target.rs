//! What the verbs have in common: where the repository is, and whose signature counts.

use std::path::PathBuf;

use crate::cli::{Code, Failure, Session};
use crate::config::Paths;
use crate::crypto::Fingerprint;
use crate::keys::{self, Keyring};
use crate::snapshot::{Known, Pin, Repository, State};
use crate::storage::{Local, Storage};

/// Where the repository is.
#[derive(clap::Args)]
pub(super) struct Place {
    /// The repository: a destination's name from the settings, or a folder
    ///
    /// Needed unless the settings name exactly one.
    #[arg(long, value_name = "DEST")]
    pub(super) to: Option<String>,
}

/// Whose signature counts, and what decrypts.
#[derive(clap::Args, Default)]
pub(super) struct Trust {
    /// Decrypt with FILE, and trust the signer that its line `# signer:` names
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// Trust the signer with this fingerprint, as printed with the recovery identity
    ///
    /// By default this machine's own signing key counts. What a repository says of itself never does.
    #[arg(long, value_name = "FINGERPRINT")]
    signer: Option<String>,
}

impl Place {
    /// The folder.
    pub(super) fn folder(&self, session: &Session) -> Result<PathBuf, Failure> {
        let configured = &session.config.settings.snapshot.destination;
        let url = match &self.to {
            Some(to) => {
                let named = configured.iter().find(|destination| destination.name == *to);
                named.map_or(to, |destination| &destination.url)
            }
            None => match configured.as_slice() {
                [only] => &only.url,
                [] => {
                    return Err(Failure::usage("no destination is given")
                        .hint("--to DIR, or [[snapshot.destination]] in the settings"));
                }
                _ => {
                    return Err(Failure::usage("the settings name several destinations")
                        .hint("--to NAME chooses one"));
                }
            },
        };
        folder_of(url, &session.config.paths)
    }

    /// Whether the settings say where it is.
    pub(super) fn is_configured(&self, session: &Session) -> bool {
        let mut configured = session.config.settings.snapshot.destination.iter();
        self.to.as_ref().is_none_or(|to| configured.any(|destination| destination.name == *to))
    }

    /// Its storage.
    pub(super) fn storage(&self, session: &Session) -> Result<Box<dyn Storage>, Failure> {
        Ok(Box::new(Local::open(&self.folder(session)?)?))
    }
}

fn folder_of(url: &str, paths: &Paths) -> Result<PathBuf, Failure> {
    let folder = match url.split_once("://") {
        Some(("file", folder)) => folder,
        Some(("s3", _)) => {
            return Err(Failure::usage("this vaultctl can not use S3 yet").hint("use a folder"));
        }
        Some((scheme, _)) => {
            return Err(Failure::usage(format!("a destination can not be `{scheme}:`"))
                .hint("use a folder"));
        }
        None => url,
    };
    Ok(paths.expand(folder))
}

impl Trust {
    /// The keys to work with: ours, or the file's that was named.
    pub(super) fn paths(&self, session: &Session) -> Paths {
        let mut paths = session.config.paths.clone();
        if let Some(identity) = &self.identity {
            paths.identity = vec![identity.clone()];
        }
        paths
    }

    /// Opens the repository of the signer who counts.
    pub(super) fn open<'s>(
        &self,
        storage: &'s dyn Storage,
        keyring: &Keyring<'_>,
    ) -> Result<Repository<'s>, Failure> {
        Ok(Repository::open(storage, self.signer(keyring)?)?)
    }

    fn signer(&self, keyring: &Keyring<'_>) -> Result<Fingerprint, Failure> {
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

fn unknown(message: &str) -> Failure {
    Failure::new(Code::NeedsPerson, message)
        .hint("--signer SHA256:… names the signer; it is printed with the recovery identity")
}

/// What this machine keeps of it.
pub(super) fn state(repository: &Repository<'_>, session: &Session) -> State {
    State::of(session.config.paths.state_folder(), repository.id())
}

/// All that this machine remembers of it. Where another one prunes, it can judge no gap.
pub(super) fn known(repository: &Repository<'_>, session: &Session) -> Result<Known, Failure> {
    let known = state(repository, session).known()?;
    let elsewhere = session.config.settings.snapshot.pruned_elsewhere;
    Ok(if elsewhere { known.judging_no_gap() } else { known })
}

/// The newest snapshot that this machine has written there, as it remembers.
pub(super) fn pin(repository: &Repository<'_>, session: &Session) -> Result<Option<Pin>, Failure> {
    Ok(state(repository, session).pin()?)
}
