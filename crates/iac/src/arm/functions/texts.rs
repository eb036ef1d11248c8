//! Text. Nothing is made that is longer than there is room for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use partywall_model::Node;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{all_known, count, shown, size, weight, wrong};
use crate::arm::evaluate::Outcome;
use crate::json::{self, Dialect};
use crate::plain_json;
use crate::undecided::Reason;

/// What a URI may hold as it is: RFC 3986 §2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// A padded text may not be longer; "String functions for ARM templates" pads to a length of 16.
const PAD_LIMIT: usize = 1024;

pub(super) fn result(name: &str, arguments: &[Node], room: usize) -> Option<Outcome> {
    let make: fn(&[Node], usize) -> Outcome = match name {
        "concat" => concat,
        "format" => format,
        "string" => string,
        "json" => parsed,
        "tolower" => |arguments, _| Ok(Node::text(one(arguments)?.to_lowercase())),
        "toupper" => |arguments, _| Ok(Node::text(one(arguments)?.to_uppercase())),
        "trim" => |arguments, _| Ok(Node::text(one(arguments)?.trim())),
        "replace" => replace,
        "split" => split,
        "join" => join,
        "substring" => substring,
        "take" => |arguments, _| cut(arguments, Cut::Take),
        "skip" => |arguments, _| cut(arguments, Cut::Skip),
        "first" => |arguments, _| Ok(Node::text(one(arguments)?.chars().take(1).collect::<String>())),
        "last" => |arguments, _| {
            Ok(Node::text(one(arguments)?.chars().last().map(String::from).unwrap_or_default()))
        },
        "startswith" => {
            |arguments, _| two(arguments).map(|(a, b)| Node::Bool(lower(&a).starts_with(&lower(&b))))
        }
        "endswith" => |arguments, _| two(arguments).map(|(a, b)| Node::Bool(lower(&a).ends_with(&lower(&b)))),
        "indexof" => |arguments, _| two(arguments).map(|(a, b)| position(&a, lower(&a).find(&lower(&b)))),
        "lastindexof" => {
            |arguments, _| two(arguments).map(|(a, b)| position(&a, lower(&a).rfind(&lower(&b))))
        }
        "padleft" => padded,
        "base64" => |arguments, _| Ok(Node::text(STANDARD.encode(one(arguments)?.as_bytes()))),
        "base64tostring" => |arguments, _| decoded(&one(arguments)?).map(Node::from),
        "base64tojson" => |arguments, _| document(&decoded(&one(arguments)?)?),
        "uri" => |arguments, _| two(arguments).map(|(base, path)| Node::text(uri(&base, &path))),
        "uricomponent" => {
            |arguments, _| Ok(Node::text(utf8_percent_encode(&one(arguments)?, RESERVED).to_string()))
        }
        "uricomponenttostring" => {
            |arguments, _| Ok(Node::text(percent_decode_str(&one(arguments)?).decode_utf8_lossy()))
        }
        "datauri" => |arguments, _| {
            let encoded = STANDARD.encode(one(arguments)?.as_bytes());
            Ok(Node::text(format!("data:text/plain;charset=utf8;base64,{encoded}")))
        },
        "datauritostring" => |arguments, _| {
            let text = one(arguments)?;
            decoded(text.split_once(',').map_or("", |(_, data)| data)).map(Node::from)
        },
        _ => return None,
    };
    let sum: usize = arguments.iter().map(bytes).sum();
    if sum > room {
        return Some(Err(wrong("the text is longer than is evaluated")));
    }
    Some(make(arguments, room))
}

/// The bytes of the text in a value.
fn bytes(node: &Node) -> usize {
    match node {
        Node::Text(text) => text.len(),
        Node::List(items) => items.iter().fold(0, |sum, item| sum.saturating_add(bytes(item))),
        Node::Map(map) => {
            map.iter().fold(0, |sum, (key, value)| sum.saturating_add(key.len()).saturating_add(bytes(value)))
        }
        _ => 1,
    }
}

fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

