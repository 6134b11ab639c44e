//! The age identity file: found, unlocked, made.

use std::path::{Path, PathBuf};

use crate::config::Paths;
use crate::crypto::{self, Identity, Recipient};
use crate::secret::{Secret, SecretBuffer, SecretText};
use crate::sys::{self, Prompt, PromptError};

use super::Error;

/// An identity file larger than this is not one (bytes).
const FILE_LIMIT: usize = 1024 * 1024;

/// How `age -p` begins its output, in the clear and in armor.
const WRAPPED: [&[u8]; 2] = [b"age-encryption.org/", b"-----BEGIN AGE"];

/// The identity file that is there: the one that was named, else one of our two.
pub(super) fn find(paths: &Paths) -> Result<Option<PathBuf>, Error> {
    if let Some(named) = &paths.identity {
        return Ok(sys::exists(named).then(|| named.clone()));
    }
    let [wrapped, bare] = paths.identities();
    match (sys::exists(&wrapped), sys::exists(&bare)) {
        (true, true) => Err(Error::TwoIdentities(wrapped, bare)),
        (true, false) => Ok(Some(wrapped)),
        (false, true) => Ok(Some(bare)),
        (false, false) => Ok(None),
    }
}

/// Reads the identity at `path`, asking for its passphrase if it has one.
pub(super) fn read(path: &Path, prompt: &dyn Prompt) -> Result<Identity, Error> {
    let bad = |reason| Error::BadFile { path: path.to_owned(), reason };
    let file =
        sys::read_secret(path, FILE_LIMIT)?.ok_or_else(|| Error::NoIdentity(path.to_owned()))?;
    // EXPOSE: only the beginning is looked at, to tell a wrapped file from a bare one.
    let wrapped = WRAPPED.iter().any(|start| file.expose().starts_with(start));
    let file = if wrapped { unlock(path, &file, prompt)? } else { file };
    Identity::parse(&file).map_err(bad)
}

fn unlock(path: &Path, file: &Secret, prompt: &dyn Prompt) -> Result<Secret, Error> {
    let question = format!("Passphrase for {}:", path.display());
    let passphrase = match prompt.ask_secret(&question) {
        Err(PromptError::NoTerminal) => return Err(Error::Locked(path.to_owned())),
        answer => answer?,
    };
    // EXPOSE: the file is ciphertext at this point.
    let opened = crypto::open_with_passphrase(file.expose(), &passphrase);
    opened.map_err(|reason| Error::BadFile { path: path.to_owned(), reason })
}

/// Makes an identity and writes its file: wrapped when there is a passphrase, bare otherwise.
pub(super) fn make(
    paths: &Paths,
    passphrase: Option<&SecretText>,
) -> Result<(PathBuf, Recipient), Error> {
    let (text, recipient) = Identity::make();
    let file = render(&format!("# vaultctl identity\n# public key: {recipient}\n"), &text);
    let [wrapped, bare] = paths.identities();
    let path = match passphrase {
        Some(passphrase) => {
            let path = paths.identity.clone().unwrap_or(wrapped);
            sys::create_private(&path, crypto::seal_with_passphrase(passphrase, &file)?.body())?;
            path
        }
        None => {
            let path = paths.identity.clone().unwrap_or(bare);
            sys::create_secret(&path, &file)?;
            path
        }
    };
    Ok((path, recipient))
}

/// An identity file's text: comments, then the key.
pub(super) fn render(comments: &str, key: &SecretText) -> Secret {
    let mut file = SecretBuffer::new();
    file.push(comments.as_bytes());
    // EXPOSE: from one secret type into another.
    file.push(key.expose().as_bytes());
    file.push(b"\n");
    file.into_secret()
}
