//! [`Program`]: all folders of a tree, and which of them are roots.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Module, plain_text};
use crate::places;
use crate::terraform::syntax::{self, JsonKind};
use crate::tree::Tree;
use crate::trouble::Trouble;

/// The parsed folders of a tree.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) modules: BTreeMap<Arc<str>, Module>,
    /// Folders that no other folder calls, in order.
    pub(crate) roots: Vec<Arc<str>>,
    /// How many files were read.
    pub(crate) files: usize,
    vendored: BTreeMap<Arc<str>, Vendored>,
}

/// The modules that `terraform init` fetched for one root: dotted call path → folder.
pub(crate) type Vendored = BTreeMap<String, String>;

const FETCHED: &str = ".terraform";

impl Program {
    /// Reads every Terraform file of the tree.
    pub(crate) fn read(tree: &Tree, troubles: &mut Vec<Trouble>) -> Self {
        let mut folders: BTreeMap<Arc<str>, Vec<Arc<str>>> = BTreeMap::new();
        for path in tree.files().filter(|path| is_configuration(path)) {
            folders.entry(places::folder(path).into()).or_default().push(path.clone());
        }
        let mut program = Self::default();
        let own: Vec<Arc<str>> = folders.keys().filter(|folder| !is_fetched(folder)).cloned().collect();
        for folder in &own {
            program.read_folder(tree, folder, &folders, troubles);
            program.read_manifest(tree, folder, troubles);
        }
        program.read_fetched(tree, &folders, troubles);
        program.roots = program.find_roots(&own);
        program
    }

    /// What was fetched for a root.
    pub(crate) fn vendored(&self, root: &str) -> Option<&Vendored> {
        self.vendored.get(root)
    }

    fn read_folder(
        &mut self,
        tree: &Tree,
        folder: &Arc<str>,
        folders: &BTreeMap<Arc<str>, Vec<Arc<str>>>,
        troubles: &mut Vec<Trouble>,
    ) {
        let mut files = Vec::new();
        for path in folders.get(folder).into_iter().flatten() {
            self.files += 1;
            match tree.text(path) {
                Ok(text) => {
                    let (file, mut found) = syntax::parse(path, &text);
                    troubles.append(&mut found);
                    files.push(file);
                }
                Err(trouble) => troubles.push(trouble),
            }
        }
        for file in &files {
            let name = places::name(&file.path);
            if matches!(name, "override.tf" | "override.tf.json")
                || name.ends_with("_override.tf")
                || name.ends_with("_override.tf.json")
            {
                let what = "override files are not merged; their blocks were read beside the others";
                troubles.push(Trouble::new(file.path.clone(), 0, what, "analyse the plan as well"));
            }
        }
        self.modules.insert(folder.clone(), Module::new(folder.clone(), files, troubles));
    }

    fn read_manifest(&mut self, tree: &Tree, folder: &Arc<str>, troubles: &mut Vec<Trouble>) {
        let path = places::join(folder, ".terraform/modules/modules.json");
        if !tree.contains(&path) {
            return;
        }
        let found = tree.text(&path).and_then(|text| {
            manifest(&text.text, folder).ok_or_else(|| {
                Trouble::new(
                    path.as_str(),
                    0,
                    "the list of fetched modules is not understood",
                    "run `terraform init` again",
                )
            })
        });
        match found {
            Ok(found) => {
                self.vendored.insert(folder.clone(), found);
            }
            Err(trouble) => troubles.push(trouble),
        }
    }

    /// Reads the fetched folders that are called, and what those call in turn.
    fn read_fetched(
        &mut self,
        tree: &Tree,
        folders: &BTreeMap<Arc<str>, Vec<Arc<str>>>,
        troubles: &mut Vec<Trouble>,
    ) {
        let mut wanted: Vec<String> =
            self.vendored.values().flat_map(|found| found.values().cloned()).collect();
        while let Some(folder) = wanted.pop() {
            if self.modules.contains_key(folder.as_str()) || !folders.contains_key(folder.as_str()) {
                continue;
            }
            let folder: Arc<str> = folder.into();
            self.read_folder(tree, &folder, folders, troubles);
            wanted.extend(self.local_calls(&folder));
        }
    }

    fn local_calls(&self, folder: &str) -> Vec<String> {
        let Some(module) = self.modules.get(folder) else { return Vec::new() };
        module
            .calls
            .all
            .iter()
            .filter_map(|call| plain_text(&call.block.body, "source"))
            .filter(|source| is_local(source))
            .map(|source| places::join(folder, source))
            .collect()
    }

    fn find_roots(&self, own: &[Arc<str>]) -> Vec<Arc<str>> {
        let calls: BTreeMap<&str, Vec<String>> =
            self.modules.keys().map(|folder| (&**folder, self.local_calls(folder))).collect();
        let called: BTreeSet<&str> = calls
            .iter()
            .flat_map(|(caller, callees)| {
                callees.iter().map(String::as_str).filter(move |callee| callee != caller)
            })
            .collect();
        let mut roots: Vec<Arc<str>> =
            own.iter().filter(|folder| !called.contains(&***folder)).cloned().collect();
        // Folders that call each other in a circle have no root among them: the first of them is taken.
        let mut reached: BTreeSet<String> = BTreeSet::new();
        let reach = |from: &str, reached: &mut BTreeSet<String>| {
            let mut todo = vec![from.to_owned()];
            while let Some(folder) = todo.pop() {
                if reached.insert(folder.clone()) {
                    todo.extend(calls.get(folder.as_str()).into_iter().flatten().cloned());
                }
            }
        };
        for root in &roots {
            reach(root, &mut reached);
        }
        for folder in own {
            if !reached.contains(&**folder) {
                roots.push(folder.clone());
                reach(folder, &mut reached);
            }
        }
        roots.sort();
        roots
    }
}

/// Whether a source is a folder beside the caller.
pub(crate) fn is_local(source: &str) -> bool {
    source.starts_with("./") || source.starts_with("../") || source == "." || source == ".."
}

fn is_configuration(path: &str) -> bool {
    path.ends_with(".tf") || path.ends_with(".tf.json")
}

fn is_fetched(folder: &str) -> bool {
    folder.split('/').any(|part| part == FETCHED)
}

fn manifest(text: &str, root: &str) -> Option<Vendored> {
    let json = syntax::parse_json(text, 0).ok()?;
    let JsonKind::Object(entries) = &json.kind else { return None };
    let (_, list) = entries.iter().find(|(name, _)| name == "Modules")?;
    let JsonKind::List(items) = &list.kind else { return None };
    let mut found = Vendored::new();
    for item in items {
        let JsonKind::Object(fields) = &item.kind else { continue };
        let field = |wanted: &str| {
            fields.iter().find_map(|(name, value)| match &value.kind {
                JsonKind::Text(text) if name == wanted => Some(text.as_str()),
                _ => None,
            })
        };
        if let (Some(key), Some(folder)) = (field("Key"), field("Dir"))
            && !key.is_empty()
        {
            found.insert(key.to_owned(), places::join(root, folder));
        }
    }
    Some(found)
}