fn one(arguments: &[Node]) -> Result<std::sync::Arc<str>, Reason> {
    match arguments {
        [only] => shown(only),
        _ => Err(wrong("it needs one text")),
    }
}

fn two(arguments: &[Node]) -> Result<(std::sync::Arc<str>, std::sync::Arc<str>), Reason> {
    match arguments {
        [a, b] => Ok((shown(a)?, shown(b)?)),
        _ => Err(wrong("it needs two texts")),
    }
}

fn concat(arguments: &[Node], _: usize) -> Outcome {
    let mut text = String::new();
    for argument in arguments {
        text.push_str(&shown(argument)?);
    }
    Ok(Node::text(text))
}

/// `format('{0}-{1}', …)`. A form behind the number (`{0:d4}`) is kept to what .NET's `D` does.
fn format(arguments: &[Node], room: usize) -> Outcome {
    let Some((template, values)) = arguments.split_first() else { return Err(wrong("it needs a text")) };
    let template = shown(template)?;
    let mut text = String::new();
    let mut rest = &*template;
    while let Some(at) = rest.find(['{', '}']) {
        text.push_str(rest.get(..at).unwrap_or_default());
        let mark = rest.get(at..at + 1).unwrap_or_default();
        rest = rest.get(at + 1..).unwrap_or_default();
        if let Some(after) = rest.strip_prefix(mark) {
            text.push_str(mark);
            rest = after;
            continue;
        }
        let Some((place, after)) = rest.split_once('}').filter(|_| mark == "{") else {
            return Err(wrong("its text has a bracket that is not closed"));
        };
        rest = after;
        let (number, form) = place.split_once([':', ',']).unwrap_or((place, ""));
        let value = number.trim().parse::<usize>().ok().and_then(|at| values.get(at));
        let Some(value) = value else { return Err(wrong(format!("its text asks for a value `{number}`"))) };
        let value = match value {
            Node::List(_) | Node::Map(_) => plain_json::written(value).into(),
            value => shown(value)?,
        };
        let digits = form.strip_prefix(['d', 'D']).and_then(|digits| digits.parse::<usize>().ok());
        let missing = digits.unwrap_or_default().min(PAD_LIMIT).saturating_sub(value.len());
        text.extend(std::iter::repeat_n('0', missing));
        text.push_str(&value);
        if text.len() > room {
            return Err(wrong("the text is longer than is evaluated"));
        }
    }
    text.push_str(rest);
    Ok(Node::text(text))
}

fn string(arguments: &[Node], _: usize) -> Outcome {
    let [value] = arguments else { return Err(wrong("it needs one value")) };
    match value {
        Node::List(_) | Node::Map(_) => {
            let mut doubt = None;
            value.visit_unknowns(&mut |_, why| {
                doubt.get_or_insert_with(|| why.clone());
            });
            match doubt {
                // A document with a doubt in it stays the document, so that the rest of it can be judged.
                Some(_) if weight(value) > 1 && matches!(value, Node::Map(_)) => Ok(value.clone()),
                Some(why) => Err(why),
                None => Ok(Node::text(plain_json::written(value))),
            }
        }
        value => shown(value).map(Node::Text),
    }
}

fn parsed(arguments: &[Node], _: usize) -> Outcome {
    match arguments {
        [Node::Map(_)] => Ok(arguments.first().cloned().unwrap_or_default()),
        many => document(&one(many)?),
    }
}

fn document(text: &str) -> Outcome {
    let read = json::read(text, 0, Dialect::Commented);
    match (read.roots.first(), read.faults.first()) {
        (Some(root), None) => Ok(crate::arm::frame::plain(root)),
        (_, Some(fault)) => Err(wrong(fault.what.clone())),
        (None, None) => Err(wrong("there is no JSON in it")),
    }
}

fn replace(arguments: &[Node], room: usize) -> Outcome {
    all_known(arguments)?;
    let [text, old, new] = arguments else { return Err(wrong("it needs three texts")) };
    let (text, old, new) = (shown(text)?, shown(old)?, shown(new)?);
    if old.is_empty() {
        return Err(wrong("the text to replace is empty"));
    }
    let times = text.matches(&*old).count();
    if times.saturating_mul(new.len()).saturating_add(text.len()) > room {
        return Err(wrong("the text is longer than is evaluated"));
    }
    Ok(Node::text(text.replace(&*old, &new)))
}

