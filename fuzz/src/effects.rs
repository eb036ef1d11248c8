//! The host functions of checks over documents, ranges, names and times from strangers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use partywall_checks::Context;
use partywall_checks::effects::AssetHost;
use partywall_checks::effects::cidr::Cidr;
use partywall_content::{Lifecycle, Settings};
use partywall_expr::{Host, Trace};
use partywall_model::{
    Asset, Estate, EstateBuilder, EvidenceRecord, Listing, ListingOutcome, Map, Node, Provider, WhyKind,
};

/// The account of everything here.
const ACCOUNT: &str = "111122223333";
/// 2026-11-01T00:00:00Z, in seconds: the time of judgement.
const NOW: i64 = 1_793_491_200;

/// A policy document as the functions see it: unknown wherever something was not seen; the same whatever
/// the order of its statements, and whether one stands alone or in a list; closed by a denial of everything;
/// and the same for a role that carries it, or a bucket.
pub fn policy_document(bytes: &[u8]) {
    let Ok(document) = serde_json::from_slice::<Node>(bytes) else { return };
    let answers = Answers::of(&document);
    let mut unknowns = 0;
    document.visit_unknowns(&mut |_, _| unknowns += 1);
    if unknowns > 0 || !matches!(document, Node::Map(_) | Node::Absent) {
        assert!(answers.all.iter().all(Node::is_unknown), "{answers:?}");
    }
    // A policy whose document is not there is not in view.
    if !document.is_absent() {
        on_a_role(&document, &answers);
    }
    on_a_bucket(&document, &answers);
    if answers.all.iter().any(Node::is_unknown) {
        return;
    }
    // Whoever may become the role by a trust policy may use it at all.
    let Answers { anyone, trust_anyone, .. } = &answers;
    assert!(trust_anyone.items().iter().all(|name| anyone.items().contains(name)), "{answers:?}");
    for account in answers.foreign.items().iter().chain(answers.vendors.items()) {
        let account = account.as_str().unwrap_or_default();
        assert!(account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()), "{account}");
    }
    let statements = match document.key("Statement") {
        Node::Absent => Vec::new(),
        Node::List(items) => items.clone(),
        one => {
            let listed = with_statements(&document, vec![one.clone()]);
            assert_eq!(Answers::of(&listed), answers, "one statement, alone and in a list");
            vec![one.clone()]
        }
    };
    if statements.iter().all(is_allow) && answers.admin == Node::Bool(true) {
        assert_eq!(answers.allows, Node::Bool(true), "whoever may do everything may read objects");
    }
    let backwards = Answers::of(&with_statements(&document, statements.iter().rev().cloned().collect()));
    assert_eq!(backwards.unnumbered(), answers.unnumbered(), "the order of statements matters");
    let twice = Answers::of(&with_statements(&document, [statements.clone(), statements.clone()].concat()));
    assert_eq!(twice.unnumbered(), answers.unnumbered(), "a statement said twice matters");
    let closed = Answers::of(&with_statements(&document, [statements, vec![denial()]].concat()));
    assert_eq!(
        (&closed.admin, &closed.allows),
        (&Node::Bool(false), &Node::Bool(false)),
        "everything is denied"
    );
    narrower_gives_no_more(&document, &answers);
    assert!(closed.anyone.items().is_empty(), "everything is denied, and {:?} lets anyone in", closed.anyone);
}

