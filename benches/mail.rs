//! Mails per second: rendered, signed, noted and handed to a mail server of this process, beside a bare loop that writes
//! the same bytes to the same server over as many connections.
//!
//! `cargo bench --bench mail -- --mails 5000` runs it smaller.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    missing_docs,
    reason = "a benchmark measures real time, prints, and stops where something is wrong"
)]

#[path = "../tests/support/postgres.rs"]
mod postgres_server;

#[path = "support/process.rs"]
mod process;
#[path = "support/workspace.rs"]
mod workspace;

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
};

use process::{forget_peak, on_each_database, option, peak_memory, timed};
use tilework::{
    model::{Entity, Value},
    store::{Store, StoreAddress},
};

const CONNECTIONS: usize = 8;

/// A mail as it arrived: from, to, content.
type Letter = (String, String, Vec<u8>);

/// A mail server that takes everything.
fn sink() -> (SocketAddr, Arc<Mutex<Vec<Letter>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let got: Arc<Mutex<Vec<Letter>>> = Arc::default();
    let kept = Arc::clone(&got);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let kept = Arc::clone(&kept);
            std::thread::spawn(move || take(stream, &kept));
        }
    });
    (address, got)
}

fn take(stream: TcpStream, kept: &Mutex<Vec<Letter>>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut out = stream.try_clone().ok()?;
    let mut lines = BufReader::new(stream);
    out.write_all(b"220 sink\r\n").ok()?;
    let (mut from, mut to) = (String::new(), String::new());
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let address = line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).unwrap_or_default().0;
        match line.get(..4).unwrap_or_default() {
            "EHLO" => out.write_all(b"250-sink\r\n250 8BITMIME\r\n").ok()?,
            "MAIL" => {
                address.clone_into(&mut from);
                out.write_all(b"250 ok\r\n").ok()?;
            }
            "RCPT" => {
                address.clone_into(&mut to);
                out.write_all(b"250 ok\r\n").ok()?;
            }
            "DATA" => {
                out.write_all(b"354 go on\r\n").ok()?;
                let mut content = Vec::new();
                loop {
                    let start = content.len();
                    lines.read_until(b'\n', &mut content).ok()?;
                    if &content[start..] == b".\r\n" {
                        content.truncate(start);
                        break;
                    }
                }
                kept.lock().unwrap().push((from.clone(), to.clone(), content));
                out.write_all(b"250 taken\r\n").ok()?;
            }
            "QUIT" => return None,
            _ => out.write_all(b"250 ok\r\n").ok()?,
        }
    }
}

/// Writes letters to a server over several connections, and nothing else.
fn bare_loop(address: SocketAddr, letters: &[Letter]) {
    std::thread::scope(|scope| {
        for part in letters.chunks(letters.len().div_ceil(CONNECTIONS)) {
            scope.spawn(move || {
                let stream = TcpStream::connect(address).expect("a connection");
                stream.set_nodelay(true).expect("no delay");
                let mut out = stream.try_clone().expect("a stream");
                let mut answers = BufReader::new(stream);
                let mut answer = String::new();
                let mut wait = |count: usize| {
                    for _ in 0..count {
                        answer.clear();
                        answers.read_line(&mut answer).expect("an answer");
                    }
                };
                wait(1);
                out.write_all(b"EHLO bench\r\n").expect("a line");
                wait(2);
                for (from, to, content) in part {
                    out.write_all(format!("MAIL FROM:<{from}>\r\n").as_bytes()).expect("a line");
                    wait(1);
                    out.write_all(format!("RCPT TO:<{to}>\r\n").as_bytes()).expect("a line");
                    wait(1);
                    out.write_all(b"DATA\r\n").expect("a line");
                    wait(1);
                    out.write_all(&[content.as_slice(), b".\r\n"].concat()).expect("a mail");
                    wait(1);
                }
            });
        }
    });
}

