//! `-c` and `-q`: a value goes to the clipboard, or becomes a QR code, instead of being printed.

use std::ffi::OsString;
use std::time::Duration;

use crate::clipboard::{self, Clipboard, Order};
use crate::qr;
use crate::secret::{Secret, SecretBuffer};
use crate::sys::{StandardInput, StandardOutput, World};

use super::session::INPUT_LIMIT;
use super::{Code, Failure, Session};

/// Where a value goes.
#[derive(clap::Args)]
pub(super) struct Instead {
    /// Copy it to the clipboard; after 45 s what was there before is put back
    #[arg(short, long)]
    clip: bool,
    /// Show it as a QR code
    #[arg(short, long, conflicts_with = "clip")]
    qrcode: bool,
}

impl Instead {
    /// Whether one of them is wanted.
    pub(super) fn is_wanted(&self) -> bool {
        self.clip || self.qrcode
    }

    /// Whether it goes to the clipboard, and is not shown.
    pub(super) fn is_clip(&self) -> bool {
        self.clip
    }

    /// Refuses what is known not to work, before anything is changed for its sake.
    pub(super) fn check(&self, session: &Session) -> Result<(), Failure> {
        if self.clip { clipboard(session).map(drop) } else { Ok(()) }
    }

    /// Does what is wanted, or prints the value and a line end.
    pub(super) fn hand_out(
        &self,
        value: &Secret,
        what: &str,
        session: &Session,
    ) -> Result<(), Failure> {
        match self {
            Self { clip: true, .. } => copy(value, what, session),
            Self { qrcode: true, .. } => show(value, what, session),
            _ => {
                session.ui.reveal(value)?;
                session.ui.data(b"\n")
            }
        }
    }
}

/// Puts a value on the clipboard, and says so.
pub(super) fn copy(value: &Secret, what: &str, session: &Session) -> Result<(), Failure> {
    let (clipboard, time) = clipboard(session)?;
    clipboard.copy(value, time)?;
    session.ui.note(&format!(
        "copied {what} to the clipboard; what was there comes back in {} s",
        time.as_secs_f64()
    ));
    Ok(())
}

fn clipboard(session: &Session) -> Result<(Clipboard<'_>, Duration), Failure> {
    let variables = &session.world.variables;
    let time = clipboard::time(variables)?;
    Ok((Clipboard::find(variables, session.config.paths.state_folder())?, time))
}

/// Shows a value as a QR code: in a window, else on standard output.
pub(super) fn show(value: &Secret, what: &str, session: &Session) -> Result<(), Failure> {
    if !qr::shown(value, &format!("vaultctl: {what}"), &session.world.variables)? {
        session.ui.reveal(&qr::drawn(value)?)?;
    }
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
