//! Bytes to sealed bytes and back; no file, no variable, no prompt, no clock.
//!
//! The one exception is the age library's: it starts the plugins that local settings list, from
//! `plugin.rs`. Each library stays behind its files: age in `age.rs` and those that it is divided
//! into, Sequoia below `openpgp/`, SSHSIG in `signature.rs`. Two proof types carry the room's promises outwards:
//!
//! * [`Sealed`] can be made here only, by encrypting or by recognising a whole ciphertext. The
//!   files of entries and of snapshots take nothing else, so plaintext can not be written or sent by
//!   mistake.
//! * [`Signed`] can be made here only, by signing or by verifying.

mod age;
mod blob;
mod digest;
mod error;
mod header;
mod identity;
mod locked;
mod openpgp;
mod passphrase;
mod plugin;
mod read_back;
mod recipient;
mod sealed;
mod signature;

pub use age::{Sealer, open, open_whole, seal, seal_whole};
pub use blob::{BlobId, DedupKey};
pub use digest::{Digest, HashingReader, HashingWriter};
pub use error::Error;
pub use header::can_be_for;
pub use identity::{Identity, IdentityFile};
pub use locked::{LockedFile, Reason};
pub use openpgp::{
    Envelope, KeyId, PublicKey, SessionKey, WrappedKey, folder_hash, open_openpgp, openpgp_key_ids,
    recognise_openpgp, seal_openpgp,
};
pub use passphrase::{open_with_passphrase, seal_with_passphrase};
pub use plugin::{Plugins, Talk};
pub use read_back::seal_for_read_back;
pub use recipient::Recipient;
pub use sealed::{Cipher, Recipients, Sealed};
pub use signature::{Attested, AttestedCopy, Fingerprint, Signed, Signer, Verifier};
