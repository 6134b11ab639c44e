//! Jobs with the real schedulers: cron's daemon, systemd's instance for a user, and what
//! `systemd-analyze` says about units and times. Each runs in mounts of its own (unshare(1)), so that
//! the crontabs and units of the machine are neither seen nor touched.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use vaultctl::schedule::{Calendar, Change, Job, Scheduler, Setting};
use vaultctl::sys::Variables;

use super::world::{PROGRAM, World};

/// Every minute, so that a test need not wait for the night.
const EACH_MINUTE: &str = r#"
[[snapshot.destination]]
name = "nas"
url = "~/nas"

[[schedule]]
job = "nightly"
at = "* * * * *"
jitter = "0s"
"#;

/// A machine's places for crontabs and running daemons, empty and this test's alone.
const OWN_MOUNTS: &str = r#"
set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system /run/user
mount -t tmpfs tmpfs /var/spool/cron
mkdir -m 1730 /var/spool/cron/crontabs
mount -t tmpfs tmpfs /etc/cron.d
touch "$HOME/empty"
mount --bind "$HOME/empty" /etc/crontab
"#;

fn in_own_mounts(world: &World, script: &str) -> String {
    world.plant("machine.sh", format!("{OWN_MOUNTS}{script}"));
    world.sh("unshare --mount bash machine.sh 2>&1").run().ok()
}

/// Runs a script, which must succeed, on a machine whose cron daemon runs; the crontab that it leaves.
pub(crate) fn beside_cron(world: &World, script: &str) -> String {
    let script = format!(
        "cron -f & daemon=$!\nsleep 1\n({script}) > said 2>&1 || {{ cat said; kill $daemon; exit 1; }}\nkill $daemon\ncrontab -l\n"
    );
    in_own_mounts(world, &script)
}

fn world(settings: &str) -> World {
    let world = World::with_store();
    world.plant(".config/vaultctl/config.toml", settings);
    world.plant(".claude.json", "{}");
    world.sh("vaultctl snapshot init").run().ok();
    world
}

fn record(world: &World, job: &str) -> Value {
    let path = world.path(format!(".local/state/vaultctl/jobs/{job}.json"));
    serde_json::from_slice(&fs::read(path).expect("a job left it")).expect("is JSON")
}

/// Waits until the job has ended once.
const AWAIT: &str = r#"
for i in $(seq 1300); do
  if grep -q '"status": [0-9]' "$HOME/.local/state/vaultctl/jobs/nightly.json"; then break; fi
  sleep 0.1
done
"#;

#[test]
fn a_real_cron_daemon_runs_the_night() {
    let world = world(EACH_MINUTE);
    let script = format!(
        "printf '# mine\\n' | crontab -\n\
         cron -f & daemon=$!\n\
         sleep 1\n\
         vaultctl schedule install --with cron\n\
         vaultctl schedule list | head -1\n\
         {AWAIT}\
         cp .local/state/vaultctl/jobs/nightly.json kept.json\n\
         kill $daemon\n\
         while vaultctl schedule remove --quiet | grep -q running; do sleep 1; done\n\
         crontab -l\n"
    );
    let said = in_own_mounts(&world, &script);
    assert!(said.contains("nightly: every minute every day; by cron\n"), "{said}");
    assert!(said.ends_with("# mine\n"), "{said}");
    let kept = fs::read(world.path("kept.json")).expect("it ran");
    let record: Value = serde_json::from_slice(&kept).expect("is JSON");
    assert_eq!(record["status"], 0, "{record}");
    assert_eq!(record["shares"][""], 1, "{record}");
    assert!(record["numbers"]["entries"].as_u64() > Some(0), "{record}");
    let listed = world.sh("vaultctl snapshot list").run().ok();
    assert!(!listed.is_empty(), "no snapshot was taken");
    assert!(!world.path(".local/state/vaultctl/jobs").exists());
}

