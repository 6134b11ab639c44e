//! OpenPGP with the real `gpg` and its agent: what is done without a `gpg` process, what goes to
//! `gpg`, and that both give the same.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use vaultctl::config::{Config, Overrides};
use vaultctl::crypto::{Cipher, Recipients, openpgp_key_ids};
use vaultctl::keys::{Error, Keyring};
use vaultctl::secret::Secret;
use vaultctl::sys::{NoTerminal, Prompt, Variables};

use super::pass_interop::{CURVE, RSA, person};
use super::world::World;

const NIST: &str =
    "Key-Type: ECDSA\nKey-Curve: nistp256\nSubkey-Type: ECDH\nSubkey-Curve: nistp256\n";

/// Makes keys without a passphrase.
const NEW_KEY: &str = "gpg --quiet --batch --passphrase '' --quick-generate-key";

/// Writes down that it was called, and does what was asked.
const RECORDER: &str = "#!/bin/sh\necho \"$*\" >> \"$HOME/gpg-calls\"\nexec REAL \"$@\"\n";

/// A person with a key and an entry, whose agent has forgotten the passphrase and whose `gpg`
/// writes down its calls.
fn recorded(key: &str) -> World {
    let world = person(key);
    let real = world.sh("command -v gpg").run().ok();
    for name in ["bin/gpg", "bin/gpg2"] {
        let program = world.plant(name, RECORDER.replace("REAL", real.trim()));
        fs::set_permissions(program, fs::Permissions::from_mode(0o700)).expect("it is ours");
    }
    world
        .sh("pass init ann@example.org && pass insert -m claude/token")
        .input(entry(&world))
        .run()
        .ok();
    world
}

fn entry(world: &World) -> String {
    format!("{}\nuser: ann\n", world.canary())
}

/// Runs a command line with the recording `gpg`: what it printed, and how often that was called.
fn calls(world: &World, script: &str, status: i32) -> (String, usize) {
    fs::remove_file(world.path("gpg-calls")).ok();
    let output = world.sh(&format!("export PATH=$HOME/bin:$PATH; {script}")).reveal();
    assert_eq!(output.status, status, "{script}: {}", String::from_utf8_lossy(&output.stderr));
    let calls = fs::read_to_string(world.path("gpg-calls")).unwrap_or_default();
    let printed = if status == 0 { output.stdout } else { output.stderr };
    (String::from_utf8(printed).expect("it is text"), calls.lines().count())
}

/// Shows the entry, which has to be as it was written; how often `gpg` was called for that.
fn calls_to_show(world: &World) -> usize {
    let (shown, calls) = calls(world, "vaultctl show claude/token", 0);
    assert_eq!(shown, entry(world));
    calls
}

fn was_asked(world: &World) -> bool {
    fs::remove_file(world.path("asked")).is_ok()
}

fn opens_without_gpg(key: &str) {
    let world = recorded(key);
    assert!(calls_to_show(&world) > 0, "nothing was known of the key yet");
    assert_eq!(calls_to_show(&world), 0);
    was_asked(&world);
    world.sh("gpg-connect-agent reloadagent /bye").run().ok();
    assert_eq!(calls_to_show(&world), 0);
    assert!(was_asked(&world), "the agent has forgotten the passphrase, and nobody was asked");
}

#[test]
fn a_curve25519_key_opens_without_gpg() {
    opens_without_gpg(CURVE);
}

/// Keys are asked for in the caller's environment; the server gets its own, and none of GnuPG's.
#[test]
fn a_server_gets_what_openpgp_entries_hold() {
    let world = person(CURVE);
    let insert = "pass init ann@example.org && pass insert -m claude/token";
    world.sh(insert).input(entry(&world)).run().ok();
    world.plant(
        ".config/vaultctl/config.toml",
        "[server.notes]\nallow = [\"claude/token\", \"claude/token#user\"]\ncommand = [\"env\"]\nenv = { PATH = \"/usr/bin:/bin\" }\n",
    );
    let exec =
        "TOKEN=vault:claude/token WHO=vault:claude/token#user OTHER=1 vaultctl exec --server notes";
    let got = world.sh(exec).reveal().ok();
    let token = format!("TOKEN={}", world.canary());
    for line in [token.as_str(), "WHO=ann", "PATH=/usr/bin:/bin"] {
        assert!(got.lines().any(|other| other == line), "{line}: {got}");
    }
    assert!(!got.contains("GNUPGHOME") && !got.contains("OTHER"), "{got}");
}

