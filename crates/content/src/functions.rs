//! The host functions of expressions: what they take, what they give, and what they mean.
//!
//! This table is what the build checks expressions against and what the reference page is made of. The
//! check engine implements the functions; a test there holds it to this table.

use partywall_expr::{Language, Parameter, Signature, Type};

const ASSET: Parameter = Parameter::required("asset", Type::Asset);
const DOCUMENT: Parameter = Parameter::required("document", Type::Any);
const ACTION: Parameter = Parameter::required("action", Type::Text);
const KIND: Parameter = Parameter::required("kind", Type::Text);
const PRODUCT: Parameter = Parameter::required("product", Type::Text);
const VERSION: Parameter = Parameter::required("version", Type::Any);

const fn function(
    name: &'static str,
    parameters: &'static [Parameter],
    returns: Type,
    example: &'static str,
    doc: &'static str,
) -> Signature {
    Signature { name, parameters, returns, accepts_unknown: false, doc, example }
}

/// Every host function.
pub const FUNCTIONS: &[Signature] = &[
    function(
        "policy.public",
        &[ASSET],
        Type::Bool,
        "policy.public(asset)",
        "Whether anyone can use the resource: its policy allows a `*` principal without a condition that narrows it. For a bucket and an access point the access list and block public access of bucket and account are weighed too.",
    ),
    function(
        "policy.writable",
        &[ASSET],
        Type::Bool,
        "policy.writable(asset)",
        "The same for operations that may change or delete what is there: any that is not known to only read.",
    ),
    function(
        "policy.anyone",
        &[DOCUMENT],
        Type::List,
        "size(policy.anyone(asset.KeyPolicy)) > 0",
        "The statements of a policy document, by Sid or number, that allow a `*` principal without a condition that narrows it.",
    ),
    function(
        "policy.foreign_accounts",
        &[ASSET, DOCUMENT],
        Type::List,
        "size(policy.foreign_accounts(asset, asset.AssumeRolePolicyDocument)) > 0",
        "Account ids that a policy document lets in, as principals or by a condition on a `*` principal, and that are neither in view nor declared in `partywall.yaml`.",
    ),
    function(
        "policy.admin",
        &[DOCUMENT],
        Type::Bool,
        "policy.admin(asset.PolicyDocument)",
        "Whether a policy document allows every action on every resource.",
    ),
    function(
        "policy.allows",
        &[DOCUMENT, ACTION],
        Type::Bool,
        "policy.allows(asset.PolicyDocument, \"iam:PassRole\")",
        "Whether a policy document allows an action on every resource that it has (`*`, or all names of its type), unconditional denials taken away. Conditions on MFA and TLS alone do not count as conditions.",
    ),
    function(
        "policy.wildcards",
        &[DOCUMENT],
        Type::List,
        "size(policy.wildcards(asset.PolicyDocument)) > 0",
        "Wildcards over a whole service or more that a policy document allows on every resource; a `NotAction` is one.",
    ),
    function(
        "policy.requires_tls",
        &[DOCUMENT],
        Type::Bool,
        "!policy.requires_tls(asset.Observed.Policy)",
        "Whether the asset's policy document denies everyone everything (of a topic: to publish) when `aws:SecureTransport` is false; of a bucket, on itself and its objects.",
    ),
    function(
        "trust.anyone",
        &[DOCUMENT],
        Type::List,
        "size(trust.anyone(asset.AssumeRolePolicyDocument)) > 0",
        "The statements of a trust policy that let any AWS principal assume the role without a condition that narrows it.",
    ),
    function(
        "trust.vendors_without_external_id",
        &[ASSET, DOCUMENT],
        Type::List,
        "size(trust.vendors_without_external_id(asset, asset.AssumeRolePolicyDocument)) > 0",
        "Account ids outside the organisation that a trust policy lets in without asking for `sts:ExternalId` or the organisation's own id.",
    ),
    function(
        "trust.open_subjects",
        &[DOCUMENT],
        Type::List,
        "size(trust.open_subjects(asset.AssumeRolePolicyDocument)) > 0",
        "OpenID Connect trusts whose subject is not narrowed: no condition on `:sub`, or one that spans organisations, repositories, projects or namespaces.",
    ),
    function(
        "iam.admin",
        &[ASSET],
        Type::Bool,
        "iam.admin(asset)",
        "Whether a user, group or role is allowed every action on every resource, boundary taken into account.",
    ),
    function(
        "iam.can",
        &[ASSET, ACTION],
        Type::Bool,
        "iam.can(asset, \"iam:PassRole\")",
        "Whether a user, group or role is allowed an action on every resource that it has (`*`, or all names of its type): all its policies, unconditional denials taken away, within its boundary. Conditions on MFA and TLS alone do not count as conditions.",
    ),
    function(
        "iam.reads_all_buckets",
        &[ASSET],
        Type::Bool,
        "iam.reads_all_buckets(asset)",
        "Whether a user, group or role may read the objects of every bucket.",
    ),
    function(
        "iam.escalates",
        &[ASSET],
        Type::List,
        "size(iam.escalates(asset)) > 0",
        "Simple ways in which a user, group or role can give itself more rights.",
    ),
    function(
        "net.exposed",
        &[ASSET, Parameter::required("ports", Type::List)],
        Type::Bool,
        "net.exposed(asset, [22, 3389])",
        "Whether the internet reaches one of the ports (any, where the list is empty): security group, network ACL, route to an internet gateway and public address together. Of a security group: whether one of its own rules lets the internet reach an interface.",
    ),
    function(
        "net.exposed_ports",
        &[ASSET],
        Type::List,
        "net.exposed_ports(asset).exists(p, p == \"tcp/22\")",
        "The port ranges that the internet reaches, as `tcp/22` or `udp/0-65535`.",
    ),
    function(
        "net.internet_facing",
        &[ASSET],
        Type::Bool,
        "net.internet_facing(asset)",
        "Whether the internet reaches the asset on any port.",
    ),
    function(
        "net.public_subnet",
        &[ASSET],
        Type::Bool,
        "net.public_subnet(asset)",
        "Whether a subnet's route table leads to an internet gateway.",
    ),
    function(
        "estate.in_account",
        &[ASSET, KIND],
        Type::List,
        "estate.in_account(asset, \"AWS::CloudTrail::Trail\").exists(t, t.IsLogging)",
        "The properties of all assets of a kind in the asset's account, with one unknown element where not all are in view.",
    ),
    function(
        "estate.in_region",
        &[ASSET, KIND],
        Type::List,
        "size(estate.in_region(asset, \"AWS::GuardDuty::Detector\")) == 0",
        "The properties of all assets of a kind in the asset's account and region, with one unknown element where not all are in view.",
    ),
    function(
        "estate.find",
        &[ASSET, KIND, Parameter::required("property", Type::Text), Parameter::required("value", Type::Any)],
        Type::List,
        "estate.find(asset, \"AWS::EC2::Subnet\", \"SubnetId\", asset.SubnetId)",
        "Of the assets of a kind in the asset's account those whose property equals, or as a list contains, the value; with one unknown element where not all are in view.",
    ),
    function(
        "estate.account",
        &[ASSET],
        Type::Any,
        "estate.account(asset).Observed.PasswordPolicy",
        "The properties of the asset's account.",
    ),
    function(
        "estate.region",
        &[ASSET],
        Type::Any,
        "estate.region(asset).Observed.EbsEncryptionByDefault",
        "The properties of the asset's account in its region.",
    ),
    function(
        "age_days",
        &[Parameter::required("time", Type::Any)],
        Type::Int,
        "age_days(asset.Observed.CreateDate) > 90",
        "Whole days from a time (RFC 3339) to the time of judgement; negative for the future.",
    ),
    function(
        "tls.weak",
        &[Parameter::required("policy", Type::Any)],
        Type::Bool,
        "tls.weak(asset.SslPolicy)",
        "Whether a named TLS policy or protocol version lets a client use less than TLS 1.2. A policy that is not known, or not named, is unknown.",
    ),
    function(
        "tag",
        &[ASSET, Parameter::required("name", Type::Text)],
        Type::Any,
        "tag(asset, \"owner\") == null",
        "The value of a tag whose name is compared without regard to case, `-`, `_` and spaces.",
    ),
    function(
        "sensitivity",
        &[ASSET],
        Type::Text,
        "sensitivity(asset) == \"high\"",
        "How much it would hurt to lose what the asset holds: `low`, `medium` or `high`, as `partywall.yaml` says; `medium` where it says nothing.",
    ),
    function(
        "privacy.personal",
        &[ASSET],
        Type::Bool,
        "privacy.personal(asset)",
        "Whether a store is named or tagged for personal data; `partywall.yaml` says by which words and tags. Of an instance of a database cluster no: the cluster is the store.",
    ),
    function(
        "privacy.said",
        &[ASSET, Parameter::required("what", Type::Text)],
        Type::Any,
        "privacy.said(asset, \"purpose\") == null",
        "What the tags of a store say of its `owner`, its `purpose` or its `retention`; `partywall.yaml` says under which names. A placeholder such as `tbd` says nothing.",
    ),
    function(
        "privacy.region_allowed",
        &[ASSET],
        Type::Any,
        "privacy.region_allowed(asset) == false",
        "Whether personal data may lie in the asset's region; absent where `partywall.yaml` names no regions.",
    ),
    function(
        "cidr.public",
        &[Parameter::required("range", Type::Any)],
        Type::Bool,
        "cidr.public(rule.CidrIp)",
        "Whether an address range holds public addresses.",
    ),
    function(
        "cidr.everywhere",
        &[Parameter::required("range", Type::Any)],
        Type::Bool,
        "cidr.everywhere(rule.CidrIp)",
        "Whether an address range is the whole internet, or so wide (IPv4 /8, IPv6 /16) that it might as well be.",
    ),
    LIFECYCLE_ENDED,
    LIFECYCLE_KNOWN,
];

