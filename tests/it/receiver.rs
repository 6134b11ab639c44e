//! A server on loopback that takes requests, keeps them, and answers as it was told to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver as Inbox, channel};
use std::time::Duration;

/// How long a request is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What it does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Says this status, and repeats what it was asked for.
    Status(u16),
    /// Sends the asker to another address.
    Elsewhere(String),
    /// Says nothing, and keeps the connection.
    Silence,
    /// Says one byte after the other, and never comes to an end.
    Drops,
}

/// One request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    /// `POST /path`
    pub(crate) what: String,
    pub(crate) kind: String,
    pub(crate) body: String,
}

/// The server. Its thread goes with the test program.
pub(crate) struct Receiver {
    pub(crate) port: u16,
    inbox: Inbox<Heard>,
}

impl Receiver {
    pub(crate) fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has one").port();
        let (sender, inbox) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, sender) = (answer.clone(), sender.clone());
                std::thread::spawn(move || {
                    if let Some(heard) = heard(&stream) {
                        let what = heard.what.clone();
                        // The test may have seen enough.
                        sender.send(heard).ok();
                        say(stream, &answer, &what);
                    }
                });
            }
        });
        Self { port, inbox }
    }

    /// An address of it.
    pub(crate) fn address(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The next request.
    pub(crate) fn next(&self) -> Heard {
        self.inbox.recv_timeout(PATIENCE).expect("a request comes")
    }

    /// Whether nothing has come that was not looked at.
    pub(crate) fn is_quiet(&self) -> bool {
        self.inbox.try_recv().is_err()
    }
}

/// Reads one request (RFC 9112), with a body of a known length.
fn heard(stream: &TcpStream) -> Option<Heard> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
    let what = line.rsplit_once(' ')?.0.to_owned();
    let (mut length, mut kind) = (0, String::new());
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let (name, value) = line.trim_end().split_once(": ").unwrap_or_default();
        match name.to_lowercase().as_str() {
            "" => break,
            "content-length" => length = value.parse().ok()?,
            "content-type" => kind = value.to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Heard { what, kind, body: String::from_utf8(body).ok()? })
}

fn say(mut stream: TcpStream, answer: &Answer, what: &str) {
    let head = match answer {
        Answer::Status(status) => {
            let length = what.len();
            format!("HTTP/1.1 {status} {what}\r\nContent-Length: {length}\r\n\r\n{what}")
        }
        Answer::Elsewhere(address) => {
            format!("HTTP/1.1 302 X\r\nLocation: {address}\r\nContent-Length: 0\r\n\r\n")
        }
        Answer::Silence => {
            std::thread::sleep(PATIENCE * 4);
            String::new()
        }
        Answer::Drops => "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n".to_owned(),
    };
    let mut is_open = stream.write_all(head.as_bytes()).is_ok();
    while matches!(answer, Answer::Drops) && is_open {
        std::thread::sleep(Duration::from_millis(500));
        is_open = stream.write_all(b"x").is_ok();
    }
}
