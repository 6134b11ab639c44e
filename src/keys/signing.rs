//! This machine's signing key.

use crate::config::Paths;
use crate::crypto::Signer;
use crate::sys;

use super::Error;

/// A key file larger than this is not one (bytes).
const FILE_LIMIT: usize = 64 * 1024;

/// Reads the key; `None` when there is none.
pub(super) fn read(paths: &Paths) -> Result<Option<Signer>, Error> {
    let path = paths.signing_key();
    let Some(file) = sys::read_secret(&path, FILE_LIMIT)? else {
        return Ok(None);
    };
    Signer::parse(&file).map(Some).map_err(|reason| Error::BadFile { path, reason })
}

/// Makes the key: `signing_key`, and `signing_key.pub` for `ssh-keygen` and for other machines.
pub(super) fn make(paths: &Paths) -> Result<Signer, Error> {
    let signer = Signer::from_seed(&sys::random_seed(), &format!("vaultctl@{}", sys::host_name()));
    sys::create_secret(&paths.signing_key(), &signer.to_text().to_bytes())?;
    let public = format!("{}\n", signer.verifier().to_line());
    sys::write_private(&paths.signing_key().with_extension("pub"), public.as_bytes())?;
    Ok(signer)
}
