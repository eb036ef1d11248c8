//! As much of JSON Schema as the documented schema uses, so that no validator is needed to test it.

use serde_json::Value;

/// Everything in which a value is not as a schema says, by place.
pub(crate) fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    Checker { root: schema, faults: &mut faults }.check(schema, value, "$");
    faults
}

struct Checker<'a> {
    root: &'a Value,
    faults: &'a mut Vec<String>,
}

/// What the checker knows; a schema that uses more must fail, not pass.
const KEYWORDS: [&str; 17] = [
    "$schema",
    "$id",
    "$ref",
    "$defs",
    "title",
    "description",
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minimum",
    "maximum",
    "pattern",
    "anyOf",
];

impl Checker<'_> {
    fn check(&mut self, schema: &Value, value: &Value, place: &str) {
        let rules = schema.as_object().unwrap_or_else(|| panic!("no schema: {schema}"));
        for keyword in rules.keys() {
            assert!(KEYWORDS.contains(&keyword.as_str()), "the checker does not know `{keyword}`");
        }
        if let Some(reference) = rules.get("$ref").and_then(Value::as_str) {
            let pointer = reference.strip_prefix('#').unwrap();
            let target =
                self.root.pointer(pointer).unwrap_or_else(|| panic!("nothing at {reference}")).clone();
            self.check(&target, value, place);
        }
        if let Some(forms) = rules.get("anyOf").and_then(Value::as_array) {
            let of_form = |form: &Value| {
                let mut faults = Vec::new();
                Checker { root: self.root, faults: &mut faults }.check(form, value, place);
                faults
            };
            let found: Vec<Vec<String>> = forms.iter().map(of_form).collect();
            if !found.iter().any(Vec::is_empty) {
                self.faults.extend(found.into_iter().flatten());
            }
        }
        let mut fault = |holds: bool, what: String| {
            if !holds {
                self.faults.push(format!("{place}: {what}"));
            }
        };
        if let Some(types) = rules.get("type") {
            let wanted: Vec<&str> = types
                .as_array()
                .map_or_else(|| vec![types], |list| list.iter().collect())
                .iter()
                .filter_map(|t| t.as_str())
                .collect();
            fault(wanted.iter().any(|wanted| is_of(value, wanted)), format!("{value} is not of {wanted:?}"));
        }
        if let Some(words) = rules.get("enum").and_then(Value::as_array) {
            fault(words.contains(value), format!("{value} is none of the words"));
        }
        if let Some(constant) = rules.get("const") {
            fault(value == constant, format!("{value} is not {constant}"));
        }
        if let (Some(least), Some(number)) = (rules.get("minimum").and_then(Value::as_f64), value.as_f64()) {
            fault(number >= least, format!("{number} is less than {least}"));
        }
        if let (Some(most), Some(number)) = (rules.get("maximum").and_then(Value::as_f64), value.as_f64()) {
            fault(number <= most, format!("{number} is more than {most}"));
        }
        if let (Some("^[0-9a-f]{32}$"), Some(text)) =
            (rules.get("pattern").and_then(Value::as_str), value.as_str())
        {
            let is_print =
                text.len() == 32 && text.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
            fault(is_print, format!("{text} is no fingerprint"));
        }
        if let (Some(items), Some(list)) = (rules.get("items"), value.as_array()) {
            for (at, item) in list.iter().enumerate() {
                self.check(items, item, &format!("{place}[{at}]"));
            }
        }
        if let Some(object) = value.as_object() {
            self.members(rules, object, place);
        }
    }

    fn members(
        &mut self,
        rules: &serde_json::Map<String, Value>,
        object: &serde_json::Map<String, Value>,
        place: &str,
    ) {
        for name in rules.get("required").and_then(Value::as_array).into_iter().flatten() {
            let name = name.as_str().unwrap();
            if !object.contains_key(name) {
                self.faults.push(format!("{place}.{name}: is missing"));
            }
        }
        let none = serde_json::Map::new();
        let properties = rules.get("properties").and_then(Value::as_object).unwrap_or(&none);
        for (name, member) in object {
            match properties.get(name) {
                Some(schema) => self.check(schema, member, &format!("{place}.{name}")),
                None if rules.get("additionalProperties") == Some(&Value::Bool(false)) => {
                    self.faults.push(format!("{place}.{name}: is not known"));
                }
                None => {}
            }
        }
    }
}

fn is_of(value: &Value, wanted: &str) -> bool {
    match wanted {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("no such type: {other}"),
    }
}
