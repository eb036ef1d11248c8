//! What is reached through a service of the provider's: databases, load balancers, functions.

use std::sync::Arc;

use partywall_model::{Asset, Node, Why, WhyKind};

use super::super::acl::{Family, Opening, Ports, Protocol};
use super::super::document::texts;
use super::super::{Answer, all, any, is_true, seen};
use super::rules::{Rules, of_groups};
use super::{Reached, not_in_view, tcp};
use crate::context::Context;

/// Groups, routes and ACLs around a database that asked for a public address.
pub(super) fn of_database(context: &Context<'_>, database: &Asset, wanted: &[u16]) -> Reached {
    match is_true(database.properties.key("PubliclyAccessible")) {
        Ok(false) => return Reached::default(),
        Ok(true) => {}
        Err(why) => return Reached::unseen(why),
    }
    let port = match database_port(database) {
        Ok(port) if wanted.is_empty() || wanted.contains(&port) => port,
        Ok(_) => return Reached::default(),
        Err(why) => return Reached::unseen(why),
    };
    let mut rules = of_groups(context, database, database.properties.key("VPCSecurityGroups"), &[port]);
    rules.open.retain(|opening| opening.ports.protocol == Protocol::Tcp);
    let subnets = database.properties.at("Observed.DBSubnetGroup.Subnets");
    let ids: Vec<&str> =
        subnets.items().iter().filter_map(|subnet| subnet.key("SubnetIdentifier").as_str()).collect();
    let all_seen = match ids.is_empty() {
        true => seen(subnets).and(Err(not_in_view(database, "DBSubnetGroup.Subnets"))),
        false => seen(subnets),
    };
    through_subnets(context, database, &rules, &Subnets { ids, all_seen }, &|family| match family {
        Family::V4 => Ok(true),
        Family::V6 => match database.properties.key("NetworkType") {
            Node::Unknown(why) => Err(Arc::clone(why)),
            Node::Text(network) => Ok(&**network == "DUAL"),
            _ => Err(not_in_view(database, "NetworkType")),
        },
    })
}

/// The port of a database: as it runs, or as it will be made. One that has no address yet is not known.
fn database_port(database: &Asset) -> Answer<u16> {
    let observed = database.properties.at("Observed.Endpoint.Port");
    let port = if observed.is_absent() { database.properties.key("Port") } else { observed };
    port_number(port)?.ok_or_else(|| not_in_view(database, "Endpoint.Port"))
}

/// A port as a number or as a text of one.
pub(super) fn port_number(port: &Node) -> Answer<Option<u16>> {
    match port {
        Node::Unknown(why) => Err(Arc::clone(why)),
        Node::Int(port) => Ok(u16::try_from(*port).ok()),
        Node::Text(port) => Ok(port.parse().ok()),
        _ => Ok(None),
    }
}

/// A cluster is reached where one of its instances is.
pub(super) fn of_cluster(context: &Context<'_>, cluster: &Asset, wanted: &[u16]) -> Reached {
    let (members, complete) = context.topology.cluster_members(cluster);
    let mut reached = Reached::default();
    for member in members {
        reached.join(of_database(context, member, wanted));
    }
    if let Err(why) = complete {
        reached.note(why);
    }
    reached
}

/// A load balancer serves the ports of its listeners; without groups (network load balancers) all of them.
pub(super) fn of_balancer(context: &Context<'_>, balancer: &Asset, wanted: &[u16]) -> Reached {
    match faces_internet(balancer) {
        Ok(false) => return Reached::default(),
        Ok(true) => {}
        Err(why) => return Reached::unseen(why),
    }
    let (listeners, complete) = context.topology.listeners(balancer);
    let served = listeners.iter().map(|listener| listener_ports(&listener.properties));
    let mut reached = of_ports(context, balancer, served, wanted);
    if let Err(why) = complete {
        reached.note(why);
    }
    reached
}

/// One of the first generation has its listeners with it, and answers over TCP and IPv4 alone.
pub(super) fn of_classic_balancer(context: &Context<'_>, balancer: &Asset, wanted: &[u16]) -> Reached {
    match faces_internet(balancer) {
        Ok(false) => return Reached::default(),
        Ok(true) => {}
        Err(why) => return Reached::unseen(why),
    }
    let listeners = balancer.properties.key("Listeners");
    if let Node::Unknown(why) = listeners {
        return Reached::unseen(Arc::clone(why));
    }
    let served = listeners.items().iter().map(|listener| {
        let port = port_number(listener.key("LoadBalancerPort"))?;
        Ok(port.into_iter().map(tcp).collect())
    });
    of_ports(context, balancer, served, wanted)
}

fn faces_internet(balancer: &Asset) -> Answer<bool> {
    match balancer.properties.key("Scheme") {
        Node::Unknown(why) => Err(Arc::clone(why)),
        scheme => Ok(scheme.as_str() == Some("internet-facing")),
    }
}

