//! A network and a server that misbehave: a proxy on loopback, in front of a real one, that does to
//! each request what the test wants.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, sleep};
use std::time::Duration;

/// What happens to a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// It is passed on, and so is the answer.
    Proper,
    /// The server answers that itself, having read everything.
    Answers(u16),
    /// It answers so before the body has come, and closes the connection.
    AnswersEarly(u16),
    /// The connection breaks after so many bytes of the body.
    CutsUpload(u64),
    /// The connection breaks after so many bytes of the answer, head included.
    CutsDownload(u64),
    /// After so many bytes of the answer nothing more comes, as long as the client waits.
    Stalls(u64),
    /// It is passed on, and nobody hears the answer.
    LosesAnswer,
    /// It is passed on a while later.
    Delays(Duration),
    /// Nothing comes back, as long as the client waits.
    Hangs,
}

/// What is asked.
pub(crate) struct Request {
    /// `PUT`.
    pub(crate) method: String,
    /// With its query.
    pub(crate) path: String,
    head: Vec<u8>,
    length: u64,
}

impl Request {
    /// Whether it stores an object whose name has this in it.
    pub(crate) fn stores(&self, part: &str) -> bool {
        self.method == "PUT" && self.path.contains(part)
    }

    /// Whether it reads an object whose name has this in it.
    pub(crate) fn reads(&self, part: &str) -> bool {
        self.method == "GET" && !self.path.contains("list-type") && self.path.contains(part)
    }

    /// Whether it has a header of this name.
    pub(crate) fn has_header(&self, name: &str) -> bool {
        let head = String::from_utf8_lossy(&self.head).to_lowercase();
        head.lines().any(|line| line.starts_with(&format!("{name}:")))
    }

    /// Whether it lists.
    pub(crate) fn lists(&self) -> bool {
        self.method == "GET" && self.path.contains("list-type")
    }
}

type Rule = dyn Fn(&Request) -> Manner + Send + Sync;

/// Runs as long as it lives.
pub(crate) struct Unruly {
    address: String,
    over: Arc<AtomicBool>,
    rule: Arc<Mutex<Arc<Rule>>>,
    thread: Option<JoinHandle<()>>,
}

impl Unruly {
    /// In front of that server; proper until it is told otherwise.
    pub(crate) fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("has one").to_string();
        let over = Arc::new(AtomicBool::new(false));
        let rule: Arc<Mutex<Arc<Rule>>> = Arc::new(Mutex::new(Arc::new(|_| Manner::Proper)));
        let (server, ends, rules) = (server.to_owned(), over.clone(), rule.clone());
        let thread = std::thread::spawn(move || accept(&listener, &server, &ends, &rules));
        Self { address, over, rule, thread: Some(thread) }
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// From now on, that is what happens to each request.
    pub(crate) fn behaves(&self, rule: impl Fn(&Request) -> Manner + Send + Sync + 'static) {
        *self.rule.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(rule);
    }

    /// From now on, that happens to the first so many requests that are meant.
    pub(crate) fn misbehaves(
        &self,
        times: usize,
        manner: Manner,
        meant: impl Fn(&Request) -> bool + Send + Sync + 'static,
    ) {
        let left = AtomicUsize::new(times);
        self.behaves(move |request| {
            let one = |left: usize| left.checked_sub(1);
            if meant(request) && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one).is_ok()
            {
                manner
            } else {
                Manner::Proper
            }
        });
    }
}

impl Drop for Unruly {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // The thread waits for a connection: here is one.
        drop(TcpStream::connect(&self.address));
        self.thread.take().map(JoinHandle::join);
    }
}

fn accept(listener: &TcpListener, server: &str, over: &AtomicBool, rules: &Mutex<Arc<Rule>>) {
    for stream in listener.incoming() {
        if over.load(Ordering::SeqCst) {
            return;
        }
        let rule = rules.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let server = server.to_owned();
        let stream = stream.expect("a connection");
        // Whatever breaks is what was wanted, or the client's own doing.
        std::thread::spawn(move || converse(&stream, &server, &*rule).ok());
    }
}

/// One request, then the connection is closed.
fn converse(client: &TcpStream, server: &str, rule: &Rule) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let request = read_head(&mut reader)?;
    let manner = rule(&request);
    let mut body = reader.take(request.length);
    match manner {
        Manner::Proper => pass_on(&request, &mut body, server, client, u64::MAX)?,
        Manner::Answers(status) => {
            io::copy(&mut body, &mut io::sink())?;
            answer(client, status)?;
        }
        Manner::AnswersEarly(status) => answer(client, status)?,
        Manner::CutsUpload(bytes) => drop(io::copy(&mut body.take(bytes), &mut io::sink())?),
        Manner::CutsDownload(bytes) => pass_on(&request, &mut body, server, client, bytes)?,
        Manner::Stalls(bytes) => {
            pass_on(&request, &mut body, server, client, bytes)?;
            body.into_inner().read_to_end(&mut Vec::new())?;
        }
        Manner::LosesAnswer => pass_on(&request, &mut body, server, client, 0)?,
        Manner::Delays(time) => {
            sleep(time);
            pass_on(&request, &mut body, server, client, u64::MAX)?;
        }
        Manner::Hangs => {
            io::copy(&mut body, &mut io::sink())?;
            // Until the client has gone away.
            body.into_inner().read_to_end(&mut Vec::new())?;
        }
    }
    client.shutdown(Shutdown::Both)
}

fn read_head(reader: &mut impl BufRead) -> io::Result<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if reader.read_until(b'\n', &mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let mut words = text.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let length = text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let (method, path) = (method.to_owned(), path.to_owned());
    Ok(Request { method, path, head, length: length.unwrap_or(0) })
}

/// Sends the request to the server, and the answer, or the first so many bytes of it, back.
fn pass_on(
    request: &Request,
    body: &mut impl Read,
    server: &str,
    mut client: &TcpStream,
    most: u64,
) -> io::Result<()> {
    let mut upstream = TcpStream::connect(server)?;
    let end = request.head.len() - 2;
    upstream.write_all(&request.head[..end])?;
    upstream.write_all(b"connection: close\r\n\r\n")?;
    io::copy(body, &mut upstream)?;
    let mut answer = upstream.take(most);
    io::copy(&mut answer, &mut client)?;
    // The server finishes what it does, whether or not its answer is heard.
    io::copy(&mut answer.into_inner(), &mut io::sink())?;
    Ok(())
}

fn answer(mut client: &TcpStream, status: u16) -> io::Result<()> {
    write!(client, "HTTP/1.1 {status} Told\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}
