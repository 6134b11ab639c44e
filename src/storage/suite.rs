//! What every storage must do: one suite, run by each.

use crate::crypto::{Signed, Signer};

use super::memory::Memory;
use super::{Body, Error, Local, ObjectName, Put, Storage, get_whole, put_signed};

fn name(text: &str) -> ObjectName {
    text.parse().expect("is one")
}

fn statement() -> Signed {
    Signer::from_seed(&[1; 32], "").sign("test", b"statement".to_vec())
}

/// The next storage brings itself to this function.
fn suite(storage: &dyn Storage) {
    nothing_is_there_at_first(storage);
    put_signed(storage, &name("folder/name"), &statement()).expect("stores");
    what_was_put_is_there(storage);
    nothing_is_replaced(storage);
    what_was_deleted_is_gone(storage);
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
    let taken = put_signed(storage, &name, &statement());
    assert!(matches!(taken, Err(Error::Taken(_))));
}

fn what_was_deleted_is_gone(storage: &dyn Storage) {
    let name = name("folder/name");
    storage.delete(&name).expect("deletes");
    storage.delete(&name).expect("deletes nothing");
    assert_eq!(storage.head(&name).expect("answers"), None);
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
