//! Random predicates in which every type is right.

use proptest::{prelude::*, sample::select};
use tilework::model::{
    Arithmetic, Bound, Comparison, CountTest, DatePart, Did, Duration, DurationUnit, Entity, FieldType,
    Measure, MeasureFunction, Operand, Pattern, Period, Predicate, Reckoning, Records, Related, Subject,
    TextTest, Value, WEEKDAYS, activity_fields,
};

use super::calls::call;
use super::facts::{
    SEGMENTS, TOPICS, catalog, choices, dates, integers, moments, numbers, order_attributes, texts,
};

/// What is in scope.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scope {
    target: Entity,
    interaction: bool,
    activity: bool,
}

impl Scope {
    pub fn about(target: Entity) -> Scope {
        Scope { target, interaction: false, activity: false }
    }

    /// Every field in scope for which `wanted` holds.
    fn fields(self, wanted: impl Fn(&FieldType) -> bool) -> Vec<Operand> {
        let catalog = catalog();
        let mut found = Vec::new();
        let mut add = |subject: Subject, fields: Vec<tilework::model::Field>| {
            for field in fields {
                if wanted(&field.kind) {
                    found.push(Operand::Field { subject, name: field.name, kind: field.kind });
                }
            }
        };
        if self.activity {
            let known = ["id", "type", "subject", "due_on"];
            let fields = activity_fields().into_iter().filter(|field| known.contains(&field.name.as_str()));
            add(Subject::Activity, fields.collect());
            return found;
        }
        if self.interaction {
            add(Subject::Interaction, order_attributes());
            let common = tilework::model::common_attributes().into_iter();
            add(
                Subject::Interaction,
                common
                    .filter(|field| ["at", "type", "contact_id", "account_id"].contains(&field.name.as_str()))
                    .collect(),
            );
        }
        let subjects: &[(Subject, Entity)] = match self.target {
            Entity::Contact => &[
                (Subject::Contact, Entity::Contact),
                (Subject::Account, Entity::Account),
                (Subject::PrimaryContact, Entity::Contact),
            ],
            Entity::Account => {
                &[(Subject::Account, Entity::Account), (Subject::PrimaryContact, Entity::Contact)]
            }
            Entity::Lead => &[
                (Subject::Lead, Entity::Lead),
                (Subject::Contact, Entity::Contact),
                (Subject::Account, Entity::Account),
                (Subject::PrimaryContact, Entity::Contact),
            ],
        };
        for (subject, entity) in subjects {
            let filled = super::facts::fields(*entity);
            let fields = catalog
                .fields(*entity)
                .iter()
                .filter(|field| field.name == "id" || filled.iter().any(|other| other.name == field.name));
            add(*subject, fields.cloned().collect());
        }
        // Records that references lead to, one and two steps away.
        let person = if self.target == Entity::Account { Subject::PrimaryContact } else { Subject::Contact };
        let link = |subject, name: &str, kind| Operand::Field { subject, name: name.to_owned(), kind };
        let follow = |link: &Operand, to, name: &str, kind| Operand::Followed {
            link: Box::new(link.clone()),
            to,
            name: name.to_owned(),
            kind,
        };
        let account = link(person, "account_id", FieldType::Account);
        let contact = follow(&account, Entity::Account, "primary_contact_id", FieldType::Contact);
        for (link, to) in [(account, Entity::Account), (contact, Entity::Contact)] {
            let fields = super::facts::fields(to).into_iter().filter(|field| wanted(&field.kind));
            found.extend(fields.map(|field| follow(&link, to, &field.name, field.kind)));
        }
        found
    }
}

/// Operands of a type, among them calls that have to give it where calls may stand.
fn or_call(scope: Scope, gives: FieldType, others: BoxedStrategy<Operand>) -> BoxedStrategy<Operand> {
    match scope.interaction || scope.activity {
        true => others,
        false => prop_oneof![5 => others, 1 => call(scope.fields(|_| true), gives)].boxed(),
    }
}

