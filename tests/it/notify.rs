//! Channels, with real servers on loopback: what arrives, what does not, and that a channel which
//! fails fails alone.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::receiver::{Answer, Receiver};
use super::tools;
use super::world::World;

/// A server in Python. It ends when this goes, and what it keeps is in a folder outside the home.
struct Server {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Server {
    fn start(script: &str, before: &[&str], after: &[PathBuf]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it").join(script);
        let mut child = std::process::Command::new(tools::python())
            .arg(script)
            .arg(folder.path())
            .args(before)
            .args(after)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        let said = child.stdout.as_mut().expect("it has one");
        BufReader::new(said).read_line(&mut line).expect("it says its port");
        Self { child, port: line.trim().parse().expect("a port"), folder }
    }

    fn mail(mode: &str, certificate: &[PathBuf]) -> Self {
        Self::start("mail_server.py", &[mode], certificate)
    }

    /// The letters that it has taken.
    fn letters(&self) -> Vec<Value> {
        let letter = |number: usize| {
            let bytes = fs::read(self.folder.path().join(format!("{number}.json"))).ok()?;
            Some(serde_json::from_slice(&bytes).expect("it is JSON"))
        };
        (1..).map_while(letter).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        self.child.wait().ok();
    }
}

/// A file that only its owner can read, as secrets are kept.
fn keep(world: &World, name: &str, content: &str) {
    world.plant(name, content);
    world.sh(&format!("chmod 600 {name}")).run().ok();
}

fn settings(world: &World, text: &str) {
    world.plant(".config/vaultctl/config.toml", text);
}

fn host(world: &World) -> String {
    world.sh("uname -n").run().ok().trim().to_owned()
}

/// An authority of our own, and a certificate that it has given to `localhost`: certificate and key.
fn certificate(world: &World) -> Vec<PathBuf> {
    world.sh("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem 2> /dev/null
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout own.key -out own.csr 2> /dev/null
        echo 'subjectAltName=DNS:localhost,IP:127.0.0.1' > own.ext
        openssl x509 -req -in own.csr -CA ca.pem -CAkey ca.key -days 2 -extfile own.ext -out own.pem 2> /dev/null").run().ok();
    vec![world.path("own.pem"), world.path("own.key")]
}

/// A port that nobody listens at.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it has one").port()
}

#[test]
fn every_channel_is_told() {
    let (world, web) = (World::new(), Receiver::start(Answer::Status(202)));
    let (canary, mail) = (world.canary().to_owned(), Server::mail("login", &[]));
    keep(&world, "json-url", &format!("{}\n", web.address(&format!("/json/{canary}"))));
    keep(&world, "slack-url", &web.address(&format!("/slack/{canary}")));
    keep(&world, "ping-url", &web.address(&format!("/ping/{canary}")));
    keep(&world, "key", &format!("{canary}\n"));
    keep(&world, "password", &format!("pass-{canary}\n"));
    settings(
        &world,
        &format!(
            "[[notify]]\nwebhook_file = '~/json-url'\n\
             [[notify]]\nwebhook_file = '~/slack-url'\nshape = 'slack'\n\
             [[notify]]\npagerduty_file = '~/key'\npagerduty_url = '{}'\n\
             [[notify]]\nping_file = '~/ping-url'\n\
             [[notify]]\nname = 'letter'\nmail = {{ to = ['Ann <ann@example.net>', 'bob@example.net'], from = 'v@example.net', server = 'localhost', port = {}, tls = 'none', user = 'ann', password_file = '~/password' }}\n",
            web.address("/v2/enqueue"),
            mail.port,
        ),
    );
    assert_eq!(world.sh("vaultctl notify test").run().ok(), "told: 5\n");
    let mut heard: Vec<_> = (0..4).map(|_| web.next()).collect();
    heard.sort_by(|one, other| one.what.cmp(&other.what));
    let host = host(&world);
    let headline = format!("test on {host} failed (exit status 1)");
    let reason = "this is only a test: nothing has happened";

    let json: Value = serde_json::from_str(&heard[0].body).expect("it is JSON");
    assert_eq!(
        (&*heard[0].what, &*heard[0].kind),
        (&*format!("POST /json/{canary}"), "application/json")
    );
    assert_eq!((json["job"].as_str(), json["host"].as_str()), (Some("test"), Some(&*host)));
    assert_eq!((json["outcome"].as_str(), json["status"].as_u64()), (Some("failed"), Some(1)));
    let line = format!("{headline}: {reason}");
    assert_eq!((json["reason"].as_str(), json["text"].as_str()), (Some(reason), Some(&*line)));

    assert_eq!(heard[1].what, format!("POST /ping/{canary}/1"));
    assert!(heard[1].body.starts_with(&format!("{headline}\nreason: {reason}\nat: ")));

    let slack: Value = serde_json::from_str(&heard[2].body).expect("it is JSON");
    assert_eq!(heard[2].what, format!("POST /slack/{canary}"));
    let text = slack["text"].as_str().expect("it has a text");
    assert!(text.starts_with(&format!("{headline}\nreason: {reason}")), "{text}");

    let event: Value = serde_json::from_str(&heard[3].body).expect("it is JSON");
    assert_eq!(heard[3].what, "POST /v2/enqueue");
    assert_eq!(event["routing_key"].as_str(), Some(&*canary));
    assert_eq!(event["event_action"], "trigger");
    assert_eq!(event["dedup_key"], format!("vaultctl/{host}/test"));
    assert_eq!(event["payload"]["summary"], format!("{headline}: {reason}"));
    assert_eq!(
        (&event["payload"]["source"], &event["payload"]["severity"]),
        (&host.into(), &"error".into())
    );

    let letters = mail.letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0]["to"], serde_json::json!(["ann@example.net", "bob@example.net"]));
    assert_eq!(letters[0]["login"][0], "ann");
    let letter = letters[0]["text"].as_str().expect("it is text");
    assert!(letter.contains(&format!("Subject: [vaultctl] {headline}")), "{letter}");
    assert!(letter.contains(&format!("reason: {reason}")), "{letter}");
    for body in [&heard[0].body, &heard[1].body, &heard[2].body, &letter.to_owned()] {
        assert!(!body.contains(&canary), "{body}");
    }
}