#[test]
fn a_real_systemd_for_users_runs_the_night_and_nothing_of_it_stays() {
    let world = world(EACH_MINUTE);
    // By itself it may start things a minute late, to start several at once.
    world.plant(".config/systemd/user.conf", "[Manager]\nDefaultTimerAccuracySec=1s\n");
    let before = world.sh("find . | sort").run().ok();
    let script = format!(
        "export XDG_RUNTIME_DIR=/run/user/own\n\
         mkdir -m 700 $XDG_RUNTIME_DIR\n\
         systemd=$(command -v /lib/systemd/systemd /usr/lib/systemd/systemd | head -1)\n\
         $systemd --user > /dev/null 2>&1 < /dev/null & manager=$!\n\
         for i in $(seq 100); do systemctl --user show > /dev/null 2>&1 && break; sleep 0.1; done\n\
         vaultctl schedule install || test $? = 3\n\
         vaultctl schedule install 2>&1 | grep already\n\
         rm .config/systemd/user/timers.target.wants/vaultctl-nightly.timer\n\
         vaultctl schedule install > /dev/null 2>&1 || test $? = 3\n\
         test -L .config/systemd/user/timers.target.wants/vaultctl-nightly.timer\n\
         systemctl --user list-timers --all\n\
         vaultctl schedule list | head -1\n\
         systemd-analyze --user verify .config/systemd/user/vaultctl-*\n\
         {AWAIT}\
         cp .local/state/vaultctl/jobs/nightly.json kept.json\n\
         systemctl --user stop vaultctl-nightly.timer\n\
         vaultctl schedule remove\n\
         systemctl --user list-unit-files 'vaultctl*' || true\n\
         kill $manager; wait $manager || true\n"
    );
    let said = in_own_mounts(&world, &script);
    for expected in [
        "nightly by systemd: every minute every day\n",
        "it was installed already; nothing has changed\n",
        "vaultctl-nightly.timer vaultctl-nightly.service\n",
        "nightly: every minute every day; by systemd\n",
        "0 unit files listed.",
    ] {
        assert!(said.contains(expected), "no `{expected}` in:\n{said}");
    }
    let kept = fs::read(world.path("kept.json")).expect("it ran");
    let record: Value = serde_json::from_slice(&kept).expect("is JSON");
    assert_eq!(record["status"], 0, "{record}");
    let after = world.sh("find . | sort").run().ok();
    let names = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let new: Vec<String> = names(&after).difference(&names(&before)).cloned().collect();
    let left: Vec<&String> =
        new.iter().filter(|path| path.contains("systemd") || path.contains("jobs")).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// What the units would be, without a systemd that could take them.
#[test]
fn systemd_accepts_the_units_and_our_defaults() {
    let world = World::with_store();
    let said = world.sh("vaultctl --json schedule install --with systemd --dry-run").run().ok();
    let changes: Value = serde_json::from_str(&said).expect("is JSON");
    let changes = changes.as_array().expect("is a list");
    assert_eq!(changes.len(), 6);
    for change in changes {
        let [path, text] = ["write", "text"].map(|key| change[key].as_str().expect("is text"));
        let name = Path::new(path).file_name().expect("has a name").to_str().expect("is text");
        world.plant(&format!("units/{name}"), text);
        let events = text.lines().filter_map(|line| line.strip_prefix("OnCalendar="));
        for event in events {
            let shown = world.sh(&format!("systemd-analyze calendar '{event}'")).run().ok();
            assert!(shown.contains("Next elapse"), "{event}: {shown}");
            assert!(!shown.contains("Original form"), "not as systemd writes it: {shown}");
        }
    }
    let checked = world
        .sh("mkdir -m 700 run; XDG_RUNTIME_DIR=$PWD/run systemd-analyze --user verify units/* 2>&1")
        .run()
        .ok();
    assert_eq!(checked, "");
}

/// What the jobs do that nobody has written is in the program.
#[test]
fn our_own_jobs_are_understood() {
    let world = World::with_store();
    let said = world.sh("vaultctl --json schedule list").run().ok();
    let jobs: Value = serde_json::from_str(&said).expect("is JSON");
    let steps = jobs.as_array().expect("is a list").iter().flat_map(|job| job["steps"].as_array());
    let lines: Vec<&str> = steps.flatten().filter_map(Value::as_str).collect();
    assert_eq!(lines.len(), 6, "{lines:?}");
    for line in lines {
        let words = std::iter::once("vaultctl").chain(line.split(' '));
        let parsed = vaultctl::cli::command().try_get_matches_from(words);
        assert!(parsed.is_ok(), "`{line}`: {}", parsed.expect_err("it is none"));
    }
}

/// A job at that time, and the `OnCalendar=` lines of its timer.
fn events(at: &str) -> (Calendar, Vec<String>) {
    let settings = format!("[[schedule]]\njob = \"x\"\nat = \"{at}\"\nrun = [\"ls\"]\n");
    let settings = toml::from_str(&settings).expect("is well-formed");
    let job = Job::all(&settings).unwrap_or_else(|error| panic!("{error}")).swap_remove(0);
    let variables = Variables::default();
    let setting = Setting {
        program: PROGRAM.into(),
        home: Path::new("/nowhere"),
        variables: &variables,
        environment: Vec::new(),
    };
    let plan = Scheduler::Systemd.plan(std::slice::from_ref(&job), &setting).expect("can be said");
    let timers = plan.changes.iter().filter_map(|change| match change {
        Change::Write { path, text } if path.extension()? == "timer" => Some(text.clone()),
        _ => None,
    });
    let text: String = timers.collect();
    let events =
        text.lines().filter_map(|line| line.strip_prefix("OnCalendar=").map(str::to_owned));
    (job.calendar, events.collect())
}

/// When systemd would start something, as it says itself: the next times of all the events, in order.
fn of_systemd(events: &[String], base: Timestamp, zone: &str, count: usize) -> Vec<String> {
    let base_time = base.strftime("%F %T UTC").to_string();
    let said = Command::new("systemd-analyze")
        .args(["calendar", &format!("--iterations={count}"), &format!("--base-time={base_time}")])
        .args(events)
        .env("TZ", zone)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .expect("it is installed");
    let said = String::from_utf8(said.stdout).expect("is text");
    let marks = ["Next elapse: ", "Iter. #"];
    let times = said.lines().filter(|line| marks.iter().any(|mark| line.trim().starts_with(mark)));
    let words = times.filter_map(|line| line.split_once(": "));
    let times: BTreeSet<String> = words
        .map(|(_, time)| time.split(' ').skip(1).take(2).collect::<Vec<_>>().join(" "))
        .collect();
    // An event that never comes (the 31st of September) is told without a time.
    times.into_iter().filter(|time| !time.is_empty()).take(count).collect()
}

fn of_ours(calendar: &Calendar, base: Timestamp, zone: &str, count: usize) -> Vec<String> {
    let zone = TimeZone::get(zone).expect("is known");
    let times = calendar.times(base, &zone).take(count);
    times.map(|time| zone.to_datetime(time).strftime("%F %T").to_string()).collect()
}

/// The events without the one that stands for gaps.
fn own(events: &[String], calendar: &Calendar) -> Vec<String> {
    // A rule has one event, and those for gaps come behind them.
    let rules = calendar.words().split(", and ").count();
    events.iter().take(rules).cloned().collect()
}

fn agree(at: &str, base: &str, zone: &str) {
    let (calendar, events) = events(at);
    let base: Timestamp = base.parse().expect("is a time");
    let (ours, theirs) =
        (of_ours(&calendar, base, zone, 8), of_systemd(&own(&events, &calendar), base, zone, 8));
    assert_eq!(ours, theirs, "`{at}` as {events:?}, {zone}");
}

#[test]
fn times_are_those_of_systemd() {
    for at in [
        "0 2 * * *",
        "*/7 * * * *",
        "30 2,14 * * *",
        "0 0 13 * 5",
        "0 0 */2 * 1",
        "0 4 * * 5-7",
        "0 4 * * 0",
        "0 4 * * 7",
        "15 3 1,15 * *",
        "0 0 31 * *",
        "0 0 29 2 *",
        "5-10/2 8-18/3 * jan-mar mon",
        "@hourly",
        "@daily",
        "@weekly",
        "@monthly",
        "@yearly",
        "59 23 31 12 *",
        "0 0 1 */5 *",
        "0 12 * 6-8 1-5",
    ] {
        agree(at, "2026-11-28T17:00:00Z", "UTC");
        agree(at, "2026-04-02T05:59:30Z", "Asia/Kathmandu");
    }
}

/// What systemd understands itself is asked as it was written.
#[test]
fn calendar_events_are_understood_as_systemd_understands_them() {
    for at in [
        "minutely",
        "hourly",
        "daily",
        "weekly",
        "monthly",
        "quarterly",
        "semiannually",
        "yearly",
        "annually",
        "Mon..Fri 02:00",
        "Mon-Fri",
        "Sat,Sun",
        "sunday",
        "*-*-* 02:00:00",
        "Mon *-*-01",
        "*-*-01,15 02,14:00",
        "12-24 18:00",
        "*:0/20",
        "8..18/5:30",
        "*-*-10..20/3 5:00",
        "*-1/3-1",
        "Mon,Wed..Fri *-2..6-1..7 2:5",
    ] {
        let calendar: Calendar = at.parse().unwrap_or_else(|error| panic!("{error}"));
        let base: Timestamp = "2026-11-28T17:00:00Z".parse().expect("is a time");
        let theirs = of_systemd(&[at.to_owned()], base, "UTC", 8);
        assert_eq!(of_ours(&calendar, base, "UTC", 8), theirs, "{at}");
    }
}

#[test]
fn times_at_random_are_those_of_systemd() {
    let field = |first: u32, last: u32| {
        let one = (first..=last).prop_map(|value| value.to_string());
        let range = (first..=last, first..=last, 1_u32..5)
            .prop_map(|(a, b, step)| format!("{}-{}/{step}", a.min(b), a.max(b)));
        prop_oneof![3 => Just("*".to_owned()), 3 => one, 2 => range, 1 => Just("*/3".to_owned())]
    };
    let fields = (field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7));
    let mut runner =
        TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&(fields, 1_600_000_000_i64..2_000_000_000), |(fields, base)| {
        let (a, b, c, d, e) = fields;
        let at = format!("{a} {b} {c} {d} {e}");
        if at.parse::<Calendar>().is_ok() {
            let base = Timestamp::from_second(base).expect("is one").to_string();
            agree(&at, &base, "UTC");
        }
        Ok(())
    });
    outcome.expect("they agree");
}

