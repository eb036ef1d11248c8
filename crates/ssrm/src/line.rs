//! A line: who holds one control for one asset, and what each party does.

use std::fmt;
use std::sync::Arc;

use partywall_content::SourceRef;
use partywall_model::{ControlId, Holder, Node, Why, WhyKind};

/// Who holds a control for an asset.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The control.
    pub control: ControlId,
    /// Who holds it.
    pub holder: Holder,
    /// The provider's part.
    pub provider_does: Box<str>,
    /// The customer's part, or that of whom it was delegated to.
    pub customer_does: Box<str>,
    /// What the customer must switch on, where the line is dependent.
    pub switch: Option<SwitchState>,
    /// Where it is said.
    pub source: SourceRef,
    /// Which rule says it: `aws/lambda.yaml:12`.
    pub rule: Box<str>,
    /// What would have to be read to know the holder; empty where it is known.
    pub needs: Vec<Need>,
}

/// A property that was not seen, and why.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Need {
    /// Its path; empty where the reason is not about a single property.
    pub property: Box<str>,
    /// Why it was not seen.
    pub why: Arc<Why>,
}

/// A switch on an asset.
#[derive(Clone, Debug, PartialEq)]
pub struct SwitchState {
    /// Property path; empty where the switch is no property of the kind.
    pub property: Box<str>,
    /// The values that mean *on*; empty where an expression says so.
    pub values: Vec<Node>,
    /// How it stands.
    pub position: Position,
    /// What to do, where it is no property, or in addition.
    pub note: Box<str>,
}

/// How a switch stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Position {
    /// On.
    On,
    /// Off. The value that was found is `absent` where there is none.
    Off {
        /// What was found, as text.
        found: Box<str>,
    },
    /// Not seen.
    Unseen(Vec<Need>),
    /// It is no property of this kind: checks on other assets show it.
    Elsewhere,
}

impl Position {
    /// Whether it is on; none where that is not known from this asset.
    pub fn is_on(&self) -> Option<bool> {
        match self {
            Self::On => Some(true),
            Self::Off { .. } => Some(false),
            Self::Unseen(_) | Self::Elsewhere => None,
        }
    }
}

impl Line {
    /// The first thing that must be read before the holder is known.
    pub fn first_need(&self) -> Option<&Need> {
        self.needs.first()
    }
}

impl Need {
    pub(crate) fn not_read(operation: String, message: &str) -> Self {
        let why = Why::new(WhyKind::NotRead, operation).with_message(message);
        Self { property: "".into(), why: Arc::new(why) }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.property.is_empty() {
            write!(f, "`{}`: ", self.property)?;
        }
        self.why.fmt(f)
    }
}

impl SwitchState {
    /// What to set, in a few words: `IsLogging` = `true`.
    pub fn wanted(&self) -> String {
        let values: Vec<String> = self.values.iter().map(shown).collect();
        match (&*self.property, &*self.note, values.is_empty()) {
            ("", note, _) | (_, note, true) if !note.is_empty() => note.to_owned(),
            (property, _, true) => format!("set `{property}`"),
            (property, _, false) => format!("set `{property}` to {}", values.join(" or ")),
        }
    }
}

/// A value as people read it.
pub fn shown(node: &Node) -> String {
    match node {
        Node::Absent => "absent".to_owned(),
        Node::Unknown(why) => format!("unknown: {why}"),
        Node::Bool(value) => format!("`{value}`"),
        Node::Int(value) => format!("`{value}`"),
        Node::Float(value) => format!("`{value}`"),
        Node::Text(text) if text.len() <= 80 => format!("`{text}`"),
        Node::Text(_) => "a long text".to_owned(),
        Node::List(items) => format!("a list of {}", items.len()),
        Node::Map(map) => format!("a map of {}", map.len()),
    }
}

/// The lines of one asset, one for each control, in the order of the controls. Assets of one kind whose
/// deciding properties agree share them.
#[derive(Clone, Debug)]
pub struct LineSet(Arc<[Arc<Line>]>);

impl LineSet {
    pub(crate) fn new(lines: Vec<Arc<Line>>) -> Self {
        Self(lines.into())
    }

    /// All lines.
    pub fn iter(&self) -> std::slice::Iter<'_, Arc<Line>> {
        self.0.iter()
    }

    /// How many there are: one for each control.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no control at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The line at a control's position in [`Content::controls`](partywall_content::Content::controls).
    pub fn at(&self, control: usize) -> Option<&Arc<Line>> {
        self.0.get(control)
    }

    /// The line of a control.
    pub fn of(&self, control: &ControlId) -> Option<&Arc<Line>> {
        self.0.iter().find(|line| line.control == *control)
    }

    /// Whether both are the very same set, which is quick to tell.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The controls whose holder differs: responsibility that has drifted between two looks at one asset.
    pub fn drift<'a>(&'a self, later: &'a Self) -> impl Iterator<Item = Drift<'a>> {
        let same = self.is_same(later);
        self.0
            .iter()
            .filter(move |_| !same)
            .filter_map(|before| Some(Drift { before, after: later.of(&before.control)? }))
            .filter(|drift| drift.before.holder != drift.after.holder)
    }
}

impl<'a> IntoIterator for &'a LineSet {
    type Item = &'a Arc<Line>;
    type IntoIter = std::slice::Iter<'a, Arc<Line>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A control that has changed hands.
#[derive(Clone, Copy, Debug)]
pub struct Drift<'a> {
    /// The line as it was.
    pub before: &'a Arc<Line>,
    /// The line as it is.
    pub after: &'a Arc<Line>,
}

impl Drift<'_> {
    /// Whether it moves work to the customer.
    pub fn is_to_customer(&self) -> bool {
        !self.before.holder.is_in_scope() && self.after.holder.is_in_scope()
    }
}
