//! `vaultctl status`.

mod told;

use crate::doctor::{self, Job, Limits, Problem, Status};
use crate::notify::{Notice, Outcome};
use crate::schedule::{self, Records};
use crate::sys;

use super::snapshot::destination::{Destination, Purpose};
use super::snapshot::target::{Place, Trust, pin};
use super::{Checked, Code, Done, Example, Failure, Session, notices};

use told::{show, summary};

/// What a notice calls it, in the place of a job.
pub(super) const JOB: &str = "status";

/// Show how snapshots, verifications and drills stand
///
/// Needs no key that decrypts: from another machine, the right to read the repository and its signer's
/// fingerprint are enough. With --max-age, what is too old, failed or damaged is a problem, and the
/// exit status is 1.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    trust: Trust,
    /// Fail if the last healthy snapshot is older than AGE, the last verification than 8d, the last
    /// drill than 35d; or as in snapshot=26h,drill=90d, and then nothing else
    #[arg(long, value_name = "AGE")]
    max_age: Option<Limits>,
    /// Tell the channels of the settings how it stands: that something is overdue, or that nothing is
    #[arg(long, requires = "max_age")]
    notify: bool,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[
    Example {
        what: "See how everything stands",
        line: "vaultctl status --to /media/disk/vaultctl",
        checked: Checked::Parses,
    },
    Example {
        what: "Watch the snapshots of another machine",
        line: "vaultctl status --to s3://backups/laptop --signer SHA256:abc --max-age 26h --notify",
        checked: Checked::Parses,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let (status, last) = observe(&args.place, &args.trust, session)?;
    let problems = args.max_age.map_or_else(Vec::new, |limits| status.problems(&limits));
    show(&status, &problems, session)?;
    if args.notify {
        if notices::channels(session).next().is_none() {
            session.ui.warn("nobody can be told: the settings have no `[[notify]]`");
        }
        notices::tell(&notice(&status, &problems), session);
    }
    match (last, problems.split_first()) {
        // Nothing is known of anything: why that is so says more than that.
        (Some(failure), _) if status.places.is_empty() => Err(failure),
        (_, Some((first, more))) => Err(Failure::failed(summary(first, more.len()))
            .hint("docs/status.md says what each limit is about")),
        (Some(_), None) => Ok(Done::WithOmissions),
        (None, None) => Ok(Done::Fully),
    }
}

/// How everything stands. A place that can not be read is in it, and why the last such one could not
/// beside it.
pub(super) fn observe(
    place: &Place,
    trust: &Trust,
    session: &Session,
) -> Result<(Status, Option<Failure>), Failure> {
    let mut status = Status {
        at: session.world.clock.now(),
        places: Vec::new(),
        lost: Vec::new(),
        jobs: jobs(place, session)?,
    };
    let mut last = None;
    for (name, destination) in place.named(session)? {
        match look(&name, &destination, trust, session) {
            Ok(place) => status.places.push(place),
            Err(failure) => {
                status.lost.push((name, failure.message().to_owned()));
                last = Some(failure);
            }
        }
    }
    Ok((status, last))
}

/// What our own jobs left; it says nothing of somebody else's repository.
fn jobs(place: &Place, session: &Session) -> Result<Vec<Job>, Failure> {
    if !place.is_configured(session) {
        return Ok(Vec::new());
    }
    let (now, zone) = (session.world.clock.now(), session.world.clock.zone());
    let records = Records::of(session.config.paths.state_folder());
    let jobs = schedule::Job::each(&session.config.settings);
    Ok(Job::all(&jobs, &records, now, &zone))
}

fn look(
    name: &str,
    destination: &Destination,
    trust: &Trust,
    session: &Session,
) -> Result<doctor::Place, Failure> {
    let (paths, storage) = (trust.paths(session), destination.open(Purpose::Taking, session)?);
    let keyring = session.keyring_of(&paths);
    let repository = trust.open(&*storage, &keyring, session)?;
    let pin = pin(&repository, session)?;
    Ok(doctor::Place::look(name.to_owned(), &repository, pin)?)
}

fn notice(status: &Status, problems: &[Problem]) -> Notice {
    let (outcome, code) = match problems {
        [] => (Outcome::Succeeded, Code::Done),
        _ => (Outcome::Overdue, Code::Failed),
    };
    let reason = problems.split_first().map(|(first, more)| summary(first, more.len()));
    Notice {
        job: JOB.to_owned(),
        host: sys::host_name(),
        outcome,
        status: Some(code as u8),
        at: status.at,
        took: None,
        reason: reason.map(|reason| sys::harmless(&reason)),
        numbers: [("problems".to_owned(), problems.len() as u64)].into(),
    }
}
