//! A drill: a snapshot is restored into a scratch home, compared, looked at, and taken away again.
//!
//! Nothing of it touches what is live. The scratch home is in memory where that has room enough,
//! else in a folder of ours; it is private, and locked as long as the drill lives, so that the next
//! one can take away what a killed one has left.

mod places;
mod scratch;
mod stock;
mod stopwatch;

use std::path::Path;

use crate::crypto::Identity;
use crate::secret::SecretText;
use crate::snapshot::{
    By, Health, Likeness, Repository, Restoration, Restored, Selection, State, Verified,
};
use crate::sys::{FileError, Interrupts, ScratchHome};

use super::Error;
use super::checks::{Findings, Problem};
use super::report::{Omission, Phase, Reason};

pub use places::Places;
pub use scratch::Room;
pub use stopwatch::Stopwatch;

/// All of the snapshot.
const EVERYTHING: &Selection = &Selection::everything();

/// What comes back is below this, in the scratch home.
const RESTORED: &str = "restored";

/// More differences than this are counted and not named.
const NAMED: usize = 20;

/// A drill to be done.
pub struct Drill<'a> {
    /// From where.
    pub repository: &'a Repository<'a>,
    /// Where it is noted what turns out to be damaged.
    pub state: &'a State,
    /// Of what.
    pub verified: &'a Verified,
    /// What opens it.
    pub identity: &'a Identity,
    /// By what.
    pub tools: Tools<'a>,
    /// Where things are on this machine, when it is not a drill.
    pub live: &'a Places,
    /// Where the scratch home goes.
    pub room: Room<'a>,
    /// Whether to go on.
    pub interrupts: &'a Interrupts,
}

/// What restores.
#[derive(Clone, Copy)]
pub enum Tools<'a> {
    /// This program.
    Ours,
    /// The lines of the recovery sheet.
    Stock {
        /// The repository, if it is a folder.
        folder: Option<&'a Path>,
        /// The line that has the key.
        key: &'a SecretText,
    },
}

/// Who restored, and what there is to tell of it.
enum Outcome {
    Ours(Box<Restored>),
    Stock,
}

impl Drill<'_> {
    /// Does it, and takes it away. Each phase that was begun is on the watch.
    ///
    /// # Errors
    /// What kept it from restoring, or from looking: [`Error::reason`] says whether that is the
    /// snapshot's fault. What is wrong with what came back is in the answer.
    pub fn run(&self, watch: &mut Stopwatch) -> Result<Findings, Error> {
        if let Tools::Stock { .. } = self.tools {
            stock::check_programs(&self.live.variables)?;
        }
        let home = scratch::make(self.needed(), self.room)?;
        let found = self.restore_and_look(&home, watch);
        let wiped = watch.during(Phase::Wipe, || home.wipe());
        let found = found?;
        wiped?;
        Ok(found)
    }

    /// How much room it may take (bytes): all files, each in blocks, and what stock tools need beside.
    fn needed(&self) -> u64 {
        let commit = self.verified.commit();
        let packs = commit.packs.iter().fold(0, |sum: u64, pack| sum.saturating_add(pack.size));
        let objects = commit.object.size.saturating_add(packs);
        let tree = commit.totals.entries.saturating_mul(4096).saturating_add(commit.totals.bytes);
        match self.tools {
            Tools::Ours => tree,
            // The objects, one of them again, and parts beside the files that they belong to.
            Tools::Stock { .. } => tree.saturating_mul(2).saturating_add(objects.saturating_mul(2)),
        }
    }

    fn restore_and_look(
        &self,
        home: &ScratchHome,
        watch: &mut Stopwatch,
    ) -> Result<Findings, Error> {
        let target = home.path().join(RESTORED);
        let outcome = match self.tools {
            Tools::Ours => {
                let restored = watch.during(Phase::Restore, || self.restoration().to(&target))?;
                Outcome::Ours(Box::new(restored))
            }
            Tools::Stock { folder, key } => {
                stock::restore(self, folder, key, home.path(), watch)?;
                Outcome::Stock
            }
        };
        watch.during(Phase::Check, || self.look(home, &target, &outcome))
    }

    fn restoration(&self) -> Restoration<'_> {
        Restoration {
            repositories: std::slice::from_ref(self.repository),
            verified: self.verified,
            identity: self.identity,
            selection: EVERYTHING,
            moved: None,
            state: self.state,
        }
    }

    fn look(
        &self,
        home: &ScratchHome,
        target: &Path,
        outcome: &Outcome,
    ) -> Result<Findings, Error> {
        let by = match outcome {
            Outcome::Ours(restored) => By::Us(restored),
            Outcome::Stock => By::Stock,
        };
        let go_on = || Ok(self.go_on()?);
        let likeness = self.restoration().compare(target, by, &go_on)?;
        let mut findings =
            self.live.check_in(target, home.path(), self.identity, self.interrupts)?;
        if let Outcome::Ours(restored) = outcome {
            let damaged =
                restored.unneeded.iter().map(|error| (Reason::Damaged, error.to_string()));
            findings.add(damaged);
        }
        self.judge(likeness, &mut findings);
        findings.problems.sort_by_key(|problem| problem.reason);
        Ok(findings)
    }

    /// What the comparison and the commit say.
    fn judge(&self, likeness: Likeness, findings: &mut Findings) {
        let Likeness { things, bytes, different, unread, findings: told } = likeness;
        (findings.checked.things, findings.checked.bytes) = (things, bytes);
        let count = different.len();
        let named = different.into_iter().take(NAMED);
        findings.add(named.map(|one| (Reason::Different, format!("{}: {}", one.path, one.why))));
        if count > NAMED {
            let more = format!("{} more are different", count - NAMED);
            findings.add([(Reason::Different, more)]);
        }
        if unread > 0 {
            let about = format!("{unread} files");
            findings.omissions.push((Omission::Unread, about));
        }
        let commit = self.verified.commit();
        if commit.health != Health::Ok {
            let why = told.iter().map(|told| format!("{}: {}", told.path, told.why));
            let why: Vec<String> = why.collect();
            let why = if why.is_empty() { commit.health.to_string() } else { why.join("; ") };
            let told = format!("{} was not in order when it was taken: {why}", commit.id);
            findings.add([(Reason::Degraded, told)]);
        }
    }

    fn go_on(&self) -> Result<(), FileError> {
        if !self.interrupts.happened() {
            return Ok(());
        }
        let interrupted = std::io::ErrorKind::Interrupted.into();
        Err(FileError::new("finish", Path::new("the drill"), interrupted))
    }
}

impl Findings {
    fn add(&mut self, problems: impl IntoIterator<Item = (Reason, String)>) {
        let problem = |(reason, told)| Problem { reason, told };
        self.problems.extend(problems.into_iter().map(problem));
    }
}
