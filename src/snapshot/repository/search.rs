//! Which snapshot a recovery takes: the newest that is healthy; and of a machine that was stolen, the
//! newest that the thief can not have made.
//!
//! Whoever has a machine has its signer, and can sign a commit that claims any date. What he can not
//! do is store it in the past: so it must be from before the theft by the storage's clock too. Where
//! the storage has none of its own (a folder), only the claim is left, and the caller has to say so.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::snapshot::Error;
use crate::snapshot::restore::verified::{Entries, Verified, expect_no_older, merged};
use crate::snapshot::state::Pin;

use super::commit::{Health, SnapshotId};
use super::{Entry, Repository, Standing, commit_name, commits_folder};

/// A commit is stored when it is made, or soon after. What claims to be older by more than this is
/// named: it was brought from elsewhere, or it lies.
const TOLERANCE: Duration = Duration::from_secs(60 * 60);

/// A moment, as a person writes it: with its offset from UTC; or a day, which begins in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(Timestamp);

/// What is no moment.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("2026-11-20T18:00:00Z, 2026-11-20T19:00:00+01:00 and 2026-11-20 are times")]
pub struct BadMoment;

impl FromStr for Moment {
    type Err = BadMoment;

    fn from_str(text: &str) -> Result<Self, BadMoment> {
        // A longer text would be read up to its time.
        let is_day = text.len() == "2026-11-20".len();
        let day = || text.parse::<Date>().ok().filter(|_| is_day)?.to_zoned(TimeZone::UTC).ok();
        text.parse().ok().or_else(|| Some(day()?.timestamp())).map(Self).ok_or(BadMoment)
    }
}

/// What is looked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Search {
    /// The newest commit that this machine has written there, if it has.
    pub pin: Option<Pin>,
    /// Only what is certain to be from before this moment.
    pub before: Option<Moment>,
}

/// What was found.
pub struct Found {
    /// The newest one that will do, or why there is none.
    pub chosen: Result<Verified, Error>,
    /// Those that are newer than the chosen one, newest first.
    pub passed_over: Vec<PassedOver>,
    /// Those that claim to be much older than their storage says; only where a moment was given.
    pub backdated: Vec<Backdated>,
}

/// A snapshot that will not do.
#[derive(Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// Which one.
    pub id: SnapshotId,
    /// Why; fits after "it is".
    pub why: String,
}

/// A snapshot that claims to be older than it can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backdated {
    /// Which one; its name has the claim.
    pub id: SnapshotId,
    /// When it was stored, by the storage's clock.
    pub stored: Timestamp,
}

impl Search {
    /// Looks at every commit that is there. Of a repository in several places, it is enough that one
    /// of them has one whole; the latest date counts.
    ///
    /// # Errors
    /// [`Error::RolledBack`]; [`Error::Another`]; what a storage says, when none of them can be listed.
    pub fn run(&self, repositories: &[Repository<'_>]) -> Result<Found, Error> {
        let entries = merged(repositories)?;
        expect_no_older(&entries, self.pin)?;
        let dates = match self.before {
            Some(_) => Dates::of(repositories)?,
            None => Dates::default(),
        };
        let backdated = entries.values().filter_map(|entry| dates.backdated(entry.id)).collect();
        let (chosen, passed_over) = self.choose(entries, &dates);
        let place = || repositories[0].storage().place();
        let chosen = match (chosen, self.before) {
            (Some(entry), _) => Verified::of(entry),
            (None, _) if passed_over.is_empty() => Err(Error::Empty(place())),
            (None, Some(Moment(before))) => Err(Error::NothingBefore(place(), before)),
            (None, None) => Err(Error::NoneHealthy(place())),
        };
        Ok(Found { chosen, passed_over, backdated })
    }

    /// What speaks against a snapshot that was chosen earlier, as to its time; fits after "it is".
    ///
    /// # Errors
    /// What a storage says.
    pub fn too_late_now(
        &self,
        id: SnapshotId,
        repositories: &[Repository<'_>],
    ) -> Result<Option<String>, Error> {
        Ok(self
            .before
            .map(|_| Dates::of(repositories))
            .transpose()?
            .and_then(|dates| self.too_late(id, &dates)))
    }

    fn choose(&self, entries: Entries, dates: &Dates) -> (Option<Entry>, Vec<PassedOver>) {
        let mut passed_over = Vec::new();
        for (_, entry) in entries.into_iter().rev() {
            match self.against(&entry, dates) {
                None => return (Some(entry), passed_over),
                Some(why) => passed_over.push(PassedOver { id: entry.id, why }),
            }
        }
        (None, passed_over)
    }

    /// What speaks against one.
    fn against(&self, entry: &Entry, dates: &Dates) -> Option<String> {
        let commit = match &entry.standing {
            Standing::Whole { commit, .. } => commit,
            Standing::Newer => return Some("written by a newer vaultctl".to_owned()),
            Standing::Damaged(reason) => return Some(format!("damaged: {reason}")),
        };
        self.too_late(entry.id, dates)
            .or_else(|| (commit.health != Health::Ok).then(|| commit.health.to_string()))
    }

    fn too_late(&self, id: SnapshotId, dates: &Dates) -> Option<String> {
        let Moment(before) = self.before?;
        if id.time >= before {
            return Some("not from before that time".to_owned());
        }
        let stored = dates.stored(id)?;
        (stored >= before).then(|| format!("older by its own word only: it was stored {stored}"))
    }
}

/// When each commit was stored, by the clocks of storages that have one: the last time that it or its
/// signature was written.
#[derive(Default)]
struct Dates(BTreeMap<String, Timestamp>);

impl Dates {
    fn of(repositories: &[Repository<'_>]) -> Result<Self, Error> {
        let mut dates = BTreeMap::new();
        let storages = repositories.iter().map(Repository::storage);
        for storage in storages.filter(|storage| storage.dates_by_its_own_clock()) {
            for listed in storage.list(&commits_folder())? {
                let date = dates.entry(listed.name.to_string()).or_insert(listed.stored);
                *date = listed.stored.max(*date);
            }
        }
        Ok(Self(dates))
    }

    fn stored(&self, id: SnapshotId) -> Option<Timestamp> {
        let name = commit_name(&id);
        let dates = [self.0.get(name.as_str()), self.0.get(name.signature().as_str())];
        dates.into_iter().flatten().max().copied()
    }

    fn backdated(&self, id: SnapshotId) -> Option<Backdated> {
        let stored = self.stored(id)?;
        let is_long_after = stored.duration_since(id.time) > TOLERANCE.try_into().ok()?;
        is_long_after.then_some(Backdated { id, stored })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read() {
        let moment = |text: &str| text.parse::<Moment>().map(|Moment(at)| at.to_string());
        for text in ["2026-11-20T18:00:00Z", "2026-11-20T19:00:00+01:00"] {
            assert_eq!(moment(text).as_deref(), Ok("2026-11-20T18:00:00Z"));
        }
        assert_eq!(moment("2026-11-20").as_deref(), Ok("2026-11-20T00:00:00Z"));
        for bad in ["yesterday", "2026-11-20T18:00", ""] {
            assert_eq!(moment(bad), Err(BadMoment), "{bad:?}");
        }
    }
}
