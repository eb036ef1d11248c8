//! Loop variables: a chain of frames on the stack, each with where its value stands in the input.

use std::sync::Arc;

use partywall_model::Node;

/// The frames around an expression, the innermost first.
pub(crate) type Env<'e, 'v> = Option<&'e Frame<'e, 'v>>;

/// The value of a loop variable, and those of the loops around it.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'e, 'v> {
    pub(crate) outer: Option<&'e Frame<'e, 'v>>,
    pub(crate) value: &'v Node,
    /// Where the list stands in the input, if it does, and the position in it.
    pub(crate) origin: Option<&'e Origin>,
    pub(crate) position: usize,
}

/// Where a list that is looped over stands in the input.
pub(crate) struct Origin {
    pub(crate) variable: Arc<str>,
    pub(crate) path: String,
    /// Whether positions in the loop are positions in the input.
    pub(crate) positions: bool,
}

impl Origin {
    /// The path of a part of the element at a position.
    pub(crate) fn element(&self, position: usize, dotted: &str) -> String {
        let dot = if dotted.is_empty() { "" } else { "." };
        match (self.positions, self.path.is_empty()) {
            (true, true) => format!("{position}{dot}{dotted}"),
            (true, false) => format!("{}.{position}{dot}{dotted}", self.path),
            (false, _) => format!("{}{dot}{dotted}", self.path),
        }
    }
}

/// The frame so many loops outwards.
pub(crate) fn nth_frame<'e, 'v>(env: Env<'e, 'v>, outwards: u8) -> Option<&'e Frame<'e, 'v>> {
    let mut frame = env?;
    for _ in 0..outwards {
        frame = frame.outer?;
    }
    Some(frame)
}
