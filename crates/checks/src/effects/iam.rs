//! What a principal may do, in the simple form: on every resource, unconditional statements only.
//!
//! Effective rights are the union of what all its policies allow, without what any of them denies, within
//! its permissions boundary (AWS IAM User Guide, "Policy evaluation logic"). Exact answers per resource and
//! request are the business of a later crate.

use std::sync::Arc;

use partywall_model::{Asset, Node, Scope, Why, WhyKind};

use super::Answer;
use super::document::{Document, Statement, texts};
use super::policy::account_scope;
use crate::context::Context;

/// Ways in which a principal gives itself more: the name, and the actions that it takes. The ways are those
/// that follow from the actions' own meaning: who may change a policy, a trust, a key, or start code that
/// runs as another role.
const ESCALATIONS: [(&str, &[&str]); 17] = [
    ("writes a new version of its own policy", &["iam:CreatePolicyVersion"]),
    ("switches to another version of its policy", &["iam:SetDefaultPolicyVersion"]),
    ("attaches a policy to a user", &["iam:AttachUserPolicy"]),
    ("attaches a policy to a role", &["iam:AttachRolePolicy"]),
    ("attaches a policy to a group", &["iam:AttachGroupPolicy"]),
    ("writes a policy into a user", &["iam:PutUserPolicy"]),
    ("writes a policy into a role", &["iam:PutRolePolicy"]),
    ("writes a policy into a group", &["iam:PutGroupPolicy"]),
    ("joins a group", &["iam:AddUserToGroup"]),
    ("rewrites a role's trust", &["iam:UpdateAssumeRolePolicy", "sts:AssumeRole"]),
    ("makes a key for another user", &["iam:CreateAccessKey"]),
    ("sets another user's password", &["iam:UpdateLoginProfile"]),
    ("gives a user a password", &["iam:CreateLoginProfile"]),
    ("starts an instance with another role", &["iam:PassRole", "ec2:RunInstances"]),
    (
        "runs a function with another role",
        &["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
    ),
    ("deploys a stack with another role", &["iam:PassRole", "cloudformation:CreateStack"]),
    ("replaces the code of a function", &["lambda:UpdateFunctionCode"]),
];

/// Whether a principal is allowed everything.
pub(super) fn admin(context: &Context<'_>, asset: &Asset) -> Answer<bool> {
    let everything = |statement: &Statement<'_>| {
        statement.covers_every_action() && statement.covers_resource("*") && !statement.is_conditional()
    };
    holds(context, asset, &everything)
}

/// Whether a principal is allowed an action on every resource.
pub(super) fn can(context: &Context<'_>, asset: &Asset, action: &str) -> Answer<bool> {
    let covers = |statement: &Statement<'_>| {
        statement.covers_action(action) && statement.covers_resource("*") && !statement.is_conditional()
    };
    holds(context, asset, &covers)
}

/// Whether a principal may read the objects of every bucket.
pub(super) fn reads_all_buckets(context: &Context<'_>, asset: &Asset) -> Answer<bool> {
    let covers = |statement: &Statement<'_>| {
        statement.covers_action("s3:GetObject")
            && ["*", "arn:aws:s3:::*", "arn:aws:s3:::*/*"]
                .iter()
                .any(|resource| statement.covers_resource(resource))
            && !statement.is_conditional()
    };
    holds(context, asset, &covers)
}

/// Simple ways to more rights. Whoever is an administrator already needs none.
pub(super) fn escalates(context: &Context<'_>, asset: &Asset) -> Answer<Vec<String>> {
    if admin(context, asset)? {
        return Ok(Vec::new());
    }
    let mut ways = Vec::new();
    for (name, actions) in ESCALATIONS {
        let held = super::all(actions.iter().map(|action| can(context, asset, action)))?;
        if held {
            ways.push(format!("{name} ({})", actions.join(" + ")));
        }
    }
    Ok(ways)
}

