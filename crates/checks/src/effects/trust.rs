//! Who may become a role. Source: AWS IAM User Guide, "How to use an external ID" and "Creating a role for
//! web identity or OpenID Connect federation".

use partywall_model::{AccountId, Node};

use super::Answer;
use super::document::{Document, Principals, Statement, account_of};
use super::narrowing::Condition;
use crate::context::Context;

const BY_AWS: &str = "sts:AssumeRole";
const BY_TOKEN: &str = "sts:AssumeRoleWithWebIdentity";
const BY_SAML: &str = "sts:AssumeRoleWithSAML";

/// Statements that let any AWS principal in. An external id does not narrow: it is known to the vendor and to
/// whoever reads its set-up page.
pub(super) fn anyone(node: &Node) -> Answer<Vec<String>> {
    let document = Document::read(node)?;
    let is_entry = |statement: &&Statement<'_>| {
        [BY_AWS, BY_TOKEN, BY_SAML].iter().any(|action| statement.covers_action(action))
    };
    let is_open = |statement: &&Statement<'_>| {
        statement.is_for_anyone()
            && !statement.is_narrowed()
            && !document.denials().any(|denial| denial.denies_all_but_few() && denial.covers(statement))
    };
    Ok(document.allows().filter(is_entry).filter(is_open).map(Statement::name).collect())
}

/// Accounts outside the organisation that may assume the role without an external id. That the vendor must
/// come as one of its own roles, or from its own network, does not help: it is the vendor who is deceived.
pub(super) fn vendors_without_external_id(context: &Context<'_>, node: &Node) -> Answer<Vec<String>> {
    let document = Document::read(node)?;
    let mut accounts: Vec<String> = document
        .allows()
        .filter(|statement| statement.covers_action(BY_AWS))
        .filter(|statement| !statement.conditions().any(|condition| asks_for_id(&condition)))
        .filter(|statement| !statement.conditions().any(|condition| is_own_organisation(&condition)))
        // Who must show a second factor is a person who signs in, and no service that can be deceived.
        .filter(|statement| !statement.conditions().any(|condition| asks_for_second_factor(&condition)))
        .filter_map(|statement| match statement.principals() {
            Principals::Aws(principals) => Some(principals),
            _ => None,
        })
        .flatten()
        .filter_map(|principal| account_of(&principal).map(str::to_owned))
        .filter(|account| !context.own_accounts.contains(&AccountId::from(account.as_str())))
        .collect();
    accounts.sort();
    accounts.dedup();
    Ok(accounts)
}

fn asks_for_id(condition: &Condition<'_>) -> bool {
    let any_text = |value: &str| condition.has_patterns() && value.chars().all(|c| matches!(c, '*' | '?'));
    condition.is_on("sts:ExternalId")
        && condition.asks_for_text()
        && !condition.values.iter().any(|value| any_text(value))
}

fn asks_for_second_factor(condition: &Condition<'_>) -> bool {
    // With `IfExists` it also holds for callers that have no such key: those with long-term keys.
    let is_asked = condition.operator.eq_ignore_ascii_case("Bool");
    is_asked && condition.is_on("aws:MultiFactorAuthPresent") && condition.says("true")
}

fn is_own_organisation(condition: &Condition<'_>) -> bool {
    let keys = ["aws:PrincipalOrgID", "aws:PrincipalOrgPaths"];
    keys.iter().any(|key| condition.is_on(key)) && condition.narrows()
}

/// OpenID Connect trusts whose subject is not narrowed.
pub(super) fn open_subjects(node: &Node) -> Answer<Vec<String>> {
    let document = Document::read(node)?;
    let mut open = Vec::new();
    for statement in document.allows().filter(|statement| statement.covers_action(BY_TOKEN)) {
        for provider in statement.federated() {
            let Some(host) = issuer(provider) else { continue };
            if let Some(why) = why_open(statement, host) {
                open.push(format!("{host}: {why}"));
            }
        }
    }
    Ok(open)
}

/// The issuer of an OpenID Connect provider; SAML providers have none.
fn issuer(provider: &str) -> Option<&str> {
    match provider.split_once(":oidc-provider/") {
        Some((_, issuer)) => Some(issuer),
        None => (!provider.starts_with("arn:")).then_some(provider),
    }
}

