//! Who holds what: kinds × controls, one letter in each cell.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::Document;
use crate::words;

/// The matrix of one layer.
pub(super) struct LayerMatrix<'a> {
    pub(super) title: &'static str,
    pub(super) controls: Vec<(&'a str, &'a str)>,
    pub(super) rows: Vec<MatrixRow<'a>>,
}

pub(super) struct MatrixRow<'a> {
    pub(super) kind: &'a str,
    pub(super) assets: usize,
    pub(super) cells: Vec<Cell>,
}

/// The holders of one control on all assets of one kind.
pub(super) struct Cell {
    pub(super) class: &'static str,
    pub(super) letters: String,
    pub(super) words: String,
}

/// All layers.
pub(super) fn layers<'a>(document: &Document<'a>) -> Vec<LayerMatrix<'a>> {
    let mut holders: BTreeMap<(&'a str, &'a str), BTreeMap<&'static str, usize>> = BTreeMap::new();
    let mut sizes: BTreeMap<&'a str, usize> = BTreeMap::new();
    for line in &document.lines.entries {
        let counts = holders.entry((line.kind, line.control)).or_default();
        *counts.entry(line.holder).or_default() += line.assets.len();
    }
    for asset in document.assessment.estate().assets() {
        *sizes.entry(asset.kind.as_str()).or_default() += 1;
    }
    let matrix = |layer: partywall_model::Layer| {
        let controls: Vec<(&str, &str)> = document
            .controls
            .iter()
            .filter(|control| control.layer == layer)
            .map(|control| (control.id, control.title))
            .collect();
        let row = |(kind, assets): (&&'a str, &usize)| MatrixRow {
            kind,
            assets: *assets,
            cells: controls.iter().map(|(control, _)| Cell::of(holders.get(&(*kind, *control)))).collect(),
        };
        let means_something = |row: &MatrixRow<'_>| row.cells.iter().any(|cell| cell.class != "none");
        let rows = sizes.iter().map(row).filter(means_something).collect();
        LayerMatrix { title: words::layer(layer), rows, controls }
    };
    partywall_model::Layer::ALL.into_iter().map(matrix).collect()
}

impl Cell {
    fn of(counts: Option<&BTreeMap<&'static str, usize>>) -> Self {
        let mut counts: Vec<(&'static str, usize)> =
            counts.into_iter().flatten().map(|(h, n)| (*h, *n)).collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let letters: BTreeSet<&str> = counts.iter().map(|(holder, _)| letter(holder).0).collect();
        let class = match counts.as_slice() {
            [] => "none",
            _ if letters.len() > 1 => "mixed",
            [(holder, _), ..] => letter(holder).1,
        };
        let mut shown: Vec<&str> = counts.iter().map(|(holder, _)| letter(holder).0).collect();
        shown.dedup();
        let words: Vec<String> =
            counts.iter().map(|(holder, count)| format!("{} ({count})", words::holder(holder))).collect();
        Self { class, letters: shown.concat(), words: words.join(", ") }
    }
}

/// The letter of a holder in a cell, and its class.
fn letter(holder: &str) -> (&'static str, &'static str) {
    match holder {
        "provider" => ("P", "provider"),
        "customer" => ("C", "customer"),
        "shared-independent" => ("S", "shared"),
        "shared-dependent" => ("D", "shared"),
        "third-party" => ("T", "third"),
        "not-applicable" => ("–", "none"),
        _ => ("?", "unknown"),
    }
}
