//! `vaultctl audit`.

use crate::audit::Chain;

use crate::sys::harmless;

use super::{Checked, Code, Done, Example, Failure, Session};

/// Look at the access log
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Print the log, oldest first
    ///
    /// With --json each line is printed as it stands in the file.
    Show,
    /// Check that no line was altered, dropped or put in
    Verify,
}

pub(super) const SHOW_EXAMPLES: &[Example] =
    &[Example { what: "See who read what", line: "vaultctl audit show", checked: Checked::Runs }];

pub(super) const VERIFY_EXAMPLES: &[Example] =
    &[Example { what: "Check the chain", line: "vaultctl audit verify", checked: Checked::Runs }];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    match args.verb {
        Verb::Show => show(session),
        Verb::Verify => verify(session),
    }
}

fn show(session: &Session) -> Result<Done, Failure> {
    let mut said = Ok(());
    session.log().replay(&mut |line| {
        if said.is_ok() {
            said = session.ui.line(&if session.ui.json { line.to_owned() } else { readable(line) });
        }
        Ok(())
    })?;
    said.map(|()| Done::Fully)
}

fn readable(line: &str) -> String {
    let Ok(event) = serde_json::from_str::<serde_json::Value>(line) else {
        return harmless(line);
    };
    let fields = ["time", "user", "process", "action", "outcome", "subject"];
    let words: Vec<&str> = fields.iter().filter_map(|field| event[field].as_str()).collect();
    harmless(&words.join("  "))
}

fn verify(session: &Session) -> Result<Done, Failure> {
    match session.log().verify()? {
        Chain::Whole(head) => {
            session.ui.line(&format!("{} events, head {}", head.seq, head.digest))?;
            Ok(Done::Fully)
        }
        Chain::Broken { line, reason } => {
            let path = session.log().path().display().to_string();
            let message = format!("access log `{path}`, line {line}: {reason}");
            Err(Failure::new(Code::NotVerified, message)
                .hint("compare with the copies in your snapshots"))
        }
    }
}
