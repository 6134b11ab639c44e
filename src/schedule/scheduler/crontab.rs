//! A marked block in the user's crontab (crontab(1), crontab(5)).
//!
//! cron has no memory: what it slept through is gone. So its lines ask us whether the job is due,
//! and one more line asks that every hour for all jobs. `@reboot` would not do: a laptop that sleeps
//! does not boot.

use crate::schedule::calendar::{Field, Rule};
use crate::schedule::{Error, Job, Name};

use super::{Change, Setting};

const BEGIN: &str = "# vaultctl: begin (written by `vaultctl schedule install`)";
const END: &str = "# vaultctl: end (`vaultctl schedule remove` takes this away)";

/// By these the block is found, whatever a later version says behind them.
const BEGIN_MARK: &str = "# vaultctl: begin";
const END_MARK: &str = "# vaultctl: end";

/// At which minute of each hour it is looked whether anything was missed.
const CATCH_UP: u32 = 17;

/// What a job's line ends with, before the job's name.
const RUN: &str = "schedule run --due --jitter ";

/// What `crontab -l` says where there is none: most, and that of busybox.
const NONE: [&str; 2] = ["no crontab", "No such file"];

/// The longest command that Debian's cron takes (bytes; `MAX_COMMAND`).
const LONGEST: usize = 990;

pub(super) fn check(setting: &Setting<'_>) -> Result<(), Error> {
    match setting.variables.has_program("crontab") {
        true => Ok(()),
        false => Err(Error::NotHere("cron", "the program `crontab` is not on the PATH".to_owned())),
    }
}

pub(super) fn installed(setting: &Setting<'_>) -> Result<Vec<Name>, Error> {
    let crontab = match read(setting) {
        Err(Error::Refused { .. }) => return Ok(Vec::new()),
        read => read?,
    };
    let Some((_, block, _)) = parts(&crontab)? else {
        return Ok(Vec::new());
    };
    let names = block.lines().filter_map(|line| line.rsplit_once(RUN)?.1.parse().ok());
    let mut names: Vec<Name> = names.collect();
    names.dedup();
    Ok(names)
}

/// Who may not use cron has nothing of ours in it: that must not stop what another scheduler does.
pub(super) fn changes(jobs: &[Job], setting: &Setting<'_>) -> Result<Vec<Change>, Error> {
    let before = match read(setting) {
        Err(Error::Refused { .. }) if jobs.is_empty() => return Ok(Vec::new()),
        read => read?,
    };
    let text = with_block(&before, &block(jobs, setting)?)?;
    Ok(if text == before { Vec::new() } else { vec![Change::Crontab { text }] })
}

pub(super) fn carry_out(changes: &[Change], setting: &Setting<'_>) -> Result<(), Error> {
    changes.iter().try_for_each(|change| match change {
        Change::Crontab { text } if text.is_empty() => setting.tell("crontab", &["-r"], b""),
        Change::Crontab { text } => setting.tell("crontab", &["-"], text.as_bytes()),
        _ => Ok(()),
    })
}

/// The user's crontab; none is an empty one. Without the program there is none.
fn read(setting: &Setting<'_>) -> Result<String, Error> {
    if check(setting).is_err() {
        return Ok(String::new());
    }
    let answer = setting.ask("crontab", &["-l"], b"")?;
    match (answer.code, answer.stdout.to_text()) {
        // EXPOSE: a crontab is a text of the user's, and goes back to where it came from.
        (Some(0), Some(text)) => Ok(text.expose().to_owned()),
        (Some(0), None) => Err(Error::Unspeakable("the crontab".to_owned())),
        _ if NONE.iter().any(|said| answer.stderr.contains(said)) => Ok(String::new()),
        _ => {
            let said = answer.stderr.lines().next().unwrap_or("it does not say why").to_owned();
            Err(Error::Refused { program: "crontab -l".to_owned(), said })
        }
    }
}

