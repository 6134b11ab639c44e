//! A clock that is set by hand: nights, sleeps, and both changes of the clock.

use std::cell::{Cell, RefCell};
use std::sync::Mutex;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::notify::{Notice, Outcome, Undelivered};
use crate::sys::{Clock, Interrupts, Lock};

use super::*;

struct Scripted {
    now: Mutex<Timestamp>,
    zone: TimeZone,
}

impl Scripted {
    fn at(text: &str) -> Self {
        let zone = TimeZone::get("Europe/Berlin").expect("is known");
        Self { now: Mutex::new(text.parse().expect("is a time")), zone }
    }

    fn pass(&self, time: SignedDuration) {
        *self.now.lock().expect("nobody panicked") += time;
    }
}

impl Clock for Scripted {
    fn now(&self) -> Timestamp {
        *self.now.lock().expect("nobody panicked")
    }

    fn zone(&self) -> TimeZone {
        self.zone.clone()
    }
}

/// A machine with one job, on which steps are written down and take five minutes.
struct Machine {
    place: tempfile::TempDir,
    clock: Scripted,
    job: Job,
    destinations: Destinations,
    ran: RefCell<Vec<String>>,
    told: RefCell<Vec<(Outcome, Option<u8>)>>,
    answers: RefCell<Vec<(&'static str, Ended)>>,
    deaf: Cell<bool>,
}

impl Machine {
    fn new(settings: &str, now: &str) -> Self {
        let settings = toml::from_str(settings).expect("is well-formed");
        Self {
            place: tempfile::tempdir().expect("a folder"),
            clock: Scripted::at(now),
            job: Job::all(&settings).expect("is fine").swap_remove(0),
            destinations: Destinations::of(&settings),
            ran: RefCell::default(),
            told: RefCell::default(),
            answers: RefCell::default(),
            deaf: Cell::default(),
        }
    }

    fn records(&self) -> Records {
        Records::of(self.place.path())
    }

    fn record(&self) -> Record {
        self.records().read(&self.job.name).expect("reads")
    }

    fn perform(&self, step: &Step) -> Ended {
        self.clock.pass(SignedDuration::from_mins(5));
        self.ran.borrow_mut().push(step.line());
        let answers = self.answers.borrow();
        let answer = answers.iter().find(|(start, _)| step.line().starts_with(start));
        answer.map(|(_, ended)| ended.clone()).unwrap_or_default()
    }

    fn run(&self, when: When) -> Result<Option<Record>, Error> {
        let records = self.records();
        let tell = |notice: &Notice| {
            self.told.borrow_mut().push((notice.outcome, notice.status));
            let reason = "nobody answers".to_owned();
            let undelivered = Undelivered { channel: "mail".to_owned(), reason };
            if self.deaf.get() { vec![undelivered] } else { Vec::new() }
        };
        let run = Run {
            job: &self.job,
            records: &records,
            destinations: &self.destinations,
            clock: &self.clock,
            interrupts: &Interrupts::hold(),
            perform: &|step| Ok(self.perform(step)),
            announce: &tell,
            tell: &tell,
        };
        run.go(when)
    }

