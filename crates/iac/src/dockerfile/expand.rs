//! Variables of a Dockerfile: what is set, and what is known only where the image is built.

use std::collections::HashMap;

use partywall_model::{Node, Why, WhyKind};

/// A text does not grow beyond this.
const LONGEST: usize = 64 << 10;

/// The variables at a place of the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    values: HashMap<String, Node>,
    /// Whether the base image may set others.
    pub(super) inherits_unknown: bool,
}

impl Variables {
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        self.values.get(name)
    }

    pub(super) fn set(&mut self, name: &str, value: Node) {
        self.values.insert(name.to_owned(), value);
    }

    /// `ARG name`, with its own value or that of an `ARG` before the first stage.
    pub(super) fn argument(&mut self, name: &str, value: Option<Node>, global: Option<&Node>) {
        let value = value.or_else(|| global.cloned()).unwrap_or_else(|| {
            let message = "the build argument has no value in the file; give it a default";
            Node::unknown(Why::new(WhyKind::Undecided, format!("ARG {name}")).with_message(message))
        });
        // `ENV` of the same name wins (Dockerfile reference, "Using ARG variables").
        self.set(name, value);
    }

    /// The text with its variables filled in; unknown where one of them is.
    pub(super) fn expand(&self, text: &str) -> Node {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            let (before, from) = rest.split_at(at);
            if let Some(before) = before.strip_suffix('\\') {
                expanded.push_str(before);
                expanded.push('$');
                rest = from.get(1..).unwrap_or_default();
                continue;
            }
            expanded.push_str(before);
            let Some((name, modifier, length)) = reference(from) else {
                expanded.push('$');
                rest = from.get(1..).unwrap_or_default();
                continue;
            };
            match self.value(name, modifier) {
                Node::Text(value) => expanded.push_str(&value),
                Node::Absent => {}
                unknown => return unknown,
            }
            if expanded.len() > LONGEST {
                return Node::unknown(
                    Why::new(WhyKind::Undecided, name).with_message("its value grows too long"),
                );
            }
            rest = from.get(length..).unwrap_or_default();
        }
        expanded.push_str(rest);
        Node::text(expanded)
    }

    fn value(&self, name: &str, modifier: &str) -> Node {
        let known = match self.values.get(name) {
            Some(value) => value.clone(),
            None if self.inherits_unknown => {
                let message = "only the base image, or the build, gives the variable a value";
                Node::unknown(Why::new(WhyKind::Undecided, format!("${name}")).with_message(message))
            }
            None => Node::Absent,
        };
        let is_empty = known.is_absent() || known.as_str() == Some("");
        match (
            modifier.strip_prefix(":-").or_else(|| modifier.strip_prefix('-')),
            modifier.strip_prefix(":+"),
        ) {
            (Some(default), _) if is_empty => self.plain(default),
            // The default is used unless the build says otherwise, which the file cannot know either way.
            (Some(default), _) if !self.values.contains_key(name) => self.plain(default),
            (_, Some(other)) if !known.is_unknown() => {
                if is_empty {
                    Node::Absent
                } else {
                    self.plain(other)
                }
            }
            _ => known,
        }
    }

    /// A default may name another variable, which may not have a default of its own.
    fn plain(&self, text: &str) -> Node {
        match text.strip_prefix('$').and_then(|name| self.values.get(name.trim_matches(['{', '}']))) {
            Some(value) => value.clone(),
            None => Node::text(text),
        }
    }
}

/// The name and modifier of the reference that a text begins with, and its length.
fn reference(from: &str) -> Option<(&str, &str, usize)> {
    let after = from.get(1..)?;
    let name_length =
        |text: &str| text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    if let Some(inside) = after.strip_prefix('{') {
        let end = inside.find('}')?;
        let inside = inside.get(..end)?;
        let (name, modifier) = inside.split_at_checked(name_length(inside))?;
        return (!name.is_empty()).then_some((name, modifier, end + 3));
    }
    let length = name_length(after);
    let name = after.get(..length)?;
    (!name.is_empty()).then_some((name, "", length + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        let mut variables = Variables { inherits_unknown: true, ..Variables::default() };
        variables.set("A", Node::text("1"));
        variables.argument("B", None, None);
        variables
    }

    #[track_caller]
    fn check(text: &str, wanted: Option<&str>) {
        assert_eq!(variables().expand(text).as_str(), wanted, "{text}");
    }

    #[test]
    fn a_known_variable_is_filled_in_and_an_unknown_one_makes_the_text_unknown() {
        check("x$A-${A}y", Some("x1-1y"));
        check("x$B", None);
        check("$OTHER", None);
        check("${OTHER:-d}", Some("d"));
        check("${A:+e}", Some("e"));
        check("\\$A costs $", Some("$A costs $"));
        check("${A", Some("${A"));
    }
}
