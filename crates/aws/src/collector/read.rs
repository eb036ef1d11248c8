//! The further reads of an item: what they ask, and what their answers fill.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use partywall_content::{AbsentOn, CallTemplate, Collector, Expression, Prepare, Read, Template};
use partywall_model::{Node, OperationName, Source, Why, WhyKind};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::convert;
use super::evaluate::{Place, Variables};
use super::plan::Member;
use super::run::Run;
use super::tally::Ending;
use crate::table::Operation;

/// How often a `prepare` is asked before it is given up, and how long to wait in between.
const PREPARE_ATTEMPTS: u32 = 30;
const PREPARE_PAUSE: Duration = Duration::from_secs(2);

/// What the reads of an item gave.
#[derive(Debug, Default)]
pub(super) struct Filled {
    /// The answers that have labels.
    pub(super) labelled: Node,
    /// Target path → value.
    pub(super) targets: Vec<(Box<str>, Node)>,
    /// Target path → where it was seen.
    pub(super) sources: Vec<(Box<str>, Source)>,
    /// Label → where its answer was seen.
    pub(super) label_sources: Vec<(Box<str>, Source)>,
}

/// What one read gave.
#[derive(Debug)]
pub(super) enum Answer {
    Given {
        value: Node,
        at: Timestamp,
    },
    /// The provider says that there is nothing.
    Nothing {
        at: Timestamp,
    },
    Failed(Why),
}

/// Answers that are the same for every item, by all that they depend on.
#[derive(Debug, Default)]
pub(super) struct SharedAnswers {
    answers: RefCell<HashMap<String, Rc<OnceCell<Rc<Answer>>>>>,
}

/// An operation that has been looked up, with its name in permissions.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) operation: Operation,
    pub(super) name: OperationName,
}

impl Asked {
    /// An error is the reason that it cannot be asked at all.
    pub(super) fn find(collector: &Collector, call: &CallTemplate) -> Result<Self, Why> {
        let service = call.service.as_deref().unwrap_or(&collector.service);
        match Operation::find(service, &call.operation) {
            Some(operation) => Ok(Self { operation, name: convert::name_of(operation) }),
            None => {
                let message = "this version cannot ask it: it is not in the operation table";
                let name = format!("{service}:{}", call.operation);
                Err(Why::new(WhyKind::Unsupported, name).with_message(message))
            }
        }
    }
}

