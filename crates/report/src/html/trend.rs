//! How ranges and levels have come about, as small charts of our own.
//!
//! A chart is drawn in a field of 1000 × 100 and stretched to the width that it gets; words stand beside it,
//! never in it. A run that measured nothing leaves a hole: nothing is drawn over it.

use partywall_model::Layer;

use crate::document::Document;
use crate::trend::{Trend, TrendFigure, TrendPoint};
use crate::words;

/// The width of the field.
const WIDTH: f64 = 1000.0;
/// The height of the field in which the range stands; levels stand in a strip under it.
const HEIGHT: f64 = 100.0;
/// One level in the strip.
const STEP: f64 = 6.0;
/// The floor of the strip.
const FLOOR: f64 = 134.0;

/// Everything that is told of earlier runs.
pub(super) struct TrendView {
    pub(super) since: Option<String>,
    pub(super) span: String,
    pub(super) charts: Vec<Chart>,
    pub(super) layers: Vec<&'static str>,
    pub(super) rows: Vec<TrendRow>,
}

/// One run in the table.
pub(super) struct TrendRow {
    pub(super) at: String,
    pub(super) complete: bool,
    pub(super) failing: String,
    pub(super) findings: String,
    /// The whole, then each layer.
    pub(super) figures: Vec<String>,
}

/// The range and the level of one thing over the runs.
pub(super) struct Chart {
    pub(super) title: &'static str,
    pub(super) text: String,
    pub(super) last: String,
    /// The range: a closed path for each unbroken piece.
    pub(super) band: String,
    /// The level: steps.
    pub(super) steps: String,
    /// Runs as short marks, so that a single one is seen too.
    pub(super) marks: Vec<String>,
}

impl TrendView {
    /// None where no history is kept.
    pub(super) fn of(document: &Document<'_>) -> Option<Self> {
        let trend = document.trend.filter(|trend| !trend.points.is_empty())?;
        let whole = ("Overall, as the weakest layer", None);
        let layers = Layer::ALL.into_iter().map(|layer| (words::layer(layer), Some(layer)));
        let charts = std::iter::once(whole)
            .chain(layers)
            .filter_map(|(title, layer)| Chart::of(trend, title, |point| figure(point, layer)));
        let (first, last) = (trend.points.first()?, trend.points.last()?);
        Some(Self {
            since: trend
                .since_last
                .as_ref()
                .map(|since| format!("{}: {}", words::time(since.at), since.told())),
            span: match trend.points.len() {
                1 => format!("one run, {}", words::time(last.at)),
                runs => format!("{runs} runs, {} to {}", words::time(first.at), words::time(last.at)),
            },
            charts: charts.collect(),
            layers: Layer::ALL.into_iter().map(words::layer).collect(),
            rows: trend.points.iter().rev().map(TrendRow::of).collect(),
        })
    }
}

impl TrendRow {
    fn of(point: &TrendPoint) -> Self {
        let told = |figure: Option<TrendFigure>| {
            figure.map_or_else(
                || "–".to_owned(),
                |figure| format!("{} (level {})", words::range(figure.lo, figure.hi), figure.level),
            )
        };
        let all = std::iter::once(None).chain(Layer::ALL.into_iter().map(Some));
        Self {
            at: words::time(point.at),
            complete: point.complete,
            failing: point.failing.to_string(),
            findings: point.findings.to_string(),
            figures: all.map(|layer| told(figure(point, layer))).collect(),
        }
    }
}

/// The figure of a layer at a run, or of the whole.
fn figure(point: &TrendPoint, layer: Option<Layer>) -> Option<TrendFigure> {
    match layer {
        None => point.overall,
        Some(wanted) => point.layers.iter().find(|entry| entry.layer == wanted)?.figure,
    }
}

impl Chart {
    /// The chart of a layer.
    pub(super) fn of_layer(trend: Option<&Trend>, layer: Layer) -> Option<Self> {
        Self::of(trend?, words::layer(layer), |point| figure(point, Some(layer)))
    }

    /// The chart of a control.
    pub(super) fn of_control(trend: Option<&Trend>, control: &str) -> Option<Self> {
        Self::of(trend?, "Range and level", |point| {
            point.controls.iter().find(|entry| *entry.control == *control)?.figure
        })
    }

    /// None where no run measured it.
    fn of(
        trend: &Trend,
        title: &'static str,
        figure: impl Fn(&TrendPoint) -> Option<TrendFigure>,
    ) -> Option<Self> {
        let figures: Vec<Option<TrendFigure>> = trend.points.iter().map(figure).collect();
        figures.iter().flatten().next()?;
        let told = |figure: Option<&Option<TrendFigure>>| match figure.copied().flatten() {
            Some(figure) => format!("{} of 100, level {}", words::range(figure.lo, figure.hi), figure.level),
            None => "not measured".to_owned(),
        };
        let (first, last) = (told(figures.first()), told(figures.last()));
        let placed: Vec<Option<Place>> = figures
            .iter()
            .zip(places(&trend.points))
            .map(|(figure, (from, to))| figure.map(|figure| Place { from, to, figure }))
            .collect();
        let pieces = placed.split(Option::is_none).filter(|piece| !piece.is_empty());
        let pieces: Vec<Vec<Place>> = pieces.map(|piece| piece.iter().flatten().copied().collect()).collect();
        Some(Self {
            title,
            text: format!("{title}: {first} at first, {last} at last"),
            last,
            band: pieces.iter().map(|piece| band(piece)).collect(),
            steps: pieces.iter().map(|piece| steps(piece)).collect(),
            marks: placed.iter().flatten().map(|place| format!("{:.1}", place.from)).collect(),
        })
    }
}