fn literal(value: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Operand> {
    value.prop_map(Operand::Literal).boxed()
}

/// Fields and others, where there are fields.
fn either(fields: Vec<Operand>, others: BoxedStrategy<Operand>) -> BoxedStrategy<Operand> {
    match fields.is_empty() {
        true => others,
        false => prop_oneof![2 => select(fields), 1 => others].boxed(),
    }
}

fn number(scope: Scope, depth: u32) -> BoxedStrategy<Operand> {
    let plain = either(
        scope.fields(FieldType::is_numeric),
        prop_oneof![literal(integers().prop_map(Value::Integer)), literal(numbers().prop_map(Value::Number))]
            .boxed(),
    );
    let plain = or_call(scope, FieldType::Number, plain);
    if depth == 0 {
        return plain;
    }
    let operator =
        select(vec![Arithmetic::Add, Arithmetic::Subtract, Arithmetic::Multiply, Arithmetic::Divide]);
    let calculated =
        (number(scope, depth - 1), operator, number(scope, depth - 1)).prop_map(|(left, operator, right)| {
            Operand::Arithmetic { left: left.into(), operator, right: right.into() }
        });
    let month = dated(scope).prop_map(|of| Operand::OfDate { part: DatePart::Month, of: of.into() });
    prop_oneof![3 => plain, 2 => calculated, 1 => month].boxed()
}

fn text(scope: Scope) -> BoxedStrategy<Operand> {
    let others = literal(texts().prop_map(Value::Text));
    or_call(scope, FieldType::Text, either(scope.fields(FieldType::is_textual), others))
}

fn duration() -> impl Strategy<Value = Duration> {
    let unit =
        select(vec![DurationUnit::Days, DurationUnit::Weeks, DurationUnit::Months, DurationUnit::Years]);
    (select(vec![0, 1, 2, 7, 28, 30, 31, 100_000]), unit).prop_map(|(amount, unit)| Duration { amount, unit })
}

fn length() -> impl Strategy<Value = Duration> {
    let short = (select(vec![1, 24, 90]), select(vec![DurationUnit::Hours, DurationUnit::BusinessDays]))
        .prop_map(|(amount, unit)| Duration { amount, unit });
    prop_oneof![3 => duration(), 1 => short]
}

fn reckoning() -> impl Strategy<Value = Reckoning> {
    let period = || select(vec![Period::Day, Period::Week, Period::Month, Period::Quarter, Period::Year]);
    prop_oneof![
        duration().prop_map(Reckoning::Ago),
        duration().prop_map(Reckoning::Ahead),
        (period(), -3..3_i64).prop_map(|(period, offset)| Reckoning::StartOf(period, offset)),
        (period(), -3..3_i64).prop_map(|(period, offset)| Reckoning::EndOf(period, offset)),
    ]
}

fn date(scope: Scope) -> BoxedStrategy<Operand> {
    let anniversary =
        dated(scope).prop_map(|of| Operand::OfDate { part: DatePart::Anniversary, of: of.into() });
    let others = prop_oneof![
        2 => literal(dates().prop_map(Value::Date)),
        1 => select(vec![-8_000_000, -30, -1, 0, 1, 29, 8_000_000]).prop_map(|plus| Operand::Today { plus }),
        1 => reckoning().prop_map(Operand::Day),
        1 => anniversary,
    ];
    let plain = either(scope.fields(|kind| *kind == FieldType::Date), others.boxed());
    or_call(scope, FieldType::Date, plain)
}

fn moment(scope: Scope) -> BoxedStrategy<Operand> {
    let others = prop_oneof![
        2 => literal(moments().prop_map(Value::Time)),
        1 => select(vec![0, -86_400_000, 1, -2_592_000_000]).prop_map(|plus| Operand::Now { plus }),
        1 => reckoning().prop_map(Operand::Moment),
    ];
    let plain = either(scope.fields(|kind| *kind == FieldType::DateTime), others.boxed());
    or_call(scope, FieldType::DateTime, plain)
}

/// A date or moment whose parts are told.
fn dated(scope: Scope) -> BoxedStrategy<Operand> {
    let fields = scope.fields(|kind| matches!(kind, FieldType::Date | FieldType::DateTime));
    either(fields, literal(dates().prop_map(Value::Date)))
}

fn comparison() -> impl Strategy<Value = Comparison> {
    select(vec![
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ])
}

fn compared(
    left: BoxedStrategy<Operand>,
    operator: impl Strategy<Value = Comparison> + 'static,
    right: BoxedStrategy<Operand>,
) -> BoxedStrategy<Predicate> {
    (left, operator, right)
        .prop_map(|(left, operator, right)| Predicate::Compare { left, operator, right })
        .boxed()
}

fn counts() -> impl Strategy<Value = CountTest> {
    select(vec![
        CountTest::AtLeast(0),
        CountTest::AtLeast(1),
        CountTest::AtLeast(2),
        CountTest::AtMost(0),
        CountTest::AtMost(1),
        CountTest::AtMost(3),
        CountTest::Exactly(0),
        CountTest::Exactly(1),
        CountTest::Exactly(2),
    ])
}

fn shares() -> impl Strategy<Value = CountTest> {
    let percent = select(vec![0.1, 33.3, 50.0, 66.6, 100.0]).prop_map(CountTest::AtLeastPercent);
    prop_oneof![2 => counts(), 1 => Just(CountTest::All), 1 => percent]
}

fn bound() -> BoxedStrategy<Option<Bound>> {
    prop_oneof![
        2 => Just(None),
        1 => moments().prop_map(|at| Some(Bound::At(at))),
        1 => length().prop_map(|length| Some(Bound::Ago(length))),
    ]
    .boxed()
}

fn did(scope: Scope, depth: u32) -> BoxedStrategy<Did> {
    let inside = Scope { interaction: true, ..scope };
    let condition = prop_oneof![1 => Just(Predicate::Constant(true)), 2 => leaf(inside, depth.min(1))];
    let of = match scope.target {
        Entity::Account => Just(Subject::Account).boxed(),
        _ => select(vec![Subject::Contact, Subject::Contact, Subject::Account]).boxed(),
    };
    (condition, of, bound(), bound(), counts())
        .prop_map(|(condition, of, since, until, count)| Did {
            of,
            interaction: "OrderPlaced".to_owned(),
            condition: Box::new(condition),
            since,
            until,
            step: None,
            count,
        })
        .boxed()
}

fn measured(scope: Scope, depth: u32) -> BoxedStrategy<Predicate> {
    let functions = || {
        select(vec![
            MeasureFunction::Sum,
            MeasureFunction::Average,
            MeasureFunction::Least,
            MeasureFunction::Greatest,
        ])
    };
    let ends = || select(vec![MeasureFunction::Least, MeasureFunction::Greatest]);
    let of = |function, attribute: &'static str, kind: FieldType| {
        (function, did(scope, depth)).prop_map(move |(function, over)| {
            let attribute = attribute.to_owned();
            Operand::Measure(Box::new(Measure { function, attribute, kind: kind.clone(), over }))
        })
    };
    let amounts = prop_oneof![
        of(functions().boxed(), "amount", FieldType::Number),
        of(functions().boxed(), "pieces", FieldType::Integer)
    ];
    let days = of(ends().boxed(), "due", FieldType::Date);
    let times = of(ends().boxed(), "at", FieldType::DateTime);
    prop_oneof![
        3 => compared(amounts.boxed(), comparison(), number(scope, 1)),
        1 => compared(days.boxed(), comparison(), date(scope)),
        1 => compared(times.boxed(), comparison(), moment(scope)),
    ]
    .boxed()
}

