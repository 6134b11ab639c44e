//! The drill of one destination.

use std::time::Duration;

use crate::audit::{Action, Event};
use crate::cli::snapshot::destination::{Destination, Purpose};
use crate::cli::snapshot::progress::{Phase as Doing, Report as Progress};
use crate::cli::snapshot::target::{known_places, pin, state};
use crate::config::{Objectives, Paths};
use crate::crypto::Fingerprint;
use crate::keys::{self, Brought, Keyring};
use crate::recovery::{
    self, Drill, Drilled, Findings, Goal, Key, Phase, Places, Problem, Reason, Report, Room,
    Stopwatch, Tools, Way, Work,
};
use crate::secret::SecretText;
use crate::snapshot::{Error, Progress as _, Repository, RepositoryId, SnapshotId, Verified};
use crate::storage::Storage;
use crate::sys::{self, Interrupts};

use super::super::{Code, Done, Failure, Session, reports};
use super::{Args, told};

/// An identity file larger than this is none (bytes).
const FILE_LIMIT: usize = 64 * 1024;

/// A drill, and what is known of it so far.
pub(super) struct Trial<'a> {
    args: &'a Args,
    destination: &'a Destination,
    /// The key on the paper.
    paper: Option<&'a SecretText>,
    session: &'a Session,
    watch: Stopwatch,
    repository: Option<RepositoryId>,
    snapshot: Option<SnapshotId>,
    /// How old the newest snapshot is (seconds).
    age: Option<u64>,
}

/// Why a drill did not come to its end.
pub(super) enum Stopped {
    /// That is an answer too: it would not come back.
    Answer(Problem),
    /// Nobody knows.
    Failure(Failure),
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<recovery::Error> for Stopped {
    fn from(error: recovery::Error) -> Self {
        match error.reason() {
            Some(reason) => Self::Answer(Problem { reason, told: error.to_string() }),
            None => Self::Failure(error.into()),
        }
    }
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        recovery::Error::from(error).into()
    }
}

impl From<keys::Error> for Stopped {
    fn from(error: keys::Error) -> Self {
        recovery::Error::from(error).into()
    }
}

impl<'a> Trial<'a> {
    pub(super) fn new(
        args: &'a Args,
        destination: &'a Destination,
        paper: Option<&'a SecretText>,
        session: &'a Session,
    ) -> Self {
        let (watch, repository, snapshot, age) = (Stopwatch::default(), None, None, None);
        Self { args, destination, paper, session, watch, repository, snapshot, age }
    }

    /// Does it. `agreed` is the signer whom the person has found on the paper.
    pub(super) fn run(&mut self, agreed: &mut Option<Fingerprint>) -> Result<Findings, Stopped> {
        let (session, named) = (self.session, &*self.args.snapshot);
        let paths = self.args.trust.paths(session);
        let brought = self.brought(&paths)?;
        // EXPOSE: from one secret into another, for the line of the sheet that asks for it.
        let key = brought.as_ref().map(|all| SecretText::copy_from(all.line().expose()));
        let keyring = match brought {
            Some(brought) => session.keyring_of(&paths).bringing(brought),
            None => session.keyring_of(&paths),
        };
        let progress = Progress::new(Doing::Restoring, session);
        let opened = || self.destination.open(Purpose::Maintenance, session);
        let storage = progress.watch(self.watch.during(Phase::Reach, opened)?);
        let signer = self.signer(&*storage, &keyring, agreed)?;
        let repository = self.watch.during(Phase::Reach, || open(&*storage, &signer, session))?;
        self.repository = Some(repository.id().clone());
        let proven = self.watch.during(Phase::Verify, || prove(&repository, session))?;
        self.age = Some(recovery::age(proven.commit().id.time, session.world.clock.now()));
        let chosen = self.watch.during(Phase::Verify, || chosen(&repository, named, proven))?;
        self.snapshot = Some(chosen.commit().id);
        let commit = chosen.commit();
        progress
            .will_read(commit.packs.iter().fold(commit.object.size, |sum, pack| sum + pack.size));
        let ended = self.drill(&repository, &chosen, &keyring, key.as_ref());
        progress.end();
        ended
    }

    /// What opens it and is not this machine's own: the key on the paper, and for stock tools one
    /// that can be given to them.
    fn brought(&self, paths: &Paths) -> Result<Option<Brought>, Stopped> {
        match self.paper {
            Some(line) => Ok(Some(Brought::parse(&line.to_bytes())?)),
            None if self.args.stock => Ok(Some(from_file(paths)?)),
            None => Ok(None),
        }
    }

