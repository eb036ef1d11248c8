//! Joins: what else is there around an asset.

use std::sync::Arc;

use partywall_content::same_name;
use partywall_expr::HostValue;
use partywall_model::{Asset, Node, Scope, Why, WhyKind};

use super::Answer;
use super::policy::account_scope;
use crate::context::Context;

/// All of a kind in the asset's account.
pub(super) fn in_account<'a>(context: &Context<'a>, asset: &Asset, kind: &str) -> HostValue<'a> {
    population(context, kind, account_scope(asset))
}

/// All of a kind in the asset's account and region.
pub(super) fn in_region<'a>(context: &Context<'a>, asset: &Asset, kind: &str) -> HostValue<'a> {
    let scope = match (&asset.account, &asset.region) {
        (Some(account), Some(region)) => Scope::Region(account, region),
        _ => account_scope(asset),
    };
    population(context, kind, scope)
}

fn population<'a>(context: &Context<'a>, kind: &str, scope: Scope<'_>) -> HostValue<'a> {
    let items = context.estate.of_kind(kind, scope).map(|asset| &asset.properties).collect();
    HostValue::Parts(items, context.estate.completeness(kind, scope).err())
}

/// Of a kind in the asset's account those whose property equals, or as a list contains, a value.
pub(super) fn find<'a>(
    context: &Context<'a>,
    asset: &Asset,
    kind: &str,
    property: &str,
    value: &Node,
) -> HostValue<'a> {
    match value {
        Node::Absent => return HostValue::Parts(Vec::new(), None),
        Node::Unknown(why) => return HostValue::Parts(Vec::new(), Some(Arc::clone(why))),
        _ => {}
    }
    let scope = account_scope(asset);
    let (found, unseen) = match value {
        Node::Text(text) => context.joins.find(context.estate, scope, kind, property, text),
        value => look_at_all(context, scope, kind, property, value),
    };
    // One whose property was not seen, or that was not listed, could be the one that is looked for.
    let unseen = unseen.or_else(|| context.estate.completeness(kind, scope).err());
    HostValue::Parts(found.into_iter().map(|other| &other.properties).collect(), unseen)
}

/// The long way for what is no text; such joins are rare.
fn look_at_all<'a>(
    context: &Context<'a>,
    scope: Scope<'_>,
    kind: &str,
    property: &str,
    value: &Node,
) -> (Vec<&'a Asset>, Option<Arc<Why>>) {
    let mut found = Vec::new();
    let mut unseen = None;
    for other in context.estate.of_kind(kind, Scope::Everywhere).filter(|other| scope.holds(other)) {
        match other.properties.at(property) {
            Node::List(values) if values.contains(value) => found.push(other),
            node if node == value => found.push(other),
            node => unseen = unseen.or_else(|| super::seen(node).err()),
        }
    }
    (found, unseen)
}

/// The properties of the asset's account.
pub(super) fn account<'a>(context: &Context<'a>, asset: &Asset) -> HostValue<'a> {
    account_properties(context, asset).map_or_else(|why| Node::Unknown(why).into(), HostValue::Part)
}

/// The properties of the asset's account, or why they are not in view. An asset of no known account has none.
pub(super) fn account_properties<'a>(context: &Context<'a>, asset: &Asset) -> Answer<&'a Node> {
    const KIND: &str = "AWS::::Account";
    let Some(account) = &asset.account else { return Err(not_in_view(KIND)) };
    let found =
        context.estate.of_kind(KIND, Scope::Everywhere).find(|one| one.account.as_ref() == Some(account));
    match found {
        Some(found) => Ok(&found.properties),
        None => Err(context
            .estate
            .completeness(KIND, Scope::Account(account))
            .err()
            .unwrap_or_else(|| not_in_view(KIND))),
    }
}

/// The properties of the asset's region in its account.
pub(super) fn region<'a>(context: &Context<'a>, asset: &Asset) -> HostValue<'a> {
    region_properties(context, asset).map_or_else(|why| Node::Unknown(why).into(), HostValue::Part)
}

/// The same, or why they are not in view.
pub(super) fn region_properties<'a>(context: &Context<'a>, asset: &Asset) -> Answer<&'a Node> {
    const KIND: &str = "AWS::::Region";
    let (Some(account), Some(region)) = (&asset.account, &asset.region) else {
        return Err(not_in_view(KIND));
    };
    let scope = Scope::Region(account, region);
    match context.estate.of_kind(KIND, scope).next() {
        Some(found) => Ok(&found.properties),
        None => Err(context.estate.completeness(KIND, scope).err().unwrap_or_else(|| not_in_view(KIND))),
    }
}

fn not_in_view(kind: &str) -> Arc<Why> {
    Arc::new(Why::new(WhyKind::NotRead, kind).with_message("it is not in view"))
}

/// How sensitive the settings say that an asset is; unknown where a rule asks for tags that could not be read.
pub(super) fn sensitivity(context: &Context<'_>, asset: &Asset) -> Answer<Node> {
    let asks_for_tags = context.settings.sensitivity.iter().any(|rule| !rule.tag.is_empty());
    match asset.properties.key("Tags") {
        Node::Unknown(why) if asks_for_tags => Err(Arc::clone(why)),
        _ => Ok(Node::from(context.settings.sensitivity(asset).0.word())),
    }
}

/// The value of a tag; unknown where the tags could not be read. `DataClassification`, `data-classification`
/// and `data_classification` are one name.
pub(super) fn tag(asset: &Asset, name: &str) -> Node {
    if let unknown @ Node::Unknown(_) = asset.properties.key("Tags") {
        return unknown.clone();
    }
    let found = asset.tags.iter().find(|(key, _)| same_name(key, name));
    found.map_or(Node::Absent, |(_, value)| Node::from(&**value))
}
