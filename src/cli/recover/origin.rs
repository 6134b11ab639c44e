//! Where the snapshots are, and who we are there.

use crate::cli::snapshot::credentials::{asked, of_named_file};
use crate::cli::snapshot::destination::{Destination, Purpose, Remote};
use crate::cli::{Code, Failure, Session};
use crate::storage::{Credentials, Local, Storage};
use crate::sys;

use super::Args;

/// A place, and an access key for it and for what is beside it.
pub(super) struct Origin {
    pub(super) destination: Destination,
    key: Option<Credentials>,
}

impl Origin {
    pub(super) fn of(args: &Args, from: &str, session: &Session) -> Result<Self, Failure> {
        let mut destination = Destination::of_url(from, &session.config.paths)?;
        let mut key = None;
        if let Destination::Bucket(remote) = &mut destination {
            key = Some(match &args.credentials {
                Some(file) => {
                    remote.set_credentials(sys::absolute(file.clone()).display().to_string());
                    of_named_file(file)?
                }
                None => found_or_asked(remote, session)?,
            });
        } else if args.credentials.is_some() {
            return Err(Failure::usage("--credentials is for a bucket"));
        }
        Ok(Self { destination, key })
    }

    /// Its storage, to read.
    pub(super) fn storage(&self, session: &Session) -> Result<Box<dyn Storage>, Failure> {
        match &self.destination {
            Destination::Folder(folder) => Ok(Box::new(Local::open(folder)?)),
            Destination::Bucket(remote) => self.bucket(remote, session),
        }
    }

    /// The storage of another place, to write; a folder is made.
    pub(super) fn new_storage(
        &self,
        place: &Destination,
        session: &Session,
    ) -> Result<Box<dyn Storage>, Failure> {
        match place {
            Destination::Folder(folder) => Ok(Box::new(Local::create(folder)?)),
            Destination::Bucket(remote) => self.bucket(remote, session),
        }
    }

    fn bucket(&self, remote: &Remote, session: &Session) -> Result<Box<dyn Storage>, Failure> {
        let found;
        let key = match &self.key {
            Some(key) => key,
            None => {
                found = remote.credentials(Purpose::Maintenance, session)?;
                &found
            }
        };
        Ok(Box::new(remote.open_as(key, session)?))
    }
}

/// As AWS's own tools find them; else a person has them on the sheet.
fn found_or_asked(remote: &Remote, session: &Session) -> Result<Credentials, Failure> {
    match remote.credentials(Purpose::Maintenance, session) {
        Err(failure) if failure.code() == Code::NeedsPerson => {
            asked(&remote.bucket.place(), session)
                .map_err(|failure| failure.hint("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or --credentials FILE, say it without a question"))
        }
        found => found,
    }
}
