//! GnuPG's home folder: where it is, where the agent's socket is, and whether the settings in it
//! leave us free to do what `gpg` would do.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::crypto::folder_hash;
use crate::sys::{self, Kind, Variables};

/// The socket's name in its folder.
const SOCKET: &str = "S.gpg-agent";

/// Where settings for all users are.
const SYSTEM_SETTINGS: &str = "/etc/gnupg";

/// How files with settings for `gpg` begin: the bare name, and one for each version.
const SETTINGS: &str = "gpg.conf";

/// A settings file larger than this is not one (bytes).
const SETTINGS_LIMIT: usize = 1024 * 1024;

/// A file in the place of a socket that says where it is (libassuan manual, "Socket wrappers").
const REDIRECTION: &str = "%Assuan%\nsocket=";
const REDIRECTION_LIMIT: usize = 512;

/// Settings that change how `gpg` comes to a passphrase, or whom pinentry asks.
const CHANGES_OPENING: [&str; 13] = [
    "pinentry-mode",
    "passphrase",
    "passphrase-fd",
    "passphrase-file",
    "command-fd",
    "command-file",
    "display",
    "ttyname",
    "ttytype",
    "lc-ctype",
    "lc-messages",
    "xauthority",
    "agent-program",
];

/// Settings that do not change what a message looks like, or to whom it goes. Any other may.
const KEEPS_SEALING: [&str; 32] = [
    "auto-check-trustdb",
    "auto-key-retrieve",
    "batch",
    "cert-digest-algo",
    "charset",
    "completes-needed",
    "default-key",
    "default-preference-list",
    "default-recipient",
    "default-recipient-self",
    "display-charset",
    "encrypt-to",
    "fixed-list-mode",
    "group",
    "keyid-format",
    "keyserver",
    "keyserver-options",
    "list-options",
    "local-user",
    "marginals-needed",
    "max-cert-depth",
    "no-comments",
    "no-emit-version",
    "no-greeting",
    "no-symkey-cache",
    "personal-digest-preferences",
    "quiet",
    "require-cross-certification",
    "use-agent",
    "verify-options",
    "with-fingerprint",
    "with-keygrip",
];

/// The user's GnuPG home folder.
pub(super) struct GnupgHome {
    folder: PathBuf,
    is_default: bool,
}

impl GnupgHome {
    /// `GNUPGHOME`, or `~/.gnupg`.
    pub(super) fn find(variables: &Variables) -> Option<Self> {
        let default = sys::absolute(variables.path("HOME")?.join(".gnupg"));
        let named = variables.path("GNUPGHOME").map(sys::absolute);
        // Trailing slashes are not part of the name, which is hashed.
        let folder = named.map_or_else(|| default.clone(), |named| named.components().collect());
        Some(Self { is_default: folder == default, folder })
    }

    /// Where it is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The socket of the agent, whether or not one is running.
    pub(super) fn agent_socket(&self, variables: &Variables) -> Option<PathBuf> {
        let path = self.socket_folder(sys::runtime_folder()).join(SOCKET);
        match sys::facts(&path).ok()??.kind {
            Kind::File => {
                let text = String::from_utf8(sys::read(&path, REDIRECTION_LIMIT).ok()??).ok()?;
                redirected(&text, variables)
            }
            _ => Some(path),
        }
    }

    /// As `gpgconf --list-dirs socketdir`: below the system's folder for sockets, or where that is
    /// missing or open to others, the home folder itself.
    fn socket_folder(&self, runtime: Option<PathBuf>) -> PathBuf {
        let shared = runtime.map(|runtime| runtime.join("gnupg"));
        let shared = shared.filter(|shared| sys::is_private_folder(shared));
        let own = |shared: PathBuf| {
            let hash = folder_hash(self.folder.as_os_str().as_bytes())?;
            let own = shared.join(format!("d.{hash}"));
            sys::is_private_folder(&own).then_some(own)
        };
        let found = if self.is_default { shared } else { shared.and_then(own) };
        found.unwrap_or_else(|| self.folder.clone())
    }

