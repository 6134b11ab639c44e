//! Reading one snapshot object, which must be the one that was signed.

use std::io::{self, Read};

use crate::crypto::{self, HashingReader, Identity, open};
use crate::storage::{self, Storage};

use super::Error;
use super::archive::{Visit, read_archive};
use super::commit::{ObjectRef, Totals};
use super::repository::snapshot_name;

/// What is said of bytes that were altered.
pub(super) const NOT_SIGNED: &str = "its bytes are not those that were signed";

/// Reads the whole object and compares it with what was signed. Needs no key.
pub(super) fn scrub(storage: &dyn Storage, object: ObjectRef) -> Result<(), Error> {
    let mut reader = HashingReader::new(get(storage, object)?);
    expect_signed(object, &mut reader)
}

/// Decrypts the object and reads the archive in it. What `visit` is told is what was signed only
/// once this has returned.
pub(super) fn read(
    storage: &dyn Storage,
    object: ObjectRef,
    limit: Totals,
    identity: &Identity,
    visit: &mut Visit<'_>,
) -> Result<(), Error> {
    let mut reader = HashingReader::new(get(storage, object)?);
    let totals = decrypted(&mut reader, limit, identity, visit);
    let totals = totals.map_err(|error| about(object, error))?;
    expect_signed(object, &mut reader)?;
    if totals == limit {
        Ok(())
    } else {
        Err(Error::damaged(
            snapshot_name(&object.digest),
            "it holds less than its commit announced",
        ))
    }
}

fn decrypted(
    source: &mut dyn Read,
    limit: Totals,
    identity: &Identity,
    visit: &mut Visit<'_>,
) -> Result<Totals, Error> {
    read_archive(open(source, identity)?, limit, visit)
}

fn get(storage: &dyn Storage, object: ObjectRef) -> Result<Box<dyn Read + '_>, Error> {
    storage.get(&snapshot_name(&object.digest)).map_err(|error| match error {
        storage::Error::NotFound(name) => Error::damaged(name, "it is missing"),
        other => other.into(),
    })
}

/// Reads what is left and compares hash and size.
fn expect_signed(
    object: ObjectRef,
    reader: &mut HashingReader<Box<dyn Read + '_>>,
) -> Result<(), Error> {
    io::copy(reader, &mut io::sink()).map_err(|error| about(object, error.into()))?;
    let (digest, size) = reader.so_far();
    if (digest, size) == (object.digest, object.size) {
        Ok(())
    } else {
        Err(Error::damaged(snapshot_name(&object.digest), NOT_SIGNED))
    }
}

/// A stream that breaks off, or a ciphertext that does not open, is damage of the object.
fn about(object: ObjectRef, error: Error) -> Error {
    let damaged =
        |reason: &dyn ToString| Error::damaged(snapshot_name(&object.digest), reason.to_string());
    match error {
        Error::Stream(reason) => damaged(&reason),
        Error::Crypto(
            reason @ (crypto::Error::Damaged(_)
            | crypto::Error::NotCiphertext(_)
            | crypto::Error::Armored),
        ) => damaged(&reason),
        Error::Member { member, reason } => damaged(&format!("member `{member}`: {reason}")),
        other => other,
    }
}
