//! What resource policies and access lists amount to.

use partywall_expr::Trace;
use partywall_model::{AccountId, Asset, Node, Scope};

use super::document::{Document, Principals, Statement, account_of, texts};
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
        "AWS::S3::Bucket" | "AWS::SNS::Topic" | "AWS::SQS::Queue" | "AWS::Lambda::Function" => {
            Some("Observed.Policy")
        }
        "AWS::SecretsManager::Secret" => Some("Observed.ResourcePolicy"),
        "AWS::S3::AccessPoint" => Some("Policy"),
        "AWS::KMS::Key" => Some("KeyPolicy"),
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
    let by_policy = open_statements(asset.properties.at(path), wanted).map(|names| {
        if let Some(name) = names.first() {
            trace.note(format!("the policy lets anyone in: {name}"));
        }
        !names.is_empty()
    });
    match asset.kind.as_str() {
        "AWS::S3::Bucket" => {
            let blocked_policy = is_blocked(context, asset, "RestrictPublicBuckets");
            let by_policy = all([by_policy, blocked_policy.map(|blocked| !blocked)]);
            let by_list = all([
                open_grants(asset, wanted, trace),
                is_blocked(context, asset, "IgnorePublicAcls").map(|ignored| !ignored),
                acls_are_on(asset),
            ]);
            any([by_policy, by_list])
        }
        "AWS::S3::AccessPoint" => {
            let blocked = is_blocked(context, asset, "RestrictPublicBuckets");
            let network = asset.properties.at("Observed.NetworkOrigin");
            let in_vpc =
                network.why().map_or_else(|| Ok(network.as_str() == Some("VPC")), |why| Err(why.clone()));
            all([
                by_policy,
                blocked.map(|blocked| !blocked),
                in_vpc.map(|inside| !inside),
                bucket_lets_through(context, asset),
            ])
        }
        _ => by_policy,
    }
}

/// Of an access point: whether its bucket lets through what the access point lets in. The bucket's policy must
/// allow it too, and its own block counts (S3 User Guide, "Managing public access to access points").
fn bucket_lets_through(context: &Context<'_>, asset: &Asset) -> Answer<bool> {
    let found =
        super::estate::find(context, asset, "AWS::S3::Bucket", "BucketName", asset.properties.key("Bucket"));
    any(found.items().iter().map(|bucket| {
        let own = is_true(bucket.key("PublicAccessBlockConfiguration").key("RestrictPublicBuckets"));
        let allows = Document::read(bucket.at("Observed.Policy")).map(|document| {
            document
                .allows()
                .any(|statement| matches!(statement.principals(), Principals::Anyone | Principals::AllBut))
        });
        all([own.map(|blocked| !blocked), allows])
    }))
}

/// Block public access, by the asset's own setting or its account's (S3 User Guide, "Blocking public access":
/// the more restrictive of the two counts).
fn is_blocked(context: &Context<'_>, asset: &Asset, setting: &str) -> Answer<bool> {
    let own = is_true(asset.properties.key("PublicAccessBlockConfiguration").key(setting));
    let account = super::estate::account(context, asset);
    let of_account = is_true(account.at("Observed.PublicAccessBlockConfiguration").key(setting));
    any([own, of_account])
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

fn open_grants(asset: &Asset, wanted: Use, trace: &mut Trace) -> Answer<bool> {
    let grants = asset.properties.at("Observed.Acl.Grants");
    super::seen(grants)?;
    let open = grants.items().iter().find(|grant| {
        let to_everyone = grant.at("Grantee.URI").as_str().is_some_and(|uri| EVERYONE.contains(&uri));
        let permission = grant.key("Permission").as_str().unwrap_or_default();
        to_everyone && (wanted == Use::Any || matches!(permission, "WRITE" | "WRITE_ACP" | "FULL_CONTROL"))
    });
    if let Some(grant) = open {
        let (uri, permission) = (grant.at("Grantee.URI").as_str(), grant.key("Permission").as_str());
        let group = uri.and_then(|uri| uri.rsplit('/').next()).unwrap_or("everyone");
        trace.note(format!("the access list grants {} to {group}", permission.unwrap_or("access")));
    }
    Ok(open.is_some())
}

fn open_statements(node: &Node, wanted: Use) -> Answer<Vec<String>> {
    let document = Document::read(node)?;
    let lets_in = |statement: &&Statement<'_>| {
        matches!(statement.principals(), Principals::Anyone | Principals::AllBut)
            && !statement.is_narrowed()
            && (wanted == Use::Any || changes(statement))
            && !document.denials().any(|denial| takes_away(denial, statement))
    };
    Ok(document.allows().filter(lets_in).map(Statement::name).collect())
}

