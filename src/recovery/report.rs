//! What a report says: strict JSON with one spelling. See `docs/format.md`.
//!
//! It lies in the clear beside the snapshots, so that whoever may read there, and knows the signer,
//! sees when what was last proven. Nothing in it names a file, an entry or a server: there are words
//! from fixed lists, numbers, and names that the repository shows anyway.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::snapshot::{Level, ReportId, ReportKind, RepositoryId, SnapshotId, Subset};
use crate::{crypto, snapshot, storage};

/// The version that this program writes and reads.
const VERSION: u32 = 1;

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Of which repository.
    pub repository: RepositoryId,
    /// When it was written, in whole seconds.
    pub at: Timestamp,
    /// The program that wrote it, with its version.
    pub tool: String,
    /// What the writer's settings call the place that was looked at; none where they do not name it.
    pub place: Option<String>,
    /// Why it failed: what weighs most comes first. It passed when there is nothing.
    pub reasons: Vec<Reason>,
    /// What could not be tried.
    pub omissions: Vec<Omission>,
    /// What was done.
    pub work: Work,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// All that was looked at was as it should be.
    Passed,
    /// Something was not.
    Failed,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// A snapshot was restored.
    Drill(Drilled),
    /// Objects were looked at.
    Verify(Verified),
}

/// A drill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drilled {
    /// Which snapshot was restored; none when it did not come so far.
    #[serde(with = "text")]
    pub snapshot: Option<SnapshotId>,
    /// By what.
    pub way: Way,
    /// With which key.
    pub key: Key,
    /// How long each phase took, in their order; none that was not begun.
    pub phases: Vec<Spent>,
    /// How old the newest snapshot was (seconds).
    pub rpo: Goal,
    /// How long it took until everything was back and looked at (milliseconds).
    pub rto: Goal,
    /// What was looked at.
    pub checked: Checked,
}

/// A verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verified {
    /// How deep.
    pub level: Depth,
    /// Which share of the objects, as `3/20`; all of them without.
    #[serde(with = "text")]
    pub subset: Option<Subset>,
    /// How many snapshots there are.
    pub snapshots: u64,
    /// How many objects were looked at.
    pub objects: u64,
    /// How much does not hold.
    pub faults: u64,
}

/// The levels of a verification, each with those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Depth {
    /// Signatures and numbers.
    History,
    /// Every object is there.
    Exists,
    /// Every byte was compared.
    Scrub,
    /// Everything was opened.
    Data,
    /// And compared with the files that are in use.
    Live,
}

impl From<&Level<'_>> for Depth {
    fn from(level: &Level<'_>) -> Self {
        match level {
            Level::History => Self::History,
            Level::Exists => Self::Exists,
            Level::Scrub => Self::Scrub,
            Level::Data(_) => Self::Data,
            Level::Live(..) => Self::Live,
        }
    }
}

/// What restores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// This program.
    Vaultctl,
    /// `restore.sh`, with age, zstd and tar.
    Stock,
}

/// What opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Key {
    /// The identity of this machine.
    Everyday,
    /// One from a file that was named.
    File,
    /// The recovery identity, typed from the paper.
    Paper,
}

/// A part of a drill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Opening the storage.
    Reach,
    /// Signatures and numbers.
    Verify,
    /// Copying what is needed, where the way needs files.
    Fetch,
    /// Decrypting, and putting everything in its place.
    Restore,
    /// Looking at what came back.
    Check,
    /// Taking it all away again.
    Wipe,
}

/// How long a phase took.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spent {
    /// Which.
    pub phase: Phase,
    /// How long (milliseconds).
    pub ms: u64,
}

/// Something measured, and what it may be at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// What it was; none when it could not be measured.
    pub measured: Option<u64>,
    /// What it may be.
    pub objective: u64,
}

impl Goal {
    /// Whether it is over the objective.
    #[must_use]
    pub fn is_missed(&self) -> bool {
        self.measured.is_some_and(|measured| measured > self.objective)
    }
}

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checked {
    /// Files, folders and links that were compared with the snapshot's listing.
    pub things: u64,
    /// The bytes of the files among them.
    pub bytes: u64,
    /// Clients' files that were parsed.
    pub client_files: u64,
    /// MCP servers in them.
    pub servers: u64,
    /// Entries of the store whose headers were read.
    pub entries: u64,
    /// Entries that were decrypted.
    pub decrypted: u64,
    /// Git repositories that were gone through.
    pub histories: u64,
}

