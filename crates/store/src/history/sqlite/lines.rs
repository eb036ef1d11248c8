//! The stored form of who holds what: a JSON list with one list for each control.

use partywall_model::{ControlId, Holder};
use serde::{Deserialize, Serialize};

use crate::history::{HeldLine, Signature};

/// Control, holder, rule, switch, what would have to be read.
#[derive(Serialize, Deserialize)]
struct StoredLine<'l>(
    ControlId,
    StoredHolder,
    std::borrow::Cow<'l, str>,
    std::borrow::Cow<'l, str>,
    std::borrow::Cow<'l, str>,
);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StoredHolder {
    Provider,
    Customer,
    SharedIndependent,
    SharedDependent,
    ThirdParty(Box<str>),
    NotApplicable,
    Unknown,
}

/// The text of a signature; equal signatures have equal texts.
pub(super) fn to_text(signature: &Signature) -> String {
    let lines = signature.0.iter().map(|line| {
        StoredLine(
            line.control.clone(),
            StoredHolder::from(&line.holder),
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
        holder: holder.into(),
        rule: String::from(rule).into(),
        switch: String::from(switch).into(),
        need: String::from(need).into(),
    };
    Ok(Signature(lines.into_iter().map(line).collect()))
}

impl From<&Holder> for StoredHolder {
    fn from(holder: &Holder) -> Self {
        match holder {
            Holder::Provider => Self::Provider,
            Holder::Customer => Self::Customer,
            Holder::SharedIndependent => Self::SharedIndependent,
            Holder::SharedDependent => Self::SharedDependent,
            Holder::ThirdParty(name) => Self::ThirdParty(name.clone()),
            Holder::NotApplicable => Self::NotApplicable,
            Holder::Unknown => Self::Unknown,
        }
    }
}

impl From<StoredHolder> for Holder {
    fn from(holder: StoredHolder) -> Self {
        match holder {
            StoredHolder::Provider => Self::Provider,
            StoredHolder::Customer => Self::Customer,
            StoredHolder::SharedIndependent => Self::SharedIndependent,
            StoredHolder::SharedDependent => Self::SharedDependent,
            StoredHolder::ThirdParty(name) => Self::ThirdParty(name),
            StoredHolder::NotApplicable => Self::NotApplicable,
            StoredHolder::Unknown => Self::Unknown,
        }
    }
}
