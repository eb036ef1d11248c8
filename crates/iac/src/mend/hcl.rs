//! A value set in Terraform's language.

use std::sync::Arc;

use partywall_content::{SafeFix, SafeValue};

use super::{Edit, Target, indentation, line_end};
use crate::terraform::syntax::{self, Block, Body, ExprKind};
use crate::tree::Text;

pub(super) fn edit(text: &Text, target: &Target<'_>, fixes: &[SafeFix]) -> Result<Option<Edit>, String> {
    let (file, troubles) = syntax::parse(&Arc::from(target.path), text);
    if !troubles.is_empty() {
        return Err("the file cannot be read to its end".to_owned());
    }
    let block = file.body.blocks("resource").find(|block| block.span.start == target.start);
    let block = block.ok_or("the resource is not where it was")?;
    let of = block.labels.first().map_or("", |label| &**label);
    let Some(fix) = fixes.iter().find(|fix| *fix.of == *of) else { return Ok(None) };
    let steps: Vec<&str> = fix.set.split('.').collect();
    let writing = Writing { text: &text.text, offset: text.offset as usize };
    writing.set(block, &steps, &fix.to)
}

struct Writing<'t> {
    text: &'t str,
    /// Bytes of the file before the text.
    offset: usize,
}

impl Writing<'_> {
    fn set(&self, block: &Block, steps: &[&str], to: &SafeValue) -> Result<Option<Edit>, String> {
        let Some((step, deeper)) = steps.split_first() else { return Ok(None) };
        let computed = || Err(format!("`{step}` is computed or not written out"));
        if let Some(attribute) = block.body.attribute(step) {
            let is_same = match (&attribute.value.kind, to) {
                (ExprKind::Bool(value), SafeValue::Bool(to)) => value == to,
                (ExprKind::Int(value), SafeValue::Int(to)) => value == to,
                (ExprKind::Text(value), SafeValue::Text(to)) => **value == **to,
                (ExprKind::Null | ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::Text(_), _) => false,
                _ => return computed(),
            };
            if !deeper.is_empty() {
                return computed();
            }
            let span = attribute.value.span;
            let range = span.start as usize..span.end as usize;
            return Ok((!is_same).then(|| Edit { range, text: to.written() }));
        }
        if deeper.is_empty() {
            return self.inserted(block, |indent, _| format!("{indent}{step} = {}", to.written())).map(Some);
        }
        let is_dynamic = |block: &Block| block.labels.first().is_some_and(|label| **label == **step);
        if block.body.blocks("dynamic").any(is_dynamic) {
            return computed();
        }
        let mut found = block.body.blocks(step);
        match (found.next(), found.next()) {
            (Some(inner), None) => self.set(inner, deeper, to),
            (Some(_), Some(_)) => Err(format!("there is more than one `{step}`")),
            (None, _) => self.inserted(block, |indent, end| nested(steps, to, indent, end)).map(Some),
        }
    }

    /// Something new at the end of a block.
    fn inserted(&self, block: &Block, new: impl Fn(&str, &str) -> String) -> Result<Edit, String> {
        let odd = || "the block is written in an unusual way".to_owned();
        let (start, end) = (self.at(block.span.start), self.at(block.span.end));
        let written = self.text.get(start..end).ok_or_else(odd)?;
        let written = written.trim_end();
        let brace = start + written.strip_suffix('}').ok_or_else(odd)?.len();
        let own = indentation(self.text, start);
        let inner = self.inner(&block.body, brace).unwrap_or_else(|| format!("{own}  "));
        let end = line_end(self.text);
        let is_empty = block.body.attributes.is_empty() && block.body.blocks.is_empty();
        let gap = if is_empty { "" } else { end };
        let new = new(&inner, end);
        let line = self.text.get(..brace).and_then(|before| before.rfind('\n')).map_or(0, |line| line + 1);
        if line > start && self.text.get(line..brace).is_some_and(|before| before.trim().is_empty()) {
            let at = self.offset + line;
            return Ok(Edit { range: at..at, text: format!("{gap}{new}{end}") });
        }
        if written.contains('\n') {
            return Err(odd());
        }
        let open = start + opening(written).ok_or_else(odd)? + 1;
        let kept = self.text.get(open..brace).ok_or_else(odd)?.trim();
        let kept = if kept.is_empty() { String::new() } else { format!("{inner}{kept}{end}") };
        let range = self.offset + open..self.offset + brace;
        Ok(Edit { range, text: format!("{end}{kept}{gap}{new}{end}{own}") })
    }

    /// The indentation of what already stands in a block on lines of its own.
    fn inner(&self, body: &Body, brace: usize) -> Option<String> {
        let first = body.attributes.iter().map(|attribute| attribute.span.start);
        let first = self.at(first.chain(body.blocks.iter().map(|block| block.span.start)).min()?);
        let indent = indentation(self.text, first);
        let line = self.text.get(..first)?.rfind('\n')? + 1;
        (line + indent.len() == first && self.text.get(first..brace)?.contains('\n'))
            .then(|| indent.to_owned())
    }

    fn at(&self, byte: u32) -> usize {
        (byte as usize).saturating_sub(self.offset)
    }
}

/// Where the brace of a block on one line opens; labels may hold braces.
fn opening(block: &str) -> Option<usize> {
    let mut is_quoted = false;
    block.char_indices().find_map(|(at, letter)| {
        is_quoted ^= letter == '"';
        (letter == '{' && !is_quoted).then_some(at)
    })
}

fn nested(steps: &[&str], to: &SafeValue, indent: &str, end: &str) -> String {
    match steps.split_first() {
        Some((step, [])) => format!("{indent}{step} = {}", to.written()),
        Some((step, deeper)) => {
            let inner = nested(deeper, to, &format!("{indent}  "), end);
            format!("{indent}{step} {{{end}{inner}{end}{indent}}}")
        }
        None => String::new(),
    }
}
