//! The stored form of who holds what: a JSON list with one list for each control.

use std::borrow::Cow;

use partywall_model::{ControlId, Holder};
use serde::{Deserialize, Serialize};

use crate::history::{HeldLine, Signature};

/// Control, holder, rule, switch, what would have to be read.
#[derive(Serialize, Deserialize)]
struct StoredLine<'l>(ControlId, Cow<'l, Holder>, Cow<'l, str>, Cow<'l, str>, Cow<'l, str>);

/// The text of a signature; equal signatures have equal texts.
pub(super) fn to_text(signature: &Signature) -> String {
    let lines = signature.0.iter().map(|line| {
        StoredLine(
            line.control.clone(),
            Cow::Borrowed(&line.holder),
            (&*line.rule).into(),
            (&*line.switch).into(),
            (&*line.need).into(),
        )
    });
    // Texts and lists of them always have a JSON form.
    serde_json::to_string(&lines.collect::<Vec<_>>()).unwrap_or_default()
}

/// Reads it back.
pub(super) fn from_text(text: &str) -> serde_json::Result<Signature> {
    let lines: Vec<StoredLine<'_>> = serde_json::from_str(text)?;
    let line = |StoredLine(control, holder, rule, switch, need)| HeldLine {
        control,
        holder: holder.into_owned(),
        rule: String::from(rule).into(),
        switch: String::from(switch).into(),
        need: String::from(need).into(),
    };
    Ok(Signature(lines.into_iter().map(line).collect()))
}
