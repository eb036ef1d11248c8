//! Which regions there are to look at.

use partywall_model::{OperationName, Region, Why, WhyKind};
use serde_json::{Value, json};

use super::control::Stop;
use super::convert;
use super::tally::{Ending, Tallies};
use crate::client::Client;

/// What lists them.
pub(super) const OPERATION: &str = "ec2:DescribeRegions";

/// The regions that are enabled for the account, or why nobody could say which.
pub(super) async fn enabled(client: &Client, tallies: &Tallies, stop: &Stop) -> Result<Vec<Region>, Why> {
    let name = OperationName::from(OPERATION);
    let failed = |why: Why| {
        tallies.count(&name, client.region(), &Ending::Failed(&why));
        Err(why)
    };
    let Some(operation) = client.operation("ec2", "DescribeRegions") else {
        return failed(Why::new(WhyKind::Unsupported, name.as_str()));
    };
    let call = client.call(operation, client.region(), json!({ "AllRegions": false }));
    let reply = match stop.or_stopped(OPERATION, client.region(), call).await {
        Ok(reply) => reply,
        Err(error) => return failed(convert::why(&name, &error)),
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
        return failed(Why::new(WhyKind::Malformed, name.as_str()).with_message(message));
    }
    regions.sort();
    regions.dedup();
    tallies.count(&name, client.region(), &Ending::Answered);
    Ok(regions)
}
