//! The fields of a file. Of each value only its hash is kept, and what may be shown.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::crypto::Digest;

use super::jsonc::without_comments;
use super::shown::{may_be_named_next, shown};

/// Names whose values run programs, hand out keys, or say where things go; with all that is in them.
const DANGEROUS: [&str; 31] = [
    "additionalDirectories",
    "allowedTools",
    "args",
    "awsCredentialExport",
    "awsAuthRefresh",
    "bypassPermissionsModeAccepted",
    "command",
    "context_servers",
    "disableAllHooks",
    "disabledMcpjsonServers",
    "enableAllProjectMcpServers",
    "enabledMcpjsonServers",
    "enabledPlugins",
    "env",
    "extraKnownMarketplaces",
    "fileSuggestion",
    "gcpAuthRefresh",
    "hasClaudeMdExternalIncludesApproved",
    "hasTrustDialogAccepted",
    "headers",
    "hooks",
    "mcp",
    "mcpServers",
    "mcp_servers",
    "notify",
    "permissions",
    "run",
    "sandbox",
    "servers",
    "statusLine",
    "url",
];

/// As are names that end so.
const ENDINGS: [&str; 4] = ["Helper", "Command", "Servers", "StatusLine"];

/// Lists of this name are the words of a command line.
const LINES: [&str; 3] = ["args", "command", "serverCommand"];

/// A value.
#[derive(Clone, Debug)]
pub(super) struct Field {
    digest: Digest,
    pub(super) shown: String,
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Field {
    /// A whole file.
    pub(super) fn whole(bytes: &[u8]) -> Self {
        let digest = Digest::of(bytes);
        let begin: String = digest.to_string().chars().take(12).collect();
        Self { digest, shown: format!("{} bytes, SHA-256 {begin}…", bytes.len()) }
    }
}

/// By JSON pointer.
pub(super) type Fields = BTreeMap<String, Field>;

/// Whether a value at this path is one of those to look at.
pub(super) fn is_dangerous(path: &[String]) -> bool {
    let is_named = |name: &String| {
        // What ends in a dot and a name is the same of another program: `amp.mcpServers`.
        let name = name.rsplit('.').next().unwrap_or(name);
        DANGEROUS.contains(&name) || ENDINGS.iter().any(|ending| name.ends_with(ending))
    };
    path.iter().any(is_named)
}

/// The fields of JSON, with comments or without; `None` when it is none.
pub(super) fn of_json(bytes: &[u8], wanted: fn(&[String]) -> bool) -> Option<Fields> {
    let plain = without_comments(bytes);
    let mut fields = Fields::new();
    let mut deserializer = serde_json::Deserializer::from_slice(&plain);
    Seed::of(&mut fields, wanted).deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some(fields)
}

/// The fields of TOML; `None` when it is none.
pub(super) fn of_toml(bytes: &[u8], wanted: fn(&[String]) -> bool) -> Option<Fields> {
    let mut fields = Fields::new();
    let deserializer = toml::Deserializer::parse(std::str::from_utf8(bytes).ok()?).ok()?;
    Seed::of(&mut fields, wanted).deserialize(deserializer).ok()?;
    Some(fields)
}

/// The lines, but for comments: each is a field of its own, so that their order does not matter.
pub(super) fn of_lines(bytes: &[u8]) -> Fields {
    let text = String::from_utf8_lossy(bytes);
    let lines =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let field =
        |line: &str| Field { digest: Digest::of(line.as_bytes()), shown: "there".to_owned() };
    lines.map(|line| (line.to_owned(), field(line))).collect()
}

/// Collects what is at a path and below it.
struct Seed<'f> {
    path: Vec<String>,
    /// The text before it in the same list: `--token`, perhaps.
    after: Option<String>,
    fields: &'f mut Fields,
    wanted: fn(&[String]) -> bool,
}

impl<'f> Seed<'f> {
    fn of(fields: &'f mut Fields, wanted: fn(&[String]) -> bool) -> Self {
        Self { path: Vec::new(), after: None, fields, wanted }
    }

    fn below(&mut self, name: String, after: Option<String>) -> Seed<'_> {
        let path = self.path.iter().cloned().chain([name]).collect();
        Seed { path, after, fields: self.fields, wanted: self.wanted }
    }

    /// Notes a value, and answers what the next in the same list may depend on.
    fn note(self, text: &str, is_text: bool) -> Option<String> {
        if (self.wanted)(&self.path) {
            let shown = shown(&self.path, self.after.as_deref(), text, is_text);
            let digest = Digest::of(text.as_bytes());
            self.fields.insert(pointer(&self.path), Field { digest, shown });
        }
        may_be_named_next(text).then(|| text.to_owned())
    }

    /// The words of a command line are one field: nobody reads them one by one.
    fn join(self, count: usize) {
        if !self.path.last().is_some_and(|name| LINES.contains(&name.as_str())) {
            return;
        }
        let list = pointer(&self.path);
        let names: Vec<String> = (0..count).map(|number| format!("{list}/{number}")).collect();
        if names.is_empty() || !names.iter().all(|name| self.fields.contains_key(name)) {
            return;
        }
        let values: Vec<Field> = names.iter().filter_map(|name| self.fields.remove(name)).collect();
        let digests: Vec<u8> =
            values.iter().flat_map(|value| value.digest.bytes().to_vec()).collect();
        let shown: Vec<&str> = values.iter().map(|value| value.shown.as_str()).collect();
        let shown = format!("[{}]", shown.join(", "));
        self.fields.insert(list, Field { digest: Digest::of(&digests), shown });
    }
}

/// RFC 6901.
fn pointer(path: &[String]) -> String {
    let escaped = path.iter().map(|name| name.replace('~', "~0").replace('/', "~1"));
    escaped.fold(String::new(), |pointer, name| format!("{pointer}/{name}"))
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Self::Value, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(self.note(&value.to_string(), false))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(self.note(&value.to_string(), false))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(self.note(&value.to_string(), false))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(self.note(&value.to_string(), false))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(self.note("null", false))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(self.note(value, true))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Self::Value, A::Error> {
        let (mut count, mut before) = (0_usize, None);
        while let Some(this) = list.next_element_seed(self.below(count.to_string(), before))? {
            (count, before) = (count + 1, this);
        }
        self.join(count);
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            map.next_value_seed(self.below(name, None))?;
        }
        Ok(None)
    }
}
