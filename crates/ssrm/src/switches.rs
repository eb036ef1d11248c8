//! Switch gaps: what the provider offers and the customer has not switched on. Nothing is cheaper to mend.

use std::collections::BTreeMap;
use std::sync::Arc;

use partywall_model::{Asset, AssetId, ControlId};

use crate::line::{Line, LineSet, Need, Position};

/// One switch that is off, on all assets on which it is off in the same way.
#[derive(Clone, Debug, PartialEq)]
pub struct SwitchGap {
    /// One of the lines that depend on it; the others name the same rule.
    pub line: Arc<Line>,
    /// The controls that depend on it.
    pub controls: Vec<ControlId>,
    /// What was found instead.
    pub found: Box<str>,
    /// What to set.
    pub fix: String,
    /// The assets, in order.
    pub assets: Vec<AssetId>,
}

/// What is known of the switches of an estate.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Switches {
    /// Those that are off, the most assets first.
    pub gaps: Vec<SwitchGap>,
    /// How many lines have their switch on.
    pub on: usize,
    /// Lines whose switch was not seen: asset, line and why.
    pub unseen: Vec<(AssetId, Arc<Line>, Need)>,
    /// How many lines have a switch that is no property of the asset.
    pub elsewhere: usize,
}

/// Collects the switches of all lines in which the customer has a part.
pub fn switches<'a>(lines: impl IntoIterator<Item = (&'a Asset, &'a LineSet)>) -> Switches {
    let mut found = Switches::default();
    // By rule, property and what was found.
    let mut gaps: BTreeMap<[Box<str>; 3], SwitchGap> = BTreeMap::new();
    for (asset, lines) in lines {
        for line in lines.iter().filter(|line| line.holder.is_in_scope()) {
            let Some(switch) = &line.switch else { continue };
            match &switch.position {
                Position::On => found.on += 1,
                Position::Elsewhere => found.elsewhere += 1,
                Position::Unseen(needs) => {
                    found
                        .unseen
                        .extend(needs.first().map(|need| (asset.id.clone(), Arc::clone(line), need.clone())));
                }
                Position::Off { found } => {
                    let key = [line.rule.clone(), switch.property.clone(), found.clone()];
                    let gap = gaps.entry(key).or_insert_with(|| SwitchGap {
                        line: Arc::clone(line),
                        controls: Vec::new(),
                        found: found.clone(),
                        fix: switch.wanted(),
                        assets: Vec::new(),
                    });
                    if !gap.controls.contains(&line.control) {
                        gap.controls.push(line.control.clone());
                    }
                    if gap.assets.last() != Some(&asset.id) {
                        gap.assets.push(asset.id.clone());
                    }
                }
            }
        }
    }
    found.gaps = gaps.into_values().collect();
    found.gaps.sort_by_key(|gap| std::cmp::Reverse(gap.assets.len()));
    found
}
