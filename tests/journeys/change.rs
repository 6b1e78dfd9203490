//! Definitions that change while people are on their way.

use super::{EVERYONE, ORDERED, USUAL, journey, workspace, world};
use crate::support::{
    workspace::{Database, SETTINGS, on_both},
    world::{World, at},
};

const INVITE_AND_PAUSE: &str = "
  - id: invite
    tile: email
    with: { email: invite }
  - id: pause
    tile: wait
    with: { for: 20 days }
  - id: last
    tile: email
    with: { email: invite }
";

const INVITE_AND_LAST: &str = "
  - id: invite
    tile: email
    with: { email: invite }
  - id: rest
    tile: wait
    with: { for: 7 days }
  - id: last
    tile: email
    with: { email: invite }
";

/// A world in which everybody stands at `pause`, and then the definition becomes another.
fn changed(database: Database, keys: &str, steps: &str) -> World {
    let mut world = world(database, EVERYONE, INVITE_AND_PAUSE);
    world.tick("2026-03-01 08:00");
    world.ways(&[("ada", "invite | at pause")]);
    world.write("journeys/spring.yaml", &journey(keys, steps));
    world
}

fn refused(world: &mut World, now: &str) -> String {
    world.try_tick(at(now)).unwrap_err().to_string()
}

#[test]
fn rule_26_removing_a_step_where_somebody_stands_is_refused() {
    on_both(|database| {
        let mut world = changed(database, EVERYONE, INVITE_AND_LAST);
        let before = world.state();
        let error = refused(&mut world, "2026-03-02 08:00");
        assert_eq!(error, "4 stand on step `pause` of journey `spring`, which is no longer there");
        assert_eq!(world.state(), before);
        // The former definition goes on as if nothing had been.
        world.write("journeys/spring.yaml", &journey(EVERYONE, INVITE_AND_PAUSE));
        world.tick("2026-03-21 08:00");
        world.ways(&[("ada", "invite pause last | finished")]);
    });
}

#[test]
fn rule_26_a_step_where_nobody_stands_may_go() {
    on_both(|database| {
        let mut world = changed(database, EVERYONE, &INVITE_AND_PAUSE.replace("id: last", "id: latest"));
        world.tick("2026-03-21 08:00");
        world.ways(&[("ada", "invite pause latest | finished")]);
    });
}

#[test]
fn rule_26_the_definition_says_that_they_leave() {
    on_both(|database| {
        let mut world =
            changed(database, &format!("{EVERYONE}\nremoved: {{ pause: exit }}"), INVITE_AND_LAST);
        world.tick("2026-03-02 08:00");
        world.ways(&[("ada", "invite pause! | stopped: removed")]);
        assert_eq!(world.left("ada", "pause"), "2026-03-02T08:00:00Z");
    });
}

#[test]
fn rule_26_the_definition_says_where_they_go_and_the_step_there_does_what_it_does() {
    on_both(|database| {
        let mut world =
            changed(database, &format!("{EVERYONE}\nremoved: {{ pause: rest }}"), INVITE_AND_LAST);
        world.tick("2026-03-02 08:00");
        world.ways(&[("ada", "invite pause | at rest")]);
        world.play("2026-03-10 08:00");
        world.ways(&[("ada", "invite pause rest last | finished")]);
        assert_eq!(world.left("ada", "rest"), "2026-03-09T08:00:00Z", "seven days after it came there");

        let mut world =
            changed(database, &format!("{EVERYONE}\nremoved: {{ pause: last }}"), INVITE_AND_LAST);
        world.tick("2026-03-02 08:00");
        world.ways(&[("ada", "invite pause last | finished")]);
        assert_eq!(world.messages().len(), 8);
    });
}

#[test]
fn rule_26_who_goes_back_to_a_step_visits_it_again() {
    on_both(|database| {
        let keys = format!("{EVERYONE}\nremoved: {{ pause: invite }}");
        let mut world = changed(database, &keys, INVITE_AND_LAST);
        world.tick("2026-03-02 08:00");
        let visits = world.tables().lines(
            "SELECT s.id, h.visit FROM history h JOIN step s ON s.key = h.step_key JOIN contact c ON c.key = h.contact_key
             WHERE c.id = 'ada' ORDER BY h.left_at, s.id, h.visit",
        );
        assert_eq!(visits, ["invite 1", "invite 2", "pause 1"]);
        assert_eq!(world.messages().len(), 8, "each visit has its own message");
        assert_eq!(world.workspace.mails().len(), 8);
    });
}

