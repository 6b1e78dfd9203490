//! Servers that fail: what is tried again, what isn't, and who waits for it.

use super::{
    EVERYONE, populated,
    workflows::{FOR_EACH_ACCOUNT, FOR_EACH_CONTACT, settings, telling},
};
use crate::support::{
    http::{OK, Reply, Server},
    workspace::{Database, on_both},
    world::World,
};
use tilework::{
    compile::WorkflowWork,
    model::time::{HOUR, MINUTE, SECOND},
};

/// A world whose workflow waits for an answer for a fifth of a second.
fn impatient(mut world: World) -> World {
    for workflow in world.plan.workflows.values_mut() {
        let WorkflowWork::Http(http) = &mut workflow.work else { panic!("a call was expected") };
        http.timeout = 200;
    }
    world
}

fn world(database: Database, server: &Server, steps: &str) -> World {
    impatient(populated(&telling(database, server, "", EVERYONE, steps)))
}

#[test]
fn what_a_server_answers_decides_whether_it_is_asked_again() {
    const DELIVERED: &str = "delivered";
    let cases = [
        (OK, DELIVERED),
        (Reply::Status(204, "", ""), DELIVERED),
        (Reply::HangInBody, DELIVERED),
        (Reply::Slowly(200), DELIVERED),
        (Reply::Twice(200, 500), DELIVERED),
        (Reply::Twice(500, 200), "waiting `SERVER` answered 500"),
        (Reply::Status(400, "", "say  who\n"), "failed `SERVER` answered 400: say who"),
        (Reply::Status(404, "", ""), "failed `SERVER` answered 404"),
        (
            Reply::Status(302, "Location: http://127.0.0.1:1/\r\n", ""),
            "failed `SERVER` answered 302 and named another address, which isn't followed",
        ),
        (Reply::Status(408, "", ""), "waiting `SERVER` answered 408"),
        (Reply::Status(425, "", ""), "waiting `SERVER` answered 425"),
        (Reply::Status(429, "", ""), "waiting `SERVER` answered 429"),
        (Reply::Status(500, "", ""), "waiting `SERVER` answered 500"),
        (Reply::Status(503, "", ""), "waiting `SERVER` answered 503"),
        (Reply::Hang, "waiting `SERVER` didn't answer within 200 ms"),
        (Reply::Close, "waiting `SERVER` can't be reached: the connection was closed before an answer"),
        (Reply::Half, "waiting `SERVER` can't be reached: the connection was closed before an answer"),
        (Reply::Garbage, "waiting `SERVER` gave an answer that isn't HTTP"),
    ];
    for (reply, expected) in cases {
        let server = Server::always(reply.clone());
        let mut world = world(Database::Sqlite, &server, FOR_EACH_ACCOUNT);
        world.tick("2026-03-01 08:00");
        let expected = expected.replace("SERVER", &server.address.to_string());
        assert_eq!(
            world.messages(),
            [format!("acme tell {expected}"), format!("globex tell {expected}")],
            "{reply:?}"
        );
        world.ways(&[("ada", "tell | finished")]);
    }
}

#[test]
fn rule_19_a_call_is_tried_again_with_the_same_key_and_given_up_in_the_end() {
    on_both(|database| {
        let server = Server::always(Reply::Status(503, "", ""));
        let mut world = world(database, &server, FOR_EACH_ACCOUNT);
        world.tick("2026-03-01 08:00");
        assert_eq!(server.keys().len(), 2);
        // Rule 28: played time changes nothing about when it is tried again.
        world.tick("2026-03-02 08:00");
        assert_eq!(server.keys().len(), 2);
        for (passed, calls) in [(29 * SECOND, 2), (2 * SECOND, 4), (50 * SECOND, 4), (20 * SECOND, 6)] {
            world.passed += passed;
            world.tick("2026-03-02 08:00");
            assert_eq!(server.keys().len(), calls, "{}", world.passed);
        }
        let reason = format!("failed given up after 3 tries: `{}` answered 503", server.address);
        assert_eq!(world.messages(), [format!("acme tell {reason}"), format!("globex tell {reason}")]);
        world.passed += 24 * HOUR;
        world.tick("2026-03-02 08:00");
        assert_eq!(server.keys()[..3], ["spring/1/tell/1/acme/0"; 3]);
        assert_eq!(server.keys().len(), 6);
    });
}

