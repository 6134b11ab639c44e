//! What a machine needs beside its files to take the place of another: keys of its own, entries that
//! they open, and a place for its snapshots.

use crate::cli::recovery_kit::{kit_of, source};
use crate::cli::snapshot::destination::Destination;
use crate::cli::snapshot::places::places;
use crate::cli::snapshot::target::known_places;
use crate::cli::{Code, Failure, Session, reports};
use crate::config;
use crate::crypto::Cipher;
use crate::recovery::{Findings, Heirs, Inherited, Journal, Kit, Phases, Site, Stage, check};
use crate::snapshot::{Error, Repository};
use crate::storage::Storage;
use crate::store::Name;
use crate::sys::{self, Interrupts, SYSTEM_PATH};
use crate::vault::Vault;

use super::Args;
use super::bare::Back;
use super::origin::Origin;
use super::told::Ended;
use super::trust::Keys;

/// More recoveries than this on one day have something wrong with them.
const MOST_PLACES: u32 = 9;

pub(super) struct Heritage<'a> {
    pub(super) args: &'a Args,
    pub(super) session: &'a Session,
    pub(super) keys: &'a Keys<'a>,
    pub(super) origin: &'a Origin,
}

/// What became of the store.
#[derive(Default)]
pub(super) struct Estate {
    pub(super) inherited: Vec<Inherited>,
    /// All that the lost machine could read.
    pub(super) readable: Vec<Name>,
}

impl Estate {
    /// What could not be opened, and why.
    pub(super) fn left(&self) -> impl Iterator<Item = &str> {
        self.inherited.iter().flat_map(|folder| &folder.left).map(String::as_str)
    }
}

impl Heritage<'_> {
    /// Every step leaves what is done already as it is.
    pub(super) fn run(&self, back: Back, mut phases: Phases) -> Result<Ended, Failure> {
        // With the settings that have just come back.
        let home = self.session.with_settings_read_again()?;
        phases.time(Stage::Keys, || self.make_keys(&home))?;
        let estate = phases.time(Stage::Reencrypt, || self.take_over(&home))?;
        let kit = phases.time(Stage::Begin, || self.begin_anew(&back.journal, &home));
        let kit = kit.map_err(|failure| {
            home.ui.warn(&format!("there is no new repository yet: {}", failure.message()));
            home.ui.note("hint: `vaultctl snapshot init --to DEST`, with an access key that may write, makes one; then `vaultctl recovery-kit` prints the sheet");
        });
        let findings = phases.time(Stage::Check, || look(&home))?;
        Journal::end(home.config.paths.state_folder())?;
        let stolen = self.args.before.is_some();
        Ok(Ended { back, phases, estate, kit: kit.ok(), findings, stolen })
    }

    fn make_keys(&self, home: &Session) -> Result<(), Failure> {
        let recovery = self.keys.keyring.identity()?.recipients()?;
        let made = home.keyring().succeed(&recovery)?;
        if let Some(path) = &made.identity {
            let guard =
                if made.has_passphrase { "behind your passphrase" } else { "without a passphrase" };
            home.ui.note(&format!("identity made, {guard}: {}", path.display()));
        }
        if let Some(fingerprint) = &made.signer {
            home.ui.note(&format!("signing key made: {fingerprint}"));
        }
        Ok(())
    }

    fn take_over(&self, home: &Session) -> Result<Estate, Failure> {
        if !sys::exists(&home.config.paths.store) {
            return Ok(Estate::default());
        }
        let brought = self.keys.keyring.identity()?.recipients()?;
        let mut new = home.keyring().recipients()?;
        new.retain(|one| !brought.contains(one));
        let heirs = Heirs { brought, new, from_paper: self.keys.from_paper };
        home.open_vault_with(&self.keys.keyring, |vault| {
            let inherited = heirs.take_over(vault)?;
            let mut readable = openpgp_entries(vault);
            readable.extend(inherited.iter().flat_map(|folder| folder.entries.iter().cloned()));
            readable.sort();
            Ok(Estate { inherited, readable })
        })?
    }

    /// Where this machine's own snapshots go. The old repository stays as it is: another key signs it.
    /// So does that of another recovery on the same day, to which the number belongs.
    fn new_place(&self, journal: &Journal, number: u32) -> Result<Destination, Failure> {
        let day = journal.began.strftime("%Y%m%d");
        match (&self.args.to, number) {
            (Some(to), _) => Destination::of_url(to, &self.session.config.paths),
            (None, 1) => self.origin.destination.beside(&day.to_string()),
            (None, _) => self.origin.destination.beside(&format!("{day}-{number}")),
        }
    }

    /// What the settings that came back call the place: jobs in them may name it.
    fn old_name(&self, home: &Session) -> Option<String> {
        match home.config.settings.snapshot.destination.as_slice() {
            [only] => Some(only.name.clone()),
            _ => reports::name_of(&self.origin.destination.place(), home),
        }
    }

    fn begin_anew(&self, journal: &Journal, home: &Session) -> Result<Kit, Failure> {
        let mut number = 1;
        loop {
            let place = self.new_place(journal, number)?;
            match self.begin_at(&place, home) {
                Err(failure) if failure.code() == Code::NotVerified && self.may_try(number) => {
                    number += 1;
                }
                ended => return ended,
            }
        }
    }

    /// Whether there is another place to try where this one is somebody else's.
    fn may_try(&self, number: u32) -> bool {
        self.args.to.is_none() && number < MOST_PLACES
    }

    fn begin_at(&self, place: &Destination, home: &Session) -> Result<Kit, Failure> {
        let storage = self.origin.new_storage(place, home)?;
        let repository = begun(&*storage, home)?;
        known_places(home).remember(&repository)?;
        home.ui.note(&format!("snapshot repository made at {}", storage.place()));
        let mut named = place.as_settings(home)?;
        if let Some(name) = self.old_name(home) {
            named.name = name;
        }
        config::begin_snapshots_anew(&home.config.paths.settings, &named)?;
        kit_of(&repository, vec![source(place, home)?], home)
    }
}

/// Looks at what came back, with the keys that this machine has now.
fn look(home: &Session) -> Result<Findings, Failure> {
    let (paths, variables, places) =
        (&home.config.paths, &home.world.variables, places(home, Vec::new()));
    let keyring = home.keyring();
    let site = Site {
        home: &paths.home,
        trees: &[paths.home.clone(), paths.store.clone(), places.gnupg.clone()],
        store: &paths.store,
        gnupg: &places.gnupg,
        variables,
        path: variables.text("PATH").unwrap_or(SYSTEM_PATH),
        identity: keyring.identity()?,
        scratch: paths.state_folder(),
        interrupts: &Interrupts::hold(),
    };
    Ok(check(&site)?)
}

/// The new repository, whether it was made just now or by a run that was interrupted.
fn begun<'s>(storage: &'s dyn Storage, home: &Session) -> Result<Repository<'s>, Failure> {
    let signer = home.keyring().signer()?;
    match Repository::init(storage, &signer) {
        Err(Error::AlreadyRepository(_)) => {
            Ok(Repository::open(storage, signer.verifier().fingerprint())?)
        }
        made => Ok(made?),
    }
}

fn openpgp_entries(vault: &Vault<'_>) -> Vec<Name> {
    let store = vault.store();
    let is_one = |name: &Name| matches!(store.cipher_of(name), Ok(Some(Cipher::OpenPgp)));
    store.list(None).names.into_iter().filter(is_one).collect()
}
