//! Where a request goes.

use url::{Host, Url};

use crate::secret::SecretText;

use super::Error;

/// An address of a server, as browsers read it (WHATWG URL). It may be a secret: whoever knows the
/// address of a webhook may write there.
#[derive(Debug)]
pub struct Address {
    text: SecretText,
    is_encrypted: bool,
}

/// Where a request may go without encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain {
    /// To this machine only.
    Here,
    /// Anywhere, because the user said so.
    Anywhere,
}

impl Address {
    /// Reads `https://…`, and `http://…` as far as `plain` lets it. A name and password before the host
    /// are refused, as is what stands after `#`: neither is sent.
    ///
    /// # Errors
    /// [`Error::BadAddress`], [`Error::NotEncrypted`].
    pub fn parse(text: &SecretText, plain: Plain) -> Result<Self, Error> {
        let url = Url::parse(text.expose().trim()).map_err(|_| Error::BadAddress)?; // EXPOSE: taken apart.
        let is_whole = url.username().is_empty() && url.password().is_none();
        let is_encrypted = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(Error::BadAddress),
        };
        if !is_whole || url.fragment().is_some() || url.host().is_none() {
            return Err(Error::BadAddress);
        }
        if !is_encrypted && plain == Plain::Here && !is_here(&url) {
            return Err(Error::NotEncrypted);
        }
        Ok(Self { text: SecretText::copy_from(url.as_str()), is_encrypted })
    }

    /// The address one step below this one; what stands after `?` stays.
    #[must_use]
    pub fn below(&self, step: &str) -> Self {
        let parsed = Url::parse(self.text.expose()); // EXPOSE: made longer, and a secret again.
        let mut url = parsed.expect("it was parsed when it was made");
        if let Ok(mut steps) = url.path_segments_mut() {
            steps.pop_if_empty().push(step);
        }
        Self { text: SecretText::copy_from(url.as_str()), is_encrypted: self.is_encrypted }
    }

    /// The whole of it, in the form that goes onto the wire.
    #[must_use]
    pub fn text(&self) -> &SecretText {
        &self.text
    }

    /// Whether others between here and there can not read along.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }
}

/// Whether it leads to this machine. A name counts only where no server of names is asked for it
/// (RFC 6761, section 6.3).
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(number)) => number.is_loopback(),
        Some(Host::Ipv6(number)) => number.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, plain: Plain) -> Result<String, Error> {
        let address = Address::parse(&SecretText::copy_from(text), plain)?;
        Ok(address.text().expose().to_owned()) // EXPOSE: the test compares it.
    }

    #[test]
    fn an_address_is_encrypted_or_here() {
        for good in ["https://a.example/b?c=d", "http://127.0.0.1:80/", "http://[::1]:8/a"] {
            assert!(parsed(good, Plain::Here).is_ok(), "{good}");
        }
        for plain in ["http://a.example/b", "http://127.0.0.1.example/", "http://10.0.0.1/"] {
            assert!(matches!(parsed(plain, Plain::Here), Err(Error::NotEncrypted)), "{plain}");
            assert!(parsed(plain, Plain::Anywhere).is_ok(), "{plain}");
        }
        for bad in
            ["", "a.example", "ftp://a.example", "https://", "https://a:b@c/", "https://a/#b"]
        {
            assert!(matches!(parsed(bad, Plain::Anywhere), Err(Error::BadAddress)), "{bad}");
        }
        assert_eq!(
            parsed(" https://A.example/x\n", Plain::Here).expect("is one"),
            "https://a.example/x"
        );
    }

    #[test]
    fn a_step_goes_before_the_question() {
        for (text, below) in [
            ("https://a.example/key/job?create=1", "https://a.example/key/job/start?create=1"),
            ("https://a.example/key/", "https://a.example/key/start"),
            ("https://a.example", "https://a.example/start"),
        ] {
            let address =
                Address::parse(&SecretText::copy_from(text), Plain::Here).expect("is one");
            assert_eq!(address.below("start").text().expose(), below); // EXPOSE: the test compares it.
        }
    }

    #[test]
    fn what_is_printed_has_no_address() {
        let secret = SecretText::copy_from("https://a.example/canary");
        let address = Address::parse(&secret, Plain::Here).expect("is one");
        assert!(!format!("{address:?}").contains("canary"));
    }
}
