//! The rules of one kind, laid out by control.

use partywall_content::{Content, LineRule, Switch};
use partywall_expr::Program;
use partywall_model::Kind;

/// All rules that can answer for a kind.
#[derive(Debug)]
pub(super) struct KindRules<'a> {
    /// By position of the control.
    by_control: Vec<Vec<Candidate<'a>>>,
    questions: Vec<Question<'a>>,
}

/// A rule that answers for a control, unless an earlier one does.
#[derive(Clone, Debug)]
pub(super) struct Candidate<'a> {
    pub(super) id: RuleRef,
    pub(super) rule: &'a LineRule,
    /// Positions among the questions of the kind.
    pub(super) condition: Option<usize>,
    pub(super) switch: Option<usize>,
}

/// A rule, by the place of its file among the content's and its own place in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum RuleRef {
    Service(usize, usize),
    Archetype(usize, usize),
}

/// Something that must be asked of an asset.
#[derive(Clone, Copy, Debug)]
pub(super) enum Question<'a> {
    /// Does the condition of this rule hold?
    Condition(&'a str, &'a Program),
    /// How does the switch of this rule stand?
    Switch(&'a str, &'a Switch),
}

impl<'a> KindRules<'a> {
    /// The rules for a kind; none at all where no service file knows it.
    pub(super) fn of(content: &'a Content, kind: &Kind) -> Self {
        let mut rules = Self { by_control: vec![Vec::new(); content.controls.len()], questions: Vec::new() };
        let known = content.services.iter().enumerate().find(|(_, service)| service.kinds.contains_key(kind));
        let Some((file, service)) = known else { return rules };
        for (at, rule) in service.lines.iter().enumerate() {
            if rule.kinds.is_empty() || rule.kinds.contains(kind) {
                rules.add(content, RuleRef::Service(file, at), rule);
            }
        }
        let archetype = service
            .kinds
            .get(kind)
            .and_then(|id| content.archetypes.iter().enumerate().find(|(_, archetype)| archetype.id == *id));
        if let Some((file, archetype)) = archetype {
            for (at, rule) in archetype.lines.iter().enumerate() {
                rules.add(content, RuleRef::Archetype(file, at), rule);
            }
        }
        rules
    }

    /// What must be asked of an asset of the kind.
    pub(super) fn questions(&self) -> impl Iterator<Item = Question<'a>> {
        self.questions.iter().copied()
    }

    /// The rules that may answer for a control, in the order in which they are asked.
    pub(super) fn candidates(&self, control: usize) -> &[Candidate<'a>] {
        self.by_control.get(control).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, content: &Content, id: RuleRef, rule: &'a LineRule) {
        let open: Vec<usize> = rule
            .controls
            .iter()
            .filter_map(|control| content.controls.iter().position(|known| known.id == *control))
            .filter(|control| self.is_open(*control))
            .collect();
        if open.is_empty() {
            return;
        }
        let condition = rule.when.as_ref().map(|when| self.ask(Question::Condition(&rule.rule, when)));
        let switch = rule.switch.as_ref().map(|switch| self.ask(Question::Switch(&rule.rule, switch)));
        for control in open {
            if let Some(candidates) = self.by_control.get_mut(control) {
                candidates.push(Candidate { id, rule, condition, switch });
            }
        }
    }

    /// Whether no earlier rule answers for a control whatever the asset.
    fn is_open(&self, control: usize) -> bool {
        self.candidates(control).iter().all(|candidate| candidate.condition.is_some())
    }

    fn ask(&mut self, question: Question<'a>) -> usize {
        self.questions.push(question);
        self.questions.len() - 1
    }
}
