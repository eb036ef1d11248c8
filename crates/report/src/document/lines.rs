//! Who holds what: the distinct lines, and how many there are of each holder.

use std::collections::HashMap;
use std::sync::Arc;

use partywall_content::SourceRef;
use partywall_model::{Holder, Kind, Layer, Node};
use partywall_ssrm::{Line, Need, Position};
use serde::Serialize;

use super::evidence::WhyEntry;
use crate::assessment::Assessment;

/// All lines of an estate.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    /// The distinct ones, with the assets that share them.
    pub(crate) entries: Vec<LineEntry<'a>>,
    /// How many lines each holder has, by the control's position.
    pub(crate) by_control: Vec<HolderCounts>,
    /// All together.
    pub(crate) all: HolderCounts,
    /// How many rest on a source that nobody could read.
    pub(crate) unverified: usize,
    positions: HashMap<LineKey, usize>,
    controls: HashMap<&'a str, usize>,
    kinds: HashMap<&'a Kind, usize>,
}

/// A line by its place in memory (the resolver hands out each distinct line once), and its kind.
type LineKey = (usize, usize);

/// How many lines each holder has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct HolderCounts {
    pub(crate) provider: usize,
    pub(crate) customer: usize,
    pub(crate) shared_independent: usize,
    pub(crate) shared_dependent: usize,
    pub(crate) third_party: usize,
    pub(crate) unknown: usize,
    pub(crate) not_applicable: usize,
}

impl HolderCounts {
    fn add(&mut self, holder: &Holder) {
        *match holder {
            Holder::Provider => &mut self.provider,
            Holder::Customer => &mut self.customer,
            Holder::SharedIndependent => &mut self.shared_independent,
            Holder::SharedDependent => &mut self.shared_dependent,
            Holder::ThirdParty(_) => &mut self.third_party,
            Holder::NotApplicable => &mut self.not_applicable,
            Holder::Unknown => &mut self.unknown,
        } += 1;
    }

    fn plus(self, other: &Self) -> Self {
        Self {
            provider: self.provider + other.provider,
            customer: self.customer + other.customer,
            shared_independent: self.shared_independent + other.shared_independent,
            shared_dependent: self.shared_dependent + other.shared_dependent,
            third_party: self.third_party + other.third_party,
            unknown: self.unknown + other.unknown,
            not_applicable: self.not_applicable + other.not_applicable,
        }
    }

    /// Both ways of sharing.
    pub(crate) fn shared(&self) -> usize {
        self.shared_independent + self.shared_dependent
    }

    /// All lines that mean something.
    pub(crate) fn applicable(&self) -> usize {
        self.provider + self.customer + self.shared() + self.third_party + self.unknown
    }
}

/// A distinct line, and the assets of one kind that share it.
#[derive(Debug, Serialize)]
pub(crate) struct LineEntry<'a> {
    pub(crate) control: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) holder: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) third_party: Option<&'a str>,
    pub(crate) provider_does: &'a str,
    pub(crate) customer_does: &'a str,
    pub(crate) switch: Option<SwitchEntry<'a>>,
    pub(crate) source: SourceEntry<'a>,
    pub(crate) rule: &'a str,
    pub(crate) needs: Vec<NeedEntry<'a>>,
    /// Positions among the document's assets.
    pub(crate) assets: Vec<usize>,
}

/// A switch and how it stands.
#[derive(Debug, Serialize)]
pub(crate) struct SwitchEntry<'a> {
    pub(crate) property: &'a str,
    pub(crate) values: &'a [Node],
    pub(crate) on: Option<bool>,
    pub(crate) position: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) found: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) needs: Vec<NeedEntry<'a>>,
    pub(crate) note: &'a str,
}

/// A property that was not seen, and why.
#[derive(Debug, Serialize)]
pub(crate) struct NeedEntry<'a> {
    pub(crate) property: &'a str,
    pub(crate) why: WhyEntry<'a>,
}

/// Where a line is said.
#[derive(Debug, Serialize)]
pub(crate) struct SourceEntry<'a> {
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) as_of: Option<&'a str>,
}