    /// Looks every five minutes for so long, as a scheduler would; when it began, on the wall clock.
    fn awake_for(&self, hours: i64) -> Vec<String> {
        let end = self.clock.now() + SignedDuration::from_hours(hours);
        let mut begun = Vec::new();
        while self.clock.now() < end {
            let now = self.clock.now();
            if self.run(When::Due).expect("runs").is_some() {
                begun.push(now.to_zoned(self.clock.zone()).strftime("%a %H:%M").to_string());
            }
            self.clock.pass(SignedDuration::from_mins(5));
        }
        begun
    }
}

const ONE_STEP: &str = "[[schedule]]\njob = \"x\"\nat = \"30 2 * * *\"\nrun = [\"ls\"]\n";

#[test]
fn a_night_after_the_other_is_run_once() {
    let machine = Machine::new(ONE_STEP, "2026-11-27T11:00:00Z");
    assert_eq!(machine.awake_for(72), ["Sat 02:30", "Sun 02:30", "Mon 02:30"]);
    assert_eq!(machine.ran.borrow().len(), 3);
    let told = machine.told.borrow();
    assert_eq!(told[..2], [(Outcome::Started, None), (Outcome::Succeeded, Some(0))]);
}

#[test]
fn a_sleep_is_made_up_for_when_it_ends() {
    let machine = Machine::new(ONE_STEP, "2026-11-27T11:00:00Z");
    assert_eq!(machine.awake_for(3), Vec::<String>::new());
    // The lid is closed over three nights.
    machine.clock.pass(SignedDuration::from_hours(69));
    assert_eq!(machine.awake_for(20), ["Mon 12:00", "Tue 02:30"]);
}

#[test]
fn both_changes_of_the_clock_cost_no_night_and_no_second_run() {
    let spring = Machine::new(ONE_STEP, "2026-03-28T11:00:00Z");
    assert_eq!(spring.awake_for(48), ["Sun 03:00", "Mon 02:30"]);
    let autumn = Machine::new(ONE_STEP, "2026-10-24T10:00:00Z");
    assert_eq!(autumn.awake_for(48), ["Sun 02:30", "Mon 02:30"]);
}

#[test]
fn a_clock_that_is_put_back_runs_nothing_twice() {
    let machine = Machine::new(ONE_STEP, "2026-11-27T11:00:00Z");
    assert_eq!(machine.awake_for(16), ["Sat 02:30"]);
    machine.clock.pass(SignedDuration::from_hours(-2));
    assert_eq!(machine.awake_for(20), Vec::<String>::new());
    assert_eq!(machine.awake_for(10), ["Sun 02:30"]);
}

#[test]
fn two_never_run_at_once() {
    let machine = Machine::new(ONE_STEP, "2026-11-27T11:00:00Z");
    drop(machine.run(When::Now).expect("runs"));
    let held = Lock::wait(&machine.records().lock(&machine.job.name), std::time::Duration::ZERO);
    let held = held.expect("is free");
    assert!(matches!(machine.run(When::Now), Err(Error::Running(name)) if name == "x"));
    assert_eq!(machine.ran.borrow().len(), 1);
    drop(held);
    assert!(machine.run(When::Now).expect("runs").is_some());
}

#[test]
fn a_run_that_was_cut_off_is_made_up_for() {
    let machine = Machine::new(ONE_STEP, "2026-11-27T11:00:00Z");
    let started = Some(machine.clock.now());
    let record = Record { started, ..Record::default() };
    machine.records().write(&machine.job.name, &record).expect("writes");
    machine.clock.pass(SignedDuration::from_mins(30));
    assert!(machine.run(When::Due).expect("runs").is_some(), "its power was cut");
    assert_eq!(machine.told.borrow()[0], (Outcome::Failed, Some(1)), "nobody else could tell");
    assert!(machine.run(When::Due).expect("looks").is_none());
}

#[test]
fn a_run_that_was_told_to_end_is_made_up_for() {
    let machine = Machine::new(ONE_STEP, "2026-11-27T11:00:00Z");
    machine.answers.borrow_mut().push(("ls", ended(130, "interrupted")));
    let record = machine.run(When::Now).expect("runs").expect("it is wanted");
    assert_eq!(record.status, Some(130));
    machine.answers.borrow_mut().clear();
    assert!(machine.run(When::Due).expect("runs").is_some(), "the machine was shut down");
    assert!(machine.run(When::Due).expect("looks").is_none());
}

#[test]
fn while_one_is_on_its_way_another_that_is_not_missed_is_silent() {
    let machine = Machine::new(ONE_STEP, "2026-11-27T11:00:00Z");
    let record = Record { started: Some(machine.clock.now()), ..Record::default() };
    machine.records().write(&machine.job.name, &record).expect("writes");
    let held = Lock::wait(&machine.records().lock(&machine.job.name), std::time::Duration::ZERO);
    assert!(machine.run(When::Due).expect("looks").is_none());
    drop(held);
}

fn ended(status: u8, reason: &str) -> Ended {
    Ended { status, reason: Some(reason.to_owned()), ..Ended::default() }
}

#[test]
fn shares_go_on_where_they_were_and_come_round() {
    let machine = Machine::new("", "2026-11-27T11:00:00Z");
    let share = |machine: &Machine| {
        machine.run(When::Now).expect("runs");
        machine.ran.borrow().iter().rev().find(|line| line.contains("scrub")).cloned()
    };
    let line = |n: u32| Some(format!("snapshot verify --level scrub --subset {n}/20"));
    assert_eq!((share(&machine), share(&machine)), (line(1), line(2)));
    // A week of nights that never were changes nothing; nor does a place that is not reached.
    machine.clock.pass(SignedDuration::from_hours(170));
    machine.answers.borrow_mut().push(("snapshot verify --level scrub", ended(14, "no answer")));
    assert_eq!((share(&machine), share(&machine)), (line(3), line(3)));
    machine.answers.borrow_mut().clear();
    for n in 3..=20 {
        assert_eq!(share(&machine), line(n));
    }
    assert_eq!(share(&machine), line(1));
}

#[test]
fn the_worst_step_decides_and_nothing_is_removed_after_a_failure() {
    let machine = Machine::new("", "2026-11-27T11:00:00Z");
    *machine.answers.borrow_mut() = vec![
        ("snapshot create", ended(3, "one file was torn")),
        ("snapshot verify --level exists", ended(13, "`a` is missing")),
        ("snapshot verify --level scrub", ended(14, "no answer")),
    ];
    let record = machine.run(When::Now).expect("runs").expect("it is wanted");
    assert_eq!(record.status, Some(13));
    assert_eq!(record.reason.as_deref(), Some("snapshot verify --level exists: `a` is missing"));
    assert_eq!(record.succeeded, None);
    assert_eq!(record.left_out[0].step, "snapshot prune");
    assert!(!machine.ran.borrow().iter().any(|line| line.contains("prune")));
    assert_eq!(machine.told.borrow().last(), Some(&(Outcome::Failed, Some(13))));
}

#[test]
fn what_prune_refuses_is_an_omission() {
    let machine = Machine::new("", "2026-11-27T11:00:00Z");
    machine.answers.borrow_mut().push(("snapshot prune", ended(1, "3 of 4 snapshots would go")));
    let record = machine.run(When::Now).expect("runs").expect("it is wanted");
    assert_eq!((record.status, record.succeeded.is_some()), (Some(3), true));
    assert_eq!(record.reason.as_deref(), Some("snapshot prune: 3 of 4 snapshots would go"));
}

#[test]
fn a_place_that_is_away_costs_the_others_nothing() {
    let settings = "[[snapshot.destination]]\nname = \"nas\"\nurl = \"/nas\"\n\
        [[snapshot.destination]]\nname = \"disk\"\nurl = \"/disk\"\n";
    let machine = Machine::new(settings, "2026-11-27T11:00:00Z");
    let away = "snapshot verify --level scrub --subset 1/20 --to nas";
    machine.answers.borrow_mut().push((away, ended(14, "no answer")));
    let record = machine.run(When::Now).expect("runs").expect("it is wanted");
    assert_eq!(record.status, Some(3));
    assert!(machine.ran.borrow().contains(&"snapshot prune --to disk".to_owned()));
    assert_eq!(record.shares, [("disk".to_owned(), 1)].into());
}

#[test]
fn what_nobody_here_may_do_is_left_out_and_named() {
    let settings = "[[snapshot.destination]]\nname = \"nas\"\nurl = \"/nas\"\n\
        [[snapshot.destination]]\nname = \"cloud\"\nurl = \"s3://b\"\n";
    let machine = Machine::new(settings, "2026-11-27T11:00:00Z");
    machine.answers.borrow_mut().extend([
        ("snapshot verify --level scrub --subset 1/20 --to cloud", ended(15, "not granted")),
        ("snapshot prune --to cloud", ended(12, "locked")),
    ]);
    let record = machine.run(When::Now).expect("runs").expect("it is wanted");
    assert_eq!((record.status, record.succeeded.is_some()), (Some(0), true));
    let left_out: Vec<_> = record.left_out.iter().map(|left| left.step.as_str()).collect();
    assert_eq!(
        left_out,
        ["snapshot verify --level scrub --subset 1/20 --to cloud", "snapshot prune --to cloud"]
    );
    assert_eq!(record.shares, [("nas".to_owned(), 1)].into());
}

#[test]
fn what_can_not_even_begin_is_told() {
    let machine = Machine::new(ONE_STEP, "2026-11-27T11:00:00Z");
    crate::sys::write_private(&machine.place.path().join("jobs"), b"in the way").expect("writes");
    assert!(machine.run(When::Now).is_err());
    assert_eq!(*machine.told.borrow(), [(Outcome::Failed, Some(1))]);
    assert!(machine.ran.borrow().is_empty());
}

#[test]
fn a_damaged_record_does_not_end_backups() {
    let machine = Machine::new(ONE_STEP, "2026-11-27T11:00:00Z");
    drop(machine.run(When::Now).expect("runs"));
    let path = machine.place.path().join("jobs/x.json");
    crate::sys::write_private(&path, b"{ torn").expect("writes");
    assert!(machine.run(When::Due).expect("runs").is_some());
    assert_eq!(machine.record().status, Some(0));
    assert!(machine.run(When::Due).expect("looks").is_none());
}

#[test]
fn a_step_that_can_not_be_started_is_a_failure_that_is_told() {
    let machine = Machine::new(ONE_STEP, "2026-11-27T11:00:00Z");
    let (records, told) = (machine.records(), RefCell::new(Vec::new()));
    let run = Run {
        job: &machine.job,
        records: &records,
        destinations: &machine.destinations,
        clock: &machine.clock,
        interrupts: &Interrupts::hold(),
        perform: &|_| Err(Error::Step(std::io::ErrorKind::NotFound.into())),
        announce: &|_| Vec::new(),
        tell: &|notice| {
            told.borrow_mut().push((notice.outcome, notice.reason.clone()));
            Vec::new()
        },
    };
    let record = run.go(When::Now).expect("ends").expect("it is wanted");
    assert_eq!((record.status, record.is_open()), (Some(1), false));
    let reason = "ls: cannot run a step: entity not found".to_owned();
    assert_eq!(told.borrow().last(), Some(&(Outcome::Failed, Some(reason))));
}

#[test]
fn a_notifier_that_fails_fails_nothing_and_is_recorded() {
    let machine = Machine::new(ONE_STEP, "2026-11-27T11:00:00Z");
    machine.deaf.set(true);
    let record = machine.run(When::Now).expect("runs").expect("it is wanted");
    assert_eq!(record.status, Some(0));
    assert_eq!(record.undelivered.len(), 2);
    assert_eq!(machine.record(), record);
}

fn jobs(settings: &str) -> Result<Vec<Job>, Error> {
    Job::all(&toml::from_str(settings).expect("is well-formed"))
}

fn lines(job: &Job, destinations: &Destinations, record: &Record) -> Vec<String> {
    job.steps(destinations, record).iter().map(Step::line).collect()
}

#[test]
fn where_nothing_is_said_there_are_three_jobs() {
    let jobs = jobs("").expect("are fine");
    let told: Vec<String> =
        jobs.iter().map(|job| format!("{} {}", job.name, job.calendar)).collect();
    assert_eq!(told, ["nightly 0 2 * * *", "weekly 0 3 * * 0", "monthly 0 4 1 * *"]);
    let steps = lines(&jobs[0], &Destinations::default(), &Record::default());
    assert_eq!(
        steps,
        [
            "snapshot create",
            "snapshot verify --level exists",
            "snapshot verify --level scrub --subset 1/20",
            "snapshot prune"
        ]
    );
}

#[test]
fn each_place_is_compared_and_pruned_by_itself() {
    let job = &jobs("[[schedule]]\njob = \"nightly\"\nat = \"@daily\"\n").expect("is fine")[0];
    let names = vec!["nas".to_owned(), "cloud".to_owned()];
    let record = Record {
        shares: [("nas".to_owned(), 20), ("cloud".to_owned(), 4)].into(),
        ..Record::default()
    };
    let both = Destinations { names, pruned_elsewhere: false };
    let steps = lines(job, &both, &record);
    assert_eq!(steps[2], "snapshot verify --level scrub --subset 1/20 --to nas");
    assert_eq!(steps[3], "snapshot verify --level scrub --subset 5/20 --to cloud");
    assert_eq!(steps[4..], ["snapshot prune --to nas", "snapshot prune --to cloud"]);
    let elsewhere = Destinations { pruned_elsewhere: true, ..both };
    assert_eq!(lines(job, &elsewhere, &record).len(), 4, "another machine prunes");
}

#[test]
fn what_is_half_said_is_refused() {
    let said = |text: &str| {
        jobs(&format!("[[schedule]]\n{text}\n")).expect_err("is not understood").to_string()
    };
    assert_eq!(said("job = \"x\"\nat = \"@daily\""), "job `x` does not say `run`");
    assert_eq!(said("job = \"x\"\nrun = [\"ls\"]"), "job `x` does not say `at`");
    assert_eq!(said("job = \"x\"\nat = \"@daily\"\nrun = []"), "job `x` does not say `run`");
    assert_eq!(said("job = \"X\""), "`X` is no name for a job");
    assert_eq!(
        said("job = \"nightly\"\n[[schedule]]\njob = \"nightly\""),
        "two jobs are called `nightly`"
    );
    assert_eq!(
        said("job = \"nightly\"\nat = \"at night\""),
        "job `nightly`: `at night` is no time that is understood: `at` is no weekday"
    );
    assert!(
        said("job = \"x\"\nat = \"@daily\"\nrun = [\"schedule\", \"run\", \"x\"]")
            .starts_with("job `x` runs `schedule`")
    );
}

#[test]
fn one_job_that_is_not_understood_stops_no_other() {
    let two =
        "[[schedule]]\njob = \"nightly\"\n[[schedule]]\njob = \"weekly\"\nat = \"at night\"\n";
    let settings = toml::from_str(two).expect("is well-formed");
    assert_eq!(Job::find("nightly", &settings).expect("is fine").name.as_str(), "nightly");
    assert!(matches!(Job::find("weekly", &settings), Err(Error::BadTime { .. })));
    assert!(matches!(Job::find("monthly", &settings), Err(Error::NoJob(_))));
    let each: Vec<_> = Job::each(&settings).iter().map(|(_, job)| job.is_ok()).collect();
    assert_eq!(each, [true, false]);
}
