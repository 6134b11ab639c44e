//! age plugins: programs that hold keys for age (on a smartcard, in a phone).
//!
//! A store names recipients, and others may write the store; so a name in it must not choose what
//! is run here. Only the plugins that the local settings list are started, by the library, as
//! `age-plugin-NAME` from the PATH, in an empty folder.

use std::sync::Arc;

use age::plugin::{Identity, IdentityPluginV1, Recipient as PluginRecipient, RecipientPluginV1};
use age::secrecy::SecretString;
use age_core::format::{FileKey, Stanza};

use crate::secret::SecretText;

use super::age::in_library;
use super::recipient::is_plugin_name;
use super::{Error, Recipient};

/// What a plugin may want of a person.
pub trait Talk: Send + Sync {
    /// Shows a message (`touch the key`).
    fn tell(&self, message: &str);

    /// Asks for a PIN or the like; `None` when there is no answer.
    fn ask_secret(&self, question: &str) -> Option<SecretText>;

    /// Asks for yes or no; `None` when there is no answer.
    fn ask_yes(&self, question: &str) -> Option<bool>;
}

/// The plugins that may be run.
#[derive(Clone)]
pub struct Plugins {
    listed: Arc<[String]>,
    talk: Arc<dyn Talk>,
}

impl Plugins {
    /// Those with these names, talking to a person through `talk`.
    #[must_use]
    pub fn new(listed: &[String], talk: Arc<dyn Talk>) -> Self {
        Self { listed: listed.into(), talk }
    }

    /// None at all.
    #[must_use]
    pub fn none() -> Self {
        Self::new(&[], Arc::new(Silence))
    }

    fn check(&self, name: &str) -> Result<(), Error> {
        if is_plugin_name(name) && self.listed.iter().any(|listed| listed == name) {
            return Ok(());
        }
        Err(Error::PluginNotListed(name.to_owned()))
    }

    /// The recipients, each as what the library encrypts to.
    pub(super) fn resolve<'a>(
        &self,
        recipients: &'a [Recipient],
    ) -> Result<Vec<Resolved<'a>>, Error> {
        recipients.iter().map(|recipient| self.resolve_one(recipient)).collect()
    }

    fn resolve_one<'a>(&self, recipient: &'a Recipient) -> Result<Resolved<'a>, Error> {
        match recipient.as_plugin() {
            Some(key) => Ok(Resolved::Plugin(self.connect(key)?)),
            None => Ok(Resolved::Native(recipient.as_library()?)),
        }
    }

    fn connect(&self, key: &PluginRecipient) -> Result<RecipientPluginV1<Callbacks>, Error> {
        self.check(key.plugin())?;
        let callbacks = Callbacks(self.talk.clone());
        RecipientPluginV1::new(key.plugin(), std::slice::from_ref(key), &[], callbacks)
            .map_err(|_| Error::NotSealedByPlugin(missing(key.plugin())))
    }
}

fn missing(name: &str) -> String {
    format!("the program `age-plugin-{name}` is not on the PATH")
}

/// A recipient, ready.
pub(super) enum Resolved<'a> {
    /// One that the library knows itself.
    Native(&'a dyn age::Recipient),
    /// One whose plugin was listed and found.
    Plugin(RecipientPluginV1<Callbacks>),
}

impl Resolved<'_> {
    pub(super) fn as_library(&self) -> &dyn age::Recipient {
        match self {
            Self::Native(key) => *key,
            Self::Plugin(plugin) => plugin,
        }
    }
}

/// A line `AGE-PLUGIN-NAME-1…` of an identity file. The plugin is started only when a ciphertext
/// asks for it.
pub(super) struct PluginKey {
    identity: Identity,
    plugins: Plugins,
}

impl PluginKey {
    pub(super) fn parse(line: &str, plugins: &Plugins) -> Option<Self> {
        let identity: Identity = line.parse().ok()?;
        is_plugin_name(identity.plugin()).then(|| Self { identity, plugins: plugins.clone() })
    }

    /// Which plugin it is for.
    pub(super) fn name(&self) -> &str {
        self.identity.plugin()
    }

    fn connect(&self) -> Result<IdentityPluginV1<Callbacks>, Error> {
        self.plugins.check(self.name())?;
        let callbacks = Callbacks(self.plugins.talk.clone());
        IdentityPluginV1::new(self.name(), std::slice::from_ref(&self.identity), callbacks)
            .map_err(|_| Error::NotOpenedByPlugin(missing(self.name())))
    }
}

impl age::Identity for PluginKey {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        self.unwrap_stanzas(std::slice::from_ref(stanza))
    }

    /// All at once: a plugin is started once for a file.
    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, age::DecryptError>> {
        match self.connect() {
            Ok(plugin) => plugin.unwrap_stanzas(stanzas),
            Err(error) => Some(Err(in_library(error))),
        }
    }
}

/// [`Talk`], as the library wants it.
#[derive(Clone)]
pub(super) struct Callbacks(Arc<dyn Talk>);

impl age::Callbacks for Callbacks {
    fn display_message(&self, message: &str) {
        self.0.tell(message);
    }

    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        let no = no.map(|no| format!(", no: {no}")).unwrap_or_default();
        self.0.ask_yes(&format!("{message} (yes: {yes}{no})"))
    }

    fn request_public_string(&self, question: &str) -> Option<String> {
        // EXPOSE: what the plugin asked for, which it says is no secret.
        self.0.ask_secret(question).map(|answer| answer.expose().to_owned())
    }

    fn request_passphrase(&self, question: &str) -> Option<SecretString> {
        // EXPOSE: copied into the library's own secret type, for the plugin that was listed.
        self.0.ask_secret(question).map(|answer| SecretString::from(answer.expose().to_owned()))
    }
}

/// Nobody to talk to.
struct Silence;

impl Talk for Silence {
    fn tell(&self, _message: &str) {}

    fn ask_secret(&self, _question: &str) -> Option<SecretText> {
        None
    }

    fn ask_yes(&self, _question: &str) -> Option<bool> {
        None
    }
}
