//! Packages as a bill of materials: CycloneDX 1.6 in JSON.
//!
//! One component stands for a package of one version, with every place at which a file names it. What the form has no
//! word for (who asks for a package, why a version is open) stands in properties that begin with `partywall:`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use partywall_packages::{Ecosystem, Need, Origin, Package, Use, Version};
use serde::Serialize;

use crate::json::write_value;

/// Writes the packages.
///
/// # Errors
/// What the writer refuses.
pub fn write<'p>(
    packages: impl IntoIterator<Item = &'p Package>,
    tool_version: &str,
    at: Timestamp,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut components: BTreeMap<String, Component> = BTreeMap::new();
    for package in packages {
        let purl = package.purl();
        components.entry(purl).or_insert_with_key(|purl| Component::of(package, purl)).seen(package);
    }
    let tool = Tool { kind: "application", name: "partywall", version: tool_version };
    let bom = Bom {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        version: 1,
        metadata: Metadata {
            timestamp: at,
            lifecycles: [Phase { phase: "pre-build" }],
            tools: Tools { components: [tool] },
        },
        components: components.into_values().collect(),
    };
    write_value(&bom, out)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    version: u32,
    metadata: Metadata<'a>,
    components: Vec<Component>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    timestamp: Timestamp,
    lifecycles: [Phase; 1],
    tools: Tools<'a>,
}

#[derive(Serialize)]
struct Phase {
    phase: &'static str,
}

#[derive(Serialize)]
struct Tools<'a> {
    components: [Tool<'a>; 1],
}

#[derive(Serialize)]
struct Tool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'static str,
    version: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Component {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref")]
    reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash>,
    purl: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_references: Vec<Reference>,
    evidence: Evidence,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
    /// What it is used for, over all places.
    #[serde(skip)]
    used: Option<Use>,
}

#[derive(PartialEq, Serialize)]
struct Hash {
    alg: &'static str,
    content: String,
}

#[derive(Serialize)]
struct Reference {
    #[serde(rename = "type")]
    kind: &'static str,
    url: Box<str>,
}

#[derive(Serialize)]
struct Evidence {
    occurrences: Vec<Occurrence>,
}

#[derive(PartialEq, Serialize)]
struct Occurrence {
    location: String,
    line: u32,
}

#[derive(PartialEq, Serialize)]
struct Property {
    name: &'static str,
    value: String,
}

impl Component {
    fn of(package: &Package, purl: &str) -> Self {
        let separator = if package.ecosystem == Ecosystem::Maven { ':' } else { '/' };
        let is_grouped = matches!(package.ecosystem, Ecosystem::Maven | Ecosystem::Npm | Ecosystem::Composer);
        let parts = package.name.rsplit_once(separator).filter(|_| is_grouped);
        let (group, name) = match parts {
            Some((group, name)) => (Some(group.to_owned()), name),
            None => (None, &*package.name),
        };
        let url = match &package.origin {
            Some(Origin::Repository(url)) => Some(Reference { kind: "vcs", url: url.clone() }),
            Some(Origin::Archive(url)) => Some(Reference { kind: "distribution", url: url.clone() }),
            Some(Origin::Registry(_)) | None => None,
        };
        Self {
            kind: "library",
            reference: purl.to_owned(),
            group,
            name: name.to_owned(),
            version: package.version.known().map(Box::from),
            scope: None,
            // Several digests are those of several files, of which nobody knows here which one is taken.
            hashes: match package.integrity.as_slice() {
                [one] => hash(one).into_iter().collect(),
                _ => Vec::new(),
            },
            purl: purl.to_owned(),
            external_references: url.into_iter().collect(),
            evidence: Evidence { occurrences: Vec::new() },
            properties: Vec::new(),
            used: None,
        }
    }

    fn seen(&mut self, package: &Package) {
        self.occur(Occurrence { location: package.file.to_string(), line: package.line });
        match package.need {
            Need::Direct => self.property("partywall:need", "direct"),
            Need::Transitive => self.property("partywall:need", "transitive"),
            Need::Unsaid => {}
        }
        if let Version::Undecided(reason) = &package.version {
            self.property("partywall:undecided", reason);
        }
        if let Some(Origin::Registry(registry)) = &package.origin {
            self.property("partywall:registry", registry);
        }
        let used = self.used.map_or(package.used, |used| used.min(package.used));
        self.used = Some(used);
        self.scope = match used {
            Use::Runs => Some("required"),
            Use::Development => Some("excluded"),
            Use::Optional => Some("optional"),
            Use::Unsaid => None,
        };
    }

    fn occur(&mut self, occurrence: Occurrence) {
        if !self.evidence.occurrences.contains(&occurrence) {
            self.evidence.occurrences.push(occurrence);
        }
    }

    fn property(&mut self, name: &'static str, value: &str) {
        let property = Property { name, value: value.to_owned() };
        if !self.properties.contains(&property) {
            self.properties.push(property);
        }
    }
}

/// `sha512-` and base64 or hexadecimal digits; other digests have no name in the form.
fn hash(integrity: &str) -> Option<Hash> {
    let (algorithm, digits) = integrity.split_once('-')?;
    let (alg, bytes) = match algorithm {
        "md5" => ("MD5", 16),
        "sha1" => ("SHA-1", 20),
        "sha256" => ("SHA-256", 32),
        "sha384" => ("SHA-384", 48),
        "sha512" => ("SHA-512", 64),
        _ => return None,
    };
    if digits.len() == 2 * bytes && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Some(Hash { alg, content: digits.to_ascii_lowercase() });
    }
    let decoded = STANDARD.decode(digits).ok().filter(|decoded| decoded.len() == bytes)?;
    Some(Hash { alg, content: decoded.iter().map(|byte| format!("{byte:02x}")).collect() })
}
