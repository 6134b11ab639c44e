//! The sheet as text, for a terminal or a printer.

use crate::secret::{Secret, SecretBuffer};

use super::Kit;
use super::parts::{Block, Part, Words};

/// Something to write on, as long as an identity.
const BLANK: &str = "________________________________________________________________";

impl Kit {
    /// The sheet as text. Lines to type stand for themselves, after four spaces, and are not broken.
    #[must_use]
    pub fn text(&self) -> Secret {
        let mut out = SecretBuffer::new();
        let heading = self.heading();
        push(&mut out, &format!("{heading}\n{}\n\n", "=".repeat(heading.chars().count())));
        self.introduction().iter().for_each(|line| push(&mut out, &format!("{line}\n")));
        for (number, part) in self.parts().iter().enumerate() {
            push(&mut out, &format!("\n{}. {}\n", number + 1, part.title));
            push_part(&mut out, part);
        }
        out.into_secret()
    }
}

fn push_part(out: &mut SecretBuffer, part: &Part) {
    for block in &part.blocks {
        match block {
            Block::Say(words) => push(out, &format!("\n  {words}\n")),
            Block::Beside(words) => push(out, &format!("\n  {words}\n")),
            Block::Blank(what) => push(out, &format!("\n  {what}:\n    {BLANK}\n")),
            Block::Exact(exact) => {
                push(out, &format!("\n  {}:\n    ", exact.what));
                match &exact.words {
                    Words::Open(words) => push(out, words),
                    // EXPOSE: onto the sheet, because its owner asked for that.
                    Words::Secret(words) => push(out, words.expose()),
                }
                push(out, "\n");
            }
            Block::Lines(lines) => lines.iter().for_each(|typed| {
                push(out, &format!("\n  {}:\n    {}\n", typed.why, typed.line));
            }),
        }
    }
}

fn push(out: &mut SecretBuffer, text: &str) {
    out.push(text.as_bytes());
}
