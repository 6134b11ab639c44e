//! Taking a snapshot. Needs the signing key and public keys; nothing here can decrypt, but what was
//! sealed a moment before.
//!
//! In this order: the object, a look whether it is there as it was written, the signature, the
//! commit, our own memory. Whoever is stopped before the commit has left nothing but an object that
//! nobody names.

use std::time::Duration;

use jiff::{Timestamp, Unit};

use crate::audit::Head;
use crate::crypto::{Digest, Recipient, Signer};
use crate::storage::{Body, put_new, put_signed};

use super::commit::{self, Commit, Health, ObjectRef, SnapshotId};
use super::finding::Finding;
use super::pack::{Packed, pack};
use super::profile::{CONFIG, Plan};
use super::repository::{
    Entry, Listing, Repository, Standing, commit_name, snapshot_name, snapshots_folder,
};
use super::state::{Kept, Locked, Pin};
use super::{Error, object};

/// Everything that a new snapshot depends on.
pub struct Creation<'a> {
    /// Where it goes.
    pub repository: &'a Repository<'a>,
    /// What this machine remembers, and the right to write.
    pub state: &'a Locked,
    /// Who signs.
    pub signer: &'a Signer,
    /// Who can open it.
    pub recipients: &'a [Recipient],
    /// When.
    pub at: Timestamp,
    /// Where the access log stands.
    pub audit: Head,
}

/// A snapshot that was taken.
pub struct Created {
    /// What it says.
    pub commit: Commit,
    /// Whether its object was there already.
    pub unchanged: bool,
    /// What is not as it should be.
    pub findings: Vec<Finding>,
}

impl Creation<'_> {
    /// Takes the snapshot.
    ///
    /// # Errors
    /// See [`Error`]; then there is no new commit.
    pub fn run(&self, plan: &Plan) -> Result<Created, Error> {
        let packed = pack(plan, self.recipients, &|| self.state.spool())?;
        let (kept, unchanged) = self.store(&packed)?;
        let commit = self.commit(&packed, kept.object)?;
        self.state.keep(kept)?;
        Ok(Created { commit, unchanged, findings: packed.findings })
    }

    /// Stores the object, unless the one that is there has the same content for the same people, and
    /// is sound: nobody should build night after night on an object that has rotted.
    fn store(&self, packed: &Packed) -> Result<(Kept, bool), Error> {
        let (content, recipients) = (packed.content, Recipient::digest_of(self.recipients));
        let is_the_same = |kept: &Kept| (kept.content, kept.recipients) == (content, recipients);
        if let Some(kept) = self.state.kept()?.filter(is_the_same)
            && self.is_stored(kept.object)?
            && object::scrub(self.repository.storage(), kept.object).is_ok()
        {
            return Ok((kept, true));
        }
        let object = ObjectRef { digest: packed.sealed.digest(), size: packed.sealed.size() };
        let name = snapshot_name(&object.digest);
        put_new(self.repository.storage(), &name, &Body::Sealed(&packed.sealed))?;
        if self.is_stored(object)? {
            Ok((Kept { content, recipients, object }, false))
        } else {
            Err(Error::damaged(name, "it is not there as it was written"))
        }
    }

    fn is_stored(&self, object: ObjectRef) -> Result<bool, Error> {
        let name = snapshot_name(&object.digest);
        let listed = self.repository.storage().list(&snapshots_folder())?;
        Ok(listed.iter().any(|listed| listed.name == name && listed.size == object.size))
    }

    fn commit(&self, packed: &Packed, object: ObjectRef) -> Result<Commit, Error> {
        let (seq, previous) = next(self.state.state().pin()?, &self.repository.commits()?);
        let commit = Commit {
            repository: self.repository.id().clone(),
            id: self.free_id(seq)?,
            previous,
            profiles: vec![CONFIG.to_owned()],
            health: Health::of(&packed.findings),
            audit: self.audit,
            totals: packed.totals,
            object,
            packs: Vec::new(),
        };
        let signed = self.signer.sign(commit::NAMESPACE, commit.render().into_bytes());
        put_signed(self.repository.storage(), &commit_name(&commit.id), &signed)?;
        self.state.set_pin(Pin { seq, commit: Digest::of(signed.statement()) })?;
        Ok(commit)
    }

    /// The time, in whole seconds; a later one when a stopped run has left a signature of that name.
    fn free_id(&self, seq: u64) -> Result<SnapshotId, Error> {
        let mut id = SnapshotId { time: whole_seconds(self.at), seq };
        while self.repository.storage().head(&commit_name(&id).signature())?.is_some() {
            id.time += Duration::from_secs(1);
        }
        Ok(id)
    }
}

fn whole_seconds(at: Timestamp) -> Timestamp {
    let options = jiff::TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Trunc);
    at.round(options).unwrap_or(at)
}

/// Number and predecessor of the next commit: it follows the newest that is rightly signed, or that
/// this machine remembers. So a gap stays visible when somebody has removed the newest commits.
fn next(pin: Option<Pin>, listing: &Listing) -> (u64, Option<Digest>) {
    let known = |entry: &Entry| match &entry.standing {
        Standing::Whole { commit, digest } => Some(Pin { seq: commit.id.seq, commit: *digest }),
        Standing::Newer | Standing::Damaged(_) => None,
    };
    let listed = listing.entries.iter().filter_map(known);
    match pin.into_iter().chain(listed).max_by_key(|pin| pin.seq) {
        Some(newest) => (newest.seq.saturating_add(1), Some(newest.commit)),
        None => (1, None),
    }
}
