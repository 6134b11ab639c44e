//! What a server really does with the promises that we would like to lean on.

use aws_sdk_s3::primitives::ByteStream;

use crate::crypto::Digest;

use super::super::{Error, ObjectName};
use super::trouble::{Right, Trouble};
use super::{NOTHING_THERE, S3, base64};

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
        let conditional = self.probe_conditional(&name)?;
        let checksum = self.probe_checksum(&other, conditional)?;
        let delete = self.probe_delete(&[name, other])?;
        Ok(Probed { conditional, checksum, delete })
    }

    /// The second of two such writes must be refused; of the first when an earlier probe could not
    /// be removed.
    fn probe_conditional(&self, name: &ObjectName) -> Result<Conditional, Error> {
        for _ in 0..2 {
            match self.write(name, true, Digest::of(BYTES)) {
                Ok(()) => {}
                Err(trouble) if trouble.is_taken() => return Ok(Conditional::Enforced),
                Err(trouble) if trouble.is_unknown_to_server() => {
                    self.write(name, false, Digest::of(BYTES))
                        .map_err(self.failed(Right::Store))?;
                    return Ok(Conditional::Refused);
                }
                Err(trouble) => return Err(self.failed(Right::Store)(trouble)),
            }
        }
        Ok(Conditional::Ignored)
    }

    fn probe_checksum(&self, name: &ObjectName, known: Conditional) -> Result<bool, Error> {
        let conditional = known != Conditional::Refused;
        match self.write(name, conditional, Digest::of(b"something else")) {
            Ok(()) => Ok(false),
            // Left by an earlier probe, of which a server that looks would have had nothing.
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

    /// Writes the probe's bytes with that checksum.
    fn write(&self, name: &ObjectName, conditional: bool, sum: Digest) -> Result<(), Trouble> {
        let request = self.client.put_object().bucket(&self.bucket.name).key(self.bucket.key(name));
        let request = request
            .set_if_none_match(conditional.then(|| NOTHING_THERE.to_owned()))
            .checksum_sha256(base64(sum))
            .body(ByteStream::from_static(BYTES));
        self.runtime.block_on(request.send()).map(drop).map_err(Trouble::from)
    }
}

fn object(name: &str) -> ObjectName {
    name.parse().expect("is a name of the layout")
}
