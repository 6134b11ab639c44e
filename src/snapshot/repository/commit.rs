//! The commit: what a snapshot is, in clear text, signed. See `docs/format.md`.

use std::fmt::{self, Write};
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::audit::Head;
use crate::crypto::Digest;

use super::object::Named;
use super::text::{self, Lines, Malformed};

/// The namespace of its signature.
pub(in crate::snapshot) const NAMESPACE: &str = "vaultctl-commit";

/// Its first line, but for the version.
const KIND: &str = "vaultctl-commit";
const FIRST_LINE: &str = "vaultctl-commit 1";

/// What a repository is called: 32 hexadecimal digits, random.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryId(String);

impl FromStr for RepositoryId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let valid = text.len() == 32 && text.bytes().all(digit);
        if valid { Ok(Self(text.to_owned())) } else { Err(()) }
    }
}

impl fmt::Display for RepositoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a snapshot is called: `20261120T020000Z-000001`, its time and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotId {
    /// When it was begun, in whole seconds.
    pub time: Timestamp,
    /// Its number in the repository, from 1.
    pub seq: u64,
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:06}", render_time(self.time), self.seq)
    }
}

impl FromStr for SnapshotId {
    type Err = Malformed;

    /// Accepts exactly what `Display` writes.
    fn from_str(text: &str) -> Result<Self, Malformed> {
        let bad = || Malformed::new(format!("`{text}` is not the name of a snapshot"));
        let (time, seq) = text.split_once('-').ok_or_else(bad)?;
        let time = parse_time(time).ok_or_else(bad)?;
        let id = Self { time, seq: seq.parse().map_err(|_| bad())? };
        if id.to_string() == text { Ok(id) } else { Err(bad()) }
    }
}

/// A time as it stands in names.
pub(super) fn render_time(time: Timestamp) -> impl fmt::Display {
    time.strftime("%Y%m%dT%H%M%SZ")
}

/// Accepts more than [`render_time`] writes: whoever reads a name compares it with its own spelling.
pub(super) fn parse_time(text: &str) -> Option<Timestamp> {
    let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

/// An object that a snapshot needs: its name is its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ObjectRef {
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// How many bytes it has.
    pub size: u64,
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.digest, self.size)
    }
}

/// What will be there after a restore; more is a bomb.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Totals {
    /// Files, folders and links.
    pub entries: u64,
    /// The files' bytes.
    pub bytes: u64,
}

/// Whether what was stored looked as it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// All that is known could be parsed.
    Ok,
    /// Something could not; the words say of what kind it was.
    Degraded(Vec<String>),
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok => f.write_str("ok"),
            Self::Degraded(codes) => write!(f, "degraded {}", codes.join(",")),
        }
    }
}

/// A commit, in the order in which it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// In which repository.
    pub repository: RepositoryId,
    /// Time and number.
    pub id: SnapshotId,
    /// SHA-256 of the commit before; `None` for the first.
    pub previous: Option<Digest>,
    /// What was taken.
    pub profiles: Vec<String>,
    /// How it looked.
    pub health: Health,
    /// The access log's head.
    pub audit: Head,
    /// What a restore makes.
    pub totals: Totals,
    /// The snapshot object.
    pub object: ObjectRef,
    /// The packs that it needs, sorted by digest.
    pub packs: Vec<ObjectRef>,
}

