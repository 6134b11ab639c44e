//! What a server really does with the promises that we would like to lean on.

use std::sync::atomic::Ordering;

use aws_sdk_s3::primitives::ByteStream;

use crate::crypto::Digest;

use super::super::{Error, ObjectName};
use super::trouble::{Right, Trouble};
use super::{EXTRAS, Extras, S3};

/// What a server was seen to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probed {
    /// With a write that must not replace anything.
    pub conditional: Conditional,
    /// Whether it refuses bytes that are not those of their checksum.
    pub checksum: bool,
    /// Whether these credentials may delete; the probe's own objects stay if not.
    pub delete: bool,
}

/// What a server does with a write that must not replace anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conditional {
    /// It keeps what is there.
    Enforced,
    /// It replaces all the same.
    Ignored,
    /// It does not know such writes.
    Refused,
}

/// What is written, and is nothing of anybody's.
const BYTES: &[u8] = b"written by `vaultctl snapshot init` to see what this server does\n";

impl S3 {
    /// Writes two small objects, `vaultctl-probe` and `vaultctl-probe-sum`, to see what happens, and
    /// removes them again.
    ///
    /// # Errors
    /// When the server can not be used at all.
    pub fn probe(&self) -> Result<Probed, Error> {
        let (name, other) = (object("vaultctl-probe"), object("vaultctl-probe-sum"));
        let conditional = self.probe_condition(&name)?;
        let checksum = self.probe_checksum(&other)?;
        let delete = self.probe_delete(&[name, other])?;
        Ok(Probed { conditional, checksum, delete })
    }

    /// The second of two such writes must be refused; of the first when an earlier probe could not
    /// be removed.
    fn probe_condition(&self, name: &ObjectName) -> Result<Conditional, Error> {
        for _ in 0..2 {
            match self.write(|extras| self.send_probe(name, Digest::of(BYTES), extras)) {
                Ok(()) if !self.takes().condition => return Ok(Conditional::Refused),
                Ok(()) => {}
                Err(trouble) if trouble.is_taken() => return Ok(Conditional::Enforced),
                Err(trouble) => return Err(self.failed(Right::Store)(trouble)),
            }
        }
        Ok(Conditional::Ignored)
    }

    /// Bytes with the checksum of others must be refused; those that are there already were taken
    /// from an earlier probe.
    fn probe_checksum(&self, name: &ObjectName) -> Result<bool, Error> {
        if !self.takes().checksum {
            return Ok(false);
        }
        match self.send_probe(name, Digest::of(b"something else"), self.takes()) {
            Ok(()) => Ok(false),
            Err(trouble) if trouble.is_taken() => Ok(false),
            Err(trouble) if trouble.is_bad_request() => Ok(true),
            Err(trouble) => Err(self.failed(Right::Store)(trouble)),
        }
    }

    fn probe_delete(&self, names: &[ObjectName]) -> Result<bool, Error> {
        for name in names {
            match self.remove(name) {
                Err(Error::Denied { .. }) => return Ok(false),
                other => other?,
            }
        }
        Ok(true)
    }

    /// What the server has taken so far.
    fn takes(&self) -> Extras {
        EXTRAS[self.extras.load(Ordering::Relaxed)]
    }

    /// Writes the probe's bytes, saying that they have that hash.
    fn send_probe(&self, name: &ObjectName, sum: Digest, extras: Extras) -> Result<(), Trouble> {
        let request = self.put_request(name, sum, extras).body(ByteStream::from_static(BYTES));
        Ok(self.runtime.block_on(request.send()).map(drop)?)
    }
}

fn object(name: &str) -> ObjectName {
    name.parse().expect("is a name of the layout")
}
