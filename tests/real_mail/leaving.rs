//! The way out: links that work for ever, and tell nothing.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use super::{PLAIN, messages, workspace};
use crate::support::{
    smtp::Sink,
    workspace::{Database, Serving, Workspace},
};

/// A request, and what came back: the status, and the rest.
fn ask(address: SocketAddr, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: news.vendor.example\r\nConnection: close\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    // A server that has enough may close before everything is read.
    let _ = stream.read_to_string(&mut answer);
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, answer)
}

/// Where the web server of a process listens.
fn listening(serving: &mut Serving) -> SocketAddr {
    serving.until("the web server", |log| log.contains("the web server listens"));
    let log = serving.log();
    let line = log.lines().find(|line| line.contains("the web server listens")).unwrap();
    line.rsplit('=').next().unwrap().trim().parse().unwrap()
}

/// The paths of the links in a mail: to unsubscribe, and to choose.
fn links(sink: &Sink, to: &str) -> (String, String) {
    let letter = sink.got().into_iter().find(|letter| letter.to.starts_with(to)).unwrap();
    let text = String::from_utf8(letter.content).unwrap();
    let token = text.split("/unsubscribe/").nth(1).unwrap().split('>').next().unwrap();
    (format!("/unsubscribe/{token}"), format!("/preferences/{token}"))
}

fn unsubscribed(workspace: &Workspace, id: &str) -> bool {
    workspace.program(&["why", "contact", id]).done().contains("Unsubscribed")
}

#[allow(clippy::disallowed_methods, reason = "another process is waited for")]
fn eventually(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..100 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{what} never came");
}

fn story(database: Database) {
    let sink = Sink::plain();
    let workspace = workspace(database, &sink, PLAIN, &["ada", "bob", "cyd"]);
    workspace.program(&["run"]).done();
    assert_eq!(sink.got().len(), 3);
    let (leave, choose) = links(&sink, "ada");
    let mut serving = workspace.serve();
    let address = listening(&mut serving);

    // Looking changes nothing, however often, and by whatever means.
    for method in ["GET", "HEAD", "OPTIONS"] {
        for path in [&leave, &choose] {
            ask(address, method, path, "");
        }
    }
    let (status, page) = ask(address, "GET", &leave, "");
    assert!(status == 200 && page.contains("Product news") && page.contains("method=\"post\""), "{page}");
    let (_, page) = ask(address, "GET", &choose, "");
    assert!(page.contains("a***@acme.example") && !page.contains("ada@acme.example"), "{page}");

    // The program of a mailbox provider posts, and is answered at once, without being sent elsewhere.
    let (status, _) = ask(address, "POST", &leave, "List-Unsubscribe=One-Click");
    assert_eq!(status, 200);
    let (status, _) = ask(address, "POST", &leave, "List-Unsubscribe=One-Click");
    assert_eq!(status, 200, "any number of times");
    eventually("the word", || unsubscribed(&workspace, "ada"));
    let told = workspace.program(&["why", "contact", "ada"]).done();
    assert_eq!(told.matches("  Unsubscribed").count(), 1, "{told}");
    assert!(!unsubscribed(&workspace, "bob"));

    // By the page: what was kept stays, what was taken out goes.
    let (_, choose) = links(&sink, "bob");
    let (_, page) = ask(address, "POST", &choose, "shown=product-news&keep=product-news");
    assert!(page.contains("Your choice is saved.") && page.contains("Product news"), "{page}");
    ask(address, "POST", &choose, "shown=made-up&shown=%00%ff");
    ask(address, "POST", &choose, "shown=product-news");
    eventually("the word", || unsubscribed(&workspace, "bob"));

    // What isn't ours says nothing of anybody, and writes nothing.
    let (leave, choose) = links(&sink, "cyd");
    let forged = [leave[..leave.len() - 1].to_owned(), format!("{leave}A"), leave.replacen("AQ", "AA", 1)];
    for path in &forged {
        let (status, page) = ask(address, "GET", path, "");
        assert!(status == 404 && page.contains("E-mail address"), "{page}");
        let (status, _) = ask(address, "POST", path, "List-Unsubscribe=One-Click");
        assert_eq!(status, 200);
    }
    let answers: Vec<String> = ["cyd@acme.example", "nobody@acme.example", "not an address"]
        .into_iter()
        .map(|given| {
            let (status, page) = ask(address, "POST", "/leave", &format!("address={given}"));
            assert_eq!(status, 200);
            page.split("\r\n\r\n").nth(1).unwrap().to_owned()
        })
        .collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    eventually("the word", || unsubscribed(&workspace, "cyd"));

    // Large, slow, and strange requests.
    let (status, _) = ask(address, "POST", "/leave", &"x".repeat(1 << 20));
    assert!(status == 413 || status == 0, "{status}");
    for path in
        ["/", "/../etc/passwd", "/unsubscribe/", "/unsubscribe/%00", &format!("/{}", "a".repeat(9_000))]
    {
        let (status, _) = ask(address, "GET", path, "");
        assert!((400..500).contains(&status), "{path}: {status}");
    }
    let silent: Vec<TcpStream> = (0..300).map(|_| TcpStream::connect(address).unwrap()).collect();
    let (status, page) = ask(address, "GET", &choose, "");
    assert_eq!(status, 200);
    for header in [
        "content-security-policy: default-src 'none'",
        "referrer-policy: no-referrer",
        "cache-control: no-store",
    ] {
        assert!(page.contains(header), "{header}");
    }
    drop(silent);
    assert_eq!(ask(address, "GET", "/health", "").0, 200);
    let (_, metrics) = ask(address, "GET", "/metrics", "");
    assert!(
        metrics.contains("tilework_outbox_messages{channel=\"email\",state=\"delivered\"} 3"),
        "{metrics}"
    );
    let log = serving.log();
    for (path, _) in [(&leave, ()), (&choose, ())] {
        let token = path.rsplit('/').next().unwrap();
        assert!(!log.contains(token), "a token stands in the log");
    }
    drop(serving);

    // No mail of the topic leaves any more, to anybody.
    let again = super::DEFINITIONS.replace("name: news\ntarget: contact", "name: again\ntarget: contact");
    workspace.write("journeys/again.yaml", again.split("---\n").last().unwrap());
    workspace.program(&["run"]).done();
    assert_eq!(sink.got().len(), 3);
    let blocked: Vec<String> =
        messages(&workspace).into_iter().filter(|line| line.contains("blocked")).collect();
    // Who left everything doesn't come into a journey at all.
    assert_eq!(blocked, ["ada blocked unsubscribed_topic", "bob blocked unsubscribed_topic"]);
}

#[test]
fn rule_34_a_link_ends_mail_for_ever_and_looking_at_it_does_not_on_sqlite() {
    story(Database::Sqlite);
}

#[test]
fn rule_34_a_link_ends_mail_for_ever_and_looking_at_it_does_not_on_postgres() {
    story(Database::Postgres);
}
