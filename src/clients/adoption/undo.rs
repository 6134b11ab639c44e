//! Putting files back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::clients::description::Spot;
use crate::clients::{self, Client, ClientFile, Document, Place, Scope};
use crate::config::remove_server;
use crate::secret::Secret;
use crate::store::Name;

use super::copies::{Copies, Copy, Found, Group};
use super::three_way::{is_same, put_back};
use super::{Error, Hunk, Line};

/// What will be put back, the last adoption first.
pub struct Undo {
    steps: Vec<Step>,
    /// Sealed copies that can not be opened, and why: of which files is not known.
    pub unreadable: Vec<(Name, Error)>,
}

/// One adoption of one file.
struct Step {
    name: Name,
    copy: Copy,
    told: Undone,
}

/// What becomes, or became, of one file.
#[derive(Clone, Debug)]
pub struct Undone {
    /// Whose it is.
    pub client: Client,
    /// The file.
    pub path: PathBuf,
    /// What changes in it.
    pub hunks: Vec<Hunk>,
    /// Whether it was changed since, so that only values are put back.
    pub is_partial: bool,
    /// Servers that stay as they are: what was adopted there was changed since, or is gone.
    pub kept: Vec<String>,
    /// Why nothing could be done.
    pub failure: Option<String>,
}

/// How a file stands to what was done to it.
struct Back {
    /// What it should be; `None` when it is that.
    bytes: Option<Secret>,
    is_partial: bool,
    kept: Vec<String>,
}

impl Undo {
    /// Looks at the files of `client`, or of all, that were adopted.
    ///
    /// # Errors
    /// What stops every read, as an access log that can not be written.
    pub fn plan(copies: &Copies<'_>, client: Option<Client>) -> Result<Self, Error> {
        let mut simulated = BTreeMap::new();
        let (mut steps, mut unreadable) = (Vec::new(), Vec::new());
        for Found { name, copy } in copies.all()? {
            match copy {
                Ok(copy) if client.is_none_or(|client| client == copy.client) => {
                    let told = told(&copy, &mut simulated);
                    steps.push(Step { name, copy, told });
                }
                Ok(_) => {}
                Err(error) => unreadable.push((name, error)),
            }
        }
        Ok(Self { steps, unreadable })
    }

    /// What would be done.
    pub fn steps(&self) -> impl Iterator<Item = &Undone> {
        self.steps.iter().map(|step| &step.told)
    }

    /// Puts the files back, one after the other; each first, then its permissions are taken away, then
    /// its sealed copy. A copy of which something was kept stays.
    ///
    /// # Errors
    /// When settings or copies can not be written.
    pub fn carry_out(&self, copies: &Copies<'_>, settings: &Path) -> Result<Vec<Undone>, Error> {
        let mut remaining: Vec<(Name, Copy)> = copies.readable()?;
        let mut done = Vec::new();
        for step in &self.steps {
            let mut told = step.told.clone();
            match back(&step.copy) {
                Ok(kept) => told.kept = kept,
                Err(error) => told.failure = Some(error.to_string()),
            }
            if told.failure.is_none() && told.kept.is_empty() {
                remaining.retain(|(name, _)| *name != step.name);
                // A copy that can not be opened may be of a file that needs it.
                let unused = unused(&step.copy, &remaining).into_iter();
                for grant in unused.filter(|_| self.unreadable.is_empty()) {
                    remove_server(settings, grant)?;
                }
                copies.forget(&step.name)?;
            }
            done.push(told);
        }
        Ok(done)
    }
}

/// The permissions that came with a copy and that no other copy names.
fn unused<'c>(copy: &'c Copy, others: &[(Name, Copy)]) -> Vec<&'c String> {
    let is_used = |name: &String| {
        let mut groups = others.iter().flat_map(|(_, other)| &other.groups);
        groups.any(|group| group.grant.as_ref() == Some(name))
    };
    let made = copy.groups.iter().filter(|group| group.is_new);
    made.filter_map(|group| group.grant.as_ref()).filter(|name| !is_used(name)).collect()
}

/// The file as it is now.
fn file(copy: &Copy) -> Result<ClientFile, clients::Error> {
    let gone = || clients::Error::Gone(copy.path.clone());
    let description = copy.client.description();
    let mut spots = description.files.iter().chain(description.project_files);
    let spot = spots.find(|spot| is_at(spot, &copy.path)).ok_or_else(gone)?;
    ClientFile::read((copy.client, spot), Scope::User, &copy.path)?.ok_or_else(gone)
}

/// Whether a path ends as such a file's does.
fn is_at(spot: &Spot, path: &Path) -> bool {
    let mut parts = path.components().rev();
    spot.path.rsplit('/').all(|part| match parts.next() {
        Some(_) if part == "*" => true,
        Some(found) => found.as_os_str() == part,
        None => false,
    })
}

