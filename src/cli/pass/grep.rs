//! `pass grep`: the real grep(1) on each entry's plaintext, which it gets over a pipe.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::secret::Secret;
use crate::store::Name;
use crate::sys::{self, Helper, Variables};
use crate::vault::Entry;

use super::super::ui;
use super::{Died, Pass, line};

/// So many entries are decrypted and searched at once.
const BATCH: usize = 64;

pub(super) fn run(pass: &Pass<'_>, words: &[Vec<u8>]) -> Result<(), Died> {
    if words.is_empty() {
        return Err(pass.usage("[GREPOPTIONS] search-string"));
    }
    pass.refuse_agent("searching in entries")?;
    let Some(store) = pass.store() else {
        return Ok(());
    };
    let search = Search { variables: pass.variables(), words, literal: literal(words) };
    let names = store.list(None).names;
    pass.vault(|vault| {
        names.chunks(BATCH).try_for_each(|batch| {
            let mut opened = Vec::new();
            vault.read_many(batch, |name, entry| -> Result<(), Died> {
                match entry {
                    Ok(entry) => opened.push((name.clone(), entry)),
                    Err(error) => ui::say(&format!("{error}\n")),
                }
                Ok(())
            })?;
            search.tell_all(pass, &opened)
        })
    })
}

struct Search<'s> {
    variables: &'s Variables,
    words: &'s [Vec<u8>],
    /// What must be in a plaintext for grep to find anything.
    literal: Option<Literal<'s>>,
}

/// What grep said of an entry.
struct Said {
    stdout: Secret,
    stderr: String,
}

impl Search<'_> {
    fn tell_all(&self, pass: &Pass<'_>, opened: &[(Name, Entry)]) -> Result<(), Died> {
        let said = sys::in_parallel(opened, sys::processors(), |(_, entry)| self.grep(entry));
        for ((name, _), said) in opened.iter().zip(said) {
            if let Some(said) = said? {
                ui::say(&said.stderr);
                tell(pass, name, &said.stdout)?;
            }
        }
        Ok(())
    }

    /// What grep finds; nothing of it is kept where it finds nothing, but for its complaints.
    fn grep(&self, entry: &Entry) -> Result<Option<Said>, Died> {
        if self.literal.as_ref().is_some_and(|literal| !literal.may_be_in(entry)) {
            return Ok(None);
        }
        let words = self.words.iter().map(|word| OsStr::from_bytes(word));
        let helper = Helper::new("grep", self.variables).args(["--color=always"]).args(words);
        let outcome = line::feed(helper, entry.bytes())?;
        match outcome.code {
            Some(0) => Ok(Some(Said { stdout: outcome.stdout, stderr: outcome.stderr })),
            _ => {
                ui::say(&outcome.stderr);
                Ok(None)
            }
        }
    }
}

fn tell(pass: &Pass<'_>, name: &Name, lines: &Secret) -> Result<(), Died> {
    let (folder, last) = match name.as_str().rsplit_once('/') {
        Some((folder, last)) => (format!("{folder}/"), last),
        None => (String::new(), name.as_str()),
    };
    pass.print(&format!("\x1b[94m{folder}\x1b[1m{last}\x1b[0m:\n"))?;
    Ok(pass.session.ui.reveal(&line::substituted(lines))?)
}

/// A pattern that means itself.
struct Literal<'w> {
    text: &'w [u8],
    /// `-i`.
    any_case: bool,
}

/// The pattern, where it certainly means itself: alone, or after `-i` or `-F`.
fn literal(words: &[Vec<u8>]) -> Option<Literal<'_>> {
    let (pattern, options) = words.split_last()?;
    let is_plain =
        |byte: &u8| byte.is_ascii_alphanumeric() || b" _-/:@,;=%&~\"'<>!#".contains(byte);
    let knows = |option: &Vec<u8>| [b"-i".as_slice(), b"-F", b"-n"].contains(&option.as_slice());
    let means_itself =
        !pattern.is_empty() && !pattern.starts_with(b"-") && pattern.iter().all(is_plain);
    let any_case = options.iter().any(|option| option == b"-i");
    (means_itself && options.iter().all(knows)).then_some(Literal { text: pattern, any_case })
}

impl Literal<'_> {
    fn may_be_in(&self, entry: &Entry) -> bool {
        match self.any_case {
            // Some letters beyond ASCII are the other case of one within (the Kelvin sign).
            true => line::contains_any_case(entry.bytes(), self.text),
            false => line::contains(entry.bytes(), self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<Vec<u8>> {
        line.split(' ').map(|word| word.as_bytes().to_vec()).collect()
    }

    #[test]
    fn only_what_means_itself_is_looked_for_without_grep() {
        for line in ["user", "-i User", "-F a:b", "-n x"] {
            assert!(literal(&words(line)).is_some(), "{line}");
        }
        for line in
            ["us.r", "-v user", "-e user", "a*", "user file", "-E a|b", "[a]", "\\<a", "-x", ""]
        {
            assert!(literal(&words(line)).is_none(), "{line}");
        }
    }
}