#[test]
fn rule_26_a_journey_with_people_in_it_does_not_go() {
    on_both(|database| {
        let mut world = changed(database, EVERYONE, INVITE_AND_PAUSE);
        world.write(
            "journeys/spring.yaml",
            &journey(EVERYONE, INVITE_AND_PAUSE).replace("name: spring", "name: autumn"),
        );
        let error = refused(&mut world, "2026-03-02 08:00");
        assert_eq!(error, "4 are in the journey `spring`, which is no longer defined");
        world.write("journeys/spring.yaml", &journey(EVERYONE, INVITE_AND_PAUSE));
        world.tick("2026-03-25 08:00");
        world.write(
            "journeys/spring.yaml",
            "kind: segment\nname: nobody\ntarget: contact\nwhere: contact.role == \"x\"\n",
        );
        world.tick("2026-03-26 08:00");
        world.ways(&[("ada", "invite pause last | finished")]);
    });
}

#[test]
fn rule_26_the_definition_says_that_the_people_of_a_journey_leave() {
    on_both(|database| {
        let mut world = changed(database, EVERYONE, INVITE_AND_PAUSE);
        let other = journey(EVERYONE, INVITE_AND_PAUSE).replace("name: spring", "name: autumn");
        world.write("journeys/spring.yaml", &other.replace("start: 2026-03-01", "start: 2026-04-01"));
        world.write("tilework.yaml", &format!("{SETTINGS}removed: {{ journeys: {{ spring: exit }} }}\n"));
        world.tick("2026-03-02 08:00");
        world.ways(&[("ada", "invite pause! | stopped: removed")]);
        assert_eq!(world.left("ada", "pause"), "2026-03-02T08:00:00Z");
        // It may go on being said, and changes nothing any more.
        world.play("2026-04-02 08:00");
        world.ways(&[("ada", "invite pause! invite | stopped: removed, at pause")]);
    });
}

#[test]
fn rule_26_a_field_with_values_does_not_go_until_the_definition_says_that_they_are_cleared() {
    on_both(|database| {
        let fields =
            "kind: fields\nof: contact\nfields:\n  region: { type: text }\n  shoe_size: { type: integer }\n";
        let mut world =
            workspace(database, EVERYONE, INVITE_AND_PAUSE).file("journeys/fields.yaml", fields).open();
        world.contacts(&[("ada", ""), ("bob", "")]);
        world.set("ada", "region", "EMEA");
        world.tick("2026-03-01 08:00");
        let gone = "kind: segment\nname: nobody\ntarget: contact\nwhere: contact.role == \"x\"\n";
        world.write("journeys/fields.yaml", gone);
        let error = refused(&mut world, "2026-03-02 08:00");
        assert_eq!(
            error,
            "1 records have a value in the field `contact.region`, which is no longer declared"
        );
        world.write(
            "tilework.yaml",
            &format!("{SETTINGS}removed: {{ fields: {{ contact.region: clear }} }}\n"),
        );
        world.tick("2026-03-02 08:00");
        // Declared once more, it is empty, and may be of another type.
        world.write("tilework.yaml", SETTINGS);
        world.write("journeys/fields.yaml", &fields.replace("type: text", "type: integer"));
        world.tick("2026-03-03 08:00");
        assert_eq!(world.tables().lines("SELECT COUNT(region) FROM contact"), ["0"]);
    });
}