#[test]
fn a_switch_hears_each_sign_of_life_and_an_incident_is_closed() {
    let (world, web) = (World::new(), Receiver::start(Answer::Status(200)));
    keep(&world, "ping-url", &web.address("/uuid?create=1"));
    keep(&world, "key", "k\n");
    let events = web.address("/v2/enqueue");
    settings(&world, "[[notify]]\nping_file = '~/ping-url'\n");
    for (on, what) in [
        ("start", "POST /uuid/start?create=1"),
        ("success", "POST /uuid?create=1"),
        ("omissions", "POST /uuid/3?create=1"),
        ("failure", "POST /uuid/1?create=1"),
        ("overdue", "POST /uuid/fail?create=1"),
    ] {
        world.sh(&format!("vaultctl notify test --on {on}")).run().ok();
        assert_eq!(web.next().what, what);
    }
    settings(&world, &format!("[[notify]]\npagerduty = '~/key'\npagerduty_url = '{events}'\n"));
    world.sh("vaultctl notify test --on success").run().ok();
    assert!(web.next().body.contains("\"event_action\":\"resolve\""));
}

#[test]
fn a_channel_that_fails_fails_alone_and_is_named_without_its_address() {
    let (world, good) = (World::new(), Receiver::start(Answer::Status(200)));
    let (angry, away) =
        (Receiver::start(Answer::Status(500)), Receiver::start(Answer::Status(200)));
    let moved = Receiver::start(Answer::Elsewhere(away.address("/stolen")));
    let (canary, refusing) = (world.canary().to_owned(), Server::mail("refusing", &[]));
    let dead = free_port();
    for (name, address) in [
        ("good", good.address("/good")),
        ("angry", angry.address(&format!("/{canary}"))),
        ("moved", moved.address(&format!("/{canary}"))),
        ("dead", format!("http://127.0.0.1:{dead}/{canary}")),
        ("far", format!("http://192.0.2.1/{canary}")),
        ("odd", format!("{canary}://x")),
        ("long", format!("https://x/\n{canary}")),
    ] {
        keep(&world, name, &address);
    }
    world.plant("open", "https://x/\n");
    let mail = |port: u16| {
        format!(
            "mail = {{ to = 'a@b.example', from = 'v@b.example', server = '127.0.0.1', port = {port}, tls = 'none' }}\n"
        )
    };
    let table = |line: &str| format!("[[notify]]\n{line}\n");
    let text: String = ["angry", "moved", "dead", "far", "odd", "long", "open", "missing"]
        .map(|name| table(&format!("webhook_file = '~/{name}'")))
        .into_iter()
        .chain([table(&mail(refusing.port)), table(&mail(dead))])
        .chain(
            ["['false']", "['no-such-program']", "['sh', '-c', 'kill -9 $$']"]
                .map(|words| table(&format!("command = {words}"))),
        )
        .chain([table("webhook_file = '~/good'")])
        .collect();
    settings(&world, &text);
    let output = world.sh("vaultctl notify test").run();
    assert_eq!(output.status, 1);
    assert_eq!(good.next().what, "POST /good");
    assert!(away.is_quiet(), "a redirect was followed");
    let home = world.path("").display().to_string();
    let said = String::from_utf8(output.stderr).expect("it is text");
    let expected = format!(
        "warning: webhook 1 was not told: the server answered 500
warning: webhook 2 was not told: the server answered 302, and sends us elsewhere, which is not followed
warning: webhook 3 was not told: the server can not be reached (connection refused)
warning: webhook 4 was not told: its address is not `https://`, and leads to another machine
warning: webhook 5 was not told: its address is not one of the web
warning: webhook 6 was not told: its address is not one line of text
warning: webhook 7 was not told: cannot read `{home}open`: others can read it: its mode should be 0600
warning: webhook 8 was not told: there is no `{home}missing`
warning: mail 9 was not told: the mail server answered 550
warning: mail 10 was not told: the mail server can not be reached (connection refused)
warning: command 11 was not told: `false` ended with exit status 1
warning: command 12 was not told: cannot run `no-such-program`: No such file or directory (os error 2)
warning: command 13 was not told: `sh` was ended by signal 9
error: channels that could not be told: 13
hint: docs/notify.md says what each needs
"
    );
    assert_eq!(said, expected);
}

