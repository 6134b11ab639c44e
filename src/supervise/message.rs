//! JSON-RPC messages as MCP sends them: one on a line, read strictly, written by `serde_json`.

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A request's id that is longer is not worth an answer (bytes).
const ID_LIMIT: usize = 256;

/// Texts of a server that are shown are cut to this length (characters).
const TEXT_LIMIT: usize = 200;

/// What marks a request: text or an integer, never null (MCP 2025-11-25, base protocol).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub(super) enum Id {
    Number(i64),
    Text(String),
}

/// One message, as far as its envelope goes.
#[derive(Debug)]
pub(super) enum Message {
    /// It wants an answer.
    Request { id: Id, method: String },
    /// It wants none.
    Notification,
    /// It is one.
    Answer { id: Id, content: Content },
}

/// What an answer says.
#[derive(Debug)]
pub(super) enum Content {
    /// Something, which [`result`] reads.
    Result,
    Error(Refusal),
}

/// The error of an answer.
#[derive(Debug, Deserialize)]
pub(super) struct Refusal {
    pub(super) code: i64,
    pub(super) message: String,
    data: Option<Value>,
}

impl Refusal {
    /// The versions that would do, when that was the reason.
    pub(super) fn supported(&self) -> impl Iterator<Item = &str> {
        let versions = self.data.as_ref().and_then(|data| data["supported"].as_array());
        versions.into_iter().flatten().filter_map(Value::as_str)
    }
}

/// What may stand on a line.
#[derive(Deserialize)]
struct Envelope {
    jsonrpc: String,
    id: Option<Id>,
    method: Option<String>,
    result: Option<IgnoredAny>,
    error: Option<Refusal>,
}

impl Message {
    /// Reads a line; `None` when no message stands there.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let envelope: Envelope = serde_json::from_slice(line).ok()?;
        let is_short = |id: &Id| !matches!(id, Id::Text(text) if text.len() > ID_LIMIT);
        if envelope.jsonrpc != "2.0" || !envelope.id.as_ref().is_none_or(is_short) {
            return None;
        }
        match (envelope.id, envelope.method, envelope.result, envelope.error) {
            (Some(id), Some(method), None, None) => Some(Self::Request { id, method }),
            (None, Some(_), None, None) => Some(Self::Notification),
            (Some(id), None, Some(IgnoredAny), None) => {
                Some(Self::Answer { id, content: Content::Result })
            }
            (Some(id), None, None, Some(error)) => {
                Some(Self::Answer { id, content: Content::Error(error) })
            }
            _ => None,
        }
    }
}

/// What is wanted of the result of an answer; `None` when it is not there.
pub(super) fn result<T: DeserializeOwned>(line: &[u8]) -> Option<T> {
    serde_json::from_slice::<Answered<T>>(line).ok().map(|answered| answered.result)
}

/// An answer, once it is known to what.
#[derive(Deserialize)]
struct Answered<T> {
    result: T,
}

/// A line that asks.
pub(super) fn request(id: &Id, method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

/// A line that tells.
pub(super) fn notification(method: &str) -> String {
    json!({ "jsonrpc": "2.0", "method": method }).to_string()
}

/// A line that answers.
pub(super) fn answer(id: &Id, result: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string()
}

/// A line that says that nobody here can do that.
pub(super) fn refusal(id: &Id) -> String {
    let error = json!({ "code": -32601, "message": "Method not found" });
    json!({ "jsonrpc": "2.0", "id": id, "error": error }).to_string()
}

/// What a server says of itself, short enough to be shown.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(TEXT_LIMIT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_apart() {
        let parse = |line: &'static str| Message::parse(line.as_bytes());
        let request = parse(r#"{"jsonrpc":"2.0","id":"a","method":"ping","params":{"x":[1]}}"#);
        assert!(matches!(request, Some(Message::Request { id: Id::Text(id), .. }) if id == "a"));
        let told = parse(r#"{"method":"notifications/message","jsonrpc":"2.0"}"#);
        assert!(matches!(told, Some(Message::Notification)));
        let answer = parse(r#"{"result":{"tools":[]},"jsonrpc":"2.0","id":7}"#);
        let expected = Message::Answer { id: Id::Number(7), content: Content::Result };
        assert_eq!(format!("{answer:?}"), format!("{:?}", Some(expected)));
    }

    #[test]
    fn what_is_no_message_is_none() {
        let long = format!(r#"{{"jsonrpc":"2.0","id":"{}","method":"ping"}}"#, "x".repeat(1000));
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for line in [
            "",
            "Server ready",
            "{}",
            "[]",
            r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1}"#,
            r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":[],"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#,
            r#"[{"jsonrpc":"2.0","id":1,"result":{}}]"#,
            &long,
            &deep,
        ] {
            assert!(Message::parse(line.as_bytes()).is_none(), "{line}");
        }
        assert!(Message::parse(b"\xff\xfe").is_none());
    }
}
