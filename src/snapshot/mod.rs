//! Snapshots: one encrypted archive each, named by its hash; packs, which hold the parts of bulky
//! files and are shared by snapshots; and a signed clear-text commit that says which of them a
//! snapshot needs. The format is written down in `docs/format.md`.
//!
//! Where to begin: each verb has a folder, whose `mod.rs` does the work. Taking one is `create/` (what
//! is taken: `profile/`; bulky files: `packing/`; all others: `tree.rs`). Looking is `verify/` (numbers:
//! `history.rs`; everything: `data.rs`; the home: `live.rs`). Bringing back is `restore/` (`extract.rs`,
//! `filling.rs`; over what is there: `in_place/`; what of it would run: `danger/`, `inert/`; whether it
//! is the same: `restored.rs`). Keeping is `prune/` and `heal.rs`. What lies in a place is
//! `repository/` and `archive/`; what this machine remembers of it, `state/`.
//!
//! * **Taking one needs no decryption key**: `create/` gets a signer and public keys.
//! * **Restoring one needs no vaultctl**: `restore.sh` lies in every repository.
//! * **A repository is not believed**: whoever opens it brings the signer's fingerprint.
//! * **Nothing is restored unproven**: a [`Restoration`] wants a [`Verified`], which only
//!   `restore/verified.rs` makes, and writes beside the target until the last byte was checked.

mod archive;
mod create;
mod error;
mod heal;
mod progress;
mod prune;
mod repository;
mod restore;
mod state;
mod verify;

pub use archive::{Told, TreePath};
pub use create::accept::accept;
pub use create::baseline::Loss;
pub use create::finding::{Finding, Trouble};
pub use create::health::Format;
pub use create::mirrors::Lost;
pub use create::profile::{BadPattern, Own, Places, Plan, Profile};
pub use create::{Behind, Created, Creation};
pub use error::Error;
pub use heal::{Diagnosis, Extent, Healed, Healing, Wound, copy, open_wounded};
pub use progress::{Progress, Unseen};
pub use prune::retention::{Choice, Keep, Reason, Rule};
pub use prune::{GivenUp, Pruning, Removal};
pub use repository::commit::{Commit, Health, ObjectRef, RepositoryId, SnapshotId, Totals};
pub use repository::known_places::KnownPlaces;
pub use repository::reports::{ReportId, ReportKind};
pub use repository::search::{Backdated, BadMoment, Found, Moment, PassedOver, Search};
pub use repository::text::Malformed;
pub use repository::{Entry, Listing, Repository, Standing};
pub use restore::compare::{Change, compare};
pub use restore::danger::Danger;
pub use restore::extract::Altered;
pub use restore::in_place::{Part, Replaced, Site, resume};
pub use restore::merge::{JsonPointer, MergeError};
pub use restore::moved::MovedHome;
pub use restore::outline::Thing;
pub use restore::restored::{By, Difference, Likeness};
pub use restore::selection::{Selection, SessionId, Wanted};
pub use restore::verified::Verified;
pub use restore::{Restoration, Restored};
pub use state::pruned::{Gap, Pruned};
pub use state::{Locked, Pin, State};
pub use verify::history::Known;
pub use verify::live::Compared;
pub use verify::subset::{BadSubset, Subset};
pub use verify::{Fault, Level, Report, Verification};

#[cfg(test)]
mod tests;
