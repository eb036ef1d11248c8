//! From resources in code to the assets that they will be.
//!
//! Three rules keep the result honest. What a mapping does not fill, and a check could read, is unknown and never
//! absent; what exists only once something runs is unknown under [`RUN_TIME`], so that a check that needs it does not
//! apply; and a part whose whole cannot be told makes what it could have filled unknown on every candidate.

mod making;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use partywall_content::{Becomes, Content, Expression, Mapping, ShapeFunctions};
use partywall_expr::{Program, Scope};
use partywall_model::{Asset, Kind, Node, Problem, Why, WhyKind};

use crate::kubernetes;
use crate::terraform::{Configuration, Mode, Place, ProviderUse, Resource, Types};

use making::Making;

/// The operation of unknowns that no code can decide.
pub const RUN_TIME: &str = "run-time";
/// Where an account or a region would stand and code does not say it.
pub const UNSET: &str = "unset";

/// What code declares.
#[derive(Debug, Default)]
pub struct Declared {
    /// The assets, in the order of the resources.
    pub assets: Vec<Declaration>,
    /// What could not be made of the code.
    pub problems: Vec<Problem>,
}

/// An asset in code.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// The asset.
    pub asset: Asset,
    /// The address in its configuration.
    pub address: Arc<str>,
    /// The folder of the configuration.
    pub root: Arc<str>,
    /// Where it is declared.
    pub place: Place,
}

/// A path that nothing fills, and why.
type Gap = (Box<str>, Arc<Why>);

/// The resource types that the content knows.
#[derive(Debug)]
pub struct Mapped<'c> {
    content: &'c Content,
    /// By kind: what a check may read, or a host function on its behalf.
    paths: HashMap<&'c Kind, BTreeSet<Box<str>>>,
    /// By type: what of it nothing fills.
    gaps: HashMap<&'c str, Vec<Gap>>,
    /// By type of ARM, whose bodies are of no case: how properties are spelled, by their names in lower case.
    spellings: HashMap<&'c str, HashMap<String, Arc<str>>>,
}

impl<'c> Mapped<'c> {
    /// Prepares the mappings of a content.
    pub fn new(content: &'c Content) -> Self {
        let paths = paths_by_kind(content);
        let mut targets: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        for mapping in &content.mappings {
            let wholes: Vec<&str> = match &mapping.becomes {
                Becomes::Asset(_) => vec![&mapping.name],
                Becomes::Part(rule) => rule.types.iter().map(|name| &**name).collect(),
            };
            for whole in wholes {
                targets.entry(whole).or_default().extend(mapping.targets());
            }
        }
        let gaps: HashMap<_, _> = content
            .mappings
            .iter()
            .filter_map(|mapping| {
                let Becomes::Asset(rule) = &mapping.becomes else { return None };
                let nothing = BTreeSet::new();
                let filled = targets.get(&*mapping.name).unwrap_or(&nothing);
                let read = paths.get(&rule.kind).into_iter().flatten();
                // What is taken as it is written has all properties; only what runs has observations.
                let is_written = |path: &str| rule.verbatim && !is_observed(path);
                let open = read.filter(|path| !is_written(path) && !is_filled(filled, path));
                Some((&*mapping.name, open.map(|path| (path.clone(), gap(&mapping.name, path))).collect()))
            })
            .collect();
        let of_arm = content.mappings.iter().filter(|mapping| mapping.name.starts_with("Microsoft."));
        let spellings = of_arm.map(|mapping| (&*mapping.name, spellings(mapping, &paths))).collect();
        Self { content, paths, gaps, spellings }
    }

    /// The assets of a configuration.
    pub fn assets(&self, configuration: &Configuration) -> Declared {
        let surroundings = surroundings(configuration);
        let resources = || {
            let declared = configuration.resources.iter().filter(|resource| resource.mode == Mode::Managed);
            declared.chain(&surroundings)
        };
        let mut making = Making::new(self, &configuration.folder);
        for resource in resources() {
            if let Some(mapping) = self.content.mapping(&resource.kind)
                && let Becomes::Asset(rule) = &mapping.becomes
            {
                making.whole(resource, mapping, rule);
            }
        }
        for resource in resources() {
            if let Some(mapping) = self.content.mapping(&resource.kind)
                && let Becomes::Part(rule) = &mapping.becomes
            {
                making.part(resource, mapping, rule);
            }
        }
        making.astray();
        let mut declared = making.finish();
        declared.assets.extend(kubernetes::terraform::declared(configuration));
        declared
    }

