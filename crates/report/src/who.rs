//! Who holds each control for a kind of resource, or for one asset.
//!
//! For an asset every control has one answer. For a kind the answer may hang on how a resource is set up, so
//! a control has as many answers as there are rules that may decide, in the order in which they are asked.

use std::io::{self, Write};

use jiff::Timestamp;
use jiff::tz::Offset;
use partywall_content::{Content, Control, Delegation, LineRule, Settings};
use partywall_model::{Asset, Kind, Layer};
use partywall_ssrm::LineSet;
use serde::Serialize;

use crate::document::{NeedEntry, SourceEntry, SwitchEntry, holder_word, third_party};
use crate::json;
use crate::shown::shown;
use crate::text::TextStyle;
use crate::text::page::{Look, Page, Span, looking, plain, quiet, strong};
use crate::words;

/// The name of the JSON form.
pub const FORMAT: &str = "partywall-who/1";

/// Who holds what for one subject.
#[derive(Debug, Serialize)]
pub struct Who<'a> {
    format: &'static str,
    kind: &'a str,
    asset: Option<AssetName<'a>>,
    controls: Vec<WhoControl<'a>>,
}

#[derive(Debug, Serialize)]
struct AssetName<'a> {
    id: &'a str,
    name: Option<&'a str>,
    account: Option<&'a str>,
    region: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct WhoControl<'a> {
    control: &'a str,
    layer: Layer,
    title: &'a str,
    meaning: &'a str,
    /// The holder's word, or `depends` where the answers differ.
    holder: &'static str,
    answers: Vec<Answer<'a>>,
}

#[derive(Debug, Serialize)]
struct Answer<'a> {
    /// Where it holds; none where it holds always, or for all that the answers before leave over.
    when: Option<String>,
    holder: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    third_party: Option<&'a str>,
    provider_does: &'a str,
    customer_does: &'a str,
    switch: Option<SwitchEntry<'a>>,
    /// What to set, as people read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    wanted: Option<String>,
    source: SourceEntry<'a>,
    rule: String,
    needs: Vec<NeedEntry<'a>>,
}

impl<'a> Who<'a> {
    /// For one asset, by its resolved lines.
    pub fn of_asset(content: &'a Content, asset: &'a Asset, lines: &'a LineSet) -> Self {
        let controls = content.controls.iter().zip(lines).map(|(control, line)| {
            let answer = Answer {
                when: None,
                holder: holder_word(&line.holder),
                third_party: third_party(&line.holder),
                provider_does: &line.provider_does,
                customer_does: &line.customer_does,
                switch: line.switch.as_ref().map(SwitchEntry::of),
                wanted: line
                    .switch
                    .as_ref()
                    .map(|switch| words::wanted(&switch.property, &switch.values, &switch.note)),
                source: SourceEntry::of(&line.source),
                rule: line.rule.to_string(),
                needs: line.needs.iter().map(NeedEntry::of).collect(),
            };
            WhoControl::of(control, vec![answer])
        });
        let name = AssetName {
            id: asset.id.as_str(),
            name: asset.name.as_deref(),
            account: asset.account.as_ref().map(|account| account.as_str()),
            region: asset.region.as_ref().map(|region| region.as_str()),
        };
        Self { format: FORMAT, kind: asset.kind.as_str(), asset: Some(name), controls: controls.collect() }
    }

