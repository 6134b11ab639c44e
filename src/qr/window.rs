//! A code in a window of its own.

use crate::secret::Secret;
use crate::sys::{Helper, HelperError, Variables};

use super::Error;

/// A program that shows a picture from its standard input.
struct Viewer {
    program: &'static str,
    /// Before the title, and after it.
    arguments: (&'static [&'static str], &'static [&'static str]),
}

/// The viewers of `pass`, in its order (its `qrcode`).
const VIEWERS: [Viewer; 3] = [
    Viewer { program: "feh", arguments: (&["-x", "--title"], &["-g", "+200+200", "-"]) },
    Viewer { program: "gm", arguments: (&["display", "-title"], &["-geometry", "+200+200", "-"]) },
    Viewer { program: "display", arguments: (&["-title"], &["-geometry", "+200+200", "-"]) },
];

/// Shows the code until the person closes the window. Says whether it was shown: not without a
/// display, nor if `qrencode` or every viewer is missing.
///
/// # Errors
/// [`Error::NotShown`].
pub fn shown(value: &Secret, title: &str, variables: &Variables) -> Result<bool, Error> {
    if ["DISPLAY", "WAYLAND_DISPLAY"].iter().all(|name| variables.text(name).is_none()) {
        return Ok(false);
    }
    let Some(picture) = picture(value, variables)? else {
        return Ok(false);
    };
    for viewer in &VIEWERS {
        let (before, after) = viewer.arguments;
        let helper = Helper::new(viewer.program, variables).args(before).args([title]).args(after);
        // EXPOSE: over a pipe to the program that shows it.
        match helper.feed(picture.expose()) {
            Ok(Some(0)) => return Ok(true),
            Err(HelperError::Missing(_)) => {}
            _ => return Err(Error::NotShown(viewer.program)),
        }
    }
    Ok(false)
}

/// The code as a PNG; `None` without `qrencode`.
fn picture(value: &Secret, variables: &Variables) -> Result<Option<Secret>, Error> {
    let helper = Helper::new("qrencode", variables).args(["--size", "10", "-o", "-"]);
    // EXPOSE: over a pipe to the program that encodes it.
    match helper.run(value.expose()) {
        Ok(outcome) if outcome.code == Some(0) => Ok(Some(outcome.stdout)),
        Err(HelperError::Missing(_)) => Ok(None),
        _ => Err(Error::NotShown("qrencode")),
    }
}
