//! Mail that leaves through a mail server, and what becomes of it.

mod killed;
mod leaving;
mod signed;

use std::{path::Path, sync::Arc};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};

use crate::support::{
    certificates::{Authority, authority, certificate},
    smtp::{Encrypted, Manner, Sink},
    workspace::{Database, Workspace, on_both},
};

pub const DEFINITIONS: &str = "kind: topic
name: product-news
label: Product news
subscription: opt_out
---
kind: segment
name: everyone
target: contact
where: true
---
kind: email
name: news
topic: product-news
subject: News for {{contact.first_name}}
html: '<p>Dear {{contact.first_name}}</p><p>{{company.address}} <a href=\"{{links.unsubscribe}}\">Unsubscribe</a></p>'
text: '{{company.address}} {{links.preferences}}'
---
kind: journey
name: news
target: contact
start: 2026-03-01 08:00
audience: { include: [everyone] }
steps:
  - { id: mail, tile: email, with: { email: news } }
  - { id: rest, tile: wait, with: { for: 900 days } }
";

/// Settings for a sink, with more keys of the channel.
pub fn settings(sink: &Sink, more: &str) -> String {
    format!(
        "name: vendor\nlive: true\ntimezone: UTC\nconsent: {{ unrecorded: marketing }}\n\
         company: {{ name: Vendor Ltd, address: \"1 High Street\" }}\n\
         serve: {{ http: \"127.0.0.1:0\", public_url: https://news.vendor.example/ }}\n\
         channels:\n  email:\n    transport: smtp\n    host: localhost\n    port: {}\n\
         \x20   from: \"Vendor <news@vendor.example>\"\n    return_path: bounces@vendor.example\n{more}",
        sink.address.port()
    )
}

pub fn workspace(database: Database, sink: &Sink, more: &str, people: &[&str]) -> Workspace {
    let rows: String = people.iter().map(|name| format!("{name},{name},{name}@acme.example\n")).collect();
    let workspace = Workspace::on(database)
        .file("tilework.yaml", &settings(sink, more))
        .file("journeys/news.yaml", DEFINITIONS)
        .file("people.csv", &format!("id,first_name,email\n{rows}"));
    workspace.program(&["migrate"]).done();
    let file = workspace.root().join("people.csv");
    workspace.program(&["import", "contacts", &file.display().to_string()]).done();
    workspace
}

/// What became of each message: contact, state, reason.
pub fn messages(workspace: &Workspace) -> Vec<String> {
    let listed = workspace.program(&["outbox", "list", "--format", "json"]).done();
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let text = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let mut lines: Vec<String> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            format!("{} {} {}", text(row, "contact_id"), text(row, "state"), text(row, "reason"))
                .trim()
                .to_owned()
        })
        .collect();
    lines.sort();
    lines
}

const PLAIN: &str = "    encryption: none\n";

#[test]
fn rule_39_each_answer_of_the_server_has_its_consequence() {
    on_both(|database| {
        let sink = Sink::plain();
        let workspace = workspace(database, &sink, PLAIN, &["ada", "busy", "full", "gone"]);
        let ran = workspace.program(&["run"]);
        assert_eq!(ran.code, 5, "{}{}", ran.stdout, ran.stderr);
        let server = format!("`localhost:{}` answered", sink.address.port());
        assert_eq!(
            messages(&workspace),
            [
                "ada delivered".to_owned(),
                format!("busy waiting {server} 451 4.7.1 come again later"),
                format!("full failed {server} 552 5.2.2 the mailbox is full"),
                format!("gone failed {server} 550 5.1.1 there is nobody of this name"),
            ]
        );
        let got = sink.got();
        assert_eq!(got.len(), 1);
        assert_eq!(got[0].to, "ada@acme.example");
        assert!(
            got[0].from.starts_with("bounces+") && got[0].from.ends_with("@vendor.example"),
            "{}",
            got[0].from
        );
        // Who isn't there gets no more mail; a full mailbox may have room again.
        let story = |id: &str| workspace.program(&["why", "contact", id]).done();
        assert!(
            story("gone").contains("bounced") && story("gone").contains("EmailHardBounced"),
            "{}",
            story("gone")
        );
        assert!(!story("full").contains("suppressed"), "{}", story("full"));
        // What waits isn't tried before its time.
        workspace.program(&["run"]).done();
        assert_eq!(sink.got().len(), 1);
    });
}

