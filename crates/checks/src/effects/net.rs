//! What the internet reaches.

mod rules;
mod served;
mod warehouse;

use std::sync::Arc;

use partywall_expr::Trace;
use partywall_model::{Asset, Node, Why, WhyKind};

use super::acl::{Family, Ports, Protocol};
use super::cidr::Cidr;
use super::{Answer, all, any, seen};
use crate::context::Context;
use rules::{Rules, of_group_itself, of_groups};

/// Whether a kind has a place in the network that this module reads.
pub(super) fn is_judged(kind: &str) -> bool {
    matches!(
        kind,
        "AWS::EC2::SecurityGroup"
            | "AWS::EC2::Instance"
            | "AWS::EC2::NetworkInterface"
            | "AWS::RDS::DBInstance"
            | "AWS::RDS::DBCluster"
            | "AWS::Redshift::Cluster"
            | "AWS::ElasticLoadBalancingV2::LoadBalancer"
            | "AWS::ElasticLoadBalancing::LoadBalancer"
    )
}

/// Whether the internet reaches one of the ports; any, where none is named.
pub(super) fn exposed(context: &Context<'_>, asset: &Asset, ports: &Node, trace: &mut Trace) -> Answer<bool> {
    let wanted = numbers(ports)?;
    let reached = reached(context, asset, &wanted, trace);
    match (reached.open.is_empty(), reached.unseen) {
        (false, _) => {
            let ports: Vec<String> = reached.open.iter().map(Ports::to_string).collect();
            trace.note(format!("the internet reaches {}", ports.join(", ")));
            Ok(true)
        }
        (true, Some(why)) => Err(why),
        (true, None) => Ok(false),
    }
}

fn numbers(ports: &Node) -> Answer<Vec<u16>> {
    seen(ports)?;
    let number = |port: &Node| port.as_int().and_then(|port| u16::try_from(port).ok());
    let numbers: Option<Vec<u16>> = ports.items().iter().map(number).collect();
    // An empty list means any port, so a number that is none must not fall out of it.
    numbers.ok_or_else(|| Arc::new(Why::new(WhyKind::Malformed, "ports of `net.exposed`")))
}

/// The port ranges that the internet reaches.
pub(super) fn exposed_ports(context: &Context<'_>, asset: &Asset, trace: &mut Trace) -> Answer<Vec<String>> {
    let reached = reached(context, asset, &[], trace);
    match reached.unseen {
        Some(why) => Err(why),
        None => Ok(reached.open.iter().map(Ports::to_string).collect()),
    }
}

/// Whether the internet reaches any port.
pub(super) fn internet_facing(context: &Context<'_>, asset: &Asset, trace: &mut Trace) -> Answer<bool> {
    exposed(context, asset, &Node::Absent, trace)
}

/// Whether a subnet's route table leads to an internet gateway.
pub(super) fn public_subnet(context: &Context<'_>, asset: &Asset) -> Answer<bool> {
    let subnet = id(asset, "SubnetId")?;
    any([Family::V4, Family::V6].map(|family| context.topology.routes_to_internet(subnet, family, asset)))
}

/// A property without which nothing can be looked up.
fn id<'a>(asset: &'a Asset, key: &str) -> Answer<&'a str> {
    match asset.properties.key(key) {
        Node::Unknown(why) => Err(Arc::clone(why)),
        Node::Text(id) => Ok(id),
        _ => Err(not_in_view(asset, key)),
    }
}

fn not_in_view(asset: &Asset, key: &str) -> Arc<Why> {
    let what = format!("{key} of {}", asset.kind);
    Arc::new(Why::new(WhyKind::NotRead, what).with_message("it is not in view"))
}

/// What was found open, and the first thing that could not be told.
#[derive(Default)]
struct Reached {
    open: Vec<Ports>,
    unseen: Option<Arc<Why>>,
}

impl Reached {
    fn unseen(why: Arc<Why>) -> Self {
        Self { open: Vec::new(), unseen: Some(why) }
    }

    fn add(&mut self, ports: Ports, is_open: Answer<bool>) {
        match is_open {
            Ok(true) if !self.open.contains(&ports) => self.open.push(ports),
            Ok(_) => {}
            Err(why) => self.note(why),
        }
    }

    fn note(&mut self, why: Arc<Why>) {
        self.unseen.get_or_insert(why);
    }

    fn join(&mut self, other: Self) {
        for ports in other.open {
            self.add(ports, Ok(true));
        }
        if let Some(why) = other.unseen {
            self.note(why);
        }
    }
}

