//! What is asked where: kinds that share a list are walked together, children under their parents.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use jiff::Timestamp;
use partywall_content::{Collector, KindCollector, KindSource, ListCall, Scope};
use partywall_model::{Kind, OperationName, Region, Why};

use super::run::GLOBAL;
use super::{CollectError, convert};
use crate::table::Operation;

/// Kinds that have no list of their own are as many as these operations say.
const SINGLETONS: [(Scope, &str); 2] =
    [(Scope::Account, "sts:GetCallerIdentity"), (Scope::Region, "ec2:DescribeRegions")];

/// The collectors of the named services.
pub(super) fn chosen<'c>(
    content: &'c [Collector],
    services: &[String],
) -> Result<Vec<&'c Collector>, CollectError> {
    let mut known: Vec<&str> = content.iter().flat_map(names).collect();
    known.sort_unstable();
    known.dedup();
    match services.iter().find(|service| !known.contains(&service.as_str())) {
        Some(asked) => Err(CollectError::Service { asked: asked.clone(), known: known.join(", ") }),
        None => Ok(content
            .iter()
            .filter(|c| services.is_empty() || names(c).iter().any(|name| services.iter().any(|s| s == name)))
            .collect()),
    }
}

/// A collector goes by its service and by its file's name.
fn names(collector: &Collector) -> [&str; 2] {
    let file = collector.file.rsplit('/').next().unwrap_or_default();
    [&collector.service, file.strip_suffix(".yaml").unwrap_or(file)]
}

/// One walk: a list in one region, and the kinds whose items its pages hold; or what has no list.
#[derive(Debug)]
pub(super) struct Walk<'c> {
    /// The region that is asked.
    pub(super) asked: String,
    /// None for singletons.
    pub(super) list: Option<&'c ListCall>,
    pub(super) members: Vec<Member<'c>>,
}

/// A kind of a walk, with its population.
#[derive(Debug)]
pub(super) struct Member<'c> {
    pub(super) collector: &'c Collector,
    pub(super) kind: &'c KindCollector,
    /// File and kind, for messages.
    pub(super) subject: String,
    /// For each property the label of the read that it comes from, if it comes from one.
    pub(super) labels: Vec<Option<Box<str>>>,
    pub(super) population: Population,
    pub(super) children: Vec<Member<'c>>,
}

/// All assets of one kind that one list shows.
#[derive(Debug)]
pub(super) struct Population {
    pub(super) kind: Kind,
    pub(super) region: Region,
    pub(super) operation: OperationName,
    pub(super) seen: Cell<u64>,
    pub(super) at: Cell<Option<Timestamp>>,
    broken: RefCell<Option<Why>>,
}

impl Population {
    /// Notes that it is not whole; the first reason stays.
    pub(super) fn break_off(&self, why: &Why) {
        self.broken.borrow_mut().get_or_insert_with(|| why.clone());
    }

    pub(super) fn broken(&self) -> Option<Why> {
        self.broken.borrow().clone()
    }
}

/// Every walk of a collection: the account's first.
pub(super) fn walks<'c>(
    collectors: &[&'c Collector],
    regions: &[Region],
    main_region: &str,
) -> Vec<Walk<'c>> {
    let mut walks = Vec::new();
    for scope in [Scope::Account, Scope::Region] {
        let places: Vec<(String, Region)> = match scope {
            Scope::Account => vec![(main_region.to_owned(), Region::from(GLOBAL))],
            Scope::Region => regions.iter().map(|region| (region.to_string(), region.clone())).collect(),
        };
        for (asked, region) in places {
            for collector in collectors {
                walks.extend(walks_of(collector, scope, &asked, &region));
            }
        }
    }
    walks
}

fn walks_of<'c>(collector: &'c Collector, scope: Scope, asked: &str, region: &Region) -> Vec<Walk<'c>> {
    let mut shared: BTreeMap<String, Walk<'c>> = BTreeMap::new();
    for kind in collector.kinds.iter().filter(|kind| kind.scope == scope) {
        let (list, key) = match &kind.source {
            KindSource::List(list) => (Some(list), identity(list)),
            KindSource::Singleton => (None, String::new()),
            KindSource::Nested { .. } => continue,
        };
        let walk = Walk { asked: asked.to_owned(), list, members: Vec::new() };
        shared.entry(key).or_insert(walk).members.push(member(collector, kind, region));
    }
    shared.into_values().collect()
}

/// Lists that ask the same question of the same service have the same identity.
fn identity(list: &ListCall) -> String {
    // A program that cannot be written as JSON would only keep two lists apart.
    let call = serde_json::to_string(&(&list.call, &list.each, &list.prepare, &list.absent_on));
    call.unwrap_or_else(|_| format!("{list:?}"))
}

fn member<'c>(collector: &'c Collector, kind: &'c KindCollector, region: &Region) -> Member<'c> {
    let operation = match &kind.source {
        KindSource::List(list) | KindSource::Nested { list, .. } => operation_name(collector, list),
        KindSource::Singleton => SINGLETONS
            .iter()
            .find(|(scope, _)| *scope == kind.scope)
            .map_or_else(|| "".into(), |(_, operation)| OperationName::from(*operation)),
    };
    let children = collector.kinds.iter().filter(|child| match &child.source {
        KindSource::Nested { parent, .. } => *parent == kind.kind,
        KindSource::List(_) | KindSource::Singleton => false,
    });
    Member {
        collector,
        kind,
        subject: format!("{}: {}", collector.file, kind.kind),
        labels: kind.properties.iter().map(|(_, value)| label(value)).collect(),
        population: Population {
            kind: kind.kind.clone(),
            region: region.clone(),
            operation,
            seen: Cell::new(0),
            at: Cell::new(None),
            broken: RefCell::new(None),
        },
        children: children.map(|child| member(collector, child, region)).collect(),
    }
}

fn operation_name(collector: &Collector, list: &ListCall) -> OperationName {
    let service = list.call.service.as_deref().unwrap_or(&collector.service);
    Operation::find(service, &list.call.operation)
        .map_or_else(|| format!("{service}:{}", list.call.operation).into(), convert::name_of)
}

fn label(value: &partywall_content::Expression) -> Option<Box<str>> {
    let paths = value.0.paths();
    let path = paths.iter().find(|path| &*path.variable == "read")?;
    path.path.split(['.', '[']).next().map(Into::into)
}

impl Member<'_> {
    /// It and all under it.
    pub(super) fn each<'m>(&'m self, see: &mut dyn FnMut(&'m Self)) {
        see(self);
        self.children.iter().for_each(|child| child.each(see));
    }
}
