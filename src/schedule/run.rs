//! One run of one job: its turn, its steps one after the other, what it leaves.
//!
//! Nothing is done in this process: each step is a process of its own, handed in as a function, so
//! that a step that fails, hangs or is killed is an exit status here. The lock is the kernel's
//! (flock(2)): it goes with whoever holds it, so a stale one can not exist.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::notify::{Notice, Outcome, Undelivered};
use crate::sys::{self, Clock, Interrupts, Lock, LockError};

use super::job::Terms;
use super::{Destinations, Error, Job, LeftOut, Record, Records, Step, due};

/// How often a job looks whether its turn has come.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a job waits for another to end (in hours).
const LONGEST_WAIT: u64 = 12;

/// Exit statuses, as in docs/exit-codes.md; the best first. What is not listed is a failure.
const FROM_BEST: [u8; 12] = [0, 3, 11, 14, 15, 10, 20, 2, 1, 12, 13, 130];

const OMISSIONS: u8 = 3;
const FAILED: u8 = 1;
const NOT_VERIFIED: u8 = 13;
const UNREACHABLE: u8 = 14;
const INTERRUPTED: u8 = 130;

/// What a step says that may not do its work: a key or a right is missing. For steps that only read
/// and remove sealed objects, one that can not be decrypted can only be an entry with credentials.
const NOT_ALLOWED: [u8; 2] = [15, 12];

/// How a step ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Its exit status.
    pub status: u8,
    /// Why it is not 0, in one line.
    pub reason: Option<String>,
    /// What it counted.
    pub numbers: BTreeMap<String, u64>,
    /// What else it said.
    pub said: Vec<String>,
}

/// When a run is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Now.
    Now,
    /// If a time of its calendar has passed since it began last.
    Due,
}

/// All that a run needs.
pub struct Run<'a> {
    /// Which job.
    pub job: &'a Job,
    /// Where it leaves what it did.
    pub records: &'a Records,
    /// Where snapshots go.
    pub destinations: &'a Destinations,
    /// What time it is.
    pub clock: &'a dyn Clock,
    /// Whether somebody wants us to end.
    pub interrupts: &'a Interrupts,
    /// Does a step, in a process of its own.
    pub perform: &'a dyn Fn(&Step) -> Result<Ended, Error>,
    /// Tells, before the work, those for whom nobody has to unlock anything.
    pub announce: &'a dyn Fn(&Notice) -> Vec<Undelivered>,
    /// Tells whoever wants to know.
    pub tell: &'a dyn Fn(&Notice) -> Vec<Undelivered>,
}

