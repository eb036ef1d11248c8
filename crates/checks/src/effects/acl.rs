//! Ports, and what a network ACL lets through of them.

use partywall_model::Node;

use super::cidr::Cidr;

/// An inclusive range of ports of one protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ports {
    pub(super) protocol: Protocol,
    pub(super) from: u16,
    pub(super) to: u16,
}

/// The protocols that have ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Protocol {
    Tcp,
    Udp,
}

/// The two internets: an address, a route and a rule of the one do nothing for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    V4,
    V6,
}

/// Ports that everyone on one of the internets may come in on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Opening {
    pub(super) ports: Ports,
    pub(super) family: Family,
}

impl std::fmt::Display for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let protocol = match self.protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        };
        match self.from == self.to {
            true => write!(f, "{protocol}/{}", self.from),
            false => write!(f, "{protocol}/{}-{}", self.from, self.to),
        }
    }
}

impl Ports {
    /// All ports of a protocol.
    pub(super) fn all(protocol: Protocol) -> Self {
        Self { protocol, from: 0, to: u16::MAX }
    }

    /// One port.
    pub(super) fn one(protocol: Protocol, port: u16) -> Self {
        Self { protocol, from: port, to: port }
    }

    /// What both have.
    pub(super) fn overlap(self, other: Self) -> Option<Self> {
        let (from, to) = (self.from.max(other.from), self.to.min(other.to));
        (self.protocol == other.protocol && from <= to).then_some(Self { from, to, ..self })
    }
}

/// The lowest port that answers go to (Amazon VPC User Guide, "Ephemeral ports").
const FIRST_ANSWERED: u16 = 1024;

/// Whether an ACL's entries let the internet in on some of the ports, and the answers out. Network ACLs keep no
/// state, so both ways count.
pub(super) fn passes(entries: &[Node], opening: Opening) -> bool {
    let answers = Ports { from: FIRST_ANSWERED, ..Ports::all(opening.ports.protocol) };
    walk(entries, Direction::In, opening)
        && walk(entries, Direction::Out, Opening { ports: answers, ..opening })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    In,
    Out,
}

/// Walks the entries in their order. A denial for a part of the internet stops nobody else, so only denials for
/// all of it close ports.
fn walk(entries: &[Node], direction: Direction, opening: Opening) -> bool {
    let egress = Node::Bool(direction == Direction::Out);
    let mut rules: Vec<&Node> = entries.iter().filter(|entry| *entry.key("Egress") == egress).collect();
    rules.sort_by_key(|rule| rule.key("RuleNumber").as_int().unwrap_or(i64::MAX));
    let mut open = vec![opening.ports];
    for rule in rules {
        let key = match opening.family {
            Family::V4 => "CidrBlock",
            Family::V6 => "Ipv6CidrBlock",
        };
        let range = rule.key(key).as_str().and_then(Cidr::parse);
        let Some((range, covered)) = range.zip(ports_of(rule, opening.ports.protocol)) else { continue };
        let allows = rule.key("RuleAction").as_str() == Some("allow");
        if allows && range.is_everywhere() && open.iter().any(|part| part.overlap(covered).is_some()) {
            return true;
        }
        if !allows && range.is_all() {
            open = open.into_iter().flat_map(|part| without(part, covered)).collect();
        }
    }
    false
}

/// The ports of an entry (`-1` is every protocol; numbers are IANA's: 6 is TCP, 17 is UDP).
fn ports_of(rule: &Node, protocol: Protocol) -> Option<Ports> {
    let wanted = match protocol {
        Protocol::Tcp => (6, ["6", "tcp"]),
        Protocol::Udp => (17, ["17", "udp"]),
    };
    let (every, this) = match rule.key("Protocol") {
        Node::Text(name) => (&**name == "-1", wanted.1.contains(&&**name)),
        Node::Int(number) => (*number == -1, *number == wanted.0),
        _ => (false, false),
    };
    if every {
        return Some(Ports::all(protocol));
    }
    let range = rule.key("PortRange");
    let port = |key: &str, otherwise| {
        range.key(key).as_int().and_then(|port| u16::try_from(port).ok()).unwrap_or(otherwise)
    };
    this.then(|| Ports { protocol, from: port("From", 0), to: port("To", u16::MAX) })
}

fn without(part: Ports, taken: Ports) -> Vec<Ports> {
    let Some(taken) = part.overlap(taken) else { return vec![part] };
    let below = taken.from.checked_sub(1).filter(|to| *to >= part.from).map(|to| Ports { to, ..part });
    let above = taken.to.checked_add(1).filter(|from| *from <= part.to).map(|from| Ports { from, ..part });
    below.into_iter().chain(above).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: i64, action: &str, cidr: &str, from: i64, to: i64, egress: bool) -> Node {
        let key = if cidr.contains(':') { "Ipv6CidrBlock" } else { "CidrBlock" };
        serde_json::from_value(serde_json::json!({
            "RuleNumber": number, "Protocol": "6", "RuleAction": action, "Egress": egress,
            key: cidr, "PortRange": { "From": from, "To": to }
        }))
        .unwrap()
    }

    fn tcp(from: u16, to: u16) -> Ports {
        Ports { protocol: Protocol::Tcp, from, to }
    }

    fn lets_in(rules: &[Node], from: u16, to: u16, family: Family) -> bool {
        walk(rules, Direction::In, Opening { ports: tcp(from, to), family })
    }

    #[test]
    fn acl_rules_count_in_the_order_of_their_numbers() {
        let rules = [
            entry(200, "allow", "0.0.0.0/0", 0, 65535, false),
            entry(100, "deny", "0.0.0.0/0", 22, 22, false),
            entry(50, "deny", "203.0.113.0/24", 443, 443, false),
        ];
        assert!(!lets_in(&rules, 22, 22, Family::V4));
        assert!(lets_in(&rules, 22, 23, Family::V4));
        assert!(lets_in(&rules, 443, 443, Family::V4));
        let out = Opening { ports: tcp(1024, 65535), family: Family::V4 };
        assert!(!walk(&rules, Direction::Out, out));
    }

    #[test]
    fn acl_rules_of_one_internet_do_nothing_for_the_other() {
        let rules =
            [entry(100, "allow", "::/0", 0, 65535, false), entry(50, "deny", "0.0.0.0/0", 0, 65535, false)];
        assert!(!lets_in(&rules, 22, 22, Family::V4));
        assert!(lets_in(&rules, 22, 22, Family::V6));
    }

    #[test]
    fn ports_minus_ports() {
        assert_eq!(without(tcp(0, 100), tcp(10, 20)), [tcp(0, 9), tcp(21, 100)]);
        assert_eq!(without(tcp(10, 20), tcp(0, 65535)), []);
        assert_eq!(without(tcp(10, 20), tcp(30, 40)), [tcp(10, 20)]);
    }
}
