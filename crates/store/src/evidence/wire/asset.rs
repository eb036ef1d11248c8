//! An asset in a file. It is decoded by hand, because shared names ([`Interner`]) need a state that
//! derived code cannot carry.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use jiff::Timestamp;
use partywall_model::{
    AccountId, Asset, AssetId, Kind, OperationName, Population, Provenance, Provider, Region, Relation,
    Source,
};
use serde::de::{self, DeserializeSeed, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::node::{NodeOut, NodeSeed};
use super::{ProviderWord, WireWhy};
use crate::evidence::interner::Interner;

#[derive(Serialize)]
pub(super) struct AssetOut<'a> {
    kind: &'a Kind,
    id: &'a AssetId,
    #[serde(with = "ProviderWord")]
    provider: Provider,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a AccountId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a Region>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identifier: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tags: &'a BTreeMap<Box<str>, Box<str>>,
    properties: NodeOut<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    relations: Vec<WireRelation<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    provenance: Vec<WireOrigin<'a>>,
    /// Where the asset stands for what a refused list would have shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<WireRefusal>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRelation<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    to: Cow<'a, str>,
    #[serde(borrow)]
    by: Cow<'a, str>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireOrigin<'a> {
    #[serde(borrow)]
    path: Cow<'a, str>,
    #[serde(borrow)]
    source: WireSource<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum WireSource<'a> {
    Call {
        #[serde(borrow)]
        operation: Cow<'a, str>,
        at: Timestamp,
    },
    Code {
        #[serde(borrow)]
        file: Cow<'a, str>,
        /// First byte, and the byte after the last.
        span: (u32, u32),
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRefusal {
    why: WireWhy,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_known: Option<u64>,
}

impl<'a> From<&'a Asset> for AssetOut<'a> {
    fn from(asset: &'a Asset) -> Self {
        let Asset {
            id, provider, account, region, kind, name, identifier, tags, properties, relations, ..
        } = asset;
        Self {
            kind,
            id,
            provider: *provider,
            account: account.as_ref(),
            region: region.as_ref(),
            name: name.as_deref(),
            identifier: identifier.as_deref(),
            tags,
            properties: NodeOut::new(properties),
            relations: relations.iter().map(WireRelation::from).collect(),
            provenance: asset.provenance.iter().map(WireOrigin::from).collect(),
            refused: match &asset.population {
                Population::Seen => None,
                Population::Refused { why, last_known } => {
                    Some(WireRefusal { why: why.into(), last_known: *last_known })
                }
            },
        }
    }
}

impl<'a> From<&'a Relation> for WireRelation<'a> {
    fn from(Relation { kind, to, by }: &'a Relation) -> Self {
        Self { kind: kind.as_str().into(), to: (&**to).into(), by: (&**by).into() }
    }
}

impl<'a> From<(&'a str, &'a Source)> for WireOrigin<'a> {
    fn from((path, source): (&'a str, &'a Source)) -> Self {
        let source = match source {
            Source::Call { operation, at } => {
                WireSource::Call { operation: operation.as_str().into(), at: *at }
            }
            Source::Code { file, span } => {
                WireSource::Code { file: (&**file).into(), span: (span.start, span.end) }
            }
        };
        Self { path: path.into(), source }
    }
}

impl WireRelation<'_> {
    fn into_relation(self, interner: &mut Interner) -> Relation {
        Relation { kind: Kind::new(interner.share(&self.kind)), to: self.to.into(), by: self.by.into() }
    }
}

impl WireSource<'_> {
    fn into_source(self, interner: &mut Interner) -> Source {
        match self {
            Self::Call { operation, at } => {
                Source::Call { operation: OperationName::new(interner.share(&operation)), at }
            }
            Self::Code { file, span } => {
                Source::Code { file: file.into(), span: Range { start: span.0, end: span.1 } }
            }
        }
    }
}

pub(super) struct AssetSeed<'i>(pub(super) &'i mut Interner);

#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Field {
    Kind,
    Id,
    Provider,
    Account,
    Region,
    Name,
    Identifier,
    Tags,
    Properties,
    Relations,
    Provenance,
    Refused,
}

impl<'de> DeserializeSeed<'de> for AssetSeed<'_> {
    type Value = Asset;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Asset, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for AssetSeed<'_> {
    type Value = Asset;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an asset")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Asset, A::Error> {
        let interner = self.0;
        // The real kind, id and provider take the place of these, or the asset is refused below.
        let mut asset = Asset::new(Provider::Own, "", "");
        let mut seen = 0u32;
        while let Some(field) = map.next_key::<Field>()? {
            let bit = 1 << field as u32;
            if seen & bit != 0 {
                return Err(de::Error::custom("a field of the asset stands twice"));
            }
            seen |= bit;
            match field {
                Field::Kind => asset.kind = Kind::new(map.next_value_seed(Shared(interner))?),
                Field::Id => asset.id = map.next_value()?,
                Field::Provider => asset.provider = map.next_value::<WireProvider>()?.0,
                Field::Account => {
                    asset.account = Some(AccountId::new(map.next_value_seed(Shared(interner))?))
                }
                Field::Region => asset.region = Some(Region::new(map.next_value_seed(Shared(interner))?)),
                Field::Name => asset.name = Some(map.next_value()?),
                Field::Identifier => asset.identifier = Some(map.next_value()?),
                Field::Tags => asset.tags = map.next_value()?,
                Field::Properties => asset.properties = map.next_value_seed(NodeSeed::new(interner))?,
                Field::Relations => {
                    let relations: Vec<WireRelation<'de>> = map.next_value()?;
                    asset.relations = relations.into_iter().map(|it| it.into_relation(interner)).collect();
                }
                Field::Provenance => {
                    asset.provenance = provenance(map.next_value()?, interner);
                }
                Field::Refused => {
                    let WireRefusal { why, last_known } = map.next_value()?;
                    asset.population = Population::Refused { why: why.into(), last_known };
                }
            }
        }
        for (field, name) in [
            (Field::Kind, "kind"),
            (Field::Id, "id"),
            (Field::Provider, "provider"),
            (Field::Properties, "properties"),
        ] {
            if seen & (1 << field as u32) == 0 {
                return Err(de::Error::missing_field(name));
            }
        }
        Ok(asset)
    }
}

fn provenance(origins: Vec<WireOrigin<'_>>, interner: &mut Interner) -> Provenance {
    let mut provenance = Provenance::default();
    for WireOrigin { path, source } in origins {
        provenance.add(path, source.into_source(interner));
    }
    provenance
}

#[derive(Deserialize)]
struct WireProvider(#[serde(with = "ProviderWord")] Provider);

/// A text that is shared with earlier equal ones.
pub(super) struct Shared<'i>(pub(super) &'i mut Interner);

impl<'de> DeserializeSeed<'de> for Shared<'_> {
    type Value = std::sync::Arc<str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Shared<'_> {
    type Value = std::sync::Arc<str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.0.share(text))
    }
}
