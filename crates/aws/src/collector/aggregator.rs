//! What AWS Config's aggregator can say before anything is listed: how many resources there are of each kind.
//!
//! It is asked for estimates only. Config records with a delay, only the kinds that it knows, and only where
//! somebody switched it on, and a kind that it leaves out looks like one of which there is none. So what it
//! says never takes the place of a list.

use std::collections::BTreeMap;

use partywall_model::Kind;
use serde_json::{Value, json};

use super::Stop;
use crate::client::Client;
use crate::fault::CallError;

const COUNTS: &str = "config:GetAggregateDiscoveredResourceCounts";

/// How many resources of each kind an aggregator of the client's own account and region has seen, in all
/// accounts and regions that it gathers from. Of kinds that are not named nothing is known.
///
/// # Errors
/// An aggregator that does not exist, or may not be asked.
pub async fn aggregated_counts(
    client: &Client,
    aggregator: &str,
    stop: &Stop,
) -> Result<BTreeMap<Kind, u64>, CallError> {
    let region = client.region().to_owned();
    let Some(operation) = client.operation("config", "GetAggregateDiscoveredResourceCounts") else {
        return Err(CallError::not_in_table(COUNTS, &region));
    };
    let asked = json!({ "ConfigurationAggregatorName": aggregator, "GroupByKey": "RESOURCE_TYPE" });
    let mut pages = client.pages(operation, &region, asked);
    let mut counts = BTreeMap::new();
    while let Some(page) = stop.or_stopped(COUNTS, &region, pages.next()).await? {
        let groups = page.body.get("GroupedResourceCounts").and_then(Value::as_array);
        for group in groups.map(Vec::as_slice).unwrap_or_default() {
            let name = group.get("GroupName").and_then(Value::as_str);
            let count = group.get("ResourceCount").and_then(Value::as_u64);
            if let (Some(name), Some(count)) = (name, count) {
                counts.insert(Kind::from(name), count);
            }
        }
    }
    Ok(counts)
}
