//! What is sent and what comes back.

use crate::secret::{Secret, SecretText};

use super::Address;

/// One request. A body makes it a POST; without one it is a GET.
#[derive(Debug)]
pub struct Request<'a> {
    pub(super) address: &'a Address,
    pub(super) headers: Vec<(&'static str, SecretText)>,
    pub(super) body: Option<Secret>,
}

/// What a server answered.
#[derive(Debug)]
pub struct Response {
    /// The status, as 200.
    pub status: u16,
    /// Where it says that what was asked for is; not followed.
    pub location: Option<SecretText>,
    /// What it says.
    pub body: Secret,
}

impl<'a> Request<'a> {
    /// Asks for what is there.
    #[must_use]
    pub fn get(address: &'a Address) -> Self {
        Self { address, headers: Vec::new(), body: None }
    }

    /// Sends `body` there, which is of the type `kind` (as `application/json`).
    #[must_use]
    pub fn post(address: &'a Address, kind: &str, body: Secret) -> Self {
        let headers = vec![("content-type", SecretText::copy_from(kind))];
        Self { address, headers, body: Some(body) }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: SecretText) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl Response {
    /// Whether the server has done what it was asked for.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}