/// Whether a denial leaves nothing of what a statement lets anyone do.
fn takes_away(denial: &Statement<'_>, allowed: &Statement<'_>) -> bool {
    let covers =
        allowed.actions().iter().all(|action| denial.covers_action(action)) || denial.covers_every_action();
    let for_all = matches!(denial.principals(), Principals::Anyone) && !denial.is_conditional();
    covers && (for_all || denial.denies_all_but_few())
}

/// Verbs of operations that change something.
const CHANGING: [&str; 14] = [
    "put",
    "delete",
    "create",
    "update",
    "write",
    "set",
    "add",
    "remove",
    "attach",
    "replicate",
    "restore",
    "abort",
    "bypass",
    "objectowneroverride",
];

fn changes(statement: &Statement<'_>) -> bool {
    statement.covers_every_action()
        || statement.actions().iter().any(|action| {
            let verb = action.split_once(':').map_or(*action, |(_, verb)| verb).to_ascii_lowercase();
            verb == "*" || verb.starts_with('*') || CHANGING.iter().any(|changing| verb.starts_with(changing))
        })
}

/// The statements that let anyone in.
pub(super) fn anyone(node: &Node) -> Answer<Vec<String>> {
    open_statements(node, Use::Any)
}

/// Accounts let in that are neither ours nor declared.
pub(super) fn foreign_accounts(context: &Context<'_>, node: &Node) -> Answer<Vec<String>> {
    let document = Document::read(node)?;
    let mut accounts: Vec<String> = document
        .allows()
        .filter_map(|statement| match statement.principals() {
            Principals::Aws(principals) => Some(principals),
            _ => None,
        })
        .flatten()
        .filter_map(account_of)
        .filter(|account| {
            let account = AccountId::from(*account);
            !context.own_accounts.contains(&account) && !context.trusted_accounts.contains(&account)
        })
        .map(str::to_owned)
        .collect();
    accounts.sort();
    accounts.dedup();
    Ok(accounts)
}

/// Whether a document allows everything on everything.
pub(super) fn admin(node: &Node) -> Answer<bool> {
    let document = Document::read(node)?;
    let everything = |statement: &&Statement<'_>| {
        statement.covers_every_action() && statement.covers_resource("*") && !statement.is_conditional()
    };
    Ok(document.allows().any(|s| everything(&s)) && !document.denials().any(|s| everything(&s)))
}

/// Whether a document allows an action on every resource.
pub(super) fn allows(node: &Node, action: &str) -> Answer<bool> {
    let document = Document::read(node)?;
    let covers = |statement: &&Statement<'_>| {
        statement.covers_action(action) && statement.covers_resource("*") && !statement.is_conditional()
    };
    Ok(document.allows().any(|s| covers(&s)) && !document.denials().any(|s| covers(&s)))
}

/// Wildcards over a service or more, on every resource.
pub(super) fn wildcards(node: &Node) -> Answer<Vec<String>> {
    let document = Document::read(node)?;
    let mut wildcards: Vec<String> = document
        .allows()
        .filter(|statement| statement.covers_resource("*") && !statement.is_conditional())
        .flat_map(|statement| statement.actions())
        .filter(|action| action.split_once(':').map_or(*action, |(_, verb)| verb) == "*")
        .map(str::to_owned)
        .collect();
    wildcards.sort();
    wildcards.dedup();
    Ok(wildcards)
}

/// Whether everyone is denied everything without TLS.
pub(super) fn requires_tls(node: &Node) -> Answer<bool> {
    let document = Document::read(node)?;
    Ok(document.denials().any(|statement| {
        let without_tls = statement.conditions().any(|(operator, key, values)| {
            matches!(operator, "Bool" | "BoolIfExists")
                && key.eq_ignore_ascii_case("aws:SecureTransport")
                && values.contains(&"false")
        });
        let service_wide = statement.covers_every_action()
            || statement.actions().iter().any(|action| action.ends_with(":*"));
        without_tls
            && service_wide
            && statement.conditions().count() == 1
            && matches!(statement.principals(), Principals::Anyone)
    }))
}

/// Whether a snapshot or image is shared with every account.
pub(super) fn shared_with_all(asset: &Asset) -> Answer<bool> {
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