    /// Whose signature counts. With the paper, a person compares; nothing else is believed.
    fn signer(
        &self,
        storage: &dyn Storage,
        keyring: &Keyring<'_>,
        agreed: &mut Option<Fingerprint>,
    ) -> Result<Fingerprint, Stopped> {
        if self.paper.is_none() {
            return Ok(self.args.trust.signer(keyring)?);
        }
        let claimed = Repository::claimed_signer(storage)?;
        if agreed.as_ref() == Some(&claimed) {
            return Ok(claimed);
        }
        let question = format!("Is the line `# signer: {claimed}` on the paper?");
        if self.session.world.prompt.ask_yes(&question).map_err(Failure::from)? {
            *agreed = Some(claimed.clone());
            return Ok(claimed);
        }
        let told = format!("the paper does not name {claimed}, who signs these snapshots");
        Err(Stopped::Answer(Problem { reason: Reason::OtherSigner, told }))
    }

    fn drill(
        &mut self,
        repository: &Repository<'_>,
        verified: &Verified,
        keyring: &Keyring<'_>,
        key: Option<&SecretText>,
    ) -> Result<Findings, Stopped> {
        let tools = match key.filter(|_| self.args.stock) {
            Some(key) => Tools::Stock { folder: self.destination.folder(), key },
            None => Tools::Ours,
        };
        let state_folder = self.session.config.paths.state_folder();
        let drill = Drill {
            repository,
            state: &state(repository, self.session),
            verified,
            identity: keyring.identity()?,
            tools,
            live: &live(self.session),
            room: self.args.scratch.as_deref().map_or(Room::Spare(state_folder), Room::Below),
            interrupts: &Interrupts::hold(),
        };
        Ok(drill.run(&mut self.watch)?)
    }

    /// Says how it ended, here and beside the snapshots.
    pub(super) fn conclude(
        &self,
        ended: Result<Findings, Stopped>,
        everywhere: &[Destination],
    ) -> Result<Done, Failure> {
        let mut findings = match ended {
            Ok(findings) => findings,
            Err(Stopped::Answer(problem)) => {
                Findings { problems: vec![problem], ..Findings::default() }
            }
            Err(Stopped::Failure(failure)) => {
                self.record(false);
                let is_named = failure.message().contains(&self.destination.place());
                return Err(if is_named { failure } else { failure.about(&self.title()) });
            }
        };
        let (rpo, rto) = self.goals(&mut findings);
        let mut report = self.report(&findings, rpo, rto);
        let left = self.leave(report.as_mut(), everywhere);
        self.record(findings.problems.is_empty());
        told::tell(&findings, report.as_ref(), &self.title(), self.session)?;
        match findings.problems.first() {
            Some(first) => Err(told::failure(first, &self.title())),
            None => Ok(left),
        }
    }

    /// The place, in as few words as there are.
    fn title(&self) -> String {
        let place = self.destination.place();
        format!("`{}`", reports::name_of(&place, self.session).unwrap_or(place))
    }

    /// What was measured; what misses its objective is a problem too.
    fn goals(&self, findings: &mut Findings) -> (Goal, Goal) {
        let Objectives { rpo, rto } = self.session.config.settings.snapshot.objectives;
        let took = self.watch.until_back();
        let is_back = findings.checked.things > 0;
        let (age, back) = (
            Goal { measured: self.age, objective: rpo.duration().as_secs() },
            Goal {
                measured: is_back.then_some(told::milliseconds(took)),
                objective: told::milliseconds(rto.duration()),
            },
        );
        let missed = [
            (
                Reason::Rpo,
                age,
                "the newest snapshot has the age of",
                Duration::from_secs(self.age.unwrap_or(0)),
            ),
            (Reason::Rto, back, "until everything was back it took", took),
        ];
        for (reason, goal, what, measured) in missed {
            let allowed = if reason == Reason::Rpo { rpo } else { rto };
            let told = format!(
                "{what} {}, and `snapshot.objectives` allows {}",
                told::span(measured),
                told::span(allowed.duration())
            );
            findings.problems.extend(goal.is_missed().then_some(Problem { reason, told }));
        }
        (age, back)
    }

