//! Functions of scripts and tables in triggers and branches.

use super::{EVERYONE, whatever_the_batch, workspace};
use crate::support::{
    workspace::{Database, on_both},
    world::World,
};
use tilework::interactions::ImportKind;

const SCRIPT: &str = "fn is_decision_maker(contact) {
    if contact.first_name == \"dan\" { throw \"no\"; }
    contact.role == \"decision_maker\"
}
fn fit(account) {
    if account.employees == () { throw \"unknown size\"; }
    account.employees / 100.0
}
fn beside(contact, account) { contact.first_name + \" of \" + (account.name ?? \"nobody\") }
";

const TERRITORIES: &str = "industry,region,share\nFinance,EMEA,0.5\nEnergy,APAC,0.2\n";

fn scripted(database: Database, steps: &str) -> World {
    let workspace = workspace(database, EVERYONE, steps)
        .file("scripts/people.rhai", SCRIPT)
        .file("tables/territories.csv", TERRITORIES);
    let mut world = super::populated(&workspace);
    world.import(ImportKind::Accounts, "id,employees,industry\nacme,1500,Finance\nglobex,,Energy\n");
    world
}

fn trigger(based_on: &str, when: &str) -> String {
    format!(
        "
  - id: decides
    tile: trigger
    with:
      based_on: {based_on}
      when: {when}
      timeout: 30 days
"
    )
}

#[test]
fn a_trigger_asks_a_script_and_wakes_when_a_field_changes_that_it_reads() {
    whatever_the_batch(|database, batch| {
        let mut world =
            scripted(database, &trigger("contact", "is_decision_maker(contact)")).batches_of(batch);
        world.set("ada", "role", "decision_maker");
        world.set("dan", "role", "decision_maker");
        world.tick("2026-03-01 08:00");
        let waits = "| at decides";
        world.ways(&[("ada", "decides.then | finished"), ("bob", waits), ("cy", waits), ("dan", waits)]);
        world.set("bob", "role", "decision_maker");
        world.tick("2026-03-05 08:00");
        world.ways(&[("bob", "decides.then | finished"), ("cy", waits), ("dan", waits)]);
        world.write(
            "scripts/people.rhai",
            &SCRIPT.replace("contact.role ==", "contact.first_name == \"cy\" || contact.role =="),
        );
        world.tick("2026-03-06 08:00");
        world.ways(&[("cy", "decides.then | finished"), ("dan", waits)]);
        // A function that fails doesn't hold, and keeps nobody else.
        world.tick("2026-04-01 08:00");
        world.ways(&[("dan", "decides.else | finished")]);
    });
}

#[test]
fn a_trigger_of_accounts_joins_a_script_with_what_happened() {
    on_both(|database| {
        let when = "\n        all:\n          - did: OrderPlaced\n          - is_decision_maker(contact)\n          - fit(account) > 10";
        let mut world = scripted(database, &trigger("account", when));
        world.set("bob", "role", "decision_maker");
        world.set("cy", "role", "decision_maker");
        world.tick("2026-03-01 08:00");
        for contact in ["ada", "cy"] {
            world.did(contact, "OrderPlaced", "2026-03-02 10:00");
        }
        world.tick("2026-03-02 10:00");
        world.ways(&[("ada", "| at decides"), ("cy", "| at decides")]);
        world.did("bob", "OrderPlaced", "2026-03-03 10:00");
        world.tick("2026-03-03 10:00");
        world.ways(&[
            ("ada", "decides.then | finished"),
            ("bob", "decides.then | finished"),
            ("cy", "| at decides"),
        ]);
        world.import(ImportKind::Accounts, "id,employees\nglobex,5000\n");
        world.tick("2026-03-04 10:00");
        world.ways(&[("cy", "decides.then | finished")]);
    });
}

#[test]
fn a_trigger_asks_about_all_contacts_of_the_account() {
    on_both(|database| {
        let when = "\n        any_contact: is_decision_maker(contact)\n        at_least: 2 contacts";
        let mut world = scripted(database, &trigger("account", when));
        world.set("ada", "role", "decision_maker");
        world.tick("2026-03-01 08:00");
        world.ways(&[("ada", "| at decides"), ("bob", "| at decides")]);
        world.contacts(&[("eve", "acme")]);
        world.set("eve", "role", "decision_maker");
        world.tick("2026-03-02 08:00");
        world.ways(&[
            ("ada", "decides.then | finished"),
            ("eve", "decides.then | finished"),
            ("cy", "| at decides"),
        ]);
    });
}

#[test]
fn a_branch_compares_what_scripts_and_tables_give() {
    let steps = "
  - id: which
    tile: branch
    with:
      based_on: account
      cases:
        fits: fit(account) * 2 >= 20
        apac: lookup(\"territories\", account.industry, \"region\") in [\"APAC\", \"ANZ\"]
        decides: { any_contact: is_decision_maker(contact) }
";
    whatever_the_batch(|database, batch| {
        let mut world = scripted(database, steps).batches_of(batch);
        world.accounts(&["initech"]);
        world.contacts(&[("eve", "initech"), ("fay", "initech"), ("gus", "")]);
        world.set("fay", "role", "decision_maker");
        world.set("dan", "role", "decision_maker");
        world.set("gus", "role", "decision_maker");
        world.tick("2026-03-01 08:00");
        world.ways(&[
            ("ada", "which.fits | finished"),
            ("cy", "which.apac | finished"),
            // Nothing is known of the size of initech, and dan's call fails: they aren't held up by that.
            ("eve", "which.decides | finished"),
            ("dan", "which.else | finished"),
            ("gus", "which.decides | finished"),
        ]);
        assert_eq!(
            world.because("ada", "which"),
            "fit(account) * 2 is at least 20 (fit(account) 15, account.employees 1500)"
        );
        assert_eq!(
            world.because("cy", "which"),
            "lookup(\"territories\", account.industry, \"region\") is one of \"APAC\", \"ANZ\" (lookup(\"territories\", account.industry, \"region\") \"APAC\", account.industry \"Energy\")"
        );
    });
}

#[test]
fn a_script_sees_the_account_that_the_contact_entered_with() {
    let steps = "
  - id: pause
    tile: wait
    with: { for: 2 days }
  - id: who
    tile: branch
    with:
      based_on: contact
      cases:
        acme: beside(contact, account) == \"ada of ACME\"
        globex: beside(contact, account) == \"ada of GLOBEX\"
        nobody: ends_with(beside(contact, account), \"of nobody\")
";
    on_both(|database| {
        let mut world = scripted(database, steps);
        world.tick("2026-03-01 08:00");
        world.contacts(&[("ada", "globex")]);
        world.tick("2026-03-03 08:00");
        world.ways(&[
            ("ada", "pause who.acme | finished"),
            ("bob", "pause who.else | finished"),
            ("dan", "pause who.nobody | finished"),
        ]);
    });
}