const LIFECYCLE_ENDED: Signature = function(
    "lifecycle.ended",
    &[PRODUCT, VERSION],
    Type::Bool,
    "lifecycle.ended(\"aws-lambda-runtime\", asset.Runtime)",
    "Whether a version of a product is no longer supported at the time of judgement. A version that is not listed is taken as supported.",
);

const LIFECYCLE_KNOWN: Signature = function(
    "lifecycle.known",
    &[PRODUCT, VERSION],
    Type::Bool,
    "lifecycle.known(\"aws-rds-postgres\", asset.EngineVersion)",
    "Whether a version of a product is listed.",
);

/// The functions that lines may use: those that need the asset's own properties and the time alone.
pub const LINE_FUNCTIONS: &[Signature] = &[LIFECYCLE_ENDED, LIFECYCLE_KNOWN];

/// The language of a check's `applies_when` and `fails_when`.
pub fn check_language() -> Language {
    Language::new(["asset"], FUNCTIONS)
}

/// The language of a line's `when` and of a switch's `on_when`.
pub fn line_language() -> Language {
    Language::new(["asset"], LINE_FUNCTIONS)
}

/// The functions of collectors, which the collector engine of each cloud answers.
pub const COLLECTOR_FUNCTIONS: &[Signature] = &[
    function(
        "pick",
        &[Parameter::required("map", Type::Any), Parameter::required("names", Type::List)],
        Type::Map,
        "pick(item.MetadataOptions, [\"HttpTokens\", \"HttpEndpoint\"])",
        "Of a map only these entries; absent where there is no map.",
    ),
    function(
        "to_map",
        &[
            Parameter::required("list", Type::Any),
            Parameter::required("name", Type::Text),
            Parameter::required("value", Type::Text),
        ],
        Type::Map,
        "to_map(reply, \"ParameterName\", \"ParameterValue\")",
        "A list of maps as one map: what stands under `name` leads to what stands under `value`.",
    ),
    function(
        "index_by",
        &[Parameter::required("list", Type::Any), Parameter::required("name", Type::Text)],
        Type::Map,
        "index_by(csv(base64(reply.Content)), \"user\")",
        "A list of maps as one map, by what stands under `name` in each.",
    ),
    function(
        "typed",
        &[Parameter::required("row", Type::Any)],
        Type::Map,
        "typed(reply[item.UserName])",
        "A row of a credential report with its texts as values: `true` and `false` as booleans; `N/A`, `no_information`, `not_supported` and an empty field as absent.",
    ),
    function(
        "seen",
        &[Parameter::required("value", Type::Any), Parameter::required("otherwise", Type::Text)],
        Type::Any,
        "seen(reply[item.UserName], \"the report is older than the user\")",
        "The value; where there is none, unknown with this reason. For what must exist, so that nothing there means that nobody saw it.",
    ),
    function(
        "named",
        &[Parameter::required("tags", Type::Any), Parameter::required("otherwise", Type::Any)],
        Type::Any,
        "named(item.Tags, item.VpcId)",
        "The value of the tag `Name`, or else the second argument.",
    ),
];