impl Run<'_> {
    /// All reads of an item, in order, because later ones may use the answers of earlier ones.
    pub(super) async fn reads(&self, member: &Member<'_>, asked: &str, variables: Variables<'_>) -> Filled {
        let mut filled = Filled { labelled: Node::map(), ..Filled::default() };
        for read in &member.kind.read {
            let labelled = std::mem::take(&mut filled.labelled);
            let seen = self.read(member, read, asked, Variables { read: Some(&labelled), ..variables }).await;
            filled.labelled = labelled;
            let Some(seen) = seen else { continue };
            if let (Some(label), Node::Map(map)) = (&read.label, &mut filled.labelled) {
                map.insert(&**label, seen.answer);
                filled.label_sources.extend(seen.source.clone().map(|source| (label.clone(), source)));
            }
            for (into, value) in seen.targets {
                filled.sources.extend(seen.source.clone().map(|source| (into.clone(), source)));
                filled.targets.push((into, value));
            }
        }
        filled
    }

    /// None where the read's condition says that there is nothing to ask.
    async fn read(
        &self,
        member: &Member<'_>,
        read: &Read,
        region: &str,
        variables: Variables<'_>,
    ) -> Option<Seen> {
        let asked = match Asked::find(member.collector, &read.call) {
            Ok(asked) => asked,
            Err(why) => return Some(Seen::failed(read, why)),
        };
        let place = self.place(&member.subject, &asked.name);
        let scope = variables.scope();
        if let Some(when) = &read.when {
            match place.holds(when, &scope) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(why) => return Some(Seen::failed(read, why)),
            }
        }
        // Where the region is not known the one in turn is asked: the client follows where S3 sends it.
        let region = match read.call.region.as_ref().map(|region| place.value(region, &scope)) {
            Some(Node::Text(region)) => region.as_ref().to_owned(),
            _ => region.to_owned(),
        };
        let question = Question { asked: &asked, member, read, region: &region, place };
        let answer = self.answer(&question, variables).await;
        Some(match &*answer {
            Answer::Failed(why) => Seen::failed(read, why.clone()),
            Answer::Nothing { at } => Seen {
                answer: Node::Absent,
                targets: targets(read, |target| match &target.default {
                    Some(default) => place.value(default, &scope),
                    None => Node::Absent,
                }),
                source: Some(Source::Call { operation: asked.name.clone(), at: *at }),
            },
            Answer::Given { value, at } => {
                let scope = variables.scope().with("reply", value);
                Seen {
                    // A copy is only made where somebody will look at it.
                    answer: if read.label.is_some() { value.clone() } else { Node::Absent },
                    targets: targets(read, |target| place.value(&target.from, &scope)),
                    source: Some(Source::Call { operation: asked.name.clone(), at: *at }),
                }
            }
        })
    }

    /// The answer; asked once where it does not depend on the item.
    async fn answer(&self, question: &Question<'_>, variables: Variables<'_>) -> Rc<Answer> {
        if depends_on_item(question.read) {
            return Rc::new(self.ask(question, variables).await);
        }
        let cell = {
            let mut answers = self.shared.answers.borrow_mut();
            Rc::clone(answers.entry(identity(question.read, question.asked, question.region)).or_default())
        };
        let ask = async || Rc::new(self.ask(question, variables).await);
        Rc::clone(cell.get_or_init(ask).await)
    }

    async fn ask(&self, question: &Question<'_>, variables: Variables<'_>) -> Answer {
        let Question { read, place, .. } = question;
        if let Some(prepare) = &read.prepare
            && let Err(why) = self.prepare(question, prepare, variables).await
        {
            return Answer::Failed(why);
        }
        let Some(each) = &read.each else { return self.ask_one(question, variables).await };
        let elements = match place.value(each, &variables.scope()) {
            Node::List(elements) => elements,
            Node::Absent => Vec::new(),
            Node::Unknown(why) => return Answer::Failed((*why).clone()),
            _ => return Answer::Failed(place.failed("`each` gives no list")),
        };
        let mut answers = Vec::new();
        let mut last = self.now();
        for element in &elements {
            let answer = match element {
                Node::Unknown(why) => Answer::Failed((**why).clone()),
                one => self.ask_one(question, Variables { one: Some(one), ..variables }).await,
            };
            match answer {
                Answer::Given { value, at } => {
                    answers.push(value);
                    last = at;
                }
                Answer::Nothing { at } => last = at,
                // The others stay: a list with an unknown in it is known not to be whole.
                Answer::Failed(why) => answers.push(Node::unknown(why)),
            }
        }
        Answer::Given { value: Node::List(answers), at: last }
    }

    async fn ask_one(&self, question: &Question<'_>, variables: Variables<'_>) -> Answer {
        let Question { asked, member, read, region, place } = question;
        let params = match self.parameters(place, asked, &read.call.with, variables) {
            Ok(params) => params,
            Err(why) => return Answer::Failed(why),
        };
        let given = match &read.pages {
            None => self.call(asked, region, params, &read.absent_on).await,
            Some(items) => {
                self.all_pages(asked, region, params, &read.absent_on, items, &member.subject).await
            }
        };
        match (given, &read.answer) {
            (Answer::Given { value, at }, Some(kept)) => {
                let value = place.value(kept, &variables.scope().with("reply", &value));
                Answer::Given { value, at }
            }
            (given, _) => given,
        }
    }

    async fn call(&self, asked: &Asked, region: &str, params: Value, absent_on: &[AbsentOn]) -> Answer {
        let call = self.client.call(asked.operation, region, params);
        match self.stop.or_stopped(asked.name.as_str(), region, call).await {
            Ok(reply) => {
                self.tallies.count(&asked.name, region, &Ending::Answered);
                Answer::Given { value: convert::node(reply.body), at: reply.at }
            }
            Err(error) => self.no_answer(asked, region, &error, absent_on),
        }
    }

    /// All items of all pages; where one page is missing, so is the answer.
    async fn all_pages(
        &self,
        asked: &Asked,
        region: &str,
        params: Value,
        absent_on: &[AbsentOn],
        items: &Expression,
        subject: &str,
    ) -> Answer {
        let place = self.place(subject, &asked.name);
        let mut pages = self.client.pages(asked.operation, region, params);
        let mut all = Vec::new();
        let mut last = self.now();
        loop {
            match self.stop.or_stopped(asked.name.as_str(), region, pages.next()).await {
                Ok(None) => return Answer::Given { value: Node::List(all), at: last },
                Ok(Some(page)) => {
                    self.tallies.count(&asked.name, region, &Ending::Answered);
                    last = page.at;
                    let page = convert::node(page.body);
                    match place.value(items, &self.page_scope(&page)) {
                        Node::List(items) => all.extend(items),
                        Node::Absent => {}
                        Node::Unknown(why) => return Answer::Failed((*why).clone()),
                        _ => {
                            return Answer::Failed(
                                place.failed("a page holds no list where one is expected"),
                            );
                        }
                    }
                }
                Err(error) => return self.no_answer(asked, region, &error, absent_on),
            }
        }
    }

    fn no_answer(
        &self,
        asked: &Asked,
        region: &str,
        error: &crate::fault::CallError,
        absent_on: &[AbsentOn],
    ) -> Answer {
        if absent_on.iter().any(|absent| absent.matches(&error.code, &error.message)) {
            self.tallies.count(&asked.name, region, &Ending::Absent);
            return Answer::Nothing { at: self.now() };
        }
        let why = convert::why(&asked.name, error);
        self.tallies.count(&asked.name, region, &Ending::Failed(&why));
        Answer::Failed(why)
    }

    async fn prepare(
        &self,
        question: &Question<'_>,
        prepare: &Prepare,
        variables: Variables<'_>,
    ) -> Result<(), Why> {
        let Question { member, region, .. } = question;
        self.prepared(member, prepare, region, variables).await
    }

    /// Asks until the answer says that all is ready.
    pub(super) async fn prepared(
        &self,
        member: &Member<'_>,
        prepare: &Prepare,
        region: &str,
        variables: Variables<'_>,
    ) -> Result<(), Why> {
        let asked = Asked::find(member.collector, &prepare.call)?;
        let place = self.place(&member.subject, &asked.name);
        let params = self.parameters(&place, &asked, &prepare.call.with, variables)?;
        for attempt in 1..=PREPARE_ATTEMPTS {
            match self.call(&asked, region, params.clone(), &[]).await {
                Answer::Given { value, .. } => {
                    if place.holds(&prepare.until, &variables.scope().with("reply", &value))? {
                        return Ok(());
                    }
                }
                Answer::Failed(why) => return Err(why),
                Answer::Nothing { .. } => {}
            }
            let pause = tokio::time::sleep(PREPARE_PAUSE.mul_f64(f64::from(attempt.min(4)) / 4.0));
            tokio::select! {
                () = pause => {}
                () = self.stop.stopped() => {}
            }
        }
        Err(place.failed("it was not ready in time"))
    }

    /// The parameters of a call; an error where one is unknown, or missing and required.
    pub(super) fn parameters(
        &self,
        place: &Place<'_>,
        asked: &Asked,
        template: &Template,
        variables: Variables<'_>,
    ) -> Result<Value, Why> {
        let params = convert::parameter(&place.template(template, &variables.scope()))?;
        match asked.operation.required().find(|name| params.get(name).is_none_or(Value::is_null)) {
            None => Ok(params),
            Some(missing) => {
                let message = format!("the parameter `{missing}` has no value");
                self.problems.note(place.subject, format!("{}: {message}", asked.name));
                Err(place.failed(&message))
            }
        }
    }
}

