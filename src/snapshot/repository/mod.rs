//! A repository: one machine's snapshots in one place. See `docs/format.md`.
//!
//! Nothing that a repository says of itself is believed: whoever opens one brings the fingerprint
//! of the signer, and what is not rightly signed by that key is damaged.

pub(super) mod commit;
pub(super) mod known_places;
pub(super) mod object;
pub(super) mod reports;
pub(super) mod search;
pub(super) mod stored;
pub(super) mod text;

use std::collections::HashMap;
use std::fmt::Write;

use crate::crypto::{self, Digest, Fingerprint, Signed, Signer, Verifier};
use crate::snapshot::Error;
use crate::storage::{self, Body, ObjectName, Put, Storage, get_whole, put_signed};
use crate::sys::{in_parallel, random_hex};

use self::commit::{Commit, RepositoryId, SnapshotId};
use self::text::{Lines, Malformed};

const NAMESPACE: &str = "vaultctl-repo";
const KIND: &str = "vaultctl-repo";
const FIRST_LINE: &str = "vaultctl-repo 1";

/// A statement larger than this is none of ours (bytes).
const STATEMENT_LIMIT: u64 = 16 * 1024 * 1024;

/// How many statements are fetched at the same time; each is small, and waits for the network.
pub(super) const REQUESTS: usize = 16;

/// The script that restores without vaultctl, and the words that go with it.
pub(super) const GUIDES: [(&str, &str); 2] =
    [("restore.sh", include_str!("restore.sh")), ("RESTORE.txt", include_str!("RESTORE.txt"))];

/// A repository that was opened, with whom to trust.
#[derive(Clone)]
pub struct Repository<'s> {
    storage: &'s dyn Storage,
    trusted: Fingerprint,
    about: About,
}

/// What `vaultctl-repo` says.
#[derive(Clone)]
struct About {
    id: RepositoryId,
    signer: Verifier,
    /// Hashes of the [`GUIDES`], which are not always those of this version.
    guides: [Digest; 2],
}

/// One commit, as it was found.
pub struct Entry {
    /// What its file's name says.
    pub id: SnapshotId,
    /// What it is worth.
    pub standing: Standing,
}

/// What a commit is worth.
pub enum Standing {
    /// Rightly signed and understood.
    Whole {
        /// What it says.
        commit: Box<Commit>,
        /// SHA-256 of its text.
        digest: Digest,
    },
    /// Rightly signed, in a version that is not ours.
    Newer,
    /// Not what was signed, or not signed.
    Damaged(String),
}

/// All commits that a repository has.
pub struct Listing {
    /// By number.
    pub entries: Vec<Entry>,
    /// What lies among the commits and is called like none.
    pub strange: Vec<ObjectName>,
}

impl<'s> Repository<'s> {
    /// Makes a new repository where none is.
    ///
    /// # Errors
    /// [`Error::AlreadyRepository`]; what the storage says: then it can be tried again.
    pub fn init(storage: &'s dyn Storage, signer: &Signer) -> Result<Self, Error> {
        if storage.head(&about_name())?.is_some() || !storage.list(&commits_folder())?.is_empty() {
            return Err(Error::AlreadyRepository(storage.place()));
        }
        let about = About {
            id: random_hex(16).parse().expect("sixteen bytes are 32 digits"),
            signer: signer.verifier(),
            guides: GUIDES.map(|(_, text)| Digest::of(text.as_bytes())),
        };
        let signed = signer.sign(NAMESPACE, about.render().into_bytes());
        for (name, text) in GUIDES {
            put_guide(storage, &object_name(name), text, &signed)?;
        }
        // Left by an init that was stopped before its last step; it is over another statement.
        let left = about_name().signature();
        if storage.head(&left)?.is_some() {
            storage.delete(&left)?;
        }
        put_signed(storage, &about_name(), &signed)?;
        Ok(Self { storage, trusted: signer.verifier().fingerprint(), about })
    }

    /// Opens the repository that the key with the fingerprint `trusted` has made.
    ///
    /// # Errors
    /// [`Error::NoRepository`]; [`Error::Damaged`] when it is another's, or altered;
    /// [`Error::Newer`]; [`Error::UnknownFeature`].
    pub fn open(storage: &'s dyn Storage, trusted: Fingerprint) -> Result<Self, Error> {
        let name = about_name();
        if storage.head(&name)?.is_none() && is_bare(storage)? {
            return Err(Error::NoRepository(storage.place()));
        }
        let signed = read_signed(storage, &name, NAMESPACE, &trusted)?;
        if text::version(signed.statement(), KIND) > Some(1) {
            return Err(Error::Newer(name.to_string()));
        }
        let about = About::parse(signed.statement()).map_err(|wrong| wrong.about(&name))?;
        Ok(Self { storage, trusted, about })
    }