    /// Whether `gpg` would ask for a passphrase just as its agent does by itself.
    pub(super) fn lets_us_open(&self) -> bool {
        let unchanged = |names: BTreeSet<String>| {
            CHANGES_OPENING.iter().all(|setting| !names.contains(*setting))
        };
        self.settings().is_some_and(unchanged)
    }

    /// Whether the settings say nothing about messages.
    pub(super) fn lets_us_seal(&self) -> bool {
        let kept = |names: BTreeSet<String>| {
            names.iter().all(|name| KEEPS_SEALING.contains(&name.as_str()))
        };
        self.settings().is_some_and(kept)
    }

    /// The names of all settings; `None` when they can not be read.
    fn settings(&self) -> Option<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for folder in [Path::new(SYSTEM_SETTINGS), &self.folder] {
            let files = if folder.is_dir() { sys::names_in(folder).ok()? } else { Vec::new() };
            let is_ours =
                |name: &&std::ffi::OsString| name.as_bytes().starts_with(SETTINGS.as_bytes());
            for file in files.iter().filter(is_ours) {
                let text = sys::read(&folder.join(file), SETTINGS_LIMIT).ok()??;
                names.extend(names_of_settings(&String::from_utf8_lossy(&text)));
            }
        }
        Some(names)
    }
}

fn names_of_settings(text: &str) -> impl Iterator<Item = String> {
    let lines =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let name = |line: &str| {
        let name = line.split(|c: char| c.is_whitespace() || c == '=').next().unwrap_or_default();
        name.trim_start_matches('-').to_owned()
    };
    lines.map(name)
}

/// The path that a redirection names, its variables (`${NAME}`) replaced.
fn redirected(text: &str, variables: &Variables) -> Option<PathBuf> {
    let mut rest = text.strip_prefix(REDIRECTION)?.lines().next()?;
    let mut path = String::new();
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}')?;
        path.push_str(before);
        path.push_str(variables.text(name).unwrap_or_default());
        rest = after;
    }
    path.push_str(rest);
    Some(PathBuf::from(path)).filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(folder: &Path, is_default: bool) -> GnupgHome {
        GnupgHome { folder: folder.to_owned(), is_default }
    }

    /// Makes the folders, private as GnuPG wants them.
    fn private(path: &Path) {
        sys::create_folder(path).expect("it is made");
    }

    #[test]
    fn sockets_are_below_the_systems_folder_where_it_is_private() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let (runtime, folder) = (root.path().join("run"), Path::new("/tmp/a-home"));
        let found = |is_default| home(folder, is_default).socket_folder(Some(runtime.clone()));
        assert_eq!((found(true), found(false)), (folder.into(), folder.into()));
        private(&runtime.join("gnupg"));
        assert_eq!((found(true), found(false)), (runtime.join("gnupg"), folder.into()));
        let own = runtime.join("gnupg/d.85mt1t8apkpqptgg98gqykky");
        private(&own);
        assert_eq!(found(false), own);
    }

    #[test]
    fn a_file_can_say_where_the_socket_is() {
        let variables: Variables = [("WHERE", "/run/there")].into_iter().collect();
        let path = |text: &str| redirected(text, &variables);
        assert_eq!(path("%Assuan%\nsocket=/a/b\nmore\n"), Some("/a/b".into()));
        assert_eq!(path("%Assuan%\nsocket=${WHERE}/S\n"), Some("/run/there/S".into()));
        for text in
            ["", "socket=/a", "%Assuan%\nsocket=", "%Assuan%\nsocket=a", "%Assuan%\nsocket=/${X"]
        {
            assert_eq!(path(text), None, "{text}");
        }
    }

    #[test]
    fn settings_that_say_something_leave_the_work_to_gpg() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let home = home(root.path(), false);
        let set = |text: &str| {
            sys::write_private(&root.path().join("gpg.conf"), text.as_bytes())
                .expect("it is written")
        };
        assert!(home.lets_us_open() && home.lets_us_seal());
        set("# pinentry-mode loopback\n\ngroup team = ann ben\nkeyid-format long\n");
        assert!(home.lets_us_open() && home.lets_us_seal());
        set("throw-keyids\n");
        assert!(home.lets_us_open() && !home.lets_us_seal());
        set("  pinentry-mode loopback\n");
        assert!(!home.lets_us_open() && !home.lets_us_seal());
    }
}
