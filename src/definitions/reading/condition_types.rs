//! Conditions as they are written, before any name is looked up.

use crate::definitions::{Located, Node};
use crate::diagnostics::{Span, Text};
use crate::model::{MeasureFunction, Records};

/// A condition as written.
#[derive(Debug, Clone)]
pub enum ConditionNode {
    /// `true`: everyone. `false`: nobody.
    Constant(Located<bool>),
    /// An expression in text.
    Expression(Text),
    /// `all`, `any`, `none`, which may stand together; what isn't written is `None`.
    Group {
        /// Every one holds.
        all: Option<Vec<ConditionNode>>,
        /// At least one holds.
        any: Option<Vec<ConditionNode>>,
        /// None holds.
        none: Option<Vec<ConditionNode>>,
        /// Where.
        span: Span,
    },
    /// `segment: name`.
    Segment(Text),
    /// `did:` and `did_not:`.
    Did(Box<DidNode>),
    /// `subscribed: topic`.
    Subscribed(Text),
    /// `any_contact:`, `all_contacts:`, `no_contact:`, and the same of leads and activities.
    Related(Box<RelatedNode>),
}

/// `did:`, `did_not:`, `first_did:` or `last_did:` as written.
#[derive(Debug, Clone)]
pub struct DidNode {
    /// Which of them.
    pub word: DidWord,
    /// The interaction type.
    pub interaction: Text,
    /// `where:`.
    pub condition: Option<ConditionNode>,
    /// `it_was:`, of `first_did` and `last_did`.
    pub it_was: Option<ConditionNode>,
    /// Attributes as keys, for equality; the value is a scalar.
    pub attributes: Vec<(Text, Node)>,
    /// `within:`, a duration.
    pub within: Option<Text>,
    /// `since:`, a date or time.
    pub since: Option<Text>,
    /// `until:`, a date or time.
    pub until: Option<Text>,
    /// `step:`, in triggers.
    pub step: Option<Text>,
    /// `sum:`, `avg:`, `min:` or `max:`, with the attribute that is measured.
    pub measure: Option<(Located<MeasureFunction>, Text)>,
    /// `at_least`, `at_most` or `exactly`, with what was written, such as `2 times`.
    pub count: Option<CountNode>,
    /// Where.
    pub span: Span,
}

/// Which of the interactions a condition is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DidWord {
    /// `did`: those in the window.
    Did,
    /// `did_not`: there is none in the window.
    DidNot,
    /// `first_did`: the first of all is in the window.
    FirstDid,
    /// `last_did`: the last of all is in the window.
    LastDid,
}

impl DidWord {
    /// All of them with their keys.
    pub const KEYS: [(&'static str, DidWord); 4] = [
        ("did", DidWord::Did),
        ("did_not", DidWord::DidNot),
        ("first_did", DidWord::FirstDid),
        ("last_did", DidWord::LastDid),
    ];

    /// The key.
    #[must_use]
    pub fn key(self) -> &'static str {
        DidWord::KEYS.iter().find(|(_, word)| *word == self).map_or("", |(key, _)| key)
    }
}

/// A question about related records as written: `any_contact:`, `no_lead:` and their like.
#[derive(Debug, Clone)]
pub struct RelatedNode {
    /// Which of the three: any, all, no.
    pub quantifier: Located<Quantifier>,
    /// Which records are asked for.
    pub records: Records,
    /// The condition about each record.
    pub condition: ConditionNode,
    /// `at_least`, `at_most` or `exactly`, with what was written, such as `3 contacts` or `50%`.
    pub count: Option<CountNode>,
    /// Where.
    pub span: Span,
}

/// How many of the related records are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// At least one, or the count.
    Any,
    /// Every one.
    All,
    /// None.
    No,
}

impl RelatedNode {
    /// The keys under which such a question stands.
    pub const KEYS: [(&'static str, Quantifier, Records); 9] = [
        ("any_contact", Quantifier::Any, Records::Contacts),
        ("all_contacts", Quantifier::All, Records::Contacts),
        ("no_contact", Quantifier::No, Records::Contacts),
        ("any_lead", Quantifier::Any, Records::Leads),
        ("all_leads", Quantifier::All, Records::Leads),
        ("no_lead", Quantifier::No, Records::Leads),
        ("any_activity", Quantifier::Any, Records::Activities),
        ("all_activities", Quantifier::All, Records::Activities),
        ("no_activity", Quantifier::No, Records::Activities),
    ];

    /// The key of the same question with another quantifier.
    #[must_use]
    pub fn key(quantifier: Quantifier, records: Records) -> &'static str {
        let known = RelatedNode::KEYS.iter().find(|(_, q, r)| *q == quantifier && *r == records);
        known.map_or("", |(key, _, _)| key)
    }
}

/// A count as written.
#[derive(Debug, Clone)]
pub struct CountNode {
    /// `at_least`, `at_most` or `exactly`.
    pub test: CountKey,
    /// `2 times`, `3 contacts`, `2`, `50%`; of a measure also an expression.
    pub amount: Text,
}

/// The key under which a count stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountKey {
    /// `at_least`.
    AtLeast,
    /// `at_most`.
    AtMost,
    /// `exactly`.
    Exactly,
}