/// A figure, and the stretch of the chart over which it held: from its run to the next.
#[derive(Clone, Copy)]
struct Place {
    from: f64,
    to: f64,
    figure: TrendFigure,
}

/// Where each run's stretch begins and ends, by time. The last is given some room, or it would not be seen.
fn places(points: &[TrendPoint]) -> Vec<(f64, f64)> {
    /// The room of the last run, as a share of the whole.
    const LAST: f64 = 0.04;
    let seconds = |point: &TrendPoint| point.at.as_second() as f64;
    let (Some(first), Some(last)) = (points.first().map(seconds), points.last().map(seconds)) else {
        return Vec::new();
    };
    let span = last - first;
    let at = |time: f64| if span > 0.0 { (time - first) / span * WIDTH * (1.0 - LAST) } else { 0.0 };
    let ends = points.iter().skip(1).map(|point| at(seconds(point))).chain([WIDTH]);
    points.iter().map(|point| at(seconds(point))).zip(ends).collect()
}

/// The closed outline of a range.
fn band(piece: &[Place]) -> String {
    /// A range of one point must still be seen.
    const THINNEST: f64 = 1.6;
    let high = |place: &Place| HEIGHT - f64::from(words::hi(place.figure.hi)) * HEIGHT / 100.0;
    let low = |place: &Place| {
        let low = HEIGHT - f64::from(words::lo(place.figure.lo)) * HEIGHT / 100.0;
        low.max(high(place) + THINNEST)
    };
    let there = piece.iter().map(|p| format!("L{:.1} {:.1}L{:.1} {:.1}", p.from, high(p), p.to, high(p)));
    let back = piece.iter().rev().map(|p| format!("L{:.1} {:.1}L{:.1} {:.1}", p.to, low(p), p.from, low(p)));
    let outline: String = there.chain(back).collect();
    format!("M{}Z", outline.trim_start_matches('L'))
}

/// The steps of a level.
fn steps(piece: &[Place]) -> String {
    let height = |place: &Place| FLOOR - f64::from(place.figure.level) * STEP;
    let there = piece.iter().map(|p| format!("L{:.1} {:.1}L{:.1} {:.1}", p.from, height(p), p.to, height(p)));
    let outline: String = there.collect();
    format!("M{}", outline.trim_start_matches('L'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trend(figures: &[Option<(f64, f64, u8)>]) -> Trend {
        let point = |(day, figure): (usize, &Option<(f64, f64, u8)>)| TrendPoint {
            run: format!("{day}").into(),
            at: format!("2026-11-{:02}T12:00:00Z", day + 1).parse().unwrap(),
            complete: true,
            findings: 10,
            failing: 2,
            overall: figure.map(|(lo, hi, level)| TrendFigure { lo, hi, level }),
            layers: Vec::new(),
            controls: Vec::new(),
        };
        Trend { points: figures.iter().enumerate().map(point).collect(), since_last: None }
    }

    fn chart(figures: &[Option<(f64, f64, u8)>]) -> Option<Chart> {
        Chart::of(&trend(figures), "Overall", |point| point.overall)
    }

    #[test]
    fn a_run_that_measured_nothing_leaves_a_hole() {
        let chart = chart(&[Some((0.2, 0.4, 1)), None, Some((0.5, 0.5, 2))]).unwrap();
        assert_eq!(
            chart.band,
            "M0.0 60.0L480.0 60.0L480.0 80.0L0.0 80.0ZM960.0 50.0L1000.0 50.0L1000.0 51.6L960.0 51.6Z"
        );
        assert_eq!(chart.steps, "M0.0 128.0L480.0 128.0M960.0 122.0L1000.0 122.0");
        assert_eq!(chart.text, "Overall: 20–40 of 100, level 1 at first, 50 of 100, level 2 at last");
    }

    #[test]
    fn what_is_no_longer_measured_is_not_told_as_it_was_last_seen() {
        let chart = chart(&[Some((0.5, 0.5, 2)), None]).unwrap();
        assert_eq!(chart.text, "Overall: 50 of 100, level 2 at first, not measured at last");
        assert_eq!(chart.last, "not measured");
    }

    #[test]
    fn one_run_is_a_chart_and_no_measure_is_none() {
        assert_eq!(chart(&[Some((0.0, 1.0, 0))]).unwrap().steps, "M0.0 134.0L1000.0 134.0");
        assert!(chart(&[None, None]).is_none());
    }
}
