//! A server between client and emulator that learns every exchange by heart and answers from memory afterwards,
//! so that many runs need no emulator; and that answers one operation as a test asks.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use partywall_aws::{CallRecord, Recorder};

use crate::wire::{Form, Reply, Request};

/// What was learnt: for each question the operation that it belongs to, and the answer.
#[derive(Clone, Default)]
pub(crate) struct Memory {
    pub(crate) exchanges: BTreeMap<String, Exchange>,
}

#[derive(Clone)]
pub(crate) struct Exchange {
    /// `s3control:GetPublicAccessBlock`, as the client's table names it.
    pub(crate) operation: String,
    pub(crate) form: Form,
    pub(crate) request: Request,
    pub(crate) reply: Reply,
}

impl Memory {
    /// Every operation that was asked, once.
    pub(crate) fn operations(&self) -> Vec<String> {
        let mut operations: Vec<String> =
            self.exchanges.values().map(|exchange| exchange.operation.clone()).collect();
        operations.sort();
        operations.dedup();
        operations
    }

    /// The exchanges of an operation.
    pub(crate) fn of<'m>(&'m mut self, operation: &'m str) -> impl Iterator<Item = &'m mut Exchange> {
        self.exchanges.values_mut().filter(move |exchange| exchange.operation == operation)
    }
}

/// Stands in front of the emulator and writes down. One call at a time must be made, so that the client's own
/// record of a call says to which operation the last exchange belongs.
pub(crate) struct Scribe {
    upstream: SocketAddr,
    unnamed: Mutex<Vec<(Request, Reply)>>,
    memory: Mutex<Memory>,
}

impl Scribe {
    pub(crate) fn new(upstream: SocketAddr) -> Arc<Self> {
        Arc::new(Self { upstream, unnamed: Mutex::default(), memory: Mutex::default() })
    }

    pub(crate) fn memory(&self) -> Memory {
        assert!(self.unnamed.lock().unwrap().is_empty(), "every exchange belongs to a call");
        self.memory.lock().unwrap().clone()
    }
}

impl Recorder for Scribe {
    fn record(&self, call: &CallRecord<'_>) {
        for (request, reply) in self.unnamed.lock().unwrap().drain(..) {
            let exchange = Exchange {
                operation: call.operation.to_owned(),
                form: Form::of(&request),
                request: request.clone(),
                reply,
            };
            // A question that is asked until something is ready keeps its last answer.
            self.memory.lock().unwrap().exchanges.insert(request.key(), exchange);
        }
    }
}

impl Service for Scribe {
    fn answer(&self, request: &Request) -> Spoken {
        let reply = request.forward(self.upstream).unwrap();
        self.unnamed.lock().unwrap().push((request.clone(), reply.clone()));
        Spoken::Whole(reply)
    }
}

/// Answers from memory, and one operation as asked.
pub(crate) struct Reciter {
    memory: Arc<Memory>,
    fault: Option<Fault>,
    asked: Mutex<BTreeSet<(String, String)>>,
    strangers: Mutex<Vec<String>>,
}

/// What befalls an operation.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) operation: String,
    pub(crate) kind: FaultKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FaultKind {
    /// The identity may not ask.
    Refused,
    /// Too often, at every attempt.
    Throttled,
    /// The list has two pages, and the connection breaks in the middle of the second.
    CutOnSecondPage,
}

impl Reciter {
    pub(crate) fn new(memory: &Arc<Memory>, fault: Option<Fault>) -> Arc<Self> {
        Arc::new(Self {
            memory: Arc::clone(memory),
            fault,
            asked: Mutex::default(),
            strangers: Mutex::default(),
        })
    }

    /// The operations that were asked, with the regions in which they were.
    pub(crate) fn asked(&self) -> BTreeSet<(String, String)> {
        self.asked.lock().unwrap().clone()
    }

    /// Questions that nobody asked before.
    pub(crate) fn strangers(&self) -> Vec<String> {
        self.strangers.lock().unwrap().clone()
    }
}

