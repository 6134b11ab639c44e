//! What is to become of a document.

use crate::secret::{Secret, SecretText};

use super::{Document, Place};

/// One change. Places are those of the document as the changes before it have left it.
#[derive(Debug)]
pub enum Edit {
    /// Another value for what is there.
    Replace(Place, Value),
    /// A new element of a list, before the one that is at this index now; or a new last member of a
    /// map, under this key.
    Insert(Place, Value),
    /// The value, with its key if it has one.
    Remove(Place),
}

/// A value that is written anew.
#[derive(Debug)]
pub enum Value {
    /// A text.
    Text(SecretText),
    /// A list.
    List(Vec<Value>),
    /// A map.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// A text that is no secret.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(SecretText::copy_from(text))
    }

    /// A list of texts that are no secrets.
    #[must_use]
    pub fn texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }
}

/// Why a change can not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// Nothing is there, or it is no list or map.
    #[error("there is no `{0}`")]
    Missing(String),
    /// A key that is to be new is there.
    #[error("`{0}` is there already")]
    Occupied(String),
    /// The document is right, and written in a way that is not changed here.
    #[error("`{0}` is written in a way that can not be edited here")]
    Unusual(String),
}

impl Document {
    /// The document after all of `edits`, one after the other; only the bytes of what they name are
    /// others. This one stays.
    ///
    /// # Errors
    /// The first that can not be made.
    pub fn edited(&self, edits: &[Edit]) -> Result<Self, EditError> {
        // EXPOSE: copied from one secret to another.
        let same = Secret::copy_from(self.bytes.expose());
        let same = Self::parse(self.format, same).map_err(|_| unusual(&Place::root()))?;
        edits.iter().try_fold(same, |document, edit| document.edited_once(edit))
    }

    fn edited_once(&self, edit: &Edit) -> Result<Self, EditError> {
        let (place, splices) = match edit {
            Edit::Replace(place, value) => (place, self.replacing(place, value)?),
            Edit::Insert(place, value) => (place, self.inserting(place, value)?),
            Edit::Remove(place) => (place, self.removing(place)?),
        };
        Self::parse(self.format, self.spliced(splices)).map_err(|_| unusual(place))
    }
}

pub(super) fn missing(place: &Place) -> EditError {
    EditError::Missing(place.to_string())
}

pub(super) fn unusual(place: &Place) -> EditError {
    EditError::Unusual(place.to_string())
}
