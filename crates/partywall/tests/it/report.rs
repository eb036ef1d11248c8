//! A report as a reader of its JSON sees it: as much of it as these tests look at.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(crate) struct Report {
    pub(crate) incomplete: Incomplete,
    pub(crate) scores: Scores,
    pub(crate) controls: Vec<Control>,
    pub(crate) assets: Vec<Asset>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) unknown_reads: Vec<UnknownRead>,
    pub(crate) problems: Vec<Problem>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Incomplete {
    pub(crate) is: bool,
    pub(crate) reasons: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Scores {
    pub(crate) overall: Overall,
    pub(crate) layers: Vec<Layer>,
    pub(crate) organisation: Option<Layer>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Overall {
    pub(crate) lo: Option<f64>,
    pub(crate) hi: Option<f64>,
    pub(crate) level: Option<u8>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Layer {
    pub(crate) layer: String,
    pub(crate) measured: Option<Figure>,
    pub(crate) all: Option<Figure>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Figure {
    pub(crate) lo: f64,
    pub(crate) hi: f64,
    pub(crate) level: u8,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Control {
    pub(crate) id: String,
    pub(crate) figure: Option<Figure>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Asset {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) account: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) placeholder: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Finding {
    pub(crate) check: String,
    pub(crate) asset: String,
    pub(crate) verdict: String,
    pub(crate) fingerprint: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct UnknownRead {
    pub(crate) operation: String,
    pub(crate) code: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Problem {
    pub(crate) subject: String,
    pub(crate) message: String,
}

impl Report {
    pub(crate) fn read(json: &[u8]) -> Self {
        serde_json::from_slice(json).unwrap()
    }

    /// The verdicts by check and asset.
    pub(crate) fn verdicts(&self) -> BTreeMap<(&str, &str), &Finding> {
        self.findings.iter().map(|finding| ((&*finding.check, &*finding.asset), finding)).collect()
    }

    pub(crate) fn asset(&self, id: &str) -> Option<&Asset> {
        self.assets.iter().find(|asset| asset.id == id)
    }

    /// Every range that the report gives, by the name of what it is of.
    pub(crate) fn figures(&self) -> BTreeMap<String, Figure> {
        let mut figures = BTreeMap::new();
        let overall = &self.scores.overall;
        if let (Some(lo), Some(hi), Some(level)) = (overall.lo, overall.hi, overall.level) {
            figures.insert("overall".to_owned(), Figure { lo, hi, level });
        }
        for layer in self.scores.layers.iter().chain(&self.scores.organisation) {
            figures.extend(layer.measured.map(|figure| (format!("layer {}, measured", layer.layer), figure)));
            figures.extend(layer.all.map(|figure| (format!("layer {}", layer.layer), figure)));
        }
        let controls = self.controls.iter();
        figures.extend(controls.filter_map(|control| Some((control.id.clone(), control.figure?))));
        figures
    }
}
