//! `vaultctl show`.

use std::ffi::OsString;

use crate::secret::Secret;
use crate::store::{self, Name};
use crate::vault;

use super::{Checked, Done, Example, Failure, Session, agent, instead, ls};

/// Print all of an entry, byte for byte, or the tree of a folder
#[derive(clap::Args)]
pub(super) struct Args {
    /// The entry or folder
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Copy one line to the clipboard, the first by default; after 45 s what was there comes back
    #[arg(short, long, value_name = "LINE", num_args = 0..=1, require_equals = true,
          default_missing_value = "1", requires = "name")]
    clip: Option<usize>,
    /// Show one line as a QR code, the first by default
    #[arg(short, long, value_name = "LINE", num_args = 0..=1, require_equals = true,
          default_missing_value = "1", requires = "name", conflicts_with = "clip")]
    qrcode: Option<usize>,
}

pub(super) const EXAMPLES: &[Example] = &[
    Example {
        what: "Print an entry with its fields",
        line: "vaultctl show claude/github-token",
        checked: Checked::Runs,
    },
    Example {
        what: "Show its second line to a phone",
        line: "vaultctl show --qrcode=2 claude/github-token",
        checked: Checked::Parses,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    session.with_vault(|vault| {
        let Some(text) = &args.name else {
            return ls::print_tree(None, vault, session);
        };
        let name: Name = text.parse().map_err(store::Error::from)?;
        let one_line = one_line(args);
        let is_entry = one_line.is_some() || vault.store().cipher_of(&name)?.is_some();
        if !is_entry && vault.store().is_folder(&name)? {
            return ls::print_tree(Some(&name), vault, session);
        }
        agent::refuse_entry(&name, session)?;
        let entry = vault.read(&name)?;
        match one_line {
            Some((number, hand_out)) => {
                let line = entry.line(number);
                let line = line.ok_or_else(|| vault::Error::NoLine(name.clone(), number))?;
                hand_out(&line, name.as_str(), session)?;
            }
            None => session.ui.reveal(entry.bytes())?,
        }
        Ok(Done::Fully)
    })
}

type HandOut = fn(&Secret, &str, &Session) -> Result<(), Failure>;

/// Which line is wanted, and how.
fn one_line(args: &Args) -> Option<(usize, HandOut)> {
    let copied = args.clip.map(|number| (number, instead::copy as HandOut));
    copied.or(args.qrcode.map(|number| (number, instead::show as HandOut)))
}

/// As getopt, `pass` takes a line attached: `-c2`. clap wants `-c=2` where a value may be missing.
pub(super) fn with_attached_lines(arguments: Vec<OsString>) -> Vec<OsString> {
    if verb(&arguments).is_none_or(|verb| verb != "show") {
        return arguments;
    }
    let options = arguments.iter().take_while(|word| *word != "--").count();
    let rewritten = |(place, word): (usize, OsString)| {
        let line = word.to_str().filter(|_| place < options).and_then(attached_line);
        line.unwrap_or(word)
    };
    arguments.into_iter().enumerate().map(rewritten).collect()
}

/// The first word that is neither an option nor the value of one.
fn verb(arguments: &[OsString]) -> Option<&OsString> {
    let is_option = |word: &OsString| word.as_encoded_bytes().starts_with(b"-");
    let takes_value = |word: &OsString| word == "--config" || word == "--store";
    let pairs = arguments.windows(2).map(|pair| (&pair[0], &pair[1]));
    pairs
        .filter(|(before, _)| !takes_value(before))
        .map(|(_, word)| word)
        .find(|word| !is_option(word))
}

/// `-c=2` for `-c2`.
fn attached_line(word: &str) -> Option<OsString> {
    let flag = ["-c", "-q"].into_iter().find(|flag| word.starts_with(flag))?;
    let number = word.strip_prefix(flag)?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| format!("{flag}={number}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(line: &str) -> String {
        let words = with_attached_lines(line.split(' ').map(OsString::from).collect());
        let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
        words.join(" ")
    }

    #[test]
    fn an_attached_line_is_told_to_clap() {
        assert_eq!(rewritten("vaultctl --store s show a -c2"), "vaultctl --store s show a -c=2");
        assert_eq!(rewritten("vaultctl show -q12 a"), "vaultctl show -q=12 a");
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for line in
            ["vaultctl show -c a", "vaultctl show -- -c2", "vaultctl exec -- show -c2", "vaultctl"]
        {
            assert_eq!(rewritten(line), line);
        }
    }
}
