//! Expressions of workflows: which of them a stranger fills.
//!
//! `${{ … }}` is put into a script before a shell sees it, so what stands there is code. GitHub's "Secure use
//! reference" names the parts of an event that an attacker controls.

use std::collections::BTreeMap;

use crate::document::Value;

/// Parts of an event that somebody without any right in the repository writes. `*` stands for one step.
const BY_STRANGERS: [&str; 27] = [
    "github.head_ref",
    "github.event.comment.body",
    "github.event.commits.*.author.email",
    "github.event.commits.*.author.name",
    "github.event.commits.*.message",
    "github.event.discussion.body",
    "github.event.discussion.title",
    "github.event.discussion_comment.body",
    "github.event.head_commit.author.email",
    "github.event.head_commit.author.name",
    "github.event.head_commit.message",
    "github.event.issue.body",
    "github.event.issue.title",
    "github.event.pages.*.page_name",
    "github.event.pull_request.body",
    "github.event.pull_request.head.label",
    "github.event.pull_request.head.ref",
    "github.event.pull_request.head.repo.default_branch",
    "github.event.pull_request.title",
    "github.event.review.body",
    "github.event.review_comment.body",
    "github.event.workflow_run.head_branch",
    "github.event.workflow_run.head_commit.author.email",
    "github.event.workflow_run.head_commit.author.name",
    "github.event.workflow_run.head_commit.message",
    "github.event.workflow_run.head_repository.description",
    "github.event.workflow_run.display_title",
];
/// What those fill in who may start the workflow or call it.
const BY_STARTERS: [&str; 3] = ["github.event.inputs.*", "inputs.*", "github.event.client_payload.*"];
/// Functions whose answer is a truth value or a number, whatever they are given.
const HARMLESS: [&str; 4] = ["contains", "startswith", "endswith", "hashfiles"];

/// Variables of the environment whose value a stranger, or a starter, wrote.
#[derive(Clone, Debug, Default)]
pub(super) struct Filled(BTreeMap<String, By>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    Starters,
    Strangers,
}

/// The expressions of a script, as they are written.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) by_strangers: Vec<String>,
    pub(super) by_starters: Vec<String>,
}

impl Filled {
    /// What an `env` adds to what is around it.
    pub(super) fn from_environment(environment: Option<&Value>, around: &Self) -> Self {
        let mut filled = around.clone();
        for entry in environment.map(Value::entries).unwrap_or_default() {
            let name = entry.key.to_ascii_lowercase();
            let by = entry.value.as_str().and_then(|text| {
                expressions(text).into_iter().filter_map(|expression| by(expression, around)).max()
            });
            match by {
                Some(by) => filled.0.insert(name, by),
                None => filled.0.remove(&name),
            };
        }
        filled
    }
}

/// The expressions in a script that others fill.
pub(super) fn filled_by_strangers(script: &str, environment: &Filled) -> Found {
    let mut found = Found::default();
    for expression in expressions(script) {
        let list = match by(expression, environment) {
            Some(By::Strangers) => &mut found.by_strangers,
            Some(By::Starters) => &mut found.by_starters,
            None => continue,
        };
        list.push(expression.to_owned());
    }
    found
}

/// Whether a text names the head of a pull request.
pub(super) fn names_the_head(text: &str) -> bool {
    const HEADS: [&str; 7] = [
        "github.event.pull_request.head.",
        "github.head_ref",
        "github.event.workflow_run.head_sha",
        "github.event.workflow_run.head_branch",
        "github.event.workflow_run.head_repository",
        "refs/pull/",
        "github.event.number",
    ];
    let text = text.to_ascii_lowercase();
    HEADS.iter().any(|head| text.contains(head))
}

/// All `${{ … }}` of a text with their brackets.
fn expressions(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(from) = rest.find("${{").and_then(|at| rest.get(at..)) {
        let Some(end) = from.find("}}") else { break };
        found.extend(from.get(..end + 2));
        rest = from.get(end + 2..).unwrap_or_default();
    }
    found
}

