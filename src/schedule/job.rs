//! What is done, and when: the jobs of the settings, or ours where they have none.

use std::time::Duration;

use crate::config;

use super::{BadCalendar, Calendar, Error, Name, Record};

/// The jobs that know what they do, each with its time where nothing is said.
const DEFAULTS: [(&str, &str); 3] =
    [("nightly", "0 2 * * *"), ("weekly", "0 3 * * 0"), ("monthly", "0 4 1 * *")];

/// How long a job may begin later, where the settings do not say.
const JITTER: Duration = Duration::from_secs(600);

/// In so many nights, every stored byte has been compared once.
pub(super) const SHARES: u32 = 20;

/// Something that is done by itself.
#[derive(Clone, Debug)]
pub struct Job {
    /// What it is called.
    pub name: Name,
    /// When it is done.
    pub calendar: Calendar,
    /// How long it may begin later, at random, so that not all machines come at once.
    pub jitter: Duration,
    work: Work,
}

#[derive(Clone, Debug)]
enum Work {
    /// Take, look, compare a share, prune.
    Nightly,
    /// One command line of ours.
    Line(Vec<String>),
}

/// One command line of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its words, without our own name.
    pub words: Vec<String>,
    pub(super) terms: Terms,
}

/// On which terms a step is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Terms {
    /// In any case.
    Always,
    /// Where the credentials allow: compares this share of that place.
    Share(String, u32),
    /// Where the credentials allow, and only if nothing before has failed: it removes.
    Removal,
}

/// What a job has to know of the settings to know its steps.
#[derive(Clone, Debug, Default)]
pub struct Destinations {
    /// What they are called.
    pub names: Vec<String>,
    /// Whether another machine prunes.
    pub pruned_elsewhere: bool,
}

impl Destinations {
    /// Those of the settings.
    #[must_use]
    pub fn of(settings: &config::Settings) -> Self {
        let snapshot = &settings.snapshot;
        let names = snapshot.destination.iter().map(|destination| destination.name.clone());
        Self { names: names.collect(), pruned_elsewhere: snapshot.pruned_elsewhere }
    }
}

impl Job {
    /// The jobs of the settings, or the three that are ours.
    ///
    /// # Errors
    /// When one of them is not understood, or two have one name.
    pub fn all(settings: &config::Settings) -> Result<Vec<Self>, Error> {
        Self::each(settings).into_iter().map(|(_, job)| job).collect()
    }

    /// The one of that name; what is wrong with another is nothing to it.
    ///
    /// # Errors
    /// When there is none, or two, or it is not understood.
    pub fn find(name: &str, settings: &config::Settings) -> Result<Self, Error> {
        let mut jobs = Self::each(settings).into_iter();
        let found = jobs.find(|(said, _)| said == name);
        found.map_or_else(|| Err(Error::NoJob(name.to_owned())), |(_, job)| job)
    }

    /// Each job by what it is called in the settings, whether it is understood or not.
    #[must_use]
    pub fn each(settings: &config::Settings) -> Vec<(String, Result<Self, Error>)> {
        let ours = ours();
        let all = if settings.schedule.is_empty() { &ours[..] } else { &settings.schedule };
        let of = |said: &config::Schedule| match all
            .iter()
            .filter(|other| other.job == said.job)
            .count()
        {
            1 => Self::of(said),
            _ => Err(Error::Twice(said.job.clone())),
        };
        all.iter().map(|said| (said.job.clone(), of(said))).collect()
    }

    fn of(said: &config::Schedule) -> Result<Self, Error> {
        let name: Name = said.job.parse()?;
        let unsaid = |key| Error::Unsaid { job: said.job.clone(), key };
        let default = DEFAULTS.iter().find(|(known, _)| *known == said.job).map(|(_, at)| *at);
        let at = said.at.as_deref().or(default).ok_or_else(|| unsaid("at"))?;
        let calendar = at
            .parse()
            .map_err(|reason: BadCalendar| Error::BadTime { job: said.job.clone(), reason })?;
        let work = match (&said.run, said.job.as_str()) {
            (Some(words), _) => Work::Line(words.clone()),
            (None, "nightly") => Work::Nightly,
            (None, "weekly") => line("snapshot verify --level data --report"),
            (None, "monthly") => line("drill"),
            (None, _) => return Err(unsaid("run")),
        };
        match &work {
            Work::Line(words) if words.is_empty() => return Err(unsaid("run")),
            Work::Line(words) if words.iter().any(|word| word == "schedule") => {
                return Err(Error::Itself(said.job.clone()));
            }
            _ => {}
        }
        let jitter = said.jitter.map_or(JITTER, config::Span::duration);
        Ok(Self { name, calendar, jitter, work })
    }

    /// Whether it is the one that takes, compares and prunes.
    pub(super) fn is_nightly(&self) -> bool {
        matches!(self.work, Work::Nightly)
    }

    /// What it does now, in order; `record` says what it did before.
    #[must_use]
    pub fn steps(&self, destinations: &Destinations, record: &Record) -> Vec<Step> {
        match &self.work {
            Work::Line(words) => vec![Step { words: words.clone(), terms: Terms::Always }],
            Work::Nightly => nightly(destinations, record),
        }
    }
}

fn ours() -> [config::Schedule; 3] {
    DEFAULTS.map(|(name, _)| config::Schedule {
        job: name.to_owned(),
        at: None,
        run: None,
        jitter: None,
    })
}

fn line(words: &str) -> Work {
    Work::Line(words.split(' ').map(str::to_owned).collect())
}

/// What needs more than the right to add is done place by place: what one place does not allow,
/// another may, and a fault in one is not hidden by a refusal of the next.
fn nightly(destinations: &Destinations, record: &Record) -> Vec<Step> {
    let places: Vec<Option<&str>> = match destinations.names.as_slice() {
        [] | [_] => vec![None],
        names => names.iter().map(|name| Some(name.as_str())).collect(),
    };
    let mut steps = vec![
        Step::new("snapshot create", None, Terms::Always),
        Step::new("snapshot verify --level exists", None, Terms::Always),
    ];
    for place in &places {
        let name = place.unwrap_or_default();
        let share = record.shares.get(name).map_or(0, |share| share % SHARES) + 1;
        let words = format!("snapshot verify --level scrub --subset {share}/{SHARES}");
        steps.push(Step::new(&words, *place, Terms::Share(name.to_owned(), share)));
    }
    if !destinations.pruned_elsewhere {
        let prune = |place: &Option<&str>| Step::new("snapshot prune", *place, Terms::Removal);
        steps.extend(places.iter().map(prune));
    }
    steps
}

impl Step {
    fn new(words: &str, place: Option<&str>, terms: Terms) -> Self {
        let words = words.split(' ').map(str::to_owned);
        let place = place.into_iter().flat_map(|name| ["--to".to_owned(), name.to_owned()]);
        Self { words: words.chain(place).collect(), terms }
    }

    /// As it would be typed after our name.
    #[must_use]
    pub fn line(&self) -> String {
        self.words.join(" ")
    }
}
