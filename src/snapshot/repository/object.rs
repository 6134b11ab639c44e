//! Reading one object, which must be the one that was signed.

use std::io::{self, Read};

use crate::crypto::{self, HashingReader, Identity, open};
use crate::snapshot::Error;
use crate::snapshot::archive::{Contents, Visit, VisitPart, read_archive, read_pack};
use crate::storage::{self, ObjectName, Storage};
use crate::sys::processors;

use super::commit::{ObjectRef, Totals};
use super::{pack_name, snapshot_name};

/// What is said of bytes that were altered.
pub(in crate::snapshot) const NOT_SIGNED: &str = "its bytes are not those that were signed";

/// How many workers compress or decompress at the same time: one for each processor, but each takes
/// some 40 to 90 MB.
pub(in crate::snapshot) fn hands() -> usize {
    processors().min(3)
}

/// An object and its name, which says of what kind it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::snapshot) struct Named {
    pub(in crate::snapshot) name: ObjectName,
    pub(in crate::snapshot) object: ObjectRef,
}

impl Named {
    /// A snapshot object.
    pub(in crate::snapshot) fn snapshot(object: ObjectRef) -> Self {
        Self { name: snapshot_name(&object.digest), object }
    }

    /// A pack.
    pub(in crate::snapshot) fn pack(object: ObjectRef) -> Self {
        Self { name: pack_name(&object.digest), object }
    }

    /// Reads the whole object and compares it with what was signed. Needs no key.
    pub(in crate::snapshot) fn scrub(&self, storage: &dyn Storage) -> Result<(), Error> {
        self.expect_signed(&mut self.get(storage)?)
    }

    /// Reads the object through `read`, and then whatever that has left. What `read` was told is what
    /// was signed only once this has returned; and what it complains of counts only then, since
    /// altered bytes may look like anything.
    fn through<T>(
        &self,
        storage: &dyn Storage,
        read: impl FnOnce(&mut dyn Read) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut reader = self.get(storage)?;
        let done = read(&mut reader);
        let is_about_bytes = |error: &Error| {
            matches!(error, Error::Stream(_) | Error::Crypto(_) | Error::Member { .. })
        };
        if done.as_ref().err().is_none_or(is_about_bytes) {
            self.expect_signed(&mut reader)?;
        }
        done.map_err(|error| self.about(error))
    }

    pub(in crate::snapshot) fn get<'s>(
        &self,
        storage: &'s dyn Storage,
    ) -> Result<HashingReader<Stream<'s>>, Error> {
        match storage.get(&self.name) {
            // One byte more than it may have is enough to see that it is another.
            Ok(stream) => {
                let limit = self.object.size.saturating_add(1);
                Ok(HashingReader::new(Box::new(stream.take(limit))))
            }
            Err(storage::Error::NotFound(name)) => Err(Error::damaged(name, "it is missing")),
            Err(other) => Err(other.into()),
        }
    }

    /// Reads what is left and compares hash and size.
    pub(in crate::snapshot) fn expect_signed(
        &self,
        reader: &mut HashingReader<Stream<'_>>,
    ) -> Result<(), Error> {
        io::copy(reader, &mut io::sink()).map_err(|error| self.about(error.into()))?;
        let (digest, size) = reader.so_far();
        if (digest, size) == (self.object.digest, self.object.size) {
            Ok(())
        } else {
            Err(Error::damaged(&self.name, NOT_SIGNED))
        }
    }

    /// A stream that breaks off, or a ciphertext that does not open, is damage of the object.
    pub(in crate::snapshot) fn about(&self, error: Error) -> Error {
        let damaged = |reason: &dyn ToString| Error::damaged(&self.name, reason.to_string());
        match error {
            // A network that fails says nothing about the object.
            Error::Stream(reason) => match reason.downcast::<storage::Error>() {
                Ok(unreachable) => unreachable.into(),
                Err(reason) => damaged(&reason),
            },
            Error::Crypto(
                reason @ (crypto::Error::Damaged(_)
                | crypto::Error::NotCiphertext(_)
                | crypto::Error::Armored),
            ) => damaged(&reason),
            Error::Member { member, reason } => damaged(&format!("member `{member}`: {reason}")),
            other => other,
        }
    }
}

/// An object's bytes, as they come.
pub(super) type Stream<'s> = Box<dyn Read + 's>;

/// Decrypts a snapshot object and reads the archive in it.
pub(in crate::snapshot) fn read_snapshot(
    storage: &dyn Storage,
    object: ObjectRef,
    limit: Totals,
    identity: &Identity,
    visit: &mut Visit<'_>,
) -> Result<Contents, Error> {
    let named = Named::snapshot(object);
    let contents =
        named.through(storage, |source| read_archive(open(source, identity)?, limit, visit))?;
    if contents.totals == limit {
        Ok(contents)
    } else {
        Err(Error::damaged(named.name, "it holds less than its commit announced"))
    }
}

/// Decrypts a pack and reads the parts in it.
pub(in crate::snapshot) fn read_parts(
    storage: &dyn Storage,
    object: ObjectRef,
    identity: &Identity,
    visit: &mut VisitPart<'_>,
) -> Result<(), Error> {
    Named::pack(object).through(storage, |source| read_pack(open(source, identity)?, visit))
}
