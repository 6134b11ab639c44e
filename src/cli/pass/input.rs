//! Questions as bash's `read -p` asks them: on standard error, and only where somebody types.

use crate::secret::Secret;
use crate::sys::{StandardInput, UnseenInput, harmless};

use super::super::ui;
use super::line::{self, Line};
use super::{Died, Pass};

impl Pass<'_> {
    /// Goes on where nobody can be asked, or where the answer is `y`.
    pub(super) fn yesno(&self, question: &str) -> Result<(), Died> {
        if !self.session.world.stdin_is_terminal {
            return Ok(());
        }
        self.prompt(&format!("{question} [y/N] "));
        let answer = line::read(&mut StandardInput)?.text;
        if line::is_yes(&answer) { Ok(()) } else { Err(Died::silent(1)) }
    }

    /// Reads a line that can be seen while it is typed.
    pub(super) fn ask(&self, question: &str) -> Result<Line, Died> {
        self.prompt(question);
        Ok(line::read(&mut StandardInput)?)
    }

    /// Reads a line that can not; ends where the input does.
    pub(super) fn ask_unseen(&self, question: &str) -> Result<Secret, Died> {
        self.prompt(question);
        let line = match self.session.world.stdin_is_terminal {
            true => line::read(&mut UnseenInput::begin()?)?,
            false => line::read(&mut StandardInput)?,
        };
        if !line.ended {
            return Err(Died::silent(1));
        }
        self.print("\n")?;
        Ok(line.text)
    }

    fn prompt(&self, question: &str) {
        if self.session.world.stdin_is_terminal {
            let lines: Vec<String> = question.split('\n').map(harmless).collect();
            ui::say(&lines.join("\n"));
        }
    }
}
