//! TOML, by the parser of the crate `toml`, which goes on behind a fault.

use toml::de::{DeTable, DeValue};

use super::{DEPTH_LIMIT, Entry, Fault, Form, Value};
use crate::file::Lines;

/// The document of a text, as far as it can be read.
pub(crate) fn read(text: &str) -> (Value, Option<Fault>) {
    let lines = Lines::of(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    let first = errors.first().map(|error| {
        let line = error.span().map_or(1, |span| lines.at(span.start));
        Fault::new(line, format!("this is no TOML: {}", error.message()))
    });
    (Value { line: 1, form: table_form(table.get_ref(), &lines, 0) }, first)
}

fn table_form(table: &DeTable<'_>, lines: &Lines, depth: usize) -> Form {
    if depth > DEPTH_LIMIT {
        return Form::Null;
    }
    let mut entries: Vec<(usize, Entry)> = table
        .iter()
        .map(|(key, value)| {
            let at = key.span().start;
            let entry = Entry {
                key: key.get_ref().as_ref().into(),
                line: lines.at(at),
                value: Value {
                    line: lines.at(value.span().start),
                    form: form(value.get_ref(), lines, depth + 1),
                },
            };
            (at, entry)
        })
        .collect();
    entries.sort_by_key(|(at, _)| *at);
    Form::Map(entries.into_iter().map(|(_, entry)| entry).collect())
}

fn form(value: &DeValue<'_>, lines: &Lines, depth: usize) -> Form {
    match value {
        DeValue::String(text) => Form::Text(text.as_ref().into()),
        DeValue::Integer(number) => Form::Text(number.as_str().into()),
        DeValue::Float(number) => Form::Text(number.as_str().into()),
        DeValue::Boolean(value) => Form::Bool(*value),
        DeValue::Datetime(time) => Form::Text(time.to_string().into()),
        DeValue::Table(table) => table_form(table, lines, depth),
        DeValue::Array(_) if depth > DEPTH_LIMIT => Form::Null,
        DeValue::Array(items) => Form::List(
            items
                .iter()
                .map(|item| Value {
                    line: lines.at(item.span().start),
                    form: form(item.get_ref(), lines, depth + 1),
                })
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_their_lines_and_stand_in_the_files_order() {
        let (root, fault) = read("b = 1\na = \"x\"\n\n[[p]]\nname = \"n\"\n[[p]]\nname = \"m\"\n");
        assert_eq!(fault, None);
        let keys: Vec<&str> = root.entries().iter().map(|entry| &*entry.key).collect();
        assert_eq!(keys, ["b", "a", "p"]);
        let lines: Vec<u32> = root.items_of("p").iter().map(|item| item.get("name").unwrap().line).collect();
        assert_eq!(lines, [5, 7]);
    }

    #[test]
    fn what_stands_beside_a_fault_is_kept() {
        let (root, fault) = read("a = \"x\"\nb = = 2\nc = \"y\"\n");
        assert_eq!(fault.unwrap().line, 2);
        assert_eq!((root.word("a"), root.word("c")), (Some("x"), Some("y")));
    }
}
