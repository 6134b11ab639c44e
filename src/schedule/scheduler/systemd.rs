//! Timers of systemd's instance for the user (systemd.timer(5), systemd.service(5)).

use std::path::{Path, PathBuf};

use crate::schedule::calendar::Rule;
use crate::schedule::{Error, Job, Name};
use crate::sys;

use super::{Change, Setting, apply, in_folder};

/// The latest hour (of the day) at which a clock is put forward, anywhere: then the next is missing.
const LAST_GAP: u32 = 4;

/// Where the user's own units are.
pub(super) fn folder(setting: &Setting<'_>) -> PathBuf {
    let named = setting.variables.path("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
    named.unwrap_or_else(|| setting.home.join(".config")).join("systemd/user")
}

pub(super) fn check(setting: &Setting<'_>) -> Result<(), Error> {
    let answer = setting.ask("systemctl", &["--user", "show", "--property=Version"], b"");
    let reason = match answer {
        Err(error) => error.to_string(),
        Ok(outcome) if outcome.code == Some(0) => return Ok(()),
        Ok(outcome) => outcome.stderr.lines().next().unwrap_or("it does not answer").to_owned(),
    };
    Err(Error::NotHere("systemd for users", reason))
}

pub(super) fn changes(jobs: &[Job], setting: &Setting<'_>) -> Result<Vec<Change>, Error> {
    let mut units = Vec::new();
    for job in jobs {
        units.push((format!("vaultctl-{}.service", job.name), service(job, setting)?));
        units.push((timer_of(&job.name), timer(job)));
    }
    let is_unit = |name: &str| name.ends_with(".service") || name.ends_with(".timer");
    in_folder(&folder(setting), units, |name| name.starts_with("vaultctl-") && is_unit(name))
}

/// The service: what is harmless to forbid in a user's own unit is forbidden. What needs a mount
/// namespace (`ProtectSystem=` and its like) is not asked for: many kernels refuse it there, and
/// then the job would not start at all. Nor is what a drill could stumble over: it restores modes as
/// they were, the bit for a folder's group (`RestrictSUIDSGID=`) among them.
fn service(job: &Job, setting: &Setting<'_>) -> Result<String, Error> {
    let mut environment = String::new();
    for (name, value) in setting.environment()? {
        environment.push_str(&format!("Environment={}\n", quoted(&format!("{name}={value}"))));
    }
    let program = quoted(setting.program()?).replace('$', "$$");
    Ok(format!(
        "# Written by `vaultctl schedule install`; `vaultctl schedule remove` takes it away.
[Unit]
Description=vaultctl: {name}

[Service]
Type=oneshot
ExecStart={program} --no-input --quiet schedule run --due {name}
{environment}# 3: done, with omissions that it has named.
SuccessExitStatus=3
Nice=10
IOSchedulingClass=idle
UMask=0077
LimitCORE=0
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
SystemCallArchitectures=native
",
        name = job.name
    ))
}

fn timer(job: &Job) -> String {
    let events: String = job
        .calendar
        .rules()
        .iter()
        .map(|rule| format!("OnCalendar={}\n", rule.as_calendar_event()))
        .collect();
    let gaps: String = job.calendar.rules().iter().filter_map(after_a_gap).collect();
    let gaps = match gaps.is_empty() {
        true => gaps,
        false => format!(
            "# Where the clock is put forward over that time, it is left out: then at the next hour.\n{gaps}"
        ),
    };
    format!(
        "# Written by `vaultctl schedule install`; `vaultctl schedule remove` takes it away.
[Unit]
Description=vaultctl: when {name} is due

[Timer]
{events}{gaps}Persistent=true
RandomizedDelaySec={jitter}

[Install]
WantedBy=timers.target
",
        name = job.name,
        jitter = job.jitter.as_secs()
    )
}

/// systemd passes over a time that the clock leaves out, and the whole day with it. So it starts us
/// once more, at the first full hour that can come after a gap; on any other day nothing is due then.
fn after_a_gap(rule: &Rule) -> Option<String> {
    let hours: Vec<u32> = rule.hours.values().collect();
    let after = hours.iter().filter(|hour| **hour <= LAST_GAP).map(|hour| hour + 1);
    let after: Vec<u32> = after.filter(|hour| !hours.contains(hour)).collect();
    let hours: Vec<String> = after.iter().map(|hour| format!("{hour:02}")).collect();
    let event = rule.as_calendar_event();
    let (days, _) = event.rsplit_once(' ')?;
    (!hours.is_empty()).then(|| format!("OnCalendar={days} {}:00:00\n", hours.join(",")))
}

/// In quotes, as systemd.syntax(7) and the specifiers of systemd.unit(5) have it.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    format!("\"{escaped}\"")
}

pub(super) fn carry_out(
    changes: &[Change],
    jobs: &[Name],
    setting: &Setting<'_>,
) -> Result<(), Error> {
    // An earlier call may have ended between the files and the last of these.
    let is_enabled = |job: &Name| sys::exists(&links(setting).join(timer_of(job)));
    if changes.is_empty() && jobs.iter().all(is_enabled) {
        return Ok(());
    }
    // Where systemd does not run any more, its files go all the same.
    let runs = check(setting).is_ok();
    let systemctl = |words: &[&str]| match runs {
        true => setting.tell("systemctl", &[&["--user"], words].concat(), b""),
        false => Ok(()),
    };
    for timer in changes.iter().filter_map(removed_timer) {
        systemctl(&["disable", "--now", timer])?;
        forget(timer, setting)?;
    }
    changes.iter().try_for_each(apply)?;
    remove_if_empty(&folder(setting));
    systemctl(&["daemon-reload"])?;
    for job in jobs {
        systemctl(&["enable", &timer_of(job)])?;
        systemctl(&["restart", &timer_of(job)])?;
    }
    Ok(())
}

fn timer_of(job: &Name) -> String {
    format!("vaultctl-{job}.timer")
}

fn removed_timer(change: &Change) -> Option<&str> {
    match change {
        Change::Remove { path } => {
            path.file_name()?.to_str().filter(|name| name.ends_with(".timer"))
        }
        _ => None,
    }
}

/// Where the links are by which timers are enabled.
fn links(setting: &Setting<'_>) -> PathBuf {
    folder(setting).join("timers.target.wants")
}

/// The link by which a timer is enabled, and the note of when it ran last (`Persistent=`).
fn forget(timer: &str, setting: &Setting<'_>) -> Result<(), Error> {
    let links = links(setting);
    sys::remove(&links.join(timer))?;
    sys::remove_if_empty(&links);
    let data = setting.variables.path("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let data = data.unwrap_or_else(|| setting.home.join(".local/share"));
    let stamps = data.join("systemd/timers");
    sys::remove(&stamps.join(format!("stamp-{timer}")))?;
    remove_if_empty(&stamps);
    Ok(())
}

/// A folder and the one above it, which may have been made for us.
fn remove_if_empty(folder: &Path) {
    folder.ancestors().take(2).for_each(sys::remove_if_empty);
}
