//! What holds for every command: its help, its arguments, its examples.

use clap::Arg;
use vaultctl::cli::Checked;

use super::examples::{calls, run};
use super::surface::entries;

/// Words that begin the name of something secret.
const SECRET_WORDS: [&str; 6] = ["secret", "password", "passphrase", "token", "key", "pin"];

fn texts(arg: &Arg) -> Vec<String> {
    [arg.get_help(), arg.get_long_help()].into_iter().flatten().map(ToString::to_string).collect()
}

/// Imperative (not "Prints", not "Printing"), begun with a capital, without a full stop.
fn is_a_headline(text: &str) -> bool {
    let verb = text.split(' ').next().unwrap_or_default();
    let imperative = (verb == "Bring" || !verb.ends_with("ing"))
        && (!verb.ends_with('s') || verb.ends_with("ss"));
    imperative
        && text.starts_with(char::is_uppercase)
        && !text.ends_with('.')
        && !text.contains('\n')
}

#[test]
fn every_command_says_in_one_line_what_it_does() {
    for entry in entries() {
        let about = entry.command.get_about().map(ToString::to_string).unwrap_or_default();
        assert!(is_a_headline(&about), "`{}`: {about:?}", entry.title());
    }
}

#[test]
fn every_argument_is_described() {
    for entry in entries() {
        for arg in entry.command.get_arguments() {
            let first = texts(arg).first().cloned().unwrap_or_default();
            let good = first.starts_with(char::is_uppercase) && !first.ends_with('.');
            assert!(good, "`{}`, `{}`: {first:?}", entry.title(), arg.get_id());
        }
    }
}

/// Arguments can be seen by every process of the machine, and stay in a shell's history.
#[test]
fn no_argument_takes_a_secret() {
    for entry in entries() {
        for arg in entry.command.get_arguments().filter(|arg| arg.get_action().takes_values()) {
            let names =
                arg.get_value_names().unwrap_or_default().iter().map(|name| name.to_lowercase());
            let names: Vec<String> = names.chain([arg.get_id().to_string()]).collect();
            let secret =
                names.iter().any(|name| SECRET_WORDS.iter().any(|word| name.ends_with(word)));
            assert!(!secret, "`{}` would take a secret: {names:?}", entry.title());
        }
    }
}

#[test]
fn every_command_has_an_example() {
    for entry in entries().iter().filter(|entry| entry.is_leaf()) {
        assert!(!entry.examples().is_empty(), "`{}` has none", entry.title());
        for example in entry.examples() {
            assert!(is_a_headline(example.what), "`{}`: {:?}", entry.title(), example.what);
        }
    }
}

#[test]
fn every_example_belongs_to_a_command() {
    let words: Vec<Vec<String>> = entries().into_iter().map(|entry| entry.words).collect();
    for (example, _) in vaultctl::cli::examples() {
        assert!(words.iter().any(|words| *words == example), "{example:?} is no command");
    }
}

/// The words of every example are taken apart by a real shell, and understood by the program.
#[test]
fn every_example_can_be_parsed() {
    for entry in entries() {
        for example in entry.examples() {
            let calls = calls(example.line);
            let shown = calls.iter().any(|call| call[1..].starts_with(&entry.words));
            assert!(shown, "`{}` is no example of `{}`", example.line, entry.title());
        }
    }
}

#[test]
fn every_example_that_can_run_does() {
    for entry in entries() {
        for example in entry.examples().iter().filter(|example| example.checked == Checked::Runs) {
            run(example.line);
        }
    }
}
