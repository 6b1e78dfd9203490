//! Going to another step: forward, or back so many times.

use super::{EVERYONE, whatever_the_batch, workspace, world};

#[test]
fn rule_18_each_round_of_a_loop_makes_its_own_mail() {
    let steps = "
  - id: remind
    tile: email
    with: { email: invite }
  - id: pause
    tile: wait
    with: { for: 2 days }
  - id: again
    tile: goto
    with: { step: remind, at_most: 2 }
  - { id: done, tile: end, with: { result: reminded } }
";
    whatever_the_batch(|database, batch| {
        let mut world = world(database, EVERYONE, steps).batches_of(batch);
        world.set("bob", "email", "");
        world.play("2026-03-10 08:00");
        let round = "remind pause";
        for contact in ["ada", "bob", "cy", "dan"] {
            let way = format!("{round} again.goto {round} again.goto {round} again done.reminded | finished");
            assert_eq!(world.way(contact), way);
        }
        assert_eq!(
            world.left("ada", "remind"),
            "2026-03-01T08:00:00Z 2026-03-03T08:00:00Z 2026-03-05T08:00:00Z"
        );
        let mails = world.messages();
        assert_eq!(mails.iter().filter(|mail| *mail == "ada remind delivered").count(), 3);
        assert_eq!(mails.len(), 12);
        assert_eq!(
            world.because("ada", "again"),
            "to remind, 1 of at most 2 times | to remind, 2 of at most 2 times | it went to remind 2 times, as often as it may"
        );
    });
}

#[test]
fn rule_14_a_wait_until_a_time_of_day_takes_a_day_in_each_round_of_a_loop() {
    let steps = "
  - id: morning
    tile: wait
    with: { until: \"09:00\" }
  - id: remind
    tile: email
    with: { email: invite }
  - id: again
    tile: goto
    with: { step: morning, at_most: 2 }
";
    whatever_the_batch(|database, batch| {
        let mut world = world(database, EVERYONE, steps).batches_of(batch);
        world.play("2026-03-10 08:00");
        assert_eq!(
            world.left("ada", "remind"),
            "2026-03-01T09:00:00Z 2026-03-02T09:00:00Z 2026-03-03T09:00:00Z"
        );
    });
}

#[test]
fn a_loop_without_a_wait_ends_within_one_tick() {
    let steps = "
  - id: note
    tile: activity
    with: { type: task, for_each: contact, subject: note }
  - id: again
    tile: goto
    with: { step: note, at_most: 3 }
";
    whatever_the_batch(|database, batch| {
        let mut world = world(database, EVERYONE, steps).batches_of(batch);
        world.tick("2026-03-01 08:00");
        world.ways(&[("ada", "note again.goto note again.goto note again.goto note again | finished")]);
        assert_eq!(world.activities().len(), 16);
    });
}

#[test]
fn forward_it_leaves_steps_out() {
    let steps = "
  - id: who
    tile: branch
    with:
      based_on: contact
      cases: { buyers: 'contact.role == \"buyer\"' }
    paths:
      buyers:
        - { id: skip, tile: goto, with: { step: last } }
  - id: mail
    tile: email
    with: { email: invite }
  - id: last
    tile: activity
    with: { type: task, for_each: contact, subject: last }
";
    whatever_the_batch(|database, batch| {
        let mut world = world(database, EVERYONE, steps).batches_of(batch);
        world.set("ada", "role", "buyer");
        world.tick("2026-03-01 08:00");
        world.ways(&[
            ("ada", "who.buyers skip.goto last | finished"),
            ("bob", "who.else mail last | finished"),
        ]);
        assert_eq!(world.because("ada", "skip"), "to last");
    });
}

#[test]
fn rule_10_the_account_decides_anew_on_each_visit() {
    let steps = "
  - id: ordered
    tile: trigger
    with:
      based_on: account
      when:
        did: OrderPlaced
      timeout: 2 days
    paths:
      then:
        - id: lead
          tile: create_lead
          with: { for_each: account, topic: \"{{account.name}}\" }
  - id: size
    tile: branch
    with:
      based_on: account
      cases: { large: account.employees >= 1000 }
  - id: again
    tile: goto
    with: { step: ordered, at_most: 1 }
";
    whatever_the_batch(|database, batch| {
        let mut world = world(database, EVERYONE, steps).batches_of(batch);
        world.did("bob", "OrderPlaced", "2026-03-01 10:00");
        world.did("cy", "OrderPlaced", "2026-03-02 09:00");
        world.did("cy", "OrderPlaced", "2026-03-03 09:00");
        world.tick("2026-03-01 09:00");
        world.play("2026-03-02 08:00");
        world.import(tilework::interactions::ImportKind::Accounts, "id,employees\nacme,2000\n");
        // She arrives while her colleagues are on their second visit: the first decision is hers, too.
        world.contacts(&[("eve", "acme")]);
        world.play("2026-03-20 08:00");
        let acme = "ordered.then lead size.else again.goto ordered.else size.large again | finished";
        let globex = "ordered.then lead size.else again.goto ordered.then lead size.else again | finished";
        world.ways(&[
            ("ada", acme),
            ("bob", acme),
            ("eve", acme),
            ("cy", globex),
            ("dan", "ordered.else size.else again.goto ordered.else size.else again | finished"),
        ]);
        assert_eq!(world.left("ada", "ordered"), "2026-03-01T10:00:00Z 2026-03-03T10:00:00Z");
        assert_eq!(
            world.leads(),
            ["lead acme - ACME", "lead globex - GLOBEX", "lead globex - GLOBEX"],
            "once for each account and visit"
        );
    });
}

#[test]
fn sections_may_lead_back_by_goto() {
    let steps = "
  - id: start
    tile: activity
    with: { type: task, for_each: contact, subject: start }
  - id: who
    tile: branch
    with:
      based_on: contact
      cases: { again: 'contact.role == \"buyer\"' }
    paths: { again: round }
  - { id: done, tile: end }
sections:
  round:
    - { id: back, tile: goto, with: { step: start, at_most: 2 } }
    - { id: enough, tile: end, with: { result: enough } }
";
    whatever_the_batch(|database, batch| {
        let mut world = workspace(database, EVERYONE, steps).open().batches_of(batch);
        world.contacts(&[("ada", ""), ("bob", "")]);
        world.set("ada", "role", "buyer");
        world.tick("2026-03-01 08:00");
        world.ways(&[
            (
                "ada",
                "start who.again back.goto start who.again back.goto start who.again back enough.enough | finished",
            ),
            ("bob", "start who.else done | finished"),
        ]);
    });
}
