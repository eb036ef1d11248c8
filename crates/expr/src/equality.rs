//! Equality, membership and order where parts may be unknown.
//!
//! An unknown element of a list stands for any number of elements (a list that could not be read to its end
//! holds one), so after it positions say nothing. A key whose value is absent is not there.

use std::cmp::Ordering;
use std::sync::Arc;

use partywall_model::{Map, Node, Why};

/// An answer with a third possibility.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
    Unsure,
}

impl From<bool> for Answer {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

/// What an operation on whole values took, and the unknowns that it met and could not do without.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// Steps beyond the one that each sub-expression costs.
    pub(crate) steps: u64,
    /// Reasons of an unknown result.
    pub(crate) doubts: Vec<Arc<Why>>,
}

impl Work {
    pub(crate) fn doubt(&mut self, why: &Arc<Why>) {
        if !self.doubts.iter().any(|known| Arc::ptr_eq(known, why)) {
            self.doubts.push(Arc::clone(why));
        }
    }

    /// Whether `a` and `b` are equal, all the way down.
    pub(crate) fn same(&mut self, a: &Node, b: &Node) -> Answer {
        self.steps += 1;
        let doubts = self.doubts.len();
        let answer = match (a, b) {
            (Node::Unknown(why), _) | (_, Node::Unknown(why)) => {
                self.doubt(why);
                Answer::Unsure
            }
            (Node::List(a), Node::List(b)) => self.same_lists(a, b),
            (Node::Map(a), Node::Map(b)) => self.same_maps(a, b),
            (Node::Int(whole), Node::Float(float)) | (Node::Float(float), Node::Int(whole)) => {
                (order_of_mixed(*whole, *float) == Some(Ordering::Equal)).into()
            }
            (Node::Text(a), Node::Text(b)) => {
                self.steps += (a.len().min(b.len()) / 64) as u64;
                (a == b).into()
            }
            (a, b) => (a == b).into(),
        };
        if answer == Answer::No {
            self.doubts.truncate(doubts);
        }
        answer
    }

    fn same_lists(&mut self, a: &[Node], b: &[Node]) -> Answer {
        let mut answer = Answer::Yes;
        for (a, b) in a.iter().zip(b) {
            match self.same(a, b) {
                Answer::Yes => {}
                Answer::No => return Answer::No,
                Answer::Unsure => answer = Answer::Unsure,
            }
            if a.is_unknown() || b.is_unknown() {
                return Answer::Unsure;
            }
        }
        if a.len() == b.len() {
            return answer;
        }
        // One ends where the other goes on; only an unknown in the rest could stand for nothing.
        let shorter = a.len().min(b.len());
        let rest = a.get(shorter..).unwrap_or_default().iter().chain(b.get(shorter..).unwrap_or_default());
        match rest.clone().all(Node::is_unknown) {
            true => {
                rest.filter_map(Node::why).for_each(|why| self.doubt(why));
                Answer::Unsure
            }
            false => Answer::No,
        }
    }

    fn same_maps(&mut self, a: &Map, b: &Map) -> Answer {
        let mut answer = Answer::Yes;
        let only_in_b =
            b.iter().filter(|(key, _)| a.get(key).is_none()).map(|(_, value)| (&Node::Absent, value));
        let in_a = a.iter().map(|(key, value)| (value, b.get(key).unwrap_or(&Node::Absent)));
        for (a, b) in in_a.chain(only_in_b) {
            match self.same(a, b) {
                Answer::Yes => {}
                Answer::No => return Answer::No,
                Answer::Unsure => answer = Answer::Unsure,
            }
        }
        answer
    }

    /// Whether one of `items` equals `needle`.
    pub(crate) fn among<'n>(&mut self, needle: &Node, items: impl Iterator<Item = &'n Node>) -> Answer {
        let mut answer = Answer::No;
        for item in items {
            match self.same(needle, item) {
                Answer::Yes => return Answer::Yes,
                Answer::No => {}
                Answer::Unsure => answer = Answer::Unsure,
            }
        }
        answer
    }
}

/// The order of two values of one type; nothing where they have none.
pub(crate) fn order(a: &Node, b: &Node) -> Option<Ordering> {
    match (a, b) {
        (Node::Int(a), Node::Int(b)) => Some(a.cmp(b)),
        (Node::Float(a), Node::Float(b)) => a.partial_cmp(b),
        (Node::Int(whole), Node::Float(float)) => order_of_mixed(*whole, *float),
        (Node::Float(float), Node::Int(whole)) => order_of_mixed(*whole, *float).map(Ordering::reverse),
        (Node::Text(a), Node::Text(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// Exact, also where a float cannot hold the whole number.
#[expect(clippy::cast_possible_truncation, reason = "the float was found to be within the range of i64")]
fn order_of_mixed(whole: i64, float: f64) -> Option<Ordering> {
    const BOUND: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        None
    } else if float >= BOUND {
        Some(Ordering::Less)
    } else if float < -BOUND {
        Some(Ordering::Greater)
    } else {
        let order = whole.cmp(&(float.trunc() as i64));
        Some(order.then_with(|| 0.0_f64.partial_cmp(&float.fract()).unwrap_or(Ordering::Equal)))
    }
}
