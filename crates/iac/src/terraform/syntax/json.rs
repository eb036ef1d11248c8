//! JSON with byte spans, and Terraform's JSON syntax as the same tree as HCL.
//!
//! JSON does not say whether an object is a block or a map; the schema of the resource does. Here an object
//! in a resource stays a map and a list stays a list, except for `dynamic` and the meta-arguments.

use std::sync::Arc;

use super::convert::Converter;
use super::{Attribute, Block, Body, Expr, ExprKind, Span};
use crate::tree::Text;
use crate::trouble::Trouble;

const DEPTH_LIMIT: usize = 100;

/// A JSON value and where it stands.
#[derive(Debug)]
pub(crate) struct Json {
    pub(crate) span: Span,
    pub(crate) kind: JsonKind,
}

/// The kinds of JSON values.
#[derive(Debug)]
pub(crate) enum JsonKind {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Where JSON went wrong, and how.
#[derive(Debug)]
pub(crate) struct JsonFault {
    pub(crate) at: usize,
    pub(crate) what: String,
}

/// Reads one JSON value, and nothing after it.
pub(crate) fn parse(text: &str, offset: u32) -> Result<Json, JsonFault> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, offset };
    let value = reader.value(0)?;
    reader.blanks();
    if reader.at < reader.bytes.len() {
        return Err(reader.fault("there is more after the value"));
    }
    Ok(value)
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    offset: u32,
}

