//! Drills from the outside: every class of damage, keys that do not open it, keys that are locked, a
//! real bucket, OpenPGP; what is live stays as it is, and nothing is left, however a drill ends.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::bucket::on_garage;
use super::keyring::Keyring;
use super::oracle::everything_below;
use super::pass_interop::{CURVE, person};
use super::world::{PROGRAM, World};

const DOCUMENT: &str = include_str!("../../docs/threat-model.md");

/// A home with a store, a client's file and a transcript, and three snapshots of it in a folder.
fn machine() -> World {
    let world = World::new();
    world.plant(".claude.json", "{\"mcpServers\": {\"time\": {\"command\": \"time-server\"}}}\n");
    world.plant(".claude/agents/a.md", "an agent\n");
    world.sh("vaultctl init --recovery-out paper").run().ok();
    world.sh("vaultctl set claude/token").input(world.canary()).run().ok();
    world.sh("vaultctl set web/other").input(world.canary()).run().ok();
    world.sh("vaultctl snapshot init --to backup").run().ok();
    for number in 1..4 {
        world.plant(&format!(".claude/projects/-srv-{number}/s.jsonl"), format!("{number}\n"));
        world.sh("vaultctl snapshot create --to backup").run().ok();
    }
    world
}

/// The paper has a private key on it, which is there on purpose.
fn end(world: &World) {
    world.sh("rm -f paper").run().ok();
}

/// What `drill` says when it fails: one line for the reason, and a hint.
fn reason(world: &World, options: &str, status: i32) -> String {
    let said = world.sh(&format!("vaultctl drill --quiet {options}")).run().fails(status);
    let lines: Vec<&str> = said.lines().filter(|line| !line.starts_with("warning: ")).collect();
    assert!(
        lines.len() == 2 && lines[0].starts_with("error: ") && lines[1].starts_with("hint: "),
        "{options}: {said}"
    );
    lines[0].to_owned()
}

/// Everything about everything in the home but our state: content, rights, times, places.
fn live(world: &World) -> Vec<(PathBuf, Vec<u8>, [i64; 7])> {
    let state = world.path(".local");
    let mut found = everything_below(&world.path(""));
    found.retain(|path| !path.starts_with(&state) && !path.starts_with(world.path("backup")));
    found.sort();
    let facts = |path: PathBuf| {
        let at = path.symlink_metadata().expect("nobody else is here");
        let numbers = [
            at.mode().into(),
            at.mtime(),
            at.mtime_nsec(),
            at.ctime(),
            at.ctime_nsec(),
            i64::try_from(at.ino()).expect("is small"),
            at.uid().into(),
        ];
        let content = fs::read(&path).unwrap_or_default();
        (path, content, numbers)
    };
    found.into_iter().map(facts).collect()
}

/// Scratch homes that nobody has in use any more.
fn leftovers(base: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(base).into_iter().flatten().flatten().map(|entry| entry.path());
    let ours = entries.filter(|path| path.to_string_lossy().contains("/vaultctl-drill-"));
    let is_free = |path: &PathBuf| {
        let mut tried = Command::new("flock");
        tried.arg("-n").arg(path).arg("true").stderr(Stdio::null());
        tried.status().is_ok_and(|status| status.success()) && path.exists()
    };
    ours.filter(is_free).collect()
}

fn expect_nothing_left(world: &World) {
    assert_eq!(fs::read_dir(world.path("../tmp")).expect("is there").count(), 0, "TMPDIR");
    for base in [Path::new("/dev/shm"), &world.path(".local/state/vaultctl")] {
        assert_eq!(leftovers(base), Vec::<PathBuf>::new());
    }
}

