//! A conversation in lines with another process of the same user, over a local socket.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::secret::Secret;

use super::folder::Kind;
use super::tree::facts;

/// Where the system keeps a user's sockets, `user/<id>` below it (systemd's, and GnuPG's own).
const RUNTIME_FOLDERS: [&str; 4] = ["/run/gnupg", "/run", "/var/run/gnupg", "/var/run"];

/// What others than the owner may do.
const FOR_OTHERS: u32 = 0o077;

/// One end of a connection. What comes in may be secret, so it is wiped.
pub struct LineSocket {
    stream: UnixStream,
    pending: Zeroizing<Vec<u8>>,
    begin: usize,
    end: usize,
    limit: usize,
}

impl LineSocket {
    /// Connects to the socket at `path`, which has to be the user's own. A line may have `limit`
    /// bytes, its end not counted.
    ///
    /// # Errors
    /// What the system says; `PermissionDenied` when the socket is somebody else's.
    pub fn connect(path: &Path, limit: usize) -> io::Result<Self> {
        let is_own = matches!(facts(path), Ok(Some(facts)) if facts.owner.0 == own_id());
        if !is_own {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let pending = Zeroizing::new(vec![0; limit + 1]);
        Ok(Self { stream: UnixStream::connect(path)?, pending, begin: 0, end: 0, limit })
    }

    /// Sends one or several lines, each with its end.
    ///
    /// # Errors
    /// What the system says.
    pub fn send(&mut self, lines: &[u8]) -> io::Result<()> {
        self.stream.write_all(lines)
    }

    /// The next line, without its end.
    ///
    /// # Errors
    /// What the system says; `UnexpectedEof` when the other side went away; `InvalidData` when the
    /// line is too long.
    pub fn receive(&mut self) -> io::Result<Secret> {
        loop {
            let pending = &self.pending[self.begin..self.end];
            if let Some(length) = pending.iter().position(|byte| *byte == b'\n') {
                let line = Secret::copy_from(&pending[..length]);
                self.begin += length + 1;
                return Ok(line);
            }
            if pending.len() > self.limit {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        self.pending.copy_within(self.begin..self.end, 0);
        (self.begin, self.end) = (0, self.end - self.begin);
        match self.stream.read(&mut self.pending[self.end..]) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                self.end += count;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// The folder for this user's sockets, as the system has made it; `None` where it makes none.
#[must_use]
pub fn runtime_folder() -> Option<PathBuf> {
    let mut folders = RUNTIME_FOLDERS.iter().map(|base| Path::new(base).join("user"));
    let named = |folder: PathBuf| folder.join(own_id().to_string());
    folders.find_map(|folder| Some(named(folder)).filter(|folder| folder.is_dir()))
}

/// Whether a folder of ours is at `path` that nobody else can look into.
#[must_use]
pub fn is_private_folder(path: &Path) -> bool {
    let is_private = |facts: super::Facts| {
        facts.kind == Kind::Folder && facts.owner.0 == own_id() && facts.mode & FOR_OTHERS == 0
    };
    matches!(facts(path), Ok(Some(facts)) if is_private(facts))
}

fn own_id() -> u32 {
    rustix::process::getuid().as_raw()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_folder_that_others_can_enter_is_not_private() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (mode, is_private) in [(0o700, true), (0o750, false), (0o701, false)] {
            fs::set_permissions(folder.path(), Permissions::from_mode(mode)).expect("it is ours");
            assert_eq!(is_private_folder(folder.path()), is_private, "{mode:o}");
        }
        assert!(!is_private_folder(&folder.path().join("missing")));
    }

    const LIMIT: usize = 10;

    /// Whether exactly these lines arrive when the other side sends `bytes` and goes away, and why
    /// there are no more.
    fn received(bytes: &[u8], expected: &[&[u8]]) -> (bool, io::ErrorKind) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path).expect("it binds");
        let mut socket = LineSocket::connect(&path, LIMIT).expect("it connects");
        let (mut other, _) = listener.accept().expect("somebody has connected");
        other.write_all(bytes).expect("it takes them");
        drop(other);
        let mut same = true;
        for number in 0.. {
            match socket.receive() {
                Ok(line) => {
                    let expected = expected.get(number).map(|line| Secret::copy_from(line));
                    same &= expected.is_some_and(|expected| expected.is_same_as(&line));
                }
                Err(error) => return (same && number == expected.len(), error.kind()),
            }
        }
        unreachable!("the other side went away")
    }

    #[test]
    fn lines_come_one_by_one_and_none_is_too_long() {
        let (end, bad) = (io::ErrorKind::UnexpectedEof, io::ErrorKind::InvalidData);
        assert_eq!(received(b"one\n\ntwo\nha", &[b"one", b"", b"two"]), (true, end));
        assert_eq!(received(b"0123456789\n", &[b"0123456789"]), (true, end));
        assert_eq!(received(b"a\n0123456789x\n", &[b"a"]), (true, bad));
    }
}