impl Run<'_> {
    /// Whether it would run.
    ///
    /// # Errors
    /// When the record can not be read.
    pub fn is_wanted(&self, when: When) -> Result<bool, Error> {
        Ok(when == When::Now || self.is_due(&self.memory()?))
    }

    /// Runs it, if it is wanted; what it left, if it ran. Where it can not even begin (a full disk),
    /// that is told as a failure, too.
    ///
    /// # Errors
    /// [`Error::Running`] when it runs already; [`Error::Interrupted`]; what can not be written.
    pub fn go(&self, when: When) -> Result<Option<Record>, Error> {
        let gone = self.try_to_go(when);
        if let Err(error) = &gone
            && !matches!(error, Error::Running(_) | Error::Interrupted)
        {
            let reason = Some(sys::harmless(&error.to_string()));
            let record = Record { status: Some(FAILED), reason, ..Record::default() };
            (self.tell)(&self.notice(Outcome::Failed, &record, self.clock.now()));
        }
        gone
    }

    fn try_to_go(&self, when: When) -> Result<Option<Record>, Error> {
        let name = &self.job.name;
        if !self.is_wanted(when)? {
            self.remember_since()?;
            return Ok(None);
        }
        sys::create_folder(self.records.folder())?;
        let Some(_own) = take(&self.records.lock(name))? else {
            // One that is on its way is no reason to complain where none is missing.
            return match self.memory()? {
                record if when == When::Due && record.is_open() => Ok(None),
                _ => Err(Error::Running(name.to_string())),
            };
        };
        let _turn = self.await_turn()?;
        // While we waited, another may have done it.
        let record = self.memory()?;
        if when == When::Due && !self.is_due(&record) {
            return Ok(None);
        }
        self.work(record).map(Some)
    }

    /// What it left before. A damaged record must not be the end of backups: then it is due.
    fn memory(&self) -> Result<Record, Error> {
        match self.records.read(&self.job.name) {
            Err(Error::BadRecord { .. }) => {
                Ok(Record { since: Some(Timestamp::UNIX_EPOCH), ..Record::default() })
            }
            read => read,
        }
    }

    /// A run that was cut off is made up for as one that never began; so is one that was told to end,
    /// as by a machine that shuts down.
    fn is_due(&self, record: &Record) -> bool {
        let (now, zone) = (self.clock.now(), self.clock.zone());
        let last = record.started.max(record.since);
        record.is_open()
            || record.status == Some(INTERRUPTED)
            || last.is_some_and(|last| due(&self.job.calendar, last, now, &zone).is_some())
    }

    /// A job that nobody has installed or run begins to count now.
    fn remember_since(&self) -> Result<(), Error> {
        let record = self.memory()?;
        if record.since.or(record.started).is_some() {
            return Ok(());
        }
        let record = Record { since: Some(self.clock.now()), ..record };
        self.records.write(&self.job.name, &record)
    }

    /// Jobs are done one after the other: what one prunes, another may be reading.
    fn await_turn(&self) -> Result<Lock, Error> {
        for _ in 0..LONGEST_WAIT * 3600 {
            if let Some(turn) = take(&self.records.turn())? {
                return Ok(turn);
            }
            self.interrupts.wait(PAUSE);
            if self.interrupts.happened() {
                return Err(Error::Interrupted);
            }
        }
        Err(Error::NoTurn(LONGEST_WAIT))
    }

    fn work(&self, before: Record) -> Result<Record, Error> {
        let started = self.clock.now();
        let cut_off = before.is_open().then(|| self.cut_off(started));
        let mut record = Record { started: Some(started), ..before };
        self.records.write(&self.job.name, &record)?;
        let mut undelivered = cut_off.map_or_else(Vec::new, |notice| (self.announce)(&notice));
        undelivered.extend((self.announce)(&self.notice(Outcome::Started, &record, started)));
        let sum = self.steps(&record);
        let ended = self.clock.now();
        record.ended = Some(ended.max(started));
        record.status = Some(sum.status);
        record.reason = sum.reason;
        record.numbers = sum.numbers;
        record.left_out = sum.left_out;
        record.shares.extend(sum.shares);
        if [0, OMISSIONS].contains(&sum.status) {
            record.succeeded = Some(started);
        }
        // Whoever is told slowly, or never, must not cost the record.
        self.records.write(&self.job.name, &record)?;
        undelivered.extend((self.tell)(&self.notice(outcome(sum.status), &record, ended)));
        record.undelivered = undelivered;
        self.records.write(&self.job.name, &record)?;
        Ok(record)
    }

    fn steps(&self, record: &Record) -> Sum {
        let mut sum = Sum::default();
        if self.destinations.pruned_elsewhere && self.job.is_nightly() {
            let step = "snapshot prune".to_owned();
            let reason = "the settings say that another machine does it".to_owned();
            sum.left_out.push(LeftOut { step, reason });
        }
        for step in self.job.steps(self.destinations, record) {
            if step.terms == Terms::Removal && sum.has_failed() {
                let reason = "something before it failed, so nothing is removed".to_owned();
                sum.left_out.push(LeftOut { step: step.line(), reason });
                continue;
            }
            let ended = (self.perform)(&step).unwrap_or_else(|error| not_begun(&error));
            sum.add(&step, ended);
            if self.interrupts.happened() {
                sum.status = INTERRUPTED;
                sum.reason = Some(format!("{}: interrupted", step.line()));
                break;
            }
        }
        sum
    }

    /// Nobody could tell of a run that was killed but the next one.
    fn cut_off(&self, now: Timestamp) -> Notice {
        let reason = Some("the last run was cut off".to_owned());
        let record = Record { status: Some(FAILED), reason, ..Record::default() };
        self.notice(Outcome::Failed, &record, now)
    }

    fn notice(&self, outcome: Outcome, record: &Record, at: Timestamp) -> Notice {
        let is_over = outcome != Outcome::Started;
        let took = record.started.and_then(|started| at.duration_since(started).try_into().ok());
        Notice {
            job: self.job.name.to_string(),
            host: sys::harmless(&sys::host_name()),
            outcome,
            status: record.status.filter(|_| is_over),
            at,
            took: took.filter(|_| is_over),
            reason: record.reason.clone().filter(|_| is_over),
            numbers: if is_over { record.numbers.clone() } else { BTreeMap::new() },
        }
    }
}