impl Commit {
    /// Parses a commit; exactly what [`Commit::render`] writes, and nothing else.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut lines = Lines::begin(bytes, FIRST_LINE)?;
        let repository = lines.parsed("repo")?;
        let seq = lines.parsed("seq")?;
        let previous = previous(lines.value("prev")?)?;
        let id = SnapshotId { time: lines.parsed("time")?, seq };
        let profiles = text::words("profiles", lines.value("profiles")?)?;
        let health = health(lines.value("health")?)?;
        let audit = audit(lines.value("audit")?)?;
        let totals = Totals { entries: lines.parsed("entries")?, bytes: lines.parsed("bytes")? };
        let object = object_ref("snap", lines.value("snap")?)?;
        let packs = std::iter::from_fn(|| lines.value_if("pack"));
        let packs = packs.map(|value| object_ref("pack", value)).collect::<Result<Vec<_>, _>>()?;
        lines.end()?;
        expect_sorted(&packs)?;
        let commit =
            Self { repository, id, previous, profiles, health, audit, totals, object, packs };
        text::expect_canonical(bytes, &commit.render())?;
        Ok(commit)
    }

    /// The text of the commit.
    #[must_use]
    pub fn render(&self) -> String {
        let previous = self.previous.map_or_else(|| "-".to_owned(), |digest| digest.to_string());
        let mut text = format!("{FIRST_LINE}\n");
        let lines: [(&str, &dyn fmt::Display); 10] = [
            ("repo", &self.repository),
            ("seq", &self.id.seq),
            ("prev", &previous),
            ("time", &self.id.time.strftime("%Y-%m-%dT%H:%M:%SZ")),
            ("profiles", &self.profiles.join(",")),
            ("health", &self.health),
            ("audit", &format_args!("{} {}", self.audit.seq, self.audit.digest)),
            ("entries", &self.totals.entries),
            ("bytes", &self.totals.bytes),
            ("snap", &self.object),
        ];
        let packs = self.packs.iter().map(|pack| ("pack", pack as &dyn fmt::Display));
        for (key, value) in lines.into_iter().chain(packs) {
            writeln!(text, "{key} {value}").ok();
        }
        text + "end\n"
    }

    /// Every object that a restore needs.
    pub(in crate::snapshot) fn needs(&self) -> impl Iterator<Item = Named> + '_ {
        let packs = self.packs.iter().map(|pack| Named::pack(*pack));
        std::iter::once(Named::snapshot(self.object)).chain(packs)
    }

    /// The version that a commit says it has.
    pub(super) fn version(bytes: &[u8]) -> Option<u64> {
        text::version(bytes, KIND)
    }
}

fn previous(value: &str) -> Result<Option<Digest>, Malformed> {
    if value == "-" { Ok(None) } else { text::parse("prev", value).map(Some) }
}

fn health(value: &str) -> Result<Health, Malformed> {
    match value.split_once(' ') {
        Some(("degraded", codes)) => text::words("health", codes).map(Health::Degraded),
        None if value == "ok" => Ok(Health::Ok),
        _ => Err(Malformed::new("`health` has a value that is none")),
    }
}

fn audit(value: &str) -> Result<Head, Malformed> {
    let (seq, digest) = text::pair("audit", value)?;
    Ok(Head { seq: text::parse("audit", seq)?, digest: text::parse("audit", digest)? })
}

fn object_ref(key: &str, value: &str) -> Result<ObjectRef, Malformed> {
    let (digest, size) = text::pair(key, value)?;
    Ok(ObjectRef { digest: text::parse(key, digest)?, size: text::parse(key, size)? })
}

