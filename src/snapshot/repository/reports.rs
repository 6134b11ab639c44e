//! Reports: what a drill or a verification has shown, as signed statements beside the snapshots.
//!
//! What is written in one is the business of whoever wrote it; here it has a name, a signature and
//! an end: the newest [`KEPT`] of each kind stay, and prune removes the others.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::crypto::{Signed, Signer};
use crate::snapshot::Error;
use crate::snapshot::verify::Report;
use crate::storage::{Listed, ObjectName, put_signed};
use crate::sys::in_parallel;

use super::commit::{parse_time, render_time};
use super::text::Malformed;
use super::{REQUESTS, Repository, read_signed};

/// The namespace of their signatures.
pub(super) const NAMESPACE: &str = "vaultctl-drill";

/// Where they are.
const FOLDER: &str = "drills";

/// The end of a report's name, before that of its signature.
const ENDING: &str = ".json";

/// How many of each kind stay: a year of weekly ones, and four of monthly ones.
const KEPT: usize = 52;

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReportKind {
    /// A snapshot was restored, and what came back was looked at.
    Drill,
    /// Objects were looked at where they lie.
    Verify,
}

impl ReportKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Drill, Self::Verify];
}

impl fmt::Display for ReportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Drill => "drill",
            Self::Verify => "verify",
        })
    }
}

/// What a report is called: `20261120T020000Z-drill`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReportId {
    /// When it was written, in whole seconds.
    pub at: Timestamp,
    /// What it is about.
    pub kind: ReportKind,
}

impl fmt::Display for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", render_time(self.at), self.kind)
    }
}

impl FromStr for ReportId {
    type Err = Malformed;

    /// Accepts exactly what `Display` writes.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let bad = || Malformed::new(format!("`{text}` is not the name of a report"));
        let (time, kind) = text.split_once('-').ok_or_else(bad)?;
        let kind = ReportKind::ALL.into_iter().find(|known| known.to_string() == kind);
        let id = Self { at: parse_time(time).ok_or_else(bad)?, kind: kind.ok_or_else(bad)? };
        if id.to_string() == text { Ok(id) } else { Err(bad()) }
    }
}

impl ReportId {
    /// The object that has it.
    #[must_use]
    pub fn object(&self) -> ObjectName {
        format!("{FOLDER}/{self}{ENDING}").parse().expect("the names of the layout are valid")
    }

    /// The report that an object of this name is, or is the signature of.
    fn of(name: &ObjectName) -> Option<Self> {
        let stem = name.last().strip_suffix(".sig").unwrap_or(name.last());
        let id: Self = stem.strip_suffix(ENDING)?.parse().ok()?;
        [id.object(), id.object().signature()].contains(name).then_some(id)
    }
}

impl Repository<'_> {
    /// The reports that are here, the oldest first.
    ///
    /// # Errors
    /// What the storage says.
    pub fn report_ids(&self) -> Result<Vec<ReportId>, Error> {
        Ok(reports_among(&self.report_objects()?))
    }

    /// The text of a report, rightly signed.
    ///
    /// # Errors
    /// [`Error::Damaged`] when it is not; what the storage says.
    pub fn report(&self, id: &ReportId) -> Result<Vec<u8>, Error> {
        Ok(self.signed_report(id)?.statement().to_owned())
    }

    /// Leaves a report here.
    ///
    /// # Errors
    /// [`Error::NotSigner`] when `signer` is not that of the repository; [`Error::Storage`] when
    /// another report has that name, and whatever else the storage says.
    pub fn leave_report(&self, id: &ReportId, text: &str, signer: &Signer) -> Result<(), Error> {
        let by = signer.verifier().fingerprint();
        if by != *self.signer() {
            return Err(Error::NotSigner(by.to_string()));
        }
        let signed = signer.sign(NAMESPACE, text.as_bytes().to_owned());
        Ok(put_signed(self.storage(), &id.object(), &signed)?)
    }

    /// What newer reports have outlived, with its signatures, but never the report `kept`.
    ///
    /// # Errors
    /// What the storage says.
    pub(in crate::snapshot) fn outlived_reports(
        &self,
        kept: Option<ReportId>,
    ) -> Result<Vec<Listed>, Error> {
        let objects = self.report_objects()?;
        let outlived = outlived(&reports_among(&objects));
        let goes = |(listed, id): (Listed, ReportId)| {
            (outlived(&id) && Some(id) != kept).then_some(listed)
        };
        Ok(objects.into_iter().filter_map(goes).collect())
    }

    /// Reports that are not what was signed, with their signatures.
    pub(in crate::snapshot) fn damaged_reports(&self) -> Result<Vec<Listed>, Error> {
        let objects = self.report_objects()?;
        let ids = reports_among(&objects);
        let read = in_parallel(&ids, REQUESTS, |id| self.report(id));
        let mut damaged = Vec::new();
        for (id, read) in ids.iter().zip(read) {
            match read {
                Err(Error::Damaged { .. }) => damaged.push(*id),
                read => drop(read?),
            }
        }
        let goes = |(listed, id): (Listed, ReportId)| damaged.contains(&id).then_some(listed);
        Ok(objects.into_iter().filter_map(goes).collect())
    }

    /// Notes every report whose signature does not hold, and whatever else is among them.
    pub(in crate::snapshot) fn check_reports(&self, report: &mut Report) -> Result<(), Error> {
        for listed in self.storage().list(&folder())? {
            if ReportId::of(&listed.name).is_none() {
                report.fault(&listed.name, "it is called like no report");
            }
        }
        let ids = self.report_ids()?;
        let read = in_parallel(&ids, REQUESTS, |id| self.report(id));
        read.into_iter().try_for_each(|read| report.note(read.map(drop)))
    }

    /// A report with its signature.
    pub(in crate::snapshot) fn signed_report(&self, id: &ReportId) -> Result<Signed, Error> {
        read_signed(self.storage(), &id.object(), NAMESPACE, self.signer())
    }

    /// Reports and signatures, each with the report that it belongs to; by time.
    fn report_objects(&self) -> Result<Vec<(Listed, ReportId)>, Error> {
        let listed = self.storage().list(&folder())?.into_iter();
        let mut objects: Vec<_> =
            listed.filter_map(|listed| ReportId::of(&listed.name).map(|id| (listed, id))).collect();
        objects.sort_by_key(|(_, id)| *id);
        Ok(objects)
    }
}

