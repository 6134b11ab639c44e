//! Whom to encrypt to with age: native keys, SSH keys, keys that a plugin knows.

use std::str::FromStr;
use std::{fmt, io};

use age::ssh::ParseRecipientKeyError;
use age::{plugin, ssh, tag, tagpq, x25519};

use super::{Digest, Error, seal};

/// The library's own types: a bad recipient of one of them is not taken for a plugin's.
const NATIVE: [&str; 2] = ["tag", "tagpq"];

/// A public key, written as it was typed (an SSH key with its comment). Two are equal when their
/// keys are.
#[derive(Clone)]
pub struct Recipient {
    key: Key,
    text: String,
}

/// The kinds that there are.
#[derive(Clone)]
enum Key {
    /// `age1…`
    X25519(x25519::Recipient),
    /// `age1tag1…`: P-256 in hardware.
    Tag(tag::Recipient),
    /// `age1tagpq1…`: P-256 and ML-KEM in hardware.
    TagPq(Box<tagpq::Recipient>),
    /// `ssh-ed25519 …`, `ssh-rsa …`
    Ssh(ssh::Recipient),
    /// `age1NAME1…`
    Plugin(plugin::Recipient),
}

impl FromStr for Recipient {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        // What is written into a recipients file must stay on its line.
        if text.chars().any(char::is_control) {
            return Err(Error::BadRecipient);
        }
        let key = if text.starts_with("age1") { age_key(text) } else { ssh_key(text) }?;
        Ok(Self { key, text: text.to_owned() })
    }
}

fn age_key(text: &str) -> Result<Key, Error> {
    if let Ok(key) = text.parse() {
        return Ok(Key::X25519(key));
    }
    if let Ok(key) = text.parse() {
        return Ok(Key::Tag(key));
    }
    if let Ok(key) = text.parse() {
        return Ok(Key::TagPq(Box::new(key)));
    }
    let key: plugin::Recipient = text.parse().map_err(|_| Error::BadRecipient)?;
    if is_plugin_name(key.plugin()) { Ok(Key::Plugin(key)) } else { Err(Error::BadRecipient) }
}

/// What may follow `age-plugin-` in a program's name: nothing that leads to another folder
/// (GHSA-32gq-x56h-299c).
pub(super) fn is_plugin_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-._".contains(c);
    !name.is_empty() && name.chars().all(plain) && !name.contains("..") && !NATIVE.contains(&name)
}

fn ssh_key(text: &str) -> Result<Key, Error> {
    let key: ssh::Recipient = text.parse().map_err(|error| match error {
        ParseRecipientKeyError::Unsupported(kind) => Error::UnusableRecipient(kind),
        ParseRecipientKeyError::RsaModulusTooSmall => Error::RsaSize("fewer than 2048"),
        ParseRecipientKeyError::RsaModulusTooLarge => Error::RsaSize("more than 4096"),
        _ => Error::BadRecipient,
    })?;
    // The library looks at the beginning only; what follows must be a comment.
    match text.strip_prefix(&key.to_string()) {
        Some(rest) if rest.is_empty() || rest.starts_with(' ') => Ok(Key::Ssh(key)),
        _ => Err(Error::BadRecipient),
    }
}

