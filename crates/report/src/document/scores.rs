//! Ranges and levels, as the score gives them: nothing is computed here.

use jiff::civil::Date;
use partywall_content::{Control, ControlBand};
use partywall_model::{ControlId, Layer};
use partywall_ssrm::score::{Cap, ControlScore, Figure, LayerScore, Overall, Reach, StateCounts};
use partywall_ssrm::status::{ControlStatus, Inherited};
use serde::Serialize;

use super::lines::{HolderCounts, Lines};
use crate::assessment::Assessment;
use crate::words;

/// A range from 0 to 1, and a level from 0 to 4.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct FigureEntry {
    pub(crate) lo: f64,
    pub(crate) hi: f64,
    pub(crate) confidence: f64,
    pub(crate) level: u8,
}

impl From<Figure> for FigureEntry {
    fn from(figure: Figure) -> Self {
        Self { lo: figure.lo, hi: figure.hi, confidence: figure.confidence(), level: figure.level }
    }
}

/// What holds a level or a range down.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CapEntry {
    pub(crate) level: u8,
    /// `level`, `lower-end` or `range`.
    pub(crate) reach: &'static str,
    pub(crate) because: &'static str,
    /// The same as people read it.
    pub(crate) text: String,
    /// Positions among the document's assets.
    pub(crate) assets: Vec<usize>,
}

impl CapEntry {
    fn of(cap: &Cap, members: &[usize]) -> Self {
        Self {
            level: cap.level,
            reach: match cap.reach {
                Reach::Level => "level",
                Reach::LowerEnd => "lower-end",
                Reach::Range => "range",
            },
            because: words::because_word(cap.because),
            text: words::because(cap.because),
            assets: cap.assets.iter().filter_map(|at| members.get(*at).copied()).collect(),
        }
    }
}

/// The whole, the layers and the organisation.
#[derive(Debug, Serialize)]
pub(crate) struct Scores<'a> {
    pub(crate) overall: OverallEntry<'a>,
    /// Without the organisation, which stands apart.
    pub(crate) layers: Vec<LayerEntry<'a>>,
    pub(crate) organisation: Option<LayerEntry<'a>>,
}

/// The customer's side of the four layers: no better than the weakest.
#[derive(Debug, Serialize)]
pub(crate) struct OverallEntry<'a> {
    /// None where nothing is measured.
    #[serde(flatten)]
    pub(crate) figure: Option<FigureEntry>,
    pub(crate) weakest_layer: Option<Layer>,
    pub(crate) controls_in_scope: usize,
    pub(crate) not_measured: Vec<NotMeasured<'a>>,
}

/// A control that nothing looked at, and what would.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NotMeasured<'a> {
    pub(crate) control: &'a str,
    pub(crate) would_measure: Vec<&'static str>,
}

/// A layer.
#[derive(Debug, Serialize)]
pub(crate) struct LayerEntry<'a> {
    pub(crate) layer: Layer,
    /// Over the controls in scope that something measures; none where nothing does.
    pub(crate) measured: Option<FigureEntry>,
    /// Over all controls in scope; none where the layer is not applicable.
    pub(crate) all: Option<FigureEntry>,
    pub(crate) weakest_control: Option<&'a str>,
    pub(crate) controls_in_scope: usize,
    pub(crate) controls_measured: usize,
    pub(crate) not_measured: Vec<NotMeasured<'a>>,
    pub(crate) caps: Vec<CapEntry>,
    pub(crate) holders: HolderCounts,
}

/// One control.
#[derive(Debug, Serialize)]
pub(crate) struct ControlEntry<'a> {
    pub(crate) id: &'a str,
    pub(crate) layer: Layer,
    pub(crate) title: &'a str,
    pub(crate) meaning: &'a str,
    pub(crate) band: ControlBand,
    pub(crate) essential: bool,
    pub(crate) weight: u8,
    pub(crate) measured_on: Vec<&'a str>,
    pub(crate) sensors: Vec<&'static str>,
    pub(crate) holders: HolderCounts,
    pub(crate) state: ControlState,
    /// None where no asset is in scope.
    #[serde(flatten)]
    pub(crate) figure: Option<FigureEntry>,
    pub(crate) coverage: f64,
    /// None where nothing was seen.
    pub(crate) effect: Option<f64>,
    pub(crate) caps: Vec<CapEntry>,
    /// What the next level asks for.
    pub(crate) wants: Vec<String>,
    pub(crate) denominators: Denominators,
    pub(crate) states: States,
    /// The provider's side.
    pub(crate) inherited: Vec<InheritedEntry<'a>>,
    pub(crate) checks: Vec<&'a str>,
}

