//! Requests and answers on the wire, in the forms of the AWS protocols, written for these tests.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};

/// Stands for the second page of a list.
const SECOND_PAGE: &str = "tests-second-page";

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(line: &str, headers: Vec<(String, String)>) -> Self {
        let mut words = line.split(' ');
        let mut word = || words.next().unwrap_or_default().to_owned();
        Self { method: word(), target: word(), headers, body: Vec::new() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Region and service, from the scope of the signature: `…/20260101/eu-west-1/s3/aws4_request`.
    fn scope(&self) -> (&str, &str) {
        let credential = self.header("authorization").and_then(|value| value.split("Credential=").nth(1));
        let mut parts =
            credential.unwrap_or_default().split(',').next().unwrap_or_default().split('/').skip(2);
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
    }

    pub(crate) fn region(&self) -> &str {
        self.scope().0
    }

    /// The question that it asks, whoever asks it.
    pub(crate) fn key(&self) -> String {
        self.key_in(self.region())
    }

    /// The same question in another region.
    pub(crate) fn key_in(&self, region: &str) -> String {
        let (_, service) = self.scope();
        let operation = self.header("x-amz-target").unwrap_or_default();
        let body = String::from_utf8_lossy(&self.body);
        format!("{region} {service} {} {} {operation} {body}", self.method, self.target)
    }

    pub(crate) fn asks_for_second_page(&self) -> bool {
        self.target.contains(SECOND_PAGE) || String::from_utf8_lossy(&self.body).contains(SECOND_PAGE)
    }

    /// Asks another server the same.
    pub(crate) fn forward(&self, to: SocketAddr) -> io::Result<Reply> {
        let mut stream = TcpStream::connect(to)?;
        let mut text = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", self.method, self.target);
        for (name, value) in self.headers.iter().filter(|(name, _)| name != "connection") {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        stream.write_all(&[text.as_bytes(), &self.body].concat())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .filter(|(name, _)| name == "content-type" || name.starts_with("x-am"))
            .collect();
        assert!(!head.to_lowercase().contains("chunked"), "the emulator says how long its answers are");
        Ok(Reply { status, headers, body: answer[end + 4..].to_vec() })
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type".to_owned(), kind.to_owned())], body: body.into() }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut text = format!("HTTP/1.1 {} X\r\ncontent-length: {}\r\n", self.status, self.body.len());
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        [text.as_bytes(), &self.body].concat()
    }
}

/// How a service speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    Ec2,
    Query,
    Json,
    RestJson,
    RestXml,
    S3,
    S3Control,
}

impl Form {
    pub(crate) fn of(request: &Request) -> Self {
        let (_, service) = request.scope();
        match service {
            "ec2" => Self::Ec2,
            "s3" if request.target.starts_with("/v20180820/") => Self::S3Control,
            "s3" => Self::S3,
            "cloudfront" | "route53" => Self::RestXml,
            _ if request.header("x-amz-target").is_some() => Self::Json,
            _ if request.body.starts_with(b"Action=") => Self::Query,
            _ => Self::RestJson,
        }
    }

    /// The code with which services of this form refuse.
    pub(crate) fn refusal_code(self) -> &'static str {
        match self {
            Self::Ec2 => "UnauthorizedOperation",
            Self::Query | Self::RestXml | Self::S3 | Self::S3Control => "AccessDenied",
            Self::Json | Self::RestJson => "AccessDeniedException",
        }
    }

    pub(crate) fn throttle_code(self) -> &'static str {
        match self {
            Self::Ec2 => "RequestLimitExceeded",
            Self::Query | Self::RestXml => "Throttling",
            Self::S3 | Self::S3Control => "SlowDown",
            Self::Json => "ThrottlingException",
            Self::RestJson => "TooManyRequestsException",
        }
    }

    pub(crate) fn refusal(self) -> Reply {
        self.error(403, self.refusal_code(), "not authorized to perform this operation")
    }

    pub(crate) fn throttle(self) -> Reply {
        let status = match self {
            Self::Ec2 | Self::S3 | Self::S3Control => 503,
            Self::Query | Self::RestXml | Self::Json => 400,
            Self::RestJson => 429,
        };
        self.error(status, self.throttle_code(), "rate exceeded")
    }

    fn error(self, status: u16, code: &str, message: &str) -> Reply {
        let inner = format!("<Code>{code}</Code><Message>{message}</Message>");
        match self {
            Self::Ec2 => Reply::new(
                status,
                "text/xml",
                format!(
                    "<Response><Errors><Error>{inner}</Error></Errors><RequestID>t-1</RequestID></Response>"
                ),
            ),
            Self::Query | Self::RestXml | Self::S3Control => Reply::new(
                status,
                "text/xml",
                format!(
                    "<ErrorResponse><Error><Type>Sender</Type>{inner}</Error><RequestId>t-1</RequestId></ErrorResponse>"
                ),
            ),
            Self::S3 => Reply::new(
                status,
                "application/xml",
                format!("<Error>{inner}<RequestId>t-1</RequestId></Error>"),
            ),
            Self::Json => Reply::new(
                status,
                "application/x-amz-json-1.1",
                json!({ "__type": format!("com.amazonaws#{code}"), "message": message }).to_string(),
            ),
            Self::RestJson => {
                let mut reply =
                    Reply::new(status, "application/json", json!({ "message": message }).to_string());
                reply.headers.push(("x-amzn-errortype".to_owned(), code.to_owned()));
                reply
            }
        }
    }

    /// What S3 answers who asks for a bucket in another region.
    pub(crate) fn moved(region: &str) -> Reply {
        let mut reply = Self::S3.error(301, "PermanentRedirect", "the bucket is elsewhere");
        reply.headers.push(("x-amz-bucket-region".to_owned(), region.to_owned()));
        reply
    }

    /// The first half of a list, with a token for the rest.
    pub(crate) fn first_page(self, operation: &str, whole: &Reply) -> Reply {
        let (service, name) = operation.split_once(':').expect("service and name");
        let operation = partywall_aws::Operation::find(service, name).expect("an operation of the table");
        let list = operation.result_keys()[0];
        let token = operation.page_tokens().1[0].split("||").next().unwrap().trim();
        let text = String::from_utf8_lossy(&whole.body);
        let body = match self {
            Self::Json | Self::RestJson => {
                let mut body: Value = serde_json::from_str(&text).expect("JSON");
                let items = body[list].as_array_mut().expect("a list");
                items.truncate(items.len() / 2);
                body[token] = SECOND_PAGE.into();
                if let Some(truncated) = body.get_mut("Truncated") {
                    *truncated = true.into();
                }
                body.to_string()
            }
            Self::Ec2 => {
                let list = match list {
                    "Reservations" => "reservationSet",
                    "SecurityGroups" => "securityGroupInfo",
                    other => other,
                };
                halved(&text, list, "item", &format!("<nextToken>{SECOND_PAGE}</nextToken>"))
            }
            Self::Query => halved(
                &text,
                list,
                "member",
                &format!("<IsTruncated>true</IsTruncated><{token}>{SECOND_PAGE}</{token}>"),
            ),
            Self::RestXml | Self::S3 | Self::S3Control => {
                halved(&text, list, "Bucket", &format!("<{token}>{SECOND_PAGE}</{token}>"))
            }
        };
        Reply { body: body.into_bytes(), ..whole.clone() }
    }
}

