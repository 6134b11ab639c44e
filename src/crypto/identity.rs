//! What opens age ciphertext: the keys of an identity file, and those that have to be asked for.

use age::{ssh, x25519};
use age_core::format::{FileKey, Stanza};

use crate::secret::{Secret, SecretText};

use super::locked::LockedKey;
use super::plugin::PluginKey;
use super::{Error, LockedFile, Plugins, Recipient};

/// What marks the signer in an identity file (see [`Identity::signer_comment`]).
const SIGNER_COMMENT: &str = "# signer: ";

/// How OpenSSH's and PEM's private keys begin.
const SSH_KEY: &str = "-----BEGIN ";

/// One or several private keys, or the way to them. Opaque; never printed.
pub struct Identity {
    keys: Vec<Key>,
    signer_comment: Option<String>,
}

/// A key, and what it takes to use it.
enum Key {
    /// It is here, and its public half, where that is known.
    Here(Box<dyn age::Identity + Send + Sync>, Option<Recipient>),
    /// A plugin has it.
    Plugin(PluginKey),
    /// A person has to unlock it.
    Locked(LockedKey),
}

/// What an identity file turns out to be.
pub enum IdentityFile {
    /// Keys that can be used.
    Open(Identity),
    /// Something behind a passphrase.
    Locked(LockedFile),
}

impl IdentityFile {
    /// Reads an identity file: of `age-keygen`, of a plugin, of `ssh-keygen`; or any of these behind
    /// a passphrase.
    ///
    /// # Errors
    /// [`Error::BadIdentity`] with the number of the line that is not understood; 0 when there is no key.
    pub fn parse(file: &Secret, plugins: &Plugins) -> Result<Self, Error> {
        if let Some(locked) = LockedFile::recognise(file) {
            return Ok(Self::Locked(locked));
        }
        // EXPOSE: the file's text is parsed into the library's own key types.
        let text = std::str::from_utf8(file.expose()).map_err(|_| Error::BadIdentity(0))?;
        if text.starts_with(SSH_KEY) { parse_ssh(text) } else { parse_lines(text, plugins) }
    }

    /// What can be used as it is.
    ///
    /// # Errors
    /// [`Error::BadIdentity`] when it is behind a passphrase.
    pub fn into_open(self) -> Result<Identity, Error> {
        match self {
            Self::Open(identity) => Ok(identity),
            Self::Locked(_) => Err(Error::BadIdentity(0)),
        }
    }
}

fn parse_lines(text: &str, plugins: &Plugins) -> Result<IdentityFile, Error> {
    let mut identity = Identity { keys: Vec::new(), signer_comment: None };
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(fingerprint) = line.strip_prefix(SIGNER_COMMENT) {
            identity.signer_comment = Some(fingerprint.trim().to_owned());
        }
        if !line.is_empty() && !line.starts_with('#') {
            let key = parse_line(line, plugins).ok_or(Error::BadIdentity(number + 1))?;
            identity.keys.push(key);
        }
    }
    if identity.keys.is_empty() {
        return Err(Error::BadIdentity(0));
    }
    Ok(IdentityFile::Open(Identity::join([identity])))
}

fn parse_line(line: &str, plugins: &Plugins) -> Option<Key> {
    if let Ok(key) = line.parse::<x25519::Identity>() {
        let recipient = key.to_public().into();
        return Some(Key::Here(Box::new(key), Some(recipient)));
    }
    PluginKey::parse(line, plugins).map(Key::Plugin)
}

fn parse_ssh(text: &str) -> Result<IdentityFile, Error> {
    let key =
        ssh::Identity::from_buffer(text.as_bytes(), None).map_err(|_| Error::BadIdentity(1))?;
    match key {
        ssh::Identity::Encrypted(key) => Ok(IdentityFile::Locked(LockedFile::ssh(key)?)),
        ssh::Identity::Unencrypted(_) => Ok(IdentityFile::Open(Identity::of_ssh_key(key))),
        ssh::Identity::Unsupported(_) => Err(Error::BadKey {
            what: "SSH key",
            reason: "age takes ssh-ed25519 and ssh-rsa, in OpenSSH's format".to_owned(),
        }),
    }
}

impl Identity {
    /// Makes a new key pair: the identity, its printed form (`AGE-SECRET-KEY-1…`), its recipient.
    #[must_use]
    pub fn make() -> (SecretText, Recipient) {
        let key = x25519::Identity::generate();
        let recipient = key.to_public().into();
        (key.to_string().into(), recipient)
    }

