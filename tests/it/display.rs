//! Displays for one test: a real X server and a real Wayland compositor, which show nothing.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a server may take to be there.
const PATIENCE: Duration = Duration::from_secs(20);

/// A display; it ends with the test.
pub(crate) struct Display {
    server: Child,
    /// The variables that lead to it, for a shell.
    variables: String,
    _folder: Option<TempDir>,
}

impl Display {
    /// X11.
    pub(crate) fn x11() -> Self {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "800x800x24", "-nolisten", "tcp"]);
        let mut server =
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("Xvfb starts");
        let stdout = server.stdout.as_mut().expect("it was piped");
        let mut number = String::new();
        BufReader::new(stdout).read_line(&mut number).expect("Xvfb tells its number");
        let variables = format!("DISPLAY=:{}", number.trim());
        Self { server, variables, _folder: None }
    }

    /// Wayland, with the protocol that lets `wl-copy` work without a window.
    pub(crate) fn wayland() -> Self {
        let folder = tempfile::Builder::new().prefix("vaultctl-").tempdir().expect("a folder");
        let mut command = as_somebody("sway", folder.path());
        command.args(["-c", "/dev/null"]);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("XDG_RUNTIME_DIR", folder.path());
        command.envs([("WLR_BACKENDS", "headless"), ("WLR_RENDERER", "pixman")]);
        let server =
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("sway starts");
        wait_for(&folder.path().join("wayland-1"));
        let variables =
            format!("WAYLAND_DISPLAY=wayland-1 XDG_RUNTIME_DIR={}", folder.path().display());
        Self { server, variables, _folder: Some(folder) }
    }

    /// A command line that is run on this display.
    pub(crate) fn line(&self, script: &str) -> String {
        format!("export {}; {script}", self.variables)
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

/// sway refuses to run as root.
fn as_somebody(program: &str, folder: &Path) -> Command {
    if folder.metadata().expect("it is there").uid() != 0 {
        return Command::new(program);
    }
    let given = Command::new("chown").arg("nobody:").arg(folder).status().expect("chown runs");
    assert!(given.success(), "root can give a folder away");
    let mut command = Command::new("setpriv");
    command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", program]);
    command
}

fn wait_for(path: &Path) {
    let begun = Instant::now();
    while !path.exists() {
        assert!(begun.elapsed() < PATIENCE, "`{}` does not appear", path.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}
