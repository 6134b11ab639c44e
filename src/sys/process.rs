//! Other programs: helpers that we wait for, and the one that takes our place.
#![expect(clippy::disallowed_methods, reason = "this is where other programs are started")]

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use crate::secret::{Secret, SecretBuffer, masked};

use super::memory::MemoryFile;
use super::{Interrupts, Variables, own_program};

/// More than this of output from a helper is a mistake (bytes).
const OUTPUT_LIMIT: usize = 256 * 1024 * 1024;

/// How often somebody beside a helper looks whether it has ended.
const LOOK_UP: Duration = Duration::from_millis(50);

/// This much of what a helper says is kept (bytes).
const TALK_LIMIT: u64 = 64 * 1024;

/// A program and its arguments; never a shell string.
#[derive(Debug)]
pub struct Program {
    /// What to run: a path, or a name that is looked for on the PATH.
    pub name: OsString,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// The folder that it starts in; without one, where we are.
    pub folder: Option<PathBuf>,
}

/// The exact environment that another program gets.
#[derive(Default)]
pub struct Environment {
    plain: BTreeMap<OsString, OsString>,
    secret: BTreeMap<OsString, Secret>,
    files: BTreeMap<OsString, Secret>,
}

impl Environment {
    /// Adds a variable that is no secret.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.plain.insert(name.into(), value.into());
    }

    /// Adds a secret variable; it wins over a plain one of the same name.
    pub fn set_secret(&mut self, name: impl Into<OsString>, value: Secret) {
        self.secret.insert(name.into(), value);
    }

    /// Adds a variable with the path of a file that holds `content` and is in memory only; it wins
    /// over any other of the same name.
    pub fn set_file(&mut self, name: impl Into<OsString>, content: Secret) {
        self.files.insert(name.into(), content);
    }

    /// What the program that has it says, without the secrets that it was given.
    #[must_use]
    pub fn masked(&self, text: &str) -> String {
        masked(text, self.secret.values())
    }

    /// Makes it the whole environment of a program that is about to be started.
    pub(super) fn give_to(&self, command: &mut Command) {
        command.env_clear().envs(&self.plain);
        for (name, value) in &self.secret {
            // EXPOSE: handing the value to the program that was granted it is what this is for.
            command.env(name, OsStr::from_bytes(value.expose()));
        }
    }
}

/// A value as an argument, which every process of the machine can see: because somebody asked.
#[must_use]
pub fn into_argument(value: &Secret) -> OsString {
    OsStr::from_bytes(value.expose()).to_owned() // EXPOSE: to be seen is what an argument is.
}

/// Becomes `program`: same process id, same standard streams, signals and exit status its own
/// (execve(2)). Returns only when that was impossible, with the reason.
#[must_use]
pub fn replace_self(program: &Program, environment: &Environment) -> io::Error {
    let mut command = Command::new(&program.name);
    command.args(&program.arguments);
    environment.give_to(&mut command);
    // They stay open over execve(2), and the process keeps its id: so do their paths.
    let mut files = Vec::new();
    for (name, content) in &environment.files {
        match MemoryFile::new(content) {
            Ok(file) => {
                command.env(name, file.path());
                files.push(file);
            }
            Err(error) => return error,
        }
    }
    if let Some(folder) = &program.folder {
        command.current_dir(folder);
    }
    command.exec()
}

