//! Named TLS policies. Source: Elastic Load Balancing User Guide, "Security policies for your Application Load
//! Balancer"; CloudFront Developer Guide, "Supported protocols and ciphers"; API Gateway Developer Guide.

use std::sync::Arc;

use partywall_model::{Node, Why, WhyKind};

use super::Answer;

/// Whether a policy or version lets a client use less than TLS 1.2; where none is named the answer is not known.
pub(super) fn weak(node: &Node) -> Answer<bool> {
    let undecided =
        |what: String, message: &str| Arc::new(Why::new(WhyKind::Undecided, what).with_message(message));
    match node {
        Node::Unknown(why) => Err(Arc::clone(why)),
        Node::Text(name) => oldest(name).map(|version| version < 12).ok_or_else(|| {
            let message = "this TLS policy is not known here; look at the versions it allows";
            undecided(format!("TLS policy `{name}`"), message)
        }),
        _ => Err(undecided("TLS policy".to_owned(), "the answer does not name the TLS policy")),
    }
}

/// The oldest version that a name allows: 0 for SSL, 10 to 13 for TLS 1.0 to 1.3.
fn oldest(name: &str) -> Option<u8> {
    if let Some(policy) = name.strip_prefix("ELBSecurityPolicy-") {
        return elb(policy);
    }
    let name = name.to_ascii_uppercase();
    // OpenSearch Service Developer Guide, "DomainEndpointOptions".
    let name = name.strip_prefix("POLICY-MIN-").unwrap_or(&name);
    // API Gateway Developer Guide, "Supported security policies"; `TLS_1_2` is one of them too.
    if let Some(policy) = name.strip_prefix("SECURITYPOLICY_TLS") {
        return api_gateway(policy);
    }
    let version = name
        .strip_prefix("TLS")
        .map(|rest| rest.trim_start_matches(['V', '_', '-', ' ']).replace(['_', '-'], "."));
    match version.as_deref() {
        None if name.starts_with("SSLV2") || name.starts_with("SSLV3") => Some(0),
        None => None,
        Some(version) => {
            // CloudFront adds the year of the cipher list: `1.2.2021`; a bare `1` or `1.2016` is TLS 1.0.
            match version.split('.').collect::<Vec<_>>().as_slice() {
                ["1", "3", ..] => Some(13),
                ["1", "2", ..] => Some(12),
                ["1", "1", ..] => Some(11),
                ["1"] | ["1", "0", ..] | ["1", "2016"] => Some(10),
                _ => None,
            }
        }
    }
}

/// API Gateway names the newest version and, where it serves more than that one, the oldest after it.
fn api_gateway(policy: &str) -> Option<u8> {
    match policy.split('_').collect::<Vec<_>>().as_slice() {
        ["13", "1", "3", ..] => Some(13),
        ["13", "1", "2", ..] => Some(12),
        ["13", "1", ..] => None,
        ["13", ..] => Some(13),
        ["12", ..] => Some(12),
        _ => None,
    }
}

/// Elastic Load Balancing names the oldest version in the policy; those without one are of the years in which
/// TLS 1.0 was still served.
fn elb(policy: &str) -> Option<u8> {
    let policy = policy.trim_start_matches("FS-");
    match policy {
        "2016-08" | "2015-05" | "2015-03" | "2015-02" | "2014-10" | "2014-01" | "2011-08"
        | "TLS-1-0-2015-04" | "2018-06" => Some(10),
        _ if policy.starts_with("TLS13-1-3") => Some(13),
        _ if policy.starts_with("TLS13-1-2")
            || policy.starts_with("TLS-1-2")
            || policy.starts_with("1-2") =>
        {
            Some(12)
        }
        _ if policy.starts_with("TLS13-1-1")
            || policy.starts_with("TLS-1-1")
            || policy.starts_with("1-1") =>
        {
            Some(11)
        }
        _ if policy.starts_with("TLS13-1-0") || policy.starts_with("TLS-1-0") => Some(10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_is_not_named_is_unknown() {
        assert!(weak(&Node::Absent).is_err());
        assert_eq!(weak(&Node::from("TLSv1.2_2021")), Ok(false));
        assert_eq!(weak(&Node::from("TLSv1.1_2016")), Ok(true));
    }

    #[test]
    fn policies_are_weak_when_they_serve_less_than_tls_1_2() {
        for (name, version) in [
            ("ELBSecurityPolicy-2016-08", Some(10)),
            ("ELBSecurityPolicy-TLS-1-1-2017-01", Some(11)),
            ("ELBSecurityPolicy-TLS-1-2-Ext-2018-06", Some(12)),
            ("ELBSecurityPolicy-FS-2018-06", Some(10)),
            ("ELBSecurityPolicy-FS-1-2-Res-2020-10", Some(12)),
            ("ELBSecurityPolicy-TLS13-1-2-2021-06", Some(12)),
            ("ELBSecurityPolicy-TLS13-1-3-2021-06", Some(13)),
            ("ELBSecurityPolicy-TLS13-1-0-2021-06", Some(10)),
            ("TLSv1", Some(10)),
            ("TLSv1_2016", Some(10)),
            ("TLSv1.1_2016", Some(11)),
            ("TLSv1.2_2021", Some(12)),
            ("TLS_1_0", Some(10)),
            ("TLS_1_2", Some(12)),
            ("SSLv3", Some(0)),
            ("SSL-of-ours", None),
            ("TLSv1_2016", Some(10)),
            ("TLSv1.2_2025", Some(12)),
            ("TLSv1.3_2025", Some(13)),
            ("ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", Some(12)),
            ("ELBSecurityPolicy-TLS13-1-2-Ext0-FIPS-2023-04", Some(12)),
            ("ELBSecurityPolicy-TLS13-1-1-2021-06", Some(11)),
            ("ELBSecurityPolicy-2015-05", Some(10)),
            ("ELBSecurityPolicy-of-ours", None),
            ("Policy-Min-TLS-1-0-2019-07", Some(10)),
            ("Policy-Min-TLS-1-2-PFS-2023-10", Some(12)),
            ("CompanyPolicy", None),
            ("SecurityPolicy_TLS13_1_3_2025_09", Some(13)),
            ("SecurityPolicy_TLS13_2025_EDGE", Some(13)),
            ("SecurityPolicy_TLS13_1_2_PQ_2025_09", Some(12)),
            ("SecurityPolicy_TLS12_2018_EDGE", Some(12)),
            ("SecurityPolicy_TLS12_PFS_2025_EDGE", Some(12)),
            ("SecurityPolicy_TLS13_1_1_2030_01", None),
            ("SecurityPolicy_of-ours", None),
        ] {
            assert_eq!(oldest(name), version, "{name}");
        }
    }
}
