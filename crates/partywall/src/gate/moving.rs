//! Responsibility drift: who holds what before a plan and after it.
//!
//! Both sides are made into assets by the same mappings and asked for their lines. A resource that is there before and after
//! can *move* controls; one that is new *takes them on*, one that goes *gives them back*, also where the one stands in for the
//! other under a different address: they are two resources, and nobody can say which replaces which.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use partywall_content::{Content, Settings};
use partywall_iac::terraform::plan::{Action, Change, Plan, Plans};
use partywall_iac::{Declaration, Mapped};
use partywall_model::{Asset, Holder, Problem};
use partywall_report::gate::{GateHolding, GateMove, GateResponsibility, GateSwitch, holder};
use partywall_ssrm::handover::{handover, left_off};
use partywall_ssrm::{Line, LineSet, Resolver, shown};

use super::running::Made;

/// Controls of the organisation are held once, and no resource brings them.
const OF_ORGANISATION: &str = "org.";
/// So many changed properties are named.
const NAMED: usize = 4;

/// What the plans do; none where there is no plan. `after` holds what each plan makes, in their order.
pub(super) fn responsibility(
    planned: &Plans,
    after: &[Made],
    mapped: &Mapped<'_>,
    content: &Content,
    settings: &Settings,
    now: Timestamp,
    max_moved: Option<usize>,
) -> (Option<GateResponsibility>, Vec<Problem>) {
    if planned.plans.is_empty() {
        return (None, Vec::new());
    }
    let mut moving = Moving {
        content,
        resolver: Resolver::new(content, settings),
        now,
        said: GateResponsibility { max_moved, ..GateResponsibility::default() },
    };
    let mut problems = Vec::new();
    for (plan, after) in planned.plans.iter().zip(after) {
        if plan.changes.iter().any(|change| change.action == Action::Planned) {
            let message = "the plan does not say what its resources were before, so nobody can say what moves; keep its `resource_changes`";
            problems.push(Problem::new(&*plan.file, message));
        }
        if plan.changes.iter().any(|change| change.action != Action::Keep) {
            moving.plan(plan, &after.declared.assets, mapped);
        }
    }
    problems.extend(moving.resolver.problems().iter().cloned());
    (Some(moving.said), problems)
}

struct Moving<'c> {
    content: &'c Content,
    resolver: Resolver<'c>,
    now: Timestamp,
    said: GateResponsibility,
}

