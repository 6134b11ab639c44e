//! An S3 server in this process: real requests over loopback, objects as files in a folder, and a
//! rule of the test's own about who may do what.
//!
//! Included by the unit tests of `src/storage/s3/` too.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{SecretKey, SimpleAuth};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Result, s3_error};
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::sync::oneshot;

/// What somebody asks for.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Whose access key it is.
    pub(crate) key_id: String,
    /// The right that it takes: `s3:PutObject`.
    pub(crate) action: String,
    /// The name of what it is about, as policies write it.
    pub(crate) resource: String,
    /// The names that a listing is about.
    pub(crate) prefix: Option<String>,
    /// Whether it must not replace anything.
    pub(crate) is_conditional: bool,
}

impl Asked {
    fn of(context: &S3AccessContext<'_>) -> Self {
        let resource = match context.s3_path().as_object() {
            Some((bucket, key)) => format!("{bucket}/{key}"),
            None => context.s3_path().as_bucket().unwrap_or_default().to_owned(),
        };
        let query = context.uri().query().unwrap_or_default();
        let prefix = query.split('&').find_map(|pair| pair.strip_prefix("prefix="));
        Self {
            key_id: context.credentials().map_or_else(String::new, |who| who.access_key.clone()),
            action: action(context.s3_op().name()),
            resource: format!("arn:aws:s3:::{resource}"),
            prefix: prefix.map(|prefix| prefix.replace("%2F", "/")),
            is_conditional: context.headers().get("if-none-match").is_some_and(|it| it == "*"),
        }
    }
}

/// Which right an operation takes, after AWS's table of actions.
fn action(operation: &str) -> String {
    let right = match operation {
        "ListObjects" | "ListObjectsV2" | "HeadBucket" => "ListBucket",
        "HeadObject" => "GetObject",
        other => other,
    };
    format!("s3:{right}")
}

/// Who may do what.
pub(crate) type Rule = Arc<dyn Fn(&Asked) -> bool + Send + Sync>;

struct Guard(Rule);

#[async_trait::async_trait]
impl S3Access for Guard {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        if context.credentials().is_some() && (self.0)(&Asked::of(context)) {
            Ok(())
        } else {
            Err(s3_error!(AccessDenied))
        }
    }
}

/// Runs as long as it lives.
pub(crate) struct BucketServer {
    address: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl BucketServer {
    /// Serves the folders below `root`, each as a bucket, to whoever has one of these keys (id and
    /// secret) and is allowed to by the rule.
    pub(crate) fn start(root: &Path, keys: &[(&str, &str)], rule: Rule) -> Self {
        let service = service(root, keys, rule);
        let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("starts");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let address = listener.local_addr().expect("has one").to_string();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            runtime.spawn(serve(listener, service));
            runtime.block_on(stopped).ok();
        });
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for BucketServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.thread.take().map(JoinHandle::join);
    }
}

fn service(root: &Path, keys: &[(&str, &str)], rule: Rule) -> S3Service {
    let mut auth = SimpleAuth::new();
    for (id, secret) in keys {
        auth.register((*id).to_owned(), SecretKey::from(*secret));
    }
    let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(root).expect("a folder"));
    builder.set_auth(auth);
    builder.set_access(Guard(rule));
    builder.build()
}

async fn serve(listener: TcpListener, service: S3Service) {
    while let Ok((stream, _)) = listener.accept().await {
        let service = service.clone();
        tokio::spawn(async move {
            let server = auto::Builder::new(TokioExecutor::new());
            // A client that goes away is nothing to a server.
            server.serve_connection(TokioIo::new(stream), service).await.ok();
        });
    }
}
