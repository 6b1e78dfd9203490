//! The reading commands, on a small workspace of their own: the same words on both databases.

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

use crate::support::postgres::database;

const FILES: [(&str, &str); 5] = [
    (
        "tilework.yaml",
        "name: small
timezone: UTC
consent: { unrecorded: marketing }
channels:
  email: { transport: file, directory: mail, from: news@vendor.example }
",
    ),
    (
        "journeys/all.yaml",
        "kind: segment
name: everyone
target: contact
where: 'true'
---
kind: segment
name: nobody
target: contact
where: contact.job_title == \"Astronaut\"
---
kind: segment
name: rivals
target: account
members: [initech]
---
kind: email
name: hello
subject: Hello {{contact.first_name}}
text: Hello
purpose: transactional
---
kind: journey
name: spring
target: account
start: 2026-03-01 08:00
end: 2026-06-01 00:00
audience: { include: [everyone] }
suppress: [rivals]
steps:
  - id: invite
    tile: email
    with: { email: hello }
  - id: visited
    tile: trigger
    with:
      based_on: account
      when: { did: WebsiteVisited }
      timeout: 10 days
    paths:
      then:
        - id: lead
          tile: create_lead
          with: { for_each: account, topic: \"{{account.name}} came by\" }
---
kind: journey
name: empty
target: contact
start: 2026-03-01 08:00
audience: { include: [nobody] }
steps:
  - id: pause
    tile: wait
    with: { for: 1 day }
---
kind: journey
name: later
target: contact
start: 2027-03-01 08:00
audience: { include: [everyone] }
steps:
  - id: pause
    tile: wait
    with: { for: 1 day }
---
kind: journey
name: strict
target: contact
start: 2026-03-01 08:00
audience: { include: [everyone] }
consent: profiling
steps:
  - id: pause
    tile: wait
    with: { for: 1 day }
",
    ),
    ("accounts.csv", "id,name,owner\nacme,Acme,ann@vendor.example\nglobex,Globex,\ninitech,Initech,\n"),
    (
        "contacts.csv",
        "id,account_id,first_name,email
ada,acme,Ada,ada@acme.example
bob,acme,Bob,office@acme.example
cem,globex,Cem,OFFICE@acme.example
ivy,initech,Ivy,ivy@initech.example
",
    ),
    ("interactions.csv", "id,type,contact_id,at,page\ni1,WebsiteVisited,bob,2026-03-03T10:00:00Z,home\n"),
];

/// A workspace that was run on 1 and 4 March 2026.
struct Workspace {
    folder: tempfile::TempDir,
    store: String,
}

impl Workspace {
    fn on(store: &str) -> Workspace {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("journeys")).unwrap();
        for (name, text) in FILES {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let workspace = Workspace { folder, store: store.to_owned() };
        if store.starts_with("postgres") {
            workspace.done(&["migrate"]);
        }
        for kind in ["accounts", "contacts", "interactions"] {
            let file = workspace.path().join(format!("{kind}.csv"));
            workspace.done(&["import", kind, file.to_str().unwrap()]);
        }
        workspace.done(&["run", "--now", "2026-03-01 08:00"]);
        workspace
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What a command wrote to standard output and standard error, and its exit code.
    fn run(&self, arguments: &[&str]) -> (String, String, i32) {
        let output = Command::new(env!("CARGO_BIN_EXE_tilework"))
            .arg("-C")
            .arg(self.path())
            .arg("--quiet")
            .args(arguments)
            .env("TILEWORK_STORE", &self.store)
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr), output.status.code().unwrap())
    }

    fn done(&self, arguments: &[&str]) -> String {
        let (out, error, exit) = self.run(arguments);
        assert_eq!(exit, 0, "{arguments:?}: {error}");
        out
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--format", "json"]].concat();
        serde_json::from_str(&self.done(&arguments)).unwrap()
    }

    /// What is said when a command is refused.
    fn refused(&self, arguments: &[&str]) -> String {
        let (out, error, exit) = self.run(arguments);
        assert_eq!((out.as_str(), exit), ("", 2), "{arguments:?}: {error}");
        error
    }
}

fn on_both(check: fn(&Workspace)) {
    check(&Workspace::on("sqlite:small.db"));
    check(&Workspace::on(&database()));
}

