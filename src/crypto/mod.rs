//! Bytes to sealed bytes and back; no file, no variable, no prompt, no clock.
//!
//! Each library stays behind its files: age in `age.rs`, `passphrase.rs` and `read_back.rs`, Sequoia
//! below `openpgp/`, SSHSIG in `signature.rs`. Two proof types carry the room's promises outwards:
//!
//! * [`Sealed`] can be made here only, by encrypting or by recognising a whole ciphertext. The
//!   files of entries and of snapshots take nothing else, so plaintext can not be written or sent by
//!   mistake.
//! * [`Signed`] can be made here only, by signing or by verifying.

mod age;
mod digest;
mod error;
mod openpgp;
mod passphrase;
mod read_back;
mod sealed;
mod signature;

pub use age::{Identity, Recipient, Sealer, open, open_whole, seal, seal_whole};
pub use digest::{Digest, HashingReader, HashingWriter};
pub use error::Error;
pub use openpgp::{
    Envelope, KeyId, PublicKey, SessionKey, WrappedKey, folder_hash, open_openpgp, openpgp_key_ids,
    recognise_openpgp, seal_openpgp,
};
pub use passphrase::{open_with_passphrase, seal_with_passphrase};
pub use read_back::seal_for_read_back;
pub use sealed::{Cipher, Recipients, Sealed};
pub use signature::{Attested, Fingerprint, Signed, Signer, Verifier};