/// An address range, held against one that is computed from first and last address.
pub fn cidr_text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let node = Node::text(&*text);
    let (public, everywhere) = (call("cidr.public", &[&node]), call("cidr.everywhere", &[&node]));
    let Some(range) = Cidr::parse(&text) else {
        assert!(public.is_unknown() && everywhere.is_unknown(), "`{text}` is no range and was judged");
        return;
    };
    let span = Span::of(&text);
    assert_eq!(public, Node::Bool(span.holds_public()), "{text}: {span:?}");
    assert_eq!(range.holds_public(), span.holds_public());
    assert_eq!(everywhere, Node::Bool(range.is_everywhere()));
    assert!(!range.is_everywhere() || range.holds_public(), "{text} is everywhere and nowhere");
    assert_eq!(range.is_all(), span.length == 0);
    assert!(!range.is_all() || range.is_everywhere(), "{text}");
    assert_eq!(range.is_v6(), span.address.is_ipv6());
    assert_eq!(
        Cidr::parse(&format!("{}/{}", span.address, span.length)),
        Some(range),
        "{text}, written plainly"
    );
    if let Some(length) = span.length.checked_sub(1) {
        let wider = Cidr::parse(&format!("{}/{length}", span.address)).expect("a wider range is one too");
        assert!(wider.holds_public() || !range.holds_public(), "{text} holds more than what it lies in");
        assert!(wider.is_everywhere() || !range.is_everywhere(), "{text} is wider than what it lies in");
    }
}

/// The name of a TLS policy: one that is called strong says a version from 1.2 on, and one that is not
/// known is unknown.
pub fn tls_name(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match call("tls.weak", &[&Node::text(&*text)]) {
        Node::Bool(true) => {}
        Node::Bool(false) => {
            let plain = text.replace(['_', '-'], ".");
            assert!(plain.contains("1.2") || plain.contains("1.3"), "`{text}` is called strong");
        }
        Node::Unknown(why) => assert_eq!(why.kind, WhyKind::Undecided),
        other => panic!("{other:?}"),
    }
}

/// The age of a time: what is no time is malformed, and as many days before now it is as old again.
pub fn time_text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match call("age_days", &[&Node::text(&*text)]) {
        Node::Unknown(why) => {
            assert_eq!(why.kind, WhyKind::Malformed);
            assert!(text.parse::<Timestamp>().is_err(), "`{text}` is a time");
        }
        Node::Int(days) => {
            let back = SignedDuration::from_hours(days.saturating_mul(24));
            let Ok(then) = now().checked_sub(back) else { return };
            assert_eq!(call("age_days", &[&Node::text(then.to_string())]), Node::Int(days), "{text}");
        }
        other => panic!("{other:?}"),
    }
}

/// What each function says of a document.
#[derive(Debug, PartialEq)]
struct Answers {
    anyone: Node,
    trust_anyone: Node,
    admin: Node,
    allows: Node,
    foreign: Node,
    vendors: Node,
    all: Vec<Node>,
}

impl Answers {
    fn of(document: &Node) -> Self {
        let action = Node::text("s3:GetObject");
        let answers = Self {
            anyone: call("policy.anyone", &[document]),
            trust_anyone: call("trust.anyone", &[document]),
            admin: call("policy.admin", &[document]),
            allows: call("policy.allows", &[document, &action]),
            foreign: call("policy.foreign_accounts", &[&Node::Absent, document]),
            vendors: call("trust.vendors_without_external_id", &[&Node::Absent, document]),
            all: Vec::new(),
        };
        let rest = ["policy.wildcards", "policy.requires_tls", "trust.open_subjects"];
        let all = rest.into_iter().map(|name| call(name, &[document]));
        let Self { anyone, trust_anyone, admin, allows, foreign, vendors, .. } = &answers;
        let all =
            [anyone, trust_anyone, admin, allows, foreign, vendors].into_iter().cloned().chain(all).collect();
        Self { all, ..answers }
    }

    /// What does not name statements by their number or order.
    fn unnumbered(&self) -> impl PartialEq + std::fmt::Debug {
        let is_some = |list: &Node| !list.items().is_empty();
        let [.., wildcards, requires_tls, subjects] = self.all.as_slice() else { panic!("nine answers") };
        (
            (is_some(&self.anyone), is_some(&self.trust_anyone), is_some(subjects)),
            (self.admin.clone(), self.allows.clone(), self.foreign.clone(), self.vendors.clone()),
            (wildcards.clone(), requires_tls.clone()),
        )
    }
}

