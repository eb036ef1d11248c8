//! Personal data: which stores hold it, and what they say of themselves.

use std::sync::Arc;

use partywall_content::PersonalData;
use partywall_expr::EvalError;
use partywall_model::{Asset, Node, Why, WhyKind};

use super::Answer;
use crate::context::Context;

/// Whether a store is named or tagged for personal data. A name that says so is enough; that it does not says nothing
/// where the tags could not be read. The instances of a database cluster are no stores of their own: what they hold is
/// told once, of the cluster.
pub(super) fn personal(context: &Context<'_>, asset: &Asset) -> Answer<bool> {
    let personal = &context.settings.personal_data;
    if asset.kind == *"AWS::RDS::DBInstance" {
        match asset.properties.key("DBClusterIdentifier") {
            Node::Absent => {}
            Node::Unknown(why) => return Err(Arc::clone(why)),
            _ => return Ok(false),
        }
    }
    let is_named = asset.name.as_deref().is_some_and(|name| personal.is_named(name));
    match asset.properties.key("Tags") {
        _ if is_named => Ok(true),
        Node::Unknown(why) => Err(Arc::clone(why)),
        _ => Ok(personal.is_tagged(asset)),
    }
}

/// What a store says of its owner, its purpose or its retention; absent where it says nothing.
pub(super) fn said(context: &Context<'_>, asset: &Asset, what: &str) -> Result<Node, EvalError> {
    let personal = &context.settings.personal_data;
    let keys = match what {
        "owner" => &personal.owner,
        "purpose" => &personal.purpose,
        "retention" => &personal.retention,
        _ => return Err(EvalError::host(format!("`privacy.said` knows no `{what}`"))),
    };
    if let unknown @ Node::Unknown(_) = asset.properties.key("Tags") {
        return Ok(unknown.clone());
    }
    Ok(PersonalData::said(keys, asset).map_or(Node::Absent, Node::text))
}

/// Whether personal data may lie where a store is; absent where the settings name no regions.
pub(super) fn region_allowed(context: &Context<'_>, asset: &Asset) -> Answer<Node> {
    let regions = &context.settings.personal_data.regions;
    match asset.region.as_ref().filter(|region| region.as_str() != "unset") {
        _ if regions.is_empty() => Ok(Node::Absent),
        Some(region) => Ok(Node::Bool(regions.contains(region))),
        None => {
            let why = Why::new(WhyKind::NotRead, "region");
            Err(Arc::new(why.with_message("the code does not say in which region it will be")))
        }
    }
}
