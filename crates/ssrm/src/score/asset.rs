//! One asset's part in the score of a control.

use partywall_model::Severity;

use super::input::{AnsweredBy, AssetInput, Likely, Measure, State};

/// One whole, in the fixed-point numbers in which assets are added up: whole numbers add to the same sum in
/// any order.
pub(super) const ONE: u64 = 1 << 32;

/// What share of an asset's checks was seen and held, by severity weight, in parts of [`ONE`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shares {
    /// Known, of all.
    pub(super) seen: u64,
    /// Holding, if everything unseen is bad.
    pub(super) lo: u64,
    /// Holding, if everything unseen is good.
    pub(super) hi: u64,
    /// What an open critical failure leaves undecided, else `hi − lo`: how much is missing to a verdict.
    pub(super) unseen: u64,
}

/// How many checks of a control stand in each state; `none` counts assets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateCounts {
    /// Good.
    pub pass: usize,
    /// Not good.
    pub fail: usize,
    /// Not good, under a waiver.
    pub exempt: usize,
    /// Not seen.
    pub unknown: usize,
    /// Seen too long ago.
    pub stale: usize,
    /// Nobody answered.
    pub manual: usize,
    /// Nothing to say about the asset.
    pub not_applicable: usize,
    /// Assets on which no check is applicable.
    pub none: usize,
}

impl StateCounts {
    /// Checks with a fresh answer.
    pub fn known(&self) -> usize {
        self.pass + self.fail + self.exempt
    }

    /// Checks that apply.
    pub fn applicable(&self) -> usize {
        self.known() + self.unknown + self.stale + self.manual
    }

    pub(super) fn add(&mut self, asset: &AssetInput) {
        let before = self.applicable();
        for measure in &asset.measures {
            *match measure.state {
                State::Pass => &mut self.pass,
                State::Fail if measure.waiver.is_present() => &mut self.exempt,
                State::Fail => &mut self.fail,
                State::Unknown => &mut self.unknown,
                State::Stale => &mut self.stale,
                State::Manual => &mut self.manual,
                State::NotApplicable => &mut self.not_applicable,
            } += 1;
        }
        if self.applicable() == before {
            self.none += 1;
        }
    }
}

/// The shares of an asset. An asset on which nothing is applicable, or only what weighs nothing (`info`),
/// shows nothing of the control: nobody looked.
///
/// `lo` is the worst that can be true. As an open critical failure makes it 0, so does a critical check that
/// was not seen; otherwise refusing the read that shows the failure would raise the score. A waiver changes
/// nothing here.
pub(super) fn shares(measures: &[Measure]) -> Shares {
    let (mut all, mut pass, mut unseen) = (0, 0, 0);
    let mut critical = Likely::No;
    for measure in measures {
        let weight = units(measure.severity);
        match measure.state {
            State::NotApplicable => continue,
            State::Pass => pass += weight,
            State::Fail => {}
            State::Unknown | State::Stale | State::Manual => unseen += weight,
        }
        all += weight;
        if measure.severity == Severity::Critical {
            critical = critical.max(fails(measure.state));
        }
    }
    let Some(part) = Fraction::of(all) else {
        return Shares { seen: 0, lo: 0, hi: ONE, unseen: ONE };
    };
    let (seen, hi) = (part.share(all - unseen), part.share(pass + unseen));
    match critical {
        Likely::Yes => Shares { seen, lo: 0, hi: 0, unseen: part.share(unseen) },
        Likely::Perhaps => Shares { seen, lo: 0, hi, unseen: hi },
        Likely::No => Shares { seen, lo: part.share(pass), hi, unseen: hi - part.share(pass) },
    }
}

/// Whether a critical failure that no waiver covers stands on the asset.
pub(super) fn open_critical(measures: &[Measure]) -> Likely {
    measures
        .iter()
        .filter(|measure| measure.severity == Severity::Critical && !measure.waiver.is_present())
        .map(|measure| fails(measure.state))
        .max()
        .unwrap_or(Likely::No)
}

