//! Functions on texts.

use std::sync::Arc;

use regex::Regex;

use super::{Call, Result, Step, Stop, done};
use crate::terraform::machine::TEXT_LIMIT;
use crate::terraform::value::{Entries, Value};

pub(super) fn call(call: &Call<'_>) -> Option<Result> {
    done(match call.name {
        "upper" => on_text(call, |text| text.to_uppercase()),
        "lower" => on_text(call, |text| text.to_lowercase()),
        "title" => on_text(call, title),
        "trimspace" => on_text(call, |text| text.trim().to_owned()),
        "chomp" => on_text(call, |text| text.trim_end_matches(['\n', '\r']).to_owned()),
        "strrev" => on_text(call, |text| text.chars().rev().collect()),
        "dirname" => on_text(call, |text| match text.rsplit_once('/') {
            Some(("", _)) => "/".to_owned(),
            Some((folder, _)) => folder.to_owned(),
            None => ".".to_owned(),
        }),
        "basename" => on_text(call, |text| text.rsplit('/').next().unwrap_or(text).to_owned()),
        "trim" => on_two(call, |text, cut| Value::text(text.trim_matches(|c| cut.contains(c)))),
        "trimprefix" => on_two(call, |text, cut| Value::text(text.strip_prefix(cut).unwrap_or(text))),
        "trimsuffix" => on_two(call, |text, cut| Value::text(text.strip_suffix(cut).unwrap_or(text))),
        "startswith" => on_two(call, |text, part| Value::Bool(text.starts_with(part))),
        "endswith" => on_two(call, |text, part| Value::Bool(text.ends_with(part))),
        "strcontains" => on_two(call, |text, part| Value::Bool(text.contains(part))),
        "split" => split(call),
        "join" => join(call),
        "replace" => replace(call),
        "substr" => substring(call),
        "indent" => indent(call),
        "format" => format_one(call, 0, None),
        "formatlist" => format_list(call),
        "regex" => matched(call),
        "regexall" => all_matches(call),
        _ => return None,
    })
}

fn on_text(call: &Call<'_>, make: impl Fn(&str) -> String) -> Step<Value> {
    call.text(0).map(|text| Value::text(make(&text)))
}

fn on_two(call: &Call<'_>, make: impl Fn(&str, &str) -> Value) -> Step<Value> {
    Ok(make(&call.text(0)?, &call.text(1)?))
}

fn title(text: &str) -> String {
    let mut starts = true;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if starts {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        starts = c.is_whitespace();
    }
    out
}

fn bounded(call: &Call<'_>, text: String) -> Step<Value> {
    if text.len() > TEXT_LIMIT {
        return Err(Stop::Unknown(call.undecided("the text is too long to be held")));
    }
    Ok(Value::text(text))
}

fn split(call: &Call<'_>) -> Step<Value> {
    let (separator, text) = (call.text(0)?, call.text(1)?);
    if text.is_empty() {
        return Ok(Value::list(vec![Value::text("")]));
    }
    if separator.is_empty() {
        return Ok(Value::list(text.chars().map(|c| Value::text(c.to_string())).collect()));
    }
    Ok(Value::list(text.split(&*separator).map(Value::text).collect()))
}

fn join(call: &Call<'_>) -> Step<Value> {
    let separator = call.text(0)?;
    let mut parts = Vec::new();
    for at in 1..call.len() {
        parts.extend(call.texts(at)?);
    }
    bounded(call, parts.join(&*separator))
}

fn replace(call: &Call<'_>) -> Step<Value> {
    let (text, wanted, with) = (call.text(0)?, call.text(1)?, call.text(2)?);
    let pattern = wanted.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    match pattern {
        Some(pattern) if wanted.len() > 1 => {
            let regex = compiled(call, pattern)?;
            // `$1` and `${name}` mean groups in both; `\\1` in neither.
            bounded(call, regex.replace_all(&text, &*with).into_owned())
        }
        _ => {
            let hits = text.matches(&*wanted).count();
            if hits.saturating_mul(with.len()) > TEXT_LIMIT {
                return Err(Stop::Unknown(call.undecided("the text is too long to be held")));
            }
            bounded(call, text.replace(&*wanted, &with))
        }
    }
}

fn substring(call: &Call<'_>) -> Step<Value> {
    let (text, start, length) = (call.text(0)?, call.int(1)?, call.int(2)?);
    let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let start = if start < 0 { (count + start).max(0) } else { start.min(count) };
    let end = if length < 0 { count } else { start.saturating_add(length).min(count) };
    let skip = usize::try_from(start).unwrap_or(0);
    let take = usize::try_from(end - start).unwrap_or(0);
    Ok(Value::text(text.chars().skip(skip).take(take).collect::<String>()))
}

fn indent(call: &Call<'_>) -> Step<Value> {
    let (size, text) = (call.size(0)?, call.text(1)?);
    let lines = text.matches('\n').count();
    if size.saturating_mul(lines) > TEXT_LIMIT {
        return Err(Stop::Unknown(call.undecided("the text is too long to be held")));
    }
    Ok(Value::text(text.replace('\n', &format!("\n{}", " ".repeat(size)))))
}

