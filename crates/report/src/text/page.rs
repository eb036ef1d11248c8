//! A page of a terminal: words, wrapped and possibly coloured.

use std::io::{self, Write};

use partywall_model::Severity;
use unicode_width::UnicodeWidthStr;

use super::{Colour, TextStyle};

/// Text below this width is not wrapped any narrower.
const NARROWEST: usize = 40;

/// Writes lines.
pub(crate) struct Page<'w> {
    out: &'w mut dyn Write,
    style: TextStyle,
}

/// A run of text in one look. What strangers wrote must have gone through [`crate::shown`].
#[derive(Clone, Debug)]
pub(crate) struct Span {
    text: String,
    look: Look,
}

/// How a run of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    Plain,
    Strong,
    Quiet,
    Bad,
    Warn,
    Good,
}

impl Look {
    /// How a severity looks.
    pub(crate) fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical | Severity::High => Self::Bad,
            Severity::Medium => Self::Warn,
            Severity::Low | Severity::Info => Self::Plain,
        }
    }

    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Strong => Some("1"),
            Self::Quiet => Some("2"),
            Self::Bad => Some("1;31"),
            Self::Warn => Some("33"),
            Self::Good => Some("32"),
        }
    }
}

/// A plain run.
pub(crate) fn plain(text: impl Into<String>) -> Span {
    Span { text: text.into(), look: Look::Plain }
}

/// A run that stands out.
pub(crate) fn strong(text: impl Into<String>) -> Span {
    Span { text: text.into(), look: Look::Strong }
}

/// A run that steps back.
pub(crate) fn quiet(text: impl Into<String>) -> Span {
    Span { text: text.into(), look: Look::Quiet }
}

/// A run in some look.
pub(crate) fn looking(look: Look, text: impl Into<String>) -> Span {
    Span { text: text.into(), look }
}

/// How many columns a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The text with spaces after it, up to a width.
pub(crate) fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The text with spaces before it, up to a width.
pub(crate) fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

impl<'w> Page<'w> {
    pub(crate) fn new(out: &'w mut dyn Write, style: TextStyle) -> Self {
        Self { out, style: TextStyle { width: style.width.max(NARROWEST), ..style } }
    }

    /// Columns.
    pub(crate) fn width(&self) -> usize {
        self.style.width
    }

    /// How many entries of a list are told in full.
    pub(crate) fn top(&self) -> usize {
        self.style.top
    }

    /// An empty line, a heading, and what belongs to it at the right margin.
    pub(crate) fn heading(&mut self, title: &str, aside: &str) -> io::Result<()> {
        self.blank()?;
        let gap = self.width().saturating_sub(width(title) + width(aside));
        if aside.is_empty() || gap < 2 {
            self.wrapped(0, &[strong(title)])?;
            return if aside.is_empty() { Ok(()) } else { self.wrapped(2, &[quiet(aside)]) };
        }
        self.line(&[strong(title), plain(" ".repeat(gap)), quiet(aside)])
    }

    /// An empty line.
    pub(crate) fn blank(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n")
    }

    /// One line as it is, without spaces at its end.
    pub(crate) fn line(&mut self, spans: &[Span]) -> io::Result<()> {
        let last = spans.iter().rposition(|span| !span.text.trim_end().is_empty());
        for (at, span) in spans.iter().enumerate().take(last.map_or(0, |last| last + 1)) {
            let text = if Some(at) == last { span.text.trim_end() } else { &span.text };
            self.run(span.look, text)?;
        }
        self.blank()
    }

    /// Words over as many lines as they need; the first line is indented too.
    pub(crate) fn wrapped(&mut self, indent: usize, spans: &[Span]) -> io::Result<()> {
        self.hanging(indent, indent, spans)
    }

    /// The same with another indentation for the first line.
    pub(crate) fn hanging(&mut self, first: usize, indent: usize, spans: &[Span]) -> io::Result<()> {
        let mut line: Vec<Span> = vec![plain(" ".repeat(first))];
        let mut used = first;
        for (at, word) in words(spans).into_iter().enumerate() {
            let columns: usize = word.runs.iter().map(|run| width(&run.text)).sum();
            if at > 0 && used + word.spaces + columns > self.width() {
                self.line(&line)?;
                line = vec![plain(" ".repeat(indent))];
                used = indent;
            } else {
                line.push(plain(" ".repeat(word.spaces)));
                used += word.spaces;
            }
            used += columns;
            line.extend(word.runs);
        }
        self.line(&line)
    }

    /// Lines as they are, indented; for commands.
    pub(crate) fn verbatim(&mut self, indent: usize, text: &str) -> io::Result<()> {
        let text = crate::shown::shown_lines(text.trim_end()).to_string();
        text.lines().try_for_each(|line| self.line(&[plain(" ".repeat(indent)), plain(line)]))
    }

    fn run(&mut self, look: Look, text: &str) -> io::Result<()> {
        match look.code() {
            Some(code) if self.style.colour == Colour::Ansi => {
                write!(self.out, "\u{1b}[{code}m{text}\u{1b}[0m")
            }
            _ => self.out.write_all(text.as_bytes()),
        }
    }
}

/// What stands between two spaces: runs that stay together.
struct Word {
    /// Spaces before it, dropped at the beginning of a line.
    spaces: usize,
    runs: Vec<Span>,
}

fn words(spans: &[Span]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut spaces = 0;
    let mut is_new = true;
    for span in spans {
        for (at, piece) in span.text.split(' ').enumerate() {
            if at > 0 {
                spaces += 1;
                is_new = true;
            }
            if piece.is_empty() {
                continue;
            }
            let run = Span { text: piece.to_owned(), look: span.look };
            match words.last_mut().filter(|_| !is_new) {
                Some(word) => word.runs.push(run),
                None => words.push(Word { spaces, runs: vec![run] }),
            }
            (spaces, is_new) = (0, false);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(style: TextStyle, write: impl FnOnce(&mut Page<'_>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut Page::new(&mut out, style)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn words_wrap_under_their_indentation_and_long_ones_stick_out() {
        let style = TextStyle { width: 40, ..TextStyle::default() };
        let text = "one two three four five six seven eight arn:aws:iam::111122223333:role/a-role-with-a-long-name end";
        insta::assert_snapshot!(page(style, |page| page.hanging(0, 2, &[strong("x: "), plain(text)])), @r#"
        x: one two three four five six seven
          eight
          arn:aws:iam::111122223333:role/a-role-with-a-long-name
          end
        "#);
    }

    #[test]
    fn colour_is_only_written_when_asked_for() {
        let spans = [looking(Look::Bad, "critical"), plain(" one")];
        assert_eq!(page(TextStyle::default(), |page| page.line(&spans)), "critical one\n");
        let style = TextStyle { colour: Colour::Ansi, ..TextStyle::default() };
        assert_eq!(page(style, |page| page.line(&spans)), "\u{1b}[1;31mcritical\u{1b}[0m one\n");
    }
}
