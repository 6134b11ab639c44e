//! Many entries opened by one `gpg`: a process for each would take most of the test's time.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::world::World;

/// What is in one file of ciphertext.
#[derive(Default)]
pub(super) struct Opened {
    /// The ids of the keys that it is for.
    pub(super) recipients: BTreeSet<String>,
    /// Nothing if `gpg` can not open it.
    pub(super) plaintext: Option<Vec<u8>>,
}

/// Opens copies, since `gpg` writes beside what it opens, and removes them.
pub(super) fn open_all(world: &World, paths: &[&PathBuf]) -> Vec<Opened> {
    if paths.is_empty() {
        return Vec::new();
    }
    let bench = world.path(".opened");
    fs::create_dir(&bench).expect("it was removed");
    let copies: Vec<PathBuf> =
        (0..paths.len()).map(|number| bench.join(format!("{number}.gpg"))).collect();
    for (path, copy) in paths.iter().zip(&copies) {
        fs::copy(path, copy).expect("it is there");
    }
    let status = decrypt_files(world, &copies);
    let opened = copies.iter().map(|copy| opened(copy, &status)).collect();
    fs::remove_dir_all(&bench).expect("it is ours");
    opened
}

/// What `gpg` says on its status descriptor (GnuPG, doc/DETAILS).
fn decrypt_files(world: &World, files: &[PathBuf]) -> String {
    let mut gpg = world.command("gpg");
    gpg.args(["--quiet", "--batch", "--status-fd", "1", "--decrypt-files"]).args(files);
    String::from_utf8_lossy(&gpg.output().expect("gpg starts").stdout).into_owned()
}

fn opened(copy: &Path, status: &str) -> Opened {
    let begin = format!("[GNUPG:] FILE_START 3 {}\n", copy.display());
    let told = status.split_once(&begin).map_or("", |(_, rest)| rest);
    let told = told.split("[GNUPG:] FILE_START").next().unwrap_or_default();
    let key =
        |line: &str| Some(line.strip_prefix("[GNUPG:] ENC_TO ")?.split(' ').next()?.to_owned());
    Opened {
        recipients: told.lines().filter_map(key).collect(),
        plaintext: fs::read(copy.with_extension("")).ok(),
    }
}
