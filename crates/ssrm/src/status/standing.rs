//! How one asset stands under one control.

use std::collections::HashMap;

use partywall_model::{Asset, Estate, Holder};

use super::{ControlStatus, Status};
use crate::line::Line;
use crate::score::AssetInput;

/// So many references are followed to find what contains an asset.
const STEPS: usize = 3;

/// How an asset stands under a control.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Standing<'a> {
    /// It is in scope and scored.
    Measured(&'a AssetInput),
    /// It is not measured itself; the asset at this position of the estate contains it and is.
    Contained(usize, &'a AssetInput),
    /// It is not measured, and nothing that contains it is.
    NotMeasured,
    /// The customer has no part in it: the provider holds it, a third party does, or it has no meaning.
    NotScored(&'a Holder),
}

/// Where references lead.
#[derive(Debug)]
pub(super) struct Containers {
    /// Position of the first asset of each (kind, identifier), by account.
    by_identifier: HashMap<(String, String), Vec<usize>>,
}

impl Containers {
    pub(super) fn of(estate: &Estate) -> Self {
        let mut by_identifier: HashMap<(String, String), Vec<usize>> = HashMap::new();
        for (at, asset) in estate.assets().iter().enumerate() {
            if let Some(identifier) = &asset.identifier {
                let key = (asset.kind.to_string(), identifier.to_string());
                by_identifier.entry(key).or_default().push(at);
            }
        }
        Self { by_identifier }
    }

    /// The assets that an asset refers to, in the order of its references.
    fn referred<'a>(&'a self, estate: &'a Estate, asset: &'a Asset) -> impl Iterator<Item = usize> + 'a {
        asset.relations.iter().filter_map(move |relation| {
            estate.position(&relation.to).or_else(|| {
                let key = (relation.kind.to_string(), relation.to.to_string());
                let same_account = |at: &&usize| {
                    estate.assets().get(**at).is_some_and(|other| other.account == asset.account)
                };
                self.by_identifier.get(&key)?.iter().find(same_account).copied()
            })
        })
    }
}

pub(super) fn standing<'a>(
    status: &'a Status,
    estate: &Estate,
    asset: usize,
    control: usize,
) -> Standing<'a> {
    let (Some(of_control), Some(line)) =
        (status.controls.get(control), status.lines.get(asset).and_then(|lines| lines.at(control)))
    else {
        return Standing::NotMeasured;
    };
    let line: &'a Line = line;
    if !line.holder.is_in_scope() {
        return Standing::NotScored(&line.holder);
    }
    if let Some(input) = scored(of_control, asset) {
        return Standing::Measured(input);
    }
    let mut reached = vec![asset];
    let mut edge = vec![asset];
    for _ in 0..STEPS {
        let mut next = Vec::new();
        for at in edge.iter().filter_map(|at| estate.assets().get(*at)) {
            for container in status.containers.referred(estate, at) {
                if let Some(input) = scored(of_control, container) {
                    return Standing::Contained(container, input);
                }
                if !reached.contains(&container) {
                    reached.push(container);
                    next.push(container);
                }
            }
        }
        edge = next;
    }
    Standing::NotMeasured
}

/// What was scored for an asset; the scope is in the order of the estate.
fn scored(control: &ControlStatus, asset: usize) -> Option<&AssetInput> {
    let at = control.scope.binary_search(&asset).ok()?;
    control.input.assets.get(at)
}
