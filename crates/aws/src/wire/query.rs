//! Requests of the query protocol and of its EC2 dialect: one flat form of dotted names. Both answer in XML.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::{WireRequest, scalar};
use crate::table::{Member, Operation, Protocol, Service, Shape};

/// Everything but the unreserved characters of RFC 3986 §2.3.
pub(super) const UNRESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

pub(super) fn encode(operation: Operation, params: &Map<String, Value>) -> WireRequest {
    let service = operation.service;
    let mut form = Form { service, ec2: service.protocol == Protocol::Ec2, text: String::new() };
    form.pair("Action", operation.model.name);
    form.pair("Version", service.api_version);
    if let Some(input) = operation.model.input {
        form.structure("", input, params);
    }
    WireRequest {
        method: "POST",
        path: "/".to_owned(),
        query: String::new(),
        headers: vec![(
            "content-type".to_owned(),
            "application/x-www-form-urlencoded; charset=utf-8".to_owned(),
        )],
        body: form.text.into_bytes(),
    }
}

struct Form {
    service: &'static Service,
    ec2: bool,
    text: String,
}

impl Form {
    fn pair(&mut self, name: &str, value: &str) {
        if !self.text.is_empty() {
            self.text.push('&');
        }
        self.text.extend(utf8_percent_encode(name, UNRESERVED));
        self.text.push('=');
        self.text.extend(utf8_percent_encode(value, UNRESERVED));
    }

    fn structure(&mut self, prefix: &str, shape: u32, given: &Map<String, Value>) {
        let service = self.service;
        let Some(structure) = service.structure(shape) else { return };
        for member in &structure.members {
            if let Some(value) = given.get(member.name).filter(|v| !v.is_null()) {
                let name = self.name(member);
                let name = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
                self.value(&name, member.shape, value);
            }
        }
    }

    /// In the EC2 dialect a member without a name of its own for queries has its usual one with a capital.
    fn name(&self, member: &Member) -> String {
        if !self.ec2 {
            return member.wire().to_owned();
        }
        if let Some(name) = member.query() {
            return name.to_owned();
        }
        let Some(name) = member.given_wire() else { return member.name.to_owned() };
        let mut letters = name.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }

    fn value(&mut self, name: &str, shape: u32, value: &Value) {
        let service = self.service;
        match (service.shape(shape), value) {
            (Some(Shape::Structure(_)), Value::Object(given)) => self.structure(name, shape, given),
            (Some(Shape::List { member, wire, flattened }), Value::Array(items)) => {
                if items.is_empty() && !self.ec2 {
                    self.pair(name, "");
                }
                let base = self.list_base(name, *wire, *flattened);
                for (i, item) in items.iter().enumerate() {
                    self.value(&format!("{base}.{}", i + 1), *member, item);
                }
            }
            (Some(Shape::Map { value: of, key_wire, value_wire, flattened }), Value::Object(entries)) => {
                let base = if *flattened { name.to_owned() } else { format!("{name}.entry") };
                for (i, (k, v)) in entries.iter().enumerate() {
                    self.pair(&format!("{base}.{}.{}", i + 1, key_wire.unwrap_or("key")), k);
                    self.value(&format!("{base}.{}.{}", i + 1, value_wire.unwrap_or("value")), *of, v);
                }
            }
            (shape, value) => self.pair(name, &scalar::to_text(shape, value)),
        }
    }

    fn list_base(&self, name: &str, wire: Option<&str>, flattened: bool) -> String {
        if self.ec2 {
            return name.to_owned();
        }
        match (flattened, wire) {
            (false, wire) => format!("{name}.{}", wire.unwrap_or("member")),
            (true, None) => name.to_owned(),
            // The item's name takes the place of the list's.
            (true, Some(wire)) => match name.rsplit_once('.') {
                Some((front, _)) => format!("{front}.{wire}"),
                None => wire.to_owned(),
            },
        }
    }
}
