//! The lines of a Dockerfile: instructions with their flags, arguments and here-documents.
//!
//! Every text keeps the length that it has in the file, so that a byte in it is a byte of the file: what does not
//! count (a comment between two lines of one instruction) stands as blanks.

use std::ops::Range;

/// More instructions of one file are not read.
const INSTRUCTIONS: usize = 10_000;

/// The instructions that there are.
const NAMES: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// An instruction.
#[derive(Clone, Debug, Default)]
pub(super) struct Instruction {
    /// Its name in capitals.
    pub(super) name: String,
    /// Its flags, `--from=build` as `from` and `build`; a flag without a value has an empty one.
    pub(super) flags: Vec<(String, String)>,
    /// Its bytes of the text.
    pub(super) span: Range<usize>,
    /// What stands after the flags.
    rest: String,
    /// Where that begins.
    rest_at: usize,
    /// The texts of its here-documents, with where they begin.
    here: Vec<(String, usize)>,
}

/// What is wrong in a line.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) what: String,
    pub(super) next: &'static str,
}

/// All instructions of a text; those of `ONBUILD` stand as themselves.
pub(super) fn instructions(text: &str) -> (Vec<Instruction>, Vec<Fault>) {
    let escape = escape(text);
    let mut lines = Lines { text, at: 0 };
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    while let Some((start, line)) = lines.next() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        if found.len() >= INSTRUCTIONS {
            let what = format!("there are more than {INSTRUCTIONS} instructions; the rest was not read");
            faults.push(Fault { at: start, what, next: "split the file" });
            break;
        }
        let logical = logical_line(line, &mut lines, escape);
        let indent = logical.len() - logical.trim_start().len();
        match instruction(&logical, start + indent, indent) {
            Some(mut instruction) => {
                instruction.span.end = start + logical.trim_end().len();
                if matches!(instruction.name.as_str(), "RUN" | "COPY" | "ADD") {
                    here_documents(&mut instruction, &mut lines);
                }
                found.push(instruction);
            }
            None => {
                let word: String =
                    trimmed.split_whitespace().next().unwrap_or_default().chars().take(40).collect();
                let what = format!("`{word}` is no instruction");
                faults.push(Fault { at: start, what, next: "check its spelling; the line was left out" });
            }
        }
    }
    (found, faults)
}

impl Instruction {
    /// What stands after the flags, on one line.
    pub(super) fn text(&self) -> &str {
        &self.rest
    }

    /// The words, quotes taken off.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut word: Option<String> = None;
        let mut quote: Option<char> = None;
        for letter in self.rest.chars() {
            match (quote, letter) {
                (Some(open), letter) if letter == open => quote = None,
                (None, '"' | '\'') => {
                    quote = Some(letter);
                    word.get_or_insert_default();
                }
                (None, letter) if letter.is_whitespace() => words.extend(word.take()),
                (_, letter) => word.get_or_insert_default().push(letter),
            }
        }
        words.extend(word);
        words
    }

    /// The words of either form: a list in brackets, or words.
    pub(super) fn arguments(&self) -> Vec<String> {
        self.exec_form().unwrap_or_else(|| self.words())
    }

    /// The value of a flag.
    pub(super) fn flag(&self, name: &str) -> Option<&str> {
        self.flags.iter().find(|(flag, _)| flag == name).map(|(_, value)| value.as_str())
    }

    /// The words of a list in brackets.
    pub(super) fn exec_form(&self) -> Option<Vec<String>> {
        let inside = self.rest.trim().strip_prefix('[')?.strip_suffix(']')?;
        let mut words = Vec::new();
        let mut rest = inside.trim();
        while !rest.is_empty() {
            let body = rest.strip_prefix('"')?;
            let mut word = String::new();
            let mut letters = body.char_indices();
            let end = loop {
                match letters.next()? {
                    (at, '"') => break at,
                    (_, '\\') => match letters.next()?.1 {
                        'n' => word.push('\n'),
                        't' => word.push('\t'),
                        letter => word.push(letter),
                    },
                    (_, letter) => word.push(letter),
                }
            };
            words.push(word);
            rest = body.get(end + 1..).unwrap_or_default().trim_start();
            if !rest.is_empty() {
                rest = rest.strip_prefix(',')?.trim_start();
            }
        }
        Some(words)
    }

    /// The scripts that the instruction runs, with where they begin in the text.
    pub(super) fn scripts(&self) -> Vec<(String, usize)> {
        let own = self.rest.trim();
        // `RUN <<EOF` runs the here-document itself.
        let runs_here =
            !self.here.is_empty() && own.starts_with("<<") && !own.contains([' ', '\n', '|', '&']);
        match runs_here {
            true => self.here.clone(),
            false => vec![(self.rest.clone(), self.rest_at)],
        }
    }

    /// `NAME=value …`, or the old `NAME value`; a value may be missing.
    pub(super) fn assignments(&self) -> Vec<(String, Option<String>)> {
        let words = self.words();
        let Some(first) = words.first() else { return Vec::new() };
        if self.name == "ENV" && !first.contains('=') {
            let rest = self.rest.trim_start().get(first.len()..).unwrap_or_default().trim();
            return vec![(first.clone(), Some(rest.to_owned()))];
        }
        words
            .iter()
            .map(|word| match word.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (word.clone(), None),
            })
            .collect()
    }
}

