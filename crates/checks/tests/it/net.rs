//! What the internet reaches.

use crate::estates::{Said, Said::*, Table, Value, World, json, these, unseen};

const GROUP: &str = "AWS::EC2::SecurityGroup";
const INTERFACE: &str = "AWS::EC2::NetworkInterface";
const SUBNET: &str = "AWS::EC2::Subnet";
const ROUTES: &str = "AWS::EC2::RouteTable";
const ACL: &str = "AWS::EC2::NetworkAcl";

pub(crate) fn ssh() -> Value {
    json!([{ "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0" }])
}

fn default_v4() -> Value {
    json!([{ "DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active" }, { "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active" }])
}

fn default_v6() -> Value {
    json!([{ "DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-1", "State": "active" }])
}

fn entry(number: i64, egress: bool, action: &str, more: Value) -> Value {
    let mut entry = json!({ "RuleNumber": number, "Egress": egress, "RuleAction": action, "Protocol": "-1", "CidrBlock": "0.0.0.0/0" });
    for (key, value) in more.as_object().unwrap() {
        entry[key] = value.clone();
    }
    entry
}

fn open_acl() -> Value {
    json!([
        entry(100, false, "allow", json!({})),
        entry(100, true, "allow", json!({})),
        entry(101, false, "allow", json!({ "CidrBlock": null, "Ipv6CidrBlock": "::/0" })),
        entry(101, true, "allow", json!({ "CidrBlock": null, "Ipv6CidrBlock": "::/0" })),
        entry(32767, false, "deny", json!({})),
        entry(32767, true, "deny", json!({})),
    ])
}

/// An interface with one group in one subnet; each part can be replaced.
pub(crate) struct Network {
    pub(crate) rules: Value,
    pub(crate) routes: Value,
    pub(crate) acl: Value,
    /// Of the interface.
    pub(crate) addresses: Value,
}

impl Default for Network {
    fn default() -> Self {
        let addresses = json!({ "Observed": { "Association": { "PublicIp": "203.0.113.9" } } });
        Self { rules: ssh(), routes: default_v4(), acl: open_acl(), addresses }
    }
}

impl Network {
    /// The subject comes first.
    pub(crate) fn around(self, kind: &str, subject: Value) -> World {
        let mut interface = self.addresses;
        for (key, value) in [("Id", "eni-1"), ("SubnetId", "subnet-1"), ("VpcId", "vpc-1")] {
            interface[key] = json!(value);
        }
        interface["GroupSet"] = json!(["sg-1"]);
        interface["Observed"]["Attachment"] = json!({ "InstanceId": "i-1" });
        let group = json!({ "GroupId": "sg-1", "VpcId": "vpc-1", "SecurityGroupIngress": self.rules });
        let mut world = match kind {
            GROUP => World::default().with(GROUP, group).with(INTERFACE, interface),
            INTERFACE => World::default().with(INTERFACE, interface).with(GROUP, group),
            kind => World::default().with(kind, subject).with(GROUP, group).with(INTERFACE, interface),
        };
        world = world
            .with(SUBNET, json!({ "SubnetId": "subnet-1", "VpcId": "vpc-1" }))
            .with(ROUTES, json!({ "RouteTableId": "rtb-1", "VpcId": "vpc-1", "Observed": { "Routes": self.routes, "Associations": [{ "SubnetId": "subnet-1", "Main": false }] } }));
        world.with(ACL, json!({ "Id": "acl-1", "VpcId": "vpc-1", "Observed": { "Entries": self.acl, "Associations": [{ "SubnetId": "subnet-1" }] } }))
    }

    /// The three kinds that see the same network must agree.
    fn exposed(self, ports: &[u16]) -> Said {
        let all = [GROUP, INTERFACE, "AWS::EC2::Instance"].map(|kind| {
            let network = Self {
                rules: self.rules.clone(),
                routes: self.routes.clone(),
                acl: self.acl.clone(),
                addresses: self.addresses.clone(),
            };
            network
                .around(kind, json!({ "InstanceId": "i-1" }))
                .ask("net.exposed", &[Value::Null, json!(ports)])
        });
        let [group, interface, instance] = all;
        assert_eq!((&group, &interface), (&interface, &instance));
        group
    }
}