/// `split(text, delimiter)`; of a list of delimiters each splits.
fn split(arguments: &[Node], _: usize) -> Outcome {
    let [text, delimiters] = arguments else { return Err(wrong("it needs a text and a delimiter")) };
    let text = shown(text)?;
    let delimiters = match delimiters {
        Node::List(items) => items.iter().map(shown).collect::<Result<Vec<_>, _>>()?,
        delimiter => vec![shown(delimiter)?],
    };
    let mut parts = vec![&*text];
    for delimiter in delimiters.iter().filter(|delimiter| !delimiter.is_empty()) {
        parts = parts.into_iter().flat_map(|part| part.split(&**delimiter)).collect();
    }
    Ok(Node::List(parts.into_iter().map(Node::from).collect()))
}

fn join(arguments: &[Node], room: usize) -> Outcome {
    all_known(arguments)?;
    let [list, delimiter] = arguments else { return Err(wrong("it needs a list and a delimiter")) };
    let delimiter = shown(delimiter)?;
    let mut text = String::new();
    for (at, item) in list.items().iter().enumerate() {
        if at > 0 {
            text.push_str(&delimiter);
        }
        text.push_str(&shown(item)?);
        if text.len() > room {
            return Err(wrong("the text is longer than is evaluated"));
        }
    }
    Ok(Node::text(text))
}

fn substring(arguments: &[Node], _: usize) -> Outcome {
    all_known(arguments)?;
    let (text, start, length) = match arguments {
        [text, start] => (text, start, None),
        [text, start, length] => (text, start, Some(size(length)?)),
        _ => return Err(wrong("it needs a text and a start")),
    };
    let (text, start) = (shown(text)?, size(start)?);
    let rest = text.chars().skip(start);
    Ok(Node::text(match length {
        Some(length) => rest.take(length).collect::<String>(),
        None => rest.collect(),
    }))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    Take,
    Skip,
}

fn cut(arguments: &[Node], cut: Cut) -> Outcome {
    all_known(arguments)?;
    let [text, number] = arguments else { return Err(wrong("it needs a text and a number")) };
    let (text, number) = (shown(text)?, size(number)?);
    Ok(Node::text(match cut {
        Cut::Take => text.chars().take(number).collect::<String>(),
        Cut::Skip => text.chars().skip(number).collect(),
    }))
}

/// A position of bytes as one of characters.
fn position(text: &str, at: Option<usize>) -> Node {
    let before = at.and_then(|at| text.get(..at));
    before.map_or(Node::Int(-1), |before| count(before.chars().count()))
}

fn padded(arguments: &[Node], _: usize) -> Outcome {
    all_known(arguments)?;
    let (text, length, with) = match arguments {
        [text, length] => (shown(text)?, size(length)?, " ".into()),
        [text, length, with] => (shown(text)?, size(length)?, shown(with)?),
        _ => return Err(wrong("it needs a text and a length")),
    };
    let missing = length.min(PAD_LIMIT).saturating_sub(text.chars().count());
    let with = with.chars().next().unwrap_or(' ');
    Ok(Node::text(format!("{}{text}", std::iter::repeat_n(with, missing).collect::<String>())))
}

fn decoded(text: &str) -> Result<String, Reason> {
    let bytes = STANDARD.decode(text.trim()).map_err(|_| wrong("it is no base64"))?;
    String::from_utf8(bytes).map_err(|_| wrong("what is encoded is no text"))
}

/// What stands behind the last `/` of the base is replaced.
fn uri(base: &str, path: &str) -> String {
    let keeps = base.rfind('/').filter(|at| *at > base.find("://").map_or(0, |at| at + 2));
    match keeps {
        Some(at) => format!("{}/{}", base.get(..at).unwrap_or_default(), path.trim_start_matches('/')),
        None => format!("{base}/{}", path.trim_start_matches('/')),
    }
}