#[test]
fn an_rsa_4096_key_opens_without_gpg() {
    opens_without_gpg(RSA);
}

#[test]
fn a_nist_key_opens_without_gpg() {
    opens_without_gpg(NIST);
}

/// Whoever does not unlock the key is not asked the same again by `gpg`.
#[test]
fn a_person_who_does_not_answer_is_believed() {
    let world = recorded(CURVE);
    calls_to_show(&world);
    world.sh("gpg-connect-agent reloadagent /bye").run().ok();
    world.plant("passphrase", "wrong");
    let (told, calls) = calls(&world, "vaultctl show claude/token", 12);
    assert!(told.contains("gpg could not decrypt it: Bad passphrase"), "{told}");
    assert_eq!(calls, 0);
    was_asked(&world);
    let message = fs::read(world.path(".password-store/claude/token.gpg")).expect("it is there");
    let open = |keyring: &Keyring<'_>| keyring.open(Cipher::OpenPgp, &message).is_err();
    with_keyring(&world, &[], |keyring| {
        std::thread::scope(|scope| {
            let tries: Vec<_> = (0..4).map(|_| scope.spawn(|| open(keyring))).collect();
            assert!(tries.into_iter().all(|refused| refused.join().expect("it ends")));
        });
    });
    // gpg-agent itself asks three times before it gives up.
    let asked = fs::read_to_string(world.path("asked")).expect("somebody was asked");
    assert_eq!(asked.lines().count(), 3);
}

#[test]
fn without_an_agent_and_with_settings_of_the_users_own_gpg_does_it() {
    let world = recorded(CURVE);
    calls_to_show(&world);
    world.sh("gpgconf --kill gpg-agent").run().ok();
    assert!(calls_to_show(&world) > 0);
    assert_eq!(calls_to_show(&world), 0);
    let options = calls(&world, "PASSWORD_STORE_GPG_OPTS=--no-tty vaultctl show claude/token", 0);
    assert_eq!(options, (entry(&world), 1));
    world.plant(".gnupg/gpg.conf", "pinentry-mode ask\n");
    assert_eq!(calls_to_show(&world), 1);
}

/// What is remembered is not believed: with anything in that file, the entry opens.
#[test]
fn a_hostile_memory_only_leads_to_gpg() {
    let world = recorded(CURVE);
    world.sh(&format!("{NEW_KEY} ben@example.org default default never")).run().ok();
    calls_to_show(&world);
    let memory = world.sh("ls -d .local/state/vaultctl/gpg-*.keys").run().ok();
    let memory = world.path(memory.trim());
    let good = fs::read_to_string(&memory).expect("it is text");
    let words: Vec<Vec<&str>> =
        good.lines().skip(1).map(|line| line.split(' ').collect()).collect();
    let mut hostile = vec!["".to_owned(), "\0".repeat(99), good.replace(' ', "  ")];
    for (one, other) in words.iter().flat_map(|one| words.iter().map(move |other| (one, other))) {
        hostile.push(good.replace(one[1], other[1]));
        hostile.push(good.replace(one[2], other[2]));
        hostile.push(good.replace(one[2], "c0ffee"));
    }
    for text in hostile {
        fs::write(&memory, text).expect("it is written");
        calls_to_show(&world);
    }
    fs::remove_file(&memory).expect("it is there");
    calls_to_show(&world);
    assert_eq!(fs::read_to_string(&memory).expect("it is made anew"), good);
}

/// Messages that this program does not take apart itself: each opens all the same.
#[test]
fn what_is_not_plain_goes_to_gpg() {
    let world = recorded(CURVE);
    world.sh(&format!("{NEW_KEY} ben@example.org default default never")).run().ok();
    calls_to_show(&world);
    let encrypt = "gpg --quiet --batch --trust-model always --yes -o .password-store/odd.gpg";
    let odd = [
        "--symmetric --passphrase $(cat passphrase)",
        "-e -r ann@example.org --symmetric --passphrase $(cat passphrase)",
        "-e -r ann@example.org --compress-algo zip",
        "-e -r ann@example.org --textmode",
        "-e -R ann@example.org",
        "-e -r ann@example.org -r ben@example.org",
        "-e -s -u ben@example.org -r ann@example.org",
    ];
    for kind in odd {
        let text = format!("{}\n", world.canary().repeat(50));
        world.sh(&format!("{encrypt} {kind}")).input(text.as_str()).run().ok();
        let (shown, calls) = calls(&world, "vaultctl show odd", 0);
        assert_eq!(shown, text, "{kind}");
        assert!(calls > 0, "{kind}");
    }
}

