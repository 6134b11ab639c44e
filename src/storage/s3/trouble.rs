//! From what the SDK says went wrong to what a person reads.

use std::error::Error as _;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use super::super::Error;

/// A message of a server longer than this is cut (characters).
const LONGEST_REASON: usize = 200;

/// What is said of a server that takes too long.
const IN_TIME: &str = "it does not answer in time";

/// What was wanted, and what the right to it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    Delete,
    List,
    Read,
    Store,
}

impl Right {
    fn name(self) -> &'static str {
        match self {
            Self::Delete => "delete objects (s3:DeleteObject)",
            Self::List => "list objects (s3:ListBucket)",
            Self::Read => "read this object (s3:GetObject)",
            Self::Store => "store objects (s3:PutObject)",
        }
    }
}

/// Why a request failed, whichever it was.
#[derive(Debug)]
pub(super) struct Trouble {
    /// What the server answered, if it did.
    status: Option<u16>,
    /// The name that S3 has for it.
    code: String,
    reason: String,
    /// Nothing was sent, and nothing will be: a URL, a certificate.
    is_hopeless: bool,
}

impl<E: std::error::Error + ProvideErrorMetadata + 'static> From<SdkError<E>> for Trouble {
    fn from(error: SdkError<E>) -> Self {
        let root = root_cause(&error);
        let is_hopeless = match &error {
            SdkError::ConstructionFailure(_) => true,
            SdkError::DispatchFailure(failure) => {
                failure.is_user()
                    || root.contains("certificate")
                    || root.contains("corrupt message")
            }
            _ => false,
        };
        let code = error.code().unwrap_or_default().to_owned();
        let told = error.message().filter(|message| !message.is_empty());
        let status = error.raw_response().map(|response| response.status().as_u16());
        let reason = match (told, status) {
            (Some(message), _) if !code.is_empty() => format!("{code}: {message}"),
            (None, Some(status)) if !code.is_empty() => format!("{status} {code}"),
            (_, Some(status)) if status >= 300 => format!("the server answers {status}"),
            _ => root,
        };
        let reason = reason.chars().take(LONGEST_REASON).collect();
        Self { status, code, reason, is_hopeless }
    }
}

/// The innermost reason: what the network says, not in how many layers that was wrapped.
fn root_cause<E: std::error::Error + 'static>(error: &SdkError<E>) -> String {
    if let SdkError::TimeoutError(_) = error {
        return IN_TIME.to_owned();
    }
    let mut innermost = error.source();
    while let Some(inner) = innermost.and_then(std::error::Error::source) {
        innermost = Some(inner);
    }
    innermost.map_or_else(|| error.to_string(), ToString::to_string)
}

impl Trouble {
    /// What is wrong with a connection that broke while an object came.
    pub(super) fn cut(reason: &dyn std::error::Error) -> Self {
        Self::of_network(format!("the connection broke: {reason}"))
    }

    /// What is wrong with an upload that nobody takes or answers.
    pub(super) fn stuck() -> Self {
        Self::of_network(IN_TIME.to_owned())
    }

    /// What is wrong with bytes of our own that can not be read.
    pub(super) fn unsendable(reason: &dyn std::error::Error) -> Self {
        Self { is_hopeless: true, ..Self::of_network(reason.to_string()) }
    }

    fn of_network(reason: String) -> Self {
        Self { status: None, code: String::new(), reason, is_hopeless: false }
    }

    /// There is no such object.
    pub(super) fn is_missing(&self) -> bool {
        self.code == "NoSuchKey" || self.status == Some(404) && self.code != "NoSuchBucket"
    }

    /// Something has the name.
    pub(super) fn is_taken(&self) -> bool {
        self.status == Some(412)
    }

    /// There is nothing from there on.
    pub(super) fn is_past_the_end(&self) -> bool {
        self.status == Some(416)
    }

    /// The right to it is missing.
    pub(super) fn is_denied(&self) -> bool {
        self.status == Some(403) && !self.is_about_credentials() && !self.is_about_space()
    }

    /// The server does not know what was asked of it: S3's own word for that, or a header that is
    /// named in a complaint.
    pub(super) fn is_unknown_to_server(&self) -> bool {
        let complains =
            self.status == Some(400) && self.reason.contains("header") && !self.is_about_place();
        self.status == Some(501) || self.code == "NotImplemented" || complains
    }

    /// What was sent is wrong in itself.
    pub(super) fn is_bad_request(&self) -> bool {
        self.status == Some(400)
    }

