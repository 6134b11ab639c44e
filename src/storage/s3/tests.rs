//! The suite, and what only a server can show, against a real server in this process.
#![expect(clippy::disallowed_methods, reason = "the tests put files where the server finds them")]

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use crate::crypto::Signer;
use crate::secret::SecretText;

use super::super::suite::{name, statement, suite};
use super::super::{Patient, put_new, put_signed};
use super::bucket::PATIENCE;
use super::*;

#[expect(dead_code, reason = "the tests that run the program look at more of it")]
#[path = "../../../tests/it/bucket_server.rs"]
mod bucket_server;

use bucket_server::{Asked, BucketServer};

const KEY: (&str, &str) = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");

/// A server with one bucket.
struct Place {
    folder: TempDir,
    server: BucketServer,
}

impl Place {
    fn new(rule: impl Fn(&Asked) -> bool + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("vault")).expect("is made");
        let server = BucketServer::start(folder.path(), &[KEY], Arc::new(rule));
        Self { folder, server }
    }

    fn bucket(&self, path: &str) -> S3 {
        self.bucket_of(path, KEY)
    }

    fn bucket_of(&self, path: &str, key: (&str, &str)) -> S3 {
        let url = format!("s3://{path}?endpoint=http://{}&patience=5", self.server.address());
        let secret = SecretText::copy_from(key.1);
        let credentials = Credentials::new(key.0.to_owned(), secret, None);
        S3::open(url.parse().expect("is one"), &credentials).expect("opens")
    }
}

fn anything(_: &Asked) -> bool {
    true
}

#[test]
fn a_bucket_is_a_storage() {
    let place = Place::new(anything);
    suite(&place.bucket("vault"));
}

#[test]
fn a_part_of_a_bucket_is_a_storage_with_patience_too() {
    let place = Place::new(anything);
    suite(&Patient::new(place.bucket("vault/some/part"), PATIENCE));
    // A neighbour whose name begins alike sees nothing of it.
    let neighbour = place.bucket("vault/some/par");
    assert_eq!(neighbour.list(&name("many")).expect("lists"), []);
}

#[test]
fn a_listing_has_as_many_pages_as_it_takes() {
    let place = Place::new(anything);
    let folder = place.folder.path().join("vault/many");
    fs::create_dir(&folder).expect("is made");
    for number in 0..2_345 {
        fs::write(folder.join(format!("{number:05}")), b"x").expect("is written");
    }
    let listed = place.bucket("vault").list(&name("many")).expect("lists");
    assert_eq!(listed.len(), 2_345);
    assert_eq!(listed.last().expect("has one").name.as_str(), "many/02344");
}

#[test]
fn the_server_says_when_something_was_stored() {
    let place = Place::new(anything);
    let bucket = place.bucket("vault");
    put_signed(&bucket, &name("folder/name"), &statement()).expect("stores");
    for listed in bucket.list(&name("folder")).expect("lists") {
        let file = place.folder.path().join("vault").join(listed.name.as_str());
        let age = file.metadata().and_then(|file| file.modified()).expect("is there");
        let seconds = age.duration_since(std::time::UNIX_EPOCH).expect("is later").as_secs();
        assert_eq!(listed.stored.as_second().unsigned_abs(), seconds);
    }
}

#[test]
fn the_probe_sees_a_server_that_keeps_its_promises() {
    let place = Place::new(anything);
    let expected = Probed { conditional: Conditional::Enforced, checksum: true, delete: true };
    for _ in 0..2 {
        assert_eq!(place.bucket("vault").probe().expect("answers"), expected);
    }
    assert_eq!(place.bucket("vault").head(&name("vaultctl-probe")).expect("answers"), None);
}

#[test]
fn the_probe_sees_what_the_credentials_may_not() {
    let place = Place::new(|asked| asked.action != "s3:DeleteObject");
    for _ in 0..2 {
        let probed = place.bucket("vault").probe().expect("answers");
        assert_eq!((probed.conditional, probed.delete), (Conditional::Enforced, false));
    }
}

#[test]
fn each_missing_right_is_named() {
    let signed = statement();
    for right in ["s3:PutObject", "s3:GetObject", "s3:ListBucket", "s3:DeleteObject"] {
        let place = Place::new(move |asked| asked.action != right);
        let bucket = place.bucket("vault");
        let stored = place.folder.path().join("vault/there");
        fs::write(&stored, b"something").expect("is written");
        let tried = match right {
            "s3:PutObject" => put_new(&bucket, &name("new"), &Body::Statement(&signed)),
            "s3:GetObject" => bucket.get(&name("there")).map(drop),
            "s3:ListBucket" => bucket.list(&name("folder")).map(drop),
            _ => bucket.delete(&name("there")),
        };
        match tried {
            Err(Error::Denied { right: named, .. }) => assert!(named.contains(right), "{named}"),
            other => panic!("{right}: {other:?}"),
        }
    }
}

/// AWS answers 403 for what is not there, when the right to list has a condition.
#[test]
fn what_may_not_be_read_because_it_is_not_there_is_missing() {
    let place = Place::new(|asked| asked.action != "s3:GetObject");
    let bucket = place.bucket("vault");
    let got = bucket.get(&name("nothing"));
    assert!(matches!(got, Err(Error::NotFound(_))));
}

#[test]
fn wrong_credentials_and_buckets_are_told_apart() {
    let place = Place::new(anything);
    let head = |bucket: S3| bucket.head(&name("a")).expect_err("is refused");
    let unknown = head(place.bucket_of("vault", ("AKIDOTHER", "secret")));
    assert!(matches!(unknown, Error::BadCredentials { .. }), "{unknown:?}");
    let wrong = head(place.bucket_of("vault", (KEY.0, "wrong")));
    assert!(matches!(wrong, Error::BadCredentials { .. }), "{wrong:?}");
    let missing = head(place.bucket("other"));
    assert!(matches!(missing, Error::NoBucket(_)), "{missing:?}");
    assert!(!format!("{unknown}{wrong}{missing}").contains("secret"));
}

#[test]
fn a_server_that_is_gone_does_not_answer() {
    let place = Place::new(anything);
    let bucket = place.bucket("vault");
    drop(place);
    let patient = Patient::new(bucket, Duration::ZERO);
    let error = patient.head(&name("a")).expect_err("nobody answers");
    assert!(matches!(error, Error::NoAnswer { .. }), "{error:?}");
}

#[test]
fn what_is_too_large_for_one_request_is_refused() {
    let place = Place::new(anything);
    let bucket = place.bucket("vault");
    bucket.expect_fitting(5 << 30).expect("is the limit of AWS");
    let larger = bucket.expect_fitting((5 << 30) + 1);
    assert!(matches!(larger, Err(Error::Oversized { .. })));
}

#[test]
fn bytes_that_are_not_those_of_their_hash_are_refused() {
    let place = Place::new(anything);
    let bucket = place.bucket("vault");
    let signed = Signer::from_seed(&[3; 32], "").sign("test", b"other bytes".to_vec());
    let digest = Digest::of(signed.statement());
    let content = upload(&Body::Statement(&signed), &Progress::default()).expect("is in memory");
    let request = bucket.put_request(&name("x"), digest, EXTRAS[0]).body(content);
    let wrong = SignedHash(Digest::of(b"not those"));
    let sent = bucket.runtime.block_on(request.customize().interceptor(wrong).send());
    let error = bucket.failed(Right::Store)(sent.expect_err("is refused").into());
    assert!(matches!(error, Error::NoAnswer { .. }), "{error:?}");
    assert_eq!(bucket.head(&name("x")).expect("answers"), None);
}
