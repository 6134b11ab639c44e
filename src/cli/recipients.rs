//! `vaultctl recipients`.

use std::path::Path;

use crate::crypto::{Cipher, Recipient, Recipients};
use crate::store::{self, Name, RecipientsFile};
use crate::vault::{self, Edit, Vault, Which};

use super::init::{chosen_recipients, subject};
use super::transfer::{all_or_nothing, told};
use super::{Checked, Code, Done, Example, Failure, Session, agent, mcp};

/// To whom the store, or a folder of it, is encrypted
///
/// Each folder may have its own recipients; the nearest folder above an entry decides. A change
/// encrypts the entries concerned anew, all or none.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// List every folder's own recipients
    List,
    /// Let somebody else open the entries, too
    Add(Change),
    /// Encrypt to somebody no more
    ///
    /// Whoever could open the entries until now may have kept them: change the secrets themselves.
    Rm(Change),
    /// Give a folder exactly these recipients
    Set(Change),
    /// Take a folder's own recipients away, so that the folder above decides
    Unset(Unset),
}

#[derive(clap::Args)]
struct Change {
    /// Whose: age recipients, SSH public keys, or OpenPGP ids as `pass init` takes them
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// The folder; the whole store without it
    #[arg(short, long, value_name = "FOLDER")]
    path: Option<String>,
    /// Only say which entries would be encrypted anew
    #[arg(long)]
    dry_run: bool,
}

#[derive(clap::Args)]
struct Unset {
    /// The folder
    #[arg(value_name = "FOLDER")]
    folder: String,
    /// Only say which entries would be encrypted anew
    #[arg(long)]
    dry_run: bool,
}

pub(super) const LIST_EXAMPLES: &[Example] = &[Example {
    what: "See who can open what",
    line: "vaultctl recipients list",
    checked: Checked::Runs,
}];

pub(super) const ADD_EXAMPLES: &[Example] = &[Example {
    what: "Let a colleague open one folder",
    line: "vaultctl recipients add -p team age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
    checked: Checked::Parses,
}];

pub(super) const RM_EXAMPLES: &[Example] = &[Example {
    what: "See what a removal would encrypt anew",
    line: "vaultctl recipients rm --dry-run -p team ann@example.org",
    checked: Checked::Parses,
}];

pub(super) const SET_EXAMPLES: &[Example] = &[Example {
    what: "Keep a folder in OpenPGP for a program that wants `.gpg` files",
    line: "vaultctl recipients set -p docker-credential-helpers ann@example.org",
    checked: Checked::Parses,
}];

pub(super) const UNSET_EXAMPLES: &[Example] = &[Example {
    what: "Let the store's recipients decide again",
    line: "vaultctl recipients unset team",
    checked: Checked::Parses,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    if !matches!(args.verb, Verb::List) {
        agent::refuse("changing who can open entries", session)?;
    }
    session.with_vault(|vault| match &args.verb {
        Verb::List => list(vault, session),
        Verb::Add(change) => {
            let present = in_force(change, vault)?;
            let joined = joined(present.as_ref().map(|file| file.recipients.clone()), &change.ids)?;
            let check = || still(present.as_ref(), change, vault);
            apply(change, &joined, vault, session, &check)
        }
        Verb::Rm(change) => {
            let present = in_force(change, vault)?;
            let kept = without(present.as_ref().map(|file| file.recipients.clone()), &change.ids)?;
            let check = || still(present.as_ref(), change, vault);
            let done = apply(change, &kept, vault, session, &check)?;
            session.ui.note(
                "whoever could open these entries may have kept them: change the secrets, too",
            );
            Ok(done)
        }
        Verb::Set(change) => apply(change, &chosen(&change.ids)?, vault, session, &|| Ok(())),
        Verb::Unset(unset) => take_away(unset, vault, session),
    })
}

fn list(vault: &Vault<'_>, session: &Session) -> Result<Done, Failure> {
    for (path, _) in vault.store().files(Path::new(""))? {
        let is_one = Cipher::ALL
            .iter()
            .any(|cipher| path.file_name() == Some(RecipientsFile::file_name(*cipher).as_ref()));
        if is_one {
            tell(path.parent().unwrap_or(Path::new("")), vault, session)?;
        }
    }
    Ok(Done::Fully)
}

fn tell(folder: &Path, vault: &Vault<'_>, session: &Session) -> Result<(), Failure> {
    let file = RecipientsFile::of(folder, &|path| vault.store().read_small(path))?;
    let Some(file) = file else {
        return Ok(());
    };
    let recipients = texts(&file.recipients);
    let cipher = match file.cipher() {
        Cipher::Age => "age",
        Cipher::OpenPgp => "openpgp",
    };
    if session.ui.json {
        let folder = folder.display().to_string();
        let kinds = kinds(&file.recipients);
        return session.ui.json(&serde_json::json!({
            "folder": folder, "cipher": cipher, "recipients": recipients, "kinds": kinds,
        }));
    }
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    recipients
        .iter()
        .try_for_each(|recipient| session.ui.line(&format!("{}\t{recipient}", folder.display())))
}

/// What each of them is, in the same order.
fn kinds(recipients: &Recipients) -> Vec<&'static str> {
    match recipients {
        Recipients::Age(all) => all.iter().map(Recipient::kind).collect(),
        Recipients::OpenPgp(ids) => ids.iter().map(|_| "openpgp").collect(),
    }
}

