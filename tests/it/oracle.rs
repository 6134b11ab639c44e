//! The leak oracle: every secret of a world bears a canary, and this looks for it where it must not
//! be, in every disguise that an accident could give it.
//!
//! It reads what a command printed, every file that is left (names and link targets too), every
//! object of every git repository, and the memory file system where editors get their copies. Key
//! files have no canary, so the words that begin one count as leaks outside the files made for them.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use aho_corasick::AhoCorasick;

/// The beginnings of private keys, and the only files that may hold them.
const KEY_MARKS: [&str; 2] = ["AGE-SECRET-KEY-1", "-----BEGIN OPENSSH PRIVATE KEY"];
const KEY_FILES: [&str; 2] = ["vaultctl/identity.txt", "vaultctl/signing_key"];

/// Where programs put what must not reach a disk.
const MEMORY_FILES: &str = "/dev/shm";

/// Knows one canary in all its forms.
pub(crate) struct Oracle {
    forms: Vec<(&'static str, Vec<u8>)>,
    search: AhoCorasick,
    keys: AhoCorasick,
}

impl Oracle {
    pub(crate) fn new(canary: &str) -> Self {
        let forms = forms(canary.as_bytes());
        let search = searcher(forms.iter().map(|(_, form)| form.as_slice()));
        Self { forms, search, keys: searcher(KEY_MARKS.iter().map(|mark| mark.as_bytes())) }
    }

    /// What gives a secret away in `bytes`: the canary's form, or a private key.
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<&'static str> {
        let key = || self.keys.is_match(bytes).then_some("a private key");
        self.find_canary(bytes).or_else(key)
    }

    fn find_canary(&self, bytes: &[u8]) -> Option<&'static str> {
        // Encoders break lines and space out digits; a secret in pieces is still a secret.
        let unbroken: Vec<u8> =
            bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        self.search.find(&unbroken).map(|found| self.forms[found.pattern()].0)
    }

    /// Everything below `root` that gives a secret away, but for the files that are meant to.
    pub(crate) fn inspect(&self, root: &Path, meant: &BTreeSet<PathBuf>) -> Vec<String> {
        let mut leaks = Vec::new();
        for path in everything_below(root) {
            self.inspect_file(&path, meant, &mut leaks);
            if path.join("objects").is_dir() && path.join("HEAD").is_file() {
                self.inspect_objects(&path, &mut leaks);
            }
        }
        // Other tests' files come and go there; theirs bear other canaries.
        for path in everything_below(Path::new(MEMORY_FILES)) {
            leaks.extend(self.find_canary(&content(&path)).map(|form| leak(&path, form)));
        }
        leaks
    }

    fn inspect_file(&self, path: &Path, meant: &BTreeSet<PathBuf>, leaks: &mut Vec<String>) {
        leaks.extend(
            self.find(path.as_os_str().as_bytes())
                .map(|form| leak(path, &format!("its name, {form}"))),
        );
        if meant.contains(path) {
            return;
        }
        let is_key_file = KEY_FILES.iter().any(|file| path.ends_with(file));
        let find = if is_key_file { Self::find_canary } else { Self::find };
        leaks.extend(find(self, &content(path)).map(|form| leak(path, form)));
    }

    fn inspect_objects(&self, repository: &Path, leaks: &mut Vec<String>) {
        let mut git = Command::new("git");
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_DIR", repository);
        git.args(["-c", "safe.directory=*", "cat-file", "--batch-all-objects", "--batch"]);
        let objects = git.output().expect("git starts");
        assert!(
            objects.status.success(),
            "git reads {}: {:?}",
            repository.display(),
            objects.stderr
        );
        let found = self.find(&objects.stdout);
        leaks.extend(found.map(|form| leak(repository, &format!("a git object, {form}"))));
    }
}

fn leak(path: &Path, what: &str) -> String {
    format!("{}: {what}", path.display())
}

/// Letter case is no disguise: hexadecimal digits come in both.
fn searcher<'a>(needles: impl Iterator<Item = &'a [u8]>) -> AhoCorasick {
    AhoCorasick::builder().ascii_case_insensitive(true).build(needles).expect("a few short needles")
}