/// Lines that a provider holds, and the document that proves it.
#[derive(Debug, Serialize)]
pub(crate) struct InheritedEntry<'a> {
    pub(crate) provider: String,
    pub(crate) assets: usize,
    /// None where it is unproven.
    pub(crate) assured_by: Option<&'a str>,
    pub(crate) assured_until: Option<Date>,
    /// Where it is unproven, the document that proved it last and the day on which that expired.
    pub(crate) expired: Option<&'a str>,
    pub(crate) expired_on: Option<Date>,
}

impl<'a> InheritedEntry<'a> {
    /// How far it is proven, in words.
    pub(crate) fn standing(&self) -> String {
        match (self.assured_by.zip(self.assured_until), self.expired.zip(self.expired_on)) {
            (Some((document, until)), _) => format!("assured until {until} by {document}"),
            (None, Some((document, day))) => format!("unproven: {document} expired on {day}"),
            (None, None) => "unproven".to_owned(),
        }
    }

    pub(crate) fn of(inherited: &'a Inherited) -> Self {
        let assured = inherited.assured.as_ref();
        Self {
            provider: inherited.provider.to_string(),
            assets: inherited.assets,
            assured_by: assured.map(|(document, _)| &**document),
            assured_until: assured.map(|(_, until)| *until),
            expired: inherited.expired.as_ref().map(|(document, _)| &**document),
            expired_on: inherited.expired.as_ref().map(|(_, day)| *day),
        }
    }
}

/// Whether a control is scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ControlState {
    /// It has a range.
    Measured,
    /// Nothing in this program can measure it; its range is open.
    NotMeasured,
    /// The provider or a third party holds it wherever it has a meaning.
    Inherited,
    /// It has no meaning for anything here.
    NotApplicable,
}

/// What the figures of a control are shares of.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Denominators {
    pub(crate) assets: usize,
    pub(crate) groups: usize,
    pub(crate) checks_known: usize,
    pub(crate) checks_applicable: usize,
    pub(crate) populations_unknown: usize,
}

/// How many checks stand in each state; `none` counts assets on which nothing applies.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct States {
    pub(crate) pass: usize,
    pub(crate) fail: usize,
    pub(crate) exempt: usize,
    pub(crate) unknown: usize,
    pub(crate) stale: usize,
    pub(crate) manual: usize,
    pub(crate) not_applicable: usize,
    pub(crate) none: usize,
}

impl From<StateCounts> for States {
    fn from(counts: StateCounts) -> Self {
        Self {
            pass: counts.pass,
            fail: counts.fail,
            exempt: counts.exempt,
            unknown: counts.unknown,
            stale: counts.stale,
            manual: counts.manual,
            not_applicable: counts.not_applicable,
            none: counts.none,
        }
    }
}

impl<'a> Scores<'a> {
    pub(super) fn of(assessment: &Assessment<'a>, lines: &Lines<'a>) -> Self {
        let score = &assessment.status.score;
        let mut layers: Vec<LayerEntry<'a>> =
            score.layers.iter().map(|layer| LayerEntry::of(assessment, lines, layer)).collect();
        let organisation = layers.iter().position(|layer| layer.layer == Layer::Org);
        let organisation = organisation.map(|at| layers.remove(at));
        Self { overall: OverallEntry::of(assessment, &score.overall), layers, organisation }
    }

    /// Controls that nobody looked at because the user left their checks out are not measured. Their open
    /// ranges stay in the figures: a filter makes none of them better.
    pub(super) fn leave_out(&mut self, controls: &mut [ControlEntry<'a>], left_out: &'a [ControlId]) {
        let of_scope = |control: &&mut ControlEntry<'a>| {
            control.state == ControlState::Measured && left_out.iter().any(|id| *id == *control.id)
        };
        for control in controls.iter_mut().filter(of_scope) {
            control.state = ControlState::NotMeasured;
            let entry = NotMeasured { control: control.id, would_measure: control.sensors.clone() };
            let mut layers = self.layers.iter_mut().chain(&mut self.organisation);
            if let Some(layer) = layers.find(|layer| layer.layer == control.layer) {
                layer.controls_measured = layer.controls_measured.saturating_sub(1);
                // Where nothing is left that was looked at, there is no range of what was.
                layer.measured = layer.measured.filter(|_| layer.controls_measured > 0);
                layer.not_measured.push(entry.clone());
            }
            if control.layer != Layer::Org {
                self.overall.not_measured.push(entry);
            }
        }
    }

