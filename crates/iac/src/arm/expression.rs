//! The language between the brackets: `[concat(parameters('name'), '-x')]`.
//!
//! Names of functions and of properties are of no case ("Syntax and expressions in ARM templates", Azure Resource
//! Manager). Every call keeps the text that it is written as, so that a doubt can name it.

use std::rc::Rc;
use std::sync::Arc;

/// Calls may not be nested deeper.
const DEPTH_LIMIT: usize = 96;
/// An expression may not be longer; the service allows 24,576 characters.
const LENGTH_LIMIT: usize = 100_000;

/// An expression.
#[derive(Debug)]
pub(crate) enum Expression {
    Text(Arc<str>),
    Int(i64),
    Float(f64),
    Call(Call),
    /// `whole.name`
    Property {
        whole: Rc<Expression>,
        name: Arc<str>,
    },
    /// `whole[at]`
    Index {
        whole: Rc<Expression>,
        at: Rc<Expression>,
    },
}

/// A call of a function.
#[derive(Debug)]
pub(crate) struct Call {
    /// In lower case; with its namespace where it is the template's own.
    pub(crate) name: Arc<str>,
    pub(crate) arguments: Vec<Rc<Expression>>,
    /// As it is written.
    pub(crate) written: Arc<str>,
}

impl Expression {
    /// The call that it begins with: `reference` of `reference('x').outputs.y`.
    pub(crate) fn root(&self) -> Option<&Call> {
        let mut expression = self;
        loop {
            match expression {
                Self::Call(call) => return Some(call),
                Self::Property { whole, .. } | Self::Index { whole, .. } => expression = whole,
                _ => return None,
            }
        }
    }

    /// The text, if it is nothing else.
    pub(crate) fn as_text(&self) -> Option<&Arc<str>> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// What a text of a template is.
#[derive(Debug)]
pub(crate) enum Reading<'t> {
    /// Itself.
    Literal(&'t str),
    /// What stands between the brackets.
    Expression(&'t str),
}

/// `[…]` is an expression; `[[…` is a text that begins with one bracket.
pub(crate) fn reading(text: &str) -> Reading<'_> {
    match text.strip_prefix('[') {
        Some(rest) if rest.starts_with('[') => Reading::Literal(rest),
        Some(rest) => match rest.strip_suffix(']') {
            Some(inner) => Reading::Expression(inner),
            None => Reading::Literal(text),
        },
        None => Reading::Literal(text),
    }
}

/// Reads what stands between the brackets, or says what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Rc<Expression>, String> {
    if text.len() > LENGTH_LIMIT {
        return Err(format!("the expression is longer than {LENGTH_LIMIT} bytes"));
    }
    let mut parser = Parser { text, at: 0 };
    let expression = parser.expression(0)?;
    parser.blank();
    if parser.at < text.len() {
        return Err(parser.expected("the end of the expression"));
    }
    Ok(expression)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blank(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn eats(&mut self, byte: u8) -> bool {
        self.blank();
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn expected(&self, what: &str) -> String {
        let rest: String = self.text.get(self.at..).unwrap_or_default().chars().take(12).collect();
        if rest.is_empty() {
            format!("{what} is missing at its end")
        } else {
            format!("{what} is missing before `{rest}`")
        }
    }

    fn expression(&mut self, depth: usize) -> Result<Rc<Expression>, String> {
        if depth > DEPTH_LIMIT {
            return Err(format!("calls are nested deeper than {DEPTH_LIMIT}"));
        }
        self.blank();
        let mut expression = Rc::new(self.start(depth)?);
        let mut steps = 0;
        loop {
            steps += 1;
            if steps > DEPTH_LIMIT {
                return Err(format!("more than {DEPTH_LIMIT} properties follow each other"));
            }
            if self.eats(b'.') {
                self.blank();
                let name = self.word();
                if name.is_empty() {
                    return Err(self.expected("the name of a property"));
                }
                expression = Rc::new(Expression::Property { whole: expression, name: name.into() });
            } else if self.eats(b'[') {
                let at = self.expression(depth + 1)?;
                if !self.eats(b']') {
                    return Err(self.expected("`]`"));
                }
                expression = Rc::new(Expression::Index { whole: expression, at });
            } else {
                return Ok(expression);
            }
        }
    }

    fn start(&mut self, depth: usize) -> Result<Expression, String> {
        match self.peek() {
            Some(b'\'') => self.text().map(|text| Expression::Text(text.into())),
            Some(byte) if byte.is_ascii_digit() || byte == b'-' || byte == b'+' => self.number(),
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => self.call(depth),
            _ => Err(self.expected("a function, a text or a number")),
        }
    }

    /// A text in single quotes; two of them stand for one.
    fn text(&mut self) -> Result<String, String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(stop) = rest.find('\'') else {
                return Err("the `'` that ends a text is missing".to_owned());
            };
            text.push_str(rest.get(..stop).unwrap_or_default());
            self.at += stop + 1;
            if self.peek() != Some(b'\'') {
                return Ok(text);
            }
            self.at += 1;
            text.push('\'');
        }
    }