#[test]
fn rule_26_everything_of_a_journey_may_change_while_people_are_in_it() {
    on_both(|database| {
        // Another tile under the same id: whoever stands there is asked from when it came.
        let steps = INVITE_AND_PAUSE.replace(
            "tile: wait\n    with: { for: 20 days }",
            "tile: trigger\n    with: { based_on: contact, when: { did: OrderPlaced }, timeout: 10 days }",
        );
        let mut world = changed(database, EVERYONE, &steps);
        world.did("cy", "OrderPlaced", "2026-03-01 20:00");
        world.play("2026-03-12 08:00");
        world.ways(&[
            ("cy", "invite pause.then last | finished"),
            ("ada", "invite pause.else last | finished"),
        ]);
        assert_eq!(world.left("cy", "pause"), "2026-03-01T20:00:00Z");
        assert_eq!(world.left("ada", "pause"), "2026-03-11T08:00:00Z");

        // A later start, and a target of contacts: those inside go on, nobody enters twice.
        let keys = format!("target: contact\nstart: 2026-03-20 08:00\n{EVERYONE}");
        let mut world = changed(database, &keys, INVITE_AND_PAUSE);
        world.play("2026-03-25 08:00");
        world.ways(&[("ada", "invite pause last | finished")]);
        assert_eq!(world.left("ada", "pause"), "2026-03-21T08:00:00Z");
    });
}

#[test]
fn rule_27_what_a_renamed_step_caused_goes_on_being_its_own() {
    on_both(|database| {
        let steps = "
  - id: invite
    tile: email
    with: { email: invite }
  - id: pause
    tile: wait
    with: { for: 2 days }
  - id: sent
    tile: trigger
    with:
      based_on: contact
      when: { did: EmailSent, step: invite }
      timeout: 5 days
";
        let mut world = world(database, EVERYONE, steps);
        world.tick("2026-03-01 08:00");
        let renamed = steps
            .replace("id: invite\n", "id: hello\n    was: invite\n")
            .replace("step: invite", "step: hello");
        let renamed = journey(EVERYONE, &renamed).replace("name: spring", "name: easter\nwas: spring");
        world.write("journeys/spring.yaml", &renamed);
        world.play("2026-03-10 08:00");
        world.ways(&[("ada", "hello pause sent.then | finished")]);
    });
}

#[test]
fn rule_27_a_renamed_email_still_leaves_and_what_it_did_is_its_own() {
    on_both(|database| {
        let mut world = world(database, EVERYONE, INVITE_AND_PAUSE);
        world.tick("2026-03-01 08:00");
        world.write(
            "tilework.yaml",
            &SETTINGS.replace("directory: mail", "directory: mail\n    hold: 1 hour"),
        );
        world.tick("2026-03-21 08:00");
        let renamed = USUAL.replace("kind: email\nname: invite", "kind: email\nname: offer\nwas: invite");
        world.workspace.write("journeys/usual.yaml", &renamed);
        world.write(
            "journeys/spring.yaml",
            &journey(EVERYONE, &INVITE_AND_PAUSE.replace("email: invite", "email: offer")),
        );
        world.tick("2026-03-21 09:00");
        assert_eq!(world.messages().iter().filter(|message| message.ends_with("delivered")).count(), 8);
        let sent =
            world.tables().lines("SELECT DISTINCT email_text FROM interaction WHERE email_text IS NOT NULL");
        assert_eq!(sent, ["offer"]);
    });
}

#[test]
fn rule_27_a_name_that_was_given_up_is_not_given_to_another() {
    on_both(|database| {
        let mut world = changed(database, EVERYONE, INVITE_AND_PAUSE);
        let steps = INVITE_AND_PAUSE.replace("id: invite\n", "id: hello\n    was: invite\n");
        world.write(
            "journeys/spring.yaml",
            &journey(EVERYONE, &steps).replace("name: spring", "name: easter\nwas: spring"),
        );
        world.tick("2026-03-02 08:00");
        let easter = journey(EVERYONE, &steps.replace("    was: invite\n", ""))
            .replace("name: spring", "name: easter");
        let invites_again = "  - id: invite\n    tile: email\n    with: { email: invite }\n";
        world.write(
            "journeys/spring.yaml",
            &easter.replace("  - id: last", &format!("{invites_again}  - id: last")),
        );
        let error = refused(&mut world, "2026-03-03 08:00");
        assert_eq!(
            error,
            "`invite` was the id of the step `hello` of journey `easter`, and what that did and sent bears it"
        );
        world.write("journeys/spring.yaml", &easter);
        world.write("journeys/other.yaml", &journey(EVERYONE, INVITE_AND_PAUSE));
        let error = refused(&mut world, "2026-03-03 08:00");
        assert_eq!(
            error,
            "`spring` was the name of the journey `easter`, and what that did and sent bears it"
        );
        // Back again is no other.
        world.write(
            "journeys/other.yaml",
            "kind: segment\nname: nobody\ntarget: contact\nwhere: contact.role == \"x\"\n",
        );
        let back = steps.replace("id: hello\n    was: invite\n", "id: invite\n    was: hello\n");
        world.write(
            "journeys/spring.yaml",
            &journey(EVERYONE, &back).replace("name: spring", "name: spring\nwas: easter"),
        );
        world.play("2026-03-22 08:00");
        world.ways(&[("ada", "invite pause last | finished")]);
        assert_eq!(world.workspace.mails().len(), 8);
    });
}

