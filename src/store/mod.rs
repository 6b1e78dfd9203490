//! The database: SQLite by default, Postgres where many work at once.
//!
//! In: predicates, rows and keys as plain data. Out: rows. It is the only folder with SQL: one text a
//! statement for both databases, with a thin dialect where words differ. It doesn't know YAML,
//! journeys' definitions, tiles or the time of day.

mod allotments;
mod batch;
mod claims;
mod columns;
mod connection;
mod dialect;
mod enrolment;
mod error;
mod evaluation;
mod facts;
mod fates;
mod focus;
mod happened;
mod interactions;
mod journeys;
mod lists;
mod migrations;
mod open;
mod operand;
mod outbox;
mod outbox_verbs;
mod outcomes;
mod postgres;
mod predicate;
mod presence;
mod preview;
mod records;
mod related;
mod report;
mod satisfaction;
mod segments;
mod sqlite;
mod sqlite_functions;
mod stops;
mod surroundings;
mod touched;
mod trigger;
mod value;
mod wake;
mod why;
mod why_account;

pub use allotments::{AllotmentRow, Places};
pub use batch::{Message, NextStep, Passage, Standing};
pub use claims::{AccountRange, Claim};
pub use dialect::Dialect;
pub use enrolment::Enrolment;
pub use error::StoreError;
pub use evaluation::{Difference, Evaluation, Membership};
pub use facts::{FactSubject, Facts};
pub use focus::{Passed, Reach};
pub use interactions::{NewInteraction, Recorded};
pub use journeys::{IterationRow, JourneyRow, Publication, PublishedStep, Removed};
pub use lists::{ActivityRow, LeadRow, MessageRow};
pub use open::{Store, StoreAddress};
pub use outbox::{DueMessage, OutboxState, Settled};
pub use outbox_verbs::MessageSelection;
pub use outcomes::{BatchOutcome, DecisionRow, EffectRecord, EffectRow, Fate, OutcomeRow};
pub use presence::Presence;
pub use preview::{NamedRecord, Preview};
pub use records::{Record, Written};
pub use report::{JourneyNumbers, MessageNumbers, StepNumbers, Totals};
pub use segments::{EvaluationRow, Member, SegmentState};
pub use surroundings::{InteractionRecord, Surroundings};
pub use trigger::{Answer, Asked, Question, Subject};
pub use wake::Incoming;
pub use why::{InteractionRow, MadeRow, MembershipRow, Participation, VisitRow};
pub use why_account::{AccountDecision, AccountParticipant, AccountVisit};

use connection::Connection;
use value::{Cell, JsonRows, Row};
