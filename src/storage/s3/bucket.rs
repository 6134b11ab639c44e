//! Where a bucket is, as one URL: `s3://bucket/prefix?endpoint=…&region=…&path_style=true`.

use std::str::FromStr;
use std::time::Duration;

use super::super::ObjectName;

/// For how long a server that does not answer is asked again, unless somebody says otherwise:
/// a laptop that wakes up for its nightly snapshot has its network back by then.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A part of a bucket of an S3-compatible server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// What the bucket is called.
    pub name: String,
    /// Below which name everything of ours is.
    pub prefix: Option<ObjectName>,
    /// The server's URL; without it, AWS.
    pub endpoint: Option<String>,
    /// The region; servers of one's own have names of their own for it.
    pub region: Option<String>,
    /// Whether the bucket stands in the path, not in the host name; by default with an endpoint.
    pub path_style: Option<bool>,
    /// For how long a server that does not answer is asked again.
    pub patience: Duration,
}

/// What is not the URL of a bucket. The URL is not repeated: people write keys into URLs.
#[derive(Debug, thiserror::Error)]
#[error("the URL of a bucket is wrong: {0}")]
pub struct BadBucket(String);

fn bad<T>(reason: impl Into<String>) -> Result<T, BadBucket> {
    Err(BadBucket(reason.into()))
}

impl FromStr for Bucket {
    type Err = BadBucket;

    fn from_str(url: &str) -> Result<Self, BadBucket> {
        let Some(rest) = url.strip_prefix("s3://") else {
            return bad("it begins with `s3://`");
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (name, prefix) = path.split_once('/').unwrap_or((path, ""));
        let mut bucket = Self {
            name: bucket_name(name)?.to_owned(),
            prefix: prefix_of(prefix)?,
            endpoint: None,
            region: None,
            path_style: None,
            patience: PATIENCE,
        };
        let parameters = query.split('&').filter(|parameter| !parameter.is_empty());
        parameters.into_iter().try_for_each(|parameter| bucket.take(parameter))?;
        Ok(bucket)
    }
}

/// What AWS, and everybody else, takes for the name of a bucket; old ones have more letters.
fn bucket_name(name: &str) -> Result<&str, BadBucket> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    if name.contains('@') || name.contains(':') {
        return bad("credentials do not belong into it");
    }
    if (3..=63).contains(&name.len()) && name.bytes().all(plain) {
        Ok(name)
    } else {
        bad("the name of a bucket has 3 to 63 letters, digits, `.`, `-` and `_`")
    }
}

fn prefix_of(prefix: &str) -> Result<Option<ObjectName>, BadBucket> {
    match prefix.trim_end_matches('/') {
        "" => Ok(None),
        prefix => prefix.parse().map(Some).or_else(|_| {
            bad("what follows the bucket's name has letters, digits, `.`, `-` and `_` between `/`")
        }),
    }
}

impl Bucket {
    fn take(&mut self, parameter: &str) -> Result<(), BadBucket> {
        let (key, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match key {
            "endpoint" => self.set_endpoint(&decoded(value))?,
            "region" => self.set_region(&decoded(value))?,
            "path_style" => match value {
                "true" => self.path_style = Some(true),
                "false" => self.path_style = Some(false),
                _ => return bad("`path_style` is `true` or `false`"),
            },
            "patience" => match value.parse() {
                Ok(seconds) => self.patience = Duration::from_secs(seconds),
                Err(_) => return bad("`patience` is a number of seconds"),
            },
            _ => return bad("after `?` stand `endpoint`, `region`, `path_style` and `patience`"),
        }
        Ok(())
    }

    /// Says where the server is.
    ///
    /// # Errors
    /// When it is no URL of a server.
    pub fn set_endpoint(&mut self, endpoint: &str) -> Result<(), BadBucket> {
        let host = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
        let is_host = |host: &str| {
            let plain = |byte: u8| byte.is_ascii_graphic() && !b"@?#\"'`\\".contains(&byte);
            !host.is_empty() && host.bytes().all(plain)
        };
        if !host.is_some_and(is_host) {
            return bad("an endpoint is `https://host` or `http://host:port`, without credentials");
        }
        self.endpoint = Some(endpoint.trim_end_matches('/').to_owned());
        Ok(())
    }

    /// Says in which region it is.
    ///
    /// # Errors
    /// When that can be no region's name.
    pub fn set_region(&mut self, region: &str) -> Result<(), BadBucket> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if region.is_empty() || !region.bytes().all(plain) {
            return bad("a region has letters, digits and `-`");
        }
        self.region = Some(region.to_owned());
        Ok(())
    }

