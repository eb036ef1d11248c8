//! A collection under way: what all walks share, and where their records go.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::io;

use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use partywall_content::{Collector, Scope};
use partywall_model::{
    AccountId, Asset, EvidenceRecord, Kind, Listing, ListingOutcome, Node, OperationName, Provider, Region,
    Why,
};

use super::evaluate::{Facts, Place, Problems};
use super::plan::{self, Member};
use super::read::SharedAnswers;
use super::tally::Tallies;
use super::{CollectError, Collected, Progress, Sink, Step, regions};
use crate::client::{Client, Identity};

/// So many lists are walked at once. The client bounds the requests; this bounds the pages in memory.
const WALKS_AT_ONCE: usize = 24;

/// The kind whose population is the enabled regions themselves.
const REGION_KIND: &str = "AWS::::Region";
/// Stands for all regions that were not looked at, where nobody could say which there are.
const OTHER_REGIONS: &str = "other-regions";

pub(super) struct Run<'r> {
    pub(super) client: &'r Client,
    pub(super) account: AccountId,
    pub(super) facts: Facts,
    pub(super) problems: Problems,
    pub(super) tallies: Tallies,
    pub(super) shared: SharedAnswers,
    sink: RefCell<&'r mut Sink<'r>>,
    sink_error: RefCell<Option<io::Error>>,
    stopped: Cell<bool>,
    progress: &'r dyn Progress,
}

pub(super) async fn run<'r>(
    client: &'r Client,
    identity: Identity,
    collectors: &[&Collector],
    asked: &[Region],
    sink: &'r mut Sink<'_>,
    progress: &'r dyn Progress,
) -> Result<Collected, CollectError> {
    // The sink's own lifetime is shortened to this call's.
    let mut pass_on = |record: EvidenceRecord| sink(record);
    let main_region = client.partition().implicit_global_region.clone();
    let run = Run {
        client,
        account: AccountId::from(identity.account.as_str()),
        facts: Facts {
            account: Node::text(identity.account.as_str()),
            partition: Node::text(identity.partition.as_str()),
            main_region: Node::text(main_region.as_str()),
        },
        problems: Problems::default(),
        tallies: Tallies::default(),
        shared: SharedAnswers::default(),
        sink: RefCell::new(&mut pass_on),
        sink_error: RefCell::new(None),
        stopped: Cell::new(false),
        progress,
    };
    let (regions, regions_unlisted) =
        if asked.is_empty() { regions::enabled(client, &run.tallies).await } else { (asked.to_vec(), None) };
    if let Some(why) = &regions_unlisted {
        run.leave_out_other_regions(collectors, why);
    }
    let walks = plan::walks(collectors, &regions, &main_region);
    let mut populations = 0;
    walks.iter().flat_map(|walk| &walk.members).for_each(|member| member.each(&mut |_| populations += 1));
    progress.step(Step::Planned { populations });
    stream::iter(&walks).for_each_concurrent(WALKS_AT_ONCE, |walk| run.walk(walk)).await;

    let Run { account, problems, tallies, sink_error, .. } = run;
    match sink_error.into_inner() {
        Some(error) => Err(CollectError::Sink(error)),
        None => Ok(Collected {
            identity,
            regions,
            regions_unlisted,
            tallies: tallies.finish(&account),
            problems: problems.finish(),
        }),
    }
}

impl Run<'_> {
    pub(super) fn place<'p>(&'p self, subject: &'p str, operation: &'p OperationName) -> Place<'p> {
        Place { subject, operation, problems: &self.problems }
    }

    /// What an expression over a page may name.
    pub(super) fn page_scope<'p>(&'p self, page: &'p Node) -> partywall_expr::Scope<'p> {
        partywall_expr::Scope::new()
            .with("account", &self.facts.account)
            .with("partition", &self.facts.partition)
            .with("main_region", &self.facts.main_region)
            .with("page", page)
    }

    /// The client's time.
    pub(super) fn now(&self) -> Timestamp {
        Timestamp::try_from(self.client.shared.now()).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Whether the sink takes no more, so that asking on would be for nothing.
    pub(super) fn stopped(&self) -> bool {
        self.stopped.get()
    }

    pub(super) fn emit(&self, member: &Member<'_>, asset: Asset) {
        let population = &member.population;
        population.seen.set(population.seen.get().saturating_add(1));
        self.hand_over(EvidenceRecord::Asset(Box::new(asset)));
        self.progress.step(Step::Asset { kind: &population.kind });
    }

    /// Says of a population whether that was all.
    pub(super) fn listed(&self, member: &Member<'_>) {
        let population = &member.population;
        let listing = Listing {
            provider: Provider::Aws,
            account: self.account.clone(),
            region: population.region.clone(),
            kind: population.kind.clone(),
            operation: population.operation.clone(),
            at: population.at.get().unwrap_or_else(|| self.now()),
            seen: population.seen.get(),
            outcome: population.broken().map_or(ListingOutcome::Complete, ListingOutcome::Incomplete),
        };
        self.progress.step(Step::Listed(&listing));
        self.hand_over(EvidenceRecord::Listing(listing));
    }

    /// Says of every kind that lies in regions that there may be more of it elsewhere. Without this, what is
    /// in the regions that nobody could list would not be missed.
    fn leave_out_other_regions(&self, collectors: &[&Collector], why: &Why) {
        let kinds = collectors.iter().flat_map(|collector| &collector.kinds);
        let regional = kinds.filter(|kind| kind.scope == Scope::Region).map(|kind| &kind.kind);
        let region_itself = Kind::from(REGION_KIND);
        let all: BTreeSet<&Kind> = regional.chain([&region_itself]).collect();
        for kind in all {
            self.hand_over(EvidenceRecord::Listing(Listing {
                provider: Provider::Aws,
                account: self.account.clone(),
                region: Region::from(OTHER_REGIONS),
                kind: kind.clone(),
                operation: OperationName::from(regions::OPERATION),
                at: self.now(),
                seen: 0,
                outcome: ListingOutcome::Incomplete(why.clone()),
            }));
        }
    }

    fn hand_over(&self, record: EvidenceRecord) {
        if self.stopped() {
            return;
        }
        let mut sink = self.sink.borrow_mut();
        if let Err(error) = sink(record) {
            self.stopped.set(true);
            self.sink_error.borrow_mut().get_or_insert(error);
        }
    }
}