/// Why something failed; what weighs most comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// There is no repository any more.
    NoRepository,
    /// It has no snapshot.
    NoSnapshot,
    /// Its newest snapshot is older than one that this machine knows.
    RolledBack,
    /// Something is missing, or is not what was signed.
    Damaged,
    /// Somebody else has signed it than the paper says.
    OtherSigner,
    /// The key does not open it.
    WrongKey,
    /// The stock tools did not restore it.
    StockTools,
    /// What came back is not what the snapshot lists.
    Different,
    /// The snapshot was not in order when it was taken.
    Degraded,
    /// A client's file does not parse.
    ClientFiles,
    /// MCP servers are lost.
    Servers,
    /// An entry of the store is none.
    Entries,
    /// An entry is not encrypted to those to whom it should be.
    Recipients,
    /// An entry can not be decrypted.
    Decryption,
    /// A git repository has lost something.
    History,
    /// Something came back with rights, or in a place, that it may not have.
    Rights,
    /// The newest snapshot is too old.
    Rpo,
    /// It took too long.
    Rto,
}

/// What could not be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Omission {
    /// A key is behind a passphrase, or in hardware, and nobody was there.
    LockedKey,
    /// A program that is needed is not installed.
    NoProgram,
    /// A client's file is a link to something that the snapshot does not have.
    LeadsOut,
    /// The snapshot has no store.
    NoStore,
    /// A store has no history.
    NoHistory,
    /// Files whose own modes forbid to read them were compared without their content.
    Unread,
}

/// Why a text is no report.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is in a version that is not ours.
    Newer,
    /// It is not as we write it.
    Malformed(String),
}

/// As it is written, in this order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    #[serde(with = "text")]
    repository: RepositoryId,
    #[serde(with = "text")]
    at: Timestamp,
    tool: String,
    place: Option<String>,
    outcome: Outcome,
    reasons: Vec<Reason>,
    omissions: Vec<Omission>,
    work: Work,
}

/// What every version has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl Report {
    /// What it is called.
    #[must_use]
    pub fn id(&self) -> ReportId {
        let kind = match self.work {
            Work::Drill(_) => ReportKind::Drill,
            Work::Verify(_) => ReportKind::Verify,
        };
        ReportId { at: self.at, kind }
    }

    /// Leaves out what is less than a second.
    pub(super) fn round_time(&mut self) {
        self.at = Timestamp::from_second(self.at.as_second()).unwrap_or(self.at);
    }

    /// How it ended.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        if self.reasons.is_empty() { Outcome::Passed } else { Outcome::Failed }
    }

    /// The text, of which there is one spelling.
    #[must_use]
    pub fn render(&self) -> String {
        let Self { repository, at, tool, place, reasons, omissions, work } = self.clone();
        let outcome = self.outcome();
        let written = Written {
            version: VERSION,
            repository,
            at,
            tool,
            place,
            outcome,
            reasons,
            omissions,
            work,
        };
        let text = serde_json::to_string_pretty(&written);
        text.expect("it has texts, numbers and lists only") + "\n"
    }

    /// Accepts exactly what [`Report::render`] writes.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Unread> {
        let malformed = |reason: serde_json::Error| Unread::Malformed(reason.to_string());
        let Versioned { version } = serde_json::from_slice(bytes).map_err(malformed)?;
        if version > VERSION {
            return Err(Unread::Newer);
        }
        let Written { repository, at, tool, place, reasons, omissions, work, .. } =
            serde_json::from_slice(bytes).map_err(malformed)?;
        let report = Self { repository, at, tool, place, reasons, omissions, work };
        if report.render().as_bytes() == bytes {
            Ok(report)
        } else {
            Err(Unread::Malformed("it is spelt otherwise than it should be".to_owned()))
        }
    }
}

/// How old something of `time` is (seconds); what is of the future is not old at all.
#[must_use]
pub fn age(time: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.duration_since(time).as_secs()).unwrap_or_default()
}

