//! A real S3 server: Garage, one node on loopback with its data in a temporary folder, shared by the
//! tests that run at the same time.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{JoinHandle, sleep};
use std::time::Duration;

use tempfile::TempDir;

use super::tools;

/// Who may do everything there.
pub(crate) const KEY: (&str, &str) = (
    "GK31c2f218a2e44f485b94239e",
    "b892c0665f0ada8a4755dae98baa3b133590e11dae3bcc1f9d769d67f16c3835",
);

/// Runs as long as somebody uses it.
pub(crate) struct Garage {
    folder: TempDir,
    address: String,
    stop: Option<Sender<()>>,
    keeper: Option<JoinHandle<()>>,
}

impl Garage {
    /// The one that runs, else a new one.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Garage>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let garage = Arc::new(Self::start());
            *shared = Arc::downgrade(&garage);
            garage
        })
    }

    fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("garage-").tempdir().expect("a folder");
        let (api, rpc) = (free_address(), free_address());
        fs::write(folder.path().join("garage.toml"), settings(folder.path(), &api, &rpc))
            .expect("is written");
        let (stop, stopped) = channel();
        let command = server(folder.path());
        let keeper = std::thread::spawn(move || keep(command, &stopped));
        let garage = Self { folder, address: api, stop: Some(stop), keeper: Some(keeper) };
        garage.wait();
        garage
    }

    fn wait(&self) {
        for _ in 0..200 {
            let answers = TcpStream::connect(&self.address).is_ok();
            if answers && self.command(&["bucket", "list"]).status().expect("starts").success() {
                return;
            }
            sleep(Duration::from_millis(50));
        }
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        panic!("garage does not start:\n{log}");
    }

    /// Makes a bucket that [`KEY`] may read and write.
    pub(crate) fn make_bucket(&self, name: &str) {
        self.run(&["bucket", "create", name]);
        self.run(&["bucket", "allow", "--read", "--write", "--owner", name, "--key", KEY.0]);
    }

    /// Takes a bucket away with all that is in it, and makes an empty one of that name.
    pub(crate) fn empty_bucket(&self, name: &str) {
        self.run(&["bucket", "alias", name, &format!("{name}-gone")]);
        self.run(&["bucket", "unalias", name]);
        self.make_bucket(name);
    }

    /// Sets how many bytes a bucket may hold.
    pub(crate) fn limit_bucket(&self, name: &str, bytes: u64) {
        self.run(&["bucket", "set-quotas", "--max-size", &format!("{bytes}B"), name]);
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    fn run(&self, arguments: &[&str]) {
        let output = self.command(arguments).output().expect("starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "garage {arguments:?}: {said}");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(tools::garage());
        command.arg("-c").arg(self.folder.path().join("garage.toml")).args(arguments);
        command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

impl Drop for Garage {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.keeper.take().map(JoinHandle::join);
    }
}

/// A port that nothing has a moment before it is used.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("has one").to_string()
}

fn settings(folder: &Path, api: &str, rpc: &str) -> String {
    let folder = folder.display();
    format!(
        r#"
metadata_dir = "{folder}/meta"
data_dir = "{folder}/data"
db_engine = "sqlite"
replication_factor = 1
metadata_fsync = false
data_fsync = false
rpc_bind_addr = "{rpc}"
rpc_public_addr = "{rpc}"
rpc_secret = "{secret}"
[s3_api]
s3_region = "garage"
api_bind_addr = "{api}"
"#,
        secret = "1".repeat(64),
    )
}

/// The server, which the kernel ends when the tests are killed.
fn server(folder: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]).arg(tools::garage());
    command.arg("-c").arg(folder.join("garage.toml"));
    command.args(["server", "--single-node", "--default-access-key"]).env_clear();
    command.env("PATH", std::env::var_os("PATH").expect("is set"));
    command.env("GARAGE_DEFAULT_ACCESS_KEY", KEY.0).env("GARAGE_DEFAULT_SECRET_KEY", KEY.1);
    let log = fs::File::create(folder.join("log")).expect("is made");
    command.stdin(Stdio::null()).stdout(log.try_clone().expect("is a file")).stderr(log);
    command
}

/// Starts it, waits and ends it, all in one thread: a process is told of the end of the thread that
/// started it.
fn keep(mut command: Command, stopped: &Receiver<()>) {
    let mut child: Child = command.spawn().expect("garage starts");
    stopped.recv().ok();
    drop(child.kill());
    drop(child.wait());
}
