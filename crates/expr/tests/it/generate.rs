//! Random assets of one shape, and random well-typed expressions over them.
//!
//! Expressions are grown from a string of random bytes, so that proptest shrinks them by shortening it.

use std::fmt::Write;

use partywall_model::{Map, Node};
use proptest::collection::vec;
use proptest::prelude::*;

/// What part of the language to use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// All that we have.
    Ours,
    /// What means the same in every CEL, over data without nulls and missing parts.
    Common,
}

pub(crate) fn number() -> impl Strategy<Value = Node> {
    prop_oneof![(-2_i64..4).prop_map(Node::Int), Just(Node::Int(i64::MAX))]
}

pub(crate) fn word() -> impl Strategy<Value = Node> {
    "[abA:]{0,3}".prop_map(Node::from)
}

fn entry() -> impl Strategy<Value = Node> {
    (number(), word(), any::<bool>()).prop_map(|(p, q, b)| {
        Node::Map([("p", p), ("q", q), ("b", Node::Bool(b))].into_iter().collect::<Map>())
    })
}

/// An asset with all its properties.
pub(crate) fn whole_asset() -> impl Strategy<Value = Node> {
    let scalars = (number(), number(), word(), word(), any::<bool>(), any::<bool>());
    let lists = (vec(number(), 0..4), vec(word(), 0..4), vec(entry(), 0..4));
    (scalars, lists, vec(number(), 2)).prop_map(|((a, b, s, r, p, q), (l, t, o), m)| {
        let mut asset = Node::map();
        let named = [("A", a), ("B", b), ("S", s), ("R", r), ("P", Node::Bool(p)), ("Q", Node::Bool(q))];
        named.into_iter().for_each(|(name, value)| asset.insert_at(name, value));
        asset.insert_at("L", Node::List(l));
        asset.insert_at("T", Node::List(t));
        asset.insert_at("O", Node::List(o));
        asset.insert_at("M", Node::Map(["a", "b"].into_iter().zip(m).collect::<Map>()));
        asset
    })
}

/// An asset of which some properties are null or missing.
pub(crate) fn any_asset() -> impl Strategy<Value = Node> {
    (whole_asset(), any::<u16>(), any::<u16>()).prop_map(|(mut asset, null, missing)| {
        for (bit, name) in ["A", "B", "S", "R", "P", "Q", "L", "T", "O", "M", "M.a", "M.b"].iter().enumerate()
        {
            let chance = |bits: u16| bits >> bit & 1 == 1 && (bits ^ 0b0110_1001) >> (bit / 2) & 1 == 1;
            if chance(null) {
                asset.insert_at(name, Node::Absent);
            } else if let (true, Node::Map(map)) = (chance(missing), &mut asset) {
                map.remove(name);
            }
        }
        asset
    })
}

/// Grows expressions from bytes.
pub(crate) struct Grower<'b> {
    bytes: std::slice::Iter<'b, u8>,
    dialect: Dialect,
    /// The loop variables by what they stand for.
    entries: Vec<String>,
    numbers: Vec<String>,
    words: Vec<String>,
    named: usize,
}

impl<'b> Grower<'b> {
    pub(crate) fn new(bytes: &'b [u8], dialect: Dialect) -> Self {
        let none = Vec::new;
        Self { bytes: bytes.iter(), dialect, entries: none(), numbers: none(), words: none(), named: 0 }
    }

    /// Of `count` choices one; without bytes left the first, which is always a leaf.
    fn choose(&mut self, count: u8) -> u8 {
        self.bytes.next().map_or(0, |byte| byte % count)
    }

    fn ours(&self) -> bool {
        self.dialect == Dialect::Ours
    }

