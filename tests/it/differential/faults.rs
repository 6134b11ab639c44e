//! What the comparison is worth: it calls the real `pass` equal to itself, and finds each of these
//! faults in a `pass` that is wrong in just one way.

use std::path::Path;

use super::Pair;
use super::sequence::{Kind, Line, Sequence, Shown};
use crate::world::World;

/// A `pass` with a fault, as a shell script: `real` is the real one.
const FAULTS: [(&str, &str); 13] = [
    ("another exit code", "real \"$@\"; status=$?; [ \"$1\" = rm ] && exit 3; exit $status"),
    ("more on standard output", "[ \"$1\" = ls ] && echo more; real \"$@\""),
    ("another error", "[ \"$1\" = rm ] && { echo 'Error: none' >&2; exit 1; }; real \"$@\""),
    ("a byte less", "[ \"$1\" = insert ] && { head -c 9 | real \"$@\"; exit; }; real \"$@\""),
    ("another recipient", "PASSWORD_STORE_KEY=ben@example.org real \"$@\""),
    ("another mode", "real \"$@\"; status=$?; chmod -f 644 \"$STORE/a.gpg\"; exit $status"),
    ("a file left", "real \"$@\"; status=$?; touch \"$STORE/a.tmp\"; exit $status"),
    ("a folder left", "real \"$@\"; status=$?; mkdir -p \"$STORE/b\"; exit $status"),
    ("a link replaced", "real \"$@\"; status=$?; rm -f \"$STORE/l.gpg\"; exit $status"),
    ("another subject", "real \"$@\"; status=$?; amend -m other; exit $status"),
    ("a secret left", "real \"$@\"; status=$?; echo \"$CANARY\" > \"$HOME/.cache\"; exit $status"),
    ("not in the index", "real \"$@\"; status=$?; forget a.gpg; exit $status"),
    ("no commit", "real \"$@\"; status=$?; [ \"$1\" = insert ] && undo; exit $status"),
];

const TOOLS: &str = r#"
real() { PATH=${PATH#*:} pass "$@"; }
amend() { git -C "$STORE" commit -q --amend "$@"; }
forget() { git -C "$STORE" rm -q --cached --ignore-unmatch "$@"; }
undo() { git -C "$STORE" reset -q --soft HEAD~1; }
STORE=$HOME/.password-store
"#;

/// Every fault shows in it.
const LINES: [&str; 6] = [
    "pass init ann@example.org",
    "pass git init",
    "printf '%b' \"$CANARY\\n\" | pass insert -m a",
    "ln -s a.gpg .password-store/l.gpg",
    "pass ls",
    "pass rm missing",
];

fn sequence() -> Sequence {
    let lines = LINES.map(|text| Line::new(text, Shown::InOrder)).to_vec();
    Sequence { setting: "export CANARY\n".to_owned(), lines }
}

#[test]
fn pass_is_equal_to_itself() {
    let real = World::new().sh("command -v pass").run().ok();
    let pair = Pair::new(Path::new(real.trim()));
    assert_eq!(pair.difference(&sequence()), None);
    for number in 0..4 {
        for kind in [Kind::Plain, Kind::Git] {
            assert_eq!(pair.difference(&Sequence::numbered(number, kind)), None, "{number}");
        }
    }
}

#[test]
fn every_fault_is_found() {
    let elsewhere = World::new();
    let program = elsewhere.path("bin/wrong");
    let pair = Pair::new(&program);
    for (fault, body) in FAULTS {
        elsewhere.script("wrong", &format!("{TOOLS}{body}"));
        assert!(pair.difference(&sequence()).is_some(), "{fault}");
    }
}