fn related(scope: Scope, depth: u32) -> BoxedStrategy<Predicate> {
    let records = match scope.target {
        Entity::Lead => vec![Records::Contacts, Records::Activities],
        _ => vec![Records::Contacts, Records::Leads, Records::Activities],
    };
    (select(records), any::<bool>())
        .prop_flat_map(move |(records, own)| {
            let (inside, of) = match records {
                Records::Contacts => (Scope::about(Entity::Contact), Subject::Account),
                Records::Leads => (Scope::about(Entity::Lead), Subject::Contact),
                Records::Activities => {
                    (Scope { activity: true, ..Scope::about(scope.target) }, Subject::Contact)
                }
            };
            let of = if own && scope.target != Entity::Account { of } else { Subject::Account };
            (predicate(inside, depth - 1), shares()).prop_map(move |(condition, count)| {
                Predicate::Related(Related { records, of, condition: Box::new(condition), count })
            })
        })
        .boxed()
}

fn in_segment(scope: Scope) -> BoxedStrategy<Predicate> {
    let asked: Vec<Predicate> = SEGMENTS
        .iter()
        .filter_map(|(name, holds)| {
            let of = match (scope.target, holds) {
                (_, Entity::Account) => Subject::Account,
                (Entity::Contact | Entity::Lead, Entity::Contact) => Subject::Contact,
                (Entity::Lead, Entity::Lead) => Subject::Lead,
                _ => return None,
            };
            Some(Predicate::InSegment { segment: (*name).to_owned(), holds: *holds, of })
        })
        .collect();
    select(asked).boxed()
}

/// Patterns with everything that they may have.
const PATTERNS: [&str; 20] = [
    "",
    "^$",
    "^.$",
    "a.b",
    "(?i)chicago",
    "(?i)straße|ΟΔΟΣ",
    "[^a-z]{2,}",
    "^(?:[A-Z][a-z]*)+$",
    r"\w+",
    r"^\W",
    r"\bi",
    r"a\B",
    r"(?-u:\b)e",
    r"\p{Han}+",
    r"\d{3}%?$",
    r"['\x22\\]",
    r"\s\z",
    "(?m)^o|y$",
    "(a|)*?b??",
    r"[\x00-\x1f]|[^\x00-\x{10ffff}]",
];

