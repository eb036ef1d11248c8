//! From the resources of one configuration to its assets: wholes first, then what belongs to them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use partywall_content::{AssetRule, Becomes, Beside, Expression, Mapping, PartRule};
use partywall_model::{AccountId, Asset, Kind, Node, Problem, Region, Source, Why, WhyKind};

use super::{
    Declaration, Declared, Mapped, RUN_TIME, UNSET, evaluated, gap, is_around, is_at_or_above, is_filled,
    is_open, with_identity,
};
use crate::terraform::{Place, Resource};

/// Where the resources stand whose attribute has a value.
type ByValue = HashMap<Box<str>, Vec<usize>>;

pub(super) struct Making<'m, 'c, 'r> {
    mapped: &'m Mapped<'c>,
    root: &'m Arc<str>,
    /// By type: the wholes, with what their attributes are.
    wholes: HashMap<&'r str, Vec<(usize, Node)>>,
    /// Of each type and attribute: where the wholes with a value stand. Made when the first part asks.
    named: HashMap<(Box<str>, Box<str>), ByValue>,
    /// Assets beside others: where they stand, and the property that names them.
    companions: Vec<(usize, Box<str>, Box<str>)>,
    /// Which parts stand where, by type.
    parts: HashSet<(usize, &'r str)>,
    /// Parts of which nobody can tell where they belong; looked at when all others have their place.
    astray: Vec<Astray<'r>>,
    /// What is known by its parts alone, because it is declared elsewhere.
    partial: HashSet<usize>,
    made: Declared,
}

/// A part whose whole cannot be told.
struct Astray<'r> {
    resource: &'r Resource,
    tf: Node,
    why: Arc<Why>,
}

impl<'m, 'c, 'r> Making<'m, 'c, 'r> {
    pub(super) fn new(mapped: &'m Mapped<'c>, root: &'m Arc<str>) -> Self {
        Self {
            mapped,
            root,
            wholes: HashMap::new(),
            named: HashMap::new(),
            companions: Vec::new(),
            parts: HashSet::new(),
            astray: Vec::new(),
            partial: HashSet::new(),
            made: Declared::default(),
        }
    }