impl Reason {
    /// What an error says of the snapshots; nothing, where it is not about them, or says only that
    /// they can not be reached.
    pub(super) fn of(error: &snapshot::Error) -> Option<Self> {
        use snapshot::Error as E;
        Some(match error {
            E::NoRepository(_) | E::Replaced(_) | E::Storage(storage::Error::NoBucket(_)) => {
                Self::NoRepository
            }
            E::Empty(_) => Self::NoSnapshot,
            E::RolledBack { .. } => Self::RolledBack,
            E::Damaged { .. }
            | E::Member { .. }
            | E::BadHistory { .. }
            | E::Storage(
                storage::Error::NotFound(_)
                | storage::Error::TooLarge(_)
                | storage::Error::Broken { .. },
            ) => Self::Damaged,
            E::Crypto(crypto::Error::NoMatchingKey) => Self::WrongKey,
            E::Crypto(
                crypto::Error::Damaged(_)
                | crypto::Error::NotCiphertext(_)
                | crypto::Error::Armored
                | crypto::Error::BadSignature(_),
            ) => Self::Damaged,
            _ => return None,
        })
    }

    /// Whether everything came back as it should, and only too late.
    #[must_use]
    pub fn is_about_time(&self) -> bool {
        matches!(self, Self::Rpo | Self::Rto)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoRepository => "there is no repository any more",
            Self::NoSnapshot => "there is no snapshot",
            Self::RolledBack => "the newest snapshot is older than one that was there",
            Self::Damaged => "something is missing, or is not what was signed",
            Self::OtherSigner => "it is signed by another key than the paper says",
            Self::WrongKey => "the key does not open it",
            Self::StockTools => "the stock tools did not restore it",
            Self::Different => "what came back is not what the snapshot lists",
            Self::Degraded => "the snapshot was not in order when it was taken",
            Self::ClientFiles => "a client's file does not parse",
            Self::Servers => "MCP servers are lost",
            Self::Entries => "an entry of the store is damaged",
            Self::Recipients => "an entry is not encrypted to those to whom it should be",
            Self::Decryption => "an entry can not be decrypted",
            Self::History => "the history of a git repository is damaged",
            Self::Rights => "something came back with rights, or in a place, that it may not have",
            Self::Rpo => "the newest snapshot is older than the objective allows",
            Self::Rto => "it took longer than the objective allows",
        })
    }
}

impl fmt::Display for Omission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LockedKey => "a key needs a passphrase or a device, and was not tried",
            Self::NoProgram => "a program is not installed, and what it checks was not checked",
            Self::LeadsOut => {
                "a client's file is a link to something that the snapshot does not have"
            }
            Self::NoStore => "the snapshot has no store",
            Self::NoHistory => "a store has no history",
            Self::Unread => "what is in files that their own modes forbid to read was not compared",
        })
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reach => "reach",
            Self::Verify => "verify",
            Self::Fetch => "fetch",
            Self::Restore => "restore",
            Self::Check => "check",
            Self::Wipe => "wipe",
        })
    }
}

/// Values that are written as their `Display`, and read back by `FromStr`.
mod text {
    use serde::de::{Deserializer, Error};
    use serde::{Deserialize, Serializer};

    /// What can be written so: a value, or none.
    pub(super) trait Text: Sized {
        fn write(&self) -> Option<String>;
        fn read(text: Option<&str>) -> Option<Self>;
    }

    pub(super) fn serialize<T: Text, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
        match value.write() {
            Some(text) => to.serialize_str(&text),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, T: Text, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        T::read(text.as_deref()).ok_or_else(|| D::Error::custom("a value that is none"))
    }
}

impl text::Text for RepositoryId {
    fn write(&self) -> Option<String> {
        Some(self.to_string())
    }

    fn read(text: Option<&str>) -> Option<Self> {
        text?.parse().ok()
    }
}

impl text::Text for Timestamp {
    fn write(&self) -> Option<String> {
        Some(self.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
    }

    fn read(text: Option<&str>) -> Option<Self> {
        Self::from_str(text?).ok()
    }
}

impl text::Text for Option<SnapshotId> {
    fn write(&self) -> Option<String> {
        self.map(|id| id.to_string())
    }

    fn read(text: Option<&str>) -> Option<Self> {
        text.map(str::parse).transpose().ok()
    }
}

impl text::Text for Option<Subset> {
    fn write(&self) -> Option<String> {
        self.map(|subset| subset.to_string())
    }

