//! The words and figures that every form for people shares.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::Offset;
use partywall_model::{AccountId, Confidence, Effort, Layer, Node, Severity};
use partywall_ssrm::score::{Because, Want};

use crate::document::{FixEntry, LiftEntry, WhyEntry};

/// What stands between "nothing" and "as good as it gets".
pub(crate) fn level(level: u8) -> &'static str {
    match level {
        0 => "nothing seen to hold",
        1 => "seen",
        2 => "covered",
        3 => "effective",
        _ => "sustained",
    }
}

/// The title of a layer.
pub(crate) fn layer(layer: Layer) -> &'static str {
    match layer {
        Layer::Apps => "Applications",
        Layer::Hosts => "Hosts",
        Layer::Network => "Network",
        Layer::Platform => "Platform",
        Layer::Org => "Organisation",
    }
}

/// What a layer is, in half a line.
pub(crate) fn layer_meaning(layer: Layer) -> &'static str {
    match layer {
        Layer::Apps => "what you build and run",
        Layer::Hosts => "machines and their systems",
        Layer::Network => "traffic and its boundaries",
        Layer::Platform => "the cloud's own services",
        Layer::Org => "people and process",
    }
}

/// Whose a line is, as people say it.
pub(crate) fn holder(word: &str) -> &'static str {
    match word {
        "provider" => "provider",
        "customer" => "customer",
        "shared-independent" => "shared (each its own part)",
        "shared-dependent" => "shared (provider offers, customer switches on)",
        "third-party" => "third party",
        "not-applicable" => "not applicable",
        _ => "unknown",
    }
}

/// Whose line it is, said to the customer.
pub(crate) fn whose_line(holder: &str) -> &'static str {
    match holder {
        "customer" => "your line",
        "shared-independent" => "your part of a shared line",
        "shared-dependent" => "a shared line that you switch on",
        "provider" => "the provider's line",
        "not-applicable" => "nobody's line",
        _ => "whose line is unknown",
    }
}

/// How sure a check is.
pub(crate) fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}

/// How much work it is.
pub(crate) fn effort(effort: Effort) -> String {
    let days = effort.days();
    let unit = if days > 1.0 { "days" } else { "day" };
    if days < 1.0 { format!("{effort:?}, half a day") } else { format!("{effort:?}, {days} {unit}") }
}

/// Whether an address may stand behind a link: content may come from anywhere.
pub(crate) fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// A piece of a message: plain, or what a message puts in backticks.
pub(crate) struct Piece<'a> {
    pub(crate) text: &'a str,
    pub(crate) is_code: bool,
}

/// The pieces of a message. A backtick without a partner stays as it is.
pub(crate) fn marked(message: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = message;
    while let Some((before, code, after)) = rest
        .split_once('`')
        .and_then(|(before, from)| from.split_once('`').map(|(code, after)| (before, code, after)))
    {
        pieces.push(Piece { text: before, is_code: false });
        pieces.push(Piece { text: code, is_code: true });
        rest = after;
    }
    pieces.push(Piece { text: rest, is_code: false });
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

/// The paragraphs of a text that was broken into lines by hand.
pub(crate) fn paragraphs(text: &str) -> Vec<String> {
    let paragraph = |lines: &str| lines.split_whitespace().collect::<Vec<_>>().join(" ");
    text.trim().split("\n\n").map(paragraph).filter(|text| !text.is_empty()).collect()
}

/// A share of one as the lower end of a range, in whole percent, rounded down.
pub(crate) fn lo(share: f64) -> u8 {
    percent((share * 100.0 + SLACK).floor())
}

/// A share of one as the upper end of a range, in whole percent, rounded up.
pub(crate) fn hi(share: f64) -> u8 {
    percent((share * 100.0 - SLACK).ceil())
}

/// A share of one in whole percent, to the nearest.
pub(crate) fn share(share: f64) -> u8 {
    percent((share * 100.0).round())
}

/// Sums of shares are right to about so many percent; a range must not seem wider for it.
const SLACK: f64 = 1e-6;

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0–100")]
fn percent(value: f64) -> u8 {
    value.clamp(0.0, 100.0) as u8
}

/// `34–61`, or one figure where both ends meet.
pub(crate) fn range(lo_share: f64, hi_share: f64) -> String {
    match (lo(lo_share), hi(hi_share)) {
        (lo, hi) if lo == hi => format!("{lo}"),
        (lo, hi) => format!("{lo}–{hi}"),
    }
}

/// `1 asset`, `3 assets`, `2 switches`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    if count == 1 {
        return format!("1 {noun}");
    }
    let ending = if noun.ends_with(['h', 'x']) { "es" } else { "s" };
    format!("{} {noun}{ending}", thousands(count))
}

/// What was judged and when, on how old evidence.
pub(crate) fn scope(document: &crate::Document<'_>) -> String {
    let (evidence, summary) = (&document.evidence, &document.summary);
    let facts = [
        format!("judged {}", time(document.assessment.judged.now)),
        format!("evidence of {}, {}", time(evidence.collected_to), age(evidence.age_seconds)),
        counted(summary.accounts, "account"),
        counted(evidence.regions.len(), "region"),
        format!("{} of {}", counted(summary.assets, "asset"), counted(summary.kinds, "kind")),
    ];
    facts.join(" · ")
}

