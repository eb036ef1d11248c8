//! Lists to their end.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::client::Client;
use crate::fault::{CallError, Kind, code};
use crate::table::{Operation, Paginator};

/// A list being walked. The pages that were given stay good when a later one fails; that the list is not whole is what
/// the error says.
#[derive(Debug)]
pub struct Pager {
    client: Client,
    operation: Operation,
    region: String,
    next: Next,
    /// Digests of the tokens that have been used: a cycle of any length must end.
    used: HashSet<u64>,
    given: u64,
}

#[derive(Debug)]
enum Next {
    Ask(Value),
    Fail(CallError),
    End,
}

/// One answer of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Keyed by the member names of the service model.
    pub body: Value,
    /// When it was read to its end.
    pub at: Timestamp,
    /// From 1.
    pub number: u64,
}

impl Pager {
    pub(crate) fn new(client: Client, operation: Operation, region: String, params: Value) -> Self {
        Self { client, operation, region, next: Next::Ask(params), used: HashSet::new(), given: 0 }
    }

    /// The next page; `None` after the last, and after an error. A page that cannot be followed is given, and the
    /// error after it.
    pub async fn next(&mut self) -> Result<Option<Page>, CallError> {
        let params = match std::mem::replace(&mut self.next, Next::End) {
            Next::End => return Ok(None),
            Next::Fail(error) => return Err(error),
            Next::Ask(params) => params,
        };
        let reply = self.client.call(self.operation, &self.region, params.clone()).await?;
        self.given += 1;
        if let Some(paginator) = &self.operation.model.paginator {
            self.next = self.after(paginator, &reply.body, params);
        }
        Ok(Some(Page { body: reply.body, at: reply.at, number: self.given }))
    }

    /// What follows on a page that came from elsewhere: the next parameters, or the end.
    #[cfg(feature = "fuzzing")]
    #[expect(clippy::result_large_err, reason = "as all calls; it is made once per page")]
    pub(crate) fn follow(&mut self, body: &Value, params: Value) -> Result<Option<Value>, CallError> {
        self.given += 1;
        let next =
            self.operation.model.paginator.as_ref().map(|paginator| self.after(paginator, body, params));
        match next {
            Some(Next::Ask(params)) => Ok(Some(params)),
            Some(Next::Fail(error)) => Err(error),
            Some(Next::End) | None => Ok(None),
        }
    }

    fn after(&mut self, paginator: &Paginator, body: &Value, params: Value) -> Next {
        let more =
            paginator.more_results.map(|path| look(body, path).and_then(Value::as_bool).unwrap_or(false));
        if more == Some(false) {
            return Next::End;
        }
        let tokens: Vec<Option<&Value>> = paginator.outputs.iter().map(|path| look(body, path)).collect();
        if tokens.iter().all(Option::is_none) {
            return match more {
                Some(true) => {
                    self.fail(code::MISSING_TOKEN, "the list goes on, but the page does not say where")
                }
                _ => Next::End,
            };
        }
        let mut digest = DefaultHasher::new();
        tokens.iter().for_each(|t| t.map(Value::to_string).hash(&mut digest));
        if !self.used.insert(digest.finish()) {
            return self
                .fail(code::REPEATED_TOKEN, "repeated token: the page leads back to one that has been read");
        }
        if self.given >= self.client.shared.limits.pages {
            return self.fail(code::TOO_MANY_PAGES, "the list has more pages than the limit");
        }
        let mut params = match params {
            Value::Object(params) => params,
            _ => Map::new(),
        };
        for (input, token) in paginator.inputs.iter().zip(tokens) {
            match token {
                Some(token) => params.insert((*input).to_owned(), token.clone()),
                None => params.remove(*input),
            };
        }
        Next::Ask(Value::Object(params))
    }

    fn fail(&self, code: &str, message: &str) -> Next {
        let operation = self.operation.to_string();
        Next::Fail(CallError::own(operation, self.region.as_str(), code, message, Kind::Failed))
    }
}

/// The value at a path of the paginators' small language: names divided by dots, `[-1]` for the last of a list, `||`
/// for "or else". An empty text is no token.
fn look<'v>(body: &'v Value, path: &str) -> Option<&'v Value> {
    path.split("||").find_map(|branch| {
        let mut at = body;
        for step in branch.trim().split('.') {
            let (name, last) = step.strip_suffix("[-1]").map_or((step, false), |n| (n, true));
            at = at.get(name)?;
            if last {
                at = at.as_array()?.last()?;
            }
        }
        (!at.is_null() && at.as_str() != Some("")).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tokens_are_found_by_path_last_item_and_alternative() {
        let body = json!({ "A": { "B": "x" }, "L": [{ "K": "1" }, { "K": "2" }], "E": "", "N": null });
        assert_eq!(look(&body, "A.B"), Some(&json!("x")));
        assert_eq!(look(&body, "L[-1].K"), Some(&json!("2")));
        assert_eq!(look(&body, "E || L[-1].K"), Some(&json!("2")));
        for nothing in ["E", "N", "Q", "A.Q", "A.B.C", "A[-1].B", "L.K"] {
            assert_eq!(look(&body, nothing), None, "{nothing}");
        }
    }
}
