//! From what went wrong in a room to what a person reads and a script branches on. The only place
//! that knows hints, and which exit code (`code.rs`) stands for what.

use std::io;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::clients::adoption;
use crate::store::{self, Name};
use crate::sys::harmless;
use crate::{
    audit, clients, clipboard, config, crypto, git, import, inject, keys, notify, otp, qr,
    recovery, schedule, snapshot, storage, sys, vault,
};

use super::{Code, ui};

/// One line, a hint, a code.
#[derive(Debug)]
pub(super) struct Failure {
    code: Code,
    message: String,
    hint: Option<String>,
    missing: Option<Name>,
}

impl Failure {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, missing: None }
    }

    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self::new(Code::Failed, message)
    }

    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, message)
    }

    /// Adds what to do about it.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Puts what was being done in front of what went wrong.
    pub(super) fn about(mut self, subject: &str) -> Self {
        self.message = format!("{subject}: {}", self.message);
        self
    }

    /// The exit code it stands for.
    pub(super) fn code(&self) -> Code {
        self.code
    }

    /// What happened, without what to do about it.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub(super) fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The entry that was not found, if that is what went wrong.
    pub(super) fn missing(&self) -> Option<&Name> {
        self.missing.as_ref()
    }

    /// Tells it on standard error; a reader that went away (`| head`) is no failure.
    pub(super) fn tell(&self, json: bool) -> Code {
        if self.code == Code::Done {
            return Code::Done;
        }
        let (message, hint) = (harmless(&self.message), self.hint.as_deref().map(harmless));
        if json {
            let error = serde_json::json!({ "error": { "code": self.code as u8, "message": message, "hint": hint } });
            ui::say(&format!("{error}\n"));
        } else {
            let hint = hint.map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
            ui::say(&format!("error: {message}\n{hint}"));
        }
        self.code
    }
}

/// What clap says about a command line; `--help` and `--version` are no failures.
pub(super) fn usage(error: &clap::Error) -> Code {
    if let Some(failure) = stray_word(error) {
        return failure.tell(false);
    }
    let printed = error.print();
    if error.use_stderr() || printed.is_err() { Code::Usage } else { Code::Done }
}

/// A word too many may be a secret that somebody typed as an argument: clap would repeat it.
fn stray_word(error: &clap::Error) -> Option<Failure> {
    let invalid =
        error.get(ContextKind::InvalidArg).filter(|_| error.kind() == ErrorKind::UnknownArgument);
    let Some(ContextValue::String(word)) = invalid else {
        return None;
    };
    let failure = Failure::usage(format!(
        "a word too many ({} bytes; not repeated, it may be a secret)",
        word.len()
    ));
    (!word.starts_with('-')).then(|| {
        failure.hint("secrets come from standard input or a prompt; `--help` shows the arguments")
    })
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::new(Code::Done, ""),
            _ => Self::new(Code::Failed, error.to_string()),
        }
    }
}

impl From<sys::FileError> for Failure {
    fn from(error: sys::FileError) -> Self {
        let failure = Self::new(Code::Failed, error.to_string());
        match error.kind() {
            io::ErrorKind::Interrupted => Self::new(Code::Interrupted, error.to_string()),
            io::ErrorKind::ResourceBusy => {
                failure.hint("a mount point can not be replaced; name a folder in it")
            }
            io::ErrorKind::ReadOnlyFilesystem => failure.hint("the disk is mounted read-only"),
            io::ErrorKind::StorageFull => {
                failure.hint("the disk is full; free some space and try again")
            }
            io::ErrorKind::PermissionDenied => {
                failure.hint("check the owner and mode of the file and of its folder")
            }
            _ => failure,
        }
    }
}

impl From<sys::LockError> for Failure {
    fn from(error: sys::LockError) -> Self {
        match error {
            sys::LockError::Held(_) => {
                Self::new(Code::Locked, error.to_string()).hint("try again when it has ended")
            }
            sys::LockError::File(error) => error.into(),
        }
    }
}

