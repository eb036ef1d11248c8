//! Functions on points in time that are given as text; what asks the clock is not here.

use jiff::{Timestamp, ToSpan as _};

use super::{Call, Result, Step, done};
use crate::terraform::value::Value;

pub(super) fn call(call: &Call<'_>) -> Option<Result> {
    done(match call.name {
        "timecmp" => compare(call),
        "timeadd" => add(call),
        "formatdate" => format_date(call),
        _ => return None,
    })
}

fn moment(call: &Call<'_>, at: usize) -> Step<Timestamp> {
    let text = call.text(at)?;
    match text.parse() {
        Ok(moment) => Ok(moment),
        Err(_) => call.wrong(format!("`{text}` is no time of the form 2006-01-02T15:04:05Z")),
    }
}

fn compare(call: &Call<'_>) -> Step<Value> {
    Ok(Value::Int(match moment(call, 0)?.cmp(&moment(call, 1)?) {
        std::cmp::Ordering::Less => -1,
        std::cmp::Ordering::Equal => 0,
        std::cmp::Ordering::Greater => 1,
    }))
}

fn add(call: &Call<'_>) -> Step<Value> {
    let start = moment(call, 0)?;
    let text = call.text(1)?;
    match seconds(&text).and_then(|seconds| start.checked_add(seconds.seconds()).ok()) {
        Some(moment) => Ok(Value::text(moment.to_string())),
        None => call.wrong(format!("`{text}` is no duration of the form 1h30m")),
    }
}

/// `1h30m15s`, with a sign in front, in whole seconds.
fn seconds(text: &str) -> Option<i64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    let mut total = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(end);
        let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let scale = match unit {
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * scale;
        rest = after;
    }
    Value::number((total * sign).trunc()).to_int()
}

fn format_date(call: &Call<'_>) -> Step<Value> {
    let pattern = call.text(0)?;
    let moment = moment(call, 1)?;
    let mut out = String::new();
    let mut rest: &str = &pattern;
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let quoted = rest.get(1..).unwrap_or_default();
            let Some(end) = quoted.find('\'') else { return call.wrong("a quote is never closed") };
            out.push_str(quoted.get(..end).unwrap_or_default());
            rest = quoted.get(end + 1..).unwrap_or_default();
            continue;
        }
        let length = rest.chars().take_while(|c| *c == first).count() * first.len_utf8();
        let (verb, after) = rest.split_at(length);
        rest = after;
        let format = match verb {
            "YYYY" => "%Y",
            "YY" => "%y",
            "MMMM" => "%B",
            "MMM" => "%b",
            "MM" => "%m",
            "M" => "%-m",
            "DD" => "%d",
            "D" => "%-d",
            "EEEE" => "%A",
            "EEE" => "%a",
            "hh" => "%H",
            "h" => "%-H",
            "HH" => "%I",
            "H" => "%-I",
            "AA" => "%p",
            "aa" => "%P",
            "mm" => "%M",
            "m" => "%-M",
            "ss" => "%S",
            "s" => "%-S",
            "ZZZZZ" => "+00:00",
            "ZZZZ" => "+0000",
            "ZZZ" => "UTC",
            "Z" => "Z",
            _ if first.is_ascii_alphabetic() => return call.wrong(format!("`{verb}` is no part of a date")),
            literal => {
                out.push_str(literal);
                continue;
            }
        };
        if format.starts_with('%') {
            out.push_str(&moment.strftime(format).to_string());
        } else {
            out.push_str(format);
        }
    }
    Ok(Value::text(out))
}
