//! XML bodies, read in one pass from the events of the parser straight into values, guided by the shapes.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value};

use super::{DEEPEST, DecodeError, in_body, scalar};
use crate::table::{Member, Service, Shape, Structure};

/// An answer whose members are the children of the root, or of the element `wrapper` within it.
pub(super) fn wrapped(
    service: &Service,
    output: &Structure,
    wrapper: Option<&'static str>,
    text: &str,
) -> Result<Map<String, Value>, DecodeError> {
    let mut body = Body::open(service, text);
    let root = body.root()?;
    let Some(wrapper) = wrapper else { return body.structure(output, &root, 0) };
    loop {
        match body.next()? {
            Event::Start(e) if e.local_name().as_ref() == wrapper => {
                return body.structure(output, &e, 0);
            }
            Event::Start(e) => body.skip(&e)?,
            // Some operations have an output without members and answer without the wrapper.
            Event::End(_) if output.members.is_empty() => return Ok(Map::new()),
            Event::End(_) => return Err(DecodeError::NoResult(wrapper)),
            _ => {}
        }
    }
}

/// An answer whose members are the children of a root of any name. Where the root carries the name of a single-valued
/// member and no child, it is that member (`<LocationConstraint>eu-west-1</LocationConstraint>`).
pub(super) fn rooted(
    service: &Service,
    output: &Structure,
    text: &str,
) -> Result<Map<String, Value>, DecodeError> {
    let mut body = Body::open(service, text);
    let root = body.root()?;
    let itself = output.members.iter().find(|m| {
        in_body(m.location) && service.is_scalar(m.shape) && root.local_name().as_ref() == m.wire()
    });
    let Some(member) = itself else { return body.structure(output, &root, 0) };
    let text = body.text()?;
    let mut answer = Map::new();
    if !text.trim().is_empty()
        && let Some(value) = scalar::from_text(service.shape(member.shape), member.name, &text)?
    {
        answer.insert(member.name.to_owned(), value);
    }
    Ok(answer)
}

struct Body<'t> {
    service: &'t Service,
    reader: Reader<&'t [u8]>,
}

