//! Whether a file is a plan, by a look at the names of its outermost entries.
//!
//! Nothing is built, and the look ends with the first name that no plan has: a large file of another kind costs a few
//! bytes. Terraform writes `format_version` first; sorted by a tool, the entries before it are few and known.

use std::io::{BufRead, BufReader, Read};

/// The names that may stand before `format_version`.
const BEFORE: [&str; 14] = [
    "action_invocations",
    "applyable",
    "checks",
    "complete",
    "configuration",
    "deferred_action_invocations",
    "deferred_changes",
    "errored",
    "planned_values",
    "output_changes",
    "prior_state",
    "proposed_unknown",
    "relevant_attributes",
    "resource_changes",
];
/// What else is written with a `format_version`: states and the schemas of providers.
const OTHERS: [&str; 3] = ["values", "provider_schemas", "diagnostics"];
/// The longest name that is compared.
const NAME: usize = 64;

/// Whether what is read begins as a plan does.
pub(super) fn is_plan(file: impl Read) -> bool {
    let mut file = BufReader::with_capacity(64 << 10, file);
    let mut look = Look::default();
    loop {
        let length = match file.fill_buf() {
            Ok(bytes) if !bytes.is_empty() => {
                for byte in bytes {
                    if let Some(answer) = look.take(*byte) {
                        return answer;
                    }
                }
                bytes.len()
            }
            _ => return look.ends_as_plan(),
        };
        file.consume(length);
    }
}

/// Whether it is a plan as Terraform writes it, but in UTF-16.
pub(super) fn is_wide_plan(file: impl Read) -> bool {
    let mut start = Vec::new();
    let beginning: Vec<u8> = b"{\"format_version\"".iter().flat_map(|byte| [*byte, 0]).collect();
    let is_read = file.take(64).read_to_end(&mut start).is_ok();
    is_read && start.strip_prefix(b"\xff\xfe").is_some_and(|rest| rest.starts_with(&beginning))
}

#[derive(Debug, Default)]
struct Look {
    begun: bool,
    /// How much of a byte-order mark there was.
    mark: usize,
    depth: usize,
    in_text: bool,
    escaped: bool,
    /// Whether a text at this place of the outermost map is a name.
    names: bool,
    name: Vec<u8>,
    has_version: bool,
    has_changes: bool,
    /// How many names there were.
    named: usize,
}

impl Look {
    fn take(&mut self, byte: u8) -> Option<bool> {
        if self.in_text {
            return self.within_text(byte);
        }
        if !self.begun {
            return self.beginning(byte);
        }
        match byte {
            b'"' => {
                self.in_text = true;
                self.name.clear();
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b',' if self.depth == 1 => self.names = true,
            b':' if self.depth == 1 => self.names = false,
            _ => {}
        }
        (self.depth == 0).then_some(false)
    }

    /// Of a file that ends before its end: two names of a plan are enough, so that what is cut off is told.
    fn ends_as_plan(&self) -> bool {
        self.begun && self.depth > 0 && (self.has_version || self.named >= 2)
    }

    fn beginning(&mut self, byte: u8) -> Option<bool> {
        match byte {
            b'{' => {
                self.begun = true;
                self.names = true;
                self.depth = 1;
                None
            }
            b' ' | b'\t' | b'\r' | b'\n' => None,
            byte if b"\xef\xbb\xbf".get(self.mark) == Some(&byte) => {
                self.mark += 1;
                None
            }
            _ => Some(false),
        }
    }

    fn within_text(&mut self, byte: u8) -> Option<bool> {
        let is_name = self.depth == 1 && self.names;
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => {
                self.in_text = false;
                return if is_name { self.named() } else { None };
            }
            byte if is_name && self.name.len() <= NAME => self.name.push(byte),
            _ => {}
        }
        None
    }

    fn named(&mut self) -> Option<bool> {
        let is_any = |names: &[&str]| names.iter().any(|name| name.as_bytes() == self.name.as_slice());
        if OTHERS.iter().any(|name| name.as_bytes() == self.name.as_slice()) {
            return Some(false);
        }
        let is_version = self.name == b"format_version";
        if !self.has_version && !is_version && !is_any(&BEFORE) {
            return Some(false);
        }
        self.named += 1;
        self.has_changes |= is_any(&["planned_values", "resource_changes"]);
        self.has_version |= is_version;
        (self.has_version && self.has_changes).then_some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that tells how much was asked of it.
    struct Counted<'t>(&'t [u8], &'t mut usize);

    impl Read for Counted<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let read = self.0.read(into)?;
            *self.1 += read;
            Ok(read)
        }
    }

    #[test]
    fn a_plan_is_known_in_the_order_of_terraform_and_sorted() {
        for text in [
            r#"{"format_version":"1.2","terraform_version":"1.9.0","planned_values":{}}"#,
            r#" { "configuration": {"a": ["}", {"b\"": 1}]}, "format_version": "1.2", "resource_changes": [] }"#,
            r#"{"applyable":true,"complete":true,"configuration":{"root_module":{"resources":["#,
            r#"{"format_version":"1.2","terraform_vers"#,
            "\u{feff}{\"format_version\":\"0.1\",\"variables\":{},\"resource_changes\":[",
        ] {
            assert!(is_plan(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn other_files_are_none() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"format_version":"1.0","values":{"planned_values":{}},"planned_values":{}}"#,
            r#"{"format_version":"1.0","provider_schemas":{}}"#,
            r#"{"note":"format_version","planned_values":{},"format_version":"1"}"#,
            r#"{"planned_values":{"format_version":"1"}}"#,
            r#"{"format_version":"planned_values"}"#,
            r#"{"configuration":{"a":"#,
        ] {
            assert!(!is_plan(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_large_file_of_another_kind_costs_its_first_bytes() {
        let text = format!(r#"{{"type":"FeatureCollection","features":[{}1]}}"#, "1,".repeat(4 << 20));
        let mut read = 0;
        assert!(!is_plan(Counted(text.as_bytes(), &mut read)));
        assert!(read <= 64 << 10, "{read}");
    }
}
