//! Responsibility drift: which controls a plan moves to the customer, what its new resources bring, and which switches it
//! leaves off.

use std::io::{self, Write};

use partywall_model::Holder;
use serde::Serialize;

use crate::document::holder_word;
use crate::markdown::inline::{code, codes, sentence};
use crate::shown::shown;
use crate::text::page::{Look, Page, looking, plain, quiet, strong};
use crate::words::counted;

/// What plans do to who holds what.
#[derive(Clone, Debug, Default, Serialize)]
pub struct GateResponsibility {
    /// So many moved controls are allowed; none where nothing was said.
    pub max_moved: Option<usize>,
    /// Controls of which more is the customer's afterwards, on resources that are there before and after.
    pub moved: Vec<GateMove>,
    /// Controls of which less is.
    pub given_back: Vec<GateMove>,
    /// Controls that may have moved: nobody can say who holds them before or afterwards.
    pub undecided: Vec<GateMove>,
    /// What new resources bring.
    pub taken_on: Vec<GateHolding>,
    /// What goes with resources that are deleted.
    pub released: Vec<GateHolding>,
    /// Switches that what is made or changed leaves off.
    pub switches_off: Vec<GateSwitch>,
}

/// One control of one resource that changes hands.
#[derive(Clone, Debug, Serialize)]
pub struct GateMove {
    /// The resource's address.
    pub address: Box<str>,
    /// Its kind.
    pub kind: Box<str>,
    /// What of it changes and decides this: `` `Engine` from `a` to `b` ``.
    pub changed: Vec<Box<str>>,
    /// The control.
    pub control: Box<str>,
    /// Who holds it before.
    pub from: &'static str,
    /// Who holds it afterwards.
    pub to: &'static str,
    /// The customer's part afterwards.
    pub customer_does: Box<str>,
    /// The rule that says so, such as `aws/rds.yaml:12`.
    pub rule: Box<str>,
    /// Where that is said.
    pub source: Box<str>,
    /// Why it cannot be told; empty where it can.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub because: Box<str>,
}

/// The controls of a resource that comes or goes.
#[derive(Clone, Debug, Serialize)]
pub struct GateHolding {
    /// The resource's address.
    pub address: Box<str>,
    /// Its kind.
    pub kind: Box<str>,
    /// What is the customer's alone.
    pub customer: Vec<Box<str>>,
    /// What is shared.
    pub shared: Vec<Box<str>>,
    /// Of which nobody can say whose it is.
    pub unknown: Vec<Box<str>>,
}

/// A switch that is off.
#[derive(Clone, Debug, Serialize)]
pub struct GateSwitch {
    /// The resource's address.
    pub address: Box<str>,
    /// Its kind.
    pub kind: Box<str>,
    /// The controls that hang on it.
    pub controls: Vec<Box<str>>,
    /// Its property; empty where it is none.
    pub property: Box<str>,
    /// What it is.
    pub found: Box<str>,
    /// What would switch it on.
    pub wanted: Box<str>,
    /// Whether it was off before.
    pub was_off: bool,
}

/// A holder's word, as everywhere in the JSON forms.
pub fn holder(holder: &Holder) -> &'static str {
    holder_word(holder)
}

impl GateResponsibility {
    /// Whether more has moved than is allowed.
    pub fn is_too_much(&self) -> bool {
        self.max_moved.is_some_and(|allowed| self.moved.len() > allowed)
    }

    /// Whether more may have moved than is allowed, and nobody can say.
    pub fn may_be_too_much(&self) -> bool {
        self.max_moved.is_some_and(|allowed| {
            self.moved.len() <= allowed && self.moved.len() + self.undecided.len() > allowed
        })
    }

    fn is_empty(&self) -> bool {
        self.moved.is_empty()
            && self.given_back.is_empty()
            && self.undecided.is_empty()
            && self.taken_on.is_empty()
            && self.released.is_empty()
            && self.switches_off.is_empty()
    }

    /// The sum in a sentence.
    fn sum(&self) -> String {
        let allowed = match self.max_moved {
            Some(allowed) if self.is_too_much() => format!(", more than the {allowed} of --max-moved"),
            Some(allowed) if self.may_be_too_much() => {
                format!(", and with what cannot be told it may be more than the {allowed} of --max-moved")
            }
            _ => String::new(),
        };
        let moved = counted(self.moved.len(), "control");
        let verb = if self.moved.len() == 1 { "moves" } else { "move" };
        format!("{moved} {verb} to you{allowed}")
    }
}

impl GateMove {
    fn change(&self) -> String {
        format!("{} → {}", crate::words::holder(self.from), crate::words::holder(self.to))
    }

    fn told(&self) -> String {
        match self.because.is_empty() {
            true => self.customer_does.to_string(),
            false => format!("cannot be told: {}", self.because),
        }
    }
}

