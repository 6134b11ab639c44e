//! Parsers of what comes from outside: any bytes get an answer, and a changed byte is never passed
//! over where a change matters. Random inputs, shrunk when they fail; the seed is printed.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;
use vaultctl::crypto::{
    Digest, Error, IdentityFile, Plugins, Recipient, Signer, Verifier, recognise_openpgp,
};
use vaultctl::import::{Found, Item, read_bitwarden, read_dotenv, read_hosts, read_onepassword};
use vaultctl::inject::Reference;
use vaultctl::secret::Secret;
use vaultctl::store::{Name, RecipientsFile};
use vaultctl::vault::Entry;

/// An OpenPGP message's public structure: a session-key packet and an encrypted packet.
fn message() -> Vec<u8> {
    let mut bytes = vec![0xc1, 12, 3, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0];
    bytes.extend([0xd2, 21, 1]);
    bytes.extend([0xaa; 20]);
    bytes
}

/// Recipients, each of another kind.
const RECIPIENTS: [&str; 4] = [
    "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN ann@laptop #1",
    "age1tag1qt8lw0ual6avlwmwatk888yqnmdamm7xfd0wak53ut6elz5c4swx2yqdj4e",
    "age1toy1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0seffzqu",
];

/// Lines of an identity file, and whether they are fine.
const IDENTITY_LINES: [(&str, bool); 8] = [
    ("# a comment", true),
    ("", true),
    ("  AGE-PLUGIN-TOY-1QQQSYQCYQ5RQWZQFPG9SCRGWPUGPZYSNZS23V9CCRYDPK8QARC0SG6D4NP\r", true),
    ("AGE-SECRET-KEY-1", false),
    ("AGE-PLUGIN-../X-1QQQSYQCYQ5RQWZQFPG9SCRGWPUGPZYSNZS23V9CCRYDPK8QARC0SXYD52N", false),
    ("-----BEGIN OPENSSH PRIVATE KEY-----", false),
    ("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", false),
    ("AGE-PLUGIN-TOY-1QQQ\u{0}", false),
];

/// The one of them that is a key.
const KEY_LINE: usize = 2;

/// The recipients file of this content, as a store finds it.
fn recipients_file(content: &[u8]) -> Result<RecipientsFile, vaultctl::store::Error> {
    let name: Name = "entry".parse().expect("is a name");
    let is_age = |path: &Path| path == Path::new(".age-recipients");
    RecipientsFile::nearest(&name, &|path| Ok(is_age(path).then(|| content.to_vec())))
}

fn bytes_of(secret: &Secret) -> Vec<u8> {
    secret.expose().to_vec()
}

/// Real exports, for mutilation.
const EXPORTS: [&[u8]; 7] = [
    include_bytes!("../../fixtures/import/bitwarden.json"),
    include_bytes!("../../fixtures/import/bitwarden.csv"),
    include_bytes!("../../fixtures/import/1password.csv"),
    include_bytes!("../../fixtures/import/1password-export.data"),
    include_bytes!("../../fixtures/import/1password.1pux"),
    include_bytes!("../../fixtures/import/gh-flat.yml"),
    include_bytes!("../../fixtures/import/gh-users.yml"),
];

/// Reads it as everything that can be imported; what is read has names.
fn import(content: &[u8]) {
    let secret = Secret::copy_from(content);
    let read = [read_dotenv, read_bitwarden, read_onepassword].map(|read| read(&secret));
    let hosts = read_hosts(&secret, "github.com");
    for mut found in read.into_iter().chain([hosts]).flatten() {
        found.items("imported").expect("every title becomes a name");
    }
}

/// The entries that come of it.
fn imported(mut found: Found) -> Vec<Item> {
    found.items("").expect("every title becomes a name")
}

