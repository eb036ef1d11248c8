//! What the internet reaches through a service: databases, load balancers, functions.

use crate::estates::{Said::*, Table, Value, World, json, these, unseen};
use crate::net::{Network, ssh};

fn database(more: Value) -> Value {
    let mut database = json!({
        "DBInstanceIdentifier": "accounts", "DBClusterIdentifier": "c", "PubliclyAccessible": true, "VPCSecurityGroups": ["sg-1"],
        "Observed": { "Endpoint": { "Port": 22 }, "DBSubnetGroup": { "Subnets": [{ "SubnetIdentifier": "subnet-1" }] } }
    });
    for (key, value) in more.as_object().unwrap() {
        database[key] = value.clone();
    }
    database
}

#[test]
fn a_database_is_reached_when_it_asked_for_an_address_and_all_around_lets_in() {
    let mut table = Table::default();
    let subnets = json!([{ "SubnetIdentifier": "subnet-1" }]);
    for (name, more, promised) in [
        ("as it is", json!({}), Yes),
        ("no public address", json!({ "PubliclyAccessible": false }), No),
        ("not seen whether", json!({ "PubliclyAccessible": unseen() }), Unknown),
        (
            "another port",
            json!({ "Observed": { "Endpoint": { "Port": 5432 }, "DBSubnetGroup": { "Subnets": subnets } } }),
            No,
        ),
        (
            "port as it will be made",
            json!({ "Port": "22", "Observed": { "DBSubnetGroup": { "Subnets": subnets } } }),
            Yes,
        ),
        ("no address yet", json!({ "Observed": { "DBSubnetGroup": { "Subnets": subnets } } }), Unknown),
        (
            "subnets not seen",
            json!({ "Observed": { "Endpoint": { "Port": 22 }, "DBSubnetGroup": { "Subnets": unseen() } } }),
            Unknown,
        ),
        (
            "one subnet open, one not seen",
            json!({ "Observed": { "Endpoint": { "Port": 22 }, "DBSubnetGroup": { "Subnets": [subnets[0], unseen()] } } }),
            Yes,
        ),
        ("no subnets in view", json!({ "Observed": { "Endpoint": { "Port": 22 } } }), Unknown),
        ("no groups", json!({ "VPCSecurityGroups": [] }), No),
        ("groups not seen", json!({ "VPCSecurityGroups": unseen() }), Unknown),
        ("a group that is not in view", json!({ "VPCSecurityGroups": ["sg-9"] }), Unknown),
    ] {
        let world = Network::default().around("AWS::RDS::DBInstance", database(more.clone()));
        table.row(name, world.says("net.internet_facing"), promised.clone());
        let cluster = Network::default()
            .around("AWS::RDS::DBCluster", json!({ "DBClusterIdentifier": "c" }))
            .with("AWS::RDS::DBInstance", database(more));
        table.row(&format!("{name}, of the cluster"), cluster.says("net.internet_facing"), promised);
    }
    let other = Network::default()
        .around("AWS::RDS::DBCluster", json!({ "DBClusterIdentifier": "d" }))
        .with("AWS::RDS::DBInstance", database(json!({})));
    table.row("another cluster", other.says("net.internet_facing"), No);
    let udp = Network {
        rules: json!([{ "IpProtocol": "udp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0" }]),
        ..Network::default()
    };
    table.row(
        "datagrams",
        udp.around("AWS::RDS::DBInstance", database(json!({}))).says("net.internet_facing"),
        No,
    );
    let private = Network { routes: json!([]), rules: unseen(), ..Network::default() };
    table.row(
        "rules not seen, no route",
        private.around("AWS::RDS::DBInstance", database(json!({}))).says("net.internet_facing"),
        No,
    );
    table.holds();
}

fn balancer(network: Network, more: Value, listener: Value) -> World {
    let mut balancer = json!({
        "LoadBalancerArn": "lb-1", "Scheme": "internet-facing", "Type": "application", "IpAddressType": "ipv4",
        "SecurityGroups": ["sg-1"], "Subnets": ["subnet-1"]
    });
    for (key, value) in more.as_object().unwrap() {
        balancer[key] = value.clone();
    }
    let mut full = json!({ "LoadBalancerArn": "lb-1", "Port": 22, "Protocol": "HTTPS" });
    for (key, value) in listener.as_object().unwrap() {
        full[key] = value.clone();
    }
    network
        .around("AWS::ElasticLoadBalancingV2::LoadBalancer", balancer)
        .with("AWS::ElasticLoadBalancingV2::Listener", full)
}