/// Whoever is silent, and whoever says one byte after the other for ever: all at once cost no more
/// than the one with the longest patience.
#[test]
fn patience_has_an_end() {
    let world = World::new();
    let (silent, drops) = (Receiver::start(Answer::Silence), Receiver::start(Answer::Drops));
    let mails = [Server::mail("silent", &[]), Server::mail("drops", &[])];
    keep(&world, "silent", &silent.address("/"));
    keep(&world, "drops", &drops.address("/"));
    let mail = |server: &Server| {
        format!(
            "[[notify]]\nmail = {{ to = 'a@b.example', from = 'v@b.example', server = '127.0.0.1', port = {}, tls = 'none' }}\n",
            server.port
        )
    };
    settings(
        &world,
        &format!(
            "[[notify]]\nwebhook_file = '~/silent'\n[[notify]]\nwebhook_file = '~/drops'\n{}{}[[notify]]\ncommand = ['sh', '-c', 'trap : TERM; sleep 1000']\n",
            mail(&mails[0]),
            mail(&mails[1])
        ),
    );
    let begun = Instant::now();
    let said = world.sh("vaultctl notify test").run().fails(1);
    assert!(begun.elapsed() < Duration::from_secs(70), "{:?}", begun.elapsed());
    assert!(
        said.contains("webhook 1 was not told: the server did not answer within 20 seconds"),
        "{said}"
    );
    assert!(
        said.contains("webhook 2 was not told: the server did not answer within 20 seconds"),
        "{said}"
    );
    assert!(
        said.contains("mail 3 was not told: the mail server was silent for 10 seconds"),
        "{said}"
    );
    assert!(said.contains("mail 4 was not told: it took more than 30 seconds"), "{said}");
    assert!(said.contains("command 5 was not told: it took more than 20 seconds"), "{said}");
}

