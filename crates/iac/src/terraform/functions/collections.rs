//! Functions on lists and maps.

use std::sync::Arc;

use super::{Call, Result, Step, Stop, done};
use crate::terraform::machine::ITEM_LIMIT;
use crate::terraform::value::{Entries, Object, Reason, Rest, Value};

pub(super) fn call(call: &Call<'_>) -> Option<Result> {
    done(match call.name {
        "length" => length(call),
        "merge" => Ok(merged(call.arguments)),
        "lookup" => lookup(call),
        "element" => element(call),
        "concat" => concat(call),
        "flatten" => flatten(call),
        "keys" => keys(call),
        "values" => values(call),
        "contains" => contains(call),
        "coalesce" => coalesce(call),
        "coalescelist" => coalesce_list(call),
        "compact" => compact(call),
        "distinct" => distinct(call),
        "alltrue" => all_or_any(call, false),
        "anytrue" => all_or_any(call, true),
        "list" => Ok(Value::list(call.arguments.to_vec())),
        "map" => pairs(call),
        "zipmap" => zipmap(call),
        "transpose" => transpose(call),
        "index" => index(call),
        "one" => one(call),
        "range" => range(call),
        "slice" => slice(call),
        "chunklist" => chunks(call),
        "matchkeys" => match_keys(call),
        "sort" => call.texts(0).map(|mut texts| {
            texts.sort();
            Value::list(texts.into_iter().map(Value::Text).collect())
        }),
        "reverse" => call.items(0).map(|items| Value::list(items.iter().rev().cloned().collect())),
        _ => return None,
    })
}

/// The entries of maps put together; the later counts. What an unknown map may hold is unknown.
pub(crate) fn merged(maps: &[Value]) -> Value {
    let mut entries = Entries::new();
    let mut rest = Rest::Closed;
    for map in maps {
        match map {
            Value::Null => {}
            Value::Object(object) => {
                let doubt = match &object.rest {
                    Rest::Open(why) => Some(why.clone()),
                    Rest::Instance(instance) => Some(instance.reason.clone()),
                    _ => None,
                };
                if let Some(why) = doubt {
                    blur(&mut entries, &why);
                    rest = Rest::Open(why);
                }
                entries.extend(object.entries.iter().map(|(name, value)| (name.clone(), value.clone())));
            }
            other => {
                let why = other.why().cloned().unwrap_or_else(|| {
                    crate::terraform::value::reason("merge()", "`merge` was given something that is no map")
                });
                blur(&mut entries, &why);
                rest = Rest::Open(why);
            }
        }
    }
    match rest {
        Rest::Open(why) if entries.is_empty() => Value::Unknown(why),
        rest => Value::object_with(entries, rest),
    }
}

fn blur(entries: &mut Entries, why: &Reason) {
    for value in entries.values_mut() {
        *value = Value::Unknown(why.clone());
    }
}

fn map_of<'a>(call: &'a Call<'_>, at: usize) -> Step<&'a Object> {
    match call.known(at)? {
        Value::Object(object) => Ok(object),
        other => call.wrong(format!("argument {} is a {} and no map", at + 1, other.type_name())),
    }
}

fn closed(object: &Object) -> Step<()> {
    match &object.rest {
        Rest::Open(why) => Err(Stop::Unknown(Value::Unknown(why.clone()))),
        Rest::Instance(instance) => Err(Stop::Unknown(Value::Unknown(instance.reason.clone()))),
        _ => Ok(()),
    }
}

fn length(call: &Call<'_>) -> Step<Value> {
    match call.known(0)? {
        Value::Object(object) => {
            closed(object)?;
            Ok(Value::count(object.entries.len()))
        }
        Value::Text(text) => Ok(Value::count(text.chars().count())),
        Value::Set(items) if items.iter().any(|item| item.why().is_some()) => {
            call.whole(0)?;
            Ok(Value::Null)
        }
        other => match other.items() {
            Some(items) => Ok(Value::count(items.len())),
            None => call.wrong(format!("a {} has no length", other.type_name())),
        },
    }
}

fn lookup(call: &Call<'_>) -> Step<Value> {
    let map = map_of(call, 0)?;
    let key = call.text(1)?;
    match (map.entries.get(&key), &map.rest) {
        (Some(value), _) => Ok(value.clone()),
        (None, Rest::Open(why) | Rest::AfterApply(why)) => Ok(Value::Unknown(why.clone())),
        (None, Rest::Instance(instance)) => Ok(Value::Unknown(instance.reason.clone())),
        (None, _) => match call.arguments.get(2) {
            Some(default) => Ok(default.clone()),
            None => call.wrong(format!("the map has no key `{key}`")),
        },
    }
}

