//! age identity files: found, read, unlocked, made.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::Paths;
use crate::crypto::{self, Identity, IdentityFile, LockedFile, Plugins, Recipient};
use crate::secret::{Secret, SecretBuffer, SecretText};
use crate::sys::{self, Prompt, PromptError};

use super::Error;

/// An identity file larger than this is not one (bytes).
const FILE_LIMIT: usize = 1024 * 1024;

/// The identity files that are there: those that were named, else one of our two.
pub(super) fn find(paths: &Paths) -> Result<Vec<PathBuf>, Error> {
    if !paths.identity.is_empty() {
        return Ok(paths.identity.iter().filter(|path| sys::exists(path)).cloned().collect());
    }
    let [wrapped, bare] = paths.identities();
    match (sys::exists(&wrapped), sys::exists(&bare)) {
        (true, true) => Err(Error::TwoIdentities(wrapped, bare)),
        (true, false) => Ok(vec![wrapped]),
        (false, true) => Ok(vec![bare]),
        (false, false) => Ok(Vec::new()),
    }
}

/// Where an identity should be, and where a new one is made without a passphrase.
pub(super) fn place(paths: &Paths) -> PathBuf {
    let [_, bare] = paths.identities();
    paths.identity.first().cloned().unwrap_or(bare)
}

/// Reads the identity at `path`. If it has a passphrase, it is asked for when something has to be
/// opened that no other key opens.
pub(super) fn read(
    path: &Path,
    prompt: &Arc<dyn Prompt>,
    plugins: &Plugins,
) -> Result<Identity, Error> {
    let bad = |reason| Error::BadFile { path: path.to_owned(), reason };
    let file =
        sys::read_secret(path, FILE_LIMIT)?.ok_or_else(|| Error::NoIdentity(path.to_owned()))?;
    match IdentityFile::parse(&file, plugins).map_err(bad)? {
        IdentityFile::Open(identity) => Ok(identity),
        IdentityFile::Locked(file) => {
            let (path, prompt, plugins) = (path.to_owned(), prompt.clone(), plugins.clone());
            let was_asked = AtomicBool::new(false);
            Ok(file.later(move |file| {
                // Many entries may need it: one wrong answer is enough.
                if was_asked.swap(true, Ordering::Relaxed) {
                    return Err(Error::NotUnlocked(path.clone()).into());
                }
                Ok(unlock(&path, file, &*prompt, &plugins)?)
            }))
        }
    }
}

fn unlock(
    path: &Path,
    file: &LockedFile,
    prompt: &dyn Prompt,
    plugins: &Plugins,
) -> Result<Identity, Error> {
    let question = format!("Passphrase for {}:", path.display());
    let passphrase = match prompt.ask_secret(&question) {
        Err(PromptError::NoTerminal) => return Err(Error::Locked(path.to_owned())),
        answer => answer?,
    };
    let opened = file.unlock(&passphrase, plugins);
    opened.map_err(|reason| Error::BadFile { path: path.to_owned(), reason })
}

/// Makes an identity and writes its file: wrapped when there is a passphrase, bare otherwise.
pub(super) fn make(
    paths: &Paths,
    passphrase: Option<&SecretText>,
) -> Result<(PathBuf, Recipient), Error> {
    let (text, recipient) = Identity::make();
    let file = render(&format!("# vaultctl identity\n# public key: {recipient}\n"), &text);
    let [wrapped, _] = paths.identities();
    let path = match passphrase {
        Some(passphrase) => {
            let path = paths.identity.first().cloned().unwrap_or(wrapped);
            sys::create_private(&path, crypto::seal_with_passphrase(passphrase, &file)?.body())?;
            path
        }
        None => {
            let path = place(paths);
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
