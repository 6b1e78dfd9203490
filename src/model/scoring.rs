//! Scoring models: rules that give points, grades over their sum, and levels made of grades.

use super::{Consent, Did, Entity, Operand, Predicate};

/// Scores are added as whole millionths of a point (semantics 3).
pub const MILLIONTHS: i64 = 1_000_000;

/// The most points that one rule, bound or threshold may speak of, either way.
pub const MOST_POINTS: i64 = 100_000;

/// What halves so often is worth nothing any more.
pub const MOST_HALVINGS: i64 = 40;

/// What a scoring model gives points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ScoringTarget {
    /// Leads with a parent contact, whatever account they have.
    ContactLeads,
    /// Leads with a parent account and no parent contact.
    AccountLeads,
    /// Contacts.
    Contacts,
    /// Accounts.
    Accounts,
}

impl ScoringTarget {
    /// All of them, in the order in which they are listed.
    pub const ALL: [ScoringTarget; 4] = [
        ScoringTarget::ContactLeads,
        ScoringTarget::AccountLeads,
        ScoringTarget::Contacts,
        ScoringTarget::Accounts,
    ];

    /// The word used in YAML, tables and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ScoringTarget::ContactLeads => "contact_leads",
            ScoringTarget::AccountLeads => "account_leads",
            ScoringTarget::Contacts => "contacts",
            ScoringTarget::Accounts => "accounts",
        }
    }

    /// The records that carry the score.
    #[must_use]
    pub fn subject(self) -> Entity {
        match self {
            ScoringTarget::ContactLeads | ScoringTarget::AccountLeads => Entity::Lead,
            ScoringTarget::Contacts => Entity::Contact,
            ScoringTarget::Accounts => Entity::Account,
        }
    }

    /// The records whose fields and interactions the rules ask for: a lead's parent, or the record
    /// itself.
    #[must_use]
    pub fn base(self) -> Entity {
        match self {
            ScoringTarget::ContactLeads | ScoringTarget::Contacts => Entity::Contact,
            ScoringTarget::AccountLeads | ScoringTarget::Accounts => Entity::Account,
        }
    }
}

/// The fields of a contact that say whether what it does may be counted in scores.
pub const PROFILING: [&str; 2] = ["consent", "is_child"];

/// A scoring model, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoringModel {
    /// Its name.
    pub name: String,
    /// What it gives points to.
    pub target: ScoringTarget,
    /// The least consent of contacts whose interactions count. Those of children never do.
    pub consent: Consent,
    /// IANA name of its time zone.
    pub timezone: String,
    /// The rules, in the order of the file; a score is the sum of their points.
    pub rules: Vec<ScoringRule>,
    /// The grades, highest first; the last one has no lower end. Empty when there are none.
    pub grades: Vec<Band>,
    /// The score from which on a lead is sales-ready.
    pub sales_ready: Option<i64>,
}

/// A rule of a scoring model.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoringRule {
    /// Its name, unique in the model.
    pub name: String,
    /// When it gives its points.
    pub when: Predicate,
    /// How many.
    pub points: Points,
    /// For what it gives them.
    pub per: Per,
    /// It gives no fewer, in millionths.
    pub at_least: Option<i64>,
    /// It gives no more, in millionths.
    pub at_most: Option<i64>,
}

/// How many points a rule gives.
#[derive(Debug, Clone, PartialEq)]
pub enum Points {
    /// So many millionths.
    Fixed(i64),
    /// What a calculation comes to, in points; none when it is missing. Rounded to the nearest
    /// millionth, halves away from zero, after the rule's bounds were applied.
    Calculated(Operand),
}

/// For what a rule gives its points.
#[derive(Debug, Clone, PartialEq)]
pub enum Per {
    /// Once while its condition holds.
    Once,
    /// Once while its condition holds, fading with the age of the latest interaction.
    Latest {
        /// The interactions.
        did: Did,
        /// In hours.
        half_life: i64,
    },
    /// For each interaction, while its condition holds.
    Each {
        /// The interactions.
        did: Did,
        /// In hours; nothing when the points don't fade.
        half_life: Option<i64>,
    },
}

impl Per {
    /// The length in hours after which points have halved, where they fade.
    #[must_use]
    pub fn half_life(&self) -> Option<i64> {
        match self {
            Per::Once => None,
            Per::Latest { half_life, .. } => Some(*half_life),
            Per::Each { half_life, .. } => *half_life,
        }
    }

    /// The interactions that it counts itself.
    #[must_use]
    pub fn did(&self) -> Option<&Did> {
        match self {
            Per::Once => None,
            Per::Latest { did, .. } | Per::Each { did, .. } => Some(did),
        }
    }
}

/// A grade or level: everything from a score up to the next higher one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// Its name.
    pub name: String,
    /// The lowest score that belongs to it; nothing at the bottom.
    pub from: Option<i64>,
}

/// The band that a score lies in; `bands` stand highest first.
#[must_use]
pub fn band_of(bands: &[Band], score: i64) -> Option<&Band> {
    bands.iter().find(|band| band.from.is_none_or(|from| from <= score))
}

/// Levels of accounts or contacts over the score of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Levels {
    /// Their name.
    pub name: String,
    /// Whose levels.
    pub of: Entity,
    /// The model's name.
    pub model: String,
    /// Whether they are also the record's `level`.
    pub primary: bool,
    /// The levels, highest first; the last one has no lower end.
    pub levels: Vec<Band>,
}

/// The score that points in millionths come to: the nearest whole number, halves away from zero.
#[must_use]
pub fn rounded(points: i64) -> i64 {
    let half = if points < 0 { -MILLIONTHS / 2 } else { MILLIONTHS / 2 };
    (points + half) / MILLIONTHS
}

/// The factor, in millionths, that is left after so many hours of a half-life; `age` is less than it.
#[must_use]
pub fn half_life_factor(half_life: i64, age: i64) -> i64 {
    #[expect(clippy::cast_precision_loss, reason = "both are far below 2^53")]
    let exponent = -(age as f64) / half_life as f64;
    #[expect(clippy::cast_possible_truncation, reason = "between half a million and a million")]
    let factor = (exponent.exp2() * 1e6).round() as i64;
    factor
}

/// The name of a model or of levels as it stands in expressions, where a hyphen is a minus.
#[must_use]
pub fn expression_name(name: &str) -> String {
    name.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_rounded_to_the_nearest_whole_number_halves_away_from_zero() {
        for (points, score) in [
            (0, 0),
            (499_999, 0),
            (500_000, 1),
            (1_499_999, 1),
            (-499_999, 0),
            (-500_000, -1),
            (-1_500_000, -2),
        ] {
            assert_eq!(rounded(points), score, "{points}");
        }
    }

    #[test]
    fn rule_23_bands_cover_everything() {
        let bands =
            [Band { name: "Hot".to_owned(), from: Some(50) }, Band { name: "Cold".to_owned(), from: None }];
        for (score, name) in [(i64::MAX, "Hot"), (50, "Hot"), (49, "Cold"), (i64::MIN, "Cold")] {
            assert_eq!(band_of(&bands, score).unwrap().name, name, "{score}");
        }
    }

    #[test]
    fn points_halve_within_their_half_life() {
        assert_eq!(
            [0, 540, 1080, 2159].map(|age| half_life_factor(2160, age)),
            [1_000_000, 840_896, 707_107, 500_160]
        );
    }
}
