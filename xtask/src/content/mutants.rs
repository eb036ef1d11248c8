//! Small changes of an expression that its examples should notice.

use std::ops::Range;

use super::expression::{Expression, Form};

/// A changed source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mutant {
    /// What was done to it, in words.
    pub(crate) change: String,
    pub(crate) source: String,
}

/// Every mutant of a source; none where the source is not understood.
///
/// The whole is negated; each operand of `&&` and `||` and each element of a list is dropped; each text,
/// number and boolean becomes another; each comparison becomes its opposite and, for an order, moves its
/// border by one.
pub(crate) fn of(source: &str) -> Option<Vec<Mutant>> {
    let whole = Expression::read(source)?;
    let mut mutants = Mutants { source, found: Vec::new() };
    mutants.replace(whole.span.clone(), &format!("!({})", source.get(whole.span.clone())?), "negated");
    mutants.visit(&whole);
    Some(mutants.found)
}

struct Mutants<'a> {
    source: &'a str,
    found: Vec<Mutant>,
}

impl Mutants<'_> {
    fn visit(&mut self, expression: &Expression) {
        match &expression.form {
            Form::Text => self.text(&expression.span),
            Form::Int(value) => {
                for other in [value.saturating_add(1), value.saturating_sub(1)] {
                    // A bare `-1` after `- ` or `-` would read as another operator.
                    let written = if other < 0 { format!("({other})") } else { other.to_string() };
                    self.swap(expression.span.clone(), &written);
                }
            }
            Form::Bool(value) => self.swap(expression.span.clone(), if *value { "false" } else { "true" }),
            Form::List(parts) | Form::Logic(parts) => self.drop_each(parts),
            Form::Comparison { operator, .. } => self.comparison(&expression.span, operator),
            Form::Other(_) => {}
        }
        for part in expression.parts() {
            self.visit(part);
        }
    }

    /// One text becomes a longer one: it equals, ends and matches differently.
    fn text(&mut self, span: &Range<usize>) {
        let literal = self.slice(span).to_owned();
        let quote = if literal.ends_with("\"\"\"") || literal.ends_with("'''") { 3 } else { 1 };
        let Some(at) = literal.len().checked_sub(quote) else { return };
        if let (Some(start), Some(end)) = (literal.get(..at), literal.get(at..)) {
            self.swap(span.clone(), &format!("{start}~{end}"));
        }
    }

    fn drop_each(&mut self, parts: &[Expression]) {
        for (position, part) in parts.iter().enumerate() {
            let before = position.checked_sub(1).and_then(|before| parts.get(before));
            let span = match (before, parts.get(position + 1)) {
                (Some(before), _) => before.span.end..part.span.end,
                (None, Some(next)) => part.span.start..next.span.start,
                (None, None) => part.span.clone(),
            };
            let change = format!("dropped `{}`", short(self.slice(&part.span)));
            self.replace(span, "", &change);
        }
    }

    fn comparison(&mut self, whole: &Range<usize>, operator: &Range<usize>) {
        let others: &[&str] = match self.slice(operator) {
            "==" => &["!="],
            "!=" => &["=="],
            "<" => &[">=", "<="],
            "<=" => &[">", "<"],
            ">" => &["<=", ">="],
            ">=" => &["<", ">"],
            _ => &[],
        };
        for other in others {
            let place = short(self.slice(whole));
            let change = format!("`{}` → `{other}` in `{place}`", self.slice(operator));
            self.replace(operator.clone(), other, &change);
        }
    }

    fn swap(&mut self, span: Range<usize>, by: &str) {
        let change = format!("`{}` → `{by}`", short(self.slice(&span)));
        self.replace(span, by, &change);
    }

    fn replace(&mut self, span: Range<usize>, by: &str, change: &str) {
        let mut source = self.source.to_owned();
        source.replace_range(span, by);
        self.found.push(Mutant { change: change.to_owned(), source });
    }

    fn slice(&self, span: &Range<usize>) -> &str {
        self.source.get(span.clone()).unwrap_or_default()
    }
}

/// A text on one line, cut where it is long.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, expected: &[&str]) {
        let mutants = of(source).unwrap();
        let sources: Vec<&str> = mutants.iter().map(|mutant| mutant.source.as_str()).collect();
        assert_eq!(sources, expected);
    }

    #[test]
    fn operands_are_dropped_with_their_operator() {
        check("a && b", &["!(a && b)", "b", "a"]);
        check(
            "a || (b && c) || d",
            &[
                "!(a || (b && c) || d)",
                "(b && c) || d",
                "a || d",
                "a || (b && c)",
                "a || (c) || d",
                "a || (b) || d",
            ],
        );
    }

    #[test]
    fn constants_become_others() {
        check("x(22, true)", &["!(x(22, true))", "x(23, true)", "x(21, true)", "x(22, false)"]);
        check("x('a', \"b\\\"\")", &["!(x('a', \"b\\\"\"))", "x('a~', \"b\\\"\")", "x('a', \"b\\\"~\")"]);
        check("s(0)", &["!(s(0))", "s(1)", "s((-1))"]);
    }

    #[test]
    fn comparisons_turn_and_move_their_border() {
        check("a.B > c[d]", &["!(a.B > c[d])", "a.B <= c[d]", "a.B >= c[d]"]);
        check("a == b", &["!(a == b)", "a != b"]);
    }

    #[test]
    fn list_elements_are_dropped() {
        check("a in [b, c]", &["!(a in [b, c])", "a in [c]", "a in [b]"]);
        check("[b].all(x, f(x))", &["!([b].all(x, f(x)))", "[].all(x, f(x))"]);
    }

    #[test]
    fn what_is_inside_calls_conditionals_and_maps_is_changed_too() {
        check(
            "a.exists(x, x.B && !x.C) ? {\"k\": 1.5} : -c",
            &[
                "!(a.exists(x, x.B && !x.C) ? {\"k\": 1.5} : -c)",
                "a.exists(x, !x.C) ? {\"k\": 1.5} : -c",
                "a.exists(x, x.B) ? {\"k\": 1.5} : -c",
                "a.exists(x, x.B && !x.C) ? {\"k~\": 1.5} : -c",
            ],
        );
    }

    #[test]
    fn what_is_not_understood_gives_nothing() {
        assert_eq!(of("a &&"), None);
        assert_eq!(of("'a"), None);
    }
}
