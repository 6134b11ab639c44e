//! Who we are for a server: an access key's id, which is no secret, and its secret half.

use crate::secret::{Secret, SecretText};

/// An access key, and where it is a temporary one, the token that goes with it.
#[derive(Debug)]
pub struct Credentials {
    pub(super) key_id: String,
    pub(super) secret: SecretText,
    pub(super) token: Option<SecretText>,
}

/// What credentials lack.
#[derive(Debug, thiserror::Error)]
#[error("no `{key}` in its profile `{profile}`")]
pub struct Incomplete {
    key: &'static str,
    profile: String,
}

/// What a file calls the three parts.
const KEY_ID: &str = "aws_access_key_id";
const SECRET: &str = "aws_secret_access_key";
const TOKEN: &str = "aws_session_token";

impl Credentials {
    /// Puts the parts together.
    #[must_use]
    pub fn new(key_id: String, secret: SecretText, token: Option<SecretText>) -> Self {
        Self { key_id, secret, token }
    }

    /// The access key's id, which is no secret: each request has it in the clear.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The secret half.
    #[must_use]
    pub fn secret(&self) -> &SecretText {
        &self.secret
    }

    /// Reads a file of the form that AWS's own tools use: lines `key = value`, in sections
    /// `[profile]`. What stands before the first section counts for every profile.
    ///
    /// # Errors
    /// [`Incomplete`].
    pub fn parse(file: &Secret, profile: &str) -> Result<Self, Incomplete> {
        let missing = |key| Incomplete { key, profile: profile.to_owned() };
        let text = file.to_text().ok_or_else(|| missing(KEY_ID))?;
        // EXPOSE: divided into lines; what is kept of them goes into secrets again.
        let lines = lines_of(text.expose(), profile);
        let value = |key| lines.iter().rev().find(|line| line.0 == key).map(|line| line.1);
        Ok(Self {
            key_id: value(KEY_ID).ok_or_else(|| missing(KEY_ID))?.to_owned(),
            secret: value(SECRET).map(SecretText::copy_from).ok_or_else(|| missing(SECRET))?,
            token: value(TOKEN).map(SecretText::copy_from),
        })
    }
}

/// The keys and values that count for a profile.
fn lines_of<'t>(text: &'t str, profile: &str) -> Vec<(&'t str, &'t str)> {
    let mut counts = true;
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            counts = section.trim() == profile;
        } else if let (true, false, Some((key, value))) =
            (counts, line.starts_with(['#', ';']), line.split_once('='))
        {
            found.push((key.trim(), value.trim()));
        }
    }
    found.retain(|(_, value)| !value.is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# ours\n[default]\naws_access_key_id = AK1\naws_secret_access_key=a/b=c\n\n[other]\r\naws_access_key_id = AK2\r\naws_secret_access_key = s2\r\naws_session_token = t2\r\n[empty]\naws_access_key_id =\n";

    fn parsed(text: &str, profile: &str) -> Result<Credentials, Incomplete> {
        Credentials::parse(&Secret::copy_from(text.as_bytes()), profile)
    }

    #[test]
    fn a_profile_is_found() {
        let one = parsed(FILE, "default").expect("is whole");
        // EXPOSE: the test compares what was read.
        assert_eq!((one.key_id.as_str(), one.secret.expose()), ("AK1", "a/b=c"));
        assert!(one.token.is_none());
        let two = parsed(FILE, "other").expect("is whole");
        // EXPOSE: as above.
        assert_eq!((two.key_id.as_str(), two.secret.expose()), ("AK2", "s2"));
        // EXPOSE: as above.
        assert_eq!(two.token.expect("there is one").expose(), "t2");
    }

    #[test]
    fn sections_are_not_needed() {
        let text = "aws_access_key_id = AK\naws_secret_access_key = s\n";
        assert_eq!(parsed(text, "default").expect("is whole").key_id, "AK");
    }

    #[test]
    fn what_is_missing_is_named() {
        for (profile, key) in [("empty", KEY_ID), ("none", KEY_ID)] {
            let error = parsed(FILE, profile).expect_err("is not whole").to_string();
            assert_eq!(error, format!("no `{key}` in its profile `{profile}`"));
        }
        let error = parsed("aws_access_key_id = AK", "default").expect_err("is not whole");
        assert!(error.to_string().contains(SECRET));
    }
}
