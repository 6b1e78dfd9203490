//! Workflows and channels for messages: what leaves, for whom, once, and who may stop it.

use serde_json::json;

use super::{EVERYONE, populated, workspace};
use crate::support::{
    http::{OK, Reply, Server},
    workspace::{Database, SETTINGS, Workspace, on_both},
    world::World,
};

/// Settings under which this machine may be called.
pub(super) fn settings(channels: &str) -> String {
    format!("{SETTINGS}  http: {{ allow: [127.0.0.1] }}\n{channels}")
}

/// A workspace whose journey tells a server.
pub(super) fn telling(database: Database, server: &Server, more: &str, keys: &str, steps: &str) -> Workspace {
    let workflow =
        format!("kind: workflow\nname: tell-crm\n{more}http:\n  url: {}\n  retries: 2\n", server.url());
    workspace(database, keys, steps)
        .file("tilework.yaml", &settings(""))
        .file("journeys/workflow.yaml", &workflow)
}

pub(super) const FOR_EACH_ACCOUNT: &str = "
  - id: tell
    tile: launch_workflow
    with: { for_each: account, workflow: tell-crm }
";

pub(super) const FOR_EACH_CONTACT: &str = "
  - id: tell
    tile: launch_workflow
    with: { for_each: contact, workflow: tell-crm }
";

/// Who visited is told of at once, the others after ten days.
const APART: &str = "
  - id: visited
    tile: trigger
    with:
      based_on: contact
      when:
        did: Visited
      timeout: 10 days
  - id: tell
    tile: launch_workflow
    with: { for_each: account, workflow: tell-crm }
";

#[test]
fn rule_12_a_workflow_for_each_account_is_launched_once_and_colleagues_pass_without() {
    on_both(|database| {
        for size in [1, 5_000] {
            let server = Server::always(OK);
            let workspace = telling(database, &server, "", EVERYONE, APART);
            let mut world = populated(&workspace).batches_of(size);
            world.did("bob", "Visited", "2026-03-05 10:00");
            world.play("2026-03-05 12:00");
            assert_eq!(server.keys(), ["spring/1/tell/1/acme/0"]);
            world.play("2026-03-20 08:00");
            assert_eq!(server.keys(), ["spring/1/tell/1/acme/0", "spring/1/tell/1/globex/0"]);
            world.ways(&[
                ("ada", "visited.else tell | finished"),
                ("bob", "visited.then tell | finished"),
                ("dan", "visited.else tell | finished"),
            ]);
            assert_eq!(world.messages(), ["acme tell delivered", "globex tell delivered"]);
            // Rule 7: dan has no account, which stands at his step.
            let notes = world.tables().rows(
                "SELECT c.id, h.reason FROM history h JOIN contact c ON c.key = h.contact_key WHERE h.reason = 'no_account'",
            );
            assert_eq!(notes, [["dan", "no_account"]]);
        }
    });
}

#[test]
fn rule_18_a_workflow_for_each_contact_learns_whom_it_is_about_and_has_a_key_of_its_own() {
    on_both(|database| {
        for (target, size) in [("target: account", 1), ("target: contact", 1), ("target: contact", 5_000)] {
            let server = Server::always(OK);
            let keys = format!("{target}\n{EVERYONE}");
            let workspace = telling(database, &server, "", &keys, FOR_EACH_CONTACT);
            populated(&workspace).batches_of(size).play("2026-03-02 08:00");
            let received = server.received();
            let ids: Vec<String> =
                received.iter().map(|call| call.json()["contact_id"].as_str().unwrap().to_owned()).collect();
            assert_eq!(ids, ["ada", "bob", "cy", "dan"]);
            assert_eq!(
                received[0].json(),
                json!({
                    "workflow": "tell-crm", "journey": "spring", "step": "tell", "contact_id": "ada",
                    "account_id": "acme", "key": "spring/1/tell/1/ada/0",
                })
            );
            assert_eq!(received[3].json()["account_id"], json!(null));
            let call = &received[0];
            assert_eq!((&*call.method, &*call.path, call.key()), ("POST", "/hook", "spring/1/tell/1/ada/0"));
            assert_eq!(call.headers["content-type"], "application/json");
        }
    });
}