#[test]
fn a_server_that_names_a_time_is_asked_then() {
    on_both(|database| {
        let server = Server::answering(|_, before| match before {
            0 => Reply::Status(429, "Retry-After: 120\r\n", ""),
            _ => OK,
        });
        let mut world = world(database, &server, FOR_EACH_ACCOUNT);
        world.set("cy", "account_id", "acme");
        world.tick("2026-03-01 08:00");
        world.passed += 119 * SECOND;
        world.tick("2026-03-01 08:00");
        assert_eq!(server.received().len(), 1);
        world.passed += 2 * SECOND;
        world.tick("2026-03-01 08:00");
        assert_eq!(world.messages(), ["acme tell delivered"]);
    });
}

#[test]
fn an_operator_has_failed_calls_tried_again() {
    on_both(|database| {
        let server = Server::answering(|_, before| match before {
            0 | 1 => Reply::Status(401, "", ""),
            _ => OK,
        });
        let mut world = world(database, &server, FOR_EACH_ACCOUNT);
        world.tick("2026-03-01 08:00");
        let workspace = world.close();
        let wrong = workspace.program(&["outbox", "retry", "--state", "delivered"]);
        assert!(wrong.code == 2 && wrong.stderr.contains("can't be retried"), "{}", wrong.stderr);
        let one = workspace.program(&["outbox", "retry", "spring/1/tell/1/acme/0"]).done();
        assert_eq!(one.trim(), "1 message is tried again by the next run.");
        let all = workspace.program(&["outbox", "retry", "--state", "failed", "--journey", "spring"]).done();
        assert_eq!(all.trim(), "1 message is tried again by the next run.");
        let mut world = workspace.open();
        world.tick("2026-03-01 08:00");
        assert_eq!(world.messages(), ["acme tell delivered", "globex tell delivered"]);
        assert_eq!(server.keys()[..2], ["spring/1/tell/1/acme/0"; 2]);
    });
}

#[test]
fn an_operator_has_those_that_wait_for_another_try_tried_at_once() {
    let server = Server::answering(|_, before| if before < 2 { Reply::Status(500, "", "") } else { OK });
    let mut world = world(Database::Sqlite, &server, FOR_EACH_ACCOUNT);
    world.tick("2026-03-01 08:00");
    let workspace = world.close();
    let all = workspace.program(&["outbox", "retry", "--journey", "spring"]).done();
    assert_eq!(all.trim(), "2 messages are tried again by the next run.");
    let mut world = workspace.open();
    world.tick("2026-03-01 08:00");
    assert_eq!(world.messages(), ["acme tell delivered", "globex tell delivered"]);
}

