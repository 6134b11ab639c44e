//! The GitHub CLI.
//!
//! `gh auth token` is asked first: it knows the system's keyring too (`gh auth token --help`). What it
//! does not tell (there is no `gh`, or one before 2.17, or before 2.40 for other accounts than the
//! active one) is looked for in its `hosts.yml`: since 2.40 with `users:`, one for each account
//! (cli/cli#8281), before that flat with `user:` and `oauth_token:`.

use std::path::{Path, PathBuf};

use crate::secret::{Secret, SecretText};
use crate::sys::{self, Helper, Variables};

use super::draft::Draft;
use super::node::Node;
use super::{Error, Found, yaml};

/// The largest `hosts.yml` (bytes).
const HOSTS_LIMIT: usize = 64 * 1024;

/// Variables that `gh` would answer with, instead of what it keeps (`gh help environment`); they
/// may hold references to the very entry that is to be made.
const OVERRIDES: [&str; 4] =
    ["GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"];

/// The GitHub CLI of a user.
pub struct Gh<'a> {
    /// The caller's variables.
    pub variables: &'a Variables,
    /// The user's home.
    pub home: &'a Path,
}

/// Somebody who is logged in.
struct Account {
    user: Option<String>,
    /// What the file has; nothing where a keyring has it.
    token: Option<SecretText>,
    active: bool,
}

impl Gh<'_> {
    /// The accounts of `host`, one draft for each.
    ///
    /// # Errors
    /// [`Error::NoAccount`]; [`Error::Malformed`] for a `hosts.yml` that is not understood, unless
    /// `gh` tells a token without it.
    pub fn read(&self, host: &str) -> Result<Found, Error> {
        let file = sys::read_secret(&self.hosts_file(), HOSTS_LIMIT)?;
        let listed = file.map(|file| accounts(&file, host)).transpose();
        let (mut accounts, misread) = match listed {
            Ok(accounts) => (accounts.unwrap_or_default(), None),
            Err(error) => (Vec::new(), Some(error)),
        };
        if accounts.is_empty() {
            accounts.push(Account { user: None, token: None, active: true });
        }
        for account in &mut accounts {
            let told = self.ask(host, account);
            account.token = told.or(account.token.take());
        }
        found(accounts, host).map_err(|error| misread.unwrap_or(error))
    }

    /// Where `gh` keeps its accounts (`gh help environment`, `GH_CONFIG_DIR`).
    #[must_use]
    pub fn hosts_file(&self) -> PathBuf {
        let own = self.variables.path("GH_CONFIG_DIR");
        let common = || self.variables.path("XDG_CONFIG_HOME").map(|folder| folder.join("gh"));
        own.or_else(common).unwrap_or_else(|| self.home.join(".config/gh")).join("hosts.yml")
    }

    /// The token that `gh` tells. Why it tells none is never repeated: its words may hold one.
    fn ask(&self, host: &str, account: &Account) -> Option<SecretText> {
        let kept =
            self.variables.iter().filter(|(name, _)| !OVERRIDES.iter().any(|over| name == over));
        let mut arguments = vec!["auth", "token", "--hostname", host];
        if let Some(user) = account.user.as_deref().filter(|_| !account.active) {
            arguments.extend(["--user", user]);
        }
        let gh = Helper::new("gh", &kept.collect()).args(arguments);
        let outcome =
            gh.env("GH_PROMPT_DISABLED", "1").env("GH_NO_UPDATE_NOTIFIER", "1").run(b"").ok()?;
        let text = outcome.stdout.to_text().filter(|_| outcome.code == Some(0))?;
        // EXPOSE: its line end is taken away; anything but one word is no token.
        let token = text.expose().trim();
        let is_word = !token.is_empty() && token.chars().all(|c| c.is_ascii_graphic());
        is_word.then(|| SecretText::copy_from(token))
    }
}

/// What is in a `hosts.yml` for `host`.
///
/// # Errors
/// As [`Gh::read`].
pub fn read_hosts(content: &Secret, host: &str) -> Result<Found, Error> {
    found(accounts(content, host)?, host)
}

fn accounts(content: &Secret, host: &str) -> Result<Vec<Account>, Error> {
    let mut node = yaml::read(content)?.take(host);
    let active = Some(node.take("user").into_label()).filter(|user| !user.is_empty());
    let token = node.take("oauth_token").into_text();
    let users = node.take("users").into_pairs().into_iter();
    let mut accounts: Vec<Account> = users
        .map(|(user, mut node)| Account {
            active: active.as_ref() == Some(&user),
            user: Some(user),
            token: node.take("oauth_token").into_text(),
        })
        .collect();
    match accounts.iter_mut().find(|account| account.active) {
        Some(account) => account.token = account.token.take().or(token),
        None if active.is_some() || token.is_some() => {
            accounts.insert(0, Account { user: active, token, active: true });
        }
        None => {}
    }
    Ok(accounts)
}

fn found(accounts: Vec<Account>, host: &str) -> Result<Found, Error> {
    let mut found = Found::default();
    let mut any = false;
    for account in accounts {
        let user = account.user.as_deref().unwrap_or("token");
        let Some(token) = account.token else {
            found.leave_out(format!("the account `{user}`, whose token is not to be had"));
            continue;
        };
        any = true;
        let mut draft = Draft::new([], user);
        draft.secret("token", Node::Text(token));
        draft.field("user", Node::text(account.user.as_deref().unwrap_or_default()));
        draft.field("url", Node::text(&format!("https://{host}")));
        found.add(draft);
    }
    if any { Ok(found) } else { Err(Error::NoAccount(host.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(hosts: &str, host: &str) -> Result<(Vec<String>, Vec<String>), Error> {
        let mut found = read_hosts(&Secret::copy_from(hosts.as_bytes()), host)?;
        let tell = |item: &crate::import::Item| {
            // EXPOSE: the test compares it.
            String::from_utf8_lossy(item.entry.bytes().expose()).replace('\n', "|")
        };
        let items = found.items("")?.iter().map(tell).collect();
        Ok((items, found.left_out))
    }

    #[test]
    fn both_layouts_are_read() {
        let flat = include_str!("../../fixtures/import/gh-flat.yml");
        let (items, left_out) = told(flat, "github.com").expect("reads");
        assert_eq!(items, ["gho_{canary}|user: ann|url: https://github.com|"]);
        assert!(left_out.is_empty());
        let users = include_str!("../../fixtures/import/gh-users.yml");
        let (items, left_out) = told(users, "github.com").expect("reads");
        assert_eq!(
            items,
            [
                "gho_{canary}-ann|user: ann|url: https://github.com|",
                "gho_{canary}-bob|user: bob|url: https://github.com|",
            ]
        );
        assert_eq!(left_out, ["the account `carol`, whose token is not to be had"]);
    }

    #[test]
    fn another_host_has_no_account() {
        let users = include_str!("../../fixtures/import/gh-users.yml");
        assert!(matches!(told(users, "example.com"), Err(Error::NoAccount(_))));
        assert!(matches!(told("", "github.com"), Err(Error::NoAccount(_))));
    }
}