    /// What to call it in a message.
    #[must_use]
    pub fn place(&self) -> String {
        match &self.prefix {
            Some(prefix) => format!("s3://{}/{prefix}", self.name),
            None => format!("s3://{}", self.name),
        }
    }

    /// All of it as one URL, which is parsed to the same.
    #[must_use]
    pub fn url(&self) -> String {
        let texts = [("endpoint", &self.endpoint), ("region", &self.region)];
        let texts = texts.map(|(key, value)| Some(format!("{key}={}", encoded(value.as_ref()?))));
        let patience =
            (self.patience != PATIENCE).then(|| format!("patience={}", self.patience.as_secs()));
        let path_style = self.path_style.map(|style| format!("path_style={style}"));
        let parameters: Vec<String> =
            texts.into_iter().chain([path_style, patience]).flatten().collect();
        let mark = if parameters.is_empty() { "" } else { "?" };
        format!("{}{mark}{}", self.place(), parameters.join("&"))
    }

    /// What an object is called in the bucket.
    pub(super) fn key(&self, name: &ObjectName) -> String {
        self.below() + name.as_str()
    }

    /// What all names in the bucket begin with.
    pub(super) fn below(&self) -> String {
        self.prefix.as_ref().map(|prefix| format!("{prefix}/")).unwrap_or_default()
    }

    /// Which object has that name in the bucket.
    pub(super) fn name_of(&self, key: &str) -> Option<ObjectName> {
        key.strip_prefix(&self.below())?.parse().ok()
    }
}

/// What divides parameters, or begins a code, is written as a code.
fn encoded(text: &str) -> String {
    text.replace('%', "%25").replace('&', "%26")
}

/// `%3A` is `:`; what is not of that form stays.
fn decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut decoded = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let code = piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code.filter(u8::is_ascii) {
            Some(byte) => {
                decoded.push(char::from(byte));
                decoded.push_str(piece.get(2..).unwrap_or_default());
            }
            None => decoded = decoded + "%" + piece,
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(url: &str) -> Bucket {
        url.parse().expect("is one")
    }

    #[test]
    fn all_of_a_url_is_read() {
        let bucket = bucket(
            "s3://vault/claude/laptop/?endpoint=http%3A%2F%2F127.0.0.1:3900/&region=garage&path_style=true&patience=5",
        );
        assert_eq!(bucket.name, "vault");
        assert_eq!(bucket.place(), "s3://vault/claude/laptop");
        assert_eq!(bucket.endpoint.as_deref(), Some("http://127.0.0.1:3900"));
        assert_eq!(bucket.region.as_deref(), Some("garage"));
        assert_eq!((bucket.path_style, bucket.patience.as_secs()), (Some(true), 5));
    }

    #[test]
    fn names_go_into_the_bucket_and_come_back() {
        let name: ObjectName = "commits/a.commit".parse().expect("is one");
        for (url, key) in
            [("s3://vault", "commits/a.commit"), ("s3://vault/x", "x/commits/a.commit")]
        {
            assert_eq!(bucket(url).key(&name), key);
            assert_eq!(bucket(url).name_of(key), Some(name.clone()));
        }
        assert_eq!(bucket("s3://vault/x").name_of("y/commits/a.commit"), None);
    }

    #[test]
    fn its_url_says_all_of_it() {
        for url in [
            "s3://vault",
            "s3://vault/a/b?region=eu-west-1",
            "s3://vault/a?endpoint=https://host:1/a%26b%25c&region=garage&path_style=false&patience=5",
        ] {
            let bucket = bucket(url);
            assert_eq!((bucket.url().as_str(), bucket.url().parse().ok()), (url, Some(bucket)));
        }
    }

    #[test]
    fn what_is_wrong_is_said_and_not_repeated() {
        for url in [
            "s3://",
            "s3://ab",
            "s3://AKIA:hunter2@vault",
            "s3://vault/../x",
            "s3://vault?endpoint=ftp://host",
            "s3://vault?endpoint=https://AKIA:hunter2@host",
            "s3://vault?path_style=yes",
            "s3://vault?secret=hunter2",
            "s3://vault?patience=long",
            "s3://vault?region=",
            "/folder",
        ] {
            let error = url.parse::<Bucket>().expect_err(url).to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