impl From<sys::PromptError> for Failure {
    fn from(error: sys::PromptError) -> Self {
        match error {
            sys::PromptError::NoTerminal => Self::new(Code::NeedsPerson, error.to_string()),
            sys::PromptError::Interrupted => Self::new(Code::Interrupted, error.to_string()),
            sys::PromptError::Broken(_) => Self::new(Code::Failed, error.to_string()),
        }
    }
}

impl From<config::Error> for Failure {
    fn from(error: config::Error) -> Self {
        match error {
            config::Error::NoHome => {
                Self::new(Code::Failed, error.to_string()).hint("set HOME to your home folder")
            }
            config::Error::Missing(_) => {
                Self::new(Code::Failed, error.to_string()).hint("without --config none is needed")
            }
            config::Error::Invalid { .. } => Self::new(Code::Usage, error.to_string())
                .hint("every key is described in docs/settings.md"),
            config::Error::NotOwn { .. } => Self::new(Code::NeedsPerson, error.to_string())
                .hint("it should be yours, with mode 0600, in the `.config/vaultctl` of your home"),
            config::Error::NotEditable { .. } => Self::failed(error.to_string())
                .hint("change it by hand, or write it as `[server.NAME]`"),
            config::Error::Lock(error) => error.into(),
            config::Error::File(error) => error.into(),
        }
    }
}

impl From<audit::Error> for Failure {
    fn from(error: audit::Error) -> Self {
        match error {
            audit::Error::Lock(error) => error.into(),
            audit::Error::File(error) => error.into(),
            audit::Error::Foreign { .. } => Self::new(Code::Failed, error.to_string()).hint(
                "look with `vaultctl audit verify`, then move the file away to begin a new log",
            ),
        }
    }
}

impl From<crypto::Error> for Failure {
    fn from(error: crypto::Error) -> Self {
        let message = error.to_string();
        match error {
            crypto::Error::NoMatchingKey => Self::new(Code::CannotDecrypt, message)
                .hint("VAULTCTL_IDENTITY names another identity file"),
            crypto::Error::WrongPassphrase => {
                Self::new(Code::CannotDecrypt, message).hint("try again; nothing was changed")
            }
            crypto::Error::Damaged(_) => Self::new(Code::CannotDecrypt, message)
                .hint("an earlier version may be in the history: `git log` in the store"),
            crypto::Error::Armored => Self::new(Code::CannotDecrypt, message)
                .hint("decrypt it by hand, look at it, and store it anew"),
            crypto::Error::NotCiphertext(_) => Self::new(Code::CannotDecrypt, message)
                .hint("the file's ending says how it should be encrypted"),
            crypto::Error::BadSignature(_) => Self::new(Code::NotVerified, message),
            crypto::Error::NotOpenedByPlugin(_) => Self::new(Code::CannotDecrypt, message)
                .hint("is the key plugged in, and the plugin installed?"),
            crypto::Error::NotSealedByPlugin(_) => {
                Self::failed(message).hint("nothing was changed; is the plugin installed?")
            }
            crypto::Error::PluginNotListed(name) => Self::new(Code::NeedsPerson, message).hint(
                format!("if you trust it: `plugins = [\"{name}\"]` below `[keys]` in the settings"),
            ),
            crypto::Error::PluginHere(_) => Self::failed(message)
                .hint("snapshots are encrypted to keys that age knows itself, SSH keys among them"),
            crypto::Error::NoRecipientOf(_) => {
                Self::failed(message).hint("the plugin prints it; put it into the recipients file")
            }
            crypto::Error::UnusableRecipient(_) | crypto::Error::RsaSize(_) => {
                Self::failed(message).hint("ssh-ed25519 keys, and RSA from 2048 to 4096 bits, do")
            }
            crypto::Error::MixedRecipients(_) => Self::failed(message)
                .hint("the weaker kind would undo what the stronger is for; choose one of them"),
            crypto::Error::StillLocked(reason) => match reason.downcast::<keys::Error>() {
                Ok(error) => (*error).into(),
                Err(reason) => Self::new(Code::CannotDecrypt, reason.to_string()),
            },
            crypto::Error::BadRecipient => {
                Self::failed(message).hint("age recipients begin with `age1`, SSH keys with `ssh-`")
            }
            crypto::Error::NoRecipients
            | crypto::Error::BadIdentity(_)
            | crypto::Error::BadKey { .. }
            | crypto::Error::Io(_) => Self::new(Code::Failed, message),
        }
    }
}

