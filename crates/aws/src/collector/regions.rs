//! Which regions there are to look at.

use partywall_model::{OperationName, Region, Why};
use serde_json::{Value, json};

use super::convert;
use super::tally::{Ending, Tallies};
use crate::client::Client;

/// What lists them.
pub(super) const OPERATION: &str = "ec2:DescribeRegions";

/// The regions that are enabled for the account. Where the list is refused, the client's own region and the
/// reason: other regions may hold something that nobody saw.
pub(super) async fn enabled(client: &Client, tallies: &Tallies) -> (Vec<Region>, Option<Why>) {
    let name = OperationName::from(OPERATION);
    let fallback = |why: Why| {
        tallies.count(&name, client.region(), &Ending::Failed(&why));
        (vec![Region::from(client.region())], Some(why))
    };
    let Some(operation) = client.operation("ec2", "DescribeRegions") else {
        return fallback(Why::new(partywall_model::WhyKind::Unsupported, name.as_str()));
    };
    let reply = match client.call(operation, client.region(), json!({ "AllRegions": false })).await {
        Ok(reply) => reply,
        Err(error) => return fallback(convert::why(&name, &error)),
    };
    let listed = reply.body.get("Regions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut regions: Vec<Region> = listed
        .iter()
        .filter(|region| region.get("OptInStatus").and_then(Value::as_str) != Some("not-opted-in"))
        .filter_map(|region| region.get("RegionName").and_then(Value::as_str))
        .map(Region::from)
        .collect();
    if regions.is_empty() {
        let message = "the answer names no region";
        return fallback(Why::new(partywall_model::WhyKind::Malformed, name.as_str()).with_message(message));
    }
    regions.sort();
    regions.dedup();
    tallies.count(&name, client.region(), &Ending::Answered);
    (regions, None)
}