/// It passes over a time that the clock leaves out, and over the day. If it does no more, the second
/// line of our timers is not needed any more.
#[test]
fn what_systemd_passes_over_in_spring_its_second_line_makes_up_for() {
    let (calendar, events) = events("30 2 * * *");
    let base: Timestamp = "2026-03-28T12:00:00Z".parse().expect("is a time");
    let alone = of_systemd(&own(&events, &calendar), base, "Europe/Berlin", 2);
    assert_eq!(alone, ["2026-03-30 02:30:00", "2026-03-31 02:30:00"]);
    let both = of_systemd(&events, base, "Europe/Berlin", 2);
    assert_eq!(both, ["2026-03-29 03:00:00", "2026-03-30 02:30:00"]);
    assert_eq!(both, of_ours(&calendar, base, "Europe/Berlin", 2));
}

/// macOS is not here, but its file is a property list for any reader of them.
#[test]
fn an_agent_of_launchd_is_a_property_list() {
    let world = world(EACH_MINUTE);
    let said = world.sh("vaultctl --json schedule install --with launchd --dry-run").run().ok();
    let changes: Value = serde_json::from_str(&said).expect("is JSON");
    world.plant("agent.plist", changes[0]["text"].as_str().expect("is text"));
    let read = "import json, plistlib; print(json.dumps(plistlib.load(open('agent.plist', 'rb'))))";
    let said = world.sh(&format!("python3 -c \"{read}\"")).run().ok();
    let agent: Value = serde_json::from_str(&said).expect("is JSON");
    assert_eq!(agent["Label"], "vaultctl.nightly");
    assert_eq!(agent["ProgramArguments"][0], PROGRAM);
    assert_eq!(agent["ProgramArguments"][7], "nightly");
    assert_eq!(agent["RunAtLoad"], true);
    assert_eq!(agent["StartCalendarInterval"], serde_json::json!([{}]));
}

