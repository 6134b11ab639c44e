//! The handshake with real MCP servers, and with programs that only look like one: each is named in
//! one line, in bounded time, and nothing of it is left running.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use vaultctl::secret::Secret;
use vaultctl::supervise::{Handshake, Opening, Report};
use vaultctl::sys::{Effort, Environment, Interrupts, Program};

use super::tools;

/// For programs that answer when they can.
const PATIENT: Duration = Duration::from_secs(120);

/// For those that never do.
const SHORT: Duration = Duration::from_secs(1);

/// A handshake that can be told from all others, by a variable of its.
struct Trial {
    handshake: Handshake,
    mark: String,
    folder: tempfile::TempDir,
}

impl Trial {
    fn new(program: PathBuf, arguments: &[&str], opening: Opening, patience: Duration) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mark = format!("mark-{}", vaultctl::sys::random_hex(10));
        let mut environment = Environment::default();
        let path = std::env::var_os("PATH").expect("PATH is set");
        environment.set("PATH", path);
        environment.set("MARK", &mark);
        environment.set("MEMORY_FILE_PATH", folder.path().join("graph.json"));
        environment.set_secret("TOKEN", Secret::copy_from(b"hunter22"));
        let arguments = arguments.iter().map(Into::into).collect();
        let handshake = Handshake {
            program: Program {
                name: program.into(),
                arguments,
                folder: Some(folder.path().to_owned()),
            },
            environment,
            opening,
            patience,
        };
        Self { handshake, mark, folder }
    }

    fn script(script: &str, opening: Opening, patience: Duration) -> Self {
        Self::new("sh".into(), &["-c", script], opening, patience)
    }

    /// What came of it; nothing of it is left.
    fn report(&self) -> Report {
        let report = self.handshake.shake(&Interrupts::hold());
        // What was killed is gone when the kernel has come round to it.
        let begun = Instant::now();
        while !running_with(&self.mark).is_empty() {
            let left = running_with(&self.mark);
            assert!(begun.elapsed() < Duration::from_secs(5), "left running: {left:?}");
        }
        report
    }

    fn trouble(&self) -> String {
        self.report().outcome.expect_err("it is no server").to_string()
    }
}

/// Every process that has the mark in its environment, as the kernel tells it.
pub(crate) fn running_with(mark: &str) -> Vec<PathBuf> {
    let processes = fs::read_dir("/proc").expect("it is Linux").flatten().map(|item| item.path());
    let is_marked = |path: &PathBuf| {
        let environment = fs::read(path.join("environ")).unwrap_or_default();
        environment.windows(mark.len()).any(|window| window == mark.as_bytes())
    };
    processes.filter(is_marked).collect()
}

/// What a server of the older era answers to `initialize` and to `tools/list`, in shell.
const WELCOME: &str = r#"
read hello
echo '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"shell","version":"1"}}}'
read ready
read list
echo '{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"echo"},{"name":"read"}]}}'
"#;

fn real_servers(folder: &Path) -> Vec<(PathBuf, Vec<String>)> {
    vec![
        (tools::everything_server(), vec!["stdio".to_owned()]),
        (tools::memory_server(), vec![]),
        (tools::filesystem_server(), vec![folder.display().to_string()]),
        (tools::time_server(), vec![]),
    ]
}

/// The name, the version of the protocol and how many tools, by each opening.
#[test]
fn real_servers_are_greeted_in_the_era_of_the_client() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (opening, newest) in
        [(Opening::Discover, "2026-07-28"), (Opening::Initialize, "2025-11-25")]
    {
        for (program, arguments) in real_servers(folder.path()) {
            let is_dual = program == tools::time_server();
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let report = Trial::new(program.clone(), &arguments, opening, PATIENT).report();
            let found = report.outcome.unwrap_or_else(|trouble| panic!("{program:?}: {trouble}"));
            assert_eq!(found.protocol, if is_dual { newest } else { "2025-11-25" }, "{program:?}");
            assert!(found.server.is_some() && found.tools.len() >= 2, "{program:?}: {found:?}");
            // Those that ask for the folders are answered, or they would wait for a minute. Two
            // seconds for the end are not much where many tests run.
            assert_ne!(report.effort, Effort::Killed, "{program:?}");
        }
    }
}

/// `-filesystem` without folders of its own works in those that the client has.
#[test]
fn a_server_that_asks_for_folders_is_told() {
    let trial = Trial::new(tools::filesystem_server(), &[], Opening::Initialize, PATIENT);
    let report = trial.report();
    assert!(report.outcome.is_ok(), "{report:?}");
    assert!(!report.said.iter().any(|line| line.contains("No valid root")), "{:?}", report.said);
    assert!(trial.folder.path().exists());
}

