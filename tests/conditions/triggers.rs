//! Conditions that a trigger can wait for, and those that it can't: as tables.

use tilework::{compile, definitions, diagnostics::Problems};

use crate::support::{
    definitions::USUAL,
    workspace::{Database, Workspace},
};

/// The codes of the problems that a trigger has with a condition and more of its parameters.
fn problems(condition: &str, more: &str) -> Vec<&'static str> {
    let more_names = "kind: interaction\nname: Paid\nattributes:\n  amount: { type: number }\n---\nkind: topic\nname: news\n";
    let journey = format!(
        "kind: journey\nname: spring\ntarget: account\nstart: 2026-03-01 08:00\nend: 2027-03-01 08:00\n\
         audience: {{ include: [everyone] }}\nsteps:\n  - {{ id: invite, tile: email, with: {{ email: invite }} }}\n  \
         - {{ id: answer, tile: trigger, with: {{ based_on: account, when: {condition}{more} }} }}\n"
    );
    let workspace = Workspace::on(Database::Sqlite)
        .file("journeys/usual.yaml", USUAL)
        .file("journeys/more.yaml", more_names)
        .file("journeys/spring.yaml", &journey);
    let mut problems = Problems::default();
    let definitions = definitions::load(workspace.root(), None, &|_| None, &mut problems).unwrap();
    compile::compile(&definitions, &mut problems);
    problems.sorted().iter().map(|problem| problem.code.name()).collect()
}

#[test]
fn rule_11_a_trigger_refuses_what_holds_for_everybody_who_did_nothing() {
    let refused = [
        "{ did_not: OrderPlaced }",
        "{ did_not: EmailClicked, step: invite }",
        "{ did: OrderPlaced, at_most: 3 times }",
        "{ did: OrderPlaced, exactly: 0 }",
        "{ none: [{ did: OrderPlaced }] }",
        "{ none: [{ did: OrderPlaced }, { did: Visited, at_least: 2 times }] }",
        "{ any: [{ did: OrderPlaced }, { did_not: Visited }] }",
        "{ any: ['contact.city == \"Oslo\"', { did_not: Visited }] }",
        "{ all: [{ did_not: OrderPlaced }, { did: Visited, at_most: 1 }] }",
        "{ none: [{ all: [{ did: OrderPlaced }, 'contact.city == \"Oslo\"'] }] }",
        "{ did: Paid, sum: amount, at_most: 5 }",
        "{ did: Paid, sum: amount, exactly: 0 }",
        "{ none: [{ did: Paid, avg: amount, at_least: 5 }] }",
        "{ none: [{ did: Paid, max: amount, at_least: account.employees }] }",
        "{ no_contact: { did: OrderPlaced } }",
        "{ all_contacts: { did_not: OrderPlaced } }",
        "{ any_contact: { did_not: OrderPlaced } }",
        "{ any_contact: { did_not: OrderPlaced }, at_least: '50%' }",
        "{ any_contact: { did: OrderPlaced }, at_most: 2 contacts }",
        "{ none: [{ any_contact: { did: OrderPlaced } }] }",
        "true",
    ];
    for condition in refused {
        assert_eq!(problems(condition, ""), ["holds-on-arrival"], "{condition}");
    }
    let allowed = [
        "{ did: OrderPlaced }",
        "{ did: OrderPlaced, exactly: 2 }",
        "{ all: [{ did_not: OrderPlaced }, 'contact.city == \"Oslo\"'] }",
        "{ all: [{ did_not: OrderPlaced }, { did: Visited }] }",
        "{ all: [{ did_not: OrderPlaced }, { segment: everyone }] }",
        "{ none: [{ did: OrderPlaced }, { segment: everyone }] }",
        "{ none: ['contact.city == \"Oslo\"'] }",
        "{ none: [{ subscribed: news }] }",
        "{ did: Paid, sum: amount, at_least: 5 }",
        "{ did: Paid, min: amount, at_most: 5 }",
        "{ did: Paid, sum: amount, at_most: account.employees }",
        "{ no_contact: { did_not: OrderPlaced } }",
        "{ no_contact: 'contact.city == \"Oslo\"' }",
        "{ any_contact: { did_not: OrderPlaced }, at_least: 2 contacts }",
        "{ no_lead: 'lead.stage == \"inquiry\"' }",
    ];
    for condition in allowed {
        assert!(problems(condition, "").is_empty(), "{condition}: {:?}", problems(condition, ""));
    }
}

