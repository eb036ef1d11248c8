//! How many calls a live run will make: said before a large one, and in full with `--estimate`.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use partywall_aws::Client;
use partywall_aws::collector::{
    CollectError, Control, Estimate, Selection, Targets, aggregated_counts, estimate,
};
use partywall_content::Content;
use partywall_model::{AccountId, Kind, Region, Why};
use partywall_store::history::{SqliteStore, Store};

use crate::exit::Failure;

/// A run of fewer calls is over before anybody has read about it.
const LARGE: u64 = 2_000;

/// An estimate, and what it is about.
pub(crate) struct Expected {
    estimate: Estimate,
    accounts: usize,
    regions: usize,
    /// Why the enabled regions could not be listed, so that one stands for all.
    unlisted: Option<Why>,
    /// The aggregator that was asked, or why it gave no answer.
    aggregator: Option<Result<String, String>>,
}

impl Expected {
    /// Asks for the enabled regions, and the aggregator if there is one; of the rest nobody is asked.
    pub(crate) async fn of(
        client: &Client,
        content: &Content,
        selection: &Selection,
        targets: &Targets,
        control: &Control,
        store: Option<&SqliteStore>,
        aggregator: Option<&str>,
    ) -> Result<Self, CollectError> {
        let mut unlisted = None;
        let regions = match selection.regions.is_empty() {
            false => selection.regions.clone(),
            true => targets.regions(client, &control.stop).await.unwrap_or_else(|why| {
                unlisted = Some(why);
                vec![Region::from(client.region())]
            }),
        };
        let mut counts = BTreeMap::new();
        let aggregator = match aggregator {
            None => None,
            Some(name) => Some(match aggregated_counts(client, name, &control.stop).await {
                Ok(counted) => {
                    counts = counted;
                    Ok(name.to_owned())
                }
                Err(error) => Err(error.to_string()),
            }),
        };
        let counts = RefCell::new(counts);
        let last: HashMap<AccountId, HashMap<(Region, Kind), u64>> = targets
            .accounts()
            .into_iter()
            .map(|account| {
                let known = store.and_then(|store| store.last_known_in(&account).ok()).unwrap_or_default();
                (account, known)
            })
            .collect();
        let population = |account: &AccountId, region: &Region, kind: &Kind| {
            // The aggregator knows how many there are in all; only the sum matters, so it stands at the first
            // place that is asked about.
            let aggregated = counts.borrow_mut().get_mut(kind).map(std::mem::take);
            let last_known = || last.get(account)?.get(&(region.clone(), kind.clone())).copied();
            aggregated.or_else(last_known)
        };
        let accounts = targets.accounts();
        let known = &control.known;
        let estimate =
            estimate(client, &content.collectors, selection, &accounts, &regions, known, &population)?;
        Ok(Self { estimate, accounts: accounts.len(), regions: regions.len(), unlisted, aggregator })
    }

    /// One sentence, where the run is a large one.
    pub(crate) fn announcement(&self) -> Option<String> {
        let (lists, reads) = self.estimate.totals();
        (lists.saturating_add(reads) >= LARGE).then(|| self.sentence())
    }

    fn sentence(&self) -> String {
        let (lists, reads) = self.estimate.totals();
        let all = lists.saturating_add(reads);
        let unlisted = self.unlisted.as_ref();
        let unlisted = unlisted.map(|why| format!(" (nobody could say which others are enabled: {why})"));
        format!(
            "about {} calls to AWS are expected: {} to list what there is, {} to read it, in {} and {}{}",
            grouped(all),
            grouped(lists),
            grouped(reads),
            counted(self.accounts, "account"),
            counted(self.regions, "region"),
            unlisted.unwrap_or_default(),
        )
    }

    /// The calls of each service.
    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut services: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for row in &self.estimate.rows {
            let sums = services.entry(&row.service).or_default();
            *sums = (sums.0.saturating_add(row.lists), sums.1.saturating_add(row.reads));
        }
        writeln!(out, "{:<20} {:>12} {:>12} {:>12}", "service", "lists", "reads", "calls")?;
        let (lists, reads) = self.estimate.totals();
        let rows = services.into_iter().chain([("all", (lists, reads))]);
        for (service, (lists, reads)) in rows {
            let all = lists.saturating_add(reads);
            writeln!(
                out,
                "{service:<20} {:>12} {:>12} {:>12}",
                grouped(lists),
                grouped(reads),
                grouped(all)
            )?;
        }
        writeln!(out, "\n{}", self.sentence())?;
        let Estimate { counted, assumed, .. } = &self.estimate;
        writeln!(
            out,
            "how many assets there are is known for {} of {} lists; for the others a typical number stands in",
            grouped(*counted),
            grouped(counted.saturating_add(*assumed)),
        )?;
        match &self.aggregator {
            None => Ok(()),
            Some(Ok(name)) => {
                writeln!(out, "counts come from the AWS Config aggregator `{name}` where it has any")
            }
            Some(Err(error)) => writeln!(out, "the AWS Config aggregator gave no counts: {error}"),
        }
    }
}

/// `--estimate`.
pub(crate) fn print(expected: &Expected) -> Result<(), Failure> {
    crate::screen::write(None, |out| expected.write(out))
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// A number with a comma after each thousand.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_can_be_read() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
