//! What the internet reaches.

use std::sync::Arc;

use partywall_expr::Trace;
use partywall_model::{Asset, Node, Why, WhyKind};

use super::cidr::Cidr;
use super::document::texts;
use super::topology::{Ports, Protocol};
use super::{Answer, all, any, is_true, seen};
use crate::context::Context;

/// Whether a kind has a place in the network that this module reads.
pub(super) fn is_judged(kind: &str) -> bool {
    matches!(
        kind,
        "AWS::EC2::SecurityGroup"
            | "AWS::EC2::Instance"
            | "AWS::EC2::NetworkInterface"
            | "AWS::RDS::DBInstance"
            | "AWS::RDS::DBCluster"
            | "AWS::ElasticLoadBalancingV2::LoadBalancer"
    )
}

/// Whether the internet reaches one of the ports; any, where none is named.
pub(super) fn exposed(context: &Context<'_>, asset: &Asset, ports: &Node, trace: &mut Trace) -> Answer<bool> {
    seen(ports)?;
    let wanted: Vec<u16> =
        ports.items().iter().filter_map(|port| u16::try_from(port.as_int()?).ok()).collect();
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
    match asset.properties.key("SubnetId") {
        Node::Unknown(why) => Err(Arc::clone(why)),
        Node::Text(subnet) => context.topology.routes_to_internet(subnet, asset),
        _ => Ok(false),
    }
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
            Err(why) => {
                self.unseen.get_or_insert(why);
            }
        }
    }

    fn join(&mut self, other: Self) {
        for ports in other.open {
            self.add(ports, Ok(true));
        }
        if let Some(why) = other.unseen {
            self.unseen.get_or_insert(why);
        }
        self.open.sort();
    }
}

fn reached(context: &Context<'_>, asset: &Asset, wanted: &[u16], trace: &mut Trace) -> Reached {
    match asset.kind.as_str() {
        "AWS::EC2::SecurityGroup" => of_group(context, asset, wanted, trace),
        "AWS::EC2::NetworkInterface" => of_interface(context, asset, wanted),
        "AWS::EC2::Instance" => of_instance(context, asset, wanted),
        "AWS::RDS::DBInstance" => of_database(context, asset, wanted),
        "AWS::RDS::DBCluster" => of_cluster(context, asset, wanted),
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => of_balancer(context, asset, wanted),
        "AWS::Lambda::Function" => of_function(asset, wanted),
        _ => Reached::default(),
    }
}

/// A group's own rules, over every interface that carries it. The interfaces suffer, the group is the cause.
fn of_group(context: &Context<'_>, group: &Asset, wanted: &[u16], trace: &mut Trace) -> Reached {
    let mut reached = Reached::default();
    let rules = open_rules(group, wanted);
    if rules.open.is_empty() && rules.unseen.is_none() {
        return reached;
    }
    let (interfaces, complete) = context.topology.interfaces_of_group(group);
    for interface in interfaces {
        let mut of_interface = Reached::default();
        for ports in &rules.open {
            of_interface.add(*ports, lets_through(context, interface, *ports));
        }
        if rules.unseen.is_some() && may_be_reached(context, interface) != Ok(false) {
            of_interface.unseen.clone_from(&rules.unseen);
        }
        if !of_interface.open.is_empty() {
            let instance = interface.properties.at("Observed.Attachment.InstanceId").as_str();
            trace.affects(interface.id.clone());
            trace.note(format!("{} carries {}", instance.unwrap_or(interface.label()), group.label()));
        }
        reached.join(of_interface);
    }
    if let Err(why) = complete {
        reached.unseen.get_or_insert(why);
    }
    reached
}

fn of_interface(context: &Context<'_>, interface: &Asset, wanted: &[u16]) -> Reached {
    let mut reached = Reached::default();
    let rules = rules_of(context, interface, interface.properties.key("GroupSet"), wanted);
    for ports in rules.open {
        reached.add(ports, lets_through(context, interface, ports));
    }
    if rules.unseen.is_some() && may_be_reached(context, interface) != Ok(false) {
        reached.unseen = reached.unseen.or(rules.unseen);
    }
    reached
}

fn of_instance(context: &Context<'_>, instance: &Asset, wanted: &[u16]) -> Reached {
    let (interfaces, complete) = context.topology.interfaces_of_instance(instance);
    let mut reached = Reached::default();
    for interface in interfaces {
        reached.join(of_interface(context, interface, wanted));
    }
    if let Err(why) = complete {
        reached.unseen.get_or_insert(why);
    }
    reached
}

