//! How far a contact agreed to be written to.

use super::{Comparison, FieldType, Operand, Predicate, Subject, Value};

/// A level of consent; each includes those before it. The order is that of Dynamics
/// (reference, section 7): none, consent, transactional, subscriptions, marketing, profiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Consent {
    /// Nothing was recorded, or nothing agreed to.
    None,
    /// May be asked for consent.
    Consent,
    /// May get messages about business at hand.
    Transactional,
    /// May get the lists subscribed to.
    Subscriptions,
    /// May get marketing messages.
    Marketing,
    /// May be profiled.
    Profiling,
}

impl Consent {
    /// All levels, lowest first.
    pub const ALL: [Consent; 6] = [
        Consent::None,
        Consent::Consent,
        Consent::Transactional,
        Consent::Subscriptions,
        Consent::Marketing,
        Consent::Profiling,
    ];

    /// The word used in YAML, cells and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Consent::None => "none",
            Consent::Consent => "consent",
            Consent::Transactional => "transactional",
            Consent::Subscriptions => "subscriptions",
            Consent::Marketing => "marketing",
            Consent::Profiling => "profiling",
        }
    }

    /// The level with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Consent> {
        Consent::ALL.into_iter().find(|level| level.name() == name)
    }

    /// The reason for which those are blocked whose consent is lower, such as `below_marketing`.
    #[must_use]
    pub fn below_it(self) -> String {
        format!("below_{}", self.name())
    }

    /// The names of this level and of all above it: what a contact may have recorded to pass.
    #[must_use]
    pub fn at_least(self) -> Vec<&'static str> {
        Consent::ALL.into_iter().filter(|level| *level >= self).map(Consent::name).collect()
    }
}

/// On what a recorded consent rests: the contact's own word, a purchase, or a question that it asked.
pub const BASES: [&str; 3] = ["express", "existing_customer", "inquiry"];

/// What an unrecorded consent counts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentSetting {
    /// Wherever nothing else is said.
    pub unrecorded: Consent,
    /// By country, as it stands in the records; compared without case.
    pub countries: Vec<(String, Consent)>,
}

impl Default for ConsentSetting {
    fn default() -> ConsentSetting {
        ConsentSetting { unrecorded: Consent::None, countries: Vec::new() }
    }
}

impl ConsentSetting {
    /// When a contact's consent, in a condition about a contact, is below a level (semantics 9): what is
    /// recorded and hasn't expired counts, else what is unrecorded counts as, by the country of the contact,
    /// and where that is missing, of the account.
    #[must_use]
    pub fn below(&self, level: Consent) -> Predicate {
        if level == Consent::None {
            return Predicate::Constant(false);
        }
        let country = |subject, name: &str| Predicate::Same {
            left: field(subject, "country", FieldType::Text),
            right: Operand::Literal(Value::Text(name.to_owned())),
        };
        let is_in = |name: &str| {
            let own = field(Subject::Contact, "country", FieldType::Text);
            let of_account = Predicate::All(vec![Predicate::IsBlank(own), country(Subject::Account, name)]);
            Predicate::Any(vec![country(Subject::Contact, name), of_account])
        };
        // Those countries matter in which it is otherwise than elsewhere.
        let is_below = |counts_as: Consent| counts_as < level;
        let exceptions =
            self.countries.iter().filter(|(_, other)| is_below(*other) != is_below(self.unrecorded));
        let exceptions = Predicate::Any(exceptions.map(|(name, _)| is_in(name)).collect());
        let unrecorded_below = match is_below(self.unrecorded) {
            true => not(exceptions),
            false => exceptions,
        };
        Predicate::Any(vec![
            ConsentSetting::recorded_below(level),
            Predicate::All(vec![not(recorded()), unrecorded_below]),
        ])
    }

    /// When a contact's consent, in a condition about a contact, is recorded, hasn't expired, and is below a
    /// level.
    #[must_use]
    pub fn recorded_below(level: Consent) -> Predicate {
        let enough = level.at_least().into_iter().map(|name| Value::Text(name.to_owned())).collect();
        let enough = Predicate::OneOf { operand: consent(), values: enough };
        Predicate::All(vec![recorded(), not(enough)])
    }
}

fn field(subject: Subject, name: &str, kind: FieldType) -> Operand {
    Operand::Field { subject, name: name.to_owned(), kind }
}

fn consent() -> Operand {
    field(Subject::Contact, "consent", FieldType::Text)
}

/// A consent is recorded and its last day hasn't passed.
fn recorded() -> Predicate {
    let until = || field(Subject::Contact, "consent_until", FieldType::Date);
    let holds = Predicate::Compare {
        left: until(),
        operator: Comparison::GreaterOrEqual,
        right: Operand::Today { plus: 0 },
    };
    Predicate::All(vec![
        not(Predicate::IsBlank(consent())),
        Predicate::Any(vec![Predicate::IsBlank(until()), holds]),
    ])
}

fn not(predicate: Predicate) -> Predicate {
    Predicate::Not(Box::new(predicate))
}
