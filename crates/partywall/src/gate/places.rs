//! Where a finding is written: the places of the properties that decided it.
//!
//! Conditions are read in their order, guards first, so the last property that was read is the one that decided. Where it is a
//! part of a list, every part of that list that decided is a place of its own. What is not written at all has the place
//! of what surrounds it: the block or the resource.

use std::ops::Range;

use partywall_iac::Declaration;
use partywall_model::{Finding, Source};

/// A range of bytes in a file.
pub(super) type Span = (Box<str>, Range<u32>);

/// The places of a finding: the one that stands for it, and those of the same list beside it.
pub(super) fn of(finding: &Finding, declaration: &Declaration) -> (Span, Vec<Span>) {
    let read: Vec<(&str, Span)> = finding
        .location
        .iter()
        .filter_map(|location| match location.source.as_ref()? {
            Source::Code { file, span } if !span.is_empty() => {
                Some((&*location.path, (file.clone(), span.clone())))
            }
            _ => None,
        })
        .collect();
    let decided = read.last().map(|(path, _)| list(path)).unwrap_or_default();
    // Of each element the property that was read last; of elements within elements the inner ones.
    let mut elements: Vec<(&str, &Span)> = Vec::new();
    for (path, span) in read.iter().filter(|(path, _)| list(path) == decided) {
        match elements.iter_mut().find(|(known, _)| *known == element(path)) {
            // What is not written has the place of what surrounds it, which says less.
            Some((_, last)) if surrounds(span, last) => {}
            Some((_, last)) => *last = span,
            None => elements.push((element(path), span)),
        }
    }
    let mut places: Vec<Span> = Vec::new();
    for (name, span) in &elements {
        let has_parts = elements.iter().any(|(other, _)| is_below(other, name));
        if !has_parts && !places.contains(span) {
            places.push((*span).clone());
        }
    }
    let mut places = places.into_iter();
    let whole = || (declaration.place.file.as_ref().into(), declaration.place.span.clone());
    (places.next().unwrap_or_else(whole), places.collect())
}

fn surrounds((file, outer): &Span, (other, inner): &Span) -> bool {
    file == other && outer != inner && outer.start <= inner.start && inner.end <= outer.end
}

/// The list that a path leads into; else the path.
fn list(path: &str) -> &str {
    let mut end = 0;
    for part in path.split('.') {
        if part.parse::<usize>().is_ok() {
            return path.get(..end).unwrap_or(path).trim_end_matches('.');
        }
        end += part.len() + 1;
    }
    path
}

/// The element of a list that a path is about: all up to its last position; else the list.
fn element(path: &str) -> &str {
    let mut end = 0;
    let mut at = 0;
    for part in path.split('.') {
        at += part.len();
        if part.parse::<usize>().is_ok() {
            end = at;
        }
        at += 1;
    }
    if end == 0 { list(path) } else { path.get(..end).unwrap_or(path) }
}

fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_into_a_list_is_named_by_its_first_list() {
        assert_eq!(list("Rules.0.To.1"), "Rules");
        assert_eq!(list("Pod.Containers.12"), "Pod.Containers");
        assert_eq!(list("Pod.Name"), "Pod.Name");
        assert_eq!(element("Rules.0.To.1.Name"), "Rules.0.To.1");
        assert_eq!(element("Pod.Name"), "Pod.Name");
        assert!(is_below("Rules.0", "Rules") && !is_below("RulesOf", "Rules"));
    }
}
