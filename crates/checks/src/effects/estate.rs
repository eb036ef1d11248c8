//! Joins: what else is there around an asset.

use std::sync::Arc;

use partywall_model::{Asset, Node, Scope, Why, WhyKind};

use super::policy::account_scope;
use crate::context::Context;

/// All of a kind in the asset's account.
pub(super) fn in_account(context: &Context<'_>, asset: &Asset, kind: &str) -> Node {
    population(context, kind, account_scope(asset))
}

/// All of a kind in the asset's account and region.
pub(super) fn in_region(context: &Context<'_>, asset: &Asset, kind: &str) -> Node {
    let scope = match (&asset.account, &asset.region) {
        (Some(account), Some(region)) => Scope::Region(account, region),
        _ => account_scope(asset),
    };
    population(context, kind, scope)
}

fn population(context: &Context<'_>, kind: &str, scope: Scope<'_>) -> Node {
    let mut items: Vec<Node> =
        context.estate.of_kind(kind, scope).map(|asset| asset.properties.clone()).collect();
    if let Err(why) = context.estate.completeness(kind, scope) {
        items.push(Node::Unknown(why));
    }
    Node::List(items)
}

/// Of a kind in the asset's account those whose property equals, or as a list contains, a value.
pub(super) fn find(context: &Context<'_>, asset: &Asset, kind: &str, property: &str, value: &Node) -> Node {
    match value {
        Node::Absent => return Node::List(Vec::new()),
        Node::Unknown(_) => return Node::List(vec![value.clone()]),
        _ => {}
    }
    let scope = account_scope(asset);
    let mut items = Vec::new();
    let mut unseen: Option<Arc<Why>> = None;
    for other in context.estate.of_kind(kind, scope) {
        match other.properties.at(property) {
            Node::Unknown(why) => {
                unseen.get_or_insert_with(|| Arc::clone(why));
            }
            Node::List(values) if values.contains(value) => items.push(other.properties.clone()),
            found if found == value => items.push(other.properties.clone()),
            found => {
                if let Err(why) = super::seen(found) {
                    unseen.get_or_insert(why);
                }
            }
        }
    }
    // One whose property was not seen, or that was not listed, could be the one that is looked for.
    if let Some(why) = unseen.or_else(|| context.estate.completeness(kind, scope).err()) {
        items.push(Node::Unknown(why));
    }
    Node::List(items)
}

/// The properties of the asset's account.
pub(super) fn account(context: &Context<'_>, asset: &Asset) -> Node {
    singleton(context, "AWS::::Account", account_scope(asset))
}

/// The properties of the asset's region in its account.
pub(super) fn region(context: &Context<'_>, asset: &Asset) -> Node {
    match (&asset.account, &asset.region) {
        (Some(account), Some(region)) => singleton(context, "AWS::::Region", Scope::Region(account, region)),
        _ => not_in_view("AWS::::Region"),
    }
}

fn singleton(context: &Context<'_>, kind: &str, scope: Scope<'_>) -> Node {
    match context.estate.of_kind(kind, scope).next() {
        Some(asset) => asset.properties.clone(),
        None => {
            context.estate.completeness(kind, scope).err().map_or_else(|| not_in_view(kind), Node::Unknown)
        }
    }
}

fn not_in_view(kind: &str) -> Node {
    Node::unknown(Why::new(WhyKind::NotRead, kind).with_message("it is not in view"))
}

/// The value of a tag; unknown where the tags could not be read.
pub(super) fn tag(asset: &Asset, name: &str) -> Node {
    if let unknown @ Node::Unknown(_) = asset.properties.key("Tags") {
        return unknown.clone();
    }
    let found = asset.tags.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map_or(Node::Absent, |(_, value)| Node::from(&**value))
}
