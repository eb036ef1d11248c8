//! Many accounts in one collection: which there are, how each is entered, and what is said of those that
//! were not.

use std::cell::RefCell;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use partywall_content::Collector;
use partywall_model::{AccountId, EvidenceRecord, OperationName, OperationTally, Region, Why, WhyKind};
use serde_json::{Value, json};

use super::run::{self, Questions, unseen};
use super::tally::{Ending, Tallies};
use super::{CollectError, Collected, Control, Progress, Selection, Sink, Stop, convert, plan, regions};
use crate::client::{ASSUME_ROLE, CALLER_IDENTITY, Client, Identity};
use crate::credentials::Role;
use crate::fault::{CallError, code};

/// So many accounts are read at once. More would not be quicker: the client bounds the requests of all.
const AT_ONCE: usize = 4;

const LIST_ACCOUNTS: &str = "organizations:ListAccounts";
/// The states of accounts that nobody can enter. In any other one, or one that is not said, it is tried.
const CLOSED: [&str; 3] = ["CLOSED", "PENDING_ACTIVATION", "SUSPENDED"];

/// Whose accounts are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Accounts {
    /// That of the credentials alone.
    #[default]
    Own,
    /// Those of these roles.
    Roles(Vec<Role>),
    /// Every open one of the organisation: the caller's own with the caller's credentials, the others in a
    /// role that has the same name in all.
    Organization {
        /// The role's name, with its path if it has one.
        role: String,
        /// What the roles' trust policies ask for, if they do.
        external_id: Option<String>,
    },
}

/// How a collection of several accounts went.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// Those that were read, in no order.
    pub accounts: Vec<Collected>,
    /// Those that were not.
    pub left_out: Vec<LeftOut>,
    /// The names that the organisation gives to accounts.
    pub names: Vec<(AccountId, Box<str>)>,
    /// What was asked of the organisation, and how often roles were assumed.
    pub tallies: Vec<OperationTally>,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
}

/// An account that was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Which.
    pub account: AccountId,
    /// Why not.
    pub why: Why,
}

/// The accounts that a collection is about, found out before the first is read.
#[derive(Debug)]
pub struct Targets {
    own: Option<Identity>,
    targets: Vec<Target>,
    left_out: Vec<LeftOut>,
    names: Vec<(AccountId, Box<str>)>,
    tallies: Tallies,
}

/// An account, and the role to enter it in.
#[derive(Debug)]
struct Target {
    account: AccountId,
    role: Option<Role>,
}

/// What became of an account.
enum Outcome {
    Read(Box<Collected>),
    LeftOut(LeftOut),
}

impl Targets {
    /// Finds out which accounts there are. Accounts of the organisation that are closed are named, and
    /// nothing is asked of them.
    ///
    /// # Errors
    /// Credentials that belong to no account, a role's name that is none; and where the organisation's
    /// accounts cannot be listed, since then nobody could say what is missing.
    pub async fn find(client: &Client, accounts: &Accounts, stop: &Stop) -> Result<Self, CollectError> {
        let mut found = Self {
            own: None,
            targets: Vec::new(),
            left_out: Vec::new(),
            names: Vec::new(),
            tallies: Tallies::default(),
        };
        if let Accounts::Roles(roles) = accounts {
            found.targets = targets_of(roles)?;
            return Ok(found);
        }
        let own = stop.or_stopped(CALLER_IDENTITY, client.region(), client.identity()).await;
        let own = own.map_err(|error| match error.code.as_str() {
            code::INTERRUPTED => CollectError::Interrupted,
            _ => CollectError::Identity(Box::new(error)),
        })?;
        match accounts {
            Accounts::Organization { role, external_id } => {
                let members = members(client, stop, &found.tallies).await?;
                found.choose(&own, members, role, external_id.as_ref());
            }
            Accounts::Own | Accounts::Roles(_) => {
                let account = AccountId::from(own.account.as_str());
                found.targets.push(Target { account, role: None });
            }
        }
        found.own = Some(own);
        Ok(found)
    }

    /// Those that will be read.
    pub fn accounts(&self) -> Vec<AccountId> {
        self.targets.iter().map(|target| target.account.clone()).collect()
    }

    /// The regions that are enabled for the caller: an estimate takes them for those of all accounts. Such a
    /// call is none of the collection, and is not counted.
    ///
    /// # Errors
    /// Why nobody could say.
    pub async fn regions(&self, client: &Client, stop: &Stop) -> Result<Vec<Region>, Why> {
        regions::enabled(client, &Tallies::default(), stop).await
    }

