//! What the last run knew of each bulky file, so that this one need not open what has not changed.
//!
//! Safe to lose, and never believed about what a storage holds: a pack that it names counts only
//! when the newest commit names it and the storage lists it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::crypto::{BlobId, DedupKey, Digest, Recipient};
use crate::snapshot::archive::{Part, RunningSum};
use crate::snapshot::repository::commit::ObjectRef;
use crate::sys::Facts;

/// Device and inode.
pub(super) type Place = (u64, u64);

/// How the file begins; another version is as good as none.
const FIRST_LINE: &[u8] = b"vaultctl-cache 1\n";

/// The memory of one run.
#[derive(Serialize, Deserialize)]
pub(in crate::snapshot) struct Cache {
    /// To whom the packs are encrypted: for others they must be made anew.
    recipients: Digest,
    /// What the parts' names depend on, without telling it.
    key: BlobId,
    pub(super) files: HashMap<Place, Record>,
    pub(super) packs: Vec<PackRecord>,
}

/// A file, as it was stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Seconds and nanoseconds of the last change of content.
    pub(super) mtime: (i64, i64),
    /// Seconds and nanoseconds of the last change of state.
    pub(super) ctime: (i64, i64),
    /// What it was put together from.
    pub(super) parts: Vec<Part>,
    /// The sum of all its bytes.
    pub(super) sum: RunningSum,
    /// Whether it changed while it was read: then nothing is built on it.
    pub(super) torn: bool,
    /// Whether all of it was read since its beginning was last looked at only by its edges.
    pub(super) proven: bool,
    /// What names its first and its last bytes.
    pub(super) edges: BlobId,
}

impl Record {
    /// The size of the file (bytes).
    pub(super) fn size(&self) -> u64 {
        self.sum.size()
    }

    /// Whether the file may have grown from what was stored.
    pub(super) fn may_have_grown_to(&self, facts: &Facts) -> bool {
        !self.torn && (1..=facts.size).contains(&self.size())
    }

    /// Whether the file is still the one that was stored.
    pub(super) fn is_of(&self, facts: &Facts) -> bool {
        let (recorded, found) =
            ((self.size(), self.mtime, self.ctime), (facts.size, facts.mtime, facts.ctime));
        !self.torn && recorded == found
    }
}

/// A pack, and what is in it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct PackRecord {
    pub(super) object: ObjectRef,
    pub(super) parts: Vec<Part>,
}

impl PackRecord {
    /// The parts' sizes together (bytes).
    pub(super) fn size(&self) -> u64 {
        self.parts.iter().map(|part| part.size).sum()
    }
}

impl Cache {
    /// A cache that knows nothing.
    pub(in crate::snapshot) fn empty(recipients: &[Recipient], key: &DedupKey) -> Self {
        Self {
            recipients: Recipient::digest_of(recipients),
            key: key.id_of(b"the key of this cache"),
            files: HashMap::new(),
            packs: Vec::new(),
        }
    }

    /// Reads what [`Cache::render`] wrote; `None` when it is anything else, or was written for other
    /// recipients or another key.
    pub(in crate::snapshot) fn parse(
        bytes: &[u8],
        recipients: &[Recipient],
        key: &DedupKey,
    ) -> Option<Self> {
        let (digest, body) = bytes.strip_prefix(FIRST_LINE)?.split_at_checked(64)?;
        if Digest::of(body).to_string().as_bytes() != digest {
            return None;
        }
        let cache: Self = postcard::from_bytes(body).ok()?;
        let wanted = Self::empty(recipients, key);
        ((cache.recipients, cache.key) == (wanted.recipients, wanted.key)).then_some(cache)
    }

    /// As it is kept.
    pub(in crate::snapshot) fn render(&self) -> Vec<u8> {
        let body = postcard::to_stdvec(self).expect("numbers and lists can be written");
        [FIRST_LINE, Digest::of(&body).to_string().as_bytes(), &body].concat()
    }

    /// Forgets every pack but these.
    pub(super) fn keep_packs(&mut self, wanted: impl Fn(&PackRecord) -> bool) {
        self.packs.retain(wanted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_back_and_only_by_the_same_key_and_for_the_same_people() {
        let (key, other) = (DedupKey::new(&[1; 32]), DedupKey::new(&[2; 32]));
        let cache = Cache::empty(&[], &key);
        let bytes = cache.render();
        assert!(Cache::parse(&bytes, &[], &key).is_some());
        assert!(Cache::parse(&bytes, &[], &other).is_none());
        let recipient = crate::crypto::Identity::make().1;
        assert!(Cache::parse(&bytes, &[recipient], &key).is_none());
        for place in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1;
            assert!(Cache::parse(&damaged, &[], &key).is_none(), "byte {place}");
            assert!(Cache::parse(&bytes[..place], &[], &key).is_none(), "cut to {place}");
        }
    }
}
