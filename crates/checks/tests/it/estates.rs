//! Small estates, and what the functions say of them.

use std::fmt::Write as _;

use partywall_checks::Context;
use partywall_checks::effects::AssetHost;
use partywall_content::{AccountSettings, Lifecycle, Settings};
use partywall_expr::{Host, Trace};
use partywall_model::{
    Asset, AssetId, Estate, EstateBuilder, EvidenceRecord, Listing, ListingOutcome, Node, Provider, Why,
};
pub(crate) use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-west-1";

/// Assets and lists of one account and region, where not said otherwise.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) assets: Vec<Asset>,
    pub(crate) lists: Vec<(String, ListingOutcome)>,
}

impl World {
    /// With one more asset, its kind listed to the end.
    pub(crate) fn with(self, kind: &str, properties: Value) -> Self {
        self.with_of(Some(ACCOUNT), kind, properties)
    }

    /// The same in another account, or in none.
    pub(crate) fn with_of(mut self, account: Option<&str>, kind: &str, properties: Value) -> Self {
        let id = ["PolicyArn", "Arn"].iter().find_map(|key| properties[key].as_str().map(str::to_owned));
        let id = id.unwrap_or_else(|| format!("test:{}", self.assets.len()));
        let mut asset = Asset::new(Provider::Aws, kind, id);
        asset.account = account.map(Into::into);
        asset.region = Some(REGION.into());
        asset.properties = node(properties);
        self.assets.push(asset);
        self.listed(kind)
    }

    pub(crate) fn listed(mut self, kind: &str) -> Self {
        self.lists.push((kind.to_owned(), ListingOutcome::Complete));
        self
    }

    pub(crate) fn refused(mut self, kind: &str) -> Self {
        self.lists
            .push((kind.to_owned(), ListingOutcome::Incomplete(Why::parse_short("x:List AccessDenied"))));
        self
    }

    pub(crate) fn estate(&self) -> Estate {
        let mut builder = EstateBuilder::default();
        for asset in &self.assets {
            builder.add(EvidenceRecord::Asset(Box::new(asset.clone())));
        }
        for (kind, outcome) in &self.lists {
            builder.add(EvidenceRecord::Listing(Listing {
                provider: Provider::Aws,
                account: ACCOUNT.into(),
                region: REGION.into(),
                kind: kind.as_str().into(),
                operation: "x:List".into(),
                at: jiff::Timestamp::UNIX_EPOCH,
                seen: 0,
                outcome: outcome.clone(),
            }));
        }
        builder.finish(|_| None)
    }

    /// What a function says of the first asset of the world.
    pub(crate) fn ask(&self, function: &str, arguments: &[Value]) -> Said {
        self.ask_of(0, function, arguments)
    }

    pub(crate) fn ask_of(&self, position: usize, function: &str, arguments: &[Value]) -> Said {
        let id: AssetId = self.assets[position].id.clone();
        let estate = self.estate();
        let lifecycle = Lifecycle::default();
        let settings = Settings {
            accounts: [("444455556666".into(), AccountSettings::default())].into(),
            trusted: [("555566667777".into(), String::new())].into(),
            ..Settings::default()
        };
        let context = Context::new(&estate, &settings, &lifecycle, jiff::Timestamp::UNIX_EPOCH);
        let asset = estate.asset(id.as_str()).unwrap();
        let arguments: Vec<Node> = arguments.iter().map(|value| node(value.clone())).collect();
        let arguments: Vec<&Node> = arguments.iter().collect();
        let host = AssetHost::new(&context, asset);
        Said::from(host.call(function, &arguments, &mut Trace::default()).unwrap().into_node())
    }

    /// What a function that takes the asset alone says.
    pub(crate) fn says(&self, function: &str) -> Said {
        self.ask(function, &[Value::Null])
    }

    /// What the engine says of being reachable from the internet.
    pub(crate) fn is_exposed(&self) -> Said {
        let estate = self.estate();
        let lifecycle = Lifecycle::default();
        let settings = Settings::default();
        let context = Context::new(&estate, &settings, &lifecycle, jiff::Timestamp::UNIX_EPOCH);
        match context.is_exposed(estate.asset(self.assets[0].id.as_str()).unwrap()) {
            Ok(true) => Said::Yes,
            Ok(false) => Said::No,
            Err(_) => Said::Unknown,
        }
    }
}

/// An answer, without the reasons of unknowns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Yes,
    No,
    Unknown,
    /// The texts of a list.
    These(Vec<String>),
    Other(String),
}

impl From<Node> for Said {
    fn from(node: Node) -> Self {
        match node {
            Node::Bool(true) => Self::Yes,
            Node::Bool(false) => Self::No,
            Node::Unknown(_) => Self::Unknown,
            Node::List(items) if items.iter().all(|item| item.as_str().is_some()) => {
                Self::These(items.iter().filter_map(Node::as_str).map(str::to_owned).collect())
            }
            other => Self::Other(serde_json::to_string(&other).unwrap()),
        }
    }
}

pub(crate) fn these(texts: &[&str]) -> Said {
    Said::These(texts.iter().map(|text| (*text).to_owned()).collect())
}

pub(crate) fn node(value: Value) -> Node {
    serde_json::from_value(value).unwrap()
}

/// An unknown, as a property.
pub(crate) fn unseen() -> Value {
    serde_json::to_value(Node::unknown(Why::parse_short("test:Hidden AccessDenied"))).unwrap()
}

/// Collects what differs from what a table promises, so that one run shows every wrong row.
#[derive(Default)]
pub(crate) struct Table(String);

impl Table {
    pub(crate) fn row(&mut self, name: &str, said: Said, promised: Said) {
        if said != promised {
            writeln!(self.0, "{name}: {said:?} instead of {promised:?}").unwrap();
        }
    }

    #[track_caller]
    pub(crate) fn holds(self) {
        assert!(self.0.is_empty(), "\n{}", self.0);
    }
}
