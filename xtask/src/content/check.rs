//! `cargo xtask content check`: everything that is wrong with content, and every example.

use partywall_checks::examples;
use partywall_content::SourceRef;
use partywall_content::blob;
use partywall_content::load::{Content, Files, Loaded};
use partywall_model::Problem;

use crate::failure::{Failure, Outcome};
use crate::repository::Repository;

pub(crate) fn run(repository: &Repository) -> Outcome {
    let (files, loaded) = super::load(repository)?;
    print_problems(&files, &loaded.problems);
    let wrong = wrong_examples(&loaded);
    for message in &wrong {
        println!("{message}");
    }
    let examples: usize = loaded.examples.iter().map(|(_, examples)| examples.len()).sum();
    println!(
        "content: {} checks, {examples} examples, {} controls, {} service files, {} collectors, \
         {} frameworks; \
         {} of {} lines have no source that was read",
        loaded.content.checks.len(),
        loaded.content.controls.len(),
        loaded.content.services.len(),
        loaded.content.collectors.len(),
        loaded.content.frameworks.len(),
        lines(&loaded.content).filter(|source| **source == SourceRef::Unverified).count(),
        lines(&loaded.content).count(),
    );
    let blob = blob::pack(&loaded.content).map_err(|error| Failure::new(error.to_string()))?;
    println!("packed: {} bytes", blob.len());
    match loaded.problems.len() + wrong.len() {
        0 => Ok(()),
        count => Err(Failure::new(format!("content has {count} problems"))),
    }
}

/// The sources of all lines, of archetypes and services.
pub(crate) fn lines(content: &Content) -> impl Iterator<Item = &SourceRef> {
    let archetypes = content.archetypes.iter().flat_map(|archetype| &archetype.lines);
    let services = content.services.iter().flat_map(|service| &service.lines);
    archetypes.chain(services).map(|line| &line.source)
}

/// Prints each problem as `content/<file>:<line>: <message>`.
pub(crate) fn print_problems(files: &Files, problems: &[Problem]) {
    for problem in problems {
        let subject = &problem.subject;
        let text = files.0.get(&**subject);
        let line = text.map(|text| format!(":{}", line_of(text, &problem.message))).unwrap_or_default();
        println!("content/{subject}{line}: {}", problem.message);
    }
}

/// A problem that was found across files names no line: the first line that holds what it quotes.
fn line_of(text: &str, message: &str) -> usize {
    let quoted = message.split('`').skip(1).step_by(2);
    quoted
        .filter(|word| !word.is_empty())
        .find_map(|word| text.lines().position(|line| line.contains(word)))
        .map_or(1, |at| at + 1)
}

/// One message for each example that does not come out as its file says.
fn wrong_examples(loaded: &Loaded) -> Vec<String> {
    let mut wrong = Vec::new();
    for (id, file) in &loaded.examples {
        let Some(check) = loaded.content.check(id.as_str()) else { continue };
        for example in file {
            let place = format!("content/{}:{}", check.file, example.line);
            let name = example.value.name.as_deref().unwrap_or("example");
            match examples::run(check, &example.value, &loaded.content.lifecycle) {
                Ok(verdict) if examples::agrees(&verdict, example.value.verdict) => {}
                Ok(verdict) => {
                    let why = match &verdict {
                        partywall_model::Verdict::Unknown(reasons) => {
                            let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
                            format!(" ({})", reasons.join("; "))
                        }
                        _ => String::new(),
                    };
                    wrong.push(format!(
                        "{place}: `{name}` promises {}, but it is {}{why}",
                        super::word(example.value.verdict),
                        verdict.word()
                    ));
                }
                Err(problem) => {
                    wrong.push(format!("{place}: `{name}` cannot be judged: {}", problem.message))
                }
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_without_a_line_is_placed_where_its_words_stand() {
        let text = "id: a\nkind: AWS::S3::Bucket\nfails_when: asset.Nme == 1\n";
        assert_eq!(line_of(text, "no collector fills `Nme` of `AWS::S3::Bucket`"), 3);
        assert_eq!(line_of(text, "there is no control `x`"), 1);
        assert_eq!(line_of(text, "a check needs a kind"), 1);
    }
}