    pub(crate) fn condition(&mut self, depth: usize) -> String {
        let leaf = |grower: &mut Self| match grower.choose(5) {
            0 => "asset.P".to_owned(),
            1 => "asset.Q".to_owned(),
            2 => "true".to_owned(),
            3 => "false".to_owned(),
            _ => grower.entries.last().map_or("asset.P".to_owned(), |entry| format!("{entry}.b")),
        };
        if depth == 0 {
            return leaf(self);
        }
        let deeper = depth - 1;
        match self.choose(if self.ours() { 31 } else { 18 }) {
            0 => leaf(self),
            1 => format!("!({})", self.condition(deeper)),
            2..=3 => format!("({}) && ({})", self.condition(deeper), self.condition(deeper)),
            4..=5 => format!("({}) || ({})", self.condition(deeper), self.condition(deeper)),
            6 => {
                let operator = ["<", "<=", ">", ">=", "==", "!="][usize::from(self.choose(6))];
                format!("({}) {operator} ({})", self.number(deeper), self.number(deeper))
            }
            7 => {
                let operator = ["<", ">=", "==", "!="][usize::from(self.choose(4))];
                format!("({}) {operator} ({})", self.text(deeper), self.text(deeper))
            }
            8 => format!("({}) in {}", self.number(deeper), self.numbers(deeper)),
            9 => format!("({}) in {}", self.text(deeper), self.texts(deeper)),
            10 => {
                let method = ["startsWith", "endsWith", "contains", "matches"][usize::from(self.choose(4))];
                let part = if method == "matches" { "'a+'".to_owned() } else { self.text(deeper) };
                format!("({}).{method}({part})", self.text(deeper))
            }
            11..=13 => self.quantified(deeper),
            14 => format!(
                "({}) ? ({}) : ({})",
                self.condition(deeper),
                self.condition(deeper),
                self.condition(deeper)
            ),
            15 => format!("{} == {}", self.numbers(deeper), self.numbers(deeper)),
            16 => format!("{} != {}", self.entries_list(deeper), self.entries_list(deeper)),
            17 => "'a' in asset.M".to_owned(),
            18 => ["has(asset.A)", "has(asset.M.a)", "has(asset.X)", "has(asset.S)"]
                [usize::from(self.choose(4))]
            .to_owned(),
            19 => ["asset.A == null", "asset.M.b != null", "asset.X == null"][usize::from(self.choose(3))]
                .to_owned(),
            20 => "asset.M == {'a': 1, 'b': asset.B}".to_owned(),
            21 => {
                let name = self.variable();
                format!("keys(asset.M).exists({name}, {name} == ({}))", self.text(deeper))
            }
            22 => format!(
                "({}) in values(merge(asset.M, {{'b': {}}}))",
                self.number(deeper),
                self.number(deeper)
            ),
            23..=24 => format!("{}[{}] == ({})", self.numbers(deeper), self.choose(3), self.number(deeper)),
            25 => format!("{} == [{}]", self.numbers(deeper), self.number(deeper)),
            26 => format!("{} == [1, {}, asset.A]", self.numbers(deeper), self.number(deeper)),
            27 => format!("last({}) == first({})", self.numbers(deeper), self.texts(deeper)),
            28 => format!("size(unique({})) == {}", self.entries_list(deeper), self.choose(3)),
            29 => {
                let key = ["a", "b"][usize::from(self.choose(2))];
                format!("('{key}' in keys(asset.M)) == ('{key}' in asset.M)")
            }
            _ => {
                let name = self.variable();
                format!("asset.M.all({name}, asset.M[{name}] != ({}))", self.number(deeper))
            }
        }
    }

    fn variable(&mut self) -> String {
        self.named += 1;
        format!("v{}", self.named)
    }

    fn quantified(&mut self, depth: usize) -> String {
        let quantifier = ["all", "exists", "exists_one"][usize::from(self.choose(3))];
        let name = self.variable();
        match self.choose(3) {
            0 => {
                let range = self.numbers(depth);
                let body = self.with_number(&name, |grower| grower.condition(depth));
                format!("{range}.{quantifier}({name}, {body})")
            }
            1 => {
                let range = self.texts(depth);
                let body = self.with_word(&name, |grower| grower.condition(depth));
                format!("{range}.{quantifier}({name}, {body})")
            }
            _ => {
                let range = self.entries_list(depth);
                let body = self.with_entry(&name, |grower| grower.condition(depth));
                format!("{range}.{quantifier}({name}, {body})")
            }
        }
    }

    fn with_number<T>(&mut self, name: &str, grow: impl FnOnce(&mut Self) -> T) -> T {
        self.numbers.push(name.to_owned());
        let grown = grow(self);
        self.numbers.pop();
        grown
    }

    fn with_word<T>(&mut self, name: &str, grow: impl FnOnce(&mut Self) -> T) -> T {
        self.words.push(name.to_owned());
        let grown = grow(self);
        self.words.pop();
        grown
    }

    fn with_entry<T>(&mut self, name: &str, grow: impl FnOnce(&mut Self) -> T) -> T {
        self.entries.push(name.to_owned());
        let grown = grow(self);
        self.entries.pop();
        grown
    }

