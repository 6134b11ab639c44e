//! Which part of which entry: `NAME`, `NAME#FIELD`, `NAME#*`.

use std::fmt;

use crate::secret::Secret;
use crate::store::{Name, Store};

use super::{Entry, Error};

/// A part of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Which entry.
    pub name: Name,
    /// Which part of it.
    pub part: Part,
}

/// Which part of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The first line: the secret.
    FirstLine,
    /// The value of a field.
    Field(String),
    /// All bytes.
    Whole,
}

impl Address {
    /// Reads `text`. An entry whose name contains `#` wins if it exists; otherwise the last `#`
    /// divides name and part.
    ///
    /// # Errors
    /// When the name is none; what the store says.
    pub fn resolve(text: &str, store: &Store) -> Result<Self, Error> {
        if let Ok(name) = text.parse::<Name>()
            && store.cipher_of(&name)?.is_some()
        {
            return Ok(Self { name, part: Part::FirstLine });
        }
        let (name, part) = match text.rsplit_once('#') {
            None => (text, Part::FirstLine),
            Some((name, "*")) => (name, Part::Whole),
            Some((name, field)) => (name, Part::Field(field.to_owned())),
        };
        Ok(Self { name: name.parse()?, part })
    }

    /// This part of an entry.
    ///
    /// # Errors
    /// [`Error::NoField`]; [`Error::NoFirstLine`].
    pub fn of(&self, entry: &Entry) -> Result<Secret, Error> {
        match &self.part {
            Part::FirstLine => {
                entry.first_line().ok_or_else(|| Error::NoFirstLine(self.name.clone()))
            }
            Part::Field(field) => {
                entry.field(field).ok_or_else(|| Error::NoField(self.name.clone(), field.clone()))
            }
            // EXPOSE: copied into another secret.
            Part::Whole => Ok(Secret::copy_from(entry.bytes().expose())),
        }
    }

    /// The entry with this part replaced, so that reading it gives back exactly `value`.
    ///
    /// # Errors
    /// [`Error::ManyLines`] when a line is to be replaced by several; [`Error::NotKept`] when the
    /// value, or the field's name, would not be found again as it is: empty, with blanks around it,
    /// with a colon in the name.
    pub fn replaced(&self, entry: &Entry, value: Secret) -> Result<Entry, Error> {
        // EXPOSE: looked at for line ends only.
        let one_line = !value.expose().contains(&b'\n');
        let edited = match &self.part {
            Part::Whole => return Ok(Entry::new(value)),
            _ if !one_line => return Err(Error::ManyLines),
            Part::FirstLine => entry.with_first_line(&value),
            // Found again they would be, but nobody means them: a variable or a command came to nothing.
            Part::Field(field) if field.is_empty() || value.is_empty() => {
                return Err(Error::NotKept(self.clone()));
            }
            Part::Field(field) if field.contains('\n') => return Err(Error::NotKept(self.clone())),
            Part::Field(field) => entry.with_field(field, &value),
        };
        match self.of(&edited) {
            Ok(found) if found.is_same_as(&value) => Ok(edited),
            _ => Err(Error::NotKept(self.clone())),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.part {
            Part::FirstLine => write!(f, "{}", self.name),
            Part::Field(field) => write!(f, "{}#{field}", self.name),
            Part::Whole => write!(f, "{}#*", self.name),
        }
    }
}
