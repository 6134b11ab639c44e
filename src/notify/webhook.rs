//! A webhook: an address that takes JSON. Whoever knows the address can write there.

use serde_json::{Value, json};

use crate::config::Shape;
use crate::http::{Address, Http, Request};
use crate::secret::Secret;

use super::{Error, Notice};

/// Sends the notice in that shape.
pub(super) fn tell(
    address: &Address,
    shape: Shape,
    notice: &Notice,
    http: &dyn Http,
) -> Result<(), Error> {
    let body = match shape {
        Shape::Json => notice.json(),
        Shape::Slack => slack(notice),
    };
    post(address, &body, http)
}

/// A text, with the three characters escaped that mean something in one (Slack, "Formatting text").
pub(super) fn slack(notice: &Notice) -> Value {
    let text = notice.text().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    json!({ "text": text })
}

/// Sends JSON, and wants it to be taken.
pub(super) fn post(address: &Address, body: &Value, http: &dyn Http) -> Result<(), Error> {
    let body = Secret::copy_from(body.to_string().as_bytes());
    taken(http, &Request::post(address, "application/json", body))
}

/// Sends it; any answer but success is an error.
pub(super) fn taken(http: &dyn Http, request: &Request) -> Result<(), Error> {
    let answer = http.send(request)?;
    match answer.status {
        _ if answer.is_success() => Ok(()),
        status @ 300..400 => Err(Error::Redirected(status)),
        status => Err(Error::Answered(status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::message::tests::failed;

    #[test]
    fn what_means_something_in_slacks_text_is_escaped() {
        let text = slack(&failed())["text"].as_str().expect("it is text").to_owned();
        assert!(text.contains("\nreason: `packs/00/&lt;a&gt;`: is gone &amp; lost\n"), "{text}");
        assert!(text.ends_with("objects: 340\nsnapshots: 12"), "{text}");
    }
}