#[test]
fn rule_27_a_renamed_step_keeps_those_who_stand_on_it() {
    on_both(|database| {
        let steps = INVITE_AND_PAUSE.replace("id: pause", "id: breather\n    was: pause");
        let mut world = changed(database, EVERYONE, &steps);
        world.tick("2026-03-02 08:00");
        world.ways(&[("ada", "invite | at breather")]);
        world.tick("2026-03-21 08:00");
        world.ways(&[("ada", "invite breather last | finished")]);
        assert_eq!(world.left("ada", "breather"), "2026-03-21T08:00:00Z");
    });
}

#[test]
fn rule_27_a_renamed_journey_sends_nothing_again() {
    on_both(|database| {
        let mut world = changed(database, EVERYONE, INVITE_AND_PAUSE);
        let renamed =
            journey(EVERYONE, INVITE_AND_PAUSE).replace("name: spring", "name: easter\nwas: spring");
        for now in ["2026-03-02 08:00", "2026-03-03 08:00"] {
            world.write("journeys/spring.yaml", &renamed);
            world.tick(now);
            world.ways(&[("ada", "invite | at pause")]);
            assert_eq!(world.messages().len(), 4);
        }
        world.write("journeys/spring.yaml", &renamed.replace("was: spring\n", ""));
        world.tick("2026-03-21 08:00");
        world.ways(&[("ada", "invite pause last | finished")]);
        assert_eq!(world.messages().len(), 8);
        assert_eq!(world.tables().lines("SELECT name FROM journey"), ["easter"]);
    });
}

#[test]
fn rule_27_a_refused_change_renames_nothing() {
    on_both(|database| {
        let renamed = journey(EVERYONE, INVITE_AND_LAST).replace("name: spring", "name: easter\nwas: spring");
        let mut world = changed(database, EVERYONE, INVITE_AND_PAUSE);
        world.write("journeys/spring.yaml", &renamed);
        let error = refused(&mut world, "2026-03-02 08:00");
        assert!(error.starts_with("4 stand on step `pause`"), "{error}");
        world.write("journeys/spring.yaml", &journey(EVERYONE, INVITE_AND_PAUSE));
        world.tick("2026-03-21 08:00");
        world.ways(&[("ada", "invite pause last | finished")]);
    });
}

#[test]
fn rule_27_a_renamed_segment_keeps_its_members_and_its_history() {
    on_both(|database| {
        let mut world = workspace(database, EVERYONE, INVITE_AND_PAUSE)
            .file(
                "journeys/clients.yaml",
                "kind: segment\nname: clients\ntarget: contact\nwhere: contact.role == \"buyer\"\n",
            )
            .open();
        world.accounts(&["acme"]);
        world.contacts(&[("ada", "acme")]);
        world.set("ada", "role", "buyer");
        world.tick("2026-03-01 08:00");
        world.write(
            "journeys/clients.yaml",
            "kind: segment\nname: patrons\nwas: clients\ntarget: contact\nwhere: contact.role == \"buyer\"\n",
        );
        world.tick("2026-03-02 08:00");
        let joined = world.tables().lines(
            "SELECT s.name, m.joined_at FROM membership m JOIN segment s ON s.key = m.segment_key WHERE s.name IN ('clients', 'patrons')",
        );
        assert_eq!(joined, [format!("patrons {}", at("2026-03-01 08:00"))]);
    });
}

