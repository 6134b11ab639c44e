//! Sealed objects by name, in a folder or a bucket.
//!
//! What may be stored is decided by type: ciphertext ([`Sealed`]), a signed statement and its
//! signature ([`Signed`]), clear text whose hash is signed ([`Attested`]), bytes from another place
//! whose hash is ([`AttestedCopy`]); nothing else can be handed in. The room does not know what the
//! bytes mean.

mod error;
mod local;
#[cfg(test)]
mod memory;
mod name;
mod observed;
mod retry;
mod s3;
#[cfg(test)]
mod suite;

use std::io::{self, Read};

use jiff::Timestamp;

use crate::crypto::{Attested, AttestedCopy, Digest, Sealed, Signed};
use crate::sys::{Spool, SpoolReader};

pub use error::Error;
pub use local::Local;
#[cfg(test)]
pub(crate) use memory::Memory;
pub use name::{BadName, ObjectName};
pub use observed::{Observed, Observer};
pub use retry::Patient;
pub use s3::{BadBucket, Bucket, Conditional, Credentials, Incomplete, Probed, S3, writer_policy};

/// A place for objects. An object is written once and never changed.
///
/// Several threads may use one at the same time.
pub trait Storage: Send + Sync {
    /// What to call it in a message.
    fn place(&self) -> String;

    /// Whether its own clock says when something was stored ([`Listed::stored`]). In a folder,
    /// whoever can write there sets the date as he likes.
    fn dates_by_its_own_clock(&self) -> bool {
        false
    }

    /// Stores `body` under `name`: wholly, durably and readable by that name when this returns, or
    /// not at all. When something is there already, nothing is written and that is the answer: so
    /// an upload that was interrupted can be repeated, and whoever repeats compares.
    ///
    /// # Errors
    /// See [`Error`]; never [`Error::NotFound`].
    fn put(&self, name: &ObjectName, body: &Body<'_>) -> Result<Put, Error>;

    /// The bytes of an object, as a stream. They are not checked: the caller knows their hash.
    ///
    /// # Errors
    /// [`Error::NotFound`] and the others; the stream may end early with an error of its own.
    fn get(&self, name: &ObjectName) -> Result<Box<dyn Read + '_>, Error>;

    /// As [`Storage::get`], without the first `offset` bytes: for whoever was interrupted there.
    ///
    /// # Errors
    /// As [`Storage::get`].
    fn get_from(&self, name: &ObjectName, offset: u64) -> Result<Box<dyn Read + '_>, Error> {
        let mut reader = self.get(name)?;
        let skipped = io::copy(&mut reader.by_ref().take(offset), &mut io::sink());
        skipped.map_err(|source| Error::broken(name, source))?;
        Ok(reader)
    }

    /// The size of an object; `None` when it is not there.
    ///
    /// # Errors
    /// See [`Error`]; never [`Error::NotFound`].
    fn head(&self, name: &ObjectName) -> Result<Option<u64>, Error>;

    /// Everything below `folder`, by name, with what [`Storage::put`] has finished before this
    /// began. Nothing below it, or no such folder, is an empty list. Names that are none of ours
    /// are left out.
    ///
    /// # Errors
    /// See [`Error`]; never [`Error::NotFound`].
    fn list(&self, folder: &ObjectName) -> Result<Vec<Listed>, Error>;

    /// Removes an object; that it is not there is fine.
    ///
    /// # Errors
    /// See [`Error`]; never [`Error::NotFound`].
    fn delete(&self, name: &ObjectName) -> Result<(), Error>;
}

/// One line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The whole name.
    pub name: ObjectName,
    /// Its size in bytes.
    pub size: u64,
    /// When it was stored, by the storage's own clock; of a folder, when the file was last changed.
    pub stored: Timestamp,
}

/// How a [`Storage::put`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Put {
    /// It was written.
    Stored,
    /// Something was there; nothing was written.
    AlreadyThere,
}

