//! Opens OpenPGP messages: in this process where that gives exactly what `gpg -d` would give, and
//! through `gpg` everywhere else.
//!
//! One question goes to gpg-agent, which has the secret key and asks the person if it must; no
//! program is run. Several threads can open at once: each has a connection of its own.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};

use crate::config::Paths;
use crate::crypto::{self, Envelope, KeyId, PublicKey, WrappedKey};
use crate::secret::Secret;
use crate::sys::{Variables, terminal_name};

use super::agent::{Agent, Refusal, SecretKey};
use super::gnupg_home::GnupgHome;
use super::gpg::Gpg;
use super::known_keys::{KnownKey, KnownKeys};
use super::{Error, held, listing};

/// What gpg-agent is told of our surroundings, so that pinentry finds the person (gpg sends the
/// same): the agent's name for it, and the variable that has the value.
const SURROUNDINGS: [(&str, &str); 6] = [
    ("ttyname", "GPG_TTY"),
    ("ttytype", "TERM"),
    ("display", "DISPLAY"),
    ("xauthority", "XAUTHORITY"),
    ("pinentry-user-data", "PINENTRY_USER_DATA"),
    ("lc-messages", "LC_MESSAGES"),
];

/// Variables that pinentry gets as they are.
const PASSED_ON: [&str; 8] = [
    "XMODIFIERS",
    "WAYLAND_DISPLAY",
    "XDG_SESSION_TYPE",
    "QT_QPA_PLATFORM",
    "GTK_IM_MODULE",
    "DBUS_SESSION_BUS_ADDRESS",
    "QT_IM_MODULE",
    "INSIDE_EMACS",
];

/// The first of them that is set says how characters are written (setlocale(3)).
const CHARACTERS: [&str; 3] = ["LC_ALL", "LC_CTYPE", "LANG"];

/// Why a message was not opened in this process.
enum Obstacle {
    /// The person was asked, and did not unlock the key.
    Person(String),
    /// `gpg` decides.
    Unclear,
    /// `gpg` decides, and what is remembered of the keys may be out of date.
    Outdated,
}

impl From<Refusal> for Obstacle {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Person(text) => Self::Person(text),
            Refusal::NoKey => Self::Outdated,
            Refusal::Other | Refusal::Broken => Self::Unclear,
        }
    }
}

/// Opens messages with the user's keys.
pub(super) struct Opener<'a> {
    variables: &'a Variables,
    gpg: Gpg<'a>,
    home: Option<GnupgHome>,
    memory: Option<PathBuf>,
    keys: Mutex<Keys>,
    agents: Mutex<Vec<Agent>>,
    /// By keygrip: whether the key has worked, or what the person who was asked has answered.
    tried: Mutex<HashMap<String, Result<(), String>>>,
    may_ask: OnceLock<bool>,
}

/// What is known of the keys in this run.
#[derive(Default)]
struct Keys {
    known: Option<Arc<KnownKeys>>,
    are_fresh: bool,
}

/// One question to the agent, and what becomes of its answer.
struct Question<'m> {
    id: KeyId,
    key: KnownKey,
    wrapped: WrappedKey<'m>,
    text: Vec<u8>,
}

impl<'a> Opener<'a> {
    /// Touches nothing yet.
    pub(super) fn new(paths: &Paths, variables: &'a Variables) -> Self {
        let home = GnupgHome::find(variables);
        let file = |home: &GnupgHome| KnownKeys::file(paths.state_folder(), home.folder());
        Self {
            variables,
            gpg: Gpg::new(variables),
            memory: home.as_ref().map(file),
            home,
            keys: Mutex::default(),
            agents: Mutex::default(),
            tried: Mutex::default(),
            may_ask: OnceLock::new(),
        }
    }

    /// Decrypts a message, once it is known to be one.
    pub(super) fn open(&self, ciphertext: &[u8]) -> Result<Secret, Error> {
        let envelope = Envelope::parse(ciphertext)?;
        match self.ask_agent(&envelope, ciphertext) {
            Ok(plaintext) => Ok(plaintext),
            Err(Obstacle::Person(text)) => Err(Error::NotOpened(text)),
            Err(Obstacle::Unclear) => self.gpg.decrypt(ciphertext),
            Err(Obstacle::Outdated) => {
                let plaintext = self.gpg.decrypt(ciphertext)?;
                // What can not be remembered is asked of gpg the next time, as now.
                self.learn().ok();
                Ok(plaintext)
            }
        }
    }

    fn ask_agent(&self, envelope: &Envelope, ciphertext: &[u8]) -> Result<Secret, Obstacle> {
        let question = self.question(envelope)?;
        let answer = self.answer(&question)?;
        let public = question.key.public().ok_or(Obstacle::Outdated)?;
        let session = question.wrapped.answer(&public, &answer).ok_or(Obstacle::Outdated)?;
        crypto::open_openpgp(ciphertext, &session).ok_or(Obstacle::Unclear)
    }

