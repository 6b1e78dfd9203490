//! The domain's words as plain types.
//!
//! In: nothing. Out: values, fields, predicates and names for every other folder. It doesn't know
//! YAML, SQL, files, or the time of day.

mod catalog;
mod consent;
mod duration;
mod entity;
mod field;
mod interaction;
mod lead;
mod predicate;
pub mod scoring;
mod standard;
pub mod time;
mod value;
mod web_address;

pub use catalog::{Catalog, FunctionShape};
pub use consent::Consent;
pub use duration::{Duration, DurationUnit};
pub use entity::Entity;
pub use field::{Field, FieldType};
pub use interaction::InteractionType;
pub use lead::Stage;
pub use predicate::{
    Arithmetic, Bound, Comparison, Condition, CountTest, Did, Operand, Predicate, ScriptArgument, ScriptCall,
    Subject, TextTest,
};
pub use standard::{built_in_interactions, common_attributes, standard_fields};
pub use value::Value;
pub use web_address::{AllowedHosts, WebAddress, WebAddressError, is_private};