    pub(super) fn whole(&mut self, resource: &'r Resource, mapping: &Mapping, rule: &AssetRule) {
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
        let mut asset = Asset::new(rule.kind.provider(), rule.kind.clone(), own_id);
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
                asset.provenance.add(&*place.path, source(place));
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
        let mut asset = Asset::new(beside.kind.provider(), beside.kind.clone(), id);
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
    pub(super) fn finish(mut self) -> Declared {
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

    pub(super) fn part(&mut self, resource: &'r Resource, mapping: &Mapping, rule: &PartRule) {
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
            self.astray.push(Astray { resource, tf: tf.clone(), why: why.clone() });
            return;
        }
        let named = by.as_str().unwrap_or_default();
        let mut found: Vec<usize> =
            rule.types.iter().flat_map(|name| self.called(name, &rule.matches, named)).collect();
        found.sort_unstable();
        found.dedup();
        for at in &found {
            self.fill(resource, mapping, tf, *at);
            self.parts.insert((*at, &*resource.kind));
        }
        if found.is_empty() {
            self.elsewhere(resource, mapping, rule, tf, by.as_str());
        }
    }

    /// Parts that may belong anywhere: what they could have filled is not known of any that has no such part yet; what
    /// they say is judged for itself.
    pub(super) fn astray(&mut self) {
        let declared = self.made.assets.len();
        for Astray { resource, tf, why } in std::mem::take(&mut self.astray) {
            let Some(mapping) = self.mapped.content.mapping(&resource.kind) else { continue };
            let Becomes::Part(rule) = &mapping.becomes else { continue };
            let kinds: Vec<&Kind> = rule.types.iter().filter_map(|name| self.mapped.kind(name)).collect();
            let all = self.made.assets.iter().take(declared).enumerate();
            let candidates = all.filter(|(at, declared)| {
                let is_taken = mapping.append.is_empty() && self.parts.contains(&(*at, &*resource.kind));
                kinds.contains(&&declared.asset.kind) && !self.partial.contains(at) && !is_taken
            });
            for at in candidates.map(|(at, _)| at).collect::<Vec<_>>() {
                self.could_be_filled(mapping, at, &why);
            }
            self.elsewhere(resource, mapping, rule, &tf, None);
        }
    }

    /// A part of something that this code does not declare: what the part says of it is judged, and nothing else of
    /// it is known. Where the types become different kinds, nobody can tell which it is.
    fn elsewhere(
        &mut self,
        resource: &'r Resource,
        mapping: &Mapping,
        rule: &PartRule,
        tf: &Node,
        named: Option<&str>,
    ) {
        let Some((kind, whole)) = rule.types.first().and_then(|name| Some((self.mapped.kind(name)?, name)))
        else {
            return;
        };
        if rule.types.iter().any(|name| self.mapped.kind(name) != Some(kind)) {
            let told = named.map_or_else(|| "nothing".to_owned(), |text| format!("`{text}`"));
            let message =
                format!("`{}` belongs to {told}, which this code does not declare", resource.address);
            self.made.problems.push(Problem::new(place_name(&resource.place), message));
            return;
        }
        let mut asset = Asset::new(kind.provider(), kind.clone(), self.own_id(resource));
        asset.account = Some(AccountId::from(UNSET));
        asset.region = Some(Region::from(resource.provider.region.as_str().unwrap_or(UNSET)));
        asset.name = Some(named.unwrap_or(&resource.address).into());
        asset.properties = Node::map();
        let why = Why::new(WhyKind::NotRead, RUN_TIME).with_message("it is declared elsewhere");
        let why = Arc::new(why);
        for path in self.mapped.paths.get(kind).into_iter().flatten() {
            asset.properties.insert_at(path, Node::Unknown(why.clone()));
        }
        asset.provenance.add("", source(&resource.place));
        let at = self.made.assets.len();
        self.partial.insert(at);
        self.made.assets.push(Declaration {
            asset,
            address: resource.address.clone(),
            root: self.root.clone(),
            place: resource.place.clone(),
        });
        self.fill(resource, mapping, tf, at);
        // The next part of the same thing joins it.
        if let Some(named) = named {
            let key = (whole.clone(), rule.matches.clone());
            self.named.entry(key).or_default().entry(named.into()).or_default().push(at);
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
        for (target, _) in &mapping.properties {
            declared.asset.properties.insert_at(target, Node::Unknown(why.clone()));
        }
        for (target, _) in &mapping.append {
            let longer = joined(declared.asset.properties.at(target), Node::Unknown(why.clone()));
            declared.asset.properties.insert_at(target, longer);
        }
    }

    fn fill(&mut self, resource: &Resource, mapping: &Mapping, tf: &Node, at: usize) {
        for (target, expression) in &mapping.properties {
            let value = self.value(resource, expression, tf);
            if value.is_absent() && matches!(mapping.becomes, Becomes::Part(_)) {
                continue;
            }
            let Some(declared) = self.made.assets.get_mut(at) else { return };
            // All that stands beside it under the same unknown stays unknown too.
            if value.is_unknown() && declared.asset.properties.at(target).is_unknown() {
                continue;
            }
            let mut parts = Vec::new();
            let blocks = blocks_of(resource, expression, value.items().len());
            for (position, (place, element)) in blocks.into_iter().zip(value.items()).enumerate() {
                let path = format!("{target}.{position}");
                parts.push((path.clone(), place));
                named_parts(resource, element, &path, &format!("{}.", place.path), &mut parts);
            }
            declared.asset.properties.insert_at(target, value);
            declared.asset.provenance.add(&**target, source(place_of(resource, expression)));
            for (path, place) in parts {
                declared.asset.provenance.add(path, source(place));
            }
        }
        for (target, expression) in &mapping.append {
            let value = self.value(resource, expression, tf);
            let Some(declared) = self.made.assets.get_mut(at) else { return };
            let before = declared.asset.properties.at(target).items().len();
            let mut parts = Vec::new();
            for (position, element) in value.items().iter().enumerate() {
                let path = format!("{target}.{}", before + position);
                parts.push((path.clone(), &resource.place));
                named_parts(resource, element, &path, "", &mut parts);
            }
            for (path, place) in parts {
                declared.asset.provenance.add(path, source(place));
            }
            let joined = joined(declared.asset.properties.at(target), value);
            declared.asset.properties.insert_at(target, joined);
            declared.asset.provenance.add(&**target, source(place_of(resource, expression)));
        }
    }

    /// The arguments with what the provider computes.
    fn attributes(&mut self, resource: &Resource, mapping: &Mapping) -> Node {
        let mut tf = with_identity(&resource.arguments, &resource.kind, &resource.address);
        for (name, expression) in &mapping.computed {
            // What is written, or known of what is there already, stays.
            if !is_open(resource.arguments.key(name)) {
                continue;
            }
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

/// Two lists as one. What is not known of them stands as one unknown element: there is more, and nobody knows what.
fn joined(there: &Node, more: Node) -> Node {
    match (there, more) {
        (Node::Absent, more) => more,
        (there, Node::Absent) => there.clone(),
        (Node::List(there), Node::List(more)) => Node::List(there.iter().cloned().chain(more).collect()),
        (doubt @ Node::Unknown(_), Node::List(more)) => {
            Node::List(more.into_iter().chain([doubt.clone()]).collect())
        }
        (Node::List(there), doubt @ Node::Unknown(_)) => {
            Node::List(there.iter().cloned().chain([doubt]).collect())
        }
        (there @ Node::Unknown(_), _) => there.clone(),
        (_, more) => more,
    }
}

/// Where the first argument that an expression reads is written, or another one of much the same name; else what
/// surrounds them.
fn place_of<'r>(resource: &'r Resource, expression: &Expression) -> &'r Place {
    let paths: Vec<String> =
        expression.0.paths().into_iter().map(|path| path.path.replace("[]", "")).collect();
    let is_alike = |path: &&String| paths.first().is_some_and(|first| names_alike(first, path));
    let exactly = |path: &String| resource.places.iter().find(|place| without_indices(&place.path) == *path);
    let around = |path: &String| {
        let at_or_above =
            |place: &&Place| !place.path.is_empty() && is_at_or_above(&without_indices(&place.path), path);
        resource.places.iter().filter(at_or_above).max_by_key(|place| place.path.len())
    };
    let written = paths.iter().filter(is_alike).find_map(exactly);
    written.or_else(|| paths.first().and_then(around)).unwrap_or(&resource.place)
}

/// Whether two arguments are two spellings of one: `enable_https_traffic_only`, `https_traffic_only_enabled`.
fn names_alike(first: &str, other: &str) -> bool {
    let words: Vec<&str> = first.split(['.', '_']).collect();
    let shared = other.split(['.', '_']).filter(|word| words.contains(word)).count();
    first == other || shared * 2 > words.len()
}

/// Where the elements of a list are written that came, one for one, of the blocks or elements that an expression goes over.
fn blocks_of<'r>(resource: &'r Resource, expression: &Expression, elements: usize) -> Vec<&'r Place> {
    let Some(first) = expression.0.paths().into_iter().next() else { return Vec::new() };
    let list = first.path.split("[]").next().unwrap_or_default();
    let blocks = (0..elements).map_while(|position| {
        let path = format!("{list}.{position}");
        resource.places.iter().find(|place| *place.path == *path)
    });
    let blocks: Vec<&Place> = blocks.collect();
    let one_more = format!("{list}.{elements}");
    let is_one_for_one =
        blocks.len() == elements && !resource.places.iter().any(|place| *place.path == *one_more);
    if is_one_for_one { blocks } else { Vec::new() }
}

/// The places of those parts of an element that are arguments under their own name, of the resource or of the block that is
/// named by `within`: of `destinationPortRange` what `destination_port_range` says.
fn named_parts<'r>(
    resource: &'r Resource,
    value: &Node,
    path: &str,
    within: &str,
    parts: &mut Vec<(String, &'r Place)>,
) {
    let plain = |name: &str| -> String {
        name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
    };
    for (name, inner) in value.entries() {
        let path = format!("{path}.{name}");
        let wanted = plain(name);
        let is_meant = |place: &&Place| {
            let name = place.path.strip_prefix(within).filter(|name| !name.contains('.'));
            name.is_some_and(|name| plain(name) == wanted)
        };
        if let Some(place) = resource.places.iter().find(is_meant) {
            parts.push((path.clone(), place));
        }
        named_parts(resource, inner, &path, within, parts);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_which_a_part_is_not_known_keeps_what_is_known() {
        let doubt = Node::unknown(Why::new(WhyKind::NotRead, RUN_TIME));
        let list = |items: &[Node]| Node::List(items.to_vec());
        let one = Node::from(1);
        let longer = list(&[one.clone(), doubt.clone()]);
        assert_eq!(joined(&doubt, list(std::slice::from_ref(&one))), longer);
        assert_eq!(joined(&list(std::slice::from_ref(&one)), doubt.clone()), longer);
        assert_eq!(joined(&doubt, Node::Absent), doubt);
    }
}
