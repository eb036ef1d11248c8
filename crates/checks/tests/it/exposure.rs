//! What the internet reaches, for the weight that a gap has.

use crate::estates::{Said::*, Table, Value, World, json, unseen};
use crate::net::Network;

fn with(base: Value, more: Value) -> Value {
    let mut all = base;
    for (key, value) in more.as_object().unwrap() {
        all[key] = value.clone();
    }
    all
}

fn open() -> Value {
    json!({ "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }] })
}

fn own() -> Value {
    json!({ "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:root" }, "Action": "*", "Resource": "*" }] })
}

fn warehouse(more: Value) -> Value {
    let base = json!({
        "ClusterIdentifier": "facts", "PubliclyAccessible": true, "VpcSecurityGroupIds": ["sg-1"],
        "Endpoint": { "Port": 22 }, "Observed": { "VpcId": "vpc-1" }
    });
    with(base, more)
}

#[test]
fn a_warehouse_is_reached_when_it_asked_for_an_address_and_all_around_lets_in() {
    let mut table = Table::default();
    for (name, more, promised) in [
        ("as it is", json!({}), Yes),
        ("no public address", json!({ "PubliclyAccessible": false }), No),
        ("not seen whether", json!({ "PubliclyAccessible": unseen() }), Unknown),
        ("another port", json!({ "Endpoint": { "Port": 5439 } }), No),
        ("port not seen", json!({ "Endpoint": { "Port": unseen() } }), Unknown),
        ("no address yet", json!({ "Endpoint": {} }), Unknown),
        ("port as it will be made", json!({ "Endpoint": null, "Port": 22 }), Yes),
        ("network not in view", json!({ "Observed": {} }), Unknown),
        ("network not seen", json!({ "Observed": { "VpcId": unseen() } }), Unknown),
        ("a network whose subnets are not in view", json!({ "Observed": { "VpcId": "vpc-9" } }), Unknown),
        ("no groups", json!({ "VpcSecurityGroupIds": [] }), No),
        ("groups not seen", json!({ "VpcSecurityGroupIds": unseen() }), Unknown),
        ("a group that is not in view", json!({ "VpcSecurityGroupIds": ["sg-9"] }), Unknown),
    ] {
        let world = Network::default().around("AWS::Redshift::Cluster", warehouse(more));
        table.row(name, world.says("net.internet_facing"), promised.clone());
        table.row(name, world.is_exposed(), promised);
    }
    let around = |network: Network| network.around("AWS::Redshift::Cluster", warehouse(json!({})));
    let routes = |to: &str| {
        json!({ "RouteTableId": "rtb-2", "VpcId": "vpc-1", "Observed": {
            "Routes": [{ "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": to, "State": "active" }],
            "Associations": [{ "SubnetId": "subnet-2", "Main": false }] } })
    };
    let inner = around(Network::default())
        .with("AWS::EC2::Subnet", json!({ "SubnetId": "subnet-2", "VpcId": "vpc-1" }))
        .with("AWS::EC2::RouteTable", routes("local"));
    table.row("one subnet of two leads out", inner.is_exposed(), Unknown);
    let private = around(Network { routes: json!([]), ..Network::default() });
    table.row("no route", private.is_exposed(), No);
    let hidden = around(Network { routes: unseen(), ..Network::default() });
    table.row("routes not seen", hidden.is_exposed(), Unknown);
    let closed = around(Network { acl: json!([]), ..Network::default() });
    table.row("closed by the network ACL", closed.is_exposed(), No);
    let refused = around(Network::default()).refused("AWS::EC2::Subnet");
    table.row("list of subnets refused", refused.is_exposed(), Unknown);
    let v6 = json!([{ "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv6": "::/0" }]);
    let v6_way = json!([{ "DestinationIpv6CidrBlock": "::/0", "GatewayId": "igw-1", "State": "active" }]);
    for (kind, promised) in
        [(json!("ipv4"), No), (json!("dualstack"), Yes), (unseen(), Unknown), (json!(null), Unknown)]
    {
        let network = Network { rules: v6.clone(), routes: v6_way.clone(), ..Network::default() };
        let subject = warehouse(json!({ "Observed": { "VpcId": "vpc-1", "IpAddressType": kind } }));
        let world = network.around("AWS::Redshift::Cluster", subject);
        table.row(&format!("over IPv6 alone: {kind}"), world.is_exposed(), promised);
    }
    table.holds();
}

