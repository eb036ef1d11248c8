//! The mean over groups: a thousand assets of one kind in one account speak louder than four, but not 250
//! times as loud.
//!
//! Within a group assets are weighed by their stake; groups are weighed by the square root of what is in
//! them. With `S` the part of a group's weight `W` that holds, the mean is `Σ S/√W ÷ Σ √W`. That shows at a
//! glance what cannot happen: a new failing asset makes some `W` larger and no `S`, so the numerator falls,
//! the denominator grows, and the mean only falls.

use std::collections::BTreeMap;

use super::asset::{ONE, Shares};
use super::input::{Group, Stake};

/// What the assets of one group add up to, in weight × parts of [`ONE`]; `weight` in whole weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    weight: u128,
    seen: u128,
    lo: u128,
    hi: u128,
    unseen: u128,
}

/// The groups of one control.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Groups(BTreeMap<Group, Sum>);

impl Groups {
    /// Adds an asset. What it may weigh beyond what it surely weighs counts as weight that nobody has seen.
    pub(super) fn add(&mut self, group: Group, stake: &Stake, shares: Shares) {
        let (least, most) = (u128::from(stake.least()), u128::from(stake.most()));
        let blurred = most.saturating_sub(least) * u128::from(ONE);
        let sum = self.0.entry(group).or_default();
        sum.weight += most;
        sum.seen += least * u128::from(shares.seen);
        sum.lo += least * u128::from(shares.lo);
        sum.hi += least * u128::from(shares.hi) + blurred;
        sum.unseen += least * u128::from(shares.unseen) + blurred;
    }

    /// Adds weight that nobody has seen.
    pub(super) fn add_unseen(&mut self, group: Group, weight: u64) {
        let weight = u128::from(weight);
        let sum = self.0.entry(group).or_default();
        sum.weight += weight;
        sum.hi += weight * u128::from(ONE);
        sum.unseen += weight * u128::from(ONE);
    }

    /// How many groups there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The weight of the middle group, the lighter of the two middle ones; none where there is no group.
    pub(super) fn median_weight(&self) -> Option<u64> {
        let mut weights: Vec<u128> = self.0.values().map(|sum| sum.weight).collect();
        weights.sort_unstable();
        let middle = weights.get(weights.len().checked_sub(1)? / 2)?;
        u64::try_from(*middle).ok()
    }

    /// The mean of what was seen.
    pub(super) fn coverage(&self) -> f64 {
        mean(self.0.values().map(|sum| (sum.seen, sum.weight * u128::from(ONE))))
    }

    /// The mean of what surely holds.
    pub(super) fn lo(&self) -> f64 {
        mean(self.0.values().map(|sum| (sum.lo, sum.weight * u128::from(ONE))))
    }

    /// The mean of what may hold.
    pub(super) fn hi(&self) -> f64 {
        mean(self.0.values().map(|sum| (sum.hi, sum.weight * u128::from(ONE))))
    }

    /// Of what is not known to fail, the share that is known to hold; groups weigh by the square root of
    /// that alone. A new failing asset does not touch it, so failures can never pass for coverage.
    pub(super) fn assurance(&self) -> f64 {
        mean(self.0.values().map(|sum| (sum.lo, sum.lo + sum.unseen)))
    }
}

/// `Σ (part/whole)·√whole ÷ Σ √whole`, exact where all is good and 0 where there is nothing. Terms are added in the order of their size, so the
/// result does not depend on how groups are numbered.
fn mean(groups: impl Iterator<Item = (u128, u128)>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a share needs nine digits, not thirty")]
    let (mut parts, mut roots): (Vec<f64>, Vec<f64>) = groups
        .filter(|(_, whole)| *whole > 0)
        .map(|(part, whole)| {
            let root = (whole as f64).sqrt();
            (part as f64 / whole as f64 * root, root)
        })
        .unzip();
    parts.sort_by(f64::total_cmp);
    roots.sort_by(f64::total_cmp);
    let whole: f64 = roots.iter().sum();
    if whole > 0.0 { (parts.iter().sum::<f64>() / whole).clamp(0.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::super::input::Exposure;
    use super::*;
    use partywall_model::Sensitivity;

    const GOOD: Shares = Shares { seen: ONE, lo: ONE, hi: ONE, unseen: 0 };
    const BAD: Shares = Shares { seen: ONE, lo: 0, hi: 0, unseen: 0 };
    const LIGHT: Stake = Stake {
        sensitivity: Sensitivity::Low,
        sensitivity_at_most: Sensitivity::Low,
        exposure: Exposure::Internal,
        held: super::super::input::Held::Customer,
    };

    #[test]
    fn groups_weigh_by_the_square_root_of_their_assets() {
        let mut groups = Groups::default();
        (0..9).for_each(|_| groups.add(Group(0), &LIGHT, GOOD));
        groups.add(Group(1), &LIGHT, BAD);
        // √9 good beside √1 bad.
        assert!((groups.lo() - 3.0 / 4.0).abs() < 1e-12);
        assert_eq!(groups.median_weight(), Some(1));
    }

    #[test]
    fn assurance_is_blind_to_failures() {
        let mut groups = Groups::default();
        groups.add(Group(0), &LIGHT, GOOD);
        groups.add_unseen(Group(1), 4);
        let before = groups.assurance();
        assert!((before - 1.0 / 3.0).abs() < 1e-12);
        (0..100).for_each(|_| groups.add(Group(1), &LIGHT, BAD));
        assert!((groups.assurance() - before).abs() < 1e-12);
    }
}
