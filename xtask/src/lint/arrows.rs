//! Dependencies point one way, and what opens connections or writes state stays in few crates.

use super::Violation;
use crate::metadata::{Metadata, Package};

/// The crates from the innermost outwards. A crate may use those of earlier rows only, so no sensor knows
/// another. A new crate is given its row here.
const ROWS: [&[&str]; 10] = [
    &["partywall-model"],
    &["partywall-expr"],
    &["partywall-content"],
    &["partywall-iam", "partywall-reach", "partywall-packages"],
    &[
        "partywall-checks",
        "partywall-aws",
        "partywall-azure",
        "partywall-gcp",
        "partywall-iac",
        "partywall-secrets",
        "partywall-hosts",
        "partywall-vulns",
        "partywall-probe",
        "partywall-detect",
    ],
    &["partywall-ssrm", "partywall-paths"],
    &["partywall-plan"],
    &["partywall-report", "partywall-store", "partywall-people"],
    &["partywall-server"],
    &["partywall"],
];

/// Packages that are never shipped and may use everything.
const DEVELOPMENT: [&str; 2] = ["xtask", "partywall-fuzz"];

/// What the vocabulary crate may use.
const OF_MODEL: [&str; 3] = ["serde", "jiff", "thiserror"];

/// Crates of others that only some of ours may use: sockets and state have their places.
const RESERVED: [(&[&str], &[&str]); 2] = [
    (
        &["tokio", "hyper", "reqwest", "ureq", "rustls", "aws-config", "aws-smithy-http-client"],
        &[
            "partywall-aws",
            "partywall-azure",
            "partywall-gcp",
            "partywall-probe",
            "partywall-server",
            "partywall",
        ],
    ),
    (&["rusqlite", "tokio-postgres"], &["partywall-store"]),
];

pub(super) fn check(metadata: &Metadata) -> Vec<Violation> {
    let shipped = metadata.members().filter(|package| !DEVELOPMENT.contains(&&*package.name));
    shipped.flat_map(of_package).collect()
}

fn of_package(package: &Package) -> Vec<Violation> {
    let Some(row) = row(&package.name) else {
        let message = "has no row in the table of xtask/src/lint/arrows.rs; see ARCHITECTURE.md";
        return vec![Violation::new(&package.name, message)];
    };
    let used = package.dependencies.iter().filter(|dependency| dependency.kind.as_deref() != Some("dev"));
    let mut violations = Vec::new();
    for name in used.map(|dependency| dependency.name.as_str()) {
        let refused = if DEVELOPMENT.contains(&name) || name.starts_with("partywall") {
            self::row(name).is_none_or(|other| other >= row)
        } else if package.name == "partywall-model" {
            !OF_MODEL.contains(&name)
        } else {
            RESERVED.iter().any(|(crates, users)| crates.contains(&name) && !users.contains(&&*package.name))
        };
        if refused {
            violations
                .push(Violation::new(&package.name, format!("may not depend on `{name}` (ARCHITECTURE.md)")));
        }
    }
    violations
}

fn row(name: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations(name: &str, dependency: &str, kind: Option<&str>) -> usize {
        let package: Package = serde_json::from_value(serde_json::json!({
            "id": name, "name": name, "version": "0.1.0", "license": null, "source": null,
            "dependencies": [{ "name": dependency, "kind": kind }],
        }))
        .unwrap();
        of_package(&package).len()
    }

    #[test]
    fn arrows_point_inwards_only() {
        for (from, to, refused) in [
            ("partywall-checks", "partywall-content", 0),
            ("partywall-content", "partywall-checks", 1),
            ("partywall-checks", "partywall-aws", 1),
            ("partywall-report", "partywall-store", 1),
            ("partywall", "partywall-store", 0),
            ("partywall-nobody", "serde", 1),
        ] {
            assert_eq!(violations(from, to, None), refused, "{from} → {to}");
        }
    }

    #[test]
    fn sockets_and_state_have_their_places() {
        assert_eq!(violations("partywall-model", "serde", None), 0);
        assert_eq!(violations("partywall-model", "regex", None), 1);
        assert_eq!(violations("partywall-checks", "tokio", None), 1);
        assert_eq!(violations("partywall-report", "rusqlite", None), 1);
        assert_eq!(violations("partywall-store", "rusqlite", Some("build")), 0);
        assert_eq!(violations("partywall-checks", "tokio", Some("dev")), 0);
    }
}