    /// Whose the repository there claims to be. That is worth nothing by itself: whoever can write
    /// there says what he likes. A person may compare it with a sheet.
    ///
    /// # Errors
    /// As [`Repository::open`].
    pub fn claimed_signer(storage: &dyn Storage) -> Result<Fingerprint, Error> {
        let name = about_name();
        let statement = match get_whole(storage, &name, STATEMENT_LIMIT) {
            Err(storage::Error::NotFound(_)) => return Err(Error::NoRepository(storage.place())),
            statement => statement?,
        };
        let about = About::parse(&statement).map_err(|wrong| wrong.about(&name))?;
        Ok(about.signer.fingerprint())
    }

    /// What it is called.
    #[must_use]
    pub fn id(&self) -> &RepositoryId {
        &self.about.id
    }

    /// Who signs it.
    #[must_use]
    pub fn signer(&self) -> &Fingerprint {
        &self.trusted
    }

    /// SHA-256 of the script that restores without us, as it was signed.
    #[must_use]
    pub fn restore_script(&self) -> Digest {
        self.about.guides[0]
    }

    /// The signer's public key.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.about.signer
    }

    /// The signer's public key, as one line.
    #[must_use]
    pub fn signer_line(&self) -> String {
        self.about.signer.to_line()
    }

    /// Where it lies.
    #[must_use]
    pub fn storage(&self) -> &'s dyn Storage {
        self.storage
    }

    /// All objects that are there, by name, and their sizes (bytes).
    ///
    /// # Errors
    /// What the storage says.
    pub(super) fn objects(&self) -> Result<HashMap<ObjectName, u64>, Error> {
        let mut listed = self.storage.list(&snapshots_folder())?;
        listed.extend(self.storage.list(&packs_folder())?);
        Ok(listed.into_iter().map(|listed| (listed.name, listed.size)).collect())
    }

    /// Reads and checks every commit.
    ///
    /// # Errors
    /// What the storage says; a damaged commit is no error but an answer.
    pub fn commits(&self) -> Result<Listing, Error> {
        let mut listing = Listing { entries: Vec::new(), strange: Vec::new() };
        let mut ids: Vec<SnapshotId> = Vec::new();
        for listed in self.storage.list(&commits_folder())? {
            let Some(stem) = listed.name.last().strip_suffix(".commit") else {
                continue;
            };
            match stem.parse() {
                Ok(id) if commit_name(&id) == listed.name => ids.push(id),
                _ => listing.strange.push(listed.name),
            }
        }
        ids.sort_by_key(|id| (id.seq, id.time));
        let standings = in_parallel(&ids, REQUESTS, |id| self.standing(id));
        for (id, standing) in ids.into_iter().zip(standings) {
            listing.entries.push(Entry { id, standing: standing? });
        }
        Ok(listing)
    }

    /// The guides' names, each with its signed hash.
    pub(super) fn guides(&self) -> impl Iterator<Item = (ObjectName, Digest)> + '_ {
        GUIDES.iter().zip(self.about.guides).map(|((name, _), digest)| (object_name(name), digest))
    }

    /// The same repository in another place, whose own word for it is missing or damaged.
    pub(super) fn elsewhere<'o>(&self, storage: &'o dyn Storage) -> Repository<'o> {
        Repository { storage, trusted: self.trusted.clone(), about: self.about.clone() }
    }

    /// What it says of itself, with its signature.
    pub(super) fn signed_about(&self) -> Result<Signed, Error> {
        read_signed(self.storage, &about_name(), NAMESPACE, &self.trusted)
    }

    /// A commit with its signature.
    pub(super) fn signed_commit(&self, id: &SnapshotId) -> Result<Signed, Error> {
        read_signed(self.storage, &commit_name(id), commit::NAMESPACE, &self.trusted)
    }

    fn standing(&self, id: &SnapshotId) -> Result<Standing, Error> {
        let signed = match self.signed_commit(id) {
            Err(Error::Damaged { reason, .. }) => return Ok(Standing::Damaged(reason)),
            signed => signed?,
        };
        let bytes = signed.statement();
        if Commit::version(bytes) > Some(1) {
            return Ok(Standing::Newer);
        }
        Ok(match Commit::parse(bytes) {
            Err(reason) => Standing::Damaged(reason.to_string()),
            Ok(commit) if commit.id != *id => {
                Standing::Damaged(format!("it says that it is {}", commit.id))
            }
            Ok(commit) if commit.repository != self.about.id => {
                Standing::Damaged(format!("it is of the repository {}", commit.repository))
            }
            Ok(commit) => Standing::Whole { commit: Box::new(commit), digest: Digest::of(bytes) },
        })
    }
}

/// Why `vaultctl-repo` can not be used.
enum Unusable {
    Feature(String),
    Malformed(Malformed),
}

impl From<Malformed> for Unusable {
    fn from(reason: Malformed) -> Self {
        Self::Malformed(reason)
    }
}