/// XML with the second half of a list's elements left out and something put after the list; a statement that
/// there is no more is taken out.
fn halved(text: &str, list: &str, element: &str, after: &str) -> String {
    let text = text.replace("<IsTruncated>false</IsTruncated>", "");
    let (open, close) = (format!("<{list}>"), format!("</{list}>"));
    let start = text.find(&open).unwrap_or_else(|| panic!("no {open} in {text}")) + open.len();
    let end = text.rfind(&close).expect("the list ends");
    let inner = &text[start..end];
    let (begins, ends) = (format!("<{element}>"), format!("</{element}>"));
    let (mut depth, mut at, mut borders) = (0, 0, Vec::new());
    while let Some(next) = inner[at..].find('<') {
        at += next;
        if inner[at..].starts_with(&begins) {
            depth += 1;
        } else if inner[at..].starts_with(&ends) {
            depth -= 1;
            if depth == 0 {
                borders.push(at + ends.len());
            }
        }
        at += 1;
    }
    assert!(borders.len() >= 2, "{list} is too short to be halved");
    let half = borders[borders.len() / 2 - 1];
    format!("{}{}{close}{after}{}", &text[..start], &inner[..half], &text[end + close.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_list_is_whole_elements() {
        let text = "<R><L><item><a><item>1</item></a></item><item>2</item><item>3</item></L><x/></R>";
        let half = halved(text, "L", "item", "<t>n</t>");
        assert_eq!(half, "<R><L><item><a><item>1</item></a></item></L><t>n</t><x/></R>");
    }
}
