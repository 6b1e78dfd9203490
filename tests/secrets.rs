//! What may be shown to nobody is looked for everywhere: in answers, logs, the store, and files.

use std::{fs, path::Path};

use postgres::{NoTls, SimpleQueryMessage};
use tilework::store::{Store, StoreAddress};

use crate::support::{
    definitions::USUAL,
    http::{Reply, Server},
    workspace::{Database, SETTINGS, Workspace, on_both},
};

const JOURNEY: &str = "kind: journey
name: spring
target: contact
start: 2026-03-01 08:00
audience: { include: [everyone] }
steps:
  - { id: tell, tile: launch_workflow, with: { workflow: tell-crm } }
  - { id: hello, tile: email, with: { email: hello } }
---
kind: email
name: hello
subject: Hello
text: Hello
---
kind: workflow
name: tell-crm
http:
  url: URL/${PATH_TOKEN}
  retries: 1
  headers:
    Authorization: \"Bearer ${LONG_TOKEN}\"
    X-Odd: \"${ODD_TOKEN}\"
    X-User: \"Basic ${BASIC}\"
    X-File: \"${file:token.txt}\"
  body: { name: \"{{contact.first_name}}\", token: \"${ODD_TOKEN}\", path: \"${PATH_TOKEN}\" }
";

/// Each secret with the pieces of it, in any form, that are looked for.
struct Secrets {
    long: String,
    variables: Vec<(&'static str, String)>,
}

/// What stands in secrets and nowhere else.
const PIECES: [&str; 6] =
    ["SSSSSSSS", "oddsecret", "pathsecret", "basicsecret", "YmFzaWNzZWNyZXQ", "filesecret"];

fn secrets() -> Secrets {
    let long = format!("eyJhbGciOi{}", "S".repeat(600));
    let variables = vec![
        ("LONG_TOKEN", long.clone()),
        ("ODD_TOKEN", "w\"/ &\\oddsecret%1".to_owned()),
        ("PATH_TOKEN", "pathsecret".to_owned()),
        ("BASIC", "dXNlcjpiYXNpY3NlY3JldA==".to_owned()), // user:basicsecret
        ("TILEWORK_LOG", "trace".to_owned()),
    ];
    Secrets { long, variables }
}

#[track_caller]
fn has_none(place: &str, text: &str) {
    for piece in PIECES {
        assert!(!text.contains(piece), "{piece} in {place}:\n{text}");
    }
}

/// All that stands in the store.
fn store(workspace: &Workspace) -> String {
    match workspace.address() {
        StoreAddress::Sqlite(path) => {
            let log = fs::read(path.with_extension("db-wal")).unwrap_or_default();
            String::from_utf8_lossy(&[fs::read(path).unwrap(), log].concat()).into_owned()
        }
        StoreAddress::Postgres(url, _) => {
            let mut client = postgres::Client::connect(&url, NoTls).unwrap();
            let mut column = |sql: &str| -> Vec<String> {
                let rows = client.simple_query(sql).unwrap();
                let rows = rows.iter().filter_map(|message| match message {
                    SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                    _ => None,
                });
                rows.collect()
            };
            let tables = column("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
            let rows = tables.iter().flat_map(|table| column(&format!("SELECT t::text FROM {table} t")));
            rows.collect::<Vec<_>>().join("\n")
        }
    }
}

/// Every file of the workspace but its own.
fn written(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
        if path.is_dir() {
            written(&path, all);
        } else if name != "token.txt" && !name.starts_with("tilework.db") {
            all.push_str(&format!("{name}\n{}\n", String::from_utf8_lossy(&fs::read(&path).unwrap())));
        }
    }
}

/// A server that repeats all that it was told, in several forms, and takes nothing.
fn parrot() -> Server {
    Server::answering(|call, before| {
        let quoted: Vec<String> = call.headers.values().map(|value| format!("{value:?}")).collect();
        let encoded: String = call
            .headers
            .get("x-odd")
            .into_iter()
            .flat_map(|value| value.bytes())
            .map(|byte| match byte.is_ascii_alphanumeric() {
                true => char::from(byte).to_string(),
                false => format!("%{byte:02x}"),
            })
            .collect();
        let user = "basicsecret isn't the password of user:basicsecret";
        let parts = [call.path.clone(), encoded, user.to_owned(), call.body.clone(), quoted.join(" ")];
        // Whatever comes first is told, and the rest is cut off.
        let said = (0..parts.len()).map(|at| parts[(at + before) % parts.len()].as_str());
        let said: String = said.collect::<Vec<_>>().join(" ");
        Reply::Status(if before == 0 { 503 } else { 400 }, "", Box::leak(said.into_boxed_str()))
    })
}

#[test]
fn a_secret_is_nowhere_but_where_it_is_sent() {
    on_both(|database| {
        let server = parrot();
        let secrets = secrets();
        let workspace = Workspace::on(database)
            .file("tilework.yaml", &format!("{SETTINGS}  http: {{ allow: [127.0.0.1] }}\n"))
            .file("journeys/usual.yaml", USUAL)
            .file("journeys/spring.yaml", &JOURNEY.replace("URL", &server.url()))
            .file("token.txt", "filesecret\n")
            .file("c.csv", "id,first_name,email\nada,Ada,ada@x.example\nbob,Bob,\ncy,Cy,\ndan,Dan,\n");
        Store::migrate(&workspace.address()).unwrap();
        let variables: Vec<(&str, &str)> =
            secrets.variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let file = workspace.root().join("c.csv").display().to_string();
        let mut said = String::new();
        for arguments in [
            &["check", "--format", "json"][..],
            &["import", "contacts", &file],
            &["run", "--now", "2026-03-01 09:00"],
            &["run", "--now", "2026-03-01 10:00"],
            &["outbox", "list"],
            &["outbox", "list", "--format", "json"],
            &["outbox", "show", "spring/1/tell/1/bob/0"],
            &["why", "contact", "ada"],
            &["status"],
            &["journey", "show", "spring"],
            &["run", "--now", "2026-03-02 10:00", "--play"],
        ] {
            let program = workspace.program_with(&variables, arguments);
            assert!([0, 1, 5].contains(&program.code), "{arguments:?}: {}", program.stderr);
            has_none(&format!("{arguments:?}"), &format!("{}{}", program.stdout, program.stderr));
            said.push_str(&program.stdout);
        }
        assert!(said.contains("***"), "something was told, without the secrets: {said}");
        let sent = server.received();
        assert!(
            sent.len() >= 4 && sent.iter().all(|call| call.headers["authorization"].contains(&secrets.long))
        );
        assert!(sent.iter().all(|call| call.path.contains("pathsecret") && call.body.contains("oddsecret")));
        has_none("the store", &store(&workspace));
        let mut files = String::new();
        written(workspace.root(), &mut files);
        assert!(files.contains("played") || files.contains("Subject: Hello"));
        has_none("the files", &files);
    });
}

#[test]
fn a_mistake_in_what_a_variable_holds_is_told_without_it() {
    let secrets = secrets();
    let workspace = Workspace::on(Database::Sqlite)
        .file("tilework.yaml", &SETTINGS.replace("UTC", "\"${LONG_TOKEN}\""))
        .file("journeys/spring.yaml", &JOURNEY.replace("URL", "https://${ODD_TOKEN}"))
        .file("token.txt", "filesecret\n");
    let variables: Vec<(&str, &str)> =
        secrets.variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for format in ["text", "json", "github"] {
        let program = workspace.program_with(&variables, &["check", "--format", format]);
        assert_eq!(program.code, 3, "{}", program.stderr);
        has_none(format, &format!("{}{}", program.stdout, program.stderr));
        assert!(program.stdout.contains("***"), "{}", program.stdout);
    }
}

#[test]
fn the_password_of_a_store_is_shown_nowhere_however_it_is_written() {
    let workspace = Workspace::on(Database::Sqlite).file("journeys/usual.yaml", USUAL);
    for (address, code) in [
        ("postgres://me:hush@127.0.0.1:1/crm", 4),
        ("postgres://127.0.0.1:1/crm?user=me&password=hush", 4),
        ("postgres://127.0.0.1:1/crm?user=me&password=hush&wrong=hush", 4),
        ("postgres://127.0.0.1:hush/crm?password=hush", 4),
        ("postgres://me:p@hush@127.0.0.1:1/crm", 2),
        ("postgres://me:p@hush/@127.0.0.1:1/crm", 2),
        ("postgres://127.0.0.1:1/crm?password=p@hush", 2),
        ("host=127.0.0.1 port=1 user=me password=hush", 2),
        ("mysql://me:hush@127.0.0.1:1/crm", 2),
    ] {
        let variables = [("TILEWORK_STORE", address), ("TILEWORK_LOG", "trace")];
        let program = workspace.program_with(&variables, &["status"]);
        assert_eq!(program.code, code, "{address}: {}", program.stderr);
        assert!(program.stderr.contains("hint: "), "{}", program.stderr);
        let said = format!("{}{}", program.stdout, program.stderr);
        assert!(!said.contains("hush"), "{address}: {said}");
    }
}
