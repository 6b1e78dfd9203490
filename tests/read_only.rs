//! A database that may only be read: what looks works there, and what writes says why it can't.

use crate::support::workspace::{Database, Workspace};

const DEFINITIONS: &str = "kind: email
name: hello
purpose: transactional
subject: Hello
text: Hello {{contact.first_name}}
---
kind: segment
name: everyone
target: contact
where: true
---
kind: scoring_model
name: fit
target: contacts
rules:
  - { name: first, when: contact.first_name == \"Ada\", points: 10 }
---
kind: journey
name: j
target: contact
start: 2026-03-01 08:00
owner: ann@vendor.example
audience: { include: [everyone] }
steps:
  - { id: hello, tile: email, with: { email: hello } }
  - { id: lead, tile: create_lead, with: { topic: Offer } }
  - { id: call, tile: activity, with: { type: phone_call, subject: Call } }
";

/// What looks.
const LOOKS: [&[&str]; 17] = [
    &["contact", "list"],
    &["account", "list"],
    &["lead", "list"],
    &["activity", "list"],
    &["outbox", "list"],
    &["segment", "list"],
    &["segment", "members", "everyone"],
    &["segment", "describe", "everyone"],
    &["journey", "list"],
    &["journey", "show", "j"],
    &["score", "show", "fit"],
    &["why", "contact", "ada"],
    &["why", "account", "acme"],
    &["why", "segment", "everyone", "ada"],
    &["segment", "preview", "everyone"],
    &["score", "preview", "fit"],
    &["status"],
];

#[test]
fn who_may_only_read_sees_all_and_is_told_why_nothing_can_be_written() {
    let workspace = Workspace::on(Database::Postgres).file("journeys/all.yaml", DEFINITIONS);
    workspace.program(&["migrate"]).done();
    for (kind, rows) in [
        ("accounts", "id,name\nacme,Acme\n"),
        ("contacts", "id,first_name,account_id,email\nada,Ada,acme,ada@x.example\n"),
    ] {
        workspace.write("in.csv", rows);
        let file = workspace.root().join("in.csv").display().to_string();
        workspace.program(&["import", kind, &file, "--now", "2026-03-01 07:00"]).done();
    }
    workspace.program(&["run", "--now", "2026-03-01 09:00"]).done();
    let (place, database) = workspace.store().rsplit_once('/').unwrap();
    let as_role = |name: &str| {
        let url = format!("{}/{database}", place.replace("postgres@", &format!("{database}_{name}@")));
        Workspace::at(workspace.root(), &url)
    };
    for (name, setting) in [("reader", ""), ("replica", "SET default_transaction_read_only = on")] {
        let role = format!("{database}_{name}");
        let mut tables = workspace.tables();
        tables.rows(&format!("CREATE ROLE {role} LOGIN"));
        tables.rows(&format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"));
        if !setting.is_empty() {
            tables.rows(&format!("ALTER ROLE {role} {setting}"));
        }
        for arguments in LOOKS {
            let (expected, seen) = (workspace.program(arguments), as_role(name).program(arguments));
            assert_eq!(
                without_time(&seen.stdout),
                without_time(&expected.stdout),
                "{arguments:?} of {name}: {}",
                seen.stderr
            );
            assert_eq!(seen.code, 0, "{arguments:?}");
        }
    }
    // As on a replica: no tables of the connection's own.
    workspace.tables().rows(&format!("REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC"));
    for arguments in LOOKS {
        let (expected, seen) = (workspace.program(arguments), as_role("replica").program(arguments));
        assert_eq!(
            without_time(&seen.stdout),
            without_time(&expected.stdout),
            "{arguments:?}: {}",
            seen.stderr
        );
    }
    let refused =
        as_role("replica").program(&["contact", "unsubscribe", "ada@x.example", "--reason", "asked"]);
    assert!(
        refused.code != 0 && refused.stderr.contains("the store can only be read here"),
        "{}",
        refused.stderr
    );
}

/// A text without the line that tells how long a preview took, and the store's address.
fn without_time(text: &str) -> String {
    let kept = text.lines().filter(|line| !line.starts_with("it took") && !line.starts_with("store "));
    kept.collect::<Vec<_>>().join("\n")
}
