//! Plans among what is judged, and the code that they stand for.

use std::path::Path;
use std::sync::Arc;

use partywall_iac::terraform::Types;
use partywall_iac::terraform::plan::{self, Plans};
use partywall_iac::{Text, Tree, Trouble};

use crate::exit::Failure;

/// Reads the plans of a tree.
pub(super) fn read(tree: &mut Tree, source: Option<&Path>, types: &dyn Types) -> Result<Plans, Failure> {
    if let Some(folder) = source.filter(|folder| !folder.is_dir()) {
        let message =
            format!("there is no folder `{}`; name the one that the plan was made in", folder.display());
        return Err(Failure::Usage(message));
    }
    Ok(plan::plans(tree, source, types))
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