/// How many verdicts there are of each kind.
pub(crate) fn verdicts(document: &crate::Document<'_>) -> String {
    let verdicts = &document.summary.findings;
    format!("{}: {}", counted(verdicts.all(), "verdict"), verdicts_by_kind(document))
}

/// The same without their sum.
pub(crate) fn verdicts_by_kind(document: &crate::Document<'_>) -> String {
    let verdicts = &document.summary.findings;
    format!(
        "{} pass, {} fail, {} exempt, {} unknown, {} manual, {} not applicable",
        thousands(verdicts.pass),
        thousands(verdicts.fail),
        thousands(verdicts.exempt),
        thousands(verdicts.unknown),
        thousands(verdicts.manual),
        thousands(verdicts.not_applicable),
    )
}

/// How many lines each holder has.
pub(crate) fn lines_by_holder(document: &crate::Document<'_>) -> String {
    let lines = &document.summary.lines;
    format!(
        "{} provider, {} shared, {} customer, {} third party, {} unknown, {} not applicable; {} rest on no page that was read",
        thousands(lines.provider),
        thousands(lines.shared()),
        thousands(lines.customer),
        thousands(lines.third_party),
        thousands(lines.unknown),
        thousands(lines.not_applicable),
        thousands(document.summary.lines_unverified),
    )
}

/// The provider's side, a sentence for each document that proves it, or for its want.
pub(crate) fn inherited(document: &crate::Document<'_>) -> Vec<String> {
    let mut by_standing: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for entry in document.controls.iter().flat_map(|control| &control.inherited) {
        *by_standing.entry((&entry.provider, entry.standing())).or_default() += 1;
    }
    let told = |((provider, standing), controls): ((&str, String), usize)| {
        format!("inherited from {provider} on {}, {standing}", counted(controls, "control"))
    };
    by_standing.into_iter().map(told).collect()
}

/// `12,345`.
pub(crate) fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time in UTC, to the minute.
pub(crate) fn time(at: Timestamp) -> String {
    Offset::UTC.to_datetime(at).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// How old the evidence was when it was judged.
pub(crate) fn age(seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        ..0 => "taken after the time of judgement".to_owned(),
        0..60 => "fresh".to_owned(),
        60..3_600 => format!("{} old", plural(minutes, "minute")),
        3_600..172_800 => format!("{} old", plural(hours, "hour")),
        _ => format!("{} old", plural(days, "day")),
    }
}

fn plural(count: i64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// The word of a cap in the wire form.
pub(crate) fn because_word(because: Because) -> &'static str {
    match because {
        Because::CriticalOpen => "critical-open",
        Because::CriticalUnseen => "critical-unseen",
        Because::PopulationUnknown => "population-unknown",
        Because::OldFix(_) => "old-fix",
        Because::FixAgeUnseen => "fix-age-unseen",
        Because::Attested => "attested",
        Because::Unanswered => "unanswered",
        Because::Overdue => "overdue",
    }
}

/// Why a level is capped.
pub(crate) fn because(because: Because) -> String {
    match because {
        Because::CriticalOpen => "a critical failure stands where it hurts most".to_owned(),
        Because::CriticalUnseen => "a critical check was not seen where it would hurt most".to_owned(),
        Because::PopulationUnknown => "not all assets could be listed".to_owned(),
        Because::OldFix(days) => format!("a fix that is {days} days old is missing"),
        Because::FixAgeUnseen => "how old the missing fixes are was not seen".to_owned(),
        Because::Attested => "it rests on a person's word".to_owned(),
        Because::Unanswered => "only a person can say, and nobody has".to_owned(),
        Because::Overdue => "a critical failure is past its deadline".to_owned(),
    }
}

/// What the next level asks for.
pub(crate) fn want(want: Want) -> String {
    match want {
        Want::Evidence => "something that is seen to hold".to_owned(),
        Want::Coverage => "more of it seen".to_owned(),
        Want::Effect => "more of it holding".to_owned(),
        Want::Owner => "a named owner".to_owned(),
        Want::Watch => "a gate or a continuous run".to_owned(),
        Want::Days(days) => format!("{} more at this level", plural(i64::from(days), "day")),
        Want::Exercise => "an exercise in the last 180 days".to_owned(),
    }
}

/// The severity's letter, for where there is no room for the word.
pub(crate) fn severity_sign(severity: Severity) -> char {
    match severity {
        Severity::Critical => '◆',
        Severity::High => '▲',
        Severity::Medium => '●',
        Severity::Low => '○',
        Severity::Info => '·',
    }
}

