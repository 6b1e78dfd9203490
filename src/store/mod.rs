//! The database: SQLite by default, Postgres where many work at once.
//!
//! In: predicates, rows and keys as plain data. Out: rows. It is the only folder with SQL: one text a
//! statement for both databases, with a thin dialect where words differ. It doesn't know YAML,
//! journeys' definitions, tiles or the time of day.

mod allotments;
mod batch;
mod calls;
mod claims;
mod columns;
mod connection;
mod counts;
mod dialect;
mod enrolment;
mod erasure;
mod error;
mod evaluation;
mod facts;
mod fates;
mod focus;
mod happened;
mod interactions;
mod iterations;
mod journeys;
mod kept;
mod leads;
mod lists;
mod migrations;
mod open;
mod operand;
mod outbox;
mod outbox_verbs;
mod outcomes;
mod pausing;
mod postgres;
mod predicate;
mod presence;
mod preview;
mod records;
mod related;
mod removals;
mod report;
mod retry;
mod runs;
mod satisfaction;
mod score_facts;
mod score_focus;
mod score_reads;
mod score_write;
mod scores;
mod scoring;
mod segments;
mod sqlite;
mod sqlite_functions;
mod status;
mod steadiness;
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
pub use counts::{ColleagueRow, CountRow};
pub use dialect::Dialect;
pub use enrolment::{Enrolment, Reentry};
pub use erasure::Erased;
pub use error::StoreError;
pub use evaluation::{Difference, Evaluation, Membership};
pub use facts::{FactAnswer, FactSubject, Facts};
pub use focus::{Passed, Reach};
pub use interactions::{NewInteraction, Recorded};
pub use iterations::IterationRow;
pub use journeys::{JourneyRow, Publication, PublishedStep, Removed};
pub use kept::{ChangeRow, KeptRow};
pub use leads::LeadRow;
pub use lists::{ActivityRow, MessageRow};
pub use open::{Store, StoreAddress};
pub use outbox::{DueMessage, OutboxState, Settled};
pub use outbox_verbs::MessageSelection;
pub use outcomes::{BatchOutcome, DecisionRow, EffectRecord, EffectRow, Fate, OutcomeRow};
pub use pausing::Pauses;
pub use presence::Presence;
pub use preview::{NamedRecord, Preview};
pub use records::{Record, Written};
pub use removals::UndeclaredField;
pub use report::{JourneyNumbers, MessageNumbers, StepNumbers, Totals};
pub use runs::{RunKind, RunRow};
pub use score_focus::{Changes, Turned};
pub use score_reads::{
    CountedInteraction, LevelChange, OutcomeCount, PartyRow, RulePoints, ScorePreview, ScoreRow,
};
pub use scores::{ModelState, Scored};
pub use segments::{EvaluationRow, Member, SegmentState};
pub use status::{Claims, Failures, Overdue, SegmentsState, Sizes};
pub use surroundings::{InteractionRecord, Surroundings};
pub use trigger::{Answer, Asked, Question, Subject};
pub use wake::Incoming;
pub use why::{InteractionRow, MadeRow, MembershipRow, Participation, VisitRow};
pub use why_account::{AccountDecision, AccountParticipant, AccountVisit};

use connection::Connection;
use value::{Cell, JsonRows, Row};
