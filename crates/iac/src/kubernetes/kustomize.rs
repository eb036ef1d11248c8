//! Kustomize: which files are patches, and what a kustomization changes that is not applied here.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::document::{Form, Value};
use crate::manifest;
use crate::places;
use crate::tree::Tree;
use crate::trouble::Trouble;

/// What changes resources, or brings others, in ways that are not followed.
const NOT_APPLIED: [&str; 12] = [
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
    "components",
    "helmCharts",
    "images",
    "namespace",
    "replacements",
    "replicas",
    "transformers",
    "generators",
    "vars",
];

/// All kustomizations of a tree.
#[derive(Debug, Default)]
pub(super) struct Kustomizations {
    patches: BTreeSet<String>,
}

pub(super) fn is_kustomization(path: &str) -> bool {
    matches!(places::name(path), "kustomization.yaml" | "kustomization.yml" | "Kustomization")
}

impl Kustomizations {
    pub(super) fn of(tree: &Tree, paths: &[&Arc<str>], troubles: &mut Vec<Trouble>) -> Self {
        let mut found = Self::default();
        for path in paths.iter().filter(|path| is_kustomization(path)) {
            let Some(file) = manifest::read(tree, path, |_| true, troubles) else { continue };
            for document in &file.documents {
                troubles.extend(document.faults.iter().cloned().map(|fault| file.source.faulty(fault)));
                let Some(root) = &document.root else { continue };
                found.note_patches(places::folder(path), root);
                for key in NOT_APPLIED {
                    let Some(value) = root.get(key).filter(|value| !is_empty(value)) else { continue };
                    let what = format!(
                        "`{key}` of this kustomization is not applied: what it changes is judged as the files have it"
                    );
                    troubles.push(file.source.trouble(
                        value.span.start,
                        what,
                        "render it first: kubectl kustomize . > rendered.yaml, and name that file",
                    ));
                }
            }
        }
        found
    }

    /// Whether a file is no object of its own but changes another.
    pub(super) fn is_patch(&self, path: &str) -> bool {
        self.patches.contains(path)
    }

    fn note_patches(&mut self, folder: &str, root: &Value) {
        for key in ["patches", "patchesStrategicMerge", "patchesJson6902"] {
            for patch in root.get(key).map(Value::items).unwrap_or_default() {
                let path = patch.as_str().or_else(|| patch.get("path")?.as_str());
                // A patch may also be written out here, over several lines.
                if let Some(path) = path.filter(|path| !path.contains('\n')) {
                    self.patches.insert(places::join(folder, path));
                }
            }
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match &value.form {
        Form::Null => true,
        Form::List(items) => items.is_empty(),
        Form::Map(entries) => entries.is_empty(),
        Form::Text(text) => text.is_empty(),
        _ => false,
    }
}