/// The claims of which one must be fixed. An issuer whose audience is the application's own id needs no more;
/// with every other one anybody can ask for the audience. Google's `oaud` is such an audience, its `aud` the
/// application (AWS IAM User Guide, "Available keys for AWS OIDC federation").
fn deciding_claims(issuer: &str) -> &'static [&'static str] {
    match issuer {
        "cognito-identity.amazonaws.com" => &["aud", "sub"],
        "www.amazon.com" | "graph.facebook.com" => &["app_id"],
        "accounts.google.com" => &["sub", "aud"],
        _ => &["sub"],
    }
}

fn why_open(statement: &Statement<'_>, issuer: &str) -> Option<String> {
    let claims = deciding_claims(issuer);
    let mut loosest = None;
    for condition in statement.conditions() {
        let on_claim = claims.iter().any(|claim| condition.is_on(&format!("{issuer}:{claim}")));
        if !on_claim || !condition.asks_for_text() {
            continue;
        }
        match condition.values.iter().find(|value| condition.has_patterns() && spans_many(value)) {
            None => return None,
            Some(value) => loosest = Some(format!("`{}` may be `{value}`", condition.key)),
        }
    }
    let claim = claims.first().unwrap_or(&"sub");
    Some(loosest.unwrap_or_else(|| format!("no condition on `{issuer}:{claim}`")))
}

/// Whether a subject pattern spans organisations, repositories, projects or namespaces: a wildcard stands
/// before the one that may come in is named. Sources: the issuers' own pages on the subjects of their tokens.
fn spans_many(pattern: &str) -> bool {
    let Some(at) = pattern.find(['*', '?']) else { return false };
    let (fixed, rest) = pattern.split_at(at);
    // Whether so many named parts stand before the wildcard, each with its end.
    let names = |text: &str, separator: char, parts: usize| text.matches(separator).count() >= parts;
    let is_named = if let Some(repository) = fixed.strip_prefix("repo:") {
        // GitHub: `repo:owner/name:ref:refs/heads/main`.
        repository.split_once('/').is_some_and(|(owner, name)| !owner.is_empty() && name.contains(':'))
    } else if let Some(project) = fixed.strip_prefix("project_path:") {
        // GitLab: `project_path:group/subgroup/project:ref_type:branch:ref:main`.
        project.split_once(':').is_some_and(|(path, _)| path.contains('/'))
    } else if let Some(account) = fixed.strip_prefix("system:serviceaccount:") {
        // Kubernetes: `system:serviceaccount:namespace:name`.
        names(account, ':', 1)
    } else if let Some(organisation) = fixed.strip_prefix("organization:") {
        // Terraform Cloud and Buildkite: `organization:name:project:name:…`, `organization:name:pipeline:name:…`.
        names(organisation, ':', 3)
    } else if let Some(organisation) = fixed.strip_prefix("org/") {
        // CircleCI: `org/id/project/id/user/id`.
        names(organisation, '/', 3)
    } else {
        fixed.contains([':', '/']) && !rest.contains([':', '/'])
    };
    !is_named
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_narrow_when_the_one_that_may_come_is_named() {
        for (pattern, many) in [
            ("*", true),
            ("repo:*", true),
            ("repo:octo*/app:ref:main", true),
            ("repo:octo/*", true),
            ("repo:octo/app*", true),
            ("repo:/*", true),
            ("repo:octo/app:*", false),
            ("repo:octo/app:ref:refs/heads/main", false),
            ("system:serviceaccount:*", true),
            ("system:serviceaccount:*:payments", true),
            ("system:serviceaccount:payments:*", false),
            ("project_path:*", true),
            ("project_path:group/*", true),
            ("project_path:group/app*:ref:main", true),
            ("project_path:group/app:ref_type:branch:ref:*", false),
            ("organization:*", true),
            ("organization:bank:*", true),
            ("organization:bank:project:*", true),
            ("organization:bank:project:core:workspace:*", false),
            ("organization:bank:pipeline:deploy:ref:*", false),
            ("org/*", true),
            ("org/1/project/*", true),
            ("org/1/project/2/user/*", false),
            ("tenant:*:app", true),
            ("tenant:app-*", false),
            ("a*", true),
        ] {
            assert_eq!(spans_many(pattern), many, "{pattern}");
        }
    }
}
