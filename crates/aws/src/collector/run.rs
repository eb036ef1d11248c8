//! A collection under way: what all walks share, and where their records go.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::io;

use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use partywall_content::{Collector, Scope};
use partywall_model::{
    AccountId, Asset, EvidenceRecord, Kind, Listing, ListingOutcome, Node, OperationName, Provider, Region,
    Why, WhyKind,
};

use super::control::{self, Known, Stop};
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
/// Where what belongs to no region is listed.
pub const GLOBAL: &str = "global";
/// Stands for all regions that were not looked at, where nobody could say which there are.
pub const OTHER_REGIONS: &str = "other-regions";

pub(super) struct Run<'r> {
    pub(super) client: &'r Client,
    pub(super) account: AccountId,
    pub(super) facts: Facts,
    pub(super) problems: Problems,
    pub(super) tallies: Tallies,
    pub(super) shared: SharedAnswers,
    pub(super) stop: &'r Stop,
    sink: RefCell<&'r mut Sink<'r>>,
    sink_error: RefCell<Option<io::Error>>,
    sink_is_full: Cell<bool>,
    progress: &'r dyn Progress,
}

/// What is asked of an account.
#[derive(Clone, Copy)]
pub(super) struct Questions<'q> {
    pub(super) collectors: &'q [&'q Collector],
    /// The regions that were named; none for all.
    pub(super) regions: &'q [Region],
    pub(super) known: &'q Known,
    pub(super) stop: &'q Stop,
}

pub(super) async fn run<'r>(
    client: &'r Client,
    identity: Identity,
    questions: Questions<'r>,
    sink: &'r mut Sink<'_>,
    progress: &'r dyn Progress,
) -> Result<Collected, CollectError> {
    // The sink's own lifetime is shortened to this call's.
    let mut pass_on = |record: EvidenceRecord| sink(record);
    let Questions { collectors, known, stop, .. } = questions;
    let main_region = client.partition().implicit_global_region.clone();
    let run = Run {
        client,
        account: AccountId::from(identity.account.as_str()),
        facts: Facts::new(&identity.account, &identity.partition, &main_region),
        problems: Problems::default(),
        tallies: Tallies::default(),
        shared: SharedAnswers::default(),
        stop,
        sink: RefCell::new(&mut pass_on),
        sink_error: RefCell::new(None),
        sink_is_full: Cell::new(false),
        progress,
    };
    let Chosen { regions, left_out, unlisted } = run.regions(questions).await;
    let mut walks = plan::walks(collectors, &regions, &main_region);
    known.leave_out(&run.account, &mut walks);
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
            regions_left_out: left_out,
            regions_unlisted: unlisted,
            tallies: tallies.finish(&account),
            problems: problems.finish(),
        }),
    }
}

/// The regions of a run.
struct Chosen {
    regions: Vec<Region>,
    /// Enabled, but not named by the user.
    left_out: Vec<Region>,
    unlisted: Option<Why>,
}

/// Why regions were not asked that others than the named ones are.
fn not_named() -> Why {
    let message = "only the regions that were named were read";
    Why::new(WhyKind::NotRead, regions::OPERATION).with_code(Why::LEFT_OUT).with_message(message)
}

/// Says of every kind of an account that nobody looked: of what lies in regions, in no region at all.
/// Without this, what an account holds would not be missed where nobody could enter it.
pub(super) fn unseen<'c>(
    collectors: &'c [&'c Collector],
    account: &'c AccountId,
    why: &'c Why,
    at: Timestamp,
) -> impl Iterator<Item = Listing> + use<'c> {
    let kinds = collectors.iter().flat_map(|collector| &collector.kinds);
    let mut all: BTreeSet<(Kind, &str)> = kinds
        .map(|kind| match kind.scope {
            Scope::Account => (kind.kind.clone(), GLOBAL),
            Scope::Region => (kind.kind.clone(), OTHER_REGIONS),
        })
        .collect();
    all.insert((Kind::from(REGION_KIND), OTHER_REGIONS));
    all.into_iter().map(move |(kind, region)| Listing {
        provider: Provider::Aws,
        account: account.clone(),
        region: Region::from(region),
        kind,
        operation: OperationName::from(&*why.operation),
        at,
        seen: 0,
        outcome: ListingOutcome::Incomplete(why.clone()),
    })
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
    pub(super) fn sink_is_full(&self) -> bool {
        self.sink_is_full.get()
    }

    /// Where the collection was stopped, what is being read cannot be said to be whole.
    pub(super) fn break_off_if_stopped(&self, member: &Member<'_>) {
        if self.stop.is_stopped() {
            let why = control::interrupted(&member.population.operation);
            member.each(&mut |member| member.population.break_off(&why));
        }
    }

    /// The regions to ask.
    async fn regions(&self, questions: Questions<'_>) -> Chosen {
        let asked = questions.regions.to_vec();
        match (regions::enabled(self.client, &self.tallies, self.stop).await, asked.is_empty()) {
            (Ok(regions), true) => Chosen { regions, left_out: Vec::new(), unlisted: None },
            // Whoever names regions leaves out the others knowingly: nothing is expected of them, but a question
            // about the whole account cannot be answered without them.
            (Ok(mut enabled), false) => {
                enabled.retain(|region| !asked.contains(region));
                if !enabled.is_empty() {
                    self.leave_out_other_regions(questions.collectors, &not_named());
                }
                Chosen { regions: asked, left_out: enabled, unlisted: None }
            }
            (Err(why), false) => {
                self.leave_out_other_regions(questions.collectors, &not_named());
                Chosen { regions: asked, left_out: Vec::new(), unlisted: Some(why) }
            }
            (Err(why), true) => {
                self.leave_out_other_regions(questions.collectors, &why);
                let own = vec![Region::from(self.client.region())];
                Chosen { regions: own, left_out: Vec::new(), unlisted: Some(why) }
            }
        }
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
        let unseen = unseen(collectors, &self.account, why, self.now());
        let regional = unseen.filter(|listing| listing.region == *OTHER_REGIONS);
        regional.for_each(|listing| self.hand_over(EvidenceRecord::Listing(listing)));
    }

    fn hand_over(&self, record: EvidenceRecord) {
        if self.sink_is_full() {
            return;
        }
        let mut sink = self.sink.borrow_mut();
        if let Err(error) = sink(record) {
            self.sink_is_full.set(true);
            self.sink_error.borrow_mut().get_or_insert(error);
        }
    }
}
