//! A mail server of the tests' own, which keeps what it gets and behaves as the recipients' names say.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A mail that came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letter {
    pub from: String,
    pub to: String,
    pub content: Vec<u8>,
}

/// When a connection is encrypted.
#[derive(Clone)]
pub enum Encrypted {
    Never,
    StartTls(Arc<ServerConfig>),
    Always(Arc<ServerConfig>),
}

/// How the server is.
#[derive(Clone)]
pub struct Manner {
    pub encrypted: Encrypted,
    /// What has to be logged in with, as `AUTH PLAIN` writes it.
    pub login: Option<&'static str>,
}

/// A server at an address of this machine. What it does with a mail, the recipient's name says: `gone` isn't there,
/// `busy` is for now, `full` has no room, `lost` is taken and the connection breaks before that is said.
pub struct Sink {
    pub address: SocketAddr,
    got: Arc<Mutex<Vec<Letter>>>,
    connections: Arc<Mutex<usize>>,
}

impl Sink {
    pub fn plain() -> Sink {
        Sink::new(Manner { encrypted: Encrypted::Never, login: None })
    }

    pub fn new(manner: Manner) -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (got, connections) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
        let (kept, counted) = (Arc::clone(&got), Arc::clone(&connections));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                *counted.lock().unwrap() += 1;
                let (kept, manner) = (Arc::clone(&kept), manner.clone());
                std::thread::spawn(move || serve(stream, &manner, &kept));
            }
        });
        Sink { address, got, connections }
    }

    /// The mails that came in, by recipient.
    pub fn got(&self) -> Vec<Letter> {
        let mut got = self.got.lock().unwrap().clone();
        got.sort_by(|a, b| a.to.cmp(&b.to));
        got
    }

    pub fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

fn serve(stream: TcpStream, manner: &Manner, got: &Mutex<Vec<Letter>>) {
    // Broken connections are what some stories are about.
    let _ = match &manner.encrypted {
        Encrypted::Always(config) => {
            let connection = ServerConnection::new(Arc::clone(config)).unwrap();
            talk(StreamOwned::new(connection, stream), manner, true, got).map(drop)
        }
        _ => talk(stream, manner, false, got).and_then(|upgrade| match (upgrade, &manner.encrypted) {
            (Some(stream), Encrypted::StartTls(config)) => {
                let connection = ServerConnection::new(Arc::clone(config)).unwrap();
                talk(StreamOwned::new(connection, stream), manner, true, got).map(drop)
            }
            _ => Ok(()),
        }),
    };
}

/// Talks until the other side quits; gives the stream back where it is to be encrypted.
fn talk<S: Read + Write>(
    stream: S,
    manner: &Manner,
    encrypted: bool,
    got: &Mutex<Vec<Letter>>,
) -> std::io::Result<Option<S>> {
    let mut stream = BufReader::new(stream);
    let greeted_before = encrypted && matches!(manner.encrypted, Encrypted::StartTls(_));
    let say = |stream: &mut BufReader<S>, text: &str| {
        stream.get_mut().write_all(format!("{text}\r\n").as_bytes())?;
        stream.get_mut().flush()
    };
    if !greeted_before {
        say(&mut stream, "220 sink.example")?;
    }
    let mut logged_in = manner.login.is_none();
    let mut letter = Letter::default();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim_end();
        let address =
            || line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).unwrap_or_default().0;
        let word = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
        match word.as_str() {
            "EHLO" => {
                let tls = matches!(manner.encrypted, Encrypted::StartTls(_)) && !encrypted;
                let tls = if tls { "250-STARTTLS\r\n" } else { "" };
                say(&mut stream, &format!("250-sink.example\r\n{tls}250-8BITMIME\r\n250 AUTH PLAIN"))?;
            }
            "STARTTLS" => {
                say(&mut stream, "220 go on")?;
                return Ok(Some(stream.into_inner()));
            }
            "AUTH" => {
                logged_in = manner.login.is_some_and(|login| line.ends_with(login));
                say(&mut stream, if logged_in { "235 welcome" } else { "535 5.7.8 who are you?" })?;
            }
            "MAIL" if !logged_in => say(&mut stream, "530 5.7.0 log in first")?,
            "MAIL" => {
                letter = Letter { from: address().to_owned(), ..Letter::default() };
                say(&mut stream, "250 ok")?;
            }
            "RCPT" => {
                letter.to = address().to_owned();
                let answer = match letter.to.split(['@', '.']).next().unwrap_or_default() {
                    "gone" => "550 5.1.1 there is nobody of this name",
                    "full" => "552 5.2.2 the mailbox is full",
                    "busy" => "451 4.7.1 come again later",
                    _ => "250 ok",
                };
                say(&mut stream, answer)?;
            }
            "DATA" => {
                say(&mut stream, "354 go on")?;
                loop {
                    let mut line = Vec::new();
                    stream.read_until(b'\n', &mut line)?;
                    if line == b".\r\n" {
                        break;
                    }
                    letter.content.extend(line.strip_prefix(b".").unwrap_or(&line));
                }
                got.lock().unwrap().push(letter.clone());
                if letter.to.starts_with("lost") {
                    return Ok(None);
                }
                say(&mut stream, "250 2.0.0 taken")?;
            }
            "QUIT" => {
                say(&mut stream, "221 bye")?;
                return Ok(None);
            }
            _ => say(&mut stream, "250 ok")?,
        }
    }
}
