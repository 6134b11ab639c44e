//! What a home can have in it beside files, folders and links.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

use crate::crypto::Identity;
use crate::sys::{Interrupts, Variables};

use super::*;

#[test]
fn a_tree_in_another_is_looked_at_once_and_a_socket_is_no_device() {
    let place = tempfile::tempdir().expect("a folder");
    let home = place.path();
    let (store, gnupg) = (home.join(".password-store"), home.join(".gnupg"));
    sys::create_folder(&store).expect("makes");
    sys::create_folder(&gnupg).expect("makes");
    sys::write_private(&store.join("a"), b"").expect("writes");
    std::fs::set_permissions(store.join("a"), PermissionsExt::from_mode(0o4700)).expect("ours");
    let _agent = UnixListener::bind(gnupg.join("S.gpg-agent")).expect("listens");
    let fifo = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, gnupg.join("fifo"), fifo, 0o600.into(), 0).expect("makes");
    let site = Site {
        home,
        trees: &[home.to_owned(), store.clone(), gnupg.clone()],
        store: &store,
        gnupg: &gnupg,
        variables: &Variables::default(),
        path: "",
        identity: &Identity::join([]),
        scratch: home,
        interrupts: &Interrupts::hold(),
    };
    let mut findings = Findings::default();
    check(&site, &mut findings).expect("looks");
    let told: Vec<_> = findings.problems.into_iter().map(|problem| problem.told).collect();
    assert_eq!(
        told,
        [
            "~/.gnupg/fifo: it is no file, folder or link",
            "~/.password-store/a: it is set-uid or set-gid"
        ]
    );
}
