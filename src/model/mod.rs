//! The domain's words as plain types.
//!
//! In: nothing. Out: values, fields, predicates and names for every other folder. It doesn't know
//! YAML, SQL, files, or the time of day.

mod address;
mod block;
mod call;
mod catalog;
mod consent;
mod dkim;
mod duration;
mod entity;
mod exact;
mod field;
mod interaction;
mod language;
mod lead;
mod mail_demand;
mod mail_link;
mod number;
mod parts;
mod pattern;
mod predicate;
mod record_id;
pub mod scoring;
mod secrets;
mod standard;
mod step;
mod text;
pub mod time;
mod value;
mod web_address;

pub use address::{folded_address, says_no_such_address};
pub use block::{Block, BlockedWhen, JOURNEY_ENDED, NEW_ITERATION};
pub use call::{Answers, Argument, Call, Callee, Input, RecordField};
pub use catalog::{Catalog, FunctionShape, TableColumn, TableShape};
pub use consent::{BASES, Consent, ConsentSetting};
pub use dkim::DkimKey;
pub use duration::{Duration, DurationUnit, Period};
pub use entity::Entity;
pub use exact::ExactSum;
pub use field::{Field, FieldType};
pub use interaction::InteractionType;
pub use language::Language;
pub use lead::Stage;
pub use mail_demand::MailDemand;
pub use mail_link::{LinkKey, MailLink};
pub use number::{DecimalSign, both_ways, foreign_number, is_ambiguous, plain_number};
pub use parts::Part;
pub use pattern::{Pattern, PatternError};
pub use predicate::{
    Arithmetic, Bound, Comparison, Condition, CountTest, DatePart, Did, LARGEST, Measure, MeasureFunction,
    Operand, Predicate, Reckoning, Records, Related, SMALLEST, SUBSCRIPTIONS, Subject, TextTest, WEEKDAYS,
};
pub use record_id::record_id;
pub use secrets::Secrets;
pub use standard::{
    activity_fields, built_in_interactions, common_attributes, counts_as, interaction_type_of_alias,
    is_opt_out, standard_fields,
};
pub use step::{Asked, ConditionAnswer, Decision, Effect, Outcome, TileState, TriggerAnswer};
pub use text::{folded, nfc};
pub use value::Value;
pub use web_address::{AllowedHosts, WebAddress, WebAddressError, is_private};
