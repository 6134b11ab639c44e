//! What can be wrong with a store.

use std::path::{Path, PathBuf};

use crate::crypto;
use crate::sys::FileError;

use super::{Name, NameError};

/// Names names, paths and lines; never contents.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no store.
    #[error("there is no store at `{}`", .0.display())]
    NoStore(PathBuf),
    /// There is one already.
    #[error("there is already a store at `{}`", .0.display())]
    StoreExists(PathBuf),
    /// There is no such entry.
    #[error("there is no entry `{0}`")]
    NoEntry(Name),
    /// There is one already.
    #[error("there is already an entry `{0}`")]
    EntryExists(Name),
    /// There are two files for one name.
    #[error("`{0}` exists twice, as `.age` and as `.gpg`")]
    Ambiguous(Name),
    /// What is at an entry's place is no file.
    #[error("`{}` is not a file", .0.display())]
    NotAFile(PathBuf),
    /// There is something already where a folder shall go.
    #[error("there is already something at `{0}`")]
    Occupied(Name),
    /// A folder can not go into itself.
    #[error("`{0}` can not go into itself")]
    IntoItself(Name),
    /// A repository in a folder can not be taken along.
    #[error("`{}` belongs to a git repository of its own, which can not go to other recipients", .0.display())]
    Repository(PathBuf),
    /// The recipients were changed meanwhile.
    #[error("the recipients were changed by somebody else meanwhile")]
    RecipientsChanged,
    /// A folder above is a link.
    #[error("`{}` is a link, and what is behind it is not changed", .0.display())]
    BehindLink(PathBuf),
    /// No folder above says to whom to encrypt.
    #[error("neither `.age-recipients` nor `.gpg-id` says to whom `{0}` is encrypted")]
    NoRecipients(Name),
    /// The folder itself does not say to whom.
    #[error("{} has no recipients file of its own", shown(.0))]
    NoRecipientsFile(PathBuf),
    /// One folder says two things.
    #[error("{} holds both an `.age-recipients` and a `.gpg-id`", shown(.0))]
    TwoCiphers(PathBuf),
    /// A recipients file that can not be used.
    #[error("recipients file `{}`, line {line}: {reason}", path.display())]
    BadRecipients {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// Why.
        reason: crypto::Error,
    },
    /// A recipients file that names nobody, or is no text.
    #[error("recipients file `{}` names nobody", .0.display())]
    NobodyIn(PathBuf),
    /// Not a name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The file system said no.
    #[error(transparent)]
    File(#[from] FileError),
}

fn shown(folder: &Path) -> String {
    match folder.as_os_str().is_empty() {
        true => "the store's root".to_owned(),
        false => format!("`{}`", folder.display()),
    }
}
