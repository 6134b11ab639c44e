//! Random trees come back identical, whoever restores them: content, modes, times, links, odd names.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::snapshot::{BUSYBOX, DASH, Machine, assert_same, coarse, describe, succeeded};

/// Where the trees are: one is stored whole, the other in parts.
const ROOTS: [&str; 2] = [".claude/agents", ".claude/projects/p"];

/// Something in a tree.
#[derive(Clone, Debug)]
struct Planted {
    root: usize,
    names: Vec<Vec<u8>>,
    what: What,
    mode: u32,
    mtime: (u64, u32),
}

#[derive(Clone, Debug)]
enum What {
    File(Vec<u8>),
    Link(Vec<u8>),
    Folder,
    /// Another name of what was planted before.
    HardLink(usize),
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    let odd = prop_oneof![
        Just(b"-n".to_vec()),
        Just("emoji 🔑 ü".as_bytes().to_vec()),
        Just(b"not \xff\xfe UTF-8".to_vec()),
        Just(vec![b'x'; 255]),
        "[a-c \n\t'\"$`*?\\\\;&|<>#!~=-]{1,12}".prop_map(String::into_bytes),
    ];
    odd.prop_filter("is a name", |name| name != b"." && name != b"..")
}

fn what() -> impl Strategy<Value = What> {
    // Of a folder in which a link leads to an absolute path or upwards, GNU tar 1.34 sometimes loses
    // the time: it makes such links last. `docs/format.md` says so.
    let text = prop_oneof![name(), Just(vec![b'y'; 300])];
    prop_oneof![
        4 => proptest::collection::vec(any::<u8>(), 0..3000).prop_map(What::File),
        1 => text.prop_map(What::Link),
        1 => Just(What::Folder),
        1 => (0_usize..20).prop_map(What::HardLink),
    ]
}

prop_compose! {
    fn planted()(
        root in 0..ROOTS.len(),
        names in proptest::collection::vec(name(), 1..4),
        what in what(),
        mode in prop::sample::select(vec![0o400_u32, 0o600, 0o640, 0o755, 0o500]),
        mtime in (0_u64..4_000_000_000, 0_u32..1_000_000_000),
    ) -> Planted {
        Planted { root, names, what, mode, mtime }
    }
}

fn plant(home: &Path, tree: &[Planted]) {
    let mut files: Vec<PathBuf> = Vec::new();
    for planted in tree {
        let below: PathBuf = planted.names.iter().map(|name| OsStr::from_bytes(name)).collect();
        let path = home.join(ROOTS[planted.root]).join(below);
        let folder = path.parent().expect("has one");
        // What is in the way of another is a matter of chance.
        if fs::create_dir_all(folder).is_err() || path.symlink_metadata().is_ok() {
            continue;
        }
        match &planted.what {
            What::File(content) => {
                fs::write(&path, content).expect("is written");
                finish(&path, planted);
                files.push(path);
            }
            What::Link(text) => symlink(OsStr::from_bytes(text), &path).expect("links"),
            What::Folder => fs::create_dir(&path).expect("is made"),
            What::HardLink(number) if !files.is_empty() => {
                fs::hard_link(&files[number % files.len()], &path).expect("links");
            }
            What::HardLink(_) => {}
        }
    }
}

fn finish(path: &Path, planted: &Planted) {
    let file = File::options().write(true).open(path).expect("opens");
    let mtime = Duration::new(planted.mtime.0, planted.mtime.1);
    file.set_modified(SystemTime::UNIX_EPOCH + mtime).expect("is set");
    fs::set_permissions(path, Permissions::from_mode(planted.mode)).expect("is set");
}

/// Restores with each reader, and compares.
fn check(tree: &[Planted]) {
    let machine = Machine::with_home(|home| {
        ROOTS.iter().for_each(|root| fs::create_dir_all(home.join(root)).expect("is made"));
        plant(home, tree);
    });
    let output = machine.ok(&["snapshot", "create", "--to", "repository"]);
    assert!(output.ends_with("000001\n"), "{output}");
    let expected = describe(&machine.path("home/.claude"));
    machine.ok(&["snapshot", "restore", "--to", "repository", "--target", "ours"]);
    assert_same(&expected, &describe(&machine.path("ours/HOME/.claude")));
    for (tar, shell) in [("tar", DASH), ("bsdtar", BUSYBOX), ("busybox", BUSYBOX)] {
        succeeded(&machine.restore_sh(shell, tar, &["-i", "paper.txt", "repository", tar]));
        let restored = describe(&machine.path(tar).join("HOME/.claude"));
        if tar == "busybox" {
            assert_same(&coarse(expected.clone()), &coarse(restored));
        } else {
            assert_same(&expected, &restored);
        }
    }
}

#[test]
fn random_trees_come_back_identical() {
    let config =
        Config { cases: 12, max_shrink_iters: 40, failure_persistence: None, ..Config::default() };
    let trees = proptest::collection::vec(planted(), 1..25);
    let run = TestRunner::new(config).run(&trees, |tree| {
        check(&tree);
        Ok(())
    });
    run.expect("every tree comes back");
}