fn element(call: &Call<'_>) -> Step<Value> {
    let items = call.items(0)?;
    let at = call.int(1)?;
    let Ok(length) = i64::try_from(items.len()) else { return call.wrong("the list is too long") };
    if length == 0 {
        return call.wrong("the list is empty");
    }
    let found = usize::try_from(at.rem_euclid(length)).ok().and_then(|at| items.get(at));
    Ok(found.cloned().unwrap_or(Value::Null))
}

fn bounded(call: &Call<'_>, items: Vec<Value>) -> Step<Value> {
    if items.len() > ITEM_LIMIT {
        return Err(Stop::Unknown(call.undecided("the list is too long to be held")));
    }
    Ok(Value::list(items))
}

fn concat(call: &Call<'_>) -> Step<Value> {
    let mut all = Vec::new();
    for at in 0..call.len() {
        all.extend(call.items(at)?.iter().cloned());
    }
    bounded(call, all)
}

fn flatten(call: &Call<'_>) -> Step<Value> {
    let mut all = Vec::new();
    spread(call, call.items(0)?, 0, &mut all)?;
    bounded(call, all)
}

fn spread(call: &Call<'_>, items: &[Value], depth: usize, out: &mut Vec<Value>) -> Step<()> {
    for item in items {
        if depth > 64 || out.len() > ITEM_LIMIT {
            return Err(Stop::Unknown(call.undecided("the list is too large to be held")));
        }
        match (item.items(), item) {
            (Some(inner), _) => spread(call, inner, depth + 1, out)?,
            // An unknown element may be a list.
            (None, Value::Unknown(why)) => return Err(Stop::Unknown(Value::Unknown(why.clone()))),
            (None, _) => out.push(item.clone()),
        }
    }
    Ok(())
}

fn keys(call: &Call<'_>) -> Step<Value> {
    let map = map_of(call, 0)?;
    closed(map)?;
    Ok(Value::list(map.entries.keys().cloned().map(Value::Text).collect()))
}

fn values(call: &Call<'_>) -> Step<Value> {
    let map = map_of(call, 0)?;
    closed(map)?;
    Ok(Value::list(map.entries.values().cloned().collect()))
}

fn contains(call: &Call<'_>) -> Step<Value> {
    let items = call.items(0)?;
    let wanted = call.known(1)?;
    let mut doubt = None;
    for item in items {
        match item.same(wanted) {
            Some(true) => return Ok(Value::Bool(true)),
            Some(false) => {}
            None => doubt = item.first_unknown().or_else(|| wanted.first_unknown()).or(doubt),
        }
    }
    Ok(doubt.map_or(Value::Bool(false), |why| Value::Unknown(why.clone())))
}

fn coalesce(call: &Call<'_>) -> Step<Value> {
    for value in call.arguments {
        match value {
            Value::Null => {}
            Value::Text(text) if text.is_empty() => {}
            found => return Ok(found.clone()),
        }
    }
    call.wrong("every argument is null or empty")
}

fn coalesce_list(call: &Call<'_>) -> Step<Value> {
    for value in call.arguments {
        match value {
            Value::Null => {}
            Value::List(items) | Value::Set(items) if items.is_empty() => {}
            found => return Ok(found.clone()),
        }
    }
    call.wrong("every argument is empty")
}

fn compact(call: &Call<'_>) -> Step<Value> {
    let mut kept = Vec::new();
    for item in call.items(0)? {
        match item {
            Value::Null => {}
            Value::Text(text) if text.is_empty() => {}
            Value::Unknown(why) => return Err(Stop::Unknown(Value::Unknown(why.clone()))),
            found => kept.push(found.clone()),
        }
    }
    Ok(Value::list(kept))
}

fn distinct(call: &Call<'_>) -> Step<Value> {
    let items = call.items(0)?;
    if items.iter().all(|item| matches!(item, Value::Text(_))) {
        let mut seen = std::collections::HashSet::new();
        let kept = items.iter().filter(|item| item.to_text().is_some_and(|text| seen.insert(text)));
        return Ok(Value::list(kept.cloned().collect()));
    }
    if items.len() > 2_000 {
        return Err(Stop::Unknown(call.undecided("the list is too long to compare each with each")));
    }
    let mut kept: Vec<Value> = Vec::new();
    for item in items {
        if let Some(why) = item.first_unknown() {
            return Err(Stop::Unknown(Value::Unknown(why.clone())));
        }
        if !kept.iter().any(|earlier| earlier.same(item) == Some(true)) {
            kept.push(item.clone());
        }
    }
    Ok(Value::list(kept))
}

