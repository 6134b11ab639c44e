//! `-c`, `--clip`: to the clipboard instead of standard output.

use std::ffi::OsString;

use crate::clipboard::{self, Clipboard, Order};
use crate::secret::{Secret, SecretBuffer};
use crate::sys::{StandardInput, StandardOutput, World};

use super::session::INPUT_LIMIT;
use super::{Code, Failure, Session};

/// Puts a value on the clipboard, and says so.
pub(super) fn copy(value: &Secret, what: &str, session: &Session) -> Result<(), Failure> {
    let variables = &session.world.variables;
    let time = clipboard::time(variables)?;
    Clipboard::find(variables, session.config.paths.state_folder())?.copy(value, time)?;
    session.ui.note(&format!(
        "copied {what} to the clipboard; what was there comes back in {} s",
        time.as_secs_f64()
    ));
    Ok(())
}

/// Is the process that keeps a value on the clipboard, if the command line says so.
pub(super) fn keeper(arguments: &[OsString], world: &World) -> Option<Code> {
    let order = Order::in_arguments(arguments)?;
    let mut value = SecretBuffer::new();
    let kept = value.fill_from(&mut StandardInput, INPUT_LIMIT).is_ok()
        && order.carry_out(&value.into_secret(), &world.variables, &mut StandardOutput).is_ok();
    Some(if kept { Code::Done } else { Code::Failed })
}
