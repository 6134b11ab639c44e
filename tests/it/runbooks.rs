//! The runbooks in `docs/runbook`: each disaster happens, and what the page says to type is typed, word
//! for word; only what a page marks as `yours` is filled in.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::examples::blocks;
use super::garage::{self, Garage};
use super::homes;
use super::schedule::beside_cron;
use super::shell::Output;
use super::world::World;

/// A machine with a store, an adopted client, and two destinations with a snapshot each.
struct Machine {
    world: World,
    garage: Arc<Garage>,
    bucket: &'static str,
    /// The recovery identity, as it was printed.
    paper: String,
}

impl Machine {
    /// With one snapshot in a folder and in a bucket of that name.
    fn new(bucket: &'static str) -> Self {
        let garage = Garage::shared();
        garage.make_bucket(bucket);
        let world = World::new();
        homes::programs(&world);
        homes::plant(&world, "styles/claude-code-written");
        plant_key(&world);
        world.plant(".config/vaultctl/config.toml", settings(&world, &garage, bucket));
        let paper = "vaultctl init --recovery-out paper.txt && cat paper.txt && rm paper.txt";
        let paper = world.sh(paper).reveal().ok();
        let machine = Self { world, garage, bucket, paper };
        machine.run("vaultctl mcp adopt --yes");
        machine.run("vaultctl snapshot init --to nas && vaultctl snapshot init --to cloud");
        machine.run("vaultctl snapshot create");
        machine
    }

    fn run(&self, script: &str) -> String {
        self.world.sh(script).run().ok()
    }

    fn type_in(&self, page: &str, number: usize) -> String {
        type_in(&self.world, page, number, &[])
    }

    /// The bucket and all in it are gone; somebody made it anew, as the page says.
    fn lose_bucket(&self) {
        self.garage.empty_bucket(self.bucket);
    }
}

fn plant_key(world: &World) {
    let (id, secret) = garage::KEY;
    world.plant("s3", format!("aws_access_key_id = {id}\naws_secret_access_key = {secret}\n"));
    world.sh("chmod 600 s3").run().ok();
}

fn settings(world: &World, garage: &Garage, bucket: &str) -> String {
    format!(
        r#"
[[snapshot.destination]]
name = "nas"
url = "file://{}"

[[snapshot.destination]]
name = "cloud"
url = "s3://{bucket}/laptop"
endpoint = "http://{}"
region = "garage"
credentials_file = "~/s3"
"#,
        world.path("nas").display(),
        garage.address()
    )
}

/// Types one script of a page into a shell that stops at the first failure; what it printed.
fn type_in(world: &World, page: &str, number: usize, yours: &[(&str, String)]) -> String {
    let scripts = blocks(&format!("docs/runbook/{page}.md"), "sh");
    let script = filled_in(&scripts[number], yours);
    world.plant("script", &script);
    let Output { status, stdout, stderr, .. } =
        world.sh("bash -e script").input(world.canary()).reveal();
    let said = [stdout, stderr].map(|bytes| String::from_utf8(bytes).expect("is text")).concat();
    assert_eq!(status, 0, "{page}:\n{script}\n{said}");
    assert!(!said.contains(world.canary()), "{page} shows a secret:\n{script}");
    said
}

/// The script with the reader's own values in the lines that say so: `NAME='…'   # yours`.
fn filled_in(script: &str, yours: &[(&str, String)]) -> String {
    let line = |line: &str| match line.split_once('=') {
        Some((name, _)) if line.contains("# yours") => {
            let (_, value) = yours.iter().find(|(known, _)| *known == name).expect("is known");
            format!("{name}='{value}'\n")
        }
        _ => format!("{line}\n"),
    };
    script.lines().map(line).collect()
}

/// Another machine with nothing but the program, the servers' programs, and a terminal.
fn new_machine() -> World {
    let world = World::new();
    homes::programs(&world);
    world.script("on-terminal", include_str!("on_terminal.sh"));
    world
}

/// Types a script on a terminal, and `answers` whenever it asks.
fn type_on_terminal(world: &World, script: &str, answers: &str) -> String {
    world.plant("script", script);
    let Output { status, stdout, .. } =
        world.sh("on-terminal 'bash -e script'").input(answers).reveal();
    let said = String::from_utf8(stdout).expect("is text");
    assert_eq!(status, 0, "{script}\n{said}");
    assert!(!said.contains(world.canary()), "{script} shows a secret");
    said
}