#[test]
fn a_marketer_reads_how_people_move_through_a_journey() {
    on_both(|workspace| {
        insta::assert_snapshot!("journey_show_at_first", workspace.done(&["journey", "show", "spring"]));
        workspace.done(&["run", "--now", "2026-03-04 08:00"]);
        insta::assert_snapshot!("journey_show", workspace.done(&["journey", "show", "spring"]));
        let of_account = workspace.done(&["journey", "show", "spring", "--account", "globex"]);
        insta::assert_snapshot!("journey_show_of_account", of_account);
        insta::assert_snapshot!("journey_list", workspace.done(&["journey", "list"]));
        let csv = workspace.done(&["journey", "show", "spring", "--format", "csv"]);
        assert!(csv.contains("\nvisited,trigger,3,1,2,0,\"else 0, then 2\"\n"), "{csv}");
    });
}

#[test]
fn a_program_reads_the_same_numbers() {
    on_both(|workspace| {
        workspace.done(&["run", "--now", "2026-03-04 08:00"]);
        let step = |id: &str, tile: &str, waiting: i64, processed: i64, paths: Value| {
            json!({
                "id": id, "tile": tile, "inflow": waiting + processed, "waiting": waiting,
                "processed": processed, "stopped": 0, "paths": paths,
            })
        };
        let (iterations, none) =
            (json!([{ "number": 1, "starts_at": "2026-03-01T08:00:00Z", "ended_at": null }]), Value::Null);
        let expected = json!({
            "name": "spring", "target": "account", "state": "live", "paused_at": none, "next_iteration_at": none,
            "iterations": iterations, "kept_out": { "suppressed": 1 }, "audience": 4,
            "audience_entered": 3, "not_let_in_yet": 0, "kept_out_before": { "suppressed": 1 }, "entered": 3, "active": 1, "finished": 2,
            "stopped": 0, "messages": [], "stop_reasons": {},
            "steps": [
                step("invite", "email", 0, 3, json!({})),
                step("visited", "trigger", 1, 2, json!({ "then": 2, "else": 0 })),
                step("lead", "create_lead", 0, 2, json!({})),
            ],
        });
        assert_eq!(workspace.json(&["journey", "show", "spring"]), expected);
        let expected = json!({
            "name": "spring", "target": "account", "state": "live", "paused_at": none, "next_iteration_at": none,
            "iterations": iterations, "kept_out": {}, "audience": 1,
            "audience_entered": 1, "not_let_in_yet": 0, "kept_out_before": {}, "entered": 1, "active": 1, "finished": 0,
            "stopped": 0, "messages": [], "stop_reasons": {},
            "steps": [
                step("invite", "email", 0, 1, json!({})),
                step("visited", "trigger", 1, 0, json!({ "then": 0, "else": 0 })),
                step("lead", "create_lead", 0, 0, json!({})),
            ],
        });
        assert_eq!(workspace.json(&["journey", "show", "spring", "--account", "globex"]), expected);
    });
}

#[test]
fn a_journey_with_nobody_in_it_says_why() {
    on_both(|workspace| {
        let cases = [
            ("empty", "0 in audience, 0 entered\nNobody is in its audience."),
            ("later", "4 in audience, 0 entered\nIt starts at 2027-03-01T08:00:00Z."),
            ("strict", "4 in audience, 0 entered: 4 below profiling\nEverybody in its audience is kept out."),
        ];
        for (name, expected) in cases {
            let said = workspace.done(&["journey", "show", name]);
            assert!(said.contains(expected), "{said}");
        }
    });
}

#[test]
fn segments_are_listed_shown_and_opened() {
    on_both(|workspace| {
        insta::assert_snapshot!("segment_list", workspace.done(&["segment", "list"]));
        let shown = workspace.done(&["segment", "show", "nobody"]);
        let untimed: Vec<&str> = shown.split(", looking at").collect();
        insta::assert_snapshot!("segment_show", untimed[0]);
        let members = workspace.json(&["segment", "members", "everyone"]);
        let first = json!({
            "id": "ada", "name": "Ada", "account_id": "acme", "account_name": "Acme",
            "joined_at": "2026-03-01T08:00:00Z",
        });
        assert_eq!((members.as_array().unwrap().len(), &members[0]), (4, &first));
        let members = workspace.json(&["segment", "members", "rivals"]);
        assert_eq!(
            members,
            json!([{ "id": "initech", "name": "Initech", "joined_at": "2026-03-01T08:00:00Z" }])
        );
        assert_eq!(workspace.done(&["segment", "members", "nobody"]), "Nobody belongs to `nobody`.\n");
        let list = workspace.json(&["segment", "list"]);
        assert_eq!(
            (&list[0]["name"], &list[0]["target"], &list[0]["count"]),
            (&json!("everyone"), &json!("contact"), &json!(4))
        );
    });
}

