//! Not seen is never good: whatever part of an estate is hidden, an answer stays or becomes unknown.

use partywall_model::{Asset, Node, Why};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::estates::{Said, Value, World, json};

/// A part of the world that can be hidden.
#[derive(Clone, Debug)]
enum Part {
    /// The list of a kind, with all its assets.
    List(String),
    /// One asset: its list broke off before it.
    Asset(usize),
    /// A place in an asset's properties: the positions of the entries and elements on the way.
    Property(usize, Vec<usize>),
}

fn parts(world: &World) -> Vec<Part> {
    let mut kinds: Vec<String> = world.lists.iter().map(|(kind, _)| kind.clone()).collect();
    kinds.sort();
    kinds.dedup();
    let mut parts: Vec<Part> = kinds.into_iter().map(Part::List).collect();
    for (position, asset) in world.assets.iter().enumerate() {
        if position > 0 {
            parts.push(Part::Asset(position));
        }
        places(&asset.properties, &mut Vec::new(), &mut |path| {
            parts.push(Part::Property(position, path.to_vec()))
        });
    }
    parts
}

fn places(node: &Node, path: &mut Vec<usize>, see: &mut impl FnMut(&[usize])) {
    see(path);
    let children: Vec<&Node> = match node {
        Node::List(items) => items.iter().collect(),
        Node::Map(map) => map.iter().map(|(_, value)| value).collect(),
        _ => return,
    };
    for (position, child) in children.into_iter().enumerate() {
        path.push(position);
        places(child, path, see);
        path.pop();
    }
}

fn without(world: &World, part: &Part) -> World {
    let mut world = world.clone();
    match part {
        Part::List(kind) => {
            let subject = world.assets[0].id.clone();
            world.assets.retain(|asset| asset.kind != kind.as_str() || asset.id == subject);
            world.refused(kind)
        }
        Part::Asset(position) => {
            let kind = world.assets.remove(*position).kind;
            world.refused(kind.as_str())
        }
        Part::Property(asset, path) => {
            let mut node = &mut world.assets[*asset].properties;
            for position in path {
                node = match node {
                    Node::List(items) => &mut items[*position],
                    Node::Map(map) => map.iter_mut().nth(*position).unwrap().1,
                    _ => unreachable!(),
                };
            }
            *node = Node::unknown(Why::parse_short("test:Hidden AccessDenied"));
            world
        }
    }
}

/// Hides each part in turn, and each part on top of one that is hidden already.
fn never_flips(world: &World, also: usize, ask: &dyn Fn(&World) -> Said) -> Result<(), TestCaseError> {
    let before = ask(world);
    for part in parts(world) {
        let hidden = without(world, &part);
        let after = ask(&hidden);
        prop_assert!(
            after == before || after == Said::Unknown,
            "{:?} → {:?} without {:?}",
            before,
            after,
            part
        );
        let more = parts(&hidden);
        let second = &more[also % more.len()];
        let last = ask(&without(&hidden, second));
        prop_assert!(
            last == after || last == Said::Unknown,
            "{:?} → {:?} without {:?} and {:?}",
            after,
            last,
            part,
            second
        );
    }
    Ok(())
}