#[test]
fn what_is_live_stays_as_it_is_and_nothing_is_left() {
    let world = machine();
    fs::create_dir(world.path("elsewhere")).expect("makes");
    let mut before = live(&world);
    for options in
        ["", "--stock", "--identity paper", "--stock --scratch elsewhere", "--scratch elsewhere"]
    {
        world.sh(&format!("vaultctl drill --to backup {options}")).run().ok();
        expect_nothing_left(&world);
    }
    world
        .sh("vaultctl drill --to backup --identity .config/vaultctl/recipients.txt")
        .run()
        .fails(1);
    expect_nothing_left(&world);
    // But for the time of the folder in which a scratch home came and went.
    let mut after = live(&world);
    for all in [&mut after, &mut before] {
        all.retain(|(path, ..)| !path.ends_with("elsewhere"));
    }
    assert!(before == after, "something in the home has changed");
    end(&world);
}

/// The repository as files, and what is the newest of each kind.
struct Scene {
    world: World,
}

impl Scene {
    fn new() -> Self {
        let world = machine();
        world.sh("cp -r backup whole && ssh-keygen -q -t ed25519 -N '' -f stranger").run().ok();
        Self { world }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.world.path("backup").join(name)
    }

    /// The object of a kind that the newest snapshot has, and one of this kind that the oldest has.
    fn names(&self, kind: &str) -> [String; 2] {
        let mut commits: Vec<PathBuf> = everything_below(&self.path("commits"));
        commits.retain(|path| path.to_string_lossy().ends_with(".commit"));
        commits.sort();
        let both = [&commits[2], &commits[0]];
        let named = |path: &&PathBuf, key: &str| -> Vec<String> {
            let text = fs::read_to_string(path).expect("is there");
            let values = text.lines().filter_map(|line| line.strip_prefix(key));
            values.filter_map(|value| value.split(' ').next().map(str::to_owned)).collect()
        };
        let name = |path: &PathBuf| {
            path.strip_prefix(self.path("")).expect("is below").display().to_string()
        };
        let pack = |hash: &String| {
            let (begin, _) = hash.split_at(2);
            format!("packs/{begin}/{hash}.tar.zst.age")
        };
        match kind {
            "commit" => both.map(name),
            "its signature" => both.map(|path| name(path) + ".sig"),
            "snapshot object" => {
                both.map(|path| format!("snaps/{}.tar.zst.age", named(&path, "snap ")[0]))
            }
            "pack" => {
                let [new, old] = both.map(|path| named(&path, "pack "));
                let fresh = new.iter().find(|hash| !old.contains(hash)).expect("it has its own");
                [pack(fresh), pack(&old[0])]
            }
            "guide" => ["restore.sh", "RESTORE.txt"].map(str::to_owned),
            "`vaultctl-repo`" => ["vaultctl-repo", "vaultctl-repo.sig"].map(str::to_owned),
            _ => panic!("{kind:?} is no kind"),
        }
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).expect("is there")
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("is ours");
        fs::write(path, bytes).expect("is ours");
    }

    fn damage(&self, class: &str, kind: &str) {
        let [name, other] = self.names(kind);
        let (mut bytes, others) = (self.read(&name), self.read(&other));
        match class {
            "a bit turned over" => bytes[20] ^= 4,
            "cut short" => bytes.truncate(bytes.len() - 1),
            "missing" => return fs::remove_file(self.path(&name)).expect("is ours"),
            "exchanged" => {
                self.write(&other, &bytes);
                bytes = others;
            }
            "an older one in its place" => match kind {
                "commit" => {
                    let [new, old] = self.names("its signature");
                    self.write(&new, &self.read(&old));
                    bytes = others;
                }
                "guide" => bytes = b"#!/bin/sh\n# Of an older version.\n".to_vec(),
                "`vaultctl-repo`" => bytes = b"vaultctl-repo 1\n".to_vec(),
                _ => bytes = others,
            },
            "forged" => return self.forge(kind, &name),
            _ => panic!("{class:?} is no class"),
        }
        self.write(&name, &bytes);
    }

    /// By somebody who knows the recipients, and has a key of his own.
    fn forge(&self, kind: &str, name: &str) {
        let sign = |namespace: &str, statement: &str| {
            let line = format!(
                "chmod u+w backup/{statement}.sig; rm -f {statement}.sig; ssh-keygen -q -Y sign -f stranger -n {namespace} < backup/{statement} > backup/{statement}.sig"
            );
            self.world.sh(&line).run().ok();
        };
        match kind {
            "commit" | "its signature" => sign("vaultctl-commit", name.trim_end_matches(".sig")),
            "`vaultctl-repo`" => sign("vaultctl-repo", "vaultctl-repo"),
            "guide" => self.write(name, b"#!/bin/sh\ntouch \"$HOME/ran\"\n"),
            _ => {
                let line = format!(
                    "chmod u+w backup/{name}; echo '{{}}' | age -R .config/vaultctl/recipients.txt > backup/{name}"
                );
                self.world.sh(&line).run().ok();
            }
        }
    }

    fn fails(&self, class: &str, kind: &str, way: &str) -> String {
        let drill = format!("vaultctl drill --quiet --to backup {way}; echo \"ended with $?\"");
        let said = self.world.sh(&drill).run().ok();
        assert!(said.ends_with("ended with 13\n"), "{kind}, {class}, {way}: {said}");
        reason(&self.world, &format!("--no-report --to backup {way}"), 13)
    }

    fn heal(&self) {
        self.world.sh("chmod -R u+w backup && rm -r backup && cp -rp whole backup").run().ok();
    }
}

