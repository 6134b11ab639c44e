//! `vaultctl otp`.

use crate::otp::{self, Moving, Otp, Step, Timed};
use crate::secret::{Secret, SecretBuffer};
use crate::store::{self, Name};
use crate::vault::{self, Edit, Entry, Vault};

use super::insert::confirm_replacing;
use super::instead::Instead;
use super::{Checked, Done, Example, Failure, Session, agent};

/// One-time passwords: the code of the moment, from an entry's `otpauth://` line
///
/// `vaultctl otp NAME` is `vaultctl otp code NAME`.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// The entry
    #[arg(value_name = "NAME", required = true)]
    name: Option<String>,
    #[command(flatten)]
    instead: Instead,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Print the code of the moment
    ///
    /// A key that counts (HOTP) is counted before its code is shown.
    Code(CodeArgs),
    /// Add an entry that is an `otpauth://` line
    ///
    /// The line is the content of the QR code that a site shows. It comes from standard input, or is
    /// asked for without echo.
    #[command(alias = "add")]
    Insert(InsertArgs),
    /// Add an `otpauth://` line to an entry
    Append(InsertArgs),
    /// Print the `otpauth://` line of an entry
    Uri(CodeArgs),
    /// Check an `otpauth://` line from standard input, and store nothing
    Validate,
}

#[derive(clap::Args)]
struct CodeArgs {
    /// The entry
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    instead: Instead,
}

#[derive(clap::Args)]
struct InsertArgs {
    /// The entry
    #[arg(value_name = "NAME")]
    name: String,
    /// Replace what is there, without asking
    #[arg(short, long)]
    force: bool,
}

pub(super) const CODE_EXAMPLES: &[Example] = &[
    Example {
        what: "Print the code for a login",
        line: "vaultctl otp code mail/ann-otp",
        checked: Checked::Runs,
    },
    Example {
        what: "Let a script know how long it is good for",
        line: "vaultctl otp code --json mail/ann-otp",
        checked: Checked::Runs,
    },
];

pub(super) const INSERT_EXAMPLES: &[Example] = &[Example {
    what: "Store what the QR code on a screen holds",
    line: "zbarimg --quiet --raw screen.png | vaultctl otp insert shop/otp",
    checked: Checked::Parses,
}];

pub(super) const APPEND_EXAMPLES: &[Example] = &[Example {
    what: "Add the second factor to an entry that has the first",
    line: "vaultctl otp append mail/ann < uri.txt",
    checked: Checked::Runs,
}];

pub(super) const URI_EXAMPLES: &[Example] = &[Example {
    what: "Let a phone have the key, too",
    line: "vaultctl otp uri -q mail/ann-otp",
    checked: Checked::Runs,
}];