impl From<sys::HelperError> for Failure {
    fn from(error: sys::HelperError) -> Self {
        match &error {
            sys::HelperError::Missing(program) if program == "gpg" => {
                Self::failed(error.to_string())
                    .hint("install GnuPG; Debian has it in the package `gnupg`")
            }
            sys::HelperError::Missing(_) => {
                Self::failed(error.to_string()).hint("$VISUAL or $EDITOR names the editor")
            }
            sys::HelperError::Broken { .. } => Self::failed(error.to_string()),
        }
    }
}

impl From<clipboard::Error> for Failure {
    fn from(error: clipboard::Error) -> Self {
        let message = error.to_string();
        match error {
            clipboard::Error::NoDisplay => Self::failed(message)
                .hint("a clipboard needs WAYLAND_DISPLAY or DISPLAY; over ssh, `ssh -X` sets it"),
            clipboard::Error::BadTime(_) => Self::usage(message).hint("45 is the default"),
            clipboard::Error::Missing(program) => {
                let package = if program == "wl-copy" { "wl-clipboard" } else { program };
                Self::failed(message).hint(format!("install the package `{package}`"))
            }
            clipboard::Error::Refused(program) => Self::failed(message)
                .hint(format!("`echo a | {program}` shows what is wrong; nothing was copied")),
            clipboard::Error::Busy => Self::new(Code::Locked, message).hint("try again"),
            clipboard::Error::NoKeeper(_) => Self::failed(message),
            clipboard::Error::File(error) => error.into(),
        }
    }
}

impl From<notify::Error> for Failure {
    fn from(error: notify::Error) -> Self {
        Self::failed(error.to_string()).hint("docs/notify.md says what each channel needs")
    }
}

impl From<otp::Error> for Failure {
    fn from(error: otp::Error) -> Self {
        let message = error.to_string();
        match error {
            otp::Error::NoLine => Self::new(Code::NotFound, message)
                .hint("`vaultctl otp append NAME` adds one to an entry"),
            otp::Error::Exhausted => Self::failed(message).hint("the site has to issue a new key"),
            _ => Self::failed(message)
                .hint("it looks like `otpauth://totp/issuer:account?secret=BASE32`"),
        }
    }
}

impl From<qr::Error> for Failure {
    fn from(error: qr::Error) -> Self {
        let failure = Self::failed(error.to_string());
        match error {
            qr::Error::TooLong => failure,
            qr::Error::NotShown(_) => {
                failure.hint("without DISPLAY and WAYLAND_DISPLAY it is drawn on the terminal")
            }
        }
    }
}