    pub(crate) fn number(&mut self, depth: usize) -> String {
        let leaf = |grower: &mut Self| match grower.choose(6) {
            0 => "asset.A".to_owned(),
            1 => "asset.B".to_owned(),
            2 => "asset.M.a".to_owned(),
            3 => grower.entries.last().map_or("1".to_owned(), |entry| format!("{entry}.p")),
            4 => grower.numbers.last().cloned().unwrap_or("2".to_owned()),
            _ => format!("{}", i64::from(grower.choose(5)) - 1),
        };
        if depth == 0 {
            return leaf(self);
        }
        let deeper = depth - 1;
        match self.choose(if self.ours() { 9 } else { 6 }) {
            0 => leaf(self),
            1 => {
                let operator = ["+", "-", "*", "/", "%"][usize::from(self.choose(5))];
                format!("({}) {operator} ({})", self.number(deeper), self.number(deeper))
            }
            2 => format!("size({})", self.texts(deeper)),
            3 => format!("size({})", self.entries_list(deeper)),
            4 => format!("size({})", self.text(deeper)),
            5 => format!(
                "({}) ? ({}) : ({})",
                self.condition(deeper),
                self.number(deeper),
                self.number(deeper)
            ),
            6 => {
                let function = ["first", "last"][usize::from(self.choose(2))];
                format!("{function}({})", self.numbers(deeper))
            }
            7 => format!("{}[{}]", self.numbers(deeper), self.choose(3)),
            _ => format!("size(asset.M) + size(unique({}))", self.numbers(deeper)),
        }
    }

    pub(crate) fn text(&mut self, depth: usize) -> String {
        let leaf = |grower: &mut Self| match grower.choose(5) {
            0 => "asset.S".to_owned(),
            1 => "asset.R".to_owned(),
            2 => grower.entries.last().map_or("'a'".to_owned(), |entry| format!("{entry}.q")),
            3 => grower.words.last().cloned().unwrap_or("''".to_owned()),
            _ => ["'a'", "'ab'", "'b'", "''"][usize::from(grower.choose(4))].to_owned(),
        };
        if depth == 0 {
            return leaf(self);
        }
        let deeper = depth - 1;
        match self.choose(if self.ours() { 7 } else { 4 }) {
            0..=1 => leaf(self),
            2 => format!("({}) + ({})", self.text(deeper), self.text(deeper)),
            3 => format!("({}) ? ({}) : ({})", self.condition(deeper), self.text(deeper), self.text(deeper)),
            4 => format!("({}).lowerAscii()", self.text(deeper)),
            5 => format!("join({}, ':')", self.texts(deeper)),
            _ => format!("({}).split(':')[{}]", self.text(deeper), self.choose(3)),
        }
    }

    fn numbers(&mut self, depth: usize) -> String {
        if depth == 0 {
            return "asset.L".to_owned();
        }
        let deeper = depth - 1;
        let name = self.variable();
        match self.choose(if self.ours() { 9 } else { 6 }) {
            0..=1 => "asset.L".to_owned(),
            2 => format!("[{}, {}]", self.number(deeper), self.number(deeper)),
            3 => {
                let range = self.numbers(deeper);
                let body = self.with_number(&name, |grower| grower.condition(deeper));
                format!("{range}.filter({name}, {body})")
            }
            4 => {
                let range = self.entries_list(deeper);
                let body = self.with_entry(&name, |grower| grower.number(deeper));
                format!("{range}.map({name}, {body})")
            }
            5 => {
                let range = self.entries_list(deeper);
                let (condition, body) =
                    self.with_entry(&name, |grower| (grower.condition(deeper), grower.number(deeper)));
                format!("{range}.map({name}, {condition}, {body})")
            }
            6 => format!("({} + {})", self.numbers(deeper), self.numbers(deeper)),
            7 => format!("unique({})", self.numbers(deeper)),
            _ => format!("flatten([{}, as_list({})])", self.numbers(deeper), self.number(deeper)),
        }
    }

    fn texts(&mut self, depth: usize) -> String {
        if depth == 0 {
            return "asset.T".to_owned();
        }
        let deeper = depth - 1;
        let name = self.variable();
        match self.choose(4) {
            0..=1 => "asset.T".to_owned(),
            2 => {
                let range = self.texts(deeper);
                let body = self.with_word(&name, |grower| grower.condition(deeper));
                format!("{range}.filter({name}, {body})")
            }
            _ => {
                let mut list = "[".to_owned();
                for at in 0..self.choose(4) {
                    let comma = if at == 0 { "" } else { ", " };
                    let item = self.text(deeper);
                    write!(list, "{comma}{item}").expect("text takes text");
                }
                format!("{list}]")
            }
        }
    }

    fn entries_list(&mut self, depth: usize) -> String {
        if depth == 0 || self.choose(2) == 0 {
            return "asset.O".to_owned();
        }
        let name = self.variable();
        let range = self.entries_list(depth - 1);
        let body = self.with_entry(&name, |grower| grower.condition(depth - 1));
        format!("{range}.filter({name}, {body})")
    }
}

/// A random condition.
pub(crate) fn condition(dialect: Dialect) -> impl Strategy<Value = String> {
    vec(any::<u8>(), 0..60).prop_map(move |bytes| Grower::new(&bytes, dialect).condition(4))
}
