//! `all`, `exists`, `exists_one`, `filter` and `map`.
//!
//! An unknown element stands for any number of elements, none included. So a condition that holds for it does
//! not yet make `exists` true, and one that fails does not make `all` false.

use std::sync::Arc;

use partywall_model::{Node, Why};

use crate::builtins::Builtin;
use crate::error::EvalError;
use crate::evaluate::{Run, Tri};
use crate::frame::{Env, Frame, Origin, nth_frame};
use crate::program::{Expr, ExprKind, Loop, Quantifier, Root};
use crate::value::{Elements, Value, keys, with_article};

/// Reads of elements that decided nothing are forgotten when so many have come together.
const READS_BEFORE_FORGETTING: usize = 40;

impl<'r> Run<'r> {
    pub(crate) fn quantify<'e, 'v>(
        &mut self,
        inner: &'v Loop,
        env: Env<'e, 'v>,
    ) -> Result<Value<'v>, EvalError>
    where
        'r: 'v,
    {
        let range = self.eval(&inner.range, env)?;
        if range.why().is_some() {
            return Ok(range);
        }
        let range = match &range {
            Value::Borrowed(Node::Map(map)) => keys(map),
            Value::Owned(Node::Map(map)) => keys(map),
            _ => range,
        };
        let origin = if self.quiet { None } else { origin(&inner.range, env) };
        let elements = range.into_elements().map_err(|other| {
            let kind = with_article(other.type_of());
            EvalError::types(format!("{} goes over a list or a map, not over {kind}", word(inner.quantifier)))
                .within(self.source, inner.range.span())
        })?;
        let around = Around { outer: env, origin: origin.as_ref() };
        match inner.quantifier {
            Quantifier::All => self.decide(elements, inner, &around, false),
            Quantifier::Exists => self.decide(elements, inner, &around, true),
            Quantifier::ExistsOne => self.exactly_one(elements, inner, &around),
            Quantifier::Filter => self.filter(elements, inner, &around),
            Quantifier::Map => self.map_elements(elements, inner, &around),
        }
    }

    /// `exists` is decided by a true condition, `all` by a false one.
    fn decide<'e, 'v>(
        &mut self,
        elements: Elements<'v>,
        inner: &'v Loop,
        around: &Around<'e, 'v>,
        decisive: bool,
    ) -> Result<Value<'v>, EvalError>
    where
        'r: 'v,
    {
        let before = self.trace.read.len();
        let mut decided = false;
        let mut unknown: Option<Arc<Why>> = None;
        for (position, element) in elements.enumerate() {
            if decided {
                self.also_decides(&element, position, inner, around, decisive)?;
                continue;
            }
            let reads = self.trace.read.len();
            let holds = match self.holds(&inner.body, &element, position, inner, around)? {
                Tri::True => true,
                Tri::False => false,
                Tri::Unknown(why) => {
                    unknown = unknown.or(Some(why));
                    continue;
                }
            };
            match (holds == decisive, element.why()) {
                (true, None) => {
                    decided = true;
                    self.keep_reads_of_decision(before, reads, around);
                }
                (true, Some(why)) => {
                    self.reason(why);
                    unknown = unknown.or_else(|| Some(Arc::clone(why)));
                }
                (false, _) => self.forget_reads(reads),
            }
        }
        Ok(match (decided, unknown) {
            (true, _) => Value::bool(decisive),
            (false, Some(why)) => Value::unknown(why),
            (false, None) => Value::bool(!decisive),
        })
    }

    /// An element after the one that decided: where it would have decided as well, its reads are kept too, so that
    /// each is told with its place. Nothing else of it is: the value no longer hangs on it.
    fn also_decides<'e, 'v>(
        &mut self,
        element: &Value<'v>,
        position: usize,
        inner: &'v Loop,
        around: &Around<'e, 'v>,
        decisive: bool,
    ) -> Result<(), EvalError>
    where
        'r: 'v,
    {
        if element.why().is_some() || self.trace.read.len() >= READS_BEFORE_FORGETTING {
            self.quietly(|run| run.holds(&inner.body, element, position, inner, around))?;
            return Ok(());
        }
        let before = self.trace.mark();
        let holds = self.holds(&inner.body, element, position, inner, around)?;
        let decides = match holds {
            Tri::True => decisive,
            Tri::False => !decisive,
            Tri::Unknown(_) => false,
        };
        if !decides {
            self.trace.back_to(before);
        } else {
            self.trace.reasons.truncate(before.reasons);
        }
        Ok(())
    }

    fn exactly_one<'e, 'v>(
        &mut self,
        elements: Elements<'v>,
        inner: &'v Loop,
        around: &Around<'e, 'v>,
    ) -> Result<Value<'v>, EvalError>
    where
        'r: 'v,
    {
        let mut found = 0_usize;
        let mut unknown: Option<Arc<Why>> = None;
        for (position, element) in elements.enumerate() {
            let reads = self.trace.read.len();
            match (self.holds(&inner.body, &element, position, inner, around)?, element.why()) {
                (Tri::True, None) => found += 1,
                (Tri::False, _) => self.forget_reads(reads),
                (Tri::Unknown(why), _) => unknown = unknown.or(Some(why)),
                (Tri::True, Some(why)) => {
                    self.reason(why);
                    unknown = unknown.or_else(|| Some(Arc::clone(why)));
                }
            }
        }
        Ok(match unknown {
            Some(why) if found < 2 => Value::unknown(why),
            _ => Value::bool(found == 1),
        })
    }