impl From<git::Error> for Failure {
    fn from(error: git::Error) -> Self {
        match error {
            git::Error::File(error) => error.into(),
            git::Error::Lock(error) => error.into(),
            git::Error::Git(_)
            | git::Error::NoFolder(_)
            | git::Error::NotSigned(_)
            | git::Error::NoRevision(_)
            | git::Error::Helper(_) => Self::failed(error.to_string()),
        }
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        let message = error.to_string();
        match error {
            store::Error::NoStore(_) => Self::new(Code::Nothing, message)
                .hint("`vaultctl init` makes one; --store and PASSWORD_STORE_DIR name another"),
            store::Error::StoreExists(_) => {
                Self::failed(message).hint("it works as it is; no `init` is needed")
            }
            store::Error::NoEntry(name) => {
                Self { missing: Some(name), ..Self::new(Code::NotFound, message) }
            }
            store::Error::EntryExists(_) => Self::failed(message).hint("`-f` replaces it"),
            store::Error::Name(_) => Self::usage(message)
                .hint("a name is a path inside the store, as `claude/github-token`"),
            store::Error::Ambiguous(_) => {
                Self::failed(message).hint("remove the file that is not wanted")
            }
            store::Error::NotAFile(_) => {
                Self::failed(message).hint("move it away; an entry is a file")
            }
            store::Error::BehindLink(_) => {
                Self::failed(message).hint("name the folder itself with --store, if it is a store")
            }
            store::Error::Occupied(_) => {
                Self::failed(message).hint("move it away first, or choose another name")
            }
            store::Error::IntoItself(_) => Self::failed(message),
            store::Error::Repository(_) => {
                Self::failed(message).hint("move its entries one by one, or clone it there")
            }
            store::Error::RecipientsChanged => {
                Self::failed(message).hint("look with `vaultctl recipients list` and try again")
            }
            store::Error::NoRecipientsFile(_) => Self::new(Code::NotFound, message)
                .hint("`vaultctl recipients list` shows which file decides"),
            store::Error::NoRecipients(_) => {
                Self::new(Code::Nothing, message).hint("`vaultctl init` makes a store here")
            }
            store::Error::TwoCiphers(_) => {
                Self::failed(message).hint("remove the file that is not wanted")
            }
            store::Error::NobodyIn(_) => Self::failed(message)
                .hint("one recipient a line; remove the file if the folder above decides"),
            store::Error::BadRecipients { reason, .. } => Self { message, ..Self::from(reason) },
            store::Error::File(error) => error.into(),
        }
    }
}

impl From<schedule::Error> for Failure {
    fn from(error: schedule::Error) -> Self {
        let message = error.to_string();
        match error {
            schedule::Error::BadName(_) => {
                Self::usage(message).hint("a name has only lower-case letters, digits and `-`")
            }
            schedule::Error::Twice(_)
            | schedule::Error::Unsaid { .. }
            | schedule::Error::Itself(_) => {
                Self::usage(message).hint("docs/schedule.md describes `[[schedule]]`")
            }
            schedule::Error::BadTime { .. } => Self::usage(message)
                .hint("as in a crontab (`0 2 * * *`, `@daily`) or in systemd (`Mon..Fri 02:00`)"),
            schedule::Error::NoJob(_) => {
                Self::new(Code::NotFound, message).hint("`vaultctl schedule list` shows them")
            }
            schedule::Error::Running(_) | schedule::Error::NoTurn(_) => {
                Self::new(Code::Locked, message).hint("try again when it has ended")
            }
            schedule::Error::Interrupted => Self::new(Code::Interrupted, message),
            schedule::Error::BadRecord { .. } => {
                Self::failed(message).hint("it can be removed; then no run is remembered")
            }
            schedule::Error::BrokenBlock(_) => {
                Self::failed(message).hint("put it right with `crontab -e`; nothing was changed")
            }
            schedule::Error::Foreign(_) => {
                Self::failed(message).hint("move it away, or call the job something else")
            }
            schedule::Error::TooMuch { .. } => {
                Self::failed(message).hint("`--with` chooses another scheduler")
            }
            schedule::Error::NoScheduler | schedule::Error::NotHere(..) => Self::failed(message)
                .hint("`vaultctl schedule run --due`, started by anything else, does the same"),
            schedule::Error::Unspeakable(_)
            | schedule::Error::Refused { .. }
            | schedule::Error::Step(_) => Self::failed(message),
            schedule::Error::Helper(error) => Self::failed(error.to_string()),
            schedule::Error::Lock(error) => error.into(),
            schedule::Error::File(error) => error.into(),
        }
    }
}

