//! `cargo xtask conformance gate`: the gate against samples of code that others have labelled.
//!
//! A corpus of queries says of each sample on which lines its query must find something, or that it must find nothing. The
//! [table](table) says which checks of ours are about the same thing as a query, or why none is. Every sample is a
//! configuration of its own; all are judged in one run of the program. The figures of each platform are held against the
//! recorded ones: a change that finds less, or alarms more, fails.
//!
//! A check is never fitted to a sample. Where one shows a mistake of ours, the check is mended and gets an example of its own.

mod corpus;
mod found;
pub(crate) mod table;

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::bench::{self, Profile};
use crate::content;
use crate::failure::{Failure, Outcome};
use crate::repository::Repository;

use corpus::{Corpus, Query};
use found::Found;
use table::{FIGURES, Figures, Row, TABLE, Table};

/// Lines may be so far apart: who misses an argument points at the block, at its first line or at the argument beside it.
const NEAR: usize = 3;
/// Where the samples are laid out.
const SCRATCH: &str = "target/conformance-gate";

const USAGE: &str = "write `cargo xtask conformance gate [--verbose] [--record] [--program FILE]`";

/// What was asked for.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Names each label that was missed and each sample on which we alarm.
    verbose: bool,
    /// Writes the figures down, where the run is not worse than what it is held against.
    record: bool,
    /// A program that is there already.
    program: Option<PathBuf>,
}

impl Options {
    fn read(words: &[&str]) -> Outcome<Self> {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--verbose" => options.verbose = true,
                "--record" => options.record = true,
                "--program" => {
                    let file = words.next().ok_or_else(|| Failure::new(USAGE))?;
                    options.program = Some(PathBuf::from(file));
                }
                _ => return Err(Failure::new(USAGE)),
            }
        }
        Ok(options)
    }
}

/// The task as it is called by hand.
pub(crate) fn run(repository: &Repository, words: &[&str]) -> Outcome {
    let options = Options::read(words)?;
    match Corpus::unpacked(repository, SCRATCH)? {
        Some(corpus) => hold(repository, &corpus, &options),
        None => Err(Failure::new(format!("`{}` is not there", corpus::archive(repository).display()))),
    }
}

/// The task as a part of the tests. Gives whether the corpus was there.
pub(crate) fn run_if_there(repository: &Repository) -> Outcome<bool> {
    let Some(corpus) = Corpus::unpacked(repository, SCRATCH)? else { return Ok(false) };
    hold(repository, &corpus, &Options::default())?;
    Ok(true)
}

fn hold(repository: &Repository, corpus: &Corpus, options: &Options) -> Outcome {
    let table = Table::read(repository)?;
    let mut wrong = unfit(&table, corpus, &content::load_sound(repository)?.content);
    let program = match &options.program {
        Some(program) => program.clone(),
        None => bench::program(repository, Profile::Debug)?,
    };
    let found = Found::by(&program, repository, corpus)?;
    let mut figures = Figures::default();
    for query in &corpus.queries {
        let row = table.row(&query.platform, &query.name);
        if row.is_none() && options.verbose {
            println!("no row   {}/{}", query.platform, query.name);
        }
        let outcome = row.map_or_else(Judged::default, |row| Judged::of(query, row, &found));
        if options.verbose {
            print!("{}", outcome.told(query, row));
        }
        let tally = row.map(|row| outcome.tally(row)).unwrap_or_default();
        figures.add(&query.platform, query.is_severe(), row.is_some_and(Row::is_covered), &tally);
        for sample in row.iter().flat_map(|row| row.argued.keys()) {
            let differs = outcome.missed.iter().any(|(file, _)| sample == "*" || file == sample)
                || outcome.alarmed.iter().any(|(file, _)| sample == "*" || file == sample);
            if !differs {
                let place = format!("{TABLE}: `{}`, `{}`", query.platform, query.name);
                wrong.push(format!("{place}: `{sample}` is argued, and we agree"));
            }
        }
    }
    print!("{}", figures.shown());
    let recorded = Figures::read(repository)?;
    wrong.extend(figures.worse_than(&recorded));
    if !wrong.is_empty() {
        wrong.iter().for_each(|problem| println!("{problem}"));
        return Err(Failure::new(format!("the gate and {TABLE} disagree in {} ways", wrong.len())));
    }
    if options.record {
        figures.write(repository)?;
        println!("recorded in {FIGURES}");
    }
    Ok(())
}