#[test]
fn rule_19_a_mail_of_which_nobody_knows_whether_it_left_is_never_sent_again_unasked() {
    on_both(|database| {
        let sink = Sink::plain();
        let workspace = workspace(database, &sink, PLAIN, &["ada", "lost"]);
        workspace.program(&["run"]);
        assert!(
            messages(&workspace)[1].starts_with("lost unknown the connection to `localhost` broke"),
            "{:?}",
            messages(&workspace)
        );
        workspace.program(&["run"]);
        assert_eq!(sink.got().len(), 2, "each was handed over once");
        // Somebody who looked may ask for it.
        workspace.program(&["outbox", "retry", "--state", "unknown"]).done();
        workspace.program(&["run"]);
        assert_eq!(sink.got().iter().filter(|letter| letter.to.starts_with("lost")).count(), 2);
    });
}

#[test]
fn a_server_that_is_not_there_holds_mail_and_nothing_else() {
    let sink = Sink::plain();
    let workspace = workspace(Database::Sqlite, &sink, PLAIN, &["ada", "bob"]);
    let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let elsewhere = settings(&sink, PLAIN).replace(&sink.address.port().to_string(), &dead.to_string());
    workspace.write("tilework.yaml", &elsewhere);
    workspace.program(&["run"]).done();
    let held = messages(&workspace);
    assert!(
        held.iter().all(|line| line.contains("waiting") && line.contains("can't be reached")),
        "{held:?}"
    );
    workspace.write("tilework.yaml", &settings(&sink, PLAIN));
    workspace.program(&["outbox", "retry", "--journey", "news"]).done();
    workspace.program(&["run"]).done();
    assert_eq!(messages(&workspace), ["ada delivered", "bob delivered"]);
}