impl From<storage::Error> for Failure {
    fn from(error: storage::Error) -> Self {
        let message = error.to_string();
        match error {
            storage::Error::NotFound(_)
            | storage::Error::TooLarge(_)
            | storage::Error::Broken { .. } => Self::new(Code::NotVerified, message),
            storage::Error::Taken(_) => {
                Self::failed(message).hint("something else has written there")
            }
            storage::Error::Unreachable(_) => Self::new(Code::Unreachable, message)
                .hint("is the disk mounted? `vaultctl snapshot init` makes a new repository"),
            storage::Error::Oversized { .. } => Self::failed(message)
                .hint("`store = \"parts\"` in a profile keeps its files out of the one object"),
            storage::Error::NoAnswer { .. } => Self::new(Code::Unreachable, message)
                .hint("nothing is lost; `patience` in the settings says for how long it is tried"),
            storage::Error::Denied { .. } => Self::new(Code::NeedsPerson, message).hint(
                "`vaultctl snapshot init --policy` prints what the machine that takes snapshots needs; for more there is `maintenance_credentials`",
            ),
            storage::Error::BadCredentials { .. } => Self::failed(message)
                .hint("docs/settings.md says where credentials are looked for"),
            storage::Error::ClockSkew(_) => {
                Self::failed(message).hint("set the clock; `timedatectl` shows it")
            }
            storage::Error::NoBucket(_) => Self::new(Code::Nothing, message)
                .hint("make one with the tools of its server; `vaultctl snapshot init` makes none"),
            storage::Error::OtherRegion { .. } => {
                Self::failed(message).hint("`region` in the settings, or `?region=…`, names it")
            }
            storage::Error::Refused { .. } => Self::failed(message)
                .hint("check `endpoint`, `region` and `path_style` of the destination"),
            storage::Error::NotKept { .. } => {
                Self::new(Code::NotVerified, message).hint("do not rely on that server")
            }
            storage::Error::NoSpace(_) => Self::failed(message).hint("nothing was changed"),
            storage::Error::File(error) => error.into(),
        }
    }
}

impl From<storage::BadBucket> for Failure {
    fn from(error: storage::BadBucket) -> Self {
        Self::usage(error.to_string())
            .hint("it looks like `s3://bucket/prefix?endpoint=https://host&region=name`")
    }
}

impl From<snapshot::Error> for Failure {
    fn from(error: snapshot::Error) -> Self {
        let message = error.to_string();
        match error {
            snapshot::Error::Storage(error) => error.into(),
            snapshot::Error::File(error) => error.into(),
            snapshot::Error::Lock(error) => error.into(),
            snapshot::Error::Crypto(error) => error.into(),
            snapshot::Error::NoRepository(_) => {
                Self::new(Code::Nothing, message).hint("`vaultctl snapshot init` makes one; --signer trusts another machine's")
            }
            snapshot::Error::AlreadyRepository(_) => {
                Self::failed(message).hint("a repository is for one machine; another one needs a folder of its own")
            }
            snapshot::Error::OtherRepository(_) => {
                Self::failed(message).hint("only a copy of the same repository can help")
            }
            snapshot::Error::Newer(_) | snapshot::Error::UnknownFeature(_) => {
                Self::failed(message).hint("a newer vaultctl can read it")
            }
            snapshot::Error::Damaged { .. } => Self::new(Code::NotVerified, message)
                .hint("`vaultctl snapshot verify` names everything that is damaged; --signer names another signer"),
            snapshot::Error::Replaced(_) => Self::new(Code::NotVerified, message)
                .hint("where that is meant, `vaultctl snapshot init --accept` says so"),
            snapshot::Error::RolledBack { .. } => Self::new(Code::NotVerified, message)
                .hint("somebody has removed snapshots, or put an old copy there; an older one can be restored by its name"),
            snapshot::Error::NotFound(_) | snapshot::Error::Empty(_) => {
                Self::new(Code::NotFound, message).hint("`vaultctl snapshot list` shows what there is")
            }
            snapshot::Error::Another(..) => {
                Self::failed(message).hint("destinations are mirrors: `vaultctl snapshot init` makes each of them")
            }
            snapshot::Error::NothingOf(_) => {
                Self::new(Code::NotFound, message).hint("`vaultctl snapshot ls` shows what it has")
            }
            snapshot::Error::Unfinished(_) => {
                Self::failed(message).hint("`vaultctl snapshot restore --resume` finishes it; nothing is lost")
            }
            snapshot::Error::OtherDisk(_) => {
                Self::failed(message).hint("restore with --target and move it there, or leave it out with --only; nothing was changed")
            }
            snapshot::Error::NoFile(_) => {
                Self::new(Code::NotFound, message).hint("--in-place brings the whole file back")
            }
            snapshot::Error::NotMerged(..) => Self::failed(message).hint("nothing was changed"),
            snapshot::Error::Busy(_) => {
                Self::new(Code::Locked, message).hint("close Claude and try again; nothing was changed")
            }
            snapshot::Error::BadName(_) => Self::usage(message).hint("`vaultctl snapshot list` shows the names"),
            snapshot::Error::Member { .. } => Self::new(Code::NotVerified, message),
            error => choosing(&error, message),
        }
    }
}