impl<'t> Body<'t> {
    fn open(service: &'t Service, text: &'t str) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        Self { service, reader }
    }

    fn next(&mut self) -> Result<Event<'t>, DecodeError> {
        match self.reader.read_event()? {
            Event::Eof => Err(DecodeError::Truncated),
            event => Ok(event),
        }
    }

    fn root(&mut self) -> Result<BytesStart<'t>, DecodeError> {
        loop {
            if let Event::Start(e) = self.next()? {
                return Ok(e);
            }
        }
    }

    fn skip(&mut self, element: &BytesStart<'_>) -> Result<(), DecodeError> {
        self.reader.read_to_end(element.name())?;
        Ok(())
    }

    /// The members among the children and attributes of `element`, which has just been opened; up to its end.
    fn structure(
        &mut self,
        structure: &Structure,
        element: &BytesStart<'_>,
        depth: usize,
    ) -> Result<Map<String, Value>, DecodeError> {
        let mut out = Map::new();
        for member in structure.members.iter().filter(|m| m.attribute) {
            if let Ok(Some(a)) = element.try_get_attribute(member.wire()) {
                let text = a.normalized_value(quick_xml::XmlVersion::default())?;
                if let Some(v) = scalar::from_text(self.service.shape(member.shape), member.name, &text)? {
                    out.insert(member.name.to_owned(), v);
                }
            }
        }
        loop {
            match self.next()? {
                Event::Start(e) => match self.member(structure, &e) {
                    Some(member) => self.read_member(member, &e, &mut out, depth + 1)?,
                    None => self.skip(&e)?,
                },
                Event::End(_) => return Ok(out),
                _ => {}
            }
        }
    }

    /// A flattened list stands in its structure under the name of its items; where a single value has the same name
    /// (a deprecated `Event` beside `Events`), the list holds it too.
    fn member<'s>(&self, structure: &'s Structure, element: &BytesStart<'_>) -> Option<&'s Member> {
        let name = element.local_name();
        let mut found = None;
        for member in structure.members.iter().filter(|m| in_body(m.location) && !m.attribute) {
            let (wire, flattened) = match self.service.shape(member.shape) {
                Some(Shape::List { wire: Some(wire), flattened: true, .. }) => (*wire, true),
                Some(Shape::List { flattened, .. }) => (member.wire(), *flattened),
                _ => (member.wire(), false),
            };
            if wire == name.as_ref() {
                if flattened {
                    return Some(member);
                }
                found = found.or(Some(member));
            }
        }
        found
    }

    fn read_member(
        &mut self,
        member: &Member,
        element: &BytesStart<'_>,
        out: &mut Map<String, Value>,
        depth: usize,
    ) -> Result<(), DecodeError> {
        if depth > DEEPEST {
            return Err(DecodeError::TooDeep);
        }
        match self.service.shape(member.shape) {
            Some(Shape::List { member: of, flattened: true, .. }) => {
                let item = self.value(*of, member.name, element, depth)?;
                let list = out.entry(member.name).or_insert_with(|| Value::Array(Vec::new()));
                if let (Value::Array(list), Some(item)) = (list, item) {
                    list.push(item);
                }
            }
            Some(Shape::Map { value, key_wire, value_wire, flattened: true }) => {
                let pair = self.entry(*value, member.name, (*key_wire, *value_wire), depth)?;
                let map = out.entry(member.name).or_insert_with(|| Value::Object(Map::new()));
                if let (Value::Object(map), Some((key, value))) = (map, pair) {
                    map.insert(key, value);
                }
            }
            _ => {
                if let Some(value) = self.value(member.shape, member.name, element, depth)? {
                    out.insert(member.name.to_owned(), value);
                }
            }
        }
        Ok(())
    }

    fn value(
        &mut self,
        shape: u32,
        member: &'static str,
        element: &BytesStart<'_>,
        depth: usize,
    ) -> Result<Option<Value>, DecodeError> {
        if depth > DEEPEST {
            return Err(DecodeError::TooDeep);
        }
        let service = self.service;
        match service.shape(shape) {
            Some(Shape::Structure(s)) => Ok(Some(Value::Object(self.structure(s, element, depth)?))),
            Some(Shape::List { member: of, .. }) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        Event::Start(e) => items.extend(self.value(*of, member, &e, depth + 1)?),
                        Event::End(_) => return Ok(Some(Value::Array(items))),
                        _ => {}
                    }
                }
            }
            Some(Shape::Map { value, key_wire, value_wire, .. }) => {
                let mut entries = Map::new();
                loop {
                    match self.next()? {
                        Event::Start(_) => {
                            entries.extend(self.entry(
                                *value,
                                member,
                                (*key_wire, *value_wire),
                                depth + 1,
                            )?);
                        }
                        Event::End(_) => return Ok(Some(Value::Object(entries))),
                        _ => {}
                    }
                }
            }
            shape => scalar::from_text(shape, member, &self.text()?),
        }
    }

    fn entry(
        &mut self,
        shape: u32,
        member: &'static str,
        (key_wire, value_wire): (Option<&str>, Option<&str>),
        depth: usize,
    ) -> Result<Option<(String, Value)>, DecodeError> {
        let (mut key, mut value) = (None, None);
        loop {
            match self.next()? {
                Event::Start(e) if e.local_name().as_ref() == key_wire.unwrap_or("key") => {
                    key = Some(self.text()?);
                }
                Event::Start(e) if e.local_name().as_ref() == value_wire.unwrap_or("value") => {
                    value = self.value(shape, member, &e, depth + 1)?;
                }
                Event::Start(e) => self.skip(&e)?,
                Event::End(_) => return Ok(key.zip(value)),
                _ => {}
            }
        }
    }

    /// The text up to the end of the element that has just been opened; elements within it are passed over.
    fn text(&mut self) -> Result<String, DecodeError> {
        let mut out = String::new();
        loop {
            match self.next()? {
                Event::Text(t) => out.push_str(&t.xml10_content()),
                Event::CData(t) => out.push_str(&t.xml10_content()),
                Event::GeneralRef(r) => match r.resolve_char_ref()? {
                    Some(c) => out.push(c),
                    None => {
                        let name = r.xml10_content();
                        match quick_xml::escape::resolve_predefined_entity(&name) {
                            Some(text) => out.push_str(text),
                            None => return Err(DecodeError::Entity(name.into_owned())),
                        }
                    }
                },
                Event::Start(e) => self.skip(&e)?,
                Event::End(_) => return Ok(out),
                _ => {}
            }
        }
    }
}

