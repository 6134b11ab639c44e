//! How far a long run has come.

/// Told of what was read, of files or of objects; called from several threads.
pub trait Progress: Sync {
    /// So much will be read (bytes).
    fn will_read(&self, bytes: u64);

    /// So much more has been read (bytes).
    fn has_read(&self, bytes: u64);

    /// One more file has been read to its end.
    fn has_read_file(&self);
}

/// Nobody looks.
pub struct Unseen;

impl Progress for Unseen {
    fn will_read(&self, _bytes: u64) {}

    fn has_read(&self, _bytes: u64) {}

    fn has_read_file(&self) {}
}