/// What is wrong with all the snapshots there are, where one is looked for or some are removed.
fn choosing(error: &snapshot::Error, message: String) -> Failure {
    match error {
        snapshot::Error::KeepsNothing => {
            Failure::failed(message).hint("--keep-daily 30 keeps thirty days; without any --keep the settings count")
        }
        snapshot::Error::NoHealthy(_) => {
            Failure::failed(message).hint("`vaultctl snapshot list` shows what is wrong with each")
        }
        snapshot::Error::NoneHealthy(_) => Failure::new(Code::NotVerified, message)
            .hint("one that you choose yourself comes back with `vaultctl snapshot restore SNAP`"),
        snapshot::Error::NothingBefore(..) => Failure::new(Code::NotVerified, message).hint(
            "nothing was restored; look for another copy, as a version of the bucket or a disk that was not connected",
        ),
        snapshot::Error::TooMuch(_) => Failure::failed(message).hint("look with --dry-run; --yes removes it"),
        snapshot::Error::BadHistory { .. } => Failure::new(Code::NotVerified, message)
            .hint("`vaultctl snapshot heal` brings back what another destination has; --give-up-damaged goes on without"),
        snapshot::Error::NotSigner(_) => {
            Failure::failed(message).hint("only the machine that takes the snapshots can leave a report")
        }
        snapshot::Error::ShortGrace => Failure::failed(message).hint("leave --grace out, or prune there"),
        _ => Failure::failed(message),
    }
}

impl From<recovery::Error> for Failure {
    fn from(error: recovery::Error) -> Self {
        let message = error.to_string();
        match error {
            recovery::Error::Begun(_) => Self::failed(message)
                .hint("repeat the command that began it, or remove that file to give it up"),
            recovery::Error::BadJournal(_) => Self::failed(message)
                .hint("a newer vaultctl may have begun it; without that file it begins anew"),
            recovery::Error::Vault(error) => error.into(),
            recovery::Error::Store(error) => error.into(),
            recovery::Error::Snapshot(error) => error.into(),
            recovery::Error::Keys(error) => error.into(),
            recovery::Error::File(error) => error.into(),
            recovery::Error::Helper(error) => error.into(),
            recovery::Error::NoPrograms(_) => {
                Self::failed(message).hint("install them; without --stock none of them is needed")
            }
            recovery::Error::Stock { .. } => Self::new(Code::NotVerified, message),
            recovery::Error::NoRoom { .. } => {
                Self::failed(message).hint("--scratch DIR names a folder on a larger disk")
            }
        }
    }
}

