//! The real programs, for the tests that compare ours with them.

use std::ffi::OsStr;

use crate::secret::Secret;
use crate::sys::{Helper, Outcome, Variables};

/// What the program does with these arguments and this input.
pub(super) fn run<A: AsRef<OsStr>>(
    program: &str,
    arguments: &[A],
    input: &[u8],
    variables: &[(&str, &str)],
) -> Outcome {
    let path = [("PATH", "/usr/bin:/bin")];
    let variables: Variables = path.iter().chain(variables).copied().collect();
    let helper = Helper::new(program, &variables).args(arguments);
    helper.run(input).expect("it is where pass is")
}

/// What it printed.
pub(super) fn bytes(output: &Secret) -> Vec<u8> {
    // EXPOSE: a test's own bytes.
    output.expose().to_vec()
}
