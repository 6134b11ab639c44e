//! The entries that secrets become: each value once.

use crate::secret::{Secret, SecretBuffer};
use crate::store::Name;
use crate::vault::{Entry, Error, Vault};

use super::naming::{FOLDER, numbered};

/// One value and the entry that has it.
struct Kept {
    name: Name,
    /// `None` when it could not be opened: then it is only a name that is taken.
    entry: Option<Entry>,
    is_new: bool,
}

impl Kept {
    /// Whether a reference to it stands for `value`.
    fn has(&self, value: &Secret) -> bool {
        self.entry.as_ref().is_some_and(|entry| match is_one_line(value) {
            true => entry.first_line().is_some_and(|line| line.is_same_as(value)),
            false => entry.bytes().is_same_as(value),
        })
    }
}

/// All values, those that the store has and those that it will have.
pub(super) struct Pool {
    kept: Vec<Kept>,
    /// Every value that was asked for.
    asked: Vec<Secret>,
}

/// An entry that is to be written.
pub struct NewEntry {
    /// Its name.
    pub name: Name,
    /// What is in it.
    pub entry: Entry,
}

impl Pool {
    /// What the store has in the folder for adopted entries. One that can not be opened only takes
    /// its name.
    ///
    /// # Errors
    /// What stops every read, as an access log that can not be written.
    pub(super) fn of(vault: &Vault<'_>) -> Result<Self, Error> {
        let folder: Name = FOLDER.parse()?;
        let names = vault.store().list(Some(&folder)).names;
        let mut kept = Vec::new();
        vault.read_many(&names, |name, entry| {
            let entry = match entry {
                Ok(entry) => Some(entry),
                Err(Error::Entry { .. }) => None,
                Err(error) => return Err(error),
            };
            kept.push(Kept { name: name.clone(), entry, is_new: false });
            Ok(())
        })?;
        Ok(Self { kept, asked: Vec::new() })
    }

    /// The same, and none is opened: each only takes its name.
    ///
    /// # Errors
    /// None but for a name of our own that is none.
    pub(super) fn of_names(vault: &Vault<'_>) -> Result<Self, Error> {
        let folder: Name = FOLDER.parse()?;
        let names = vault.store().list(Some(&folder)).names.into_iter();
        let kept = names.map(|name| Kept { name, entry: None, is_new: false }).collect();
        Ok(Self { kept, asked: Vec::new() })
    }

    /// The reference to the entry that has `value`; a new one called `wanted`, or nearly so, if none
    /// has.
    pub(super) fn reference(&mut self, value: &Secret, wanted: &Name) -> String {
        // EXPOSE: copied into another secret.
        self.asked.push(Secret::copy_from(value.expose()));
        if let Some(reference) = self.found(value) {
            return reference;
        }
        let name = self.free(wanted);
        let reference = reference_to(&name, value);
        self.kept.push(Kept { name, entry: Some(entry_of(value)), is_new: true });
        reference
    }

    /// The reference to the entry that has `value`, if one has.
    pub(super) fn found(&self, value: &Secret) -> Option<String> {
        let kept = self.kept.iter().find(|kept| kept.has(value))?;
        Some(reference_to(&kept.name, value))
    }

    /// The values that have no entry yet, and every value that was asked for.
    pub(super) fn into_parts(self) -> (Vec<NewEntry>, Vec<Secret>) {
        let new = self.kept.into_iter().filter(|kept| kept.is_new);
        let entry = |kept: Kept| Some(NewEntry { name: kept.name, entry: kept.entry? });
        (new.filter_map(entry).collect(), self.asked)
    }

    fn free(&self, wanted: &Name) -> Name {
        // File systems do not all tell case apart; the names that are made here are in small letters.
        let is_taken = |name: &Name| {
            self.kept.iter().any(|kept| kept.name.as_str().eq_ignore_ascii_case(name.as_str()))
        };
        let mut names = (1..).map(|number| numbered(wanted, number));
        names.find(|name| !is_taken(name)).unwrap_or_else(|| wanted.clone())
    }
}

/// All of the entry if the value is not its first line only.
fn reference_to(name: &Name, value: &Secret) -> String {
    format!("vault:{name}{}", if is_one_line(value) { "" } else { "#*" })
}

/// Whether a first line gives the value back as it is.
fn is_one_line(value: &Secret) -> bool {
    // EXPOSE: looked at for line ends only.
    let bytes = value.expose();
    !bytes.contains(&b'\n') && !bytes.ends_with(b"\r")
}

/// The value, with a line end if it is a first line.
fn entry_of(value: &Secret) -> Entry {
    let mut content = SecretBuffer::new();
    // EXPOSE: copied into the entry.
    content.push(value.expose());
    if is_one_line(value) {
        content.push(b"\n");
    }
    Entry::new(content.into_secret())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::copy_from(text.as_bytes())
    }

    fn name(text: &str) -> Name {
        text.parse().expect("is a name")
    }

    fn kept(text: &str, content: Option<&str>) -> Kept {
        Kept {
            name: name(text),
            entry: content.map(|text| Entry::new(secret(text))),
            is_new: false,
        }
    }

    #[test]
    fn each_value_gets_one_entry_and_each_entry_has_one_value() {
        let kept = vec![
            kept("claude/a-token", Some("one\nuser: ann\n")),
            kept("claude/A-token-2", None),
            kept("claude/pem", Some("a\nb\n")),
        ];
        let mut pool = Pool { kept, asked: Vec::new() };
        let wanted = name("claude/a-token");
        assert_eq!(pool.reference(&secret("one"), &wanted), "vault:claude/a-token");
        assert_eq!(pool.reference(&secret("two"), &wanted), "vault:claude/a-token-3");
        assert_eq!(pool.reference(&secret("two"), &name("claude/b")), "vault:claude/a-token-3");
        assert_eq!(pool.reference(&secret("a\nb\n"), &wanted), "vault:claude/pem#*");
        assert_eq!(pool.reference(&secret("c\nd"), &name("claude/key")), "vault:claude/key#*");
        let new: Vec<(String, String)> = pool
            .into_parts()
            .0
            .iter()
            .map(|new| (new.name.to_string(), told(&new.entry)))
            .collect();
        let pair = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        assert_eq!(new, [pair("claude/a-token-3", "two\n"), pair("claude/key", "c\nd")]);
    }

    fn told(entry: &Entry) -> String {
        // EXPOSE: the test compares it.
        String::from_utf8_lossy(entry.bytes().expose()).into_owned()
    }
}