#[test]
fn many_mails_go_over_few_connections() {
    let sink = Sink::plain();
    let names: Vec<String> = (0..150).map(|number| format!("p{number:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let workspace = workspace(Database::Sqlite, &sink, "    encryption: none\n    connections: 3\n", &names);
    workspace.program(&["run"]).done();
    assert_eq!(sink.got().len(), 150);
    assert!(sink.connections() <= 6, "{}", sink.connections());
}

#[test]
fn an_email_is_seen_and_tried_before_it_leaves() {
    on_both(|database| {
        let sink = Sink::plain();
        let workspace = workspace(database, &sink, PLAIN, &["ada", "bob"]);
        let shown = workspace.program(&["email", "show", "news", "--contact", "ADA@acme.example"]).done();
        assert!(shown.contains("Subject: News for ada") && shown.contains("1 High Street"), "{shown}");
        let file = workspace.root().join("news.html");
        let file = file.display().to_string();
        workspace.program(&["email", "show", "news", "--contact", "ada", "--html", &file]).done();
        assert!(std::fs::read_to_string(&file).unwrap().contains("<p>Dear ada</p>"));
        // Segments are evaluated by a run.
        workspace.program(&["run"]).done();
        let sent = sink.got().len();
        let checked = workspace.program(&["email", "check", "news", "--segment", "everyone"]).done();
        assert!(checked.contains("news can be made for all 2 in everyone."), "{checked}");
        let tried = ["mail", "send-test", "me@vendor.example", "--email", "news", "--contact", "bob"];
        workspace.program(&tried).done();
        let got = sink.got();
        let test = got.iter().find(|letter| letter.to == "me@vendor.example").unwrap();
        assert_eq!(got.len(), sent + 1);
        let text = String::from_utf8_lossy(&test.content).into_owned();
        assert!(text.contains("Subject: News for bob"), "{text}");
        // It counts nowhere, and its links do nothing: they aren't those of bob's own mail.
        assert!(!workspace.program(&["why", "contact", "bob"]).done().contains("test/"));
        let own = got.iter().find(|letter| letter.to.starts_with("bob")).unwrap();
        let own = String::from_utf8_lossy(&own.content).into_owned();
        let token =
            |text: &str| text.split("/unsubscribe/").nth(1).unwrap().split('>').next().unwrap().to_owned();
        assert_ne!(token(&own), token(&text));
        for (arguments, expected) in [
            (["email", "show", "nwes", "--contact", "ada"], "Did you mean `news`?"),
            (["email", "show", "news", "--contact", "zoe"], "no contact has the id or address `zoe`"),
            (["email", "check", "news", "--segment", "everybody"], "there is no segment `everybody`"),
        ] {
            let refused = workspace.program(&arguments);
            assert!(refused.code == 2 && refused.stderr.contains(expected), "{}", refused.stderr);
        }
    });
}

fn configuration(name: &str, authority: &Authority) -> Arc<rustls::ServerConfig> {
    let (certificate, key) = certificate(name, authority);
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Arc::new(config)
}

const REPORT: &str = "From: MAILER-DAEMON@mx.example\r\nTo: bounces@vendor.example\r\nMIME-Version: 1.0\r\n\
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nIt failed.\r\n\
--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
Final-Recipient: rfc822; ada@acme.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n\
Final-Recipient: rfc822; bob@acme.example\r\nAction: failed\r\nStatus: 5.2.2\r\n\r\n\
Final-Recipient: rfc822; zoe@elsewhere.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n";

#[test]
fn rule_38_what_comes_back_is_taken_down_once() {
    on_both(|database| {
        let sink = Sink::plain();
        let workspace = workspace(database, &sink, PLAIN, &["ada", "bob"]);
        workspace.program(&["run"]).done();
        workspace.write("box/new/1.eml", REPORT);
        workspace.write(
            "box/new/2.eml",
            "From: ada@acme.example\r\nAuto-Submitted: auto-replied\r\n\r\n5.1.1 I am away\r\n",
        );
        let from = workspace.root().join("box").display().to_string();
        let read = workspace.program(&["bounces", "read", &from, "--format", "csv"]).done();
        let expected = "mail,address,is,category,contacts\n1.eml,ada@acme.example,dead,5.1.1,ada\n\
                        1.eml,bob@acme.example,bounced,5.2.2,bob\n1.eml,zoe@elsewhere.example,dead,5.1.1,\n";
        assert_eq!(read, expected);
        assert!(workspace.root().join("box/cur/1.eml:2,S").is_file(), "it is marked as seen");
        // The same report once more, by another way.
        workspace.write("again.eml", REPORT);
        let again = workspace.root().join("again.eml").display().to_string();
        workspace.program(&["bounces", "read", &again]).done();
        workspace.program(&["run"]).done();
        let story = workspace.program(&["why", "contact", "ada"]).done();
        assert_eq!(story.matches("EmailHardBounced").count(), 1, "{story}");
        assert!(story.contains("bounced"), "{story}");
        assert!(!workspace.program(&["why", "contact", "bob"]).done().contains("suppressed"));
    });
}

#[test]
fn connections_are_encrypted_and_certificates_checked() {
    let ours = authority("Ours");
    let (right, wrong) = (configuration("localhost", &ours), configuration("other.example", &ours));
    let login = "AHRpbGV3b3JrAGh1bnRlcjI=";
    let starttls = "    username: tilework\n    password: \"${SMTP_PASSWORD}\"\n";
    let tls = format!("    encryption: tls\n{starttls}");
    let cases: [(Encrypted, &str, &str, &str); 7] = [
        (Encrypted::StartTls(Arc::clone(&right)), starttls, "hunter2", ""),
        (Encrypted::Always(Arc::clone(&right)), &tls, "hunter2", ""),
        (Encrypted::StartTls(Arc::clone(&right)), starttls, "wrong", "535 5.7.8 who are you?"),
        (Encrypted::StartTls(Arc::clone(&wrong)), starttls, "hunter2", "no connection that can be trusted"),
        (Encrypted::Always(wrong), &tls, "hunter2", "no connection that can be trusted"),
        // A server that doesn't encrypt gets neither password nor mail.
        (Encrypted::Never, starttls, "hunter2", "STARTTLS is not supported"),
        (Encrypted::Never, &tls, "hunter2", "no connection that can be trusted"),
    ];
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("ca.pem");
    std::fs::write(&file, ours.pem()).unwrap();
    let trusted = file.display().to_string();
    for (at, (encrypted, more, password, expected)) in cases.into_iter().enumerate() {
        let sink = Sink::new(Manner { encrypted, login: Some(login) });
        let workspace = Workspace::on(Database::Sqlite)
            .file("tilework.yaml", &settings(&sink, more))
            .file("journeys/news.yaml", DEFINITIONS)
            .file("people.csv", "id,first_name,email\nada,Ada,ada@acme.example\n");
        let people = workspace.root().join("people.csv").display().to_string();
        let variables = [("SMTP_PASSWORD", password), ("SSL_CERT_FILE", trusted.as_str())];
        workspace.program_with(&variables, &["import", "contacts", &people]).done();
        let ran = workspace.program_with(&variables, &["run"]);
        let became = messages(&workspace);
        match expected {
            "" => assert_eq!(became, ["ada delivered"], "{at}: {}", ran.stderr),
            expected => assert!(became[0].contains(expected), "{at}: {became:?}"),
        }
        assert_eq!(sink.got().len(), usize::from(expected.is_empty()), "{at}");
        let logged = format!("{}{}{became:?}", ran.stdout, ran.stderr);
        assert!(!logged.contains("hunter2") && !logged.contains(login), "{at}: {logged}");
        assert!(!secret_lies_in(workspace.root(), "hunter2"), "{at}: the password lies in the store");
    }
}

fn secret_lies_in(folder: &Path, secret: &str) -> bool {
    let holds = |path: &Path| {
        let content = std::fs::read(path).unwrap();
        content.windows(secret.len()).any(|window| window == secret.as_bytes())
    };
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .any(|path| path.is_file() && holds(&path))
}