const SLOW: &str = r#"
[[schedule]]
job = "slow"
at = "@daily"
run = ["exec", "--", "sh", "-c", "echo >> begun; sleep 60"]

[[schedule]]
job = "other"
at = "@daily"
run = ["exec", "--", "sh", "-c", "echo >> other"]
"#;

/// Waits until the slow job's step works.
const BEGUN: &str = "while ! [ -s begun ]; do sleep 0.05; done";

#[test]
fn two_runs_never_overlap_and_kill_leaves_no_lock() {
    let world = World::new();
    world.plant(".config/vaultctl/config.toml", SLOW);
    let script = format!(
        "vaultctl schedule run slow & first=$!\n\
         {BEGUN}\n\
         vaultctl schedule run slow; echo second: $?\n\
         vaultctl schedule run --due slow; echo due: $?\n\
         vaultctl schedule list | grep -A9 ^slow | grep last\n\
         vaultctl schedule run other & other=$!\n\
         sleep 2; test -e other || echo waits\n\
         kill -9 $first\n\
         wait $other; echo other: $?\n"
    );
    world.plant("script.sh", script);
    let said = world.sh("bash script.sh 2>&1").run().ok();
    assert!(said.contains("error: `slow` is running\n"), "{said}");
    assert!(said.contains("second: 11\ndue: 0\n"), "{said}");
    assert!(said.contains(", and has not ended\n"), "{said}");
    assert!(said.contains("waits\n"), "a job waits for its turn: {said}");
    assert!(said.contains("other: 0\n"), "the lock went with its holder: {said}");
}

#[test]
fn who_is_told_to_end_ends_what_was_running_and_says_so() {
    let world = World::new();
    world.plant(".config/vaultctl/config.toml", SLOW);
    let script = format!(
        "vaultctl schedule run slow & first=$!\n{BEGUN}\nkill -TERM $first\nwait $first; echo ended: $?\n"
    );
    world.plant("script.sh", script);
    let begun = std::time::Instant::now();
    let said = world.sh("bash script.sh 2>&1").run().ok();
    assert!(said.contains("ended: 130\n"), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(50), "the step was waited for");
    assert_eq!(record(&world, "slow")["status"], 130);
}