/// `anytrue` is decided by a true element, `alltrue` by one that is not.
fn all_or_any(call: &Call<'_>, decides: bool) -> Step<Value> {
    let mut doubt = None;
    for item in call.items(0)? {
        match item.why() {
            Some(why) => doubt = Some(why),
            None if item.to_bool().unwrap_or(false) == decides => return Ok(Value::Bool(decides)),
            None => {}
        }
    }
    Ok(doubt.map_or(Value::Bool(!decides), |why| Value::Unknown(why.clone())))
}

fn pairs(call: &Call<'_>) -> Step<Value> {
    let mut entries = Entries::new();
    for at in (0..call.len()).step_by(2) {
        let key = call.text(at)?;
        let Some(value) = call.arguments.get(at + 1) else { return call.wrong("the last key has no value") };
        entries.insert(key, value.clone());
    }
    Ok(Value::object(entries))
}

fn zipmap(call: &Call<'_>) -> Step<Value> {
    let keys = call.texts(0)?;
    let items = call.items(1)?;
    if keys.len() != items.len() {
        return call.wrong("there are not as many keys as values");
    }
    Ok(Value::object(keys.into_iter().zip(items.iter().cloned()).collect()))
}

fn transpose(call: &Call<'_>) -> Step<Value> {
    call.whole(0)?;
    let map = map_of(call, 0)?;
    let mut turned: std::collections::BTreeMap<Arc<str>, Vec<Value>> = Default::default();
    for (name, items) in &map.entries {
        for item in items.items().into_iter().flat_map(|items| items.iter()) {
            if let Some(text) = item.to_text() {
                turned.entry(text).or_default().push(Value::Text(name.clone()));
            }
        }
    }
    Ok(Value::object(turned.into_iter().map(|(name, items)| (name, Value::list(items))).collect()))
}

fn index(call: &Call<'_>) -> Step<Value> {
    let items = call.items(0)?;
    let wanted = call.known(1)?;
    for (at, item) in items.iter().enumerate() {
        match item.same(wanted) {
            Some(true) => return Ok(Value::count(at)),
            Some(false) => {}
            None => {
                let why = item.first_unknown().or_else(|| wanted.first_unknown());
                let doubt = || call.undecided("an element is not known");
                return Ok(why.map_or_else(doubt, |why| Value::Unknown(why.clone())));
            }
        }
    }
    call.wrong("the value is not in the list")
}

fn one(call: &Call<'_>) -> Step<Value> {
    match call.known(0)? {
        Value::Null => Ok(Value::Null),
        _ => match call.items(0)? {
            [] => Ok(Value::Null),
            [only] => Ok(only.clone()),
            items => call.wrong(format!("the list has {} elements and not one", items.len())),
        },
    }
}

fn range(call: &Call<'_>) -> Step<Value> {
    let (start, end) =
        if call.len() == 1 { (0.0, call.number(0)?) } else { (call.number(0)?, call.number(1)?) };
    let step = if call.len() > 2 {
        call.number(2)?
    } else if end < start {
        -1.0
    } else {
        1.0
    };
    if step == 0.0 {
        return call.wrong("the step is zero");
    }
    let mut found = Vec::new();
    let mut at = start;
    while (step > 0.0 && at < end) || (step < 0.0 && at > end) {
        // Terraform itself stops at 1024.
        if found.len() >= 1_024 {
            return call.wrong("more than 1024 numbers");
        }
        found.push(Value::number(at));
        at += step;
    }
    Ok(Value::list(found))
}

fn slice(call: &Call<'_>) -> Step<Value> {
    let items = call.items(0)?;
    match items.get(call.size(1)?..call.size(2)?) {
        Some(part) => Ok(Value::list(part.to_vec())),
        None => call.wrong("the range goes beyond the list"),
    }
}

fn chunks(call: &Call<'_>) -> Step<Value> {
    let (items, size) = (call.items(0)?, call.size(1)?);
    if size == 0 {
        return Ok(Value::list(vec![Value::list(items.to_vec())]));
    }
    Ok(Value::list(items.chunks(size).map(|chunk| Value::list(chunk.to_vec())).collect()))
}

fn match_keys(call: &Call<'_>) -> Step<Value> {
    let (items, keys, wanted) = (call.items(0)?, call.items(1)?, call.items(2)?);
    call.whole(1)?;
    call.whole(2)?;
    let pairs = items.iter().zip(keys);
    let kept = pairs.filter(|(_, key)| wanted.iter().any(|want| want.same(key) == Some(true)));
    Ok(Value::list(kept.map(|(item, _)| item.clone()).collect()))
}