impl Service for Reciter {
    fn answer(&self, request: &Request) -> Spoken {
        if let Some(fault) = &self.fault
            && fault.kind == FaultKind::CutOnSecondPage
            && request.asks_for_second_page()
        {
            return Spoken::Cut;
        }
        let Some(exchange) = self.memory.exchanges.get(&request.key()) else {
            let elsewhere = ["eu-west-1", "us-east-1"]
                .into_iter()
                .find(|region| self.memory.exchanges.contains_key(&request.key_in(region)));
            if let (Form::S3, Some(region)) = (Form::of(request), elsewhere) {
                return Spoken::Whole(Form::moved(region));
            }
            self.strangers.lock().unwrap().push(request.key());
            return Spoken::Whole(Reply::new(500, "text/plain", "nobody asked this before"));
        };
        self.asked.lock().unwrap().insert((exchange.operation.clone(), request.region().to_owned()));
        match &self.fault {
            Some(fault) if fault.operation == exchange.operation => Spoken::Whole(match fault.kind {
                FaultKind::Refused => exchange.form.refusal(),
                FaultKind::Throttled => exchange.form.throttle(),
                FaultKind::CutOnSecondPage => exchange.form.first_page(&exchange.operation, &exchange.reply),
            }),
            _ => Spoken::Whole(exchange.reply.clone()),
        }
    }
}

/// Answers as another does, but never to one operation.
pub(crate) struct Balky {
    reciter: Arc<Reciter>,
    silent_on: &'static str,
    state: Mutex<State>,
}

struct State {
    last_answer: Instant,
    waiting: usize,
    is_released: bool,
}

impl Balky {
    pub(crate) fn new(reciter: Arc<Reciter>, silent_on: &'static str) -> Arc<Self> {
        let state = State { last_answer: Instant::now(), waiting: 0, is_released: false };
        Arc::new(Self { reciter, silent_on, state: Mutex::new(state) })
    }

    /// Waits until all that is still open is what is never answered.
    pub(crate) fn wait_until_idle(&self) {
        let patience = Instant::now() + Duration::from_secs(120);
        loop {
            thread::sleep(Duration::from_millis(50));
            let state = self.state.lock().unwrap();
            if state.waiting > 0 && state.last_answer.elapsed() > Duration::from_secs(3) {
                return;
            }
            assert!(Instant::now() < patience, "the run does not come to a standstill");
        }
    }

    /// Lets go of the connections that wait.
    pub(crate) fn release(&self) {
        self.state.lock().unwrap().is_released = true;
    }
}

impl Service for Balky {
    fn answer(&self, request: &Request) -> Spoken {
        let exchange = self.reciter.memory.exchanges.get(&request.key());
        if exchange.is_some_and(|exchange| exchange.operation == self.silent_on) {
            self.state.lock().unwrap().waiting += 1;
            while !self.state.lock().unwrap().is_released {
                thread::sleep(Duration::from_millis(20));
            }
            return Spoken::Cut;
        }
        let answer = self.reciter.answer(request);
        self.state.lock().unwrap().last_answer = Instant::now();
        answer
    }
}

/// What is behind a port.
pub(crate) trait Service: Send + Sync + 'static {
    fn answer(&self, request: &Request) -> Spoken;
}

pub(crate) enum Spoken {
    Whole(Reply),
    /// Half of what was announced, then nothing.
    Cut,
}

/// A port on the loopback, open as long as the value lives.
pub(crate) struct Port {
    address: SocketAddr,
    closed: Arc<AtomicBool>,
}

impl Port {
    pub(crate) fn open(service: Arc<impl Service>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let closed = Arc::new(AtomicBool::new(false));
        let is_closed = Arc::clone(&closed);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if is_closed.load(Ordering::SeqCst) {
                    return;
                }
                let service = Arc::clone(&service);
                // An error ends this connection, as it would on any server.
                thread::spawn(move || drop(serve(&stream, &*service)));
            }
        });
        Self { address, closed }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        // The listener looks up once more.
        drop(TcpStream::connect(self.address));
    }
}

fn serve(stream: &TcpStream, service: &dyn Service) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    while let Some(request) = read(&mut reader)? {
        match service.answer(&request) {
            Spoken::Whole(reply) => writer.write_all(&reply.bytes())?,
            Spoken::Cut => {
                return writer.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4096\r\n\r\n<half of");
            }
        }
    }
    Ok(())
}

fn read(reader: &mut BufReader<&TcpStream>) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        match header.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
            None => break,
        }
    }
    let mut request = Request::new(line.trim_end(), headers);
    let length = request.header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    request.body = vec![0; length];
    reader.read_exact(&mut request.body)?;
    Ok(Some(request))
}
