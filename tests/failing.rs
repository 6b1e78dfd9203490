//! A part that fails stops only what depends on it, and is tried again.

use serde_json::{Value, json};

use crate::support::{
    definitions::USUAL,
    dump::Tables,
    workspace::{Database, Workspace, on_both},
};

const DEFINITIONS: &str = "kind: fields
of: contact
fields: { region: { type: text }, size: { type: integer } }
---
kind: segment
name: north
target: contact
where: contact.region == \"north\"
---
kind: segment
name: beside-north
target: contact
where: { segment: north }
---
kind: scoring_model
name: size
target: contacts
rules:
  - { name: large, when: contact.size > 10, points: 5 }
---
kind: segment
name: large
target: contact
where: contact.score.size > 1
---
kind: journey
name: for-all
target: contact
start: 2026-03-01 08:00
audience: { include: [everyone] }
steps:
  - { id: pause, tile: wait, with: { for: 1 day } }
---
kind: journey
name: for-north
target: contact
start: 2026-03-01 08:00
audience: { include: [everyone] }
suppress: [beside-north]
steps:
  - { id: pause, tile: wait, with: { for: 1 day } }
  - { id: mail, tile: email, with: { email: notice } }
  - { id: rest, tile: wait, with: { for: 9 days } }
---
kind: journey
name: for-large
target: contact
start: 2026-03-01 08:00
audience: { include: [large] }
steps:
  - { id: pause, tile: wait, with: { for: 1 day } }
---
kind: email
name: notice
purpose: transactional
subject: Hi
text: Hi
";

/// A workspace that ran once.
fn workspace(database: Database) -> Workspace {
    let workspace = Workspace::on(database)
        .file("journeys/usual.yaml", USUAL)
        .file("journeys/definitions.yaml", DEFINITIONS)
        .file("c.csv", "id,email,region,size\nada,ada@x.example,south,20\nbob,bob@x.example,north,5\n");
    tilework::store::Store::migrate(&workspace.address()).unwrap();
    let file = workspace.root().join("c.csv").display().to_string();
    workspace.program(&["import", "contacts", &file, "--now", "2026-02-28 08:00"]).done();
    workspace.program(&["run", "--now", "2026-03-01 08:00"]).done();
    workspace
}

/// Carries out a statement of sabotage.
fn sabotage(workspace: &Workspace, sql: &str) {
    match workspace.tables() {
        Tables::Sqlite(connection) => connection.execute_batch(sql).unwrap(),
        Tables::Postgres(mut client) => client.batch_execute(sql).unwrap(),
    }
}

fn column(field: &str) -> String {
    format!("\"{field}\"")
}

/// The kinds and names of what fails, and the alarms.
fn failing(workspace: &Workspace) -> (Vec<String>, Value) {
    let told = workspace.program(&["status", "--format", "json", "--now", "2026-03-02 09:00"]);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    let parts = told["failing"].as_array().unwrap();
    let named =
        |part: &Value| format!("{} {}", part["kind"].as_str().unwrap(), part["name"].as_str().unwrap());
    (parts.iter().map(named).collect(), told["alarms"].clone())
}

#[test]
fn a_segment_that_fails_stops_only_what_depends_on_it_and_is_tried_again() {
    on_both(|database| {
        let workspace = workspace(database);
        let region = column("region");
        sabotage(&workspace, &format!("ALTER TABLE contact RENAME COLUMN {region} TO gone"));
        // The segment has to look at everybody.
        sabotage(&workspace, "UPDATE segment SET stale = stale + 1, whole = 1 WHERE name = 'north'");
        let ran = workspace.program(&["run", "--now", "2026-03-02 08:00"]);
        assert_eq!(ran.code, 5, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains("segment north failed and is skipped"), "{}", ran.stderr);
        // Ada and Bob went on in the one journey, and Ada alone in that of large ones.
        assert!(ran.stdout.contains("3 finished"), "{}", ran.stdout);
        assert!(workspace.mails().is_empty(), "nobody knows whom the segment keeps out");
        let expected = ["journey for-north", "segment beside-north", "segment north"];
        assert_eq!(failing(&workspace), (expected.map(str::to_owned).to_vec(), json!(["failing_parts"])));
        let told = workspace.program(&["status"]);
        assert!(told.stdout.contains("segment north, skipped since 2026-03-02T08:00:00Z"), "{}", told.stdout);
        sabotage(&workspace, &format!("ALTER TABLE contact RENAME COLUMN gone TO {region}"));
        let ran = workspace.program(&["run", "--now", "2026-03-02 09:00"]);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        assert_eq!(workspace.mails().len(), 1, "Bob is kept out");
        assert_eq!(failing(&workspace), (Vec::new(), json!([])));
    });
}