/// A role without boundary or groups may do what its one policy says.
fn on_a_role(document: &Node, answers: &Answers) {
    let mut role = Asset::new(Provider::Aws, "AWS::IAM::Role", "arn:aws:iam::111122223333:role/r");
    role.account = Some(ACCOUNT.into());
    role.properties.insert_at("Policies", Node::List(vec![entry("PolicyDocument", document.clone())]));
    let ask = |name: &str, arguments: &[&Node]| call_on(&role, name, arguments);
    let admin = ask("iam.admin", &[&role.properties]);
    assert_eq!(admin, answers.admin, "the role and its policy differ");
    let can = ask("iam.can", &[&role.properties, &Node::text("s3:GetObject")]);
    assert_eq!(can, answers.allows, "the role and its policy differ");
    let escalates = ask("iam.escalates", &[&role.properties]);
    if admin == Node::Bool(true) {
        assert!(escalates.items().is_empty(), "an administrator needs no detour");
    }
}

/// A bucket is as public as its policy where nothing blocks it, and never where the block is on.
fn on_a_bucket(document: &Node, answers: &Answers) {
    let mut bucket = Asset::new(Provider::Aws, "AWS::S3::Bucket", "arn:aws:s3:::b");
    bucket.account = Some(ACCOUNT.into());
    bucket.properties.insert_at("Observed.Policy", document.clone());
    let public = call_on(&bucket, "policy.public", &[&bucket.properties]);
    match &answers.anyone {
        Node::Unknown(_) => assert!(public.is_unknown(), "{public:?}"),
        names => assert_eq!(public, Node::Bool(!names.items().is_empty())),
    }
    bucket.properties.insert_at("PublicAccessBlockConfiguration.RestrictPublicBuckets", Node::Bool(true));
    let blocked = call_on(&bucket, "policy.public", &[&bucket.properties]);
    assert_eq!(blocked, Node::Bool(false), "public access is blocked");
}

/// A permission for some of what a pattern covers gives nothing that the pattern does not, whatever text the
/// wildcards are filled with.
fn narrower_gives_no_more(document: &Node, answers: &Answers) {
    for filling in ["", "q", "qqqqq", "longer-than-a-name"] {
        let statements = match document.key("Statement") {
            Node::List(items) => items.iter().map(|statement| filled(statement, filling)).collect(),
            one => vec![filled(one, filling)],
        };
        let narrower = Answers::of(&with_statements(document, statements));
        let opened = answers.anyone.items().is_empty() && !narrower.anyone.items().is_empty();
        assert!(!opened, "`{filling}` for each wildcard lets anyone in: {:?}", narrower.anyone);
        for (wide, narrow) in [(&answers.admin, &narrower.admin), (&answers.allows, &narrower.allows)] {
            assert!(
                *wide == Node::Bool(true) || *narrow != Node::Bool(true),
                "`{filling}` gives more rights"
            );
        }
    }
}

/// A statement with its wildcards filled, if it allows something.
fn filled(statement: &Node, filling: &str) -> Node {
    let mut statement = statement.clone();
    if is_allow(&statement)
        && let Node::Map(map) = &mut statement
    {
        for (_, value) in map.iter_mut().filter(|(key, _)| ["Action", "Resource"].contains(key)) {
            fill(value, filling);
        }
    }
    statement
}

fn fill(node: &mut Node, filling: &str) {
    match node {
        Node::Text(text) => *node = Node::from(text.replace('*', filling).replace('?', "q")),
        Node::List(items) => items.iter_mut().for_each(|item| fill(item, filling)),
        _ => {}
    }
}

fn is_allow(statement: &Node) -> bool {
    statement.key("Effect").as_str().is_some_and(|effect| effect.eq_ignore_ascii_case("Allow"))
}

fn denial() -> Node {
    let everything = [("Effect", "Deny"), ("Principal", "*"), ("Action", "*"), ("Resource", "*")];
    Node::Map(everything.into_iter().map(|(key, value)| (key, Node::from(value))).collect::<Map>())
}

fn entry(key: &str, value: Node) -> Node {
    Node::Map([(key, value)].into_iter().collect())
}

fn with_statements(document: &Node, statements: Vec<Node>) -> Node {
    let mut document = document.clone();
    document.insert_at("Statement", Node::List(statements));
    document
}

