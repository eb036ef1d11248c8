//! Functions on sets.

use super::{Call, Result, Step, Stop, done};
use crate::terraform::value::Value;

/// Combinations that `setproduct` may make.
const PRODUCT_LIMIT: usize = 100_000;

pub(super) fn call(call: &Call<'_>) -> Option<Result> {
    done(match call.name {
        "setunion" => union(call),
        "setintersection" => intersection(call),
        "setsubtract" => difference(call),
        "setproduct" => product(call),
        _ => return None,
    })
}

fn decided(values: &[Value]) -> Step<()> {
    match values.iter().find_map(Value::first_unknown) {
        Some(why) => Err(Stop::Unknown(Value::Unknown(why.clone()))),
        None => Ok(()),
    }
}

fn union(call: &Call<'_>) -> Step<Value> {
    let mut all = Vec::new();
    for at in 0..call.len() {
        all.extend(call.items(at)?.iter().cloned());
    }
    Ok(Value::set(all))
}

fn holds(items: &[Value], wanted: &Value) -> bool {
    items.iter().any(|item| item.same(wanted) == Some(true))
}

fn intersection(call: &Call<'_>) -> Step<Value> {
    let mut kept = call.items(0)?.to_vec();
    decided(&kept)?;
    for at in 1..call.len() {
        let other = call.items(at)?;
        decided(other)?;
        kept.retain(|item| holds(other, item));
    }
    Ok(Value::set(kept))
}

fn difference(call: &Call<'_>) -> Step<Value> {
    let (from, less) = (call.items(0)?, call.items(1)?);
    decided(from)?;
    decided(less)?;
    Ok(Value::set(from.iter().filter(|item| !holds(less, item)).cloned().collect()))
}

fn product(call: &Call<'_>) -> Step<Value> {
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for at in 0..call.len() {
        let items = call.items(at)?;
        if rows.len().saturating_mul(items.len()) > PRODUCT_LIMIT {
            return Err(Stop::Unknown(call.undecided("it makes too many combinations")));
        }
        rows = rows
            .iter()
            .flat_map(|row| {
                items.iter().map(move |item| {
                    let mut longer = row.clone();
                    longer.push(item.clone());
                    longer
                })
            })
            .collect();
    }
    Ok(Value::list(rows.into_iter().map(Value::list).collect()))
}
