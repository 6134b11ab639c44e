//! What a verb works with: the world, the settings, a voice.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::audit::Log;
use crate::config::{Config, Overrides, Paths, Standing};
use crate::git::{Author, GitHistory};
use crate::keys::Keyring;
use crate::secret::{Secret, SecretBuffer};
use crate::store::{History, Name, Store};
use crate::sys::{self, NoTerminal, StandardInput, World};
use crate::vault::{Desk, Vault};

use super::ui::Ui;
use super::{Failure, Global};

/// The largest entry that is taken from standard input (bytes).
pub(super) const INPUT_LIMIT: usize = 256 * 1024 * 1024;

/// A suggestion must be at least this like what was typed (0 to 1, Jaro-Winkler).
const LIKENESS: f64 = 0.8;

/// One run of one verb.
pub(super) struct Session {
    pub(super) world: World,
    pub(super) config: Config,
    /// Which keys it may use.
    pub(super) standing: Standing,
    pub(super) ui: Ui,
    /// What the command line said about places.
    overrides: Overrides,
}

impl Session {
    pub(super) fn begin(global: Global, mut world: World) -> Result<Self, Failure> {
        if global.no_input {
            world.prompt = Arc::new(NoTerminal);
            world.stdin_is_terminal = false;
        }
        let overrides = Overrides { settings: global.config, store: global.store };
        let config = Config::load(&world.variables, &overrides)?;
        let ui =
            Ui { json: global.json, quiet: global.quiet, on_terminal: world.stdout_is_terminal };
        Ok(Self { world, config, standing: Standing::Account, ui, overrides })
    }

    /// The same run in another world, with other settings.
    pub(super) fn elsewhere(world: World, config: Config, standing: Standing, ui: Ui) -> Self {
        Self { world, config, standing, ui, overrides: Overrides::default() }
    }

    /// The same run, with the settings as they are now.
    pub(super) fn with_settings_read_again(&self) -> Result<Self, Failure> {
        let World { variables, clock, prompt, stdin_is_terminal, stdout_is_terminal } = &self.world;
        let world = World {
            variables: variables.clone(),
            clock: Arc::clone(clock),
            prompt: Arc::clone(prompt),
            stdin_is_terminal: *stdin_is_terminal,
            stdout_is_terminal: *stdout_is_terminal,
        };
        let (overrides, standing) = (self.overrides.clone(), self.standing);
        let config = Config::load(&world.variables, &overrides)?;
        Ok(Self { world, config, standing, ui: self.ui, overrides })
    }

    /// The access log, written in our name.
    pub(super) fn log(&self) -> Log {
        self.log_in(self.config.paths.state_folder())
    }

    /// The log in another state folder.
    pub(super) fn log_in(&self, state: &Path) -> Log {
        let path = state.join("audit.jsonl");
        Log::new(&path, sys::user_name(&self.world.variables), sys::parent_process())
    }

