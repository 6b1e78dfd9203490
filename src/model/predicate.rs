//! Conditions as data: checked, typed, free of any database's dialect.
//!
//! Two-valued throughout: a comparison with a missing value is false, `missing == missing` too, and
//! only `!=` with exactly one missing side is true. Whoever prints or evaluates a predicate keeps that.

use super::{Call, Duration, Entity, FieldType, Pattern, Period, Value};

/// A checked condition with the time zone in which its calendar lengths count.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// What the condition is about.
    pub target: Entity,
    /// What must hold.
    pub predicate: Predicate,
    /// IANA name of the definition's time zone.
    pub timezone: String,
}

/// Something that holds or doesn't, for the record in scope.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicate {
    /// Always or never.
    Constant(bool),
    /// Every one holds; true when there are none.
    All(Vec<Predicate>),
    /// At least one holds; false when there are none.
    Any(Vec<Predicate>),
    /// The inner one doesn't hold. `none:` is `Not(Any(..))`.
    Not(Box<Predicate>),
    /// Both sides are of comparable types.
    Compare {
        /// Left side.
        left: Operand,
        /// How they are compared.
        operator: Comparison,
        /// Right side.
        right: Operand,
    },
    /// A boolean operand that is true; missing is false.
    IsTrue(Operand),
    /// The operand equals one of the values, none of which is missing.
    OneOf {
        /// What is looked for.
        operand: Operand,
        /// Where.
        values: Vec<Value>,
    },
    /// Text that contains, starts or ends with other text; exact case.
    TextTest {
        /// The text that is looked at.
        operand: Operand,
        /// Which part of it.
        test: TextTest,
        /// The text that is looked for.
        needle: Operand,
    },
    /// Text of which any part matches a pattern; a missing one doesn't.
    Matches {
        /// The text that is looked at.
        operand: Operand,
        /// The pattern.
        pattern: Pattern,
    },
    /// Equal as text when case and surrounding white space are ignored.
    Same {
        /// Left side.
        left: Operand,
        /// Right side.
        right: Operand,
    },
    /// Missing, or text of white space alone, or an empty list of choices.
    IsBlank(Operand),
    /// A field of several choices holds any, or all, of the given ones.
    HasChoices {
        /// The field.
        operand: Operand,
        /// The choices that are looked for.
        choices: Vec<String>,
        /// Whether all must be there.
        all: bool,
    },
    /// The subject is a member of a segment. A segment of accounts asked of a contact asks the
    /// contact's account.
    InSegment {
        /// The segment's name.
        segment: String,
        /// What the segment holds.
        holds: Entity,
        /// The record in scope that is asked.
        of: Subject,
    },
    /// What the subject did, or didn't (`exactly 0`).
    Did(Did),
    /// Whether the last that the contact said about a topic was to subscribe. Nothing said is not
    /// subscribed; of two words at one moment, the refusal counts. Leaving all topics is a refusal of each.
    Subscribed {
        /// The topic's name.
        topic: String,
    },
    /// How many of the records that belong to the subject satisfy a condition of their own.
    Related(Related),
}

/// How many of the records that belong to a subject satisfy a condition of their own.
#[derive(Debug, Clone, PartialEq)]
pub struct Related {
    /// Which records.
    pub records: Records,
    /// Whose: the account's, or the contact's own. Contacts are always an account's.
    pub of: Subject,
    /// The condition about each record.
    pub condition: Box<Predicate>,
    /// Which numbers of records satisfy it.
    pub count: CountTest,
}

/// Records of which a subject may have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Records {
    /// An account's contacts.
    Contacts,
    /// A contact's leads; of an account those of its contacts, too, each once.
    Leads,
    /// Tasks, phone calls and appointments about a contact; of an account those about its contacts,
    /// too, each once.
    Activities,
}

/// Which of the records in scope a field or segment is asked of. In a contact's condition `Account`
/// is the contact's account; in a lead's, `Contact` and `Account` are its parents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The contact in scope.
    Contact,
    /// The account in scope.
    Account,
    /// The lead in scope.
    Lead,
    /// The interaction in scope: inside the `where` of a `did`.
    Interaction,
    /// The activity in scope: inside `any_activity` and its like.
    Activity,
    /// The primary contact of the account in scope.
    PrimaryContact,
}

impl Subject {
    /// A record of a kind itself.
    #[must_use]
    pub fn of(entity: Entity) -> Subject {
        match entity {
            Entity::Contact => Subject::Contact,
            Entity::Account => Subject::Account,
            Entity::Lead => Subject::Lead,
        }
    }

    /// The kind of record that it is, where its fields are kept as columns.
    #[must_use]
    pub fn entity(self) -> Option<Entity> {
        match self {
            Subject::Contact | Subject::PrimaryContact => Some(Entity::Contact),
            Subject::Account => Some(Entity::Account),
            Subject::Lead => Some(Entity::Lead),
            Subject::Interaction | Subject::Activity => None,
        }
    }
}

