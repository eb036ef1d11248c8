//! How the internet reaches a data warehouse. The subnets that it stands in are those of a subnet group that
//! nobody reads; what all subnets of its network agree on holds of them too.

use std::sync::Arc;

use partywall_model::{Asset, Node, Scope, Why, WhyKind};

use super::super::acl::{Family, Opening, Protocol};
use super::super::{Answer, all, any, is_true};
use super::rules::of_groups;
use super::served::port_number;
use super::{Reached, id, not_in_view};
use crate::context::Context;

/// Groups, routes and ACLs around a warehouse that asked for a public address.
pub(super) fn of_warehouse(context: &Context<'_>, cluster: &Asset, wanted: &[u16]) -> Reached {
    match is_true(cluster.properties.key("PubliclyAccessible")) {
        Ok(false) => return Reached::default(),
        Ok(true) => {}
        Err(why) => return Reached::unseen(why),
    }
    let observed = cluster.properties.at("Endpoint.Port");
    let port = if observed.is_absent() { cluster.properties.key("Port") } else { observed };
    let port = match port_number(port).and_then(|port| port.ok_or_else(|| not_in_view(cluster, "Port"))) {
        Ok(port) if wanted.is_empty() || wanted.contains(&port) => port,
        Ok(_) => return Reached::default(),
        Err(why) => return Reached::unseen(why),
    };
    let rules = of_groups(context, cluster, cluster.properties.key("VpcSecurityGroupIds"), &[port]);
    let mut reached = Reached::default();
    for opening in rules.open.iter().filter(|opening| opening.ports.protocol == Protocol::Tcp) {
        reached.add(opening.ports, arrives(context, cluster, *opening));
    }
    if let Some(why) = rules.unseen
        && any([Family::V4, Family::V6].map(|family| has_way(context, cluster, family))) != Ok(false)
    {
        reached.note(why);
    }
    reached
}

fn arrives(context: &Context<'_>, cluster: &Asset, opening: Opening) -> Answer<bool> {
    all([
        has_address(cluster, opening.family),
        in_its_subnets(context, cluster, &|subnet| {
            all([
                context.topology.routes_to_internet(subnet, opening.family, cluster),
                context.topology.acl_passes(subnet, opening, cluster),
            ])
        }),
    ])
}

fn has_way(context: &Context<'_>, cluster: &Asset, family: Family) -> Answer<bool> {
    all([
        has_address(cluster, family),
        in_its_subnets(context, cluster, &|subnet| {
            context.topology.routes_to_internet(subnet, family, cluster)
        }),
    ])
}

/// A public warehouse has an IPv4 address; an IPv6 one where it was asked for.
fn has_address(cluster: &Asset, family: Family) -> Answer<bool> {
    match (family, cluster.properties.at("Observed.IpAddressType")) {
        (Family::V4, _) => Ok(true),
        (Family::V6, Node::Unknown(why)) => Err(Arc::clone(why)),
        (Family::V6, Node::Text(kind)) => Ok(&**kind == "dualstack"),
        (Family::V6, _) => Err(not_in_view(cluster, "IpAddressType")),
    }
}

/// Of the subnets that it may stand in: an answer where all have the same.
fn in_its_subnets(
    context: &Context<'_>,
    cluster: &Asset,
    judge: &dyn Fn(&str) -> Answer<bool>,
) -> Answer<bool> {
    const SUBNET: &str = "AWS::EC2::Subnet";
    let vpc = match cluster.properties.at("Observed.VpcId") {
        Node::Unknown(why) => return Err(Arc::clone(why)),
        Node::Text(vpc) => vpc,
        _ => return Err(not_in_view(cluster, "VpcId")),
    };
    // A shared subnet is of another account.
    let (subnets, unseen) = context.joins.find(context.estate, Scope::Everywhere, SUBNET, "VpcId", vpc);
    if let Some(why) = unseen {
        return Err(why);
    }
    if let (Some(account), Some(region)) = (&cluster.account, &cluster.region) {
        context.estate.completeness(SUBNET, Scope::Region(account, region))?;
    }
    let answers: Vec<Answer<bool>> =
        subnets.iter().map(|subnet| id(subnet, "SubnetId").and_then(judge)).collect();
    match (all(answers.iter().cloned()), any(answers.iter().cloned())) {
        _ if answers.is_empty() => Err(not_in_view(cluster, "subnets")),
        (Ok(true), _) => Ok(true),
        (_, Ok(false)) => Ok(false),
        (Ok(false), Ok(true)) => Err(Arc::new(
            Why::new(WhyKind::Undecided, format!("subnets of {}", cluster.kind))
                .with_message("some of its network lead to the internet, and which it stands in is not read"),
        )),
        (Err(why), _) | (_, Err(why)) => Err(why),
    }
}