/// Every way to spoil a message, by name.
fn spoilt(whole: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let changed = |at: usize| {
        let mut bytes = whole.to_vec();
        bytes[at] ^= 1;
        bytes
    };
    let before = |packet: &[u8]| [packet, whole].concat();
    vec![
        ("empty", Vec::new()),
        ("a head only", whole[..1].to_vec()),
        ("cut in the key", whole[..40].to_vec()),
        ("cut in the text", whole[..whole.len() - 1].to_vec()),
        ("a line end behind", [whole, b"\n"].concat()),
        ("twice", [whole, whole].concat()),
        ("plaintext", b"hunter2\n".to_vec()),
        ("another cipher", b"age-encryption.org/v1\n".to_vec()),
        ("a private packet before", before(&[0xfd, 1, 0])),
        ("a packet of an unknown version", before(&[0xc1, 2, 9, 9])),
        ("changed in the key", changed(60)),
        ("changed in the text", changed(whole.len() - 30)),
        ("changed at the end", changed(whole.len() - 1)),
    ]
}

#[test]
fn a_spoilt_message_is_refused_in_both_ways_alike() {
    let world = recorded(CURVE);
    calls_to_show(&world);
    let path = world.path(".password-store/claude/token.gpg");
    let whole = fs::read(&path).expect("it is there");
    let armored = world.sh("gpg --enarmor < .password-store/claude/token.gpg").run().ok();
    let armored = armored.replace("ARMORED FILE", "MESSAGE").into_bytes();
    for (how, bytes) in spoilt(&whole).into_iter().chain([("armored", armored)]) {
        fs::write(&path, bytes).expect("it is written");
        let unrecorded = || {
            fs::remove_file(world.path("gpg-calls")).ok();
            world.fingerprint()
        };
        let before = unrecorded();
        let told = world.sh("vaultctl show claude/token").run().fails(12);
        let by_gpg = world.sh("PASSWORD_STORE_GPG_OPTS=--no-tty vaultctl show claude/token").run();
        assert_eq!(told, by_gpg.fails(12), "{how}");
        assert!(told.starts_with("error: entry `claude/token`: "), "{how}: {told}");
        world.sh("vaultctl set claude/token").input("new\n").run().fails(12);
        assert_eq!(unrecorded(), before, "{how}: something has changed");
    }
    fs::write(&path, whole).expect("it is written");
    assert_eq!(calls_to_show(&world), 0);
}

#[test]
fn a_message_for_another_key_is_refused() {
    let world = recorded(CURVE);
    calls_to_show(&world);
    let other = "GNUPGHOME=$HOME/other; export GNUPGHOME; mkdir -m 700 other";
    let encrypt = "gpg --quiet --batch --trust-model always -e -r ben@example.org";
    world
        .sh(&format!("{other}; {NEW_KEY} ben@example.org default default never && {encrypt} > .password-store/x.gpg; gpgconf --kill all"))
        .input(world.canary())
        .run()
        .ok();
    let told = world.sh("vaultctl show x").run().fails(12);
    assert!(told.contains("No secret key"), "{told}");
}

/// The world's variables, with the recording `gpg` and more.
fn variables(world: &World, more: &[(&str, &str)]) -> Variables {
    let path =
        format!("{}:{}", world.path("bin").display(), std::env::var("PATH").expect("it is set"));
    let home = world.path("").display().to_string();
    let gnupg = world.path(".gnupg").display().to_string();
    let all =
        [("PATH", path.as_str()), ("HOME", &home), ("GNUPGHOME", &gnupg), ("LANG", "C.UTF-8")];
    all.iter().chain(more).copied().collect()
}