/// A read on its way.
struct Question<'q> {
    asked: &'q Asked,
    member: &'q Member<'q>,
    read: &'q Read,
    region: &'q str,
    place: Place<'q>,
}

/// Whether two items can get different answers.
pub(super) fn depends_on_item(read: &Read) -> bool {
    let Read { call, each, answer, pages, prepare, .. } = read;
    let mut expressions: Vec<&Expression> = each.iter().chain(answer).chain(pages).collect();
    collect(&call.with, &mut expressions);
    if let Some(prepare) = prepare {
        collect(&prepare.call.with, &mut expressions);
    }
    let own = ["item", "parent", "read"];
    expressions.iter().any(|e| e.0.variables().any(|name| own.contains(&name)))
}

/// Reads with one identity have one answer.
pub(super) fn identity(read: &Read, asked: &Asked, region: &str) -> String {
    let Read { call, each, answer, pages, prepare, absent_on, .. } = read;
    let parts = serde_json::to_string(&(&call.with, each, answer, pages, prepare, absent_on));
    // A program that cannot be written as JSON would only ask twice.
    let parts = parts.unwrap_or_else(|_| format!("{read:?}"));
    format!("{} {region} {parts}", asked.name)
}

fn collect<'t>(template: &'t Template, into: &mut Vec<&'t Expression>) {
    match template {
        Template::Literal(_) => {}
        Template::Expression(expression) => into.push(expression),
        Template::Map(entries) => entries.iter().for_each(|(_, value)| collect(value, into)),
        Template::List(items) => items.iter().for_each(|item| collect(item, into)),
    }
}

/// A read as its item sees it.
struct Seen {
    answer: Node,
    targets: Vec<(Box<str>, Node)>,
    source: Option<Source>,
}

impl Seen {
    fn failed(read: &Read, why: Why) -> Self {
        let unknown = Node::unknown(why);
        Self { answer: unknown.clone(), targets: targets(read, |_| unknown.clone()), source: None }
    }
}

fn targets(read: &Read, value: impl Fn(&partywall_content::ReadTarget) -> Node) -> Vec<(Box<str>, Node)> {
    read.targets.iter().map(|target| (target.into.clone(), value(target))).collect()
}

impl Filled {
    pub(super) fn label_source(&self, label: &str) -> Option<&Source> {
        self.label_sources.iter().find(|(name, _)| &**name == label).map(|(_, source)| source)
    }
}