fn definitions(folder: &Path, address: SocketAddr) {
    let key = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real_mail/rsa.pem");
    fs::create_dir_all(folder.join("journeys")).expect("a folder");
    let settings = format!(
        "name: vendor\nlive: true\nconsent: {{ unrecorded: marketing }}\ncompany: {{ address: \"1 High Street\" }}\n\
         serve: {{ public_url: \"https://news.vendor.example\" }}\nchannels:\n  email:\n    transport: smtp\n    host: 127.0.0.1\n    port: {}\n\
         \x20   encryption: none\n    connections: {CONNECTIONS}\n    from: news@vendor.example\n\
         \x20   dkim: [{{ domain: vendor.example, selector: bench, key: \"${{file:{key}}}\" }}]\n",
        address.port()
    );
    fs::write(folder.join("tilework.yaml"), settings).expect("settings");
    let text = "<p>Dear {{contact.first_name}}, this spring everything costs less for {{contact.city}}.</p>"
        .repeat(20);
    let journey = format!(
        "kind: segment\nname: everyone\ntarget: contact\nwhere: true\n---\nkind: email\nname: news\nsubject: News for {{{{contact.first_name}}}}\n\
         html: '{text}<p>{{{{company.address}}}} <a href=\"{{{{links.unsubscribe}}}}\">Unsubscribe</a></p>'\n---\n\
         kind: journey\nname: news\ntarget: contact\nstart: 2026-01-01\naudience: {{ include: [everyone] }}\nsteps:\n\
         \x20 - {{ id: mail, tile: email, with: {{ email: news }} }}\n"
    );
    fs::write(folder.join("journeys/news.yaml"), journey).expect("a journey");
}

/// A store with so many contacts.
fn prepare(folder: &Path, address: &StoreAddress, mails: u64) {
    if let StoreAddress::Postgres(..) = address {
        Store::migrate(address).expect("tables");
    }
    let plan = workspace::plan(folder);
    let mut store = workspace::open(address);
    store.declare(&plan.catalog).expect("fields");
    let field = |name| plan.catalog.field(Entity::Contact, name).expect("a standard field").clone();
    let fields = ["first_name", "city", "email"].map(field);
    for from in (0..mails).step_by(5_000) {
        let rows: Vec<(String, Vec<Value>)> = (from..(from + 5_000).min(mails))
            .map(|number| {
                let texts = [format!("Ada{number}"), "Oslo".to_owned(), format!("c{number}@acme.example")];
                (format!("c{number:07}"), texts.map(Value::Text).to_vec())
            })
            .collect();
        store.upsert_records(Entity::Contact, &fields, &rows, 0).expect("contacts");
    }
}

fn main() {
    let mails = option("--mails").map_or(20_000, |count| count.parse().expect("--mails takes a number"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let address = match option("--only").as_deref() {
        Some("sqlite") => StoreAddress::Sqlite(folder.join("mail.db")),
        Some("postgres") => StoreAddress::Postgres(postgres_server::database(), folder.to_owned()),
        Some(other) => panic!("--only takes sqlite or postgres, not {other}"),
        None => {
            println!(
                "{mails} mails, signed by RSA with 2,048 bits, over {CONNECTIONS} connections to a server of this process"
            );
            println!("{:<10}{:>14}{:>14}{:>8}{:>12}", "", "engine", "bare loop", "ratio", "peak memory");
            return on_each_database();
        }
    };
    let (server, got) = sink();
    definitions(folder, server);
    prepare(folder, &address, mails);
    let plan = workspace::plan(folder);
    let mut store = workspace::open(&address);
    forget_peak();
    let seconds = timed(|| workspace::tick(folder, &plan, &mut store, 1_767_600_000_000));
    let memory = peak_memory();
    let mut letters = std::mem::take(&mut *got.lock().unwrap());
    assert_eq!(letters.len() as u64, mails, "each mail was handed over once");
    let by_hand = timed(|| bare_loop(server, &letters));
    let mut again = std::mem::take(&mut *got.lock().unwrap());
    letters.sort();
    again.sort();
    assert_eq!(letters.len(), again.len());
    assert!(letters == again, "both handed over the same bytes");
    println!(
        "{:<10}{:>10.0} /s{:>11.0} /s{:>8.2}{:>9} MB",
        option("--only").unwrap_or_default(),
        mails as f64 / seconds,
        mails as f64 / by_hand,
        seconds / by_hand,
        memory
    );
}
