//! `pass find`.

use super::tree::{self, Pattern, Style};
use super::{Died, Pass};

pub(super) fn run(pass: &Pass<'_>, words: &[Vec<u8>]) -> Result<(), Died> {
    if words.is_empty() {
        return Err(pass.usage("pass-names..."));
    }
    let terms = words.join(&b',');
    pass.session.ui.line(&format!("Search Terms: {}", String::from_utf8_lossy(&terms)))?;
    let style = Style::new(pass.variables(), pass.session.ui.on_terminal);
    let found = tree::found_below(pass.root(), &Pattern::containing(words));
    pass.print_bytes(&style.draw(&found))
}