    /// All of these in one: first the keys that are here, then those of plugins, and only then those
    /// for which a person is asked.
    #[must_use]
    pub fn join(identities: impl IntoIterator<Item = Self>) -> Self {
        let mut joined = Self { keys: Vec::new(), signer_comment: None };
        for identity in identities {
            joined.keys.extend(identity.keys);
            joined.signer_comment = joined.signer_comment.or(identity.signer_comment);
        }
        joined.keys.sort_by_key(|key| match key {
            Key::Here(..) => 0,
            Key::Plugin(_) => 1,
            Key::Locked(_) => 2,
        });
        joined
    }

    pub(super) fn of_ssh_key(key: ssh::Identity) -> Self {
        let recipient = ssh::Recipient::try_from(key.clone()).ok().map(Recipient::from);
        Self { keys: vec![Key::Here(Box::new(key), recipient)], signer_comment: None }
    }

    pub(super) fn of_locked_key(key: LockedKey) -> Self {
        Self { keys: vec![Key::Locked(key)], signer_comment: None }
    }

    /// What opens one ciphertext only.
    pub(super) fn of_one_file(key: Box<dyn age::Identity + Send + Sync>) -> Self {
        Self { keys: vec![Key::Here(key, None)], signer_comment: None }
    }

    /// Whether some of it would have to be unlocked by a person.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.keys.iter().any(|key| matches!(key, Key::Locked(_)))
    }

    /// Whom to encrypt to, so that each of these keys opens it. Unlocks what has to be.
    ///
    /// # Errors
    /// [`Error::NoRecipientOf`] a plugin's key; [`Error::StillLocked`].
    pub fn recipients(&self) -> Result<Vec<Recipient>, Error> {
        let mut recipients = Vec::new();
        for key in &self.keys {
            match key {
                Key::Here(_, recipient) => recipients.extend(recipient.clone()),
                Key::Plugin(key) => return Err(Error::NoRecipientOf(key.name().to_owned())),
                Key::Locked(key) => recipients.extend(key.recipients()?),
            }
        }
        Ok(recipients)
    }

    /// The signer that the file's comment `# signer: SHA256:…` vouches for: whoever keeps the
    /// recovery identity on paper can so tell true snapshots from forged ones.
    ///
    /// # Errors
    /// [`Error::StillLocked`]: it may be behind the passphrase.
    pub fn signer_comment(&self) -> Result<Option<&str>, Error> {
        if self.signer_comment.is_some() {
            return Ok(self.signer_comment.as_deref());
        }
        for key in &self.keys {
            if let Key::Locked(key) = key
                && let Some(comment) = key.unlocked()?.signer_comment()?
            {
                return Ok(Some(comment));
            }
        }
        Ok(None)
    }
}

impl Key {
    fn as_library(&self) -> &dyn age::Identity {
        match self {
            Self::Here(key, _) => &**key,
            Self::Plugin(key) => key,
            Self::Locked(key) => key,
        }
    }
}

impl age::Identity for Identity {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        self.unwrap_stanzas(std::slice::from_ref(stanza))
    }

    /// The first key that opens it; else the first complaint. A card that is not plugged in must
    /// not stand before another key that would do.
    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, age::DecryptError>> {
        let mut complaint = None;
        for key in &self.keys {
            match key.as_library().unwrap_stanzas(stanzas) {
                Some(Ok(opened)) => return Some(Ok(opened)),
                Some(Err(error)) => complaint = complaint.or(Some(error)),
                None => {}
            }
        }
        complaint.map(Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Identity, Error> {
        IdentityFile::parse(&Secret::copy_from(text.as_bytes()), &Plugins::none())?.into_open()
    }

    #[test]
    fn an_identity_file_may_have_comments_and_name_its_signer() {
        let (text, recipient) = Identity::make();
        // EXPOSE: the test's own key.
        let file = format!("# created: today\n# signer: SHA256:abc\n\n{}\n", text.expose());
        let identity = parse(&file).expect("parses");
        assert_eq!(identity.recipients().expect("is known"), [recipient]);
        assert_eq!(identity.signer_comment().expect("nothing is locked"), Some("SHA256:abc"));
        assert!(matches!(parse("# nothing\n"), Err(Error::BadIdentity(0))));
        assert!(matches!(parse("\nage1abc\n"), Err(Error::BadIdentity(2))));
    }

    #[test]
    fn an_identity_of_a_plugin_is_taken_and_tells_no_recipient() {
        let identity = parse("AGE-PLUGIN-FOOBAR-1QVHULF\n").expect("parses");
        let error = identity.recipients().expect_err("only the plugin knows");
        assert!(matches!(error, Error::NoRecipientOf(name) if name == "foobar"));
    }
}
