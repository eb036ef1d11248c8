//! Where a statement about a provider comes from.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A public page that was read, or the admission that none was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SourceRef {
    /// A page, read on a day.
    Page {
        /// Its address.
        url: Box<str>,
        /// The day on which it was read, `YYYY-MM-DD`.
        as_of: Box<str>,
    },
    /// Written from knowledge of the field; the page could not be read. Counted and shown.
    #[default]
    Unverified,
    /// The user's own word, from `partywall.yaml`.
    Settings,
}

impl fmt::Display for SourceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page { url, as_of } => write!(f, "{url} (as of {as_of})"),
            Self::Unverified => f.write_str("unverified"),
            Self::Settings => f.write_str("partywall.yaml"),
        }
    }
}
