//! A server, started, greeted and ended.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::sys::{Effort, Environment, Exit, Heard, Interrupts, Partner, Program};

use super::Trouble;
use super::conversation::{Conversation, Greeting, Opening, Step};

/// A longer line is no message (bytes): the longest list of tools seen has a tenth.
pub(super) const LINE_LIMIT: usize = 8 * 1024 * 1024;

/// Nobody waits longer.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// How long `server/discover` may stay unanswered before the older greeting is tried (Claude Code
/// 2.1.332, as measured).
const PROBE_PATIENCE: Duration = Duration::from_secs(3);

/// How long a server has to end once its input is closed, and again once it is told to: what both
/// official SDKs give it.
const LAST_PATIENCE: Duration = Duration::from_secs(2);

/// The same, where somebody waits for us to end.
const SHORT_PATIENCE: Duration = Duration::from_millis(200);

/// For how long after the handshake a server may still ask for the folders. The reference server
/// `everything` does after 0.35 s; one that gets no answer waits for a minute, and does not end.
const AFTERWORD: Duration = Duration::from_millis(500);

/// How long the end of a process may take to show after its output is closed.
const END_SHOWS: Duration = Duration::from_millis(300);

/// Which server is started, as whose client.
pub struct Handshake {
    /// What is started, and where: an absolute path, which the server is also told when it asks for
    /// folders.
    pub program: Program,
    /// Its variables, all of them.
    pub environment: Environment,
    /// How the client begins.
    pub opening: Opening,
    /// How long all of it may take, but for the end.
    pub patience: Duration,
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// What the server is, or why that is not known.
    pub outcome: Result<Greeting, Trouble>,
    /// From the start to the answer.
    pub took: Duration,
    /// How many lines of its output were none of the protocol's: clients ignore them or give up.
    pub strays: usize,
    /// The last lines of its standard error, without the secrets that it was given.
    pub said: Vec<String>,
    /// What it took to end it.
    pub effort: Effort,
}

impl Handshake {
    /// Starts it, greets it, ends it. Nothing of it is left when this returns, but what has left its
    /// process group.
    #[must_use]
    pub fn shake(&self, interrupts: &Interrupts) -> Report {
        let begun = Instant::now();
        let deadline = begun + self.patience.min(LONGEST);
        let attempt = Attempt { handshake: self, interrupts, begun, deadline };
        match (self.opening, attempt.with(self.opening)) {
            // Some servers end over what they do not know; clients start those again, the old way.
            (Opening::Discover, Ended { over_probe: true, .. }) => {
                attempt.with(Opening::Initialize).report
            }
            (_, ended) => ended.report,
        }
    }

    fn trouble(&self, heard: &Heard, asked: &'static str, partner: &Partner) -> Trouble {
        match heard {
            Heard::TooLong => Trouble::Flood,
            Heard::Interrupted => Trouble::Interrupted,
            Heard::Closed => match exit_soon(partner) {
                Some(exit) => Trouble::Ended { asked, exit },
                None => Trouble::Closed(asked),
            },
            Heard::Nothing | Heard::Line(_) => Trouble::Silent { asked, patience: self.patience },
        }
    }
}

/// One process.
struct Attempt<'h> {
    handshake: &'h Handshake,
    interrupts: &'h Interrupts,
    begun: Instant,
    deadline: Instant,
}

/// How one process ended.
struct Ended {
    report: Report,
    /// Whether over a question that it need not know.
    over_probe: bool,
}

impl Attempt<'_> {
    fn with(&self, opening: Opening) -> Ended {
        let Handshake { program, environment, .. } = self.handshake;
        let mut partner = match Partner::start(program, environment, LINE_LIMIT) {
            Ok(partner) => partner,
            Err(error) => return Ended { report: self.not_started(error), over_probe: false },
        };
        let mut conversation =
            Conversation::new(file_uri(program.folder.as_deref().unwrap_or(Path::new("/"))));
        let mut greeted = self.greet(&mut conversation, opening, &mut partner);
        if let Err(Trouble::Refused { message, .. }) = &mut greeted {
            *message = environment.masked(message);
        }
        let took = self.begun.elapsed();
        if greeted.is_ok() {
            self.linger(&mut conversation, &mut partner);
        }
        let effort = self.end(&mut partner);
        let said = partner.last_words();
        let said = said.iter().map(|line| environment.masked(line)).collect();
        let (is_probing, strays) = (conversation.is_probing(), conversation.strays());
        let over_probe = is_probing && matches!(greeted, Err(Trouble::Ended { .. }));
        let outcome = greeted.map(|()| conversation.into_greeting());
        Ended { report: Report { outcome, took, strays, said, effort }, over_probe }
    }

    fn not_started(&self, error: io::Error) -> Report {
        Report {
            outcome: Err(Trouble::NotStarted(error)),
            took: self.begun.elapsed(),
            strays: 0,
            said: Vec::new(),
            effort: Effort::None,
        }
    }

    /// From the first word until all is known.
    fn greet(
        &self,
        conversation: &mut Conversation,
        opening: Opening,
        partner: &mut Partner,
    ) -> Result<(), Trouble> {
        partner.send(&conversation.open(opening));
        let probe_deadline = self.deadline.min(Instant::now() + PROBE_PATIENCE);
        loop {
            let is_probing = conversation.is_probing();
            let until = if is_probing { probe_deadline } else { self.deadline };
            match partner.listen(until, self.interrupts)? {
                Heard::Line(line) => match conversation.take(&line) {
                    Step::Go(lines) => send(&lines, partner),
                    Step::Done(lines) => {
                        send(&lines, partner);
                        return Ok(());
                    }
                    Step::Failed(trouble) => return Err(trouble),
                },
                Heard::Nothing if is_probing && until < self.deadline => {
                    partner.send(&conversation.go_on_without_probe());
                }
                other => return Err(self.handshake.trouble(&other, conversation.asked(), partner)),
            }
        }
    }

    /// Answers what is asked after the handshake, until nothing more is to be expected.
    fn linger(&self, conversation: &mut Conversation, partner: &mut Partner) {
        let until = Instant::now() + AFTERWORD;
        while conversation.may_be_asked() {
            let Ok(Heard::Line(line)) = partner.listen(until, self.interrupts) else {
                return;
            };
            match conversation.take(&line) {
                Step::Go(lines) | Step::Done(lines) => send(&lines, partner),
                Step::Failed(_) => return,
            }
        }
    }

    fn end(&self, partner: &mut Partner) -> Effort {
        let patience = if self.interrupts.happened() { SHORT_PATIENCE } else { LAST_PATIENCE };
        // What can not be waited for is killed when the partner goes.
        partner.end(patience).map_or(Effort::Killed, |(effort, _)| effort)
    }
}

fn send(lines: &[String], partner: &mut Partner) {
    lines.iter().for_each(|line| partner.send(line));
}

/// How it ended, when its output is closed because of that.
fn exit_soon(partner: &Partner) -> Option<Exit> {
    let begun = Instant::now();
    loop {
        let exit = partner.exit();
        if exit.is_some() || begun.elapsed() >= END_SHOWS {
            return exit;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// RFC 8089: the path with everything but unreserved characters percent-encoded.
fn file_uri(folder: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    let encode = |byte: &u8| match byte {
        byte if plain(*byte) => char::from(*byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    let path: String = folder.as_os_str().as_bytes().iter().map(encode).collect();
    format!("file://{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_a_uri() {
        assert_eq!(file_uri(Path::new("/home/ann/my pro/ä")), "file:///home/ann/my%20pro/%C3%A4");
    }
}