fn rule() -> impl Strategy<Value = Value> {
    let source = select(vec![
        json!({ "CidrIp": "0.0.0.0/0" }),
        json!({ "CidrIp": "0.0.0.0/0" }),
        json!({ "CidrIp": "10.0.0.0/8" }),
        json!({ "CidrIpv6": "::/0" }),
        json!({ "SourcePrefixListId": "pl-1" }),
    ]);
    let ports = select(vec![
        json!({ "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22 }),
        json!({ "IpProtocol": "udp", "FromPort": 0, "ToPort": 1024 }),
        json!({ "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443 }),
        json!({ "IpProtocol": "-1" }),
        json!({ "IpProtocol": "icmp", "FromPort": 8, "ToPort": -1 }),
    ]);
    (source, ports).prop_map(|(source, mut rule)| {
        for (key, value) in source.as_object().unwrap() {
            rule[key] = value.clone();
        }
        rule
    })
}

fn routes() -> impl Strategy<Value = Vec<Value>> {
    subsequence(
        vec![
            json!({ "DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active" }),
            json!({ "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active" }),
            json!({ "DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "active" }),
            json!({ "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "vpce-1", "State": "active" }),
            json!({ "DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-1", "State": "active" }),
            json!({ "DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-1", "State": "blackhole" }),
        ],
        1..=4,
    )
}

fn entries() -> impl Strategy<Value = Vec<Value>> {
    let all = |number: i64, egress: bool, action: &str| json!({ "RuleNumber": number, "Egress": egress, "RuleAction": action, "Protocol": "-1", "CidrBlock": "0.0.0.0/0" });
    let mut some = all(90, false, "deny");
    some["Protocol"] = json!("6");
    some["PortRange"] = json!({ "From": 22, "To": 22 });
    let mut six = all(101, false, "allow");
    six["CidrBlock"] = Value::Null;
    six["Ipv6CidrBlock"] = json!("::/0");
    let entries = vec![some, all(100, false, "allow"), six, all(100, true, "allow")];
    prop_oneof![4 => Just(entries[1..].to_vec()), 1 => subsequence(entries, 0..4)]
}

fn interface() -> impl Strategy<Value = Value> {
    let address = select(vec![
        json!({ "Association": { "PublicIp": "203.0.113.9" } }),
        json!({ "PrivateIpAddresses": [{ "Primary": true }, { "PublicIp": "203.0.113.9" }] }),
        json!({}),
    ]);
    let six = select(vec![
        json!([]),
        json!([{ "Ipv6Address": "2001:db8::1" }]),
        json!([{ "Ipv6Address": "fd00::1" }]),
    ]);
    let groups = subsequence(vec!["sg-1", "sg-2"], 1..=2);
    let instance = select(vec![json!("i-1"), json!("i-1"), json!("i-2"), Value::Null]);
    let subnet = select(vec!["subnet-1", "subnet-2"]);
    (address, six, groups, instance, subnet).prop_map(|(mut observed, six, groups, instance, subnet)| {
        observed["Attachment"] = json!({ "InstanceId": instance });
        json!({ "Id": "eni", "SubnetId": subnet, "VpcId": "vpc-1", "GroupSet": groups, "Ipv6Addresses": six, "Observed": observed })
    })
}

/// A network of two groups, two subnets (one with a table of its own), and some interfaces.
fn network(subject: (&'static str, Value)) -> impl Strategy<Value = World> {
    let rules = || prop::collection::vec(rule(), 1..4);
    let interfaces = prop::collection::vec(interface(), 1..4);
    (rules(), rules(), routes(), routes(), entries(), interfaces).prop_map(
        move |(first, second, own, main, entries, interfaces)| {
            let mut world = World::default().with(subject.0, subject.1.clone());
            for (id, rules) in [("sg-1", first), ("sg-2", second)] {
                if subject.0 == "AWS::EC2::SecurityGroup" && id == "sg-1" {
                    world.assets[0].properties.insert_at("SecurityGroupIngress", crate::estates::node(json!(rules)));
                    continue;
                }
                world = world.with("AWS::EC2::SecurityGroup", json!({ "GroupId": id, "SecurityGroupIngress": rules }));
            }
            for subnet in ["subnet-1", "subnet-2"] {
                world = world.with("AWS::EC2::Subnet", json!({ "SubnetId": subnet, "VpcId": "vpc-1" }));
            }
            for (routes, association) in [(own, json!({ "SubnetId": "subnet-1", "Main": false })), (main, json!({ "Main": true }))] {
                world = world.with("AWS::EC2::RouteTable", json!({ "VpcId": "vpc-1", "Observed": { "Routes": routes, "Associations": [association] } }));
            }
            let both = json!([{ "SubnetId": "subnet-1" }, { "SubnetId": "subnet-2" }]);
            world = world.with("AWS::EC2::NetworkAcl", json!({ "Observed": { "Entries": entries, "Associations": both } }));
            for interface in interfaces {
                world = world.with("AWS::EC2::NetworkInterface", interface);
            }
            world.listed("AWS::EC2::NetworkInterface")
        },
    )
}

fn group() -> (&'static str, Value) {
    ("AWS::EC2::SecurityGroup", json!({ "GroupId": "sg-1" }))
}

fn database() -> (&'static str, Value) {
    let subnets = json!([{ "SubnetIdentifier": "subnet-1" }, { "SubnetIdentifier": "subnet-2" }]);
    let observed = json!({ "Endpoint": { "Port": 443 }, "DBSubnetGroup": { "Subnets": subnets } });
    let database = json!({ "DBInstanceIdentifier": "d", "DBClusterIdentifier": "c", "PubliclyAccessible": true, "VPCSecurityGroups": ["sg-1", "sg-2"], "Observed": observed });
    ("AWS::RDS::DBInstance", database)
}

fn balancer() -> (&'static str, Value) {
    let balancer = json!({ "LoadBalancerArn": "lb", "Scheme": "internet-facing", "IpAddressType": "dualstack", "SecurityGroups": ["sg-1"], "Subnets": ["subnet-1", "subnet-2"] });
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", balancer)
}

fn with_surroundings(world: World, kind: &str) -> World {
    match kind {
        "AWS::RDS::DBCluster" => world.with(database().0, database().1),
        "AWS::ElasticLoadBalancingV2::LoadBalancer" => {
            let listener = |port: u16, protocol: &str| json!({ "LoadBalancerArn": "lb", "Port": port, "Protocol": protocol });
            world
                .with("AWS::ElasticLoadBalancingV2::Listener", listener(443, "HTTPS"))
                .with("AWS::ElasticLoadBalancingV2::Listener", listener(22, "TCP_UDP"))
        }
        _ => world,
    }
}

fn any_network() -> impl Strategy<Value = World> {
    let subjects: Vec<(&'static str, Value)> = vec![
        group(),
        ("AWS::EC2::Instance", json!({ "InstanceId": "i-1" })),
        ("AWS::EC2::Subnet", json!({ "SubnetId": "subnet-2", "VpcId": "vpc-1" })),
        database(),
        ("AWS::RDS::DBCluster", json!({ "DBClusterIdentifier": "c" })),
        balancer(),
    ];
    select(subjects).prop_flat_map(|subject| {
        let kind = subject.0;
        network(subject).prop_map(move |world| with_surroundings(alone(world), kind))
    })
}

/// The subject in place of what the network has under its id: no two subnets share one.
fn alone(mut world: World) -> World {
    let subject = world.assets[0].clone();
    if subject.kind == *"AWS::EC2::Subnet" {
        let is_twin = |asset: &Asset| {
            asset.kind == subject.kind
                && asset.properties.key("SubnetId") == subject.properties.key("SubnetId")
        };
        world.assets.retain(|asset| asset.id == subject.id || !is_twin(asset));
    }
    world
}

fn statement() -> impl Strategy<Value = Value> {
    let effect = prop_oneof![6 => Just("Allow"), 1 => Just("Deny")];
    let actions = select(vec![
        json!({ "Action": ["iam:PassRole", "ec2:RunInstances"] }),
        json!({ "Action": "s3:*" }),
        json!({ "NotAction": "iam:*" }),
        json!({ "Action": "iam:*" }),
    ]);
    let resources = select(vec![
        json!({ "Resource": "arn:aws:iam::111122223333:role/*" }),
        json!({ "NotResource": "arn:aws:s3:::audit/*" }),
        json!({ "Resource": ["arn:aws:s3:::b/*"] }),
    ]);
    let action = prop_oneof![1 => Just(json!({ "Action": "*" })), 1 => actions];
    let resource = prop_oneof![2 => Just(json!({ "Resource": "*" })), 1 => resources];
    let condition = prop_oneof![3 => Just(json!({})), 1 => Just(json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } })), 1 => Just(json!({ "IpAddress": { "aws:SourceIp": "203.0.113.0/24" } }))];
    (effect, action, resource, condition).prop_map(|(effect, action, resource, condition)| {
        let mut statement = json!({ "Effect": effect, "Condition": condition });
        for part in [action, resource] {
            for (key, value) in part.as_object().unwrap() {
                statement[key] = value.clone();
            }
        }
        statement
    })
}

/// A user with policies of its own, of its groups, and sometimes a boundary.
fn principal() -> impl Strategy<Value = World> {
    let statements = || prop::collection::vec(statement(), 0..3);
    let groups = subsequence(vec!["g-1", "g-2"], 0..=2);
    (statements(), statements(), statements(), statements(), groups, any::<bool>()).prop_map(
        |(own, of_group, attached, boundary, groups, bounded)| {
            const ATTACHED: &str = "arn:aws:iam::111122223333:policy/attached";
            const BOUNDARY: &str = "arn:aws:iam::111122223333:policy/boundary";
            let inline = |statements: Vec<Value>| json!([{ "PolicyName": "p", "PolicyDocument": { "Statement": statements } }]);
            let mut user = json!({ "UserName": "u", "Groups": groups, "Policies": inline(own), "ManagedPolicyArns": [ATTACHED] });
            if bounded {
                user["PermissionsBoundary"] = json!(BOUNDARY);
            }
            let mut world = World::default().with("AWS::IAM::User", user).listed("AWS::IAM::Group");
            for name in groups {
                world = world.with("AWS::IAM::Group", json!({ "GroupName": name, "Policies": inline(of_group.clone()) }));
            }
            for (arn, statements) in [(ATTACHED, attached), (BOUNDARY, boundary)] {
                world = world.with("AWS::IAM::ManagedPolicy", json!({ "PolicyArn": arn, "PolicyDocument": { "Statement": statements } }));
            }
            world
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hiding_any_part_of_a_network_never_flips_an_answer(world in any_network(), also in any::<usize>(), port in select(vec![json!([]), json!([22]), json!([443, 3306])])) {
        never_flips(&world, also, &|world| world.ask("net.exposed", &[Value::Null, port.clone()]))?;
        never_flips(&world, also, &|world| world.says("net.exposed_ports"))?;
        if world.assets[0].kind == *"AWS::EC2::Subnet" {
            never_flips(&world, also, &|world| world.says("net.public_subnet"))?;
        }
    }

    #[test]
    fn hiding_any_part_of_a_principal_never_flips_an_answer(world in principal(), also in any::<usize>()) {
        never_flips(&world, also, &|world| world.says("iam.admin"))?;
        never_flips(&world, also, &|world| world.says("iam.escalates"))?;
        never_flips(&world, also, &|world| world.says("iam.reads_all_buckets"))?;
        never_flips(&world, also, &|world| world.ask("iam.can", &[Value::Null, json!("iam:PassRole")]))?;
    }
}

#[test]
fn generated_estates_are_open_closed_and_unknown() {
    // Of estates that are all alike the properties above would say little.
    let mut runner = TestRunner::deterministic();
    let mut said = |worlds: BoxedStrategy<World>, ask: &dyn Fn(&World) -> Said| -> Vec<Said> {
        (0..200).map(|_| ask(&worlds.new_tree(&mut runner).unwrap().current())).collect()
    };
    let exposed = said(any_network().boxed(), &|world| world.says("net.internet_facing"));
    let admin = said(principal().boxed(), &|world| world.says("iam.admin"));
    let count = |all: &[Said], one: Said| all.iter().filter(|said| **said == one).count();
    assert!(count(&exposed, Said::Yes) > 20 && count(&exposed, Said::No) > 20, "{exposed:?}");
    assert!(count(&exposed, Said::Unknown) > 5, "{exposed:?}");
    assert!(count(&admin, Said::Yes) > 20 && count(&admin, Said::No) > 20, "{admin:?}");
}
