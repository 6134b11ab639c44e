//! An identity that a person brings from elsewhere: typed from paper, or in a file on a stick.

use crate::crypto::{Identity, IdentityFile, Plugins};
use crate::secret::{Secret, SecretText};

use super::Error;

/// How age's own identities begin.
const KEY: &str = "AGE-SECRET-KEY-1";

/// It is kept nowhere.
pub struct Brought {
    line: SecretText,
    identity: Identity,
}

impl Brought {
    /// Reads an identity file with one key in it, or only the line that has the key. It must be one
    /// of age's own: what paper can hold, and needs nothing else.
    ///
    /// # Errors
    /// [`Error::NotBrought`].
    pub fn parse(text: &Secret) -> Result<Self, Error> {
        let text = text.to_text().ok_or(Error::NotBrought)?;
        // EXPOSE: divided into lines; the one with the key goes into a secret again.
        let mut lines = text.expose().lines().map(str::trim).filter(|line| line.starts_with(KEY));
        let line = lines.next().map(SecretText::copy_from).ok_or(Error::NotBrought)?;
        let is_only_one = lines.next().is_none();
        let identity = IdentityFile::parse(&text.to_bytes(), &Plugins::none());
        let identity = identity.and_then(IdentityFile::into_open).ok().filter(|_| is_only_one);
        Ok(Self { line, identity: identity.ok_or(Error::NotBrought)? })
    }

    /// The key's line: all that is needed of it.
    #[must_use]
    pub fn line(&self) -> &SecretText {
        &self.line
    }

    /// What opens with it.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    pub(super) fn into_identity(self) -> Identity {
        self.identity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Brought, Error> {
        Brought::parse(&Secret::copy_from(text.as_bytes()))
    }

    #[test]
    fn a_line_is_enough_and_a_file_is_taken() {
        let (key, recipient) = Identity::make();
        // EXPOSE: the test's own key.
        let key = key.expose();
        for text in [key.to_owned(), format!(" {key}\r\n"), format!("# signer: SHA256:x\n{key}\n")]
        {
            let brought = parse(&text).expect("is one");
            let own = brought.identity().recipients().expect("is known");
            assert_eq!(own, std::slice::from_ref(&recipient));
            // EXPOSE: as above.
            assert_eq!(brought.line().expose(), key);
        }
        let (rest, last) = key.split_at(key.len() - 1);
        let wrong = format!("{rest}{}", if last == "Q" { "P" } else { "Q" });
        for bad in [String::new(), "age1x".to_owned(), wrong, format!("{key}\n{key}\n")] {
            assert!(matches!(parse(&bad), Err(Error::NotBrought)));
        }
    }
}
