//! What is remembered of this user's OpenPGP keys between runs, so that opening an entry needs no
//! `gpg`: which of them gpg-agent has, under which name, and their public halves.
//!
//! Nothing in it is secret, and nothing is believed: what is missing or wrong leads to `gpg`, or to
//! a session key that opens nothing, and then to `gpg`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::crypto::{Digest, Envelope, KeyId, PublicKey};
use crate::sys;

use super::Error;
use super::listing::Block;

/// The first line; another one is another format, and no memory.
const HEADER: &str = "vaultctl: public OpenPGP keys, version 1";

/// A file larger than this is not one (bytes).
const FILE_LIMIT: usize = 4 * 1024 * 1024;

/// How much of an owner's name is kept (characters): it has to fit into a question.
const OWNER_LENGTH: usize = 100;

/// In the place of a keygrip: the agent does not have the secret key in a file.
const NOT_AT_HAND: &str = "-";

/// A key that the agent can work with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KnownKey {
    /// What the agent calls it.
    pub(super) grip: String,
    /// Whose it is, for the question after a passphrase.
    pub(super) owner: String,
    packet: String,
}

impl KnownKey {
    /// The public half.
    pub(super) fn public(&self) -> Option<PublicKey> {
        self.packet.parse().ok()
    }
}

/// All secret keys of a GnuPG home folder; `None` for one that is not at hand.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct KnownKeys(BTreeMap<KeyId, Option<KnownKey>>);

impl KnownKeys {
    /// Where those of the home folder `home` are kept.
    pub(super) fn file(state_folder: &Path, home: &Path) -> PathBuf {
        let mut key = Digest::of(home.as_os_str().as_encoded_bytes()).to_string();
        key.truncate(16);
        state_folder.join(format!("gpg-{key}.keys"))
    }

    /// Reads the file; one that is not there, or not understood, says nothing.
    pub(super) fn read(path: &Path) -> Self {
        let file = sys::read(path, FILE_LIMIT).ok().flatten();
        file.and_then(|file| Self::parse(&String::from_utf8(file).ok()?)).unwrap_or_default()
    }

    /// Writes the file.
    pub(super) fn write(&self, path: &Path) -> Result<(), Error> {
        path.parent().map_or(Ok(()), sys::create_folder)?;
        Ok(sys::write_private(path, self.render().as_bytes())?)
    }

    /// Puts together what `gpg` says of its secret keys and of the public ones.
    pub(super) fn learn(blocks: &[Block], public: &[PublicKey]) -> Self {
        let packets: BTreeMap<KeyId, &PublicKey> =
            public.iter().map(|public| (public.id(), public)).collect();
        let mut known = BTreeMap::new();
        for block in blocks {
            let owner = block.owners.first().map(|owner| harmless(&owner.name));
            for key in &block.keys {
                let at_hand = packets.get(&key.id).filter(|_| key.is_at_hand());
                let entry = at_hand.map(|public| KnownKey {
                    grip: key.grip.clone(),
                    owner: owner.clone().unwrap_or_default(),
                    packet: public.to_string(),
                });
                known.insert(key.id.clone(), entry.filter(|key| is_grip(&key.grip)));
            }
        }
        Self(known)
    }

    /// Whether any of the recipients is known here, at hand or not.
    pub(super) fn has_any_of(&self, envelope: &Envelope) -> bool {
        envelope.recipients().iter().any(|id| self.0.contains_key(id))
    }

    /// The one key that opens the message; `None` when there is none here, or more than one.
    pub(super) fn only_one_for(&self, envelope: &Envelope) -> Option<(&KeyId, &KnownKey)> {
        let mut ours = envelope.recipients().iter().filter_map(|id| self.0.get_key_value(id));
        let (id, key) = ours.next()?;
        if ours.next().is_some() { None } else { key.as_ref().map(|key| (id, key)) }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        lines.next().filter(|line| *line == HEADER)?;
        lines.map(parse_line).collect::<Option<_>>().map(Self)
    }

    fn render(&self) -> String {
        let line = |(id, key): (&KeyId, &Option<KnownKey>)| match key {
            Some(key) => format!("{id} {} {} {}\n", key.grip, key.packet, key.owner),
            None => format!("{id} {NOT_AT_HAND}\n"),
        };
        format!("{HEADER}\n{}", self.0.iter().map(line).collect::<String>())
    }
}

fn parse_line(line: &str) -> Option<(KeyId, Option<KnownKey>)> {
    let mut words = line.splitn(4, ' ');
    let (id, grip) = (words.next()?.parse().ok()?, words.next()?.to_owned());
    if grip == NOT_AT_HAND {
        return Some((id, None));
    }
    let (packet, owner) = (words.next()?.to_owned(), harmless(words.next()?));
    is_grip(&grip).then_some((id, Some(KnownKey { grip, owner, packet })))
}

/// 40 upper-case hexadecimal digits, as a fingerprint.
fn is_grip(text: &str) -> bool {
    super::listing::is_fingerprint(text)
}

/// Text that fits into a line, and into a question.
fn harmless(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(OWNER_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text() -> String {
        let grip = "1".repeat(40);
        format!(
            "{HEADER}\nAAAAAAAAAAAAAAAA -\nBBBBBBBBBBBBBBBB {grip} c0de Ann <ann@example.org>\n"
        )
    }

    #[test]
    fn is_read_back_as_it_was_written() {
        let known = KnownKeys::parse(&text()).expect("it is understood");
        assert_eq!(known.render(), text());
        assert_eq!(known.0.len(), 2);
    }

    #[test]
    fn a_file_that_is_not_understood_says_nothing() {
        for text in [
            "",
            "AAAAAAAAAAAAAAAA -\n",
            &text().replace("111", "11"),
            &text().replace("AAA", "aaa"),
        ] {
            assert_eq!(KnownKeys::parse(text), None, "{text}");
        }
        assert_eq!(KnownKeys::read(Path::new("/nowhere/at/all")), KnownKeys::default());
    }

    proptest! {
        #[test]
        fn any_file_gets_an_answer(lines in "([0-9A-F]{16} [-0-9A-F]{1,40} [0-9a-f]{0,8} \\PC{0,9}\n){0,4}") {
            if let Some(known) = KnownKeys::parse(&format!("{HEADER}\n{lines}")) {
                for key in known.0.values().flatten() {
                    drop(key.public());
                }
            }
        }
    }
}
