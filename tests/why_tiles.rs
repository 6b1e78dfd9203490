//! The stories that `why` tells of the tiles: what decided, what was made, and what comes next and when.

use crate::support::{
    definitions::USUAL,
    http::{OK, Reply, Server},
    workspace::{Database, SETTINGS, Workspace, on_both},
};

const JOURNEY: &str = r#"kind: journey
name: spring
target: account
owner: marketing@vendor.example
start: 2026-03-01 08:00
audience: { include: [everyone] }
steps:
  - id: large
    tile: branch
    with:
      based_on: contact
      cases:
        big: account.employees >= 100
        buyers:
          all:
            - contact.role == "buyer"
            - did: Visited
  - id: together
    tile: branch
    with:
      based_on: account
      cases:
        engaged:
          any_contact:
            did: Visited
          at_least: 1 contacts
  - id: drawn
    tile: split
    with: { by: contact, shares: { a: 40%, b: 40% } }
  - id: first
    tile: split
    with: { by: account, counts: { early: 1 } }
  - id: hours
    tile: wait
    with: { window: { weekdays: [mon], from: "09:00", to: "17:00" } }
  - id: tell
    tile: launch_workflow
    with: { for_each: account, workflow: tell-crm }
  - id: hand
    tile: launch_workflow
    with: { for_each: contact, workflow: hand-over }
  - id: round
    tile: goto
    with: { step: hours, at_most: 1 }
  - id: meet
    tile: meet
    with: { people: 2 }
    paths:
      met: []
      quiet: []
  - id: pause
    tile: wait
    with: { for: 20 days }
"#;

const MEET: &str = "kind: tile
name: meet
summary: Meets
for: account
parameters:
  people: { type: integer, default: 1 }
paths: [met, quiet]
";

const MEET_SCRIPT: &str = r#"fn run(item, params) {
    if item.calls < 2 {
        return wait("1 day").note(`${item.contacts.len()} of ${params.people} here`).remember(#{ calls: item.calls });
    }
    if item.account.id == () { throw "nobody to meet"; }
    take("met").message("sales", `met ${item.account.id}`).set("account.industry", "met")
        .note(`${item.contacts.len()} people`)
}
"#;

const HAND_OVER: &str = r#"fn run(item) {
    take().set("contact.role", "champion").activity(#{ subject: `Call ${item.contact.id}`, due: "2 days" })
        .note(`was ${item.contact.role ?? "nothing"}`)
}
"#;

fn prepared(database: Database, server: &Server) -> Workspace {
    let workspace = Workspace::on(database)
        .file(
            "tilework.yaml",
            &format!("{SETTINGS}  sales: {{ transport: file }}\n  http: {{ allow: [127.0.0.1] }}\n"),
        )
        .file("journeys/usual.yaml", USUAL)
        .file("journeys/spring.yaml", JOURNEY)
        .file(
            "journeys/workflows.yaml",
            &format!(
                "kind: workflow\nname: tell-crm\nhttp:\n  url: {}\n  retries: 0\n---\nkind: workflow\nname: hand-over\n\
                 script: hand-over.rhai\nneeds: {{ contact: [role] }}\n",
                server.url()
            ),
        )
        .file("journeys/hand-over.rhai", HAND_OVER)
        .file("plugins/meet/tile.yaml", MEET)
        .file("plugins/meet/tile.rhai", MEET_SCRIPT);
    let mut world = workspace.open();
    world.accounts(&["acme", "globex"]);
    world.contacts(&[("ada", "acme"), ("bob", "acme"), ("cy", "globex"), ("dan", "")]);
    world.set("ada", "role", "buyer");
    world.import(tilework::interactions::ImportKind::Accounts, "id,employees\nglobex,250\n");
    world.did("ada", "Visited", "2026-02-20 10:00");
    world.close()
}

#[test]
fn the_story_tells_of_each_tile_what_decided_what_was_made_and_what_comes_next() {
    on_both(|database| {
        // What it is told of globex it doesn't understand.
        let server = Server::answering(|call, _| match call.key().contains("globex") {
            true => Reply::Status(400, "", "say who"),
            false => OK,
        });
        let address = server.url().trim_start_matches("http://").trim_end_matches("/hook").to_owned();
        let workspace = prepared(database, &server);
        let story = |arguments: &[&str]| workspace.program(arguments).done().replace(&address, "SERVER");
        let play = |until: &str| workspace.open().play(until);
        play("2026-03-01 12:00");
        insta::assert_snapshot!("contact_that_waits_for_a_window", story(&["why", "contact", "ada"]));
        // Messages to the server failed for good.
        play("2026-03-03 12:00");
        insta::assert_snapshot!("contact_at_a_custom_tile", story(&["why", "contact", "ada"]));
        insta::assert_snapshot!("account_at_a_custom_tile", story(&["why", "account", "acme"]));
        play("2026-04-10 08:00");
        insta::assert_snapshot!("contact_through", story(&["why", "contact", "cy"]));
        insta::assert_snapshot!("contact_that_failed", story(&["why", "contact", "dan"]));
        insta::assert_snapshot!("account_through", story(&["why", "account", "acme"]));
    });
}