impl Unusable {
    fn about(self, name: &ObjectName) -> Error {
        match self {
            Self::Feature(feature) => Error::UnknownFeature(feature),
            Self::Malformed(reason) => Error::damaged(name, reason),
        }
    }
}

impl About {
    /// Unknown features come first: a repository that needs one may look otherwise too.
    fn parse(bytes: &[u8]) -> Result<Self, Unusable> {
        let mut lines = Lines::begin(bytes, FIRST_LINE)?;
        let id = lines.parsed("repo")?;
        let signer = lines.value("signer")?;
        let signer =
            Verifier::parse(signer).map_err(|_| Malformed::new("`signer` is no public key"))?;
        match lines.value("requires")? {
            "-" => {}
            features => return Err(Unusable::Feature(features.to_owned())),
        }
        let guides = [lines.parsed(GUIDES[0].0)?, lines.parsed(GUIDES[1].0)?];
        lines.end()?;
        let about = Self { id, signer, guides };
        text::expect_canonical(bytes, &about.render())?;
        Ok(about)
    }

    fn render(&self) -> String {
        let mut text = format!(
            "{FIRST_LINE}\nrepo {}\nsigner {}\nrequires -\n",
            self.id,
            self.signer.to_line()
        );
        for ((name, _), digest) in GUIDES.iter().zip(self.guides) {
            writeln!(text, "{name} {digest}").ok();
        }
        text + "end\n"
    }
}

/// The commit of a snapshot.
pub(super) fn commit_name(id: &SnapshotId) -> ObjectName {
    object_name(&format!("commits/{id}.commit"))
}

/// A snapshot object.
pub(super) fn snapshot_name(digest: &Digest) -> ObjectName {
    object_name(&format!("snaps/{digest}.tar.zst.age"))
}

/// A pack.
pub(super) fn pack_name(digest: &Digest) -> ObjectName {
    let digest = digest.to_string();
    let (begin, _) = digest.split_at(2);
    object_name(&format!("packs/{begin}/{digest}.tar.zst.age"))
}

/// Where the packs are.
pub(super) fn packs_folder() -> ObjectName {
    object_name("packs")
}

/// Where the snapshot objects are.
pub(super) fn snapshots_folder() -> ObjectName {
    object_name("snaps")
}

/// Where the commits and their signatures are.
pub(super) fn commits_folder() -> ObjectName {
    object_name("commits")
}

/// What the repository says of itself.
pub(super) fn about_name() -> ObjectName {
    object_name("vaultctl-repo")
}

fn object_name(text: &str) -> ObjectName {
    text.parse().expect("the names of the layout are valid")
}

/// Nothing that a repository has is there.
pub(super) fn is_bare(storage: &dyn Storage) -> Result<bool, Error> {
    Ok(storage.list(&commits_folder())?.is_empty() && storage.list(&snapshots_folder())?.is_empty())
}

/// Stores a guide. The same one may be there already, left by an init that was stopped; anything
/// else of that name is somebody's file, and stays.
fn put_guide(
    storage: &dyn Storage,
    name: &ObjectName,
    text: &str,
    signed: &Signed,
) -> Result<(), Error> {
    let attested = signed.attest(text.as_bytes()).expect("the statement has both hashes");
    match storage.put(name, &Body::Attested(attested))? {
        Put::Stored => Ok(()),
        Put::AlreadyThere if get_whole(storage, name, STATEMENT_LIMIT)? == text.as_bytes() => {
            Ok(())
        }
        Put::AlreadyThere => Err(storage::Error::Taken(name.clone()).into()),
    }
}

/// Reads a statement and its signature; whatever is wrong with either is damage of the statement.
pub(super) fn read_signed(
    storage: &dyn Storage,
    name: &ObjectName,
    namespace: &'static str,
    trusted: &Fingerprint,
) -> Result<Signed, Error> {
    let damaged = |error| match error {
        storage::Error::NotFound(missing) | storage::Error::TooLarge(missing)
            if missing != *name =>
        {
            Error::damaged(name, format!("its signature `{missing}` is missing, or is none"))
        }
        storage::Error::NotFound(_) => Error::damaged(name, "it is missing"),
        storage::Error::TooLarge(_) => Error::damaged(name, "it is larger than it can be"),
        storage::Error::Broken { name, source } => Error::damaged(name, source),
        other => other.into(),
    };
    let statement = get_whole(storage, name, STATEMENT_LIMIT).map_err(damaged)?;
    let signature = get_whole(storage, &name.signature(), STATEMENT_LIMIT).map_err(damaged)?;
    trusted.verify(namespace, statement, &signature).map_err(|error| match error {
        crypto::Error::BadSignature(reason) => {
            Error::damaged(name, format!("{reason} (`{}`)", name.signature()))
        }
        other => other.into(),
    })
}
