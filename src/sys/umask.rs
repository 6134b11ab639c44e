//! Files that somebody else's code creates for us.

use rustix::fs::Mode;
use rustix::process::umask;

/// While this lives, whatever this process creates is for its user only; then the umask is what it
/// was, because a server that we become must not inherit ours.
pub struct PrivateUmask {
    before: Mode,
}

impl PrivateUmask {
    /// Takes group and others out of all new files' modes.
    #[must_use]
    pub fn begin() -> Self {
        Self { before: umask(Mode::RWXG | Mode::RWXO) }
    }
}

impl Drop for PrivateUmask {
    fn drop(&mut self) {
        umask(self.before);
    }
}