/// The first text of each of `names` wherever they stand, for error bodies, whose form differs between services.
pub(super) fn first_texts<const N: usize>(text: &str, names: [&str; N]) -> [Option<String>; N] {
    let mut found = [const { None }; N];
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut within: Option<usize> = None;
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Eof => break,
            Event::Start(e) => {
                within = names.iter().position(|n| *n == e.local_name().as_ref());
                if let Some(slot) = within.and_then(|i| found.get_mut(i)) {
                    if slot.is_some() {
                        within = None;
                    } else {
                        *slot = Some(String::new());
                    }
                }
            }
            Event::End(_) => within = None,
            event => {
                let Some(Some(slot)) = within.and_then(|i| found.get_mut(i)) else { continue };
                match event {
                    Event::Text(t) => slot.push_str(&t.xml10_content()),
                    Event::CData(t) => slot.push_str(&t.xml10_content()),
                    Event::GeneralRef(r) => match r.resolve_char_ref() {
                        Ok(Some(c)) => slot.push(c),
                        _ => slot.extend(quick_xml::escape::resolve_predefined_entity(&r.xml10_content())),
                    },
                    _ => {}
                }
            }
        }
    }
    found
}

/// Whether the root element has this name.
pub(super) fn root_is(text: &str, name: &str) -> bool {
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(Event::Start(e) | Event::Empty(e)) => return e.local_name().as_ref() == name,
            Ok(Event::Eof) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}

/// A request body.
pub(super) fn write(
    service: &Service,
    root: &str,
    namespace: Option<&str>,
    shape: u32,
    given: &Map<String, Value>,
) -> String {
    let mut out = format!("<{root}");
    if let Some(namespace) = namespace {
        out.push_str(&format!(" xmlns=\"{}\"", quick_xml::escape::escape(namespace)));
    }
    out.push('>');
    write_structure(service, shape, given, &mut out);
    out.push_str(&format!("</{root}>"));
    out
}

fn write_structure(service: &Service, shape: u32, given: &Map<String, Value>, out: &mut String) {
    let Some(structure) = service.structure(shape) else { return };
    for member in structure.members.iter().filter(|m| in_body(m.location)) {
        if let Some(value) = given.get(member.name).filter(|v| !v.is_null()) {
            write_value(service, member.wire(), member.shape, value, out);
        }
    }
}

fn write_value(service: &Service, name: &str, shape: u32, value: &Value, out: &mut String) {
    match (service.shape(shape), value) {
        (Some(Shape::List { member, flattened: true, .. }), Value::Array(items)) => {
            items.iter().for_each(|v| write_value(service, name, *member, v, out));
            return;
        }
        (shape_at, value) => {
            out.push_str(&format!("<{name}>"));
            match (shape_at, value) {
                (Some(Shape::Structure(_)), Value::Object(given)) => {
                    write_structure(service, shape, given, out)
                }
                (Some(Shape::List { member, wire, .. }), Value::Array(items)) => {
                    let item = wire.unwrap_or("member");
                    items.iter().for_each(|v| write_value(service, item, *member, v, out));
                }
                (Some(Shape::Map { value: of, key_wire, value_wire, .. }), Value::Object(entries)) => {
                    for (key, v) in entries {
                        let key_name = key_wire.unwrap_or("key");
                        out.push_str(&format!(
                            "<entry><{key_name}>{}</{key_name}>",
                            quick_xml::escape::escape(key)
                        ));
                        write_value(service, value_wire.unwrap_or("value"), *of, v, out);
                        out.push_str("</entry>");
                    }
                }
                (shape_at, value) => {
                    let text = scalar::to_text(shape_at, value);
                    out.push_str(&quick_xml::escape::escape(&text));
                }
            }
        }
    }
    out.push_str(&format!("</{name}>"));
}
