//! What steers a collection from outside: that it is to stop, and what need not be asked again.

use std::collections::{BTreeMap, HashSet};
use std::future::Future;
use std::sync::Arc;

use partywall_model::{AccountId, Kind, Listing, ListingOutcome, OperationName, Region};
use tokio::sync::watch;

use super::plan::{Member, Walk};
use crate::fault::{CallError, Kind as FaultKind, code};

const UNANSWERED: &str = "the collection was interrupted before it was answered";

/// Stops a collection from outside. Clones stop the same one.
///
/// A collection that is stopped makes no new call and waits for none. It ends as others do: what was read
/// has gone to the sink, and each list that was not read to its end says so.
#[derive(Clone, Debug)]
pub struct Stop(Arc<watch::Sender<bool>>);

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Stop {
    /// Stops it.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }

    /// Whether it has been stopped.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is stopped.
    pub async fn stopped(&self) {
        // The sender lives in `self`, so the wait ends with the stop alone.
        let mut told = self.0.subscribe();
        let _stopped = told.wait_for(|stopped| *stopped).await;
    }

    /// The answer, or an error with the code [`code::INTERRUPTED`].
    pub(super) async fn or_stopped<T>(
        &self,
        operation: &str,
        region: &str,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        tokio::select! {
            biased;
            () = self.stopped() => Err(CallError::own(
                operation,
                region,
                code::INTERRUPTED,
                UNANSWERED,
                FaultKind::Failed,
            )),
            answer = call => answer,
        }
    }
}

/// What an earlier collection that was cut short read to its end.
#[derive(Clone, Debug, Default)]
pub struct Known {
    complete: BTreeMap<AccountId, HashSet<(Region, Kind)>>,
}

impl Known {
    /// Takes note of a list of the earlier collection.
    pub fn add(&mut self, listing: &Listing) {
        if listing.outcome == ListingOutcome::Complete {
            let account = self.complete.entry(listing.account.clone()).or_default();
            account.insert((listing.region.clone(), listing.kind.clone()));
        }
    }

    pub(super) fn is_complete(&self, account: &AccountId, region: &Region, kind: &Kind) -> bool {
        let key = (region.clone(), kind.clone());
        self.complete.get(account).is_some_and(|known| known.contains(&key))
    }

    /// Leaves out of a plan what need not be asked again: each kind whose list, and those of all kinds under
    /// it, were read to the end. Of a kind whose assets say themselves in which region they are it cannot be
    /// told which list showed them, so such a kind is left out where it is complete in all regions.
    pub(super) fn leave_out(&self, account: &AccountId, walks: &mut Vec<Walk<'_>>) {
        let is_known = |member: &Member<'_>| {
            let mut known = true;
            member.each(&mut |member| {
                let population = &member.population;
                known &= self.is_complete(account, &population.region, &population.kind);
            });
            known
        };
        let mut open: HashSet<Kind> = HashSet::new();
        for member in walks.iter().flat_map(|walk| &walk.members).filter(|member| !is_known(member)) {
            if wanders(member) {
                open.insert(member.kind.kind.clone());
            }
        }
        for walk in &mut *walks {
            walk.members.retain(|member| !is_known(member) || open.contains(&member.kind.kind));
        }
        walks.retain(|walk| !walk.members.is_empty());
    }
}

/// Whether it, or a kind under it, is asked region by region and yet says itself where its assets are.
fn wanders(member: &Member<'_>) -> bool {
    let mut wanders = false;
    member.each(&mut |member| {
        wanders |= member.kind.wanders();
    });
    wanders
}

/// Why something was not read after a stop.
pub(super) fn interrupted(operation: &OperationName) -> partywall_model::Why {
    partywall_model::Why::new(partywall_model::WhyKind::NotRead, operation.as_str())
        .with_code(code::INTERRUPTED)
        .with_message(UNANSWERED)
}
