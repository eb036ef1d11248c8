//! Reads an expression into a tree that knows where everything stands, so that parts of the text can be
//! replaced.
//!
//! The compiler of `partywall-expr` lowers its tree and folds literals into constants, so it cannot be
//! written back. This reader keeps only what mutation needs: chains of `&&` and `||`, literals, lists and
//! comparisons, each with its place. It need not refuse anything: the source has been compiled before, and
//! each mutant is compiled after.

use std::ops::Range;

/// A part of the source.
#[derive(Debug)]
pub(crate) struct Expression {
    /// Where it stands, in bytes, with the brackets around it.
    pub(crate) span: Range<usize>,
    pub(crate) form: Form,
}

/// What it is, as far as mutation cares.
#[derive(Debug)]
pub(crate) enum Form {
    Text,
    Int(i64),
    Bool(bool),
    List(Vec<Expression>),
    /// A chain of the same operator, `&&` or `||`.
    Logic(Vec<Expression>),
    Comparison {
        operator: Range<usize>,
        operands: Box<[Expression; 2]>,
    },
    /// Anything else, with the parts in it.
    Other(Vec<Expression>),
}

impl Expression {
    /// Reads a whole source; none where it is not understood.
    pub(crate) fn read(source: &str) -> Option<Self> {
        let mut reader = Reader { source, tokens: tokens(source)?, next: 0 };
        let whole = reader.conditional()?;
        (reader.next == reader.tokens.len()).then_some(whole)
    }

    /// The parts directly under this one.
    pub(crate) fn parts(&self) -> &[Expression] {
        match &self.form {
            Form::Text | Form::Int(_) | Form::Bool(_) => &[],
            Form::List(parts) | Form::Logic(parts) | Form::Other(parts) => parts,
            Form::Comparison { operands, .. } => &**operands,
        }
    }
}

#[derive(Clone, Debug)]
struct Token {
    kind: TokenKind,
    span: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TokenKind {
    Name,
    Number,
    Text,
    Symbol,
}

fn tokens(source: &str) -> Option<Vec<Token>> {
    const PAIRS: [&str; 6] = ["&&", "||", "==", "!=", "<=", ">="];
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = source.get(at..)?.chars().next() {
        let rest = source.get(at..)?;
        let (kind, length) = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        } else if let Some(length) = text_length(rest) {
            (TokenKind::Text, length)
        } else if first.is_alphabetic() || first == '_' {
            (TokenKind::Name, rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len()))
        } else if first.is_ascii_digit() {
            (TokenKind::Number, number_length(rest))
        } else if PAIRS.iter().any(|pair| rest.starts_with(pair)) {
            (TokenKind::Symbol, 2)
        } else {
            (TokenKind::Symbol, first.len_utf8())
        };
        tokens.push(Token { kind, span: at..at + length });
        at += length;
    }
    Some(tokens)
}

/// The length of a string literal at the start, with prefix and quotes.
fn text_length(rest: &str) -> Option<usize> {
    let unprefixed = rest.strip_prefix(['r', 'R']).unwrap_or(rest);
    let raw = unprefixed.len() < rest.len();
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| unprefixed.starts_with(quote))?;
    let start = rest.len() - unprefixed.len() + quote.len();
    let mut at = start;
    loop {
        let ahead = rest.get(at..)?;
        if ahead.starts_with(quote) {
            return Some(at + quote.len());
        }
        let mut characters = ahead.chars();
        let first = characters.next()?;
        at += first.len_utf8();
        if first == '\\' && !raw {
            at += characters.next()?.len_utf8();
        }
    }
}

fn number_length(rest: &str) -> usize {
    let mut length = 0;
    let mut characters = rest.chars().peekable();
    while let Some(c) = characters.next() {
        // `1.size()` does not occur; `1.5` does.
        let goes_on =
            c.is_ascii_alphanumeric() || (c == '.' && characters.peek().is_some_and(char::is_ascii_digit));
        if !goes_on {
            break;
        }
        length += c.len_utf8();
    }
    length
}

struct Reader<'a> {
    source: &'a str,
    tokens: Vec<Token>,
    next: usize,
}