/// Uses a keyring in this process; how often `gpg` was called meanwhile.
fn with_keyring(world: &World, more: &[(&str, &str)], work: impl FnOnce(&Keyring<'_>)) -> usize {
    fs::remove_file(world.path("gpg-calls")).ok();
    let variables = variables(world, more);
    let config = Config::load(&variables, &Overrides::default()).expect("there are no settings");
    let nobody: Arc<dyn Prompt> = Arc::new(NoTerminal);
    work(&Keyring::new(&config.paths, &variables, &nobody));
    let calls = fs::read_to_string(world.path("gpg-calls")).unwrap_or_default();
    calls.lines().count()
}

fn to(ids: &[&str]) -> Recipients {
    Recipients::OpenPgp(ids.iter().map(|id| (*id).to_owned()).collect())
}

/// Seals five times; how often `gpg` was called. Each message is one that gpg opens, with integrity
/// protection and the cipher that it would have taken, and is not compressed.
fn seals(world: &World, ids: &[&str]) -> usize {
    let text = |number: usize| [entry(world).as_bytes(), &vec![b'x'; number * 9000]].concat();
    let calls = with_keyring(world, &[], |keyring| {
        for number in 0..5 {
            let sealed = keyring.seal(&to(ids), &Secret::copy_from(&text(number)));
            let message = sealed.expect("it seals").into_body();
            fs::write(world.path(format!("{number}.gpg")), message).expect("it is written");
        }
    });
    for number in 0..5 {
        let opened = world.sh(&format!("gpg -q -d {number}.gpg")).reveal();
        assert!(opened.stdout == text(number) && opened.status == 0, "message {number}");
        let packets = world.sh(&format!("gpg --list-packets -v {number}.gpg 2>&1")).reveal().ok();
        assert!(packets.contains("mdc_method: 2"), "{packets}");
        assert!(packets.contains("AES256") && !packets.contains("compressed"), "{packets}");
    }
    calls
}

#[test]
fn many_messages_are_sealed_without_gpg_to_those_whom_it_trusts() {
    let world = recorded(CURVE);
    world.sh(&format!("{NEW_KEY} ben@example.org default default never")).run().ok();
    // One message by gpg; then its groups, and two questions for each recipient.
    assert_eq!(seals(&world, &["ann@example.org"]), 1 + 1 + 2);
    world.plant(".gnupg/gpg.conf", "group the team = ann@example.org ben@example.org\n");
    assert_eq!(seals(&world, &["the team"]), 1 + 1 + 4);
    world.plant(".gnupg/gpg.conf", "throw-keyids\n");
    assert_eq!(seals(&world, &["ann@example.org"]), 5);
}

/// gpg does not tell upper and lower case apart in the names of groups; a key whose owner is called
/// like a group is not meant.
#[test]
fn a_group_is_a_group_in_any_case() {
    let world = recorded(CURVE);
    world.sh(&format!("{NEW_KEY} ben@example.org default default never")).run().ok();
    world
        .sh(&format!("{NEW_KEY} 'Team Mailbox <mail@example.org>' default default never"))
        .run()
        .ok();
    world.plant(".gnupg/gpg.conf", "group team = ann@example.org ben@example.org\n");
    with_keyring(&world, &[], |keyring| {
        let seal = |_: usize| {
            let sealed =
                keyring.seal(&to(&["Team"]), &Secret::copy_from(b"x")).expect("it is sealed");
            openpgp_key_ids(sealed.body()).expect("it is a message")
        };
        let sealed: Vec<Vec<String>> = (0..3).map(seal).collect();
        assert_eq!(sealed[0].len(), 2);
        assert!(sealed.iter().all(|ids| *ids == sealed[0]), "{sealed:?}");
    });
}

/// A key that nobody vouches for, and one that may stand for two: gpg decides, each time.
#[test]
fn whom_gpg_does_not_trust_is_not_sealed_to() {
    let world = recorded(CURVE);
    let stranger = format!(
        "GNUPGHOME=$HOME/other; export GNUPGHOME; mkdir -m 700 other; {NEW_KEY} eve@example.org default default never; gpg --export > eve.pgp; gpgconf --kill all"
    );
    world.sh(&stranger).run().ok();
    world.sh("gpg --quiet --import eve.pgp").run().ok();
    let refused = with_keyring(&world, &[], |keyring| {
        for _ in 0..3 {
            let sealed = keyring.seal(&to(&["eve@example.org"]), &Secret::copy_from(b"x"));
            assert!(matches!(sealed, Err(Error::NotSealed(_))));
        }
    });
    assert!(refused >= 3, "{refused}");
}

#[test]
fn threads_open_at_the_same_time() {
    let world = recorded(CURVE);
    calls_to_show(&world);
    let message = fs::read(world.path(".password-store/claude/token.gpg")).expect("it is there");
    let expected = Secret::copy_from(entry(&world).as_bytes());
    let calls = with_keyring(&world, &[], |keyring| {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        let opened = keyring.open(Cipher::OpenPgp, &message).expect("it opens");
                        assert!(opened.is_same_as(&expected));
                    }
                });
            }
        });
    });
    assert_eq!(calls, 0);
}