/// The first few assets by name, and how many more there are. Where two of them are called the same, the
/// account tells them apart.
pub(crate) fn names(document: &crate::Document<'_>, ids: &[&str], limit: usize) -> (Vec<String>, usize) {
    let estate = document.assessment.estate();
    let first: Vec<(&str, Option<&partywall_model::Asset>)> =
        ids.iter().take(limit).map(|id| (*id, estate.asset(id))).collect();
    let label = |(id, asset): &(&str, Option<&partywall_model::Asset>)| -> String {
        asset.map_or(*id, |asset| asset.label()).to_owned()
    };
    let labels: Vec<String> = first.iter().map(label).collect();
    let told = |(at, (_, asset)): (usize, &(&str, Option<&partywall_model::Asset>))| {
        let name = labels.get(at).map_or("", String::as_str);
        let is_twice = labels.iter().filter(|other| *other == name).count() > 1;
        match asset.and_then(|asset| asset.account.as_ref()).filter(|_| is_twice) {
            Some(owner) => format!("{name} ({})", account(document, owner)),
            None => name.to_owned(),
        }
    };
    (first.iter().enumerate().map(told).collect(), ids.len().saturating_sub(limit))
}

/// What to set, in a few words: set `IsLogging` to `true`.
pub(crate) fn wanted(property: &str, values: &[Node], note: &str) -> String {
    /// More values than this are counted.
    const VALUES: usize = 3;
    let value = |node: &Node| match node {
        Node::Text(text) => format!("`{text}`"),
        Node::Bool(value) => format!("`{value}`"),
        Node::Int(value) => format!("`{value}`"),
        Node::Float(value) => format!("`{value}`"),
        Node::Absent => "nothing".to_owned(),
        Node::Unknown(_) | Node::List(_) | Node::Map(_) => "a value that means on".to_owned(),
    };
    if property.is_empty() {
        return note.to_owned();
    }
    let first: Vec<String> = values.iter().take(VALUES).map(value).collect();
    let to = if first.is_empty() { String::new() } else { format!(" to {}", first.join(" or ")) };
    let more = match values.len().saturating_sub(VALUES) {
        0 => String::new(),
        more => format!(" or one of {more} more"),
    };
    let note = if note.is_empty() { String::new() } else { format!(" ({note})") };
    format!("set `{property}`{to}{more}{note}")
}

/// An account as people name it.
pub(crate) fn account<'a>(document: &crate::Document<'a>, id: &'a AccountId) -> &'a str {
    document.account_names.get(id).copied().unwrap_or(id.as_str())
}

/// What mending a cause does to the figures.
pub(crate) fn lift(fix: &FixEntry<'_>, lift: &LiftEntry<'_>) -> String {
    let layer = if lift.layer { format!(" and the one on the layer {}", fix.layer) } else { String::new() };
    let together = match lift.together_with.len() {
        0 => String::new(),
        others => format!(", together with {}", counted(others, "other cause")),
    };
    let remaining = match lift.remaining.len() {
        0 => String::new(),
        others => format!(
            "; {} on it",
            if others == 1 { "another cap stays".to_owned() } else { format!("{others} other caps stay") }
        ),
    };
    format!("lifts the cap at level {} on {}{layer}{together}{remaining}", lift.level, fix.control)
}

/// Why something was not seen, in one line.
pub(crate) fn why(why: &WhyEntry<'_>) -> String {
    let code = if why.code.is_empty() { String::new() } else { format!(" ({})", why.code) };
    let message = if why.message.is_empty() { String::new() } else { format!(": {}", why.message) };
    format!("{} {}{code}{message}", why.operation, why.kind.word())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_rounded_outwards_and_never_above_its_cap() {
        assert_eq!(range(0.349_9, 0.610_1), "34–62");
        assert_eq!(range(0.49, 0.49), "49");
        assert_eq!(range(0.69, 0.69), "69");
        assert_eq!(range(1.0 / 3.0, 1.0), "33–100");
        assert_eq!(range(0.1 + 0.2, 0.1 + 0.2), "30");
    }

    #[test]
    fn what_stands_in_backticks_is_code_and_a_lone_backtick_is_not() {
        let told = |message| -> String {
            let show = |piece: &Piece<'_>| {
                if piece.is_code { format!("[{}]", piece.text) } else { piece.text.to_owned() }
            };
            marked(message).iter().map(show).collect()
        };
        assert_eq!(told("set `a` to `b`"), "set [a] to [b]");
        assert_eq!(told("`a"), "`a");
        assert_eq!(told("a `b` c `d"), "a [b] c `d");
    }

    #[test]
    fn counts_carry_their_noun_and_separators() {
        assert_eq!(counted(1, "asset"), "1 asset");
        assert_eq!(counted(12_345, "asset"), "12,345 assets");
        assert_eq!(counted(3, "more switch"), "3 more switches");
        assert_eq!(counted(2, "more fix"), "2 more fixes");
        assert_eq!(thousands(1_000_000), "1,000,000");
    }

    #[test]
    fn an_age_is_told_in_the_unit_that_people_would_use() {
        for (seconds, words) in
            [(5, "fresh"), (61, "1 minute old"), (7_300, "2 hours old"), (864_000, "10 days old")]
        {
            assert_eq!(age(seconds), words);
        }
    }
}