impl GateHolding {
    fn told(&self) -> String {
        let mut told =
            vec![format!("{} yours", self.customer.len()), format!("{} shared", self.shared.len())];
        if !self.unknown.is_empty() {
            told.push(format!("{} unknown", self.unknown.len()));
        }
        told.join(", ")
    }
}

impl GateSwitch {
    fn told(&self) -> String {
        let before = if self.was_off { ", as before" } else { "" };
        let found = if self.found.is_empty() { String::new() } else { format!(" is {}{before}", self.found) };
        match &*self.property {
            "" => format!("{}{before}", self.wanted),
            property => format!("`{property}`{found}; {}", self.wanted),
        }
    }
}

/// For a terminal.
pub(super) fn text(said: &GateResponsibility, page: &mut Page<'_>) -> io::Result<()> {
    if said.is_empty() && said.max_moved.is_none() {
        return Ok(());
    }
    let look = if said.is_too_much() { Look::Bad } else { Look::Strong };
    page.line(&[strong("Who holds what: "), looking(look, said.sum())])?;
    let top = page.top();
    let mut last = "";
    for (moves, look) in
        [(&said.moved, Look::Warn), (&said.undecided, Look::Warn), (&said.given_back, Look::Good)]
    {
        for one in moves.iter().take(top) {
            if *last != *one.address {
                last = &one.address;
                let changed = shown(&one.changed.join(", ")).to_string();
                page.hanging(2, 4, &[plain(shown(&one.address).to_string()), plain("  "), quiet(changed)])?;
            }
            let told = format!(": {}; {}", one.change(), shown(&one.told()));
            page.hanging(4, 6, &[looking(look, one.control.to_string()), plain(told)])?;
        }
        more(moves.len(), top, page)?;
    }
    for (word, holdings) in [("taken on", &said.taken_on), ("given back", &said.released)] {
        for one in holdings.iter().take(top) {
            let told = format!("{}: {}", shown(&one.address), one.told());
            page.hanging(2, 4, &[quiet(format!("{word}  ")), plain(told)])?;
        }
        more(holdings.len(), top, page)?;
    }
    for one in said.switches_off.iter().take(top) {
        let told = format!("{}: {}", shown(&one.address), shown(&one.told()));
        page.hanging(2, 4, &[looking(Look::Warn, "switch off  "), plain(told)])?;
        page.wrapped(4, &[quiet(one.controls.join(", "))])?;
    }
    more(said.switches_off.len(), top, page)?;
    page.blank()
}

fn more(all: usize, top: usize, page: &mut Page<'_>) -> io::Result<()> {
    match all.saturating_sub(top) {
        0 => Ok(()),
        more => page.wrapped(2, &[quiet(format!("and {more} more; the JSON form has all"))]),
    }
}

/// For a review comment.
pub(super) fn markdown(said: &GateResponsibility, top: usize, out: &mut dyn Write) -> io::Result<()> {
    if said.is_empty() && said.max_moved.is_none() {
        return Ok(());
    }
    writeln!(out, "\n### Who holds what: {}\n", sentence(&said.sum()))?;
    if !said.moved.is_empty() || !said.undecided.is_empty() {
        writeln!(out, "| Resource | Control | Whose | Your part |\n| --- | --- | --- | --- |")?;
    }
    for one in said.moved.iter().chain(&said.undecided).take(top) {
        let changed = one.changed.join(", ");
        writeln!(
            out,
            "| {} {} | {} | {} | {} |",
            code(&one.address),
            sentence(&changed),
            code(&one.control),
            sentence(&one.change()),
            sentence(&one.told()),
        )?;
    }
    left(said.moved.len() + said.undecided.len(), top, out)?;
    if !said.moved.is_empty() || !said.undecided.is_empty() {
        writeln!(out)?;
    }
    for one in said.given_back.iter().take(top) {
        writeln!(
            out,
            "- Given back: {} {}: {}",
            code(&one.address),
            code(&one.control),
            sentence(&one.change())
        )?;
    }
    left(said.given_back.len(), top, out)?;
    for (word, holdings) in [("Taken on", &said.taken_on), ("Given back", &said.released)] {
        for one in holdings.iter().take(top) {
            writeln!(out, "- {word}: {}: {}", code(&one.address), one.told())?;
        }
        left(holdings.len(), top, out)?;
    }
    for one in said.switches_off.iter().take(top) {
        let controls = codes(one.controls.iter().map(|control| &**control));
        writeln!(out, "- Switch off: {}: {} ({controls})", code(&one.address), sentence(&one.told()))?;
    }
    left(said.switches_off.len(), top, out)
}

fn left(all: usize, top: usize, out: &mut dyn Write) -> io::Result<()> {
    match all.saturating_sub(top) {
        0 => Ok(()),
        more => writeln!(out, "\nand {more} more"),
    }
}
