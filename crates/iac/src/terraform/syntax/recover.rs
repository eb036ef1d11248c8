//! HCL that the parser refuses as a whole, read block by block.

use hcl_edit::parser::Error;
use hcl_edit::structure;

use super::convert::Converter;
use super::scan::{Scan, Unclosed, scan};
use super::{Body, SourceFile};
use crate::tree::Text;
use crate::trouble::Trouble;

/// The body of a file, with what had to be left out among the troubles.
pub(super) fn body(file: &SourceFile, text: &Text, troubles: &mut Vec<Trouble>) -> Body {
    let source = text.text.as_str();
    let converter = Converter { base: text.offset };
    if let Ok(body) = source.parse::<structure::Body>() {
        return converter.body(&body);
    }
    // The parser wants a newline at the end of the last item of some files, and `\r` only before `\n`.
    let seen = scan(source);
    if seen.unclosed.is_empty()
        && let Ok(body) = seen.joined.parse::<structure::Body>()
    {
        return converter.body(&body);
    }
    let recovery = Recovery { file, source, offset: text.offset, seen };
    let mut found = Vec::new();
    let body = recovery.items(&mut found);
    if found.len() > TOLD_LIMIT {
        let what = format!("there are {} more mistakes like the ones above", found.len() - TOLD_LIMIT);
        found.truncate(TOLD_LIMIT);
        let line = found.last().map_or(0, |last| last.line);
        found.push(Trouble::new(file.path.clone(), line, what, "correct the first ones and look again"));
    }
    troubles.append(&mut found);
    body
}

/// Troubles of one file that are told one by one.
const TOLD_LIMIT: usize = 100;

struct Recovery<'a> {
    file: &'a SourceFile,
    source: &'a str,
    offset: u32,
    seen: Scan,
}

impl Recovery<'_> {
    fn items(&self, troubles: &mut Vec<Trouble>) -> Body {
        let mut whole = Body::default();
        let mut told = vec![false; self.seen.unclosed.len()];
        for range in &self.seen.items {
            let item = self.source.get(range.clone()).unwrap_or_default();
            let joined = self.seen.joined.get(range.clone()).unwrap_or_default();
            match parse_item(item).or_else(|error| parse_item(joined).map_err(|_| error)) {
                Ok(found) => {
                    let base = self.offset.saturating_add(offset(range.start));
                    let mut found = Converter { base }.body(&found);
                    whole.attributes.append(&mut found.attributes);
                    whole.blocks.append(&mut found.blocks);
                }
                Err(error) => {
                    let open = self.seen.unclosed.iter().position(|open| range.contains(&open.at));
                    if let Some(told) = open.and_then(|at| told.get_mut(at)) {
                        *told = true;
                    }
                    let open = open.and_then(|at| self.seen.unclosed.get(at));
                    troubles.push(self.refused(range.start, item, &error, open));
                }
            }
        }
        for (open, told) in self.seen.unclosed.iter().zip(told) {
            if !told {
                troubles.push(self.unclosed(open, ""));
            }
        }
        whole
    }

    fn refused(&self, start: usize, item: &str, error: &Error, open: Option<&Unclosed>) -> Trouble {
        let name = heading(item);
        if let Some(open) = open {
            return self.unclosed(open, &format!(", so {name} was left out"));
        }
        let line = self.line(start + error.location().offset());
        let what = format!("{name} was left out: {}", error.message());
        Trouble::new(self.file.path.clone(), line, what, "correct its syntax (`terraform validate`)")
    }

    fn unclosed(&self, open: &Unclosed, rest: &str) -> Trouble {
        let line = self.line(open.at);
        let what = format!("{} is never closed{rest}", open.what);
        Trouble::new(self.file.path.clone(), line, what, "close it")
    }

    fn line(&self, at: usize) -> u32 {
        self.file.line(self.offset.saturating_add(offset(at)))
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn parse_item(item: &str) -> Result<structure::Body, Error> {
    item.parse()
}

/// How to name an item: its line up to the brace or the equals sign.
fn heading(item: &str) -> String {
    let line = item.lines().next().unwrap_or_default();
    let head = line.split(['{', '=']).next().unwrap_or(line).trim();
    if head.is_empty() {
        return "an item".to_owned();
    }
    let short: String = head.chars().take(80).collect();
    format!("`{short}`")
}