#[test]
fn a_server_that_hangs_holds_up_nobody_else_and_is_left_alone() {
    on_both(|database| {
        let (hanging, working) = (Server::always(Reply::Hang), Server::always(OK));
        let steps = format!(
            "  - {{ id: invite, tile: email, with: {{ email: invite }} }}{FOR_EACH_CONTACT}{}",
            FOR_EACH_CONTACT.replace("id: tell", "id: other").replace("tell-crm", "tell-erp")
        );
        let other = format!("kind: workflow\nname: tell-erp\nhttp:\n  url: {}\n", working.url());
        let workspace = telling(database, &hanging, "", EVERYONE, &steps).file("journeys/other.yaml", &other);
        let mut world = workspace.open();
        world.accounts(&["acme"]);
        let ids: Vec<String> = (0..40).map(|at| format!("c{at:02}")).collect();
        let contacts: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "acme")).collect();
        world.contacts(&contacts);
        let mut world = impatient(world);
        world.tick("2026-03-01 08:00");
        assert_eq!(working.received().len(), 40);
        assert_eq!(workspace.mails().len(), 40);
        // As many as call at the same time, and perhaps one that another started meanwhile.
        let tried = hanging.received().len();
        assert!((3..=8).contains(&tried), "{tried}");
        let messages = world.messages();
        let postponed =
            messages.iter().filter(|line| line.ends_with("its host doesn't answer others either"));
        assert_eq!(postponed.count(), 40 - tried);
        // What wasn't tried keeps all its tries.
        let tries = world.tables().lines(
            "SELECT attempts, COUNT(*) FROM outbox WHERE state = 1 GROUP BY attempts ORDER BY attempts",
        );
        assert_eq!(tries, [format!("0 {}", 40 - tried), format!("1 {tried}")]);
        world.passed += 2 * MINUTE;
        world.tick("2026-03-01 08:00");
        assert!(hanging.received().len() > tried, "it is asked again another time");
    });
}

#[test]
fn who_waits_for_mail_does_not_wait_for_a_server_that_fails() {
    let server = Server::always(Reply::Status(500, "", ""));
    let steps = format!(
        "{FOR_EACH_CONTACT}  - {{ id: invite, tile: email, with: {{ email: invite }} }}
  - id: sent
    tile: trigger
    with:
      based_on: contact
      when:
        did: EmailSent
      timeout: 1 day
"
    );
    let mut world = world(Database::Sqlite, &server, &steps);
    world.tick("2026-03-01 08:00");
    world.ways(&[("ada", "tell invite sent.then | finished")]);
}

#[test]
fn a_host_that_is_private_or_not_allowed_is_never_called() {
    let server = Server::always(OK);
    for (allow, reason) in [
        (
            "[\"*.0.0.1\"]",
            "`127.0.0.1` leads to an address of this machine or its own network, which isn't allowed",
        ),
        ("[crm.vendor.example]", "the host `127.0.0.1` is not among those that may be called"),
    ] {
        let mut world = world(Database::Sqlite, &server, FOR_EACH_ACCOUNT);
        // `check` finds this, so the plan is changed behind its back, as a name's address can be.
        let hosts: Vec<String> = serde_json::from_str::<Vec<String>>(allow)
            .unwrap_or_else(|_| vec![allow.trim_matches(['[', ']']).to_owned()]);
        world.plan.settings.allow = tilework::model::AllowedHosts::new(hosts);
        world.tick("2026-03-01 08:00");
        assert_eq!(world.messages()[0], format!("acme tell failed {reason}"));
    }
    // A public name that leads here.
    let port = server.address.port();
    let workflow = format!("kind: workflow\nname: tell-crm\nhttp:\n  url: http://localhost:{port}/\n");
    let workspace = telling(Database::Sqlite, &server, "", EVERYONE, FOR_EACH_ACCOUNT)
        .file("tilework.yaml", &settings("").replace("127.0.0.1", "localhost"))
        .file("journeys/workflow.yaml", &workflow);
    let mut world = populated(&workspace);
    world.plan.settings.allow = tilework::model::AllowedHosts::default();
    world.tick("2026-03-01 08:00");
    assert!(world.messages()[0].contains("failed `localhost` leads to an address of this machine"));
    assert!(server.received().is_empty());
}

#[test]
fn a_server_that_is_gone_is_tried_again() {
    let server = Server::gone();
    let mut world = world(Database::Sqlite, &server, FOR_EACH_ACCOUNT);
    world.tick("2026-03-01 08:00");
    let reason = format!("waiting `{}` can't be reached: the connection was refused", server.address);
    assert_eq!(world.messages(), [format!("acme tell {reason}"), format!("globex tell {reason}")]);
}
