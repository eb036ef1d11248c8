//! How many calls a collection will make, before it makes them.
//!
//! The lists follow from the content alone: one call for each list and region, and more where the last known
//! population fills more than a page. The further reads are as many as there are assets, which nobody knows
//! before; the last run knows how many there were, and where there was none a typical number stands in.

use std::collections::{BTreeMap, BTreeSet};

use partywall_content::{Collector, KindSource, ListCall, Prepare, Scope, Template};
use partywall_model::{AccountId, Kind, Node, OperationName, Region};

use super::control::Known;
use super::evaluate::{Facts, Place, Problems, Variables};
use super::plan::{self, Member, Walk};
use super::read::{self, Asked};
use super::{CollectError, Selection};
use crate::client::Client;

/// Items of a page, where nothing else is known: most services give a hundred.
const PAGE: u64 = 100;
/// What a kind of an account or a region is taken to have where no run has counted it.
const TYPICAL_IN_ACCOUNT: u64 = 20;
const TYPICAL_IN_REGION: u64 = 3;
/// And an asset under it.
const TYPICAL_CHILDREN: u64 = 2;

/// The calls that are expected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// By operation, in order.
    pub rows: Vec<Row>,
    /// Populations whose size an earlier run, or somebody else, knows.
    pub counted: u64,
    /// Populations for which a typical size stands in.
    pub assumed: u64,
}

/// The calls of one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The service, as the client's table names it.
    pub service: Box<str>,
    /// The operation as permissions spell it.
    pub operation: OperationName,
    /// Pages of lists.
    pub lists: u64,
    /// Further reads.
    pub reads: u64,
}

impl Estimate {
    /// All lists, and all further reads.
    pub fn totals(&self) -> (u64, u64) {
        let sum = |of: fn(&Row) -> u64| self.rows.iter().map(of).fold(0, u64::saturating_add);
        (sum(|row| row.lists), sum(|row| row.reads))
    }
}

/// How many there are of a kind in an account and region, as far as somebody knows.
pub type Population<'p> = dyn Fn(&AccountId, &Region, &Kind) -> Option<u64> + 'p;

/// The calls that collecting `selection` from `accounts` takes, with `regions` for those that are enabled.
/// What is known from before is not counted.
///
/// # Errors
/// An unknown service in the selection.
pub fn estimate(
    client: &Client,
    content: &[Collector],
    selection: &Selection,
    accounts: &[AccountId],
    regions: &[Region],
    known: &Known,
    population: &Population<'_>,
) -> Result<Estimate, CollectError> {
    let chosen = plan::chosen(content, &selection.services)?;
    let partition = client.partition();
    let main_region = partition.implicit_global_region.as_str();
    let problems = Problems::default();
    let mut sums = Sums::default();
    for account in accounts {
        let mut walks = plan::walks(&chosen, regions, main_region);
        known.leave_out(account, &mut walks);
        sums.add("sts", "sts:GetCallerIdentity".into(), Calls::Reads, 1);
        sums.add("ec2", "ec2:DescribeRegions".into(), Calls::Reads, 1);
        let mut counting = Counting {
            account,
            facts: Facts::new(account.as_str(), &partition.id, main_region),
            problems: &problems,
            population,
            shared: BTreeSet::new(),
            sums: &mut sums,
        };
        walks.iter().for_each(|walk| counting.walk(walk));
    }
    Ok(sums.finish())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Calls {
    Lists,
    Reads,
}

#[derive(Default)]
struct Sums {
    rows: BTreeMap<OperationName, Row>,
    counted: u64,
    assumed: u64,
}

impl Sums {
    fn add(&mut self, service: &str, operation: OperationName, calls: Calls, count: u64) {
        let row = self.rows.entry(operation.clone()).or_insert_with(|| Row {
            service: service.into(),
            operation,
            lists: 0,
            reads: 0,
        });
        let sum = match calls {
            Calls::Lists => &mut row.lists,
            Calls::Reads => &mut row.reads,
        };
        *sum = sum.saturating_add(count);
    }

    fn finish(self) -> Estimate {
        let Self { rows, counted, assumed } = self;
        Estimate { rows: rows.into_values().collect(), counted, assumed }
    }
}

/// The items of a page: as many as content asks for.
fn page_size(list: &ListCall, asked: &Asked) -> u64 {
    let Template::Map(parameters) = &list.call.with else { return PAGE };
    let limit = asked.operation.page_size_parameter();
    let set = parameters.iter().find(|(name, _)| Some(&**name) == limit);
    match set {
        Some((_, Template::Literal(number))) => number.parse().ok().filter(|size| *size > 0).unwrap_or(PAGE),
        _ => PAGE,
    }
}

/// Counts the calls of one account.
struct Counting<'c> {
    account: &'c AccountId,
    facts: Facts,
    problems: &'c Problems,
    population: &'c Population<'c>,
    /// Reads whose answer all items share, and which are asked once.
    shared: BTreeSet<String>,
    sums: &'c mut Sums,
}

