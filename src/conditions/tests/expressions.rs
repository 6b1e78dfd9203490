//! Expressions in words, and what is wrong with others.

use proptest::prelude::*;

use super::{places, text, told};
use crate::{
    definitions::ConditionNode,
    diagnostics::Code,
    model::Entity::{self, Account, Contact, Lead},
};

fn says(target: Entity, source: &str) -> String {
    told(target, &ConditionNode::Expression(text(source)))
}

#[test]
fn expressions_say_in_words_what_they_ask() {
    let cases = [
        (Contact, r#"account.city == "Chicago""#, r#"account.city is "Chicago""#),
        (Account, "account.revenue >= 100_000", "account.revenue is at least 100000"),
        (
            Contact,
            r#"contact.jobtitle in ["Purchaser", "Buyer"]"#,
            r#"contact.job_title is one of "Purchaser", "Buyer""#,
        ),
        (Contact, r#"contact.job_title !in ["Buyer"]"#, r#"contact.job_title is none of "Buyer""#),
        (
            Account,
            "account.employees in 100..=1000",
            "account.employees is at least 100 and account.employees is at most 1000",
        ),
        (Contact, r#"same(contact.country, "uk")"#, r#"contact.country is "uk" whatever its case"#),
        (Contact, "not(contact.do_not_email)", "contact.do_not_email is not true"),
        (Contact, "!contact.donotemail", "contact.do_not_email is not true"),
        (Contact, "contact.do_not_email == true", "contact.do_not_email is true"),
        (Contact, "contact.do_not_email == false", "contact.do_not_email is not true"),
        (Contact, "days_since(contact.created_on) < 30", "contact.created_on is after 30 days before now"),
        (Contact, "days_until(contact.renewal) <= 14", "contact.renewal is before 15 days after today"),
        (
            Contact,
            r#"contact.created_on >= date("2026-01-01")"#,
            "contact.created_on is not before 2025-12-31T23:00:00Z",
        ),
        (
            Contact,
            r#"contact.created_on < time("2026-01-01 08:00")"#,
            "contact.created_on is before 2026-01-01T07:00:00Z",
        ),
        (Contact, "contact.renewal == today()", "contact.renewal is today"),
        (Contact, "contact.created_on == today()", "contact.created_on is in this day"),
        (Contact, "contact.created_on == today() + 7", "contact.created_on is on the day in 7 days"),
        (Contact, r#"in_following(contact.renewal, "day")"#, "contact.renewal is in the day after this one"),
        (
            Contact,
            r#"in_following(contact.renewal, "2 weeks")"#,
            "contact.renewal is in the 2 weeks after this one",
        ),
        (Contact, r#"unchanged_for(account.status, "30 days")"#, "account.status hasn't changed for 30 days"),
        (Contact, r#"matches(contact.email, "@acme")"#, r#"contact.email matches "@acme""#),
        (
            Contact,
            r#"starts_with_ignoring_case(contact.email, "a")"#,
            r#"contact.email starts with "a" whatever its case"#,
        ),
        (Contact, r#"account.parent_account.name == "x""#, r#"account.parent_account.name is "x""#),
        (Contact, r#"contact.account.name == "x""#, r#"contact.account.name is "x""#),
        (Lead, r#"lead.contact.account.name == "x""#, r#"contact.account.name is "x""#),
        (Lead, r#"lead.account.name == "x""#, r#"account.name is "x""#),
        (
            Account,
            r#"account.primary_contact.account.name == "x""#,
            r#"account.primary_contact.account.name is "x""#,
        ),
        (Contact, "contact.renewal >= today() - 7", "contact.renewal is not before 7 days before today"),
        (Contact, "contact.created_on <= now()", "contact.created_on is not after now"),
        (Contact, r#"contains(contact.job_title, "Buy")"#, r#"contact.job_title contains "Buy""#),
        (Contact, r#"contact.job_title.starts_with("Buy")"#, r#"contact.job_title starts with "Buy""#),
        (Contact, r#"ends_with(contact.email, account.website)"#, "contact.email ends with account.website"),
        (Contact, "is_blank(contact.email)", "contact.email is blank"),
        (Contact, "!is_blank(contact.email)", "contact.email is not blank"),
        (
            Contact,
            r#"contains_any(contact.colours, ["red", "blue"])"#,
            r#"contact.colours has any of "red", "blue""#,
        ),
        (Contact, r#"contact.colours.contains_all(["red"])"#, r#"contact.colours has all of "red""#),
        (Contact, r#""red" in contact.colours"#, r#"contact.colours has any of "red""#),
        (Contact, r#"contact.account.city == "x""#, r#"contact.account.city is "x""#),
        (
            Contact,
            r#"contact.contact_account_parentcustomerid.name == "x""#,
            r#"contact.account.name is "x""#,
        ),
        (Contact, r#"contact.parentcustomerid == "a1""#, r#"contact.account_id is "a1""#),
        (Lead, r#"lead.contact.city == lead.account.city"#, "contact.city is account.city"),
        (
            Account,
            "account.revenue / account.employees > 1000.5",
            "account.revenue / account.employees is more than 1000.5",
        ),
        (
            Account,
            "-account.revenue < (2 + account.employees) * 3",
            "0 - account.revenue is less than (2 + account.employees) * 3",
        ),
        (
            Account,
            r#"account.size == "SMB" && (account.status == "a" || account.status == "b")"#,
            r#"account.size is "SMB" and (account.status is "a" or account.status is "b")"#,
        ),
        (Account, "true", "always"),
        (
            Contact,
            "contact.colours in [1] || true",
            "incompatible-types: choices `contact.colours` and integer `1` can't be compared | Write `contains_any(contact.colours, [\"…\"])` or `contains_all(contact.colours, [\"…\"])`.",
        ),
    ];
    for (target, source, expected) in cases {
        assert_eq!(says(target, source), expected, "{source}");
    }
}

#[test]
fn what_is_wrong_is_said_with_a_way_to_mend_it() {
    let cases = [
        (
            Account,
            "account.citty == \"x\"",
            "unknown-field: account has no field `citty` | Did you mean `city`?",
        ),
        (
            Account,
            "account.telefone1 == \"x\"",
            "unknown-field: account has no field `telefone1` | Did you mean `telephone1`?",
        ),
        (
            Account,
            "account.birthdate == \"x\"",
            "unknown-field: account has no field `birthdate` | There is `contact.birthdate`.",
        ),
        (Account, "city == \"x\"", "unknown-field: `city` is not known here | Write `account.city`."),
        (
            Account,
            "acount.city == \"x\"",
            "unknown-field: `acount` is not known here | Did you mean `account`?",
        ),
        (
            Account,
            "account.city == Chicago",
            "unknown-field: `Chicago` is not known here | Write `\"Chicago\"` if it is text.",
        ),
        (
            Account,
            "account.city == null",
            "expression-form: conditions have no `null` | Write `is_blank(…)` to ask for a missing value.",
        ),
        (
            Account,
            "account",
            "unknown-field: `account` is a record, and a value is needed | Name one of its fields, such as `account.id`.",
        ),
        (
            Account,
            "contact.city == \"x\"",
            "contact-in-account: `contact.city` is asked in a condition about accounts, which have many contacts | Write `any_contact: contact.city …` to ask for at least one of them.",
        ),
        (
            Contact,
            "lead.stage == \"x\"",
            "unknown-field: `lead` isn't known in a condition about contacts | Write `any_lead: lead.stage …` to ask for at least one of them.",
        ),
        (
            Contact,
            "interaction.link == \"x\"",
            "unknown-field: `interaction` is known only in the `where` of a `did` | Write `did: EmailClicked` with `where: interaction.link == \"…\"` below it.",
        ),
        (
            Account,
            "account.primary_contact.citty == \"x\"",
            "unknown-field: contact has no field `citty` | Did you mean `city`?",
        ),
        (
            Account,
            "account.levels.tier == \"x\"",
            "unknown-field: account has no levels `tier` | Levels come from `kind: levels` with `of: account`; hyphens are written as `_`.",
        ),
        (
            Contact,
            "contact.city.name == \"x\"",
            "unknown-field: `contact.city` is text, and leads to no record | From a contact there is `contact.account`.",
        ),
        (
            Account,
            "account.revenue == \"100_000\"",
            "incompatible-types: number `account.revenue` and text `\"100_000\"` can't be compared | Write `100000` without quotes.",
        ),
        (
            Account,
            "account.revenue > \"much\"",
            "incompatible-types: number `account.revenue` and text `\"much\"` can't be compared | `account.revenue` holds numbers.",
        ),
        (
            Account,
            "account.postal_code == 60601",
            "incompatible-types: text `account.postal_code` and integer `60601` can't be compared | Write `\"60601\"` in quotes.",
        ),
        (
            Contact,
            "contact.do_not_email == \"yes\"",
            "incompatible-types: boolean `contact.do_not_email` and text `\"yes\"` can't be compared | Write `contact.do_not_email` alone, or `not(contact.do_not_email)`.",
        ),
        (
            Contact,
            "contact.city > \"M\"",
            "incompatible-types: text `contact.city` has no order that `>` could ask for | Write `==`, `!=` or `in`.",
        ),
        (
            Contact,
            "contact.consent >= \"marketing\"",
            "incompatible-types: choice `contact.consent` has no order that `>=` could ask for | List the choices that you mean, as in `x in [\"marketing\", \"profiling\"]`.",
        ),
        (
            Contact,
            "contact.consent == \"marketting\"",
            "invalid-value: `marketting` is not among the choices of `contact.consent` | Did you mean `marketing`?",
        ),
        (
            Contact,
            "contact.status in [\"active\", \"gone\"]",
            "invalid-value: `gone` is not among the choices of `contact.status` | There is: `active`, `inactive`.",
        ),
        (
            Contact,
            "contains_any(contact.colours, [\"reed\"])",
            "invalid-value: `reed` is not among the choices of `contact.colours` | Did you mean `red`?",
        ),
        (
            Contact,
            "contact.colours == \"red\"",
            "incompatible-types: choices `contact.colours` and text `\"red\"` can't be compared | Write `contains_any(contact.colours, [\"red\"])` or `contains_all(contact.colours, [\"red\"])`.",
        ),
        (
            Contact,
            "contains_any(contact.city, [\"x\"])",
            "incompatible-types: `contains_any` asks fields of several choices, and text `contact.city` is none | Write `contact.city in [\"a\", \"b\"]`.",
        ),
        (
            Contact,
            "contact.city in \"Chicago\"",
            "incompatible-types: `in` looks in a list or a range, and text `\"Chicago\"` is neither | Write `contains(\"Chicago\", contact.city)` to look for text in text.",
        ),
        (
            Contact,
            "contact.city in [\"a\", 1]",
            "incompatible-types: the list mixes text `\"a\"` and integer `1` | All values of a list have the same type.",
        ),
        (Contact, "contact.city in []", "expression-form: the list is empty, so nothing is in it | -"),
        (
            Contact,
            "contact.created_on > \"2026-01-01\"",
            "incompatible-types: datetime `contact.created_on` and text `\"2026-01-01\"` can't be compared | Write `date(\"2026-01-01\")`.",
        ),
        (
            Contact,
            "contact.created_on > \"2026-01-01 08:00\"",
            "incompatible-types: datetime `contact.created_on` and text `\"2026-01-01 08:00\"` can't be compared | Write `time(\"2026-01-01 08:00\")`.",
        ),
        (
            Contact,
            "contact.created_on >= contact.renewal",
            "incompatible-types: datetime `contact.created_on` and date `contact.renewal` can't be compared | Compare dates with dates, and moments with moments, or with `today()`.",
        ),
        (
            Contact,
            "account.parent_account.owner.name == \"x\"",
            "unknown-field: `account.parent_account.owner` is text, and leads to no record | From an account there is `account.parent_account.primary_contact`, `account.parent_account.parent_account`.",
        ),
        (
            Contact,
            "account.parent_acount.name == \"x\"",
            "unknown-field: `account` has no relation `parent_acount` | Did you mean `parent_account`?",
        ),
        (
            Contact,
            "account.parent_account.score.engagement > 3",
            "unknown-field: scores, grades and levels of `account.parent_account` aren't known here | They are known of the contact, account or lead that the condition is about, and of its own account and contact.",
        ),
        (
            Contact,
            "contact.renewal > date(\"2026-02-30\")",
            "invalid-time: `2026-02-30` is not a date | Write year, month and day, as in `date(\"2026-01-31\")`.",
        ),
        (
            Contact,
            "contact.created_on > time(\"noon\")",
            "invalid-time: `noon` is not a date and time | Write `time(\"2026-01-31 08:00\")`, or RFC 3339.",
        ),
        (
            Contact,
            "contact.city",
            "incompatible-types: text `contact.city` stands where a condition is needed | Write `contact.city == \"…\"` or `not(is_blank(contact.city))`.",
        ),
        (
            Contact,
            "days_since(contact.created_on)",
            "incompatible-types: `days_since` gives a number of days, and a condition is needed | Compare it with a number, as in `days_since(…) < 30`.",
        ),
        (
            Contact,
            "days_since(contact.city) < 3",
            "incompatible-types: `days_since` needs a date or datetime, and `contact.city` is text | Name a field that holds one, such as `contact.created_on`.",
        ),
        (
            Contact,
            "days_since(contact.created_on) < contact.city",
            "expression-form: a number of days can only be compared with a number | Write `days_since(contact.created_on) < 30`.",
        ),
        (
            Contact,
            "days_since(contact.created_on) < 99_000_000",
            "invalid-value: 99000000 days are more than the calendar has | -",
        ),
        (
            Account,
            "account.city + 1 > 2",
            "incompatible-types: `+` needs numbers, and `account.city` is text | Only numbers can be calculated with.",
        ),
        (
            Contact,
            "now() - contact.created_on > 3",
            "incompatible-types: `-` needs numbers, and `now()` is datetime | Write `days_since(…) < 30` or `days_until(…) < 30` to ask for a distance in days.",
        ),
        (
            Contact,
            "is_blank(contact.email) == true",
            "expression-form: a condition stands where a value is needed | Leave `== true` away, and combine conditions with `&&`, `||` and `not(…)`.",
        ),
        (
            Contact,
            "contain(contact.email, \"x\")",
            "unknown-function: there is no function `contain` | Did you mean `contains`?",
        ),
        (
            Contact,
            "weekday(contact.birthdate) == \"monday\"",
            "invalid-value: `monday` is not among the choices of `weekday(contact.birthdate)` | There is: `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`.",
        ),
        (
            Contact,
            "is_blank()",
            "unknown-function: `is_blank` takes 1 argument, and here is none | Write `is_blank(contact.email)`.",
        ),
        (
            Contact,
            "contains(contact.email, 3)",
            "incompatible-types: `contains` looks at text, and `3` is integer | Write text in double quotes.",
        ),
        (
            Contact,
            "contact.account_id == account.primary_contact_id",
            "incompatible-types: account `contact.account_id` and contact `account.primary_contact_id` can't be compared | Compare values of the same type.",
        ),
    ];
    for (target, source, expected) in cases {
        assert_eq!(says(target, source), expected, "{source}");
    }
}

#[test]
fn all_problems_are_found_at_their_places() {
    let source = r#"contact.citty == "x" && contact.status == "gone" && nope(1) && contact.city > 3"#;
    assert_eq!(
        places(Contact, source),
        [
            (9, Code::UnknownField),
            (43, Code::InvalidValue),
            (53, Code::UnknownFunction),
            (79, Code::IncompatibleTypes)
        ]
    );
}

proptest! {
    #[test]
    fn any_sequence_of_names_and_signs_is_checked_or_refused(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "contact.city", "contact.created_on", "contact.renewal", "account.revenue", "contact.colours",
                "contact.do_not_email", "contact", "lead.stage", "==", "!=", "<", ">=", "+", "-", "/", "in",
                "!in", "(", ")", "[", "]", ",", "..", "..=", "&&", "||", "!", "1", "2.5", "\"x\"", "\"red\"",
                "days_since(", "days_until(", "date(\"2026-01-01\")", "today()", "now()", "not(", "is_blank(",
                "contains(", ".contains(", "contains_any(", "same(", "date(", "true", "8_000_000",
            ]),
            1..14,
        ),
        target in prop::sample::select(vec![Contact, Account, Lead]),
    ) {
        let source = words.join(" ");
        prop_assert!(!says(target, &source).is_empty());
    }
}

#[test]
fn rule_1_an_empty_text_asks_whether_a_value_is_blank() {
    let cases = [
        (Contact, r#"contact.phone == """#, "contact.phone is blank"),
        (Contact, r#"contact.phone != """#, "contact.phone is not blank"),
        (Contact, r#""  " == contact.phone"#, "contact.phone is blank"),
        (Contact, r#"contact.status == """#, "contact.status is blank"),
        (Account, r#"account.revenue == """#, "account.revenue is blank"),
        (Contact, r#"contact.renewal != """#, "contact.renewal is not blank"),
        (Contact, r#"contact.colours == """#, "contact.colours is blank"),
        (Contact, r#"contact.do_not_email == """#, "contact.do_not_email is blank"),
        (Contact, r#"same(contact.phone, "")"#, "contact.phone is blank"),
        (
            Contact,
            r#"contact.city in ["", "Rome"]"#,
            r#"contact.city is one of "Rome" or contact.city is blank"#,
        ),
        (
            Contact,
            r#"contact.city !in ["", "Rome"]"#,
            r#"none of: contact.city is one of "Rome"; contact.city is blank"#,
        ),
        (Contact, r#"contact.city in [""]"#, "contact.city is blank"),
        (
            Contact,
            r#"lookup("territories", contact.country, "team") == """#,
            r#"lookup("territories", contact.country, "team") is blank"#,
        ),
    ];
    for (target, source, expected) in cases {
        assert_eq!(says(target, source), expected, "{source}");
    }
}

#[test]
fn rule_1_a_missing_boolean_is_false_and_a_missing_status_active() {
    let cases = [
        (Contact, "contact.do_not_email != false", "contact.do_not_email is true"),
        (Contact, "contact.do_not_email != true", "contact.do_not_email is not true"),
        (Contact, "false == contact.do_not_email", "contact.do_not_email is not true"),
        (Contact, "true != false", "always"),
        (
            Contact,
            "contact.do_not_email == contact.is_child",
            "(contact.do_not_email is true and contact.is_child is true) or none of: contact.do_not_email is true; contact.is_child is true",
        ),
        (
            Contact,
            r#"contact.status == "active""#,
            r#"contact.status is "active" or contact.status is blank"#,
        ),
        (
            Contact,
            r#"contact.status != "active""#,
            r#"none of: contact.status is "active"; contact.status is blank"#,
        ),
        (Contact, r#"contact.status == "inactive""#, r#"contact.status is "inactive""#),
        (
            Contact,
            r#"contact.status in ["active"]"#,
            r#"contact.status is one of "active" or contact.status is blank"#,
        ),
    ];
    for (target, source, expected) in cases {
        assert_eq!(says(target, source), expected, "{source}");
    }
}

#[test]
fn guids_that_are_compared_with_ids_are_read_as_they_are_kept() {
    const WRITTEN: &str = "{6C5E1A4B-9D7F-4A1B-8C2D-000000000001}";
    const KEPT: &str = "6c5e1a4b-9d7f-4a1b-8c2d-000000000001";
    let cases = [
        (Contact, "contact.account_id == \"GUID\"", "contact.account_id is \"GUID\"", KEPT),
        (Contact, "\"GUID\" != contact.id", "\"GUID\" is not contact.id", KEPT),
        (Account, "account.parent_account.id == \"GUID\"", "account.parent_account.id is \"GUID\"", KEPT),
        (Account, "account.id in [\"GUID\", \"a1\"]", "account.id is one of \"GUID\", \"a1\"", KEPT),
        (Lead, "lead.contact_id == \"GUID\"", "lead.contact_id is \"GUID\"", KEPT),
        // A text that isn't an id is compared as it is written.
        (Contact, "contact.first_name == \"GUID\"", "contact.first_name is \"GUID\"", WRITTEN),
    ];
    for (target, source, expected, id) in cases {
        let (source, expected) = (source.replace("GUID", WRITTEN), expected.replace("GUID", id));
        assert_eq!(says(target, &source), expected, "{source}");
    }
}
