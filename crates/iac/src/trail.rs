//! [`Trail`]: where in the arguments of a resource an evaluation is, and where it has been.

use std::fmt::{Arguments, Write as _};

use crate::document::Span;
use crate::source::Source;
use crate::terraform::Place;

/// The path that is walked, and the places of what was met on it.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    path: String,
    places: Vec<Place>,
    is_on: bool,
}

/// A point to come back to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    path: usize,
    places: usize,
}

impl Trail {
    /// A trail at the top of the arguments.
    pub(crate) fn started() -> Self {
        Self { is_on: true, ..Self::default() }
    }

    /// Stops or starts taking notes, and says whether notes were taken before.
    pub(crate) fn switch(&mut self, is_on: bool) -> bool {
        std::mem::replace(&mut self.is_on, is_on)
    }

    /// Goes one step down to what is written at a span.
    pub(crate) fn enter(&mut self, step: Arguments<'_>, source: &Source, span: Span) -> Mark {
        let mark = Mark { path: self.path.len(), places: self.places.len() };
        if self.is_on {
            if !self.path.is_empty() {
                self.path.push('.');
            }
            let _infallible = self.path.write_fmt(step);
            self.places.push(Place { path: self.path.as_str().into(), ..source.place(span) });
        }
        mark
    }

    /// Comes back up.
    pub(crate) fn leave(&mut self, mark: Mark) {
        self.path.truncate(mark.path);
    }

    /// Forgets what was noted since: nothing of it is there.
    pub(crate) fn forget(&mut self, mark: Mark) {
        self.places.truncate(mark.places);
    }

    /// All places.
    pub(crate) fn into_places(self) -> Vec<Place> {
        self.places
    }
}