    /// For a kind, by the rules that may decide; none where no service file knows the kind. `now` decides
    /// which delegations of the settings still hold.
    pub fn of_kind(
        content: &'a Content,
        settings: &'a Settings,
        kind: &'a Kind,
        now: Timestamp,
    ) -> Option<Self> {
        let service = content.services.iter().find(|service| service.kinds.contains_key(kind))?;
        let archetype = service.kinds.get(kind);
        let archetype = content.archetypes.iter().find(|known| Some(&known.id) == archetype);
        let own = service.lines.iter().filter(|rule| rule.kinds.is_empty() || rule.kinds.contains(kind));
        let rules: Vec<&LineRule> = own.chain(archetype.into_iter().flat_map(|known| &known.lines)).collect();
        let today = Offset::UTC.to_datetime(now).date();
        let controls = content.controls.iter().map(|control| {
            let is_delegated = |delegation: &&Delegation| {
                delegation.control == control.id
                    && today <= delegation.until
                    && (delegation.kinds.is_empty()
                        || delegation.kinds.iter().any(|named| *kind == *named.as_str()))
            };
            let mut answers = Vec::new();
            let mut in_scope = false;
            for rule in rules.iter().filter(|rule| rule.controls.contains(&control.id)) {
                answers.push(Answer::of_rule(rule));
                in_scope |= rule.holder.is_in_scope();
                if rule.when.is_none() {
                    break;
                }
            }
            let delegation = settings.overlays.iter().map(|overlay| &overlay.value).find(is_delegated);
            if let Some(delegation) = delegation.filter(|_| in_scope) {
                answers.insert(0, Answer::of_delegation(delegation));
            }
            WhoControl::of(control, answers)
        });
        Some(Self { format: FORMAT, kind: kind.as_str(), asset: None, controls: controls.collect() })
    }
}

impl<'a> WhoControl<'a> {
    fn of(control: &'a Control, answers: Vec<Answer<'a>>) -> Self {
        let first = answers.first().map_or("unknown", |answer| answer.holder);
        let same = answers.iter().all(|answer| answer.holder == first);
        Self {
            control: control.id.as_str(),
            layer: control.layer,
            title: &control.title,
            meaning: &control.meaning,
            holder: if same { first } else { "depends" },
            answers,
        }
    }
}

impl<'a> Answer<'a> {
    fn of_rule(rule: &'a LineRule) -> Self {
        let switch = rule.switch.as_ref();
        Self {
            when: rule.when.as_ref().map(|when| when.source().to_owned()),
            holder: holder_word(&rule.holder),
            third_party: third_party(&rule.holder),
            provider_does: &rule.provider_does,
            customer_does: &rule.customer_does,
            switch: switch.map(|switch| SwitchEntry {
                property: &switch.property,
                values: &switch.values,
                on: None,
                position: "not-looked",
                found: None,
                needs: Vec::new(),
                note: &switch.note,
            }),
            wanted: switch.map(|switch| words::wanted(&switch.property, &switch.values, &switch.note)),
            source: SourceEntry::of(&rule.source),
            rule: rule.rule.to_string(),
            needs: Vec::new(),
        }
    }

    fn of_delegation(delegation: &'a Delegation) -> Self {
        let accounts: Vec<&str> = delegation.accounts.iter().map(|account| account.as_str()).collect();
        let place = if accounts.is_empty() { String::new() } else { format!(" in {}", accounts.join(", ")) };
        Self {
            when: Some(format!("until {}{place}, where it would be yours", delegation.until)),
            holder: "third-party",
            third_party: Some(&delegation.to),
            provider_does: "",
            customer_does: &delegation.does,
            switch: None,
            wanted: None,
            source: SourceEntry { kind: "settings", url: None, as_of: None },
            rule: "partywall.yaml".to_owned(),
            needs: Vec::new(),
        }
    }
}

/// Writes the JSON form.
///
/// # Errors
/// What the writer refuses.
pub fn write_json(who: &Who<'_>, out: &mut dyn Write) -> io::Result<()> {
    json::write_value(who, out)
}

/// Writes it for a terminal, by layer.
///
/// # Errors
/// What the writer refuses.
pub fn write_text(who: &Who<'_>, style: TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(out, style);
    let name = who.asset.as_ref().map(|asset| asset.name.unwrap_or(asset.id));
    let subject = name.unwrap_or(who.kind);
    page.line(&[plain("Who holds what for "), strong(shown(subject).to_string())])?;
    if let Some(asset) = &who.asset {
        let facts = [Some(who.kind), Some(asset.id), asset.account, asset.region];
        let facts: Vec<String> = facts.into_iter().flatten().map(|fact| shown(fact).to_string()).collect();
        page.wrapped(0, &[quiet(facts.join(" · "))])?;
    }
    let count = |holder: &str| who.controls.iter().filter(|control| control.holder == holder).count();
    let holders = [
        ("customer", "yours"),
        ("shared-independent", "shared"),
        ("shared-dependent", "shared under a switch"),
        ("provider", "the provider's"),
        ("third-party", "a third party's"),
        ("depends", "depending on its settings"),
        ("unknown", "unknown"),
        ("not-applicable", "without meaning here"),
    ];
    let counts: Vec<String> = holders
        .iter()
        .map(|(holder, words)| (count(holder), words))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    page.wrapped(0, &[quiet(format!("{} controls: {}", who.controls.len(), counts.join(", ")))])?;
    for layer in Layer::ALL {
        let controls: Vec<&WhoControl<'_>> = who.controls.iter().filter(|c| c.layer == layer).collect();
        if !controls.is_empty() {
            page.heading(words::layer(layer), words::layer_meaning(layer))?;
            controls.into_iter().try_for_each(|control| one_control(control, &mut page))?;
        }
    }
    Ok(())
}