/// Groups, routes and ACLs around a database that asked for a public address.
fn of_database(context: &Context<'_>, database: &Asset, wanted: &[u16]) -> Reached {
    match is_true(database.properties.key("PubliclyAccessible")) {
        Ok(false) => return Reached::default(),
        Ok(true) => {}
        Err(why) => return Reached::unseen(why),
    }
    let port = match database.properties.at("Observed.Endpoint.Port") {
        Node::Unknown(why) => return Reached::unseen(Arc::clone(why)),
        port => port.as_int().and_then(|port| u16::try_from(port).ok()),
    };
    let Some(port) = port else { return Reached::default() };
    if !wanted.is_empty() && !wanted.contains(&port) {
        return Reached::default();
    }
    let subnets = database.properties.at("Observed.DBSubnetGroup.Subnets");
    if let Err(why) = seen(subnets) {
        return Reached::unseen(why);
    }
    let subnets: Vec<&str> =
        subnets.items().iter().filter_map(|subnet| subnet.key("SubnetIdentifier").as_str()).collect();
    let rules = rules_of(context, database, database.properties.key("VPCSecurityGroups"), &[port]);
    through_subnets(context, database, rules, &subnets)
}

fn of_cluster(context: &Context<'_>, cluster: &Asset, wanted: &[u16]) -> Reached {
    let (members, complete) = context.topology.cluster_members(cluster);
    let mut reached = Reached::default();
    for member in members {
        reached.join(of_database(context, member, wanted));
    }
    if let Err(why) = complete {
        reached.unseen.get_or_insert(why);
    }
    reached
}

/// A load balancer serves the ports of its listeners; without groups (network load balancers) all of them.
fn of_balancer(context: &Context<'_>, balancer: &Asset, wanted: &[u16]) -> Reached {
    match balancer.properties.key("Scheme") {
        Node::Unknown(why) => return Reached::unseen(Arc::clone(why)),
        scheme if scheme.as_str() != Some("internet-facing") => return Reached::default(),
        _ => {}
    }
    let (listeners, complete) = context.topology.listeners(balancer);
    let mut reached = Reached::default();
    let subnets = texts(balancer.properties.key("Subnets"));
    for listener in listeners {
        let port = match listener.properties.key("Port") {
            Node::Unknown(why) => {
                reached.unseen.get_or_insert_with(|| Arc::clone(why));
                continue;
            }
            port => port.as_int().and_then(|port| u16::try_from(port).ok()),
        };
        let Some(port) = port.filter(|port| wanted.is_empty() || wanted.contains(port)) else { continue };
        let groups = balancer.properties.key("SecurityGroups");
        let rules = match groups {
            Node::Absent => Reached { open: vec![tcp(port)], unseen: None },
            Node::List(items) if items.is_empty() => Reached { open: vec![tcp(port)], unseen: None },
            groups => rules_of(context, balancer, groups, &[port]),
        };
        reached.join(through_subnets(context, balancer, rules, &subnets));
    }
    if let Err(why) = complete.and(seen(balancer.properties.key("Subnets"))) {
        reached.unseen.get_or_insert(why);
    }
    reached
}

/// A function URL without sign-in is served on 443.
fn of_function(function: &Asset, wanted: &[u16]) -> Reached {
    let mut reached = Reached::default();
    let auth = function.properties.at("Observed.FunctionUrlConfig.AuthType");
    if wanted.is_empty() || wanted.contains(&443) {
        let open = auth.why().map_or_else(|| Ok(auth.as_str() == Some("NONE")), |why| Err(Arc::clone(why)));
        reached.add(tcp(443), open);
    }
    reached
}

fn tcp(port: u16) -> Ports {
    Ports { protocol: Protocol::Tcp, from: port, to: port }
}

fn through_subnets(context: &Context<'_>, asset: &Asset, rules: Reached, subnets: &[&str]) -> Reached {
    let mut reached = Reached { open: Vec::new(), unseen: rules.unseen };
    for ports in rules.open {
        let passes = any(subnets.iter().map(|subnet| {
            all([
                context.topology.routes_to_internet(subnet, asset),
                context.topology.acl_passes(subnet, ports, asset),
            ])
        }));
        reached.add(ports, passes);
    }
    reached
}

/// Whether what a group's rule lets in arrives at an interface.
fn lets_through(context: &Context<'_>, interface: &Asset, ports: Ports) -> Answer<bool> {
    let subnet = subnet_of(interface);
    all([
        has_public_address(interface),
        subnet.clone().and_then(|subnet| context.topology.routes_to_internet(subnet, interface)),
        subnet.and_then(|subnet| context.topology.acl_passes(subnet, ports, interface)),
    ])
}