impl Reader<'_> {
    fn fault(&self, what: &str) -> JsonFault {
        JsonFault { at: self.at, what: what.to_owned() }
    }

    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let hit = self.peek() == byte;
        if hit {
            self.at += 1;
        }
        hit
    }

    fn value(&mut self, depth: usize) -> Result<Json, JsonFault> {
        if depth > DEPTH_LIMIT {
            return Err(self.fault("values are nested deeper than 100"));
        }
        self.blanks();
        let start = self.at;
        let kind = match self.peek() {
            b'{' => self.object(depth)?,
            b'[' => self.list(depth)?,
            b'"' => JsonKind::Text(self.string()?),
            b't' | b'f' | b'n' => self.word()?,
            _ => self.number()?,
        };
        let offset = |at: usize| self.offset.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
        Ok(Json { span: Span { start: offset(start), end: offset(self.at) }, kind })
    }

    fn object(&mut self, depth: usize) -> Result<JsonKind, JsonFault> {
        self.at += 1;
        let mut entries = Vec::new();
        self.blanks();
        if self.eat(b'}') {
            return Ok(JsonKind::Object(entries));
        }
        loop {
            self.blanks();
            if self.peek() != b'"' {
                return Err(self.fault("a name in quotes is missing"));
            }
            let name = self.string()?;
            self.blanks();
            if !self.eat(b':') {
                return Err(self.fault("a `:` is missing"));
            }
            entries.push((name, self.value(depth + 1)?));
            self.blanks();
            if self.eat(b'}') {
                return Ok(JsonKind::Object(entries));
            }
            if !self.eat(b',') {
                return Err(self.fault("a `,` or `}` is missing"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<JsonKind, JsonFault> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.eat(b']') {
            return Ok(JsonKind::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blanks();
            if self.eat(b']') {
                return Ok(JsonKind::List(items));
            }
            if !self.eat(b',') {
                return Err(self.fault("a `,` or `]` is missing"));
            }
        }
    }

    fn word(&mut self) -> Result<JsonKind, JsonFault> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        for (word, kind) in
            [("true", JsonKind::Bool(true)), ("false", JsonKind::Bool(false)), ("null", JsonKind::Null)]
        {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(kind);
            }
        }
        Err(self.fault("this is no JSON value"))
    }

    fn number(&mut self) -> Result<JsonKind, JsonFault> {
        let start = self.at;
        while matches!(self.peek(), b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E') {
            self.at += 1;
        }
        let written = self.text.get(start..self.at).unwrap_or_default();
        if let Ok(whole) = written.parse() {
            return Ok(JsonKind::Int(whole));
        }
        match written.parse::<f64>() {
            Ok(float) if float.is_finite() => Ok(JsonKind::Float(float)),
            _ => {
                self.at = start;
                Err(self.fault("this is no JSON value"))
            }
        }
    }

    fn string(&mut self) -> Result<String, JsonFault> {
        self.at += 1;
        let mut found = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(length) = rest.find(['"', '\\', '\n']) else {
                return Err(self.fault("the string is never closed"));
            };
            found.push_str(rest.get(..length).unwrap_or_default());
            self.at += length;
            match self.peek() {
                b'"' => {
                    self.at += 1;
                    return Ok(found);
                }
                b'\n' => return Err(self.fault("the string is never closed")),
                _ => found.push(self.escape()?),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonFault> {
        self.at += 1;
        let byte = self.peek();
        self.at += 1;
        Ok(match byte {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'"' | b'\\' | b'/' => char::from(byte),
            b'u' => {
                let mut code = self.hex()?;
                if (0xd800..0xdc00).contains(&code) && self.eat(b'\\') && self.eat(b'u') {
                    let low = self.hex()?;
                    code = 0x10000 + ((code - 0xd800) << 10) + (low.wrapping_sub(0xdc00) & 0x3ff);
                }
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            _ => return Err(self.fault("there is no such escape")),
        })
    }

    fn hex(&mut self) -> Result<u32, JsonFault> {
        let digits = self.text.get(self.at..self.at + 4).unwrap_or_default();
        let code = u32::from_str_radix(digits, 16).map_err(|_| self.fault("four hex digits are missing"))?;
        self.at += 4;
        Ok(code)
    }
}

/// The body of a `.tf.json` or `.tfvars.json` file.
pub(super) fn body(path: &Arc<str>, text: &Text, troubles: &mut Vec<Trouble>) -> Body {
    let json = match parse(&text.text, text.offset) {
        Ok(json) => json,
        Err(fault) => {
            let before = text.text.get(..fault.at).unwrap_or_default();
            let line = u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX);
            let what = format!("the file is not valid JSON and was left out: {}", fault.what);
            troubles.push(Trouble::new(path.clone(), line, what, "correct it"));
            return Body::default();
        }
    };
    let values_only = path.ends_with(".tfvars.json");
    let mut body = Body::default();
    let entries = each_object(&json);
    for (name, value) in entries {
        if values_only {
            body.attributes.push(attribute(name, literal(value), value.span));
        } else if !name.starts_with("//") {
            blocks(name, label_count(name), value, &mut Vec::new(), &mut body.blocks);
        }
    }
    body
}

fn each_object(json: &Json) -> Vec<(&str, &Json)> {
    match &json.kind {
        JsonKind::Object(entries) => entries.iter().map(|(name, value)| (name.as_str(), value)).collect(),
        JsonKind::List(items) => items.iter().flat_map(each_object).collect(),
        _ => Vec::new(),
    }
}

fn label_count(kind: &str) -> usize {
    match kind {
        "resource" | "data" | "ephemeral" => 2,
        "variable" | "output" | "module" | "provider" | "check" | "dynamic" | "provisioner" => 1,
        _ => 0,
    }
}

fn blocks(kind: &str, labels: usize, json: &Json, so_far: &mut Vec<Arc<str>>, out: &mut Vec<Block>) {
    if labels > 0 {
        for (label, inner) in each_object(json) {
            if label.starts_with("//") {
                continue;
            }
            so_far.push(label.into());
            blocks(kind, labels - 1, inner, so_far, out);
            so_far.pop();
        }
        return;
    }
    match &json.kind {
        JsonKind::List(items) => {
            for item in items {
                blocks(kind, 0, item, so_far, out);
            }
        }
        _ => out.push(Block {
            kind: kind.into(),
            labels: so_far.clone(),
            body: block_body(kind, json),
            span: json.span,
        }),
    }
}

/// What is a block wherever it stands in a body.
fn is_block(holder: &str, name: &str) -> bool {
    match holder {
        "resource" | "data" => matches!(name, "dynamic" | "lifecycle" | "provisioner" | "connection"),
        "content" => name == "dynamic",
        "terraform" => name != "required_version" && name != "experiments",
        "provider" => {
            matches!(name, "default_tags" | "assume_role" | "features" | "endpoints" | "ignore_tags")
        }
        "dynamic" => name == "content",
        "variable" => name == "validation",
        _ => false,
    }
}

fn block_body(kind: &str, json: &Json) -> Body {
    let mut body = Body::default();
    for (name, value) in each_object(json) {
        if name.starts_with("//") {
            continue;
        }
        if is_block(kind, name) {
            blocks(name, label_count(name), value, &mut Vec::new(), &mut body.blocks);
            continue;
        }
        let expr = match (kind, name) {
            ("variable", "type") => bare(value),
            ("variable", "default") => literal(value),
            ("module", "providers") | (_, "provider") => references(value),
            _ => expression(value),
        };
        body.attributes.push(attribute(name, expr, value.span));
    }
    body
}

fn attribute(name: &str, value: Expr, span: Span) -> Attribute {
    Attribute { name: name.into(), value, span }
}

/// A string that is an expression by itself: `"list(string)"`, `"aws.west"`.
fn bare(json: &Json) -> Expr {
    match &json.kind {
        JsonKind::Text(text) => match super::parse_expr(text) {
            Ok(expr) => Expr { span: json.span, kind: expr.kind },
            Err(_) => literal(json),
        },
        _ => literal(json),
    }
}

fn references(json: &Json) -> Expr {
    let JsonKind::Object(entries) = &json.kind else { return bare(json) };
    let entries = entries.iter().map(|(name, value)| (key(name, value.span), bare(value))).collect();
    Expr { span: json.span, kind: ExprKind::Object(entries) }
}

fn key(name: &str, span: Span) -> Expr {
    Expr { span, kind: ExprKind::Text(name.into()) }
}

/// A value in which strings are templates.
fn expression(json: &Json) -> Expr {
    build(json, &|text, span| {
        if !text.contains("${") && !text.contains("%{") {
            return ExprKind::Text(text.into());
        }
        // Spans inside are right as long as nothing before them is escaped.
        match text.parse::<hcl_edit::template::Template>() {
            Ok(template) => Converter { base: span.start.saturating_add(1) }.quoted(&template),
            Err(error) => ExprKind::Broken(format!("the template is not valid: {}", error.message()).into()),
        }
    })
}

/// A value in which strings are just strings.
fn literal(json: &Json) -> Expr {
    build(json, &|text, _| ExprKind::Text(text.into()))
}

fn build(json: &Json, string: &dyn Fn(&str, Span) -> ExprKind) -> Expr {
    let kind = match &json.kind {
        JsonKind::Null => ExprKind::Null,
        JsonKind::Bool(value) => ExprKind::Bool(*value),
        JsonKind::Int(value) => ExprKind::Int(*value),
        JsonKind::Float(value) => ExprKind::Float(*value),
        JsonKind::Text(text) => string(text, json.span),
        JsonKind::List(items) => ExprKind::List(items.iter().map(|item| build(item, string)).collect()),
        JsonKind::Object(entries) => ExprKind::Object(
            entries.iter().map(|(name, value)| (key(name, value.span), build(value, string))).collect(),
        ),
    };
    Expr { span: json.span, kind }
}
