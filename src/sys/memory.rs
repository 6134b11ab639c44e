//! Keeping the process's memory to itself, and files that are in memory only.

use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;

use crate::secret::Secret;

/// Forbids core dumps of this process, and reading its memory by others of the same user.
///
/// The flag is per process and reset by execve, so a server launched by us can be debugged as
/// before; a resource limit would be inherited (prctl(2), `PR_SET_DUMPABLE`).
/// Elsewhere than on Linux there is no such flag, and this does nothing.
pub fn forbid_dumps() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // It can fail only for an argument the kernel does not know.
        set_dumpable_behavior(DumpableBehavior::NotDumpable).ok();
    }
}

/// A file in memory that nobody can change any more. It is open in this process, and in the one that
/// takes its place, until that closes it or ends.
#[cfg(target_os = "linux")]
pub(super) struct MemoryFile(OwnedFd);

#[cfg(target_os = "linux")]
impl MemoryFile {
    /// Makes one that holds `content`, and that only the same user may read.
    pub(super) fn new(content: &Secret) -> io::Result<Self> {
        use rustix::fs::{MemfdFlags, Mode, SealFlags, fchmod, fcntl_add_seals, memfd_create};

        let file = memfd_create("vaultctl", MemfdFlags::ALLOW_SEALING)?;
        // EXPOSE: into the file that was asked for, which is on no disk.
        let mut rest = content.expose();
        while !rest.is_empty() {
            // At its place, so that whoever reads the descriptor itself begins at the start.
            let written = content.size() - rest.len();
            let count = rustix::io::pwrite(&file, rest, written as u64)?;
            rest = rest.get(count..).unwrap_or_default();
        }
        fchmod(&file, Mode::RUSR)?;
        fcntl_add_seals(
            &file,
            SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL,
        )?;
        Ok(Self(file))
    }

    /// Where it is found, by this process and by those that it starts.
    pub(super) fn path(&self) -> PathBuf {
        format!("/proc/{}/fd/{}", std::process::id(), self.0.as_raw_fd()).into()
    }
}

/// Elsewhere there are none.
#[cfg(not(target_os = "linux"))]
pub(super) struct MemoryFile;

#[cfg(not(target_os = "linux"))]
impl MemoryFile {
    pub(super) fn new(_content: &Secret) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn path(&self) -> PathBuf {
        PathBuf::new()
    }
}
