//! A place that one process has at a time, and that it leaves when the next one comes.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::process::{FlockType, Pid, Signal, fcntl_getlk, kill_process};

use super::file::FileError;
use super::lock::{LONGEST_PAUSE, LockError, open};

/// A record lock (fcntl(2)) on a file of its own: the kernel knows which process has it, so that
/// no process id is ever read from a file, where it could be that of a stranger by now.
pub struct Seat {
    _file: File,
}

impl Seat {
    /// Takes the seat at `path`. Whoever has it gets a SIGTERM, once, and at most `patience` to
    /// put things in order.
    ///
    /// # Errors
    /// [`LockError::Held`] when the patience has run out; the file's own error otherwise.
    pub fn take(path: &Path, patience: Duration) -> Result<Self, LockError> {
        let file = open(path)?;
        let begun = Instant::now();
        let mut told = None;
        while !is_free(&file, path)? {
            if begun.elapsed() >= patience {
                return Err(LockError::Held(path.display().to_string()));
            }
            let holder = holder(&file);
            if holder != told {
                ask_to_leave(holder);
                told = holder;
            }
            std::thread::sleep(LONGEST_PAUSE);
        }
        Ok(Self { _file: file })
    }
}

/// Whether the seat was free; then it is ours.
fn is_free(file: &File, path: &Path) -> Result<bool, LockError> {
    match fcntl_lock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        // POSIX allows either for a lock that somebody holds (fcntl(2), F_SETLK).
        Err(rustix::io::Errno::AGAIN | rustix::io::Errno::ACCESS) => Ok(false),
        Err(source) => Err(FileError::new("lock", path, source.into()).into()),
    }
}

/// Who has it. Nobody, when it was left just now, or by a process that this one can not see.
fn holder(file: &File) -> Option<Pid> {
    fcntl_getlk(file, &FlockType::WriteLock.into()).ok().flatten()?.pid
}

fn ask_to_leave(holder: Option<Pid>) {
    if let Some(process) = holder {
        // It may have left meanwhile.
        kill_process(process, Signal::TERM).ok();
    }
}
