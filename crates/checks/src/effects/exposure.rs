//! Whether the internet reaches an asset, for the weight that a gap of it has.

use std::sync::Arc;

use partywall_expr::Trace;
use partywall_model::{Asset, Node};

use super::document::texts;
use super::{Answer, all, any, cidr, is_true, net, policy, seen, trust};
use crate::context::Context;

/// Whether the internet reaches an asset, by network or by a policy for anyone. What the provider serves from
/// the internet is reached even where a caller must sign in there.
pub(crate) fn is_exposed(context: &Context<'_>, asset: &Asset) -> Answer<bool> {
    let mut trace = Trace::default();
    match asset.kind.as_str() {
        "AWS::::Account"
        | "AWS::CloudFront::Distribution"
        | "AWS::ApiGatewayV2::Api"
        | "AWS::ApiGatewayV2::Stage"
        | "AWS::ApiGatewayV2::Route" => Ok(true),
        "AWS::ApiGateway::RestApi" => api_answers(context, asset, &mut trace),
        "AWS::ApiGateway::Stage" | "AWS::ApiGateway::Method" => {
            is_not_private(asset.properties.at("Observed.endpointConfiguration.types"))
        }
        "AWS::ApiGateway::DomainName" => is_not_private(asset.properties.at("EndpointConfiguration.Types")),
        "AWS::EKS::Cluster" => cluster_answers(asset),
        // Its policy may let anyone mount it, and its addresses are those of a network all the same.
        "AWS::EFS::FileSystem" => Ok(false),
        kind if net::is_judged(kind) => net::internet_facing(context, asset, &mut trace),
        kind if policy::is_judged(kind) => policy::public(context, asset, &mut trace),
        "AWS::IAM::Role" => {
            let trust = asset.properties.key("AssumeRolePolicyDocument");
            any([trust::anyone(trust), trust::open_subjects(trust)].map(|who| who.map(|who| !who.is_empty())))
        }
        "AWS::EC2::Snapshot" | "AWS::EC2::Image" | "AWS::RDS::DBSnapshot" | "AWS::RDS::DBClusterSnapshot" => {
            policy::shared_with_all(context, asset)
        }
        _ => Ok(false),
    }
}

/// An API of the internet answers everyone unless a policy says whom. A private one whose policy says everyone
/// answers from any network that has an endpoint for the service, whosever it is (API Gateway Developer Guide,
/// "Private REST APIs").
fn api_answers(context: &Context<'_>, api: &Asset, trace: &mut Trace) -> Answer<bool> {
    let without_policy =
        seen(api.properties.key("Policy")).map(|()| api.properties.key("Policy").is_absent());
    let of_internet = is_not_private(api.properties.at("EndpointConfiguration.Types"));
    any([policy::public(context, api, trace), all([without_policy, of_internet])])
}

fn is_not_private(types: &Node) -> Answer<bool> {
    seen(types)?;
    Ok(!texts(types).contains(&"PRIVATE"))
}

/// The API server of a cluster, as wide as the ranges that it answers.
fn cluster_answers(cluster: &Asset) -> Answer<bool> {
    let network = cluster.properties.key("ResourcesVpcConfig");
    let ranges = network.key("PublicAccessCidrs");
    let unseen = ranges.why().map_or(Ok(false), |why| Err(Arc::clone(why)));
    all([
        is_true(network.key("EndpointPublicAccess")),
        any(std::iter::once(unseen).chain(ranges.items().iter().map(cidr::everywhere))),
    ])
}