#[test]
fn a_load_balancer_of_the_first_generation_is_reached_at_its_listeners() {
    let mut table = Table::default();
    let balancer = |more: Value| {
        let base = json!({
            "Scheme": "internet-facing", "SecurityGroups": ["sg-1"], "Subnets": ["subnet-1"],
            "Listeners": [{ "LoadBalancerPort": "22", "Protocol": "TCP" }]
        });
        Network::default().around("AWS::ElasticLoadBalancing::LoadBalancer", with(base, more))
    };
    for (name, more, promised) in [
        ("as it is", json!({}), Yes),
        ("internal", json!({ "Scheme": "internal" }), No),
        ("scheme not seen", json!({ "Scheme": unseen() }), Unknown),
        ("another port", json!({ "Listeners": [{ "LoadBalancerPort": "443", "Protocol": "HTTPS" }] }), No),
        ("no listener", json!({ "Listeners": [] }), No),
        ("listeners not seen", json!({ "Listeners": unseen() }), Unknown),
        ("port not seen", json!({ "Listeners": [{ "LoadBalancerPort": unseen() }] }), Unknown),
        ("groups not seen", json!({ "SecurityGroups": unseen() }), Unknown),
        ("subnets not seen", json!({ "Subnets": unseen() }), Unknown),
    ] {
        table.row(name, balancer(more).is_exposed(), promised);
    }
    table.holds();
}

#[test]
fn a_policy_for_anyone_exposes_what_it_is_about() {
    let mut table = Table::default();
    for (kind, path) in [
        ("AWS::DynamoDB::Table", "Observed"),
        ("AWS::Kinesis::Stream", "Observed"),
        ("AWS::Backup::BackupVault", "Observed"),
        ("AWS::Glue::DataCatalogEncryptionSettings", "Observed"),
        ("AWS::ECR::Repository", "RepositoryPolicyText"),
        ("AWS::OpenSearchService::Domain", "AccessPolicies"),
    ] {
        for (name, policy, promised) in [
            ("anyone", open(), Yes),
            ("own account", own(), No),
            ("none", json!(null), No),
            ("not seen", unseen(), Unknown),
        ] {
            let held = if path == "Observed" { json!({ "Policy": policy }) } else { policy };
            let world = World::default().with(kind, json!({ path: held }));
            table.row(&format!("{kind}: {name}"), world.is_exposed(), promised.clone());
            table.row(&format!("{kind}: {name}, by policy"), world.says("policy.public"), promised);
        }
    }
    let domain = |subnets: Value| {
        let properties = json!({ "AccessPolicies": open(), "VPCOptions": { "SubnetIds": subnets } });
        World::default().with("AWS::OpenSearchService::Domain", properties).is_exposed()
    };
    table.row("a domain in a network", domain(json!(["subnet-1"])), No);
    table.row("a domain of which nobody saw where", domain(unseen()), Unknown);
    let files = World::default().with("AWS::EFS::FileSystem", json!({ "Observed": { "Policy": open() } }));
    table.row("files that anyone may mount", files.says("policy.public"), Yes);
    table.row("files have addresses of a network alone", files.is_exposed(), No);
    table.holds();
}

