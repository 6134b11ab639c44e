//! From a plan to one sealed object.

use std::collections::HashMap;
use std::io::{self, Read};

use serde_json::json;

use crate::crypto::{Digest, Identity, Recipient, Sealed, Sealer, open, seal_for_read_back};
use crate::secret::SecretBuffer;
use crate::sys::{FileError, Kind, Spool, SteadyFile, link_text};

use super::Error;
use super::archive::{Content, Member, TreePath, Writer, read_archive};
use super::commit::Totals;
use super::finding::{Finding, Trouble};
use super::health::Format;
use super::profile::{CONFIG, Item, Plan};

/// How often everything is read again when reading has shown something new.
const RETRIES: usize = 3;

/// A file that must parse and is larger than this is not looked into (bytes).
const PARSE_LIMIT: u64 = 64 * 1024 * 1024;

/// A sealed object that has been read back.
pub(super) struct Packed {
    pub(super) sealed: Sealed<Spool>,
    /// SHA-256 of the tar.
    pub(super) content: Digest,
    pub(super) totals: Totals,
    pub(super) findings: Vec<Finding>,
}

/// Packs what is planned, to `recipients`, each time into a new spool.
///
/// What is found while reading is told at the beginning of the archive, so it is packed again when
/// something new was found; and a file that changed while it was read gets another chance.
pub(super) fn pack(
    plan: &Plan,
    recipients: &[Recipient],
    spool: &dyn Fn() -> Result<Spool, Error>,
) -> Result<Packed, Error> {
    let mut told = Vec::new();
    for _ in 0..RETRIES {
        let packed = pack_once(plan, recipients, &told, spool()?)?;
        if packed.findings == told {
            return Ok(packed);
        }
        told = packed.findings;
    }
    pack_once(plan, recipients, &told, spool()?)
}

fn pack_once(
    plan: &Plan,
    recipients: &[Recipient],
    told: &[Finding],
    spool: Spool,
) -> Result<Packed, Error> {
    let (sealer, key) = seal_for_read_back(recipients, spool)?;
    let mut packer = Packer {
        writer: Writer::begin(sealer, &meta(plan, told))?,
        first_names: HashMap::new(),
        findings: Vec::new(),
    };
    for item in &plan.items {
        packer.add(item)?;
    }
    let findings = packer.findings;
    let written = packer.writer.finish()?;
    let sealed = written.sink.finish()?;
    read_back(&sealed, &key, written.totals)?;
    Ok(Packed { sealed, content: written.content, totals: written.totals, findings })
}

/// Opens what was sealed and reads it whole: a snapshot that can not be read is none.
fn read_back(sealed: &Sealed<Spool>, key: &Identity, totals: Totals) -> Result<(), Error> {
    let read = read_archive(open(sealed.body().reader(), key)?, totals, &mut |_, _| Ok(()))?;
    if read == totals {
        Ok(())
    } else {
        Err(Error::damaged(sealed.digest(), "it does not hold what was written"))
    }
}

/// What the archive says of itself. The same for the same tree: no time, no randomness.
fn meta(plan: &Plan, told: &[Finding]) -> Vec<u8> {
    let found = |finding: &Finding| json!({ "path": finding.path.shown(), "why": finding.trouble.to_string() });
    let (skipped, findings): (Vec<_>, Vec<_>) =
        (plan.skipped.iter().map(found).collect(), told.iter().map(found).collect());
    let meta = json!({
        "tool": concat!("vaultctl ", env!("CARGO_PKG_VERSION")),
        "roots": { "HOME": plan.home.to_string_lossy(), "ROOT": "/" },
        "profiles": [CONFIG],
        "skipped": skipped,
        "findings": findings,
    });
    format!("{meta:#}\n").into_bytes()
}

struct Packer {
    writer: Writer<Sealer<Spool>>,
    /// By device and inode: of a file with several names, the one that was stored.
    first_names: HashMap<(u64, u64), TreePath>,
    findings: Vec<Finding>,
}

impl Packer {
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
        let mut file = match SteadyFile::open(&item.source) {
            Ok(file) => file,
            Err(error) => return self.miss(item, &error),
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
        if item.facts.names > 1 {
            self.first_names.insert(item.facts.place, item.path.clone());
        }
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