    fn number(&mut self) -> Result<Expression, String> {
        let from = self.at;
        self.at += 1;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit() || byte == b'.') {
            self.at += 1;
        }
        let written = self.text.get(from..self.at).unwrap_or_default();
        match (written.parse(), written.parse()) {
            (Ok(number), _) => Ok(Expression::Int(number)),
            (_, Ok(number)) => Ok(Expression::Float(number)),
            _ => Err(format!("`{written}` is no number")),
        }
    }

    fn word(&mut self) -> &str {
        let from = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_$-".contains(&byte)) {
            self.at += 1;
        }
        self.text.get(from..self.at).unwrap_or_default()
    }

    fn call(&mut self, depth: usize) -> Result<Expression, String> {
        let from = self.at;
        let mut name = self.word().to_ascii_lowercase();
        while self.peek() == Some(b'.') {
            self.at += 1;
            name.push('.');
            let word = self.word().to_ascii_lowercase();
            name.push_str(&word);
        }
        if !self.eats(b'(') {
            return Err(format!("`(` is missing after `{name}`"));
        }
        let mut arguments = Vec::new();
        if !self.eats(b')') {
            loop {
                arguments.push(self.expression(depth + 1)?);
                if self.eats(b')') {
                    break;
                }
                if !self.eats(b',') {
                    return Err(self.expected("`,` or `)`"));
                }
            }
        }
        let written = self.text.get(from..self.at).unwrap_or_default().into();
        Ok(Expression::Call(Call { name: name.into(), arguments, written }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_make_an_expression_unless_they_are_doubled_or_open() {
        assert!(matches!(reading("[x()]"), Reading::Expression("x()")));
        assert!(matches!(reading("[[x()]"), Reading::Literal("[x()]")));
        assert!(matches!(reading("[x() and more"), Reading::Literal("[x() and more")));
        assert!(matches!(reading("x()]"), Reading::Literal("x()]")));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, what) in [
            ("concat('a'", "`,` or `)` is missing at its end"),
            ("concat('a)", "the `'` that ends a text is missing"),
            ("concat", "`(` is missing after `concat`"),
            ("a().", "the name of a property is missing at its end"),
            ("a() b()", "the end of the expression is missing before `b()`"),
            ("", "a function, a text or a number is missing at its end"),
        ] {
            assert_eq!(parse(text).unwrap_err(), what, "{text}");
        }
        let deep = format!("{}1{}", "f(".repeat(5000), ")".repeat(5000));
        assert!(parse(&deep).unwrap_err().contains("nested deeper"));
    }

    #[test]
    fn quotes_inside_a_text_are_doubled() {
        assert_eq!(parse("'it''s'").unwrap().as_text().map(|text| &**text), Some("it's"));
    }
}