/// What a file holds, a link points to; nothing for folders, sockets, and what has just gone.
fn content(path: &Path) -> Vec<u8> {
    match path.symlink_metadata() {
        Ok(item) if item.is_file() => fs::read(path).unwrap_or_default(),
        Ok(item) if item.is_symlink() => {
            fs::read_link(path).map(|to| to.as_os_str().as_bytes().to_vec()).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// Every file, folder and link, `root` first; links are not followed.
pub(crate) fn everything_below(root: &Path) -> Vec<PathBuf> {
    let mut found = vec![root.to_owned()];
    let mut next = 0;
    while let Some(path) = found.get(next).cloned() {
        next += 1;
        if path.symlink_metadata().is_ok_and(|item| item.is_dir()) {
            let items = fs::read_dir(&path).into_iter().flatten().flatten();
            found.extend(items.map(|item| item.path()));
        }
    }
    found
}

fn forms(canary: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    // Half of a secret is too much of it already: masks that show "the first few" are caught.
    let (front, back) = canary.split_at(canary.len() / 2);
    let each =
        |render: fn(&u8) -> String| canary.iter().map(render).collect::<String>().into_bytes();
    let numbers: Vec<String> = canary.iter().map(u8::to_string).collect();
    let mut forms = vec![
        ("as it is", front.to_vec()),
        ("as it is", back.to_vec()),
        ("reversed", canary.iter().rev().copied().collect()),
        ("hexadecimal", each(|byte| format!("{byte:02x}"))),
        ("URL-encoded", each(|byte| format!("%{byte:02x}"))),
        ("escaped", each(|byte| format!("\\x{byte:02x}"))),
        ("escaped as JSON", each(|byte| format!("\\u{byte:04x}"))),
        ("UTF-16", each(|byte| format!("{}\0", char::from(*byte)))),
        ("a list of numbers", numbers.join(",").into_bytes()),
    ];
    // Letters and digits never need the two characters in which base64's alphabets differ.
    forms.extend((0..3).map(|skip| ("base64", base64(&canary[skip..]))));
    forms
}

/// base64 (RFC 4648) of as many whole triples as there are: the part that does not depend on what follows.
fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = Vec::new();
    for triple in bytes.chunks_exact(3) {
        let bits =
            usize::from(triple[0]) << 16 | usize::from(triple[1]) << 8 | usize::from(triple[2]);
        text.extend([18, 12, 6, 0].map(|shift| ALPHABET[bits >> shift & 63]));
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::world::World;

    /// How a secret gets disguised, done by other programs than ours.
    const DISGUISES: [&str; 15] = [
        "cat",
        "cut -c 1-20",
        "base64",
        "base64 -w 16",
        "basenc --base64url -w 0",
        "(printf x; cat) | base64",
        "(printf xy; cat) | base64",
        "od -An -v -tx1",
        "od -An -v -tx1 | tr -d ' \\n' | tr a-f A-F",
        "od -An -v -tx1 | tr -d '\\n' | tr ' ' %",
        "od -An -v -tx1 -w99 | sed 's/ /\\\\x/g'",
        "od -An -v -tu1 -w99 | sed 's/  */, /g'",
        "rev",
        "tr a-z A-Z",
        "iconv -f utf-8 -t utf-16le",
    ];

    fn disguised<'w>(world: &'w World, disguise: &str) -> crate::shell::Step<'w> {
        world.sh(disguise).input(format!("before {} after", world.canary()))
    }

    #[test]
    fn finds_a_secret_in_what_is_printed() {
        for disguise in DISGUISES {
            let world = World::new();
            let output = disguised(&world, disguise).reveal();
            assert!(world.oracle().find(&output.stdout).is_some(), "`{disguise}` hides it");
        }
    }

    #[test]
    fn finds_a_secret_in_a_file() {
        for disguise in DISGUISES {
            let world = World::new();
            disguised(&world, &format!("mkdir -p a/b; ({disguise}) > a/b/c")).run().ok();
            assert_eq!(world.leaks().len(), 1, "`{disguise}` hides it");
            std::fs::remove_file(world.path("a/b/c")).expect("it is there");
        }
    }

    #[test]
    fn finds_a_secret_in_history_that_is_in_no_file() {
        let world = World::new();
        let commit = "git -c user.name=a -c user.email=b commit -q -m";
        disguised(
            &world,
            &format!(
                "git init -q r; cd r; cat > f; git add f; {commit} one; git rm -q f; {commit} two"
            ),
        )
        .run()
        .ok();
        assert!(world.leaks()[0].contains("a git object, as it is"), "{:?}", world.leaks());
        world.sh("rm -rf r").run().ok();
    }

    #[test]
    fn finds_a_secret_in_a_name_and_a_link() {
        let world = World::new();
        disguised(&world, "ln -s \"$(cat)\" link; mkdir $(readlink link | cut -d' ' -f2)")
            .run()
            .ok();
        assert_eq!(world.leaks().len(), 2, "{:?}", world.leaks());
        world.sh("rm -r link cnry*").run().ok();
    }

    #[test]
    fn finds_a_private_key_outside_its_file() {
        let world = World::new();
        world.sh("mkdir -p .config/vaultctl; echo AGE-SECRET-KEY-1 | tee .config/vaultctl/identity.txt > x").run().ok();
        assert_eq!(world.leaks(), [format!("{}: a private key", world.path("x").display())]);
        world.sh("rm x").run().ok();
    }

    #[test]
    #[should_panic(expected = "leaks a secret (a private key) on its standard output")]
    fn a_command_that_prints_a_private_key_fails_its_test() {
        drop(World::new().sh("age-keygen 2> /dev/null").run());
    }

    #[test]
    fn leaves_innocent_text_and_planted_files_alone() {
        let world = World::new();
        world.plant("given.env", world.canary());
        world.plant("other", World::new().canary());
        assert!(world.leaks().is_empty());
    }

    #[test]
    #[should_panic(expected = "secrets were left in the clear")]
    fn a_world_with_a_leak_fails_its_test() {
        let world = World::new();
        disguised(&world, "cat > left").run().ok();
    }

    #[test]
    #[should_panic(expected = "leaks a secret (base64) on its standard error")]
    fn a_command_that_leaks_fails_its_test() {
        let world = World::new();
        drop(disguised(&world, "base64 >&2").run());
    }
}
