//! From resources in code to the assets that they will be.
//!
//! Three rules keep the result honest. What a mapping does not fill, and a check could read, is unknown and never
//! absent; what exists only once something runs is unknown under [`RUN_TIME`], so that a check that needs it does not
//! apply; and a part whose whole cannot be told makes what it could have filled unknown on every candidate.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use partywall_content::{AssetRule, Becomes, Beside, Content, Expression, Mapping, PartRule, ShapeFunctions};
use partywall_expr::Scope;
use partywall_model::{AccountId, Asset, Kind, Node, Problem, Provider, Region, Source, Why, WhyKind};

use crate::terraform::{Configuration, Mode, Place, ProviderUse, Resource, Types};

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

/// The resource types that the content knows.
#[derive(Debug)]
pub struct Mapped<'c> {
    content: &'c Content,
    /// By kind: what a check may read, or a host function on its behalf.
    paths: HashMap<&'c Kind, BTreeSet<&'c str>>,
    /// By type: what of it nothing fills.
    gaps: HashMap<&'c str, Vec<(&'c str, Arc<Why>)>>,
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
                Some((&*mapping.name, open.map(|path| (*path, gap(&mapping.name, path))).collect()))
            })
            .collect();
        Self { content, paths, gaps }
    }

    /// The assets of a configuration.
    pub fn assets(&self, configuration: &Configuration) -> Declared {
        let surroundings = surroundings(configuration);
        let resources = || {
            let declared = configuration.resources.iter().filter(|resource| resource.mode == Mode::Managed);
            declared.chain(&surroundings)
        };
        let root = &configuration.folder;
        let mut making = Making {
            mapped: self,
            root,
            wholes: HashMap::new(),
            named: HashMap::new(),
            companions: Vec::new(),
            made: Declared::default(),
        };
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
        making.finish()
    }

    /// What the collectors fill of a kind: all that a check may read.
    pub fn paths(&self, kind: &Kind) -> impl Iterator<Item = &'c str> {
        self.paths.get(kind).into_iter().flatten().copied()
    }

    /// The kind that a type becomes.
    fn kind(&self, name: &str) -> Option<&'c Kind> {
        match &self.content.mapping(name)?.becomes {
            Becomes::Asset(rule) => Some(&rule.kind),
            Becomes::Part(_) => None,
        }
    }

    /// How many of the resources no mapping knows, by type.
    pub fn unmapped<'r>(&self, resources: &'r [Resource]) -> BTreeMap<&'r str, usize> {
        let mut counts = BTreeMap::new();
        let managed =
            resources.iter().filter(|resource| resource.mode == Mode::Managed && !is_helper(&resource.kind));
        for resource in managed.filter(|resource| self.content.mapping(&resource.kind).is_none()) {
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
    for attribute in ["id", "arn"] {
        if let Some(value) = planned(kind, attribute, address) {
            tf.insert_at(attribute, value);
        }
    }
    tf
}