impl Reader<'_> {
    fn peek(&self) -> &str {
        let token = self.tokens.get(self.next);
        token.and_then(|token| self.source.get(token.span.clone())).unwrap_or_default()
    }

    fn peek_symbol(&self, symbol: &str) -> bool {
        self.tokens.get(self.next).is_some_and(|token| token.kind != TokenKind::Text) && self.peek() == symbol
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.next).cloned()?;
        self.next += 1;
        Some(token)
    }

    fn skip(&mut self, symbol: &str) -> Option<Range<usize>> {
        if !self.peek_symbol(symbol) {
            return None;
        }
        self.take().map(|token| token.span)
    }

    fn conditional(&mut self) -> Option<Expression> {
        let condition = self.chain("||")?;
        if self.skip("?").is_none() {
            return Some(condition);
        }
        let yes = self.conditional()?;
        self.skip(":")?;
        let no = self.conditional()?;
        let span = condition.span.start..no.span.end;
        Some(Expression { span, form: Form::Other(vec![condition, yes, no]) })
    }

    fn chain(&mut self, operator: &str) -> Option<Expression> {
        let next =
            |reader: &mut Self| if operator == "||" { reader.chain("&&") } else { reader.comparison() };
        let first = next(self)?;
        let mut operands = vec![first];
        while self.skip(operator).is_some() {
            operands.push(next(self)?);
        }
        let span = operands.first()?.span.start..operands.last()?.span.end;
        match operands.len() {
            1 => operands.pop(),
            _ => Some(Expression { span, form: Form::Logic(operands) }),
        }
    }

    fn comparison(&mut self) -> Option<Expression> {
        const OPERATORS: [&str; 7] = ["==", "!=", "<=", ">=", "<", ">", "in"];
        let mut left = self.sum()?;
        while let Some(operator) = OPERATORS.iter().find_map(|operator| self.skip(operator)) {
            let right = self.sum()?;
            let span = left.span.start..right.span.end;
            let form = Form::Comparison { operator, operands: Box::new([left, right]) };
            left = Expression { span, form };
        }
        Some(left)
    }

    fn sum(&mut self) -> Option<Expression> {
        let mut left = self.unary()?;
        while ["+", "-", "*", "/", "%"].iter().find_map(|operator| self.skip(operator)).is_some() {
            let right = self.unary()?;
            let span = left.span.start..right.span.end;
            left = Expression { span, form: Form::Other(vec![left, right]) };
        }
        Some(left)
    }

    fn unary(&mut self) -> Option<Expression> {
        match self.skip("!").or_else(|| self.skip("-")) {
            Some(operator) => {
                let operand = self.unary()?;
                let span = operator.start..operand.span.end;
                Some(Expression { span, form: Form::Other(vec![operand]) })
            }
            None => self.member(),
        }
    }

    fn member(&mut self) -> Option<Expression> {
        let mut subject = self.primary()?;
        loop {
            let start = subject.span.start;
            if self.skip(".").is_some() {
                let mut end = self.take()?.span.end;
                let mut parts = vec![subject];
                if self.skip("(").is_some() {
                    let (arguments, close) = self.until(")")?;
                    parts.extend(arguments);
                    end = close;
                }
                subject = Expression { span: start..end, form: Form::Other(parts) };
            } else if self.skip("[").is_some() {
                let (index, end) = self.until("]")?;
                let parts = std::iter::once(subject).chain(index).collect();
                subject = Expression { span: start..end, form: Form::Other(parts) };
            } else {
                return Some(subject);
            }
        }
    }

    fn primary(&mut self) -> Option<Expression> {
        let token = self.take()?;
        let start = token.span.start;
        let word = self.source.get(token.span.clone())?;
        let (form, end) = match (token.kind, word) {
            (TokenKind::Text, _) => (Form::Text, token.span.end),
            (TokenKind::Number, digits) => {
                (digits.parse().map_or(Form::Other(Vec::new()), Form::Int), token.span.end)
            }
            (TokenKind::Name, "true" | "false") => (Form::Bool(word == "true"), token.span.end),
            (TokenKind::Name, _) if self.skip("(").is_some() => {
                let (arguments, close) = self.until(")")?;
                (Form::Other(arguments), close)
            }
            (TokenKind::Name, _) => (Form::Other(Vec::new()), token.span.end),
            (TokenKind::Symbol, "(") => {
                let inner = self.conditional()?;
                (inner.form, self.skip(")")?.end)
            }
            (TokenKind::Symbol, "[") => {
                let (items, close) = self.until("]")?;
                (Form::List(items), close)
            }
            (TokenKind::Symbol, "{") => {
                let (entries, close) = self.until("}")?;
                (Form::Other(entries), close)
            }
            _ => return None,
        };
        Some(Expression { span: start..end, form })
    }

    /// Parts between commas (or the colons of a map) up to a closing bracket, and where that ends.
    fn until(&mut self, close: &str) -> Option<(Vec<Expression>, usize)> {
        let mut parts = Vec::new();
        loop {
            if let Some(span) = self.skip(close) {
                return Some((parts, span.end));
            }
            parts.push(self.conditional()?);
            let _separator = self.skip(",").or_else(|| self.skip(":"));
        }
    }
}
