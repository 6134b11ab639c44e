//! A machine on which nothing is yet.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::snapshot::places::places;
use crate::cli::snapshot::progress::{Phase, Report};
use crate::cli::snapshot::restore::{confirm, record, site, tell, tell_kept, warn_of};
use crate::cli::{Code, Done, Failure, Session};
use crate::recovery::{Journal, Phases, Stage};
use crate::snapshot::{
    self, Progress, Replaced, Repository, Restoration, Search, Selection, Site, State, Verified,
};
use crate::sys;

use super::Args;
use super::heritage::Heritage;
use super::origin::Origin;
use super::told;
use super::trust::{Keys, Paper, Trusted, trusted};

pub(super) fn run(args: &Args, from: &str, session: &Session) -> Result<Done, Failure> {
    let begun = Journal::read(session.config.paths.state_folder())?;
    if begun.is_none() && !args.dry_run {
        expect_new_machine(session)?;
    }
    let mut phases = Phases::default();
    let origin = Origin::of(args, from, session)?;
    let mut paper = Paper::of(args, session)?;
    let keys = paper.keys(session)?;
    let report = Report::new(Phase::Restoring, session);
    let storage = phases.time(Stage::Find, || origin.storage(session))?;
    let storage = report.watch(storage);
    let trusted = trusted(args.signer.as_deref(), &keys, &*storage)?;
    let repository = Repository::open(&*storage, trusted.signer.clone()).map_err(not_ours)?;
    let return_home = Return { args, session, keys: &keys, trusted, repository, report };
    match return_home.run(begun, &mut phases)? {
        None => Ok(Done::Fully),
        Some(back) => {
            let ended =
                Heritage { args, session, keys: &keys, origin: &origin }.run(back, phases)?;
            told::end(&ended, session)
        }
    }
}

/// On the worst day nobody shall take the fingerprint of a stranger from an error.
fn not_ours(error: snapshot::Error) -> Failure {
    let failure = Failure::from(error);
    match failure.code() {
        Code::NotVerified => failure.hint("compare the fingerprint with your sheet: if it is another one, this is not your repository, or somebody has changed it"),
        Code::Nothing => failure.hint("the sheet has the place in one line, as --from takes it"),
        _ => failure,
    }
}

/// What to do where it turns out that the storage has not kept it.
fn or_an_older_one(failure: Failure, verified: &Verified) -> Failure {
    let id = verified.commit().id;
    match failure.code() {
        Code::NotVerified => failure.hint(format!("`--before {}` takes an older one", id.time)),
        Code::CannotDecrypt => failure.hint("it is not the recovery identity of these snapshots: the sheet has the public keys of those that open them"),
        _ => failure,
    }
}

/// What would be in the way, or be lost, is named.
fn expect_new_machine(session: &Session) -> Result<(), Failure> {
    let paths = &session.config.paths;
    let [wrapped, bare] = paths.identities();
    let ours = [wrapped, bare, paths.signing_key(), paths.recipients(), paths.store.clone()];
    match ours.iter().find(|path| sys::exists(path)) {
        None => Ok(()),
        Some(path) => Err(Failure::failed(format!("this is no new machine: `{}` is there", path.display()))
            .hint("`vaultctl snapshot restore --in-place` brings files back here, and `vaultctl recover config` what clients are configured by")),
    }
}

/// The files have come back.
pub(super) struct Back {
    pub(super) journal: Journal,
    /// Where what was there before is.
    pub(super) kept: Option<PathBuf>,
}

/// The way of the files back to where they were.
struct Return<'a> {
    args: &'a Args,
    session: &'a Session,
    keys: &'a Keys<'a>,
    trusted: Trusted,
    repository: Repository<'a>,
    report: Arc<Report>,
}