/// What of the table fits neither the corpus nor our content.
fn unfit(table: &Table, corpus: &Corpus, content: &partywall_content::load::Content) -> Vec<String> {
    let mut unfit = Vec::new();
    for (platform, name, row) in table.rows() {
        if !corpus.queries.iter().any(|query| query.platform == platform && query.name == name) {
            unfit.push(format!("{TABLE}: no query of `{platform}` is named `{name}`"));
        }
        if row.is_covered() == row.no_counterpart.is_some() {
            unfit.push(format!(
                "{TABLE}: `{platform}`, `{name}`: either checks or a reason why there is none"
            ));
        }
        let unknown = row.checks.iter().filter(|id| !found::is_secrets(id) && content.check(id).is_none());
        unfit.extend(unknown.map(|id| format!("{TABLE}: `{platform}`, `{name}`: there is no check `{id}`")));
    }
    unfit
}

/// What our checks made of a query's samples.
#[derive(Debug, Default)]
struct Judged<'a> {
    hit: Vec<(&'a str, usize)>,
    missed: Vec<(&'a str, usize)>,
    /// Samples in which there is nothing to find, with what we found.
    alarmed: Vec<(&'a str, String)>,
    quiet: usize,
    elsewhere: usize,
}

/// How many of what.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) labels: usize,
    pub(crate) hit: usize,
    pub(crate) negatives: usize,
    pub(crate) alarmed: usize,
    pub(crate) labels_argued: usize,
    pub(crate) alarms_argued: usize,
    pub(crate) elsewhere: usize,
}

impl<'a> Judged<'a> {
    fn of(query: &'a Query, row: &Row, found: &Found) -> Self {
        let mut judged = Self::default();
        if !row.is_covered() {
            return judged;
        }
        judged.elsewhere = query.elsewhere;
        for label in &query.labels {
            let near = found
                .in_sample(query, &label.file)
                .any(|finding| row.has(&finding.check) && finding.line.abs_diff(label.line) <= NEAR);
            let list = if near { &mut judged.hit } else { &mut judged.missed };
            list.push((&label.file, label.line));
        }
        for file in &query.negatives {
            let finding = found.in_sample(query, file).find(|finding| row.has(&finding.check));
            match finding {
                Some(finding) => judged.alarmed.push((file, finding.to_string())),
                None => judged.quiet += 1,
            }
        }
        judged
    }

    fn tally(&self, row: &Row) -> Tally {
        Tally {
            labels: self.hit.len() + self.missed.len(),
            hit: self.hit.len(),
            negatives: self.quiet + self.alarmed.len(),
            alarmed: self.alarmed.len(),
            labels_argued: self.missed.iter().filter(|(file, _)| row.argues(file).is_some()).count(),
            alarms_argued: self.alarmed.iter().filter(|(file, _)| row.argues(file).is_some()).count(),
            elsewhere: self.elsewhere,
        }
    }

    /// A line for each label that was missed and each alarm, unless it is argued.
    fn told(&self, query: &Query, row: Option<&Row>) -> String {
        let mut text = String::new();
        let is_open = |file: &str| row.is_none_or(|row| row.argues(file).is_none());
        for (file, line) in self.missed.iter().filter(|(file, _)| is_open(file)) {
            let _ = writeln!(text, "missed   {}/{}/{file}:{line}", query.platform, query.name);
        }
        for (file, finding) in self.alarmed.iter().filter(|(file, _)| is_open(file)) {
            let _ = writeln!(text, "alarmed  {}/{}/{file}: {finding}", query.platform, query.name);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_a_program_needs_its_file() {
        let options = Options::read(&["--verbose", "--program", "a/b"]).unwrap();
        assert!(options.verbose && !options.record);
        assert_eq!(options.program, Some(PathBuf::from("a/b")));
        assert!(Options::read(&["--program"]).is_err());
        assert!(Options::read(&["--loud"]).is_err());
    }
}