/// What a person types who is asked for the access key, the recovery identity, a yes, and a new passphrase.
fn from_paper(machine: &Machine) -> String {
    let (id, secret) = garage::KEY;
    let identity = machine.paper.lines().find(|line| line.starts_with("AGE")).expect("is on it");
    format!("{id}\n{secret}\n{identity}\ny\n\n\n")
}

fn place(machine: &Machine) -> String {
    let address = machine.garage.address();
    format!("s3://{}/laptop?endpoint=http://{address}&region=garage", machine.bucket)
}

/// Types the access key that the page asks for.
fn give_key(world: &World, page: &str, number: usize) {
    let (id, secret) = garage::KEY;
    let scripts = blocks(&format!("docs/runbook/{page}.md"), "sh");
    world.plant("script", &scripts[number]);
    let key = format!("aws_access_key_id = {id}\naws_secret_access_key = {secret}\n");
    world.sh("bash -e script").input(key).run().ok();
}

/// Types the last script of a page, which installs the schedule, on a machine that has cron; the crontab.
fn last(world: &World, page: &str) -> String {
    let scripts = blocks(&format!("docs/runbook/{page}.md"), "sh");
    world.plant("script", scripts.last().expect("there are some"));
    beside_cron(world, "bash -e script")
}

fn signer(machine: &Machine) -> String {
    let line = machine.paper.lines().find_map(|line| line.strip_prefix("# signer: "));
    line.expect("is on it").to_owned()
}

/// The script of a page that recovers, typed on a new machine.
fn recover(machine: &Machine, page: &str, yours: &[(&str, String)]) -> (World, String) {
    let world = new_machine();
    let scripts = blocks(&format!("docs/runbook/{page}.md"), "sh");
    let said = type_on_terminal(&world, &filled_in(&scripts[0], yours), &from_paper(machine));
    (world, said)
}

#[test]
fn the_laptop_is_lost() {
    let machine = Machine::new("laptop-lost");
    let yours = [("PLACE", place(&machine)), ("SIGNER", signer(&machine))];
    let (world, said) = recover(&machine, "laptop-lost", &yours);
    assert!(said.contains("everything was back after"), "{said}");
    type_in(&world, "laptop-lost", 1, &[]);
    give_key(&world, "laptop-lost", 2);
    type_in(&world, "laptop-lost", 3, &[]);
    let crontab = last(&world, "laptop-lost");
    let get = |world: &World| world.sh("vaultctl get claude/github-token").reveal().ok();
    assert_eq!(get(&world), get(&machine.world));
    assert!(crontab.contains(" schedule run "), "{crontab}");
}

#[test]
fn the_laptop_is_stolen() {
    let machine = Machine::new("laptop-stolen");
    let before = machine.run("sleep 1; date -u +%Y-%m-%dT%H:%M:%SZ; sleep 1");
    // The thief has the signer, and adds what runs a program of his.
    machine.run("echo evil > .claude/CLAUDE.md && vaultctl snapshot create");
    let yours = [
        ("PLACE", place(&machine)),
        ("SIGNER", signer(&machine)),
        ("BEFORE", before.trim().to_owned()),
    ];
    let (world, said) = recover(&machine, "laptop-stolen", &yours);
    assert!(said.contains("passed over"), "{said}");
    assert!(!world.path(".claude/CLAUDE.md").exists());
    let said = type_in(&world, "laptop-stolen", 1, &[]);
    assert!(said.contains("github-token"), "{said}");
    give_key(&world, "laptop-stolen", 2);
    let crontab = last(&world, "laptop-stolen");
    assert!(crontab.contains(" schedule run "), "{crontab}");
}

#[test]
fn the_configuration_was_wiped() {
    let machine = Machine::new("config-wiped");
    let before = fs::read(machine.world.path(".claude.json")).expect("is there");
    machine.world.plant(".claude.json", "{\"numStartups\": 1}\n");
    machine.world.sh("vaultctl snapshot create").run().fails(3);
    machine.type_in("config-wiped", 0);
    let file = machine.run("cat .claude.json");
    assert!(file.contains("\"github\"") && file.contains("\"numStartups\": 1"), "{file}");
    machine.type_in("config-wiped", 1);
    assert!(fs::read(machine.world.path(".claude.json")).expect("is there") == before);
    let said = machine.type_in("config-wiped", 2);
    assert!(!said.contains("warning"), "{said}");
}