    /// The open members, the caller's own account with no role; the others are noted as left out.
    fn choose(&mut self, own: &Identity, members: Vec<Member>, role: &str, external_id: Option<&String>) {
        for Member { account, name, state } in members {
            self.names.extend(name.map(|name| (account.clone(), name)));
            if let Some(state) = state.filter(|state| CLOSED.contains(&&**state)) {
                let message = format!("the account {account} is {state}");
                let why = Why::new(WhyKind::NotRead, LIST_ACCOUNTS).with_code(state).with_message(message);
                self.left_out.push(LeftOut { account, why });
                continue;
            }
            let is_own = account.as_str() == own.account;
            let arn = format!("arn:{}:iam::{account}:role/{role}", own.partition);
            let role = (!is_own).then(|| Role { arn, external_id: external_id.cloned() });
            self.targets.push(Target { account, role });
        }
        // An organisation that does not name the caller's account is read all the same, and so is the account.
        let mut named = self.targets.iter().map(|target| &target.account);
        if !named.any(|account| account.as_str() == own.account) {
            self.left_out.retain(|left_out| left_out.account.as_str() != own.account);
            self.targets.push(Target { account: AccountId::from(own.account.as_str()), role: None });
        }
    }
}

/// Reads what `selection` names of several accounts into `sink`, some accounts at once.
///
/// An account that cannot be entered is no error: of each kind that it may hold the evidence says that nobody
/// looked, and why. The same holds for accounts that were not begun when the collection was stopped.
///
/// # Errors
/// An unknown service in the selection, a sink that takes no more.
pub async fn survey(
    client: &Client,
    content: &[Collector],
    selection: &Selection,
    targets: Targets,
    control: &Control,
    sink: &mut Sink<'_>,
    progress: &dyn Progress,
) -> Result<Survey, CollectError> {
    let chosen = plan::chosen(content, &selection.services)?;
    let questions = Questions {
        collectors: &chosen,
        regions: &selection.regions,
        known: &control.known,
        stop: &control.stop,
    };
    let Targets { own, targets, left_out, names, tallies } = targets;
    let sink = RefCell::new(sink);
    let assumed = RefCell::default();
    let reader = Reader { base: client, questions, assumed: &assumed, progress };
    let read_one = async |target: Target| {
        let mut hand_over = |record: EvidenceRecord| (sink.borrow_mut())(record);
        reader.read(&target, own.as_ref(), &mut hand_over).await
    };
    let outcomes: Vec<Outcome> =
        stream::iter(targets).map(read_one).buffer_unordered(AT_ONCE).try_collect().await?;
    let mut survey = Survey { left_out, names, ..Survey::default() };
    for outcome in outcomes {
        match outcome {
            Outcome::Read(collected) => survey.accounts.push(*collected),
            Outcome::LeftOut(left_out) => survey.left_out.push(left_out),
        }
    }
    survey.interrupted = control.stop.is_stopped();
    let payer = own.map(|own| own.account).unwrap_or_default();
    survey.tallies = tallies.finish(&AccountId::from(payer.as_str()));
    survey.tallies.append(&mut assumed.into_inner());
    Ok(survey)
}

/// Reads one account after another.
#[derive(Clone, Copy)]
struct Reader<'r> {
    base: &'r Client,
    questions: Questions<'r>,
    /// How the roles could be assumed.
    assumed: &'r RefCell<Vec<OperationTally>>,
    progress: &'r dyn Progress,
}