/// Whether an open critical failure has outlived its service level.
pub(super) fn overdue_critical(measures: &[Measure]) -> bool {
    measures.iter().any(|measure| {
        measure.severity == Severity::Critical
            && !measure.waiver.is_present()
            && measure.overdue.is_present()
            && fails(measure.state) > Likely::No
    })
}

/// Whether a person's word answers any check, or should.
pub(super) fn rests_on_a_word(measures: &[Measure]) -> Likely {
    measures.iter().map(word).max().unwrap_or(Likely::No)
}

fn word(measure: &Measure) -> Likely {
    match (measure.state, measure.answered_by) {
        (State::NotApplicable, _) => Likely::No,
        (State::Manual, _) => Likely::Perhaps,
        (_, AnsweredBy::Sensor) => Likely::No,
        (State::Pass | State::Fail, AnsweredBy::Person) => Likely::Yes,
        (State::Unknown | State::Stale, AnsweredBy::Person) => Likely::Perhaps,
    }
}

fn fails(state: State) -> Likely {
    match state {
        State::Pass | State::NotApplicable => Likely::No,
        State::Unknown | State::Stale | State::Manual => Likely::Perhaps,
        State::Fail => Likely::Yes,
    }
}

/// The severity's weight as a whole number.
fn units(severity: Severity) -> u64 {
    match severity {
        Severity::Critical => 8,
        Severity::High => 4,
        Severity::Medium => 2,
        Severity::Low => 1,
        Severity::Info => 0,
    }
}

/// Parts of a whole that is not nothing.
#[derive(Clone, Copy)]
struct Fraction(std::num::NonZeroU64);

impl Fraction {
    fn of(all: u64) -> Option<Self> {
        std::num::NonZeroU64::new(all).map(Self)
    }

    /// `part` of the whole in parts of [`ONE`], rounded down; `part` is at most the whole, and both are
    /// weights of one asset's checks (far below 2³²).
    fn share(self, part: u64) -> u64 {
        part.saturating_mul(ONE) / self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Severity::{Critical, High, Info, Low};
    use State::{Fail, NotApplicable, Pass, Stale, Unknown};

    fn of(measures: &[(Severity, State)]) -> Shares {
        let measures: Vec<Measure> =
            measures.iter().map(|(severity, state)| Measure::sensed(*severity, *state)).collect();
        shares(&measures)
    }

    #[test]
    fn checks_count_by_the_weight_of_their_severity() {
        // 4 + 1 applicable of which 4 pass and 1 is not seen.
        let mixed = of(&[(High, Pass), (Low, Unknown), (High, NotApplicable)]);
        assert_eq!(mixed, Shares { seen: ONE * 4 / 5, lo: ONE * 4 / 5, hi: ONE, unseen: ONE - ONE * 4 / 5 });
        // 4 + 1 of which 1 passes.
        assert_eq!(of(&[(High, Fail), (Low, Pass)]).lo, ONE / 5);
        assert_eq!(of(&[(High, Fail), (Low, Pass)]).hi, ONE / 5);
    }

    #[test]
    fn a_critical_failure_leaves_nothing_and_an_unseen_one_leaves_nothing_sure() {
        let failed = of(&[(Critical, Fail), (High, Pass)]);
        assert_eq!((failed.lo, failed.hi, failed.seen), (0, 0, ONE));
        let unseen = of(&[(Critical, Unknown), (High, Pass)]);
        assert_eq!((unseen.lo, unseen.hi, unseen.seen), (0, ONE, ONE / 3));
        assert_eq!(of(&[(Critical, Stale), (High, Pass)]), unseen);
    }

    #[test]
    fn what_weighs_nothing_shows_nothing() {
        let nobody_looked = Shares { seen: 0, lo: 0, hi: ONE, unseen: ONE };
        assert_eq!(of(&[]), nobody_looked);
        assert_eq!(of(&[(High, NotApplicable)]), nobody_looked);
        assert_eq!(of(&[(Info, Pass), (Info, Fail)]), nobody_looked);
    }
}