#[test]
fn a_load_balancer_serves_the_ports_of_its_listeners_that_its_groups_let_in() {
    let mut table = Table::default();
    let udp_rules = || json!([{ "IpProtocol": "udp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0" }]);
    for (name, rules, more, listener, promised) in [
        ("as it is", ssh(), json!({}), json!({}), these(&["tcp/22"])),
        ("internal", ssh(), json!({ "Scheme": "internal" }), json!({}), these(&[])),
        ("scheme not seen", ssh(), json!({ "Scheme": unseen() }), json!({}), Unknown),
        ("a port that its groups do not let in", ssh(), json!({}), json!({ "Port": 443 }), these(&[])),
        ("port not seen", ssh(), json!({}), json!({ "Port": unseen() }), Unknown),
        ("another one's listener", ssh(), json!({}), json!({ "LoadBalancerArn": "lb-2" }), these(&[])),
        ("a listener that may be its", ssh(), json!({}), json!({ "LoadBalancerArn": unseen() }), Unknown),
        (
            "without groups",
            json!([]),
            json!({ "SecurityGroups": [], "Type": "network" }),
            json!({ "Port": 443, "Protocol": "TCP" }),
            these(&["tcp/443"]),
        ),
        ("groups not seen", ssh(), json!({ "SecurityGroups": unseen() }), json!({}), Unknown),
        (
            "datagrams",
            udp_rules(),
            json!({ "Type": "network" }),
            json!({ "Protocol": "UDP" }),
            these(&["udp/22"]),
        ),
        (
            "datagrams, streams let in",
            ssh(),
            json!({ "Type": "network" }),
            json!({ "Protocol": "UDP" }),
            these(&[]),
        ),
        ("streams, datagrams let in", udp_rules(), json!({}), json!({}), these(&[])),
        (
            "both without groups",
            json!([]),
            json!({ "SecurityGroups": null, "Type": "network" }),
            json!({ "Protocol": "TCP_UDP" }),
            these(&["tcp/22", "udp/22"]),
        ),
        (
            "no public IPv4",
            ssh(),
            json!({ "IpAddressType": "dualstack-without-public-ipv4" }),
            json!({}),
            these(&[]),
        ),
        ("dual stack", ssh(), json!({ "IpAddressType": "dualstack" }), json!({}), these(&["tcp/22"])),
        ("subnets not seen", ssh(), json!({ "Subnets": unseen() }), json!({}), Unknown),
        ("no subnets in view", ssh(), json!({ "Subnets": null }), json!({}), Unknown),
        ("a subnet that is not in view", ssh(), json!({ "Subnets": ["subnet-9"] }), json!({}), Unknown),
    ] {
        let world = balancer(Network { rules, ..Network::default() }, more, listener);
        table.row(name, world.says("net.exposed_ports"), promised);
    }
    let private = Network { routes: json!([]), ..Network::default() };
    table.row("no route", balancer(private, json!({}), json!({})).says("net.internet_facing"), No);
    let closed = Network { acl: json!([]), ..Network::default() };
    table.row(
        "closed by the network ACL",
        balancer(closed, json!({}), json!({})).says("net.internet_facing"),
        No,
    );
    table.holds();
}

#[test]
fn an_open_address_of_a_function_is_reached_at_443() {
    let function = |auth: Value| {
        World::default().with(
            "AWS::Lambda::Function",
            json!({ "Observed": { "FunctionUrlConfig": { "AuthType": auth } } }),
        )
    };
    assert_eq!(function(json!("NONE")).says("net.exposed_ports"), these(&["tcp/443"]));
    assert_eq!(function(json!("NONE")).ask("net.exposed", &[Value::Null, json!([22])]), No);
    assert_eq!(function(json!("AWS_IAM")).says("net.internet_facing"), No);
    assert_eq!(function(unseen()).says("net.internet_facing"), Unknown);
}