#[test]
fn a_server_proves_who_it_is_to_the_authorities_that_count() {
    let world = World::new();
    let certificate = certificate(&world);
    let web = Server::start("https_server.py", &[], &certificate);
    let mails = [
        ("starttls", Server::mail("starttls", &certificate)),
        ("implicit", Server::mail("implicit", &certificate)),
    ];
    let canary = world.canary().to_owned();
    keep(&world, "url", &format!("https://localhost:{}/{canary}", web.port));
    keep(&world, "password", &format!("pass-{canary}"));
    let mail = |tls: &str, port: u16| {
        format!(
            "[[notify]]\nmail = {{ to = 'a@b.example', from = 'v@b.example', server = 'localhost', port = {port}, tls = '{tls}', user = 'ann', password_file = '~/password' }}\n"
        )
    };
    let letters: String = mails.iter().map(|(tls, server)| mail(tls, server.port)).collect();
    settings(&world, &format!("[[notify]]\nwebhook_file = '~/url'\n{letters}"));
    let said = world.sh("vaultctl notify test").run().fails(1);
    assert!(said.contains("webhook 1 was not told: the server's certificate does not count: this system does not know who made it"), "{said}");
    for number in [2, 3] {
        assert!(
            said.contains(&format!(
                "mail {number} was not told: the mail server could not prove who it is"
            )),
            "{said}"
        );
    }
    assert!(mails.iter().all(|(_, server)| server.letters().is_empty()));
    world.sh("SSL_CERT_FILE=$HOME/ca.pem vaultctl notify test").run().ok();
    assert!(web.folder.path().join(&canary).exists());
    for (tls, server) in &mails {
        let letters = server.letters();
        assert_eq!((letters.len(), &letters[0]["encrypted"]), (1, &true.into()), "{tls}");
    }
}

#[test]
fn a_secret_in_the_store_can_be_read_while_somebody_is_there() {
    let (world, web) = (World::with_store(), Receiver::start(Answer::Status(200)));
    let address = web.address(&format!("/{}", world.canary()));
    world.sh("vaultctl set notify/slack").input(format!("{address}\n")).run().ok();
    settings(&world, "[[notify]]\nwebhook = 'vault:notify/slack'\nshape = 'slack'\n");
    assert_eq!(world.sh("vaultctl notify test").run().ok(), "told: 1\n");
    assert_eq!(web.next().what, format!("POST /{}", world.canary()));
    let said = world.sh("rm .config/vaultctl/identity.txt; vaultctl notify test").run().fails(1);
    let told = "webhook 1 was not told: entry `notify/slack`: there is no age identity at";
    assert!(
        said.contains(told) && said.contains("; a file can be read with nobody there"),
        "{said}"
    );
    assert!(web.is_quiet());
}

#[test]
fn a_command_gets_the_notice_and_nothing_else_of_ours() {
    let world = World::new();
    world.script(
        "told",
        "cat > told.json; env | cut -d = -f 1 | sort > names; echo \"$VAULTCTL_TEXT\" > text",
    );
    settings(&world, "[[notify]]\ncommand = ['told', 'a b']\n");
    world.sh("AWS_SECRET_ACCESS_KEY=x GITHUB_TOKEN=y vaultctl notify test --on overdue").run().ok();
    let read = |name: &str| fs::read_to_string(world.path(name)).expect("it was written");
    let told: Value = serde_json::from_str(&read("told.json")).expect("it is JSON");
    assert_eq!((told["outcome"].as_str(), &told["status"]), (Some("overdue"), &Value::Null));
    let reason = "this is only a test: nothing has happened";
    assert_eq!(read("text"), format!("test on {} is overdue: {reason}\n", host(&world)));
    let names =
        "HOME\nLANG\nPATH\nPWD\nTMPDIR\nUSER\nVAULTCTL_JOB\nVAULTCTL_OUTCOME\nVAULTCTL_TEXT\n";
    assert_eq!(read("names"), names);
}

