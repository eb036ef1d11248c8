//! What is assessed: a resource in its provider's own words.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, AssetId, Kind, OperationName, Region};
use crate::node::Node;
use crate::why::Why;

/// One resource, account, region or organisation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    /// The provider's own identifier.
    pub id: AssetId,
    /// Whose cloud it lives in.
    pub provider: Provider,
    /// The account that owns it; none where code does not know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    /// Its region, `global` for what has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// The provider's published type.
    pub kind: Kind,
    /// The name that people know it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Box<str>>,
    /// The primary identifier of its kind (a bucket's name, a group's id); joins code and cloud.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<Box<str>>,
    /// Its labels. Where they could not be read, `properties.Tags` is unknown and this is empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<Box<str>, Box<str>>,
    /// Its properties, under the provider's published paths.
    #[serde(default)]
    pub properties: Node,
    /// What it refers to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<Relation>,
    /// Where each part of `properties` was seen.
    #[serde(default, skip_serializing_if = "Provenance::is_empty")]
    pub provenance: Provenance,
    /// Whether it was seen or stands for what could not be listed.
    #[serde(default, skip_serializing_if = "Population::is_seen")]
    pub population: Population,
}

/// A cloud provider, or the customer's own ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// Amazon Web Services.
    Aws,
    /// Microsoft Azure.
    Azure,
    /// Google Cloud.
    Gcp,
    /// No cloud: the organisation itself.
    Own,
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aws => "aws",
            Self::Azure => "azure",
            Self::Gcp => "gcp",
            Self::Own => "own",
        })
    }
}

/// What an account is for. It comes from the account, never from tags on single assets.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Environment {
    /// Serves the business.
    Production,
    /// Looks like production and is not.
    Staging,
    /// For building things.
    Development,
    /// Security, logging, shared services.
    Shared,
    /// Nobody said.
    #[default]
    Unlabelled,
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Development => "development",
            Self::Shared => "shared",
            Self::Unlabelled => "unlabelled",
        })
    }
}

/// How much it would hurt to lose what an asset holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensitivity {
    /// Weight 1.
    Low,
    /// Weight 2, and assumed where nobody said.
    #[default]
    Medium,
    /// Weight 4.
    High,
}

impl Sensitivity {
    /// The level's word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// Its weight in the score: 1, 2 or 4.
    pub fn weight(self) -> f64 {
        match self {
            Self::Low => 1.0,
            Self::Medium => 2.0,
            Self::High => 4.0,
        }
    }
}

/// A reference from one asset to another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Relation {
    /// The kind of what is referred to.
    pub kind: Kind,
    /// Its id or primary identifier, as the provider writes the reference.
    pub to: Box<str>,
    /// The property that refers.
    pub by: Box<str>,
}

/// Whether an asset was seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Population {
    /// It was listed.
    #[default]
    Seen,
    /// It stands for all assets of its account, region and kind that a refused list would have shown.
    Refused {
        /// Why the list was not read.
        why: Why,
        /// How many there were when they were last listed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_known: Option<u64>,
    },
}

impl Population {
    /// Whether it was listed.
    pub fn is_seen(&self) -> bool {
        matches!(self, Self::Seen)
    }
}

/// Where the parts of an asset's properties were seen: path prefix → source. The longest prefix counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Provenance(Vec<(Box<str>, Source)>);

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// An answer of the provider's.
    Call {
        /// The read operation.
        operation: OperationName,
        /// When it was answered.
        at: Timestamp,
    },
    /// A place in a file.
    Code {
        /// Path as the user gave it, relative where possible.
        file: Box<str>,
        /// Byte range in that file.
        span: Range<u32>,
    },
}

impl Provenance {
    /// Notes that all under `path` was seen at `source`.
    pub fn add(&mut self, path: impl Into<Box<str>>, source: Source) {
        self.0.push((path.into(), source));
    }

    /// The source of the value at `path`: of the noted prefixes, the longest.
    pub fn of(&self, path: &str) -> Option<&Source> {
        self.0
            .iter()
            .filter(|(prefix, _)| {
                prefix.is_empty()
                    || path == &**prefix
                    || path.strip_prefix(&**prefix).is_some_and(|rest| rest.starts_with('.'))
            })
            .max_by_key(|(prefix, _)| prefix.len())
            .map(|(_, source)| source)
    }

    /// All entries as they were noted.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.0.iter().map(|(path, source)| (&**path, source))
    }

    /// The oldest answer of the provider's among the sources.
    pub fn oldest(&self) -> Option<Timestamp> {
        self.0
            .iter()
            .filter_map(|(_, source)| match source {
                Source::Call { at, .. } => Some(*at),
                Source::Code { .. } => None,
            })
            .min()
    }

    /// Whether nothing was noted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Asset {
    /// An asset with an id and a kind, and nothing else known.
    pub fn new(provider: Provider, kind: impl Into<Kind>, id: impl Into<AssetId>) -> Self {
        Self {
            id: id.into(),
            provider,
            account: None,
            region: None,
            kind: kind.into(),
            name: None,
            identifier: None,
            tags: BTreeMap::new(),
            properties: Node::map(),
            relations: Vec::new(),
            provenance: Provenance::default(),
            population: Population::Seen,
        }
    }

    /// The one asset that stands for the organisation.
    pub fn organisation() -> Self {
        let mut asset = Self::new(Provider::Own, crate::ORGANISATION_KIND, "org:");
        asset.name = Some("the organisation".into());
        asset
    }

    /// What to call it on a screen: its name, else its id.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or_else(|| self.id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_names_the_source() {
        let call = |operation: &str| Source::Call { operation: operation.into(), at: Timestamp::UNIX_EPOCH };
        let mut provenance = Provenance::default();
        provenance.add("", call("s3:ListAllMyBuckets"));
        provenance.add("Observed.PolicyStatus", call("s3:GetBucketPolicyStatus"));
        assert_eq!(provenance.of("BucketName"), Some(&call("s3:ListAllMyBuckets")));
        assert_eq!(provenance.of("Observed.PolicyStatus.IsPublic"), Some(&call("s3:GetBucketPolicyStatus")));
        assert_eq!(provenance.of("Observed.PolicyStatusX"), Some(&call("s3:ListAllMyBuckets")));
    }
}
