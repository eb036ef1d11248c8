//! Where the answer goes: standard output or a file, and how it looks on a terminal.

use std::env;
use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use partywall_report::text::{Colour, TextStyle};
use terminal_size::{Width, terminal_size};

use crate::args::{ColorWhen, Common};
use crate::exit::Failure;

/// Widths beyond this are hard to read.
const WIDEST: usize = 120;
/// Where the width is not known.
const WIDTH: usize = 100;

/// How text looks on standard output.
pub(crate) fn style(when: ColorWhen) -> TextStyle {
    let stdout = io::stdout();
    let wanted = match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => {
            let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
                || env::var_os("TERM").is_some_and(|term| term == "dumb");
            stdout.is_terminal() && !refused
        }
    };
    let colour = if wanted { Colour::Ansi } else { Colour::Plain };
    TextStyle { width: width(), colour, ..TextStyle::default() }
}

/// The columns of `COLUMNS`, else of the terminal.
fn width() -> usize {
    let said = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let seen = || terminal_size().map(|(Width(columns), _)| usize::from(columns));
    said.or_else(seen).filter(|columns| *columns > 0).unwrap_or(WIDTH).min(WIDEST)
}

/// Says something beside the answer, on standard error; not where the user wants it quiet.
pub(crate) fn remark(common: &Common, words: fmt::Arguments<'_>) {
    if !common.quiet {
        eprintln!("{words}");
    }
}

/// Writes an answer to a file, or to standard output. A reader that has gone away (`| head`) is no error.
pub(crate) fn write(
    file: Option<&Path>,
    answer: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    match file {
        Some(path) => {
            let refuse = |cause| Failure::Write { path: path.to_owned(), cause };
            let mut out = BufWriter::new(File::create(path).map_err(refuse)?);
            answer(&mut out).and_then(|()| out.flush()).map_err(refuse)
        }
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            match answer(&mut out).and_then(|()| out.flush()) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                other => Ok(other?),
            }
        }
    }
}
