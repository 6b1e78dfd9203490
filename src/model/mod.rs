//! The domain's words as plain types.
//!
//! In: nothing. Out: values, fields, predicates and names for every other folder. It doesn't know
//! YAML, SQL, files, or the time of day.

mod catalog;
mod consent;
mod duration;
mod entity;
mod exact;
mod field;
mod interaction;
mod lead;
mod parts;
mod predicate;
pub mod scoring;
mod standard;
pub mod time;
mod value;
mod web_address;

pub use catalog::{Catalog, FunctionShape};
pub use consent::Consent;
pub use duration::{Duration, DurationUnit, Period};
pub use entity::Entity;
pub use exact::ExactSum;
pub use field::{Field, FieldType};
pub use interaction::InteractionType;
pub use lead::Stage;
pub use parts::Part;
pub use predicate::{
    Arithmetic, Bound, Comparison, Condition, CountTest, DatePart, Did, LARGEST, Measure, MeasureFunction,
    Operand, Predicate, Reckoning, Records, Related, SMALLEST, SUBSCRIPTIONS, ScriptArgument, ScriptCall,
    Subject, TableColumn, TextTest, WEEKDAYS,
};
pub use standard::{activity_fields, built_in_interactions, common_attributes, standard_fields};
pub use value::Value;
pub use web_address::{AllowedHosts, WebAddress, WebAddressError, is_private};