fn call(name: &str, arguments: &[&Node]) -> Node {
    static NOBODY: OnceLock<Asset> = OnceLock::new();
    let asset = NOBODY.get_or_init(|| {
        let mut asset = Asset::new(Provider::Aws, "AWS::IAM::Role", "arn:aws:iam::111122223333:role/none");
        asset.account = Some(ACCOUNT.into());
        asset
    });
    call_on(asset, name, arguments)
}

fn call_on(asset: &Asset, name: &str, arguments: &[&Node]) -> Node {
    static LIFECYCLE: OnceLock<Lifecycle> = OnceLock::new();
    let lifecycle = LIFECYCLE.get_or_init(Lifecycle::default);
    let settings = Settings::default();
    let context = Context::new(estate(), &settings, lifecycle, now());
    let host = AssetHost::new(&context, asset);
    let answer = host.call(name, arguments, &mut Trace::default());
    answer.unwrap_or_else(|error| panic!("`{name}` blames the author: {error}")).into_node()
}

/// One account in full view, whose block on public access is off.
fn estate() -> &'static Estate {
    static ESTATE: OnceLock<Estate> = OnceLock::new();
    ESTATE.get_or_init(|| {
        let mut account = Asset::new(Provider::Aws, "AWS::::Account", "arn:aws:iam::111122223333:root");
        account.account = Some(ACCOUNT.into());
        account.region = Some("global".into());
        let mut builder = EstateBuilder::default();
        builder.add(EvidenceRecord::Asset(Box::new(account)));
        for kind in ["AWS::::Account", "AWS::IAM::ManagedPolicy", "AWS::IAM::Group", "AWS::S3::Bucket"] {
            builder.add(EvidenceRecord::Listing(Listing {
                provider: Provider::Aws,
                account: ACCOUNT.into(),
                region: "global".into(),
                kind: kind.into(),
                operation: "example:List".into(),
                at: Timestamp::UNIX_EPOCH,
                seen: 1,
                outcome: ListingOutcome::Complete,
            }));
        }
        builder.finish(|_| None)
    })
}

fn now() -> Timestamp {
    Timestamp::from_second(NOW).expect("it is a time")
}

/// A range by its ends.
#[derive(Debug)]
struct Span {
    address: IpAddr,
    length: u8,
    first: u128,
    last: u128,
}

impl Span {
    fn of(text: &str) -> Self {
        let (address, length) =
            text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let address: IpAddr = address.trim().parse().expect("a range begins with an address");
        let width: u8 = if address.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(width, |length| length.parse().expect("and has a length"));
        let bits = match address {
            IpAddr::V4(address) => u128::from(address.to_bits()),
            IpAddr::V6(address) => address.to_bits(),
        };
        let (first, last) = ends(bits, width, length);
        Self { address, length, first, last }
    }

    /// Whether some address of it is routed: of IPv4 what no range of RFC 6890 covers (those for
    /// documentation count as routed), of IPv6 2000::/3.
    fn holds_public(&self) -> bool {
        if self.address.is_ipv6() {
            let (first, last) = ends(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0).to_bits(), 128, 3);
            return self.first <= last && first <= self.last;
        }
        let unrouted = [
            ([0, 0, 0, 0], 8),
            ([10, 0, 0, 0], 8),
            ([100, 64, 0, 0], 10),
            ([127, 0, 0, 0], 8),
            ([169, 254, 0, 0], 16),
            ([172, 16, 0, 0], 12),
            ([192, 0, 0, 0], 24),
            ([192, 168, 0, 0], 16),
            ([198, 18, 0, 0], 15),
            ([224, 0, 0, 0], 3),
        ];
        let mut next = self.first;
        for (range, length) in unrouted {
            let (first, last) = ends(Ipv4Addr::from(range).to_bits().into(), 32, length);
            if first <= next && next <= last {
                next = last + 1;
            }
        }
        next <= self.last
    }
}

fn ends(bits: u128, width: u8, length: u8) -> (u128, u128) {
    let free = u32::from(width - length);
    let hosts = if free == 128 { u128::MAX } else { (1 << free) - 1 };
    (bits & !hosts, bits | hosts)
}