#[test]
fn a_model_that_fails_stops_only_what_asks_for_its_scores() {
    on_both(|database| {
        let workspace = workspace(database);
        let size = column("size");
        sabotage(&workspace, &format!("ALTER TABLE contact RENAME COLUMN {size} TO gone"));
        sabotage(&workspace, "UPDATE scoring_model SET scored_at = NULL");
        let ran = workspace.program(&["run", "--now", "2026-03-02 08:00"]);
        assert_eq!(ran.code, 5, "{}{}", ran.stdout, ran.stderr);
        let (parts, _) = failing(&workspace);
        assert!(parts.contains(&"scoring_model size".to_owned()), "{parts:?}");
        assert!(parts.contains(&"journey for-large".to_owned()), "{parts:?}");
        assert!(!parts.iter().any(|part| part.contains("north") || part.contains("for-all")), "{parts:?}");
        assert_eq!(workspace.mails().len(), 1);
        sabotage(&workspace, &format!("ALTER TABLE contact RENAME COLUMN gone TO {size}"));
        let ran = workspace.program(&["run", "--now", "2026-03-02 09:00"]);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains("1 finished"), "{}", ran.stdout);
        assert_eq!(failing(&workspace), (Vec::new(), json!([])));
    });
}

#[test]
fn a_journey_that_fails_stops_alone_and_is_tried_again() {
    on_both(|database| {
        let workspace = workspace(database);
        // Its first participant can't leave the step any more.
        let trip = match database {
            Database::Sqlite => {
                "CREATE TRIGGER trip BEFORE INSERT ON history WHEN NEW.step_key IN (SELECT s.key FROM step s
                    JOIN journey j ON j.key = s.journey_key WHERE j.name = 'for-north')
                 BEGIN SELECT RAISE(ABORT, 'tripped'); END"
            }
            Database::Postgres => {
                "CREATE FUNCTION trip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    IF NEW.step_key IN (SELECT s.key FROM step s JOIN journey j ON j.key = s.journey_key
                        WHERE j.name = 'for-north') THEN RAISE 'tripped'; END IF; RETURN NEW; END $$;
                 CREATE TRIGGER trip BEFORE INSERT ON history FOR EACH ROW EXECUTE FUNCTION trip()"
            }
        };
        sabotage(&workspace, trip);
        for hour in ["08:00", "08:30"] {
            let ran = workspace.program(&["run", "--now", &format!("2026-03-02 {hour}")]);
            assert_eq!(ran.code, 5, "{}{}", ran.stdout, ran.stderr);
            assert!(ran.stderr.contains("journey for-north failed and is skipped"), "{}", ran.stderr);
            assert!(ran.stderr.contains("tripped"), "{}", ran.stderr);
        }
        assert_eq!(failing(&workspace).0, ["journey for-north"]);
        let told = workspace.program(&["status"]);
        assert!(told.stdout.contains("skipped since 2026-03-02T08:00:00Z"), "{}", told.stdout);
        sabotage(
            &workspace,
            match database {
                Database::Sqlite => "DROP TRIGGER trip",
                Database::Postgres => "DROP TRIGGER trip ON history",
            },
        );
        let ran = workspace.program(&["run", "--now", "2026-03-02 09:00"]);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        assert_eq!(workspace.mails().len(), 1);
    });
}
