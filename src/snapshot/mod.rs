//! Snapshots: one encrypted archive each, named by its hash; packs, which hold the parts of bulky
//! files and are shared by snapshots; and a signed clear-text commit that says which of them a
//! snapshot needs. The format is written down in `docs/format.md`.
//!
//! Where to begin: taking one is `create.rs` (what: `profile/`; bulky files: `packing/`; all others:
//! `tree.rs`). Looking is `verify.rs` (numbers: `history.rs`; everything: `data.rs`; the home:
//! `live.rs`). Bringing back is `restore.rs` (`extract.rs`, `filling.rs`; over what is there:
//! `in_place/`; what of it would run: `danger/`, `inert/`; whether it is the same: `restored.rs`). Keeping is `prune.rs` (`retention.rs`) and
//! `heal.rs`. What lies in a repository is `repository.rs`, `commit.rs` and `archive/`; what this
//! machine remembers of one, `state.rs`.
//!
//! * **Taking one needs no decryption key**: `create.rs` gets a signer and public keys.
//! * **Restoring one needs no vaultctl**: `restore.sh` lies in every repository.
//! * **A repository is not believed**: whoever opens it brings the signer's fingerprint.
//! * **Nothing is restored unproven**: a [`Restoration`] wants a [`Verified`], which only
//!   `verified.rs` makes, and writes beside the target until the last byte was checked.

mod accept;
mod archive;
mod baseline;
mod commit;
mod compare;
mod contents;
mod create;
mod damaged;
mod danger;
mod data;
mod error;
mod export;
mod extract;
mod fetch;
mod filling;
mod finding;
mod heal;
mod health;
mod history;
mod known_places;
mod live;
mod in_place;
mod inert;
mod merge;
mod mirrors;
mod moved;
mod names;
mod object;
mod outline;
mod packing;
mod profile;
mod progress;
mod prune;
mod pruned;
mod reports;
mod repository;
mod restore;
mod restored;
mod retention;
mod search;
mod selection;
mod sources;
mod state;
mod stored;
mod subset;
mod text;
mod tree;
mod verified;
mod verify;
mod watch;

pub use accept::accept;
pub use archive::{Told, TreePath};
pub use baseline::Loss;
pub use commit::{Commit, Health, ObjectRef, RepositoryId, SnapshotId, Totals};
pub use compare::{Change, compare};
pub use create::{Behind, Created, Creation};
pub use danger::Danger;
pub use error::Error;
pub use extract::Altered;
pub use finding::{Finding, Trouble};
pub use heal::{Diagnosis, Extent, Healed, Healing, Wound, copy, open_wounded};
pub use health::Format;
pub use history::Known;
pub use in_place::{Part, Replaced, Site, resume};
pub use known_places::KnownPlaces;
pub use live::Compared;
pub use merge::{JsonPointer, MergeError};
pub use mirrors::Lost;
pub use moved::MovedHome;
pub use outline::Thing;
pub use profile::{BadPattern, Own, Places, Plan, Profile};
pub use progress::{Progress, Unseen};
pub use prune::{GivenUp, Pruning, Removal};
pub use pruned::{Gap, Pruned};
pub use reports::{ReportId, ReportKind};
pub use repository::{Entry, Listing, Repository, Standing};
pub use restore::{Restoration, Restored};
pub use restored::{By, Difference, Likeness};
pub use retention::{Choice, Keep, Reason, Rule};
pub use search::{Backdated, BadMoment, Found, Moment, PassedOver, Search};
pub use selection::{Selection, SessionId, Wanted};
pub use state::{Locked, Pin, State};
pub use subset::{BadSubset, Subset};
pub use text::Malformed;
pub use verified::Verified;
pub use verify::{Fault, Level, Report, Verification};

#[cfg(test)]
mod tests;
