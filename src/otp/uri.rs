//! `otpauth://TYPE/LABEL?PARAMETERS` (Google Authenticator, "Key Uri Format").
//!
//! Stricter than the readers of phones: what is said twice, or is no number, is refused, so that
//! nobody is shown a code that the site will not take. Parameters without a meaning are passed over.

use crate::secret::{Secret, SecretBuffer, SecretText};

use super::code::Hash;
use super::{Counted, Error, Key, Moving, Otp, Timed, key};

const SCHEME: &str = "otpauth://";
const COUNTER: &str = "counter";

/// For how many seconds a code is good, unless the line says otherwise (RFC 6238, section 4.1).
const PERIOD: u64 = 30;

/// What the line says.
pub(super) fn parse(uri: &SecretText) -> Result<Otp, Error> {
    // EXPOSE: taken apart; what is secret of it goes into secret types.
    let rest = uri.expose().strip_prefix(SCHEME).ok_or(Error::NotOne)?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (kind, label) = path.split_once('/').unwrap_or((path, ""));
    let (prefix, account) = account(label)?;
    let query = Query(query);
    let moving = match kind {
        "totp" => Moving::Timed(timed(&query)?),
        "hotp" => Moving::Counted(counted(&query, uri)?),
        _ => return Err(Error::NotOne),
    };
    let issuer = query.value("issuer")?.map(|text| decoded(&text.replace('+', " "))).transpose()?;
    Ok(Otp { moving, issuer: issuer.or(prefix), account })
}

/// The same line with another counter.
pub(super) fn with_counter(uri: &SecretText, counter: u64) -> Secret {
    // EXPOSE: copied into the new line.
    let (path, query) = uri.expose().split_once('?').unwrap_or((uri.expose(), ""));
    let mut edited = SecretBuffer::new();
    edited.push(path.as_bytes());
    for (place, pair) in query.split('&').enumerate() {
        edited.push(if place == 0 { b"?" } else { b"&" });
        match pair.split_once('=') {
            Some((COUNTER, _)) => edited.push(format!("{COUNTER}={counter}").as_bytes()),
            _ => edited.push(pair.as_bytes()),
        }
    }
    edited.into_secret()
}

fn timed(query: &Query<'_>) -> Result<Timed, Error> {
    let period = query.number("period")?.unwrap_or(PERIOD);
    match period {
        0 => Err(Error::Bad("period", "a number of seconds")),
        _ => Ok(Timed { key: key(query)?, period }),
    }
}

fn counted(query: &Query<'_>, uri: &SecretText) -> Result<Counted, Error> {
    let counter = query.number(COUNTER)?.ok_or(Error::Missing(COUNTER))?;
    // EXPOSE: kept, since a new line is made of it.
    let uri = SecretText::copy_from(uri.expose());
    Ok(Counted { key: key(query)?, counter, uri })
}

fn key(query: &Query<'_>) -> Result<Key, Error> {
    let text = query.value("secret")?.ok_or(Error::Missing("secret"))?;
    // EXPOSE: from its written form to the key itself.
    let bytes = key::decoded(unescaped(text)?.expose());
    let bytes = bytes.ok_or(Error::Bad("secret", "base32"))?;
    let digits = match query.number("digits")?.unwrap_or(6) {
        6 => 6,
        7 => 7,
        8 => 8,
        _ => return Err(Error::Bad("digits", "6, 7 or 8")),
    };
    Ok(Key { bytes, hash: hash(query)?, digits })
}

fn hash(query: &Query<'_>) -> Result<Hash, Error> {
    match query.value("algorithm")?.map(str::to_ascii_uppercase).as_deref() {
        None | Some("SHA1") => Ok(Hash::Sha1),
        Some("SHA256") => Ok(Hash::Sha256),
        Some("SHA512") => Ok(Hash::Sha512),
        Some(_) => Err(Error::Bad("algorithm", "SHA1, SHA256 or SHA512")),
    }
}

/// Issuer and account of a label: `issuer:account`, where the colon may be encoded. A lone one is
/// the account, as in `pass-otp`.
fn account(label: &str) -> Result<(Option<String>, String), Error> {
    let label = decoded(label)?;
    let parts: Vec<&str> =
        label.split(':').map(str::trim).filter(|part| !part.is_empty()).collect();
    match parts[..] {
        [account] => Ok((None, account.to_owned())),
        [issuer, account] => Ok((Some(issuer.to_owned()), account.to_owned())),
        _ => Err(Error::NoAccount),
    }
}

/// `name=value&…`
struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    /// The value of a parameter; an empty one is as good as none.
    fn value(&self, name: &'static str) -> Result<Option<&'a str>, Error> {
        let pairs = self.0.split('&').filter_map(|pair| pair.split_once('='));
        let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
        let value = values.next().filter(|value| !value.is_empty());
        if values.next().is_some() { Err(Error::Twice(name)) } else { Ok(value) }
    }

    fn number(&self, name: &'static str) -> Result<Option<u64>, Error> {
        let Some(text) = self.value(name)? else {
            return Ok(None);
        };
        // `parse` would take a sign.
        let number = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok());
        number.flatten().map(Some).ok_or(Error::Bad(name, "a number"))
    }
}

fn decoded(text: &str) -> Result<String, Error> {
    // EXPOSE: a name, which is shown to people.
    String::from_utf8(unescaped(text)?.expose().to_vec()).map_err(|_| Error::NotText)
}

/// With every `%41` as the byte that it stands for (RFC 3986, section 2.1).
fn unescaped(text: &str) -> Result<Secret, Error> {
    let mut bytes = SecretBuffer::new();
    let mut parts = text.split('%');
    bytes.push(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(&[byte.ok_or(Error::NotText)?]);
        bytes.push(part.get(2..).unwrap_or_default().as_bytes());
    }
    Ok(bytes.into_secret())
}
