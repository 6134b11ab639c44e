//! `vaultctl recovery-kit`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::keys::{self, Brought};
use crate::recovery::{Kit, Source};
use crate::secret::{Secret, SecretText};
use crate::snapshot::Repository;
use crate::storage::Storage;
use crate::sys;

use super::snapshot::credentials::of_named_file;
use super::snapshot::destination::{Destination, Purpose};
use super::snapshot::target::{Place, Trust};
use super::{Checked, Code, Done, Example, Failure, Session, agent, reports};

/// An identity file larger than this is none (bytes).
const FILE_LIMIT: usize = 64 * 1024;

/// Print the recovery sheet: what you need on paper when this machine is gone
///
/// Where the snapshots are, whose signature counts, the hash of `restore.sh`, and the lines to type,
/// with vaultctl and with stock tools only. What is secret is on it only if you say so, else there
/// is room to write it down.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
    /// Write a page for a browser to FILE, which must not exist: with QR codes, to be printed
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Put the recovery identity on the sheet; it is read from FILE, else you are asked for it
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    identity: Option<Option<PathBuf>>,
    /// Put the access key in FILE on the sheet; let it be one that can only read
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
}

pub(super) const EXAMPLES: &[Example] = &[
    Example {
        what: "Read the sheet",
        line: "vaultctl recovery-kit --to /media/disk/vaultctl",
        checked: Checked::Parses,
    },
    Example {
        what: "Make a page to print, with the recovery identity on it",
        line: "vaultctl recovery-kit --identity --html ~/sheet.html",
        checked: Checked::Parses,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    if args.identity.is_some() || args.credentials.is_some() {
        agent::refuse("putting secrets on the recovery sheet", session)?;
    }
    let mut kit = kit(&args.place, session)?;
    if let Some(file) = &args.credentials {
        give_key(&mut kit, file)?;
    }
    if let Some(file) = &args.identity {
        kit.identity = Some(identity(file.as_ref(), &kit, session)?);
    }
    hand_out(args, &kit, session)
}

/// The sheet of this machine, with nothing secret on it.
pub(super) fn kit(place: &Place, session: &Session) -> Result<Kit, Failure> {
    let destinations = place.destinations(session)?;
    let sources = destinations.iter().map(|place| source(place, session));
    let sources: Vec<Source> = sources.collect::<Result<_, _>>()?;
    let storage = reachable(&destinations, session)?;
    let repository = Trust::default().open(&*storage, &session.keyring(), session)?;
    kit_of(&repository, sources, session)
}

/// The sheet of a repository that is at these places.
pub(super) fn kit_of(
    repository: &Repository<'_>,
    sources: Vec<Source>,
    session: &Session,
) -> Result<Kit, Failure> {
    Ok(Kit {
        machine: sys::host_name(),
        tool: reports::tool(),
        made: session.world.clock.now(),
        sources,
        signer: repository.verifier().clone(),
        script: repository.restore_script(),
        recipients: session.keyring().recipients()?,
        identity: None,
    })
}

/// A destination, as somebody at another machine would name it.
pub(super) fn source(destination: &Destination, session: &Session) -> Result<Source, Failure> {
    Ok(match destination {
        Destination::Folder(folder) => {
            let real = sys::without_links(folder).unwrap_or_else(|| folder.clone());
            Source::Folder(sys::absolute(real))
        }
        Destination::Bucket(remote) => {
            Source::Bucket { bucket: Box::new(remote.bucket_in(session)?), key: None }
        }
    })
}

/// The first that can be reached: all hold the same.
fn reachable(destinations: &[Destination], session: &Session) -> Result<Box<dyn Storage>, Failure> {
    let mut failure = None;
    for destination in destinations {
        match destination.open(Purpose::Taking, session) {
            Ok(storage) => return Ok(storage),
            Err(error) => failure = Some(error),
        }
    }
    Err(failure.unwrap_or_else(|| Failure::usage("no destination is given")))
}

fn give_key(kit: &mut Kit, file: &Path) -> Result<(), Failure> {
    let mut given = false;
    for source in &mut kit.sources {
        if let Source::Bucket { key, .. } = source {
            *key = Some(of_named_file(file)?);
            given = true;
        }
    }
    let nowhere = || Failure::usage("--credentials is for a bucket, and there is none");
    given.then_some(()).ok_or_else(nowhere)
}

/// The machine's everyday identity is lost with the machine, and whoever has that has it.
fn expect_another_than_our_own(file: Option<&PathBuf>, session: &Session) -> Result<(), Failure> {
    let real = |path: &PathBuf| sys::without_links(path).unwrap_or_else(|| path.clone());
    let ours = session.config.paths.identities();
    match file {
        Some(file) if ours.iter().any(|own| real(own) == real(&sys::absolute(file.clone()))) => {
            Err(Failure::usage("that is this machine's own identity, not the recovery identity").hint(
                "the recovery identity was shown once, by `vaultctl init`; without --identity there is room to write it by hand",
            ))
        }
        _ => Ok(()),
    }
}

/// The recovery identity's line, if it is one that opens what is stored here.
fn identity(file: Option<&PathBuf>, kit: &Kit, session: &Session) -> Result<SecretText, Failure> {
    expect_another_than_our_own(file, session)?;
    let text: Secret = match file {
        Some(file) => sys::read_secret(file, FILE_LIMIT)?
            .ok_or_else(|| keys::Error::NoIdentity(file.clone()))?,
        None => {
            session.world.prompt.ask_secret("Recovery identity (AGE-SECRET-KEY-...):")?.to_bytes()
        }
    };
    let brought = Brought::parse(&text)?;
    let own = brought.identity().recipients()?;
    if own.iter().all(|recipient| kit.recipients.contains(recipient)) {
        let line = brought.line();
        // EXPOSE: from one secret into another, onto the sheet.
        return Ok(SecretText::copy_from(line.expose()));
    }
    Err(Failure::new(Code::CannotDecrypt, "that identity opens nothing that is stored from here")
        .hint("its public key is not in recipients.txt, beside the settings"))
}

fn hand_out(args: &Args, kit: &Kit, session: &Session) -> Result<Done, Failure> {
    match &args.html {
        Some(file) => {
            sys::create_secret(file, &kit.page()?)?;
            session.ui.note(&format!("written to {}; print it", file.display()));
            if kit.has_secrets() {
                session.ui.warn("there are secrets on it: print it, then remove the file");
            }
            if kit.identity.is_none() {
                session.ui.note("the recovery identity is not on it: write it there by hand, or keep it elsewhere, but not on this machine alone");
            }
        }
        None if session.ui.json => {}
        None => session.ui.reveal(&kit.text())?,
    }
    if session.ui.json {
        session.ui.json(&value(kit))?;
    }
    Ok(Done::Fully)
}

/// For `--json`; nothing secret is in it.
fn value(kit: &Kit) -> Value {
    let source = |source: &Source| {
        let steps = kit.stock_steps(source).into_iter();
        let lines: Vec<String> = steps.map(|step| step.line).collect();
        json!({ "url": source.url(), "recover": kit.recover_line(source), "stock": lines })
    };
    let sources: Vec<Value> = kit.sources.iter().map(source).collect();
    json!({
        "machine": kit.machine, "made": kit.made.to_string(),
        "signer": kit.signer.fingerprint().to_string(), "signer_key": kit.signer.to_line(),
        "restore_sh_sha256": kit.script.to_string(), "sources": sources,
    })
}