fn of_ports(
    context: &Context<'_>,
    balancer: &Asset,
    served: impl Iterator<Item = Answer<Vec<Ports>>>,
    wanted: &[u16],
) -> Reached {
    let mut reached = Reached::default();
    let subnets = balancer_subnets(balancer);
    for served in served {
        let served = match served {
            Ok(served) => served,
            Err(why) => {
                reached.note(why);
                continue;
            }
        };
        for ports in served.into_iter().filter(|ports| wanted.is_empty() || wanted.contains(&ports.from)) {
            let rules = balancer_rules(context, balancer, ports);
            reached.join(through_subnets(context, balancer, &rules, &subnets, &|family| {
                serves(balancer, family)
            }));
        }
    }
    reached
}

fn balancer_rules(context: &Context<'_>, balancer: &Asset, ports: Ports) -> Rules {
    let groups = balancer.properties.key("SecurityGroups");
    let without_groups = groups.is_absent() || matches!(groups, Node::List(items) if items.is_empty());
    if without_groups {
        return Rules::of([Family::V4, Family::V6].map(|family| Opening { ports, family }).into());
    }
    let mut rules = of_groups(context, balancer, groups, &[ports.from]);
    rules.open.retain(|opening| opening.ports.protocol == ports.protocol);
    rules
}

/// The ports of a listener. Listeners of a gateway load balancer have none.
fn listener_ports(listener: &Node) -> Answer<Vec<Ports>> {
    let port = port_number(listener.key("Port"))?;
    let protocols: &[Protocol] = match listener.key("Protocol") {
        Node::Unknown(why) => return Err(Arc::clone(why)),
        protocol => match protocol.as_str().unwrap_or_default() {
            "UDP" | "QUIC" => &[Protocol::Udp],
            "TCP_UDP" | "TCP_QUIC" => &[Protocol::Tcp, Protocol::Udp],
            _ => &[Protocol::Tcp],
        },
    };
    Ok(port.into_iter().flat_map(|port| protocols.iter().map(move |p| Ports::one(*p, port))).collect())
}

/// Whether a load balancer has addresses of one of the internets; IPv4 alone where it does not say.
fn serves(balancer: &Asset, family: Family) -> Answer<bool> {
    let kind = match balancer.properties.key("IpAddressType") {
        Node::Unknown(why) => return Err(Arc::clone(why)),
        kind => kind.as_str().unwrap_or("ipv4"),
    };
    Ok(match family {
        Family::V4 => kind != "dualstack-without-public-ipv4",
        Family::V6 => kind != "ipv4",
    })
}

/// A function URL without sign-in is served on 443.
pub(super) fn of_function(function: &Asset, wanted: &[u16]) -> Reached {
    let mut reached = Reached::default();
    let auth = function.properties.at("Observed.FunctionUrlConfig.AuthType");
    if wanted.is_empty() || wanted.contains(&443) {
        let open = auth.why().map_or_else(|| Ok(auth.as_str() == Some("NONE")), |why| Err(Arc::clone(why)));
        reached.add(tcp(443), open);
    }
    reached
}

/// The subnets that something has a foot in, and whether those are all.
struct Subnets<'a> {
    ids: Vec<&'a str>,
    all_seen: Answer<()>,
}

fn balancer_subnets(balancer: &Asset) -> Subnets<'_> {
    let subnets = balancer.properties.key("Subnets");
    let ids = texts(subnets);
    let none = || Why::new(WhyKind::NotRead, "subnets of the load balancer").with_message("none are in view");
    let all_seen = match ids.is_empty() {
        true => seen(subnets).and(Err(Arc::new(none()))),
        false => seen(subnets),
    };
    Subnets { ids, all_seen }
}

/// What of the rules arrives in one of the subnets.
fn through_subnets(
    context: &Context<'_>,
    asset: &Asset,
    rules: &Rules,
    subnets: &Subnets<'_>,
    has_address: &dyn Fn(Family) -> Answer<bool>,
) -> Reached {
    let mut reached = Reached::default();
    let way = |subnet: &str, family| {
        all([has_address(family), context.topology.routes_to_internet(subnet, family, asset)])
    };
    let unseen = || subnets.all_seen.clone().map(|()| false);
    for opening in &rules.open {
        let known = subnets.ids.iter().map(|subnet| {
            all([way(subnet, opening.family), context.topology.acl_passes(subnet, *opening, asset)])
        });
        let unseen = all([has_address(opening.family), unseen()]);
        reached.add(opening.ports, any(known.chain(std::iter::once(unseen))));
    }
    if let Some(why) = &rules.unseen {
        let families = [Family::V4, Family::V6];
        let ways = subnets.ids.iter().flat_map(|subnet| families.map(|family| way(subnet, family)));
        if any(ways.chain(std::iter::once(unseen()))) != Ok(false) {
            reached.note(Arc::clone(why));
        }
    }
    reached
}