/// The rows of the table, with its head first.
fn table() -> Vec<Vec<&'static str>> {
    let lines = DOCUMENT.lines().skip_while(|line| !line.starts_with("| damage |"));
    let rows = lines.take_while(|line| line.starts_with('|')).filter(|line| !line.contains("---"));
    let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim).collect();
    rows.map(cells).collect()
}

/// Both ways, for each cell of the threat model's table; with a reason of one line, and a report in
/// which it is a word.
#[test]
fn a_drill_fails_for_every_class_of_damage() {
    let scene = Scene::new();
    scene.world.sh("vaultctl drill --to backup && vaultctl drill --to backup --stock").run().ok();
    scene.heal();
    let table = table();
    let (kinds, rows) = table.split_first().expect("there is a table");
    assert_eq!((kinds.len(), rows.len()), (7, 6), "kinds and classes");
    for row in rows {
        for kind in &kinds[1..] {
            scene.damage(row[0], kind);
            for way in ["", "--stock"] {
                let said = scene.fails(row[0], kind, way);
                let what = format!("{kind}, {}, {way}: {said}", row[0]);
                assert!(said.starts_with("error: `"), "{what}");
                let said = scene.world.sh("cat backup/drills/*-drill.json 2>&1").run();
                let said = String::from_utf8_lossy(&said.stdout).into_owned();
                let is_there = said.contains("\"outcome\": \"failed\"");
                assert!(is_there || *kind == "`vaultctl-repo`", "{what}: no report: {said}");
            }
            scene.heal();
        }
    }
    assert!(!scene.world.path("ran").exists());
    scene.world.sh("rm stranger").run().ok();
    end(&scene.world);
}

#[test]
fn what_is_gone_altogether_or_was_turned_back_is_no_snapshot_to_restore() {
    let world = machine();
    world.sh("cp -r backup whole && rm -rf backup/*").run().ok();
    assert!(reason(&world, "--to backup", 13).contains("no snapshot repository"));
    world.sh("cp -r whole/* backup && rm -f backup/commits/*-000003.*").run().ok();
    assert!(reason(&world, "--to backup", 13).contains("number 2, and there was a number 3"));
    end(&world);
}

