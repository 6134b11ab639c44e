//! All keys of this user on this machine, behind one door.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use crate::config::Paths;
use crate::crypto::{self, Cipher, Identity, Plugins, Recipient, Recipients, Sealed, Signer};
use crate::secret::{Secret, SecretText};
use crate::sys::{self, Clock, Prompt, Variables};

use super::opening::Opener;
use super::sealing::Sealer;
use super::signatures::Signatures;
use super::speaker::Speaker;
use super::{
    Brought, Error, Established, RecoveryIdentity, held, identity, passage, recipients, signing,
};

/// Who takes the recovery identity: a screen, a private file.
pub type HandOver<'a> = dyn Fn(&RecoveryIdentity) -> Result<(), Error> + 'a;

/// Opens and seals; finds each key when it is first needed. Several threads can use one at once.
pub struct Keyring<'a> {
    paths: &'a Paths,
    variables: &'a Variables,
    prompt: &'a Arc<dyn Prompt>,
    opener: Opener<'a>,
    sealer: Sealer<'a>,
    plugins: &'a [String],
    age_only: bool,
    signatures: Signatures<'a>,
    identity: OnceLock<Identity>,
    /// Held while an identity is looked for, so that a person is asked once.
    asking: Mutex<()>,
}

impl<'a> Keyring<'a> {
    /// A keyring that has touched nothing yet.
    #[must_use]
    pub fn new(paths: &'a Paths, variables: &'a Variables, prompt: &'a Arc<dyn Prompt>) -> Self {
        Self {
            paths,
            variables,
            prompt,
            opener: Opener::new(paths, variables),
            sealer: Sealer::new(variables),
            plugins: &[],
            age_only: false,
            signatures: Signatures::new(variables),
            identity: OnceLock::new(),
            asking: Mutex::new(()),
        }
    }

    /// The same, running the age plugins with these names where a key needs them.
    #[must_use]
    pub fn allowing(self, plugins: &'a [String]) -> Self {
        Self { plugins, ..self }
    }

    /// The same without OpenPGP keys, which are the account's, if `wanted`.
    #[must_use]
    pub fn age_only(self, wanted: bool) -> Self {
        Self { age_only: wanted, ..self }
    }

    /// The same, opening with what a person has brought and with nothing else.
    #[must_use]
    pub fn bringing(self, brought: Brought) -> Self {
        Self { identity: OnceLock::from(brought.into_identity()), ..self }
    }

    fn plugins(&self) -> Plugins {
        Plugins::new(self.plugins, Arc::new(Speaker(self.prompt.clone())))
    }

