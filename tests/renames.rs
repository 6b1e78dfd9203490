//! `was:` of every kind that takes it: what belongs to a definition goes along with its new name.

use std::collections::BTreeSet;

use tilework::definitions::KINDS;

use crate::support::workspace::{Database, SETTINGS, Workspace, on_both};

/// Definitions of every kind under their former names.
const DEFINITIONS: &str = r#"kind: interaction
name: Bought
---
kind: fields
of: contact
fields: { region: { type: text } }
---
kind: topic
name: news
---
kind: segment
name: everyone
target: contact
where: true
---
{ kind: segment, name: buyers, target: contact, where: { did: Bought } }
---
{ kind: segment, name: subscribers, target: contact, where: { subscribed: news } }
---
{ kind: segment, name: mailed, target: contact, where: { did: EmailSent, email: invite } }
---
{ kind: segment, name: journeyed, target: contact, where: { did: EmailSent, where: 'interaction.journey == "spring" && interaction.step == "mail"' } }
---
{ kind: segment, name: emea, target: contact, where: contact.region == "EMEA" }
---
{ kind: segment, name: hot, target: contact, where: contact.grade.heat == "Hot" }
---
{ kind: segment, name: in-top, target: account, where: account.levels.tier == "Top" }
---
{ kind: segment, name: level-changed, target: account, where: { did: LevelChanged, levels: tier } }
---
kind: scoring_model
name: heat
target: contacts
rules: [{ name: bought, when: { did: Bought }, points: 60 }]
grades: [{ name: Hot, from: 50 }, { name: Cold }]
---
kind: scoring_model
name: accounts-heat
target: accounts
rules: [{ name: bought, when: { did: Bought }, points: 60 }]
---
kind: levels
name: tier
of: account
model: accounts-heat
levels: [{ name: Top, from: 50 }, { name: Low }]
---
kind: email
name: invite
subject: "Hi"
html: "<p>x</p>"
purpose: transactional
---
kind: email
name: later
subject: "Later"
html: "<p>y</p>"
purpose: transactional
---
kind: workflow
name: tell-crm
http: { method: POST, url: "http://127.0.0.1:9/", body: { is: "{{contact.id}}" } }
---
kind: journey
name: spring
target: contact
start: 2026-03-02 08:00
audience: { include: [everyone] }
steps:
  - { id: mail, tile: email, with: { email: invite } }
  - { id: tell, tile: launch_workflow, with: { for_each: contact, workflow: tell-crm } }
  - { id: pause, tile: wait, with: { for: 3 days } }
  - { id: again, tile: email, with: { email: later } }
"#;

/// A definition that is renamed: its kind, and the words that change, with `was:` in the first.
const RENAMED: [(&str, &str, &str, &str); 11] = [
    ("interaction", "Bought", "Ordered", "name: Bought\n"),
    ("field", "region", "area", "region: {"),
    ("topic", "news", "updates", "name: news\n"),
    ("segment", "everyone", "all-people", "name: everyone\n"),
    ("email", "invite", "greeting", "name: invite\n"),
    ("workflow", "tell-crm", "tell-sales", "name: tell-crm\n"),
    ("journey", "spring", "autumn", "name: spring\n"),
    ("step", "mail", "letter", "id: mail,"),
    ("scoring_model", "heat", "warmth", "name: heat\n"),
    ("scoring_model", "accounts-heat", "accounts-warmth", "name: accounts-heat\n"),
    ("levels", "tier", "rank", "name: tier\n"),
];

/// The definitions after a renaming; with `was` the new name tells the former one.
fn renamed(was: &str, name: &str, place: &str, says_was: bool) -> String {
    const MARK: &str = "\u{1}";
    let there = DEFINITIONS.replacen(place, MARK, 1);
    // Words that only begin or end alike stay.
    let is_word = |character: char| character.is_alphanumeric() || character == '-' || character == '_';
    let mut text = String::new();
    let mut rest = there.as_str();
    while let Some(at) = rest.find(was) {
        let (before, after) = (&rest[..at], &rest[at + was.len()..]);
        let whole = !before.ends_with(is_word) && !after.starts_with(is_word);
        // `email` and `mail` are keys, too: a name stands behind a colon, a bracket or a point.
        let is_key = after.starts_with(':');
        text.push_str(before);
        text.push_str(if whole && !is_key { name } else { was });
        rest = after;
    }
    text.push_str(rest);
    let mark = place.replace(was, name);
    let mark = match (says_was, place.chars().last()) {
        (false, _) => mark,
        (true, Some('{')) => format!("{mark} was: {was},"),
        (true, Some(',')) => format!("{mark} was: {was},"),
        (true, _) => format!("{mark}was: {was}\n"),
    };
    text.replacen(MARK, &mark, 1)
}

