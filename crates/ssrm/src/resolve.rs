//! `resolve(asset, control) → line`: who holds a control for an asset.
//!
//! The order is: the service file's lines, first match whose `when` holds; the archetype of the kind;
//! *unknown*. On top of that lies the organisation's overlay: where a control is the customer's (in whole,
//! in part, or perhaps), a delegation that has not lapsed hands it to the third party. What the provider
//! holds, or what has no meaning for the asset, cannot be delegated.
//!
//! A `when` that hangs on something unseen stops the search: the holder is unknown and the line names the
//! property. It never falls through, because a later line might hand the control to the provider.
//!
//! Each condition is evaluated once per asset. The outcomes of all conditions and switches of a kind decide
//! all its lines, so assets that agree in them share one [`LineSet`].

mod outcome;
mod rules;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use partywall_content::{Content, Delegation, LineRule, Settings, SourceRef};
use partywall_model::{Asset, Holder, Kind, Problem};

use crate::line::{Line, LineSet, Need, Position, SwitchState};
use outcome::{LifecycleHost, Outcome};
use rules::{KindRules, RuleRef};

/// Answers who holds what; it remembers what it has answered.
#[derive(Debug)]
pub struct Resolver<'a> {
    content: &'a Content,
    settings: &'a Settings,
    kinds: HashMap<Kind, KindRules<'a>>,
    sets: HashMap<SetKey, LineSet>,
    lines: HashMap<LineKey, Arc<Line>>,
    problems: Vec<Problem>,
}

/// What decides a set of lines.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct SetKey {
    kind: Kind,
    /// For each control the delegation that answers, by its place in the settings.
    delegated: Vec<(usize, usize)>,
    outcomes: Vec<Outcome>,
}

/// What decides one line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct LineKey {
    /// Lines that no rule stands behind name their kind.
    kind: Option<Kind>,
    rule: Option<RuleRef>,
    control: usize,
    delegation: Option<usize>,
    /// The condition that stopped the search, else the switch.
    outcome: Option<Outcome>,
}

impl<'a> Resolver<'a> {
    /// A resolver over content and settings.
    pub fn new(content: &'a Content, settings: &'a Settings) -> Self {
        Self {
            content,
            settings,
            kinds: HashMap::new(),
            sets: HashMap::new(),
            lines: HashMap::new(),
            problems: Vec::new(),
        }
    }

    /// The lines of an asset at a time: one for every control of the content.
    pub fn lines(&mut self, asset: &Asset, now: Timestamp) -> LineSet {
        if !self.kinds.contains_key(&asset.kind) {
            self.kinds.insert(asset.kind.clone(), KindRules::of(self.content, &asset.kind));
        }
        let Some(kind) = self.kinds.get(&asset.kind) else {
            return LineSet::new(Vec::new());
        };
        let host = LifecycleHost { lifecycle: &self.content.lifecycle, now };
        let problems = &mut self.problems;
        let mut note = |problem: Problem| {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        };
        let key = SetKey {
            kind: asset.kind.clone(),
            delegated: delegations(self.content, self.settings, asset, date_of(now)),
            outcomes: kind
                .questions()
                .map(|question| outcome::ask(question, asset, &host, &mut note))
                .collect(),
        };
        if let Some(known) = self.sets.get(&key) {
            return known.clone();
        }
        let lines = &mut self.lines;
        let answer = Answer { content: self.content, settings: self.settings, kind, key: &key };
        let set =
            (0..self.content.controls.len()).filter_map(|control| answer.line(control, lines)).collect();
        let set = LineSet::new(set);
        self.sets.insert(key, set.clone());
        set
    }

    /// Conditions that could not be evaluated: a mistake of whoever wrote the rule. The lines concerned are
    /// unknown.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// How many different sets and lines stand behind all answers so far.
    pub fn size(&self) -> (usize, usize) {
        (self.sets.len(), self.lines.len())
    }
}

/// The day of a time, in UTC.
pub(crate) fn date_of(now: Timestamp) -> Date {
    Offset::UTC.to_datetime(now).date()
}

/// Whether a delegation is about an asset on a day.
pub(crate) fn is_about(delegation: &Delegation, asset: &Asset, today: Date) -> bool {
    let in_account = asset.account.as_ref().is_some_and(|account| delegation.accounts.contains(account));
    today <= delegation.until
        && (delegation.accounts.is_empty() || in_account)
        && (delegation.kinds.is_empty() || delegation.kinds.iter().any(|kind| asset.kind == *kind.as_str()))
}

/// Control → the first delegation that is about the asset, both as positions.
fn delegations(content: &Content, settings: &Settings, asset: &Asset, today: Date) -> Vec<(usize, usize)> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (at, delegation) in settings.overlays.iter().enumerate() {
        let delegation = &delegation.value;
        let control = content.controls.iter().position(|control| control.id == delegation.control);
        if let Some(control) = control.filter(|_| is_about(delegation, asset, today))
            && !found.iter().any(|(known, _)| *known == control)
        {
            found.push((control, at));
        }
    }
    found
}

/// Answers the controls of one kind for one vector of outcomes.
struct Answer<'a> {
    content: &'a Content,
    settings: &'a Settings,
    kind: &'a KindRules<'a>,
    key: &'a SetKey,
}