/// What stands before the block, the block, and what stands behind it.
fn parts(crontab: &str) -> Result<Option<(&str, &str, &str)>, Error> {
    let lines = || crontab.split_inclusive('\n');
    let count = |mark: &str| lines().filter(|line| line.starts_with(mark)).count();
    let place = |mark: &str| {
        let before = lines().take_while(|line| !line.starts_with(mark));
        before.map(str::len).sum::<usize>()
    };
    let (begin, end) = (place(BEGIN_MARK), place(END_MARK));
    match (count(BEGIN_MARK), count(END_MARK)) {
        (0, 0) => Ok(None),
        (1, 1) if begin < end => {
            let (before, rest) = crontab.split_at_checked(begin).unwrap_or((crontab, ""));
            let (block, rest) = rest.split_at_checked(end - begin).unwrap_or((rest, ""));
            let last = rest.split_inclusive('\n').next().map_or(0, str::len);
            Ok(Some((before, block, rest.get(last..).unwrap_or_default())))
        }
        (_, 1) => Err(Error::BrokenBlock(END_MARK)),
        _ => Err(Error::BrokenBlock(BEGIN_MARK)),
    }
}

/// The crontab with that block instead of the one that is there; everything else stays as it is.
fn with_block(crontab: &str, block: &str) -> Result<String, Error> {
    Ok(match parts(crontab)? {
        Some((before, _, after)) => format!("{before}{block}{after}"),
        None if crontab.is_empty() || crontab.ends_with('\n') => format!("{crontab}{block}"),
        None if block.is_empty() => crontab.to_owned(),
        None => format!("{crontab}\n{block}"),
    })
}

fn block(jobs: &[Job], setting: &Setting<'_>) -> Result<String, Error> {
    if jobs.is_empty() {
        return Ok(String::new());
    }
    let mut lines = vec![BEGIN.to_owned()];
    for job in jobs {
        let command = command(&format!("{RUN}{}", job.name), job, setting)?;
        lines.extend(job.calendar.rules().iter().map(|rule| format!("{} {command}", times(rule))));
    }
    let catch_up = command("schedule run --due", &jobs[0], setting)?;
    lines.push("# What was missed while the machine slept or was off.".to_owned());
    lines.push(format!("{CATCH_UP} * * * * {catch_up}"));
    lines.push(END.to_owned());
    Ok(lines.iter().map(|line| format!("{line}\n")).collect())
}

/// A rule wants both of its day fields to fit; of cron's one is enough. So the weekday is left out
/// where a day is named: it starts us too often, and we find that nothing is due.
fn times(rule: &Rule) -> String {
    let plain = |field: Field| field.text("-", |value| value.to_string());
    let weekdays = if rule.days.is_all() { plain(rule.weekdays) } else { "*".to_owned() };
    let (minutes, hours) = (plain(rule.minutes), plain(rule.hours));
    format!("{minutes} {hours} {} {} {weekdays}", plain(rule.days), plain(rule.months))
}

/// One line for cron's shell. Variables stand in the line, as assignments above it would be for the
/// user's own lines too.
fn command(words: &str, job: &Job, setting: &Setting<'_>) -> Result<String, Error> {
    let environment = setting.environment()?;
    let assignments: String =
        environment.iter().map(|(name, value)| format!("{name}={} ", quoted(value))).collect();
    let program = quoted(setting.program()?);
    let line = format!("{assignments}{program} --no-input --quiet {words}").replace('%', "\\%");
    if line.len() > LONGEST {
        let reason = format!("a line of {} bytes, and it takes {LONGEST}", line.len());
        return Err(Error::TooMuch {
            calendar: job.calendar.to_string(),
            scheduler: "cron",
            reason,
        });
    }
    Ok(line)
}

/// One word for a shell.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./:@+=,-".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the user's own lines are, they are the same afterwards, byte for byte.
        #[test]
        fn a_block_comes_and_goes_without_a_trace(
            before in "([a-z0-9 *#%]{0,12}\n){0,5}",
            after in "([a-z0-9 *#%]{0,12}\n){0,3}",
        ) {
            let block = format!("{BEGIN}\n0 2 * * * x\n{END}\n");
            let with = with_block(&before, &block).expect("is well-formed");
            prop_assert_eq!(with_block(&with, &block).expect("is well-formed"), with.clone());
            prop_assert_eq!(with_block(&with, "").expect("is well-formed"), before.clone());
            let more = format!("{with}{after}");
            let other = format!("{BEGIN}\n{END}\n");
            let changed = with_block(&more, &other).expect("is well-formed");
            prop_assert_eq!(changed, format!("{before}{other}{after}"));
        }
    }

    #[test]
    fn half_a_block_is_left_to_the_user() {
        for broken in [format!("{BEGIN}\nx\n"), format!("{END}\n"), format!("{END}\n{BEGIN}\n")] {
            assert!(matches!(with_block(&broken, ""), Err(Error::BrokenBlock(_))), "{broken}");
        }
    }
}
