//! How large a configuration was when it was last in order, so that one that has collapsed is told
//! from one that has changed: a client that starts with a fresh file leaves valid JSON behind, and
//! everything that was in it is gone. A store or folder whose disk is not mounted is told likewise.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::snapshot::archive::TreePath;

use super::finding::{Finding, Trouble};
use super::profile::Root;

/// The member that holds the MCP servers, in most clients' files.
const SERVERS: &str = "mcpServers";

/// A file with less than this of its former size has collapsed (percent).
const LEAST_SIZE: u64 = 20;

/// Half of its keys gone is a collapse only in a file that had as many as this.
const MANY_KEYS: u64 = 4;

/// What is counted of a file that is one JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Measure {
    /// Bytes.
    size: u64,
    /// Members of the object.
    keys: u64,
    /// MCP servers.
    servers: u64,
}

impl Measure {
    /// Counts, where the bytes are one JSON object; none of what it holds is kept.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let Counted { keys, servers } = serde_json::from_slice(bytes).ok()?;
        Some(Self { size: bytes.len() as u64, keys, servers })
    }

    /// What is lost compared with `before`, if that is too much.
    fn lost_since(self, before: Self) -> Option<Loss> {
        if before.servers > 0 && self.servers == 0 {
            Some(Loss::Servers)
        } else if before.keys >= MANY_KEYS && self.keys * 2 < before.keys {
            Some(Loss::Keys)
        } else if self.size * 100 < before.size * LEAST_SIZE {
            Some(Loss::Size)
        } else {
            None
        }
    }
}

/// How a file, or what is taken as a whole, has collapsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// It is not there any more.
    File,
    /// It had MCP servers, and has none.
    Servers,
    /// Over half of its members are gone.
    Keys,
    /// It has less than a fifth of its size.
    Size,
    /// What is taken as a whole has no file any more: its disk may not be mounted.
    Contents,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "it is gone",
            Self::Servers => "its MCP servers are gone",
            Self::Keys => "over half of what was in it is gone",
            Self::Size => "it has less than a fifth of its former size",
            Self::Contents => "all that was in it is gone",
        })
    }
}

/// What there was, by its place in the tree.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::snapshot) struct Baseline {
    /// The measures of each file.
    files: BTreeMap<String, Measure>,
    /// What is taken as a whole, and had files.
    roots: BTreeSet<String>,
}

/// What was measured in one run.
pub(super) type Measures = Vec<(TreePath, Measure)>;

impl Baseline {
    /// The same with these files; one whose name is no text is not remembered.
    pub(super) fn with_files(self, measures: &[(TreePath, Measure)]) -> Self {
        let entry = |(path, measure): &(TreePath, Measure)| Some((text(path)?, *measure));
        Self { files: measures.iter().filter_map(entry).collect(), ..self }
    }

    /// The same without any file, for a snapshot that does not take the configuration.
    pub(super) fn without_files(&self) -> Self {
        Self { files: BTreeMap::new(), roots: self.roots.clone() }
    }

    /// The same as these are now; of others, which this snapshot does not take, nothing is known.
    pub(super) fn with_roots(mut self, roots: &[Root]) -> Self {
        for root in roots {
            match text(&root.path) {
                Some(path) if root.has_files => self.roots.insert(path),
                Some(path) => self.roots.remove(&path),
                None => false,
            };
        }
        self
    }

    /// Which of them had files and have none.
    pub(super) fn compare_roots(&self, roots: &[Root]) -> Vec<Finding> {
        let was_full =
            |root: &&Root| text(&root.path).is_some_and(|path| self.roots.contains(&path));
        let emptied = roots.iter().filter(|root| !root.has_files).filter(was_full);
        let trouble = Trouble::Collapsed(Loss::Contents);
        emptied.map(|root| Finding { path: root.path.clone(), trouble: trouble.clone() }).collect()
    }

    /// What has collapsed since. A file that is there and is no JSON object is told elsewhere.
    pub(super) fn compare(
        &self,
        measures: &[(TreePath, Measure)],
        is_there: &dyn Fn(&TreePath) -> bool,
    ) -> Vec<Finding> {
        let now: BTreeMap<&TreePath, Measure> =
            measures.iter().map(|(path, measure)| (path, *measure)).collect();
        let loss = |(path, before): (&String, &Measure)| {
            let path = TreePath::parse(path.as_bytes()).ok()?;
            let loss = match now.get(&path) {
                Some(measure) => measure.lost_since(*before)?,
                None if is_there(&path) => return None,
                None => Loss::File,
            };
            Some(Finding { path, trouble: Trouble::Collapsed(loss) })
        };
        self.files.iter().filter_map(loss).collect()
    }

    /// Reads what [`Baseline::render`] wrote.
    pub(in crate::snapshot) fn parse(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// As it is kept.
    pub(in crate::snapshot) fn render(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("names and numbers can be written")
    }
}

fn text(path: &TreePath) -> Option<String> {
    std::str::from_utf8(path.as_bytes()).ok().map(str::to_owned)
}

/// The members of an object, counted as they come.
#[derive(Default)]
struct Counted {
    keys: u64,
    servers: u64,
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Counter)
    }
}

struct Counter;

impl<'de> Visitor<'de> for Counter {
    type Value = Counted;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Counted, M::Error> {
        let mut counted = Counted::default();
        while let Some(key) = map.next_key::<String>()? {
            counted.keys += 1;
            if key == SERVERS {
                let servers: Option<BTreeMap<String, IgnoredAny>> = map.next_value()?;
                counted.servers = servers.map_or(0, |servers| servers.len() as u64);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(counted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(text: &str) -> Measures {
        let path = TreePath::parse(b"HOME/.claude.json").expect("is one");
        Measure::of(text.as_bytes()).map(|measure| (path, measure)).into_iter().collect()
    }

    /// What is told of `after`, where `before` was in order.
    fn told(before: &str, after: Option<&str>) -> Vec<String> {
        let baseline = Baseline::default().with_files(&measured(before));
        let baseline = Baseline::parse(&baseline.render()).expect("is read back");
        let findings =
            baseline.compare(&after.map(measured).unwrap_or_default(), &|_| after.is_some());
        findings.iter().map(|finding| finding.trouble.to_string()).collect()
    }

    #[test]
    fn a_collapse_is_told_from_a_change() {
        let full = r#"{"a": 1, "b": 2, "c": 3, "mcpServers": {"x": {}, "y": {}}}"#;
        assert_eq!(told(full, Some(full)), [""; 0]);
        let one_less = r#"{"a": 1, "b": 2, "mcpServers": {"x": {}}}"#;
        assert_eq!(told(full, Some(one_less)), [""; 0]);
        for (after, loss) in [
            (r#"{"a": 1, "b": 2, "c": 3, "mcpServers": {}}"#, Loss::Servers),
            (r#"{"a": 1, "b": 2, "c": 3, "mcpServers": null}"#, Loss::Servers),
            (r#"{"mcpServers": {"x": {"command": "a long text"}}}"#, Loss::Keys),
        ] {
            assert_eq!(told(full, Some(after)), [loss.to_string()], "{after}");
        }
        assert_eq!(told(full, None), [Loss::File.to_string()]);
        assert_eq!(told(full, Some("not JSON")), [""; 0]);
        let long = format!(r#"{{"a": "{}"}}"#, "x".repeat(1000));
        assert_eq!(told(&long, Some(r#"{"a": ""}"#)), [Loss::Size.to_string()]);
    }
}
