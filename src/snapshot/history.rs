//! The history of a repository: numbers, predecessors, and what this machine remembers of them.

use crate::crypto::Digest;

use super::Error;
use super::commit::Commit;
use super::repository::{Entry, Listing, Standing, commit_name};
use super::state::Pin;
use super::verify::Report;

/// Notes whatever does not follow: numbers run from 1 without gap or repetition, each commit names
/// the one before, and the one that this machine wrote last is there.
pub(super) fn check(listing: &Listing, pin: Option<Pin>, report: &mut Report) {
    for name in &listing.strange {
        report.fault(name, "it is called like no snapshot");
    }
    let mut before = Before::default();
    for entry in &listing.entries {
        check_entry(entry, &before, report);
        before = Before { seq: entry.id.seq, digest: digest_of(entry) };
    }
    if let Some(pin) = pin {
        check_pin(before.seq, listing, pin, report);
    }
}

/// The commit before; its digest is known when it is whole.
#[derive(Default)]
struct Before {
    seq: u64,
    digest: Option<Digest>,
}

fn check_entry(entry: &Entry, before: &Before, report: &mut Report) {
    let name = commit_name(&entry.id);
    let follows = before.seq.checked_add(1) == Some(entry.id.seq);
    if entry.id.seq == before.seq {
        report.fault(&name, format!("number {} is there twice", before.seq));
    } else if !follows {
        report.fault(&name, missing(before.seq + 1, entry.id.seq - 1));
    }
    match &entry.standing {
        Standing::Damaged(reason) => report.fault(&name, reason),
        Standing::Newer => report.newer.push(entry.id),
        Standing::Whole { commit, .. } if follows && !names_its_predecessor(commit, before) => {
            report.fault(&name, "it does not follow from the snapshot before it");
        }
        Standing::Whole { .. } => {}
    }
}

fn missing(first: u64, last: u64) -> String {
    if first == last {
        format!("the snapshot before it, number {first}, is missing")
    } else {
        format!("the snapshots before it, numbers {first} to {last}, are missing")
    }
}

/// A predecessor that can not be read proves nothing.
fn names_its_predecessor(commit: &Commit, before: &Before) -> bool {
    match before.digest {
        Some(digest) => commit.previous == Some(digest),
        None => before.seq > 0 || commit.previous.is_none(),
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
