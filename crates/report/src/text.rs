//! Text for a terminal.
//!
//! Calm and without boxes: headings, columns and indentation carry the order, colour only repeats what a word
//! or a sign already says. Lines are wrapped at a width that the caller knows; what cannot be broken (an ARN)
//! may stick out, so that it can be copied.

mod findings;
mod footer;
mod map;
pub(crate) mod page;
mod standing;
mod todo;
mod unseen;

use std::io::{self, BufWriter, Write};

use page::Page;

use crate::causes::causes;
use crate::document::Document;
use crate::frameworks;

/// How to write for a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextStyle {
    /// Columns; less than 40 counts as 40.
    pub width: usize,
    /// Whether to colour.
    pub colour: Colour,
    /// How many causes and fixes are told in full; the others are counted.
    pub top: usize,
}

/// Whether to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    #[default]
    Plain,
    /// ANSI colours and weights.
    Ansi,
}

impl Default for TextStyle {
    fn default() -> Self {
        Self { width: 100, colour: Colour::Plain, top: 10 }
    }
}

/// Writes the whole report.
///
/// # Errors
/// What the writer refuses.
pub fn write(document: &Document<'_>, style: TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    let mut page = Page::new(&mut out, style);
    let causes = causes(document);
    map::title(document, &mut page)?;
    map::map(document, &mut page)?;
    map::overall(document, &mut page)?;
    standing::inherited(document, &mut page)?;
    standing::since_last(document, &mut page)?;
    findings::worst(document, &causes, &mut page)?;
    todo::switches(document, &mut page)?;
    unseen::unseen(document, &mut page)?;
    todo::fixes(document, &mut page)?;
    frameworks::write(document.frameworks, &mut page)?;
    footer::footer(document, &mut page)?;
    out.flush()
}
