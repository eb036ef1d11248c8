//! The page of the controls: meaning, where each is measured, what can show it, and which checks do.

use std::fmt::Write as _;

use partywall_content::load::Content;
use partywall_content::{Control, ControlBand, SourceRef};
use partywall_model::{Effect, Layer};

use super::markdown::{codes, generated_from, prose, related};
use crate::content::check::lines;

pub(super) fn page(content: &Content) -> String {
    let mut page = generated_from("content/ssrm/controls.yaml");
    let band = |band| content.controls.iter().filter(|control| control.held_by_default == band).count();
    let _ = write!(
        page,
        "# Controls\n\n{} controls: {} that the customer holds unless a line says otherwise, {} that the provider holds, \
         and {} of the organisation's own people and process.\nWho holds each for a given service is in \
         [who holds what](reference/services.md); for one resource, `partywall who` says it.\n\n\
         Of the {} lines that say who holds what, {} name no page that was read; they are shown as `unverified`.\n\n",
        content.controls.len(),
        band(ControlBand::Customer),
        band(ControlBand::Provider),
        band(ControlBand::Organisation),
        lines(content).count(),
        lines(content).filter(|source| **source == SourceRef::Unverified).count(),
    );
    page.push_str(
        "An *essential* control holds its layer back: no layer stands more than one level above it. \
                   The *weight* is its share in the layer's mean.\n",
    );
    for layer in Layer::ALL {
        let _ = write!(page, "\n## {}\n", title(layer));
        for control in content.controls.iter().filter(|control| control.layer == layer) {
            section(&mut page, control, content);
        }
    }
    page
}

fn section(page: &mut String, control: &Control, content: &Content) {
    let held = match control.held_by_default {
        ControlBand::Customer => "the customer",
        ControlBand::Provider => "the provider",
        ControlBand::Organisation => "the organisation",
    };
    let essential = if control.essential { ", essential" } else { "" };
    let _ = write!(
        page,
        "\n### {}\n\n**{}.** {}\n\n- held by {held}; weight {}{essential}\n- measured on {}\n- can be shown by {}\n",
        control.id,
        prose(&control.title),
        prose(&control.meaning),
        control.weight,
        codes(control.measured_on.iter().map(|kind| kind.as_str())),
        control.sensors.iter().map(|sensor| sensor.word()).collect::<Vec<_>>().join(", "),
    );
    let cells: Vec<String> =
        control.killchain.iter().map(|cell| format!("{} ({})", cell.stage, effect(cell.effect))).collect();
    if !cells.is_empty() {
        let _ = writeln!(page, "- in the kill chain: {}", cells.join(", "));
    }
    let _ = writeln!(page, "- related: {}", related(&control.related));
    let checks: Vec<String> = content
        .checks
        .iter()
        .filter(|check| check.control == control.id)
        .map(|check| format!("[`{0}`](checks/{0}.md)", check.id))
        .collect();
    match checks.len() {
        0 => page.push_str("- no check serves it yet\n"),
        1 => {
            let _ = writeln!(page, "- 1 check: {}", checks.concat());
        }
        count => {
            let _ = writeln!(page, "- {count} checks: {}", checks.join(", "));
        }
    }
}

fn title(layer: Layer) -> &'static str {
    match layer {
        Layer::Apps => "Apps",
        Layer::Hosts => "Hosts",
        Layer::Network => "Network",
        Layer::Platform => "Platform",
        Layer::Org => "Organisation",
    }
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Detect => "detect",
        Effect::Deny => "deny",
        Effect::Contain => "contain",
        Effect::Deceive => "deceive",
        Effect::Recover => "recover",
    }
}
