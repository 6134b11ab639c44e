//! Files of age recipients that are ours, not a store's.

use std::path::Path;

use crate::crypto::Recipient;
use crate::sys;

use super::Error;

/// A recipients file larger than this is not one (bytes).
const FILE_LIMIT: usize = 1024 * 1024;

/// One recipient a line; `#` at its beginning makes it a comment. `None` when there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Vec<Recipient>>, Error> {
    let Some(bytes) = sys::read(path, FILE_LIMIT)? else {
        return Ok(None);
    };
    let mut recipients = Vec::new();
    for (number, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            let bad =
                |reason| Error::BadRecipients { path: path.to_owned(), line: number + 1, reason };
            recipients.push(line.parse().map_err(bad)?);
        }
    }
    Ok(Some(recipients))
}

/// Writes the everyday identity's public keys and the recovery identity's.
pub(super) fn write(
    path: &Path,
    everyday: &[Recipient],
    recovery: &[Recipient],
) -> Result<(), Error> {
    let lines = |all: &[Recipient]| all.iter().map(|one| format!("{one}\n")).collect::<String>();
    let file = format!(
        "# Public keys to which vaultctl encrypts new stores and snapshots; not secret.\n\
         # The everyday identity:\n{}# The recovery identity, kept on paper:\n{}",
        lines(everyday),
        lines(recovery),
    );
    Ok(sys::write_private(path, file.as_bytes())?)
}