/// A predicate that isn't joined of others.
fn leaf(scope: Scope, depth: u32) -> BoxedStrategy<Predicate> {
    let equality = || select(vec![Comparison::Equal, Comparison::NotEqual]);
    let tests = || select(vec![TextTest::Contains, TextTest::StartsWith, TextTest::EndsWith]);
    let fields = scope.fields(|kind| !matches!(kind, FieldType::Boolean));
    let mut parts: Vec<(u32, BoxedStrategy<Predicate>)> = vec![
        (4, compared(number(scope, 2), comparison(), number(scope, 1))),
        (3, compared(text(scope), equality(), text(scope))),
        (3, compared(date(scope), comparison(), date(scope))),
        (3, compared(moment(scope), comparison(), moment(scope))),
        (
            2,
            (text(scope), tests(), text(scope))
                .prop_map(|(operand, test, needle)| Predicate::TextTest { operand, test, needle })
                .boxed(),
        ),
        (
            1,
            (text(scope), tests(), text(scope))
                .prop_map(|(operand, test, needle)| {
                    let lower = |operand| Operand::LowerCase(Box::new(operand));
                    Predicate::TextTest { operand: lower(operand), test, needle: lower(needle) }
                })
                .boxed(),
        ),
        (
            2,
            (text(scope), select(PATTERNS.to_vec()))
                .prop_map(|(operand, pattern)| Predicate::Matches {
                    operand,
                    pattern: Pattern::parse(pattern).unwrap(),
                })
                .boxed(),
        ),
        (2, (text(scope), text(scope)).prop_map(|(left, right)| Predicate::Same { left, right }).boxed()),
        (2, select(fields).prop_map(Predicate::IsBlank).boxed()),
        (
            1,
            (
                number(scope, 0),
                prop::collection::vec(
                    prop_oneof![integers().prop_map(Value::Integer), numbers().prop_map(Value::Number)],
                    1..4,
                ),
            )
                .prop_map(|(operand, values)| Predicate::OneOf { operand, values })
                .boxed(),
        ),
        (
            1,
            (text(scope), prop::collection::vec(texts().prop_map(Value::Text), 1..4))
                .prop_map(|(operand, values)| Predicate::OneOf { operand, values })
                .boxed(),
        ),
        (
            2,
            (dated(scope), prop::collection::vec(select(WEEKDAYS.to_vec()), 1..4))
                .prop_map(|(of, days)| Predicate::OneOf {
                    operand: Operand::OfDate { part: DatePart::Weekday, of: of.into() },
                    values: days.into_iter().map(|day| Value::Text(day.to_owned())).collect(),
                })
                .boxed(),
        ),
    ];
    let flags = scope.fields(|kind| *kind == FieldType::Boolean);
    if !flags.is_empty() {
        let flag = or_call(scope, FieldType::Boolean, select(flags).boxed());
        let right = prop_oneof![
            any::<bool>().prop_map(|value| Operand::Literal(Value::Boolean(value))),
            flag.clone()
        ];
        parts.push((1, flag.clone().prop_map(Predicate::IsTrue).boxed()));
        parts.push((1, compared(flag, equality(), right.boxed())));
    }
    let several = scope.fields(|kind| matches!(kind, FieldType::Choices(_)));
    if !several.is_empty() {
        let wanted = prop::sample::subsequence(choices(), 0..=3);
        parts.push((
            1,
            (select(several), wanted, any::<bool>())
                .prop_map(|(operand, choices, all)| Predicate::HasChoices { operand, choices, all })
                .boxed(),
        ));
    }
    if depth > 0 && !scope.interaction && !scope.activity {
        parts.push((4, did(scope, depth - 1).prop_map(Predicate::Did).boxed()));
        parts.push((4, measured(scope, depth - 1)));
        parts.push((4, related(scope, depth)));
        parts.push((2, in_segment(scope)));
        if scope.target != Entity::Account {
            let topic = select(TOPICS.to_vec());
            parts
                .push((2, topic.prop_map(|topic| Predicate::Subscribed { topic: topic.to_owned() }).boxed()));
        }
    }
    prop::strategy::Union::new_weighted(parts).boxed()
}

/// A predicate.
pub fn predicate(scope: Scope, depth: u32) -> BoxedStrategy<Predicate> {
    let leaf = leaf(scope, depth);
    if depth == 0 {
        return leaf;
    }
    let parts = || prop::collection::vec(predicate(scope, depth - 1), 0..3);
    prop_oneof![
        6 => leaf,
        1 => parts().prop_map(Predicate::All),
        1 => parts().prop_map(Predicate::Any),
        2 => predicate(scope, depth - 1).prop_map(|inner| Predicate::Not(Box::new(inner))),
    ]
    .boxed()
}
