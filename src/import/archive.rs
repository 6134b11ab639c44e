//! Zip archives, as far as exports need them: one member, stored or deflated.
//!
//! Layout: PKWARE's APPNOTE.TXT 6.3.10, read by `rawzip`. A member is unpacked into a buffer of the
//! size that its header claims, which is checked against a limit first and can not be outgrown: an
//! archive that lies about its sizes is damaged, whatever it would grow to.

use rawzip::{CompressionMethod, ZipArchive, ZipFileHeaderRecord, ZipSliceArchive};
use zeroize::Zeroizing;

use crate::secret::Secret;

use super::Error;
use super::node::DOCUMENT_LIMIT;

/// What a zip archive begins with (APPNOTE.TXT, 4.3.7).
const MAGIC: &[u8] = b"PK\x03\x04";

/// An archive has no more members than this.
const MEMBERS_LIMIT: usize = 100_000;

/// A zip archive in memory.
pub(super) struct Archive<'c>(ZipSliceArchive<&'c [u8]>);

impl<'c> Archive<'c> {
    /// Whether it looks like one, whole or not.
    pub(super) fn is_one(content: &Secret) -> bool {
        content.expose().starts_with(MAGIC) // EXPOSE: only the first bytes are looked at.
    }

    pub(super) fn open(content: &'c Secret) -> Result<Self, Error> {
        // EXPOSE: read in place; members become secrets of their own.
        let archive = ZipArchive::from_slice(content.expose());
        archive.map(Self).map_err(|_| Error::Archive("it has no end, or another one"))
    }

    /// The member called `name`; `None` when there is none.
    pub(super) fn member(&self, name: &str) -> Result<Option<Secret>, Error> {
        let mut entries = self.0.entries();
        for _ in 0..MEMBERS_LIMIT {
            match entries.next_entry().map_err(|_| Error::Archive("its directory is broken"))? {
                None => return Ok(None),
                Some(entry) if entry.file_path().as_bytes() == name.as_bytes() => {
                    return self.unpack(&entry).map(Some);
                }
                Some(_) => {}
            }
        }
        Err(Error::Archive("it has too many members"))
    }

    /// The names of all members that are files.
    pub(super) fn names(&self) -> Vec<String> {
        let mut entries = self.0.entries();
        let next =
            || entries.next_entry().ok().flatten().map(|entry| (entry.is_dir(), path(&entry)));
        let members = std::iter::from_fn(next).take(MEMBERS_LIMIT);
        members.filter(|(is_folder, _)| !is_folder).map(|(_, path)| path).collect()
    }

    fn unpack(&self, entry: &ZipFileHeaderRecord<'_>) -> Result<Secret, Error> {
        let size = usize::try_from(entry.uncompressed_size_hint()).unwrap_or(usize::MAX);
        if size > DOCUMENT_LIMIT {
            return Err(Error::TooLarge(DOCUMENT_LIMIT));
        }
        if entry.flags().is_encrypted() {
            return Err(Error::Encrypted);
        }
        let member = self.0.get_entry(entry.wayfinder());
        let member = member.map_err(|_| Error::Archive("a member lies outside of it"))?;
        let mut content = Zeroizing::new(vec![0; size]);
        inflate(entry.compression_method(), member.data(), &mut content)?;
        if rawzip::crc32(&content) != entry.crc32() {
            return Err(Error::Archive("a member's checksum is another one"));
        }
        Ok(Secret::copy_from(&content))
    }
}

fn path(entry: &ZipFileHeaderRecord<'_>) -> String {
    String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned()
}

/// Fills `content` exactly: it is the window of the decoder too, so that no other copy is made.
fn inflate(method: CompressionMethod, data: &[u8], content: &mut [u8]) -> Result<(), Error> {
    let filled = match method {
        CompressionMethod::STORE if data.len() == content.len() => {
            content.copy_from_slice(data);
            Some(data.len())
        }
        CompressionMethod::DEFLATE => {
            let data = std::iter::once(data);
            miniz_oxide::inflate::decompress_slice_iter_to_slice(content, data, false, true).ok()
        }
        CompressionMethod::STORE => None,
        _ => return Err(Error::Archive("a member is packed in an unknown way")),
    };
    let whole = filled == Some(content.len());
    if whole { Ok(()) } else { Err(Error::Archive("a member is not of the size that it claims")) }
}