#[test]
fn rule_11_a_window_that_leaves_nothing_out_is_refused() {
    let refused = [
        // The journey starts on 2026-03-01 at 08:00.
        ("{ did: OrderPlaced, since: 2026-03-01 }", ""),
        ("{ did: OrderPlaced, since: 2026-03-01 08:00 }", ""),
        ("{ all: [{ did: OrderPlaced, since: 2026-02-01, at_least: 2 }, { did: Visited }] }", ""),
        ("{ did: OrderPlaced, within: 3 days }", ""),
        ("{ did: OrderPlaced, within: 3 days, at_least: 1 time }", ", timeout: 30 days"),
        ("{ did: EmailClicked, within: 3 days, step: invite }", ", timeout: 30 days"),
        ("{ any: [{ did: OrderPlaced, within: 3 days }, 'contact.city == \"Oslo\"'] }", ""),
        ("{ all: [{ any: [{ did: OrderPlaced, within: 3 days }, { did: Visited }] }] }", ""),
        ("{ did: OrderPlaced, within: 30 days, at_least: 2 }", ", timeout: 30 days"),
        ("{ did: OrderPlaced, within: 5 weeks, at_least: 2 }", ", timeout: 1 month"),
        ("{ did: OrderPlaced, within: 3 months, at_least: 2 }", ", timeout: 3 months"),
        ("{ did: Paid, sum: amount, at_least: 5, within: 30 days }", ", timeout: 2 weeks"),
        ("{ all: [{ did: Visited }, { did_not: OrderPlaced, within: 30 days }] }", ", timeout: 30 days"),
        // What colleagues do counts from the same moment.
        ("{ any_contact: { did: OrderPlaced, within: 3 days } }", ", timeout: 10 days"),
        (
            "{ any_contact: { did: OrderPlaced, within: 30 days }, at_least: 2 contacts }",
            ", timeout: 10 days",
        ),
        ("{ any_contact: { did: OrderPlaced, since: 2026-01-01 } }", ", timeout: 10 days"),
    ];
    for (condition, more) in refused {
        assert_eq!(problems(condition, more), ["window-without-effect"], "{condition}{more}");
    }
    let allowed = [
        ("{ did: OrderPlaced, since: 2026-03-01 08:01 }", ""),
        ("{ did: OrderPlaced, since: entry }", ""),
        ("{ did: OrderPlaced, since: entry, until: 2026-03-09 }", ", timeout: 30 days"),
        ("{ did: OrderPlaced, within: 30 days, at_least: 2 }", ""),
        ("{ did: OrderPlaced, within: 29 days, at_least: 2 }", ", timeout: 30 days"),
        ("{ did: OrderPlaced, within: 30 days, at_least: 2 }", ", timeout: 1 month"),
        ("{ did: OrderPlaced, within: 30 days, at_least: 2 }", ", timeout: 20 business days"),
        ("{ did: EmailClicked, within: 30 days, step: invite, at_least: 2 }", ", timeout: 30 days"),
        ("{ all: [{ did: OrderPlaced, within: 1 day }, { did: Visited, within: 1 day }] }", ""),
        ("{ all: [{ did: OrderPlaced, within: 1 day }, 'contact.city == \"Oslo\"'] }", ", timeout: 30 days"),
        ("{ any_contact: { did: OrderPlaced, within: 3 days }, at_least: 2 contacts }", ", timeout: 10 days"),
        ("{ all_contacts: { did: OrderPlaced, within: 3 days } }", ", timeout: 10 days"),
    ];
    for (condition, more) in allowed {
        assert!(problems(condition, more).is_empty(), "{condition}{more}: {:?}", problems(condition, more));
    }
}

