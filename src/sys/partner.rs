//! A program that we talk with in lines, and that is ended with all that it has started.
#![expect(clippy::disallowed_methods, reason = "this is where other programs are started")]

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::process::{Environment, Program};
use super::{Interrupts, Lines, Tail};

/// How often somebody who waits looks whether something else has happened.
const PAUSE: Duration = Duration::from_millis(20);

/// How long a partner that is to end has for what it was sent last.
const FLUSH_PATIENCE: Duration = Duration::from_millis(200);

/// What poll(2) promises that a pipe takes without making us wait (`PIPE_BUF`, bytes).
const PORTION: usize = 4096;

/// How much is read at a time (bytes).
const READ_STEP: usize = 64 * 1024;

/// A running program and the three pipes to it. It leads a process group of its own, so that what
/// it starts can be ended with it, and keys of the terminal do not reach it.
pub struct Partner {
    child: Child,
    input: Option<ChildStdin>,
    unsent: VecDeque<u8>,
    output: Option<ChildStdout>,
    lines: Lines,
    talk: Option<ChildStderr>,
    tail: Tail,
    is_over: bool,
}

/// What came from a partner, or did not.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// A line of its standard output, without its end.
    Line(Vec<u8>),
    /// A line that has more bytes than were allowed, and no end yet.
    TooLong,
    /// Its standard output is closed.
    Closed,
    /// Nothing, and the time is over.
    Nothing,
    /// Nothing, and somebody wants us to end.
    Interrupted,
}

/// How a program came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// With this status.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// How much it took to end a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// It ended when its standard input was closed, or before.
    None,
    /// It, or something that it had started, had to be told (SIGTERM).
    Told,
    /// It had to be killed (SIGKILL).
    Killed,
}

impl Partner {
    /// Starts `program` with exactly the variables of `environment`, which has no files. A line of its
    /// output may have `limit` bytes.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(program: &Program, environment: &Environment, limit: usize) -> io::Result<Self> {
        let mut command = Command::new(&program.name);
        command.args(&program.arguments).process_group(0);
        if let Some(folder) = &program.folder {
            command.current_dir(folder);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        environment.give_to(&mut command);
        let mut child = command.spawn()?;
        let (input, output, talk) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (lines, tail) = (Lines::new(limit), Tail::default());
        let unsent = VecDeque::new();
        Ok(Self { child, input, unsent, output, lines, talk, tail, is_over: false })
    }

    /// Sends a line, to which its end is added, as soon as the other side takes it: while we listen.
    pub fn send(&mut self, line: &str) {
        if self.input.is_some() {
            self.unsent.extend(line.bytes().chain([b'\n']));
        }
    }

    /// Sends nothing more: what it reads ends.
    pub fn hang_up(&mut self) {
        self.input = None;
        self.unsent.clear();
    }

    /// What comes next, until `deadline`.
    ///
    /// # Errors
    /// What the system says.
    pub fn listen(&mut self, deadline: Instant, interrupts: &Interrupts) -> io::Result<Heard> {
        loop {
            if let Some(heard) = self.lines.next() {
                return Ok(heard);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if self.output.is_none() {
                return Ok(Heard::Closed);
            } else if interrupts.happened() {
                return Ok(Heard::Interrupted);
            } else if left.is_zero() {
                return Ok(Heard::Nothing);
            }
            self.turn(left.min(PAUSE))?;
        }
    }

    /// How it has ended, if it has. Nothing is taken note of: its number stays its own.
    #[must_use]
    pub fn exit(&self) -> Option<Exit> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        let status = waitid(WaitId::Pid(self.pid()), options).ok().flatten()?;
        let code = status.exit_status().map(Exit::Code);
        code.or_else(|| status.terminating_signal().map(Exit::Signal))
    }

    /// The last lines that it has said on standard error, as far as they are text.
    #[must_use]
    pub fn last_words(&self) -> Vec<String> {
        self.tail.lines()
    }

    /// Ends it by the book: its standard input is closed; after `patience` it is told to end
    /// (SIGTERM), after another it is killed. What it has started and left in its process group goes
    /// the same way. (MCP 2025-11-25, lifecycle, "Shutdown".)
    ///
    /// # Errors
    /// What the system says.
    pub fn end(&mut self, patience: Duration) -> io::Result<(Effort, Exit)> {
        self.send_the_rest()?;
        self.input = None;
        let mut effort = Effort::None;
        if !self.is_gone_within(patience)? {
            effort = Effort::Told;
            self.signal(Signal::TERM);
            if !self.is_gone_within(patience)? {
                effort = Effort::Killed;
            }
        }
        // Also where all seems to be over: something may be left that has closed the pipes.
        self.signal(Signal::KILL);
        let status = self.child.wait()?;
        self.is_over = true;
        let exit = status.code().map(Exit::Code);
        let exit = exit.or_else(|| status.signal().map(Exit::Signal));
        Ok((effort, exit.unwrap_or(Exit::Code(0))))
    }