    fn question<'m>(&self, envelope: &'m Envelope) -> Result<Question<'m>, Obstacle> {
        if !envelope.is_plain() || !self.may_ask() {
            return Err(Obstacle::Unclear);
        }
        let known = self.known();
        if !known.has_any_of(envelope) {
            return Err(Obstacle::Outdated);
        }
        let (id, key) = known.only_one_for(envelope).ok_or(Obstacle::Unclear)?;
        let wrapped = envelope.wrapped_for(id).ok_or(Obstacle::Unclear)?;
        let text = wrapped.question().ok_or(Obstacle::Unclear)?;
        Ok(Question { id: id.clone(), key: key.clone(), wrapped, text })
    }

    /// Whether the user's settings leave us free to do what gpg would do.
    fn may_ask(&self) -> bool {
        let is_free = || self.home.as_ref().is_some_and(GnupgHome::lets_us_open);
        *self.may_ask.get_or_init(|| !self.gpg.has_options() && is_free())
    }

    /// The first use of a key is made alone, so that a person is asked for its passphrase once and
    /// not for each of many entries; who did not unlock it then is not asked again in this run.
    fn answer(&self, question: &Question<'_>) -> Result<Secret, Refusal> {
        let mut tried = held(&self.tried);
        match tried.get(&question.key.grip) {
            Some(Err(text)) => return Err(Refusal::Person(text.clone())),
            Some(Ok(())) => {
                drop(tried);
                return self.secret_operation(question);
            }
            None => {}
        }
        let answer = self.secret_operation(question);
        let outcome = match &answer {
            Ok(_) => Some(Ok(())),
            Err(Refusal::Person(text)) => Some(Err(text.clone())),
            Err(_) => None,
        };
        tried.extend(outcome.map(|outcome| (question.key.grip.clone(), outcome)));
        answer
    }

    /// Asks an agent that is not in use, or a new one, and keeps it for the next question.
    fn secret_operation(&self, question: &Question<'_>) -> Result<Secret, Refusal> {
        let idle = held(&self.agents).pop();
        let mut agent = idle.or_else(|| self.connect()).ok_or(Refusal::Broken)?;
        let description = format!(
            "Please enter the passphrase to unlock the OpenPGP secret key:\n\"{}\"\nID {}.\n",
            question.key.owner, question.id
        );
        let key = SecretKey { grip: &question.key.grip, description: &description };
        let answer = agent.decrypt(&key, &question.text);
        if answer.is_ok() {
            held(&self.agents).push(agent);
        }
        answer
    }

    fn connect(&self) -> Option<Agent> {
        let socket = self.home.as_ref()?.agent_socket(self.variables)?;
        Agent::connect(&socket, &self.surroundings())
    }

    fn surroundings(&self) -> Vec<(String, String)> {
        let variable = |name: &str| self.variables.text(name).map(str::to_owned);
        let terminal = || terminal_name().and_then(|name| name.into_string().ok());
        let mut options = Vec::new();
        for (option, name) in SURROUNDINGS {
            let default = || if option == "ttyname" { terminal() } else { None };
            options.extend(variable(name).or_else(default).map(|value| (option.to_owned(), value)));
        }
        let characters = CHARACTERS.iter().find_map(|name| variable(name));
        options.extend(characters.map(|value| ("lc-ctype".to_owned(), value)));
        let passed_on = PASSED_ON.iter().filter_map(|name| Some((name, variable(name)?)));
        options.extend(passed_on.map(|(name, value)| (format!("putenv={name}"), value)));
        options
    }

    fn known(&self) -> Arc<KnownKeys> {
        let read = || Arc::new(self.memory.as_deref().map(KnownKeys::read).unwrap_or_default());
        held(&self.keys).known.get_or_insert_with(read).clone()
    }

    /// Asks gpg about all secret keys, once in a run, and remembers the answer.
    fn learn(&self) -> Result<(), Error> {
        let mut keys = held(&self.keys);
        let Some(memory) = self.memory.as_deref().filter(|_| !keys.are_fresh) else {
            return Ok(());
        };
        keys.are_fresh = true;
        let blocks = listing::read(&self.gpg.list(&["--with-keygrip", "--list-secret-keys"], &[])?);
        let primaries = blocks.iter().filter_map(|block| block.keys.first());
        let primaries: Vec<String> = primaries.map(|key| key.fingerprint.clone()).collect();
        let exported = self.gpg.export(&primaries)?;
        let learnt = KnownKeys::learn(&blocks, &PublicKey::all_in(&exported));
        learnt.write(memory)?;
        keys.known = Some(Arc::new(learnt));
        Ok(())
    }
}
