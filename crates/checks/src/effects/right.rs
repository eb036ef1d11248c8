//! What one may ask of identity policies: is this allowed on every resource?
//!
//! "Every resource" is asked with a name that no policy names: a pattern that fits it fits all names. So
//! `arn:aws:iam::*:role/*` is every role, and a `NotResource` that leaves some out still leaves the rest.

use partywall_model::AccountId;

use super::document::{Document, Statement};
use super::glob::ANY_NAME;

/// A right on every resource: an action, or all of them.
pub(super) struct Right<'a> {
    /// None for all of them.
    action: Option<&'a str>,
    /// A resource that nobody names.
    resource: String,
    /// The same of IAM, whose loss ends an administrator.
    identity: String,
}

impl<'a> Right<'a> {
    /// All actions on all resources. Whoever is denied IAM as a whole is no administrator.
    pub(super) fn everything(account: Option<&AccountId>) -> Self {
        let resource = format!("arn:{ANY_NAME}:{ANY_NAME}:{ANY_NAME}:{ANY_NAME}:{ANY_NAME}");
        Self { action: None, resource, identity: any_resource("iam:", account) }
    }

    /// One action on all resources that it has; `account` is where the principal lives.
    pub(super) fn action(action: &'a str, account: Option<&AccountId>) -> Self {
        let resource = any_resource(action, account);
        Self { action: Some(action), identity: resource.clone(), resource }
    }

    /// Whether a document allows it.
    pub(super) fn allowed_in(&self, document: &Document<'_>) -> bool {
        document.allows().any(|statement| {
            statement.is_certain()
                && self
                    .action
                    .map_or_else(|| statement.covers_every_action(), |action| statement.covers_action(action))
                && statement.covers_resource(&self.resource)
                && statement.covers_resource(&self.identity)
        })
    }

    /// Whether a document denies it to everyone who has the document.
    pub(super) fn denied_in(&self, document: &Document<'_>) -> bool {
        let any_of_iam = format!("iam:{ANY_NAME}");
        let action = self.action.unwrap_or(&any_of_iam);
        document.denials().any(|statement| {
            statement.is_certain()
                && statement.covers_action(action)
                && statement.covers_resource(&self.identity)
        })
    }
}

/// Whether a statement is about all resources that an action, or a pattern of actions, has.
pub(super) fn covers_all_of(statement: &Statement<'_>, action: &str, account: Option<&AccountId>) -> bool {
    statement.covers_resource(&any_resource(action, account))
}

/// The ARN of a resource of an action that nobody names. Source: AWS Service Authorization Reference, resource
/// types of IAM, Lambda, CloudFormation and S3.
fn any_resource(action: &str, account: Option<&AccountId>) -> String {
    let (service, name) = action.split_once(':').unwrap_or((action, ""));
    let account = account.map_or(ANY_NAME, |account| account.as_str());
    let service = service.to_ascii_lowercase();
    match &*service {
        "s3" if name.contains("Object") => format!("arn:aws:s3:::{ANY_NAME}/{ANY_NAME}"),
        "s3" => format!("arn:aws:s3:::{ANY_NAME}"),
        "iam" | "sts" => format!("arn:aws:iam::{account}:{}{ANY_NAME}", type_in_iam(name)),
        "lambda" => format!("arn:aws:lambda:{ANY_NAME}:{account}:function:{ANY_NAME}"),
        "cloudformation" => format!("arn:aws:{service}:{ANY_NAME}:{account}:stack/{ANY_NAME}/{ANY_NAME}"),
        _ if service.contains(['*', '?']) => {
            format!("arn:{ANY_NAME}:{ANY_NAME}:{ANY_NAME}:{account}:{ANY_NAME}")
        }
        _ => format!("arn:aws:{service}:{ANY_NAME}:{account}:{ANY_NAME}"),
    }
}

fn type_in_iam(action: &str) -> &'static str {
    let about = |words: &[&str]| words.iter().any(|word| action.contains(word));
    if about(&["Group"]) {
        "group/"
    } else if about(&["Role"]) {
        "role/"
    } else if about(&["User", "AccessKey", "LoginProfile"]) {
        "user/"
    } else if about(&["Policy"]) {
        "policy/"
    } else {
        ""
    }
}