impl Answer<'_> {
    fn line(&self, control: usize, lines: &mut HashMap<LineKey, Arc<Line>>) -> Option<Arc<Line>> {
        let found = self.search(control);
        let in_scope = match found {
            Found::Rule(candidate, _) => candidate.rule.holder.is_in_scope(),
            Found::Stopped(..) | Found::Nothing => true,
        };
        let delegation = self.key.delegated.iter().find(|(known, _)| *known == control && in_scope);
        let (rule, outcome) = match found {
            Found::Rule(candidate, switch) => (Some(candidate.id), switch),
            Found::Stopped(candidate, condition) => (Some(candidate.id), Some(condition)),
            Found::Nothing => (None, None),
        };
        let key = LineKey {
            kind: rule.is_none().then(|| self.key.kind.clone()),
            rule,
            control,
            delegation: delegation.map(|(_, at)| *at),
            outcome: outcome.cloned(),
        };
        if let Some(known) = lines.get(&key) {
            return Some(Arc::clone(known));
        }
        let mut line = self.write(control, found)?;
        if let Some(at) = key.delegation {
            self.delegate(&mut line, at);
        }
        let line = Arc::new(line);
        lines.insert(key, Arc::clone(&line));
        Some(line)
    }

    fn search(&self, control: usize) -> Found<'_> {
        for candidate in self.kind.candidates(control) {
            let condition = candidate.condition.and_then(|at| self.key.outcomes.get(at));
            match condition {
                Some(Outcome::No) => {}
                Some(stopped @ Outcome::Unseen(_)) => return Found::Stopped(candidate, stopped),
                None | Some(Outcome::Yes | Outcome::Off { .. } | Outcome::Elsewhere) => {
                    let switch = candidate.switch.and_then(|at| self.key.outcomes.get(at));
                    return Found::Rule(candidate, switch);
                }
            }
        }
        Found::Nothing
    }

    fn write(&self, control: usize, found: Found<'_>) -> Option<Line> {
        let control = self.content.controls.get(control)?.id.clone();
        let unknown = |needs: Vec<Need>, rule: Box<str>| Line {
            control: control.clone(),
            holder: Holder::Unknown,
            provider_does: "".into(),
            customer_does: "".into(),
            switch: None,
            source: SourceRef::Unverified,
            rule,
            needs,
        };
        Some(match found {
            Found::Rule(candidate, switch) => {
                let rule = candidate.rule;
                Line {
                    control: control.clone(),
                    holder: rule.holder.clone(),
                    provider_does: rule.provider_does.clone(),
                    customer_does: rule.customer_does.clone(),
                    switch: switch_state(rule, switch),
                    source: rule.source.clone(),
                    rule: rule.rule.clone(),
                    needs: undecided(rule),
                }
            }
            Found::Stopped(candidate, outcome) => {
                let needs = if let Outcome::Unseen(needs) = outcome { needs.clone() } else { Vec::new() };
                unknown(needs, candidate.rule.rule.clone())
            }
            Found::Nothing => {
                let kind = &self.key.kind;
                let need =
                    Need::not_read(format!("lines of {kind}"), "no service file answers for this kind");
                unknown(vec![need], "".into())
            }
        })
    }

    fn delegate(&self, line: &mut Line, at: usize) {
        let Some(overlay) = self.settings.overlays.get(at) else { return };
        let delegation = &overlay.value;
        line.holder = Holder::ThirdParty(delegation.to.as_str().into());
        if !delegation.does.is_empty() {
            line.customer_does = delegation.does.as_str().into();
        }
        line.source = SourceRef::Settings;
        line.rule = format!("partywall.yaml:{}", overlay.line).into();
        line.needs = Vec::new();
    }
}

/// What the search for a control came to.
#[derive(Clone, Copy)]
enum Found<'a> {
    /// A rule answers, with the outcome of its switch.
    Rule(&'a rules::Candidate<'a>, Option<&'a Outcome>),
    /// The condition of a rule could not be decided.
    Stopped(&'a rules::Candidate<'a>, &'a Outcome),
    /// No rule answers.
    Nothing,
}

/// A rule may itself say that it depends on more than is known.
fn undecided(rule: &LineRule) -> Vec<Need> {
    let need =
        || Need::not_read(format!("rule {}", rule.rule), "it depends on what no property of the kind shows");
    (rule.holder == Holder::Unknown).then(need).into_iter().collect()
}

fn switch_state(rule: &LineRule, outcome: Option<&Outcome>) -> Option<SwitchState> {
    let switch = rule.switch.as_ref()?;
    let position = match outcome {
        Some(Outcome::Yes) => Position::On,
        Some(Outcome::No) => Position::Off { found: "".into() },
        Some(Outcome::Off { found }) => Position::Off { found: found.clone() },
        Some(Outcome::Unseen(needs)) => Position::Unseen(needs.clone()),
        Some(Outcome::Elsewhere) | None => Position::Elsewhere,
    };
    Some(SwitchState {
        property: switch.property.clone(),
        values: switch.values.clone(),
        position,
        note: switch.note.clone(),
    })
}