impl Return<'_> {
    /// Brings them back, unless an earlier run has; `None` after a dry run.
    fn run(&self, begun: Option<Journal>, phases: &mut Phases) -> Result<Option<Back>, Failure> {
        let state_folder = self.session.config.paths.state_folder();
        if let Some(journal) = begun.filter(|_| !self.args.dry_run) {
            journal.expect(&self.repository, state_folder)?;
            self.expect_from_before(&journal)?;
            if let Some(back) = self.go_on(journal)? {
                return Ok(Some(back));
            }
        }
        let state = State::of(state_folder, self.repository.id());
        let verified = phases.time(Stage::Find, || self.choose())?;
        let restoration = Restoration {
            repositories: std::slice::from_ref(&self.repository),
            verified: &verified,
            identity: self.keys.keyring.identity()?,
            selection: &Selection::everything(),
            moved: None,
            state: &state,
        };
        let places = places(self.session, Vec::new());
        let site = site(&places, &restoration, self.session)?;
        let dangers = phases.time(Stage::Look, || restoration.dangers(&site));
        let dangers = dangers.map_err(|error| or_an_older_one(error.into(), &verified))?;
        self.report.end();
        warn_of(&dangers, self.session);
        self.expect_trust()?;
        if self.args.dry_run {
            told::dry_run(&verified, &dangers, self.session)?;
            return Ok(None);
        }
        let id = verified.commit().id;
        confirm(self.args.yes, &format!("Recover this machine from {id}?"), self.session)?;
        let now = self.session.world.clock.now();
        Journal::new(&self.repository, id, now).write(state_folder)?;
        self.bring(&restoration, &site, phases).map(Some)
    }

    /// What an earlier run has brought, or was about to, may be the thief's.
    fn expect_from_before(&self, journal: &Journal) -> Result<(), Failure> {
        let id = journal.snapshot_id(self.session.config.paths.state_folder())?;
        let search = Search { pin: None, before: self.args.before };
        let Some(why) = search.too_late_now(id, std::slice::from_ref(&self.repository))? else {
            return Ok(());
        };
        let paths = &self.session.config.paths;
        let (home, state) = (paths.home.display(), paths.state_folder().display());
        Err(Failure::new(Code::NotVerified, format!("the recovery that was begun here is from {id}: it is {why}"))
            .hint(format!("what it brought may be the thief's: empty `{home}`, with its hidden files, and `{state}`; then the same line begins anew")))
    }

    /// What an earlier run has not come to; `None` if that is all of it.
    fn go_on(&self, mut journal: Journal) -> Result<Option<Back>, Failure> {
        let places = places(self.session, Vec::new());
        let site = Site::of(&places, &[], self.session.world.clock.now());
        let finished = snapshot::resume(&site)?.filter(|(_, id)| *id == journal.snapshot);
        if !journal.restored && finished.is_none() {
            return Ok(None);
        }
        self.session.ui.note(&format!("going on with the recovery from {}", journal.snapshot));
        journal.restored = true;
        journal.write(self.session.config.paths.state_folder())?;
        Ok(Some(Back { journal, kept: finished.map(|(kept, _)| kept) }))
    }

    fn choose(&self) -> Result<Verified, Failure> {
        let search = Search { pin: None, before: self.args.before };
        let found = search.run(std::slice::from_ref(&self.repository))?;
        self.report.end();
        let has_clock = self.repository.storage().dates_by_its_own_clock();
        told::found(&found, self.args.before.is_some() && !has_clock, self.session);
        let verified = found.chosen?;
        told::chosen(&verified, &self.trusted.signer, self.session);
        Ok(verified)
    }

    /// A person has said whose signature counts, or takes it upon himself.
    fn expect_trust(&self) -> Result<(), Failure> {
        if self.trusted.by_person {
            return Ok(());
        }
        let signer = &self.trusted.signer;
        let message = format!("only the repository itself says that {signer} may sign it");
        if self.args.yes || self.args.dry_run {
            self.session.ui.warn(&message);
            return Ok(());
        }
        Err(Failure::new(Code::NeedsPerson, message).hint(format!(
            "if it is the one on your sheet: --signer {signer}; --yes goes on whoever it is"
        )))
    }

    fn bring(
        &self,
        restoration: &Restoration<'_>,
        site: &Site<'_>,
        phases: &mut Phases,
    ) -> Result<Back, Failure> {
        let (session, verified) = (self.session, restoration.verified);
        let commit = verified.commit();
        let packs: u64 = commit.packs.iter().map(|pack| pack.size).sum();
        self.report.will_read(commit.object.size + packs);
        let replaced = phases.time(Stage::Restore, || restoration.in_place(site));
        self.report.end();
        record(verified, replaced.is_ok(), session);
        let replaced = replaced.map_err(|error| or_an_older_one(error.into(), verified));
        let Replaced { kept, restored } = replaced?;
        tell(&restored, session);
        tell_kept(kept.as_deref(), session);
        let mut journal = Journal::new(&self.repository, commit.id, session.world.clock.now());
        if let Some(begun) = Journal::read(session.config.paths.state_folder())? {
            journal.began = begun.began;
        }
        journal.restored = true;
        journal.write(session.config.paths.state_folder())?;
        Ok(Back { journal, kept })
    }
}
