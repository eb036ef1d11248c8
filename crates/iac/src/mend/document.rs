//! A value set in YAML or JSON: templates and manifests.

use partywall_content::{ALLOW_MARK, SafeFix, SafeValue};

use super::{Edit, Target, line_end};
use crate::cloudformation::parsed;
use crate::document::{Entry, Form, Value};
use crate::tree::Text;

pub(super) fn edit(text: &Text, target: &Target<'_>, fixes: &[SafeFix]) -> Result<Option<Edit>, String> {
    let documents = parsed(text);
    if !documents.faults.is_empty() {
        return Err("the file cannot be read to its end".to_owned());
    }
    let is_json = target.path.ends_with(".json");
    if !is_json && ["<<:", ": *", "- *"].iter().any(|mark| text.text.contains(mark)) {
        return Err("values are shared in the file (`*name`, `<<`)".to_owned());
    }
    let resources = || documents.roots.iter().filter_map(|root| root.get("Resources"));
    let resource = resources().flat_map(Value::entries).find(|entry| entry.key_span.start == target.start);
    let (of, whole, mut steps) = match resource {
        Some(entry) => {
            let of = entry.value.get("Type").and_then(Value::as_str).map_or("", |name| &**name);
            (of, &entry.value, vec!["Properties"])
        }
        None => {
            let found = documents.roots.iter().find_map(|root| beginning_at(root, target.start));
            (target.kind, found.ok_or("the resource is not where it was")?, Vec::new())
        }
    };
    let Some(fix) = fixes.iter().find(|fix| *fix.of == *of) else { return Ok(None) };
    steps.extend(fix.set.split('.'));
    let writing = Writing { text: &text.text, offset: text.offset as usize };
    writing.set(whole, &steps, &fix.to)
}

/// The innermost map that begins at a byte.
fn beginning_at(value: &Value, start: u32) -> Option<&Value> {
    let inner = match &value.form {
        Form::List(items) => items.iter().find_map(|item| beginning_at(item, start)),
        Form::Map(entries) => entries.iter().find_map(|entry| beginning_at(&entry.value, start)),
        _ => None,
    };
    inner.or_else(|| (value.span.start == start && matches!(value.form, Form::Map(_))).then_some(value))
}

struct Writing<'t> {
    text: &'t str,
    /// Bytes of the file before the text.
    offset: usize,
}

impl Writing<'_> {
    fn set(&self, map: &Value, steps: &[&str], to: &SafeValue) -> Result<Option<Edit>, String> {
        let Some((step, deeper)) = steps.split_first() else { return Ok(None) };
        let Form::Map(entries) = &map.form else { return Ok(None) };
        let Some(entry) = entries.iter().find(|entry| *entry.key == **step) else {
            return self.inserted(map, entries, steps, to).map(Some);
        };
        let is_call = |value: &Value| {
            value.single().is_some_and(|entry| {
                matches!(&*entry.key, "Ref" | "Condition") || entry.key.starts_with("Fn::")
            })
        };
        let is_same = match (&entry.value.form, to) {
            (Form::Map(_), _) if is_call(&entry.value) => return Err(format!("`{step}` is computed")),
            (Form::Map(_), _) if !deeper.is_empty() => return self.set(&entry.value, deeper, to),
            _ if !deeper.is_empty() => return Err(format!("`{step}` is no map")),
            (Form::Bool(value), SafeValue::Bool(to)) => value == to,
            (Form::Int(value), SafeValue::Int(to)) => value == to,
            (Form::Text(value), SafeValue::Text(to)) => **value == **to,
            (Form::Bool(_) | Form::Int(_) | Form::Text(_), _) => false,
            _ => return Err(format!("`{step}` is not a plain value")),
        };
        let range = entry.value.span.start as usize..entry.value.span.end as usize;
        let written = self.text.get(self.at(entry.value.span.start)..self.at(entry.value.span.end));
        // A value over several lines, or with a tag or an anchor, is more than a literal.
        if written.is_none_or(|text| {
            text.is_empty() || text.contains('\n') || text.starts_with(['!', '&', '|', '>'])
        }) {
            return Err(format!("`{step}` is not written as a plain value"));
        }
        Ok((!is_same).then(|| Edit { range, text: to.written() }))
    }

    /// A new entry: behind the first one if that is on a line of its own, else before it.
    fn inserted(
        &self,
        map: &Value,
        entries: &[Entry],
        steps: &[&str],
        to: &SafeValue,
    ) -> Result<Edit, String> {
        let odd = || "the map is written in an unusual way".to_owned();
        let open = self.at(map.span.start);
        if self.text.get(open..).is_some_and(|rest| rest.starts_with('{')) {
            let flow = flow(steps, to);
            let Some(first) = entries.first() else {
                let range = self.offset + open + 1..self.offset + open + 1;
                return Ok(Edit { range, text: flow });
            };
            let at = self.at(first.key_span.start);
            let gap = self.text.get(open + 1..at).ok_or_else(odd)?;
            let gap = if gap.contains('\n') { gap } else { " " };
            if !gap.trim().is_empty() {
                return Err(odd());
            }
            let range = self.offset + at..self.offset + at;
            return Ok(Edit { range, text: format!("{flow},{gap}") });
        }
        let first = entries.first().ok_or_else(odd)?;
        let at = self.at(first.key_span.start);
        let before = self.text.get(..at).ok_or_else(odd)?;
        let line = before.rfind('\n').map_or(0, |line| line + 1);
        let column = before.get(line..).ok_or_else(odd)?;
        if !column.bytes().all(|byte| matches!(byte, b' ' | b'-')) {
            return Err(odd());
        }
        let indent = " ".repeat(column.len());
        let end = line_end(self.text);
        let block = block(steps, to, &indent, end);
        let rest = self.text.get(at..).ok_or_else(odd)?;
        let first_line = rest.split(['\r', '\n']).next().unwrap_or_default();
        let value_end = self.at(first.value.span.end);
        let is_scalar = !matches!(first.value.form, Form::List(_) | Form::Map(_) | Form::Null);
        if is_scalar
            && value_end > at
            && value_end <= at + first_line.len()
            && !first_line.contains(ALLOW_MARK)
        {
            let at = self.offset + at + first_line.len();
            return Ok(Edit { range: at..at, text: format!("{end}{indent}{block}") });
        }
        // An acceptance on the line above would then be for what is new.
        if before
            .get(..line)
            .and_then(|above| above.lines().next_back())
            .is_some_and(|above| above.contains(ALLOW_MARK))
        {
            return Err("an acceptance stands before the first entry".to_owned());
        }
        let range = self.offset + at..self.offset + at;
        Ok(Edit { range, text: format!("{block}{end}{indent}") })
    }

    fn at(&self, byte: u32) -> usize {
        (byte as usize).saturating_sub(self.offset)
    }
}

fn flow(steps: &[&str], to: &SafeValue) -> String {
    match steps.split_first() {
        Some((step, [])) => format!("\"{step}\": {}", to.written()),
        Some((step, deeper)) => format!("\"{step}\": {{{}}}", flow(deeper, to)),
        None => String::new(),
    }
}

fn block(steps: &[&str], to: &SafeValue, indent: &str, end: &str) -> String {
    match steps.split_first() {
        Some((step, [])) => format!("{step}: {}", to.written()),
        Some((step, deeper)) => {
            let inner = format!("{indent}  ");
            format!("{step}:{end}{inner}{}", block(deeper, to, &inner, end))
        }
        None => String::new(),
    }
}