    fn read(text: Option<&str>) -> Option<Self> {
        text.map(str::parse).transpose().ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REASONS: [Reason; 5] =
        [Reason::Damaged, Reason::WrongKey, Reason::Servers, Reason::Rpo, Reason::Rto];

    prop_compose! {
        fn drilled()(
            snapshot in proptest::option::of((0..4_000_000_000_i64, 1..1_000_u64)),
            (way, key) in (prop_oneof![Just(Way::Vaultctl), Just(Way::Stock)], prop_oneof![Just(Key::Everyday), Just(Key::File), Just(Key::Paper)]),
            phases in proptest::collection::vec((prop_oneof![Just(Phase::Reach), Just(Phase::Fetch), Just(Phase::Wipe)], any::<u64>()), 0..6),
            (rpo, rto) in (proptest::option::of(any::<u64>()), proptest::option::of(any::<u64>())),
            things in any::<u64>(),
        ) -> Drilled {
            let id = |(seconds, seq)| SnapshotId { time: Timestamp::from_second(seconds).expect("in range"), seq };
            let phases = phases.into_iter().map(|(phase, ms)| Spent { phase, ms }).collect();
            let goal = |measured| Goal { measured, objective: 60 };
            let checked = Checked { things, ..Checked::default() };
            Drilled { snapshot: snapshot.map(id), way, key, phases, rpo: goal(rpo), rto: goal(rto), checked }
        }
    }

    prop_compose! {
        fn verified()(
            level in prop_oneof![Just(Depth::Exists), Just(Depth::Live)],
            subset in proptest::option::of("[1-9]/9"),
            faults in any::<u64>(),
        ) -> Verified {
            let subset = subset.map(|text| text.parse().expect("is one"));
            Verified { level, subset, snapshots: 3, objects: 7, faults }
        }
    }

    prop_compose! {
        fn report()(
            repository in "[0-9a-f]{32}",
            at in 0..4_000_000_000_i64,
            place in proptest::option::of("\\PC{1,12}"),
            reasons in proptest::sample::subsequence(&REASONS[..], 0..REASONS.len()),
            omissions in proptest::collection::vec(Just(Omission::LockedKey), 0..2),
            work in prop_oneof![drilled().prop_map(Work::Drill), verified().prop_map(Work::Verify)],
        ) -> Report {
            let at = Timestamp::from_second(at).expect("in range");
            let repository = repository.parse().expect("is one");
            Report { repository, at, tool: "vaultctl 1".to_owned(), place, reasons, omissions, work }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(report in report()) {
            prop_assert_eq!(Report::parse(report.render().as_bytes()), Ok(report));
        }

        /// One spelling: whatever byte is another, it is another report or none.
        #[test]
        fn no_byte_is_free_to_change(report in report(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let text = report.render().into_bytes();
            let mut other = text.clone();
            let at = at.index(other.len());
            other[at] = byte;
            if other != text && let Ok(read) = Report::parse(&other) {
                prop_assert_ne!(&read, &report);
                prop_assert_eq!(read.render().into_bytes(), other);
            }
        }

        #[test]
        fn nothing_is_read_from_anything_else(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(Report::parse(&bytes).is_err());
        }
    }

    fn some() -> String {
        let drilled = Drilled {
            snapshot: Some("20261120T020000Z-000001".parse().expect("is one")),
            way: Way::Stock,
            key: Key::Paper,
            phases: vec![Spent { phase: Phase::Reach, ms: 12 }],
            rpo: Goal { measured: Some(100_000), objective: 93_600 },
            rto: Goal { measured: Some(12), objective: 900_000 },
            checked: Checked::default(),
        };
        let report = Report {
            repository: "0".repeat(32).parse().expect("is one"),
            at: Timestamp::from_second(1_800_000_000).expect("in range"),
            tool: "vaultctl 1".to_owned(),
            place: Some("nas".to_owned()),
            reasons: vec![Reason::Rpo],
            omissions: Vec::new(),
            work: Work::Drill(drilled),
        };
        report.render()
    }

    #[test]
    fn a_report_is_as_the_document_shows_it() {
        let document = include_str!("../../docs/format.md");
        let example = document.split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
        assert_eq!(example, Some(some().as_str()));
    }

    #[test]
    fn another_version_is_told_from_damage() {
        let text = some();
        let newer = text.replacen("\"version\": 1", "\"version\": 2", 1);
        assert_eq!(Report::parse(newer.as_bytes()), Err(Unread::Newer));
        for (from, to) in [
            ("\"failed\"", "\"passed\""),
            ("\"stock\"", "\"magic\""),
            ("\"ms\": 12", "\"ms\": 12, \"more\": 1"),
            ("\"ms\": 12", "\"ms\": 12.0"),
            ("T08:00:00Z", "T08:00:00.5Z"),
            ("\n}\n", "\n}"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            assert!(matches!(Report::parse(changed.as_bytes()), Err(Unread::Malformed(_))), "{to}");
        }
    }
}
