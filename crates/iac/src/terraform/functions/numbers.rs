//! Functions on numbers.

use super::{Call, Result, Step, Stop, done};
use crate::terraform::value::Value;

pub(super) fn call(call: &Call<'_>) -> Option<Result> {
    done(match call.name {
        "abs" => call.number(0).map(|number| Value::number(number.abs())),
        "ceil" => call.number(0).map(|number| Value::number(number.ceil())),
        "floor" => call.number(0).map(|number| Value::number(number.floor())),
        "signum" => call.number(0).map(|number| {
            Value::Int(if number > 0.0 {
                1
            } else if number < 0.0 {
                -1
            } else {
                0
            })
        }),
        "log" => logarithm(call),
        "pow" => power(call),
        "max" => extreme(call, f64::max),
        "min" => extreme(call, f64::min),
        "parseint" => parse_int(call),
        "sum" => sum(call),
        _ => return None,
    })
}

fn logarithm(call: &Call<'_>) -> Step<Value> {
    finite(call, call.number(0)?.ln() / call.number(1)?.ln())
}

fn power(call: &Call<'_>) -> Step<Value> {
    finite(call, call.number(0)?.powf(call.number(1)?))
}

fn finite(call: &Call<'_>, number: f64) -> Step<Value> {
    if number.is_finite() { Ok(Value::number(number)) } else { call.wrong("the result is no finite number") }
}

fn extreme(call: &Call<'_>, choose: fn(f64, f64) -> f64) -> Step<Value> {
    let mut best = call.number(0)?;
    for at in 1..call.len() {
        best = choose(best, call.number(at)?);
    }
    Ok(Value::number(best))
}

fn parse_int(call: &Call<'_>) -> Step<Value> {
    let (text, base) = (call.text(0)?, call.int(1)?);
    let radix = u32::try_from(base).ok().filter(|radix| (2..=36).contains(radix));
    match radix.and_then(|radix| i64::from_str_radix(&text, radix).ok()) {
        Some(number) => Ok(Value::Int(number)),
        None => call.wrong(format!("`{text}` is no number in base {base}")),
    }
}

fn sum(call: &Call<'_>) -> Step<Value> {
    let mut total = 0.0;
    for item in call.items(0)? {
        if let Some(why) = item.why() {
            return Err(Stop::Unknown(Value::Unknown(why.clone())));
        }
        match item.to_number() {
            Some(number) => total += number,
            None => return call.wrong("an element of the list is no number"),
        }
    }
    Ok(Value::number(total))
}