    /// Decrypts an entry.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn open(&self, cipher: Cipher, ciphertext: &[u8]) -> Result<Secret, Error> {
        match cipher {
            Cipher::Age => Ok(crypto::open_whole(ciphertext, self.identity()?)?),
            Cipher::OpenPgp if self.age_only => Err(Error::NotHere),
            Cipher::OpenPgp => self.opener.open(ciphertext),
        }
    }

    /// Has a person unlock now what will open this age ciphertext; reads nothing of it.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn unlock(&self, ciphertext: &[u8]) -> Result<(), Error> {
        let identity = self.identity()?;
        if identity.is_locked() {
            crypto::open(ciphertext, identity)?;
        }
        Ok(())
    }

    /// Encrypts an entry.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn seal(
        &self,
        recipients: &Recipients,
        plaintext: &Secret,
    ) -> Result<Sealed<Vec<u8>>, Error> {
        match recipients {
            Recipients::Age(recipients) => self.seal_age(recipients, plaintext),
            Recipients::OpenPgp(ids) => self.sealer.seal(ids, plaintext),
        }
    }

    /// The keys that OpenPGP messages to `ids` are encrypted to, as pass 1.7.4 sees it when it
    /// decides whether to encrypt anew: sorted, each once, groups of gpg.conf expanded. Those of a
    /// message are told by [`crypto::openpgp_key_ids`].
    ///
    /// # Errors
    /// When gpg can not be run; that it does not know an id is no failure.
    pub fn encryption_keys(&self, ids: &[String]) -> Result<Vec<String>, Error> {
        self.sealer.encryption_keys(ids)
    }

    /// Those of `PASSWORD_STORE_KEY`, which take the place of every `.gpg-id`.
    #[must_use]
    pub fn chosen_recipients(&self) -> Option<Recipients> {
        let chosen = self.variables.text("PASSWORD_STORE_KEY")?;
        Some(Recipients::OpenPgp(chosen.split_whitespace().map(str::to_owned).collect()))
    }

    /// Checks that somebody named in `PASSWORD_STORE_SIGNING_KEY` has signed `content`, the text of
    /// the recipients file `what`. Nothing has to be signed when that variable is not set, or when
    /// `PASSWORD_STORE_KEY` is and the file is not used.
    ///
    /// # Errors
    /// [`Error::NotSigned`]; [`Error::BadSigner`].
    pub fn check_signed(
        &self,
        content: &[u8],
        signature: Option<&[u8]>,
        what: &Path,
    ) -> Result<(), Error> {
        self.signatures.check(content, signature, what)
    }

    /// Signs `content` with the keys named in `PASSWORD_STORE_SIGNING_KEY`: the signature, and the
    /// primary fingerprint (several are separated by commas). `None` when that variable is not set.
    ///
    /// # Errors
    /// [`Error::CannotSign`].
    pub fn sign_detached(&self, content: &[u8]) -> Result<Option<(Vec<u8>, String)>, Error> {
        self.signatures.sign(content)
    }

    /// The age identity: of all files that are there, in one. What is locked in it is unlocked when
    /// nothing else opens a ciphertext.
    ///
    /// # Errors
    /// [`Error::NoIdentity`]; see [`Error`].
    pub fn identity(&self) -> Result<&Identity, Error> {
        if let Some(identity) = self.identity.get() {
            return Ok(identity);
        }
        let _asking = held(&self.asking);
        if let Some(identity) = self.identity.get() {
            return Ok(identity);
        }
        let identity = self.read_identity()?;
        Ok(self.identity.get_or_init(|| identity))
    }

    fn read_identity(&self) -> Result<Identity, Error> {
        let paths = identity::find(self.paths)?;
        if paths.is_empty() {
            return Err(Error::NoIdentity(identity::place(self.paths)));
        }
        let plugins = self.plugins();
        let read = paths.iter().map(|path| identity::read(path, self.prompt, &plugins));
        Ok(Identity::join(read.collect::<Result<Vec<_>, _>>()?))
    }

    /// This machine's signing key.
    ///
    /// # Errors
    /// [`Error::NoSigner`] when none was made yet.
    pub fn signer(&self) -> Result<Signer, Error> {
        signing::read(self.paths)?.ok_or_else(|| Error::NoSigner(self.paths.signing_key()))
    }

    /// Our own public keys, the everyday and the recovery one, as `recipients.txt` has them. They
    /// are taken from there and not from the store, which others may write.
    ///
    /// # Errors
    /// [`Error::BadRecipients`]; what the file system says.
    pub fn recipients(&self) -> Result<Vec<Recipient>, Error> {
        Ok(recipients::read(&self.paths.recipients())?.unwrap_or_default())
    }

    /// To whom passage encrypts where no file of its store says so: those that its variables name,
    /// else the identities themselves. `None` when the store is not passage's.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn passage_recipients(&self) -> Result<Option<Vec<Recipient>>, Error> {
        if !self.paths.is_passage() {
            return Ok(None);
        }
        match passage::named(self.variables)? {
            Some(named) => Ok(Some(named)),
            None => Ok(Some(self.identity()?.recipients()?)),
        }
    }

    fn seal_age(
        &self,
        recipients: &[Recipient],
        plaintext: &Secret,
    ) -> Result<Sealed<Vec<u8>>, Error> {
        let named = if self.paths.is_passage() { passage::named(self.variables)? } else { None };
        let recipients = named.as_deref().unwrap_or(recipients);
        Ok(crypto::seal_whole(recipients, plaintext, &self.plugins())?)
    }

    /// Makes what is missing: signing key, everyday identity, and with a new identity (or none
    /// known yet) a recovery identity. Asks for a passphrase where somebody can be asked.
    ///
    /// The recovery identity goes to `hand_over` and is kept nowhere; it becomes a recipient only
    /// once that has succeeded.
    ///
    /// # Errors
    /// See [`Error`]; what was made before the error stays, and is used the next time.
    pub fn establish(
        &self,
        clock: &dyn Clock,
        hand_over: &HandOver<'_>,
    ) -> Result<Established, Error> {
        sys::create_folder(self.paths.config_folder())?;
        let mut made = Established::default();
        let signer = self.establish_signer(&mut made)?;
        if !self.recipients()?.is_empty() {
            return Ok(made);
        }
        let everyday = self.establish_identity(&mut made)?;
        let recovery = RecoveryIdentity::make(
            &signer.verifier().fingerprint(),
            clock.now(),
            &sys::host_name(),
        );
        hand_over(&recovery)?;
        recipients::write(&self.paths.recipients(), &everyday, &[recovery.recipient().clone()])?;
        Ok(made)
    }

    /// The same for a machine that takes the place of another: the recovery identity stays, and
    /// `recovery` are its public keys.
    ///
    /// # Errors
    /// As [`Keyring::establish`].
    pub fn succeed(&self, recovery: &[Recipient]) -> Result<Established, Error> {
        sys::create_folder(self.paths.config_folder())?;
        let mut made = Established::default();
        self.establish_signer(&mut made)?;
        let everyday = self.establish_identity(&mut made)?;
        recipients::write(&self.paths.recipients(), &everyday, recovery)?;
        Ok(made)
    }

    fn establish_signer(&self, made: &mut Established) -> Result<Signer, Error> {
        if let Some(signer) = signing::read(self.paths)? {
            return Ok(signer);
        }
        let signer = signing::make(self.paths)?;
        made.signer = Some(signer.verifier().fingerprint());
        Ok(signer)
    }

    fn establish_identity(&self, made: &mut Established) -> Result<Vec<Recipient>, Error> {
        if !identity::find(self.paths)?.is_empty() {
            return Ok(self.identity()?.recipients()?);
        }
        let passphrase = self.ask_new_passphrase()?;
        let (path, recipient) = identity::make(self.paths, passphrase.as_ref())?;
        made.has_passphrase = passphrase.is_some();
        made.identity = Some(path);
        Ok(vec![recipient])
    }

    /// `None`: nobody to ask, or an empty answer.
    fn ask_new_passphrase(&self) -> Result<Option<SecretText>, Error> {
        let first =
            match self.prompt.ask_secret("New passphrase for your identity (empty for none):") {
                Err(sys::PromptError::NoTerminal) => return Ok(None),
                answer => answer?,
            };
        if first.is_empty() {
            return Ok(None);
        }
        let second = self.prompt.ask_secret("The same passphrase again:")?;
        if first.to_bytes().is_same_as(&second.to_bytes()) {
            Ok(Some(first))
        } else {
            Err(Error::Mismatch)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_can_share_one() {
        fn shared<T: Sync>() {}
        shared::<Keyring<'_>>();
    }
}