fn reached(context: &Context<'_>, asset: &Asset, wanted: &[u16], trace: &mut Trace) -> Reached {
    let mut reached = match asset.kind.as_str() {
        "AWS::EC2::SecurityGroup" => of_group(context, asset, wanted, trace),
        "AWS::EC2::NetworkInterface" => through_interface(
            context,
            asset,
            &of_groups(context, asset, asset.properties.key("GroupSet"), wanted),
        ),
        "AWS::EC2::Instance" => of_instance(context, asset, wanted),
        "AWS::RDS::DBInstance" => served::of_database(context, asset, wanted),
        "AWS::RDS::DBCluster" => served::of_cluster(context, asset, wanted),
        "AWS::Redshift::Cluster" => warehouse::of_warehouse(context, asset, wanted),
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => served::of_balancer(context, asset, wanted),
        "AWS::ElasticLoadBalancing::LoadBalancer" => served::of_classic_balancer(context, asset, wanted),
        "AWS::Lambda::Function" => served::of_function(asset, wanted),
        _ => Reached::default(),
    };
    reached.open.sort();
    reached
}

/// A group's own rules, over every interface that carries it. The interfaces suffer, the group is the cause.
fn of_group(context: &Context<'_>, group: &Asset, wanted: &[u16], trace: &mut Trace) -> Reached {
    let mut reached = Reached::default();
    let rules = of_group_itself(group, wanted);
    if rules.let_nobody_in() {
        return reached;
    }
    let (interfaces, complete) = context.topology.interfaces_of_group(group);
    for interface in interfaces {
        let of_interface = through_interface(context, interface, &rules);
        if !of_interface.open.is_empty() {
            let instance = interface.properties.at("Observed.Attachment.InstanceId").as_str();
            trace.affects(interface.id.clone());
            trace.note(format!("{} carries {}", instance.unwrap_or(interface.label()), group.label()));
        }
        reached.join(of_interface);
    }
    if let Err(why) = complete {
        reached.note(why);
    }
    reached
}

fn of_instance(context: &Context<'_>, instance: &Asset, wanted: &[u16]) -> Reached {
    let (interfaces, complete) = context.topology.interfaces_of_instance(instance);
    let mut reached = Reached::default();
    for interface in interfaces {
        let rules = of_groups(context, interface, interface.properties.key("GroupSet"), wanted);
        reached.join(through_interface(context, interface, &rules));
    }
    if let Err(why) = complete {
        reached.note(why);
    }
    reached
}

/// What of the rules arrives at an interface: it has an address, its subnet a route, and the ACL lets it pass.
fn through_interface(context: &Context<'_>, interface: &Asset, rules: &Rules) -> Reached {
    let mut reached = Reached::default();
    if rules.let_nobody_in() {
        return reached;
    }
    let subnet = id(interface, "SubnetId");
    let has_way = |family: Family| {
        all([
            has_public_address(interface, family),
            subnet.clone().and_then(|subnet| context.topology.routes_to_internet(subnet, family, interface)),
        ])
    };
    let ways = [(Family::V4, has_way(Family::V4)), (Family::V6, has_way(Family::V6))];
    for opening in &rules.open {
        let way = ways.iter().find(|(family, _)| *family == opening.family).map(|(_, way)| way.clone());
        let passes =
            || subnet.clone().and_then(|subnet| context.topology.acl_passes(subnet, *opening, interface));
        reached.add(opening.ports, all([way.unwrap_or(Ok(false)), passes()]));
    }
    // A rule that was not seen matters only where there is a way in.
    if let Some(why) = &rules.unseen
        && any(ways.map(|(_, way)| way)) != Ok(false)
    {
        reached.note(Arc::clone(why));
    }
    reached
}

/// Whether an interface has an address on one of the internets: an Elastic or automatic IPv4 address on any of
/// its private ones, or an IPv6 address that is not a private one.
fn has_public_address(interface: &Asset, family: Family) -> Answer<bool> {
    let held = |node: &Node| match node {
        Node::Unknown(why) => Err(Arc::clone(why)),
        Node::Absent => Ok(false),
        _ => Ok(true),
    };
    let each = |list: &Node, judge: &dyn Fn(&Node) -> Answer<bool>| {
        let unseen = list.why().map_or(Ok(false), |why| Err(Arc::clone(why)));
        any(std::iter::once(unseen).chain(list.items().iter().map(judge)))
    };
    let properties = &interface.properties;
    match family {
        Family::V4 => any([
            held(properties.at("Observed.Association.PublicIp")),
            each(properties.at("Observed.PrivateIpAddresses"), &|address| held(address.key("PublicIp"))),
        ]),
        Family::V6 => each(properties.key("Ipv6Addresses"), &|address| {
            seen(address)?;
            let text = address.key("Ipv6Address").as_str().or(address.as_str()).unwrap_or_default();
            Ok(Cidr::parse(text).is_none_or(|address| address.holds_public()))
        }),
    }
}

fn tcp(port: u16) -> Ports {
    Ports::one(Protocol::Tcp, port)
}
