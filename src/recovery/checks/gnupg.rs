//! OpenPGP keys that were restored, in a GnuPG home of ours with an agent of its own.
//!
//! Keys and trust are copied there, and of the settings only groups of recipients: others could name
//! programs, and nothing restored is run. Nobody is asked for a passphrase: a key that has one is
//! seen to be there and not used.

use std::path::Path;
use std::sync::Arc;

use crate::config::{Config, Overrides, Paths};
use crate::crypto;
use crate::keys::{self, Keyring};
use crate::sys::{
    self, FileError, Finish, Folder, Helper, Kind, NoTerminal, Prompt, ScratchHome, Variables,
};

use super::Site;

/// What is copied, beside the folder of private keys.
const FILES: [&str; 3] = ["pubring.kbx", "pubring.gpg", "trustdb.gpg"];
const PRIVATE_KEYS: &str = "private-keys-v1.d";

/// A settings file larger than this is not one (bytes).
const SETTINGS_LIMIT: usize = 1024 * 1024;

const PRIVATE: Finish = Finish { mode: 0o600, mtime: None };

/// The home, which goes with its agent.
pub(super) struct Gnupg {
    _home: ScratchHome,
    variables: Variables,
    paths: Paths,
    prompt: Arc<dyn Prompt>,
}

impl Gnupg {
    pub(super) fn set_up(site: &Site<'_>) -> Result<Self, FileError> {
        let home = site.folder_for_keys()?;
        copy(site.gnupg, home.path())?;
        let place = home.path().as_os_str().to_owned();
        let quiet = "--batch --no-tty --pinentry-mode error";
        let variables = site
            .bare_variables(home.path())
            .with([("GNUPGHOME".into(), place), ("PASSWORD_STORE_GPG_OPTS".into(), quiet.into())]);
        let config = Config::load(&variables, &Overrides::default());
        let unusable = |_| FileError::new("use", home.path(), std::io::ErrorKind::Other.into());
        let paths = config.map_err(unusable)?.paths;
        Ok(Self { _home: home, variables, paths, prompt: Arc::new(NoTerminal) })
    }

    pub(super) fn open(&self, ciphertext: &[u8]) -> Result<(), keys::Error> {
        self.keyring().open(crypto::Cipher::OpenPgp, ciphertext).map(drop)
    }

    pub(super) fn encryption_keys(&self, ids: &[String]) -> Result<Vec<String>, keys::Error> {
        self.keyring().encryption_keys(ids)
    }

    /// Whether one of the keys that the message names is there. One that is, and does not open it,
    /// needs a passphrase or a device: GnuPG says the same of both, "No secret key".
    pub(super) fn has_locked_key_for(&self, ciphertext: &[u8]) -> bool {
        let wanted = crypto::openpgp_key_ids(ciphertext).unwrap_or_default();
        let listed = self.helper("gpg").args(["--with-colons", "--list-secret-keys"]).run(b"");
        let Ok(listed) = listed else { return false };
        let Some(text) = listed.stdout.to_text() else { return false };
        // EXPOSE: what gpg says of the keys that are there is no secret.
        text.expose()
            .lines()
            .filter_map(key_that_is_there)
            .any(|id| wanted.iter().any(|one| one == id))
            && self.has_protected_key()
    }

    /// Whether the agent says of any key that it is protected (`P`), or on a card (type `T`).
    fn has_protected_key(&self) -> bool {
        let asked = self.helper("gpg-connect-agent").args(["keyinfo --list", "/bye"]).run(b"");
        let Ok(answer) = asked else { return false };
        let Some(text) = answer.stdout.to_text() else { return false };
        // EXPOSE: as above.
        text.expose().lines().any(is_protected)
    }

    fn keyring(&self) -> Keyring<'_> {
        Keyring::new(&self.paths, &self.variables, &self.prompt)
    }

    fn helper(&self, program: &str) -> Helper {
        Helper::new(program, &self.variables)
    }
}

impl Drop for Gnupg {
    fn drop(&mut self) {
        // Without GnuPG there is no agent either.
        self.helper("gpgconf").args(["--kill", "all"]).run(b"").ok();
    }
}

/// The id of a secret key that is not only a stub (GnuPG, doc/DETAILS, "Format of the colon listings").
fn key_that_is_there(line: &str) -> Option<&str> {
    let fields: Vec<&str> = line.split(':').collect();
    let is_secret = matches!(fields.first(), Some(&("sec" | "ssb")));
    let is_stub = fields.get(14) == Some(&"#");
    fields.get(4).copied().filter(|_| is_secret && !is_stub)
}

/// `S KEYINFO <keygrip> <type> <serialno> <idstr> <cached> <protection> …` (gpg-agent, KEYINFO).
fn is_protected(line: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    line.starts_with("S KEYINFO ") && (words.get(3) == Some(&"T") || words.get(7) == Some(&"P"))
}

fn copy(from: &Path, to: &Path) -> Result<(), FileError> {
    let missing = |path: &Path| FileError::new("open", path, std::io::ErrorKind::NotFound.into());
    let source = Folder::open(from)?.ok_or_else(|| missing(from))?;
    let target = Folder::open(to)?.ok_or_else(|| missing(to))?;
    target.plant_folder(Path::new(PRIVATE_KEYS))?;
    if source.kind_itself(Path::new(PRIVATE_KEYS))? == Some(Kind::Folder) {
        for item in source.list(Path::new(PRIVATE_KEYS))? {
            copy_file(&source, &target, &Path::new(PRIVATE_KEYS).join(item.name))?;
        }
    }
    for name in FILES {
        copy_file(&source, &target, Path::new(name))?;
    }
    let settings = source.read(Path::new("gpg.conf"), SETTINGS_LIMIT)?.unwrap_or_default();
    sys::write_private(&to.join("gpg.conf"), groups(&settings).as_bytes())
}

fn copy_file(source: &Folder, target: &Folder, path: &Path) -> Result<(), FileError> {
    if source.kind_itself(path)? != Some(Kind::File) {
        return Ok(());
    }
    match source.reader(path)? {
        Some((mut reader, _)) => target.plant_file(path, PRIVATE, &mut reader),
        None => Ok(()),
    }
}

/// The lines that say what a name of several recipients stands for.
fn groups(settings: &[u8]) -> String {
    let text = String::from_utf8_lossy(settings);
    let lines = text.lines().map(str::trim).filter(|line| line.starts_with("group "));
    lines.map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gnupg_says_is_understood() {
        let there = "sec:u:255:22:0123456789ABCDEF:1700000000:::u:::scESC:::+::ed25519:::0:";
        let stub = "ssb:u:255:18:FEDCBA9876543210:1700000000::::::e:::#::cv25519::";
        assert_eq!(key_that_is_there(there), Some("0123456789ABCDEF"));
        assert_eq!((key_that_is_there(stub), key_that_is_there("fpr:::::::::AB:")), (None, None));
        assert!(
            is_protected("S KEYINFO 00 D - - - P - - -")
                && is_protected("S KEYINFO 00 T x - - - - - -")
        );
        assert!(!is_protected("S KEYINFO 00 D - - - C - - -") && !is_protected("OK"));
    }

    #[test]
    fn of_settings_only_groups_are_taken_over() {
        let settings = b"agent-program /tmp/x\n group team = ann ben\n# group no\nkeyserver x\n";
        assert_eq!(groups(settings), "group team = ann ben\n");
    }
}