fn by(expression: &str, environment: &Filled) -> Option<By> {
    let inside = expression.trim_start_matches("${{").trim_end_matches("}}").to_ascii_lowercase();
    let tokens = tokens(&inside);
    let mut found = None;
    let mut harmless_until = 0;
    for (at, token) in tokens.iter().enumerate() {
        if at < harmless_until {
            continue;
        }
        let next = tokens.get(at + 1).map(String::as_str);
        let before = at.checked_sub(1).and_then(|at| tokens.get(at)).map(String::as_str);
        if HARMLESS.contains(&token.as_str()) && next == Some("(") {
            harmless_until = closing(&tokens, at + 1);
            continue;
        }
        let is_compared =
            [before, next].into_iter().flatten().any(|it| matches!(it, "==" | "!=" | "<" | ">" | "!"));
        if !is_compared {
            found = found.max(who_fills(token, environment));
        }
    }
    found
}

fn who_fills(path: &str, environment: &Filled) -> Option<By> {
    if let Some(name) = path.strip_prefix("env.") {
        return environment.0.get(name).copied();
    }
    let matches = |patterns: &[&str]| patterns.iter().any(|pattern| fits(path, pattern));
    if matches(&BY_STRANGERS) {
        Some(By::Strangers)
    } else if matches(&BY_STARTERS) {
        Some(By::Starters)
    } else {
        None
    }
}

fn fits(path: &str, pattern: &str) -> bool {
    let (mut steps, mut wanted) = (path.split('.'), pattern.split('.'));
    loop {
        match (steps.next(), wanted.next()) {
            (None, None) => return true,
            (Some(_), Some("*")) => {}
            (Some(step), Some(want)) if step == want => {}
            // The whole of what holds it: `toJSON(github.event.issue)`.
            _ => return false,
        }
    }
}

/// Where the bracket that opens at a token is closed.
fn closing(tokens: &[String], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.as_str() {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// Paths (`a.b[0]['c']` as `a.b.0.c`), operators and brackets; texts in quotes are left out.
fn tokens(expression: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut path = String::new();
    let mut letters = expression.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            'a'..='z' | '0'..='9' | '_' | '-' | '.' | '*' => path.push(letter),
            '[' if !path.is_empty() => path.push('.'),
            ']' if !path.is_empty() => {}
            '\'' => {
                let quoted: String = letters.by_ref().take_while(|letter| *letter != '\'').collect();
                if path.ends_with('.') {
                    path.push_str(&quoted);
                }
            }
            letter => {
                if !path.is_empty() {
                    tokens.push(std::mem::take(&mut path));
                }
                match letter {
                    '(' | ')' | ',' => tokens.push(letter.to_string()),
                    '=' | '!' | '<' | '>' | '&' | '|' => {
                        let mut operator = letter.to_string();
                        if let Some(more) = letters.next_if(|it| matches!(it, '=' | '&' | '|')) {
                            operator.push(more);
                        }
                        tokens.push(operator);
                    }
                    _ => {}
                }
            }
        }
    }
    if !path.is_empty() {
        tokens.push(path);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(script: &str, strangers: usize, starters: usize) {
        let found = filled_by_strangers(script, &Filled(BTreeMap::from([("title".into(), By::Strangers)])));
        assert_eq!((found.by_strangers.len(), found.by_starters.len()), (strangers, starters), "{script}");
    }

    #[test]
    fn what_strangers_write_is_found_however_it_is_written() {
        check("echo ${{ github.event.issue.title }}", 1, 0);
        check("echo ${{github.event['pull_request'].head.ref}} ${{ github.head_ref || 'x' }}", 2, 0);
        check("echo ${{ github.event.commits[0].message }}", 1, 0);
        check("echo ${{ format('{0}', github.event.comment.body) }}", 1, 0);
        check("echo ${{ env.TITLE }}", 1, 0);
        check("echo ${{ inputs.tag }} ${{ github.event.inputs.tag }}", 0, 2);
    }

    #[test]
    fn what_only_compares_or_is_the_repositorys_own_is_not() {
        check("echo ${{ contains(github.event.issue.title, 'x') }}", 0, 0);
        check("echo ${{ github.head_ref == 'main' }}", 0, 0);
        check("echo ${{ github.sha }} ${{ secrets.KEY }} $TITLE", 0, 0);
        check("echo ${{ github.event.issue.number }} ${{", 0, 0);
    }
}