/// What can be stored.
pub enum Body<'a> {
    /// Ciphertext.
    Sealed(&'a Sealed<Spool>),
    /// What a signature is over.
    Statement(&'a Signed),
    /// A signature.
    Signature(&'a Signed),
    /// Clear text whose hash is signed.
    Attested(Attested<'a>),
    /// What another storage has, and whose hash is signed.
    Copied(&'a AttestedCopy<Spool>),
}

impl Body<'_> {
    /// How many bytes there are.
    fn size(&self) -> u64 {
        match self {
            Self::Sealed(sealed) => sealed.size(),
            Self::Statement(signed) => signed.statement().len() as u64,
            Self::Signature(signed) => signed.signature().len() as u64,
            Self::Attested(attested) => attested.bytes().len() as u64,
            Self::Copied(copy) => copy.size(),
        }
    }

    fn digest(&self) -> Digest {
        match self {
            Self::Sealed(sealed) => sealed.digest(),
            Self::Statement(signed) => Digest::of(signed.statement()),
            Self::Signature(signed) => Digest::of(signed.signature()),
            Self::Attested(attested) => Digest::of(attested.bytes()),
            Self::Copied(copy) => copy.digest(),
        }
    }

    fn reader(&self) -> BodyReader<'_> {
        match self {
            Self::Sealed(sealed) => BodyReader::Spooled(sealed.body().reader()),
            Self::Statement(signed) => BodyReader::Memory(signed.statement()),
            Self::Signature(signed) => BodyReader::Memory(signed.signature()),
            Self::Attested(attested) => BodyReader::Memory(attested.bytes()),
            Self::Copied(copy) => BodyReader::Spooled(copy.body().reader()),
        }
    }
}

enum BodyReader<'a> {
    Spooled(SpoolReader<'a>),
    Memory(&'a [u8]),
}

impl Read for BodyReader<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Spooled(reader) => reader.read(target),
            Self::Memory(bytes) => bytes.read(target),
        }
    }
}

/// Stores a statement under `name`, its signature first: so whoever finds the statement finds the
/// signature too, whenever the writer was stopped.
///
/// # Errors
/// As [`put_new`].
pub fn put_signed(storage: &dyn Storage, name: &ObjectName, signed: &Signed) -> Result<(), Error> {
    put_new(storage, &name.signature(), &Body::Signature(signed))?;
    put_new(storage, name, &Body::Statement(signed))
}

/// Stores `body` under a name that nothing else has, and looks whether it is there: a server may
/// say so and not have kept it.
///
/// # Errors
/// As [`Storage::put`]; [`Error::Taken`] when something else has the name; [`Error::NotKept`].
pub fn put_new(storage: &dyn Storage, name: &ObjectName, body: &Body<'_>) -> Result<(), Error> {
    if storage.put(name, body)? == Put::AlreadyThere && !is_same(storage, name, body)? {
        return Err(Error::Taken(name.clone()));
    }
    match storage.head(name)? {
        Some(size) if size == body.size() => Ok(()),
        _ => Err(Error::NotKept { place: storage.place(), name: name.clone() }),
    }
}

/// Whether what is there is what was to be stored: then an upload whose answer was lost has been
/// repeated. What is sealed bears its hash as its name, and whoever writes it need not be able to
/// read it: there the size has to do.
fn is_same(storage: &dyn Storage, name: &ObjectName, body: &Body<'_>) -> Result<bool, Error> {
    if let Body::Sealed(_) | Body::Copied(_) = body {
        let is_its_own = name.as_str().contains(&body.digest().to_string());
        return Ok(is_its_own && storage.head(name)? == Some(body.size()));
    }
    match get_whole(storage, name, body.size()) {
        Ok(bytes) => Ok(Digest::of(&bytes) == body.digest()),
        Err(Error::TooLarge(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// All of a small object.
///
/// # Errors
/// As [`Storage::get`]; [`Error::TooLarge`] when it has more than `limit` bytes.
pub fn get_whole(storage: &dyn Storage, name: &ObjectName, limit: u64) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let read = storage.get(name)?.take(limit + 1).read_to_end(&mut bytes);
    read.map_err(|source| Error::broken(name, source))?;
    if bytes.len() as u64 > limit { Err(Error::TooLarge(name.clone())) } else { Ok(bytes) }
}