#[test]
fn programs_that_are_no_servers_are_named() {
    let error = r#"read hello; echo '{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"no database"}}'; sleep 100"#;
    let cases = [
        ("exit 3", "ended with exit status 3 before it answered `initialize`"),
        ("kill -KILL $$", "ended by signal 9 before it answered `initialize`"),
        ("cat > /dev/null", "did not answer `initialize` within 1 s"),
        ("kill -STOP $$", "did not answer `initialize` within 1 s"),
        ("while :; do echo ready; sleep 0.1; done", "did not answer `initialize` within 1 s"),
        ("while :; do echo ready; done", "more than 10000 lines of output, and no end"),
        ("cat /dev/zero", "a line of its output has more than 8 MiB"),
        ("exec >&-; sleep 100", "closed its output before it answered `initialize`, and runs on"),
        (error, "answers `initialize` with error -32603: no database"),
    ];
    for (script, expected) in cases {
        // What happens by itself may take its time on a busy machine.
        let patience = if expected.contains("within") { SHORT } else { PATIENT };
        let trouble = Trial::script(script, Opening::Initialize, patience).trouble();
        assert_eq!(trouble, expected, "{script}");
    }
}

/// The same with a client that asks for the new era first.
#[test]
fn silence_over_the_new_era_is_named() {
    let trouble = Trial::script("cat > /dev/null", Opening::Discover, SHORT).trouble();
    assert_eq!(trouble, "did not answer `server/discover` within 1 s");
    let trouble = Trial::script("exit 3", Opening::Discover, PATIENT).trouble();
    assert_eq!(trouble, "ended with exit status 3 before it answered `initialize`");
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let trial = Trial::new("no-such-program".into(), &[], Opening::Initialize, SHORT);
    assert_eq!(trial.trouble(), "cannot be started: No such file or directory (os error 2)");
}

/// It works, and then it does not want to go: SIGTERM is ignored, or there is something else left.
#[test]
fn nothing_is_left_of_a_server_that_does_not_end() {
    let cases = [
        ("exit", Effort::None),
        ("cat > /dev/null; sleep 100", Effort::Told),
        ("trap '' TERM; sleep 100; sleep 100", Effort::Killed),
        ("sleep 100 & exit", Effort::Told),
        ("sleep 100 < /dev/null > /dev/null 2>&1 & exit", Effort::None),
        ("sh -c 'trap \"\" TERM; while :; do sleep 1; done' & exit", Effort::Killed),
    ];
    for (end, effort) in cases {
        let trial = Trial::script(&format!("{WELCOME}{end}"), Opening::Initialize, PATIENT);
        let report = trial.report();
        let found = report.outcome.unwrap_or_else(|trouble| panic!("{end}: {trouble}"));
        assert_eq!((found.protocol.as_str(), found.tools.len()), ("2025-06-18", 2), "{end}");
        assert_eq!(report.effort, effort, "{end}");
    }
}

#[test]
fn what_is_not_of_the_protocol_is_counted_and_what_it_says_is_kept() {
    let script = format!(
        "echo starting; echo; echo \"the token is $TOKEN\" >&2; seq 9 >&2; {WELCOME}echo done"
    );
    let report = Trial::script(&script, Opening::Initialize, PATIENT).report();
    assert!(report.outcome.is_ok(), "{report:?}");
    assert_eq!(
        (report.strays, report.said),
        (2, ["5", "6", "7", "8", "9"].map(str::to_owned).to_vec())
    );
    let script = "echo \"the token is $TOKEN\" >&2; exit 1";
    let report = Trial::script(script, Opening::Initialize, PATIENT).report();
    assert_eq!(report.said, ["the token is [masked]"]);
}

/// What Claude Code does: a server that ends over `server/discover` is started again, the old way;
/// one that does not answer it within three seconds is asked in the old way.
#[test]
fn a_server_that_knows_nothing_of_the_new_era_gets_a_second_chance() {
    let dies = format!(
        "read first; case $first in *discover*) exit 1;; esac; {}",
        WELCOME.replace("read hello", "")
    );
    let ignores = format!(
        "read first; {}",
        WELCOME
            .replace("\"id\":1", "\"id\":2")
            .replace("\"id\":2,\"result\":{\"tools", "\"id\":3,\"result\":{\"tools")
    );
    for script in [dies, ignores] {
        let report = Trial::script(&script, Opening::Discover, PATIENT).report();
        let found = report.outcome.unwrap_or_else(|trouble| panic!("{script}: {trouble}"));
        assert_eq!(found.protocol, "2025-06-18", "{script}");
    }
}
