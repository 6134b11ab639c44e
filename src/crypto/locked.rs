//! Keys behind a passphrase, unlocked when a ciphertext needs them and not before.

use std::sync::{Mutex, OnceLock, PoisonError};

use age::ssh::{self, EncryptedKey};
use age_core::format::{FileKey, Stanza};

use crate::secret::{Secret, SecretText};

use super::age::{decrypt_error, in_library};
use super::passphrase::library_text;
use super::{Error, Identity, IdentityFile, Plugins, Recipient, open_with_passphrase};

/// How `age -p` begins its output, in the clear and in armor.
const WRAPPED: [&[u8]; 2] = [b"age-encryption.org/", b"-----BEGIN AGE"];

/// An identity file behind a passphrase.
pub struct LockedFile(Locked);

enum Locked {
    /// As `age -p` makes it.
    Wrapped(Secret),
    /// As `ssh-keygen` makes it.
    Ssh(Box<LockedSshKey>),
}

/// An SSH key, and its public half, which is in the clear.
struct LockedSshKey {
    key: EncryptedKey,
    public: Recipient,
}

impl LockedFile {
    pub(super) fn recognise(file: &Secret) -> Option<Self> {
        // EXPOSE: only the beginning is looked at, to tell a wrapped file from a bare one.
        let wrapped = WRAPPED.iter().any(|start| file.expose().starts_with(start));
        // EXPOSE: it is ciphertext.
        wrapped.then(|| Self(Locked::Wrapped(Secret::copy_from(file.expose()))))
    }

    pub(super) fn ssh(key: EncryptedKey) -> Result<Self, Error> {
        let public = ssh::Recipient::try_from(ssh::Identity::from(key.clone()));
        let public = public.map_err(|_| Error::BadIdentity(1))?.into();
        Ok(Self(Locked::Ssh(Box::new(LockedSshKey { key, public }))))
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`Error::WrongPassphrase`]; [`Error::Damaged`]; what is in it may be no identity.
    pub fn unlock(&self, passphrase: &SecretText, plugins: &Plugins) -> Result<Identity, Error> {
        match &self.0 {
            Locked::Ssh(ssh) => {
                let key = ssh.key.decrypt(library_text(passphrase)).map_err(decrypt_error)?;
                Ok(Identity::of_ssh_key(key.into()))
            }
            Locked::Wrapped(file) => {
                // EXPOSE: the file is ciphertext.
                let opened = open_with_passphrase(file.expose(), passphrase)?;
                IdentityFile::parse(&opened, plugins)?.into_open()
            }
        }
    }

    /// An identity that is unlocked, with `unlock`, when it is needed; that happens once.
    pub fn later(
        self,
        unlock: impl Fn(&Self) -> Result<Identity, Reason> + Send + Sync + 'static,
    ) -> Identity {
        Identity::of_locked_key(LockedKey {
            file: self,
            unlock: Box::new(unlock),
            unlocked: OnceLock::new(),
            asking: Mutex::new(()),
        })
    }
}

/// Why a key was not unlocked; whoever was asked to do it says so.
pub type Reason = Box<dyn std::error::Error + Send + Sync>;

/// Asks whoever can unlock the file.
type Unlock = dyn Fn(&LockedFile) -> Result<Identity, Reason> + Send + Sync;

/// A key that is unlocked when it is needed.
pub(super) struct LockedKey {
    file: LockedFile,
    unlock: Box<Unlock>,
    unlocked: OnceLock<Identity>,
    /// Held while a person is asked, so that several threads do not ask for the same.
    asking: Mutex<()>,
}

impl LockedKey {
    pub(super) fn unlocked(&self) -> Result<&Identity, Error> {
        let _asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(identity) = self.unlocked.get() {
            return Ok(identity);
        }
        let identity = (self.unlock)(&self.file).map_err(Error::StillLocked)?;
        Ok(self.unlocked.get_or_init(|| identity))
    }

    pub(super) fn recipients(&self) -> Result<Vec<Recipient>, Error> {
        match &self.file.0 {
            Locked::Ssh(ssh) => Ok(vec![ssh.public.clone()]),
            Locked::Wrapped(_) => self.unlocked()?.recipients(),
        }
    }

    /// Whether it is worth asking: which SSH key a stanza is for can be seen.
    fn may_open(&self, stanzas: &[Stanza]) -> bool {
        let Locked::Ssh(ssh) = &self.file.0 else {
            return true;
        };
        let sample = ssh.public.as_library().and_then(sample_stanza);
        sample.is_ok_and(|sample| stanzas.iter().any(|stanza| is_for_the_same(stanza, &sample)))
    }
}

/// What a stanza for this recipient looks like, made from a key that encrypts nothing.
fn sample_stanza(recipient: &dyn age::Recipient) -> Result<Stanza, Error> {
    let wrapped = recipient.wrap_file_key(&FileKey::new(Box::new([0; 16])));
    let (mut stanzas, _) = wrapped.map_err(|_| Error::BadRecipient)?;
    stanzas.pop().ok_or(Error::BadRecipient)
}

/// SSH stanzas begin with their kind and the first bytes of the public key's hash.
fn is_for_the_same(one: &Stanza, other: &Stanza) -> bool {
    one.tag == other.tag && one.args.first() == other.args.first()
}

impl age::Identity for LockedKey {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        self.unwrap_stanzas(std::slice::from_ref(stanza))
    }

    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, age::DecryptError>> {
        if !self.may_open(stanzas) {
            return None;
        }
        match self.unlocked() {
            Ok(identity) => identity.unwrap_stanzas(stanzas),
            Err(error) => Some(Err(in_library(error))),
        }
    }
}