/// Those that are there themselves, and not their signatures only.
fn reports_among(objects: &[(Listed, ReportId)]) -> Vec<ReportId> {
    let is_report = |(listed, id): &&(Listed, ReportId)| listed.name == id.object();
    objects.iter().filter(is_report).map(|(_, id)| *id).collect()
}

/// Which are older than the oldest that stays of their kind, where these are there, by time.
fn outlived(there: &[ReportId]) -> impl Fn(&ReportId) -> bool + use<> {
    let oldest = ReportKind::ALL.map(|kind| {
        let mut newest_first = there.iter().rev().filter(|id| id.kind == kind);
        newest_first.nth(KEPT - 1).copied()
    });
    move |id| oldest.iter().flatten().any(|kept| kept.kind == id.kind && id < kept)
}

/// Those that no newer ones have outlived.
pub(in crate::snapshot) fn living(all: &BTreeSet<ReportId>) -> impl Iterator<Item = ReportId> + '_ {
    let outlived = outlived(&all.iter().copied().collect::<Vec<_>>());
    all.iter().copied().filter(move |id| !outlived(id))
}

fn folder() -> ObjectName {
    FOLDER.parse().expect("the names of the layout are valid")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(seconds: i64, kind: ReportKind) -> ReportId {
        ReportId { at: Timestamp::from_second(seconds).expect("in range"), kind }
    }

    #[test]
    fn a_name_has_one_spelling() {
        let id = id(1_800_000_000, ReportKind::Drill);
        assert_eq!(id.to_string(), "20270115T080000Z-drill");
        assert_eq!("20270115T080000Z-drill".parse(), Ok(id));
        for bad in ["20270115T080000Z", "20270115T080000Z-dril", "20270115T080060Z-drill", "-drill"]
        {
            assert!(bad.parse::<ReportId>().is_err(), "{bad}");
        }
        assert_eq!(ReportId::of(&id.object()), Some(id));
        assert_eq!(ReportId::of(&id.object().signature()), Some(id));
        for other in ["drills/a.json", "drills/x/20270115T080000Z-drill.json", "drills/.sig"] {
            assert_eq!(other.parse().ok().and_then(|name| ReportId::of(&name)), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn the_newest_of_each_kind_stay(times in proptest::collection::btree_set(0..10_000_i64, 0..150), split in 1..9_i64) {
            let kind = |time: i64| ReportKind::ALL[usize::from(time % 10 < split)];
            let ids: Vec<ReportId> = times.iter().map(|time| id(*time, kind(*time))).collect();
            let goes = outlived(&ids);
            for kind in ReportKind::ALL {
                let all: Vec<&ReportId> = ids.iter().filter(|id| id.kind == kind).collect();
                let kept = all.len().min(KEPT);
                let (old, new) = all.split_at(all.len() - kept);
                prop_assert!(old.iter().all(|id| goes(id)) && !new.iter().any(|id| goes(id)));
            }
        }
    }
}