/// The bytes are right, and what they are is not.
#[test]
fn what_came_back_must_be_good_for_something() {
    let world = machine();
    let check = |spoil: &str, mend: &str, said: &str, word: &str| {
        world.sh(spoil).run().ok();
        drop(world.sh("vaultctl snapshot create --to backup").run());
        let reason = reason(&world, "--to backup", 13);
        assert!(reason.contains(said), "{spoil}: {reason}");
        let report = world.sh("cat \"$(ls backup/drills/*.json | tail -1)\"").run().ok();
        assert!(report.contains(&format!("\"{word}\"")), "{spoil}: {report}");
        for name in ["claude", "web", "token", "other"] {
            assert!(!report.contains(name), "{spoil}: the report names {name}: {report}");
        }
        world.sh(mend).run().ok();
    };
    world.sh("cp -r .password-store store && age-keygen -o other 2>&1").run().ok();
    let mend = "rm -rf .password-store && cp -r store .password-store";
    let entry = ".password-store/claude/token.age";
    check(&format!("truncate -s 40 {entry}"), mend, "entry `claude/token`", "entries");
    check(
        &format!("echo x | age -r \"$(age-keygen -y other)\" > {entry}"),
        mend,
        "entry `claude/token` is not encrypted to the recipients of its folder",
        "recipients",
    );
    // For as many people as it should be, and not for the right ones.
    check(
        &format!(
            "age-keygen -o more 2> /dev/null; echo x | age -r \"$(age-keygen -y other)\" -r \"$(age-keygen -y more)\" > {entry}"
        ),
        mend,
        "entry `claude/token`: it is encrypted to other keys",
        "decryption",
    );
    // One of many, and it is found each time.
    check(
        &format!(
            "for n in 1 2 3 4 5 6 7 8 9; do cp {entry} .password-store/claude/$n.age; done; truncate -s -1 {entry}"
        ),
        mend,
        "entry `claude/token`: the ciphertext is damaged",
        "decryption",
    );
    check(
        "rm -f \"$(find .password-store/.git/objects -type f | head -1)\"",
        mend,
        "the store's history: ",
        "history",
    );
    check(
        "echo '{' > .cursor.json; mkdir .cursor; echo '{' > .cursor/mcp.json",
        "rm -r .cursor",
        "~/.cursor/mcp.json",
        "degraded",
    );
    world.sh("rm other more").run().ok();
    end(&world);
}

#[test]
fn nobody_there_to_unlock_a_key_is_told_from_a_bad_snapshot() {
    let world = machine();
    world.sh("ssh-keygen -q -t ed25519 -N passphrase -f locked").run().ok();
    let recipients = fs::read_to_string(world.path("locked.pub")).expect("was made");
    world.plant(
        ".config/vaultctl/config.toml",
        format!("[snapshot]\nrecipients = [\"{}\"]\n", recipients.trim_end()),
    );
    world.plant(".claude/agents/b.md", "b\n");
    world.sh("vaultctl snapshot create --to backup").run().ok();
    let said = reason(
        &world,
        "--to backup --identity locked --signer \"$(sed -n 's/^# signer: //p' paper)\"",
        15,
    );
    assert!(said.contains("locked with a passphrase"), "{said}");
    let said = reason(&world, "--to backup --stock --identity locked", 15);
    assert!(said.contains("without a passphrase"), "{said}");
    let said = reason(&world, "--to backup", 13);
    assert!(said.contains("other keys"), "{said}");
    expect_nothing_left(&world);
    world.sh("rm locked").run().ok();
    end(&world);
}

/// The key is typed, the signer compared by whoever has the paper in his hands.
#[test]
fn the_paper_is_proven_by_whoever_types_it() {
    let world = machine();
    world.script("on-terminal", include_str!("on_terminal.sh"));
    let key = world.sh("grep ^AGE paper").reveal().ok();
    let signer = world.sh("sed -n 's/^# //p' paper | grep signer").run().ok();
    let drill = "on-terminal 'vaultctl drill --to backup --recovery'";
    let said = world.sh(drill).input(format!("{key}y\n")).run().ok();
    let question = format!("Is the line `# {}` on the paper?", signer.trim_end());
    assert!(said.contains(&question) && said.contains("came back from"), "{said}");
    let report = world.sh("cat backup/drills/*.json").run().ok();
    assert!(report.contains("\"key\": \"paper\"") && report.contains("\"passed\""), "{report}");
    let stock = drill.replace("--recovery", "--recovery --stock --no-report");
    world.sh(&stock).input(format!("{key}y\n")).run().ok();
    let output = world.sh(drill).input(format!("{key}n\n")).run();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status == 13 && said.contains("the paper does not name SHA256:"), "{said}");
    let other = world.sh("age-keygen 2> /dev/null | grep ^AGE").reveal().ok();
    assert_eq!(world.sh(drill).input(format!("{other}y\n")).run().status, 13);
    assert_ne!(world.sh(drill).input("not a key\n").run().status, 0);
    end(&world);
}

