//! What `gpg --with-colons` prints of keys (GnuPG, `doc/DETAILS`, "Format of the colon listings").

use std::collections::BTreeSet;

use crate::crypto::KeyId;

/// Validity of what gpg is ready to use without a question: fully, and ultimately, valid.
const VALID: [&str; 2] = ["f", "u"];

/// One primary key with what belongs to it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Block {
    /// The primary key, then the subkeys.
    pub(super) keys: Vec<Key>,
    /// The user ids.
    pub(super) owners: Vec<Owner>,
}

/// A primary key or a subkey.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) id: KeyId,
    pub(super) fingerprint: String,
    pub(super) grip: String,
    validity: String,
    created: u64,
    capabilities: String,
    secret: String,
}

/// A user id.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Owner {
    validity: String,
    pub(super) name: String,
}

/// Reads a listing; lines of unknown kinds are passed over, as that document asks.
pub(super) fn read(listing: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in listing.lines() {
        let fields: Vec<&str> = line.split(':').collect();
        if matches!(fields[0], "pub" | "sec") {
            blocks.push(Block::default());
        }
        if let Some(block) = blocks.last_mut() {
            block.take(&fields);
        }
    }
    blocks.retain(|block| !block.keys.is_empty());
    blocks
}

impl Block {
    fn take(&mut self, fields: &[&str]) {
        let field = |number: usize| fields.get(number - 1).copied().unwrap_or_default();
        match field(1) {
            "pub" | "sec" | "sub" | "ssb" => self.keys.extend(Key::read(fields)),
            "uid" => {
                let (validity, name) = (field(2).to_owned(), field(10).to_owned());
                self.owners.push(Owner { validity, name });
            }
            "fpr" => self.last(|key| key.fingerprint = field(10).to_owned()),
            "grp" => self.last(|key| key.grip = field(10).to_owned()),
            _ => {}
        }
    }

    fn last(&mut self, change: impl FnOnce(&mut Key)) {
        if let Some(key) = self.keys.last_mut() {
            change(key);
        }
    }

    /// The subkey that gpg would encrypt to: the newest that is valid. `None` when there is any doubt
    /// about the key or its owner, so that gpg might ask.
    pub(super) fn encryption_key(&self) -> Option<&Key> {
        let (primary, subkeys) = self.keys.split_first()?;
        let is_revoked = |owner: &&Owner| owner.validity == "r";
        let all_valid = self
            .owners
            .iter()
            .filter(|owner| !is_revoked(owner))
            .all(|owner| VALID.contains(&owner.validity.as_str()));
        let has_more_readers = subkeys.iter().any(|key| key.can('r'));
        if !primary.is_valid() || primary.can('D') || !all_valid || has_more_readers {
            return None;
        }
        let fit = subkeys.iter().filter(|key| key.is_valid() && key.can('e'));
        let newest = fit.clone().map(|key| key.created).max()?;
        let mut newest = fit.filter(|key| key.created == newest);
        newest.next().filter(|_| newest.next().is_none())
    }
}

impl Key {
    fn read(fields: &[&str]) -> Option<Self> {
        let field = |number: usize| fields.get(number - 1).copied().unwrap_or_default();
        Some(Self {
            id: field(5).parse().ok()?,
            fingerprint: String::new(),
            grip: String::new(),
            validity: field(2).to_owned(),
            created: field(6).parse().unwrap_or(u64::MAX),
            capabilities: field(12).to_owned(),
            secret: field(15).to_owned(),
        })
    }

    fn is_valid(&self) -> bool {
        VALID.contains(&self.validity.as_str())
    }

    fn can(&self, capability: char) -> bool {
        self.capabilities.contains(capability)
    }

    /// Whether the agent has the secret key in a file: not on a card, not elsewhere.
    pub(super) fn is_at_hand(&self) -> bool {
        self.secret == "+"
    }
}

/// The subkeys that pass 1.7.4 compares a file's recipients with (its `reencrypt_path`): able to
/// encrypt, and neither invalid, disabled nor revoked. That one may have expired is pass's choice.
pub(super) fn encryption_keys(listing: &str) -> Vec<String> {
    let is_one = |fields: &Vec<&str>| {
        let unfit = |validity: &str| validity.contains(['i', 'd', 'r']);
        fields.len() > 12 && fields[0] == "sub" && !unfit(fields[1]) && can_encrypt(fields[11])
    };
    let lines = listing.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let keys: BTreeSet<String> = lines.filter(is_one).map(|fields| fields[4].to_owned()).collect();
    keys.into_iter().collect()
}

fn can_encrypt(capabilities: &str) -> bool {
    capabilities.contains('e') && capabilities.bytes().all(|letter| letter.is_ascii_alphabetic())
}

/// The groups of gpg.conf, each with its members, as `--list-config` prints them.
pub(super) fn groups(listing: &str) -> Vec<(String, Vec<String>)> {
    let lines = listing.lines().filter_map(|line| line.strip_prefix("cfg:group:")?.split_once(':'));
    let members = |members: &str| members.split(';').map(str::to_owned).collect();
    lines.map(|(name, list)| (name.to_owned(), members(list))).collect()
}

