//! In whose name commits are made.

use git2::{Config, Signature};
use jiff::Timestamp;

use crate::sys::{self, Variables};

/// Variables that lead git to another repository than the one at hand; pass unsets the same.
pub const LOCATIONS: [&str; 7] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_NAMESPACE",
    "GIT_INDEX_FILE",
    "GIT_INDEX_VERSION",
    "GIT_OBJECT_DIRECTORY",
    "GIT_COMMON_DIR",
];

/// Name and address for author and committer, and the time.
pub struct Author {
    author: (Option<String>, Option<String>),
    committer: (Option<String>, Option<String>),
    fallback: (String, String),
    at: Timestamp,
    variables: Variables,
}

impl Author {
    /// From `GIT_AUTHOR_*` and `GIT_COMMITTER_*`; the configuration and `USER <USER@host>` fill in.
    #[must_use]
    pub fn new(variables: &Variables, at: Timestamp) -> Self {
        let own = |name: &str| variables.text(name).map(str::to_owned);
        let user = sys::user_name(variables);
        let address = format!("{user}@{}", sys::host_name());
        Self {
            author: (own("GIT_AUTHOR_NAME"), own("GIT_AUTHOR_EMAIL")),
            committer: (own("GIT_COMMITTER_NAME"), own("GIT_COMMITTER_EMAIL")),
            fallback: (user, address),
            at,
            variables: variables.clone(),
        }
    }

    /// The environment for the user's own `git`, so that it signs in the same name: without the
    /// variables that would lead it to another repository (git(1), "Git repository").
    pub(super) fn environment(&self, config: &Config) -> Result<Variables, git2::Error> {
        let signatures = self.signatures(config)?;
        let time = format!("@{} +0000", self.at.as_second());
        let named =
            ["AUTHOR", "COMMITTER"].iter().zip(&signatures).flat_map(|(role, signature)| {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                [
                    (format!("GIT_{role}_NAME"), text(signature.name_bytes())),
                    (format!("GIT_{role}_EMAIL"), text(signature.email_bytes())),
                    (format!("GIT_{role}_DATE"), time.clone()),
                ]
            });
        let kept = self.variables.without(&LOCATIONS);
        let kept = kept.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(kept.chain(named.map(|(name, value)| (name.into(), value.into()))).collect())
    }

    /// Author and committer of a commit in a repository with this configuration.
    pub(super) fn signatures(
        &self,
        config: &Config,
    ) -> Result<[Signature<'static>; 2], git2::Error> {
        let time = git2::Time::new(self.at.as_second(), 0);
        let one = |(name, address): &(Option<String>, Option<String>)| {
            let name = name.clone().or_else(|| config.get_string("user.name").ok());
            let address = address.clone().or_else(|| config.get_string("user.email").ok());
            Signature::new(
                &name.unwrap_or_else(|| self.fallback.0.clone()),
                &address.unwrap_or_else(|| self.fallback.1.clone()),
                &time,
            )
        };
        Ok([one(&self.author)?, one(&self.committer)?])
    }
}