impl Moving<'_> {
    fn plan(&mut self, plan: &Plan, after: &[Declaration], mapped: &Mapped<'_>) {
        let before = mapped.assets(&plan.before()).assets;
        let changes: HashMap<&str, &Change> =
            plan.changes.iter().map(|change| (&*change.address, change)).collect();
        let key = |declared: &Declaration| (declared.address.clone(), declared.asset.kind.clone());
        let was: HashMap<_, &Asset> =
            before.iter().map(|declared| (key(declared), &declared.asset)).collect();
        let mut met = HashSet::new();
        for declared in after {
            let Some(change) = changes.get(&*declared.address) else { continue };
            let address = change.previous.as_ref().unwrap_or(&change.address).clone();
            let key = (address, declared.asset.kind.clone());
            match was.get(&key) {
                Some(asset) => {
                    met.insert(key);
                    self.changed(&declared.address, asset, &declared.asset);
                }
                None if change.action == Action::Planned => {}
                None => self.made(&declared.address, &declared.asset),
            }
        }
        let actions: HashMap<&str, Action> = plan
            .changes
            .iter()
            .map(|change| (&**change.previous.as_ref().unwrap_or(&change.address), change.action))
            .collect();
        let deleted = |declared: &&Declaration| {
            let action = actions.get(&*declared.address);
            action.is_some_and(|action| *action != Action::Forget) && !met.contains(&key(declared))
        };
        let gone: Vec<&Declaration> = before.iter().filter(deleted).collect();
        for declared in gone {
            let lines = self.resolver.lines(&declared.asset, self.now);
            self.said.released.extend(holding(&declared.address, &declared.asset, &lines));
        }
    }

    /// A resource that is there before and after.
    fn changed(&mut self, address: &str, before: &Asset, after: &Asset) {
        if before.properties == after.properties {
            return;
        }
        let (was, is) = (self.resolver.lines(before, self.now), self.resolver.lines(after, self.now));
        let found = handover(&was, &is);
        let told = |(from, to): &(Arc<Line>, Arc<Line>)| self.told(address, before, after, from, to);
        let moved: Vec<GateMove> = found.moved.iter().map(told).collect();
        let given_back: Vec<GateMove> = found.given_back.iter().map(told).collect();
        let undecided: Vec<GateMove> = found.undecided.iter().map(told).collect();
        self.said.moved.extend(moved);
        self.said.given_back.extend(given_back);
        self.said.undecided.extend(undecided);
        self.switches(address, after, &is, Some(&was));
    }

    /// A resource that is new.
    fn made(&mut self, address: &str, asset: &Asset) {
        let lines = self.resolver.lines(asset, self.now);
        self.said.taken_on.extend(holding(address, asset, &lines));
        self.switches(address, asset, &lines, None);
    }

    fn told(&self, address: &str, before: &Asset, after: &Asset, from: &Line, to: &Line) -> GateMove {
        let need = [from, to].into_iter().find_map(Line::first_need);
        GateMove {
            address: address.into(),
            kind: after.kind.as_str().into(),
            changed: self.changes(before, after, to),
            control: to.control.as_str().into(),
            from: holder(&from.holder),
            to: holder(&to.holder),
            customer_does: to.customer_does.clone(),
            rule: to.rule.clone(),
            source: to.source.to_string().into(),
            because: need.map(|need| need.to_string().into()).unwrap_or_default(),
        }
    }

    /// The properties that the lines of a control ask for and that change.
    fn changes(&self, before: &Asset, after: &Asset, line: &Line) -> Vec<Box<str>> {
        let services = self.content.services.iter();
        let rules = services
            .filter(|service| service.kinds.contains_key(&after.kind))
            .flat_map(|service| &service.lines)
            .filter(|rule| rule.controls.contains(&line.control))
            .filter(|rule| rule.kinds.is_empty() || rule.kinds.contains(&after.kind));
        let mut found: Vec<Box<str>> = Vec::new();
        for path in rules.filter_map(|rule| rule.when.as_ref()).flat_map(|when| when.paths()) {
            let (was, is) = (before.properties.at(&path.path), after.properties.at(&path.path));
            let told = format!("`{}` from {} to {}", path.path, shown(was), shown(is)).into();
            if was != is && !found.contains(&told) && found.len() < NAMED {
                found.push(told);
            }
        }
        found
    }

    fn switches(&mut self, address: &str, asset: &Asset, lines: &LineSet, before: Option<&LineSet>) {
        let mut found: BTreeMap<(Box<str>, Box<str>, String), GateSwitch> = BTreeMap::new();
        for (line, switch, value) in left_off(lines) {
            let wanted = switch.wanted();
            let key = (switch.property.clone(), Box::from(value), wanted.clone());
            let was_off = before.is_some_and(|before| {
                left_off(before).any(|(earlier, was, _)| {
                    earlier.control == line.control && was.property == switch.property
                })
            });
            let entry = found.entry(key).or_insert_with(|| GateSwitch {
                address: address.into(),
                kind: asset.kind.as_str().into(),
                controls: Vec::new(),
                property: switch.property.clone(),
                found: value.into(),
                wanted: wanted.into(),
                was_off,
            });
            entry.controls.push(line.control.as_str().into());
        }
        self.said.switches_off.extend(found.into_values());
    }
}

/// What a resource brings or takes along; none where no part of it is the customer's.
fn holding(address: &str, asset: &Asset, lines: &LineSet) -> Option<GateHolding> {
    let of = |is_meant: fn(&Holder) -> bool| -> Vec<Box<str>> {
        let own = lines.iter().filter(|line| !line.control.as_str().starts_with(OF_ORGANISATION));
        own.filter(|line| is_meant(&line.holder)).map(|line| line.control.as_str().into()).collect()
    };
    let found = GateHolding {
        address: address.into(),
        kind: asset.kind.as_str().into(),
        customer: of(|holder| matches!(holder, Holder::Customer)),
        shared: of(|holder| matches!(holder, Holder::SharedIndependent | Holder::SharedDependent)),
        unknown: of(|holder| matches!(holder, Holder::Unknown)),
    };
    let is_empty = found.customer.is_empty() && found.shared.is_empty() && found.unknown.is_empty();
    (!is_empty).then_some(found)
}
