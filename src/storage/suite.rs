//! What every storage must do: one suite, run by each.

use std::io::{Read, Write};

use crate::crypto::{Digest, Identity, Sealed, Signed, Signer, seal};
use crate::sys::Spool;

use super::memory::Memory;
use super::{Body, Error, Local, ObjectName, Put, Storage, get_whole, put_new, put_signed};

pub(super) fn name(text: &str) -> ObjectName {
    text.parse().expect("is one")
}

pub(super) fn statement() -> Signed {
    Signer::from_seed(&[1; 32], "").sign("test", b"statement".to_vec())
}

/// Every storage brings itself to this function, empty.
pub(super) fn suite(storage: &dyn Storage) {
    nothing_is_there_at_first(storage);
    put_signed(storage, &name("folder/name"), &statement()).expect("stores");
    what_was_put_is_there(storage);
    nothing_is_replaced(storage);
    what_was_deleted_is_gone(storage);
    what_is_sealed_is_streamed(storage);
    several_threads_use_one(storage);
}

fn nothing_is_there_at_first(storage: &dyn Storage) {
    let name = name("folder/name");
    assert_eq!(storage.head(&name).expect("answers"), None);
    assert!(matches!(storage.get(&name), Err(Error::NotFound(_))));
    assert_eq!(storage.list(&self::name("folder")).expect("answers"), []);
}

fn what_was_put_is_there(storage: &dyn Storage) {
    let name = name("folder/name");
    assert_eq!(storage.head(&name).expect("answers"), Some(9));
    assert_eq!(get_whole(storage, &name, 9).expect("gets"), b"statement");
    let larger = get_whole(storage, &name, 8);
    assert!(matches!(larger, Err(Error::TooLarge(_))));
    let listed = storage.list(&self::name("folder")).expect("lists");
    let names: Vec<_> = listed.into_iter().map(|listed| listed.name).collect();
    assert_eq!(names, [name.clone(), name.signature()]);
    assert_eq!(storage.list(&self::name("fold")).expect("lists"), []);
}

fn nothing_is_replaced(storage: &dyn Storage) {
    let name = name("folder/name");
    let again = storage.put(&name, &Body::Signature(&statement()));
    assert_eq!(again.expect("answers"), Put::AlreadyThere);
    assert_eq!(get_whole(storage, &name, 9).expect("gets"), b"statement");
    put_signed(storage, &name, &statement()).expect("is the same again");
    let other = Signer::from_seed(&[1; 32], "").sign("test", b"otherwise".to_vec());
    assert!(matches!(put_signed(storage, &name, &other), Err(Error::Taken(_))));
}

fn what_was_deleted_is_gone(storage: &dyn Storage) {
    let name = name("folder/name");
    storage.delete(&name).expect("deletes");
    storage.delete(&name).expect("deletes nothing");
    assert_eq!(storage.head(&name).expect("answers"), None);
}

/// Larger than any buffer on the way, and read from the middle too.
fn what_is_sealed_is_streamed(storage: &dyn Storage) {
    let sealed = sealed(3_000_000);
    let name = name(&format!("packs/aa/{}.tar.zst.age", sealed.digest()));
    for _ in 0..2 {
        put_new(storage, &name, &Body::Sealed(&sealed)).expect("stores it, or finds it there");
    }
    assert_eq!(storage.head(&name).expect("answers"), Some(sealed.size()));
    let whole = get_whole(storage, &name, sealed.size()).expect("gets");
    assert_eq!(Digest::of(&whole), sealed.digest());
    for offset in [1, 1_500_000, whole.len() - 1, whole.len()] {
        let mut rest = Vec::new();
        let reader = storage.get_from(&name, offset as u64);
        reader.expect("gets").read_to_end(&mut rest).expect("reads");
        assert!(rest == whole[offset..], "from {offset}");
    }
}

fn sealed(size: usize) -> Sealed<Spool> {
    let folder = tempfile::tempdir().expect("a folder");
    let recipient = Identity::make().1;
    let spool = Spool::make(folder.path()).expect("makes");
    let mut sealer = seal(&[recipient], spool).expect("begins");
    let plain: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
    sealer.write_all(&plain).expect("writes");
    sealer.finish().expect("seals")
}

fn several_threads_use_one(storage: &dyn Storage) {
    let each = |number: usize| {
        let name = name(&format!("many/{number}"));
        let signed = Signer::from_seed(&[2; 32], "").sign("test", vec![b'x'; 1000 * number]);
        put_new(storage, &name, &Body::Statement(&signed)).expect("stores");
        let bytes = get_whole(storage, &name, 100_000).expect("gets");
        assert_eq!(bytes, signed.statement());
    };
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || (1..=5).for_each(|number| each(thread * 5 + number)));
        }
    });
    assert_eq!(storage.list(&name("many")).expect("lists").len(), 20);
}

#[test]
fn memory_is_a_storage() {
    suite(&Memory::default());
}

#[test]
fn a_folder_is_a_storage() {
    let place = tempfile::tempdir().expect("a folder");
    suite(&Local::create(&place.path().join("new")).expect("makes"));
}
