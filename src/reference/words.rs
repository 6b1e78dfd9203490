//! The signs and functions of conditions in words, for the reference page.

/// Signs between values, what they ask, and an example; tested.
pub(super) const OPERATORS: [(&str, &str, &str); 9] = [
    ("==", "is the same, upper and lower case told apart", "account.city == \"Chicago\""),
    ("!=", "isn't the same; also true when exactly one side is missing", "account.city != \"Chicago\""),
    ("<  <=  >  >=", "compares numbers, dates and times", "account.revenue >= 100_000"),
    ("in [ ]", "is one of these", "contact.job_title in [\"Purchaser\", \"Buyer\"]"),
    ("in ..=", "lies between two numbers, both included", "account.employees in 100..=1000"),
    ("&&", "both hold", "contact.is_child && contact.do_not_track"),
    ("||", "at least one holds", "contact.do_not_email || contact.do_not_bulk_email"),
    ("!", "doesn't hold; in YAML write `not(…)`", "account.city == \"Chicago\" && !contact.is_child"),
    ("+  -  *  /", "calculates", "account.revenue / account.employees > 1000"),
];

/// What each function is for.
pub(super) const FUNCTIONS: [(&str, &str); 28] = [
    ("contains", "the text has this in it; of a field of several choices, this is one of them"),
    ("starts_with", "the text begins with this"),
    ("ends_with", "the text ends with this"),
    ("contains_ignoring_case", "`contains`, whatever the case"),
    ("starts_with_ignoring_case", "`starts_with`, whatever the case"),
    ("ends_with_ignoring_case", "`ends_with`, whatever the case"),
    (
        "matches",
        "a part of the text matches the regular expression, in the syntax of the crate `regex`; `^` and `$` tie it to the ends, `(?i)` ignores case; a backslash is written twice",
    ),
    ("same", "the same text, whatever the case and the space around it"),
    ("is_blank", "missing, or nothing but space"),
    ("not", "doesn't hold"),
    ("contains_any", "the field of several choices has at least one of these"),
    ("contains_all", "the field of several choices has all of these"),
    ("date", "a day"),
    ("time", "a moment, in the definition's time zone"),
    ("today", "the present day"),
    ("now", "the present moment"),
    (
        "days_since",
        "how many days have passed since then: of a date, days of the calendar; of a moment, whole times of 24 hours, rounded down",
    ),
    (
        "days_until",
        "how many days are left until then: of a date, days of the calendar; of a moment, whole times of 24 hours, rounded down",
    ),
    ("in_last", "a date or moment no longer ago than this"),
    ("in_next", "a date or moment no further ahead than this"),
    ("in_this", "in the present day, week (from Monday), month, quarter or year"),
    (
        "in_previous",
        "in the whole day, week, month, quarter or year before the present one, or so many of them",
    ),
    (
        "in_following",
        "in the whole day, week, month, quarter or year after the present one, or so many of them: `\"day\"` is tomorrow",
    ),
    (
        "unchanged_for",
        "the field has had its present value for so long, as far as the store saw it change; of a record that came in later than that, it isn't known",
    ),
    ("anniversary", "the next date, today included, with the same day and month"),
    ("weekday", "the day of the week: mon, tue, wed, thu, fri, sat or sun"),
    ("month", "the month, from 1 to 12"),
    (
        "lookup",
        "the cell of a table in `tables/`, by the first column: text, or what it is compared with; missing without such a row",
    ),
];

/// What a date beside a moment means, and what `last_did` asks.
pub(super) const DAYS_AND_LASTS: &str = r#"
### Days, and the last of several

A moment is compared with a date as with that whole day of the definition's time zone: `contact.created_on == today()`
is today from midnight to midnight, `contact.created_on == today() + 7` the day in a week, `<= date("2026-03-01")` up to
the end of that day.

`last_did` with `where` takes the last among those for which `where` holds; `it_was` asks what the last one was:

    - last_did: OrderPlaced                       # the last order of shoes was in the last 30 days
      where: interaction.product == "shoe"
      within: 30 days
    - last_did: OrderPlaced                       # the last order, whatever it was, was one of shoes
      it_was: interaction.product == "shoe"

A wait until a local time that clocks skip in spring ends at the first moment after it; one until a local time that
comes twice in autumn ends at the first of the two.
"#;

/// What conditions take missing values for.
pub(super) const MISSING: &str = r#"
### Missing values

A value is missing where nothing is known: an empty cell, a field that was never filled. `x == ""` asks whether a
value is missing or blank, whatever its type, `x != ""` whether there is one; so does an empty text in a list
(`x in ["", "Rome"]`). Every other comparison with a missing value is false, but for `!=`, which is true with exactly
one missing side. A missing boolean is false: `contact.do_not_email == false` finds those, too, of whom nothing was
ever told, and `contact.do_not_email == ""` these alone. A missing `contact.status` is `active`. A calculation with a
missing value is missing. Texts are compared exactly, with case and space; `same(…)` ignores both.
"#;
