//! Single values: numbers, times, texts, as they stand in XML, headers and queries.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Number, Value};

use super::DecodeError;
use crate::table::{Shape, TimeFormat};

/// A text on the wire as a value of the shape; `None` where an empty text stands for no value.
pub(super) fn from_text(
    shape: Option<&Shape>,
    member: &'static str,
    text: &str,
) -> Result<Option<Value>, DecodeError> {
    let wrong = |expected| Err(DecodeError::Type { member, expected });
    let trimmed = text.trim();
    match shape {
        Some(Shape::Integer | Shape::Float | Shape::Boolean | Shape::Timestamp(_)) if trimmed.is_empty() => {
            Ok(None)
        }
        Some(Shape::Integer) => match trimmed.parse::<i64>() {
            Ok(n) => Ok(Some(n.into())),
            // `5.0` where a whole number is meant.
            Err(_) => match trimmed.parse::<f64>() {
                Ok(n) if n.fract() == 0.0 && n.abs() < 9e15 => Ok(Some((n as i64).into())),
                _ => wrong("whole number"),
            },
        },
        Some(Shape::Float) => match trimmed.parse::<f64>() {
            Ok(n) => Ok(Some(float(n))),
            Err(_) => wrong("number"),
        },
        Some(Shape::Boolean) => match trimmed {
            "true" | "True" | "TRUE" | "1" => Ok(Some(true.into())),
            "false" | "False" | "FALSE" | "0" => Ok(Some(false.into())),
            _ => wrong("true or false"),
        },
        Some(Shape::Timestamp(_)) => match time(trimmed) {
            Some(t) => Ok(Some(t.to_string().into())),
            None => wrong("time"),
        },
        _ => Ok(Some(text.into())),
    }
}

/// JSON has no infinite number; the text is kept.
fn float(n: f64) -> Value {
    Number::from_f64(n).map_or_else(|| Value::String(n.to_string()), Value::Number)
}

/// A point in time in any of the forms that the services use, whichever the model says: they do not always keep to it.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    if let Ok(t) = text.parse::<Timestamp>() {
        return Some(t);
    }
    if let Ok(seconds) = text.parse::<f64>() {
        return seconds_since_epoch(seconds);
    }
    if let Ok(local) = text.parse::<jiff::civil::DateTime>() {
        return jiff::tz::TimeZone::UTC.to_timestamp(local).ok();
    }
    jiff::fmt::rfc2822::parse(text).ok().map(|z| z.timestamp())
}

/// To the millisecond, which is what the services give.
pub(super) fn seconds_since_epoch(seconds: f64) -> Option<Timestamp> {
    let ms = (seconds * 1000.0).round();
    if !ms.is_finite() || ms.abs() > 9e15 {
        return None;
    }
    Timestamp::from_millisecond(ms as i64).ok()
}

/// A checked parameter as text.
pub(super) fn to_text(shape: Option<&Shape>, value: &Value) -> String {
    match (shape, value) {
        (Some(Shape::Timestamp(format)), Value::String(s)) => match (time(s), format) {
            (Some(t), TimeFormat::Unix) => t.as_second().to_string(),
            (Some(t), TimeFormat::Rfc822) => t.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
            (Some(t), TimeFormat::Iso8601) => t.to_string(),
            (None, _) => s.clone(),
        },
        (_, Value::String(s)) => s.clone(),
        (_, Value::Null) => String::new(),
        (_, other) => other.to_string(),
    }
}

pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