/// The fingerprints in gpg's status lines of signatures that hold: that of the key which signed,
/// and that of its primary key. Whole lines only, and only with exact fingerprints: what else
/// stands in a line may come from whoever made the signature (CVE-2018-12356).
pub(super) fn valid_signers(status: &[u8]) -> Vec<[String; 2]> {
    let lines =
        status.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    let signers = lines.filter_map(|line| {
        let words: Vec<&str> = line.strip_prefix("[GNUPG:] VALIDSIG ")?.split(' ').collect();
        let (key, primary) = (words.first()?, words.last()?);
        let both = words.len() > 2 && is_fingerprint(key) && is_fingerprint(primary);
        both.then(|| [(*key).to_owned(), (*primary).to_owned()])
    });
    signers.collect()
}

/// 40 upper-case hexadecimal digits.
pub(super) fn is_fingerprint(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ANN: &str = "\
tru::1:1700000000:0:3:1:5
pub:u:255:22:AAAAAAAAAAAAAAAA:1700000000:::u:::scESC:::::ed25519:::0:
fpr:::::::::0123456789ABCDEF0123456789ABCDEF01234567:
grp:::::::::1111111111111111111111111111111111111111:
uid:u::::1700000000::HASH::Ann <ann@example.org>::::::::::0:
sub:u:255:18:BBBBBBBBBBBBBBBB:1700000001::::::e:::::cv25519::
fpr:::::::::B123456789ABCDEF0123456789ABCDEF01234567:
sub:u:255:18:CCCCCCCCCCCCCCCC:1700000002::::::e:::::cv25519::
sub:r:255:18:DDDDDDDDDDDDDDDD:1700000003::::::e:::::cv25519::
sub:e:255:18:EEEEEEEEEEEEEEEE:1700000004::::::e:::::cv25519::
sub:u:255:22:FFFFFFFFFFFFFFFF:1700000005::::::s:::::ed25519::
";

    /// Which subkey of Ann's listing is chosen, after `from` was replaced with `to` in it.
    fn chosen(from: &str, to: &str) -> Option<String> {
        let blocks = read(&ANN.replace(from, to));
        blocks[0].encryption_key().map(|key| key.id.to_string())
    }

    #[test]
    fn the_newest_valid_subkey_is_chosen_and_none_in_doubt() {
        let newest = Some("CCCCCCCCCCCCCCCC".to_owned());
        assert_eq!(chosen("", ""), newest);
        assert_eq!(chosen("pub:u", "pub:f"), newest);
        assert_eq!(chosen(":1700000002:", ":1690000002:").as_deref(), Some("BBBBBBBBBBBBBBBB"));
        for (from, to) in [
            ("pub:u", "pub:m"),
            ("pub:u", "pub:e"),
            (":scESC:", ":scESCD:"),
            ("uid:u", "uid:-"),
            (":1700000001:", ":1700000002:"),
            ("::e:::::cv", "::r:::::cv"),
        ] {
            assert_eq!(chosen(from, to), None, "{from} -> {to}");
        }
    }

    #[test]
    fn pass_compares_with_all_that_can_encrypt() {
        assert_eq!(
            encryption_keys(ANN),
            ["BBBBBBBBBBBBBBBB", "CCCCCCCCCCCCCCCC", "EEEEEEEEEEEEEEEE"]
        );
    }

    #[test]
    fn groups_have_names_with_spaces_and_several_members() {
        let listing = "cfg:version:2.2.40\ncfg:group:my team:ann@example.org;0123\ncfg:group:x:\n";
        let team = vec!["ann@example.org".to_owned(), "0123".to_owned()];
        assert_eq!(
            groups(listing),
            [("my team".to_owned(), team), ("x".to_owned(), vec![String::new()])]
        );
    }

    /// A signature can carry text of its maker's choice (a file name, a notation, a user id); only
    /// a status line of gpg's own begins a line with its mark.
    #[test]
    fn only_whole_status_lines_with_exact_fingerprints_count() {
        let (key, primary) = ("A".repeat(40), "B".repeat(40));
        let line =
            format!("[GNUPG:] VALIDSIG {key} 2026-01-01 1767225600 0 4 0 22 10 00 {primary}");
        let good = format!("[GNUPG:] NEWSIG\n{line}\n[GNUPG:] TRUST_ULTIMATE 0 pgp\n");
        assert_eq!(valid_signers(good.as_bytes()), [[key.clone(), primary.clone()]]);
        for forged in [
            format!("gpg: {line}"),
            format!(" {line}"),
            format!("{line} "),
            format!("{line}\r"),
            line.replace(&primary, &primary.to_lowercase()),
            line.replace(&key, &"A".repeat(41)),
            line.replace("VALIDSIG", "BADSIG"),
            format!("[GNUPG:] NOTATION_DATA x%0A{line}"),
            format!("[GNUPG:] VALIDSIG {key} {primary}"),
            format!("[GNUPG:] VALIDSIG {key}"),
        ] {
            assert!(valid_signers(forged.as_bytes()).is_empty(), "{forged}");
        }
    }

    proptest! {
        #[test]
        fn any_listing_gets_an_answer(text in "((pub|sec|sub|ssb|uid|fpr|grp|cfg|):[:a-zA-Z0-9;+]{0,40}\n){0,12}\\PC{0,40}") {
            for block in read(&text) {
                let _ = block.encryption_key();
            }
            drop((encryption_keys(&text), groups(&text), valid_signers(text.as_bytes())));
        }
    }
}
