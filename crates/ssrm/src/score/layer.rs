//! Layers, and the whole: no better than the weakest.

use partywall_model::{ControlId, Layer};

use super::control::{Because, Cap, ControlScore, Figure, Reach, SLACK};
use super::input::ControlInput;

/// Of a layer's control weight, this share must have reached a level.
const SHARE: f64 = 0.8;

/// How well a layer is held.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerScore {
    /// The layer.
    pub layer: Layer,
    /// Over all controls in scope; none where no control is (*not applicable*).
    pub figure: Option<Figure>,
    /// Over the controls in scope that something here can measure; none where nothing can (*not measured*).
    pub measured: Option<Figure>,
    /// What holds the layer down as a whole.
    pub caps: Vec<Cap>,
    /// The weakest control in scope.
    pub weakest: Option<ControlId>,
    /// How many controls are in scope.
    pub in_scope: usize,
    /// The controls in scope that nothing here can measure.
    pub not_measured: Vec<ControlId>,
}

/// The customer's side as a whole, the organisation apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Overall {
    /// The least of each figure over the layers' measured controls; none where nothing is measured.
    pub figure: Option<Figure>,
    /// The layer that is worst.
    pub weakest: Option<Layer>,
    /// How many controls are in scope.
    pub in_scope: usize,
    /// The controls in scope that nothing here can measure.
    pub not_measured: Vec<ControlId>,
}

/// Scores a layer; `controls` holds the scores of all controls beside their inputs.
pub(super) fn layer(layer: Layer, controls: &[(&ControlInput, &ControlScore)]) -> LayerScore {
    let in_scope: Vec<Member> = controls
        .iter()
        .filter(|(input, _)| input.layer == layer)
        .filter_map(|(input, score)| Some(Member { input, score, figure: score.figure? }))
        .collect();
    let measured: Vec<Member> =
        in_scope.iter().filter(|member| !member.score.not_measured).copied().collect();
    let caps = caps(&in_scope);
    let weakest = in_scope.iter().min_by(|a, b| a.weaker(b));
    LayerScore {
        layer,
        figure: figure(&in_scope).map(|figure| under(figure, &caps)),
        measured: figure(&measured).map(|figure| under(figure, &self::caps(&measured))),
        weakest: weakest.map(|member| member.input.id.clone()),
        in_scope: in_scope.len(),
        not_measured: in_scope
            .iter()
            .filter(|member| member.score.not_measured)
            .map(|member| member.input.id.clone())
            .collect(),
        caps,
    }
}

/// The whole: each figure is the least of its kind, so that no change for the worse in one layer can raise
/// it by moving the name of the weakest.
pub(super) fn overall(layers: &[LayerScore]) -> Overall {
    let own = || layers.iter().filter(|layer| layer.layer != Layer::Org);
    let measured = || own().filter_map(|layer| Some((layer.layer, layer.measured?)));
    let least =
        |a: Figure, b: Figure| Figure { lo: a.lo.min(b.lo), hi: a.hi.min(b.hi), level: a.level.min(b.level) };
    Overall {
        figure: measured().map(|(_, figure)| figure).reduce(least),
        weakest: measured().min_by(|(_, a), (_, b)| order(a, b)).map(|(layer, _)| layer),
        in_scope: own().map(|layer| layer.in_scope).sum(),
        not_measured: own().flat_map(|layer| layer.not_measured.iter().cloned()).collect(),
    }
}

/// A control in scope of a layer.
#[derive(Clone, Copy)]
struct Member<'a> {
    input: &'a ControlInput,
    score: &'a ControlScore,
    figure: Figure,
}

impl Member<'_> {
    fn weight(&self) -> f64 {
        f64::from(self.input.weight.max(1))
    }

    /// The weaker first; of equals the heavier, then by id.
    fn weaker(&self, other: &Self) -> std::cmp::Ordering {
        order(&self.figure, &other.figure)
            .then(other.input.weight.cmp(&self.input.weight))
            .then_with(|| self.input.id.cmp(&other.input.id))
    }
}

fn order(a: &Figure, b: &Figure) -> std::cmp::Ordering {
    a.level.cmp(&b.level).then(a.lo.total_cmp(&b.lo)).then(a.hi.total_cmp(&b.hi))
}

fn figure(members: &[Member<'_>]) -> Option<Figure> {
    let whole: f64 = members.iter().map(Member::weight).sum();
    if whole <= 0.0 {
        return None;
    }
    let mean = |end: fn(&Figure) -> f64| {
        members.iter().map(|member| member.weight() * end(&member.figure)).sum::<f64>() / whole
    };
    let level = (1..=4)
        .rev()
        .find(|level| {
            let reached = members.iter().filter(|member| member.figure.level >= *level);
            let essential = members.iter().filter(|member| member.input.essential);
            reached.map(Member::weight).sum::<f64>() >= SHARE * whole - SLACK
                && essential.map(|member| member.figure.level + 1).all(|above| above >= *level)
        })
        .unwrap_or(0);
    Some(Figure { lo: mean(|figure| figure.lo), hi: mean(|figure| figure.hi), level })
}

/// A critical failure where it hurts caps the whole layer at 2, and one that cannot be ruled out does at the
/// lower end.
fn caps(members: &[Member<'_>]) -> Vec<Cap> {
    let has = |because: Because| {
        members.iter().flat_map(|member| &member.score.caps).any(|cap| cap.because == because)
    };
    [
        (Because::CriticalOpen, Reach::Range),
        (Because::CriticalUnseen, Reach::LowerEnd),
        (Because::PopulationUnknown, Reach::LowerEnd),
    ]
    .into_iter()
    .filter(|(because, _)| has(*because))
    .map(|(because, reach)| Cap { level: 2, reach, because, assets: Vec::new() })
    .collect()
}

fn under(figure: Figure, caps: &[Cap]) -> Figure {
    caps.iter().fold(figure, |figure, cap| figure.under(cap.level, cap.reach))
}
