//! One command line in a world, and what came of it.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};

use super::world::World;

/// Longer than this (in seconds), a command hangs: nothing here waits for a person.
const PATIENCE: &str = "150";

/// A command line for `sh`, not run yet.
#[must_use = "a command that is not run shows nothing"]
pub(crate) struct Step<'w> {
    world: &'w World,
    script: String,
    input: Vec<u8>,
}

/// What a command left: look at it, or say that it succeeded.
#[must_use = "look at what came out, or say `ok()`"]
pub(crate) struct Output {
    script: String,
    /// The exit status; 128 and the signal's number when one ended it, as a shell says it.
    pub(crate) status: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl<'w> Step<'w> {
    pub(crate) fn new(world: &'w World, script: &str) -> Self {
        Self { world, script: script.to_owned(), input: Vec::new() }
    }

    /// Gives it something to read.
    pub(crate) fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = bytes.into();
        self
    }

    /// Runs it; no secret of this world may come out.
    pub(crate) fn run(self) -> Output {
        let world = self.world;
        let output = self.reveal();
        for (name, bytes) in
            [("standard output", &output.stdout), ("standard error", &output.stderr)]
        {
            if let Some(encoding) = world.oracle().find(bytes) {
                panic!("`{}` leaks a secret ({encoding}) on its {name}", output.script);
            }
        }
        output
    }

    /// Runs it, knowing that it shows secrets.
    pub(crate) fn reveal(self) -> Output {
        // Without a controlling terminal (setsid), so that nothing can ask whoever runs the tests.
        let mut command = self.world.command("setsid");
        command.args(["--wait", "timeout", PATIENCE, "sh", "-c", &self.script]);
        let (status, stdout, stderr) = converse(command, self.input);
        Output { script: self.script, status: shell_status(status), stdout, stderr }
    }
}

impl Output {
    /// It succeeded; its standard output.
    pub(crate) fn ok(self) -> String {
        self.ends(0);
        String::from_utf8(self.stdout).expect("the output is text")
    }

    /// It ended with `status`; its standard error.
    pub(crate) fn fails(self, status: i32) -> String {
        self.ends(status);
        String::from_utf8(self.stderr).expect("the error is text")
    }

    fn ends(&self, status: i32) {
        let (stdout, stderr) =
            (String::from_utf8_lossy(&self.stdout), String::from_utf8_lossy(&self.stderr));
        assert_eq!(self.status, status, "`{}`\nstdout: {stdout}\nstderr: {stderr}", self.script);
    }
}

/// One word for a shell.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_./@%+=:,-".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn converse(mut command: Command, input: Vec<u8>) -> (ExitStatus, Vec<u8>, Vec<u8>) {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("it was piped");
    // A command that does not read its input closes the pipe; that is its right.
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("the program ends");
    drop(feeder.join().expect("the feeder does not panic"));
    (output.status, output.stdout, output.stderr)
}

fn shell_status(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().expect("no code means a signal"))
}
