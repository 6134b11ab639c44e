//! From a destination, as the settings or the command line name it, to its storage.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::cli::{Failure, Session};
use crate::config::{self, Paths};
use crate::storage::{Bucket, Credentials, Local, Patient, S3, Storage};
use crate::sys;

use super::credentials::credentials;

/// Where a repository is.
pub(in crate::cli) enum Destination {
    Folder(PathBuf),
    Bucket(Box<Remote>),
}

/// A bucket, and who we are there.
pub(in crate::cli) struct Remote {
    pub(in crate::cli) bucket: Bucket,
    credentials: Option<String>,
    maintenance: Option<String>,
}

/// What a storage is opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Purpose {
    /// To add objects, and to read what is clear text.
    Taking,
    /// To read and remove objects too.
    Maintenance,
}

impl Destination {
    pub(in crate::cli) fn of_settings(
        named: &config::Destination,
        paths: &Paths,
    ) -> Result<Self, Failure> {
        let mut destination = Self::of_url(&named.url, paths)?;
        if let Self::Bucket(remote) = &mut destination {
            remote.set(named).map_err(|failure| about(failure, &named.name))?;
        }
        Ok(destination)
    }

    pub(in crate::cli) fn of_url(url: &str, paths: &Paths) -> Result<Self, Failure> {
        Ok(match url.split_once("://") {
            Some(("s3", _)) => Self::Bucket(Box::new(Remote {
                bucket: url.parse()?,
                credentials: None,
                maintenance: None,
            })),
            Some(("file", folder)) => Self::Folder(paths.expand(folder)),
            Some((scheme, _)) => {
                return Err(Failure::usage(format!("a destination can not be `{scheme}:`"))
                    .hint("use a folder, or s3://bucket"));
            }
            None if url.starts_with("s3:") => {
                return Err(Failure::usage("a bucket is written `s3://bucket/prefix`")
                    .hint("a folder of that name: `./s3:…`"));
            }
            None => Self::Folder(paths.expand(url)),
        })
    }

    /// The folder, if it is one.
    pub(in crate::cli) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::Bucket(_) => None,
        }
    }

    /// What its storage will be called, whether or not it can be reached.
    pub(in crate::cli) fn place(&self) -> String {
        match self {
            Self::Folder(folder) => {
                let real = sys::without_links(folder).unwrap_or_else(|| folder.clone());
                real.display().to_string()
            }
            Self::Bucket(remote) => remote.bucket.place(),
        }
    }

    /// A place beside it, whose name ends in `suffix`.
    pub(in crate::cli) fn beside(&self, suffix: &str) -> Result<Self, Failure> {
        Ok(match self {
            Self::Folder(folder) => {
                let folder = sys::without_links(folder).unwrap_or_else(|| folder.clone());
                let name = folder.file_name().unwrap_or_default().to_string_lossy();
                Self::Folder(folder.with_file_name(format!("{name}-{suffix}")))
            }
            Self::Bucket(remote) => {
                let prefix = remote.bucket.prefix.as_ref();
                let prefix = prefix.map_or_else(|| "recovered".to_owned(), ToString::to_string);
                let mut bucket = remote.bucket.clone();
                let prefix = format!("{prefix}-{suffix}").parse();
                bucket.prefix =
                    prefix.map(Some).map_err(|_| Failure::failed("its name is too long"))?;
                let (credentials, maintenance) =
                    (remote.credentials.clone(), remote.maintenance.clone());
                Self::Bucket(Box::new(Remote { bucket, credentials, maintenance }))
            }
        })
    }

    /// As the settings name it.
    pub(in crate::cli) fn as_settings(
        &self,
        session: &Session,
    ) -> Result<config::Destination, Failure> {
        let (name, url, bucket) = match self {
            Self::Folder(folder) => {
                let folder = sys::without_links(folder).unwrap_or_else(|| folder.clone());
                let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                (name, format!("file://{}", folder.display()), None)
            }
            Self::Bucket(remote) => {
                let bucket = remote.bucket_in(session)?;
                (bucket.name.clone(), bucket.place(), Some((bucket, remote)))
            }
        };
        let mut named = config::Destination::folder(name, url);
        if let Some((bucket, remote)) = bucket {
            named.endpoint = bucket.endpoint;
            named.region = bucket.region;
            named.path_style = bucket.path_style;
            named.credentials.clone_from(&remote.credentials);
        }
        Ok(named)
    }

    /// Its storage.
    pub(in crate::cli) fn open(
        &self,
        purpose: Purpose,
        session: &Session,
    ) -> Result<Box<dyn Storage>, Failure> {
        Ok(match self {
            Self::Folder(folder) => Box::new(Local::open(folder)?),
            Self::Bucket(remote) => {
                let patience = remote.bucket.patience;
                Box::new(Patient::new(remote.open(purpose, session)?, patience))
            }
        })
    }
}

impl Remote {
    /// From now on, this file says who we are there.
    pub(in crate::cli) fn set_credentials(&mut self, file: String) {
        (self.credentials, self.maintenance) = (Some(file), None);
    }

    fn set(&mut self, named: &config::Destination) -> Result<(), Failure> {
        let bucket = &mut self.bucket;
        named.endpoint.iter().try_for_each(|endpoint| bucket.set_endpoint(endpoint))?;
        named.region.iter().try_for_each(|region| bucket.set_region(region))?;
        bucket.path_style = named.path_style.or(bucket.path_style);
        bucket.patience = named.patience.map_or(bucket.patience, Duration::from_secs);
        self.credentials.clone_from(&named.credentials);
        self.maintenance.clone_from(&named.maintenance_credentials);
        Ok(())
    }

    /// Who we are there: as the settings say, else as AWS's own tools find it.
    pub(in crate::cli) fn credentials(
        &self,
        purpose: Purpose,
        session: &Session,
    ) -> Result<Credentials, Failure> {
        let maintenance = self.maintenance.as_ref().filter(|_| purpose == Purpose::Maintenance);
        let named = maintenance.or(self.credentials.as_ref());
        credentials(named.map(String::as_str), session)
    }

    /// The bucket, for whoever has these credentials.
    pub(in crate::cli) fn open_as(
        &self,
        credentials: &Credentials,
        session: &Session,
    ) -> Result<Patient<S3>, Failure> {
        let storage = S3::open(self.bucket_in(session)?, credentials)?;
        Ok(Patient::new(storage, self.bucket.patience))
    }

    /// The bucket itself, without patience.
    pub(in crate::cli) fn open(&self, purpose: Purpose, session: &Session) -> Result<S3, Failure> {
        let credentials = self.credentials(purpose, session)?;
        Ok(S3::open(self.bucket_in(session)?, &credentials)?)
    }

    /// The region is also where AWS's own tools look for it.
    pub(in crate::cli) fn bucket_in(&self, session: &Session) -> Result<Bucket, Failure> {
        let mut bucket = self.bucket.clone();
        let variables = &session.world.variables;
        let region = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|n| variables.text(n));
        if let (None, Some(region)) = (&bucket.region, region) {
            bucket.set_region(region)?;
        }
        Ok(bucket)
    }
}

fn about(failure: Failure, name: &str) -> Failure {
    failure.about(&format!("destination `{name}`"))
}