/// `# escape=` is a directive only before everything else.
fn escape(text: &str) -> char {
    for line in text.lines() {
        let Some(comment) = line.trim().strip_prefix('#') else { break };
        let Some((name, value)) = comment.split_once('=') else { break };
        match name.trim().to_ascii_lowercase().as_str() {
            "escape" => return if value.trim() == "`" { '`' } else { '\\' },
            "syntax" | "check" => {}
            _ => break,
        }
    }
    '\\'
}

struct Lines<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lines<'t> {
    /// The next line with its end, and where it begins.
    fn next(&mut self) -> Option<(usize, &'t str)> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = rest.find('\n').map_or(rest.len(), |at| at + 1);
        let start = self.at;
        self.at += length;
        Some((start, rest.get(..length).unwrap_or_default()))
    }
}

/// A line with those that continue it.
fn logical_line(first: &str, lines: &mut Lines<'_>, escape: char) -> String {
    let mut logical = String::new();
    let mut line = first;
    loop {
        let written = line.trim_end();
        let Some(body) = written.strip_suffix(escape) else {
            logical.push_str(line);
            return logical;
        };
        logical.push_str(body);
        logical.push_str(&" ".repeat(line.len() - body.len()));
        // Comments and empty lines between do not count.
        loop {
            let Some((_, next)) = lines.next() else { return logical };
            let trimmed = next.trim_start();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                logical.push_str(&" ".repeat(next.len()));
                continue;
            }
            line = next;
            break;
        }
    }
}

fn instruction(logical: &str, start: usize, indent: usize) -> Option<Instruction> {
    let line = logical.get(indent..)?;
    let length = line.find(char::is_whitespace).unwrap_or(line.len());
    let (word, after) = line.split_at_checked(length)?;
    let name = word.to_ascii_uppercase();
    if !NAMES.contains(&name.as_str()) {
        return None;
    }
    let mut at = start + length;
    let mut rest = after;
    if name == "ONBUILD" {
        let blank = rest.len() - rest.trim_start().len();
        // One within another is refused by every builder, and must not nest here without end.
        let inner = Some(rest).filter(|rest| !begins_with_onbuild(rest));
        let inner = inner.and_then(|rest| instruction(rest, at + blank, blank))?;
        return Some(Instruction { span: start..inner.span.end, ..inner });
    }
    let mut flags = Vec::new();
    loop {
        let trimmed = rest.trim_start();
        at += rest.len() - trimmed.len();
        rest = trimmed;
        let takes_flags = matches!(name.as_str(), "FROM" | "RUN" | "COPY" | "ADD" | "HEALTHCHECK");
        let Some(flag) = rest.strip_prefix("--").filter(|_| takes_flags) else { break };
        let length = flag.find(char::is_whitespace).unwrap_or(flag.len());
        let (flag, after) = flag.split_at_checked(length)?;
        let (key, value) = flag.split_once('=').unwrap_or((flag, ""));
        flags.push((key.to_owned(), value.trim_matches('"').to_owned()));
        at += length + 2;
        rest = after;
    }
    Some(Instruction {
        name,
        flags,
        span: start..at,
        rest: rest.trim_end().to_owned(),
        rest_at: at,
        here: Vec::new(),
    })
}