/// A value that a predicate compares.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A field of a record, or an attribute of an interaction, under its own name (no alias).
    Field {
        /// Whose.
        subject: Subject,
        /// The field's name.
        name: String,
        /// The field's type.
        kind: FieldType,
    },
    /// A field of the record that another value refers to; missing where there is no such record.
    Followed {
        /// The id of the record: a field that refers to it.
        link: Box<Operand>,
        /// What kind of record it is.
        to: Entity,
        /// The field's name.
        name: String,
        /// The field's type.
        kind: FieldType,
    },
    /// A literal.
    Literal(Value),
    /// A text in lower case.
    LowerCase(Box<Operand>),
    /// The moment since which a field of a record has its present value, as far as the store saw it change; missing
    /// when no time is known.
    Since {
        /// Whose.
        subject: Subject,
        /// The field's name.
        name: String,
    },
    /// The present moment plus so many milliseconds.
    Now {
        /// Milliseconds after now; before, when negative.
        plus: i64,
    },
    /// Today's date in the condition's time zone plus so many days.
    Today {
        /// Days after today; before, when negative.
        plus: i64,
    },
    /// A calculation; missing when a side is missing or a divisor is zero. Division is real. Numbers
    /// that are neither zero nor between [`SMALLEST`] and [`LARGEST`] in size can't be calculated with:
    /// the result is missing, before a database runs over.
    Arithmetic {
        /// Left side.
        left: Box<Operand>,
        /// Which calculation.
        operator: Arithmetic,
        /// Right side.
        right: Box<Operand>,
    },
    /// A moment that the calendar of the condition's time zone tells from now.
    Moment(Reckoning),
    /// A date that the calendar of the condition's time zone tells from today.
    Day(Reckoning),
    /// Something told from a date, or from the local date of a moment; missing where that is, and
    /// before the year 0 and after 9999.
    OfDate {
        /// What is told.
        part: DatePart,
        /// The date or moment.
        of: Box<Operand>,
    },
    /// A value over many interactions.
    Measure(Box<Measure>),
    /// What a function of `scripts/` or a table gives; missing when that is nothing, or it fails.
    Call(Box<Call>),
}

/// A moment or a day, told from the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reckoning {
    /// So long ago.
    Ago(Duration),
    /// So long from now.
    Ahead(Duration),
    /// The first moment or day of the period so many after the present one; before, when negative.
    StartOf(Period, i64),
    /// The last moment or day of that period.
    EndOf(Period, i64),
}

/// The least size, zero apart, of a number that can be calculated with.
pub const SMALLEST: f64 = 1e-150;

/// The greatest size of a number that can be calculated with.
pub const LARGEST: f64 = 1e150;

/// The interaction types that [`Predicate::Subscribed`] looks at: yes, and no.
pub const SUBSCRIPTIONS: [&str; 2] = ["Subscribed", "Unsubscribed"];

/// What is told from a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatePart {
    /// The day of the week: one of [`WEEKDAYS`].
    Weekday,
    /// The month, from 1 to 12.
    Month,
    /// The next date, today included, with the same day and month; the 29th of February is kept on the
    /// 28th in other years.
    Anniversary,
}

/// The days of the week as conditions name them, from Monday on.
pub const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A value over many interactions: their sum, say.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// What is made of the values.
    pub function: MeasureFunction,
    /// The attribute whose values are measured; interactions without one are passed over.
    pub attribute: String,
    /// The attribute's type.
    pub kind: FieldType,
    /// Which interactions; its count plays no part.
    pub over: Did,
}

/// What is made of many values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasureFunction {
    /// Their sum, added as whole millionths; 0 of none. A value beyond ±10^24 counts as that.
    Sum,
    /// Their sum divided by their number; missing of none.
    Average,
    /// The least; missing of none.
    Least,
    /// The greatest; missing of none.
    Greatest,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// The sign in expressions.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }

    /// The comparison that holds when the sides change places.
    #[must_use]
    pub fn mirrored(self) -> Comparison {
        match self {
            Comparison::Equal | Comparison::NotEqual => self,
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        }
    }
}

/// A calculation with two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// Which part of a text is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextTest {
    /// Anywhere.
    Contains,
    /// At the start.
    StartsWith,
    /// At the end.
    EndsWith,
}

/// Which numbers satisfy a count, both ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CountTest {
    /// At least so many.
    AtLeast(u64),
    /// At most so many.
    AtMost(u64),
    /// Just so many.
    Exactly(u64),
    /// At least this share of all, in percent; of none, nobody's share is enough.
    AtLeastPercent(f64),
    /// All of them; true when there are none.
    All,
}

/// How often a type of interaction happened, within a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Did {
    /// Whose interactions: the contact's, whatever account they were for; or those in the history of the account,
    /// whoever did them.
    pub of: Subject,
    /// The interaction type's name.
    pub interaction: String,
    /// What must hold for an interaction to count, attribute keys included.
    pub condition: Box<Predicate>,
    /// From when; nothing means ever.
    pub since: Option<Bound>,
    /// Up to when; nothing means now.
    pub until: Option<Bound>,
    /// Only what this step of the journey caused, in a trigger.
    pub step: Option<String>,
    /// Which numbers of interactions satisfy it.
    pub count: CountTest,
}

/// An end of a window; it belongs to the window.
#[derive(Debug, Clone, PartialEq)]
pub enum Bound {
    /// A fixed moment, UTC milliseconds.
    At(i64),
    /// So long before now.
    Ago(Duration),
    /// The contact's entry into the journey, in a trigger: what happened between the entry and the arrival
    /// at the trigger counts, too. As the end of a window it never occurs.
    Entry,
}