    /// All layers in the order in which they are shown.
    pub(crate) fn all_layers(&self) -> impl Iterator<Item = &LayerEntry<'a>> {
        self.layers.iter().chain(&self.organisation)
    }
}

impl<'a> OverallEntry<'a> {
    fn of(assessment: &Assessment<'a>, overall: &'a Overall) -> Self {
        Self {
            figure: overall.figure.map(FigureEntry::from),
            weakest_layer: overall.weakest,
            controls_in_scope: overall.in_scope,
            not_measured: not_measured(assessment, &overall.not_measured),
        }
    }
}

impl<'a> LayerEntry<'a> {
    fn of(assessment: &Assessment<'a>, lines: &Lines<'a>, score: &'a LayerScore) -> Self {
        Self {
            layer: score.layer,
            measured: score.measured.map(FigureEntry::from),
            all: score.figure.map(FigureEntry::from),
            weakest_control: score.weakest.as_ref().map(|control| control.as_str()),
            controls_in_scope: score.in_scope,
            controls_measured: score.in_scope.saturating_sub(score.not_measured.len()),
            not_measured: not_measured(assessment, &score.not_measured),
            caps: score.caps.iter().map(|cap| CapEntry::of(cap, &[])).collect(),
            holders: lines.of_layer(assessment, score.layer),
        }
    }
}

fn not_measured<'a>(assessment: &Assessment<'a>, controls: &'a [ControlId]) -> Vec<NotMeasured<'a>> {
    let sensors = |id: &str| {
        let control = assessment.controls().iter().find(|control| control.id == *id);
        control.map(sensor_words).unwrap_or_default()
    };
    controls
        .iter()
        .map(|id| NotMeasured { control: id.as_str(), would_measure: sensors(id.as_str()) })
        .collect()
}

fn sensor_words(control: &Control) -> Vec<&'static str> {
    control.sensors.iter().map(|sensor| sensor.word()).collect()
}

/// The entries of all controls.
pub(super) fn controls<'a>(assessment: &Assessment<'a>, lines: &Lines<'a>) -> Vec<ControlEntry<'a>> {
    let counts = lines.by_control.iter().copied();
    let scores = &assessment.status.score.controls;
    assessment
        .controls()
        .iter()
        .zip(counts)
        .enumerate()
        .filter_map(|(at, (control, holders))| {
            let status = assessment.status.controls.get(at)?;
            Some(ControlEntry::of(control, holders, scores.get(at)?, status))
        })
        .collect()
}

impl<'a> ControlEntry<'a> {
    fn of(
        control: &'a Control,
        holders: HolderCounts,
        score: &ControlScore,
        status: &'a ControlStatus,
    ) -> Self {
        Self {
            id: control.id.as_str(),
            layer: control.layer,
            title: &control.title,
            meaning: &control.meaning,
            band: control.held_by_default,
            essential: control.essential,
            weight: control.weight,
            measured_on: control.measured_on.iter().map(|kind| kind.as_str()).collect(),
            sensors: sensor_words(control),
            holders,
            state: state(holders, score),
            figure: score.figure.map(FigureEntry::from),
            coverage: score.coverage,
            effect: score.effect,
            caps: score.caps.iter().map(|cap| CapEntry::of(cap, &status.scope)).collect(),
            wants: score.wants.iter().map(|want| words::want(*want)).collect(),
            denominators: Denominators {
                assets: score.assets,
                groups: score.groups,
                checks_known: score.states.known(),
                checks_applicable: score.states.applicable(),
                populations_unknown: score.populations_unknown,
            },
            states: score.states.into(),
            inherited: status.inherited.iter().map(InheritedEntry::of).collect(),
            checks: status.checks.iter().map(|check| check.as_str()).collect(),
        }
    }
}

fn state(holders: HolderCounts, score: &ControlScore) -> ControlState {
    match score.figure {
        Some(_) if score.not_measured => ControlState::NotMeasured,
        Some(_) => ControlState::Measured,
        None if holders.provider + holders.third_party > 0 => ControlState::Inherited,
        None => ControlState::NotApplicable,
    }
}