impl Counting<'_> {
    fn walk(&mut self, walk: &Walk<'_>) {
        let items: Vec<u64> = walk.members.iter().map(|member| self.items(member, None)).collect();
        if let (Some(list), Some(first)) = (walk.list, walk.members.first()) {
            // One list may show several kinds; its pages are read once.
            self.list(list, first, &walk.asked, 1, items.iter().copied().fold(0, u64::saturating_add));
        }
        for (member, items) in walk.members.iter().zip(items) {
            self.reads(member, &walk.asked, items);
        }
    }

    /// How many assets a kind is expected to have; `parents` where it is asked for under others.
    fn items(&mut self, member: &Member<'_>, parents: Option<u64>) -> u64 {
        let population = &member.population;
        if matches!(member.kind.source, KindSource::Singleton) {
            return 1;
        }
        match (self.population)(self.account, &population.region, &population.kind) {
            Some(known) => {
                self.sums.counted += 1;
                known
            }
            None => {
                self.sums.assumed += 1;
                match (parents, member.kind.scope) {
                    (Some(parents), _) => parents.saturating_mul(TYPICAL_CHILDREN),
                    (None, Scope::Account) => TYPICAL_IN_ACCOUNT,
                    (None, Scope::Region) => TYPICAL_IN_REGION,
                }
            }
        }
    }

    /// The pages of a list that is asked `times` times and shows so many `items` in all.
    fn list(&mut self, list: &ListCall, member: &Member<'_>, asked: &str, times: u64, items: u64) {
        let Ok(operation) = Asked::find(member.collector, &list.call) else { return };
        let region = Node::text(asked);
        let variables = Variables::new(&self.facts, &region);
        let place = Place { subject: &member.subject, operation: &operation.name, problems: self.problems };
        let lists = match list.each.as_ref().map(|each| place.value(each, &variables.scope())) {
            Some(Node::List(elements)) => elements.len() as u64,
            // What hangs on an asset is only known when there is one.
            _ => 1,
        };
        let pages = times.saturating_mul(lists).max(items.div_ceil(page_size(list, &operation)));
        self.sums.add(operation.operation.service(), operation.name.clone(), Calls::Lists, pages);
        self.prepare(list.prepare.as_ref(), member, times);
    }

    fn reads(&mut self, member: &Member<'_>, asked: &str, items: u64) {
        for read in &member.kind.read {
            let Ok(operation) = Asked::find(member.collector, &read.call) else { continue };
            let times = match read::depends_on_item(read) {
                true => items,
                false => u64::from(items > 0 && self.shared.insert(read::identity(read, &operation, asked))),
            };
            self.sums.add(operation.operation.service(), operation.name.clone(), Calls::Reads, times);
            self.prepare(read.prepare.as_ref(), member, times);
        }
        for child in &member.children {
            let below = self.items(child, Some(items));
            if let KindSource::Nested { list, .. } = &child.kind.source {
                self.list(list, child, asked, items, below);
            }
            self.reads(child, asked, below);
        }
    }

    fn prepare(&mut self, prepare: Option<&Prepare>, member: &Member<'_>, times: u64) {
        let Some(prepare) = prepare else { return };
        if let Ok(operation) = Asked::find(member.collector, &prepare.call) {
            self.sums.add(operation.operation.service(), operation.name.clone(), Calls::Reads, times);
        }
    }
}