fn texts(recipients: &Recipients) -> Vec<String> {
    match recipients {
        Recipients::Age(all) => all.iter().map(ToString::to_string).collect(),
        Recipients::OpenPgp(ids) => ids.clone(),
    }
}

fn chosen(ids: &[String]) -> Result<Recipients, Failure> {
    chosen_recipients(ids)?.ok_or_else(|| Failure::usage("no recipients are named"))
}

/// What is in force, and these.
fn joined(present: Option<Recipients>, ids: &[String]) -> Result<Recipients, Failure> {
    match (present, chosen(ids)?) {
        (None, new) => Ok(new),
        (Some(Recipients::Age(mut all)), Recipients::Age(new)) => {
            all.extend(new);
            Ok(Recipients::Age(unique(all)))
        }
        (Some(Recipients::OpenPgp(mut all)), Recipients::OpenPgp(new)) => {
            all.extend(new);
            Ok(Recipients::OpenPgp(unique(all)))
        }
        _ => Err(Failure::usage("a folder is encrypted with age or with OpenPGP, not both")
            .hint("`recipients set` changes to the other one")),
    }
}

fn unique<T: PartialEq>(all: Vec<T>) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for one in all {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

/// What is in force, without these.
fn without(present: Option<Recipients>, ids: &[String]) -> Result<Recipients, Failure> {
    let present = present.ok_or_else(|| Failure::failed("there are no recipients yet"))?;
    let before = texts(&present);
    if let Some(place) = ids.iter().position(|id| !before.contains(id)) {
        return Err(Failure::new(
            Code::NotFound,
            format!("ID number {} is not a recipient", place + 1),
        )
        .hint("`vaultctl recipients list` shows them as they are written"));
    }
    let is_kept = |text: &String| !ids.contains(text);
    let (kept, count) = match present {
        Recipients::Age(all) => {
            let kept: Vec<Recipient> =
                all.into_iter().filter(|one| is_kept(&one.to_string())).collect();
            (Recipients::Age(kept.clone()), kept.len())
        }
        Recipients::OpenPgp(all) => {
            let kept: Vec<String> = all.into_iter().filter(is_kept).collect();
            (Recipients::OpenPgp(kept.clone()), kept.len())
        }
    };
    if count == 0 {
        return Err(Failure::failed("nobody could open the entries then")
            .hint("`recipients unset FOLDER` lets the folder above decide"));
    }
    Ok(kept)
}

/// What is in force in the folder, if anything is; signed, where the user wants that.
fn in_force(change: &Change, vault: &Vault<'_>) -> Result<Option<RecipientsFile>, Failure> {
    let inside = inside(folder(change.path.as_deref())?.as_ref())?;
    match vault.recipients_for(&inside) {
        Ok(file) => Ok(Some(file)),
        Err(vault::Error::Store(store::Error::NoRecipients(_))) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whoever else changed `present` in the meantime is not overruled.
fn still(
    present: Option<&RecipientsFile>,
    change: &Change,
    vault: &Vault<'_>,
) -> Result<(), Failure> {
    let now = in_force(change, vault)?.map(|file| file.bytes);
    match now.as_ref() == present.map(|file| &file.bytes) {
        true => Ok(()),
        false => Err(store::Error::RecipientsChanged.into()),
    }
}

fn apply(
    change: &Change,
    recipients: &Recipients,
    vault: &Vault<'_>,
    session: &Session,
    check: &dyn Fn() -> Result<(), Failure>,
) -> Result<Done, Failure> {
    let folder = folder(change.path.as_deref())?;
    let place = change.path.as_ref().map(|path| format!(" ({path})")).unwrap_or_default();
    let said = format!("{}{place}.", subject(recipients).trim_end_matches('.'));
    let steps = Steps { set: said, anew: format!("Reencrypt entries for new recipients{place}.") };
    carry_out(&steps, folder.as_ref(), change.dry_run, vault, session, &|edit| {
        check()?;
        edit.replace_recipients(folder.as_ref(), recipients)?;
        let signed =
            edit.sign_recipients(folder.as_ref(), |key| format!("Signing new GPG id with {key}."));
        Ok(signed?)
    })
}

fn take_away(unset: &Unset, vault: &Vault<'_>, session: &Session) -> Result<Done, Failure> {
    let folder = folder(Some(&unset.folder))?;
    let steps = Steps {
        set: format!("Unset recipients ({}).", unset.folder),
        anew: format!("Reencrypt entries for new recipients ({}).", unset.folder),
    };
    carry_out(&steps, folder.as_ref(), unset.dry_run, vault, session, &|edit| {
        Ok(edit.unset_recipients(folder.as_ref())?)
    })
}

/// What the steps are called.
struct Steps {
    set: String,
    anew: String,
}

/// Changes the recipients, and encrypts anew whatever they are the recipients of.
fn carry_out(
    steps: &Steps,
    folder: Option<&Name>,
    dry_run: bool,
    vault: &Vault<'_>,
    session: &Session,
    change: &dyn Fn(&mut Edit<'_, '_>) -> Result<(), Failure>,
) -> Result<Done, Failure> {
    if dry_run {
        let names = governed(folder, vault)?;
        names.iter().try_for_each(|name| session.ui.line(name.as_str()))?;
        return Ok(Done::Fully);
    }
    let resealed = vault.edit(&steps.set, |edit| {
        let names = governed(folder, vault)?;
        change(edit)?;
        edit.next_step(&steps.anew);
        Ok::<_, Failure>(all_or_nothing(edit.reencrypt(&names, Which::All)?)?)
    })?;
    mcp::reseal_copies(vault, session)?;
    session.ui.note(&told(resealed.len()));
    Ok(Done::Fully)
}

/// The entries below the folder for which the same file decides as for the folder itself.
fn governed(folder: Option<&Name>, vault: &Vault<'_>) -> Result<Vec<Name>, Failure> {
    let decides = |name: &Name| vault.store().recipients_for(name).ok().map(|file| file.path);
    let file = decides(&inside(folder)?);
    let mut names = vault.store().list(folder).names;
    names.retain(|name| decides(name) == file);
    Ok(names)
}

fn folder(text: Option<&str>) -> Result<Option<Name>, Failure> {
    // As `list` calls the store itself.
    let text = text.filter(|text| *text != ".");
    Ok(text.map(str::parse).transpose().map_err(store::Error::from)?)
}

/// The name of something in the folder, to ask which recipients are in force there.
fn inside(folder: Option<&Name>) -> Result<Name, Failure> {
    let text = folder.map_or_else(|| "entry".to_owned(), |folder| format!("{folder}/entry"));
    Ok(text.parse().map_err(store::Error::from)?)
}
