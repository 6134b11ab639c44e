//! Who we are for a bucket's server.
//!
//! A run at night has nobody who could unlock anything, so a file and the variables come without a
//! question; an entry of the store is for what a person does.

use std::path::{Path, PathBuf};

use crate::cli::{Code, Failure, Session};
use crate::config::{Config, Notify};
use crate::secret::{Secret, SecretText};
use crate::storage::Credentials;
use crate::store::Name;
use crate::sys;

/// A file of credentials larger than this is none (bytes).
const FILE_LIMIT: usize = 64 * 1024;

/// What an entry of the store is called by.
const ENTRY: &str = "vault:";

/// The field of such an entry that has what is no secret; its first line is the secret.
const KEY_ID: &str = "access_key_id";

/// The credentials that the settings name; where they name none, those that AWS's own tools find.
pub(in crate::cli) fn credentials(
    named: Option<&str>,
    session: &Session,
) -> Result<Credentials, Failure> {
    let paths = &session.config.paths;
    match named {
        Some(named) => match named.strip_prefix(ENTRY) {
            Some(entry) => of_entry(entry, session),
            None => {
                let path = paths.expand(named);
                of_file(&path, sys::read_private(&path, FILE_LIMIT)?, "default")
            }
        },
        None => of_surroundings(session),
    }
}

/// The files among all that the settings name, and those of channels that tell what became of a job:
/// no snapshot takes them.
pub(in crate::cli) fn files(config: &Config) -> impl Iterator<Item = PathBuf> + '_ {
    let destinations = config.settings.snapshot.destination.iter();
    let named = destinations.flat_map(|place| [&place.credentials, &place.maintenance_credentials]);
    let named = named.flatten().map(String::as_str).filter(|named| !named.starts_with(ENTRY));
    let channels = config.settings.notify.iter().filter_map(Notify::secret_file);
    named.chain(channels).map(|file| sys::absolute(config.paths.expand(file)))
}

/// Those in a file that was named on the command line.
pub(in crate::cli) fn of_named_file(path: &Path) -> Result<Credentials, Failure> {
    let missing = || Failure::new(Code::NotFound, format!("there is no `{}`", path.display()));
    let file = sys::read_private(path, FILE_LIMIT)?.ok_or_else(missing)?;
    of_file(path, Some(file), "default")
}

/// Those that a person types from a sheet.
pub(in crate::cli) fn asked(place: &str, session: &Session) -> Result<Credentials, Failure> {
    let ask = |what: &str| session.world.prompt.ask_secret(&format!("{what} for {place}:"));
    let (id, secret) = (ask("Access key id")?, ask("Secret access key")?);
    // EXPOSE: an access key's id is no secret; each request has it in the clear.
    Ok(Credentials::new(id.expose().trim().to_owned(), secret, None))
}

fn of_entry(entry: &str, session: &Session) -> Result<Credentials, Failure> {
    session.with_vault(|vault| {
        let name: Name = entry.parse().map_err(crate::vault::Error::from)?;
        let content = vault.read(&name)?;
        let text = |part: Option<Secret>| part.and_then(|secret| secret.to_text());
        match (text(content.field(KEY_ID)), text(content.first_line())) {
            // EXPOSE: an access key's id is no secret; each request has it in the clear.
            (Some(id), Some(secret)) => Ok(Credentials::new(id.expose().to_owned(), secret, None)),
            _ => Err(Failure::failed(format!("entry `{name}` holds no credentials"))
                .hint("its first line is the secret key, another one `access_key_id: …`")),
        }
    })
}

fn of_file(path: &Path, file: Option<Secret>, profile: &str) -> Result<Credentials, Failure> {
    let file = file.ok_or_else(|| {
        Failure::new(Code::NotFound, format!("there is no `{}`", path.display()))
            .hint("the settings name it as a destination's credentials")
    })?;
    Credentials::parse(&file, profile).map_err(|error| {
        Failure::failed(format!("`{}`: {error}", path.display()))
            .hint("it has lines `aws_access_key_id = …` and `aws_secret_access_key = …`")
    })
}

/// `AWS_ACCESS_KEY_ID` and what goes with it, else AWS's shared file.
fn of_surroundings(session: &Session) -> Result<Credentials, Failure> {
    let variables = &session.world.variables;
    let secret = |name: &str| variables.text(name).map(SecretText::copy_from);
    if let (Some(id), Some(key)) =
        (variables.text("AWS_ACCESS_KEY_ID"), secret("AWS_SECRET_ACCESS_KEY"))
    {
        return Ok(Credentials::new(id.to_owned(), key, secret("AWS_SESSION_TOKEN")));
    }
    let shared = variables.path("AWS_SHARED_CREDENTIALS_FILE");
    let path = shared.unwrap_or_else(|| session.config.paths.home.join(".aws/credentials"));
    match sys::read_secret(&path, FILE_LIMIT)? {
        None => Err(Failure::new(Code::NeedsPerson, "there are no credentials for the bucket")
            .hint("`credentials` in the settings names a file; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY do too")),
        file => of_file(&path, file, variables.text("AWS_PROFILE").unwrap_or("default")),
    }
}
