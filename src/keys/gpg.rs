//! `gpg`, the reference for OpenPGP: its trust rules and its agent are the user's.

use crate::crypto::{Sealed, recognise_openpgp};
use crate::secret::Secret;
use crate::sys::{Helper, HelperError, Outcome, Variables, terminal_name};

use super::Error;

/// Both names under which distributions ship it; pass prefers the first.
const PROGRAMS: [&str; 2] = ["gpg2", "gpg"];

/// What pass gives to every call (pass 1.7.4, `GPG_OPTS`). Its questions about trust stay on.
const ALWAYS: [&str; 4] = ["--quiet", "--yes", "--compress-algo=none", "--no-encrypt-to"];

/// Options of the user's own, for every call.
const OPTIONS: &str = "PASSWORD_STORE_GPG_OPTS";

/// The user's GnuPG, as a program.
#[derive(Clone, Copy)]
pub(super) struct Gpg<'a> {
    variables: &'a Variables,
}

impl<'a> Gpg<'a> {
    pub(super) fn new(variables: &'a Variables) -> Self {
        Self { variables }
    }

    /// Whether the user has options of their own, which may mean anything.
    pub(super) fn has_options(&self) -> bool {
        self.variables.raw(OPTIONS).is_some_and(|options| !options.is_empty())
    }

    /// Decrypts what is known to be a message.
    pub(super) fn decrypt(&self, ciphertext: &[u8]) -> Result<Secret, Error> {
        let outcome = self.run(&["--decrypt"], ciphertext)?;
        match outcome.code {
            Some(0) => Ok(outcome.stdout),
            _ => Err(Error::NotOpened(reason(&outcome))),
        }
    }

    /// Encrypts to `ids`, and takes the answer in only if it is a whole message.
    pub(super) fn encrypt(
        &self,
        ids: &[String],
        plaintext: &Secret,
    ) -> Result<Sealed<Vec<u8>>, Error> {
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

    /// What gpg prints about `names` when it is asked with `arguments`. That it does not know some
    /// of them is no failure: what it prints is the answer.
    pub(super) fn list(&self, arguments: &[&str], names: &[String]) -> Result<String, Error> {
        let printed =
            self.public(&[&["--with-colons", "--fixed-list-mode"], arguments].concat(), names)?;
        Ok(String::from_utf8_lossy(&printed).into_owned())
    }

    /// The public keys called `names`, as binary packets.
    pub(super) fn export(&self, names: &[String]) -> Result<Vec<u8>, Error> {
        self.public(&["--export"], names)
    }

    fn public(&self, arguments: &[&str], names: &[String]) -> Result<Vec<u8>, Error> {
        let names = names.iter().map(String::as_str);
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--"]).chain(names).collect();
        let outcome = self.run(&arguments, b"")?;
        // EXPOSE: what gpg says of public keys is public.
        Ok(outcome.stdout.expose().to_vec())
    }

    /// Runs gpg on `input`.
    pub(super) fn run(&self, arguments: &[&str], input: &[u8]) -> Result<Outcome, Error> {
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
        let more = self.variables.text(OPTIONS).unwrap_or_default();
        helper.args(more.split_whitespace())
    }
}

/// The last thing that gpg said, which names the cause; the lines before are context.
pub(super) fn reason(outcome: &Outcome) -> String {
    let last = outcome.stderr.lines().rev().find(|line| !line.trim().is_empty());
    let last = last.map(|line| line.trim_start_matches("gpg: ").to_owned());
    last.unwrap_or_else(|| format!("it ended with status {:?} and said nothing", outcome.code))
}