/// The ids that pass prints when it encrypts anew are the ones that we compare with.
#[test]
fn the_keys_of_recipients_are_those_that_pass_finds() {
    let world = recorded(CURVE);
    world.plant(".gnupg/gpg.conf", "group the team = ann@example.org ben@example.org\n");
    world.sh(&format!("{NEW_KEY} ben@example.org rsa2048 default never")).run().ok();
    let subkeys = "for end in 1y seconds=1; do gpg --quiet --batch --passphrase '' --quick-add-key $(gpg --list-keys --with-colons ben@ | sed -n '/^fpr/{s/fpr:*//;s/://p;q}') rsa2048 encr $end; done; sleep 2";
    world.sh(subkeys).run().ok();
    for ids in [&["the team"][..], &["ben@example.org"], &["ben@", "ann@example.org"], &["nobody"]]
    {
        let quoted: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
        let said = world.sh(&format!("pass init {}", quoted.join(" "))).run();
        let said = String::from_utf8(said.stdout).expect("it is text");
        let theirs = said
            .split_once("reencrypting to ")
            .map(|(_, rest)| rest.lines().next().unwrap_or_default());
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        with_keyring(&world, &[], |keyring| {
            let ours = keyring.encryption_keys(&ids).expect("gpg runs");
            assert_eq!(Some(ours.join(" ").as_str()), theirs, "{ids:?}");
            assert_eq!(keyring.encryption_keys(&ids).expect("it is known"), ours);
        });
    }
    let message = fs::read(world.path(".password-store/claude/token.gpg")).expect("it is there");
    let listed = world.sh("gpg -v --list-only --keyid-format long -d .password-store/claude/token.gpg 2>&1 | sed -n 's/^gpg: public key is //p' | sort -u").run().ok();
    assert_eq!(openpgp_key_ids(&message).expect("it is one").join("\n"), listed.trim_end());
}

/// What we sign, pass takes; what pass signs, we take; and nothing else.
#[test]
fn recipients_files_are_signed_as_in_pass() {
    let world = recorded(CURVE);
    let fingerprint = |who: &str| {
        let script =
            format!("gpg --list-keys --with-colons {who} | sed -n '/^fpr/{{s/fpr:*//;s/://p;q}}'");
        world.sh(&script).run().ok().trim().to_owned()
    };
    world.sh(&format!("{NEW_KEY} ben@example.org default default never")).run().ok();
    let (ann, ben) = (fingerprint("ann@"), fingerprint("ben@"));
    let file = world.path(".password-store/.gpg-id");
    world.sh(&format!("PASSWORD_STORE_SIGNING_KEY={ben} pass init ann@example.org")).run().ok();
    let content = fs::read(&file).expect("it is there");
    let theirs = fs::read(file.with_extension("sig"))
        .or_else(|_| fs::read(world.path(".password-store/.gpg-id.sig")));
    let theirs = theirs.expect("pass has signed");
    let check = |signers: &str, content: &[u8], signature: Option<&[u8]>| {
        let mut answer = Ok(());
        with_keyring(&world, &[("PASSWORD_STORE_SIGNING_KEY", signers)], |keyring| {
            answer = keyring.check_signed(content, signature, Path::new(".gpg-id"));
        });
        answer
    };
    assert!(check(&ben, &content, Some(&theirs)).is_ok());
    assert!(check(&format!("{ann} {ben}"), &content, Some(&theirs)).is_ok());
    assert!(check("", b"not signed", None).is_ok());
    assert!(matches!(check(&ben, &content, None), Err(Error::NotSigned(_))));
    for (signers, content, signature) in [
        (ann.as_str(), &content[..], &theirs[..]),
        (&ben.to_lowercase(), &content, &theirs),
        (ben.split_at(24).1, &content, &theirs),
        (&ben, b"eve@example.org\n", &theirs),
        (&ben, &content, b"none"),
        (&ben, &content, format!("[GNUPG:] VALIDSIG {ben} x {ben}").as_bytes()),
    ] {
        assert!(matches!(check(signers, content, Some(signature)), Err(Error::BadSigner(_))));
    }
    with_keyring(&world, &[("PASSWORD_STORE_SIGNING_KEY", &ben)], |keyring| {
        let (bytes, signer) =
            keyring.sign_detached(&content).expect("it signs").expect("it is asked to");
        assert_eq!(signer, ben);
        fs::write(world.path(".password-store/.gpg-id.sig"), bytes).expect("it is written");
    });
    let insert = format!("PASSWORD_STORE_SIGNING_KEY={ben} pass insert -m claude/other");
    world.sh(&insert).input(world.canary()).run().ok();
}
