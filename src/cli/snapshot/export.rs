//! `vaultctl snapshot export`.

use std::io;
use std::path::{Path, PathBuf};

use crate::cli::{Checked, Done, Example, Failure, Session, agent};
use crate::snapshot::{Error, Restoration};
use crate::sys::{self, Finish, Folder, StandardOutput, absolute};

use super::choice::Choice;
use super::restore::{record, tell};
use super::source::with_source;
use super::target::{Place, Trust};

/// Write a snapshot as one plain tar, every file whole
///
/// It is not encrypted: whoever reads it reads everything. What would run programs unasked is not in
/// it, as with `restore`. While it is written, the files lie in a private folder beside it, or in our
/// state folder.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Which snapshot
    #[arg(value_name = "SNAP", default_value = "latest")]
    snapshot: String,
    /// Into this new file, mode 0600, instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    trust: Trust,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[Example {
    what: "Hand a snapshot to another program",
    line: "vaultctl snapshot export --to /media/disk/vaultctl | tar -t",
    checked: Checked::Parses,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    agent::refuse("exporting a snapshot in the clear", session)?;
    if args.out.is_none() && session.world.stdout_is_terminal {
        return Err(Failure::usage("a tar is not for a terminal").hint("--out FILE, or a pipe"));
    }
    let selection = args.choice.selection(session)?;
    with_source(&args.place, &args.trust, session, |source| {
        let verified = source.prove(&args.snapshot)?;
        let restoration = source.restoration(&verified, &selection)?;
        let exported = match &args.out {
            Some(out) => to_file(&absolute(out.clone()), &restoration),
            None => to_output(session, &restoration),
        };
        record(&verified, exported.is_ok(), session);
        exported.map(|()| Done::Fully)
    })
}

fn to_output(session: &Session, restoration: &Restoration<'_>) -> Result<(), Failure> {
    let beside = session.config.paths.state_folder();
    sys::create_folder(beside)?;
    let restored = restoration.export(beside, &mut |tar| {
        io::copy(tar, &mut StandardOutput).map(|_| ()).map_err(Error::from)
    })?;
    tell(&restored, session);
    Ok(())
}

/// The file appears when it is whole.
fn to_file(out: &Path, restoration: &Restoration<'_>) -> Result<(), Failure> {
    let beside = out.parent().unwrap_or(Path::new("/"));
    let missing = || Failure::failed(format!("no folder `{}`", beside.display()));
    let folder = Folder::open(beside)?.ok_or_else(missing)?;
    let name = Path::new(out.file_name().ok_or_else(|| Failure::usage("--out needs a file"))?);
    let unfinished = PathBuf::from(format!(".vaultctl-{}.tmp", sys::random_hex(8)));
    restoration.export(beside, &mut |tar| {
        let finish = Finish { mode: 0o600, mtime: None };
        Ok(folder.make_file(&unfinished, finish, tar)?)
    })?;
    if folder.place_new(&unfinished, name)? {
        Ok(())
    } else {
        Err(Failure::failed(format!("`{}` is there already", out.display())))
    }
}
