//! The functions that shape what a provider or a file of code says; their meaning is written at
//! [`COLLECTOR_FUNCTIONS`](crate::COLLECTOR_FUNCTIONS) and [`MAPPING_FUNCTIONS`](crate::MAPPING_FUNCTIONS).

use partywall_expr::{EvalError, Host, HostValue, Trace};
use partywall_model::{Map, Node, Why, WhyKind};

/// Answers the functions of collectors and of mappings.
#[derive(Clone, Copy, Debug)]
pub struct ShapeFunctions;

impl Host for ShapeFunctions {
    fn call<'h>(
        &'h self,
        name: &str,
        arguments: &[&Node],
        _: &mut Trace,
    ) -> Result<HostValue<'h>, EvalError> {
        let value = match (name, arguments) {
            ("pick", [map, names]) => pick(map, names),
            ("to_map", [list, key, value]) => keyed(list, key, |row| value.as_str().map(|v| row.key(v))),
            ("index_by", [list, key]) => keyed(list, key, Some),
            ("typed", [row]) => Ok(typed(row)),
            ("seen", [value, otherwise]) => Ok(seen(value, otherwise)),
            ("named", [tags, otherwise]) => Ok(named(tags).unwrap_or(otherwise).clone()),
            ("otherwise", [value, default]) => {
                Ok(if value.is_absent() { (*default).clone() } else { (*value).clone() })
            }
            ("unknown", [why]) => Ok(undecided(why)),
            _ => Err(EvalError::host(format!(
                "collectors and mappings have no function `{name}` that takes this"
            ))),
        };
        value.map(HostValue::from)
    }
}

fn pick(map: &Node, names: &Node) -> Result<Node, EvalError> {
    match map {
        Node::Map(map) => Ok(Node::Map(
            names
                .items()
                .iter()
                .filter_map(Node::as_str)
                .filter_map(|name| map.get(name).map(|value| (name, value.clone())))
                .collect::<Map>(),
        )),
        Node::Absent | Node::Unknown(_) => Ok(map.clone()),
        _ => Err(EvalError::host("`pick` needs a map")),
    }
}

/// Rows without the key are left out; where a row was not seen, neither is the map.
fn keyed<'a>(
    list: &'a Node,
    key: &Node,
    value: impl Fn(&'a Node) -> Option<&'a Node>,
) -> Result<Node, EvalError> {
    let rows = match list {
        Node::List(rows) => rows,
        Node::Absent | Node::Unknown(_) => return Ok(list.clone()),
        _ => return Err(EvalError::host("a list of maps is needed")),
    };
    let Some(key) = key.as_str() else { return Err(EvalError::host("the name of an entry is needed")) };
    if let Some(unseen) = rows.iter().find(|row| row.is_unknown() || row.key(key).is_unknown()) {
        return Ok(if unseen.is_unknown() { unseen.clone() } else { unseen.key(key).clone() });
    }
    let entries = rows.iter().filter_map(|row| Some((row.key(key).as_str()?, value(row)?.clone())));
    Ok(Node::Map(entries.collect::<Map>()))
}

fn typed(row: &Node) -> Node {
    match row {
        Node::Text(text) => match &**text {
            "true" => Node::Bool(true),
            "false" => Node::Bool(false),
            "" | "N/A" | "no_information" | "not_supported" => Node::Absent,
            _ => row.clone(),
        },
        Node::Map(map) => Node::Map(map.iter().map(|(key, value)| (key, typed(value))).collect::<Map>()),
        other => other.clone(),
    }
}

fn seen(value: &Node, otherwise: &Node) -> Node {
    if value.is_absent() {
        let message = otherwise.as_str().unwrap_or_default();
        return Node::unknown(Why::new(WhyKind::NotRead, "answer").with_message(message));
    }
    value.clone()
}

fn undecided(why: &Node) -> Node {
    Node::unknown(Why::new(WhyKind::Undecided, "mapping").with_message(why.as_str().unwrap_or_default()))
}

/// The tag that consoles show as the name; an empty one is none.
fn named(tags: &Node) -> Option<&Node> {
    let tag = tags.items().iter().find(|tag| tag.key("Key").as_str() == Some("Name"))?;
    let name = tag.key("Value");
    name.as_str().is_some_and(|text| !text.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{collector_language, mapping_functions};
    use partywall_expr::{Program, Scope};
    use serde_json::json;

    fn evaluate(source: &str, item: serde_json::Value) -> Node {
        let program = Program::compile(source, &collector_language()).unwrap();
        let item: Node = serde_json::from_value(item).unwrap();
        program.evaluate(&Scope::new().with("item", &item), &ShapeFunctions).unwrap().value
    }

    #[test]
    fn every_function_of_the_table_is_answered() {
        for signature in mapping_functions() {
            let arguments: Vec<Node> = vec![Node::Absent; signature.parameters.len()];
            let arguments: Vec<&Node> = arguments.iter().collect();
            let answer = ShapeFunctions.call(signature.name, &arguments, &mut Trace::default());
            assert!(!answer.is_err_and(|error| error.message.contains("no function")), "{}", signature.name);
        }
    }

    #[test]
    fn a_row_of_the_credential_report_gets_types() {
        let row = evaluate(
            r#"typed(index_by(csv(item), "user")["ops"])"#,
            json!(
                "user,mfa_active,access_key_1_last_used_date,arn\nops,false,N/A,arn:x\nx,true,2026-01-01T00:00:00+00:00,arn:y\n"
            ),
        );
        assert_eq!(row.key("mfa_active"), &Node::Bool(false));
        assert!(row.key("access_key_1_last_used_date").is_absent());
        assert_eq!(row.key("arn").as_str(), Some("arn:x"));
    }

    #[test]
    fn what_must_exist_and_is_not_there_is_unknown() {
        let row = evaluate(r#"seen(item["nobody"], "too old a report")"#, json!({ "ops": 1 }));
        assert_eq!(&*row.why().unwrap().message, "too old a report");
    }

    #[test]
    fn parameters_become_a_map_and_names_come_from_tags() {
        let map = evaluate(r#"to_map(item, "N", "V")"#, json!([{ "N": "a.b", "V": "1" }, { "N": "c" }]));
        assert_eq!(map.key("a.b").as_str(), Some("1"));
        let item = json!({ "Tags": [{ "Key": "Name", "Value": "web" }], "Id": "i-1" });
        assert_eq!(evaluate("named(item.Tags, item.Id)", item).as_str(), Some("web"));
        assert_eq!(evaluate("named(item.Tags, item.Id)", json!({ "Id": "i-1" })).as_str(), Some("i-1"));
    }
}
