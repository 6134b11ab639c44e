//! Objects in a bucket of AWS, or of any server that speaks S3.
//!
//! The SDK is asynchronous and the rest of the program is not: the bridge is the runtime that each
//! [`S3`] owns, with one thread, the caller's. Several threads may ask at the same time; one of them
//! drives the network for all. Nothing of the SDK leaves this folder, and nothing here decides when
//! to ask again: that is [`super::Patient`]'s.
//!
//! An upload is one PUT, with its hash in the signature and as a checksum, and with
//! `If-None-Match: *`. Servers that ignore or refuse the condition or the checksum exist: the hash in
//! the signature they all check, and each write looks first, which costs a request and holds
//! everywhere, as a repository has a single writer. Sizes come from listings, since `HEAD` needs the
//! right to read, which a machine that takes snapshots has not.

mod bucket;
mod client;
mod credentials;
mod policy;
mod probe;
#[cfg(test)]
mod tests;
mod transfer;
mod trouble;

use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::types::Object;
use jiff::Timestamp;
use tokio::runtime::{self, Runtime};

use crate::crypto::Digest;

use self::transfer::{Download, Progress, SignedHash, unless_stuck, upload};
use self::trouble::{Right, Trouble};
use super::{Body, Error, Listed, ObjectName, Put, Storage};

pub use bucket::{BadBucket, Bucket};
pub use credentials::{Credentials, Incomplete};
pub use policy::writer_policy;
pub use probe::{Conditional, Probed};

/// The largest object that one PUT can bring (bytes): AWS's limit, and everybody's.
const LARGEST: u64 = 5 * 1024 * 1024 * 1024;

/// The condition that nothing has the name.
const NOTHING_THERE: &str = "*";

/// A part of a bucket.
pub struct S3 {
    bucket: Bucket,
    client: Client,
    runtime: Runtime,
    /// Which of [`EXTRAS`] this server takes, as far as is known.
    extras: AtomicUsize,
}

/// What goes with a write, beside the hash in its signature.
#[derive(Clone, Copy)]
struct Extras {
    /// `If-None-Match`: nothing is replaced.
    condition: bool,
    /// `x-amz-checksum-sha256`: the server compares, and remembers it.
    checksum: bool,
}

/// From the most to the least: there are servers that refuse what they do not know.
const EXTRAS: [Extras; 4] = [
    Extras { condition: true, checksum: true },
    Extras { condition: false, checksum: true },
    Extras { condition: true, checksum: false },
    Extras { condition: false, checksum: false },
];

impl S3 {
    /// That bucket, for whoever has these credentials. Nothing is sent yet.
    ///
    /// # Errors
    /// When the system has no more file descriptors.
    pub fn open(bucket: Bucket, credentials: &Credentials) -> Result<Self, Error> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Error::Refused {
            place: bucket.place(),
            reason: format!("the system has nothing to wait with: {error}"),
        })?;
        let client = client::client(&bucket, credentials);
        Ok(Self { bucket, client, runtime, extras: AtomicUsize::new(0) })
    }

    /// What to make of trouble with something that was wanted.
    fn failed(&self, right: Right) -> impl Fn(Trouble) -> Error {
        let place = self.bucket.place();
        move |trouble| trouble.into_error(place.clone(), right)
    }

    /// One page of names that begin with `prefix`.
    fn page(
        &self,
        prefix: &str,
        after: Option<String>,
        most: Option<i32>,
    ) -> Result<ListObjectsV2Output, Error> {
        let request = self.client.list_objects_v2().bucket(&self.bucket.name).prefix(prefix);
        let request = request.set_continuation_token(after).set_max_keys(most);
        let page = self.runtime.block_on(request.send()).map_err(Trouble::from);
        page.map_err(|trouble| self.failed(Right::List)(trouble))
    }

    fn listed(&self, object: &Object) -> Option<Listed> {
        let stored = object.last_modified().and_then(|at| Timestamp::from_second(at.secs()).ok());
        Some(Listed {
            name: self.bucket.name_of(object.key()?)?,
            size: u64::try_from(object.size()?).ok()?,
            stored: stored.unwrap_or(Timestamp::MAX),
        })
    }

    fn expect_fitting(&self, size: u64) -> Result<(), Error> {
        if size > LARGEST { Err(Error::Oversized { place: self.place(), size }) } else { Ok(()) }
    }

    /// Does a write with all that this server takes.
    fn write(&self, write: impl Fn(Extras) -> Result<(), Trouble>) -> Result<(), Trouble> {
        let mut taken = self.extras.load(Ordering::Relaxed);
        loop {
            match write(EXTRAS[taken]) {
                Err(trouble) if trouble.is_unknown_to_server() && taken + 1 < EXTRAS.len() => {
                    taken += 1;
                }
                written => {
                    if written.is_ok() {
                        self.extras.store(taken, Ordering::Relaxed);
                    }
                    return written;
                }
            }
        }
    }

    fn send(&self, name: &ObjectName, body: &Body<'_>, extras: Extras) -> Result<(), Trouble> {
        let progress = Progress::default();
        let content = upload(body, &progress).map_err(|error| Trouble::unsendable(&error))?;
        let request = self.put_request(name, body.digest(), extras).body(content);
        let request = request
            .content_length(i64::try_from(body.size()).unwrap_or(i64::MAX))
            .customize()
            .interceptor(SignedHash(body.digest()))
            .config_override(client::for_upload());
        let sent = unless_stuck(request.send(), progress, client::patience(&self.bucket));
        let sent = self.runtime.block_on(sent).ok_or_else(Trouble::stuck)?;
        Ok(sent.map(drop)?)
    }

    /// The request that stores what has that hash.
    fn put_request(
        &self,
        name: &ObjectName,
        digest: Digest,
        extras: Extras,
    ) -> PutObjectFluentBuilder {
        let request = self.client.put_object().bucket(&self.bucket.name);
        request
            .key(self.bucket.key(name))
            .set_if_none_match(extras.condition.then(|| NOTHING_THERE.to_owned()))
            .set_checksum_sha256(extras.checksum.then(|| base64(digest)))
    }

    fn remove(&self, name: &ObjectName) -> Result<(), Error> {
        let request = self.client.delete_object().bucket(&self.bucket.name);
        let removed = self.runtime.block_on(request.key(self.bucket.key(name)).send());
        match removed.map_err(Trouble::from) {
            Err(trouble) if !trouble.is_missing() => Err(self.failed(Right::Delete)(trouble)),
            _ => Ok(()),
        }
    }

    /// AWS answers whoever may not list everything that he may not read what is not there at all.
    fn not_had(&self, name: &ObjectName, trouble: Trouble) -> Error {
        let is_missing =
            trouble.is_missing() || trouble.is_denied() && matches!(self.head(name), Ok(None));
        if is_missing { Error::NotFound(name.clone()) } else { self.failed(Right::Read)(trouble) }
    }
}