/// Runs this very program again, to go on after we have ended: its input over a pipe, nothing of
/// our standard streams held open. Returns the one byte that it answers once it has begun; `None`
/// when it ended without an answer.
///
/// # Errors
/// When it could not be started or fed.
pub fn leave_behind<A: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = A>,
    variables: &Variables,
    input: &Secret,
) -> io::Result<Option<u8>> {
    let mut command = Command::new(own_program()?);
    // Under its own name, whatever it was called by: names decide what it does. And from a folder
    // that nobody wants to unmount.
    command.arg0("vaultctl").args(arguments).env_clear().envs(variables.iter()).current_dir("/");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    // EXPOSE: over a pipe to this same program, which takes it into the same type.
    child.stdin.take().map_or(Ok(()), |mut pipe| pipe.write_all(input.expose()))?;
    let mut answer = [0];
    match child.stdout.take().map_or(Ok(()), |mut pipe| pipe.read_exact(&mut answer)) {
        Ok(()) => Ok(Some(answer[0])),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Leaves the terminal and its session, so that neither its keys nor its end reach this process.
pub fn leave_terminal() {
    // It can fail only for the leader of a process group, which a started program is not.
    rustix::process::setsid().ok();
}

/// A program that does something for us and returns.
pub struct Helper {
    program: String,
    command: Command,
}

/// What a helper left behind.
pub struct Outcome {
    /// Its exit status; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Its standard output: possibly a plaintext, so a secret.
    pub stdout: Secret,
    /// Its standard error, as far as it is text.
    pub stderr: String,
}

/// Why a helper could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum HelperError {
    /// It is not installed.
    #[error("the program `{0}` is not on the PATH")]
    Missing(String),
    /// It could not be started, fed or read.
    #[error("cannot run `{program}`: {source}")]
    Broken {
        /// Which one.
        program: String,
        /// Why.
        source: io::Error,
    },
}

impl Helper {
    /// Prepares `program` with exactly the variables given.
    #[must_use]
    pub fn new(program: &str, variables: &Variables) -> Self {
        let mut command = Command::new(program);
        command.env_clear().envs(variables.iter());
        Self { program: program.to_owned(), command }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Adds or replaces a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs it on the given input and waits.
    ///
    /// # Errors
    /// When it could not run; that it ran and failed is told by [`Outcome::code`].
    pub fn run(mut self, input: &[u8]) -> Result<Outcome, HelperError> {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = match self.command.spawn() {
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                return Err(HelperError::Missing(self.program));
            }
            spawned => spawned,
        };
        child
            .and_then(|child| converse(child, input))
            .map_err(|source| HelperError::Broken { program: self.program, source })
    }

    /// Starts it in another folder.
    #[must_use]
    pub fn in_folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// As [`Helper::run`], but once somebody wants us to end it is killed, with all that it has
    /// started: keys of the terminal do not reach it. [`Outcome::code`] is `None` then.
    ///
    /// # Errors
    /// As [`Helper::run`].
    pub fn run_unless(
        mut self,
        interrupts: &Interrupts,
        input: &[u8],
    ) -> Result<Outcome, HelperError> {
        self.command.process_group(0);
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = match self.command.spawn() {
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                return Err(HelperError::Missing(self.program));
            }
            spawned => spawned,
        };
        child
            .and_then(|child| converse_unless(interrupts, child, input))
            .map_err(|source| HelperError::Broken { program: self.program, source })
    }

    /// Runs it on the given input and waits for its exit status; what it says is lost. For programs
    /// that leave a process behind, which would hold a pipe open.
    ///
    /// # Errors
    /// When it could not run.
    pub fn feed(mut self, input: &[u8]) -> Result<Option<i32>, HelperError> {
        self.command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let ended = self.command.spawn().and_then(|mut child| {
            // One that does not want all of its input closes the pipe; its exit status tells why.
            drop(child.stdin.take().map(|mut pipe| pipe.write_all(input)));
            child.wait()
        });
        match ended {
            Ok(status) => Ok(status.code()),
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                Err(HelperError::Missing(self.program))
            }
            Err(source) => Err(HelperError::Broken { program: self.program, source }),
        }
    }

    /// Runs it on our own terminal and waits: for an editor. What is typed there is for it, and what
    /// would end us meanwhile has to wait until it has ended.
    ///
    /// # Errors
    /// When it could not run.
    pub fn run_on_terminal(mut self) -> Result<Option<i32>, HelperError> {
        let _interrupts = Interrupts::hold();
        match self.command.status() {
            Ok(status) => Ok(status.code()),
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                Err(HelperError::Missing(self.program))
            }
            Err(source) => Err(HelperError::Broken { program: self.program, source }),
        }
    }
}

/// As [`converse`], with somebody beside it who ends the child when that is wanted.
fn converse_unless(interrupts: &Interrupts, child: Child, input: &[u8]) -> io::Result<Outcome> {
    let (pid, is_over) = (Pid::from_child(&child), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                std::thread::park_timeout(LOOK_UP);
                if interrupts.happened() && !is_over.swap(true, Ordering::Relaxed) {
                    kill_process_group(pid, Signal::KILL).ok();
                }
            }
        });
        let outcome = converse_until(&is_over, child, input);
        is_over.store(true, Ordering::Relaxed);
        watcher.thread().unpark();
        outcome
    })
}

/// Feeds and reads at the same time, so that no pipe can fill up and stop both.
fn converse(child: Child, input: &[u8]) -> io::Result<Outcome> {
    converse_until(&AtomicBool::new(false), child, input)
}

/// The child's number is its own until its end is taken note of; before that, `is_over` says so.
fn converse_until(is_over: &AtomicBool, mut child: Child, input: &[u8]) -> io::Result<Outcome> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let mut output = SecretBuffer::new();
    let mut talk = Vec::new();
    std::thread::scope(|scope| -> io::Result<()> {
        // A helper that does not want all of its input closes the pipe; its exit status tells why.
        scope.spawn(move || stdin.map(|mut pipe| pipe.write_all(input)));
        let listener = scope.spawn(|| stderr.map(|pipe| listen(pipe, &mut talk)));
        let read = stdout.map_or(Ok(()), |mut pipe| output.fill_from(&mut pipe, OUTPUT_LIMIT));
        drop(listener.join().unwrap_or_default());
        read
    })?;
    is_over.store(true, Ordering::Relaxed);
    let code = child.wait()?.code();
    Ok(Outcome {
        code,
        stdout: output.into_secret(),
        stderr: String::from_utf8_lossy(&talk).into_owned(),
    })
}

/// Keeps the beginning of what a helper says, and lets it say the rest.
fn listen(mut pipe: impl Read, talk: &mut Vec<u8>) -> io::Result<u64> {
    pipe.by_ref().take(TALK_LIMIT).read_to_end(talk)?;
    io::copy(&mut pipe, &mut io::sink())
}
