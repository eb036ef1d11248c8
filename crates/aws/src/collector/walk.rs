//! Walks a list page by page, and says at its end whether that was all.

use std::future::Future;
use std::pin::Pin;

use futures_util::stream::{self, StreamExt};
use partywall_content::{KindSource, ListCall};
use partywall_model::{Node, Source, Why, WhyKind};

use super::convert;
use super::evaluate::Variables;
use super::plan::{Member, Walk};
use super::read::Asked;
use super::run::Run;
use super::tally::Ending;

/// So many items of a page are read at once.
const ITEMS_AT_ONCE: usize = 8;

impl Run<'_> {
    /// Walks one list, and hands over the listings of its populations.
    pub(super) async fn walk(&self, walk: &Walk<'_>) {
        let region = Node::text(walk.asked.as_str());
        let variables = Variables::new(&self.facts, &region);
        match (walk.list, walk.members.as_slice()) {
            (Some(list), members) => {
                let members: Vec<&Member<'_>> = members.iter().collect();
                self.list(list, &members, &walk.asked, variables).await;
            }
            (None, members) => {
                for member in members {
                    self.singleton(member, &walk.asked, variables).await;
                }
            }
        }
        for member in &walk.members {
            member.each(&mut |member| self.listed(member));
        }
    }

    /// What there is exactly one of: all that is to say of it comes from its reads.
    async fn singleton(&self, member: &Member<'_>, asked: &str, variables: Variables<'_>) {
        let item = Node::map();
        let at = self.now();
        member.population.at.set(Some(at));
        let source = Source::Call { operation: member.population.operation.clone(), at };
        self.item(member, asked, Variables { item: Some(&item), ..variables }, &source).await;
    }

    /// Walks a list for all kinds that share it. Boxed, because the lists of children lie within.
    fn list<'f>(
        &'f self,
        list: &'f ListCall,
        members: &'f [&'f Member<'f>],
        asked: &'f str,
        variables: Variables<'f>,
    ) -> Pin<Box<dyn Future<Output = ()> + 'f>> {
        Box::pin(async move {
            if let Err(why) = self.pages(list, members, asked, variables).await {
                for member in members {
                    member.each(&mut |member| member.population.break_off(&why));
                }
            }
        })
    }

    /// An error is the reason that the list was not read to its end.
    async fn pages(
        &self,
        list: &ListCall,
        members: &[&Member<'_>],
        region: &str,
        variables: Variables<'_>,
    ) -> Result<(), Why> {
        let Some(first) = members.first() else { return Ok(()) };
        let asked = Asked::find(first.collector, &list.call)?;
        let place = self.place(&first.subject, &asked.name);
        let region = match list.call.region.as_ref().map(|region| place.value(region, &variables.scope())) {
            Some(Node::Text(region)) => region.as_ref().to_owned(),
            Some(Node::Unknown(why)) => return Err((*why).clone()),
            _ => region.to_owned(),
        };
        if let Some(prepare) = &list.prepare {
            self.prepared(first, prepare, &region, variables).await?;
        }
        let elements = match list.each.as_ref().map(|each| place.value(each, &variables.scope())) {
            None => vec![Node::Absent],
            Some(Node::List(elements)) => elements,
            Some(Node::Unknown(why)) => return Err((*why).clone()),
            Some(_) => return Err(place.failed("`each` gives no list")),
        };
        // Each list is walked even where one before it broke off: what can be seen is shown.
        let mut broken = None;
        for one in &elements {
            let variables = Variables { one: Some(one), ..variables };
            if let Err(why) = self.pages_of(list, &asked, members, &region, variables).await {
                broken.get_or_insert(why);
            }
        }
        broken.map_or(Ok(()), Err)
    }

    async fn pages_of(
        &self,
        list: &ListCall,
        asked: &Asked,
        members: &[&Member<'_>],
        region: &str,
        variables: Variables<'_>,
    ) -> Result<(), Why> {
        let Some(first) = members.first() else { return Ok(()) };
        let place = self.place(&first.subject, &asked.name);
        let params = self.parameters(&place, asked, &list.call.with, variables)?;
        let mut pages = self.client.pages(asked.operation, region, params);
        while !self.sink_is_full() {
            let page = match self.stop.or_stopped(asked.name.as_str(), region, pages.next()).await {
                Ok(Some(page)) => page,
                Ok(None) => break,
                Err(error) if list.absent_on.iter().any(|on| on.matches(&error.code, &error.message)) => {
                    self.tallies.count(&asked.name, region, &Ending::Absent);
                    members.iter().for_each(|member| member.population.at.set(Some(self.now())));
                    break;
                }
                Err(error) => {
                    let why = convert::why(&asked.name, &error);
                    self.tallies.count(&asked.name, region, &Ending::Failed(&why));
                    return Err(why);
                }
            };
            self.tallies.count(&asked.name, region, &Ending::Answered);
            members.iter().for_each(|member| member.population.at.set(Some(page.at)));
            let source = Source::Call { operation: asked.name.clone(), at: page.at };
            let page = convert::node(page.body);
            for member in members {
                self.page(member, &page, region, variables, &source).await;
            }
        }
        Ok(())
    }

    /// The items of one page for one of the kinds.
    async fn page(
        &self,
        member: &Member<'_>,
        page: &Node,
        region: &str,
        variables: Variables<'_>,
        source: &Source,
    ) {
        let (KindSource::List(list) | KindSource::Nested { list, .. }) = &member.kind.source else { return };
        let place = self.place(&member.subject, &member.population.operation);
        let items = match place.value(&list.items, &variables.scope().with("page", page)) {
            Node::List(items) => items,
            Node::Absent => return,
            Node::Unknown(why) => return member.population.break_off(&why),
            _ => {
                return member
                    .population
                    .break_off(&malformed(member, "a page holds no list where one is expected"));
            }
        };
        stream::iter(&items)
            .for_each_concurrent(ITEMS_AT_ONCE, |item| async move {
                if !self.sink_is_full() {
                    self.item(member, region, Variables { item: Some(item), one: None, ..variables }, source)
                        .await;
                }
            })
            .await;
    }

    /// One item: its reads, its asset, its children.
    async fn item(&self, member: &Member<'_>, region: &str, variables: Variables<'_>, source: &Source) {
        let place = self.place(&member.subject, &member.population.operation);
        let incomplete = |why: &Why| member.each(&mut |member| member.population.break_off(why));
        if variables.item.is_none_or(|item| item.is_absent() || item.is_unknown()) {
            return incomplete(&malformed(member, "an item of the list is empty"));
        }
        // An item of which it cannot be said whether it belongs here is kept rather than lost.
        if let Some(when) = &member.kind.when
            && place.holds(when, &variables.scope()) == Ok(false)
        {
            return;
        }
        let filled = self.reads(member, region, variables).await;
        self.break_off_if_stopped(member);
        match self.assemble(member, variables, &filled, source) {
            Ok(asset) => self.emit(member, asset),
            Err(why) => return incomplete(&why),
        }
        for child in &member.children {
            if let KindSource::Nested { list, .. } = &child.kind.source {
                let below = Variables { parent: variables.item, item: None, read: None, ..variables };
                self.list(list, &[child], region, below).await;
            }
        }
    }
}

pub(super) fn malformed(member: &Member<'_>, message: &str) -> Why {
    Why::new(WhyKind::Malformed, member.population.operation.as_str()).with_message(message)
}