    /// What arrived is not what should have been sent.
    fn is_about_bytes(&self) -> bool {
        const CODES: [&str; 5] = [
            "BadDigest",
            "IncompleteBody",
            "InvalidDigest",
            "XAmzContentChecksumMismatch",
            "XAmzContentSHA256Mismatch",
        ];
        CODES.contains(&self.code.as_str())
    }

    fn is_about_credentials(&self) -> bool {
        const CODES: [&str; 9] = [
            "AuthFailure",
            "ExpiredToken",
            "InvalidAccessKeyId",
            "InvalidSecurity",
            "InvalidToken",
            "NotSignedUp",
            "SignatureDoesNotMatch",
            "TokenRefreshRequired",
            "Unauthorized",
        ];
        // Garage answers AccessDenied, and says in words that there is no such key, or that the
        // signature is another.
        const WORDS: [&str; 2] = ["No such key", "Invalid signature"];
        self.status == Some(401)
            || CODES.contains(&self.code.as_str())
            || WORDS.iter().any(|words| self.reason.contains(words))
    }

    fn is_about_space(&self) -> bool {
        const CODES: [&str; 4] =
            ["InsufficientCapacity", "InsufficientStorage", "QuotaExceeded", "XMinioStorageFull"];
        self.status == Some(507)
            || CODES.contains(&self.code.as_str())
            || self.status == Some(403) && self.reason.contains("quota")
    }

    fn is_about_place(&self) -> bool {
        const CODES: [&str; 5] = [
            "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException",
            "IncorrectEndpoint",
            "PermanentRedirect",
            "TemporaryRedirect",
        ];
        CODES.contains(&self.code.as_str()) || matches!(self.status, Some(301 | 307))
    }

    fn may_pass(&self) -> bool {
        match self.status {
            _ if self.is_hopeless || self.status == Some(501) => false,
            // An answer of 200 that can not be read was cut.
            None | Some(200..=299 | 408 | 409 | 429) => true,
            Some(status) if status >= 500 => true,
            Some(_) => self.is_about_bytes() || self.code == "RequestTimeout",
        }
    }

    /// As an error of the storage that is called `place`, of which something was wanted.
    pub(super) fn into_error(self, place: String, right: Right) -> Error {
        if matches!(self.code.as_str(), "RequestTimeTooSkewed" | "RequestExpired") {
            Error::ClockSkew(place)
        } else if self.is_about_credentials() {
            Error::BadCredentials { place, reason: self.reason }
        } else if self.is_about_space() {
            Error::NoSpace(place)
        } else if self.is_denied() {
            Error::Denied { place, right: right.name() }
        } else if self.is_about_place() {
            Error::OtherRegion { place, reason: self.reason }
        } else if self.may_pass() {
            Error::NoAnswer { place, reason: self.reason }
        } else if self.status == Some(404) {
            Error::NoBucket(place)
        } else {
            Error::Refused { place, reason: self.reason }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, code: &str, reason: &str) -> Error {
        let (code, reason) = (code.to_owned(), reason.to_owned());
        let trouble = Trouble { status: Some(status), code, reason, is_hopeless: false };
        trouble.into_error("s3://vault".to_owned(), Right::Store)
    }

    #[test]
    fn what_may_pass_is_told_from_what_will_not() {
        for (status, code) in [
            (500, "InternalError"),
            (502, ""),
            (503, "SlowDown"),
            (504, ""),
            (429, ""),
            (409, "ConditionalRequestConflict"),
            (400, "RequestTimeout"),
            (400, "BadDigest"),
            (200, ""),
        ] {
            assert!(error(status, code, "").may_pass(), "{status} {code}");
        }
        for (status, code) in
            [(400, "InvalidRequest"), (403, "AccessDenied"), (501, ""), (507, ""), (404, "")]
        {
            assert!(!error(status, code, "").may_pass(), "{status} {code}");
        }
    }

    #[test]
    fn each_refusal_is_one_of_its_own() {
        assert!(matches!(error(403, "AccessDenied", ""), Error::Denied { .. }));
        assert!(matches!(error(403, "InvalidAccessKeyId", ""), Error::BadCredentials { .. }));
        assert!(matches!(error(403, "RequestTimeTooSkewed", ""), Error::ClockSkew(_)));
        assert!(matches!(error(404, "NoSuchBucket", ""), Error::NoBucket(_)));
        assert!(matches!(error(301, "PermanentRedirect", ""), Error::OtherRegion { .. }));
        assert!(matches!(error(507, "", ""), Error::NoSpace(_)));
        assert!(matches!(error(403, "AccessDenied", "size quota is reached"), Error::NoSpace(_)));
        assert!(matches!(error(400, "InvalidRequest", ""), Error::Refused { .. }));
    }
}
