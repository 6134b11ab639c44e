//! Programs that call `pass`, or read its files: what they do with the real one, they do with ours.

use std::path::Path;

use serde_json::{Value, json};

use super::keyring::Keyring;
use super::world::{PROGRAM, World};

/// Where Debian puts the part of Browserpass that is outside the browser.
const BROWSERPASS: &str = "/usr/lib/browserpass/browserpass-native";

/// 99designs/keyring, as aws-vault has it: `pass.go` calls these, and looks for the file itself.
const KEYRING: [&str; 8] = [
    "pass show aws-vault/work",
    "printf '%s' \"{\\\"Key\\\":\\\"work\\\",\\\"Data\\\":\\\"$CANARY\\\"}\" | pass insert -m -f aws-vault/work",
    "test -f \"$PASSWORD_STORE_DIR/aws-vault/work.gpg\" && pass show aws-vault/work",
    "printf '%s' \"$CANARY\" | pass insert -m -f 'aws-vault/sts.GetSessionToken,d29yaw,,1'",
    "cd \"$PASSWORD_STORE_DIR\" && find aws-vault -name '*.gpg' | sort",
    "pass rm -f aws-vault/work",
    "test -e \"$PASSWORD_STORE_DIR/aws-vault/work.gpg\"",
    "pass rm -f aws-vault/work",
];

/// chezmoi's template functions `pass`, `passRaw` and `passFields`; fnox's provider; the shell
/// scripts of a hundred dotfiles.
const READERS: [&str; 7] = [
    "printf '%s\\nuser: ann\\n' \"$CANARY\" | pass insert -m -f web/site",
    "pass show web/site",
    "pass show web/site | head -n 1",
    "pass web/site | sed -n 's/^user: //p'",
    "pass show web/none",
    "printf '%s\\n' \"$CANARY\" | pass insert -e -f web/other",
    "pass ls web",
];

fn home(program: Option<&Path>) -> World {
    let world = Keyring::shared().home(program);
    world.sh("pass init ann@example.org && pass git init").run().ok();
    world
}

fn ours() -> World {
    home(Some(Path::new(PROGRAM)))
}

/// What each line ends with and shows, but for what `git commit` says.
fn told(world: &World, lines: &[&str]) -> Vec<(i32, String)> {
    let setting = format!("CANARY={} PASSWORD_STORE_DIR=$HOME/.password-store", world.canary());
    let line = |line: &&str| {
        let output = world.sh(&format!("export {setting}; {line}")).reveal();
        let stdout = String::from_utf8_lossy(&output.stdout).replace(world.canary(), "[canary]");
        let stdout = stdout.replace(&*world.path("").to_string_lossy(), "[home]/");
        let commit = |line: &&str| !line.starts_with('[') && !line.starts_with(' ');
        (output.status, stdout.lines().filter(commit).collect::<Vec<_>>().join("\n"))
    };
    lines.iter().map(line).collect()
}

#[test]
fn aws_vault_and_chezmoi_see_no_difference() {
    let (real, ours) = (home(None), ours());
    for lines in [KEYRING.as_slice(), READERS.as_slice()] {
        assert_eq!(told(&ours, lines), told(&real, lines));
    }
}

/// Debian's pass-git-helper, asked by git itself.
#[test]
fn git_logs_in_with_pass_git_helper() {
    let world = ours();
    world.plant("mapping.ini", "[git.example.org*]\ntarget=dev/git\n");
    let entry = format!("{}\nann\n", world.canary());
    world.sh("pass insert -m dev/git").input(entry).run().ok();
    let helper = "credential.helper=!pass-git-helper -m $HOME/mapping.ini \"$@\"";
    let asked = world
        .sh(&format!("git -c '{helper}' credential fill"))
        .input("protocol=https\nhost=git.example.org\n\n")
        .reveal()
        .ok();
    assert!(asked.contains(&format!("username=ann\npassword={}\n", world.canary())), "{asked}");
}

/// One request and its answer, as browsers send them: a length of four bytes, then JSON.
fn browserpass(world: &World, mut request: Value) -> Value {
    let store = json!({"id": "s", "name": "s", "path": world.path(".password-store")});
    request["settings"] = json!({"gpgPath": "gpg", "stores": {"s": store}});
    request["storeId"] = "s".into();
    let text = request.to_string();
    let length = u32::try_from(text.len()).expect("a short request").to_ne_bytes();
    let input = [length.as_slice(), text.as_bytes()].concat();
    let output = world.sh(BROWSERPASS).input(input).reveal();
    let answer = output.stdout.get(4..).unwrap_or_default();
    serde_json::from_slice(answer).expect("Browserpass answers with JSON")
}

#[test]
fn browserpass_reads_what_we_write() {
    let world = ours();
    let entry = format!("{}\nuser: ann\n", world.canary());
    world.sh("pass insert -m web/example.org").input(entry.as_str()).run().ok();
    let listed = browserpass(&world, json!({"action": "list"}));
    assert_eq!(listed["data"]["files"]["s"], json!(["web/example.org.gpg"]), "{listed}");
    let fetch = json!({"action": "fetch", "file": "web/example.org.gpg"});
    assert_eq!(browserpass(&world, fetch)["data"]["contents"], json!(entry));
}
