//! `vaultctl snapshot init`.

use std::path::{Path, PathBuf};

use crate::cli::init::{establish, refuse_showing};
use crate::cli::{Checked, Done, Example, Failure, Session, agent};
use crate::snapshot::{Fault, Repository, copy};
use crate::storage::{Conditional, Local, Patient, Probed, S3, Storage, writer_policy};
use crate::sys;

use super::destination::{Destination, Purpose, Remote};
use super::target::{Place, Trust, known_places, state};

/// Make a snapshot repository
///
/// Makes the keys that are missing: your identity, this machine's signing key, and a recovery
/// identity, which is shown once and kept nowhere; print it. A repository is for one machine.
///
/// In a bucket, two small objects are written and removed first, to see and to say what its server
/// really does.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
    /// Write the recovery identity to FILE, which must not exist, instead of showing it
    #[arg(long, value_name = "FILE")]
    recovery_out: Option<PathBuf>,
    /// Make nothing; print what the machine's credentials for the bucket have to allow
    ///
    /// The policy, in AWS's language, is for credentials that can add snapshots, and neither read
    /// them nor replace or remove anything.
    #[arg(long, conflicts_with = "recovery_out")]
    policy: bool,
    /// Make nothing; from now on the repository that is there is right, where this machine knew another
    ///
    /// It must be signed by this machine's key.
    #[arg(long, conflicts_with_all = ["recovery_out", "policy"])]
    accept: bool,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[
    Example {
        what: "Keep snapshots on another disk",
        line: "vaultctl snapshot init --to /media/disk/vaultctl",
        checked: Checked::Parses,
    },
    Example {
        what: "See what the credentials for a bucket have to allow",
        line: "vaultctl snapshot init --policy --to s3://backups/laptop",
        checked: Checked::Runs,
    },
    Example {
        what: "Keep snapshots on a server of one's own",
        line: "vaultctl snapshot init --to 's3://backups/laptop?endpoint=https://s3.example.net&region=garage'",
        checked: Checked::Parses,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let destination = args.place.destination(session)?;
    if args.policy {
        return policy(&destination, session);
    }
    if args.accept {
        agent::refuse("trusting another repository", session)?;
        return accept(&*destination.open(Purpose::Taking, session)?, session);
    }
    refuse_showing(args.recovery_out.as_ref(), session)?;
    establish(&session.keyring(), args.recovery_out.as_ref(), session)?;
    let storage = prepared(&destination, session)?;
    let is_configured = args.place.is_configured(session);
    // All destinations of the settings hold the same repository.
    let others = if is_configured { others(&storage.place(), session) } else { Vec::new() };
    let keyring = session.keyring();
    let existing =
        others.iter().find_map(|other| Trust::default().open(&**other, &keyring, session).ok());
    match existing {
        Some(source) => make_copy(&*storage, &source, session)?,
        None => make_new(&*storage, session)?,
    }
    if is_configured { Ok(Done::Fully) } else { print_settings(&destination, session) }
}

/// The signature still counts; only that another repository was there before does not.
fn accept(storage: &dyn Storage, session: &Session) -> Result<Done, Failure> {
    let signer = session.keyring().signer()?.verifier().fingerprint();
    let repository = Repository::open(storage, signer)?;
    known_places(session).remember(&repository)?;
    session.ui.note(&format!("{} is in {}", repository.id(), storage.place()));
    Ok(Done::Fully)
}

fn make_new(storage: &dyn Storage, session: &Session) -> Result<(), Failure> {
    let repository = Repository::init(storage, &session.keyring().signer()?)?;
    session.ui.note(&format!("snapshot repository made at {}", storage.place()));
    session.ui.note(&format!("it is signed by {}", repository.signer()));
    known_places(session).remember(&repository)?;
    Ok(())
}

/// A machine has one repository; in each further place is a copy of it.
fn make_copy(
    storage: &dyn Storage,
    source: &Repository<'_>,
    session: &Session,
) -> Result<(), Failure> {
    sys::create_folder(session.config.paths.state_folder())?;
    let (repository, healed) = copy(storage, source, &state(source, session).lock()?)?;
    known_places(session).remember(&repository)?;
    let (place, from) = (storage.place(), source.storage().place());
    session.ui.note(&format!("copy of the repository in {from} made at {place}"));
    healed.failed.iter().for_each(|Fault { object, reason }| {
        session.ui.warn(&format!("`{object}` could not be copied: {reason}"));
    });
    Ok(())
}

/// The other places that the settings have, as far as they can be reached.
fn others(place: &str, session: &Session) -> Vec<Box<dyn Storage>> {
    let (settings, paths) = (&session.config.settings.snapshot, &session.config.paths);
    let open = |named| Destination::of_settings(named, paths)?.open(Purpose::Maintenance, session);
    let opened = settings.destination.iter().filter_map(|named| open(named).ok());
    opened.filter(|other| other.place() != place).collect()
}

fn policy(destination: &Destination, session: &Session) -> Result<Done, Failure> {
    let Destination::Bucket(remote) = destination else {
        return Err(
            Failure::usage("a folder has no policy").hint("--to s3://bucket/prefix names a bucket")
        );
    };
    session.ui.line(&writer_policy(&remote.bucket))?;
    session.ui.note("turn on versioning for the bucket too: then whoever has more rights can not make snapshots vanish without a trace");
    session.ui.note("for prune, heal, restore and `verify` there are other credentials, `maintenance_credentials` in the settings, which also allow s3:GetObject and s3:DeleteObject; they may be on another machine");
    Ok(Done::Fully)
}

/// The storage, made if it is a folder, looked at closely if it is not.
fn prepared(destination: &Destination, session: &Session) -> Result<Box<dyn Storage>, Failure> {
    match destination {
        Destination::Folder(folder) => Ok(Box::new(Local::create(folder)?)),
        Destination::Bucket(remote) => {
            let storage = remote.open(Purpose::Maintenance, session)?;
            tell(storage.probe()?, &storage, session);
            Ok(Box::new(Patient::new(storage, remote.bucket.patience)))
        }
    }
}

/// Says what the server does, and what that means.
fn tell(probed: Probed, storage: &S3, session: &Session) {
    let note = |text: &str| session.ui.note(text);
    note(match probed.conditional {
        Conditional::Enforced => "writes that must not replace anything: kept by the server",
        Conditional::Ignored => {
            "writes that must not replace anything: ignored by the server; vaultctl looks before each write, but others with these credentials can replace objects"
        }
        Conditional::Refused => {
            "writes that must not replace anything: not known to the server; vaultctl looks before each write, but others with these credentials can replace objects"
        }
    });
    note(if probed.checksum {
        "checksums of uploads: checked by the server"
    } else {
        "checksums of uploads: not checked by the server; `vaultctl snapshot verify` reads everything back"
    });
    if probed.delete {
        note("deleting: these credentials may");
    } else {
        note(&format!(
            "deleting: these credentials may not, so the objects `vaultctl-probe…` stay in `{}`",
            storage.place()
        ));
    }
}

fn print_settings(destination: &Destination, session: &Session) -> Result<Done, Failure> {
    session.ui.note(&format!(
        "to be able to leave --to out, add to {}:",
        session.config.paths.settings.display()
    ));
    session.ui.line("[[snapshot.destination]]")?;
    match destination {
        Destination::Folder(folder) => folder_settings(folder, session),
        Destination::Bucket(remote) => bucket_settings(remote, session),
    }
}

fn folder_settings(folder: &Path, session: &Session) -> Result<Done, Failure> {
    let folder = sys::without_links(folder).unwrap_or_else(|| folder.to_owned());
    let url = format!("file://{}", folder.display());
    let name = folder.file_name().map_or_else(|| "local".into(), |name| name.to_string_lossy());
    session.ui.line(&format!("name = {name:?}"))?;
    session.ui.line(&format!("url = {url:?}"))?;
    Ok(Done::Fully)
}

fn bucket_settings(remote: &Remote, session: &Session) -> Result<Done, Failure> {
    let bucket = &remote.bucket;
    session.ui.line(&format!("name = {:?}", bucket.name))?;
    session.ui.line(&format!("url = {:?}", bucket.place()))?;
    let texts = [("endpoint", &bucket.endpoint), ("region", &bucket.region)];
    for (key, value) in texts {
        value.iter().try_for_each(|value| session.ui.line(&format!("{key} = {value:?}")))?;
    }
    if let Some(path_style) = bucket.path_style {
        session.ui.line(&format!("path_style = {path_style}"))?;
    }
    Ok(Done::Fully)
}
