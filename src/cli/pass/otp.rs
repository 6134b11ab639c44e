//! `pass otp` where no extension of that name is installed: our own `otp`, in its own words, with
//! pass's exit codes.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use clap::FromArgMatches;

use super::super::{Arguments, Code, Manner, agent, command, failure};
use super::{Died, Pass};

pub(super) fn run(pass: &Pass<'_>, words: &[Vec<u8>]) -> Result<(), Died> {
    let words = words.iter().map(|word| OsString::from_vec(word.clone()));
    let arguments: Vec<OsString> =
        ["vaultctl".into(), "otp".into()].into_iter().chain(words).collect();
    let parsed = command().try_get_matches_from(arguments);
    let parsed = parsed.and_then(|matches| Arguments::from_arg_matches(&matches));
    let code = match parsed {
        Ok(Arguments { verb: Manner::Ours(verb), .. }) => {
            verb.run(pass.session).map_or_else(|failure| failure.tell(false), |_| Code::Done)
        }
        Ok(_) => Code::Usage,
        Err(error) => failure::usage(&error),
    };
    match code {
        Code::Done => Ok(()),
        Code::NeedsPerson if agent::is_here(pass.variables()) => Err(Died::silent(code as u8)),
        _ => Err(Died::silent(1)),
    }
}
