//! Bytes on their way: out of a spool into a request, out of an answer into a reader.

use std::io::{self, Read};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use aws_runtime::auth::PayloadSigningOverride;
use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::primitives::{ByteStream, SdkBody};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::timeout;

use crate::crypto::Digest;
use crate::sys::{DetachedReader, Spool};

use super::super::Body;
use super::S3;
use super::trouble::{Right, Trouble};

/// How much is sent at a time (bytes).
const PIECE: usize = 256 * 1024;

/// How much of an upload has been sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress(Arc<AtomicU64>);

impl Progress {
    fn so_far(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Waits for a request, however long it takes to send what it brings; `None` when for as long as
/// there is patience nothing more was taken, and no answer came.
pub(super) async fn unless_stuck<F: Future>(
    request: F,
    progress: Progress,
    patience: Duration,
) -> Option<F::Output> {
    let mut request = pin!(request);
    let mut seen = 0;
    loop {
        match timeout(patience, request.as_mut()).await {
            Ok(answer) => return Some(answer),
            Err(_) if progress.so_far() > seen => seen = progress.so_far(),
            Err(_) => return None,
        }
    }
}

/// What is stored, as the body of a request. What is sealed stays on the disk until it is sent.
pub(super) fn upload(body: &Body<'_>, progress: &Progress) -> io::Result<ByteStream> {
    let sdk_body = match body {
        Body::Sealed(sealed) => spooled(sealed.body(), sealed.size(), progress)?,
        Body::Copied(copy) => spooled(copy.body(), copy.size(), progress)?,
        Body::Statement(signed) => SdkBody::from(signed.statement()),
        Body::Signature(signed) => SdkBody::from(signed.signature()),
        Body::Attested(attested) => SdkBody::from(attested.bytes()),
    };
    Ok(ByteStream::new(sdk_body))
}

fn spooled(spool: &Spool, left: u64, progress: &Progress) -> io::Result<SdkBody> {
    let (reader, progress) = (spool.detached_reader()?, progress.clone());
    Ok(SdkBody::from_body_1_x(Upload { reader, left, progress }))
}

/// A spool, piece by piece. Reading blocks the thread for as long as the disk needs.
struct Upload {
    reader: DetachedReader,
    left: u64,
    progress: Progress,
}

impl Upload {
    fn next(&mut self) -> io::Result<Bytes> {
        let mut piece = vec![0; usize::try_from(self.left).unwrap_or(PIECE).min(PIECE)];
        self.reader.read_exact(&mut piece)?;
        self.left -= piece.len() as u64;
        self.progress.0.fetch_add(piece.len() as u64, Ordering::Relaxed);
        Ok(piece.into())
    }
}

impl http_body::Body for Upload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let next = (self.left > 0).then(|| self.next().map(Frame::data));
        Poll::Ready(next)
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// Signs a request together with the hash of its body, which is known before it is sent: so a server
/// notices what was altered on the way, whether or not it knows checksums.
#[derive(Debug)]
pub(super) struct SignedHash(pub(super) Digest);

impl Intercept for SignedHash {
    fn name(&self) -> &'static str {
        "SignedHash"
    }

    fn modify_before_signing(
        &self,
        _: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let hash = PayloadSigningOverride::Precomputed(self.0.to_string());
        config.interceptor_state().store_put(hash);
        Ok(())
    }
}

/// An object that is coming, as a reader that waits for it.
pub(super) struct Download<'s> {
    pub(super) storage: &'s S3,
    pub(super) stream: ByteStream,
    pub(super) piece: Bytes,
}

impl Read for Download<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            let next = self.storage.runtime.block_on(self.stream.try_next());
            match next.map_err(|error| self.storage.failed(Right::Read)(Trouble::cut(&error))) {
                Ok(Some(piece)) => self.piece = piece,
                Ok(None) => return Ok(0),
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        let count = self.piece.len().min(target.len());
        target[..count].copy_from_slice(&self.piece.split_to(count));
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;
    use tokio::time::sleep;

    use super::*;

    const MOMENT: Duration = Duration::from_millis(50);

    /// Sends so many pieces, one in each moment, and then says nothing for so many moments.
    async fn request(progress: Progress, pieces: u32, silence: u32) {
        for _ in 0..pieces {
            sleep(MOMENT).await;
            progress.0.fetch_add(1, Ordering::Relaxed);
        }
        sleep(MOMENT * silence).await;
    }

    fn ends(pieces: u32, silence: u32) -> bool {
        let runtime = Builder::new_current_thread().enable_all().build().expect("starts");
        let progress = Progress::default();
        let sent = request(progress.clone(), pieces, silence);
        runtime.block_on(unless_stuck(sent, progress, MOMENT * 4)).is_some()
    }

    #[test]
    fn what_is_slow_is_waited_for_and_what_is_stuck_is_not() {
        assert!(ends(0, 1));
        assert!(ends(20, 1), "it takes long, and goes on");
        assert!(!ends(2, 40), "nothing more is taken");
    }
}
