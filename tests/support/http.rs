//! A web server of the tests' own, which behaves as badly as it is told to.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

/// A call that came in.
#[derive(Debug, Clone, Default)]
pub struct Received {
    pub method: String,
    pub path: String,
    /// By names in small letters.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Received {
    pub fn key(&self) -> &str {
        self.headers.get("idempotency-key").map_or("", String::as_str)
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// What the server does with a call.
#[derive(Debug, Clone)]
pub enum Reply {
    /// An answer with further headers, each with its end of line, and a body.
    Status(u16, &'static str, &'static str),
    /// Nothing, until the other side goes.
    Hang,
    /// A head that says it was taken, and then nothing.
    HangInBody,
    /// The connection is closed.
    Close,
    /// Half an answer, and the connection is closed.
    Half,
    /// Something that isn't HTTP.
    Garbage,
    /// Two answers to one call.
    Twice(u16, u16),
    /// An answer that comes byte by byte.
    Slowly(u16),
}

pub const OK: Reply = Reply::Status(200, "", "");

/// A server at an address of this machine.
pub struct Server {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Server {
    /// Starts one; `reply` is told the call and how many came before it.
    pub fn answering(reply: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let (seen, reply) = (Arc::clone(&received), Arc::new(reply));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, reply) = (Arc::clone(&seen), Arc::clone(&reply));
                std::thread::spawn(move || drop(serve(stream, &seen, &*reply)));
            }
        });
        Server { address, received }
    }

    /// Starts one that always answers the same.
    pub fn always(reply: Reply) -> Server {
        Server::answering(move |_, _| reply.clone())
    }

    /// One that was stopped: nobody listens at its address.
    pub fn gone() -> Server {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Server { address, received: Arc::default() }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// The calls that came in so far, by their keys.
    pub fn received(&self) -> Vec<Received> {
        let mut received = self.received.lock().unwrap().clone();
        received.sort_by(|a, b| a.key().cmp(b.key()));
        received
    }

    /// The keys of the calls that came in so far, sorted.
    pub fn keys(&self) -> Vec<String> {
        self.received().iter().map(|call| call.key().to_owned()).collect()
    }
}

fn serve(
    stream: TcpStream,
    seen: &Mutex<Vec<Received>>,
    reply: &dyn Fn(&Received, usize) -> Reply,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let mut call = Received {
        method: words.next().unwrap_or_default().to_owned(),
        path: words.next().unwrap_or_default().to_owned(),
        ..Received::default()
    };
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            // The other side died before it had said what it wants: that is no call.
            return Ok(());
        }
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        call.headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = call.headers.get("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    call.body = String::from_utf8(body).unwrap();
    let before = {
        let mut seen = seen.lock().unwrap();
        seen.push(call.clone());
        seen.len() - 1
    };
    answer(stream, &reply(&call, before))
}

fn head(status: u16, headers: &str, length: usize) -> String {
    format!("HTTP/1.1 {status} Said\r\nContent-Length: {length}\r\n{headers}\r\n")
}

#[allow(clippy::disallowed_methods, reason = "a slow server is slow in real time")]
fn answer(mut stream: TcpStream, reply: &Reply) -> std::io::Result<()> {
    let wait_for_the_other = |mut stream: TcpStream| stream.read(&mut [0; 64]).map(drop);
    match reply {
        Reply::Status(status, headers, body) => {
            write!(stream, "{}{body}", head(*status, headers, body.len()))
        }
        Reply::Hang => wait_for_the_other(stream),
        Reply::HangInBody => {
            write!(stream, "{}", head(200, "", 100))?;
            wait_for_the_other(stream)
        }
        Reply::Close => Ok(()),
        Reply::Half => write!(stream, "HTTP/1.1 200 O"),
        Reply::Garbage => write!(stream, "\u{1}\u{2} what is it?\r\n\r\n"),
        Reply::Twice(first, second) => {
            write!(stream, "{}{}", head(*first, "", 0), head(*second, "", 0))?;
            wait_for_the_other(stream)
        }
        Reply::Slowly(status) => {
            for byte in head(*status, "", 0).bytes() {
                stream.write_all(&[byte])?;
                std::thread::sleep(Duration::from_millis(1));
            }
            Ok(())
        }
    }
}
