//! Who may become a role. Source: AWS IAM User Guide, "How to use an external ID" and "Creating a role for
//! web identity or OpenID Connect federation".

use partywall_model::{AccountId, Node};

use super::Answer;
use super::document::{Document, Principals, Statement, account_of};
use crate::context::Context;

/// Statements that let any AWS principal in. An external id does not narrow: it is known to the vendor and to
/// whoever reads its set-up page.
pub(super) fn anyone(node: &Node) -> Answer<Vec<String>> {
    let document = Document::read(node)?;
    Ok(document
        .allows()
        .filter(|statement| {
            matches!(statement.principals(), Principals::Anyone | Principals::AllBut)
                && !statement.is_narrowed()
        })
        .map(Statement::name)
        .collect())
}

/// Accounts outside the organisation that may assume the role without an external id.
pub(super) fn vendors_without_external_id(context: &Context<'_>, node: &Node) -> Answer<Vec<String>> {
    let document = Document::read(node)?;
    let asks_for_id = |statement: &Statement<'_>| {
        statement.conditions().any(|(operator, key, values)| {
            matches!(operator, "StringEquals" | "StringLike")
                && key.eq_ignore_ascii_case("sts:ExternalId")
                && !values.is_empty()
                && !values.contains(&"*")
        })
    };
    let mut accounts: Vec<String> = document
        .allows()
        .filter(|statement| !asks_for_id(statement) && !statement.is_narrowed())
        .filter_map(|statement| match statement.principals() {
            Principals::Aws(principals) => Some(principals),
            _ => None,
        })
        .flatten()
        .filter_map(account_of)
        .filter(|account| !context.own_accounts.contains(&AccountId::from(*account)))
        .map(str::to_owned)
        .collect();
    accounts.sort();
    accounts.dedup();
    Ok(accounts)
}

/// OpenID Connect trusts whose subject is not narrowed.
pub(super) fn open_subjects(node: &Node) -> Answer<Vec<String>> {
    let document = Document::read(node)?;
    let mut open = Vec::new();
    for statement in document.allows() {
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

fn why_open(statement: &Statement<'_>, issuer: &str) -> Option<String> {
    // A Cognito identity pool is named by the audience; every other issuer shares its audience with everyone.
    let claims: &[&str] = match issuer {
        "cognito-identity.amazonaws.com" => &["aud"],
        "www.amazon.com" | "graph.facebook.com" => &["app_id"],
        "accounts.google.com" => &["sub", "aud", "oaud"],
        _ => &["sub"],
    };
    let mut loosest = None;
    for (operator, key, values) in statement.conditions() {
        let operator = operator.strip_prefix("ForAnyValue:").unwrap_or(operator);
        let claim = key.strip_prefix(issuer).and_then(|rest| rest.strip_prefix(':'));
        if !claim.is_some_and(|claim| claims.contains(&claim)) || values.is_empty() {
            continue;
        }
        match operator {
            "StringEquals" | "StringEqualsIgnoreCase" => return None,
            "StringLike" => match values.iter().find(|value| spans_many(value)) {
                None => return None,
                Some(value) => loosest = Some(format!("`{key}` may be `{value}`")),
            },
            _ => {}
        }
    }
    Some(
        loosest.unwrap_or_else(|| format!("no condition on `{issuer}:{}`", claims.first().unwrap_or(&"sub"))),
    )
}

/// Whether a subject pattern spans organisations or repositories. `repo:owner/name:…` must be fixed up to the
/// name; any other subject up to its last part.
fn spans_many(pattern: &str) -> bool {
    let Some(at) = pattern.find(['*', '?']) else { return false };
    let fixed = pattern.get(..at).unwrap_or_default();
    match fixed.strip_prefix("repo:") {
        Some(rest) => {
            !rest.split_once('/').is_some_and(|(owner, name)| !owner.is_empty() && name.contains(':'))
        }
        None => !fixed.contains([':', '/']) || fixed.ends_with("repo:"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_narrow_when_the_repository_is_fixed() {
        for (pattern, many) in [
            ("*", true),
            ("repo:*", true),
            ("repo:octo*/app:ref:main", true),
            ("repo:octo/*", true),
            ("repo:octo/app*", true),
            ("repo:octo/app:*", false),
            ("repo:octo/app:ref:refs/heads/main", false),
            ("system:serviceaccount:payments:*", false),
            ("project_path:group/app:ref_type:branch:ref:*", false),
        ] {
            assert_eq!(spans_many(pattern), many, "{pattern}");
        }
    }
}
