//! Who can open the store when the machine is another one.

use std::path::{Path, PathBuf};

use crate::crypto::{self, Recipient, Recipients};
use crate::keys;
use crate::recovery::Error;
use crate::store::{Name, RecipientsFile};
use crate::vault::{self, Edit, Vault, Which};

/// Who takes the place of whom.
pub struct Heirs {
    /// The public keys of the identity that the person has brought: they stay.
    pub brought: Vec<Recipient>,
    /// Those of the new machine.
    pub new: Vec<Recipient>,
    /// Whether what is brought is the recovery identity for certain. If not, nobody is taken away:
    /// the one that would go may be the one on paper.
    pub from_paper: bool,
}

/// A folder of the store that was handed on, or had to be left.
#[derive(Debug)]
pub struct Inherited {
    /// Relative to the store's root.
    pub folder: PathBuf,
    /// What it holds: the lost machine could read it.
    pub entries: Vec<Name>,
    /// Who can open that no more.
    pub gone: Vec<Recipient>,
    /// Who else can still open it.
    pub others: Vec<Recipient>,
    /// What stays as it was, the folder or entries in it, and why.
    pub left: Vec<String>,
}

impl Heirs {
    /// Gives each folder of age entries that the brought identity opens the new recipients, and
    /// encrypts what is in it to them. What is done already is left as it is; what nobody here can
    /// open, too, a folder or an entry, and it is named.
    ///
    /// A store that was made for one person lists two keys in its root: the lost machine's, which goes,
    /// and the recovery identity's. Where more are listed, others have a share in it, nobody here knows
    /// which key was the machine's, and all stay. The root is the last to be handed on: only from it
    /// can whoever repeats an interrupted recovery tell whose key was lost.
    ///
    /// # Errors
    /// See [`Error`]; a folder is handed on wholly or not at all.
    pub fn take_over(&self, vault: &Vault<'_>) -> Result<Vec<Inherited>, Error> {
        // What a killed run has begun is finished first.
        vault.edit("", |_| Ok::<_, Error>(()))?;
        let mut files = age_files(vault)?;
        files.sort_by_key(|(folder, _)| folder.as_os_str().is_empty());
        let lost = self.lost(&files);
        let take = |file: &(PathBuf, Vec<Recipient>)| {
            if file.1.iter().any(|one| self.brought.contains(one)) {
                self.hand_on(file, &lost, vault)
            } else {
                leave(file, &lost, vault)
            }
        };
        files.iter().map(take).collect()
    }

    /// The keys that only the lost machine had.
    fn lost(&self, files: &[(PathBuf, Vec<Recipient>)]) -> Vec<Recipient> {
        let root = files.iter().find(|(folder, _)| folder.as_os_str().is_empty());
        let Some((_, listed)) = root.filter(|(_, listed)| self.from_paper && listed.len() <= 2)
        else {
            return Vec::new();
        };
        let is_lost = |one: &&Recipient| !self.brought.contains(one) && !self.new.contains(one);
        listed.iter().filter(is_lost).cloned().collect()
    }

    fn hand_on(
        &self,
        (folder, listed): &(PathBuf, Vec<Recipient>),
        lost: &[Recipient],
        vault: &Vault<'_>,
    ) -> Result<Inherited, Error> {
        let (gone, others): (Vec<_>, Vec<_>) = listed
            .iter()
            .filter(|one| !self.brought.contains(one) && !self.new.contains(one))
            .cloned()
            .partition(|one| lost.contains(one));
        let wanted = || self.new.iter().chain(&self.brought).chain(&others).cloned();
        let is_done = gone.is_empty() && wanted().all(|one| listed.contains(&one));
        let entries = governed(folder, vault)?;
        let mut left = Vec::new();
        if !is_done {
            let name = name_of(folder)?;
            let recipients = Recipients::Age(wanted().collect());
            let place = name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
            left = vault.edit(&format!("Hand on to a new machine{place}."), |edit| {
                reseal(edit, name.as_ref(), &recipients, &entries)
            })?;
        }
        Ok(Inherited { folder: folder.clone(), entries, gone, others, left })
    }
}

/// What the brought identity does not open: to list it there now would give it nothing.
fn leave(
    (folder, listed): &(PathBuf, Vec<Recipient>),
    lost: &[Recipient],
    vault: &Vault<'_>,
) -> Result<Inherited, Error> {
    let was_readable = listed.iter().any(|one| lost.contains(one));
    let entries = if was_readable { governed(folder, vault)? } else { Vec::new() };
    let place = name_of(folder)?.map_or("the store".to_owned(), |name| format!("`{name}`"));
    let left = vec![format!("{place} can not be opened with what you brought; it stays as it was")];
    Ok(Inherited { folder: folder.clone(), entries, gone: Vec::new(), others: Vec::new(), left })
}

/// Encrypts what opens, and says what does not: it stays as it was.
fn reseal(
    edit: &mut Edit<'_, '_>,
    folder: Option<&Name>,
    recipients: &Recipients,
    entries: &[Name],
) -> Result<Vec<String>, Error> {
    edit.set_recipients(folder, recipients)?;
    edit.sign_recipients(folder, |key| format!("Signing new GPG id with {key}."))?;
    let mut left = Vec::new();
    for resealed in edit.reencrypt(entries, Which::All)? {
        match resealed.outcome {
            Err(error) if never_opens(&error) => left.push(format!("{error}; it stays as it was")),
            outcome => outcome?,
        }
    }
    Ok(left)
}

/// Whether it is the entry's own fault: whoever repeats the recovery with a key unlocked, or a plugin
/// installed, would get no further.
fn never_opens(error: &vault::Error) -> bool {
    use crypto::Error::{Armored, Damaged, NoMatchingKey, NotCiphertext};

    let vault::Error::Entry { source: keys::Error::Crypto(error), .. } = error else {
        return false;
    };
    matches!(error, Armored | Damaged(_) | NoMatchingKey | NotCiphertext(_))
}

/// Every file of age recipients, as the folder that it is in and whom it lists.
fn age_files(vault: &Vault<'_>) -> Result<Vec<(PathBuf, Vec<Recipient>)>, Error> {
    let mut found = Vec::new();
    let name = RecipientsFile::file_name(crypto::Cipher::Age);
    for (path, _) in vault.store().files(Path::new(""))? {
        let folder = path.parent().filter(|_| path.file_name() == Some(name.as_ref()));
        let Some(folder) = folder else { continue };
        let file = RecipientsFile::of(folder, &|path| vault.store().read_small(path))?;
        if let Some(Recipients::Age(listed)) = file.map(|file| file.recipients) {
            found.push((folder.to_owned(), listed));
        }
    }
    Ok(found)
}

/// The entries for which the file in that folder decides.
fn governed(folder: &Path, vault: &Vault<'_>) -> Result<Vec<Name>, Error> {
    let decides = |name: &Name| {
        let file = vault.store().recipients_for(name).ok();
        file.is_some_and(|file| file.path.parent() == Some(folder))
    };
    let mut names = vault.store().list(name_of(folder)?.as_ref()).names;
    names.retain(decides);
    Ok(names)
}

/// `None` for the store's root.
fn name_of(folder: &Path) -> Result<Option<Name>, Error> {
    match folder.to_str().filter(|text| !text.is_empty()) {
        Some(text) => Ok(Some(text.parse().map_err(crate::store::Error::from)?)),
        None => Ok(None),
    }
}
