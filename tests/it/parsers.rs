//! Parsers of what comes from outside: any bytes get an answer, and a changed byte is never passed
//! over where a change matters. Random inputs, shrunk when they fail; the seed is printed.

use proptest::collection::vec;
use proptest::prelude::*;
use vaultctl::crypto::{Digest, Identity, Recipient, Signer, Verifier, recognise_openpgp};
use vaultctl::inject::Reference;
use vaultctl::secret::Secret;
use vaultctl::store::Name;
use vaultctl::vault::Entry;

/// An OpenPGP message's public structure: a session-key packet and an encrypted packet.
fn message() -> Vec<u8> {
    let mut bytes = vec![0xc1, 12, 3, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0];
    bytes.extend([0xd2, 21, 1]);
    bytes.extend([0xaa; 20]);
    bytes
}

fn bytes_of(secret: &Secret) -> Vec<u8> {
    secret.expose().to_vec()
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(bytes in vec(any::<u8>(), 0..400)) {
        let secret = Secret::copy_from(&bytes);
        prop_assert!(Identity::parse(&secret).is_err());
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
