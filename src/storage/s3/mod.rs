//! Objects in a bucket of AWS, or of any server that speaks S3.
//!
//! The SDK is asynchronous and the rest of the program is not: the bridge is the runtime that each
//! [`S3`] owns, with one thread, the caller's. Several threads may ask at the same time; one of them
//! drives the network for all. Nothing of the SDK leaves this folder, and nothing here decides when
//! to ask again: that is [`super::Patient`]'s.
//!
//! An upload is one PUT, with its hash in the signature and as a checksum, and with
//! `If-None-Match: *`. Servers that ignore or refuse the condition exist, so each write looks first:
//! that costs a request and holds everywhere, as a repository has a single writer. Sizes come from
//! listings, since `HEAD` needs the right to read, which a machine that takes snapshots has not.

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
use std::sync::atomic::{AtomicBool, Ordering};

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

pub use bucket::{BadBucket, Bucket, PATIENCE};
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
    /// Cleared when the server has refused conditional writes.
    conditional: AtomicBool,
}

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
        Ok(Self { bucket, client, runtime, conditional: AtomicBool::new(true) })
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

    /// The request that stores `body`, but for the condition.
    fn put_request(
        &self,
        name: &ObjectName,
        body: &Body<'_>,
        progress: &Progress,
    ) -> Result<PutObjectFluentBuilder, Error> {
        let content = upload(body, progress).map_err(|source| Error::broken(name, source))?;
        let request = self.client.put_object().bucket(&self.bucket.name);
        Ok(request
            .key(self.bucket.key(name))
            .content_length(i64::try_from(body.size()).unwrap_or(i64::MAX))
            .checksum_sha256(base64(body.digest()))
            .body(content))
    }

    fn expect_fitting(&self, size: u64) -> Result<(), Error> {
        if size > LARGEST { Err(Error::Oversized { place: self.place(), size }) } else { Ok(()) }
    }

    fn send(&self, name: &ObjectName, body: &Body<'_>, conditional: bool) -> Result<Put, Error> {
        let (condition, progress) =
            (conditional.then(|| NOTHING_THERE.to_owned()), Progress::default());
        let request = self.put_request(name, body, &progress)?.set_if_none_match(condition);
        let request = request
            .customize()
            .interceptor(SignedHash(body.digest()))
            .config_override(client::for_upload());
        let sent = unless_stuck(request.send(), progress, client::patience(&self.bucket));
        let sent = self.runtime.block_on(sent);
        match sent.map_or_else(|| Err(Trouble::stuck()), |sent| sent.map_err(Trouble::from)) {
            Ok(_) => Ok(Put::Stored),
            Err(trouble) if trouble.is_taken() => Ok(Put::AlreadyThere),
            Err(trouble) if conditional && trouble.is_unknown_to_server() => {
                self.conditional.store(false, Ordering::Relaxed);
                self.send(name, body, false)
            }
            Err(trouble) => Err(self.failed(Right::Store)(trouble)),
        }
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

    fn put(&self, name: &ObjectName, body: &Body<'_>) -> Result<Put, Error> {
        self.expect_fitting(body.size())?;
        if self.head(name)?.is_some() {
            return Ok(Put::AlreadyThere);
        }
        self.send(name, body, self.conditional.load(Ordering::Relaxed))
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