/// A step that could not be started has failed as any other.
fn not_begun(error: &Error) -> Ended {
    let reason = Some(sys::harmless(&error.to_string()));
    Ended { status: FAILED, reason, ..Ended::default() }
}

/// The lock, if nobody has it.
fn take(path: &std::path::Path) -> Result<Option<Lock>, Error> {
    match Lock::wait(path, Duration::ZERO) {
        Ok(lock) => Ok(Some(lock)),
        Err(LockError::Held(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn outcome(status: u8) -> Outcome {
    match status {
        0 => Outcome::Succeeded,
        OMISSIONS => Outcome::WithOmissions,
        _ => Outcome::Failed,
    }
}

/// What the steps of a run come to.
#[derive(Default)]
struct Sum {
    status: u8,
    reason: Option<String>,
    numbers: BTreeMap<String, u64>,
    left_out: Vec<LeftOut>,
    shares: BTreeMap<String, u32>,
}

impl Sum {
    /// Whether something was found or happened after which nothing should be removed.
    fn has_failed(&self) -> bool {
        outcome(self.status) == Outcome::Failed
    }

    fn add(&mut self, step: &Step, ended: Ended) {
        let needs_more = step.terms != Terms::Always;
        if needs_more && NOT_ALLOWED.contains(&ended.status) {
            let reason = ended.reason.unwrap_or_else(|| "not allowed".to_owned());
            self.left_out.push(LeftOut { step: step.line(), reason });
            return;
        }
        let status = as_part(&step.terms, ended.status);
        // A share counts when it was compared, whatever came of that.
        if let (Terms::Share(place, share), 0 | OMISSIONS | NOT_VERIFIED) =
            (&step.terms, ended.status)
        {
            self.shares.insert(place.clone(), *share);
        }
        for (name, number) in ended.numbers {
            self.numbers.entry(name).or_insert(number);
        }
        if badness(status) > badness(self.status) {
            self.status = status;
            self.reason = ended.reason.map(|reason| format!("{}: {reason}", step.line()));
        }
    }
}

/// What a step's end is to the whole. Of several places one that is away is an omission, as it is to
/// `snapshot create`. What could not be removed is still there: no night is lost by that, and where
/// `prune` refuses to remove much at once, a person has to look.
fn as_part(terms: &Terms, status: u8) -> u8 {
    match (terms, status) {
        (Terms::Share(place, _), UNREACHABLE) if !place.is_empty() => OMISSIONS,
        (Terms::Removal, FAILED | UNREACHABLE) => OMISSIONS,
        (_, status) => status,
    }
}

/// The worse, the more.
fn badness(status: u8) -> usize {
    let place = |status| FROM_BEST.iter().position(|known| *known == status);
    place(status).or_else(|| place(FAILED)).unwrap_or_default()
}