#[test]
fn a_bucket_is_drilled_both_ways_and_told_from_a_server_that_is_away() {
    let (garage, world) = on_garage("drilled");
    world.sh("vaultctl snapshot init").reveal().ok();
    world.sh("vaultctl snapshot create").run().ok();
    let said = world.sh("vaultctl drill").run().ok();
    assert!(said.contains("came back from `cloud`"), "{said}");
    let said = world.sh("vaultctl drill --stock").run().ok();
    assert!(said.contains("fetch "), "{said}");
    world.sh("vaultctl snapshot verify --level data --report").run().ok();
    world.sh("vaultctl snapshot verify --level history").run().ok();
    let settings = world.path(".config/vaultctl/config.toml");
    let text = fs::read_to_string(&settings).expect("is there");
    let away =
        text.replace(garage.address(), "127.0.0.1:1").replace("patience = 20", "patience = 0");
    fs::write(&settings, away).expect("is ours");
    assert!(reason(&world, "", 14).contains("can not be reached"));
    fs::write(&settings, text.replace("s3://drilled", "s3://deleted")).expect("is ours");
    assert!(reason(&world, "", 13).contains("there is no bucket"));
    expect_nothing_left(&world);
}

/// Each destination for itself: one that is whole does not make up for another.
#[test]
fn every_destination_is_drilled_and_has_every_report() {
    let world = machine();
    let settings =
        |name: &str| format!("[[snapshot.destination]]\nname = \"{name}\"\nurl = \"~/{name}\"\n");
    world.plant(".config/vaultctl/config.toml", settings("backup") + &settings("second"));
    world.sh("mkdir second && vaultctl snapshot init --to second").run().ok();
    world.sh("vaultctl drill").run().ok();
    let both = world.sh("diff -r backup/drills second/drills && ls backup/drills").run().ok();
    assert_eq!(both.lines().count(), 4, "{both}");
    let places = world.sh("grep -h '\"place\"' backup/drills/*.json | sort").run().ok();
    assert!(places.contains("\"backup\"") && places.contains("\"second\""), "{places}");
    world
        .sh("chmod u+w second/snaps/* && for f in second/snaps/*; do echo x >> $f; done")
        .run()
        .ok();
    assert!(reason(&world, "", 13).starts_with("error: `second`: `snaps/"));
    world.sh("rm -r second/drills && vaultctl snapshot heal --to second --scrub").run().ok();
    world.sh("diff -r backup second && vaultctl snapshot verify --level data --report").run().ok();
    let kinds = world.sh("ls backup/drills second/drills | grep -c 'verify.json$'").run().ok();
    assert_eq!(kinds.trim_end(), "4");
    end(&world);
}

/// `kill -9` while plaintext lies on the disk: the next one takes it away. ^C leaves nothing.
#[test]
fn nothing_is_left_of_a_drill_that_is_stopped() {
    let world = machine();
    let bulk: String = (0..400_000).map(|number| format!("{{\"n\": {number}}}\n")).collect();
    for number in 0..8 {
        world.plant(&format!(".claude/projects/-srv-bulk/{number}.jsonl"), &bulk);
    }
    world.sh("vaultctl snapshot create --to backup && mkdir scratch").run().ok();
    let scratch = world.path("scratch");
    for way in ["--no-report", "--stock"] {
        interrupt(&world, way, "INT");
        assert_eq!(fs::read_dir(&scratch).expect("is there").count(), 0, "{way}");
        interrupt(&world, way, "KILL");
        assert_eq!(leftovers(&scratch).len(), 1, "{way}");
        world.sh("vaultctl drill --to backup --scratch scratch").run().ok();
        assert_eq!(fs::read_dir(&scratch).expect("is there").count(), 0, "{way}");
    }
    end(&world);
}

