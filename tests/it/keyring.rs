//! OpenPGP keys without a passphrase, made once and copied into every world that wants them.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::oracle::everything_below;
use super::world::World;

/// Ann, Ben and Cleo can be encrypted to and opened; Dora's secret key is elsewhere; nobody vouches
/// for Eve's; Fred's has expired.
const MAKE: &str = r#"
set -e
make() { gpg --quiet --batch --passphrase '' "$@" future-default default "${expires:-never}" 2>&1; }
make --quick-gen-key 'Ann Arbor <ann@example.org>'
make --quick-gen-key 'Ben <ben@example.org>'
make --quick-gen-key 'Cleo (work) <cleo@work.example>'
make --quick-gen-key 'Dora <dora@elsewhere.example>'
expires=1d make --faked-system-time 20200101T000000 --quick-gen-key 'Fred <fred@example.org>'
mkdir -m 700 elsewhere
GNUPGHOME=$PWD/elsewhere make --quick-gen-key 'Eve <eve@elsewhere.example>'
GNUPGHOME=$PWD/elsewhere gpg --export > eve
GNUPGHOME=$PWD/elsewhere gpgconf --kill all
gpg --quiet --batch --import eve
fingerprint() { gpg --with-colons --list-keys "$1" | awk -F: '/^fpr/ { print $10; exit }'; }
gpg --quiet --batch --yes --delete-secret-keys "$(fingerprint dora)"
gpg --check-trustdb 2>&1
gpgconf --kill all
"#;

/// Shell variables with the fingerprints, for who names a key so.
const NAMES: &str = r#"
for who in ann ben cleo; do
  gpg --with-colons --list-keys $who |
    awk -F: -v name=$(echo $who | tr a-z A-Z) '/^fpr/ { print name "=" $10; exit }'
done
"#;

const OPTIONS: &str = "no-auto-check-trustdb
group team=ann@example.org ben@example.org
group our whole team=ann@example.org ben@example.org cleo@work.example
";

/// What is in `GNUPGHOME`, and the names of some keys.
pub(crate) struct Keyring {
    files: Vec<(PathBuf, Vec<u8>)>,
    /// Assignments for a shell: `ANN=0123…`.
    pub(crate) names: String,
}

impl Keyring {
    /// The one of this run.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Keyring> = OnceLock::new();
        SHARED.get_or_init(Self::make)
    }

    fn make() -> Self {
        let world = World::new();
        drop(world.sh(MAKE).run().ok());
        let names = world.sh(NAMES).run().ok();
        world.sh("gpgconf --kill all; rm -r elsewhere eve").run().ok();
        Self { files: files_below(&world.path(".gnupg")), names }
    }

    /// A home with these keys, in which `pass` is `program`; the real one if it is none.
    pub(crate) fn home(&self, program: Option<&Path>) -> World {
        let world = World::new();
        self.install(&world);
        world.plant(".gitconfig", "[user]\n\tname = Ann\n\temail = ann@example.org\n");
        if let Some(program) = program {
            world.link("pass", program);
        }
        world
    }

    fn install(&self, world: &World) {
        for (name, content) in &self.files {
            world.plant(&format!(".gnupg/{}", name.display()), content);
        }
        world.plant(".gnupg/gpg.conf", OPTIONS);
    }
}

fn files_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut paths = everything_below(folder);
    paths.retain(|path| path.is_file());
    paths
        .into_iter()
        .map(|path| (path.clone(), fs::read(&path).expect("a key file is there")))
        .map(|(path, content)| {
            (path.strip_prefix(folder).expect("it is below").to_owned(), content)
        })
        .collect()
}
