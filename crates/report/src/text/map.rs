//! The title, the responsibility map and the whole.

use std::collections::BTreeMap;
use std::io;

use super::page::{Look, Page, Span, left, looking, plain, quiet, right, strong};
use crate::document::{CapEntry, Document, FigureEntry, LayerEntry};
use crate::shown::shown;
use crate::words::{self, counted, thousands};

/// The columns that the map needs to stand side by side.
const WIDE: usize = 100;
const LABEL: usize = 14;
const BAR: usize = 25;

/// What was assessed, when, and on how old evidence.
pub(super) fn title(document: &Document<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let summary = &document.summary;
    let name = document.assessment.judged.settings.organisation.as_deref().unwrap_or("the estate");
    page.line(&[strong("Partywall"), plain(" · "), strong(shown(name).to_string())])?;
    page.wrapped(0, &[quiet(words::scope(document))])?;
    if document.incomplete.is {
        let reasons = shown(&document.incomplete.reasons.join("; ")).to_string();
        page.hanging(0, 2, &[looking(Look::Warn, "Incomplete: "), plain(reasons)])?;
    }
    if let Some(filtered) = &summary.filtered {
        let told = shown(&filtered.sentence()).to_string();
        page.hanging(0, 2, &[looking(Look::Warn, "Filtered: "), plain(told)])?;
    }
    Ok(())
}

/// Layers, who holds their lines, and how well the customer's side is held.
pub(super) fn map(document: &Document<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let lines = &document.summary.lines;
    let aside = format!("{} that mean something", counted(lines.applicable(), "line"));
    page.heading("Who holds what, and how well your side is held", &aside)?;
    if page.width() >= WIDE {
        let heads = ["provider", "shared", "customer", "third p.", "unknown"];
        let mut row = vec![plain(" ".repeat(LABEL))];
        row.extend(heads.iter().map(|head| quiet(right(head, 9))));
        row.push(quiet(format!(
            "   {}{}{}  {}",
            left("level", 13),
            right("range", 8),
            right("conf.", 7),
            "measured"
        )));
        page.line(&row)?;
    }
    for layer in &document.scores.layers {
        one_layer(document, layer, page)?;
    }
    if let Some(organisation) = &document.scores.organisation {
        page.blank()?;
        one_layer(document, organisation, page)?;
    }
    Ok(())
}

fn one_layer(document: &Document<'_>, layer: &LayerEntry<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let holders = &layer.holders;
    let title = words::layer(layer.layer);
    let measured = format!("{} of {}", layer.controls_measured, layer.controls_in_scope);
    let counts = [holders.provider, holders.shared(), holders.customer, holders.third_party, holders.unknown];
    if page.width() >= WIDE {
        let mut row = vec![strong(left(title, LABEL))];
        row.extend(counts.iter().map(|count| match count {
            0 => quiet(right("–", 9)),
            count => plain(right(&thousands(*count), 9)),
        }));
        row.push(plain("   "));
        row.extend(figure_columns(layer));
        row.push(plain(format!("  {measured}")));
        page.line(&row)?;
        if let Some(figure) = layer.measured {
            let spans = [quiet(bar(figure, BAR)), plain("  "), weakest(document, layer)];
            page.hanging(LABEL, LABEL + BAR + 2, &spans)?;
        }
    } else {
        page.line(&[strong(title)])?;
        let figure = layer.measured.map_or_else(
            || no_figure(layer).to_owned(),
            |figure| format!("{}, confidence {}\u{a0}%", told(figure), words::share(figure.confidence)),
        );
        page.wrapped(2, &[plain(format!("{figure}; measured {measured}"))])?;
        let [provider, shared, customer, third, unknown] = counts.map(thousands);
        let text = format!(
            "lines: provider {provider}, shared {shared}, customer {customer}, third party {third}, unknown {unknown}"
        );
        page.wrapped(2, &[quiet(text)])?;
        if layer.measured.is_some() {
            page.wrapped(2, &[weakest(document, layer)])?;
        }
    }
    let indent = if page.width() >= WIDE { LABEL } else { 2 };
    for cap in &layer.caps {
        page.hanging(indent, indent + 2, &cap_spans(cap))?;
    }
    Ok(())
}

