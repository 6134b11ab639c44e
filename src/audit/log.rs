//! The file.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::crypto::Digest;
use crate::sys::{self, AppendFile, FileError, LockError};

use super::{Action, Event, Outcome};

/// How long a writer waits for the others; each holds the file for well under a millisecond.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest line that is written or read back (bytes).
const LINE_LIMIT: usize = 16 * 1024;

/// This much of a subject, of a user's and of a process's name is kept (bytes).
const SUBJECT_LIMIT: usize = 2048;
const ACTOR_LIMIT: usize = 128;

/// The access log of this user on this machine.
pub struct Log {
    path: PathBuf,
    actor: Actor,
}

/// Who acts, in the name of whom.
struct Actor {
    user: String,
    process: String,
}

/// A line of the log, in the order in which it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    seq: u64,
    time: jiff::Timestamp,
    user: String,
    process: String,
    action: Action,
    subject: String,
    outcome: Outcome,
    prev: String,
}

/// Number and hash of the newest line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The number of lines.
    pub seq: u64,
    /// SHA-256 of the newest line, without its line end; of nothing when there is none.
    pub digest: Digest,
}

/// What checking the whole chain has shown.
#[derive(Debug, PartialEq, Eq)]
pub enum Chain {
    /// Every line follows from the one before.
    Whole(Head),
    /// The first line (counted from 1) that does not.
    Broken {
        /// Its number in the file.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why the log can not be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can not be read or written.
    #[error("the access log: {0}")]
    File(#[from] FileError),
    /// Others held it for too long.
    #[error("the access log: {0}")]
    Lock(#[from] LockError),
    /// Its last line is not one of ours, so nothing can be chained to it.
    #[error("the access log `{}` ends in something that is not an event: {reason}", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl Log {
    /// The log at `path`, written in the name of `user` on behalf of `process`.
    #[must_use]
    pub fn new(path: &Path, user: String, process: String) -> Self {
        Self { path: path.to_owned(), actor: Actor { user, process } }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds events, all or none, after whatever other processes have added.
    ///
    /// They survive the end of this process at once, and a power cut with `durable`.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn append(
        &self,
        at: jiff::Timestamp,
        events: &[Event],
        durable: bool,
    ) -> Result<Head, Error> {
        let mut file = AppendFile::open(&self.path, PATIENCE)?;
        let mut head = self.head_of(&mut file)?;
        let mut lines = String::new();
        for event in events {
            let line = self.line(at, event, head);
            lines.push_str(&line);
            lines.push('\n');
            head = Head { seq: head.seq + 1, digest: Digest::of(line.as_bytes()) };
        }
        file.append(lines.as_bytes(), durable)?;
        Ok(head)
    }

    /// The newest line's number and hash.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn head(&self) -> Result<Head, Error> {
        self.head_of(&mut AppendFile::open(&self.path, PATIENCE)?)
    }

    /// Calls `each` with every line, oldest first; what is no text is shown as far as it is.
    ///
    /// # Errors
    /// What the file system says; what `each` says.
    pub fn replay(&self, each: &mut dyn FnMut(&str) -> io::Result<()>) -> Result<(), Error> {
        let mut tell = |line: sys::Line<'_>| each(&String::from_utf8_lossy(line.bytes));
        Ok(sys::each_line(&self.path, &mut tell)?)
    }

    /// Checks every link of the chain, from the first line to the last.
    ///
    /// # Errors
    /// What the file system says; a broken chain is not an error but an answer.
    pub fn verify(&self) -> Result<Chain, Error> {
        let mut head = Head { seq: 0, digest: Digest::of(b"") };
        let mut broken = None;
        sys::each_line(&self.path, &mut |line| {
            if broken.is_none() {
                match follow(head, &line) {
                    Ok(next) => head = next,
                    Err(reason) => broken = Some(Chain::Broken { line: head.seq + 1, reason }),
                }
            }
            Ok(())
        })?;
        Ok(broken.unwrap_or(Chain::Whole(head)))
    }

    fn head_of(&self, file: &mut AppendFile) -> Result<Head, Error> {
        let Some(last) = file.last_line(LINE_LIMIT)? else {
            return Ok(Head { seq: 0, digest: Digest::of(b"") });
        };
        let line: Line = serde_json::from_slice(&last).map_err(|error| Error::Foreign {
            path: self.path.clone(),
            reason: error.to_string(),
        })?;
        Ok(Head { seq: line.seq, digest: Digest::of(&last) })
    }

    fn line(&self, at: jiff::Timestamp, event: &Event, head: Head) -> String {
        let line = Line {
            seq: head.seq + 1,
            time: at,
            user: shortened(&self.actor.user, ACTOR_LIMIT),
            process: shortened(&self.actor.process, ACTOR_LIMIT),
            action: event.action,
            subject: shortened(&event.subject, SUBJECT_LIMIT),
            outcome: event.outcome,
            prev: head.digest.to_string(),
        };
        serde_json::to_string(&line)
            .expect("strings, numbers and times can always be written as JSON")
    }
}

/// The head after `line`, if it follows `head`.
fn follow(head: Head, line: &sys::Line<'_>) -> Result<Head, String> {
    if !line.whole {
        return Err("it has no end".to_owned());
    }
    let parsed: Line = serde_json::from_slice(line.bytes)
        .map_err(|error| format!("it is not an event: {error}"))?;
    if parsed.seq != head.seq + 1 {
        return Err(format!("its number is {}, not {}", parsed.seq, head.seq + 1));
    }
    if parsed.prev != head.digest.to_string() {
        return Err("it does not name the line before it".to_owned());
    }
    Ok(Head { seq: parsed.seq, digest: Digest::of(line.bytes) })
}

/// At most `limit` bytes of `text`, with a mark where something was left out. JSON may write a byte
/// as six; a line must stay readable for the next writer ([`LINE_LIMIT`]).
fn shortened(text: &str, limit: usize) -> String {
    match text
        .char_indices()
        .map(|(end, c)| end + c.len_utf8())
        .take_while(|end| *end <= limit)
        .last()
    {
        Some(end) if end < text.len() => format!("{}…", text.get(..end).unwrap_or_default()),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(folder: &tempfile::TempDir) -> Log {
        Log::new(&folder.path().join("audit.jsonl"), "ann".to_owned(), "zsh(1)".to_owned())
    }

    fn add(log: &Log, subject: &str) -> Head {
        log.append(jiff::Timestamp::UNIX_EPOCH, &[Event::ok(Action::Read, subject)], false)
            .expect("appends")
    }

    fn rewrite(log: &Log, change: impl Fn(String) -> String) {
        let bytes = sys::read(log.path(), 1 << 20).expect("reads").expect("is there");
        let text = String::from_utf8(bytes).expect("is text");
        sys::write_private(log.path(), change(text).as_bytes()).expect("writes");
    }

    #[test]
    fn each_line_names_the_one_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = log(&folder);
        add(&log, "a");
        let head = add(&log, "b");
        assert_eq!((head.seq, log.head().expect("reads")), (2, head));
        assert_eq!(log.verify().expect("reads"), Chain::Whole(head));
    }

    #[test]
    fn a_changed_a_missing_and_a_foreign_line_are_found() {
        type Change = fn(String) -> String;
        let changes: [(u64, Change); 3] = [
            (3, |text| text.replace("\"b\"", "\"B\"")),
            (2, |text| {
                text.lines()
                    .filter(|line| !line.contains("\"b\""))
                    .map(|line| format!("{line}\n"))
                    .collect()
            }),
            (1, |text| format!("hello\n{text}")),
        ];
        for (expected, change) in changes {
            let folder = tempfile::tempdir().expect("a folder");
            let log = log(&folder);
            for subject in ["a", "b", "c"] {
                add(&log, subject);
            }
            rewrite(&log, change);
            let Chain::Broken { line, .. } = log.verify().expect("reads") else {
                panic!("not found")
            };
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn no_event_is_too_long_for_the_next_writer() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = log(&folder);
        add(&log, &"\u{1}".repeat(1 << 20));
        let head = add(&log, "b");
        assert_eq!(log.verify().expect("reads"), Chain::Whole(head));
    }

    #[test]
    fn half_a_line_of_a_killed_writer_is_cut_off() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = log(&folder);
        add(&log, "a");
        rewrite(&log, |text| format!("{text}{{\"seq\":2,\"ti"));
        let head = add(&log, "b");
        assert_eq!(log.verify().expect("reads"), Chain::Whole(head));
        assert_eq!(head.seq, 2);
    }
}
