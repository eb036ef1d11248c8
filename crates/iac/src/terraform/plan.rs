//! Plans: what `terraform show -json` says will be deployed.
//!
//! [`plans`] finds the plans of a tree by their content and makes of each a [`Configuration`] of the same form as code
//! gives, so that everything behind it runs unchanged. A plan knows what code cannot: values of data sources, what the
//! provider gave to what is there already, and how each resource was. What only the deployment tells stays unknown.
//!
//! Where the Terraform is at hand that a plan was made from, the plan's resources stand at their lines, and what is
//! known after apply takes what the evaluation of the code says.

mod address;
mod configured;
mod document;
mod recognise;
mod references;
mod settle;
mod source;
mod values;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use partywall_model::Node;

use super::value::reason;
use super::{Configuration, Mode, Place, ProviderUse, Resource, Types, on_deep_stack};
use crate::places;
use crate::tree::{Tree, TreeLimits};
use crate::trouble::Trouble;
use address::Address;
use configured::{Block, Written};
use document::{Document, Drafted};
use source::Code;
use values::Marks;

/// Files of the code beside a plan; it is read for its lines only.
const SOURCE_FILES: usize = 20_000;

/// The plans of a tree.
#[derive(Debug, Default)]
pub struct Plans {
    /// In the order of their files.
    pub plans: Vec<Plan>,
    /// What could not be read.
    pub troubles: Vec<Trouble>,
    /// Trees that hold code of the plans and were not named.
    pub sources: Vec<Tree>,
}

/// One plan.
#[derive(Debug)]
pub struct Plan {
    /// Its file.
    pub file: Arc<str>,
    /// What will be there, under the folder of its code where that is known, else under its own.
    pub configuration: Configuration,
    /// What it does with each resource that it manages, in its order.
    pub changes: Vec<Change>,
    /// The folder of the tree that is judged by it: what it says of this code is the same, and more.
    pub covers: Option<Arc<str>>,
    /// The resources as they are, but for those that stay so.
    before: Vec<Resource>,
}

/// What becomes of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its address.
    pub address: Arc<str>,
    /// The address that it had, where that was another.
    pub previous: Option<Arc<str>>,
    /// What is done.
    pub action: Action,
}

/// What a plan does with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// It stays as it is.
    Keep,
    /// It is made.
    Create,
    /// It is changed in its place.
    Update,
    /// It is destroyed and made anew.
    Replace,
    /// It is destroyed.
    Delete,
    /// Terraform lets go of it; it stays where it is.
    Forget,
    /// It is only read.
    Read,
    /// It will be there; the plan does not say what it was.
    Planned,
}

impl Action {
    fn of(actions: &[Box<str>]) -> Self {
        let has = |name: &str| actions.iter().any(|action| **action == *name);
        match (has("create"), has("delete") || has("forget")) {
            (true, true) => Self::Replace,
            (true, false) => Self::Create,
            (false, true) if has("delete") => Self::Delete,
            (false, true) => Self::Forget,
            _ if has("update") => Self::Update,
            _ if has("read") => Self::Read,
            _ if has("no-op") => Self::Keep,
            _ => Self::Planned,
        }
    }
}

impl Plan {
    /// Lets go of its resources, when all has been made of them.
    pub fn release(&mut self) {
        self.configuration.resources = Vec::new();
        self.before = Vec::new();
    }

    /// The resources as they are before the plan.
    pub fn before(&self) -> Configuration {
        let kept: HashMap<&str, &Change> = self
            .changes
            .iter()
            .filter(|change| change.action == Action::Keep)
            .map(|change| (&*change.address, change))
            .collect();
        let kept = self.configuration.resources.iter().filter_map(|resource| {
            let change = kept.get(&*resource.address)?;
            let address = change.previous.as_ref().unwrap_or(&resource.address).clone();
            Some(Resource { address, ..resource.clone() })
        });
        Configuration {
            folder: self.configuration.folder.clone(),
            resources: kept.chain(self.before.iter().cloned()).collect(),
        }
    }
}