#[test]
fn a_body_is_json_whatever_stands_in_the_fields() {
    let server = Server::always(OK);
    let workflow = format!(
        "kind: workflow\nname: tell-crm\nhttp:\n  url: {}\n  method: PUT\n  headers: {{ X-Source: \"from ${{file:secret.txt}}\" }}\n  \
         body:\n    who: \"{{{{contact.first_name}}}} of {{{{account.name}}}}\"\n    owner: \"{{{{journey.owner}}}}\"\n    \
         fixed: [1, 2.5, true, ~, \"{{{{settings.name}}}}\"]\n    missing: \"{{{{contact.job_title}}}}\"\n",
        server.url()
    );
    let workspace = workspace(Database::Sqlite, EVERYONE, FOR_EACH_CONTACT)
        .file("tilework.yaml", &settings(""))
        .file("secret.txt", "hush-hush\n")
        .file("journeys/workflow.yaml", &workflow);
    let mut world = workspace.open();
    world.accounts(&["acme"]);
    world.import(
        tilework::interactions::ImportKind::Contacts,
        "id,first_name,account_id\nada,\"Ada \"\"the first\"\"\\ </script> {{x}} ä\t\",acme\n",
    );
    world.tick("2026-03-01 08:00");
    let call = &server.received()[0];
    assert_eq!(
        call.json(),
        json!({
            "who": "Ada \"the first\"\\ </script> {{x}} ä\t of ACME", "owner": "marketing@vendor.example",
            "fixed": [1, 2.5, true, null, "vendor"], "missing": "",
        })
    );
    assert_eq!((&*call.method, &*call.headers["x-source"]), ("PUT", "from hush-hush"));
    let stored = world
        .tables()
        .lines("SELECT content FROM publication UNION ALL SELECT content FROM outbox")
        .join("\n");
    assert!(stored.contains("${file:secret.txt}") && !stored.contains("hush-hush"), "{stored}");
}

#[test]
fn rule_9_who_is_blocked_before_hand_over_is_not_told_of() {
    on_both(|database| {
        let server = Server::always(OK);
        let keys = format!("{EVERYONE}\nsuppress: [competitors]");
        for steps in [FOR_EACH_CONTACT, FOR_EACH_ACCOUNT] {
            let workspace = telling(database, &server, "hold: 1 hour\n", &keys, steps);
            let mut world = populated(&workspace);
            world.tick("2026-03-01 08:00");
            let acme = "id,status\nacme,competitor\n";
            world.import(tilework::interactions::ImportKind::Accounts, acme);
            world.tick("2026-03-01 09:00");
            let blocked: Vec<String> =
                world.messages().into_iter().filter(|line| line.contains("blocked")).collect();
            match steps {
                FOR_EACH_ACCOUNT => assert_eq!(blocked, ["acme tell blocked suppressed"]),
                _ => assert_eq!(blocked, ["ada tell blocked suppressed", "bob tell blocked suppressed"]),
            }
        }
        let told = server.keys();
        assert_eq!(told, ["spring/1/tell/1/cy/0", "spring/1/tell/1/dan/0", "spring/1/tell/1/globex/0"]);
    });
}

#[test]
fn what_expired_or_is_held_does_not_leave() {
    on_both(|database| {
        let server = Server::always(OK);
        let more = "hold: 10 minutes\nexpires: 1 hour\n";
        let workspace = telling(database, &server, more, EVERYONE, FOR_EACH_ACCOUNT);
        let mut world = populated(&workspace);
        world.tick("2026-03-01 08:05");
        assert_eq!(world.messages(), ["acme tell waiting", "globex tell waiting"]);
        world.tick("2026-03-01 10:00");
        assert_eq!(world.messages(), ["acme tell blocked expired", "globex tell blocked expired"]);
        assert!(server.received().is_empty());
    });
}

#[test]
fn a_message_that_can_not_be_made_fails_alone() {
    let server = Server::always(OK);
    let long = "x".repeat(600_000);
    let workflow = format!(
        "kind: workflow\nname: tell-crm\nhttp:\n  url: {}\n  body: {{ note: \"{{{{contact.first_name}}}}{{{{contact.first_name}}}}\" }}\n",
        server.url()
    );
    let workspace = telling(Database::Sqlite, &server, "", EVERYONE, FOR_EACH_CONTACT)
        .file("journeys/workflow.yaml", &workflow);
    let mut world = populated(&workspace);
    world.set("bob", "first_name", &long);
    world.tick("2026-03-01 08:00");
    assert_eq!(
        world.messages(),
        [
            "ada tell delivered",
            "bob tell failed the body can't be made: the text is longer than 1048576 bytes",
            "cy tell delivered",
            "dan tell delivered"
        ]
    );
    world.ways(&[("bob", "tell | finished")]);
}

/// Puts a tile's message into the outbox, as a plugin's step does.
fn message_to(world: &mut World, channel: &str, content: &str) {
    world.tick("2026-03-01 08:00");
    let address = world.workspace.address();
    let sql = format!("UPDATE outbox SET channel = '{channel}', content = '{content}' WHERE state = 1");
    match address {
        tilework::store::StoreAddress::Sqlite(path) => {
            rusqlite::Connection::open(path).unwrap().execute(&sql, []).unwrap();
        }
        tilework::store::StoreAddress::Postgres(url, _) => {
            postgres::Client::connect(&url, postgres::NoTls).unwrap().batch_execute(&sql).unwrap();
        }
    }
}

