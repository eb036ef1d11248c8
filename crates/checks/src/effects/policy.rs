//! What resource policies and access lists amount to.

use std::borrow::Cow;
use std::sync::Arc;

use partywall_expr::{Read, Seen, Trace};
use partywall_model::{AccountId, Asset, Node, Scope};

use super::document::{Document, Principals, Statement, account_of, texts};
use super::glob::ANY_NAME;
use super::narrowing::Condition;
use super::right::{Right, covers_all_of};
use super::{Answer, all, any, is_true};
use crate::context::Context;

/// Groups of an S3 access list that stand for everyone (S3 API reference, "Grantee").
const EVERYONE: [&str; 2] = [
    "http://acs.amazonaws.com/groups/global/AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
];

/// Where a kind keeps its resource policy.
fn policy_path(kind: &str) -> Option<&'static str> {
    match kind {
        "AWS::S3::Bucket"
        | "AWS::SNS::Topic"
        | "AWS::SQS::Queue"
        | "AWS::Lambda::Function"
        | "AWS::DynamoDB::Table"
        | "AWS::EFS::FileSystem"
        | "AWS::Kinesis::Stream"
        | "AWS::Backup::BackupVault"
        | "AWS::Glue::DataCatalogEncryptionSettings" => Some("Observed.Policy"),
        "AWS::SecretsManager::Secret" => Some("Observed.ResourcePolicy"),
        "AWS::S3::AccessPoint" | "AWS::ApiGateway::RestApi" => Some("Policy"),
        "AWS::KMS::Key" => Some("KeyPolicy"),
        "AWS::ECR::Repository" => Some("RepositoryPolicyText"),
        "AWS::OpenSearchService::Domain" => Some("AccessPolicies"),
        _ => None,
    }
}

/// Whether a kind has a resource policy that this module reads.
pub(super) fn is_judged(kind: &str) -> bool {
    policy_path(kind).is_some()
}

/// What somebody could do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Any,
    Change,
}

/// Whether anyone can use the resource.
pub(super) fn public(context: &Context<'_>, asset: &Asset, trace: &mut Trace) -> Answer<bool> {
    open_to_all(context, asset, Use::Any, trace)
}

/// Whether anyone can change or delete what is there.
pub(super) fn writable(context: &Context<'_>, asset: &Asset, trace: &mut Trace) -> Answer<bool> {
    open_to_all(context, asset, Use::Change, trace)
}

fn open_to_all(context: &Context<'_>, asset: &Asset, wanted: Use, trace: &mut Trace) -> Answer<bool> {
    let Some(path) = policy_path(asset.kind.as_str()) else { return Ok(false) };
    let has_effect = |statement: &Statement<'_>| match asset.kind.as_str() {
        "AWS::Lambda::Function" => arrives_at_function(statement, asset),
        _ => Ok(true),
    };
    let open = open_statements(asset.properties.at(path), wanted, &has_effect);
    let by_policy = open.as_ref().map(|names| !names.is_empty()).map_err(Arc::clone);
    let by_policy = match asset.kind.as_str() {
        "AWS::S3::Bucket" => all([by_policy, is_unblocked(context, asset, "RestrictPublicBuckets")]),
        "AWS::S3::AccessPoint" => all([
            by_policy,
            is_unblocked(context, asset, "RestrictPublicBuckets"),
            is_in_vpc(asset).map(|inside| !inside),
            bucket_lets_through(context, asset),
        ]),
        // In a VPC its groups decide who comes as far as the policy (OpenSearch Service Developer Guide,
        // "Launching your domains within a VPC").
        "AWS::OpenSearchService::Domain" => {
            let subnets = asset.properties.at("VPCOptions.SubnetIds");
            all([by_policy, super::seen(subnets).map(|()| subnets.items().is_empty())])
        }
        _ => by_policy,
    };
    if by_policy == Ok(true)
        && let Some(name) = open.iter().flatten().next()
    {
        trace.note(format!("the policy lets anyone in: {name}"));
        rests_on(trace, asset, path);
    }
    match asset.kind.as_str() {
        "AWS::S3::Bucket" => any([by_policy, open_by_list(context, asset, wanted, trace)]),
        _ => by_policy,
    }
}

/// Notes the property on which an answer rests, so that it is told with its place.
fn rests_on(trace: &mut Trace, asset: &Asset, path: &str) {
    let value = match asset.properties.at(path) {
        Node::List(items) => Seen::List(items.len()),
        Node::Map(map) => Seen::Map(map.len()),
        plain => Seen::Plain(plain.clone()),
    };
    trace.read.push(Read { variable: "asset".into(), path: path.into(), value });
}

