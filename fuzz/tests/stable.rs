//! Every target on the stable toolchain: its seeds first, then mutations of them and random bytes.
//!
//! `PARTYWALL_FUZZ_SECONDS` says for how long each target is given mutations (1 by default), and
//! `PARTYWALL_FUZZ_SEED` which. A failing input is written under `target/tmp/fuzz/`; put into the corpus of
//! its target it is tried first ever after. An input that ends the whole process, by a stack that overflows or by
//! memory, is found there as `<target>.running`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::io::{Seek, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use partywall_fuzz::mutate::Mutator;
use partywall_fuzz::{TARGETS, Target, each_target};

/// The default of `PARTYWALL_FUZZ_SEED`.
const SEED: u64 = 20_261_101;
/// A single execution that takes longer is a failure.
const PATIENCE: Duration = Duration::from_secs(10);
/// So many targets run at once.
const AT_ONCE: usize = 2;

macro_rules! tests {
    ($($name:ident, $words:ident, $longest:literal;)*) => {
        mod holds {
            $(#[test]
            fn $name() {
                super::hold(stringify!($name));
            })*
        }
    };
}
each_target!(tests);

#[test]
fn every_target_has_its_program_and_seeds_and_nothing_is_left_over() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let names: Vec<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    let listed = |folder: PathBuf| {
        let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let mut names: Vec<String> =
            entries.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(listed(folder.join("fuzz_targets")), names);
    assert_eq!(listed(folder.join("corpus")), names);
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    for name in &names {
        assert!(
            manifest.contains(&format!("name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"\n")),
            "{name}"
        );
        let program = fs::read_to_string(folder.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(program.contains(&format!("partywall_fuzz::{name}(bytes)")), "{name}");
        assert!(!seeds(name).is_empty(), "{name} has no seeds");
    }
}

fn hold(name: &str) {
    let _turn = Turn::take();
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let mut trial = Trial::of(target);
    let seeds = seeds(name);
    for (number, seed) in seeds.iter().enumerate() {
        trial.run(seed, || format!("seed {} of corpus/{name}", number + 1));
    }
    let number = variable("PARTYWALL_FUZZ_SEED").unwrap_or(SEED);
    let seconds = variable("PARTYWALL_FUZZ_SECONDS").unwrap_or(1);
    let mut mutator = Mutator::new(number, &seeds, target.words, target.longest);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(seconds) {
        let input = mutator.input();
        trial.run(&input, || format!("with PARTYWALL_FUZZ_SEED={number}"));
    }
    let (runs, slowest) = (trial.runs, trial.slowest);
    let took = start.elapsed().as_secs_f64();
    println!("{name}: {runs} executions in {took:.1} s, the slowest {:.1} ms", slowest.as_secs_f64() * 1e3);
    fs::remove_file(&trial.running).unwrap();
}

/// The runs of one target.
struct Trial<'a> {
    target: &'a Target,
    running: PathBuf,
    file: File,
    runs: u64,
    slowest: Duration,
}

impl<'a> Trial<'a> {
    fn of(target: &'a Target) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
        fs::create_dir_all(&folder).unwrap();
        let running = folder.join(format!("{}.running", target.name));
        let file = File::create(&running).unwrap();
        Self { target, running, file, runs: 0, slowest: Duration::ZERO }
    }

    fn run(&mut self, input: &[u8], source: impl Fn() -> String) {
        self.file.rewind().unwrap();
        self.file.write_all(input).unwrap();
        self.file.set_len(input.len() as u64).unwrap();
        self.runs += 1;
        let start = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| (self.target.run)(input)));
        let took = start.elapsed();
        self.slowest = self.slowest.max(took);
        if result.is_err() || took > PATIENCE {
            let kept = self.running.with_extension(format!("{}.input", self.runs));
            fs::write(&kept, input).unwrap();
            let what = if result.is_err() { "does not hold".to_owned() } else { format!("took {took:?}") };
            panic!(
                "{}: execution {} ({}) {what}; the input of {} bytes is in {}",
                self.target.name,
                self.runs,
                source(),
                input.len(),
                kept.display()
            );
        }
    }
}

/// The seeds of a target, in the order of their names.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is a whole number")))
}

/// One of few places: the machine has other work too.
struct Turn;

static TURNS: (Mutex<usize>, Condvar) = (Mutex::new(AT_ONCE), Condvar::new());

impl Turn {
    fn take() -> Self {
        let free = TURNS.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = TURNS.1.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Self
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *TURNS.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        TURNS.1.notify_one();
    }
}
