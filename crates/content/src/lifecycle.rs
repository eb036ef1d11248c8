//! End-of-life dates of runtimes and engines.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// When versions of products stop being supported.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lifecycle {
    products: BTreeMap<Box<str>, Vec<Version>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Version {
    version: Box<str>,
    ended: Date,
}

impl Lifecycle {
    /// The day on which support of a version ended or will end; none if it is not known. A longer version
    /// (`13.4` of a product listed by `13`) belongs to the listed version that it begins with.
    pub fn end(&self, product: &str, version: &str) -> Option<Date> {
        self.products
            .get(product)?
            .iter()
            .filter(|listed| {
                version
                    .strip_prefix(&*listed.version)
                    .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
            })
            .max_by_key(|listed| listed.version.len())
            .map(|listed| listed.ended)
    }

    /// Whether a product is listed at all.
    pub fn knows(&self, product: &str) -> bool {
        self.products.contains_key(product)
    }

    pub(crate) fn absorb(&mut self, file: LifecycleFile) {
        for (product, versions) in file.products {
            let versions = versions
                .into_iter()
                .map(|entry| Version { version: entry.version, ended: entry.ended })
                .collect();
            self.products.insert(product, versions);
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LifecycleFile {
    pub(crate) products: BTreeMap<Box<str>, Vec<VersionFile>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionFile {
    version: Box<str>,
    ended: Date,
    #[serde(rename = "source")]
    _source: Box<str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::from_str;

    #[test]
    fn the_longest_listed_beginning_of_a_version_counts() {
        let mut lifecycle = Lifecycle::default();
        lifecycle.absorb(
            from_str(
                "products:\n  pg:\n    - { version: \"1\", ended: 2001-01-01, source: x }\n    - { version: \"13\", ended: 2025-11-13, source: x }\n",
            )
            .unwrap(),
        );
        assert_eq!(lifecycle.end("pg", "13.4"), Some("2025-11-13".parse().unwrap()));
        assert_eq!(lifecycle.end("pg", "14.1"), None);
        assert_eq!(lifecycle.end("mysql", "8"), None);
    }
}