/// Of a bucket: whether its access list opens it.
fn open_by_list(context: &Context<'_>, asset: &Asset, wanted: Use, trace: &mut Trace) -> Answer<bool> {
    let grant = open_grant(asset, wanted);
    let open = all([
        grant.as_ref().map(Option::is_some).map_err(Arc::clone),
        is_unblocked(context, asset, "IgnorePublicAcls"),
        acls_are_on(asset),
    ]);
    if open == Ok(true)
        && let Ok(Some(grant)) = grant
    {
        trace.note(format!("the access list grants {grant}"));
        rests_on(trace, asset, "Observed.Acl");
    }
    open
}

/// Whether a statement that is about a function's address counts: only while there is an address, and one that
/// signs callers in as the statement says (Lambda Developer Guide, "Control access to Lambda function URLs").
fn arrives_at_function(statement: &Statement<'_>, function: &Asset) -> Answer<bool> {
    let on = |key: &'static str| statement.conditions().find(move |condition| condition.is_on(key));
    let sign_in = on("lambda:FunctionUrlAuthType");
    let through_url = on("lambda:InvokedViaFunctionUrl").is_some_and(|condition| condition.says("true"));
    if through_url && !statement.covers_action("lambda:InvokeFunctionUrl") {
        // The other half of a permission, which has no effect without one for the address itself.
        return Ok(false);
    }
    let actions = statement.actions();
    let of_urls = |action: &&str| action.eq_ignore_ascii_case("lambda:InvokeFunctionUrl");
    let urls_alone = !actions.is_empty() && actions.iter().all(of_urls);
    if !through_url && sign_in.is_none() && !urls_alone {
        return Ok(true);
    }
    match function.properties.at("Observed.FunctionUrlConfig.AuthType") {
        Node::Unknown(why) => Err(Arc::clone(why)),
        Node::Text(auth) => {
            Ok(sign_in.is_none_or(|condition| condition.values.iter().any(|v| **v == **auth)))
        }
        _ => Ok(false),
    }
}

/// Of an access point: whether it answers in one VPC alone.
fn is_in_vpc(asset: &Asset) -> Answer<bool> {
    let network = match asset.properties.at("Observed.NetworkOrigin") {
        Node::Absent => asset.properties.at("VpcConfiguration.VpcId"),
        Node::Text(origin) => return Ok(&**origin == "VPC"),
        other => other,
    };
    super::seen(network).map(|()| !network.is_absent())
}

/// Of an access point: whether its bucket lets through what the access point lets in. The bucket's policy must
/// allow it too, and its own block counts (S3 User Guide, "Managing public access to access points").
fn bucket_lets_through(context: &Context<'_>, asset: &Asset) -> Answer<bool> {
    let name = match asset.properties.key("Bucket") {
        Node::Unknown(why) => return Err(Arc::clone(why)),
        name => name.as_str().unwrap_or_default(),
    };
    // Names of buckets are nobody else's, and an access point may lead to a bucket of another account.
    let (buckets, _) =
        context.joins.find(context.estate, Scope::Everywhere, "AWS::S3::Bucket", "BucketName", name);
    let Some(bucket) = buckets.first() else {
        return Err(context.missing("AWS::S3::Bucket", account_scope(asset), name));
    };
    let lets_through = |statement: &Statement<'_>| {
        let of_access_points =
            |condition: &Condition<'_>| condition.key.to_ascii_lowercase().starts_with("s3:dataaccesspoint");
        statement.is_for_anyone()
            && !statement.conditions().any(|condition| condition.narrows() && !of_access_points(&condition))
    };
    all([
        is_unblocked(context, bucket, "RestrictPublicBuckets"),
        Document::read(bucket.properties.at("Observed.Policy"))
            .map(|document| document.allows().any(lets_through)),
    ])
}

/// Whether block public access lets be, by the asset's own setting and its account's (S3 User Guide, "Blocking
/// public access": the more restrictive of the two counts).
fn is_unblocked(context: &Context<'_>, asset: &Asset, setting: &str) -> Answer<bool> {
    let own = is_true(asset.properties.key("PublicAccessBlockConfiguration").key(setting));
    let of_account = super::estate::account_properties(context, asset)
        .and_then(|account| is_true(account.at("Observed.PublicAccessBlockConfiguration").key(setting)));
    any([own, of_account]).map(|blocked| !blocked)
}

/// With `BucketOwnerEnforced` access lists have no effect (S3 User Guide, "Controlling ownership of objects").
fn acls_are_on(asset: &Asset) -> Answer<bool> {
    let controls = asset.properties.key("OwnershipControls");
    super::seen(controls)?;
    let enforced = controls
        .key("Rules")
        .items()
        .iter()
        .any(|rule| rule.key("ObjectOwnership").as_str() == Some("BucketOwnerEnforced"));
    Ok(!enforced)
}

