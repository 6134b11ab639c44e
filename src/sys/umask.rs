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
        Self::begin_with(0o077)
    }

    /// Takes out what somebody has chosen instead.
    #[must_use]
    pub fn begin_with(mask: u32) -> Self {
        Self { before: umask(Mode::from_raw_mode(mask)) }
    }
}

impl Drop for PrivateUmask {
    fn drop(&mut self) {
        umask(self.before);
    }
}