fn expect_sorted(packs: &[ObjectRef]) -> Result<(), Malformed> {
    if packs.is_sorted_by(|one, next| one.digest < next.digest) {
        Ok(())
    } else {
        Err(Malformed::new("the packs are not sorted"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::strategy::ValueTree;

    use super::*;

    fn digest() -> impl Strategy<Value = Digest> {
        any::<u64>().prop_map(|seed| Digest::of(&seed.to_be_bytes()))
    }

    fn object_ref() -> impl Strategy<Value = ObjectRef> {
        (digest(), any::<u64>()).prop_map(|(digest, size)| ObjectRef { digest, size })
    }

    fn words() -> impl Strategy<Value = Vec<String>> {
        proptest::collection::vec("[a-z0-9-]{1,8}", 1..4)
    }

    fn health() -> impl Strategy<Value = Health> {
        prop_oneof![Just(Health::Ok), words().prop_map(Health::Degraded)]
    }

    prop_compose! {
        fn commit()(
            repository in "[0-9a-f]{32}",
            (seconds, seq) in (-60_000_000_000_i64..200_000_000_000, any::<u64>()),
            previous in proptest::option::of(digest()),
            (profiles, health) in (words(), health()),
            (audit_seq, audit_digest) in (any::<u64>(), digest()),
            (entries, bytes) in any::<(u64, u64)>(),
            object in object_ref(),
            mut packs in proptest::collection::vec(object_ref(), 0..3),
        ) -> Commit {
            packs.sort_by_key(|pack: &ObjectRef| pack.digest);
            packs.dedup_by_key(|pack| pack.digest);
            Commit {
                repository: repository.parse().expect("is one"),
                id: SnapshotId { time: Timestamp::from_second(seconds).expect("in range"), seq },
                previous, profiles, health,
                audit: Head { seq: audit_seq, digest: audit_digest },
                totals: Totals { entries, bytes },
                object, packs,
            }
        }
    }

    proptest! {
        #[test]
        fn is_read_back_as_it_was_written(commit in commit()) {
            prop_assert_eq!(Commit::parse(commit.render().as_bytes()), Ok(commit.clone()));
            prop_assert_eq!(commit.id.to_string().parse(), Ok(commit.id));
        }

        #[test]
        fn no_change_goes_unnoticed(commit in commit(), place in any::<prop::sample::Index>(), to in any::<u8>()) {
            let mut bytes = commit.render().into_bytes();
            let place = place.index(bytes.len());
            prop_assume!(bytes[place] != to);
            bytes[place] = to;
            prop_assert_ne!(Commit::parse(&bytes), Ok(commit));
        }

        #[test]
        fn nothing_crashes_the_parser(bytes in any::<Vec<u8>>()) {
            let _answer = Commit::parse(&bytes);
        }
    }

    #[test]
    fn no_truncation_and_no_addition_is_accepted() {
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let text = commit().new_tree(&mut runner).expect("makes one").current().render();
        for length in 0..text.len() {
            assert!(Commit::parse(&text.as_bytes()[..length]).is_err(), "cut to {length}");
        }
        for more in ["\n", " ", "end\n", "pack x 1\n"] {
            assert!(Commit::parse(format!("{text}{more}").as_bytes()).is_err(), "with {more:?}");
        }
    }

    #[test]
    fn a_commit_has_one_text() {
        let digest = Digest::of(b"");
        let text = format!(
            "vaultctl-commit 1\nrepo {}\nseq 7\nprev -\ntime 2026-11-20T02:00:00Z\nprofiles config\n\
             health ok\naudit 0 {digest}\nentries 1\nbytes 2\nsnap {digest} 3\nend\n",
            "0".repeat(32)
        );
        assert!(Commit::parse(text.as_bytes()).is_ok());
        for (one, other) in [
            ("seq 7", "seq 07"),
            ("seq 7", "seq +7"),
            ("02:00:00Z", "02:00:00+00:00"),
            ("02:00:00Z", "02:00:00.000Z"),
            ("20T02", "20t02"),
            ("20T02", "20 02"),
            ("\n", "\r\n"),
        ] {
            let other = text.replacen(one, other, 1);
            assert!(Commit::parse(other.as_bytes()).is_err(), "{other}");
        }
    }

    #[test]
    fn a_snapshot_has_one_name() {
        for bad in [
            "",
            "20261120T020000Z",
            "20261120T020000Z-1",
            "20261120T020000Z-0000001",
            "20261320T020000Z-000001",
        ] {
            assert!(bad.parse::<SnapshotId>().is_err(), "{bad}");
        }
        let id: SnapshotId = "20261120T020000Z-1234567".parse().expect("is one");
        assert_eq!((id.seq, id.time.to_string()), (1_234_567, "2026-11-20T02:00:00Z".to_owned()));
    }
}