/// A grant to everyone, in words.
fn open_grant(asset: &Asset, wanted: Use) -> Answer<Option<String>> {
    let grants = asset.properties.at("Observed.Acl.Grants");
    super::seen(grants)?;
    Ok(grants.items().iter().find_map(|grant| {
        let uri = grant.at("Grantee.URI").as_str().filter(|uri| EVERYONE.contains(uri))?;
        let permission = grant.key("Permission").as_str().unwrap_or_default();
        let counts = wanted == Use::Any || matches!(permission, "WRITE" | "WRITE_ACP" | "FULL_CONTROL");
        let group = uri.rsplit('/').next().unwrap_or("everyone");
        counts.then(|| format!("{permission} to {group}"))
    }))
}

/// The statements that let anyone in and have an effect, by name.
fn open_statements(
    node: &Node,
    wanted: Use,
    has_effect: &dyn Fn(&Statement<'_>) -> Answer<bool>,
) -> Answer<Vec<String>> {
    let document = Document::read(node)?;
    let lets_in = |statement: &&Statement<'_>| {
        statement.is_for_anyone()
            && !statement.is_narrowed()
            && (wanted == Use::Any || changes(statement))
            && !document.denials().any(|denial| denial.denies_all_but_few() && denial.covers(statement))
    };
    let mut names = Vec::new();
    let mut unknown = None;
    for statement in document.allows().filter(lets_in) {
        match has_effect(statement) {
            Ok(true) => names.push(statement.name()),
            Ok(false) => {}
            Err(why) => unknown = unknown.or(Some(why)),
        }
    }
    match unknown {
        Some(why) if names.is_empty() => Err(why),
        _ => Ok(names),
    }
}

/// Verbs of operations that only read or use what is there.
const READING: [&str; 16] = [
    "batchget", "check", "decrypt", "describe", "encrypt", "generate", "get", "head", "invoke", "list",
    "lookup", "query", "receive", "search", "select", "verify",
];

/// Whether a statement is about an operation that may change or delete something: any that is not known to
/// only read.
fn changes(statement: &Statement<'_>) -> bool {
    statement.excluded_actions().is_some()
        || statement.actions().iter().any(|action| {
            let verb = action.split_once(':').map_or(*action, |(_, verb)| verb).to_ascii_lowercase();
            !READING.iter().any(|reading| verb.starts_with(reading))
        })
}

/// The statements that let anyone in.
pub(super) fn anyone(node: &Node) -> Answer<Vec<String>> {
    open_statements(node, Use::Any, &|_| Ok(true))
}

/// Accounts let in that are neither ours nor declared.
pub(super) fn foreign_accounts(context: &Context<'_>, node: &Node) -> Answer<Vec<String>> {
    let document = Document::read(node)?;
    let mut accounts: Vec<String> = document
        .allows()
        .flat_map(named_principals)
        .filter_map(|principal| account_of(&principal).map(str::to_owned))
        .filter(|account| {
            let account = AccountId::from(account.as_str());
            !context.own_accounts.contains(&account) && !context.settings.trusted.contains_key(&account)
        })
        .collect();
    accounts.sort();
    accounts.dedup();
    Ok(accounts)
}

/// Principals that a statement names, as such or, where it is for `*`, in a condition.
fn named_principals<'n>(statement: &Statement<'n>) -> Vec<Cow<'n, str>> {
    const KEYS: [&str; 3] = ["aws:PrincipalAccount", "aws:PrincipalArn", "kms:CallerAccount"];
    match statement.principals() {
        Principals::Aws(principals) => principals,
        Principals::Anyone => statement
            .conditions()
            .filter(|condition| KEYS.iter().any(|key| condition.is_on(key)) && condition.narrows())
            .flat_map(|condition| condition.values)
            .collect(),
        Principals::AllBut | Principals::Others => Vec::new(),
    }
}

/// Whether a document allows everything on everything.
pub(super) fn admin(asset: &Asset, node: &Node) -> Answer<bool> {
    holds(node, &Right::everything(asset.account.as_ref()))
}

/// Whether a document allows an action on every resource.
pub(super) fn allows(asset: &Asset, node: &Node, action: &str) -> Answer<bool> {
    holds(node, &Right::action(action, asset.account.as_ref()))
}

fn holds(node: &Node, right: &Right<'_>) -> Answer<bool> {
    let document = Document::read(node)?;
    Ok(right.allowed_in(&document) && !right.denied_in(&document))
}

