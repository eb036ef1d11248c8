//! Everything that a tree declares, one configuration after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use partywall_iac::terraform::{Configuration, Input};
use partywall_iac::{
    Declaration, Declared, Mapped, Tree, Trouble, arm, cloudformation, compose, dockerfile, kubernetes,
    runtimes, terraform, workflows,
};

use super::touched::Touched;

/// What a configuration makes.
pub(super) struct Made {
    pub(super) resources: usize,
    /// Of types that nothing knows, by type.
    pub(super) unmapped: BTreeMap<Box<str>, usize>,
    pub(super) declared: Declared,
}

impl Made {
    /// Of types that nothing knows, only those in touched files are told.
    pub(super) fn of(configuration: &Configuration, mapped: &Mapped<'_>, touched: Option<&Touched>) -> Self {
        let is_meant = |file: &str| touched.is_none_or(|touched| touched.has(file));
        let told = configuration.resources.iter().filter(|resource| is_meant(&resource.place.file));
        let unmapped = mapped.unmapped(told);
        Self {
            resources: configuration.resources.len(),
            unmapped: unmapped.into_iter().map(|(name, count)| (name.into(), count)).collect(),
            declared: mapped.assets(configuration),
        }
    }

    fn manifests(assets: Vec<Declaration>) -> Self {
        let declared = Declared { assets, ..Declared::default() };
        Self { resources: declared.assets.len(), unmapped: BTreeMap::new(), declared }
    }
}

/// Reads all of a tree but the folders that plans cover; gives how many files there were, and what was wrong with them.
pub(super) fn all(
    tree: &Tree,
    covered: &[Arc<str>],
    inputs: &[Input],
    mapped: &Mapped<'_>,
    touched: Option<&Touched>,
    take: &mut (dyn FnMut(Made) + Send),
) -> (usize, Vec<Trouble>) {
    let mut made = |configuration: Configuration| take(Made::of(&configuration, mapped, touched));
    let read = [
        terraform::each(tree, covered, inputs, mapped, &mut made),
        cloudformation::each(tree, inputs, mapped, &mut made),
        arm::each(tree, inputs, mapped, &mut made),
    ];
    let mut files: usize = read.iter().map(|read| read.files).sum();
    let mut troubles: Vec<Trouble> = read.into_iter().flat_map(|read| read.troubles).collect();
    let manifests = [kubernetes::declared, dockerfile::declared, compose::declared, workflows::declared]
        .map(|declared| declared(tree));
    let runtimes = runtimes::declared(tree, &manifests);
    for read in manifests.into_iter().chain([runtimes]) {
        files += read.files;
        troubles.extend(read.troubles);
        // Manifests of one folder are deployed together.
        let mut folders: BTreeMap<Arc<str>, Vec<Declaration>> = BTreeMap::new();
        for declaration in read.assets {
            folders.entry(declaration.root.clone()).or_default().push(declaration);
        }
        folders.into_values().map(Made::manifests).for_each(&mut *take);
    }
    (files, troubles)
}