/// What is at an address, whether the value fitted into a line or has an entry of its own.
fn value_at(items: &[Item], name: &str, field: &str) -> Option<Vec<u8>> {
    let find = |name: &str| items.iter().find(|item| item.name.as_str() == name);
    let value = match find(&format!("{name}/{field}")) {
        Some(own) if own.parts == ["lines"] => return Some(bytes_of(own.entry.bytes())),
        Some(own) => own.entry.first_line(),
        None if field == "password" => find(name)?.entry.first_line(),
        None => find(name)?.entry.field(field),
    };
    value.as_ref().map(bytes_of)
}

proptest! {
    #[test]
    fn any_bytes_can_be_tried_to_import(bytes in vec(any::<u8>(), 0..400), text in "[A-B=\"'`# \n\\\\:,{}\\[\\]$-]{0,60}") {
        import(&bytes);
        import(text.as_bytes());
    }

    #[test]
    fn a_mutilated_export_does_not_stop_the_program(which in 0..EXPORTS.len(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut bytes = EXPORTS[which].to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        import(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        import(&bytes);
    }

    #[test]
    fn what_an_export_holds_is_at_its_address(user in "[a-z:# \r\n\tü]{1,12}", password in "\\PC{1,12}|[a \r\n]{1,6}") {
        let export = json!({ "items": [{ "name": "x", "notes": "user: wrong", "login": { "username": user, "password": password } }] });
        let found = read_bitwarden(&Secret::copy_from(export.to_string().as_bytes())).expect("it is one");
        let entries = imported(found);
        prop_assert_eq!(value_at(&entries, "x", "user"), Some(user.into_bytes()));
        prop_assert_eq!(value_at(&entries, "x", "password"), Some(password.into_bytes()));
    }

    #[test]
    fn what_a_dotenv_file_quotes_comes_out(value in "[a-c'\"\\\\$#= \t\r\nn]{1,16}") {
        let quoted = value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
        let file = format!("A=1\nK=\"{quoted}\"\nB=2\n");
        let entries = imported(read_dotenv(&Secret::copy_from(file.as_bytes())).expect("it is one"));
        prop_assert_eq!(entries.len(), 3);
        let expected = if value.contains('\n') || value.ends_with('\r') { value } else { format!("{value}\n") };
        prop_assert_eq!(bytes_of(entries[1].entry.bytes()), expected.into_bytes());
    }

    #[test]
    fn any_bytes_get_an_answer(bytes in vec(any::<u8>(), 0..400)) {
        let secret = Secret::copy_from(&bytes);
        prop_assert!(IdentityFile::parse(&secret, &Plugins::none()).is_err());
        prop_assert!(Signer::parse(&secret).is_err());
        drop(recognise_openpgp(bytes));
    }

    #[test]
    fn any_text_gets_an_answer(text in "\\PC{0,80}") {
        drop(text.parse::<Recipient>());
        prop_assert!(text.parse::<Digest>().is_err());
        drop(Verifier::parse(&text));
        drop(Reference::parse(text.as_ref()));
    }

    /// What is taken is written again as it was understood, a line for each.
    #[test]
    fn a_recipients_file_says_the_same_when_it_is_written_again(
        lines in vec((0..RECIPIENTS.len(), "[ \t]?", "(#[^\r\n]{0,20})?\r?\n{1,2}"), 0..6),
        junk in vec(any::<u8>(), 0..3),
    ) {
        let line = |(at, space, end): &(usize, String, String)| {
            format!("{space}{}\n{end}", RECIPIENTS[*at])
        };
        let text: String = lines.iter().map(line).collect();
        let file = recipients_file(text.as_bytes());
        prop_assert_eq!(file.is_ok(), !lines.is_empty());
        if let Ok(file) = file {
            let again = RecipientsFile::render(&file.recipients);
            prop_assert_eq!(again.lines().count(), lines.len());
            let again = recipients_file(again.as_bytes()).expect("it was taken");
            prop_assert_eq!(again.recipients, file.recipients);
        }
        drop(recipients_file(&[text.as_bytes(), &junk].concat()));
    }

    /// A changed character makes another key, or none; no key is written in two ways.
    #[test]
    fn a_changed_recipient_is_refused_or_another(
        which in 0..RECIPIENTS.len(), at in any::<prop::sample::Index>(), to in "[ -~ä]",
    ) {
        let original = RECIPIENTS[which];
        let key = original.split(" ann").next().expect("split gives at least one");
        let at = at.index(key.len());
        let (before, rest) = original.split_at(at);
        let changed = format!("{before}{to}{}", rest.split_at(1).1);
        prop_assume!(changed != original);
        if let Ok(parsed) = changed.parse::<Recipient>() {
            prop_assert_ne!(parsed, original.parse::<Recipient>().expect("is one"));
        }
    }

    /// The first line that is no identity is named by its number; then nothing of the file is used.
    #[test]
    fn an_identity_file_is_taken_as_a_whole_or_not_at_all(
        lines in vec(0..IDENTITY_LINES.len(), 1..8),
    ) {
        let text: String = lines.iter().map(|at| format!("{}\n", IDENTITY_LINES[*at].0)).collect();
        let parsed = IdentityFile::parse(&Secret::copy_from(text.as_bytes()), &Plugins::none());
        let bad = lines.iter().position(|at| !IDENTITY_LINES[*at].1);
        match (parsed, bad) {
            (Ok(_), None) => prop_assert!(lines.contains(&KEY_LINE)),
            (Err(Error::BadIdentity(0)), None) => prop_assert!(!lines.contains(&KEY_LINE)),
            (Err(Error::BadIdentity(line)), Some(at)) => prop_assert_eq!(line, at + 1),
            (Ok(_), Some(at)) => prop_assert!(false, "line {} was taken", at + 1),
            (Err(error), _) => prop_assert!(false, "{error}"),
        }
    }

    #[test]
    fn a_name_that_is_taken_stays_in_the_store(text in "[a./\\\\ \n\u{0}-]{0,12}") {
        if let Ok(name) = text.parse::<Name>() {
            let parts: Vec<&str> = name.as_str().split('/').collect();
            prop_assert!(parts.iter().all(|part| !matches!(*part, "" | "." | "..")));
            prop_assert!(!name.as_str().contains('\0'));
            prop_assert_eq!(name.as_str().parse::<Name>().expect("it was one"), name);
        }
    }

    #[test]
    fn a_mutilated_message_does_not_stop_the_program(at in 0..message().len(), byte in any::<u8>(), cut in 0..message().len()) {
        let mut bytes = message();
        bytes[at] = byte;
        bytes.truncate(message().len() - cut);
        drop(recognise_openpgp(bytes));
    }

    #[test]
    fn a_new_first_line_changes_nothing_else(content in vec(any::<u8>(), 0..200), line in "[a-z]{1,20}") {
        let entry = Entry::new(Secret::copy_from(&content));
        let changed = entry.with_first_line(&Secret::copy_from(line.as_bytes()));
        prop_assert_eq!(bytes_of(&changed.first_line().expect("it is not empty")), line.as_bytes());
        let rest = |bytes: &[u8]| bytes.iter().position(|byte| *byte == b'\n').map(|end| bytes[end..].to_vec());
        let (before, after) = (rest(&content), rest(&bytes_of(changed.bytes())));
        prop_assert!(before == after || content.is_empty());
    }

    #[test]
    fn a_new_field_is_found_and_the_first_line_stays(content in "[a-c:\n ]{0,60}", value in "[x-z]{1,10}") {
        let entry = Entry::new(Secret::copy_from(content.as_bytes()));
        let changed = entry.with_field("user", &Secret::copy_from(value.as_bytes()));
        prop_assert_eq!(bytes_of(&changed.field("user").expect("it was set")), value.as_bytes());
        let first = |entry: &Entry| entry.first_line().as_ref().map(bytes_of);
        prop_assert_eq!(first(&changed), first(&entry));
    }
}