    /// All that may be read of a kind.
    pub fn paths(&self, kind: &Kind) -> impl Iterator<Item = &str> {
        self.paths.get(kind).into_iter().flatten().map(|path| &**path)
    }

    /// The kind that a type becomes.
    fn kind(&self, name: &str) -> Option<&'c Kind> {
        match &self.content.mapping(name)?.becomes {
            Becomes::Asset(rule) => Some(&rule.kind),
            Becomes::Part(_) => None,
        }
    }

    /// How many of the resources no mapping knows, by type.
    pub fn unmapped<'r>(
        &self,
        resources: impl IntoIterator<Item = &'r Resource>,
    ) -> BTreeMap<&'r str, usize> {
        let mut counts = BTreeMap::new();
        let is_managed = |resource: &&Resource| resource.mode == Mode::Managed && !is_helper(&resource.kind);
        let is_unknown = |resource: &&Resource| {
            self.content.mapping(&resource.kind).is_none()
                && !kubernetes::terraform::is_object(&resource.kind)
        };
        for resource in resources.into_iter().filter(is_managed).filter(is_unknown) {
            *counts.entry(&*resource.kind).or_default() += 1;
        }
        counts
    }
}

impl Types for Mapped<'_> {
    fn computed(&self, kind: &str, attribute: &str, arguments: &Node, address: &str) -> Option<Node> {
        if let Some(mapping) = self.content.mapping(kind)
            && let Some((_, expression)) = mapping.computed.iter().find(|(name, _)| **name == *attribute)
        {
            let tf = with_identity(arguments, kind, address);
            let value = evaluated(expression, &tf).unwrap_or_default();
            if !value.is_absent() && !value.is_unknown() {
                return Some(value);
            }
        }
        planned(kind, attribute, address)
    }

    fn refers(&self, kind: &str, argument: &str) -> bool {
        match self.content.mapping(kind).map(|mapping| &mapping.becomes) {
            Some(Becomes::Part(rule)) => {
                rule.by.0.paths().iter().any(|path| path.path.replace("[]", "") == argument)
            }
            _ => false,
        }
    }

    fn spelled(&self, kind: &str) -> Option<Arc<str>> {
        let mut names = self.content.mappings.iter().map(|mapping| &*mapping.name);
        names.find(|name| name.eq_ignore_ascii_case(kind)).map(Arc::from)
    }

    fn spelled_property(&self, kind: &str, property: &str) -> Option<Arc<str>> {
        self.spellings.get(kind)?.get(&property.to_ascii_lowercase()).cloned()
    }
}

/// The identity of something that is not there yet.
fn planned(kind: &str, attribute: &str, address: &str) -> Option<Node> {
    match attribute {
        "id" => Some(Node::text(address)),
        "arn" => Some(Node::text(format!("arn:{UNSET}:{kind}:{UNSET}:{UNSET}:{address}"))),
        _ => None,
    }
}

/// Whether a resource is only a help in writing code: nothing of it is deployed anywhere.
fn is_helper(kind: &str) -> bool {
    const HELPERS: [&str; 8] =
        ["archive", "external", "http", "local", "null", "random", "terraform", "time"];
    let provider = kind.split('_').next().unwrap_or_default();
    HELPERS.contains(&provider)
}

fn is_around(resource: &Resource) -> bool {
    resource.place.line == 0
}

fn with_identity(arguments: &Node, kind: &str, address: &str) -> Node {
    let mut tf = arguments.clone();
    if tf.is_unknown() {
        return tf;
    }
    for attribute in ["id", "arn"].into_iter().filter(|attribute| is_open(arguments.key(attribute))) {
        if let Some(value) = planned(kind, attribute, address) {
            tf.insert_at(attribute, value);
        }
    }
    tf
}

/// Whether nobody has said yet what it is: a plan knows what the provider gave to what is there already.
fn is_open(value: &Node) -> bool {
    value.is_absent() || value.is_unknown()
}

