//! Whether what the jobs need can be had at night: with nobody there, and with the few variables that
//! a scheduler gives. What can not is named now, instead of in the morning.

use std::path::Path;
use std::sync::Arc;

use crate::cli::snapshot;
use crate::cli::{Done, Failure, Session, notices};
use crate::config::{Config, Overrides};
use crate::schedule::{Destinations, Job, Record, Scheduler, Setting, Step};
use crate::sys::{self, NoTerminal, Variables, World};

/// Words of steps that decrypt.
const NEED_IDENTITY: [&str; 3] = ["data", "live", "drill"];

/// Where systemd notes whose instance runs without a login.
const LINGER: &str = "/var/lib/systemd/linger";

/// Where a cron daemon notes that it runs, on the systems that we know.
const CRON_RUNS: [&str; 4] =
    ["/run/crond.pid", "/var/run/crond.pid", "/run/cron.pid", "/var/run/cron.pid"];

/// Tells everything that would go wrong at night.
pub(super) fn tell(
    scheduler: Scheduler,
    jobs: &[Job],
    setting: &Setting<'_>,
    session: &Session,
) -> Result<Done, Failure> {
    let night = night(setting, session)?;
    let steps = steps(jobs, &night);
    let mut wrong = words(&steps);
    wrong.extend(scheduling(scheduler, session));
    if steps.iter().any(|(_, step)| step.words[0] == "snapshot" || step.words[0] == "drill") {
        wrong.extend(signer(&night));
        wrong.extend(snapshot::answers_at_night(&night));
    }
    wrong.extend(identity(&steps, &night));
    wrong.extend(channels(&night));
    for text in &wrong {
        session.ui.warn(text);
    }
    Ok(if wrong.is_empty() { Done::Fully } else { Done::WithOmissions })
}

/// A session as a job will have it: no terminal, and only what the unit or the line says.
fn night(setting: &Setting<'_>, session: &Session) -> Result<Session, Failure> {
    let ours = ["HOME", "USER", "LOGNAME"].into_iter();
    let ours = ours.filter_map(|name| Some((name, session.world.variables.raw(name)?)));
    let said = setting.environment.iter().map(|(name, value)| (name.into(), value.clone()));
    let variables = ours.collect::<Variables>().with(said);
    let config = Config::load(&variables, &Overrides::default())?;
    let world = World {
        variables,
        clock: Arc::clone(&session.world.clock),
        prompt: Arc::new(NoTerminal),
        stdin_is_terminal: false,
        stdout_is_terminal: false,
    };
    Ok(Session::elsewhere(world, config, session.standing, session.ui))
}

fn steps(jobs: &[Job], night: &Session) -> Vec<(String, Step)> {
    let destinations = Destinations::of(&night.config.settings);
    let steps = |job: &Job| job.steps(&destinations, &Record::default());
    let named =
        |job: &Job| steps(job).into_iter().map(|step| (job.name.to_string(), step)).collect();
    jobs.iter().flat_map(|job| -> Vec<(String, Step)> { named(job) }).collect()
}

/// Command lines that we would not understand.
fn words(steps: &[(String, Step)]) -> Vec<String> {
    let is_wrong = |step: &Step| {
        let words = std::iter::once("vaultctl").chain(step.words.iter().map(String::as_str));
        let parsed = crate::cli::parse(&words.map(Into::into).collect::<Vec<_>>());
        parsed.is_err_and(|error| error.use_stderr())
    };
    let wrong = steps.iter().filter(|(_, step)| is_wrong(step));
    wrong
        .map(|(job, step)| format!("{job}: `vaultctl {}` is not understood", step.line()))
        .collect()
}

fn scheduling(scheduler: Scheduler, session: &Session) -> Option<String> {
    match scheduler {
        Scheduler::Systemd => {
            let name = sys::account()?.name;
            let lingers = sys::exists(&Path::new(LINGER).join(&name));
            (!lingers).then(|| format!("systemd runs jobs only while `{name}` is logged in; `loginctl enable-linger` changes that"))
        }
        Scheduler::Cron => {
            let runs = CRON_RUNS.iter().any(|file| sys::exists(Path::new(file)));
            let is_mac = session.world.variables.has_program("launchctl");
            (!runs && !is_mac).then(|| "no cron daemon seems to be running".to_owned())
        }
        Scheduler::Launchd => None,
    }
}

fn signer(night: &Session) -> Option<String> {
    let error = night.keyring().signer().err()?;
    Some(format!("nothing can be signed: {}", Failure::from(error).message()))
}

/// Channels of which the address or the key can not be had.
fn channels(night: &Session) -> Vec<String> {
    let named = notices::channels(night);
    let failed = named.filter_map(|(number, channel)| {
        let failure = notices::secret(channel.secret()?, night).err()?;
        Some(format!("{} can not be told: {}", channel.title(number), failure.message()))
    });
    failed.collect()
}

fn identity(steps: &[(String, Step)], night: &Session) -> Vec<String> {
    let decrypts =
        |step: &Step| step.words.iter().any(|word| NEED_IDENTITY.contains(&word.as_str()));
    let mut jobs: Vec<&str> =
        steps.iter().filter(|(_, step)| decrypts(step)).map(|(job, _)| job.as_str()).collect();
    jobs.dedup();
    let keyring = night.keyring();
    let reason = match keyring.identity() {
        Ok(identity) if identity.is_locked() => "it is behind a passphrase".to_owned(),
        Ok(_) => return Vec::new(),
        Err(error) => Failure::from(error).message().to_owned(),
    };
    jobs.iter()
        .map(|job| format!("{job} needs the identity, and nobody is there at night: {reason}"))
        .collect()
}
