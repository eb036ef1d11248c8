//! Holds the licences of all dependencies against `deny.toml`, for machines without `cargo-deny`.

use serde::Deserialize;
use spdx::{Expression, LicenseReq, ParseMode};

use crate::failure::{Failure, Outcome};
use crate::metadata::{Metadata, Package};
use crate::repository::Repository;

#[derive(Debug, Deserialize)]
struct DenyFile {
    licenses: Licences,
    bans: Bans,
    sources: Sources,
}

#[derive(Debug, Deserialize)]
struct Licences {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

/// Licences that one crate may have beside the others.
#[derive(Debug, Deserialize)]
struct Exception {
    #[serde(rename = "crate", alias = "name")]
    krate: String,
    allow: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Bans {
    #[serde(default)]
    deny: Vec<Banned>,
}

#[derive(Debug, Deserialize)]
struct Banned {
    #[serde(rename = "crate", alias = "name")]
    krate: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
}

/// Checks every dependency that a build for this platform can need.
pub(crate) fn check(repository: &Repository) -> Outcome {
    let text = repository.read("deny.toml")?;
    let rules: DenyFile =
        toml::from_str(&text).map_err(|error| Failure::new(format!("deny.toml cannot be read: {error}")))?;
    let metadata = Metadata::read(repository)?;
    let problems: Vec<String> = metadata.foreign().filter_map(|package| problem(package, &rules)).collect();
    problems.iter().for_each(|problem| println!("{problem}"));
    println!("licences: {} dependencies held against deny.toml", metadata.foreign().count());
    match problems.len() {
        0 => Ok(()),
        count => Err(Failure::new(format!("{count} dependencies are not allowed by deny.toml"))),
    }
}

fn problem(package: &Package, rules: &DenyFile) -> Option<String> {
    let name = format!("{} {}", package.name, package.version);
    if rules.bans.deny.iter().any(|banned| banned.krate == package.name) {
        return Some(format!("{name}: banned by deny.toml"));
    }
    let source = package.source.as_deref().unwrap_or_default();
    if !rules.sources.allow_registry.iter().any(|registry| source == format!("registry+{registry}")) {
        return Some(format!("{name}: comes from `{source}`, which deny.toml does not name"));
    }
    let Some(licence) = &package.license else {
        return Some(format!("{name}: names no licence"));
    };
    match Expression::parse_mode(licence, ParseMode::LAX) {
        Err(error) => Some(format!("{name}: `{licence}` is no licence expression: {}", error.reason)),
        Ok(expression) if expression.evaluate(|needed| is_allowed(&package.name, needed, rules)) => None,
        Ok(_) => Some(format!("{name}: `{licence}` is not allowed")),
    }
}

fn is_allowed(krate: &str, needed: &LicenseReq, rules: &DenyFile) -> bool {
    let of_crate = rules.licenses.exceptions.iter().filter(|exception| exception.krate == krate);
    let needed = needed.to_string();
    rules.licenses.allow.iter().chain(of_crate.flat_map(|exception| &exception.allow)).any(|a| *a == needed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> DenyFile {
        toml::from_str(
            "[licenses]\nallow = [\"MIT\", \"Apache-2.0\"]\nexceptions = [{ crate = \"odd\", allow = [\"MPL-2.0\"] }]\n\
             [bans]\ndeny = [{ crate = \"bad\" }]\n[sources]\nallow-registry = [\"https://r\"]\n",
        )
        .unwrap()
    }

    fn package(name: &str, license: Option<&str>, source: &str) -> Package {
        serde_json::from_value(serde_json::json!({
            "id": name, "name": name, "version": "1.0.0", "license": license, "source": source,
            "dependencies": [],
        }))
        .unwrap()
    }

    #[test]
    fn one_allowed_way_through_the_expression_is_enough() {
        for (licence, allowed) in [
            ("MIT", true),
            ("MIT/Apache-2.0", true),
            ("GPL-3.0-only OR MIT", true),
            ("MIT AND GPL-3.0-only", false),
            ("(MIT OR GPL-3.0-only) AND Apache-2.0", true),
            ("MPL-2.0", false),
            ("Apache-2.0 WITH LLVM-exception", false),
        ] {
            let found = problem(&package("some", Some(licence), "registry+https://r"), &rules());
            assert_eq!(found.is_none(), allowed, "{licence}: {found:?}");
        }
    }

    #[test]
    fn exceptions_bans_sources_and_missing_licences_count() {
        let found = |name, licence, source| problem(&package(name, licence, source), &rules());
        assert_eq!(found("odd", Some("MPL-2.0"), "registry+https://r"), None);
        assert!(found("bad", Some("MIT"), "registry+https://r").unwrap().contains("banned"));
        assert!(found("some", None, "registry+https://r").unwrap().contains("no licence"));
        assert!(found("some", Some("MIT"), "git+https://g").unwrap().contains("git+https://g"));
    }
}
