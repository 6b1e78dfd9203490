//! Workflows that are scripts: carried out by the step itself, in its transaction.

use super::{EVERYONE, populated, workspace};
use crate::support::{
    workspace::{Database, SETTINGS, Workspace, on_both},
    world::{World, at},
};

const FOR_EACH_ACCOUNT: &str = "
  - id: tell
    tile: launch_workflow
    with: { for_each: account, workflow: tell-crm }
";

const FOR_EACH_CONTACT: &str = "
  - id: tell
    tile: launch_workflow
    with: { for_each: contact, workflow: tell-crm }
";

/// Who visited comes to the workflow at once, the others after ten days.
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

/// A workspace whose journey launches a script with this body.
fn launching(database: Database, steps: &str, needs: &str, body: &str) -> Workspace {
    workspace(database, EVERYONE, steps)
        .file("tilework.yaml", &format!("{SETTINGS}  sales: {{ transport: file }}\n"))
        .file(
            "journeys/crm/workflow.yaml",
            &format!("kind: workflow\nname: tell-crm\nscript: tell-crm.rhai\nneeds: {needs}\n"),
        )
        .file("journeys/crm/tell-crm.rhai", &format!("fn run(item) {{\n{body}\n}}\n"))
}

const EFFECTS: &str = "let who = item.contact.first_name;
    take().activity(#{ subject: `Call ${who}`, type: \"phone_call\", due: \"2 days\" })
        .lead(#{ topic: `${who} of ${item.account.name ?? \"nobody\"}` })
        .message(\"sales\", `${who}, ${item.contact.did.visits} visits, ${item.journey.name}`)
        .set(\"contact.role\", `met ${item.visit}`)
        .note(\"told\")";

fn state(world: &mut World) -> Vec<Vec<String>> {
    let outbox = world.tables().lines("SELECT channel, content, state FROM outbox ORDER BY content");
    let roles = world.tables().lines("SELECT id, role FROM contact ORDER BY id");
    vec![world.activities(), world.leads(), outbox, roles]
}

#[test]
fn rule_17_a_script_for_each_contact_makes_rows_in_the_transaction_of_its_step_and_messages_in_the_outbox() {
    on_both(|database| {
        for size in [1, 5_000] {
            let needs = "{ contact: [first_name], account: [name], did: { visits: { did: Visited } } }";
            let workspace = launching(database, FOR_EACH_CONTACT, needs, EFFECTS);
            let mut world = populated(&workspace).batches_of(size);
            world.did("bob", "Visited", "2026-02-20 10:00");
            world.tick("2026-03-01 08:00");
            world.ways(&[("ada", "tell | finished"), ("dan", "tell | finished")]);
            assert_eq!(
                state(&mut world),
                [
                    vec![
                        "tell - dan Call dan marketing@vendor.example",
                        "tell acme ada Call ada marketing@vendor.example",
                        "tell acme bob Call bob marketing@vendor.example",
                        "tell globex cy Call cy marketing@vendor.example",
                    ],
                    vec![
                        "tell - ada ada of ACME",
                        "tell - bob bob of ACME",
                        "tell - cy cy of GLOBEX",
                        "tell - dan dan of nobody",
                    ],
                    // Delivered.
                    vec![
                        r#"sales "ada, 0 visits, spring" 3"#,
                        r#"sales "bob, 1 visits, spring" 3"#,
                        r#"sales "cy, 0 visits, spring" 3"#,
                        r#"sales "dan, 0 visits, spring" 3"#,
                    ],
                    vec!["ada met 1", "bob met 1", "cy met 1", "dan met 1"],
                ]
            );
            // At another time nothing is done again.
            world.tick("2026-03-05 08:00");
            assert_eq!(world.activities().len(), 4);
        }
    });
}

#[test]
fn rule_12_a_script_for_each_account_is_carried_out_once_and_colleagues_pass_without() {
    on_both(|database| {
        for size in [1, 5_000] {
            // Each call would do another thing, so that a second one would be seen.
            let body = "take().activity(#{ subject: `${item.contacts.len()} of ${item.account.name} at ${item.now}` })
                .set(\"account.status\", item.now)";
            let workspace = launching(database, APART, "{ account: [name] }", body);
            let mut world = populated(&workspace).batches_of(size);
            world.did("bob", "Visited", "2026-03-05 10:00");
            world.play("2026-03-20 08:00");
            world.ways(&[
                ("ada", "visited.else tell | finished"),
                ("bob", "visited.then tell | finished"),
                ("dan", "visited.else tell | finished"),
            ]);
            assert_eq!(
                world.activities(),
                [
                    "tell acme - 2 of ACME at 2026-03-05T10:00:00Z marketing@vendor.example",
                    "tell globex - 1 of GLOBEX at 2026-03-11T08:00:00Z marketing@vendor.example",
                ]
            );
            assert_eq!(
                world.tables().lines("SELECT id, status FROM account ORDER BY id"),
                ["acme 2026-03-05T10:00:00Z", "globex 2026-03-11T08:00:00Z"]
            );
            // Rule 7: dan has no account, which stands at his step.
            let notes = world.tables().rows(
                "SELECT c.id, h.reason FROM history h JOIN contact c ON c.key = h.contact_key
                 JOIN step s ON s.key = h.step_key WHERE s.id = 'tell' AND h.reason IS NOT NULL ORDER BY c.id",
            );
            let set =
                ["account.status set to 2026-03-05T10:00:00Z", "account.status set to 2026-03-11T08:00:00Z"];
            assert_eq!(
                notes,
                [["ada", "as the account before"], ["bob", set[0]], ["cy", set[1]], ["dan", "no_account"]]
            );
        }
    });
}

#[test]
fn rule_20_a_script_that_fails_stops_those_it_was_called_for_and_a_fix_lets_them_try_again() {
    on_both(|database| {
        let broken = "if item.account.name == \"ACME\" { throw \"no budget\"; }
            take().activity(#{ subject: item.account.name })";
        let mut world = populated(&launching(database, FOR_EACH_ACCOUNT, "{ account: [name] }", broken));
        world.tick("2026-03-01 08:00");
        let failed = "tell! | stopped: failed: journeys/crm/tell-crm.rhai:2:34: no budget";
        world.ways(&[("ada", failed), ("bob", failed), ("cy", "tell | finished")]);
        let fixed = broken.replace("throw \"no budget\";", "");
        world.write("journeys/crm/tell-crm.rhai", &format!("fn run(item) {{\n{fixed}\n}}\n"));
        assert_eq!(world.store.retry_failed("spring", "tell", at("2026-03-02 09:00")).unwrap(), 2);
        world.tick("2026-03-02 09:00");
        world.ways(&[("ada", "tell | finished"), ("bob", "tell | finished")]);
        assert_eq!(
            world.activities(),
            ["tell acme - ACME marketing@vendor.example", "tell globex - GLOBEX marketing@vendor.example"]
        );
        assert_eq!(
            world
                .tables()
                .lines("SELECT kind, COUNT(*) FROM publication WHERE kind = 'workflow' GROUP BY kind"),
            ["workflow 2"],
            "the fix was published"
        );
    });
}

#[test]
fn a_script_may_answer_nothing_and_every_other_answer_fails() {
    let cases = [
        ("if item.visit > 1 { take() }", "tell | finished"),
        ("take().note(\"nothing to do\")", "tell | finished"),
        (
            "42",
            "tell! | stopped: failed: journeys/crm/tell-crm.rhai:1:4: `run` gave a whole number, expected an action such as `take()`",
        ),
        (
            "let p = \"on\"; take(p)",
            "tell-crm.rhai:2:15: a workflow has no paths; write `take()` instead of `take(\"on\")`",
        ),
        ("later()", "tell-crm.rhai:1:14: a workflow answers with `take()` and effects: nobody waits for it"),
        (
            "item.contacts.len(); take()",
            "there is no `contacts` here: the step works for each contact, which is `item.contact`",
        ),
        ("item.contact.role; take()", "there is no `role` here; fields have to stand under `needs`"),
        (
            "let to = \"saels\"; take().message(to, \"x\")",
            "there is no channel `saels` for messages in `tilework.yaml`",
        ),
        ("loop { }", "the script takes more than"),
    ];
    for (body, expected) in cases {
        let workspace = launching(Database::Sqlite, FOR_EACH_CONTACT, "{ contact: [first_name] }", body)
            .file("scripts/later.rhai", "fn later() { wait(\"1 day\") }\n");
        let mut world = populated(&workspace);
        world.tick("2026-03-01 08:00");
        let way = world.way("ada");
        assert!(way.contains(expected), "{body}\n{way}");
    }
}

#[test]
fn rule_29_playing_writes_what_scripts_would_send_by_http_into_files() {
    let workspace =
        launching(Database::Sqlite, FOR_EACH_CONTACT, "{ }", "take().message(\"sales\", \"hello\")");
    populated(&workspace).close();
    workspace.write(
        "tilework.yaml",
        &format!("{SETTINGS}  sales: {{ transport: http, url: \"https://chat.vendor.example\" }}\n"),
    );
    let played = workspace.program(&["run", "--until", "2026-03-02 08:00"]).done();
    assert!(played.contains("4 messages delivered"), "{played}");
    let calls = workspace.files("played");
    assert_eq!(calls.len(), 4);
    let call: serde_json::Value = serde_json::from_str(&calls[0].1).unwrap();
    assert_eq!(
        call,
        serde_json::json!({
            "key": "spring/1/tell/1/ada/0", "channel": "sales", "method": "POST",
            "url": "https://chat.vendor.example", "headers": {}, "body": { "text": "hello" },
        })
    );
}
