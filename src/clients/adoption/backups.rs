//! Copies of its files that a client, or its user, keeps in the clear.

use std::path::{Path, PathBuf};

use crate::clients::document::SIZE_LIMIT;
use crate::secret::{Secret, SecretBuffer};
use crate::sys::{self, SteadyFile};

/// The folder that Claude Code copies its main file to, beside that file (measured with 2.1.329), or
/// beside it in the folder that `CLAUDE_CONFIG_DIR` names.
const FOLDERS: [&str; 3] = ["", ".claude/backups", "backups"];

/// Files that are called like one of `originals` with something behind it, and hold one of `secrets`.
pub(super) fn backups(originals: &[&Path], secrets: &[Secret]) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = originals
        .iter()
        .flat_map(|path| copies_of(path))
        .filter(|path| holds(path, secrets))
        .collect();
    found.sort();
    found.dedup();
    found
}

fn copies_of(original: &Path) -> Vec<PathBuf> {
    let (Some(folder), Some(name)) = (original.parent(), original.file_name()) else {
        return Vec::new();
    };
    let name = name.to_string_lossy();
    let is_copy = |other: &str| {
        let rest = other.strip_prefix(&*name);
        rest.is_some_and(|rest| rest.starts_with(['.', '~', '-', '_']))
    };
    let within = |below: &&str| {
        let folder = folder.join(below);
        // A folder that is not there, or can not be listed, has none.
        let names = sys::names_in(&folder).unwrap_or_default().into_iter();
        let copies = names.filter(|other| is_copy(&other.to_string_lossy()));
        copies.map(|other| folder.join(other)).collect::<Vec<_>>()
    };
    FOLDERS.iter().flat_map(within).collect()
}

/// Whether a file can be read and one of the secrets stands in it, as it is or as JSON writes it.
fn holds(path: &Path, secrets: &[Secret]) -> bool {
    // Whoever else writes there may have put a FIFO or a link: neither is a copy.
    let mut content = SecretBuffer::new();
    let read = SteadyFile::open(path).ok().map(|mut file| content.fill_from(&mut file, SIZE_LIMIT));
    if !matches!(read, Some(Ok(_))) {
        return false;
    }
    let content = content.into_secret();
    // EXPOSE: searched; that something was found is all that is told.
    let content = content.expose();
    secrets.iter().any(|secret| {
        // EXPOSE: what is searched for.
        let secret = secret.expose();
        contains(content, secret) || contains(content, &escaped(secret))
    })
}

fn escaped(secret: &[u8]) -> Vec<u8> {
    let escapes = |byte: &u8| match byte {
        b'"' | b'\\' => vec![b'\\', *byte],
        b'\n' => b"\\n".to_vec(),
        b'\r' => b"\\r".to_vec(),
        b'\t' => b"\\t".to_vec(),
        byte => vec![*byte],
    };
    secret.iter().flat_map(escapes).collect()
}

fn contains(content: &[u8], wanted: &[u8]) -> bool {
    !wanted.is_empty() && content.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_with_a_secret_are_found_and_others_are_not() {
        let home = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = home.path().join(name);
            sys::create_folder(path.parent().expect("it is in a folder")).expect("it is made");
            sys::write_private(&path, text.as_bytes()).expect("it is written");
            path
        };
        let original = write(".claude.json", "{}");
        let found = [
            write(".claude/backups/.claude.json.backup.1790000000000", "x hun\"ter2 x"),
            write(".claude.json.backup", "{\"k\": \"hun\\\"ter2\"}"),
        ];
        write(".claude/backups/.claude.json.backup.1790000000001", "{}");
        write("other.json", "hun\"ter2");
        let secrets = [Secret::copy_from(b"hun\"ter2")];
        assert_eq!(backups(&[&original], &secrets), found);
    }
}
