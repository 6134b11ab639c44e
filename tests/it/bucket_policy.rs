//! Reads a policy of AWS's language, as far as `snapshot init --policy` uses it, and says what it
//! allows: what is not allowed is refused, and what is not understood fails the test.

use serde_json::Value;

use super::bucket_server::Asked;

/// A policy.
pub(crate) struct Policy(Vec<Value>);

impl Policy {
    /// Reads it.
    pub(crate) fn parse(text: &str) -> Self {
        let policy: Value = serde_json::from_str(text).expect("it is JSON");
        assert_eq!(policy["Version"], "2012-10-17");
        Self(policy["Statement"].as_array().expect("has statements").clone())
    }

    /// Whether any statement allows it.
    pub(crate) fn allows(&self, asked: &Asked) -> bool {
        self.0.iter().any(|statement| {
            assert_eq!(statement["Effect"], "Allow", "nothing else is known here");
            let action = values(&statement["Action"]).any(|action| action == asked.action);
            let resource =
                values(&statement["Resource"]).any(|pattern| fits(pattern, &asked.resource));
            action && resource && holds(&statement["Condition"], asked)
        })
    }
}

/// A text, or a list of them.
fn values(value: &Value) -> impl Iterator<Item = &str> {
    let many = value.as_array().map(Vec::as_slice).unwrap_or(std::slice::from_ref(value));
    many.iter().map(|value| value.as_str().expect("is a text"))
}

/// `*` at the end stands for anything; elsewhere it is not known here.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => text.starts_with(start),
        None => text == pattern,
    }
}

fn holds(condition: &Value, asked: &Asked) -> bool {
    let Some(operators) = condition.as_object() else { return true };
    operators.iter().all(|(operator, keys)| {
        let mut keys = keys.as_object().expect("names keys").iter();
        keys.all(|(key, expected)| {
            let expected = expected.as_str().expect("is a text");
            match (operator.as_str(), key.as_str()) {
                ("Null", "s3:if-none-match") => asked.is_conditional == (expected == "false"),
                ("StringLike", "s3:prefix") => {
                    asked.prefix.as_ref().is_some_and(|prefix| fits(expected, prefix))
                }
                other => panic!("the condition {other:?} is not known here"),
            }
        })
    })
}