/// All paths that may be read of each kind: what its collector fills, because a host function may read any of it; of a
/// kind that no collector reads, what the checks and the lines of responsibility name.
fn paths_by_kind(content: &Content) -> HashMap<&Kind, BTreeSet<Box<str>>> {
    let mut collected: HashMap<&Kind, BTreeSet<Box<str>>> = HashMap::new();
    for kind in content.collectors.iter().flat_map(|collector| &collector.kinds) {
        collected.entry(&kind.kind).or_default().extend(kind.targets().map(Box::from));
    }
    let mut named: HashMap<&Kind, BTreeSet<Box<str>>> = HashMap::new();
    for check in &content.checks {
        for kind in &check.kinds {
            let read = check.applies_when.iter().chain([&check.fails_when]).flat_map(paths_of);
            named.entry(kind).or_default().extend(read);
        }
    }
    for service in &content.services {
        for line in &service.lines {
            let switch = line.switch.iter().filter(|switch| !switch.property.is_empty());
            let read: BTreeSet<Box<str>> = line
                .when
                .iter()
                .flat_map(paths_of)
                .chain(switch.map(|switch| switch.property.clone()))
                .collect();
            let is_meant = |kind: &&Kind| line.kinds.is_empty() || line.kinds.contains(kind);
            for kind in service.kinds.keys().filter(is_meant) {
                named.entry(kind).or_default().extend(read.iter().cloned());
            }
        }
    }
    for (kind, read) in named {
        collected.entry(kind).or_insert(read);
    }
    collected
}

/// How checks and the mapping spell the properties of a type.
fn spellings(mapping: &Mapping, paths: &HashMap<&Kind, BTreeSet<Box<str>>>) -> HashMap<String, Arc<str>> {
    let read: Vec<&str> = match &mapping.becomes {
        Becomes::Asset(rule) => paths.get(&rule.kind).into_iter().flatten().map(|path| &**path).collect(),
        Becomes::Part(_) => Vec::new(),
    };
    let values = mapping.properties.iter().chain(&mapping.append);
    let written: Vec<Box<str>> = values.flat_map(|(_, value)| paths_of(&value.0)).collect();
    let all = read.into_iter().chain(written.iter().map(|path| &**path)).chain(mapping.targets());
    let words = all.flat_map(|path| path.split('.'));
    words.map(|word| (word.to_ascii_lowercase(), Arc::from(word))).collect()
}

/// The paths that an expression reads, down to the first list.
fn paths_of(program: &Program) -> impl Iterator<Item = Box<str>> {
    let paths = program.paths().into_iter();
    let to_list = paths.filter_map(|path| path.path.split("[]").next().map(Box::<str>::from));
    to_list.filter(|path| !path.is_empty())
}

fn gap(name: &str, path: &str) -> Arc<Why> {
    Arc::new(match is_observed(path) {
        true => Why::new(WhyKind::NotRead, RUN_TIME).with_message("it exists only once it runs"),
        false => {
            let message = format!("the mapping of `{name}` does not fill `{path}`");
            Why::new(WhyKind::Unsupported, "mapping").with_message(message)
        }
    })
}

fn is_observed(path: &str) -> bool {
    path.starts_with("Observed.")
}

fn is_filled(filled: &BTreeSet<&str>, path: &str) -> bool {
    filled.iter().any(|target| is_at_or_above(target, path) || is_at_or_above(path, target))
}

fn is_at_or_above(short: &str, long: &str) -> bool {
    long == short || long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.'))
}

fn evaluated(expression: &Expression, tf: &Node) -> Result<Node, String> {
    let outcome = expression.0.evaluate(&Scope::new().with("tf", tf), &ShapeFunctions);
    outcome.map(|outcome| outcome.value).map_err(|error| error.message.to_string())
}

/// The account of AWS and the regions around a configuration, of which code rarely says anything.
fn surroundings(configuration: &Configuration) -> Vec<Resource> {
    let is_amazon =
        |resource: &Resource| resource.kind.starts_with("aws_") || resource.kind.starts_with("AWS::");
    if !configuration.resources.iter().any(is_amazon) {
        return Vec::new();
    }
    let mut regions: Vec<Option<&str>> =
        configuration.resources.iter().map(|resource| resource.provider.region.as_str()).collect();
    regions.sort_unstable();
    regions.dedup();
    let place = Place { path: "".into(), file: configuration.folder.clone(), span: 0..0, line: 0 };
    let around = |kind: &str, address: &str, region: Option<&str>| Resource {
        address: address.into(),
        kind: kind.into(),
        name: address.into(),
        mode: Mode::Managed,
        provider: ProviderUse { region: region.map_or(Node::Absent, Node::text), ..ProviderUse::default() },
        arguments: Node::map(),
        places: Vec::new(),
        place: place.clone(),
        undecided: None,
    };
    let account = around("aws_account", "account", Some("global"));
    let regions = regions.into_iter().map(|region| around("aws_region", "region", region));
    std::iter::once(account).chain(regions).collect()
}