impl Reader<'_> {
    async fn read(
        &self,
        target: &Target,
        own: Option<&Identity>,
        sink: &mut Sink<'_>,
    ) -> Result<Outcome, CollectError> {
        let (client, identity) = match (&target.role, own) {
            (None, Some(own)) => (self.base.clone(), own.clone()),
            _ => match self.enter(target).await {
                Ok(entered) => entered,
                Err(why) => {
                    self.leave_out(&target.account, &why, sink)?;
                    return Ok(Outcome::LeftOut(LeftOut { account: target.account.clone(), why }));
                }
            },
        };
        let collected = run::run(&client, identity, self.questions, sink, self.progress).await?;
        Ok(Outcome::Read(Box::new(collected)))
    }

    /// A client for an account, and as whom it sees it.
    async fn enter(&self, target: &Target) -> Result<(Client, Identity), Why> {
        let stop = self.questions.stop;
        let region = self.base.region();
        let client = match &target.role {
            None => self.base.clone(),
            Some(role) => {
                let assumed = stop.or_stopped(ASSUME_ROLE, region, self.base.assume(role)).await;
                let tallies = Tallies::default();
                let operation = OperationName::from(ASSUME_ROLE);
                let client = assumed.map_err(|error| convert::why(&operation, &error));
                match &client {
                    Ok(_) => tallies.count(&operation, region, &Ending::Answered),
                    Err(why) => tallies.count(&operation, region, &Ending::Failed(why)),
                }
                self.assumed.borrow_mut().append(&mut tallies.finish(&target.account));
                client?
            }
        };
        let identity = stop.or_stopped(CALLER_IDENTITY, region, client.identity()).await;
        match identity {
            Ok(identity) => Ok((client, identity)),
            Err(error) => Err(convert::why(&CALLER_IDENTITY.into(), &error)),
        }
    }

    /// Says of each kind of an account that nobody looked. What an earlier collection knows stays known.
    fn leave_out(&self, account: &AccountId, why: &Why, sink: &mut Sink<'_>) -> Result<(), CollectError> {
        let Questions { collectors, known, .. } = self.questions;
        let now = Timestamp::try_from(self.base.shared.now()).unwrap_or(Timestamp::UNIX_EPOCH);
        for listing in unseen(collectors, account, why, now) {
            if !known.is_complete(account, &listing.region, &listing.kind) {
                sink(EvidenceRecord::Listing(listing))?;
            }
        }
        Ok(())
    }
}

/// A member of the organisation.
struct Member {
    account: AccountId,
    name: Option<Box<str>>,
    /// `ACTIVE`, `SUSPENDED`, `PENDING_CLOSURE` and the like, where it is said.
    state: Option<Box<str>>,
}

async fn members(client: &Client, stop: &Stop, tallies: &Tallies) -> Result<Vec<Member>, CollectError> {
    let name = OperationName::from(LIST_ACCOUNTS);
    let region = client.partition().implicit_global_region.clone();
    let failed = |error| CollectError::Organization(Box::new(error));
    let Some(operation) = client.operation("organizations", "ListAccounts") else {
        return Err(failed(CallError::not_in_table(LIST_ACCOUNTS, &region)));
    };
    let mut pages = client.pages(operation, &region, json!({}));
    let mut members = Vec::new();
    loop {
        let page = match stop.or_stopped(LIST_ACCOUNTS, &region, pages.next()).await {
            Ok(Some(page)) => page,
            // The organisation has an account at least: the one that manages it.
            Ok(None) if members.is_empty() => {
                return Err(failed(unreadable(&region, "the answer names no account")));
            }
            Ok(None) => return Ok(members),
            Err(error) if error.code == code::INTERRUPTED => return Err(CollectError::Interrupted),
            Err(error) => return Err(failed(error)),
        };
        tallies.count(&name, &region, &Ending::Answered);
        let listed = page.body.get("Accounts").and_then(Value::as_array).map(Vec::as_slice);
        for account in listed.unwrap_or_default() {
            let text = |name: &str| account.get(name).and_then(Value::as_str);
            // The older `Status` and its successor `State` share their words.
            let state = text("State").or_else(|| text("Status"));
            match text("Id") {
                Some(id) => members.push(Member {
                    account: AccountId::from(id),
                    name: text("Name").map(Into::into),
                    state: state.map(Into::into),
                }),
                None => return Err(failed(unreadable(&region, "the answer has an account without an id"))),
            }
        }
    }
}

fn unreadable(region: &str, message: &str) -> CallError {
    CallError::own(LIST_ACCOUNTS, region, code::UNREADABLE, message, crate::fault::Kind::Failed)
}

/// One target for each account, in the role that was named first.
fn targets_of(roles: &[Role]) -> Result<Vec<Target>, CollectError> {
    let mut targets: Vec<Target> = Vec::new();
    for role in roles {
        let target = target(role)?;
        if !targets.iter().any(|other| other.account == target.account) {
            targets.push(target);
        }
    }
    Ok(targets)
}

/// Whose a role is stands in its name.
fn target(role: &Role) -> Result<Target, CollectError> {
    match role.arn.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", _, "iam", "", account, name] if !account.is_empty() && name.starts_with("role/") => {
            Ok(Target { account: AccountId::from(*account), role: Some(role.clone()) })
        }
        _ => Err(CollectError::Role(role.arn.clone())),
    }
}
