//! Comparing documents place by place, and putting one place back.

use crate::clients::{Document, Edit, Place, Value};
use crate::secret::SecretText;

/// What is at a place, as far as it is compared.
enum Found {
    Nothing,
    Text(SecretText),
    List(Vec<SecretText>),
    Map,
}

fn found(document: &Document, place: &Place) -> Found {
    if let Some(field) = document.field(place) {
        return Found::Text(field.text);
    }
    match document.keys(place) {
        Some(_) => Found::Map,
        None if document.has(place) => {
            Found::List(document.list(place).into_iter().map(|field| field.text).collect())
        }
        None => Found::Nothing,
    }
}

/// Whether both documents say the same there. Of two maps it is not asked what is in them.
pub(super) fn is_same(one: &Document, other: &Document, place: &Place) -> bool {
    // EXPOSE: only compared.
    let same = |one: &SecretText, other: &SecretText| one.expose() == other.expose();
    match (found(one, place), found(other, place)) {
        (Found::Nothing, Found::Nothing) | (Found::Map, Found::Map) => true,
        (Found::Text(one), Found::Text(other)) => same(&one, &other),
        (Found::List(one), Found::List(other)) => {
            one.len() == other.len() && one.iter().zip(&other).all(|(one, other)| same(one, other))
        }
        _ => false,
    }
}

/// The changes that make `current` say what `original` says at `place`.
pub(super) fn put_back(current: &Document, original: &Document, place: &Place) -> Vec<Edit> {
    let value = match found(original, place) {
        Found::Text(text) => Some(Value::Text(text)),
        Found::List(texts) => Some(Value::List(texts.into_iter().map(Value::Text).collect())),
        Found::Nothing | Found::Map => None,
    };
    match (value, current.has(place)) {
        (Some(value), true) => vec![Edit::Replace(place.clone(), value)],
        (Some(value), false) => inserted(current, place, value),
        (None, true) => removed(current, original, place),
        (None, false) => Vec::new(),
    }
}

/// Puts a value where none is, with the map above it if that has gone.
fn inserted(current: &Document, place: &Place, value: Value) -> Vec<Edit> {
    match place.split() {
        Some((above, crate::clients::Step::Key(key))) if !current.has(&above) => {
            vec![Edit::Insert(above, Value::Map(vec![(key.clone(), value)]))]
        }
        _ => vec![Edit::Insert(place.clone(), value)],
    }
}

/// Takes a value away; the map above it too, if only that was in it and there was none before.
fn removed(current: &Document, original: &Document, place: &Place) -> Vec<Edit> {
    let above = place.split().map(|(above, _)| above);
    let is_alone = |above: &Place| {
        current.keys(above).is_some_and(|keys| keys.len() == 1) && !original.has(above)
    };
    vec![Edit::Remove(above.filter(is_alone).unwrap_or_else(|| place.clone()))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::Format;
    use crate::secret::Secret;

    fn document(text: &str) -> Document {
        Document::parse(Format::Json, Secret::copy_from(text.as_bytes())).expect("it is JSON")
    }

    fn after(current: &str, original: &str, keys: &[&str]) -> String {
        let (current, original) = (document(current), document(original));
        let edits = put_back(&current, &original, &Place::root().keys(keys));
        let edited = current.edited(&edits).expect("it can be edited");
        // EXPOSE: the test compares it.
        String::from_utf8_lossy(edited.bytes().expose()).into_owned()
    }

    #[test]
    fn one_place_is_put_back_and_nothing_else() {
        assert_eq!(
            after(r#"{"a":"new","b":"mine"}"#, r#"{"a":"old"}"#, &["a"]),
            r#"{"a":"old","b":"mine"}"#
        );
        assert_eq!(after(r#"{"a":["x","y"]}"#, r#"{"a":["y"]}"#, &["a"]), r#"{"a":["y"]}"#);
        assert_eq!(after(r#"{"e":{"A":"r"}}"#, "{}", &["e", "A"]), "{}");
        assert_eq!(
            after(r#"{"e":{"A":"r","B":"mine"}}"#, "{}", &["e", "A"]),
            r#"{"e":{"B":"mine"}}"#
        );
        let back = after(r#"{"b":"x"}"#, r#"{"h":{"A":"k"},"b":"x"}"#, &["h", "A"]);
        assert!(is_same(
            &document(&back),
            &document(r#"{"h":{"A":"k"}}"#),
            &Place::root().keys(&["h", "A"])
        ));
    }

    #[test]
    fn what_differs_is_told() {
        let (one, other) =
            (document(r#"{"a":"1","l":["x"],"m":{}}"#), document(r#"{"a":"1","l":["y"]}"#));
        let same = |key: &str| is_same(&one, &other, &Place::root().key(key));
        assert!(same("a") && same("none"));
        assert!(!same("l") && !same("m"));
    }
}
