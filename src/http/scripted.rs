//! A server for tests that says what it was told to, and keeps what it was sent.

use std::collections::VecDeque;
use std::sync::Mutex;

use crate::secret::Secret;

use super::{Error, Http, Request, Response};

/// Answers with these statuses, one after the other; then it can not be reached any more.
#[derive(Default)]
pub(crate) struct Scripted {
    answers: Mutex<VecDeque<u16>>,
    heard: Mutex<Vec<(String, String)>>,
}

impl Scripted {
    pub(crate) fn new(statuses: impl IntoIterator<Item = u16>) -> Self {
        Self { answers: Mutex::new(statuses.into_iter().collect()), ..Self::default() }
    }

    /// The addresses that were asked, and what they were sent.
    pub(crate) fn heard(&self) -> Vec<(String, String)> {
        self.heard.lock().expect("no test panics here").clone()
    }
}

impl Http for Scripted {
    fn send(&self, request: &Request<'_>) -> Result<Response, Error> {
        let bytes = request.body.as_ref().map(Secret::expose).unwrap_or_default(); // EXPOSE: a test.
        let body = String::from_utf8_lossy(bytes).into_owned();
        let address = request.address.text().expose().to_owned(); // EXPOSE: a test compares it.
        self.heard.lock().expect("no test panics here").push((address, body));
        let status = self.answers.lock().expect("no test panics here").pop_front();
        let status = status.ok_or(Error::Unreachable(std::io::ErrorKind::ConnectionRefused))?;
        Ok(Response { status, location: None, body: Secret::copy_from(b"") })
    }
}
