//! A server on the loopback that answers each request with the next prepared reply, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use partywall_aws::{AccessKey, Client, CredentialSource, Limits, Options};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What to answer.
#[derive(Clone)]
pub(crate) enum Answer {
    /// Status, headers and body.
    Whole(u16, Vec<(&'static str, String)>, String),
    /// Announces a long body, sends some of it, and closes.
    CutOff(String),
    /// Closes without a word.
    Nothing,
    /// Never answers.
    Silence,
    /// A body of so many bytes, without a length.
    Flood(usize),
}

pub(crate) fn ok(body: impl Into<String>) -> Answer {
    Answer::Whole(200, Vec::new(), body.into())
}

pub(crate) fn status(status: u16, body: impl Into<String>) -> Answer {
    Answer::Whole(status, Vec::new(), body.into())
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|l| {
            let (n, v) = l.split_once(':')?;
            n.eq_ignore_ascii_case(name).then_some(v.trim())
        })
    }
}

pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Answers in order; the last answer is repeated.
    pub(crate) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let left = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
        let server = Self { url, asked: Arc::clone(&asked) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&asked), Arc::clone(&left)));
            }
        });
        server
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// A client that knows no other place than this server.
    pub(crate) async fn client(&self, change: impl FnOnce(&mut Options)) -> Client {
        let mut options = Options {
            region: Some("eu-west-1".to_owned()),
            credentials: CredentialSource::Key(AccessKey::new("AKIDEXAMPLE", "not-a-real-secret", None)),
            endpoint_url: Some(self.url.clone()),
            seed: Some(7),
            limits: Limits { backoff: std::time::Duration::from_millis(20), ..Limits::default() },
            ..Options::default()
        };
        change(&mut options);
        Client::connect(options).await.unwrap()
    }
}

async fn serve(mut stream: TcpStream, asked: Arc<Mutex<Vec<Asked>>>, left: Arc<Mutex<VecDeque<Answer>>>) {
    while let Some(request) = read(&mut stream).await {
        asked.lock().unwrap().push(request);
        let answer = {
            let mut left = left.lock().unwrap();
            if left.len() > 1 { left.pop_front() } else { left.front().cloned() }
        };
        match answer {
            Some(Answer::Whole(status, headers, body)) => {
                let mut text = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
                for (name, value) in headers {
                    text.push_str(&format!("{name}: {value}\r\n"));
                }
                text.push_str("\r\n");
                text.push_str(&body);
                if stream.write_all(text.as_bytes()).await.is_err() {
                    return;
                }
            }
            Some(Answer::CutOff(part)) => {
                let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{part}", part.len() + 1000);
                let _ = stream.write_all(text.as_bytes()).await;
                return;
            }
            Some(Answer::Flood(bytes)) => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await;
                let block = vec![b' '; 64 << 10];
                for _ in 0..bytes / block.len() {
                    if stream.write_all(&block).await.is_err() {
                        return;
                    }
                }
                return;
            }
            Some(Answer::Silence) => tokio::time::sleep(std::time::Duration::from_secs(600)).await,
            Some(Answer::Nothing) | None => return,
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut block = [0; 8192];
    loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let line = head.lines().next()?.to_owned();
            let mut asked = Asked { line, head, body: String::new() };
            let length: usize = asked.header("content-length").and_then(|v| v.parse().ok()).unwrap_or(0);
            while bytes.len() < end + 4 + length {
                let n = stream.read(&mut block).await.ok().filter(|n| *n > 0)?;
                bytes.extend_from_slice(&block[..n]);
            }
            asked.body = String::from_utf8_lossy(&bytes[end + 4..end + 4 + length]).into_owned();
            return Some(asked);
        }
        let n = stream.read(&mut block).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&block[..n]);
    }
}
