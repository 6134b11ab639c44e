//! In whose name commits are made.

use git2::{Config, Signature};
use jiff::Timestamp;

use crate::sys::{self, Variables};

/// Name and address for author and committer, and the time.
pub struct Author {
    author: (Option<String>, Option<String>),
    committer: (Option<String>, Option<String>),
    fallback: (String, String),
    at: Timestamp,
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
        }
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
