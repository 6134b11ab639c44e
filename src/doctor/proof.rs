//! What was last proven of a place, as its signed report says.

use std::time::Duration;

use jiff::Timestamp;

use crate::recovery::{Depth, Drilled, Filed, Report, Standing, Work};

/// The newest report of a kind.
#[derive(Debug)]
pub struct Proof(Filed);

impl Proof {
    pub(super) fn new(filed: Filed) -> Self {
        Self(filed)
    }

    /// When it was written, as its name says.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.0.id.at
    }

    /// What it says, where it can be believed and understood.
    #[must_use]
    pub fn report(&self) -> Option<&Report> {
        self.0.standing.report()
    }

    /// Why it proves nothing, if so.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        match &self.0.standing {
            Standing::Whole(report) => report.reasons.first().map(ToString::to_string),
            Standing::Newer => Some("its report was written by a newer vaultctl".to_owned()),
            Standing::Damaged(reason) => Some(format!("its report is damaged: {reason}")),
        }
    }

    /// How long a drill took until everything was back.
    #[must_use]
    pub fn recovery_time(&self) -> Option<Duration> {
        self.drill()?.rto.measured.map(Duration::from_millis)
    }

    /// How old the newest snapshot was at a drill.
    #[must_use]
    pub fn recovery_point_age(&self) -> Option<Duration> {
        self.drill()?.rpo.measured.map(Duration::from_secs)
    }

    fn drill(&self) -> Option<&Drilled> {
        match &self.report()?.work {
            Work::Drill(drilled) => Some(drilled),
            Work::Verify(_) => None,
        }
    }

    /// What was done, in a few words.
    #[must_use]
    pub fn what(&self) -> String {
        match self.report().map(|report| &report.work) {
            Some(Work::Verify(verified)) => {
                let share = verified.subset.as_ref().map(|share| format!(" {share}"));
                let (level, share) = (level(verified.level), share.unwrap_or_default());
                format!("{level}{share}, objects: {}", verified.objects)
            }
            Some(Work::Drill(drilled)) => {
                let snapshot = drilled.snapshot.map(|id| id.to_string());
                let rto =
                    self.recovery_time().map(|took| format!(" in {:.1} s", took.as_secs_f64()));
                format!(
                    "{}{}",
                    snapshot.as_deref().unwrap_or("no snapshot"),
                    rto.unwrap_or_default()
                )
            }
            None => "nothing that can be read".to_owned(),
        }
    }
}

/// As `snapshot verify --level` has it.
fn level(depth: Depth) -> &'static str {
    match depth {
        Depth::History => "history",
        Depth::Exists => "exists",
        Depth::Scrub => "scrub",
        Depth::Data => "data",
        Depth::Live => "live",
    }
}
