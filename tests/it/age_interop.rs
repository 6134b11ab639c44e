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
