//! To whom passage encrypts, where that is not said by a file of the store.

use crate::crypto::Recipient;
use crate::sys::Variables;

use super::{Error, recipients};

/// Whom the variables name. In passage's store they come before every recipients file.
pub(super) fn named(variables: &Variables) -> Result<Option<Vec<Recipient>>, Error> {
    if let Some(path) = variables.path("PASSAGE_RECIPIENTS_FILE") {
        let found = recipients::read(&path)?;
        return found.map(Some).ok_or(Error::NoRecipientsFile(path));
    }
    let Some(words) = variables.text("PASSAGE_RECIPIENTS") else {
        return Ok(None);
    };
    let parsed = words.split_whitespace().map(|word| Ok(word.parse()?));
    parsed.collect::<Result<_, Error>>().map(Some)
}
