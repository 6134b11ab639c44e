//! From a plan to one sealed object.

use std::collections::HashMap;
use std::io::{self, Read};
use std::time::Duration;

use serde_json::json;

use crate::crypto::{
    DedupKey, Digest, Identity, Recipient, Sealed, Sealer, open, seal_for_read_back,
};
use crate::secret::SecretBuffer;
use crate::snapshot::Error;
use crate::snapshot::archive::{Content, Member, TreePath, Writer, read_archive};
use crate::snapshot::repository::commit::Totals;
use crate::sys::{FileError, FolderLock, Kind, Spool, SteadyFile, link_text};

use super::baseline::{Baseline, Measure, Measures};
use super::finding::{Finding, Trouble};
use super::health::Format;
use super::packing::{Parts, StoredFile};
use super::profile::{Item, Plan};

/// How often everything is read again when reading has shown something new.
const RETRIES: usize = 3;

/// How long to wait for somebody who is writing a file; then it is read all the same, and looked at
/// whether it changed meanwhile.
const PATIENCE: Duration = Duration::from_millis(500);

/// A file that must parse and is larger than this is not looked into (bytes).
const PARSE_LIMIT: u64 = 64 * 1024 * 1024;

/// A sealed object that has been read back.
pub(super) struct Packed {
    pub(super) sealed: Sealed<Spool>,
    /// SHA-256 of the tar.
    pub(super) content: Digest,
    pub(super) totals: Totals,
    pub(super) findings: Vec<Finding>,
    /// How large the configuration is.
    pub(super) measures: Measures,
}

/// What goes into the object.
pub(super) struct Tree<'a> {
    /// What is planned.
    pub(super) plan: &'a Plan,
    /// What of it was stored in parts.
    pub(super) parts: &'a Parts,
    /// What the parts' names depend on; it goes into the object too.
    pub(super) key: &'a DedupKey,
    /// How large the configuration was when it was last in order.
    pub(super) baseline: &'a Baseline,
    /// Who can open it.
    pub(super) recipients: &'a [Recipient],
}

impl Tree<'_> {
    /// Packs it, each time into a new spool.
    ///
    /// What is found while reading is told at the beginning of the archive, so it is packed again when
    /// something new was found; and a file that changed while it was read gets another chance.
    pub(super) fn pack(
        &self,
        look_back: bool,
        spool: &dyn Fn() -> Result<Spool, Error>,
    ) -> Result<Packed, Error> {
        let (mut told, mut rest) = (self.parts.findings.clone(), RETRIES);
        loop {
            let (packed, key) = self.pack_once(&told, spool()?)?;
            if packed.findings == told || rest == 0 {
                if look_back {
                    read_back(&packed, &key)?;
                }
                return Ok(packed);
            }
            told = packed.findings;
            rest -= 1;
        }
    }

    fn pack_once(&self, told: &[Finding], spool: Spool) -> Result<(Packed, Identity), Error> {
        let (sealer, key) = seal_for_read_back(self.recipients, spool)?;
        let mut packer = Packer {
            writer: Writer::begin(sealer, &self.meta(told))?,
            parts: self.parts,
            first_names: HashMap::new(),
            findings: self.parts.findings.clone(),
            measures: Measures::new(),
        };
        for item in &self.plan.items {
            packer.add(item)?;
        }
        let (mut findings, measures) = (packer.findings, packer.measures);
        findings.extend(self.baseline.compare(&measures, &|path| self.plan.has(path)));
        findings.extend(self.baseline.compare_roots(&self.plan.roots));
        let written = packer.writer.finish()?;
        let (sealed, content, totals) = (written.sink.finish()?, written.content, written.totals);
        Ok((Packed { sealed, content, totals, findings, measures }, key))
    }

    /// What the archive says of itself. The same for the same tree: no time, no randomness.
    fn meta(&self, told: &[Finding]) -> Vec<u8> {
        let found = |finding: &Finding| json!({ "path": finding.path.shown(), "why": finding.trouble.to_string() });
        let skipped: Vec<_> = self.plan.skipped.iter().map(found).collect();
        let key = self.key.to_text();
        let meta = json!({
            "tool": concat!("vaultctl ", env!("CARGO_PKG_VERSION")),
            "roots": { "HOME": self.plan.home.to_string_lossy(), "ROOT": "/" },
            "profiles": self.plan.profiles,
            "skipped": skipped,
            "findings": told.iter().map(found).collect::<Vec<_>>(),
            // EXPOSE: into the archive, which is encrypted as it is written.
            "dedup": key.expose(),
        });
        format!("{meta:#}\n").into_bytes()
    }
}

