//! What a verb works with: the world, the settings, a voice.

use crate::audit::Log;
use crate::config::{Config, Overrides};
use crate::sys::{self, NoTerminal, World};

use super::ui::Ui;
use super::{Failure, Global};

/// One run of one verb.
pub(super) struct Session {
    pub(super) world: World,
    pub(super) config: Config,
    pub(super) ui: Ui,
}

impl Session {
    pub(super) fn begin(global: Global, mut world: World) -> Result<Self, Failure> {
        if global.no_input {
            world.prompt = Box::new(NoTerminal);
            world.stdin_is_terminal = false;
        }
        let overrides = Overrides {
            settings: global.config,
            store: global.store,
        };
        let config = Config::load(&world.variables, &overrides)?;
        Ok(Self {
            world,
            config,
            ui: Ui {
                json: global.json,
                quiet: global.quiet,
            },
        })
    }

    /// The access log, written in our name.
    pub(super) fn log(&self) -> Result<Log, Failure> {
        let paths = &self.config.paths;
        sys::create_folder(paths.state_folder())?;
        let path = paths.state_folder().join("audit.jsonl");
        Ok(Log::new(
            &path,
            sys::user_name(&self.world.variables),
            sys::parent_process(),
        ))
    }
}
