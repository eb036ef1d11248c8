//! Secrets among the files, told as the failures they are: one finding for each secret, at its first open place.

use jiff::civil::Date;
use partywall_content::Content;
use partywall_report::gate::{GateAsset, GateFinding, GateNote, GatePlace, GateState};
use partywall_secrets::{Leak, Outcome, Place};

use super::note;

/// What kind of thing a secret stands in.
const FILE: &str = "Code::File";
/// So many more places of a secret are told.
const PLACES: usize = 64;

/// The secrets as findings.
pub(super) fn findings<'a>(outcome: &Outcome, content: &'a Content, today: Date) -> Vec<GateFinding<'a>> {
    outcome.leaks.iter().filter_map(|leak| finding(leak, content, today)).collect()
}

/// What was not searched to its end, and what is wrong with acceptances.
pub(super) fn notes(outcome: &Outcome) -> (Vec<GateNote>, Vec<GateNote>) {
    (outcome.problems.iter().map(note).collect(), outcome.remarks.iter().map(note).collect())
}

fn finding<'a>(leak: &Leak, content: &'a Content, today: Date) -> Option<GateFinding<'a>> {
    let rule = content.secrets.rule(&leak.rule)?;
    let is_open = |place: &&Place| place.acceptance.as_ref().is_none_or(|said| !said.holds(today));
    let open = leak.places.iter().find(is_open);
    let place = open.or_else(|| leak.places.first())?;
    let waiver = match open {
        Some(_) => None,
        None => place
            .acceptance
            .as_ref()
            .map(|said| format!("{} (until {}, {})", said.reason, said.until, said.owner).into()),
    };
    let others = leak.places.len() - 1;
    let also = if others == 0 { String::new() } else { format!(", and in {others} more places") };
    let preview = if leak.preview.is_empty() { String::new() } else { format!(" `{}…`", leak.preview) };
    let known = leak.note.iter().map(|known| format!(" ({known})")).collect::<String>();
    Some(GateFinding {
        check: &rule.id,
        title: &rule.title,
        state: if open.is_some() { GateState::Fail } else { GateState::Waived },
        severity: leak.severity,
        confidence: leak.confidence,
        control: rule.control.as_str(),
        stage: leak.stage,
        asset: GateAsset {
            address: place.path.clone(),
            kind: FILE.into(),
            id: format!("file:{}", place.path).into(),
            name: place.path.clone(),
        },
        place: Some(told(place)),
        summary: format!("{}{preview}{known} is written here{also}", rule.title).into(),
        because: Vec::new(),
        fix: &rule.fix,
        fingerprint: leak.fingerprint.to_string().into(),
        waiver,
        declared: (place.path.clone(), 0),
        decides: false,
        also: leak
            .places
            .iter()
            .filter(|other| is_open(other) && *other != place)
            .take(PLACES)
            .map(told)
            .collect(),
        rule: None,
    })
}

/// Where it begins: its length would tell something of it.
fn told(place: &Place) -> GatePlace {
    let at = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let (line, column) = (at(place.line), at(place.column));
    GatePlace { file: place.path.clone(), line, column, end_line: line, end_column: column, text: None }
}