impl From<keys::Error> for Failure {
    fn from(error: keys::Error) -> Self {
        let message = error.to_string();
        match error {
            keys::Error::NoIdentity(_) => Self::new(Code::CannotDecrypt, message)
                .hint("VAULTCTL_IDENTITY names another identity file; `vaultctl init` makes one with a new store"),
            keys::Error::TwoIdentities(..) => Self::failed(message).hint("name one in the settings: [keys] identity"),
            keys::Error::Locked(_) => Self::new(Code::NeedsPerson, message).hint("run it in a terminal"),
            keys::Error::NotUnlocked(_) => Self::new(Code::CannotDecrypt, message).hint("try again"),
            keys::Error::NotBrought => Self::new(Code::CannotDecrypt, message)
                .hint("it is the line that begins with `AGE-SECRET-KEY-`, all of it"),
            keys::Error::NoSigner(_) => {
                Self::new(Code::Nothing, message).hint("`vaultctl snapshot init` makes one; --signer trusts another machine's")
            }
            keys::Error::BadRecipients { reason, .. } => Self { message, ..Self::from(reason) },
            keys::Error::NoRecipientsFile(_) => Self::failed(message).hint("PASSAGE_RECIPIENTS_FILE names it"),
            keys::Error::Mismatch => Self::failed(message).hint("try again"),
            keys::Error::NotHere => Self::new(Code::NeedsPerson, message)
                .hint("HOME leads elsewhere than to the account's home"),
            keys::Error::NotOpened(_) => {
                Self::new(Code::CannotDecrypt, message).hint("`gpg --list-secret-keys` shows the keys that are here")
            }
            keys::Error::NotSigned(_) | keys::Error::BadSigner(_) => Self::new(Code::NotVerified, message)
                .hint("PASSWORD_STORE_SIGNING_KEY names whose signature it needs"),
            keys::Error::CannotSign(_) => {
                Self::failed(message).hint("`gpg --list-secret-keys` shows the keys that are here")
            }
            keys::Error::NotSealed(_) => {
                Self::failed(message).hint("`gpg --list-keys` shows the keys that are here, and their validity")
            }
            keys::Error::BadFile { path, reason } => Self::from(reason).about(&format!("`{}`", path.display())),
            keys::Error::Crypto(error) => error.into(),
            keys::Error::Helper(error) => error.into(),
            keys::Error::Prompt(error) => error.into(),
            keys::Error::File(error) => error.into(),
        }
    }
}

impl From<vault::Error> for Failure {
    fn from(error: vault::Error) -> Self {
        let message = error.to_string();
        match error {
            vault::Error::Entry { name, source } => {
                Self::from(source).about(&format!("entry `{name}`"))
            }
            vault::Error::NoField(..) => Self::new(Code::NotFound, message)
                .hint("a field is a line `field: value` after the first line"),
            vault::Error::NoFirstLine(_) => Self::new(Code::NotFound, message)
                .hint("`#*` after the name stands for all of the entry"),
            vault::Error::NoLine(..) => {
                Self::new(Code::NotFound, message).hint("the first line is 1")
            }
            vault::Error::ManyLines => {
                Self::usage(message).hint("`vaultctl insert -m` stores text of many lines")
            }
            vault::Error::NotKept(_) => {
                Self::usage(message).hint("`NAME#*` and `vaultctl insert -m` store any bytes")
            }
            vault::Error::NotRecorded(_) => {
                Self::failed(message).hint("the next change records it too")
            }
            vault::Error::History(_) => Self::failed(message),
            vault::Error::NotThen(..) => {
                Self::new(Code::NotFound, message).hint("`vaultctl history` lists the revisions")
            }
            vault::Error::Audit(error) => error.into(),
            vault::Error::Lock(error) => error.into(),
            vault::Error::Store(error) => error.into(),
            vault::Error::Keys(error) => error.into(),
            vault::Error::File(error) => error.into(),
        }
    }
}