fn begins_with_onbuild(text: &str) -> bool {
    text.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("onbuild"))
}

/// Takes the lines of here-documents that the instruction opens.
fn here_documents(instruction: &mut Instruction, lines: &mut Lines<'_>) {
    let ends: Vec<String> = instruction.rest.split("<<").skip(1).filter_map(end_of_here_document).collect();
    for end in ends {
        let start = lines.at;
        let mut body = String::new();
        while let Some((_, line)) = lines.next() {
            if line.trim() == end {
                break;
            }
            body.push_str(line);
        }
        instruction.span.end = lines.at;
        instruction.here.push((body, start));
    }
}

fn end_of_here_document(after: &str) -> Option<String> {
    let word = after.trim_start_matches('-').split_whitespace().next()?;
    let word = word.trim_matches(['"', '\'']);
    let is_name = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_and_keep_their_bytes() {
        let text = "FROM a\nRUN x \\\n  # no\n\n  && y z\n";
        let (found, faults) = instructions(text);
        assert!(faults.is_empty());
        let (script, start) = found[1].scripts().remove(0);
        let at = script.find("y z").unwrap();
        assert_eq!(&text[start + at..start + at + 3], "y z");
        assert_eq!(&text[found[1].span.clone()], text[7..].trim_end());
    }

    #[test]
    fn the_escape_may_be_another() {
        let (found, _) = instructions("# escape=`\nFROM a\nRUN dir `\n c:\\x\n");
        assert_eq!(found[1].words(), ["dir", "c:\\x"]);
    }

    #[test]
    fn flags_lists_and_here_documents_are_read() {
        let text =
            "COPY --from=build --chmod=777 [\"a b\", \"/c\"]\nRUN <<EOF\napt-get update\nEOF\nUSER 1\n";
        let (found, _) = instructions(text);
        assert_eq!(found[0].flag("chmod"), Some("777"));
        assert_eq!(found[0].arguments(), ["a b", "/c"]);
        assert_eq!(found[1].scripts()[0].0, "apt-get update\n");
        assert_eq!(found[2].name, "USER");
    }

    #[test]
    fn what_is_no_instruction_is_told_and_the_rest_is_read() {
        let (found, faults) = instructions("FROM a\nRUNN x\nUSER 1\n");
        assert_eq!(found.len(), 2);
        assert_eq!(faults[0].what, "`RUNN` is no instruction");
    }

    #[test]
    fn triggers_do_not_nest() {
        let (found, faults) = instructions(&format!("ONBUILD RUN x\n{}RUN x\n", "ONBUILD ".repeat(200_000)));
        assert_eq!((found.len(), faults.len()), (1, 1));
    }

    #[test]
    fn assignments_come_in_two_forms() {
        let (found, _) = instructions("ENV a=1 b=\"2 3\"\nENV c d e\nARG f\n");
        assert_eq!(
            found[0].assignments(),
            [("a".into(), Some("1".into())), ("b".into(), Some("2 3".into()))]
        );
        assert_eq!(found[1].assignments(), [("c".into(), Some("d e".into()))]);
        assert_eq!(found[2].assignments(), [("f".into(), None)]);
    }
}
