//! A server on the loopback that answers by operation, for many requests at once.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use partywall_aws::{AccessKey, Client, CredentialSource, Limits, Options};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What to answer.
pub(crate) enum Reply {
    /// Status and body.
    Whole(u16, String),
    /// Announces more than it sends.
    CutOff(String),
    /// Never comes.
    Silence,
}

pub(crate) fn ok(body: impl ToString) -> Reply {
    Reply::Whole(200, body.to_string())
}

/// A refusal in the form of the JSON protocols.
pub(crate) fn refused() -> Reply {
    error(400, "AccessDeniedException")
}

pub(crate) fn error(status: u16, code: &str) -> Reply {
    worded_error(status, code, "no")
}

pub(crate) fn worded_error(status: u16, code: &str, message: &str) -> Reply {
    Reply::Whole(status, format!(r#"{{"__type":"{code}","message":"{message}"}}"#))
}

/// The answer to `ec2:DescribeRegions`: these are enabled.
pub(crate) fn regions(names: &[&str]) -> Reply {
    let items: String = names
        .iter()
        .map(|name| {
            format!(
                "<item><regionName>{name}</regionName><optInStatus>opt-in-not-required</optInStatus></item>"
            )
        })
        .collect();
    ok(format!("<DescribeRegionsResponse><regionInfo>{items}</regionInfo></DescribeRegionsResponse>"))
}

/// An error in the form of the query protocols.
pub(crate) fn query_error(status: u16, code: &str) -> Reply {
    Reply::Whole(
        status,
        format!("<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"),
    )
}

/// A request: the operation where the protocol names it, else method and path; the body; and whose it is.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) what: String,
    pub(crate) body: String,
    pub(crate) account: String,
}

/// The account of the key that the tests begin with.
pub(crate) const OWN_ACCOUNT: &str = "111122223333";
/// Keys of assumed roles are this and the account.
const ASSUMED: &str = "ASIA";

/// The answer to `sts:AssumeRole`: a key of the role's account.
pub(crate) fn assumed(asked: &Asked) -> Reply {
    let account = asked.body.split("iam%3A%3A").nth(1).and_then(|rest| rest.get(..12)).unwrap();
    ok(format!(
        "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{ASSUMED}{account}</AccessKeyId>\
         <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>\
         </Credentials></AssumeRoleResult></AssumeRoleResponse>"
    ))
}

type Answers = dyn Fn(&Asked) -> Reply + Send + Sync;

pub(crate) struct Fake {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Fake {
    pub(crate) async fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let fake = Self { url, asked: Arc::clone(&asked) };
        let answer: Arc<Answers> = Arc::new(move |asked: &Asked| match &*asked.what {
            "GetCallerIdentity" => ok(format!(
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::{account}:user/audit</Arn>\
                 <Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
                account = asked.account
            )),
            _ => answer(asked),
        });
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&asked), Arc::clone(&answer)));
            }
        });
        fake
    }

    /// How often an operation was asked in an account.
    pub(crate) fn count_in(&self, account: &str, what: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|asked| asked.what == what && asked.account == account).count()
    }

    /// How often an operation was asked.
    pub(crate) fn count(&self, what: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| asked.what == what).count()
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(Options {
            region: Some("eu-west-1".to_owned()),
            credentials: CredentialSource::Key(AccessKey::new("AKIDEXAMPLE", "not-a-real-secret", None)),
            endpoint_url: Some(self.url.clone()),
            seed: Some(7),
            limits: Limits { backoff: Duration::from_millis(5), attempts: 2, ..Limits::default() },
            ..Options::default()
        })
        .await
        .unwrap()
    }
}

async fn serve(mut stream: TcpStream, asked: Arc<Mutex<Vec<Asked>>>, answer: Arc<Answers>) {
    while let Some(request) = read(&mut stream).await {
        asked.lock().unwrap().push(request.clone());
        let (head, body, ends) = match answer(&request) {
            Reply::Whole(status, body) => {
                (format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n", body.len()), body, false)
            }
            Reply::Silence => std::future::pending().await,
            Reply::CutOff(part) => {
                (format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", part.len() + 1000), part, true)
            }
        };
        if stream.write_all((head + &body).as_bytes()).await.is_err() || ends {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut block = [0; 8192];
    loop {
        let n = stream.read(&mut block).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&block[..n]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let header = |name: &str| {
            head.lines()
                .find_map(|l| l.split_once(':').filter(|(n, _)| n.eq_ignore_ascii_case(name)))
                .map(|(_, v)| v.trim())
        };
        let length: usize = header("content-length").and_then(|v| v.parse().ok()).unwrap_or(0);
        if body.len() < length {
            continue;
        }
        let what = match (header("x-amz-target"), body.strip_prefix("Action=")) {
            (Some(target), _) => target.rsplit('.').next()?.to_owned(),
            (None, Some(rest)) => rest.split('&').next()?.to_owned(),
            (None, None) => head.lines().next()?.rsplit_once(' ')?.0.to_owned(),
        };
        let key = header("authorization").and_then(|v| v.split("Credential=").nth(1)?.split('/').next());
        let account = key.and_then(|key| key.strip_prefix(ASSUMED)).unwrap_or(OWN_ACCOUNT);
        return Some(Asked { what, body: body.to_owned(), account: account.to_owned() });
    }
}
