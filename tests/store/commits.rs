//! Committing batches: positions, history, decisions and records, together or not at all.

use tilework::model::{Block, Decision, Effect, Entity, Outcome, time::LAG_LIMIT};
use tilework::store::{
    BatchOutcome, Claim, DecisionRow, EffectRow, ListFilter, Message, NextStep, OutcomeRow, Passage,
    PublishedStep, Removed, Standing, Store,
};

use super::world::{
    Case, DAY, HOUR, Journey, MINUTE, NOW, accounts, awaiting, claim_all, contact, contacts, due_at,
    enrol_all, field, hold_on_both, is, journey, orders, put, step, text,
};

/// Ada and bob of acme, and eve of no account, all at `a`.
fn people(store: &mut Store, steps: &[PublishedStep]) -> Journey {
    store.start_worker(NOW).unwrap();
    put(store, Entity::Account, "acme", &[("name", text("Acme"))]);
    contacts(store, &[("ada", "acme"), ("bob", "acme"), ("eve", "")]);
    let spring = journey(store, steps);
    enrol_all(store, &spring, "a", 0);
    spring
}

fn load(store: &mut Store, claim: &Claim, now: i64) -> Vec<Standing> {
    store.load_batch(claim, now, &[], &[], false, None).unwrap()
}

/// What becomes of somebody, with the next step and when it looks at them.
type Next = (Outcome, Option<(i64, i64)>);

fn go_to(journey: &Journey, step: &str, path: Option<&str>, moment: i64) -> Next {
    (Outcome::Go { path: path.map(str::to_owned), moment }, Some((journey.step(step), moment)))
}

fn finish(path: Option<&str>, moment: i64) -> Next {
    (Outcome::Go { path: path.map(str::to_owned), moment }, None)
}

fn wait(until: i64) -> Next {
    (Outcome::Wait { until }, None)
}

const STOP: Next = (Outcome::Stop, None);

/// A batch whose outcomes are decided by the contact's id.
fn outcomes(batch: &[Standing], decide: impl Fn(&str) -> Next) -> BatchOutcome {
    let row = |standing: &Standing| {
        let (outcome, next) = decide(&standing.contact_id);
        let Standing { account_key, contact_key, .. } = *standing;
        OutcomeRow { account_key, contact_key, outcome, next, reason: None }
    };
    BatchOutcome { outcomes: batch.iter().map(row).collect(), ..BatchOutcome::default() }
}

fn commit(store: &mut Store, journey: &Journey, at: &str, now: i64, decide: impl Fn(&str) -> Next) {
    let claim = claim_all(store, journey, at);
    let batch = load(store, &claim, now);
    store.commit_outcomes(&claim, &outcomes(&batch, decide), &[], "UTC", now).unwrap();
}

fn pass(store: &mut Store, journey: &Journey, at: &str, to: &str, now: i64) {
    let claim = claim_all(store, journey, at);
    let next = Some(NextStep { step_key: journey.step(to), look_after: 0, look_at: 0 });
    let passage = Passage { released_when_due: true, next, path: None, message: None };
    store.commit_passage(&claim, &passage, &[], "UTC", now).unwrap();
}

/// Steps visited as `step/visit`, then arrival, departure, path.
fn visits(store: &mut Store, id: &str) -> Vec<(String, i64, Option<i64>, Option<String>)> {
    let part = store.participations(id).unwrap().remove(0);
    store
        .visits(id, &part)
        .unwrap()
        .into_iter()
        .map(|row| (format!("{}/{}", row.step, row.visit), row.arrived_at, row.left_at, row.path))
        .collect()
}

fn numbers(store: &mut Store, journey: &Journey) -> Vec<(i64, i64, i64)> {
    let numbers = store.journey_numbers(journey.row.key, None, None).unwrap();
    numbers.steps.iter().map(|step| (step.waiting, step.processed, step.stopped)).collect()
}

fn activity(ordinal: i64, account_key: i64, contact_key: Option<i64>, id: &str) -> EffectRow {
    let effect = Effect::Activity {
        kind: "task".to_owned(),
        subject: "Call".to_owned(),
        description: None,
        owner: Some("ann".to_owned()),
        due_at: Some(NOW + DAY),
    };
    let id = id.to_owned();
    EffectRow {
        account_key,
        contact_key,
        visit: 1,
        ordinal,
        id,
        created_at: NOW,
        effect,
        hold: 0,
        expires_after: None,
    }
}