impl Recipient {
    /// What kind of key it is: one word for `--json`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.key {
            Key::X25519(_) => "x25519",
            Key::Tag(_) => "tag",
            Key::TagPq(_) => "tagpq",
            Key::Ssh(ssh::Recipient::SshEd25519(..)) => "ssh-ed25519",
            Key::Ssh(ssh::Recipient::SshRsa(..)) => "ssh-rsa",
            Key::Plugin(_) => "plugin",
        }
    }

    /// The plugin that has to be run to encrypt to it.
    #[must_use]
    pub fn plugin(&self) -> Option<&str> {
        self.as_plugin().map(plugin::Recipient::plugin)
    }

    /// Refuses a set of which some must not share a file with the others (post-quantum with
    /// classic). What a plugin thinks of it is seen when it is run.
    ///
    /// # Errors
    /// [`Error::MixedRecipients`].
    pub fn check_mix(recipients: &[Self]) -> Result<(), Error> {
        let native: Vec<Self> =
            recipients.iter().filter(|one| one.plugin().is_none()).cloned().collect();
        match seal(&native, io::sink()) {
            Err(Error::NoRecipients) => Ok(()),
            tried => tried.map(|_| ()),
        }
    }

    /// The digest of a set of recipients: the same for the same set in any order.
    #[must_use]
    pub fn digest_of(recipients: &[Self]) -> Digest {
        let mut lines: Vec<String> =
            recipients.iter().map(|recipient| format!("{}\n", recipient.canonical())).collect();
        lines.sort();
        Digest::of(lines.concat().as_bytes())
    }

    /// Without a comment, in the library's own spelling.
    fn canonical(&self) -> String {
        match &self.key {
            Key::X25519(key) => key.to_string(),
            Key::Tag(key) => key.to_string(),
            Key::TagPq(key) => key.to_string(),
            Key::Ssh(key) => key.to_string(),
            Key::Plugin(key) => key.to_string(),
        }
    }

    pub(super) fn as_plugin(&self) -> Option<&plugin::Recipient> {
        match &self.key {
            Key::Plugin(key) => Some(key),
            _ => None,
        }
    }

    /// For the library.
    ///
    /// # Errors
    /// [`Error::PluginHere`] for a plugin's recipient.
    pub(super) fn as_library(&self) -> Result<&dyn age::Recipient, Error> {
        match &self.key {
            Key::X25519(key) => Ok(key),
            Key::Tag(key) => Ok(key),
            Key::TagPq(key) => Ok(&**key),
            Key::Ssh(key) => Ok(key),
            Key::Plugin(key) => Err(Error::PluginHere(key.plugin().to_owned())),
        }
    }
}

impl From<x25519::Recipient> for Recipient {
    fn from(key: x25519::Recipient) -> Self {
        Self { text: key.to_string(), key: Key::X25519(key) }
    }
}

impl From<ssh::Recipient> for Recipient {
    fn from(key: ssh::Recipient) -> Self {
        Self { text: key.to_string(), key: Key::Ssh(key) }
    }
}

impl PartialEq for Recipient {
    fn eq(&self, other: &Self) -> bool {
        self.canonical() == other.canonical()
    }
}

impl Eq for Recipient {}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Plugins, seal_whole};
    use super::*;
    use crate::secret::Secret;

    const ED25519: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN";
    const TAG: &str = "age1tag1qt8lw0ual6avlwmwatk888yqnmdamm7xfd0wak53ut6elz5c4swx2yqdj4e";
    const YUBIKEY: &str = "age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t";

    fn recipient(text: &str) -> Recipient {
        text.parse().expect("is one")
    }

    #[test]
    fn each_kind_is_written_as_it_was_typed() {
        let commented = format!("{ED25519} ann@laptop #1");
        for (text, kind) in [(commented.as_str(), "ssh-ed25519"), (TAG, "tag"), (YUBIKEY, "plugin")]
        {
            assert_eq!(recipient(text).to_string(), text);
            assert_eq!(recipient(text).kind(), kind);
        }
        assert_eq!(recipient(YUBIKEY).plugin(), Some("yubikey"));
    }

    #[test]
    fn a_comment_is_no_part_of_a_key() {
        let (one, other) = (recipient(ED25519), recipient(&format!("{ED25519} ann")));
        assert_eq!(one, other);
        assert_eq!(Recipient::digest_of(&[one]), Recipient::digest_of(&[other]));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let cut = ED25519.split_at(ED25519.len() - 1).0;
        for text in ["", "age1", "ssh-ed25519", cut, &format!("{ED25519}A"), "AGE-SECRET-KEY-1A"] {
            assert!(matches!(text.parse::<Recipient>(), Err(Error::BadRecipient)), "{text}");
        }
        let two_lines = format!("{ED25519} ann\nage1x");
        assert!(two_lines.parse::<Recipient>().is_err());
    }

    #[test]
    fn a_plugin_has_a_plain_name() {
        assert!(is_plugin_name("yubikey") && is_plugin_name("fido2-hmac") && is_plugin_name("a.b"));
        for name in ["", "..", "a/b", "../x", "a..b", "A", "a b", "tag", "tagpq", "ä"] {
            assert!(!is_plugin_name(name), "{name}");
        }
    }

    #[test]
    fn only_where_plugins_may_be_run_does_a_plugins_recipient_encrypt() {
        let recipients = [recipient(YUBIKEY)];
        let refused = seal(&recipients, io::sink()).err();
        assert!(matches!(refused, Some(Error::PluginHere(name)) if name == "yubikey"));
        let refused = seal_whole(&recipients, &Secret::copy_from(b""), &Plugins::none()).err();
        assert!(matches!(refused, Some(Error::PluginNotListed(name)) if name == "yubikey"));
    }
}
