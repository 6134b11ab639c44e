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