#[test]
fn rule_25_each_publication_is_kept_and_what_did_not_change_is_not_published_again() {
    on_both(|database| {
        let mut world = changed(database, EVERYONE, &INVITE_AND_PAUSE.replace("20 days", "21 days"));
        let count = "SELECT kind, name, COUNT(*), COUNT(DISTINCT hash) FROM publication WHERE name IN ('spring', 'everyone')
                     GROUP BY kind, name ORDER BY kind";
        assert_eq!(world.tables().lines(count), ["journey spring 1 1", "segment everyone 1 1"]);
        world.tick("2026-03-02 08:00");
        world.tick("2026-03-03 08:00");
        assert_eq!(world.tables().lines(count), ["journey spring 2 2", "segment everyone 1 1"]);
        let contents =
            world.tables().rows("SELECT content, at FROM publication WHERE name = 'spring' ORDER BY key");
        assert!(contents[0][0].contains("20 days") && contents[1][0].contains("21 days"));
        assert_eq!(contents[1][1], at("2026-03-02 08:00").to_string());
    });
}

#[test]
fn rule_24_who_waits_does_so_for_as_long_as_is_published() {
    let lengths = [
        ("3 days", "2026-03-02 20:00", "2026-03-04T08:00:00Z"),
        ("30 days", "2026-03-02 20:00", "2026-03-31T08:00:00Z"),
        ("1 month", "2026-03-02 20:00", "2026-04-01T08:00:00Z"),
        ("1 day", "2026-03-10 20:00", "2026-03-10T20:00:00Z"),
        // Rule 14: what the publication makes due is due from then on.
        ("1 day", "2026-03-02 20:00", "2026-03-02T20:00:00Z"),
        ("1 business day", "2026-03-02 20:00", "2026-03-02T20:00:00Z"),
    ];
    on_both(|database| {
        for (length, published, left) in lengths {
            let mut world = changed(database, EVERYONE, &INVITE_AND_PAUSE.replace("20 days", length));
            world.tick(published);
            world.play("2026-04-10 08:00");
            assert_eq!(world.left("ada", "pause"), left, "{length}");
        }
    });
}

#[test]
fn rule_24_who_waits_at_a_trigger_is_asked_the_published_question() {
    on_both(|database| {
        let mut world = world(database, EVERYONE, ORDERED);
        world.tick("2026-03-01 08:00");
        world.did("cy", "Visited", "2026-03-05 10:00");
        world.tick("2026-03-05 12:00");
        world.ways(&[("cy", "| at ordered"), ("dan", "| at ordered")]);
        let steps = ORDERED.replace("did: OrderPlaced", "did: Visited").replace("30 days", "7 days");
        world.write("journeys/spring.yaml", &journey(EVERYONE, &steps));
        world.tick("2026-03-06 08:00");
        world.ways(&[("cy", "ordered.then | finished"), ("dan", "| at ordered")]);
        world.play("2026-03-09 08:00");
        world.ways(&[("dan", "ordered.else | finished")]);
        assert_eq!(world.left("dan", "ordered"), "2026-03-08T08:00:00Z");
    });
}

#[test]
fn rule_28_an_earlier_time_than_the_last_is_refused() {
    on_both(|database| {
        let mut world = world(database, EVERYONE, INVITE_AND_PAUSE);
        world.tick("2026-03-05 08:00");
        let before = world.state();
        let error = refused(&mut world, "2026-03-05 07:59");
        assert!(error.contains("2026-03-05T08:00:00Z") && error.contains("2026-03-05T07:59:00Z"), "{error}");
        assert_eq!(world.state(), before);
        let workspace = world.close();
        for arguments in [&["run", "--now", "2026-03-04 08:00"][..], &["run", "--until", "2026-03-04 08:00"]]
        {
            let program = workspace.program(arguments);
            assert_eq!(program.code, 2, "{}", program.stderr);
            assert!(program.stderr.contains("2026-03-05T08:00:00Z"), "{}", program.stderr);
        }
        workspace.program(&["run", "--now", "2026-03-05 08:00"]).done();
    });
}
