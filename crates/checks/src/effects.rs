//! The host functions of checks: what settings amount to.
//!
//! Each module is one domain. All of them answer [`Answer`]: a value, or the reason why nobody can tell.
//! What is not completely in view never counts as "there is none".

mod acl;
pub mod cidr;
mod document;
mod estate;
mod exposure;
pub mod glob;
mod iam;
mod joins;
mod narrowing;
mod net;
mod policy;
mod privacy;
mod right;
mod time;
mod tls;
mod topology;
mod trust;

use std::sync::Arc;

use partywall_expr::{EvalError, Host, HostValue, Trace};
use partywall_model::{Asset, Node, Why};

pub(crate) use exposure::is_exposed;
pub(crate) use joins::Joins;
pub use topology::Topology;

use crate::context::Context;

/// A value, or why it cannot be told.
pub type Answer<T> = Result<T, Arc<Why>>;

/// Answers the functions of an expression that judges one asset.
#[derive(Debug)]
pub struct AssetHost<'a> {
    pub(crate) context: &'a Context<'a>,
    pub(crate) asset: &'a Asset,
}

impl<'a> AssetHost<'a> {
    /// The functions for one asset.
    pub fn new(context: &'a Context<'a>, asset: &'a Asset) -> Self {
        Self { context, asset }
    }
}

impl Host for AssetHost<'_> {
    fn call<'h>(
        &'h self,
        name: &str,
        arguments: &[&Node],
        trace: &mut Trace,
    ) -> Result<HostValue<'h>, EvalError> {
        let Self { context, asset } = *self;
        let first = arguments.first().copied().unwrap_or(&Node::Absent);
        let second = arguments.get(1).copied().unwrap_or(&Node::Absent);
        let third = arguments.get(2).copied().unwrap_or(&Node::Absent);
        let fourth = arguments.get(3).copied().unwrap_or(&Node::Absent);
        match name {
            "policy.public" => yes_no(policy::public(context, asset, trace)),
            "policy.writable" => yes_no(policy::writable(context, asset, trace)),
            "policy.anyone" => texts(policy::anyone(first)),
            "policy.foreign_accounts" => texts(policy::foreign_accounts(context, second)),
            "policy.admin" => yes_no(policy::admin(asset, first)),
            "policy.allows" => yes_no(policy::allows(asset, first, text(name, second)?)),
            "policy.wildcards" => texts(policy::wildcards(asset, first)),
            "policy.requires_tls" => yes_no(policy::requires_tls(asset, first)),
            "trust.anyone" => texts(trust::anyone(first)),
            "trust.vendors_without_external_id" => texts(trust::vendors_without_external_id(context, second)),
            "trust.open_subjects" => texts(trust::open_subjects(first)),
            "iam.admin" => yes_no(iam::admin(context, asset)),
            "iam.can" => yes_no(iam::can(context, asset, text(name, second)?)),
            "iam.reads_all_buckets" => yes_no(iam::reads_all_buckets(context, asset)),
            "iam.escalates" => texts(iam::escalates(context, asset)),
            "net.exposed" => yes_no(net::exposed(context, asset, second, trace)),
            "net.exposed_ports" => texts(net::exposed_ports(context, asset, trace)),
            "net.internet_facing" => yes_no(net::internet_facing(context, asset, trace)),
            "net.public_subnet" => yes_no(net::public_subnet(context, asset)),
            "estate.in_account" => Ok(estate::in_account(context, asset, text(name, second)?)),
            "estate.in_region" => Ok(estate::in_region(context, asset, text(name, second)?)),
            "estate.find" => {
                let (kind, property) = (text(name, second)?, text(name, third)?);
                Ok(estate::find(context, asset, kind, property, fourth))
            }
            "estate.account" => Ok(estate::account(context, asset)),
            "estate.region" => Ok(estate::region(context, asset)),
            "age_days" => answer(time::age_days(context.now, first)),
            "tls.weak" => yes_no(tls::weak(first)),
            "tag" => Ok(estate::tag(asset, text(name, second)?).into()),
            "sensitivity" => answer(estate::sensitivity(context, asset)),
            "privacy.personal" => yes_no(privacy::personal(context, asset)),
            "privacy.said" => Ok(privacy::said(context, asset, text(name, second)?)?.into()),
            "privacy.region_allowed" => answer(privacy::region_allowed(context, asset)),
            "cidr.public" => yes_no(cidr::public(first)),
            "cidr.everywhere" => yes_no(cidr::everywhere(first)),
            "lifecycle.ended" => yes_no(time::ended(context, text(name, first)?, second)),
            "lifecycle.known" => yes_no(time::known(context, text(name, first)?, second)),
            _ => Err(EvalError::host(format!("there is no function `{name}`"))),
        }
    }
}

fn text<'n>(function: &str, node: &'n Node) -> Result<&'n str, EvalError> {
    node.as_str().ok_or_else(|| EvalError::host(format!("`{function}` takes a text there")))
}

fn answer<'h>(answer: Answer<Node>) -> Result<HostValue<'h>, EvalError> {
    Ok(answer.unwrap_or_else(Node::Unknown).into())
}

fn yes_no<'h>(value: Answer<bool>) -> Result<HostValue<'h>, EvalError> {
    answer(value.map(Node::Bool))
}

fn texts<'h>(values: Answer<Vec<String>>) -> Result<HostValue<'h>, EvalError> {
    answer(values.map(|values| Node::List(values.into_iter().map(Node::from).collect())))
}

/// Whether any of the answers is yes; unknown where none is and one cannot be told.
pub(crate) fn any(answers: impl IntoIterator<Item = Answer<bool>>) -> Answer<bool> {
    let mut unknown = None;
    for answer in answers {
        match answer {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(why) => {
                unknown.get_or_insert(why);
            }
        }
    }
    unknown.map_or(Ok(false), Err)
}

/// Whether all answers are yes; unknown where none is no and one cannot be told.
pub(crate) fn all(answers: impl IntoIterator<Item = Answer<bool>>) -> Answer<bool> {
    any(answers.into_iter().map(|answer| answer.map(|yes| !yes))).map(|some_no| !some_no)
}

/// Whether a value is `true`; absent counts as no.
pub(crate) fn is_true(node: &Node) -> Answer<bool> {
    match node {
        Node::Unknown(why) => Err(Arc::clone(why)),
        Node::Bool(value) => Ok(*value),
        _ => Ok(false),
    }
}

/// The first unknown anywhere in a value, as an error.
pub(crate) fn seen(node: &Node) -> Answer<()> {
    match node {
        Node::Unknown(why) => Err(Arc::clone(why)),
        Node::List(items) => items.iter().try_for_each(seen),
        Node::Map(map) => map.iter().try_for_each(|(_, value)| seen(value)),
        _ => Ok(()),
    }
}
