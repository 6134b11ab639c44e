//! `-c` and `-q` as pass has them.

use crate::clipboard::{self, Clipboard};
use crate::qr;
use crate::secret::Secret;

use super::super::Failure;
use super::{Died, PROGRAM, Pass};

impl Pass<'_> {
    /// To the clipboard, where it stays for a while.
    pub(super) fn clip(&self, value: &Secret, what: &str) -> Result<(), Died> {
        let (variables, state) = (self.variables(), self.session.config.paths.state_folder());
        let no_display = |_| Died::new("Error: No X11 or Wayland display detected");
        let board = Clipboard::find(variables, state).map_err(no_display)?;
        let time = clipboard::time(variables).map_err(Failure::from)?;
        let not_copied = |_| Died::new("Error: Could not copy data to the clipboard");
        board.copy(value, time).map_err(not_copied)?;
        let seconds =
            String::from_utf8_lossy(self.setting("PASSWORD_STORE_CLIP_TIME", "45")).into_owned();
        Ok(self
            .session
            .ui
            .line(&format!("Copied {what} to clipboard. Will clear in {seconds} seconds."))?)
    }

    /// As a QR code: in a window, else on standard output.
    pub(super) fn qrcode(&self, value: &Secret, what: &str) -> Result<(), Died> {
        let title = format!("{PROGRAM}: {what}");
        if !qr::shown(value, &title, self.variables()).map_err(Failure::from)? {
            let drawn = qr::drawn(value).map_err(Failure::from)?;
            self.session.ui.reveal(&drawn)?;
        }
        Ok(())
    }
}