pub(super) const VALIDATE_EXAMPLES: &[Example] = &[Example {
    what: "Check a line before it is stored",
    line: "vaultctl otp validate < uri.txt",
    checked: Checked::Runs,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    match &args.verb {
        // clap sees to it that there is a name where there is no verb.
        None => code(args.name.as_deref().unwrap_or_default(), &args.instead, session),
        Some(Verb::Code(args)) => code(&args.name, &args.instead, session),
        Some(Verb::Insert(args)) => insert(args, session),
        Some(Verb::Append(args)) => append(args, session),
        Some(Verb::Uri(args)) => uri(args, session),
        Some(Verb::Validate) => Ok(checked(&session.input_line()?).map(|_| Done::Fully)?),
    }
}

fn code(name: &str, instead: &Instead, session: &Session) -> Result<Done, Failure> {
    instead.check(session)?;
    session.with_vault(|vault| {
        let name: Name = name.parse().map_err(store::Error::from)?;
        agent::refuse_entry(&name, session)?;
        let otp = otp::of(vault.read(&name)?.bytes()).map_err(|error| about(&name, error))?;
        let (digits, valid_for) = match otp.moving {
            Moving::Timed(timed) => now(&timed, session),
            Moving::Counted(_) => (count(&name, vault)?, None),
        };
        if session.ui.json && !instead.is_wanted() {
            // EXPOSE: the verb's purpose is to print it.
            let digits = String::from_utf8_lossy(digits.expose());
            session.ui.json(&serde_json::json!({ "code": digits, "valid_for": valid_for }))?;
        } else {
            instead.hand_out(&digits, &format!("the code of {name}"), session)?;
        }
        Ok(Done::Fully)
    })
}

fn now(timed: &Timed, session: &Session) -> (Secret, Option<u64>) {
    // Before 1970 no code is good, and 0 gives none that is.
    let seconds = u64::try_from(session.world.clock.now().as_second()).unwrap_or_default();
    let code = timed.at(seconds);
    (code.digits, Some(code.valid_for))
}

/// The next code of a key that counts. Two who ask at once get two codes.
fn count(name: &Name, vault: &Vault<'_>) -> Result<Secret, Failure> {
    vault.unlock_for(name)?;
    let subject = format!("Increment HOTP counter for {name}.");
    vault.edit(&subject, |edit| step(name, edit))?.map_err(|error| about(name, error))
}

fn step(name: &Name, edit: &mut Edit<'_, '_>) -> Result<Result<Secret, otp::Error>, vault::Error> {
    let entry = edit.read(name)?;
    match next(&entry) {
        Ok(step) => {
            edit.write(name, &Entry::new(otp::with_line(entry.bytes(), &step.uri)))?;
            Ok(Ok(step.digits))
        }
        Err(error) => Ok(Err(error)),
    }
}

fn next(entry: &Entry) -> Result<Step, otp::Error> {
    match otp::of(entry.bytes())?.moving {
        Moving::Counted(counted) => counted.next(),
        // Somebody has put another line there since it was looked at.
        Moving::Timed(_) => Err(otp::Error::Missing("counter")),
    }
}

fn insert(args: &InsertArgs, session: &Session) -> Result<Done, Failure> {
    session.with_vault(|vault| {
        let name: Name = args.name.parse().map_err(store::Error::from)?;
        vault.store().recipients_for(&name)?;
        let confirmed = confirm_replacing(&name, args.force, vault, session)?;
        let uri = asked(&name, session)?;
        vault.edit(&format!("Add OTP secret for {name} to store."), |edit| {
            confirmed.still_holds(&name, vault)?;
            let nothing = SecretBuffer::new().into_secret();
            edit.write(&name, &Entry::new(otp::with_line(&nothing, &uri)))
        })?;
        Ok(Done::Fully)
    })
}

fn append(args: &InsertArgs, session: &Session) -> Result<Done, Failure> {
    session.with_vault(|vault| {
        let name: Name = args.name.parse().map_err(store::Error::from)?;
        let version = vault.version(&name)?;
        let replaces = otp::line(vault.read(&name)?.bytes()).is_some();
        if replaces && !args.force {
            confirm_another_key(&name, session)?;
        }
        let uri = asked(&name, session)?;
        vault.unlock_for(&name)?;
        let verb = if replaces { "Replace" } else { "Append" };
        let saved = vault.edit(&format!("{verb} OTP secret for {name}."), |edit| {
            let unchanged = vault.version(&name)? == version;
            if unchanged {
                let entry = edit.read(&name)?;
                edit.write(&name, &Entry::new(otp::with_line(entry.bytes(), &uri)))?;
            }
            Ok::<_, Failure>(unchanged)
        })?;
        let changed =
            || Failure::failed(format!("`{name}` was changed by somebody else meanwhile"));
        saved.then_some(Done::Fully).ok_or_else(|| changed().hint("nothing was changed; try again"))
    })
}

fn confirm_another_key(name: &Name, session: &Session) -> Result<(), Failure> {
    if !session.world.stdin_is_terminal {
        let failure = Failure::failed(format!("entry `{name}` has an `otpauth://` line already"));
        return Err(failure.hint("`-f` replaces it"));
    }
    let question = format!("{name} has a key for one-time passwords already. Replace it?");
    match session.world.prompt.ask_yes(&question)? {
        true => Ok(()),
        false => Err(Failure::failed("nothing was changed")),
    }
}

fn uri(args: &CodeArgs, session: &Session) -> Result<Done, Failure> {
    args.instead.check(session)?;
    session.with_vault(|vault| {
        let name: Name = args.name.parse().map_err(store::Error::from)?;
        agent::refuse_entry(&name, session)?;
        let line = otp::line(vault.read(&name)?.bytes());
        let line = line.ok_or_else(|| about(&name, otp::Error::NoLine))?;
        args.instead.hand_out(&line, &format!("the key of {name}"), session)?;
        Ok(Done::Fully)
    })
}

/// A line that was typed or piped, and is one.
fn asked(name: &Name, session: &Session) -> Result<Secret, Failure> {
    let typed = if session.world.stdin_is_terminal {
        session.ask_value(name)?
    } else {
        session.input_line()?
    };
    Ok(checked(&typed)?)
}

/// The line, without blanks round it.
fn checked(typed: &Secret) -> Result<Secret, otp::Error> {
    let line = otp::line(typed).ok_or(otp::Error::NotOne)?;
    Otp::parse(&line).map(|_| line)
}

fn about(name: &Name, error: otp::Error) -> Failure {
    Failure::from(error).about(&format!("entry `{name}`"))
}
