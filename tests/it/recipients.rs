//! Recipients of a store that is OpenPGP, or both: who is believed, and what crossing the border
//! between the ciphers does.

use super::pass_interop::{CURVE, person};
use super::world::World;

const NEW_KEY: &str = "gpg --quiet --batch --passphrase '' --quick-generate-key";

/// A person, and a colleague whose key is here too.
fn two() -> World {
    let world = person(CURVE);
    world.sh(&format!("{NEW_KEY} mal@example.org default default never")).run().ok();
    world
}

fn fingerprint(world: &World, who: &str) -> String {
    let script =
        format!("gpg --list-keys --with-colons {who} | sed -n '/^fpr/{{s/fpr:*//;s/://p;q}}'");
    world.sh(&script).run().ok().trim().to_owned()
}

/// Where recipients files have to be signed, one that somebody else has changed is not worked with,
/// one of the other cipher is no way round, and our own signature is not put under either.
#[test]
fn what_is_not_signed_is_not_believed() {
    let world = two();
    let signed = format!("export PASSWORD_STORE_SIGNING_KEY={};", fingerprint(&world, "ann@"));
    let sh = |line: &str| world.sh(&format!("{signed} {line}"));
    sh("pass init ann@example.org && pass git init").run().ok();
    sh("vaultctl set bank").input(world.canary()).run().ok();
    world.sh("echo mal@example.org >> .password-store/.gpg-id").run().ok();
    let before = world.fingerprint();
    for line in
        ["vaultctl set bank", "vaultctl recipients add mal@example.org", "vaultctl reencrypt"]
    {
        let told = sh(line).input("other").run().fails(13);
        assert!(told.contains(".gpg-id"), "{line}: {told}");
        assert_eq!(world.fingerprint(), before, "{line}");
    }
    // Saying exactly who it shall be is the way out, and is signed anew.
    sh("vaultctl recipients set ann@example.org").run().ok();
    sh("vaultctl set bank").input(world.canary()).run().ok();
    world.sh("gpg --verify .password-store/.gpg-id.sig .password-store/.gpg-id 2>&1").run().ok();

    world.sh("age-keygen -o key 2>/dev/null && mkdir .password-store/new && age-keygen -y key > .password-store/new/.age-recipients; rm key").run().ok();
    let told = sh("vaultctl set new/entry").input(world.canary()).run().fails(13);
    assert!(told.contains("new/.age-recipients"), "{told}");
    sh("vaultctl pass insert -m new/entry").input(world.canary()).run().fails(1);
    // `PASSWORD_STORE_KEY` comes before every file, as in pass.
    let chosen = "PASSWORD_STORE_KEY=ann@example.org vaultctl set new/entry";
    sh(chosen).input(world.canary()).run().ok();
    assert_eq!(world.sh("ls .password-store/new").run().ok(), "entry.gpg\n");
}

#[test]
fn an_entry_goes_from_one_cipher_to_the_other_and_back_in_time() {
    let world = person(CURVE);
    drop(world.sh("vaultctl init").reveal().ok());
    world.sh("vaultctl recipients set -p docker ann@example.org").run().ok();
    let content = format!("{}\nuser: ann\n\0no line end", world.canary());
    world.sh("vaultctl insert -m claude/token").input(content.as_str()).run().ok();
    world.sh("vaultctl mv claude/token docker/token").run().ok();
    assert_eq!(world.sh("pass show docker/token").reveal().ok(), content);
    world.sh("vaultctl mv docker claude/docker").run().ok();
    assert_eq!(world.sh("ls -A .password-store/claude/docker").run().ok(), ".gpg-id\ntoken.gpg\n");
    world.sh("vaultctl recipients unset claude/docker").run().ok();
    let files = world.sh("find .password-store/claude -type f").run().ok();
    assert_eq!(files, ".password-store/claude/docker/token.age\n");
    assert_eq!(world.sh("vaultctl show claude/docker/token").reveal().ok(), content);

    world.sh("vaultctl set claude/docker/token").input("second").run().ok();
    world.sh("vaultctl recipients set -p claude/docker ann@example.org").run().ok();
    world.sh("vaultctl set claude/docker/token").input("third").run().ok();
    for expected in ["second", "third"] {
        world.sh("vaultctl rollback claude/docker/token").run().ok();
        assert_eq!(
            world.sh("vaultctl get claude/docker/token").reveal().ok(),
            format!("{expected}\n")
        );
    }
    let first = "vaultctl rollback claude/docker/token $(vaultctl history claude/docker/token | tail -1 | cut -d ' ' -f 1)";
    world.sh(first).run().ok();
    assert_eq!(world.sh("pass show claude/docker/token").reveal().ok(), content);
    assert_eq!(world.sh("git -C .password-store status --porcelain").run().ok(), "");
}