/// Finds and reads the plans of a tree. They are taken out of the tree's list: no other reader needs to look at them.
///
/// The code of a plan is looked for in the tree, then in `source`, then in the plan's own folder.
pub fn plans(tree: &mut Tree, source: Option<&Path>, types: &dyn Types) -> Plans {
    let names: Vec<Arc<str>> = tree.files().filter(|path| is_json(path)).cloned().collect();
    let is_wide = |path: &Arc<str>| tree.open(path).is_ok_and(recognise::is_wide_plan);
    let wide: Vec<Arc<str>> = names.iter().filter(|path| is_wide(path)).cloned().collect();
    let is_plan = |path: &Arc<str>| tree.open(path).is_ok_and(recognise::is_plan);
    let found: Vec<Arc<str>> = names.into_iter().filter(is_plan).collect();
    for path in found.iter().chain(&wide) {
        tree.set_aside(path);
    }
    let told = |path: &Arc<str>| {
        let what = "the plan is written as UTF-16 and was not judged";
        Trouble::new(
            path.clone(),
            0,
            what,
            "save it as UTF-8; shells of Windows write UTF-16 where output is redirected",
        )
    };
    let troubles: Vec<Trouble> = wide.iter().map(told).collect();
    if found.is_empty() {
        return Plans { troubles, ..Plans::default() };
    }
    let tree = &*tree;
    let work = || {
        let here = Code::read(tree);
        let mut read = Plans { troubles, ..Plans::default() };
        for path in &found {
            match one(tree, path, source, &here, types, &mut read) {
                Ok(plan) => read.plans.push(plan),
                Err(trouble) => read.troubles.push(trouble),
            }
        }
        read
    };
    on_deep_stack(work).unwrap_or_else(|what| Plans {
        troubles: vec![Trouble::new("", 0, what, "report this with the files that cause it")],
        ..Plans::default()
    })
}

fn is_json(path: &str) -> bool {
    path.ends_with(".json") && !path.ends_with(".tf.json") && !path.ends_with(".tfvars.json")
}

fn one(
    tree: &Tree,
    path: &Arc<str>,
    source: Option<&Path>,
    here: &Code<'_>,
    types: &dyn Types,
    read: &mut Plans,
) -> Result<Plan, Trouble> {
    let marks = Marks::default();
    let mut document = document::read(path, &marks, || tree.open(path))?;
    if document.is_partial {
        let what = "the plan does not bring all of its code about: it was limited to targets, deferred a part, or failed";
        read.troubles.push(Trouble::new(path.clone(), 0, what, "judge a plan of the whole as well"));
    }
    let mut covers = None;
    let mut code = None;
    match (source, here.folder(path, &document)) {
        (None, Ok(Some(folder))) => {
            let configuration = here.configuration(&folder, &document, types);
            match source::left_out(&configuration, &document) {
                None if !document.is_partial => covers = Some(folder),
                None => {}
                Some(address) => {
                    let what = format!("the plan leaves `{address}` out; plan and code were both judged");
                    read.troubles.push(Trouble::new(path.clone(), 0, what, "make a plan without -target"));
                }
            }
            code = Some(configuration);
        }
        (None, Err(trouble)) => read.troubles.push(trouble),
        (Some(source), _) => {
            let folder = places::normal(&source.to_string_lossy());
            let beside = source_tree(&folder, source, &document);
            let there = Code::read(&beside);
            let folder: Arc<str> = folder.into();
            if there.program.modules.contains_key(&folder) {
                code = Some(there.configuration(&folder, &document, types));
                covers = here.program.roots.contains(&folder).then_some(folder);
            } else {
                let what = format!("`{folder}` holds no Terraform");
                read.troubles.push(Trouble::new(
                    path.clone(),
                    0,
                    what,
                    "name the folder that the plan was made in",
                ));
            }
            read.sources.push(beside);
        }
        (None, Ok(None)) => {
            if let Some(folder) = tree.terraform_beside(path) {
                let beside = source_tree(places::folder(path), &folder, &document);
                let there = Code::read(&beside);
                match there.folder(path, &document) {
                    Ok(Some(folder)) => code = Some(there.configuration(&folder, &document, types)),
                    Ok(None) => {}
                    Err(trouble) => read.troubles.push(trouble),
                }
                read.sources.push(beside);
            }
        }
    }
    Ok(made(path, &mut document, &marks, code.as_ref(), covers, types))
}

