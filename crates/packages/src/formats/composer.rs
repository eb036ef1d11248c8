//! `composer.lock` (Composer documentation, "Basic usage", and its schema).

use super::{Included, digest};
use crate::document::{self, Value};
use crate::file::{File, Files};
use crate::found::{Draft, Found, address};
use crate::package::{Origin, Use, Version};

pub(super) fn read(file: &File, _: &dyn Files, found: &mut Found) -> Vec<Included> {
    let (root, fault) = document::json(&file.text);
    found.fault(fault);
    let Some(root) = root else { return Vec::new() };
    if root.get("packages").is_none() && root.get("packages-dev").is_none() {
        found.trouble(1, "there are no `packages` here; let Composer write the file anew");
    }
    for (list, used) in [("packages", Use::Runs), ("packages-dev", Use::Development)] {
        for package in root.items_of(list) {
            self::package(package, used, found);
        }
    }
    Vec::new()
}

fn package(package: &Value, used: Use, found: &mut Found) {
    let Some(name) = package.get("name") else {
        found.trouble(package.line, "a package has no `name`; let Composer write the file anew");
        return;
    };
    let (dist, source) = (package.get("dist"), package.get("source"));
    let of =
        |value: Option<&Value>, key: &str| value.and_then(|it| it.word(key)).unwrap_or_default().to_owned();
    if of(dist, "type") == "path" {
        return;
    }
    let reference = of(source, "reference");
    let version = match package.word("version").unwrap_or_default() {
        "" => Version::undecided("the file gives it no version"),
        branch if branch.starts_with("dev-") || branch.ends_with("-dev") => {
            Version::undecided(format!("`{branch}` is a branch, at {reference}"))
        }
        version => Version::Known(version.into()),
    };
    let url = of(source, "url");
    let origin = (!url.is_empty() && matches!(version, Version::Undecided(_)))
        .then(|| Origin::Repository(format!("{}#{reference}", address(&url)).into()));
    let draft = Draft { origin, integrity: digest("sha1", &of(dist, "shasum")), used, ..Draft::default() };
    found.add(name.text().unwrap_or_default(), version, name.line, draft);
}
