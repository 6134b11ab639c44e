//! The file that says to whom a folder is encrypted.

use std::path::{Path, PathBuf};

use crate::crypto::{Cipher, Recipients};

use super::{Error, Name};

/// Gives the content of a small file by its path from the store's root; `None` when it is not there.
pub type Reading<'a> = dyn Fn(&Path) -> Result<Option<Vec<u8>>, Error> + 'a;

/// An `.age-recipients` or a `.gpg-id`, and where it was found.
#[derive(Debug)]
pub struct RecipientsFile {
    /// Relative to the store's root.
    pub path: PathBuf,
    /// What it says.
    pub recipients: Recipients,
    /// Its bytes, which a signature may be over.
    pub bytes: Vec<u8>,
}

impl RecipientsFile {
    /// The one of the nearest folder above `name`; `read` gives the content of a file of the store,
    /// or of the store as it is going to be.
    ///
    /// # Errors
    /// [`Error::NoRecipients`]; [`Error::TwoCiphers`]; [`Error::BadRecipients`].
    pub fn nearest(name: &Name, read: &Reading<'_>) -> Result<Self, Error> {
        for folder in Path::new(name.as_str()).ancestors().skip(1) {
            if let Some(file) = Self::of(folder, read)? {
                return Ok(file);
            }
        }
        Err(Error::NoRecipients(name.clone()))
    }

    /// The one in `folder`.
    ///
    /// # Errors
    /// As [`RecipientsFile::nearest`].
    pub fn of(folder: &Path, read: &Reading<'_>) -> Result<Option<Self>, Error> {
        let mut found = None;
        for cipher in Cipher::ALL {
            let path = folder.join(Self::file_name(cipher));
            let Some(bytes) = read(&path)? else {
                continue;
            };
            if found.replace(Self::parse(&path, cipher, &bytes)?).is_some() {
                return Err(Error::TwoCiphers(folder.to_owned()));
            }
        }
        Ok(found)
    }

    /// The one that the store's root would have for these recipients.
    #[must_use]
    pub fn at_root(recipients: Recipients) -> Self {
        let path = PathBuf::from(Self::file_name(recipients.cipher()));
        Self { path, bytes: Self::render(&recipients).into_bytes(), recipients }
    }

    /// Where the file's signature is, if it has one.
    #[must_use]
    pub fn signature(&self) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(".sig");
        path.into()
    }

    /// What the file is called.
    #[must_use]
    pub fn file_name(cipher: Cipher) -> &'static str {
        match cipher {
            Cipher::Age => ".age-recipients",
            Cipher::OpenPgp => ".gpg-id",
        }
    }

    /// How entries below it are encrypted.
    #[must_use]
    pub fn cipher(&self) -> Cipher {
        self.recipients.cipher()
    }

    /// One recipient a line; empty lines mean nothing. A comment begins with `#`: anywhere for
    /// OpenPGP, as pass has it; as the first character of a line for age, as `age -R` has it, since
    /// the comment of an SSH key may hold one.
    fn parse<'a>(path: &Path, cipher: Cipher, bytes: &'a [u8]) -> Result<Self, Error> {
        let bad = |line, reason| Error::BadRecipients { path: path.to_owned(), line, reason };
        let nobody = || Error::NobodyIn(path.to_owned());
        let text = std::str::from_utf8(bytes).map_err(|_| nobody())?;
        let said = |line: &'a str| match cipher {
            Cipher::OpenPgp => line.split('#').next().unwrap_or_default().trim(),
            Cipher::Age if line.trim_start().starts_with('#') => "",
            Cipher::Age => line.trim(),
        };
        let lines = text.lines().map(said).enumerate();
        let lines = lines.filter(|(_, line)| !line.is_empty());
        let recipients = match cipher {
            Cipher::OpenPgp => {
                Recipients::OpenPgp(lines.map(|(_, line)| line.to_owned()).collect())
            }
            Cipher::Age => {
                let parsed = lines
                    .map(|(number, line)| line.parse().map_err(|reason| bad(number + 1, reason)));
                Recipients::Age(parsed.collect::<Result<_, _>>()?)
            }
        };
        let count = match &recipients {
            Recipients::Age(all) => all.len(),
            Recipients::OpenPgp(all) => all.len(),
        };
        let file = Self { path: path.to_owned(), recipients, bytes: bytes.to_owned() };
        if count == 0 { Err(nobody()) } else { Ok(file) }
    }

    /// The file's text for these recipients.
    #[must_use]
    pub fn render(recipients: &Recipients) -> String {
        match recipients {
            Recipients::Age(all) => all.iter().map(|recipient| format!("{recipient}\n")).collect(),
            Recipients::OpenPgp(all) => all.iter().map(|id| format!("{id}\n")).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_blank_lines_mean_nothing() {
        let file = RecipientsFile::parse(
            Path::new(".gpg-id"),
            Cipher::OpenPgp,
            b"# us\n\nann@example.org # Ann\nAB CD\n",
        );
        let expected = Recipients::OpenPgp(vec!["ann@example.org".to_owned(), "AB CD".to_owned()]);
        assert_eq!(file.expect("parses").recipients, expected);
    }

    #[test]
    fn an_ssh_key_keeps_its_comment() {
        let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN ann@laptop #2\n";
        let text = format!("# us\n\n{key}");
        let file = RecipientsFile::parse(Path::new("f"), Cipher::Age, text.as_bytes());
        assert_eq!(RecipientsFile::render(&file.expect("parses").recipients), key);
    }

    #[test]
    fn a_line_that_is_no_recipient_is_named_and_nobody_is_an_error() {
        let error = RecipientsFile::parse(Path::new(".age-recipients"), Cipher::Age, b"\nhello\n")
            .expect_err("is none");
        assert_eq!(
            error.to_string(),
            "recipients file `.age-recipients`, line 2: not an age recipient"
        );
        assert!(
            RecipientsFile::parse(Path::new(".gpg-id"), Cipher::OpenPgp, b"# nobody\n").is_err()
        );
    }
}