/// The folder of a plan's code, and the local modules that it calls.
fn source_tree(named: &str, folder: &Path, document: &Document) -> Tree {
    let modules = source::called(named, document).into_iter().map(PathBuf::from).filter(|path| path.is_dir());
    let roots: Vec<PathBuf> = std::iter::once(folder.to_path_buf()).chain(modules).collect();
    Tree::within(&roots, TreeLimits { files: SOURCE_FILES, ..TreeLimits::default() })
}

fn made(
    path: &Arc<str>,
    document: &mut Document,
    marks: &Marks,
    code: Option<&Configuration>,
    covers: Option<Arc<str>>,
    types: &dyn Types,
) -> Plan {
    let addresses: Vec<Option<Address>> =
        document.changes.iter().map(|change| Address::of(&change.address)).collect();
    let sources = Sources::of(code);
    let exact: Vec<Option<&Resource>> =
        document.changes.iter().map(|change| sources.exact.get(&*change.address).copied()).collect();
    let afters = document.changes.iter_mut().map(|change| std::mem::take(&mut change.after)).collect();
    let befores: Vec<Option<Node>> = document.changes.iter_mut().map(|change| change.before.take()).collect();
    let document = &*document;
    let known = document.configured.root_module.blocks();
    let block = |address: &Option<Address>| known.get(&address.as_ref()?.without_keys()).copied();
    let blocks: Vec<Option<&Block>> = addresses.iter().map(block).collect();
    let arguments = settle::arguments(document, afters, &addresses, &blocks, marks, &exact, types);
    let providers = Providers { document };
    let folder = code.map_or_else(|| places::folder(path).into(), |code| code.folder.clone());
    let mut plan = Plan {
        file: path.clone(),
        configuration: Configuration { folder, resources: Vec::new() },
        changes: Vec::new(),
        covers,
        before: Vec::new(),
    };
    let rows = document.changes.iter().zip(&blocks).zip(&addresses).zip(arguments).zip(befores);
    for ((((change, block), address), mut arguments), before) in rows {
        let source = sources.beside(change, address.as_ref());
        let provider = providers.of(change, *block, &arguments);
        with_all_tags(change, &provider, &mut arguments);
        let resource = |address: &Arc<str>, arguments: Node| Resource {
            address: address.clone(),
            kind: change.kind.clone(),
            name: change.name.clone(),
            mode: if change.is_data { Mode::Data } else { Mode::Managed },
            provider: provider.clone(),
            arguments,
            places: source.map(|source| source.places.clone()).unwrap_or_default(),
            place: source.map_or_else(|| place(path, change.line), |source| source.place.clone()),
            undecided: None,
        };
        if let Some(before) = before {
            let address = change.previous.as_ref().unwrap_or(&change.address);
            let before = settle::reasoned(before, marks, address);
            plan.before.push(resource(address, before));
        }
        if change.stays {
            plan.configuration.resources.push(resource(&change.address, arguments));
        }
        if !change.is_data {
            plan.changes.push(Change {
                address: change.address.clone(),
                previous: change.previous.clone().filter(|previous| *previous != change.address),
                action: change.action,
            });
        }
    }
    plan
}

/// The resources of the code.
#[derive(Default)]
struct Sources<'c> {
    exact: HashMap<&'c str, &'c Resource>,
    /// One of each block, by its address without keys.
    blocks: HashMap<String, &'c Resource>,
}

impl<'c> Sources<'c> {
    fn of(code: Option<&'c Configuration>) -> Self {
        let mut found = Self::default();
        for resource in code.into_iter().flat_map(|code| &code.resources) {
            found.exact.insert(&resource.address, resource);
            if let Some(address) = Address::of(&resource.address) {
                found.blocks.entry(address.without_keys()).or_insert(resource);
            }
        }
        found
    }