/// Whether some statement of the principal's policies is of a sort, none that denies is, and the boundary has
/// one too.
fn holds(context: &Context<'_>, asset: &Asset, sort: &dyn Fn(&Statement<'_>) -> bool) -> Answer<bool> {
    let mut allowed = false;
    let mut unseen: Option<Arc<Why>> = None;
    for document in documents(context, asset) {
        match document.and_then(Document::read) {
            Ok(document) => {
                if document.denials().any(sort) {
                    return Ok(false);
                }
                allowed |= document.allows().any(sort);
            }
            Err(why) => {
                unseen.get_or_insert(why);
            }
        }
    }
    // Whatever was not seen could hold the permission, or the denial that takes it away.
    match (allowed, unseen) {
        (_, Some(why)) => Err(why),
        (false, None) => Ok(false),
        (true, None) => within_boundary(context, asset, sort),
    }
}

fn within_boundary(
    context: &Context<'_>,
    asset: &Asset,
    sort: &dyn Fn(&Statement<'_>) -> bool,
) -> Answer<bool> {
    match asset.properties.key("PermissionsBoundary") {
        Node::Unknown(why) => Err(Arc::clone(why)),
        Node::Text(arn) => {
            let boundary = Document::read(managed(context, asset, arn)?)?;
            Ok(boundary.allows().any(sort) && !boundary.denials().any(sort))
        }
        _ => Ok(true),
    }
}

/// Every policy document that counts for a principal, or why one could not be found.
fn documents<'a>(context: &Context<'a>, asset: &'a Asset) -> Vec<Answer<&'a Node>> {
    let mut documents = own_documents(context, asset);
    match asset.properties.key("Groups") {
        Node::Unknown(why) => documents.push(Err(Arc::clone(why))),
        groups => {
            for name in texts(groups) {
                match group(context, asset, name) {
                    Ok(group) => documents.extend(own_documents(context, group)),
                    Err(why) => documents.push(Err(why)),
                }
            }
        }
    }
    documents
}

fn own_documents<'a>(context: &Context<'a>, asset: &'a Asset) -> Vec<Answer<&'a Node>> {
    let mut documents: Vec<Answer<&Node>> = Vec::new();
    match asset.properties.key("Policies") {
        Node::Unknown(why) => documents.push(Err(Arc::clone(why))),
        policies => documents.extend(policies.items().iter().map(|policy| match policy {
            Node::Unknown(why) => Err(Arc::clone(why)),
            policy => Ok(policy.key("PolicyDocument")),
        })),
    }
    match asset.properties.key("ManagedPolicyArns") {
        Node::Unknown(why) => documents.push(Err(Arc::clone(why))),
        arns => documents.extend(arns.items().iter().map(|arn| match arn {
            Node::Text(arn) => managed(context, asset, arn),
            Node::Unknown(why) => Err(Arc::clone(why)),
            _ => Ok(&Node::Absent),
        })),
    }
    documents
}

fn managed<'a>(context: &Context<'a>, asset: &Asset, arn: &str) -> Answer<&'a Node> {
    match context.estate.asset(arn) {
        Some(policy) => Ok(policy.properties.key("PolicyDocument")),
        None => Err(missing(context, asset, "AWS::IAM::ManagedPolicy", arn)),
    }
}

fn group<'a>(context: &Context<'a>, asset: &Asset, name: &str) -> Answer<&'a Asset> {
    let named = |group: &&Asset| {
        group.account == asset.account && group.properties.key("GroupName").as_str() == Some(name)
    };
    // An account holds some hundred groups at most (IAM quotas).
    match context.estate.of_kind("AWS::IAM::Group", Scope::Everywhere).find(named) {
        Some(group) => Ok(group),
        None => Err(missing(context, asset, "AWS::IAM::Group", name)),
    }
}

/// Something that is referred to and is not in view.
fn missing(context: &Context<'_>, asset: &Asset, kind: &str, what: &str) -> Arc<Why> {
    match context.estate.completeness(kind, account_scope(asset)) {
        Err(why) => why,
        Ok(()) => {
            let message = "it is referred to and not among what was listed";
            Arc::new(Why::new(WhyKind::NotRead, format!("{kind} `{what}`")).with_message(message))
        }
    }
}
