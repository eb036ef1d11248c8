//! Operators with two operands: equality, order, membership, arithmetic.

use std::sync::Arc;

use partywall_model::Node;

use crate::arithmetic;
use crate::equality::{Answer, Work, order};
use crate::error::EvalError;
use crate::evaluate::Run;
use crate::frame::Env;
use crate::lists;
use crate::program::{Binary, Expr};
use crate::value::{Value, article};

impl<'r> Run<'r> {
    pub(crate) fn binary<'e, 'v>(
        &mut self,
        operator: Binary,
        left: &'v Expr,
        right: &'v Expr,
        env: Env<'e, 'v>,
    ) -> Result<Value<'v>, EvalError>
    where
        'r: 'v,
    {
        let a = self.eval(left, env)?;
        let b = self.eval(right, env)?;
        if a.why().is_some() {
            return Ok(a);
        }
        if b.why().is_some() {
            return Ok(b);
        }
        match operator {
            Binary::Equal | Binary::NotEqual => {
                let mut work = Work::default();
                let answer = work.same(&a.node(), &b.node());
                self.answer(answer, operator == Binary::Equal, work)
            }
            Binary::In => self.membership(&a.node(), &b),
            _ if operator.is_ordering() => {
                let (a, b) = (a.node(), b.node());
                if a.is_absent() || b.is_absent() {
                    return Ok(Value::bool(false));
                }
                let order = order(&a, &b).ok_or_else(|| {
                    let (a, b) = (article(&a), article(&b));
                    EvalError::types(format!("`{}` does not take {a} and {b}", operator.symbol()))
                })?;
                Ok(Value::bool(match operator {
                    Binary::Less => order.is_lt(),
                    Binary::LessOrEqual => order.is_le(),
                    Binary::Greater => order.is_gt(),
                    _ => order.is_ge(),
                }))
            }
            Binary::Add => self.working(|work| match lists::concatenate(a, b, work) {
                Ok(list) => Ok(list),
                Err((a, b)) => arithmetic::compute(operator, &a.node(), &b.node(), work).map(Value::Owned),
            }),
            _ => self
                .working(|work| arithmetic::compute(operator, &a.node(), &b.node(), work).map(Value::Owned)),
        }
    }

    /// Turns a three-valued answer into a value; `yes` is what a yes stands for.
    fn answer<'v>(&mut self, answer: Answer, yes: bool, work: Work) -> Result<Value<'v>, EvalError> {
        self.charge(work.steps)?;
        match (answer, work.doubts.first()) {
            (Answer::Yes, _) => Ok(Value::bool(yes)),
            (Answer::Unsure, Some(why)) => {
                work.doubts.iter().for_each(|why| self.reason(why));
                Ok(Value::unknown(Arc::clone(why)))
            }
            (Answer::No | Answer::Unsure, _) => Ok(Value::bool(!yes)),
        }
    }

    fn membership<'v>(&mut self, needle: &Node, hay: &Value<'_>) -> Result<Value<'v>, EvalError> {
        let mut work = Work::default();
        let answer = match hay {
            Value::Many(items) => {
                let nodes: Vec<_> = items.iter().map(Value::node).collect();
                work.among(needle, nodes.iter().map(|node| &**node))
            }
            single => match (&*single.node(), needle) {
                (Node::Absent, _) | (Node::Map(_), Node::Absent) => Answer::No,
                (Node::List(items), _) => work.among(needle, items.iter()),
                (Node::Map(map), Node::Text(key)) => match map.get(key) {
                    None | Some(Node::Absent) => Answer::No,
                    Some(Node::Unknown(why)) => {
                        work.doubt(why);
                        Answer::Unsure
                    }
                    Some(_) => Answer::Yes,
                },
                (Node::Map(_), other) => {
                    return Err(EvalError::types(format!("{} is no key of a map", article(other))));
                }
                (other, _) => {
                    let message = format!("`in` looks into a list or a map, not into {}", article(other));
                    return Err(EvalError::types(message));
                }
            },
        };
        self.answer(answer, true, work)
    }
}