    /// What stands at the same lines: the very instance, else another of the same block.
    fn beside(&self, change: &Drafted, address: Option<&Address>) -> Option<&'c Resource> {
        let exact = self.exact.get(&*change.address).copied();
        exact.or_else(|| self.blocks.get(&address?.without_keys()).copied())
    }
}

fn place(file: &Arc<str>, line: u32) -> Place {
    Place { path: "".into(), file: file.clone(), span: 0..0, line }
}

/// `tags_all` where the plan does not know it: `tags`, unless the provider puts more on everything.
fn with_all_tags(change: &Drafted, provider: &ProviderUse, arguments: &mut Node) {
    if !change.kind.starts_with("aws_") || !arguments.key("tags_all").is_absent() {
        return;
    }
    let tags = arguments.key("tags").clone();
    let all = if provider.default_tags.is_absent() { tags } else { provider.default_tags.clone() };
    if !all.is_absent() {
        arguments.insert_at("tags_all", all);
    }
}

/// The providers of a plan.
struct Providers<'d> {
    document: &'d Document,
}

impl Providers<'_> {
    fn of(&self, change: &Drafted, block: Option<&Block>, arguments: &Node) -> ProviderUse {
        let own = change.kind.split('_').next().unwrap_or_default();
        let key = block.and_then(|block| block.provider_config_key.as_deref()).unwrap_or(own);
        let written = self.document.configured.provider_config.get(key);
        let name = written.and_then(|written| written.name.as_deref()).unwrap_or(own);
        let alias = written.and_then(|written| written.alias.as_deref());
        let construct = match alias {
            Some(alias) => format!("provider.{name}.{alias}"),
            None => format!("provider.{name}"),
        };
        let nowhere = || {
            Node::Unknown(reason(
                &construct,
                format!("`{construct}` names no region; it comes from where Terraform runs"),
            ))
        };
        // Since version 6 of the AWS provider each resource says its region.
        let of_resource = Some(arguments.key("region")).filter(|_| own == "aws").and_then(source::known_text);
        let of_provider = written.and_then(|written| self.value(written, "region"));
        ProviderUse {
            name: name.into(),
            alias: alias.map(Arc::from),
            region: match (of_resource, of_provider) {
                (Some(region), _) => Node::text(region),
                (None, Some(region)) => region,
                (None, None) => nowhere(),
            },
            default_tags: match written.and_then(|written| written.expressions.key("default_tags")) {
                Some(_) => Node::Unknown(reason(
                    &construct,
                    format!("the default tags of `{construct}` are not in the plan"),
                )),
                None => Node::Absent,
            },
        }
    }

    /// The value of an argument of a provider: a constant, or a variable's.
    fn value(&self, provider: &configured::ProviderBlock, argument: &str) -> Option<Node> {
        let calls: Vec<&str> = provider
            .module_address
            .as_deref()
            .map(|address| address::parts(address).into_iter().map(|(name, _)| name).collect::<Vec<_>>())
            .unwrap_or_default()
            .into_iter()
            .skip(1)
            .step_by(2)
            .collect();
        self.constant(provider.expressions.key(argument)?, &calls)
    }

    fn constant(&self, written: &Written, calls: &[&str]) -> Option<Node> {
        let Written::Expression { references, constant } = written else { return None };
        let Some(first) = references.first() else {
            return Some(constant.clone()).filter(|value| !value.is_absent());
        };
        let name = first.strip_prefix("var.")?.split(['.', '[']).next()?;
        let root = &self.document.configured.root_module;
        match calls.split_last() {
            None => {
                let declared = root.variables.get(name);
                let default = declared.map(|variable| &variable.default.0);
                let is_secret = declared.is_some_and(|variable| variable.sensitive);
                let given = self.document.variables.get(name).or(default);
                given.filter(|value| value.as_str().is_some() && !is_secret && references.len() == 1).cloned()
            }
            Some((call, callers)) => {
                let module = callers
                    .iter()
                    .try_fold(root, |module, name| Some(&module.module_calls.get(*name)?.module))?;
                self.constant(module.module_calls.get(*call)?.expressions.key(name)?, callers)
            }
        }
    }
}
