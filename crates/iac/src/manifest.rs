//! The documents of YAML and JSON files, each read by itself, so that a broken one takes no other along.

use std::ops::Range;
use std::sync::Arc;

use crate::cloudformation::yaml;
use crate::document::{Documents, Fault, Value};
use crate::places;
use crate::source::Source;
use crate::tree::{Text, Tree};
use crate::trouble::Trouble;

/// A file and its documents.
#[derive(Debug)]
pub(crate) struct ManifestFile {
    pub(crate) source: Source,
    pub(crate) text: Text,
    pub(crate) documents: Vec<Document>,
}

/// A document of a file.
#[derive(Debug)]
pub(crate) struct Document {
    /// What was read of it.
    pub(crate) root: Option<Value>,
    /// What is wrong in it.
    pub(crate) faults: Vec<Fault>,
    /// Its bytes of the text.
    pub(crate) span: Range<usize>,
}

/// Whether a path ends like a file of YAML or JSON.
pub(crate) fn is_manifest(path: &str) -> bool {
    let name = places::name(path);
    [".yaml", ".yml", ".json"].iter().any(|end| name.len() > end.len() && name.ends_with(end))
}

/// Reads a file whose text `is_ours` takes for one of the reader's; none where it is not, or cannot be read.
pub(crate) fn read(
    tree: &Tree,
    path: &Arc<str>,
    is_ours: impl FnOnce(&str) -> bool,
    troubles: &mut Vec<Trouble>,
) -> Option<ManifestFile> {
    let text = match tree.text(path) {
        Ok(text) => text,
        Err(trouble) => {
            troubles.push(trouble);
            return None;
        }
    };
    if !is_ours(&text.text) {
        return None;
    }
    if let Some(line) = text.broken_line {
        let what = "this is no UTF-8; what cannot be read stands as `?`";
        troubles.push(Trouble::new(path.clone(), line, what, "save the file as UTF-8"));
    }
    let source = Source::of(path, &text);
    let documents = spans(&text.text).into_iter().map(|span| document(&text, span)).collect();
    Some(ManifestFile { source, text, documents })
}

fn document(text: &Text, span: Range<usize>) -> Document {
    let before = u32::try_from(span.start).unwrap_or(u32::MAX);
    let part = text.text.get(span.clone()).unwrap_or_default();
    let Documents { roots, faults } = yaml::read(part, text.offset.saturating_add(before));
    Document { root: roots.into_iter().next(), faults, span }
}

/// A line that begins with three hyphens begins a document, also inside of a text (YAML 1.2.2 §9.1.2).
fn spans(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        let is_mark = line
            .strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
        if is_mark && at > start {
            spans.push(start..at);
            start = at;
        }
        at += line.len();
    }
    spans.push(start..text.len());
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_document_takes_no_other_along() {
        let tree = Tree::of([("a.yaml", "a: 1\n---\nb: [1\n---\nc: 3\n")]);
        let mut troubles = Vec::new();
        let file = read(&tree, &"a.yaml".into(), |_| true, &mut troubles).unwrap();
        assert!(troubles.is_empty());
        let broken: Vec<bool> = file.documents.iter().map(|document| !document.faults.is_empty()).collect();
        assert_eq!(broken, [false, true, false]);
        let last = file.documents[2].root.as_ref().unwrap();
        assert_eq!(file.source.line(last.get("c").unwrap().span.start), 5);
    }
}