/// Wildcards over a service or more, on every resource.
pub(super) fn wildcards(asset: &Asset, node: &Node) -> Answer<Vec<String>> {
    let document = Document::read(node)?;
    let mut wildcards = Vec::new();
    for statement in document.allows().filter(|statement| statement.is_certain()) {
        if let Some(excluded) = statement.excluded_actions() {
            if statement.covers_resource(ANY_NAME) {
                wildcards.push(format!("all but {}", excluded.join(", ")));
            }
            continue;
        }
        for action in statement.actions() {
            let verb = action.split_once(':').map_or(action, |(_, verb)| verb);
            let whole = !verb.is_empty() && verb.chars().all(|c| c == '*');
            if whole && covers_all_of(statement, action, asset.account.as_ref()) {
                wildcards.push(action.to_owned());
            }
        }
    }
    wildcards.sort();
    wildcards.dedup();
    Ok(wildcards)
}

/// Whether everyone is denied everything without TLS.
pub(super) fn requires_tls(asset: &Asset, node: &Node) -> Answer<bool> {
    let document = Document::read(node)?;
    let places = own_places(asset)?;
    Ok(document.denials().any(|statement| {
        let without_tls = |condition: &Condition<'_>| {
            matches!(condition.operator, "Bool" | "BoolIfExists")
                && condition.is_on("aws:SecureTransport")
                && condition.says("false")
        };
        let mut conditions = statement.conditions().peekable();
        conditions.peek().is_some()
            && conditions.all(|condition| without_tls(&condition))
            && matches!(statement.principals(), Principals::Anyone)
            && covers_service(asset, statement)
            && places.iter().all(|place| statement.covers_resource(place))
    }))
}

/// Whether a denial is about all that can be done with an asset.
fn covers_service(asset: &Asset, statement: &Statement<'_>) -> bool {
    let service = match asset.kind.as_str() {
        // A topic's policy cannot name all actions of the service; messages arrive by this one (SNS Developer
        // Guide, "Amazon SNS API permissions" and "Enforce encryption of data in transit").
        "AWS::SNS::Topic" => return statement.covers_action("sns:Publish"),
        "AWS::S3::Bucket" | "AWS::S3::AccessPoint" => "s3",
        "AWS::SQS::Queue" => "sqs",
        "AWS::KMS::Key" => "kms",
        "AWS::SecretsManager::Secret" => "secretsmanager",
        "AWS::DynamoDB::Table" => "dynamodb",
        "AWS::EFS::FileSystem" => "elasticfilesystem",
        "AWS::Kinesis::Stream" => "kinesis",
        "AWS::Backup::BackupVault" => "backup",
        "AWS::Glue::DataCatalogEncryptionSettings" => "glue",
        "AWS::ECR::Repository" => "ecr",
        "AWS::OpenSearchService::Domain" => "es",
        "AWS::ApiGateway::RestApi" => "execute-api",
        _ => return statement.covers_every_action(),
    };
    statement.covers_every_action() || statement.covers_action(&format!("{service}:{ANY_NAME}"))
}

/// The resources that a policy of an asset must speak of to be about all of it: a bucket and its objects.
fn own_places(asset: &Asset) -> Answer<Vec<String>> {
    if asset.kind != *"AWS::S3::Bucket" {
        return Ok(Vec::new());
    }
    match asset.properties.key("BucketName") {
        Node::Unknown(why) => Err(Arc::clone(why)),
        name => {
            let bucket = format!("arn:aws:s3:::{}", name.as_str().unwrap_or(ANY_NAME));
            Ok(vec![format!("{bucket}/{ANY_NAME}"), bucket])
        }
    }
}

/// Whether a snapshot or image is shared with every account, and its region does not take that back (EBS User
/// Guide, "Block public access for Amazon EBS snapshots").
pub(super) fn shared_with_all(context: &Context<'_>, asset: &Asset) -> Answer<bool> {
    let taken_back = || match super::estate::region_properties(context, asset)?
        .at("Observed.SnapshotBlockPublicAccessState")
    {
        Node::Unknown(why) => Err(Arc::clone(why)),
        state => Ok(state.as_str() == Some("block-all-sharing")),
    };
    match asset.kind.as_str() {
        "AWS::EC2::Snapshot" => all([names_everyone(asset), taken_back().map(|back| !back)]),
        _ => names_everyone(asset),
    }
}

fn names_everyone(asset: &Asset) -> Answer<bool> {
    let observed = asset.properties.key("Observed");
    let listed = |path: &str| -> Answer<bool> {
        let list = observed.key(path);
        super::seen(list)?;
        Ok(list.items().iter().any(|entry| entry.key("Group").as_str() == Some("all"))
            || texts(list).contains(&"all"))
    };
    any([
        is_true(observed.key("Public")),
        listed("CreateVolumePermissions"),
        listed("LaunchPermissions"),
        listed("RestoreAccounts"),
    ])
}

/// The scope of an asset's own account, everywhere if it has none.
pub(super) fn account_scope(asset: &Asset) -> Scope<'_> {
    asset.account.as_ref().map_or(Scope::Everywhere, Scope::Account)
}
