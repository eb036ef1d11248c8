//! What a principal may do, in the simple form: on every resource, unconditional statements only.
//!
//! Effective rights are the union of what all its policies allow, without what any of them denies, within
//! its permissions boundary (AWS IAM User Guide, "Policy evaluation logic"). Exact answers per resource and
//! request are the business of a later crate.

use std::sync::Arc;

use partywall_model::{Asset, Node, Why, WhyKind};

use super::document::Document;
use super::policy::account_scope;
use super::right::Right;
use super::{Answer, all, any, seen};
use crate::context::Context;

/// Ways in which a principal gives itself more: the name, and the actions that it takes. The ways are those
/// that follow from the actions' own meaning: who may change a policy, a trust, a key, or start code that
/// runs as another role.
const ESCALATIONS: [(&str, &[&str]); 22] = [
    ("writes a new version of its own policy", &["iam:CreatePolicyVersion"]),
    ("switches to another version of its policy", &["iam:SetDefaultPolicyVersion"]),
    ("attaches a policy to a user", &["iam:AttachUserPolicy"]),
    ("attaches a policy to a role", &["iam:AttachRolePolicy"]),
    ("attaches a policy to a group", &["iam:AttachGroupPolicy"]),
    ("writes a policy into a user", &["iam:PutUserPolicy"]),
    ("writes a policy into a role", &["iam:PutRolePolicy"]),
    ("writes a policy into a group", &["iam:PutGroupPolicy"]),
    ("joins a group", &["iam:AddUserToGroup"]),
    // A trust that names a principal of the account lets it in without a permission of its own.
    ("rewrites a role's trust", &["iam:UpdateAssumeRolePolicy"]),
    ("makes a key for another user", &["iam:CreateAccessKey"]),
    ("sets another user's password", &["iam:UpdateLoginProfile"]),
    ("gives a user a password", &["iam:CreateLoginProfile"]),
    ("starts an instance with another role", &["iam:PassRole", "ec2:RunInstances"]),
    (
        "runs a function with another role",
        &["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
    ),
    (
        "lets events run a function with another role",
        &["iam:PassRole", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"],
    ),
    ("replaces the code of a function", &["lambda:UpdateFunctionCode"]),
    ("deploys a stack with another role", &["iam:PassRole", "cloudformation:CreateStack"]),
    ("builds with another role", &["iam:PassRole", "codebuild:CreateProject", "codebuild:StartBuild"]),
    ("runs a container with another role", &["iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:RunTask"]),
    ("runs a job with another role", &["iam:PassRole", "glue:CreateJob", "glue:StartJobRun"]),
    (
        "opens a notebook with another role",
        &["iam:PassRole", "sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl"],
    ),
];

/// Whether a principal is allowed everything.
pub(super) fn admin(context: &Context<'_>, asset: &Asset) -> Answer<bool> {
    Policies::of(context, asset).hold(&Right::everything(asset.account.as_ref()))
}

/// Whether a principal is allowed an action on every resource.
pub(super) fn can(context: &Context<'_>, asset: &Asset, action: &str) -> Answer<bool> {
    Policies::of(context, asset).hold(&Right::action(action, asset.account.as_ref()))
}

/// Whether a principal may read the objects of every bucket.
pub(super) fn reads_all_buckets(context: &Context<'_>, asset: &Asset) -> Answer<bool> {
    can(context, asset, "s3:GetObject")
}

/// Simple ways to more rights. Whoever is an administrator already needs none.
pub(super) fn escalates(context: &Context<'_>, asset: &Asset) -> Answer<Vec<String>> {
    let account = asset.account.as_ref();
    let policies = Policies::of(context, asset);
    if policies.hold(&Right::everything(account))? {
        return Ok(Vec::new());
    }
    let mut ways = Vec::new();
    for (name, actions) in ESCALATIONS {
        let held = all(actions.iter().map(|action| policies.hold(&Right::action(action, account))))?;
        if held {
            ways.push(format!("{name} ({})", actions.join(" + ")));
        }
    }
    Ok(ways)
}

/// All that says what a principal may do: its policies and those of its groups, and its boundary.
struct Policies<'a> {
    documents: Vec<Document<'a>>,
    /// Why some policy was not seen: it could hold any permission, and any denial.
    unseen: Option<Arc<Why>>,
    /// None where nothing bounds it.
    boundary: Option<Answer<Document<'a>>>,
}

impl<'a> Policies<'a> {
    fn of(context: &Context<'a>, asset: &'a Asset) -> Self {
        let mut policies = Self { documents: Vec::new(), unseen: None, boundary: None };
        policies.add_own(context, asset);
        let groups = asset.properties.key("Groups");
        policies.note(seen(groups));
        for name in groups.items().iter().filter_map(Node::as_str) {
            match group(context, asset, name) {
                Ok(group) => policies.add_own(context, group),
                Err(why) => policies.note(Err(why)),
            }
        }
        policies.boundary = match asset.properties.key("PermissionsBoundary") {
            Node::Absent => None,
            Node::Text(arn) => Some(managed(context, asset, arn).and_then(written)),
            Node::Unknown(why) => Some(Err(Arc::clone(why))),
            _ => Some(Err(unreadable("PermissionsBoundary"))),
        };
        policies
    }

    fn add_own(&mut self, context: &Context<'a>, principal: &'a Asset) {
        let inline = principal.properties.key("Policies");
        self.note(inline.why().map_or(Ok(()), |why| Err(Arc::clone(why))));
        for policy in inline.items() {
            self.add(written(policy.key("PolicyDocument")));
        }
        let managed_arns = principal.properties.key("ManagedPolicyArns");
        self.note(seen(managed_arns));
        for arn in managed_arns.items().iter().filter_map(Node::as_str) {
            self.add(managed(context, principal, arn).and_then(written));
        }
    }

    fn add(&mut self, document: Answer<Document<'a>>) {
        match document {
            Ok(document) => self.documents.push(document),
            Err(why) => self.note(Err(why)),
        }
    }

    fn note(&mut self, seen: Answer<()>) {
        self.unseen = self.unseen.take().or(seen.err());
    }

    /// Whether they come to a right: some policy allows it, none denies it, and the boundary leaves it.
    fn hold(&self, right: &Right<'_>) -> Answer<bool> {
        let unseen = || self.unseen.clone().map_or(Ok(false), Err);
        let denied = any([Ok(self.documents.iter().any(|document| right.denied_in(document))), unseen()]);
        let allowed = any([Ok(self.documents.iter().any(|document| right.allowed_in(document))), unseen()]);
        let bounded = match &self.boundary {
            None => Ok(true),
            Some(Ok(boundary)) => Ok(right.allowed_in(boundary) && !right.denied_in(boundary)),
            Some(Err(why)) => Err(Arc::clone(why)),
        };
        all([denied.map(|denied| !denied), allowed, bounded])
    }
}

/// A policy's document. A policy always has one, so where there is none it was not seen.
fn written(document: &Node) -> Answer<Document<'_>> {
    match document {
        Node::Absent => Err(unreadable("policy document")),
        document => Document::read(document),
    }
}

fn unreadable(what: &str) -> Arc<Why> {
    Arc::new(Why::new(WhyKind::NotRead, what).with_message("it is not in view"))
}

fn managed<'a>(context: &Context<'a>, asset: &Asset, arn: &str) -> Answer<&'a Node> {
    if let Some(policy) = context.estate.asset(arn) {
        return Ok(policy.properties.key("PolicyDocument"));
    }
    // In code a policy is called by its address, and its ARN is a property.
    let (kind, scope) = ("AWS::IAM::ManagedPolicy", account_scope(asset));
    let (found, unseen) = context.joins.find(context.estate, scope, kind, "PolicyArn", arn);
    let policy = found.first().map(|policy| policy.properties.key("PolicyDocument"));
    policy.ok_or_else(|| unseen.unwrap_or_else(|| context.missing(kind, scope, arn)))
}

fn group<'a>(context: &Context<'a>, asset: &Asset, name: &str) -> Answer<&'a Asset> {
    let (kind, scope) = ("AWS::IAM::Group", account_scope(asset));
    let (found, unseen) = context.joins.find(context.estate, scope, kind, "GroupName", name);
    found.first().copied().ok_or_else(|| unseen.unwrap_or_else(|| context.missing(kind, scope, name)))
}
