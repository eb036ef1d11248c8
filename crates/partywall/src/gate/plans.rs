//! Plans among what is judged, and the code that they stand for.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use partywall_iac::terraform::Types;
use partywall_iac::terraform::plan::{self, Plans};
use partywall_iac::{Text, Tree, Trouble};

use crate::exit::Failure;

/// Reads the plans of a tree.
pub(super) fn read(
    tree: &mut Tree,
    paths: &[PathBuf],
    source: Option<&Path>,
    types: &dyn Types,
) -> Result<Plans, Failure> {
    if let Some(path) = paths.iter().find(|path| is_packed(path)) {
        let path = path.display();
        let message = format!(
            "`{path}` is a plan in Terraform's own form; name what `terraform show -json {path}` writes"
        );
        return Err(Failure::Usage(message));
    }
    if let Some(folder) = source.filter(|folder| !folder.is_dir()) {
        let message =
            format!("there is no folder `{}`; name the one that the plan was made in", folder.display());
        return Err(Failure::Usage(message));
    }
    Ok(plan::plans(tree, source, types))
}

/// Whether a file is what `terraform plan -out` writes: an archive whose first entry is `tfplan`.
fn is_packed(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(64).read_to_end(&mut start));
    read.is_ok() && start.starts_with(b"PK\x03\x04") && start.get(30..36) == Some(b"tfplan")
}

/// The folders of code that are judged through a plan of them.
pub(super) fn covered(planned: &Plans) -> Vec<Arc<str>> {
    planned.plans.iter().filter_map(|plan| plan.covers.clone()).collect()
}

/// The text of a file of the tree, or of the code beside a plan.
pub(super) fn text(tree: &Tree, planned: &Plans, file: &str) -> Result<Text, Trouble> {
    let beside = || planned.sources.iter().find(|source| source.contains(file));
    match beside().filter(|_| !tree.contains(file)) {
        Some(source) => source.text(file),
        None => tree.text(file),
    }
}