    /// Nothing in it names what is inside the snapshot.
    fn report(&self, findings: &Findings, rpo: Goal, rto: Goal) -> Option<Report> {
        let mut reasons: Vec<Reason> =
            findings.problems.iter().map(|problem| problem.reason).collect();
        reasons.dedup();
        let mut omissions: Vec<_> = findings.omissions.iter().map(|(kind, _)| *kind).collect();
        omissions.sort();
        omissions.dedup();
        let drilled = Drilled {
            snapshot: self.snapshot,
            way: if self.args.stock { Way::Stock } else { Way::Vaultctl },
            key: self.key(),
            phases: self.watch.spent(),
            rpo,
            rto,
            checked: findings.checked,
        };
        Some(Report {
            repository: self.repository.clone()?,
            at: self.session.world.clock.now(),
            tool: reports::tool(),
            place: reports::name_of(&self.destination.place(), self.session),
            reasons,
            omissions,
            work: Work::Drill(drilled),
        })
    }

    fn key(&self) -> Key {
        match (self.paper, &self.args.trust.identity) {
            (Some(_), _) => Key::Paper,
            (None, Some(_)) => Key::File,
            (None, None) => Key::Everyday,
        }
    }

    fn leave(&self, report: Option<&mut Report>, everywhere: &[Destination]) -> Done {
        match report {
            Some(report) if !self.args.no_report => {
                reports::leave(report, everywhere, self.session)
            }
            _ => Done::Fully,
        }
    }

    fn record(&self, went_well: bool) {
        let subject = self.snapshot.map_or_else(|| self.destination.place(), |id| id.to_string());
        let event = if went_well { Event::ok } else { Event::failed };
        let (session, event) = (self.session, event(Action::Drill, &subject));
        let logged = sys::create_folder(session.config.paths.state_folder())
            .map_err(Failure::from)
            .and_then(|()| Ok(session.log().append(session.world.clock.now(), &[event], true)?));
        if logged.is_err() {
            session.ui.warn("the access log can not be written");
        }
    }
}

/// The repository of this signer, unless this machine knows another one in that place.
fn open<'s>(
    storage: &'s dyn Storage,
    signer: &Fingerprint,
    session: &Session,
) -> Result<Repository<'s>, Stopped> {
    let repository = match Repository::open(storage, signer.clone()) {
        Err(error @ Error::Damaged { .. }) => {
            return Err(unless_by_another(storage, signer, error));
        }
        repository => repository?,
    };
    known_places(session).check(&repository)?;
    Ok(repository)
}

/// That somebody else has signed it says more than that it is damaged.
fn unless_by_another(storage: &dyn Storage, signer: &Fingerprint, error: Error) -> Stopped {
    match Repository::claimed_signer(storage) {
        Ok(claimed) if claimed != *signer => {
            let told = format!("it is signed by {claimed}, and not by {signer}");
            Stopped::Answer(Problem { reason: Reason::OtherSigner, told })
        }
        _ => error.into(),
    }
}

/// The newest snapshot, if nobody has turned back time.
fn prove(repository: &Repository<'_>, session: &Session) -> Result<Verified, Stopped> {
    let pin = pin(repository, session)?;
    Ok(Verified::prove(std::slice::from_ref(repository), pin, None)?)
}

/// The newest, or the one that was named; and the guides are those that were signed.
fn chosen(repository: &Repository<'_>, named: &str, newest: Verified) -> Result<Verified, Stopped> {
    repository.check_guides()?;
    match named {
        "latest" => Ok(newest),
        name => {
            let id = name.parse().map_err(Error::from)?;
            Ok(Verified::prove(std::slice::from_ref(repository), None, Some(id))?)
        }
    }
}

/// An identity in a file that stock tools can be given.
fn from_file(paths: &Paths) -> Result<Brought, Failure> {
    let ours = paths.identities();
    let named = if paths.identity.is_empty() { &ours[..] } else { &paths.identity };
    for path in named {
        if let Some(text) = sys::read_secret(path, FILE_LIMIT)?
            && let Ok(brought) = Brought::parse(&text)
        {
            return Ok(brought);
        }
    }
    Err(Failure::new(
        Code::NeedsPerson,
        "stock tools need one of age's own identities, in a file without a passphrase",
    )
    .hint("`--recovery` takes the one on the paper"))
}

/// Where things are on this machine.
fn live(session: &Session) -> Places {
    let (paths, variables) = (&session.config.paths, &session.world.variables);
    let gnupg = variables.path("GNUPGHOME").map(sys::absolute);
    Places {
        home: paths.home.clone(),
        store: paths.store.clone(),
        gnupg: gnupg.unwrap_or_else(|| paths.home.join(".gnupg")),
        variables: variables.clone(),
    }
}
