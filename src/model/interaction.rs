//! Types of interactions: what may happen with a contact, and what is recorded of it.

use super::{Field, standard};

/// A type of interaction with its own attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InteractionType {
    /// The name in CamelCase, such as `OrderPlaced`.
    pub name: String,
    /// The attributes of this type, without those that all types have.
    pub attributes: Vec<Field>,
    /// Whether the workspace declared it, as opposed to the built-in types.
    pub declared: bool,
}

impl InteractionType {
    /// The attribute with this name, among this type's own and those that all types have.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<Field> {
        self.attributes
            .iter()
            .find(|field| field.name == name)
            .cloned()
            .or_else(|| standard::common_attributes().into_iter().find(|field| field.name == name))
    }
}