impl Storage for S3 {
    fn place(&self) -> String {
        self.bucket.place()
    }

    fn dates_by_its_own_clock(&self) -> bool {
        true
    }

    fn put(&self, name: &ObjectName, body: &Body<'_>) -> Result<Put, Error> {
        self.expect_fitting(body.size())?;
        if self.head(name)?.is_some() {
            return Ok(Put::AlreadyThere);
        }
        match self.write(|extras| self.send(name, body, extras)) {
            Ok(()) => Ok(Put::Stored),
            Err(trouble) if trouble.is_taken() => Ok(Put::AlreadyThere),
            Err(trouble) => Err(self.failed(Right::Store)(trouble)),
        }
    }

    fn get(&self, name: &ObjectName) -> Result<Box<dyn Read + '_>, Error> {
        self.get_from(name, 0)
    }

    fn get_from(&self, name: &ObjectName, offset: u64) -> Result<Box<dyn Read + '_>, Error> {
        let range = (offset > 0).then(|| format!("bytes={offset}-"));
        let request = self.client.get_object().bucket(&self.bucket.name);
        let request = request.key(self.bucket.key(name)).set_range(range);
        let answer = match self.runtime.block_on(request.send()).map_err(Trouble::from) {
            Err(trouble) if trouble.is_past_the_end() => return Ok(Box::new(io::empty())),
            answer => answer.map_err(|trouble| self.not_had(name, trouble))?,
        };
        let is_part = answer.content_range().is_some();
        let mut reader = Download { storage: self, stream: answer.body, piece: Default::default() };
        if offset > 0 && !is_part {
            // A server that knows no ranges sends it all.
            let skipped = io::copy(&mut reader.by_ref().take(offset), &mut io::sink());
            skipped.map_err(|source| Error::broken(name, source))?;
        }
        Ok(Box::new(reader))
    }

    fn head(&self, name: &ObjectName) -> Result<Option<u64>, Error> {
        // Of all names that begin with this one, it is the first itself.
        let page = self.page(&self.bucket.key(name), None, Some(1))?;
        let listed = page.contents().iter().find_map(|object| self.listed(object));
        Ok(listed.filter(|listed| listed.name == *name).map(|listed| listed.size))
    }

    fn list(&self, folder: &ObjectName) -> Result<Vec<Listed>, Error> {
        let prefix = self.bucket.key(folder) + "/";
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = self.page(&prefix, after.take(), None)?;
            listed.extend(page.contents().iter().filter_map(|object| self.listed(object)));
            match page.next_continuation_token {
                Some(token) if page.is_truncated == Some(true) => after = Some(token),
                _ => return Ok(listed),
            }
        }
    }

    fn delete(&self, name: &ObjectName) -> Result<(), Error> {
        self.remove(name)
    }
}

/// A hash as S3 writes it in headers.
fn base64(digest: Digest) -> String {
    aws_smithy_types::base64::encode(digest.bytes())
}