/// The language of collectors.
pub fn collector_language() -> Language {
    const VARIABLES: [&str; 10] =
        ["item", "page", "reply", "one", "read", "parent", "account", "region", "partition", "main_region"];
    Language::new(VARIABLES, COLLECTOR_FUNCTIONS)
}

/// The functions that mappings have beside those of collectors.
pub const MAPPING_FUNCTIONS: &[Signature] = &[
    function(
        "otherwise",
        &[Parameter::required("value", Type::Any), Parameter::required("default", Type::Any)],
        Type::Any,
        "otherwise(tf.block_public_acls, false)",
        "The value; where it is not written, the documented default.",
    ),
    function(
        "unknown",
        &[Parameter::required("why", Type::Text)],
        Type::Any,
        "unknown(\"decided by the launch template\")",
        "What code does not say, with the reason.",
    ),
];

/// All functions of mappings.
pub fn mapping_functions() -> &'static [Signature] {
    static ALL: std::sync::LazyLock<Vec<Signature>> =
        std::sync::LazyLock::new(|| [COLLECTOR_FUNCTIONS, MAPPING_FUNCTIONS].concat());
    &ALL
}

/// The language of mappings.
pub fn mapping_language() -> Language {
    Language::new(["tf"], mapping_functions())
}

#[cfg(test)]
mod tests {
    use super::*;
    use partywall_expr::Program;

    #[test]
    fn every_documented_example_compiles() {
        let language = Language::new(["asset", "rule"], FUNCTIONS);
        let collectors = collector_language();
        let of_collectors = COLLECTOR_FUNCTIONS.iter().map(|signature| (signature, &collectors));
        let mappings = mapping_language();
        let of_mappings = MAPPING_FUNCTIONS.iter().map(|signature| (signature, &mappings));
        for (signature, language) in
            FUNCTIONS.iter().map(|signature| (signature, &language)).chain(of_collectors).chain(of_mappings)
        {
            if let Err(error) = Program::compile(signature.example, language) {
                panic!("{}: {error}", signature.name);
            }
        }
    }
}