#[test]
fn a_key_has_leaked() {
    let machine = Machine::new("key-leaked");
    let said = machine.type_in("key-leaked", 0);
    assert!(said.contains("claude/github-token"), "{said}");
    let before = machine.world.sh("vaultctl get claude/github-token").reveal().ok();
    let said = machine.type_in("key-leaked", 1);
    assert!(said.contains("\nok ") || said.starts_with("ok "), "{said}");
    let after = machine.world.sh("vaultctl get claude/github-token").reveal().ok();
    assert_eq!((after.trim_end() == machine.world.canary(), after == before), (true, false));
    machine.type_in("key-leaked", 2);
}

#[test]
fn the_identity_has_leaked() {
    let machine = Machine::new("identity-leaked");
    let world = &machine.world;
    world.sh("cp ~/.config/vaultctl/identity.txt leaked").run().ok();
    // A folder for this machine alone, and one that somebody else reads, too.
    let own = "own=$(age-keygen -y leaked); age-keygen -o other 2> /dev/null";
    let folders = "vaultctl recipients set -p alone $own && vaultctl recipients set -p 'our team' $own $(age-keygen -y other) && rm other";
    machine.run(&format!(
        "mkdir -p .password-store/alone '.password-store/our team'; {own} && {folders}"
    ));
    for entry in ["alone/a", "our team/b"] {
        world.sh(&format!("vaultctl set '{entry}'")).input(world.canary()).run().ok();
    }
    machine.type_in("key-leaked", 3);
    // It opens neither the entries as they are now nor the newest snapshot; the new one opens both.
    for entry in ["claude/github-token", "alone/a", "our team/b"] {
        let get = format!("vaultctl get '{entry}'");
        world.sh(&format!("VAULTCTL_IDENTITY=leaked {get}")).run().fails(12);
        world.sh(&get).reveal().ok();
    }
    let restore = "vaultctl snapshot restore --to nas --target back";
    world.sh(&format!("VAULTCTL_IDENTITY=leaked {restore}")).run().fails(12);
    world.sh("vaultctl get claude/github-token").reveal().ok();
    world.sh(&format!("{restore} && rm -r back")).run().ok();
    // Nothing that is left in a place can be opened with it.
    machine.type_in("key-leaked", 4);
    let left = machine.run("find nas -name '*.age'");
    assert!(!left.is_empty());
    for object in left.lines() {
        world.sh(&format!("age -d -i leaked -o opened {object}")).run().fails(1);
    }
    world.sh("rm leaked").run().ok();
}

#[test]
fn a_disk_is_corrupted() {
    let machine = Machine::new("disk-corrupted");
    let world = &machine.world;
    machine.run("dd if=/dev/zero of=$(ls nas/snaps/*) bs=1 seek=200 count=64 conv=notrunc");
    let said = machine.type_in("disk-corrupted", 0);
    assert!(said.contains("error: `snaps/"), "{said}");
    let said = machine.type_in("disk-corrupted", 1);
    assert!(said.contains("all as they were signed"), "{said}");
    // The other disk: a file has rotted, and nobody has written it.
    let before = fs::read(world.path(".claude.json")).expect("is there");
    machine.run("touch -r .claude.json when && printf x | dd of=.claude.json bs=1 seek=9 conv=notrunc && touch -r when .claude.json && rm when");
    let said = machine.type_in("disk-corrupted", 2);
    assert!(said.contains(".claude.json"), "{said}");
    machine.type_in("disk-corrupted", 3);
    assert!(fs::read(world.path(".claude.json")).expect("is there") == before);
}

#[test]
fn the_bucket_was_deleted() {
    let machine = Machine::new("bucket-deleted");
    machine.lose_bucket();
    machine.world.sh("vaultctl snapshot verify --to cloud").run().fails(10);
    machine.type_in("bucket-deleted", 0);
    let said = machine.type_in("bucket-deleted", 1);
    assert!(said.contains("copy of the repository"), "{said}");
}

/// Each is there, and nobody has to look for it.
#[test]
fn every_runbook_can_be_found() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).expect("it is there");
    let pages = fs::read_dir(root.join("docs/runbook")).expect("it is there").flatten();
    let mut count = 0;
    for page in pages {
        let name = page.file_name().into_string().expect("it is text");
        assert!(readme.contains(&format!("(docs/runbook/{name})")), "{name}");
        count += 1;
    }
    assert_eq!(count, 6);
}
