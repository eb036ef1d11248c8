//! Ages and ends of support.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use partywall_model::{Node, Why, WhyKind};

use super::Answer;
use crate::context::Context;

const SECONDS_PER_DAY: i64 = 86_400;

/// Whole days from a time to now; absent stays absent.
pub(super) fn age_days(now: Timestamp, node: &Node) -> Answer<Node> {
    let text = match node {
        Node::Absent => return Ok(Node::Absent),
        Node::Text(text) => text,
        other => return Err(no_time(other)),
    };
    let at = text.parse::<Timestamp>().ok().or_else(|| {
        let date: Date = text.parse().ok()?;
        Offset::UTC.to_timestamp(date.to_datetime(Time::midnight())).ok()
    });
    match at {
        Some(at) => Ok(Node::Int((now.as_second() - at.as_second()).div_euclid(SECONDS_PER_DAY))),
        None => Err(no_time(node)),
    }
}

fn no_time(node: &Node) -> Arc<Why> {
    let what = node.as_str().unwrap_or("a value");
    Arc::new(Why::new(WhyKind::Malformed, format!("time `{what}`")).with_message("this is no RFC 3339 time"))
}

/// Whether a version is past its end of support.
pub(super) fn ended(context: &Context<'_>, product: &str, version: &Node) -> Answer<bool> {
    let today = Offset::UTC.to_datetime(context.now).date();
    Ok(end(context, product, version)?.is_some_and(|end| end <= today))
}

/// Whether a version is listed.
pub(super) fn known(context: &Context<'_>, product: &str, version: &Node) -> Answer<bool> {
    Ok(end(context, product, version)?.is_some())
}

fn end(context: &Context<'_>, product: &str, version: &Node) -> Answer<Option<Date>> {
    match version {
        Node::Unknown(why) => Err(Arc::clone(why)),
        Node::Text(version) => Ok(context.lifecycle.end(product, version)),
        _ => Ok(None),
    }
}