#[test]
fn what_journeys_made_is_listed() {
    on_both(|workspace| {
        workspace.done(&["run", "--now", "2026-03-04 08:00"]);
        let leads = workspace.json(&["lead", "list"]);
        let lead = &leads[0];
        assert_eq!(leads.as_array().unwrap().len(), 1);
        assert_eq!(
            (&lead["topic"], &lead["account_id"], &lead["contact_id"], &lead["journey"], &lead["step"]),
            (&json!("Acme came by"), &json!("acme"), &Value::Null, &json!("spring"), &json!("lead"))
        );
        assert_eq!(lead["created_at"], json!("2026-03-03T10:00:00Z"));
        assert_eq!(workspace.json(&["activity", "list"]), json!([]));
        let messages = workspace.json(&["outbox", "list", "--state", "delivered"]);
        assert_eq!(messages.as_array().unwrap().len(), 2);
        let blocked = workspace.json(&["outbox", "list", "--state", "blocked"]);
        assert_eq!(blocked[0]["reason"], json!("duplicate_address"), "one mailbox gets one mail");
        assert_eq!(messages[0]["key"], json!("spring/1/invite/1/ada/0"));
        assert_eq!(messages[0]["state"], json!("delivered"));
        assert_eq!(workspace.json(&["outbox", "list", "--state", "failed"]), json!([]));
    });
}

#[test]
fn the_story_of_a_contact_says_why() {
    on_both(|workspace| {
        insta::assert_snapshot!("why_who_waits", workspace.done(&["why", "contact", "ada"]));
        workspace.done(&["run", "--now", "2026-03-04 08:00"]);
        insta::assert_snapshot!(
            "why_who_is_through",
            workspace.done(&["why", "contact", "ADA@acme.example"])
        );
        insta::assert_snapshot!("why_who_is_outside", workspace.done(&["why", "contact", "ivy"]));
        let story = workspace.json(&["why", "contact", "ada"]);
        let journey = &story["journeys"][0];
        assert_eq!((&journey["state"], &journey["account_id"]), (&json!("finished"), &json!("acme")));
        assert_eq!(journey["steps"][1]["path"], json!("then"));
        assert_eq!(journey["steps"][2]["made"][0]["once_for_account"], json!(true));
        assert_eq!(journey["steps"][0]["made"][0]["about"], json!("hello"));
    });
}

#[test]
fn the_story_of_an_account_says_what_decided_for_all_of_it() {
    on_both(|workspace| {
        insta::assert_snapshot!("why_account_that_waits", workspace.done(&["why", "account", "ACME"]));
        workspace.done(&["run", "--now", "2026-03-04 08:00"]);
        insta::assert_snapshot!("why_account_that_is_through", workspace.done(&["why", "account", "acme"]));
        insta::assert_snapshot!("why_account_outside", workspace.done(&["why", "account", "initech"]));
        let story = workspace.json(&["why", "account", "acme"]);
        let journey = &story["journeys"][0];
        assert_eq!(story["contacts"], json!(["ada", "bob"]));
        assert_eq!(journey["participants"][1]["state"], json!("finished"));
        let decision = &journey["steps"][1]["decision"];
        assert_eq!(
            (&decision["path"], &decision["decided_at"]),
            (&json!("then"), &json!("2026-03-03T10:00:00Z"))
        );
        assert_eq!(journey["steps"][2]["made"][0]["once_for_account"], json!(true));
        assert_eq!(journey["steps"][0]["made"][1]["contact_id"], json!("bob"));
    });
}

#[test]
fn what_is_not_there_is_refused_with_a_hint() {
    on_both(|workspace| {
        let cases: [(&[&str], &str); 8] = [
            (
                &["segment", "show", "everyon"],
                "there is no segment `everyon`\nhint: Did you mean `everyone`?",
            ),
            (&["segment", "members", "x"], "there is no segment `x`"),
            (&["journey", "show", "sprin"], "there is no journey `sprin`\nhint: Did you mean `spring`?"),
            (&["journey", "show", "spring", "--account", "Acme"], "there is no account with the id `Acme`"),
            (&["outbox", "list", "--state", "delivred"], "hint: Did you mean `delivered`?"),
            (&["why", "contact", "zoe"], "no contact has the id or address `zoe`\nhint: "),
            (&["why", "account", "zoe"], "no account has the id or name `zoe`\nhint: "),
            (&["why", "contact", "office@acme.example"], "hint: Ask for one of them by id: bob, cem."),
        ];
        for (arguments, expected) in cases {
            let said = workspace.refused(arguments);
            assert!(said.contains(expected), "{arguments:?}: {said}");
        }
    });
}
