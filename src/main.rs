//! The program: the real world is put together here and handed to the library.

use std::process::ExitCode;

use vaultctl::{cli, sys};

fn main() -> ExitCode {
    sys::forbid_dumps();
    cli::run(sys::arguments(), sys::World::real())
}
