//! The collector: reads an account by the tables under `content/collect/aws` and yields evidence.
//!
//! Each kind of asset belongs to a *population* per region: all that its list shows there. A population is
//! walked page by page and every asset goes to the sink as soon as its further reads are done, so memory does
//! not grow with the account. At its end there is exactly one [`Listing`] that says whether the walk came to
//! the end of the list, and if not, why: "there is none" and "nobody could look" must not look alike.
//!
//! Several accounts are read side by side ([`survey`]), each with a client of its own. A collection can be
//! stopped ([`Stop`]): then the lists that were not read to their end say so, and another collection can go on
//! with what was [`Known`].
//!
//! **Invariants.** A read that failed is an unknown at its target, with the operation and the code; only the
//! codes that content names as `absent_on` mean that there is nothing. An expression that fails is a
//! [`Problem`] *and* an unknown. What content declares as secret is replaced before the asset leaves this
//! module, and so is everything that looks like a credential.

mod accounts;
mod aggregator;
mod assemble;
mod control;
pub(crate) mod convert;
mod detector;
mod estimate;
mod evaluate;
mod plan;
mod policy;
mod read;
pub(crate) mod redact;
mod regions;
mod run;
mod tally;
mod walk;

use partywall_content::Collector;
use partywall_model::{EvidenceRecord, Kind, Listing, OperationTally, Problem, Region, Why};
use thiserror::Error;

pub use accounts::{Accounts, LeftOut, Survey, Targets, survey};
pub use aggregator::aggregated_counts;
pub use control::{Known, Stop};
pub use estimate::{Estimate, Population, Row, estimate};
pub use policy::{policy, policy_of_organization};
pub use run::{GLOBAL, OTHER_REGIONS};

use crate::client::{Client, Identity};
use crate::fault::CallError;

/// What to collect. The default is everything: all services of the content, in all enabled regions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The regions to ask; empty for all that are enabled.
    pub regions: Vec<Region>,
    /// The services to ask, by the names of their files (`s3`, `account`); empty for all.
    pub services: Vec<String>,
}

/// How a collection went; the evidence itself went to the sink.
#[derive(Clone, Debug)]
pub struct Collected {
    /// Who asked, and so which account was looked at.
    pub identity: Identity,
    /// The regions that were asked.
    pub regions: Vec<Region>,
    /// The regions that are enabled too, but were not among those named.
    pub regions_left_out: Vec<Region>,
    /// Why the enabled regions could not be listed; those asked are then not all there are.
    pub regions_unlisted: Option<Why>,
    /// How often each operation was asked, and what came back.
    pub tallies: Vec<OperationTally>,
    /// What went wrong inside: mistakes in content, answers of a shape that it does not expect.
    pub problems: Vec<Problem>,
}

/// Why nothing could be collected, or no more.
#[derive(Debug, Error)]
pub enum CollectError {
    /// Which account the credentials belong to could not be found out.
    #[error("cannot find out which account the credentials belong to: {0}")]
    Identity(Box<CallError>),
    /// Which accounts the organisation has could not be found out.
    #[error("cannot list the accounts of the organisation: {0}")]
    Organization(Box<CallError>),
    /// A role's name from which it does not follow whose it is.
    #[error("`{0}` is no role: expected is something like arn:aws:iam::111122223333:role/PartywallAudit")]
    Role(String),
    /// It was stopped before it was known whose account it is.
    #[error("interrupted before anything was read")]
    Interrupted,
    /// The evidence could not be kept.
    #[error("cannot keep the evidence: {0}")]
    Sink(#[from] std::io::Error),
    /// A service was asked for that no collector is written for.
    #[error("no collector reads the service `{asked}`; there are {known}")]
    Service {
        /// The name that was given.
        asked: String,
        /// Those that there are.
        known: String,
    },
}

/// Takes the records as they come. An error ends the collection.
pub type Sink<'s> = dyn FnMut(EvidenceRecord) -> std::io::Result<()> + 's;

/// Is told how the collection gets on.
pub trait Progress {
    /// Something has happened.
    fn step(&self, step: Step<'_>);
}

/// A step of a collection.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// So many populations will be asked for.
    Planned {
        /// Kinds times regions.
        populations: usize,
    },
    /// An asset has gone to the sink.
    Asset {
        /// Its kind.
        kind: &'a Kind,
    },
    /// A population is finished.
    Listed(&'a Listing),
}

/// Nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Progress for Quiet {
    fn step(&self, _: Step<'_>) {}
}

/// What a collection goes by beside its selection.
#[derive(Clone, Debug, Default)]
pub struct Control {
    /// Stops it.
    pub stop: Stop,
    /// What need not be asked again.
    pub known: Known,
}

/// Reads what `selection` names of the caller's own account into `sink`.
///
/// Nothing is asked of AWS beyond the operations that `content` names, `sts:GetCallerIdentity` and
/// `ec2:DescribeRegions`. The future is for one thread: it is not `Send`.
///
/// # Errors
/// Credentials that belong to no account, an unknown service in the selection, a sink that takes no more.
/// Whatever AWS refuses is no error but part of the evidence.
pub async fn collect(
    client: &Client,
    content: &[Collector],
    selection: &Selection,
    sink: &mut Sink<'_>,
    progress: &dyn Progress,
) -> Result<Collected, CollectError> {
    let control = Control::default();
    plan::chosen(content, &selection.services)?;
    let targets = Targets::find(client, &Accounts::Own, &control.stop).await?;
    let survey = survey(client, content, selection, targets, &control, sink, progress).await?;
    survey.accounts.into_iter().next().ok_or(CollectError::Interrupted)
}
