//! The real `pass` and the real `gpg` on the same store as vaultctl, with keys that have a
//! passphrase. A pinentry answers for the person, through gpg-agent as on a desk.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::world::World;

/// What the batch mode of `gpg --gen-key` wants to know (GnuPG manual, "Unattended key generation").
pub(crate) const RSA: &str =
    "Key-Type: RSA\nKey-Length: 4096\nSubkey-Type: RSA\nSubkey-Length: 4096\n";
pub(crate) const CURVE: &str =
    "Key-Type: EDDSA\nKey-Curve: Ed25519\nSubkey-Type: ECDH\nSubkey-Curve: Curve25519\n";
const OWNER: &str = "Name-Real: Ann\nName-Email: ann@example.org\nExpire-Date: 0\n";

/// Speaks just enough Assuan: every command is fine, and the passphrase is in a file beside it.
const PINENTRY: &str = r#"#!/bin/sh
echo "OK at your service"
while read -r command rest; do
  case $command in
    GETPIN) echo asked >> "$HOME/asked"; echo "D $(cat "$HOME/passphrase")"; echo OK ;;
    BYE) echo OK; exit ;;
    *) echo OK ;;
  esac
done
"#;

/// A person with a key, whose agent has forgotten the passphrase.
pub(crate) fn person(key: &str) -> World {
    let world = World::new();
    world.plant(".gitconfig", "[user]\n\tname = Ann\n\temail = ann@example.org\n");
    world.plant("passphrase", world.canary());
    let pinentry = world.plant("pinentry", PINENTRY);
    fs::set_permissions(&pinentry, fs::Permissions::from_mode(0o700)).expect("it is ours");
    world.plant(".gnupg/gpg-agent.conf", format!("pinentry-program {}\n", pinentry.display()));
    let order = format!("{key}{OWNER}Passphrase: {}\n%commit\n", world.canary());
    world.sh("gpg --quiet --batch --gen-key && gpgconf --kill gpg-agent").input(order).run().ok();
    world
}

fn was_asked(world: &World) -> bool {
    world.path("asked").exists()
}

fn both_ways(key: &str) {
    let world = person(key);
    world
        .sh("pass init ann@example.org && pass git init && pass insert -m claude/token")
        .input(entry(&world))
        .run()
        .ok();
    ours_reads_theirs(&world);
    theirs_reads_ours(&world);
    history_is_one(&world);
}

fn entry(world: &World) -> String {
    format!("{}\nuser: ann\nurl: https://example.org\n", world.canary())
}

fn ours_reads_theirs(world: &World) {
    assert_eq!(
        world.sh("vaultctl get claude/token").reveal().ok(),
        format!("{}\n", world.canary())
    );
    assert!(was_asked(world), "the key has a passphrase, and nobody asked for it");
    assert_eq!(world.sh("vaultctl get claude/token#user").reveal().ok(), "ann\n");
    assert_eq!(world.sh("vaultctl show claude/token").reveal().ok(), entry(world));
}

fn theirs_reads_ours(world: &World) {
    let line = format!("new-{}", world.canary());
    world.sh("vaultctl set claude/token").input(format!("{line}\n")).run().ok();
    assert_eq!(
        world.sh("pass show claude/token").reveal().ok(),
        entry(world).replacen(world.canary(), &line, 1)
    );
    let raw = format!("{}\n\n  no line end", world.canary());
    world.sh("vaultctl insert -m claude/other").input(raw.as_str()).run().ok();
    assert_eq!(world.sh("pass show claude/other").reveal().ok(), raw);
    world.sh("vaultctl rm -f claude/token").run().ok();
    world.sh("pass show claude/token").run().fails(1);
}

fn history_is_one(world: &World) {
    let subjects = world.sh("pass git log --reverse --format=%s").run().ok();
    let ours = "Edit password for claude/token using vaultctl.\nAdd given password for claude/other to store.\n\
        Remove claude/token from store.\n";
    assert!(
        subjects.ends_with(&format!("Add given password for claude/token to store.\n{ours}")),
        "{subjects}"
    );
    assert_eq!(world.sh("pass git status --porcelain").run().ok(), "");
    world.sh("pass git fsck --strict").run().ok();
}

#[test]
fn a_store_with_a_curve25519_key() {
    both_ways(CURVE);
}

#[test]
fn a_store_with_an_rsa_4096_key() {
    both_ways(RSA);
}