    /// Gives it a moment to take what it was sent.
    fn send_the_rest(&mut self) -> io::Result<()> {
        let begun = Instant::now();
        while !self.unsent.is_empty() && begun.elapsed() < FLUSH_PATIENCE {
            self.turn(PAUSE)?;
            self.lines.forget();
        }
        self.unsent.clear();
        Ok(())
    }

    /// Whether it has ended, and all that could hold its pipes open. What still comes is read, so
    /// that nobody waits for us.
    fn is_gone_within(&mut self, patience: Duration) -> io::Result<bool> {
        let begun = Instant::now();
        loop {
            let is_silent = self.output.is_none() && self.talk.is_none();
            if is_silent && self.exit().is_some() {
                return Ok(true);
            }
            let left = patience.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Ok(false);
            }
            self.turn(left.min(PAUSE))?;
            self.lines.forget();
        }
    }

    /// To the whole group. Its number can not have become a stranger's: it is that of our child,
    /// whose end we have not taken note of yet.
    fn signal(&self, signal: Signal) {
        kill_process_group(self.pid(), signal).ok();
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Reads and writes what can be without waiting; waits at most for `patience`.
    fn turn(&mut self, patience: Duration) -> io::Result<()> {
        let (writes, reads, hears) = self.ready(patience)?;
        if writes {
            self.write();
        }
        let mut bytes = [0; READ_STEP];
        if reads {
            match take(&mut self.output, &mut bytes) {
                0 => self.lines.finish(),
                count => self.lines.push(&bytes[..count]),
            }
        }
        if hears {
            let count = take(&mut self.talk, &mut bytes);
            self.tail.push(&bytes[..count]);
        }
        Ok(())
    }

    /// Which of the pipes will not make us wait: input, output, talk.
    fn ready(&self, patience: Duration) -> io::Result<(bool, bool, bool)> {
        let input = self.input.as_ref().filter(|_| !self.unsent.is_empty());
        let input = input.map(|pipe| (pipe.as_fd(), PollFlags::OUT));
        let output = self.output.as_ref().map(|pipe| (pipe.as_fd(), PollFlags::IN));
        let talk = self.talk.as_ref().map(|pipe| (pipe.as_fd(), PollFlags::IN));
        let pipes = [input, output, talk];
        let mut polled: Vec<PollFd<'_>> = pipes.iter().flatten().map(poll_for).collect();
        let patience = Timespec { tv_sec: 0, tv_nsec: i64::from(patience.subsec_nanos()) };
        match poll(&mut polled, Some(&patience)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut answers = polled.iter().map(|polled| !polled.revents().is_empty());
        let mut answer = |pipe: Option<_>| pipe.is_some() && answers.next().unwrap_or(false);
        Ok((answer(pipes[0]), answer(pipes[1]), answer(pipes[2])))
    }

    /// A program that does not want to hear more closes the pipe; what it answered still counts.
    fn write(&mut self) {
        let (portion, _) = self.unsent.as_slices();
        let portion = &portion[..portion.len().min(PORTION)];
        match self.input.as_mut().map(|pipe| pipe.write(portion)) {
            Some(Ok(count)) => drop(self.unsent.drain(..count)),
            Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            _ => {
                self.input = None;
                self.unsent.clear();
            }
        }
    }
}

impl Drop for Partner {
    /// However we come to leave it, nothing of it is left.
    fn drop(&mut self) {
        if !self.is_over {
            self.signal(Signal::KILL);
            self.child.wait().ok();
        }
    }
}

fn poll_for<'fd>((pipe, flags): &(BorrowedFd<'fd>, PollFlags)) -> PollFd<'fd> {
    PollFd::from_borrowed_fd(*pipe, *flags)
}

/// Reads once. At the end, or when nothing more can be had, the pipe is closed.
fn take(pipe: &mut Option<impl Read>, bytes: &mut [u8]) -> usize {
    match pipe.as_mut().map(|pipe| pipe.read(bytes)) {
        Some(Ok(0) | Err(_)) | None => {
            *pipe = None;
            0
        }
        Some(Ok(count)) => count,
    }
}