    fn filter<'e, 'v>(
        &mut self,
        elements: Elements<'v>,
        inner: &'v Loop,
        around: &Around<'e, 'v>,
    ) -> Result<Value<'v>, EvalError>
    where
        'r: 'v,
    {
        let mut kept = Vec::new();
        for (position, element) in elements.enumerate() {
            let reads = self.trace.read.len();
            match self.holds(&inner.body, &element, position, inner, around)? {
                Tri::True => kept.push(element),
                Tri::False => self.forget_reads(reads),
                Tri::Unknown(why) => kept.push(Value::unknown(why)),
            }
        }
        Ok(Value::Many(kept))
    }

    fn map_elements<'e, 'v>(
        &mut self,
        elements: Elements<'v>,
        inner: &'v Loop,
        around: &Around<'e, 'v>,
    ) -> Result<Value<'v>, EvalError>
    where
        'r: 'v,
    {
        let mut mapped = Vec::with_capacity(elements.size_hint().0);
        for (position, element) in elements.enumerate() {
            let mut doubt = element.why().cloned();
            if let Some(condition) = &inner.condition {
                match self.holds(condition, &element, position, inner, around)? {
                    Tri::True => {}
                    Tri::False => continue,
                    Tri::Unknown(why) => doubt = doubt.or(Some(why)),
                }
            }
            match doubt {
                Some(why) => {
                    self.quietly(|run| run.within(&inner.body, &element, position, around))?;
                    mapped.push(Value::unknown(why));
                }
                None => mapped.push(self.within(&inner.body, &element, position, around)?.element()),
            }
        }
        Ok(Value::Many(mapped))
    }

    /// The truth of a loop's condition for one element.
    fn holds<'e, 'v>(
        &mut self,
        condition: &'v Expr,
        element: &Value<'v>,
        position: usize,
        inner: &Loop,
        around: &Around<'e, 'v>,
    ) -> Result<Tri, EvalError>
    where
        'r: 'v,
    {
        let value = self.within(condition, element, position, around)?;
        self.as_truth(&value, condition, word(inner.quantifier))
    }

    /// The value of an expression for one element.
    fn within<'e, 'v>(
        &mut self,
        body: &'v Expr,
        element: &Value<'v>,
        position: usize,
        around: &Around<'e, 'v>,
    ) -> Result<Value<'v>, EvalError>
    where
        'r: 'v,
    {
        let Around { outer, origin } = *around;
        match element {
            Value::Borrowed(value) => self.eval(body, Some(&Frame { outer, value, origin, position })),
            computed => {
                let value = computed.node();
                let frame = Frame { outer, value: &value, origin, position };
                Ok(self.eval(body, Some(&frame))?.detached())
            }
        }
    }

    /// After a decision: of the elements' own reads, only those of the deciding element count.
    fn keep_reads_of_decision(&mut self, before: usize, deciding: usize, around: &Around<'_, '_>) {
        let Some(origin) = around.origin else { return };
        let mut at = 0;
        self.trace.read.retain(|read| {
            let position = at;
            at += 1;
            let of_an_element = read.variable == origin.variable
                && read.path.strip_prefix(origin.path.as_str()).is_some_and(|rest| rest.starts_with('.'));
            !((before..deciding).contains(&position) && of_an_element)
        });
    }

    /// After an element that decided nothing: makes room, so that the one that decides can be shown.
    fn forget_reads(&mut self, from: usize) {
        let read = &mut self.trace.read;
        if read.len() > READS_BEFORE_FORGETTING && read.len() > from {
            self.trace.unlisted += read.len() - from;
            read.truncate(from);
        }
    }
}

/// What stands around a loop's body.
struct Around<'e, 'v> {
    outer: Env<'e, 'v>,
    origin: Option<&'e Origin>,
}

/// Where the list of a loop stands in the input, if it stands there.
fn origin(range: &Expr, env: Env<'_, '_>) -> Option<Origin> {
    match &range.kind {
        ExprKind::Path(path) => match &path.root {
            Root::Variable(variable) => {
                let path = path.dotted.to_string();
                Some(Origin { variable: Arc::clone(variable), path, positions: true })
            }
            Root::Local(outwards) => {
                let frame = nth_frame(env, *outwards)?;
                let around = frame.origin?;
                let path = around.element(frame.position, &path.dotted);
                Some(Origin { variable: Arc::clone(&around.variable), path, positions: around.positions })
            }
        },
        // Elements pass through these, but not at their positions.
        ExprKind::Builtin(Builtin::AsList | Builtin::Unique, arguments) => {
            let inner = origin(arguments.first()?, env)?;
            Some(Origin { positions: false, ..inner })
        }
        ExprKind::Loop(inner) if inner.quantifier == Quantifier::Filter => {
            let inner = origin(&inner.range, env)?;
            Some(Origin { positions: false, ..inner })
        }
        _ => None,
    }
}

fn word(quantifier: Quantifier) -> &'static str {
    match quantifier {
        Quantifier::All => "`all`",
        Quantifier::Exists => "`exists`",
        Quantifier::ExistsOne => "`exists_one`",
        Quantifier::Filter => "`filter`",
        Quantifier::Map => "`map`",
    }
}