/// The other way round: `init` makes a store that `pass` takes for its own, and a folder of an age
/// store can be a `pass` store.
#[test]
fn pass_works_in_a_store_that_we_made() {
    let world = person(CURVE);
    let insert = |name: &str| format!("pass insert -m {name}");
    world.sh("vaultctl init ann@example.org").run().ok();
    world.sh(&insert("claude/token")).input(entry(&world)).run().ok();
    assert_eq!(world.sh("vaultctl show claude/token").reveal().ok(), entry(&world));
    world.sh("vaultctl set claude/second").input(world.canary()).run().ok();
    assert_eq!(world.sh("pass show claude/second").reveal().ok().trim_end(), world.canary());
    assert_eq!(world.sh("pass git status --porcelain").run().ok(), "");
}

#[test]
fn a_folder_of_an_age_store_can_be_for_gpg() {
    let world = person(CURVE);
    drop(world.sh("vaultctl init").reveal().ok());
    world.sh("pass init -p docker ann@example.org").run().ok();
    for name in ["docker/registry", "claude/token"] {
        world.sh(&format!("vaultctl set {name}")).input(world.canary()).run().ok();
        assert_eq!(
            world.sh(&format!("vaultctl get {name}")).reveal().ok().trim_end(),
            world.canary()
        );
    }
    let files = "cd .password-store; find . -name '*.gpg' -o -name '*.age' | sort";
    assert_eq!(world.sh(files).run().ok(), "./claude/token.age\n./docker/registry.gpg\n");
    assert_eq!(world.sh("pass show docker/registry").reveal().ok().trim_end(), world.canary());
}

/// `pass.signcommits`: the user's own git signs, as its configuration says, and runs no hook.
#[test]
fn commits_are_signed_where_pass_would_sign_them() {
    let world = person(CURVE);
    world.sh("pass init ann@example.org && pass git init").run().ok();
    world.plant(".password-store/.git/hooks/pre-commit", "#!/bin/sh\ntouch ~/ran\n");
    let sign =
        "chmod +x .password-store/.git/hooks/pre-commit; pass git config pass.signcommits true";
    world.sh(sign).run().ok();
    world.sh("GIT_DIR=/nowhere vaultctl set claude/token").input(world.canary()).run().ok();
    world.sh("vaultctl mv claude/token claude/other").run().ok();
    world.sh("pass git verify-commit HEAD HEAD~1").run().ok();
    let told =
        world.sh("pass git log --format='%an %s' -2; pass git status --porcelain; ls ran 2>&1");
    let expected = "Ann Rename claude/token to claude/other.\nAnn Add given password for claude/token to store.\n";
    assert!(String::from_utf8_lossy(&told.run().stdout).starts_with(expected));
    assert!(!world.path("ran").exists(), "a hook was run");
    // Nobody answers the pinentry: the entry is stored, and recorded later.
    world.sh("gpgconf --kill gpg-agent").run().ok();
    world.plant("passphrase", "wrong");
    let told = world.sh("vaultctl rm -f claude/other").run().fails(1);
    assert!(told.contains("git could not sign the commit"), "{told}");
    world.plant("passphrase", world.canary());
    world.sh("vaultctl set claude/third").input(world.canary()).run().ok();
    world.sh("pass git verify-commit HEAD HEAD~1").run().ok();
    assert_eq!(world.sh("pass git status --porcelain").run().ok(), "");
}

/// Nobody answers: the entry stays closed, nothing hangs, and it is said which.
#[test]
fn without_the_passphrase_nothing_opens() {
    let world = person(CURVE);
    world
        .sh("pass init ann@example.org && pass insert -m claude/token")
        .input(entry(&world))
        .run()
        .ok();
    world.plant("passphrase", "wrong");
    let told = world.sh("vaultctl get claude/token").run().fails(12);
    assert!(told.starts_with("error: entry `claude/token`: "), "{told}");
    assert!(was_asked(&world));
}

/// `PASSWORD_STORE_KEY` chooses other keys than the recipients file, so that nobody has to have
/// signed that, as in pass.
#[test]
fn what_pass_says_of_keys_is_honoured() {
    let world = person(CURVE);
    world.sh("pass init nobody@example.org && pass git init").run().ok();
    let told = world.sh("vaultctl set claude/token").input(world.canary()).run().fails(1);
    assert!(told.contains("gpg could not encrypt it"), "{told}");
    world
        .sh("PASSWORD_STORE_SIGNING_KEY=0123456789ABCDEF PASSWORD_STORE_KEY=ann@example.org vaultctl set claude/token")
        .input(world.canary())
        .run()
        .ok();
    assert_eq!(world.sh("pass show claude/token").reveal().ok().trim_end(), world.canary());
}
