//! JSON, streamed: one value after the other goes to the writer.
//!
//! Machines read it, but people look at it on terminals too. So characters that steer a terminal or a reader
//! are written as `\u` escapes: the value is the same, and nothing happens on the screen.

use std::io::{self, BufWriter, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use crate::document::Document;
use crate::shown::is_unseen;

/// Writes a document, one member to a line at the outer levels, with a line break at the end.
///
/// # Errors
/// What the writer refuses.
pub fn write(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_value(document, out)
}

/// Writes any wire form in the same way.
pub(crate) fn write_value(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    value.serialize(&mut Serializer::with_formatter(&mut out, Careful::new(Spacing::Pretty)))?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Writes a list, one member to a line without spaces, so that tools which work by lines can read it too.
pub(crate) fn write_list<T: Serialize>(
    members: impl IntoIterator<Item = T>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    out.write_all(b"[")?;
    for (at, member) in members.into_iter().enumerate() {
        out.write_all(if at == 0 { b"\n" } else { b",\n" })?;
        member.serialize(&mut Serializer::with_formatter(&mut out, Careful::new(Spacing::Line)))?;
    }
    out.write_all(b"\n]\n")?;
    out.flush()
}

/// The same without spaces, and such that it can stand in an HTML page: no `<`, `>` or `&`.
pub(crate) fn write_island(value: &impl Serialize, mut out: &mut dyn Write) -> io::Result<()> {
    Ok(value.serialize(&mut Serializer::with_formatter(&mut out, Careful::new(Spacing::Island)))?)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Spacing {
    /// A line for each member.
    Pretty,
    /// All in one line.
    Line,
    /// The same, within an HTML page.
    Island,
}

/// Escapes what must not be seen as it is.
struct Careful {
    pretty: Option<PrettyFormatter<'static>>,
    spacing: Spacing,
}

impl Careful {
    fn new(spacing: Spacing) -> Self {
        let pretty = (spacing == Spacing::Pretty).then(|| PrettyFormatter::with_indent(b" "));
        Self { pretty, spacing }
    }

    fn must_escape(&self, character: char) -> bool {
        is_unseen(character) || (self.spacing == Spacing::Island && matches!(character, '<' | '>' | '&'))
    }
}

/// Hands the calls on that lay a value out.
macro_rules! laid_out {
    ($($name:ident($($argument:ident: $type:ty),*) = $plain:expr;)*) => {
        $(fn $name<W: ?Sized + Write>(&mut self, writer: &mut W $(, $argument: $type)*) -> io::Result<()> {
            match &mut self.pretty {
                Some(pretty) => pretty.$name(writer $(, $argument)*),
                None => $plain(writer $(, $argument)*),
            }
        })*
    };
}

fn plain<W: ?Sized + Write>(text: &'static [u8]) -> impl Fn(&mut W) -> io::Result<()> {
    move |writer| writer.write_all(text)
}

fn comma<W: ?Sized + Write>(writer: &mut W, first: bool) -> io::Result<()> {
    if first { Ok(()) } else { writer.write_all(b",") }
}

fn nothing<W: ?Sized + Write>(_: &mut W) -> io::Result<()> {
    Ok(())
}

impl Formatter for Careful {
    laid_out! {
        begin_array() = plain(b"[");
        end_array() = plain(b"]");
        begin_array_value(first: bool) = comma;
        end_array_value() = nothing;
        begin_object() = plain(b"{");
        end_object() = plain(b"}");
        begin_object_key(first: bool) = comma;
        begin_object_value() = plain(b":");
        end_object_value() = nothing;
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        // Most text is plain, and a document may hold hundreds of megabytes of it.
        let is_plain = |byte: &u8| !matches!(byte, b'<' | b'>' | b'&' | 0x7f);
        if fragment.is_ascii() && fragment.as_bytes().iter().all(is_plain) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, character)) = rest.char_indices().find(|(_, c)| self.must_escape(*c)) {
            let (before, from) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = from.get(character.len_utf8()..).unwrap_or_default();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn island(value: &str) -> String {
        let mut out = Vec::new();
        write_island(&value, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_island_cannot_end_the_script_that_it_stands_in() {
        assert_eq!(island("</script>&<!--"), r#""\u003c/script\u003e\u0026\u003c!--""#);
    }

    #[test]
    fn escaped_text_reads_back_as_it_was() {
        let name = "a\u{1b}[2J\"\\\n\u{9b}\u{202e}\u{e0001}</script>ü";
        let mut pretty = Vec::new();
        write_value(&name, &mut pretty).unwrap();
        assert!(!String::from_utf8(pretty.clone()).unwrap().trim_end().chars().any(is_unseen));
        for text in [String::from_utf8(pretty).unwrap(), island(name)] {
            assert_eq!(serde_json::from_str::<String>(&text).unwrap(), name);
        }
    }
}
