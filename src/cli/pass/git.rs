//! `pass git`: the user's own git, in the store.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::git::LOCATIONS;
use crate::secret::Secret;
use crate::store::{self, Store};
use crate::sys::{Helper, Scratch, Variables};

use super::super::agent;
use super::{Died, Pass, line};

/// What a diff of ciphertext is made of: plaintext, shown to whoever asks for it.
const TEXTCONV: &str = "gpg -d --quiet --yes --compress-algo=none --no-encrypt-to";

const NONE_HERE: &str = "Error: the password store is not a git repository. Try \"pass git init\".";

pub(super) fn run(pass: &Pass<'_>, words: &[Vec<u8>]) -> Result<(), Died> {
    let called: Vec<&OsStr> = words.iter().map(|word| OsStr::from_bytes(word)).collect();
    Pass::unless_agent(agent::refuse_git(&called, pass.session))?;
    let git = Git { pass, variables: pass.variables().without(&LOCATIONS) };
    match words.first().map(Vec::as_slice) {
        Some(b"init") => git.init(words),
        _ if git.is_here()? => git.pass_on(words),
        _ => Err(Died::new(NONE_HERE)),
    }
}

impl Pass<'_> {
    /// What git would add below `folder`, as paths from the store's root: files that somebody has
    /// written and not committed. None where git is not there to tell.
    pub(super) fn uncommitted(&self, folder: &str) -> Vec<PathBuf> {
        let git = Git { pass: self, variables: self.variables().without(&LOCATIONS) };
        let asked = [
            "-c",
            "core.fsmonitor=false",
            "status",
            "--porcelain",
            "-z",
            "-uall",
            "--no-renames",
            "--",
        ];
        let folder = if folder.is_empty() { "." } else { folder };
        match git.call(asked.into_iter().chain([folder])).run(b"") {
            Ok(outcome) if outcome.code == Some(0) => paths(&line::public(&outcome.stdout)),
            _ => Vec::new(),
        }
    }
}

/// The paths in `git status --porcelain -z`; a repository of its own ends with a slash.
fn paths(status: &[u8]) -> Vec<PathBuf> {
    let named = status.split(|byte| *byte == 0).filter_map(|item| item.get(3..));
    let files = named.filter(|path| !path.is_empty() && !path.ends_with(b"/"));
    files.map(|path| PathBuf::from(OsStr::from_bytes(path))).collect()
}

struct Git<'g, 'p> {
    pass: &'g Pass<'p>,
    variables: Variables,
}

impl Git<'_, '_> {
    /// `git -C $PREFIX`; a repository that merely encloses the store is not its own.
    fn call<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Helper {
        let root = OsStr::from_bytes(&self.pass.prefix);
        let above = self.pass.full(b"..");
        Helper::new("git", &self.variables)
            .env("GIT_CEILING_DIRECTORIES", OsStr::from_bytes(&above))
            .args(["-C".as_ref(), root])
            .args(arguments)
    }

    fn is_here(&self) -> Result<bool, Died> {
        let outcome = self.call(["rev-parse", "--is-inside-work-tree"]).run(b"")?;
        Ok(outcome.code == Some(0))
    }

    /// Runs git on our streams. Its plaintext, if it makes some for a diff, is in memory; its exit
    /// status is not pass's.
    fn pass_on(&self, words: &[Vec<u8>]) -> Result<(), Died> {
        let scratch = Scratch::new(self.pass.variables());
        let scratch = scratch.map_err(|error| Died::new(format!("Error: {error}")))?;
        let words = words.iter().map(|word| OsStr::from_bytes(word));
        self.call(words).env("TMPDIR", scratch.path()).run_on_terminal()?;
        Ok(())
    }

    fn init(&self, words: &[Vec<u8>]) -> Result<(), Died> {
        let words = words.iter().map(|word| OsStr::from_bytes(word));
        if self.call(words).run_on_terminal()? != Some(0) {
            return Err(Died::silent(1));
        }
        let prefix = OsStr::from_bytes(&self.pass.prefix);
        self.record(prefix, "Add current contents of password store.")?;
        self.write_attributes().map_err(|error| Died::new(format!("Error: {error}")))?;
        self.record(OsStr::new(".gitattributes"), "Configure git repository for gpg file diff.")?;
        let options = self.pass.variables().text("PASSWORD_STORE_GPG_OPTS").unwrap_or_default();
        let textconv = TEXTCONV.replacen("gpg -d", format!("gpg -d {options}").trim_end(), 1);
        self.call(["config", "--local", "diff.gpg.binary", "true"]).run_on_terminal()?;
        self.call(["config", "--local", "diff.gpg.textconv", &textconv]).run_on_terminal()?;
        Ok(())
    }

    fn write_attributes(&self) -> Result<(), store::Error> {
        let store = Store::open(self.pass.root())?.with_umask(self.pass.session.umask());
        let (folder, staged) = (store.folder(), Path::new(".vaultctl-gitattributes.tmp"));
        folder.remove(staged)?;
        folder.stage(staged, b"*.gpg diff=gpg\n")?;
        Ok(folder.place(staged, Path::new(".gitattributes"))?)
    }

    /// A commit of what is at `path`, if there is anything new. That there is none is no failure.
    fn record(&self, path: &OsStr, subject: &str) -> Result<(), Died> {
        if self.call([OsStr::new("add"), path]).run_on_terminal()? != Some(0) {
            return Ok(());
        }
        let new = self.call([OsStr::new("status"), OsStr::new("--porcelain"), path]).run(b"")?;
        if new.stdout.is_empty() {
            return Ok(());
        }
        let signed = self.call(["config", "--bool", "--get", "pass.signcommits"]).run(b"")?;
        let signed = signed.stdout.is_same_as(&Secret::copy_from(b"true\n"));
        let mut commit: Vec<OsString> = vec!["commit".into()];
        commit.extend(signed.then(|| "-S".into()));
        commit.extend(["-m".into(), subject.into()]);
        self.call(commit).run_on_terminal()?;
        Ok(())
    }
}
