//! The code that a plan was made from: which folder it is, and what its evaluation says with the plan's values.
//!
//! A plan belongs to a folder where both have the very same blocks: resources, data sources and module calls. Of several
//! such folders its own counts, then the one that is nearest. A folder that was named counts in any case.

use std::collections::BTreeSet;
use std::sync::Arc;

use partywall_model::Node;

use super::address::Address;
use super::configured::Module as Configured;
use super::document::Document;
use crate::places;
use crate::terraform::config::{Module, Program};
use crate::terraform::machine::Machine;
use crate::terraform::{Configuration, Input, Types};
use crate::tree::Tree;
use crate::trouble::Trouble;

/// Modules within modules that are looked for beside the folder.
const NESTING: usize = 16;

/// A tree with Terraform in it.
pub(super) struct Code<'t> {
    pub(super) tree: &'t Tree,
    pub(super) program: Program,
}

impl<'t> Code<'t> {
    pub(super) fn read(tree: &'t Tree) -> Self {
        // What cannot be read of it is told where it is judged.
        Self { tree, program: Program::read(tree, &mut Vec::new()) }
    }

    /// The folder that a plan belongs to.
    ///
    /// # Errors
    /// Where the Terraform beside the plan is another, or several folders fit alike.
    pub(super) fn folder(&self, file: &str, document: &Document) -> Result<Option<Arc<str>>, Trouble> {
        let wanted = blocks_of_plan(document);
        let own = places::folder(file);
        if wanted.is_empty() {
            return Ok(None);
        }
        let fits = |module: &Module| blocks_of(module) == wanted;
        if let Some(module) = self.program.modules.get(own) {
            if fits(module) {
                return Ok(Some(module.folder.clone()));
            }
            let there = blocks_of(module);
            let differs = there.symmetric_difference(&wanted).next();
            let differs =
                differs.map_or_else(String::new, |block| format!(" (`{block}` is in one of them only)"));
            let what = format!(
                "the plan was made from other code than what stands beside it{differs}; both were judged"
            );
            return Err(Trouble::new(file, 0, what, "make the plan anew, or name its code with --source"));
        }
        let fitting = self.program.modules.values().filter(|module| fits(module));
        let near = |module: &&Module| shared(own, &module.folder);
        let fitting: Vec<&Module> = fitting.collect();
        let nearest = fitting.iter().map(near).max();
        let mut nearest = fitting.iter().filter(|module| Some(near(module)) == nearest);
        match (nearest.next(), nearest.next()) {
            (Some(one), None) => Ok(Some(one.folder.clone())),
            (Some(one), Some(other)) => {
                let what = format!(
                    "the plan fits the Terraform in `{}` and in `{}`; all were judged",
                    one.folder, other.folder
                );
                Err(Trouble::new(file, 0, what, "name its code with --source"))
            }
            _ => Ok(None),
        }
    }

    /// What the folder makes with the plan's values.
    pub(super) fn configuration(
        &self,
        folder: &Arc<str>,
        document: &Document,
        types: &dyn Types,
    ) -> Configuration {
        let secret = |name: &str| {
            document.configured.root_module.variables.get(name).is_some_and(|variable| variable.sensitive)
        };
        let inputs: Vec<Input> = document
            .variables
            .iter()
            .filter(|(name, value)| !secret(name) && !value.is_unknown())
            .map(|(name, value)| Input::Known { name: name.clone(), value: value.clone() })
            .collect();
        Machine::new(&self.program, self.tree, types, folder).run(&inputs)
    }
}

/// The folders of local modules that a plan's code calls, seen from its own folder.
pub(super) fn called(folder: &str, document: &Document) -> Vec<String> {
    let mut found = BTreeSet::new();
    let mut todo: Vec<(String, &Configured, usize)> =
        vec![(folder.to_owned(), &document.configured.root_module, 0)];
    while let Some((folder, module, depth)) = todo.pop() {
        for call in module.module_calls.values().filter(|_| depth < NESTING) {
            let local =
                call.source.as_deref().filter(|source| source.starts_with("./") || source.starts_with("../"));
            if let Some(source) = local {
                let folder = places::join(&folder, source);
                todo.push((folder.clone(), &call.module, depth + 1));
                found.insert(folder);
            }
        }
    }
    found.into_iter().collect()
}

/// The blocks of a folder.
fn blocks_of(module: &Module) -> BTreeSet<String> {
    let resources = module.resources.all.iter().filter_map(|declared| {
        let labels = declared.block.labels.join(".");
        match &*declared.block.kind {
            "resource" => Some(labels),
            "data" => Some(format!("data.{labels}")),
            // Plans of some versions do not list them.
            _ => None,
        }
    });
    let calls = module
        .calls
        .all
        .iter()
        .filter_map(|declared| declared.block.labels.first().map(|name| format!("module.{name}")));
    resources.chain(calls).collect()
}

/// The blocks of the code that a plan was made from.
fn blocks_of_plan(document: &Document) -> BTreeSet<String> {
    let root = &document.configured.root_module;
    if !root.is_empty() {
        let resources = root.resources.iter().map(|block| block.key());
        let resources = resources.filter(|key| !key.starts_with("ephemeral."));
        return resources.chain(root.module_calls.keys().map(|name| format!("module.{name}"))).collect();
    }
    let there = document.changes.iter().filter(|change| change.stays);
    let addresses = there.filter_map(|change| Address::of(&change.address));
    addresses
        .map(|address| match address.calls.first() {
            Some((name, _)) => format!("module.{name}"),
            None => address.block,
        })
        .collect()
}

/// How many folders from the top two paths share.
fn shared(a: &str, b: &str) -> usize {
    a.split('/').zip(b.split('/')).take_while(|(a, b)| a == b).count()
}

/// Resources that the code surely makes and the plan does not know.
pub(super) fn left_out<'c>(configuration: &'c Configuration, document: &Document) -> Option<&'c str> {
    let planned: BTreeSet<&str> = document.changes.iter().map(|change| &*change.address).collect();
    let surely = configuration
        .resources
        .iter()
        .filter(|resource| resource.mode == crate::terraform::Mode::Managed && resource.undecided.is_none());
    surely.map(|resource| &*resource.address).find(|address| !planned.contains(address))
}

/// Whether a value is there and known.
pub(super) fn known_text(node: &Node) -> Option<&str> {
    node.as_str().filter(|text| !text.is_empty())
}