impl<'a> Lines<'a> {
    pub(super) fn of(assessment: &Assessment<'a>) -> Self {
        let mut lines = Self {
            entries: Vec::new(),
            by_control: vec![HolderCounts::default(); assessment.controls().len()],
            all: HolderCounts::default(),
            unverified: 0,
            positions: HashMap::new(),
            controls: assessment.controls().iter().enumerate().map(|(at, c)| (c.id.as_str(), at)).collect(),
            kinds: HashMap::new(),
        };
        for (at, (asset, set)) in
            assessment.estate().assets().iter().zip(&assessment.status.lines).enumerate()
        {
            let next = lines.kinds.len();
            let kind = *lines.kinds.entry(&asset.kind).or_insert(next);
            for (control, line) in set.iter().enumerate() {
                if let Some(counts) = lines.by_control.get_mut(control) {
                    counts.add(&line.holder);
                }
                lines.all.add(&line.holder);
                lines.unverified += usize::from(is_unverified(line));
                let next = lines.entries.len();
                let position = *lines.positions.entry((Arc::as_ptr(line).addr(), kind)).or_insert(next);
                if position == next {
                    lines.entries.push(LineEntry::of(line, &asset.kind));
                }
                if let Some(entry) = lines.entries.get_mut(position) {
                    entry.assets.push(at);
                }
            }
        }
        lines
    }

    /// The position of a control.
    pub(crate) fn control(&self, id: &str) -> Option<usize> {
        self.controls.get(id).copied()
    }

    /// The position among the entries of an asset's line for a control.
    pub(crate) fn position(&self, assessment: &Assessment<'a>, asset: usize, control: &str) -> Option<usize> {
        let line = assessment.status.lines.get(asset)?.at(self.control(control)?)?;
        let kind = self.kinds.get(&assessment.estate().assets().get(asset)?.kind)?;
        self.positions.get(&(Arc::as_ptr(line).addr(), *kind)).copied()
    }

    /// The counts of a layer's controls together.
    pub(crate) fn of_layer(&self, assessment: &Assessment<'a>, layer: Layer) -> HolderCounts {
        assessment
            .controls()
            .iter()
            .zip(&self.by_control)
            .filter(|(control, _)| control.layer == layer)
            .fold(HolderCounts::default(), |sum, (_, counts)| sum.plus(counts))
    }
}

fn is_unverified(line: &Line) -> bool {
    let applies = !matches!(line.holder, Holder::NotApplicable | Holder::Unknown);
    applies && line.source == SourceRef::Unverified
}

impl<'a> LineEntry<'a> {
    pub(crate) fn of(line: &'a Arc<Line>, kind: &'a Kind) -> Self {
        Self {
            control: line.control.as_str(),
            kind: kind.as_str(),
            holder: holder_word(&line.holder),
            third_party: third_party(&line.holder),
            provider_does: &line.provider_does,
            customer_does: &line.customer_does,
            switch: line.switch.as_ref().map(SwitchEntry::of),
            source: SourceEntry::of(&line.source),
            rule: &line.rule,
            needs: line.needs.iter().map(NeedEntry::of).collect(),
            assets: Vec::new(),
        }
    }
}

impl<'a> SwitchEntry<'a> {
    pub(crate) fn of(switch: &'a partywall_ssrm::SwitchState) -> Self {
        let (position, found, needs) = match &switch.position {
            Position::On => ("on", None, [].as_slice()),
            Position::Off { found } => ("off", Some(&**found), [].as_slice()),
            Position::Unseen(needs) => ("unseen", None, needs.as_slice()),
            Position::Elsewhere => ("elsewhere", None, [].as_slice()),
        };
        Self {
            property: &switch.property,
            values: &switch.values,
            on: switch.position.is_on(),
            position,
            found,
            needs: needs.iter().map(NeedEntry::of).collect(),
            note: &switch.note,
        }
    }
}

impl<'a> NeedEntry<'a> {
    pub(crate) fn of(need: &'a Need) -> Self {
        Self { property: &need.property, why: WhyEntry::of(&need.why) }
    }
}

impl<'a> SourceEntry<'a> {
    pub(crate) fn of(source: &'a SourceRef) -> Self {
        match source {
            SourceRef::Page { url, as_of } => Self { kind: "page", url: Some(url), as_of: Some(as_of) },
            SourceRef::Unverified => Self { kind: "unverified", url: None, as_of: None },
            SourceRef::Settings => Self { kind: "settings", url: None, as_of: None },
        }
    }
}

/// The holder's word in the wire form.
pub(crate) fn holder_word(holder: &Holder) -> &'static str {
    match holder {
        Holder::Provider => "provider",
        Holder::Customer => "customer",
        Holder::SharedIndependent => "shared-independent",
        Holder::SharedDependent => "shared-dependent",
        Holder::ThirdParty(_) => "third-party",
        Holder::NotApplicable => "not-applicable",
        Holder::Unknown => "unknown",
    }
}

pub(crate) fn third_party(holder: &Holder) -> Option<&str> {
    match holder {
        Holder::ThirdParty(name) => Some(name),
        _ => None,
    }
}
