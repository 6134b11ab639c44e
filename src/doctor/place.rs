//! One place of a repository.

use jiff::Timestamp;

use crate::recovery::newest;
use crate::snapshot::{Commit, Error, Health, Pin, ReportKind, Repository, SnapshotId, Standing};

use super::Proof;

/// What a place has.
#[derive(Debug)]
pub struct Place {
    /// What it is called.
    pub name: String,
    /// How many snapshots are listed.
    pub snapshots: usize,
    /// When the oldest one that can be read was taken.
    pub since: Option<Timestamp>,
    /// The newest one that can be read.
    pub newest: Option<Snapshot>,
    /// The newest healthy one.
    pub healthy: Option<Snapshot>,
    /// The last verification that left a report.
    pub verified: Option<Proof>,
    /// The last drill.
    pub drilled: Option<Proof>,
    /// What is not as it should be, a line each.
    pub faults: Vec<String>,
}

/// A snapshot, as its signed commit says.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Its time and number.
    pub id: SnapshotId,
    /// Whether all that is known could be parsed.
    pub health: Health,
    /// How many bytes restoring it writes.
    pub bytes: u64,
}

impl Snapshot {
    fn of(commit: &Commit) -> Self {
        let Commit { id, health, totals, .. } = commit;
        Self { id: *id, health: health.clone(), bytes: totals.bytes }
    }

    /// When it was taken.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.id.time
    }
}

impl Place {
    /// Looks at the repository: every signature of a snapshot, and the newest reports. `pin` is the
    /// newest snapshot that this machine has written there, if it has.
    ///
    /// # Errors
    /// What the storage says of the snapshots; that reports can not be read is a fault.
    pub fn look(
        name: String,
        repository: &Repository<'_>,
        pin: Option<Pin>,
    ) -> Result<Self, Error> {
        let listing = repository.commits()?;
        let mut place = Self {
            name,
            snapshots: listing.entries.len(),
            since: None,
            newest: None,
            healthy: None,
            verified: None,
            drilled: None,
            faults: Vec::new(),
        };
        for entry in &listing.entries {
            match &entry.standing {
                Standing::Whole { commit, .. } => place.take(Snapshot::of(commit)),
                Standing::Newer => {
                    place.faults.push(format!("{} was written by a newer vaultctl", entry.id));
                }
                Standing::Damaged(reason) => place.faults.push(format!("{}: {reason}", entry.id)),
            }
        }
        let strange = listing.strange.iter();
        place.faults.extend(strange.map(|name| format!("{name}: it is called like no snapshot")));
        let seq = listing.entries.last().map_or(0, |entry| entry.id.seq);
        if let Some(pin) = pin.filter(|pin| pin.seq > seq) {
            let rolled_back = Error::RolledBack { newest: seq, known: pin.seq };
            place.faults.push(rolled_back.to_string());
        }
        place.verified = place.proof(repository, ReportKind::Verify);
        place.drilled = place.proof(repository, ReportKind::Drill);
        Ok(place)
    }

    /// What it is called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// They come by number.
    fn take(&mut self, snapshot: Snapshot) {
        self.since.get_or_insert(snapshot.at());
        if snapshot.health == Health::Ok {
            self.healthy = Some(snapshot.clone());
        }
        self.newest = Some(snapshot);
    }

    fn proof(&mut self, repository: &Repository<'_>, kind: ReportKind) -> Option<Proof> {
        match newest(repository, kind) {
            Ok(filed) => filed.map(Proof::new),
            Err(error) => {
                self.faults.push(format!("reports of the last {kind} can not be read: {error}"));
                None
            }
        }
    }
}
