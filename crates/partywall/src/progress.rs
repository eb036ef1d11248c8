//! Progress on standard error: a line that moves on a terminal, nothing where it is piped.

use std::cell::Cell;
use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use partywall_aws::collector::{Progress, Step};

/// A line of progress.
#[derive(Debug)]
pub(crate) struct ProgressLine {
    bar: ProgressBar,
    assets: Cell<u64>,
    planned: Cell<usize>,
}

impl ProgressLine {
    /// A line that begins with what is being done; none where nobody would see it.
    pub(crate) fn new(what: &'static str, quiet: bool) -> Self {
        let target = match quiet || !std::io::stderr().is_terminal() {
            true => ProgressDrawTarget::hidden(),
            false => ProgressDrawTarget::stderr(),
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        bar.set_prefix(what);
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar, assets: Cell::new(0), planned: Cell::new(0) }
    }

    /// A line for what nobody can count beforehand: how many of something are done.
    pub(crate) fn counting(what: &'static str, of: &'static str, quiet: bool) -> Self {
        let line = Self::new(what, quiet);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} {pos} {msg}") {
            line.bar.set_style(style);
        }
        line.bar.set_message(of);
        line
    }

    /// Counts one more, from whatever thread.
    pub(crate) fn counter(&self) -> impl Fn() + Send + Sync + 'static {
        let bar = self.bar.clone();
        move || bar.inc(1)
    }

    /// So many are to be done.
    pub(crate) fn expect(&self, count: usize) {
        self.bar.set_length(count as u64);
    }

    /// So many are done.
    pub(crate) fn done(&self, count: usize) {
        self.bar.set_position(count as u64);
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for ProgressLine {
    fn step(&self, step: Step<'_>) {
        match step {
            // Each account plans for itself.
            Step::Planned { populations } => {
                self.planned.set(self.planned.get() + populations);
                self.expect(self.planned.get());
            }
            Step::Asset { kind } => {
                self.assets.set(self.assets.get() + 1);
                self.bar.set_message(format!("lists · {} assets · {kind}", self.assets.get()));
            }
            Step::Listed(_) => self.bar.inc(1),
        }
    }
}