#[test]
fn a_message_reaches_its_channel_in_words_that_chats_understand() {
    on_both(|database| {
        let server = Server::always(OK);
        for (keys, content, expected) in [
            ("", "\"2 engaged\"", json!({ "text": "2 engaged" })),
            ("", "{\"blocks\": [1]}", json!({ "blocks": [1] })),
            (
                ", body: { msg: \"{{account.name}}: {{message.text}}\" }",
                "\"2 engaged\"",
                json!({ "msg": "ACME: 2 engaged" }),
            ),
        ] {
            let channels = format!("  sales: {{ transport: http, url: \"{}\"{keys} }}\n", server.url());
            let workspace = telling(database, &server, "hold: 1 hour\n", EVERYONE, FOR_EACH_ACCOUNT)
                .file("tilework.yaml", &settings(&channels));
            let mut world = populated(&workspace);
            message_to(&mut world, "sales", content);
            let before = server.received().len();
            world.tick("2026-03-01 10:00");
            let received: Vec<_> = server.received();
            assert_eq!(received.len(), before + 2);
            assert!(received.iter().any(|call| call.json() == expected), "{expected}");
        }
    });
}

#[test]
fn rule_19_a_channel_of_files_writes_each_message_once() {
    let server = Server::always(OK);
    let workspace = telling(Database::Sqlite, &server, "hold: 1 hour\n", EVERYONE, FOR_EACH_ACCOUNT)
        .file("tilework.yaml", &settings("  sales: { transport: file, directory: told }\n"));
    let mut world = populated(&workspace);
    message_to(&mut world, "sales", "\"2 engaged\"");
    world.tick("2026-03-01 10:00");
    let mut files: Vec<serde_json::Value> = std::fs::read_dir(workspace.root().join("told"))
        .unwrap()
        .map(|entry| serde_json::from_slice(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap())
        .collect();
    files.sort_by_key(|file| file["key"].as_str().unwrap().to_owned());
    assert_eq!(files.len(), 2);
    assert_eq!(
        files[0],
        json!({
            "key": "spring/1/tell/1/acme/0", "channel": "sales", "journey": "spring", "step": "tell",
            "contact_id": null, "account_id": "acme", "body": { "text": "2 engaged" },
        })
    );
}

#[test]
fn a_folder_that_can_not_be_written_keeps_its_messages_until_it_can() {
    let server = Server::always(OK);
    let workspace = telling(Database::Sqlite, &server, "hold: 1 hour\n", EVERYONE, FOR_EACH_ACCOUNT)
        .file("tilework.yaml", &settings("  sales: { transport: file, directory: told/here }\n"))
        .file("told", "a file where a folder should be");
    let mut world = populated(&workspace);
    message_to(&mut world, "sales", "\"x\"");
    world.tick("2026-03-01 10:00");
    let messages = world.messages();
    assert!(messages.iter().all(|line| line.contains("tell waiting") && line.contains("can't be written")));
    std::fs::remove_file(workspace.root().join("told")).unwrap();
    world.passed += 2 * tilework::model::time::MINUTE;
    world.tick("2026-03-01 10:00");
    assert_eq!(world.messages(), ["acme tell delivered", "globex tell delivered"]);
}

#[test]
fn a_message_to_a_channel_that_is_not_there_fails_and_says_so() {
    let server = Server::always(OK);
    for (channel, reason) in [
        ("slaes", "there is no channel `slaes` in `tilework.yaml`"),
        ("workflow:tell-erp", "there is no workflow `tell-erp` any more"),
        ("email", "a tile''s message can''t go to the channel `email`"),
    ] {
        let workspace = telling(Database::Sqlite, &server, "hold: 1 hour\n", EVERYONE, FOR_EACH_CONTACT);
        let mut world = populated(&workspace);
        message_to(&mut world, channel, "\"x\"");
        world.tick("2026-03-01 10:00");
        let reason = reason.replace("''", "'");
        assert_eq!(world.messages()[0], format!("ada tell failed {reason}"));
    }
}

#[test]
fn a_run_stops_at_its_limit_of_messages_and_says_so() {
    on_both(|database| {
        let server = Server::always(OK);
        let steps = format!("  - {{ id: invite, tile: email, with: {{ email: invite }} }}{FOR_EACH_CONTACT}");
        let workspace = telling(database, &server, "", EVERYONE, &steps)
            .file("tilework.yaml", &format!("{}limits: {{ messages_per_run: 3 }}\n", settings("")));
        populated(&workspace).close();
        let mut summaries = Vec::new();
        for now in ["2026-03-01 08:00", "2026-03-01 08:05", "2026-03-01 08:10"] {
            let run = workspace.program(&["--now", now, "run"]);
            summaries.push((run.code, run.stderr.contains("stopped at the limit of 3 messages a run")));
        }
        assert_eq!(summaries, [(5, true), (5, true), (0, false)]);
        assert_eq!(workspace.mails().len(), 4);
        assert_eq!(server.keys().len(), 4);
        let mut world = workspace.open();
        assert_eq!(world.store.limit_reached().unwrap(), None);
        world.ways(&[("ada", "invite tell | finished")]);
    });
}

#[test]
fn an_operator_drops_what_is_held_and_it_is_kept_as_dropped() {
    on_both(|database| {
        let server = Server::always(OK);
        let steps = format!("{FOR_EACH_CONTACT}{}", FOR_EACH_ACCOUNT.replace("tell\n", "again\n"));
        let workspace = telling(database, &server, "hold: 1 hour\n", EVERYONE, &steps);
        let mut world = populated(&workspace);
        world.tick("2026-03-01 08:00");
        world.close();
        let all = workspace.program(&["outbox", "drop"]);
        assert!(all.code == 2 && all.stderr.contains("no messages were named"), "{}", all.stderr);
        let unknown = workspace.program(&["outbox", "drop", "--journey", "sprnig"]);
        assert!(unknown.code == 2 && unknown.stderr.contains("Did you mean `spring`?"), "{}", unknown.stderr);
        let one = workspace.program(&["outbox", "drop", "spring/1/tell/1/ada/0"]).done();
        assert_eq!(one.trim(), "1 message was dropped.");
        let step = workspace.program(&["outbox", "drop", "--journey", "spring", "--step", "again"]).done();
        assert_eq!(step.trim(), "2 messages were dropped.");
        let gone = workspace.program(&["outbox", "drop", "spring/1/tell/1/ada/0"]);
        assert!(gone.code == 2 && gone.stderr.contains("no message of these keys"), "{}", gone.stderr);
        let list = workspace.program(&["outbox", "list", "--state", "dropped", "--format", "csv"]).done();
        assert_eq!(list.lines().count(), 4, "{list}");
        let mut world = workspace.open();
        world.tick("2026-03-01 09:00");
        assert_eq!(server.keys(), ["spring/1/tell/1/bob/0", "spring/1/tell/1/cy/0", "spring/1/tell/1/dan/0"]);
    });
}

#[test]
fn people_see_a_workflow_in_the_story_of_a_contact_and_in_the_outbox() {
    let server = Server::always(Reply::Status(422, "", "no such account: hush-hush"));
    let workspace = telling(Database::Sqlite, &server, "", EVERYONE, FOR_EACH_ACCOUNT).file(
        "journeys/workflow.yaml",
        &format!(
            "kind: workflow\nname: tell-crm\nhttp:\n  url: {}?token=${{file:secret.txt}}\n  headers: {{ Authorization: \"Bearer ${{file:secret.txt}}\" }}\n",
            server.url()
        ),
    );
    let workspace = workspace.file("secret.txt", "hush-hush");
    populated(&workspace).close();
    let run = workspace.program(&["--now", "2026-03-01 08:00", "run"]);
    assert_eq!(run.code, 5, "{}", run.stdout);
    assert!(run.stdout.contains("2 messages failed"), "{}", run.stdout);
    let failed = workspace.program(&["outbox", "list", "--state", "failed"]).done();
    let reason = format!("`{}` answered 422: no such account: ***", server.address);
    assert!(failed.contains("workflow:tell-crm"), "{failed}");
    let why = workspace.program(&["why", "contact", "ada"]).done();
    assert!(why.contains(&format!("workflow tell-crm, once for the account, failed: {reason}")), "{why}");
    let shown = workspace.program(&["outbox", "show", "spring/1/tell/1/acme/0"]).done();
    assert!(
        shown.contains(&format!("POST {}", server.address)) && shown.contains("Authorization"),
        "{shown}"
    );
    assert!(shown.contains(r#""account_id":"acme""#), "{shown}");
    let journey = workspace.program(&["journey", "show", "spring"]).done();
    let words = journey.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&format!("tell workflow:tell-crm failed 2 {reason}")), "{journey}");
    for text in [&failed, &why, &shown, &journey, &run.stdout, &run.stderr] {
        assert!(!text.contains("hush"), "{text}");
    }
    assert_eq!(server.received()[0].headers["authorization"], "Bearer hush-hush");
}
