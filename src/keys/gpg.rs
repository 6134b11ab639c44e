//! `gpg`, the reference for OpenPGP: its trust rules and its agent are the user's.

use crate::crypto::{Sealed, recognise_openpgp};
use crate::secret::Secret;
use crate::sys::{Helper, HelperError, Outcome, Variables, terminal_name};

use super::Error;

/// Both names under which distributions ship it; pass prefers the first.
const PROGRAMS: [&str; 2] = ["gpg2", "gpg"];

/// What pass gives to every call (pass 1.7.4, `GPG_OPTS`). Its questions about trust stay on.
const ALWAYS: [&str; 4] = ["--quiet", "--yes", "--compress-algo=none", "--no-encrypt-to"];

/// With it, pass accepts only recipients files that this key has signed. Writing without that check
/// would drop a protection that the user asked for.
const SIGNING_KEY: &str = "PASSWORD_STORE_SIGNING_KEY";

/// The user's GnuPG.
pub(super) struct Gpg<'a> {
    variables: &'a Variables,
}

impl<'a> Gpg<'a> {
    pub(super) fn new(variables: &'a Variables) -> Self {
        Self { variables }
    }

    /// Decrypts a message, once it is known to be one.
    pub(super) fn open(&self, ciphertext: &[u8]) -> Result<Secret, Error> {
        let message = recognise_openpgp(ciphertext.to_vec())?;
        let outcome = self.run(&["--decrypt"], message.body())?;
        match outcome.code {
            Some(0) => Ok(outcome.stdout),
            _ => Err(Error::NotOpened(reason(&outcome))),
        }
    }

    /// Encrypts to `ids` (to those of `PASSWORD_STORE_KEY` instead, if it is set, as pass does), and
    /// takes the answer in only if it is a whole message.
    pub(super) fn seal(
        &self,
        ids: &[String],
        plaintext: &Secret,
    ) -> Result<Sealed<Vec<u8>>, Error> {
        if self.variables.text(SIGNING_KEY).is_some() {
            return Err(Error::NotSupported(SIGNING_KEY));
        }
        let chosen = self.variables.text("PASSWORD_STORE_KEY");
        let ids: Vec<&str> = match chosen {
            Some(chosen) => chosen.split_whitespace().collect(),
            None => ids.iter().map(String::as_str).collect(),
        };
        let recipients = ids.iter().flat_map(|id| ["--recipient", id]);
        let arguments: Vec<&str> = std::iter::once("--encrypt").chain(recipients).collect();
        // EXPOSE: the plaintext goes to gpg over a pipe.
        let outcome = self.run(&arguments, plaintext.expose())?;
        if outcome.code != Some(0) {
            return Err(Error::NotSealed(reason(&outcome)));
        }
        // EXPOSE: what gpg printed is ciphertext, and is checked to be.
        Ok(recognise_openpgp(outcome.stdout.expose().to_vec())?)
    }

    fn run(&self, arguments: &[&str], input: &[u8]) -> Result<Outcome, Error> {
        let mut outcome = Err(HelperError::Missing("gpg".to_owned()));
        for program in PROGRAMS {
            outcome = self.helper(program).args(arguments).run(input);
            if !matches!(outcome, Err(HelperError::Missing(_))) {
                break;
            }
        }
        Ok(outcome?)
    }

    fn helper(&self, program: &str) -> Helper {
        let mut helper = Helper::new(program, self.variables).args(ALWAYS);
        if program == "gpg2" || self.variables.raw("GPG_AGENT_INFO").is_some() {
            helper = helper.args(["--batch", "--use-agent"]);
        }
        if let (None, Some(tty)) = (self.variables.raw("GPG_TTY"), terminal_name()) {
            helper = helper.env("GPG_TTY", tty);
        }
        let more = self.variables.text("PASSWORD_STORE_GPG_OPTS").unwrap_or_default();
        helper.args(more.split_whitespace())
    }
}

/// The last thing that gpg said, which names the cause; the lines before are context.
fn reason(outcome: &Outcome) -> String {
    let last = outcome.stderr.lines().rev().find(|line| !line.trim().is_empty());
    let last = last.map(|line| line.trim_start_matches("gpg: ").to_owned());
    last.unwrap_or_else(|| format!("it ended with status {:?} and said nothing", outcome.code))
}