#[test]
fn an_api_answers_the_internet_unless_it_is_private_or_a_policy_says_whom() {
    let mut table = Table::default();
    let api = |types: Value, policy: Value| {
        let properties = json!({ "EndpointConfiguration": { "Types": types }, "Policy": policy });
        World::default().with("AWS::ApiGateway::RestApi", properties).is_exposed()
    };
    let none = json!(null);
    table.row("no policy", api(json!(["REGIONAL"]), none.clone()), Yes);
    table.row("for anyone", api(json!(["EDGE"]), open()), Yes);
    table.row("for the own account", api(json!(["EDGE"]), own()), No);
    table.row("policy not seen", api(json!(["EDGE"]), unseen()), Unknown);
    table.row("private", api(json!(["PRIVATE"]), none.clone()), No);
    table.row("private for anyone's endpoint", api(json!(["PRIVATE"]), open()), Yes);
    table.row("kind not seen", api(unseen(), none), Unknown);
    for (kind, path) in [
        ("AWS::ApiGateway::Stage", "/Observed/endpointConfiguration/types"),
        ("AWS::ApiGateway::Method", "/Observed/endpointConfiguration/types"),
        ("AWS::ApiGateway::DomainName", "/EndpointConfiguration/Types"),
    ] {
        for (types, promised) in [(json!(["EDGE"]), Yes), (json!(["PRIVATE"]), No), (unseen(), Unknown)] {
            let mut properties = json!({ "Observed": { "endpointConfiguration": { "types": [] } }, "EndpointConfiguration": { "Types": [] } });
            *properties.pointer_mut(path).unwrap() = types.clone();
            let world = World::default().with(kind, properties);
            table.row(&format!("{kind} {types}"), world.is_exposed(), promised);
        }
    }
    for kind in ["AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Stage", "AWS::CloudFront::Distribution"] {
        table.row(kind, World::default().with(kind, json!({})).is_exposed(), Yes);
    }
    table.holds();
}

#[test]
fn a_cluster_is_reached_when_its_endpoint_answers_everywhere() {
    let mut table = Table::default();
    let cluster = |public: Value, ranges: Value| {
        let network = json!({ "EndpointPublicAccess": public, "PublicAccessCidrs": ranges });
        World::default().with("AWS::EKS::Cluster", json!({ "ResourcesVpcConfig": network })).is_exposed()
    };
    table.row("everywhere", cluster(json!(true), json!(["198.51.100.0/24", "0.0.0.0/0"])), Yes);
    table.row("one office", cluster(json!(true), json!(["198.51.100.0/24"])), No);
    table.row("inside", cluster(json!(false), json!(["0.0.0.0/0"])), No);
    table.row("not seen whether", cluster(unseen(), json!(["0.0.0.0/0"])), Unknown);
    table.row("ranges not seen", cluster(json!(true), unseen()), Unknown);
    table.row("a range not seen", cluster(json!(true), json!(["198.51.100.0/24", unseen()])), Unknown);
    table.holds();
}

#[test]
fn a_denial_without_tls_is_about_the_service_of_the_asset() {
    let mut table = Table::default();
    for (kind, service) in [
        ("AWS::EFS::FileSystem", "elasticfilesystem"),
        ("AWS::DynamoDB::Table", "dynamodb"),
        ("AWS::Kinesis::Stream", "kinesis"),
        ("AWS::Backup::BackupVault", "backup"),
        ("AWS::ECR::Repository", "ecr"),
        ("AWS::OpenSearchService::Domain", "es"),
        ("AWS::ApiGateway::RestApi", "execute-api"),
    ] {
        for (action, promised) in [
            (format!("{service}:*"), Yes),
            ("*".to_owned(), Yes),
            (format!("{service}:Get*"), No),
            ("s3:*".to_owned(), No),
        ] {
            let policy = json!({ "Statement": [{ "Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*",
                "Condition": { "Bool": { "aws:SecureTransport": "false" } } }] });
            let said = World::default().with(kind, json!({})).ask("policy.requires_tls", &[policy]);
            table.row(&format!("{kind}: {action}"), said, promised);
        }
    }
    table.holds();
}