fn played(database: Database) -> Workspace {
    let workspace = Workspace::on(database)
        .file("tilework.yaml", &format!("{SETTINGS}  http: {{ allow: [127.0.0.1] }}\n"))
        .file("journeys/all.yaml", DEFINITIONS)
        .file("accounts.csv", "id,name\nacme,Acme\n")
        .file("contacts.csv", "id,email,account_id,region\nada,ada@acme.example,acme,EMEA\nbob,bob@acme.example,acme,\n")
        .file(
            "facts.csv",
            "id,type,at,contact_id,topic\n1,Bought,2026-03-01T00:00:00Z,ada,\n2,Subscribed,2026-02-01T00:00:00Z,ada,news\n",
        );
    workspace.program(&["migrate"]).done();
    for (kind, file) in
        [("accounts", "accounts.csv"), ("contacts", "contacts.csv"), ("interactions", "facts.csv")]
    {
        let file = workspace.root().join(file);
        workspace.program(&["import", kind, file.to_str().unwrap(), "--now", "2026-03-01T00:00:00Z"]).done();
    }
    run(&workspace, "2026-03-02T09:00:00Z");
    workspace
}

fn run(workspace: &Workspace, now: &str) {
    let ran = workspace.program(&["run", "--until", now]);
    assert!(ran.code == 0, "{}\n{}", ran.stdout, ran.stderr);
}

/// What belongs to the definitions, but for their names.
fn belongings(workspace: &Workspace) -> Vec<String> {
    let mut told = Vec::new();
    for sql in [
        "SELECT s.target, m.subject_key, m.joined_at FROM membership m JOIN segment s ON s.key = m.segment_key
         ORDER BY s.key, m.subject_key",
        "SELECT m.target, s.subject_key, s.score, s.since, s.grade, s.grade_since FROM score s
         JOIN scoring_model m ON m.key = s.model_key ORDER BY m.key, s.subject_key",
        "SELECT subject_key, level, since FROM level ORDER BY subject_key",
        "SELECT id FROM interaction ORDER BY id",
        "SELECT step_key, contact_key, state, created_at, due_at FROM outbox ORDER BY step_key, contact_key",
        "SELECT step_key, contact_key, arrived_at, due_at FROM position ORDER BY contact_key",
        "SELECT subscribed, at FROM preference ORDER BY at",
    ] {
        told.extend(workspace.tables().rows(sql).into_iter().map(|row| row.join(" ")));
        told.push("-".to_owned());
    }
    told
}

#[test]
fn rule_27_every_kind_that_takes_was_is_renamed_here() {
    let take_was = KINDS.iter().filter(|kind| kind.keys().any(|key| key.name == "was")).map(|kind| kind.name);
    let kinds: BTreeSet<&str> = take_was.chain(["field", "step"]).collect();
    assert_eq!(kinds, RENAMED.iter().map(|(kind, ..)| *kind).collect());
}

#[test]
fn rule_27_what_is_renamed_keeps_all_that_belongs_to_it() {
    on_both(|database| {
        let before = played(database);
        let own = belongings(&before);
        assert!(own.len() > 25, "{own:#?}");
        for (kind, was, name, place) in RENAMED {
            let workspace = before.copy();
            workspace.write("journeys/all.yaml", &renamed(was, name, place, true));
            run(&workspace, "2026-03-02T10:00:00Z");
            assert_eq!(belongings(&workspace), own, "{kind} {was}");
            workspace.write("journeys/all.yaml", &renamed(was, name, place, false));
            run(&workspace, "2026-03-02T11:00:00Z");
            assert_eq!(belongings(&workspace), own, "{kind} {was}, after `was:` was taken out");
            // What waits under the name is known by the new one.
            for word in ["content", "channel"] {
                let waiting = workspace.tables().lines(&format!("SELECT {word} FROM outbox"));
                let bears = waiting.iter().filter(|text| {
                    text.contains(&format!("\"{was}\"")) || text.ends_with(&format!(":{was}"))
                });
                assert_eq!(bears.count(), 0, "{kind} {was}: {waiting:?}");
            }
        }
    });
}

#[test]
fn rule_27_an_interaction_type_that_an_import_used_already_takes_over_the_former_ones_history() {
    on_both(|database| {
        let workspace = played(database);
        let own = belongings(&workspace);
        // Without `was:` the new type is another one.
        let (_, was, name, place) = RENAMED[0];
        workspace.write("journeys/all.yaml", &renamed(was, name, place, false));
        run(&workspace, "2026-03-02T09:30:00Z");
        assert_ne!(belongings(&workspace), own);
        workspace.write("journeys/all.yaml", &renamed(was, name, place, true));
        run(&workspace, "2026-03-02T10:00:00Z");
        let of_buyers = "SELECT COUNT(*) FROM membership m JOIN segment s ON s.key = m.segment_key WHERE s.name = 'buyers'";
        assert_eq!(workspace.tables().lines(of_buyers), ["1"]);
    });
}
