//! Whether a git repository has all that its refs lead to, and every object is what its name says.
//!
//! The `git` program looks, and obeys nothing of the repository: it is given a git folder of ours,
//! with the repository's refs and objects and none of its settings and hooks.

use std::path::{Path, PathBuf};

use crate::sys::{self, Finish, Folder, Helper, HelperError, Interrupts, Variables};

/// What a git folder of ours says of itself.
const CONFIG: &[u8] = b"[core]\n\trepositoryformatversion = 0\n\tbare = true\n";

/// Where git notes which other repositories have objects of this one.
const ALTERNATES: &str = "objects/info/alternates";

/// Files of refs are smaller (bytes).
const REFS_LIMIT: usize = 16 * 1024 * 1024;

/// What can not be looked into.
#[derive(Debug, thiserror::Error)]
pub enum FsckError {
    /// Its files can not be read, or ours not be written.
    #[error(transparent)]
    File(#[from] sys::FileError),
    /// `git` can not be run.
    #[error(transparent)]
    Helper(#[from] HelperError),
    /// Something is missing or damaged: what git said first.
    #[error("{0}")]
    Damaged(String),
}

/// Looks through the git folder at `found`, with a folder of ours at `scratch`, which must not exist.
///
/// # Errors
/// [`FsckError`]; the first thing that is wrong.
pub fn fsck(
    found: &Path,
    scratch: &Path,
    variables: &Variables,
    interrupts: &Interrupts,
) -> Result<(), FsckError> {
    copy_refs(found, scratch)?;
    let objects = found.join("objects");
    let outcome = Helper::new("git", variables)
        .env("GIT_DIR", scratch)
        .env("GIT_OBJECT_DIRECTORY", &objects)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("LC_ALL", "C")
        .args(["fsck", "--full", "--no-dangling", "--no-progress", "--no-reflogs"])
        .run_unless(interrupts, b"")?;
    let said = outcome.stderr.lines().find(|line| !line.trim().is_empty());
    match outcome.code {
        Some(0) => Ok(()),
        code => Err(FsckError::Damaged(said.map_or_else(
            || format!("git fsck ended with {code:?}"),
            |said| said.trim().to_owned(),
        ))),
    }
}

/// A git folder with the same refs.
fn copy_refs(found: &Path, scratch: &Path) -> Result<(), FsckError> {
    sys::create_folder(scratch)?;
    let missing = || sys::FileError::new("read", found, std::io::ErrorKind::NotFound.into());
    let from = Folder::open(found)?.ok_or_else(missing)?;
    let to = Folder::open(scratch)?.ok_or_else(missing)?;
    let elsewhere = from.read(Path::new(ALTERNATES), REFS_LIMIT)?.unwrap_or_default();
    if !elsewhere.trim_ascii().is_empty() {
        return Err(FsckError::Damaged(format!("{ALTERNATES}: some of its objects lie elsewhere")));
    }
    copy(&to, Path::new("config"), CONFIG)?;
    for folder in ["refs/heads", "objects"] {
        to.plant_folder(Path::new(folder))?;
    }
    for name in ["HEAD", "packed-refs"].map(Path::new) {
        if let Some(bytes) = from.read(name, REFS_LIMIT)? {
            copy(&to, name, &bytes)?;
        }
    }
    copy_below(&from, &to, &PathBuf::from("refs"))
}

fn copy_below(from: &Folder, to: &Folder, folder: &Path) -> Result<(), FsckError> {
    for item in from.list(folder)? {
        let path = folder.join(&item.name);
        match item.kind {
            sys::Kind::Folder => {
                to.plant_folder(&path)?;
                copy_below(from, to, &path)?;
            }
            sys::Kind::File => {
                let bytes = from.read(&path, REFS_LIMIT)?.unwrap_or_default();
                copy(to, &path, &bytes)?;
            }
            sys::Kind::Link | sys::Kind::Other => {}
        }
    }
    Ok(())
}

fn copy(to: &Folder, path: &Path, bytes: &[u8]) -> Result<(), FsckError> {
    Ok(to.plant_file(path, Finish { mode: 0o600, mtime: None }, &mut &bytes[..])?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(folder: &Path, line: &str) {
        let variables: Variables = [("PATH", sys::SYSTEM_PATH)].into_iter().collect();
        let outcome = Helper::new("git", &variables)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("HOME", folder)
            .args(["-c", "user.name=ann", "-c", "user.email=ann@example.org"])
            .args(line.split(' '))
            .in_folder(folder)
            .run(b"")
            .expect("git is installed");
        assert_eq!(outcome.code, Some(0), "{line}: {}", outcome.stderr);
    }

    #[test]
    fn a_missing_object_is_found_and_no_setting_of_the_repository_is_obeyed() {
        let root = tempfile::tempdir().expect("a folder");
        let work = root.path().join("work");
        let variables: Variables = [("PATH", sys::SYSTEM_PATH)].into_iter().collect();
        sys::create_folder(&work).expect("makes");
        git(&work, "init -q -b main");
        sys::write_private(&work.join("a"), b"text").expect("writes");
        git(&work, "add a");
        git(&work, "commit -qm first");
        let found = work.join(".git");
        let check =
            |name: &str| fsck(&found, &root.path().join(name), &variables, &Interrupts::hold());
        let config = format!(
            "[core]\n\tfsmonitor = touch {}/ran\n[fsck]\n\tskipList = /\n",
            root.path().display()
        );
        sys::write_private(&found.join("config"), config.as_bytes()).expect("writes");
        check("one").expect("is whole");
        assert!(!sys::exists(&root.path().join("ran")));
        let objects = found.join("objects");
        let names = sys::names_in(&objects).expect("lists");
        let folder = objects.join(names.iter().find(|name| name.len() == 2).expect("is one"));
        let object = folder.join(&sys::names_in(&folder).expect("lists")[0]);
        sys::remove(&object).expect("removes");
        assert!(matches!(check("two"), Err(FsckError::Damaged(_))));
        sys::write_private(&found.join(ALTERNATES), b"/somewhere/objects\n").expect("writes");
        let told = check("three").map_err(|error| error.to_string());
        assert!(told.is_err_and(|told| told.contains("lie elsewhere")));
    }
}
