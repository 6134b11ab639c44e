//! What an age file shows without a key: how many keys of which kind open it.

use age_core::format::read::age_stanza;

use super::age::decrypt_error;
use super::{Error, Recipient};

/// The first line (age-encryption.org/v1).
const FIRST_LINE: &[u8] = b"age-encryption.org/v1\n";

/// How a stanza begins.
const STANZA: &[u8] = b"-> ";

/// The kinds of recipients that are known by their stanzas: our word, and the stanza's type.
const KINDS: [(&str, &str); 5] = [
    ("x25519", "X25519"),
    ("ssh-ed25519", "ssh-ed25519"),
    ("ssh-rsa", "ssh-rsa"),
    ("tag", "p256tag"),
    ("tagpq", "mlkem768p256tag"),
];

/// Whether a ciphertext can be for these recipients: its header has one stanza for each of them, and
/// none for anybody else. Which keys of a kind they are, a file of age does not tell. What a plugin
/// adds is not known; where there is one, there may be more.
///
/// # Errors
/// [`Error::Damaged`], [`Error::NotCiphertext`], [`Error::Armored`]: it is no age file.
pub fn can_be_for(ciphertext: &[u8], recipients: &[Recipient]) -> Result<bool, Error> {
    let kinds = kinds_of(ciphertext)?;
    let has_plugin = recipients.iter().any(|recipient| recipient.plugin().is_some());
    Ok(KINDS.iter().all(|(kind, stanza)| {
        let wanted = recipients.iter().filter(|recipient| recipient.kind() == *kind).count();
        let found = kinds.iter().filter(|found| found == stanza).count();
        if has_plugin { found >= wanted } else { found == wanted }
    }))
}

/// The types of all stanzas, of a header that the library accepts.
fn kinds_of(ciphertext: &[u8]) -> Result<Vec<String>, Error> {
    super::age::expect_binary(ciphertext)?;
    age::Decryptor::new_buffered(ciphertext).map_err(decrypt_error)?;
    let damaged = || Error::Damaged("its header can not be parsed".to_owned());
    let mut rest = ciphertext.strip_prefix(FIRST_LINE).ok_or_else(damaged)?;
    let mut kinds = Vec::new();
    while rest.starts_with(STANZA) {
        let (after, stanza) = age_stanza(rest).map_err(|_| damaged())?;
        kinds.push(stanza.tag.to_owned());
        rest = after;
    }
    Ok(kinds)
}

#[cfg(test)]
mod tests {
    use crate::crypto::{Identity, Plugins, seal_whole};
    use crate::secret::Secret;

    use super::*;

    const SSH: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN";

    fn sealed(recipients: &[Recipient]) -> Vec<u8> {
        let sealed = seal_whole(recipients, &Secret::copy_from(b"x"), &Plugins::none());
        sealed.expect("seals").into_body()
    }

    #[test]
    fn a_recipient_too_few_or_too_many_is_seen() {
        let [one, two] = [Identity::make().1, Identity::make().1];
        let ssh: Recipient = SSH.parse().expect("is one");
        let all = [one.clone(), two.clone(), ssh.clone()];
        let file = sealed(&all);
        assert!(can_be_for(&file, &all).expect("is age"));
        for others in [&all[..2], &all[1..], &[one.clone(), one, two, ssh]] {
            assert!(!can_be_for(&file, others).expect("is age"));
        }
    }

    #[test]
    fn what_is_no_age_file_is_an_error() {
        let file = sealed(&[Identity::make().1]);
        for bad in [
            &b""[..],
            b"age-encryption.org/v1\n",
            b"age-encryption.org/v1\n-> X25519\n",
            &file[..60],
        ] {
            assert!(can_be_for(bad, &[]).is_err());
        }
    }
}