/// The whole way: a real job, from its start to its end, good and bad.
#[test]
fn a_job_is_told_and_a_channel_that_is_dead_changes_nothing() {
    let (world, web) = (World::with_store(), Receiver::start(Answer::Status(200)));
    let (canary, mail) = (world.canary().to_owned(), Server::mail("plain", &[]));
    keep(&world, "hook", &web.address(&format!("/hook/{canary}")));
    keep(&world, "ping", &web.address(&format!("/ping/{canary}")));
    keep(&world, "dead", &format!("http://127.0.0.1:{}/{canary}", free_port()));
    let place = format!(
        "[[snapshot.destination]]\nname = 'nas'\nurl = 'file://{}'\n[snapshot.keep]\nlast = 30\n[metrics]\ntextfile = '~/vaultctl.prom'\n",
        world.path("backup").display()
    );
    let channels = format!(
        "[[notify]]\nwebhook_file = '~/hook'\non = ['success', 'failure']\n[[notify]]\nping_file = '~/ping'\n\
         [[notify]]\nmail = {{ to = 'a@b.example', from = 'v@b.example', server = '127.0.0.1', port = {}, tls = 'none' }}\n",
        mail.port
    );
    settings(&world, &format!("{place}{channels}"));
    world.sh("vaultctl snapshot init --to nas").run().ok();
    world.sh("vaultctl schedule run nightly").run().ok();
    assert_eq!(web.next().what, format!("POST /ping/{canary}/start"));
    let mut ended = [web.next(), web.next()];
    ended.sort_by(|one, other| one.what.cmp(&other.what));
    assert_eq!(ended[1].what, format!("POST /ping/{canary}"));
    let told: Value = serde_json::from_str(&ended[0].body).expect("it is JSON");
    let host = host(&world);
    assert_eq!((&told["job"], &told["host"]), (&"nightly".into(), &host.clone().into()));
    assert_eq!((&told["outcome"], &told["status"]), (&"succeeded".into(), &0.into()));
    assert_eq!(told["numbers"]["snapshots"], 1, "{told}");
    assert!(mail.letters().is_empty(), "nobody wants a letter for that");

    world.sh("mv backup away; vaultctl schedule run nightly").run().fails(14);
    let heard: Vec<_> = (0..3).map(|_| web.next()).collect();
    assert!(heard.iter().any(|heard| heard.what == format!("POST /ping/{canary}/14")));
    let letter = mail.letters().remove(0)["text"].as_str().expect("it is text").to_owned();
    let headline = format!("nightly on {host} failed (exit status 14)");
    assert!(letter.contains(&format!("Subject: [vaultctl] {headline}")), "{letter}");
    assert!(letter.contains("can not be reached"), "{letter}");
    for said in heard.iter().map(|heard| &heard.body).chain([&letter]) {
        assert!(!said.contains(&canary), "{said}");
    }

    settings(&world, &format!("{place}[[notify]]\nwebhook_file = '~/dead'\non = ['success']\n"));
    world.sh("mv away backup; vaultctl schedule run nightly").run().ok();
    let told = "webhook 1 was not told: the server can not be reached (connection refused)";
    let status = world.sh("vaultctl status").run().ok();
    assert!(status.contains(&format!("\njob nightly: {told}\n")), "{status}");
    let metrics = fs::read_to_string(world.path("vaultctl.prom")).expect("it was left");
    for sample in
        ["job_undelivered_notices{job=\"nightly\"} 1", "job_last_exit_status{job=\"nightly\"} 0"]
    {
        assert!(metrics.lines().any(|line| line == format!("vaultctl_{sample}")), "{metrics}");
    }

    let entry = "[[notify]]\nwebhook = 'vault:notify/none'\non = ['start', 'success']\n";
    settings(&world, &format!("{place}{entry}"));
    let said = world.sh("vaultctl schedule run nightly 2>&1").run().ok();
    let lost = said.matches("webhook 1 was not told").count();
    assert_eq!(lost, 1, "no entry of the store is opened before the work: {said}");
}

/// A drill at night that fails: the reason is one line, the same on the screen, in the record and in
/// what is told.
#[test]
fn a_drill_that_fails_at_night_is_told_with_its_reason() {
    let world = World::with_store();
    world.script("told", "cat > told.json");
    let place = world.path("backup").display().to_string();
    settings(
        &world,
        &format!(
            "[[snapshot.destination]]\nname = 'nas'\nurl = 'file://{place}'\n[[notify]]\ncommand = ['told']\n"
        ),
    );
    world.sh("vaultctl snapshot init --quiet && vaultctl snapshot create --quiet").run().ok();
    world.sh("vaultctl schedule run monthly").run().ok();
    assert!(!world.path("told.json").exists(), "a drill that has passed is nothing to tell");
    let rot = "chmod u+w backup/snaps/* && printf x | dd of=$(ls backup/snaps/*) bs=1 seek=300 conv=notrunc 2> rot";
    world.sh(rot).run().ok();
    let said = world.sh("vaultctl schedule run monthly").run().fails(13);
    let told = fs::read_to_string(world.path("told.json")).expect("somebody is told");
    let told: Value = serde_json::from_str(&told).expect("it is JSON");
    assert_eq!((&told["job"], &told["status"]), (&"monthly".into(), &13.into()), "{told}");
    let reason = told["reason"].as_str().expect("there is one");
    assert!(reason.contains("snaps/") && !reason.contains('\n'), "{reason}");
    assert!(said.contains(reason), "{said}\n{reason}");
}