impl From<inject::Error> for Failure {
    fn from(error: inject::Error) -> Self {
        let message = error.to_string();
        let not_granted = |hint: &str| Self::new(Code::NeedsPerson, message.clone()).hint(hint);
        match error {
            inject::Error::Unresolved { slot, source } => {
                Self::from(*source).about(&slot.to_string())
            }
            inject::Error::Vault(error) => error.into(),
            inject::Error::NoTokens(_) => Self::failed(message)
                .hint("a token that lives long can be an entry: `vaultctl set`, and `vault:NAME`"),
            inject::Error::Unfit { slot: inject::Slot::Header(_), .. } => {
                Self::failed(message).hint("`vaultctl set` replaces an entry's first line")
            }
            inject::Error::Unfit { .. } => Self::failed(message)
                .hint("`--file NAME=REF` hands it over as a file, and its path in the variable"),
            inject::Error::NotGranted(_) | inject::Error::NotFor { .. } => {
                not_granted("docs/exec.md shows what `[server.NAME]` in the settings says")
            }
            inject::Error::OtherProgram(_) => {
                not_granted("leave the program out, or change `command` of the permission")
            }
            inject::Error::NotAllowed { .. } => {
                not_granted("`allow` of the permission lists what it may have")
            }
            inject::Error::NotSaid { .. } => not_granted(
                "from the caller it takes whole references only, under names that nothing obeys; anything else belongs into `env` of the permission",
            ),
            inject::Error::OtherServer { .. } | inject::Error::NoServerNamed(_) => not_granted(
                "Claude Code says it in CLAUDE_CODE_MCP_SERVER_URL; nothing was decrypted",
            ),
        }
    }
}

impl From<clients::Error> for Failure {
    fn from(error: clients::Error) -> Self {
        let message = error.to_string();
        match error {
            clients::Error::Malformed { .. } => {
                Self::failed(message).hint("correct it by hand; nothing was changed")
            }
            clients::Error::Gone(_) => Self::failed(message),
            clients::Error::Changed(_) => Self::failed(message).hint("try again"),
            clients::Error::Overwritten(_) => {
                Self::failed(message).hint("end the client and try again")
            }
            clients::Error::Locked(_) => Self::new(Code::Locked, message)
                .hint("try again, or end the client; nothing was changed"),
            clients::Error::ReadOnly(_) => {
                Self::failed(message).hint("a dotfile manager may keep it: change it there")
            }
            clients::Error::Edit { .. } => {
                Self::failed(message).hint("change it by hand; nothing was changed")
            }
            clients::Error::File(error) => error.into(),
        }
    }
}

impl From<adoption::Error> for Failure {
    fn from(error: adoption::Error) -> Self {
        let message = error.to_string();
        match error {
            adoption::Error::Vault(error) => error.into(),
            adoption::Error::File(error) => error.into(),
            adoption::Error::Settings(error) => error.into(),
            adoption::Error::Sealed(error) => {
                let code = Self::from(error).code;
                Self::new(code, message).hint(
                    "a secret would be lost that way: nothing was changed, and nothing stored",
                )
            }
            adoption::Error::Unreadable(_) => Self::new(Code::CannotDecrypt, message)
                .hint("another version of vaultctl may have written it"),
            adoption::Error::NoText(_) => Self::failed(message),
        }
    }
}

impl From<import::Error> for Failure {
    fn from(error: import::Error) -> Self {
        let message = error.to_string();
        match error {
            import::Error::Missing(_) => Self::failed(message),
            import::Error::NotThis(_) => {
                Self::failed(message).hint("`vaultctl import --help` names the others")
            }
            import::Error::Encrypted => {
                Self::failed(message).hint("export it again, without encryption")
            }
            import::Error::Malformed { .. } | import::Error::Archive(_) => {
                Self::failed(message).hint("correct it, or export it again; nothing was changed")
            }
            import::Error::TooLarge(_) | import::Error::TooMany(_) => {
                Self::failed(message).hint("nothing was changed")
            }
            import::Error::NoAccount(_) => Self::failed(message)
                .hint("`gh auth status` shows the accounts; `gh auth login` adds one"),
            import::Error::Prefix(_) => {
                Self::usage(message).hint("a folder is a path inside the store, as `claude/work`")
            }
            import::Error::File(error) => error.into(),
            import::Error::Vault(error) => error.into(),
        }
    }
}
