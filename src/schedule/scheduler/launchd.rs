//! Agents of launchd (launchd.plist(5)).

use std::path::{Path, PathBuf};

use crate::schedule::calendar::{Field, Rule};
use crate::schedule::{Error, Job};
use crate::sys;

use super::{Change, Setting, apply, in_folder};

/// The beginning of our labels and file names.
pub(super) const PREFIX: &str = "vaultctl.";

/// A longer list of times of day is not written.
const MANY: usize = 400;

pub(super) fn folder(setting: &Setting<'_>) -> PathBuf {
    setting.home.join("Library/LaunchAgents")
}

pub(super) fn check(setting: &Setting<'_>) -> Result<(), Error> {
    match setting.variables.has_program("launchctl") {
        true => Ok(()),
        false => {
            Err(Error::NotHere("launchd", "the program `launchctl` is not on the PATH".to_owned()))
        }
    }
}

pub(super) fn changes(jobs: &[Job], setting: &Setting<'_>) -> Result<Vec<Change>, Error> {
    let agents =
        jobs.iter().map(|job| Ok((format!("{PREFIX}{}.plist", job.name), agent(job, setting)?)));
    let agents = agents.collect::<Result<Vec<_>, Error>>()?;
    in_folder(&folder(setting), agents, |name| name.starts_with(PREFIX) && name.ends_with(".plist"))
}

/// It starts an agent for a time that passed while the machine slept; `RunAtLoad` is for one that
/// passed while it was off. In both cases we look ourselves whether anything is due.
fn agent(job: &Job, setting: &Setting<'_>) -> Result<String, Error> {
    let name = job.name.as_str();
    let words = ["--no-input", "--quiet", "schedule", "run", "--due", "--jitter", name];
    let arguments: String = std::iter::once(setting.program()?)
        .chain(words)
        .map(|word| format!("    <string>{}</string>\n", escaped(word)))
        .collect();
    let environment: String = setting
        .environment()?
        .iter()
        .map(|(name, value)| {
            format!("    <key>{}</key><string>{}</string>\n", escaped(name), escaped(value))
        })
        .collect();
    Ok(format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Written by `vaultctl schedule install`; `vaultctl schedule remove` takes it away. -->
<plist version="1.0">
<dict>
  <key>Label</key><string>{PREFIX}{name}</string>
  <key>ProgramArguments</key>
  <array>
{arguments}  </array>
  <key>EnvironmentVariables</key>
  <dict>
{environment}  </dict>
  <key>StartCalendarInterval</key>
  <array>
{intervals}  </array>
  <key>RunAtLoad</key><true/>
  <key>ProcessType</key><string>Background</string>
  <key>LowPriorityIO</key><true/>
  <key>Umask</key><integer>63</integer>
</dict>
</plist>
"#,
        intervals = intervals(job)?
    ))
}

/// Each combination that counts is one dictionary; what is not named fits always.
fn intervals(job: &Job) -> Result<String, Error> {
    let lists: Vec<String> = job.calendar.rules().iter().flat_map(combinations).collect();
    if lists.len() > MANY {
        let (calendar, reason) =
            (job.calendar.to_string(), format!("{} times, one by one", lists.len()));
        return Err(Error::TooMuch { calendar, scheduler: "launchd", reason });
    }
    Ok(lists.iter().map(|keys| format!("    <dict>{keys}</dict>\n")).collect())
}

/// Where both a day and a weekday are named, one that fits is enough for launchd. A rule wants both,
/// so the weekday is left out: it is started too often, and finds that nothing is due.
fn combinations(rule: &Rule) -> Vec<String> {
    let weekdays = rule.days.is_all().then_some(rule.weekdays).filter(|field| !field.is_all());
    let some = |field: Field| Some(field).filter(|field| !field.is_all());
    let fields = [
        ("Month", some(rule.months)),
        ("Day", some(rule.days)),
        ("Weekday", weekdays),
        ("Hour", some(rule.hours)),
        ("Minute", some(rule.minutes)),
    ];
    let named = fields.into_iter().filter_map(|(key, field)| Some((key, field?)));
    named.fold(vec![String::new()], |lists, (key, field)| {
        let with =
            |list: &String, value: u32| format!("{list}<key>{key}</key><integer>{value}</integer>");
        lists.iter().flat_map(|list| field.values().map(move |value| with(list, value))).collect()
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

pub(super) fn carry_out(changes: &[Change], setting: &Setting<'_>) -> Result<(), Error> {
    let domain = format!("gui/{}", sys::user_id());
    for change in changes {
        let (Change::Write { path, .. } | Change::Remove { path }) = change else { continue };
        let label = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        // It says no when the agent was not loaded, which is what is wanted.
        setting.ask("launchctl", &["bootout", &format!("{domain}/{label}")], b"")?;
        apply(change)?;
        if let Change::Write { path, .. } = change {
            let path = setting.plain(path.as_os_str())?;
            let told = setting.tell("launchctl", &["bootstrap", &domain, path], b"");
            // Left there, it would look as if it were installed.
            told.or_else(|error| {
                sys::remove(Path::new(path)).map_err(Error::from).and(Err(error))
            })?;
        }
    }
    Ok(())
}