/// Puts arguments into the verbs of a format; in `formatlist`, lists give their element at `row`.
fn format_one(call: &Call<'_>, first: usize, row: Option<usize>) -> Step<Value> {
    let pattern = call.text(first)?;
    let mut out = String::new();
    let mut next = first + 1;
    let mut rest: &str = &pattern;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let Some(end) = after.find(|c: char| c.is_ascii_alphabetic()) else {
            return call.wrong("a `%` has no verb after it");
        };
        let (flags, after) = after.split_at(end);
        let mut verbs = after.chars();
        let verb = verbs.next().unwrap_or('v');
        rest = verbs.as_str();
        let (flags, at) = match flags.strip_prefix('[').and_then(|flags| flags.split_once(']')) {
            Some((number, flags)) => (flags, first + number.parse::<usize>().unwrap_or(1)),
            None => (flags, next),
        };
        next = at + 1;
        let value = match (call.whole(at)?, row) {
            (Value::List(items) | Value::Set(items), Some(row)) => match items.get(row) {
                Some(item) => item,
                None => return call.wrong("the lists are not of one length"),
            },
            (value, _) => value,
        };
        out.push_str(&padded(&shown(call, value, verb, flags)?, flags));
    }
    out.push_str(rest);
    bounded(call, out)
}

fn shown(call: &Call<'_>, value: &Value, verb: char, flags: &str) -> Step<String> {
    let precision = flags.split_once('.').and_then(|(_, digits)| digits.parse::<usize>().ok());
    let text = || match value {
        Value::Null => Some("null".into()),
        _ => value.to_text().or_else(|| value.to_json(&mut TEXT_LIMIT.clone()).map(Into::into)),
    };
    let number = || value.to_number();
    let shown: Option<String> = match verb {
        'v' => text().map(|text| text.to_string()),
        's' => text().map(|text| match precision {
            Some(length) => text.chars().take(length).collect(),
            None => text.to_string(),
        }),
        'q' => text().map(|text| {
            let mut quoted = String::new();
            crate::terraform::value::write_json_text(&text, &mut quoted);
            quoted
        }),
        't' => value.to_bool().map(|value| value.to_string()),
        'd' => number().map(|number| format!("{:.0}", number.trunc())),
        'f' => number().map(|number| format!("{number:.*}", precision.unwrap_or(6).min(60))),
        'g' => number().map(|number| number.to_string()),
        'e' => number().map(|number| format!("{number:.*e}", precision.unwrap_or(6).min(60))),
        'b' => value.to_int().map(|number| format!("{number:b}")),
        'o' => value.to_int().map(|number| format!("{number:o}")),
        'x' => value.to_int().map(|number| format!("{number:x}")),
        'X' => value.to_int().map(|number| format!("{number:X}")),
        _ => return call.wrong(format!("there is no verb `%{verb}`")),
    };
    match shown {
        Some(shown) if flags.contains('+') && !shown.starts_with('-') && verb != 's' => {
            Ok(format!("+{shown}"))
        }
        Some(shown) => Ok(shown),
        None => call.wrong(format!("a {} does not fit `%{verb}`", value.type_name())),
    }
}

fn padded(text: &str, flags: &str) -> String {
    let width = flags.split('.').next().unwrap_or_default().trim_start_matches(['-', '+', ' ', '#']);
    let zeros = width.starts_with('0');
    let width = width.parse::<usize>().unwrap_or(0).min(1_000);
    let missing = width.saturating_sub(text.chars().count());
    if missing == 0 {
        return text.to_owned();
    }
    if flags.contains('-') {
        return format!("{text}{}", " ".repeat(missing));
    }
    match (zeros, text.strip_prefix(['-', '+'])) {
        (true, Some(digits)) => {
            format!("{}{}{digits}", text.get(..1).unwrap_or_default(), "0".repeat(missing))
        }
        (true, None) => format!("{}{text}", "0".repeat(missing)),
        (false, _) => format!("{}{text}", " ".repeat(missing)),
    }
}

fn format_list(call: &Call<'_>) -> Step<Value> {
    let mut length = None;
    for at in 1..call.len() {
        if let Some(items) = call.known(at)?.items() {
            if length.is_some_and(|length| length != items.len()) {
                return call.wrong("the lists are not of one length");
            }
            length = Some(items.len());
        }
    }
    let rows = (0..length.unwrap_or(1)).map(|row| format_one(call, 0, Some(row)));
    Ok(Value::list(rows.collect::<Step<Vec<Value>>>()?))
}

fn compiled(call: &Call<'_>, pattern: &str) -> Step<Regex> {
    match regex::RegexBuilder::new(pattern).size_limit(1 << 20).build() {
        Ok(regex) => Ok(regex),
        Err(_) => call.wrong(format!("`{pattern}` is no valid pattern, or too large a one")),
    }
}

/// What a match gives: the whole, or the groups as a list, or the named groups as a map.
fn captured(regex: &Regex, found: &regex::Captures<'_>) -> Value {
    let group = |at: usize| found.get(at).map_or(Value::Null, |part| Value::text(part.as_str()));
    let names: Vec<(usize, &str)> =
        regex.capture_names().enumerate().filter_map(|(at, name)| Some((at, name?))).collect();
    if !names.is_empty() {
        let entries: Entries = names.into_iter().map(|(at, name)| (Arc::from(name), group(at))).collect();
        return Value::object(entries);
    }
    if regex.captures_len() > 1 {
        return Value::list((1..regex.captures_len()).map(group).collect());
    }
    group(0)
}

fn matched(call: &Call<'_>) -> Step<Value> {
    let (pattern, text) = (call.text(0)?, call.text(1)?);
    let regex = compiled(call, &pattern)?;
    match regex.captures(&text) {
        Some(found) => Ok(captured(&regex, &found)),
        None => call.wrong("the pattern does not match"),
    }
}

fn all_matches(call: &Call<'_>) -> Step<Value> {
    let (pattern, text) = (call.text(0)?, call.text(1)?);
    let regex = compiled(call, &pattern)?;
    Ok(Value::list(regex.captures_iter(&text).map(|found| captured(&regex, &found)).collect()))
}