/// All paths that a check may read of each kind, or a host function on its behalf: what the collectors fill.
fn paths_by_kind(content: &Content) -> HashMap<&Kind, BTreeSet<&str>> {
    let mut paths: HashMap<&Kind, BTreeSet<&str>> = HashMap::new();
    for kind in content.collectors.iter().flat_map(|collector| &collector.kinds) {
        paths.entry(&kind.kind).or_default().extend(kind.targets());
    }
    paths
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

/// The account and the regions around a configuration, of which code rarely says anything.
fn surroundings(configuration: &Configuration) -> Vec<Resource> {
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

/// Where the resources stand whose attribute has a value.
type ByValue = HashMap<Box<str>, Vec<usize>>;

struct Making<'m, 'c, 'r> {
    mapped: &'m Mapped<'c>,
    root: &'m Arc<str>,
    /// By type: the wholes, with what their attributes are.
    wholes: HashMap<&'r str, Vec<(usize, Node)>>,
    /// Of each type and attribute: where the wholes with a value stand. Made when the first part asks.
    named: HashMap<(Box<str>, Box<str>), ByValue>,
    /// Assets beside others: where they stand, and the property that names them.
    companions: Vec<(usize, Box<str>, Box<str>)>,
    made: Declared,
}

impl<'r> Making<'_, '_, 'r> {
    fn whole(&mut self, resource: &'r Resource, mapping: &Mapping, rule: &AssetRule) {
        let tf = self.attributes(resource, mapping);
        let mut value = |expression: &Option<Expression>| {
            expression.as_ref().map_or(Node::Absent, |expression| self.value(resource, expression, &tf))
        };
        let text = |node: Node| node.as_str().filter(|text| !text.is_empty()).map(Box::<str>::from);
        let (id, name, identifier) =
            (text(value(&rule.id)), text(value(&rule.name)), text(value(&rule.identifier)));
        let region =
            if rule.region.is_some() { value(&rule.region) } else { resource.provider.region.clone() };
        let tags = value(&rule.tags);
        let own_id = id.map_or_else(|| self.own_id(resource), String::from);
        let mut asset = Asset::new(Provider::Aws, rule.kind.clone(), own_id);
        asset.account = Some(AccountId::from(UNSET));
        asset.region = Some(Region::from(region.as_str().unwrap_or(UNSET)));
        asset.name = name.or_else(|| Some((&*resource.address).into()));
        asset.identifier = identifier;
        asset.tags =
            tags.entries().filter_map(|(key, value)| Some((key.into(), value.as_str()?.into()))).collect();
        asset.properties = match (&resource.arguments, rule.verbatim) {
            (arguments @ Node::Map(_), true) => arguments.clone(),
            _ => Node::map(),
        };
        if let (Node::Unknown(why), true) = (&resource.arguments, rule.verbatim) {
            for path in self.mapped.paths.get(&rule.kind).into_iter().flatten() {
                asset.properties.insert_at(path, Node::Unknown(why.clone()));
            }
        }
        for (path, why) in self.mapped.gaps.get(&*mapping.name).into_iter().flatten() {
            asset.properties.insert_at(path, Node::Unknown(why.clone()));
        }
        if let Some(why) = tags.why() {
            asset.properties.insert_at("Tags", Node::Unknown(why.clone()));
        }
        asset.provenance.add("", source(&resource.place));
        if rule.verbatim {
            for place in &resource.places {
                asset.provenance.add(without_indices(&place.path), source(place));
            }
        }
        let at = self.made.assets.len();
        self.made.assets.push(Declaration {
            asset,
            address: resource.address.clone(),
            root: self.root.clone(),
            place: resource.place.clone(),
        });
        self.fill(resource, mapping, &tf, at);
        for beside in &rule.beside {
            self.beside(resource, beside, &tf, at);
        }
        self.wholes.entry(&resource.kind).or_default().push((at, tf));
    }

    /// An asset that comes with a resource: it has the resource's account, region and place.
    fn beside(&mut self, resource: &Resource, beside: &Beside, tf: &Node, at: usize) {
        let Some(whole) = self.made.assets.get(at).cloned() else { return };
        let id = format!("{}/{}", self.own_id(resource), beside.kind);
        let mut asset = Asset::new(Provider::Aws, beside.kind.clone(), id);
        asset.account = whole.asset.account.clone();
        asset.region = whole.asset.region.clone();
        asset.name = whole.asset.name.clone();
        asset.properties = Node::map();
        let filled: BTreeSet<&str> = beside.properties.iter().map(|(target, _)| &**target).collect();
        let read = self.mapped.paths.get(&beside.kind).into_iter().flatten();
        for path in read.filter(|path| !is_filled(&filled, path)) {
            asset.properties.insert_at(path, Node::Unknown(gap(&resource.kind, path)));
        }
        asset.provenance.add("", source(&resource.place));
        for (target, expression) in &beside.properties {
            let value = self.value(resource, expression, tf);
            asset.properties.insert_at(target, value);
        }
        // What is named after the resource itself, such as `…/main-route-table`, is the same as what is declared so.
        let prefix = tf.key("id").as_str().map(|id| format!("{id}/")).unwrap_or_default();
        let own = asset.properties.entries().find_map(|(path, value)| {
            let value = value.as_str().filter(|value| !prefix.is_empty() && value.starts_with(&prefix))?;
            Some((self.made.assets.len(), Box::from(path), Box::from(value)))
        });
        self.companions.extend(own);
        self.made.assets.push(Declaration { asset, ..whole });
    }

    /// Takes out companions that the code declares itself.
    fn finish(mut self) -> Declared {
        let mut declared: HashSet<(&Kind, &str, &str)> = HashSet::new();
        let companions: HashSet<usize> = self.companions.iter().map(|(at, _, _)| *at).collect();
        let paths: BTreeSet<&str> = self.companions.iter().map(|(_, path, _)| &**path).collect();
        for (_, declaration) in self.made.assets.iter().enumerate().filter(|(at, _)| !companions.contains(at))
        {
            for path in &paths {
                if let Some(value) = declaration.asset.properties.at(path).as_str() {
                    declared.insert((&declaration.asset.kind, path, value));
                }
            }
        }
        let superseded: HashSet<usize> = self
            .companions
            .iter()
            .filter(|(at, path, value)| {
                let kind = self.made.assets.get(*at).map(|declaration| &declaration.asset.kind);
                kind.is_some_and(|kind| declared.contains(&(kind, &**path, &**value)))
            })
            .map(|(at, _, _)| *at)
            .collect();
        let mut at = 0;
        self.made.assets.retain(|_| {
            at += 1;
            !superseded.contains(&(at - 1))
        });
        self.made
    }

    /// Configuration and address: what a thing is called that the provider has not named yet. Where one resource
    /// stands in more regions than one, each has its own.
    fn own_id(&self, resource: &Resource) -> String {
        let region = resource.provider.region.as_str().filter(|_| is_around(resource));
        let region = region.map(|region| format!("@{region}")).unwrap_or_default();
        format!("code:{}#{}{region}", self.root, resource.address)
    }

    fn part(&mut self, resource: &'r Resource, mapping: &Mapping, rule: &PartRule) {
        let tf = self.attributes(resource, mapping);
        let by = self.value(resource, &rule.by, &tf);
        let names: Vec<&Node> = match &by {
            Node::List(names) => names.iter().collect(),
            by => vec![by],
        };
        for name in names {
            self.belongs(resource, mapping, rule, &tf, name);
        }
    }

    /// Puts a part where it belongs.
    fn belongs(&mut self, resource: &'r Resource, mapping: &Mapping, rule: &PartRule, tf: &Node, by: &Node) {
        if let Node::Unknown(why) = by {
            let kinds: Vec<&Kind> = rule.types.iter().filter_map(|name| self.mapped.kind(name)).collect();
            let all = self.made.assets.iter().enumerate();
            let candidates: Vec<usize> =
                all.filter(|(_, declared)| kinds.contains(&&declared.asset.kind)).map(|(at, _)| at).collect();
            for at in candidates {
                self.could_be_filled(mapping, at, why);
            }
            return;
        }
        let named = by.as_str().unwrap_or_default();
        let mut found: Vec<usize> =
            rule.types.iter().flat_map(|name| self.called(name, &rule.matches, named)).collect();
        found.sort_unstable();
        found.dedup();
        for at in &found {
            self.fill(resource, mapping, tf, *at);
        }
        if found.is_empty() {
            let told = by.as_str().map_or_else(|| "nothing".to_owned(), |text| format!("`{text}`"));
            let message =
                format!("`{}` belongs to {told}, which this code does not declare", resource.address);
            self.made.problems.push(Problem::new(place_name(&resource.place), message));
        }
    }

    /// Where the resources of a type stand, and what comes beside others of its kind, whose attribute has a value.
    fn called(&mut self, name: &str, attribute: &str, value: &str) -> Vec<usize> {
        let key = (Box::from(name), Box::from(attribute));
        let wholes = &self.wholes;
        let index = self.named.entry(key).or_insert_with(|| {
            let mut index = ByValue::new();
            for (at, tf) in wholes.get(name).into_iter().flatten() {
                if let Some(value) = tf.key(attribute).as_str() {
                    index.entry(value.into()).or_default().push(*at);
                }
            }
            index
        });
        let mut found = index.get(value).cloned().unwrap_or_default();
        if found.is_empty()
            && let Some(kind) = self.mapped.kind(name)
        {
            let is_meant = |(at, _, own): &&(usize, Box<str>, Box<str>)| {
                let of_kind = self.made.assets.get(*at).is_some_and(|declared| declared.asset.kind == *kind);
                of_kind && **own == *value
            };
            found.extend(self.companions.iter().filter(is_meant).map(|(at, _, _)| *at));
        }
        found
    }

    /// A part that may belong here: what it could have filled is not known.
    fn could_be_filled(&mut self, mapping: &Mapping, at: usize, why: &Arc<Why>) {
        let Some(declared) = self.made.assets.get_mut(at) else { return };
        for target in mapping.targets() {
            declared.asset.properties.insert_at(target, Node::Unknown(why.clone()));
        }
    }

    fn fill(&mut self, resource: &Resource, mapping: &Mapping, tf: &Node, at: usize) {
        for (target, expression) in &mapping.properties {
            let value = self.value(resource, expression, tf);
            if value.is_absent() && matches!(mapping.becomes, Becomes::Part(_)) {
                continue;
            }
            let Some(declared) = self.made.assets.get_mut(at) else { return };
            declared.asset.properties.insert_at(target, value);
            declared.asset.provenance.add(&**target, source(place_of(resource, expression)));
        }
        for (target, expression) in &mapping.append {
            let value = self.value(resource, expression, tf);
            let Some(declared) = self.made.assets.get_mut(at) else { return };
            let joined = joined(declared.asset.properties.at(target), value);
            declared.asset.properties.insert_at(target, joined);
            declared.asset.provenance.add(&**target, source(place_of(resource, expression)));
        }
    }

    /// The arguments with what the provider computes.
    fn attributes(&mut self, resource: &Resource, mapping: &Mapping) -> Node {
        let mut tf = with_identity(&resource.arguments, &resource.kind, &resource.address);
        for (name, expression) in &mapping.computed {
            let value = self.value(resource, expression, &tf);
            if !value.is_absent() && !value.is_unknown() {
                tf.insert_at(name, value);
            }
        }
        tf
    }

    /// A mistake in a mapping is ours: the value is not known, and the problem is told.
    fn value(&mut self, resource: &Resource, expression: &Expression, tf: &Node) -> Node {
        evaluated(expression, tf).unwrap_or_else(|message| {
            let message = format!(
                "the mapping of `{}` failed: {message} (in `{}`)",
                resource.kind,
                expression.0.source()
            );
            self.made.problems.push(Problem::new(place_name(&resource.place), message.clone()));
            Node::unknown(Why::new(WhyKind::Malformed, "mapping").with_message(message))
        })
    }
}

/// Two lists as one; where one of them is not known, so is the whole.
fn joined(there: &Node, more: Node) -> Node {
    match (there, more) {
        (Node::Absent, more) => more,
        (there, Node::Absent) => there.clone(),
        (Node::List(there), Node::List(more)) => Node::List(there.iter().cloned().chain(more).collect()),
        (there @ Node::Unknown(_), _) => there.clone(),
        (_, more) => more,
    }
}

/// Where the first argument that an expression reads is written.
fn place_of<'r>(resource: &'r Resource, expression: &Expression) -> &'r Place {
    let written = expression.0.paths().into_iter().find_map(|path| {
        let path = path.path.replace("[]", "");
        let at_or_above =
            |place: &&Place| !place.path.is_empty() && is_at_or_above(&without_indices(&place.path), &path);
        resource.places.iter().filter(at_or_above).max_by_key(|place| place.path.len())
    });
    written.unwrap_or(&resource.place)
}

/// `ingress.0.cidr_blocks` as expressions write it: `ingress.cidr_blocks`.
fn without_indices(path: &str) -> String {
    path.split('.').filter(|part| part.parse::<usize>().is_err()).collect::<Vec<_>>().join(".")
}

fn place_name(place: &Place) -> String {
    format!("{}:{}", place.file, place.line)
}

fn source(place: &Place) -> Source {
    Source::Code { file: place.file.as_ref().into(), span: place.span.clone() }
}
