//! What a change of an asset does to its lines: what it moves to the customer, and what it gives back.
//!
//! Three weights are told apart: nothing of the control is the customer's (the provider holds it, a third party does, or
//! it has no meaning), a part is (either way of sharing), or all of it. A control whose weight grows has *moved*; one whose
//! weight shrinks is *given back*. Where a holder is not known before or afterwards, nobody can say, and that is told.

use std::sync::Arc;

use partywall_model::Holder;

use crate::line::{Line, LineSet, Position, SwitchState};

/// What changes hands on one asset.
#[derive(Clone, Debug, Default)]
pub struct Handover {
    /// Controls of which more is the customer's afterwards: the lines before and after.
    pub moved: Vec<(Arc<Line>, Arc<Line>)>,
    /// Controls of which less is.
    pub given_back: Vec<(Arc<Line>, Arc<Line>)>,
    /// Controls that may have moved: a holder is not known.
    pub undecided: Vec<(Arc<Line>, Arc<Line>)>,
}

/// How much of a control is the customer's: nothing, a part, all; none where it is not known.
fn weight(holder: &Holder) -> Option<u8> {
    match holder {
        Holder::Provider | Holder::ThirdParty(_) | Holder::NotApplicable => Some(0),
        Holder::SharedIndependent | Holder::SharedDependent => Some(1),
        Holder::Customer => Some(2),
        Holder::Unknown => None,
    }
}

/// Compares the lines of one asset before and after a change.
pub fn handover(before: &LineSet, after: &LineSet) -> Handover {
    let mut found = Handover::default();
    if before.is_same(after) {
        return found;
    }
    for before in before {
        let Some(after) = after.of(&before.control) else { continue };
        let pair = || (Arc::clone(before), Arc::clone(after));
        match (weight(&before.holder), weight(&after.holder)) {
            (Some(was), Some(is)) if is > was => found.moved.push(pair()),
            (Some(was), Some(is)) if is < was => found.given_back.push(pair()),
            (Some(was), None) if was < 2 => found.undecided.push(pair()),
            (None, Some(is)) if is > 0 => found.undecided.push(pair()),
            _ => {}
        }
    }
    found
}

/// The switches of an asset that are known to be off, with the line that hangs on each.
pub fn left_off(lines: &LineSet) -> impl Iterator<Item = (&Arc<Line>, &SwitchState, &str)> {
    lines.iter().filter(|line| line.holder.is_in_scope()).filter_map(|line| {
        let switch = line.switch.as_ref()?;
        match &switch.position {
            Position::Off { found } => Some((line, switch, &**found)),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use partywall_content::SourceRef;
    use partywall_model::ControlId;

    fn set(holders: &[Holder]) -> LineSet {
        let line = |(at, holder): (usize, &Holder)| {
            Arc::new(Line {
                control: ControlId::from(format!("hosts.control-{at}").as_str()),
                holder: holder.clone(),
                provider_does: "".into(),
                customer_does: "".into(),
                switch: None,
                source: SourceRef::Unverified,
                rule: "".into(),
                needs: Vec::new(),
            })
        };
        LineSet::new(holders.iter().enumerate().map(line).collect())
    }

    #[test]
    fn more_of_a_control_is_moved_less_is_given_back_and_the_unknown_is_neither() {
        use Holder::{Customer, NotApplicable, Provider, SharedDependent, SharedIndependent, Unknown};
        for (before, after, expected) in [
            (Provider, Customer, (1, 0, 0)),
            (Provider, SharedDependent, (1, 0, 0)),
            (NotApplicable, SharedIndependent, (1, 0, 0)),
            (SharedDependent, Customer, (1, 0, 0)),
            (SharedDependent, SharedIndependent, (0, 0, 0)),
            (Holder::ThirdParty("x".into()), Customer, (1, 0, 0)),
            (Customer, Provider, (0, 1, 0)),
            (Provider, Unknown, (0, 0, 1)),
            (Customer, Unknown, (0, 0, 0)),
            (Unknown, Customer, (0, 0, 1)),
            (Unknown, Provider, (0, 0, 0)),
            (Unknown, Unknown, (0, 0, 0)),
        ] {
            let found = handover(&set(std::slice::from_ref(&before)), &set(std::slice::from_ref(&after)));
            let counts = (found.moved.len(), found.given_back.len(), found.undecided.len());
            assert_eq!(counts, expected, "{before} → {after}");
        }
    }
}
