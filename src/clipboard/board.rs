//! The programs that reach a clipboard, and what they are told.

use std::time::{Duration, Instant};

use crate::secret::Secret;
use crate::sys::{Helper, HelperError, Variables};

use super::Error;

/// How long a clipboard may take to show what was copied to it.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long to sleep between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// One clipboard, by the programs that reach it.
pub(super) struct Board<'a> {
    variables: &'a Variables,
    /// Which display it is on.
    display: &'a str,
    copy: Tool,
    paste: Tool,
}

/// A program and its arguments.
struct Tool {
    program: &'static str,
    arguments: Vec<String>,
}

impl Tool {
    fn new(program: &'static str, arguments: &[&str]) -> Self {
        Self { program, arguments: arguments.iter().map(|&word| word.to_owned()).collect() }
    }

    fn helper(&self, variables: &Variables) -> Helper {
        Helper::new(self.program, variables).args(&self.arguments)
    }
}

impl<'a> Board<'a> {
    /// The clipboard that `pass` would use (its `clip`, and `platform/darwin.sh`).
    pub(super) fn find(variables: &'a Variables) -> Result<Self, Error> {
        let selection = variables.text("PASSWORD_STORE_X_SELECTION").unwrap_or("clipboard");
        let (display, copy, paste) = if cfg!(target_os = "macos") {
            ("macos", Tool::new("pbcopy", &[]), Tool::new("pbpaste", &[]))
        } else if let Some(display) = variables.text("WAYLAND_DISPLAY") {
            let primary: &[&str] = if selection == "primary" { &["--primary"] } else { &[] };
            let paste = Tool::new("wl-paste", &[&["-n"], primary].concat());
            (display, Tool::new("wl-copy", primary), paste)
        } else if let Some(display) = variables.text("DISPLAY") {
            let copy = Tool::new("xclip", &["-selection", selection]);
            (display, copy, Tool::new("xclip", &["-o", "-selection", selection]))
        } else {
            return Err(Error::NoDisplay);
        };
        Ok(Self { variables, display, copy, paste })
    }

    /// The file that stands for this display in the state folder. Two displays that share one only
    /// clear each other's clipboard early.
    pub(super) fn seat(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let display: String = self.display.chars().map(plain).take(64).collect();
        format!("clipboard-{display}.lock")
    }

    /// The program that copies.
    pub(super) fn program(&self) -> &'static str {
        self.copy.program
    }

    /// Puts `value` there.
    pub(super) fn copy(&self, value: &Secret) -> Result<(), Error> {
        // EXPOSE: over a pipe to the program that puts it on the clipboard.
        match self.copy.helper(self.variables).feed(value.expose()) {
            Ok(Some(0)) => Ok(()),
            Err(HelperError::Missing(_)) => Err(Error::Missing(self.copy.program)),
            _ => Err(Error::Refused(self.copy.program)),
        }
    }

    /// What is there, as text; `None` when there is nothing, or none that could be pasted.
    pub(super) fn paste(&self) -> Option<Secret> {
        let outcome = self.paste.helper(self.variables).run(b"").ok()?;
        (outcome.code == Some(0)).then_some(outcome.stdout)
    }

    /// Whether `value` is there.
    pub(super) fn holds(&self, value: &Secret) -> bool {
        self.paste().is_some_and(|now| now.is_same_as(value))
    }

    /// Waits until `value` is there: the programs return before the display has heard of it. Says
    /// whether it was seen.
    pub(super) fn shows(&self, value: &Secret) -> bool {
        let begun = Instant::now();
        loop {
            if self.holds(value) {
                return true;
            }
            if begun.elapsed() >= PATIENCE {
                return false;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Clears the history that KDE's klipper writes to disk in the clear; most desktops have none.
    pub(super) fn forget_history(&self) {
        let words =
            ["org.kde.klipper", "/klipper", "org.kde.klipper.klipper.clearClipboardHistory"];
        Helper::new("qdbus", self.variables).args(words).feed(b"").ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The programs for some variables, and the seat's file.
    fn board(variables: &[(&str, &str)]) -> String {
        let variables = variables.iter().copied().collect();
        Board::find(&variables).map_or_else(
            |error| error.to_string(),
            |board| {
                let line = |tool: &Tool| format!("{} {}", tool.program, tool.arguments.join(" "));
                format!("{} | {} | {}", line(&board.copy), line(&board.paste), board.seat())
            },
        )
    }

    #[test]
    #[cfg(not(target_os = "macos"))]
    fn the_programs_are_those_of_pass_in_its_order() {
        let (x, wayland) = (("DISPLAY", ":0"), ("WAYLAND_DISPLAY", "wayland-1"));
        let primary = ("PASSWORD_STORE_X_SELECTION", "primary");
        assert_eq!(board(&[wayland, x]), "wl-copy  | wl-paste -n | clipboard-wayland_1.lock");
        assert_eq!(
            board(&[wayland, primary]),
            "wl-copy --primary | wl-paste -n --primary | clipboard-wayland_1.lock"
        );
        assert_eq!(
            board(&[("WAYLAND_DISPLAY", ""), x]),
            "xclip -selection clipboard | xclip -o -selection clipboard | clipboard-_0.lock"
        );
        assert_eq!(
            board(&[x, primary]),
            "xclip -selection primary | xclip -o -selection primary | clipboard-_0.lock"
        );
        assert_eq!(board(&[primary]), "no X11 or Wayland display was found");
    }
}