/// Stops a drill by a signal as soon as something has come back.
fn interrupt(world: &World, way: &str, signal: &str) {
    let mut command = world.command(PROGRAM);
    command.args(["drill", "--to", "backup", "--scratch", "scratch", way]);
    let mut running = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let begun = Instant::now();
    let has_begun = || everything_below(&world.path("scratch")).len() > 12;
    while !has_begun() && begun.elapsed() < Duration::from_secs(20) {
        sleep(Duration::from_millis(2));
    }
    assert!(running.try_wait().expect("is ours").is_none(), "{way}: it has ended by itself");
    let id = running.id().to_string();
    Command::new("kill").args([&format!("-{signal}"), &id]).status().expect("is installed");
    let ended = running.wait().expect("is ours");
    if signal == "INT" {
        assert_eq!(ended.code(), Some(130), "{way}");
    }
}

/// GnuPG keys come back with the store that needs them, and open it: by an agent of the drill's own.
#[test]
fn an_openpgp_store_opens_with_the_keys_that_came_back() {
    let world = Keyring::shared().home(None);
    world.plant(".claude.json", "{}\n");
    world.plant(".gnupg/gpg-agent.conf", "pinentry-program /nowhere\n");
    world.sh("vaultctl init ann@example.org").run().ok();
    world.sh("vaultctl set claude/token").input(world.canary()).run().ok();
    world.sh("vaultctl snapshot init --to backup").reveal().ok();
    world.sh("vaultctl snapshot create --to backup").run().ok();
    for way in ["", "--stock"] {
        let said = world.sh(&format!("vaultctl drill --to backup {way}")).run().ok();
        assert!(said.contains("entries: 1, decrypted: 1"), "{way}: {said}");
    }
    assert_eq!(agents(), Vec::<String>::new());
    // The key goes, and what it opened stays: whoever restores this reads nothing.
    world.sh("rm -rf .gnupg/private-keys-v1.d; gpgconf --kill all").run().ok();
    drop(world.sh("vaultctl snapshot create --to backup").run());
    assert!(reason(&world, "--to backup", 13).contains("entry `claude/token`: "));
    // Encrypted to somebody else than the folder says.
    let message = "echo x | gpg --batch --yes --quiet --trust-model always -e -r ben@example.org -o .password-store/claude/token.gpg";
    world.sh(message).run().ok();
    drop(world.sh("vaultctl snapshot create --to backup").run());
    assert!(
        reason(&world, "--to backup", 13)
            .contains("is not encrypted to the recipients of its folder")
    );
    assert_eq!(agents(), Vec::<String>::new());
}

/// A key with a passphrase can not be tried where nobody is: that is said, and is no failure.
#[test]
fn a_key_with_a_passphrase_is_an_omission() {
    let world = person(CURVE);
    world.plant(".claude.json", "{}\n");
    world.sh("vaultctl init ann@example.org").run().ok();
    world.sh("vaultctl set claude/token").input(world.canary()).run().ok();
    world.sh("vaultctl snapshot init --to backup").reveal().ok();
    world.sh("vaultctl snapshot create --to backup; gpgconf --kill all; rm -f asked").run().ok();
    let output = world.sh("vaultctl drill --to backup").run();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status, 0, "{said}");
    assert!(said.contains("entry `claude/token`: a key needs a passphrase or a device"), "{said}");
    assert!(!world.path("asked").exists(), "somebody was asked");
    let report = world.sh("cat backup/drills/*.json").run().ok();
    assert!(report.contains("\"locked-key\"") && report.contains("\"decrypted\": 0"), "{report}");
    assert_eq!(agents(), Vec::<String>::new());
}

/// Agents that drills have left running.
fn agents() -> Vec<String> {
    let listed = Command::new("ps").args(["-eo", "args"]).output().expect("is installed").stdout;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let is_ours = |line: &&str| line.contains("gpg-agent") && line.contains("vaultctl-drill-");
    let is_orphan = |line: &&str| {
        let home = line.split_whitespace().find(|word| word.contains("vaultctl-drill-"));
        home.is_none_or(|home| !Path::new(home).exists())
    };
    listed.lines().filter(is_ours).filter(is_orphan).map(str::to_owned).collect()
}