    /// All keys of this user.
    pub(super) fn keyring(&self) -> Keyring<'_> {
        self.keyring_of(&self.config.paths)
    }

    /// All keys that are at these places.
    pub(super) fn keyring_of<'s>(&'s self, paths: &'s Paths) -> Keyring<'s> {
        Keyring::new(paths, &self.world.variables, &self.world.prompt)
            .allowing(&self.config.settings.keys.plugins)
            .age_only(self.standing == Standing::Beside)
    }

    /// What the store's new files do not allow: `PASSWORD_STORE_UMASK`, as pass has it.
    pub(super) fn umask(&self) -> u32 {
        let chosen = self.world.variables.text("PASSWORD_STORE_UMASK");
        let parsed = chosen.and_then(|text| u32::from_str_radix(text, 8).ok());
        parsed.filter(|mask| *mask <= 0o777).unwrap_or(0o077)
    }

    /// Who makes commits.
    pub(super) fn author(&self) -> Author {
        Author::new(&self.world.variables, self.world.clock.now())
    }

    /// Opens the vault for `work`. When an entry was not found, the failure suggests the nearest.
    pub(super) fn with_vault<T>(
        &self,
        work: impl FnOnce(&Vault<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.open_vault(|vault| work(vault).map_err(|failure| suggest(failure, vault)))?
    }

    /// Opens the vault for `work`, which may say in its own way how it ended.
    pub(super) fn open_vault<T>(&self, work: impl FnOnce(&Vault<'_>) -> T) -> Result<T, Failure> {
        self.open_vault_with(&self.keyring(), work)
    }

    /// The same, with other keys than ours.
    pub(super) fn open_vault_with<T>(
        &self,
        keyring: &Keyring<'_>,
        work: impl FnOnce(&Vault<'_>) -> T,
    ) -> Result<T, Failure> {
        let paths = &self.config.paths;
        let store = Store::open(&paths.store)?.with_umask(self.umask());
        let history = GitHistory::new(&paths.store, self.author()).with_umask(self.umask());
        Ok(self.furnish_with(keyring, store, Box::new(history), work))
    }

    /// A vault of this store with our keys and our log, for `work`.
    pub(super) fn furnish<T>(
        &self,
        store: Store,
        history: Box<dyn History>,
        work: impl FnOnce(&Vault<'_>) -> T,
    ) -> T {
        self.furnish_with(&self.keyring(), store, history, work)
    }

    fn furnish_with<T>(
        &self,
        keyring: &Keyring<'_>,
        store: Store,
        history: Box<dyn History>,
        work: impl FnOnce(&Vault<'_>) -> T,
    ) -> T {
        let (paths, log) = (&self.config.paths, self.log());
        sys::create_folder(paths.state_folder()).ok();
        let desk = Desk {
            keyring,
            log: &log,
            clock: &*self.world.clock,
            state_folder: paths.state_folder(),
            audit_required: self.config.settings.audit.required,
            warn: &|text| self.ui.warn(text),
        };
        work(&Vault::new(store, history, desk))
    }

    /// All of standard input.
    pub(super) fn input(&self) -> Result<Secret, Failure> {
        let mut buffer = SecretBuffer::new();
        buffer.fill_from(&mut StandardInput, INPUT_LIMIT)?;
        Ok(buffer.into_secret())
    }

    /// One line of standard input without its end.
    pub(super) fn input_line(&self) -> Result<Secret, Failure> {
        let mut buffer = SecretBuffer::new();
        let mut byte = [0];
        for _ in 0..INPUT_LIMIT {
            if StandardInput.read(&mut byte)? == 0 || byte[0] == b'\n' {
                return Ok(buffer.into_secret());
            }
            buffer.push(&byte);
        }
        Err(Failure::failed(format!("the first line has more than {INPUT_LIMIT} bytes")))
    }

    /// Asks for a new value twice, without echo.
    pub(super) fn ask_value(&self, name: &Name) -> Result<Secret, Failure> {
        let prompt = &self.world.prompt;
        let first = prompt.ask_secret(&format!("Value for {name}:"))?;
        let second = prompt.ask_secret(&format!("Value for {name} again:"))?;
        let (first, second) = (first.to_bytes(), second.to_bytes());
        if first.is_same_as(&second) {
            Ok(first)
        } else {
            Err(Failure::failed("the two values are not the same"))
        }
    }
}

fn suggest(failure: Failure, vault: &Vault<'_>) -> Failure {
    let Some(missing) = failure.missing() else {
        return failure;
    };
    let names = vault.store().list(None).names;
    let likeness = |name: &Name| strsim::jaro_winkler(name.as_str(), missing.as_str());
    let nearest = names.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    let hint = match nearest.filter(|nearest| likeness(nearest) >= LIKENESS) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "`vaultctl ls` shows what there is".to_owned(),
    };
    failure.hint(hint)
}
