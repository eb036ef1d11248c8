//! The standard functions of Terraform that need neither clock, chance nor network.
//!
//! Each family is a file with one entry point, which answers none for a name that is not its own. A function
//! that cannot be worked out here gives an unknown with the reason, never an error: to `try`, an error means
//! that the expression is wrong.

mod collections;
mod encoding;
mod hashes;
mod network;
mod numbers;
mod sets;
mod strings;
mod times;
mod yaml;

use std::sync::Arc;

pub(crate) use collections::merged;
pub(crate) use hashes::of_bytes;

use super::value::{Value, reason};

/// A result, or what is wrong with the call.
pub(crate) type Result = std::result::Result<Value, String>;

/// Calls a function.
pub(crate) fn call(name: &str, arguments: &[Value]) -> Result {
    let call = Call { name, arguments };
    let families = [
        collections::call,
        strings::call,
        encoding::call,
        numbers::call,
        sets::call,
        network::call,
        hashes::call,
        times::call,
        conversions,
    ];
    families.iter().find_map(|family| family(&call)).unwrap_or_else(|| Ok(call.undecided(unsupported(name))))
}

fn unsupported(name: &str) -> &'static str {
    match name {
        "timestamp" | "plantimestamp" => "it depends on when it is run",
        "uuid" | "bcrypt" => "it gives another result on each run",
        "rsadecrypt" => "it needs a private key",
        "md5" | "sha1" | "uuidv5" | "base64gzip" | "filemd5" | "filesha1" => "it is not worked out here",
        "abspath" | "pathexpand" => "it depends on the machine that it is run on",
        _ if name.contains("::") => "functions of providers are not run",
        _ => "there is no such function, or it is newer than this program",
    }
}

/// One call of a function.
pub(crate) struct Call<'a> {
    name: &'a str,
    arguments: &'a [Value],
}

/// Why a function stops before its end: it is wrong, or a part of what it needs is unknown.
pub(crate) enum Stop {
    Wrong(String),
    Unknown(Value),
}

/// What the body of a function gives; `?` stops it.
pub(crate) type Step<T> = std::result::Result<T, Stop>;

impl Call<'_> {
    fn undecided(&self, what: &str) -> Value {
        Value::Unknown(reason(&format!("{}()", self.name), format!("`{}`: {what}", self.name)))
    }

    fn wrong<T>(&self, what: impl Into<String>) -> Step<T> {
        Err(Stop::Wrong(what.into()))
    }

    /// An argument; unknown stops.
    fn known(&self, at: usize) -> Step<&Value> {
        let Some(value) = self.arguments.get(at) else {
            return self.wrong(format!("argument {} is missing", at + 1));
        };
        match value.why() {
            Some(why) => Err(Stop::Unknown(Value::Unknown(why.clone()))),
            None => Ok(value),
        }
    }

    /// An argument without unknown parts.
    fn whole(&self, at: usize) -> Step<&Value> {
        let value = self.known(at)?;
        match value.first_unknown() {
            Some(why) => Err(Stop::Unknown(Value::Unknown(why.clone()))),
            None => Ok(value),
        }
    }

    fn text(&self, at: usize) -> Step<Arc<str>> {
        let value = self.known(at)?;
        match value.to_text() {
            Some(text) => Ok(text),
            None => self.wrong(format!("argument {} is a {} and no text", at + 1, value.type_name())),
        }
    }

    fn number(&self, at: usize) -> Step<f64> {
        let value = self.known(at)?;
        match value.to_number() {
            Some(number) => Ok(number),
            None => self.wrong(format!("argument {} is a {} and no number", at + 1, value.type_name())),
        }
    }

    fn int(&self, at: usize) -> Step<i64> {
        let value = self.known(at)?;
        match value.to_int() {
            Some(number) => Ok(number),
            None => self.wrong(format!("argument {} is no whole number", at + 1)),
        }
    }

    fn size(&self, at: usize) -> Step<usize> {
        match usize::try_from(self.int(at)?) {
            Ok(size) => Ok(size),
            Err(_) => self.wrong(format!("argument {} is negative", at + 1)),
        }
    }

    fn items(&self, at: usize) -> Step<&[Value]> {
        let value = self.known(at)?;
        match value.items() {
            Some(items) => Ok(items),
            None => self.wrong(format!("argument {} is a {} and no list", at + 1, value.type_name())),
        }
    }

    /// The elements of a list, all of them texts and known.
    fn texts(&self, at: usize) -> Step<Vec<Arc<str>>> {
        let mut found = Vec::new();
        for item in self.items(at)? {
            match (item.why(), item.to_text()) {
                (Some(why), _) => return Err(Stop::Unknown(Value::Unknown(why.clone()))),
                (None, Some(text)) => found.push(text),
                (None, None) => return self.wrong("an element of the list is no text"),
            }
        }
        Ok(found)
    }

    fn len(&self) -> usize {
        self.arguments.len()
    }
}

/// The end of a function's body.
fn done(step: Step<Value>) -> Option<Result> {
    Some(match step {
        Ok(value) | Err(Stop::Unknown(value)) => Ok(value),
        Err(Stop::Wrong(what)) => Err(what),
    })
}

/// Functions about types.
fn conversions(call: &Call<'_>) -> Option<Result> {
    done(match call.name {
        "tostring" => converted(call, |value| value.to_text().map(Value::Text)),
        "tonumber" => converted(call, |value| match value {
            Value::Int(_) => Some(value.clone()),
            _ => value.to_number().map(Value::number),
        }),
        "tobool" => converted(call, |value| value.to_bool().map(Value::Bool)),
        "tolist" => call.items(0).map(|items| Value::list(items.to_vec())),
        "toset" => call.items(0).map(|items| Value::set(items.to_vec())),
        "tomap" => call.known(0).cloned(),
        // What is marked as secret stays out of every result.
        "sensitive" | "ephemeralasnull" => {
            Ok(Value::Unknown(reason("sensitive()", "the value is sensitive and is kept out")))
        }
        "nonsensitive" => call.known(0).cloned(),
        "issensitive" => call.known(0).map(|_| Value::Bool(false)),
        "type" => call.known(0).map(|value| Value::text(value.type_name())),
        _ => return None,
    })
}

fn converted(call: &Call<'_>, convert: fn(&Value) -> Option<Value>) -> Step<Value> {
    if let Some(text @ Value::Json(_)) = call.arguments.first()
        && call.name == "tostring"
    {
        return Ok(text.clone());
    }
    let value = call.known(0)?;
    if matches!(value, Value::Null) {
        return Ok(Value::Null);
    }
    match convert(value) {
        Some(converted) => Ok(converted),
        None => call.wrong(format!("a {} cannot be converted", value.type_name())),
    }
}