/// Opens what was sealed and reads it whole: a snapshot that can not be read is none.
fn read_back(packed: &Packed, key: &Identity) -> Result<(), Error> {
    let (sealed, totals) = (&packed.sealed, packed.totals);
    let read = read_archive(open(sealed.body().reader(), key)?, totals, &mut |_, _| Ok(()))?;
    if read.totals == totals {
        Ok(())
    } else {
        Err(Error::damaged(sealed.digest(), "it does not hold what was written"))
    }
}

struct Packer<'a> {
    writer: Writer<Sealer<Spool>>,
    parts: &'a Parts,
    /// By device and inode: of a file with several names, the one that was stored.
    first_names: HashMap<(u64, u64), TreePath>,
    findings: Vec<Finding>,
    measures: Measures,
}

impl Packer<'_> {
    fn add(&mut self, item: &Item) -> Result<(), Error> {
        match item.facts.kind {
            Kind::File => self.add_file(item),
            Kind::Folder => self.write(item, Content::Folder),
            Kind::Link => match link_text(&item.source) {
                Ok(text) => {
                    self.write(item, Content::Link(text.into_os_string().into_encoded_bytes()))
                }
                Err(error) => self.miss(item, &error),
            },
            Kind::Other => Ok(()),
        }
    }

    fn write(&mut self, item: &Item, content: Content) -> Result<(), Error> {
        self.writer.add(&member(item, content), &mut io::empty())?;
        Ok(())
    }

    fn add_file(&mut self, item: &Item) -> Result<(), Error> {
        if let Some(first) = self.first_names.get(&item.facts.place) {
            let first = first.clone();
            return self.write(item, Content::HardLink(first));
        }
        if item.facts.names > 1 {
            self.first_names.insert(item.facts.place, item.path.clone());
        }
        match self.parts.file(item.facts.place) {
            Some(StoredFile { facts, recipe: Some(recipe), sum }) => {
                let item = &Item { facts: *facts, ..item.clone() };
                let member = member(item, Content::File(0));
                Ok(self.writer.add_parts(member, recipe.clone(), *sum)?)
            }
            // It could not be read, or is not there any more; that was told.
            None if item.in_parts && item.facts.size > 0 => self.forget(item),
            _ => self.add_whole(item),
        }
    }

    /// What was not stored has no other names.
    fn forget(&mut self, item: &Item) -> Result<(), Error> {
        self.first_names.remove(&item.facts.place);
        Ok(())
    }

    fn add_whole(&mut self, item: &Item) -> Result<(), Error> {
        let lock = item.lock.as_deref().and_then(|path| FolderLock::take(path, PATIENCE));
        let mut file = match SteadyFile::open(&item.source) {
            Ok(file) => file,
            Err(error) => {
                self.forget(item)?;
                return self.miss(item, &error);
            }
        };
        // What is true of the file that is open: the name may stand for another one by now.
        let item = &Item { facts: *file.facts(), ..item.clone() };
        let whole = match item.format.filter(|_| item.facts.size <= PARSE_LIMIT) {
            Some(format) => self.add_parsed(item, format, &mut file)?,
            None => self.writer.add(&member(item, Content::File(item.facts.size)), &mut file)?,
        };
        if !whole || file.has_changed()? {
            self.find(item, Trouble::Torn);
        }
        drop(lock);
        Ok(())
    }

    /// Stores a file that must parse, and looks whether it does.
    fn add_parsed(
        &mut self,
        item: &Item,
        format: Format,
        file: &mut dyn Read,
    ) -> Result<bool, Error> {
        let mut buffer = SecretBuffer::new();
        let size = item.facts.size;
        let read = buffer.fill_from(&mut file.take(size), usize::MAX);
        let content = buffer.into_secret();
        // EXPOSE: the bytes go into the archive, which is encrypted as it is written, and through a parser.
        let bytes = content.expose();
        let whole = self.writer.add(&member(item, Content::File(size)), &mut &bytes[..])?;
        if whole && !format.fits(bytes) {
            self.find(item, Trouble::Unparsed(format));
        }
        if format == Format::Json {
            self.measures.extend(Measure::of(bytes).map(|measure| (item.path.clone(), measure)));
        }
        Ok(whole && read.is_ok())
    }

    /// What can not be read stops nothing else.
    fn miss(&mut self, item: &Item, error: &FileError) -> Result<(), Error> {
        self.find(item, Trouble::Unreadable(error.kind().to_string()));
        Ok(())
    }

    fn find(&mut self, item: &Item, trouble: Trouble) {
        self.findings.push(Finding { path: item.path.clone(), trouble });
    }
}

fn member(item: &Item, content: Content) -> Member {
    let facts = &item.facts;
    Member {
        path: item.path.clone(),
        content,
        mode: facts.mode,
        owner: facts.owner,
        mtime: facts.mtime,
    }
}
