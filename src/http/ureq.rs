//! The real one. Each request has a connection of its own.
//!
//! A server must prove who it is to the authorities that this system trusts, or those of
//! `SSL_CERT_FILE` and `SSL_CERT_DIR`, as for buckets. Proxies are those of `HTTPS_PROXY`,
//! `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use ureq::config::Config;
use ureq::http::{self, header};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Timeout};

use crate::secret::{Secret, SecretBuffer, SecretText};

use super::{ANSWER_LIMIT, Error, Http, PATIENCE, Request, Response};

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// Speaks with servers.
#[derive(Debug)]
pub struct Ureq {
    patience: Duration,
}

impl Default for Ureq {
    fn default() -> Self {
        Self { patience: PATIENCE }
    }
}

impl Http for Ureq {
    fn send(&self, request: &Request<'_>) -> Result<Response, Error> {
        let agent = self.agent(request.address.is_encrypted())?;
        let told = |error| told(error, self.patience);
        let mut answer = agent.run(written(request)?).map_err(told)?;
        let status = answer.status().as_u16();
        let location = answer.headers().get(header::LOCATION);
        let location = location.and_then(|text| text.to_str().ok()).map(SecretText::copy_from);
        let mut body = SecretBuffer::new();
        body.fill_from(&mut answer.body_mut().as_reader(), ANSWER_LIMIT).map_err(|error| {
            if is_library(&error) { told(error.into()) } else { Error::TooLong }
        })?;
        Ok(Response { status, location, body: body.into_secret() })
    }
}

impl Ureq {
    fn agent(&self, is_encrypted: bool) -> Result<Agent, Error> {
        let mut config = Config::builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent("vaultctl")
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(self.patience));
        if is_encrypted {
            config = config.tls_config(trust()?);
        }
        Ok(config.build().new_agent())
    }
}

/// What this system trusts.
fn trust() -> Result<TlsConfig, Error> {
    let found = rustls_native_certs::load_native_certs().certs;
    if found.is_empty() {
        return Err(Error::NoAuthorities);
    }
    let roots: Vec<_> = found.iter().map(|root| Certificate::from_der(root).to_owned()).collect();
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&roots))
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .build())
}

/// The library keeps its own copies, and does not wipe them.
fn written(request: &Request<'_>) -> Result<http::Request<Vec<u8>>, Error> {
    let method = if request.body.is_some() { http::Method::POST } else { http::Method::GET };
    let address = request.address.text().expose(); // EXPOSE: the request goes there.
    let mut written = http::Request::builder().method(method).uri(address);
    for (name, value) in &request.headers {
        let value = value.expose(); // EXPOSE: the server that the header is for gets it.
        let mut value = header::HeaderValue::from_str(value).map_err(|_| Error::BadHeader)?;
        value.set_sensitive(true);
        written = written.header(*name, value);
    }
    let body = request.body.as_ref().map(Secret::expose); // EXPOSE: that server gets it.
    written.body(body.unwrap_or_default().to_vec()).map_err(|_| Error::BadAddress)
}

/// The library's message may repeat the address: only its kind is taken over.
fn told(error: ureq::Error, patience: Duration) -> Error {
    match error {
        ureq::Error::Timeout(Timeout::Connect) => Error::TooSlow(CONNECT.min(patience).as_secs()),
        ureq::Error::Timeout(_) => Error::TooSlow(patience.as_secs()),
        ureq::Error::HostNotFound => Error::NoServer,
        ureq::Error::ConnectionFailed => Error::Unreachable(io::ErrorKind::ConnectionRefused),
        ureq::Error::Rustls(error) => untrusted(&error),
        ureq::Error::Io(error) => unreachable(&error),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => Error::BadAddress,
        ureq::Error::InvalidProxyUrl | ureq::Error::ConnectProxyFailed(_) => Error::Proxy,
        ureq::Error::BodyExceedsLimit(_) | ureq::Error::LargeResponseHeader(..) => Error::TooLong,
        _ => Error::NotUnderstood,
    }
}

/// Whether the library says it; otherwise it is our own limit.
fn is_library(error: &io::Error) -> bool {
    error.kind() != io::ErrorKind::InvalidData
        || error.get_ref().is_some_and(|inner| inner.is::<ureq::Error>())
}

fn unreachable(error: &io::Error) -> Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(error) => untrusted(error),
        None => Error::Unreachable(error.kind()),
    }
}

/// A certificate's names are public, and the library's words name no address of ours but the host.
fn untrusted(error: &rustls::Error) -> Error {
    match error {
        rustls::Error::InvalidCertificate(reason) => Error::NotTrusted(reason_of(reason)),
        _ => Error::NotUnderstood,
    }
}

fn reason_of(reason: &rustls::CertificateError) -> String {
    use rustls::CertificateError as Reason;
    match reason {
        Reason::Expired | Reason::ExpiredContext { .. } => "it has expired",
        Reason::NotValidYet | Reason::NotValidYetContext { .. } => "it is not valid yet",
        Reason::UnknownIssuer => "this system does not know who made it",
        Reason::NotValidForName | Reason::NotValidForNameContext { .. } => "it is another server's",
        Reason::Revoked => "it was revoked",
        _ => "it is not sound",
    }
    .to_owned()
}
