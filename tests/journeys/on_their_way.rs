//! Mails on their way: who waits for one, and who doesn't.

use super::{EVERYONE, world};
use crate::support::{
    workspace::{SETTINGS, on_both},
    world::at,
};

const ONE_A_RUN: &str = "limits: { messages_per_run: 1 }\n";

/// A segment of one contact by its id.
fn only(name: &str, id: &str) -> String {
    format!("kind: segment\nname: {name}\ntarget: contact\nwhere: contact.id == \"{id}\"\n---\n")
}

fn trigger(id: &str, when: &str) -> String {
    format!(
        "  - id: {id}\n    tile: trigger\n    with: {{ based_on: contact, when: {{ {when} }}, timeout: 3 days }}\n"
    )
}

#[test]
fn rule_39_a_waiting_mail_holds_up_nobody_but_those_who_wait_for_it() {
    on_both(|database| {
        let mut world = world(database, EVERYONE, "  - { id: bulk, tile: email, with: { email: notice } }\n");
        world.write("tilework.yaml", &format!("{SETTINGS}{ONE_A_RUN}"));
        world.contacts(&[("zoe", "")]);
        let other = format!(
            "{}kind: journey\nname: other\ntarget: contact\nstart: 2026-03-01 08:00\naudience: {{ include: [zoes] }}\nsteps:\n{}  - {{ id: pause, tile: wait, with: {{ for: 10 days }} }}\n",
            only("zoes", "zoe"),
            trigger("sent", "did: EmailSent, since: 2026-03-02 08:00"),
        );
        // Zoe gets no mail of the bulk, which goes to the others one by one.
        let spring = super::journey(
            "audience: { include: [everyone], exclude: [zoes] }",
            "  - { id: bulk, tile: email, with: { email: notice } }\n",
        );
        world.write("journeys/other.yaml", &other);
        world.write("journeys/spring.yaml", &spring);
        world.tick("2026-03-01 08:00");
        world.tick("2026-03-04 08:00");
        assert_eq!(world.left("zoe", "sent"), "2026-03-04T08:00:00Z", "mails to others still wait");
        let waiting = world.messages().iter().filter(|message| message.ends_with("waiting")).count();
        assert_eq!(waiting, 2);
    });
}

#[test]
fn rule_39_whoever_waits_for_a_mail_goes_on_when_it_left() {
    on_both(|database| {
        for based_on in ["contact", "account"] {
            let steps = format!(
                "  - {{ id: notice, tile: email, with: {{ email: notice }} }}\n{}  - {{ id: rest, tile: wait, with: {{ for: 90 days }} }}\n",
                trigger("sent", "did: EmailSent, step: notice").replace("contact", based_on),
            );
            let mut world = world(database, EVERYONE, &steps);
            world.write("tilework.yaml", &format!("{SETTINGS}{ONE_A_RUN}"));
            for day in 1..=4 {
                world.tick(&format!("2026-03-{day:02} 08:00"));
            }
            let mut left: Vec<String> =
                ["ada", "bob", "cy", "dan"].iter().map(|contact| world.left(contact, "sent")).collect();
            left.sort();
            let expected: &[&str] = match based_on {
                "contact" => &["01", "02", "03", "04"],
                // Dan has no account; Bob follows the decision that the mail to Ada takes.
                _ => &["01", "02", "02", "04"],
            };
            let expected: Vec<String> =
                expected.iter().map(|day| format!("2026-03-{day}T08:00:00Z")).collect();
            assert_eq!(left, expected, "{based_on}");
        }
    });
}

#[test]
fn whoever_waits_for_a_mail_that_is_dropped_goes_on() {
    on_both(|database| {
        let steps = format!(
            "  - {{ id: notice, tile: email, with: {{ email: notice }} }}\n{}",
            trigger("sent", "did: EmailSent, step: notice"),
        );
        let mut world = world(database, EVERYONE, &steps);
        world.write("tilework.yaml", &format!("{SETTINGS}{ONE_A_RUN}"));
        world.tick("2026-03-01 08:00");
        let before = world.store.interventions().unwrap();
        let selection = tilework::store::MessageSelection {
            states: vec![tilework::store::OutboxState::Waiting],
            ..Default::default()
        };
        assert_eq!(world.store.drop_messages(&selection, at("2026-03-01 09:00")).unwrap(), 3);
        assert!(world.store.interventions().unwrap() > before, "those who serve look again");
        world.tick("2026-03-05 08:00");
        let ways = ["ada", "bob", "cy", "dan"].map(|contact| world.way(contact));
        let without: Vec<&String> = ways.iter().filter(|way| way.contains("sent.else")).collect();
        assert_eq!(without.len(), 3, "{ways:?}");
    });
}