const CASES: &[Case] = &[
    ("a batch has the values asked for, in order, missing ones included", |place| {
        let mut store = place.store();
        let spring = people(&mut store, &[step("a")]);
        let claim = claim_all(&mut store, &spring, "a");
        let name = field("name", tilework::model::FieldType::Text);
        let account_id = field("account_id", tilework::model::FieldType::Account);
        let batch = store.load_batch(&claim, NOW, &[account_id], &[name], false, None).unwrap();
        let mut rows: Vec<_> = batch
            .iter()
            .map(|row| (&*row.contact_id, row.contact[0].clone(), row.account[0].clone()))
            .collect();
        rows.sort_by_key(|row| row.0.to_owned());
        use tilework::model::Value::Missing;
        let acme = || (text("acme"), text("Acme"));
        assert_eq!(
            rows,
            [("ada", acme().0, acme().1), ("bob", acme().0, acme().1), ("eve", Missing, Missing)]
        );
    }),
    ("whole accounts are handed out when one of them is due", |place| {
        let mut store = place.store();
        let spring = people(&mut store, &[step("a")]);
        commit(&mut store, &spring, "a", NOW, |id| match id {
            "ada" => wait(NOW + HOUR),
            _ => wait(NOW + DAY),
        });
        let claim = claim_all(&mut store, &spring, "a");
        assert_eq!(load(&mut store, &claim, NOW + HOUR).len(), 1);
        let whole = store.load_batch(&claim, NOW + HOUR, &[], &[], true, None).unwrap();
        let mut ids: Vec<&str> = whole.iter().map(|row| &*row.contact_id).collect();
        ids.sort_unstable();
        assert_eq!(ids, ["ada", "bob"]);
        assert!(whole.iter().all(|row| row.looked_at == Some(NOW)));
    }),
    ("a passage moves everyone who is due, with a message for each", |place| {
        let mut store = place.store();
        let spring = people(&mut store, &[step("a"), step("b")]);
        let claim = claim_all(&mut store, &spring, "a");
        let message =
            Message { channel: "email", content: "{}", hold: 10 * MINUTE, expires_after: Some(4 * HOUR) };
        let next = NextStep { step_key: spring.step("b"), look_after: DAY, look_at: 0 };
        let passage =
            Passage { released_when_due: true, next: Some(next), path: Some("on"), message: Some(message) };
        store.commit_passage(&claim, &passage, &[], "UTC", NOW + HOUR).unwrap();
        assert_eq!(
            visits(&mut store, "ada"),
            [("a/1".to_owned(), NOW, Some(NOW), Some("on".to_owned())), ("b/1".to_owned(), NOW, None, None)],
            "rule 14: the moment is the due time, not the time of the run"
        );
        assert_eq!(store.next_due(NOW + HOUR).unwrap(), Some(NOW + DAY));
        let taken = store.take_messages("email", NOW + HOUR, NOW, 10, &[], &[]).unwrap();
        assert_eq!(taken.len(), 3);
        assert!(taken.iter().all(|message| message.due_at == NOW + 10 * MINUTE
            && message.expires_at == Some(NOW + 4 * HOUR)
            && message.created_at == NOW));
        assert_eq!(taken.iter().filter(|message| message.key == "spring/1/a/1/ada/0").count(), 1);
    }),
    ("rule 14: after an outage the moment is that of processing", |place| {
        let mut store = place.store();
        let spring = people(&mut store, &[step("a"), step("b")]);
        pass(&mut store, &spring, "a", "b", NOW + LAG_LIMIT);
        assert_eq!(visits(&mut store, "ada")[1].1, NOW, "36 hours are no outage");
        pass(&mut store, &spring, "b", "a", NOW + LAG_LIMIT + 1);
        assert_eq!(visits(&mut store, "ada")[2].1, NOW + LAG_LIMIT + 1);
    }),
    ("a passage out of the last step finishes the journey", |place| {
        let mut store = place.store();
        let spring = people(&mut store, &[step("a")]);
        let claim = claim_all(&mut store, &spring, "a");
        let passage = Passage { released_when_due: false, next: None, path: None, message: None };
        store.commit_passage(&claim, &passage, &[], "UTC", NOW + HOUR).unwrap();
        let all = store.journey_numbers(spring.row.key, None, None).unwrap();
        assert_eq!((all.entered, all.active, all.finished, all.stopped), (3, 0, 3, 0));
        assert_eq!(store.participations("eve").unwrap()[0].ended_at, Some(NOW));
        assert!(!store.anybody_in(spring.iteration.key).unwrap());
    }),
    ("rule 9: who is blocked stops in the commit of a passage", |place| {
        let mut store = place.store();
        let spring = people(&mut store, &[step("a"), step("b")]);
        let claim = claim_all(&mut store, &spring, "a");
        let blocks = [Block::holds("suppressed", is(super::world::account("name"), text("Acme")))];
        let next = Some(NextStep { step_key: spring.step("b"), look_after: 0, look_at: 0 });
        let message = Some(Message { channel: "email", content: "{}", hold: 0, expires_after: None });
        let passage = Passage { released_when_due: true, next, path: None, message };
        store.commit_passage(&claim, &passage, &blocks, "UTC", NOW).unwrap();
        assert_eq!(numbers(&mut store, &spring), [(0, 1, 2), (1, 0, 0)]);
        assert_eq!(store.take_messages("email", NOW, NOW, 10, &[], &[]).unwrap().len(), 1);
    }),
    ("each participant fares as its tile says", |place| {
        let mut store = place.store();
        let spring = people(&mut store, &[step("a"), step("b")]);
        commit(&mut store, &spring, "a", NOW, |id| match id {
            "ada" => go_to(&spring, "b", Some("then"), NOW + 5),
            "bob" => wait(NOW + HOUR),
            _ => STOP,
        });
        assert_eq!(numbers(&mut store, &spring), [(1, 1, 1), (1, 0, 0)]);
        let all = store.journey_numbers(spring.row.key, None, None).unwrap();
        assert_eq!(all.steps[0].paths["then"], 1);
        assert_eq!(all.stop_reasons["stopped"], 1);
        assert_eq!(due_at(&mut store, &spring, "b", NOW + 5), ["ada"]);
        assert_eq!(due_at(&mut store, &spring, "a", NOW + HOUR - 1), [""; 0]);
        assert_eq!(due_at(&mut store, &spring, "a", NOW + HOUR), ["bob"]);
        commit(&mut store, &spring, "b", NOW + 5, |_| finish(None, NOW + 6));
        let ada = store.participations("ada").unwrap().remove(0);
        assert_eq!((ada.state, ada.ended_at), (2, Some(NOW + 6)));
    }),
    ("numbers are narrowed to an account", |place| {
        let mut store = place.store();
        let spring = people(&mut store, &[step("a")]);
        commit(&mut store, &spring, "a", NOW, |id| match id {
            "bob" => wait(NOW),
            _ => finish(Some("then"), NOW),
        });
        let acme = store.journey_numbers(spring.row.key, None, Some("acme")).unwrap();
        assert_eq!((acme.entered, acme.active, acme.finished), (2, 1, 1));
        assert_eq!((acme.steps[0].waiting, acme.steps[0].processed, acme.steps[0].paths["then"]), (1, 1, 1));
        let nobody = store.journey_numbers(spring.row.key, None, Some("globex")).unwrap();
        assert_eq!((nobody.entered, nobody.steps[0].processed), (0, 0));
    }),
    ("rule 9: who is blocked gets no effect and takes no path", |place| {
        let mut store = place.store();
        let spring = people(&mut store, &[step("a"), step("b")]);
        put(&mut store, Entity::Contact, "ada", &[("status", text("inactive"))]);
        let claim = claim_all(&mut store, &spring, "a");
        let batch = load(&mut store, &claim, NOW);
        let mut outcome = outcomes(&batch, |_| go_to(&spring, "b", None, NOW));
        for row in &batch {
            outcome.effects.push(activity(0, row.account_key, Some(row.contact_key), &row.contact_id));
        }
        let blocks = [Block::holds("inactive", is(contact("status"), text("inactive")))];
        store.commit_outcomes(&claim, &outcome, &blocks, "UTC", NOW).unwrap();
        assert_eq!(numbers(&mut store, &spring), [(0, 2, 1), (2, 0, 0)]);
        assert_eq!(activities(&mut store), ["bob", "eve"]);
    }),
    ("an effect for an account whose people all were stopped isn't made", |place| {
        let mut store = place.store();
        let spring = people(&mut store, &[step("a"), step("b")]);
        let claim = claim_all(&mut store, &spring, "a");
        let batch = load(&mut store, &claim, NOW);
        let mut outcome = outcomes(&batch, |_| go_to(&spring, "b", None, NOW));
        let acme = batch.iter().find(|row| row.contact_id == "ada").unwrap().account_key;
        outcome.effects.push(activity(0, acme, None, "for acme"));
        let blocks = [Block::holds("suppressed", is(super::world::account("name"), text("Acme")))];
        store.commit_outcomes(&claim, &outcome, &blocks, "UTC", NOW).unwrap();
        assert_eq!(activities(&mut store), [""; 0]);
    }),
    ("rule 18: an effect's key can't be written twice", |place| {
        let mut store = place.store();
        let spring = people(&mut store, &[step("a")]);
        for round in ["first", "second"] {
            let claim = claim_all(&mut store, &spring, "a");
            let batch = load(&mut store, &claim, NOW);
            let mut outcome = outcomes(&batch, |_| wait(NOW));
            let acme = batch.iter().find(|row| row.contact_id == "ada").unwrap();
            outcome.effects.push(activity(0, acme.account_key, None, &format!("{round} for acme")));
            outcome.effects.push(activity(1, acme.account_key, None, &format!("{round} for acme, too")));
            outcome.effects.push(activity(
                0,
                acme.account_key,
                Some(acme.contact_key),
                &format!("{round} for ada"),
            ));
            outcome.effects.push(lead(acme.account_key, None, &format!("{round} lead")));
            store.commit_outcomes(&claim, &outcome, &[], "UTC", NOW).unwrap();
        }
        assert_eq!(activities(&mut store), ["first for acme", "first for acme, too", "first for ada"]);
        let mut leads = Vec::new();
        let mut each = |row: tilework::store::LeadRow| {
            leads.push((row.id, row.journey, row.step, row.topic, row.created_at));
            Ok(())
        };
        store.leads(false, None, &ListFilter::default(), &[], &mut each).unwrap();
        let some = |text: &str| Some(text.to_owned());
        let expected = ("first lead".to_owned(), some("spring"), some("a"), some("bikes"), Some(NOW));
        assert_eq!(leads, [expected]);
    }),
    ("rule 10: a decision is final", |place| {
        let mut store = place.store();
        let spring = people(&mut store, &[step("a")]);
        let row = |path: Option<&str>, looked_at| DecisionRow {
            account_key: 1,
            visit: 1,
            opened_at: NOW,
            looked_at,
            decision: path.map(|path| Decision {
                path: path.to_owned(),
                at: looked_at,
                because: format!("because of {path}"),
            }),
        };
        for decision in [row(None, NOW), row(Some("then"), NOW + 1), row(Some("else"), NOW + 2)] {
            let claim = claim_all(&mut store, &spring, "a");
            let outcome = BatchOutcome { decisions: vec![decision], ..BatchOutcome::default() };
            store.commit_outcomes(&claim, &outcome, &[], "UTC", NOW).unwrap();
        }
        let claim = claim_all(&mut store, &spring, "a");
        assert_eq!(store.decisions(&claim).unwrap(), [row(Some("then"), NOW + 1)]);
    }),
    ("rule 18: a visit counts arrivals, also after going back", |place| {
        let mut store = place.store();
        let spring = people(&mut store, &[step("a"), step("b"), step("c")]);
        pass(&mut store, &spring, "a", "b", NOW);
        pass(&mut store, &spring, "b", "c", NOW);
        let back = [("c".to_owned(), Removed::To("a".to_owned()))];
        store.publish_journey("spring", "account", &[step("a"), step("b")], &back, NOW).unwrap();
        pass(&mut store, &spring, "a", "b", NOW);
        commit(&mut store, &spring, "b", NOW, |_| go_to(&spring, "a", None, NOW));
        pass(&mut store, &spring, "a", "b", NOW);
        let steps: Vec<String> = visits(&mut store, "ada").into_iter().map(|visit| visit.0).collect();
        let mut sorted = steps.clone();
        sorted.sort();
        assert_eq!(sorted, ["a/1", "a/2", "a/3", "b/1", "b/2", "b/3", "c/1"]);
        assert_eq!(steps.last().map(String::as_str), Some("b/3"), "the present step comes last");
    }),
    ("what comes in while a tile is at work isn't slept over", |place| {
        let mut store = place.store();
        let spring = people(&mut store, &[awaiting("a", false)]);
        let claim = claim_all(&mut store, &spring, "a");
        let batch = load(&mut store, &claim, NOW);
        orders(&mut store, &[("ada", NOW)]);
        store.take_incoming(NOW, &|_| Vec::new()).unwrap();
        let outcome = outcomes(&batch, |_| wait(NOW + DAY));
        store.commit_outcomes(&claim, &outcome, &[], "UTC", NOW).unwrap();
        assert!(due_at(&mut store, &spring, "a", NOW).contains(&"ada".to_owned()));
    }),
    ("an interaction wakes the one who waits for it", |place| {
        let mut store = place.store();
        let spring = people(&mut store, &[awaiting("a", false)]);
        commit(&mut store, &spring, "a", NOW, |_| wait(NOW + 30 * DAY));
        orders(&mut store, &[("ada", NOW + HOUR)]);
        store.take_incoming(NOW + 2 * HOUR, &|_| Vec::new()).unwrap();
        assert_eq!(due_at(&mut store, &spring, "a", NOW + HOUR - 1), [""; 0]);
        assert_eq!(due_at(&mut store, &spring, "a", NOW + HOUR), ["ada"]);
    }),
    ("an interaction wakes the account that waits for it, and nobody else's", |place| {
        let mut store = place.store();
        accounts(&mut store, &["globex"]);
        contacts(&mut store, &[("dan", "globex")]);
        let spring = people(&mut store, &[awaiting("a", true)]);
        commit(&mut store, &spring, "a", NOW, |_| wait(NOW + 30 * DAY));
        orders(&mut store, &[("ada", NOW - HOUR)]);
        store.take_incoming(NOW + HOUR, &|_| Vec::new()).unwrap();
        assert_eq!(due_at(&mut store, &spring, "a", NOW + HOUR), ["ada", "bob"]);
    }),
    ("an interaction of another type wakes nobody", |place| {
        let mut store = place.store();
        let spring = people(&mut store, &[awaiting("a", true)]);
        commit(&mut store, &spring, "a", NOW, |_| wait(NOW + 30 * DAY));
        let refund = super::world::interaction("r", "Refunded", "ada", NOW);
        store.insert_interactions(&[], &[refund]).unwrap();
        store.take_incoming(NOW + HOUR, &|_| Vec::new()).unwrap();
        assert_eq!(due_at(&mut store, &spring, "a", NOW + HOUR), [""; 0]);
    }),
    ("rule 10: a stopped colleague has the account looked at again", |place| {
        let mut store = place.store();
        let spring = people(&mut store, &[awaiting("a", true)]);
        commit(&mut store, &spring, "a", NOW, |_| wait(NOW + 30 * DAY));
        let blocks = [Block::holds("unsubscribed", is(contact("id"), text("bob")))];
        store.stop_blocked(spring.iteration.key, &blocks, "UTC", NOW + HOUR).unwrap();
        assert_eq!(due_at(&mut store, &spring, "a", NOW + HOUR), ["ada"]);
    }),
];

fn lead(account_key: i64, contact_key: Option<i64>, id: &str) -> EffectRow {
    let fields =
        vec![("topic", Some("bikes".to_owned())), ("owner", None), ("account_id", Some("acme".to_owned()))];
    EffectRow { effect: Effect::Lead { fields }, ..activity(0, account_key, contact_key, id) }
}

fn activities(store: &mut Store) -> Vec<String> {
    let mut ids = Vec::new();
    let mut each = |row: tilework::store::ActivityRow| {
        ids.push(row.id);
        Ok(())
    };
    store.activities(&ListFilter::default(), &mut each).unwrap();
    ids
}

#[test]
fn batches_are_committed_the_same_on_both_databases() {
    hold_on_both(CASES);
}