fn one_control(control: &WhoControl<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let title = strong(shown(control.title).to_string());
    if let [answer] = control.answers.as_slice() {
        page.hanging(2, 6, &[title, plain(": "), holder_span(answer), quiet(condition(answer))])?;
        return parts(answer, 6, page);
    }
    let head = match control.holder {
        _ if control.answers.is_empty() => looking(Look::Warn, ": unknown, no rule answers"),
        "depends" => looking(Look::Warn, ": depends on its settings"),
        holder => plain(format!(": {}, by its settings", words::holder(holder))),
    };
    page.hanging(2, 6, &[title, head])?;
    for answer in &control.answers {
        page.hanging(6, 8, &[plain("• "), holder_span(answer), quiet(condition_of_several(answer))])?;
        parts(answer, 8, page)?;
    }
    Ok(())
}

fn condition(answer: &Answer<'_>) -> String {
    answer.when.as_ref().map(|when| format!(" when {}", shown(when))).unwrap_or_default()
}

fn condition_of_several(answer: &Answer<'_>) -> String {
    if answer.when.is_none() { " otherwise".to_owned() } else { condition(answer) }
}

fn holder_span(answer: &Answer<'_>) -> Span {
    let look = match answer.holder {
        "customer" | "shared-independent" | "shared-dependent" => Look::Strong,
        "unknown" => Look::Warn,
        "not-applicable" => Look::Quiet,
        _ => Look::Plain,
    };
    let name = answer.third_party.map(|name| format!(" ({})", shown(name))).unwrap_or_default();
    looking(look, format!("{}{name}", words::holder(answer.holder)))
}

fn parts(answer: &Answer<'_>, indent: usize, page: &mut Page<'_>) -> io::Result<()> {
    if answer.holder == "not-applicable" {
        return Ok(());
    }
    let mut part = |label: &str, text: &str| {
        if text.is_empty() {
            return Ok(());
        }
        page.hanging(indent, indent + 10, &[quiet(format!("{label:<9} ")), plain(shown(text).to_string())])
    };
    part("provider", answer.provider_does)?;
    part(if answer.holder == "third-party" { "they" } else { "you" }, answer.customer_does)?;
    if let Some(wanted) = &answer.wanted {
        let state =
            answer.switch.as_ref().map_or_else(String::new, |switch| match (switch.position, switch.found) {
                ("on", _) => " (it is on)".to_owned(),
                ("off", Some(found)) if !found.is_empty() => format!(" (it is off: {found})"),
                ("off", _) => " (it is off)".to_owned(),
                ("unseen", _) => " (not seen)".to_owned(),
                _ => String::new(),
            });
        part("switch", &format!("{wanted}{state}"))?;
    }
    for need in &answer.needs {
        let property =
            if need.property.is_empty() { String::new() } else { format!("`{}`: ", need.property) };
        part("needs", &format!("{property}{}", words::why(&need.why)))?;
    }
    let source = match (answer.source.kind, answer.source.url, answer.source.as_of) {
        (_, Some(url), Some(as_of)) => format!("{url} (as of {as_of})"),
        ("unverified", ..) => "unverified: no page was read for it".to_owned(),
        _ => "your own settings".to_owned(),
    };
    let rule = if answer.rule.is_empty() { String::new() } else { format!(" · {}", answer.rule) };
    part("source", &format!("{source}{rule}"))
}