fn figure_columns(layer: &LayerEntry<'_>) -> Vec<Span> {
    let Some(figure) = layer.measured else {
        return vec![quiet(left(no_figure(layer), 13 + 8 + 7))];
    };
    let word = if figure.level == 0 { "none" } else { words::level(figure.level) };
    vec![
        looking(level_look(figure.level), left(&format!("{} {word}", figure.level), 13)),
        strong(right(&words::range(figure.lo, figure.hi), 8)),
        plain(right(&format!("{} %", words::share(figure.confidence)), 7)),
    ]
}

fn no_figure(layer: &LayerEntry<'_>) -> &'static str {
    if layer.controls_in_scope == 0 { "not applicable" } else { "not measured" }
}

fn weakest(document: &Document<'_>, layer: &LayerEntry<'_>) -> Span {
    let Some(control) = layer.weakest_control.and_then(|id| document.control(id)) else {
        return plain("");
    };
    let figure = control.figure.map(|figure| format!(", {}", words::range(figure.lo, figure.hi)));
    let all = layer.all.filter(|_| layer.controls_measured < layer.controls_in_scope);
    let all = all.map(|all| format!("; with what is not measured {}", words::range(all.lo, all.hi)));
    let (figure, all) = (figure.unwrap_or_default(), all.unwrap_or_default());
    quiet(format!("weakest: {}{figure}{all}", shown(control.title)))
}

/// A cap as a line of its own.
pub(super) fn cap_spans(cap: &CapEntry) -> [Span; 2] {
    let reach = match cap.reach {
        "lower-end" => ", lower end only",
        _ => "",
    };
    [looking(Look::Warn, format!("capped at level {}{reach}: ", cap.level)), plain(cap.text.clone())]
}

/// A range as a stroke on a scale of dots.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "shares of a small width")]
fn bar(figure: FigureEntry, columns: usize) -> String {
    let at = |share: f64| (share.clamp(0.0, 1.0) * columns as f64).round() as usize;
    let (from, to) = (at(figure.lo).min(columns - 1), at(figure.hi));
    (0..columns).map(|column| if column >= from && column < to.max(from + 1) { '━' } else { '·' }).collect()
}

fn told(figure: FigureEntry) -> String {
    let range = words::range(figure.lo, figure.hi);
    format!("level {} of 4 ({}), {range}\u{a0}%", figure.level, words::level(figure.level))
}

fn level_look(level: u8) -> Look {
    match level {
        0 => Look::Bad,
        1 => Look::Warn,
        2 => Look::Plain,
        _ => Look::Good,
    }
}

/// The customer's side as a whole, and what nobody looked at.
pub(super) fn overall(document: &Document<'_>, page: &mut Page<'_>) -> io::Result<()> {
    let overall = &document.scores.overall;
    page.heading("Overall", "no better than the weakest layer")?;
    match overall.figure {
        Some(figure) => {
            let weakest = overall.weakest_layer.map_or("–", words::layer);
            let confidence = words::share(figure.confidence);
            page.hanging(
                2,
                2,
                &[
                    looking(level_look(figure.level), told(figure)),
                    plain(format!(", confidence {confidence}\u{a0}%; weakest layer: {weakest}")),
                ],
            )?;
        }
        None => page.line(&[plain("  not measured")])?,
    }
    let (missing, all) = (overall.not_measured.len(), overall.controls_in_scope);
    let organisation = document.scores.organisation.as_ref();
    let text = format!("not measured: {missing} of {}", counted(all, "control"));
    let apart = organisation.filter(|layer| !layer.not_measured.is_empty()).map(|layer| {
        format!(", and {} of {} of the organisation", layer.not_measured.len(), layer.controls_in_scope)
    });
    page.wrapped(2, &[plain(text), plain(apart.unwrap_or_default())])?;
    let mut by_sensor: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let more = organisation.into_iter().flat_map(|layer| &layer.not_measured);
    for control in overall.not_measured.iter().chain(more) {
        by_sensor.entry(control.would_measure.join(", ")).or_default().push(control.control);
    }
    for (sensors, controls) in by_sensor {
        let sensors = if sensors.is_empty() { "nothing yet".to_owned() } else { sensors };
        page.hanging(4, 6, &[plain(format!("{sensors}: ")), quiet(shown(&controls.join(", ")).to_string())])?;
    }
    Ok(())
}