/// Whether an interface is reachable at all, whatever its groups say.
fn may_be_reached(context: &Context<'_>, interface: &Asset) -> Answer<bool> {
    let route =
        subnet_of(interface).and_then(|subnet| context.topology.routes_to_internet(subnet, interface));
    all([has_public_address(interface), route])
}

fn subnet_of(interface: &Asset) -> Answer<&str> {
    match interface.properties.key("SubnetId") {
        Node::Unknown(why) => Err(Arc::clone(why)),
        subnet => Ok(subnet.as_str().unwrap_or_default()),
    }
}

fn has_public_address(interface: &Asset) -> Answer<bool> {
    let held = |path: &str| match interface.properties.at(path) {
        Node::Unknown(why) => Err(Arc::clone(why)),
        Node::Text(_) => Ok(true),
        Node::List(items) => Ok(!items.is_empty()),
        _ => Ok(false),
    };
    any([held("Observed.Association.PublicIp"), held("Ipv6Addresses")])
}

/// The ports that the groups of an asset let the internet in on.
fn rules_of(context: &Context<'_>, asset: &Asset, groups: &Node, wanted: &[u16]) -> Reached {
    let mut reached = Reached::default();
    if let Err(why) = seen(groups) {
        return Reached::unseen(why);
    }
    for id in texts(groups) {
        match context.topology.group(id, asset) {
            Ok(group) => reached.join(open_rules(group, wanted)),
            Err(why) => {
                reached.unseen.get_or_insert(why);
            }
        }
    }
    reached
}

/// The ports that a group's rules let the internet in on.
fn open_rules(group: &Asset, wanted: &[u16]) -> Reached {
    let mut reached = Reached::default();
    let rules = match group.properties.key("SecurityGroupIngress") {
        Node::Unknown(why) => return Reached::unseen(Arc::clone(why)),
        rules => rules.items(),
    };
    for rule in rules {
        let open = is_open(rule);
        if open == Ok(false) {
            continue;
        }
        let open = match seen(rule) {
            Err(why) => Err(why),
            Ok(()) => open,
        };
        let covered = match rule {
            Node::Unknown(why) => {
                reached.unseen.get_or_insert_with(|| Arc::clone(why));
                continue;
            }
            rule => covered(rule),
        };
        for ports in covered {
            if wanted.is_empty() {
                reached.add(ports, open.clone());
                continue;
            }
            for port in wanted {
                if let Some(hit) = ports.overlap(Ports { from: *port, to: *port, ..ports }) {
                    reached.add(hit, open.clone());
                }
            }
        }
    }
    reached.open.sort();
    reached
}

fn is_open(rule: &Node) -> Answer<bool> {
    let everywhere = |key: &str| match rule.key(key) {
        Node::Unknown(why) => Err(Arc::clone(why)),
        Node::Text(range) => match Cidr::parse(range) {
            Some(range) => Ok(range.is_everywhere()),
            None => Err(Arc::new(Why::new(WhyKind::Malformed, format!("range `{range}`")))),
        },
        _ => Ok(false),
    };
    let by_list = match rule.key("SourcePrefixListId") {
        Node::Unknown(why) => Err(Arc::clone(why)),
        Node::Text(list) => {
            let message =
                "prefix lists are not read yet, so nobody knows whether this one is the whole internet";
            Err(Arc::new(Why::new(WhyKind::NotRead, format!("prefix list `{list}`")).with_message(message)))
        }
        _ => Ok(false),
    };
    any([everywhere("CidrIp"), everywhere("CidrIpv6"), by_list])
}

/// The ports of a group's rule; ICMP and other protocols have none.
fn covered(rule: &Node) -> Vec<Ports> {
    let port = |key: &str, otherwise| {
        rule.key(key).as_int().and_then(|port| u16::try_from(port).ok()).unwrap_or(otherwise)
    };
    let protocols: &[Protocol] = match &*rule.key("IpProtocol").as_str().unwrap_or("-1").to_ascii_lowercase()
    {
        "-1" | "all" => {
            let all = |protocol| Ports { protocol, from: 0, to: u16::MAX };
            return vec![all(Protocol::Tcp), all(Protocol::Udp)];
        }
        "tcp" | "6" => &[Protocol::Tcp],
        "udp" | "17" => &[Protocol::Udp],
        _ => &[],
    };
    protocols
        .iter()
        .map(|protocol| Ports {
            protocol: *protocol,
            from: port("FromPort", 0),
            to: port("ToPort", u16::MAX),
        })
        .collect()
}
