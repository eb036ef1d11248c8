//! [`Source`]: a file and its lines.

use std::sync::Arc;

use crate::document::{Fault, Span};
use crate::terraform::Place;
use crate::tree::Text;
use crate::trouble::Trouble;

/// Where the lines of a file begin.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: Arc<str>,
    starts: Vec<u32>,
}

impl Source {
    pub(crate) fn of(path: &Arc<str>, text: &Text) -> Self {
        let breaks = text.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let after =
            breaks.map(|(at, _)| u32::try_from(at).unwrap_or(u32::MAX).saturating_add(text.offset + 1));
        Self { path: path.clone(), starts: std::iter::once(0).chain(after).collect() }
    }

    /// A file whose lines somebody else knows.
    pub(crate) fn without_lines(path: &Arc<str>) -> Self {
        Self { path: path.clone(), starts: Vec::new() }
    }

    /// The line that a byte is on, counted from one.
    pub(crate) fn line(&self, at: u32) -> u32 {
        let line = self.starts.partition_point(|start| *start <= at).max(1);
        u32::try_from(line).unwrap_or(u32::MAX)
    }

    pub(crate) fn place(&self, span: Span) -> Place {
        Place {
            path: "".into(),
            file: self.path.clone(),
            span: span.start..span.end,
            line: self.line(span.start),
        }
    }

    pub(crate) fn trouble(&self, at: u32, what: impl Into<Box<str>>, next: &str) -> Trouble {
        Trouble::new(self.path.clone(), self.line(at), what, next)
    }

    pub(crate) fn faulty(&self, fault: Fault) -> Trouble {
        self.trouble(fault.at, fault.what, fault.next)
    }
}