/// Puts one file back; the servers that were kept.
fn back(copy: &Copy) -> Result<Vec<String>, clients::Error> {
    let held = file(copy)?.hold()?;
    let back = Back::of(&held.file, &held.file.document, copy)?;
    if let Some(bytes) = &back.bytes {
        held.write(bytes)?;
    }
    Ok(back.kept)
}

/// What would become of a file, after what becomes of it before that.
fn told(copy: &Copy, simulated: &mut BTreeMap<PathBuf, Document>) -> Undone {
    let mut told = Undone {
        client: copy.client,
        path: copy.path.clone(),
        hunks: Vec::new(),
        is_partial: false,
        kept: Vec::new(),
        failure: None,
    };
    let looked = file(copy).and_then(|file| {
        let current = simulated.get(&copy.path).unwrap_or(&file.document);
        let back = Back::of(&file, current, copy)?;
        Ok((hunks(&file, copy, &back), back, file.spot.format))
    });
    match looked {
        Ok((hunks, back, format)) => {
            let after = back.bytes.and_then(|bytes| Document::parse(format, bytes).ok());
            simulated.extend(after.map(|after| (copy.path.clone(), after)));
            (told.hunks, told.is_partial, told.kept) = (hunks, back.is_partial, back.kept);
        }
        Err(error) => told.failure = Some(error.to_string()),
    }
    told
}

impl Back {
    fn of(file: &ClientFile, current: &Document, copy: &Copy) -> Result<Self, clients::Error> {
        let whole = |bytes| Self { bytes, is_partial: false, kept: Vec::new() };
        if current.bytes().is_same_as(&copy.original) {
            return Ok(whole(None));
        }
        if current.bytes().is_same_as(&copy.adopted) {
            return Ok(whole(Some(same(&copy.original))));
        }
        let (original, adopted) = (parse(file, &copy.original)?, parse(file, &copy.adopted)?);
        let mut kept = Vec::new();
        let mut after: Option<Document> = None;
        for group in &copy.groups {
            let present = after.as_ref().unwrap_or(current);
            if !is_ours(group, present, &original, &adopted) {
                kept.push(group.server.clone());
                continue;
            }
            for place in &group.places {
                let present = after.as_ref().unwrap_or(current);
                if !is_same(present, &original, place) {
                    let edits = put_back(present, &original, place);
                    let edited = present.edited(&edits);
                    let fail = |source| clients::Error::Edit { path: file.path.clone(), source };
                    after = Some(edited.map_err(fail)?);
                }
            }
        }
        let bytes = after.map(|document| same(document.bytes()));
        Ok(Self { bytes, is_partial: true, kept })
    }
}

/// Whether everything in a group is as it was left, or as it was before.
fn is_ours(group: &Group, present: &Document, original: &Document, adopted: &Document) -> bool {
    group
        .places
        .iter()
        .all(|place| is_same(present, adopted, place) || is_same(present, original, place))
}

fn parse(file: &ClientFile, bytes: &Secret) -> Result<Document, clients::Error> {
    let parsed = Document::parse(file.spot.format, same(bytes));
    parsed.map_err(|fault| clients::Error::Malformed { path: file.path.clone(), fault })
}

fn same(bytes: &Secret) -> Secret {
    // EXPOSE: copied from one secret to another.
    Secret::copy_from(bytes.expose())
}

/// What goes and what comes back. What comes back is shown only as far as it is in the file now.
fn hunks(file: &ClientFile, copy: &Copy, back: &Back) -> Vec<Hunk> {
    let (Ok(original), Ok(adopted)) = (parse(file, &copy.original), parse(file, &copy.adopted))
    else {
        return Vec::new();
    };
    let groups = copy.groups.iter().filter(|group| !back.kept.contains(&group.server));
    let groups = groups.filter(|_| back.bytes.is_some());
    groups.map(|group| hunk(group, &original, &adopted)).collect()
}

fn hunk(group: &Group, original: &Document, adopted: &Document) -> Hunk {
    let texts = |place: &Place| texts(adopted, place);
    let known: Vec<String> = group.places.iter().flat_map(texts).collect();
    let covered = |text: String| match known.contains(&text) {
        true => text,
        false => format!("‹{} characters, not shown›", text.chars().count()),
    };
    let mut lines = Vec::new();
    for place in &group.places {
        let name = place.to_string();
        let (gone, new) = (self::texts(adopted, place), self::texts(original, place));
        if adopted.has(place) {
            lines.push(Line::Gone(name.clone(), gone.join(" ")));
        }
        if original.has(place) {
            let new: Vec<String> = new.into_iter().map(covered).collect();
            lines.push(Line::New(name, new.join(" ")));
        }
    }
    Hunk { place: group.server.clone(), lines }
}

fn texts(document: &Document, place: &Place) -> Vec<String> {
    let fields = document.field(place).into_iter().chain(document.list(place));
    // EXPOSE: of the adopted file, which holds references; of the other only what is in this one, too.
    fields.map(|field| field.text.expose().to_owned()).collect()
}