#[test]
fn rule_11_since_entry_is_asked_of_those_who_entered_and_of_nobody_else() {
    let refused = [
        ("{ did: EmailClicked, step: invite, since: entry }", ""),
        ("{ did: OrderPlaced, since: entry }", ", counts: all_contacts"),
        ("{ any_contact: { did: OrderPlaced, since: entry } }", ""),
        ("{ did: OrderPlaced, since: entry, within: 3 days, at_least: 2 }", ""),
    ];
    for (condition, more) in refused {
        assert_eq!(problems(condition, more), ["invalid-value"], "{condition}{more}");
    }
}

/// The problems of a journey's steps, as `code: message`.
fn problems_of(head: &str, steps: &str) -> Vec<String> {
    let journey = format!(
        "kind: journey\nname: spring\ntarget: contact\nstart: 2026-03-01 08:00\n{head}\
         audience: {{ include: [everyone] }}\nsteps:\n{steps}"
    );
    let workspace = Workspace::on(Database::Sqlite)
        .file("journeys/usual.yaml", USUAL)
        .file("journeys/spring.yaml", &journey);
    let mut problems = Problems::default();
    let definitions = definitions::load(workspace.root(), None, &|_| None, &mut problems).unwrap();
    compile::compile(&definitions, &mut problems);
    problems.sorted().iter().map(|problem| format!("{}: {}", problem.code.name(), problem.message)).collect()
}

#[test]
fn what_no_trigger_can_ever_see_is_refused() {
    const INVITE: &str = "  - { id: invite, tile: email, with: { email: invite } }\n";
    let trigger = |when: &str| {
        format!("  - {{ id: answer, tile: trigger, with: {{ when: {when}, timeout: 3 days }} }}\n")
    };
    let back = "  - { id: again, tile: goto, with: { step: answer, at_most: 2 } }\n";
    let cases: [(String, &[&str]); 9] = [
        (format!("{INVITE}{}", trigger("{ did: EmailClicked, step: invite }")), &[]),
        (
            format!("{}{INVITE}", trigger("{ did: EmailClicked, step: invite }")),
            &[
                "never-holds: the step `invite` comes later: nobody was there yet, so nothing it causes can have happened",
            ],
        ),
        // Whoever goes back was there.
        (format!("{}{INVITE}{back}", trigger("{ did: EmailClicked, step: invite }")), &[]),
        (
            format!(
                "  - {{ id: pause, tile: wait, with: {{ for: 1 day }} }}\n{}",
                trigger("{ did: EmailSent, step: pause }")
            ),
            &["never-holds: nothing is caused by `pause`, which is a `wait`"],
        ),
        (
            format!(
                "  - {{ id: call, tile: activity, with: {{ type: task, subject: x }} }}\n{}",
                trigger("{ did: EmailSent, step: call }")
            ),
            &["never-holds: no `EmailSent` is caused by `call`, which is no e-mail but `activity`"],
        ),
        (
            format!("{INVITE}{}", trigger("{ did: EmailOpened, email: invit }")),
            &["unknown-email: there is no e-mail `invit`"],
        ),
        (
            format!(
                "{INVITE}{}",
                trigger("{ did: EmailOpened, where: 'interaction.email in [\"invite\", \"other\"]' }")
            ),
            &["unknown-email: there is no e-mail `other`"],
        ),
        (
            format!("{INVITE}{}", trigger("{ any_contact: { did: EmailOpened, step: answer } }")),
            &["never-holds: nothing is caused by `answer`, which is a `trigger`"],
        ),
        (
            format!(
                "{INVITE}  - {{ id: answer, tile: trigger, with: {{ when: {{ did: OrderPlaced }} }} }}\n"
            ),
            &["endless-wait: this waits for ever: it has no `timeout`, and the journey has no `end`"],
        ),
    ];
    for (steps, expected) in cases {
        assert_eq!(problems_of("", &steps), expected, "{steps}");
    }
    let waits = "  - { id: answer, tile: trigger, with: { when: { did: OrderPlaced } } }\n";
    assert_eq!(problems_of("end: 2026-05-01 08:00\n", waits), [] as [&str; 0]);
    assert_eq!(problems_of("repeat: { every: 30 days }\n", waits), [] as [&str; 0]);
}
