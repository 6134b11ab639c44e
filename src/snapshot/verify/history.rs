//! The history of a repository: numbers, predecessors, and what this machine remembers of them.

use crate::crypto::Digest;
use crate::snapshot::Error;
use crate::snapshot::repository::commit::Commit;
use crate::snapshot::repository::{Entry, Listing, Standing, commit_name};
use crate::snapshot::state::Pin;
use crate::snapshot::state::pruned::{Gap, Pruned};

use super::Report;

/// What this machine remembers.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The newest commit that it wrote.
    pub pin: Option<Pin>,
    /// What it has pruned.
    pub pruned: Pruned,
}

impl Known {
    /// The same, where it was told before that these numbers are missing.
    #[must_use]
    pub fn not_missing(mut self, numbers: &[u64]) -> Self {
        numbers.iter().for_each(|seq| self.pruned.add(*seq));
        self
    }

    /// The same, where somebody else prunes: then any gap may be right.
    #[must_use]
    pub fn judging_no_gap(self) -> Self {
        Self { pruned: self.pruned.judging_nothing(), ..self }
    }
}

/// Notes whatever does not follow: numbers rise without repetition, and without a gap that prune
/// did not leave; each commit names the one before, where that is still there; and the one that
/// this machine wrote last is there.
pub(in crate::snapshot) fn check(listing: &Listing, known: &Known, report: &mut Report) {
    for name in &listing.strange {
        report.fault(name, "it is called like no snapshot");
    }
    let mut before = Before::default();
    for entry in &listing.entries {
        check_number(entry, before.seq, known, report);
        check_entry(entry, &before, report);
        before = Before { seq: entry.id.seq, digest: digest_of(entry) };
    }
    if let Some(pin) = known.pin {
        check_pin(before.seq, listing, pin, report);
    }
}

/// The commit before; its digest is known when it is whole.
#[derive(Default)]
struct Before {
    seq: u64,
    digest: Option<Digest>,
}

fn check_number(entry: &Entry, before: u64, known: &Known, report: &mut Report) {
    let (name, seq) = (commit_name(&entry.id), entry.id.seq);
    if seq == before {
        return report.fault(&name, format!("number {before} is there twice"));
    }
    for gap in known.pruned.gaps(before + 1, seq - 1) {
        if gap.is_fault {
            report.fault(&name, missing(gap));
        } else {
            report.gaps.push(gap);
        }
    }
}

fn check_entry(entry: &Entry, before: &Before, report: &mut Report) {
    let name = commit_name(&entry.id);
    match &entry.standing {
        Standing::Damaged(reason) => report.fault(&name, reason),
        Standing::Newer => report.newer.push(entry.id),
        Standing::Whole { commit, .. } if !follows(commit, before) => {
            report.fault(&name, "it does not follow from the snapshot before it");
        }
        Standing::Whole { .. } => {}
    }
}

fn missing(gap: Gap) -> String {
    let Gap { first, last, .. } = gap;
    if first == last {
        format!("the snapshot before it, number {first}, is missing")
    } else {
        format!("the snapshots before it, numbers {first} to {last}, are missing")
    }
}

/// Only the first one has no predecessor. One that is gone, or can not be read, proves nothing.
fn follows(commit: &Commit, before: &Before) -> bool {
    match before.digest {
        Some(digest) if before.seq.checked_add(1) == Some(commit.id.seq) => {
            commit.previous == Some(digest)
        }
        _ => (commit.id.seq == 1) == commit.previous.is_none(),
    }
}

fn check_pin(newest: u64, listing: &Listing, pin: Pin, report: &mut Report) {
    if newest < pin.seq {
        let known = pin.seq;
        return report.fault("commits", Error::RolledBack { newest, known });
    }
    for entry in listing.entries.iter().filter(|entry| entry.id.seq == pin.seq) {
        if digest_of(entry).is_some_and(|digest| digest != pin.commit) {
            report.fault(commit_name(&entry.id), "it is not the one that this machine wrote");
        }
    }
}

fn digest_of(entry: &Entry) -> Option<Digest> {
    match entry.standing {
        Standing::Whole { digest, .. } => Some(digest),
        Standing::Newer | Standing::Damaged(_) => None,
    }
}
