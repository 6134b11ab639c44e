//! What we write, `age` and `rage` open; what they write, we open.

use std::path::Path;

use super::tools;
use super::world::World;

const IDENTITY: &str = ".config/vaultctl/identity.txt";
const ENTRY: &str = ".password-store/claude/token.age";

fn programs() -> [String; 2] {
    ["age".to_owned(), tools::rage().display().to_string()]
}

#[test]
fn others_open_what_we_write() {
    for program in programs() {
        let world = World::with_store();
        let text = format!("{}\nuser: ann\n\u{fe}raw\n", world.canary());
        world.sh("vaultctl insert -m claude/token").input(text.as_str()).run().ok();
        let opened = world.sh(&format!("{program} -d -i {IDENTITY} {ENTRY}")).reveal().ok();
        assert_eq!(opened, text, "{program}");
    }
}

#[test]
fn we_open_what_others_write() {
    for program in programs() {
        let world = World::with_store();
        let text = format!("{}\nuser: ann\n", world.canary());
        let seal = format!(
            "mkdir .password-store/claude; {program} -R .password-store/.age-recipients -o {ENTRY}"
        );
        world.sh(&seal).input(text.as_str()).run().ok();
        assert_eq!(world.sh("vaultctl show claude/token").reveal().ok(), text, "{program}");
        assert_eq!(world.sh("vaultctl get claude/token#user").reveal().ok(), "ann\n", "{program}");
    }
}

#[test]
fn the_recovery_identity_opens_everything() {
    for program in programs() {
        let world = World::new();
        world.sh("vaultctl init --recovery-out paper.txt").run().ok();
        world.sh("vaultctl set claude/token").input(world.canary()).run().ok();
        let opened = world.sh(&format!("{program} -d -i paper.txt {ENTRY}")).reveal().ok();
        assert_eq!(opened.trim_end(), world.canary(), "{program}");
        std::fs::remove_file(world.path("paper.txt")).expect("it was written");
    }
}

/// A key that was never a recipient opens nothing, here and there.
#[test]
fn a_stranger_opens_nothing() {
    let world = World::with_store();
    world.sh("vaultctl set claude/token").input(world.canary()).run().ok();
    let stranger = world.plant("stranger.txt", "");
    std::fs::remove_file(&stranger).expect("it was planted");
    drop(world.sh("age-keygen -o stranger.txt").run().ok());
    assert!(Path::new(&stranger).exists());
    world.sh(&format!("age -d -i stranger.txt {ENTRY}")).run().fails(1);
    let told =
        world.sh("VAULTCTL_IDENTITY=$PWD/stranger.txt vaultctl get claude/token").run().fails(12);
    assert!(told.contains("hint: "), "{told}");
}

/// A store that is encrypted to an SSH key of this kind, made without a passphrase.
fn with_ssh_key(kind: &str) -> World {
    let world = World::new();
    let script = format!(
        "ssh-keygen -q {kind} -N '' -C 'ann@laptop #1' -f key && vaultctl init \"$(cat key.pub)\" \
         && mkdir -p .config/vaultctl && mv key {IDENTITY}"
    );
    drop(world.sh(&script).run().ok());
    world
}

#[test]
fn ssh_keys_open_what_we_write_and_what_others_write() {
    for (kind, program) in ["-t ed25519", "-t rsa -b 2048", "-t rsa -b 4096"]
        .iter()
        .flat_map(|kind| programs().map(|program| (kind, program)))
    {
        let world = with_ssh_key(kind);
        world.sh("vaultctl set claude/token").input(world.canary()).run().ok();
        let opened = world.sh(&format!("{program} -d -i {IDENTITY} {ENTRY}")).reveal().ok();
        assert_eq!(opened.trim_end(), world.canary(), "{kind}, {program}");
        let seal = format!("{program} -R .password-store/.age-recipients -o .password-store/b.age");
        world.sh(&seal).input(world.canary()).run().ok();
        assert_eq!(world.sh("vaultctl get b").reveal().ok().trim_end(), world.canary());
        // It is a private key, and this is where it belongs.
        std::fs::remove_file(world.path(IDENTITY)).expect("it was made");
    }
}

/// Keys of three programs in one recipients file; each of them opens it, and so do we with each.
#[test]
fn several_recipients_and_several_identities() {
    let world = World::new();
    let make = "age-keygen -o one 2> /dev/null; ssh-keygen -q -t ed25519 -N '' -f two; \
                ssh-keygen -q -t rsa -N '' -f three; \
                vaultctl init \"$(age-keygen -y one)\" \"$(cat two.pub)\" \"$(cat three.pub)\"";
    drop(world.sh(make).run().ok());
    world.sh("vaultctl set claude/token").input(world.canary()).run().ok();
    for identity in ["one", "two", "three"] {
        for program in programs() {
            let opened = world.sh(&format!("{program} -d -i {identity} {ENTRY}")).reveal().ok();
            assert_eq!(opened.trim_end(), world.canary(), "{program} with {identity}");
        }
        let ours =
            world.sh(&format!("VAULTCTL_IDENTITY=$PWD/{identity} vaultctl get claude/token"));
        assert_eq!(ours.reveal().ok().trim_end(), world.canary(), "with {identity}");
    }
    drop(world.sh("rm one two three").run().ok());
}

/// A snapshot for an SSH key: read back without it when it is taken, restored with it.
#[test]
fn an_ssh_key_restores_a_snapshot() {
    let world = with_ssh_key("-t ed25519");
    world.plant(".claude/CLAUDE.md", "notes");
    let take = "printf '[snapshot]\\nrecipients = [\"%s\"]\\n' \"$(cat key.pub)\" \
                > .config/vaultctl/config.toml \
                && vaultctl snapshot init --to backup --recovery-out paper && rm paper \
                && vaultctl snapshot create --to backup \
                && vaultctl snapshot verify --to backup --level data \
                && vaultctl snapshot restore --to backup --target restored";
    drop(world.sh(take).run().ok());
    drop(world.sh("cmp .claude/CLAUDE.md \"$(find restored -name CLAUDE.md)\"").run().ok());
    std::fs::remove_file(world.path(IDENTITY)).expect("it was made");
}
