//! The standard streams without a buffer: the ones of the standard library keep what passed through
//! them, and a secret would stay in memory unwiped.

use std::io::{self, Read, Write};

/// Standard input.
pub struct StandardInput;

/// Standard output.
pub struct StandardOutput;

impl Read for StandardInput {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(rustix::stdio::stdin(), target)?)
    }
}

impl Write for StandardOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(rustix::stdio::stdout(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