#[test]
fn a_rule_opens_its_ports_to_its_internet() {
    let mut table = Table::default();
    let rule = |more: Value| {
        let mut rule = json!({ "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22 });
        for (key, value) in more.as_object().unwrap() {
            rule[key] = value.clone();
        }
        json!([rule])
    };
    let everywhere = |more: Value| {
        let mut more = more;
        more["CidrIp"] = json!("0.0.0.0/0");
        rule(more)
    };
    for (name, rules, ports, promised) in [
        ("everyone", ssh(), vec![22], Yes),
        ("any port", ssh(), vec![], Yes),
        ("another port", ssh(), vec![3389], No),
        ("half of everyone", rule(json!({ "CidrIp": "128.0.0.0/1" })), vec![22], Yes),
        ("an office", rule(json!({ "CidrIp": "203.0.113.0/24" })), vec![22], No),
        ("the inside", rule(json!({ "CidrIp": "10.0.0.0/8" })), vec![22], No),
        ("another group", rule(json!({ "SourceSecurityGroupId": "sg-2" })), vec![22], No),
        ("a list that nobody read", rule(json!({ "SourcePrefixListId": "pl-1" })), vec![22], Unknown),
        ("a list, of another port", rule(json!({ "SourcePrefixListId": "pl-1" })), vec![443], No),
        ("the other internet", rule(json!({ "CidrIpv6": "::/0" })), vec![22], No),
        ("a range of ports", everywhere(json!({ "FromPort": 20, "ToPort": 30 })), vec![22], Yes),
        (
            "all protocols",
            everywhere(json!({ "IpProtocol": "-1", "FromPort": null, "ToPort": null })),
            vec![22],
            Yes,
        ),
        (
            "all ports, written as AWS does",
            everywhere(json!({ "FromPort": -1, "ToPort": -1 })),
            vec![22],
            Yes,
        ),
        ("by number", everywhere(json!({ "IpProtocol": "6" })), vec![22], Yes),
        ("datagrams", everywhere(json!({ "IpProtocol": "udp" })), vec![22], Yes),
        ("echo", everywhere(json!({ "IpProtocol": "icmp", "FromPort": 8, "ToPort": -1 })), vec![], No),
        ("range not seen", rule(json!({ "CidrIp": unseen() })), vec![22], Unknown),
        ("range not seen, of another port", rule(json!({ "CidrIp": unseen() })), vec![443], No),
        ("ports not seen", everywhere(json!({ "ToPort": unseen() })), vec![22], Unknown),
        (
            "ports not seen, for the inside",
            rule(json!({ "CidrIp": "10.0.0.0/8", "ToPort": unseen() })),
            vec![22],
            No,
        ),
        ("a description not seen", everywhere(json!({ "Description": unseen() })), vec![22], Yes),
        ("a rule not seen", json!([unseen()]), vec![22], Unknown),
        ("an open rule and one not seen", json!([ssh()[0], unseen()]), vec![22], Yes),
        ("rules not seen", unseen(), vec![22], Unknown),
        ("no rules", json!([]), vec![22], No),
    ] {
        table.row(name, Network { rules, ..Network::default() }.exposed(&ports), promised);
    }
    table.holds();
}

#[test]
fn an_address_a_route_and_a_rule_must_be_of_one_internet() {
    let mut table = Table::default();
    let v4 = json!({ "Observed": { "Association": { "PublicIp": "203.0.113.9" } } });
    let v6 = json!({ "Ipv6Addresses": [{ "Ipv6Address": "2001:db8::9" }], "Observed": {} });
    let ssh6 = json!([{ "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv6": "::/0" }]);
    let only_out = json!([{ "DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1", "State": "active" }]);
    let both_ways = json!([default_v4()[1], only_out[0]]);
    for (name, addresses, routes, rules, promised) in [
        ("IPv4", &v4, default_v4(), ssh(), Yes),
        ("IPv6", &v6, default_v6(), ssh6.clone(), Yes),
        ("address of the other", &v6, default_v4(), ssh(), No),
        ("route of the other", &v4, default_v6(), ssh(), No),
        ("rule of the other", &v4, default_v4(), ssh6.clone(), No),
        ("IPv6 goes out only", &v6, only_out, ssh6.clone(), No),
        ("IPv6 goes out only, IPv4 both ways", &v6, both_ways, ssh6.clone(), No),
        (
            "a private IPv6 address",
            &json!({ "Ipv6Addresses": [{ "Ipv6Address": "fd00::9" }], "Observed": {} }),
            default_v6(),
            ssh6,
            No,
        ),
        (
            "a second private address has the public one",
            &json!({ "Observed": { "PrivateIpAddresses": [{ "Primary": true }, { "Primary": false, "PublicIp": "203.0.113.9" }] } }),
            default_v4(),
            ssh(),
            Yes,
        ),
        (
            "no public address",
            &json!({ "Observed": { "PrivateIpAddresses": [{ "Primary": true }] } }),
            default_v4(),
            ssh(),
            No,
        ),
        (
            "a second address not seen",
            &json!({ "Observed": { "PrivateIpAddresses": [{ "Primary": true }, unseen()] } }),
            default_v4(),
            ssh(),
            Unknown,
        ),
        (
            "address not seen",
            &json!({ "Observed": { "Association": unseen() } }),
            default_v4(),
            ssh(),
            Unknown,
        ),
    ] {
        table.row(
            name,
            Network { addresses: addresses.clone(), routes, rules, ..Network::default() }.exposed(&[22]),
            promised,
        );
    }
    table.holds();
}

#[test]
fn a_route_leads_to_the_internet_by_an_attached_gateway_for_everywhere() {
    let mut table = Table::default();
    let route = |more: Value| {
        let mut route = json!({ "DestinationCidrBlock": "0.0.0.0/0", "State": "active" });
        for (key, value) in more.as_object().unwrap() {
            route[key] = value.clone();
        }
        json!([route])
    };
    for (name, routes, promised) in [
        ("internet gateway", route(json!({ "GatewayId": "igw-1" })), Yes),
        ("gateway that is gone", route(json!({ "GatewayId": "igw-1", "State": "blackhole" })), No),
        (
            "half of everywhere",
            route(json!({ "GatewayId": "igw-1", "DestinationCidrBlock": "0.0.0.0/1" })),
            Yes,
        ),
        (
            "a partner alone",
            route(json!({ "GatewayId": "igw-1", "DestinationCidrBlock": "203.0.113.0/24" })),
            No,
        ),
        ("NAT gateway", route(json!({ "NatGatewayId": "nat-1" })), No),
        ("virtual private gateway", route(json!({ "GatewayId": "vgw-1" })), No),
        ("transit gateway", route(json!({ "TransitGatewayId": "tgw-1" })), No),
        ("firewall", route(json!({ "GatewayId": "vpce-1" })), Unknown),
        ("firewall that is gone", route(json!({ "GatewayId": "vpce-1", "State": "blackhole" })), No),
        (
            "a service's endpoint",
            json!([{ "DestinationPrefixListId": "pl-1", "GatewayId": "vpce-1", "State": "active" }]),
            No,
        ),
        (
            "a list to the internet",
            json!([{ "DestinationPrefixListId": "pl-1", "GatewayId": "igw-1", "State": "active" }]),
            Unknown,
        ),
        ("gateway not seen", route(json!({ "GatewayId": unseen() })), Unknown),
        ("state not seen", route(json!({ "GatewayId": "igw-1", "State": unseen() })), Unknown),
        ("who made it not seen", route(json!({ "GatewayId": "igw-1", "Origin": unseen() })), Yes),
        ("a route not seen", json!([unseen()]), Unknown),
        ("a way out and a route not seen", json!([default_v4()[1], unseen()]), Yes),
        ("routes not seen", unseen(), Unknown),
        ("none", json!([]), No),
    ] {
        let network = || Network { routes: routes.clone(), ..Network::default() };
        table.row(name, network().exposed(&[22]), promised.clone());
        let world = network().around("AWS::EC2::Instance", json!({}));
        table.row(
            &format!("{name}, of the subnet"),
            world.ask_of(3, "net.public_subnet", &[Value::Null]),
            promised,
        );
    }
    table.holds();
}

#[test]
fn a_subnet_without_a_table_of_its_own_has_the_main_one() {
    let subnet = || World::default().with(SUBNET, json!({ "SubnetId": "subnet-1", "VpcId": "vpc-1" }));
    let table = |vpc: Value, main: Value| json!({ "VpcId": vpc, "Observed": { "Routes": default_v4(), "Associations": main } });
    let main = json!([{ "Main": true }]);
    assert_eq!(subnet().with(ROUTES, table(json!("vpc-1"), main.clone())).says("net.public_subnet"), Yes);
    assert_eq!(subnet().with(ROUTES, table(json!("vpc-2"), main.clone())).says("net.public_subnet"), Unknown);
    assert_eq!(subnet().with(ROUTES, table(unseen(), main.clone())).says("net.public_subnet"), Unknown);
    assert_eq!(subnet().listed(ROUTES).says("net.public_subnet"), Unknown);
    // A table that nobody saw could be the subnet's own.
    let partly = subnet().with(ROUTES, table(json!("vpc-1"), main)).refused(ROUTES);
    assert_eq!(partly.says("net.public_subnet"), Unknown);
    let of_code = World::default().with(SUBNET, json!({ "CidrBlock": "10.0.1.0/24" })).listed(ROUTES);
    assert_eq!(of_code.says("net.public_subnet"), Unknown);
}

#[test]
fn a_network_acl_must_let_in_and_let_answers_out() {
    let mut table = Table::default();
    let out = || entry(100, true, "allow", json!({}));
    let only = |ports: [u16; 2], protocol: Value| json!({ "Protocol": protocol, "PortRange": { "From": ports[0], "To": ports[1] } });
    for (name, entries, promised) in [
        ("open", open_acl(), Yes),
        ("nothing in", json!([out()]), No),
        ("nothing out", json!([entry(100, false, "allow", json!({}))]), No),
        (
            "only low ports out",
            json!([
                entry(100, false, "allow", json!({})),
                entry(100, true, "allow", only([0, 1023], json!("6")))
            ]),
            No,
        ),
        (
            "answers out",
            json!([
                entry(100, false, "allow", json!({})),
                entry(100, true, "allow", only([32768, 60999], json!("6")))
            ]),
            Yes,
        ),
        (
            "denied before",
            json!([
                entry(90, false, "deny", only([22, 22], json!("6"))),
                entry(100, false, "allow", json!({})),
                out()
            ]),
            No,
        ),
        (
            "denied after",
            json!([
                entry(110, false, "deny", only([22, 22], json!("6"))),
                entry(100, false, "allow", json!({})),
                out()
            ]),
            Yes,
        ),
        (
            "denied before, as a number",
            json!([
                entry(90, false, "deny", only([22, 22], json!(6))),
                entry(100, false, "allow", json!({ "Protocol": -1 })),
                out()
            ]),
            No,
        ),
        (
            "datagrams denied before",
            json!([
                entry(90, false, "deny", only([22, 22], json!("17"))),
                entry(100, false, "allow", json!({})),
                out()
            ]),
            Yes,
        ),
        (
            "a part of the internet denied",
            json!([
                entry(90, false, "deny", json!({ "CidrBlock": "203.0.113.0/24" })),
                entry(100, false, "allow", json!({})),
                out()
            ]),
            Yes,
        ),
        (
            "IPv6 alone allowed",
            json!([entry(100, false, "allow", json!({ "CidrBlock": null, "Ipv6CidrBlock": "::/0" })), out()]),
            No,
        ),
        (
            "IPv6 alone denied",
            json!([
                entry(90, false, "deny", json!({ "CidrBlock": null, "Ipv6CidrBlock": "::/0" })),
                entry(100, false, "allow", json!({})),
                out()
            ]),
            Yes,
        ),
        (
            "an office alone",
            json!([entry(100, false, "allow", json!({ "CidrBlock": "203.0.113.0/24" })), out()]),
            No,
        ),
        ("not seen", unseen(), Unknown),
    ] {
        table.row(name, Network { acl: entries, ..Network::default() }.exposed(&[22]), promised);
    }
    table.holds();
}

#[test]
fn what_is_not_in_view_is_not_taken_for_none() {
    let mut table = Table::default();
    let without = |kind: &str| {
        let mut world = Network::default().around("AWS::EC2::Instance", json!({ "InstanceId": "i-1" }));
        world.assets.retain(|asset| asset.kind != *kind);
        world
    };
    for kind in [GROUP, INTERFACE, ROUTES, ACL] {
        let mut refused = without(kind);
        refused.lists.retain(|(listed, _)| listed != kind);
        table.row(&format!("{kind} never listed"), refused.says("net.internet_facing"), Unknown);
        table.row(&format!("{kind} refused"), refused.refused(kind).says("net.internet_facing"), Unknown);
    }
    table.row("a listed estate without interfaces", without(INTERFACE).says("net.internet_facing"), No);
    let nameless = Network::default().around("AWS::EC2::Instance", json!({ "ImageId": "ami-1" }));
    table.row("an instance that has no id yet", nameless.says("net.internet_facing"), Unknown);
    let mut foreign = Network::default().around("AWS::EC2::Instance", json!({ "InstanceId": "i-1" }));
    foreign.assets[2].properties.insert_at("Observed.Attachment.InstanceId", crate::estates::node(unseen()));
    table.row("an interface that may be the instance's", foreign.says("net.internet_facing"), Unknown);
    table.holds();
}

#[test]
fn ports_that_are_none_are_refused() {
    let world = Network::default().around(GROUP, json!({}));
    assert_eq!(world.ask("net.exposed", &[Value::Null, json!([70000])]), Unknown);
    assert_eq!(world.says("net.exposed_ports"), these(&["tcp/22"]));
    let both = json!([{ "IpProtocol": "-1", "CidrIp": "0.0.0.0/0" }, ssh()[0]]);
    let world = Network { rules: both, ..Network::default() }.around(GROUP, json!({}));
    assert_eq!(world.says("net.exposed_ports"), these(&["tcp/0-65535", "tcp/22", "udp/0-65535"]));
}
