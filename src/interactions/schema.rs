//! The names that columns of a file may have, and what the columns of a header are.

use std::collections::{BTreeSet, HashMap};

use super::{EmptyCells, ImportFormat, ImportKind, ImportRequest, InputError, words};
use crate::diagnostics::{did_you_mean, suggest};
use crate::model::{Catalog, Entity, FieldType, common_attributes, is_opt_out};

/// What a column may be: its place in [`Schema::names`].
pub(super) type Slot = usize;

/// The word that leaves a column out.
const LEFT_OUT: &str = "-";

/// A name that a column may have.
#[derive(Debug, Clone)]
pub(super) struct Name {
    /// The field's or attribute's own name.
    pub name: String,
    /// Other names for it.
    aliases: Vec<String>,
    /// What it holds. An attribute's type is decided by the row's interaction type instead.
    pub kind: FieldType,
}

/// All names that columns may have for one kind of import, with the mapping of the request.
#[derive(Debug)]
pub(super) struct Schema {
    /// Fields of the record; of interactions, what all types have and then every attribute.
    pub names: Vec<Name>,
    /// What the rows are.
    pub kind: ImportKind,
    /// The topics that there are.
    pub topics: BTreeSet<String>,
    /// Attributes by interaction type and slot; empty for records.
    pub types: HashMap<String, HashMap<Slot, FieldType>>,
    /// The slots that every row needs.
    pub required: Vec<Slot>,
    /// The slot of `id`.
    pub id: Slot,
    /// What the records are; nothing for interactions.
    entity: Option<Entity>,
    /// The format of the file.
    format: ImportFormat,
    /// What empty cells mean.
    empty: EmptyCells,
    /// The request's mapping; nothing for a column that is left out.
    map: HashMap<String, Option<Slot>>,
}

impl Schema {
    /// Collects the names and checks the request's mapping.
    pub fn new(request: &ImportRequest<'_>, format: ImportFormat) -> Result<Schema, InputError> {
        let catalog = request.catalog;
        let mut schema = match (request.kind, request.kind.entity()) {
            (ImportKind::Subscriptions, _) => {
                Schema::of_words(words::subscription_columns(), &["status", "at"])
            }
            (ImportKind::Suppressions, _) => Schema::of_words(words::suppression_columns(), &["address"]),
            (_, Some(entity)) => {
                let fields = catalog.fields(entity).iter();
                let names = fields
                    .map(|field| Name {
                        name: field.name.clone(),
                        aliases: field.aliases.clone(),
                        kind: field.kind.clone(),
                    })
                    .collect();
                Schema::of_names(names, HashMap::new(), &["id"])
            }
            (_, None) => Schema::of_interactions(catalog),
        };
        (schema.entity, schema.format, schema.empty) = (request.kind.entity(), format, request.empty);
        schema.kind = request.kind;
        schema.topics.clone_from(&catalog.topics);
        for (theirs, ours) in &request.map {
            let slot = if ours == LEFT_OUT {
                None
            } else {
                Some(schema.slot(ours).ok_or_else(|| InputError::UnknownMapField {
                    theirs: theirs.clone(),
                    ours: ours.clone(),
                    suggestion: schema.suggestion(ours),
                })?)
            };
            if schema.map.insert(theirs.clone(), slot).is_some() {
                return Err(InputError::DuplicateMap { theirs: theirs.clone() });
            }
        }
        Ok(schema)
    }

    fn of_interactions(catalog: &Catalog) -> Schema {
        let mut names: Vec<Name> = common_attributes()
            .into_iter()
            .map(|field| Name { name: field.name, aliases: field.aliases, kind: field.kind })
            .collect();
        let common = names.len();
        let mut types = HashMap::new();
        for interaction in catalog.interactions.values() {
            let mut slots = HashMap::new();
            for attribute in &interaction.attributes {
                let known = names.iter().position(|name| name.name == attribute.name);
                let slot = known.unwrap_or(names.len());
                if slot < common {
                    continue;
                }
                if known.is_none() {
                    names.push(Name {
                        name: attribute.name.clone(),
                        aliases: attribute.aliases.clone(),
                        kind: attribute.kind.clone(),
                    });
                }
                slots.insert(slot, attribute.kind.clone());
            }
            types.insert(interaction.name.clone(), slots);
        }
        Schema::of_names(names, types, &["id", "type", "at", "contact_id"])
    }

    fn of_names(
        names: Vec<Name>,
        types: HashMap<String, HashMap<Slot, FieldType>>,
        required: &[&str],
    ) -> Schema {
        let place = |wanted: &str| names.iter().position(|name| name.name == wanted);
        let id = place("id").unwrap_or_default();
        let required = required.iter().filter_map(|name| place(name)).collect();
        let (format, empty) = (ImportFormat::Csv, EmptyCells::Leave);
        let (kind, topics) = (ImportKind::Interactions, BTreeSet::new());
        let map = HashMap::new();
        Schema { names, kind, topics, types, required, id, entity: None, format, empty, map }
    }

    fn is_opt_out(&self, slot: Slot) -> bool {
        self.entity.is_some_and(|entity| is_opt_out(entity, &self.names[slot].name))
    }

    /// Whether a missing value that a row brings clears the field. Rows of NDJSON bring no other.
    pub fn clears(&self, slot: Slot) -> bool {
        let clearing = self.format == ImportFormat::NdJson || self.empty == EmptyCells::Clear;
        clearing && !self.is_opt_out(slot)
    }

    /// Whether a missing value of NDJSON counts as a key that isn't there. `null` says that the field is empty, an
    /// empty text is an empty cell.
    pub fn is_absent(&self, slot: Slot, is_null: bool) -> bool {
        self.is_opt_out(slot) || (!is_null && self.empty == EmptyCells::Leave)
    }

    fn of_words(columns: Vec<(&str, &[&str], FieldType)>, required: &[&str]) -> Schema {
        let names = columns.into_iter().map(|(name, aliases, kind)| Name {
            name: name.to_owned(),
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
            kind,
        });
        Schema::of_names(names.collect(), HashMap::new(), required)
    }

    /// The slot of a field's own name.
    pub fn slot_of(&self, name: &str) -> Option<Slot> {
        self.names.iter().position(|known| known.name == name)
    }

    /// Whether the field holds an e-mail address.
    pub fn is_address(&self, slot: Slot) -> bool {
        matches!(self.entity, Some(Entity::Contact | Entity::Lead)) && self.names[slot].name == "email"
    }

    /// What a name stands for: a field's own name, an alias, or one of them in other letters, with
    /// spaces or dashes for underscores.
    fn slot(&self, name: &str) -> Option<Slot> {
        let own = |wanted: &str| self.names.iter().position(|name| name.name == wanted);
        let alias = |wanted: &str| {
            self.names.iter().position(|name| name.aliases.iter().any(|alias| alias == wanted))
        };
        let plain = name.trim().to_lowercase().replace([' ', '-'], "_");
        own(name).or_else(|| alias(name)).or_else(|| own(&plain)).or_else(|| alias(&plain))
    }

    /// What a column of the file is: a slot, left out (`Some(None)`), or unknown.
    pub fn column(&self, column: &str) -> Option<Option<Slot>> {
        match self.map.get(column) {
            Some(mapped) => Some(*mapped),
            None => self.slot(column).map(Some),
        }
    }

    /// A sentence with the names that an unknown one was probably meant to be.
    pub fn suggestion(&self, name: &str) -> Option<String> {
        did_you_mean(name, self.all_names())
    }

    fn all_names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().flat_map(|name| {
            std::iter::once(name.name.as_str()).chain(name.aliases.iter().map(String::as_str))
        })
    }

    /// What each column of a header is; nothing for those that are left out.
    pub fn header(&self, header: &[String]) -> Result<Vec<Option<Slot>>, InputError> {
        if let Some(blank) = header.iter().position(String::is_empty) {
            return Err(InputError::UnnamedColumn { number: blank + 1 });
        }
        let numbered = numbered(header);
        self.check_map(header, &numbered)?;
        let found: Vec<Option<Option<Slot>>> = numbered
            .iter()
            .zip(header)
            .map(|(numbered, column)| {
                self.map.get(numbered).map_or_else(|| self.column(column), |mapped| Some(*mapped))
            })
            .collect();
        let unknown: Vec<String> = header
            .iter()
            .zip(&found)
            .filter(|(_, slot)| slot.is_none())
            .map(|(name, _)| name.clone())
            .collect();
        if !unknown.is_empty() {
            return Err(self.unknown(unknown));
        }
        let slots: Vec<Option<Slot>> = found.into_iter().map(Option::flatten).collect();
        let mut taken: HashMap<Slot, &str> = HashMap::new();
        for (column, slot) in numbered.iter().zip(&slots) {
            if let Some(slot) = slot
                && let Some(first) = taken.insert(*slot, column)
            {
                return Err(InputError::DuplicateColumn {
                    field: self.names[*slot].name.clone(),
                    first: first.to_owned(),
                    second: column.clone(),
                });
            }
        }
        let missing: Vec<String> = self
            .required
            .iter()
            .filter(|slot| !taken.contains_key(slot))
            .map(|slot| self.names[*slot].name.clone())
            .collect();
        if missing.is_empty() { Ok(slots) } else { Err(InputError::MissingColumns { columns: missing }) }
    }

    fn check_map(&self, header: &[String], numbered: &[String]) -> Result<(), InputError> {
        let mapped: BTreeSet<&String> = self.map.keys().collect();
        let is_there = |theirs: &&String| header.contains(theirs) || numbered.contains(theirs);
        let Some(theirs) = mapped.into_iter().find(|theirs| !is_there(theirs)) else { return Ok(()) };
        let ours = self.map.get(theirs).copied().flatten();
        Err(InputError::UnknownMapColumn {
            theirs: theirs.clone(),
            ours: ours.map_or(LEFT_OUT.to_owned(), |slot| self.names[slot].name.clone()),
            suggestion: did_you_mean(theirs, header.iter().map(String::as_str)),
        })
    }

    fn unknown(&self, columns: Vec<String>) -> InputError {
        let suggestions = columns
            .iter()
            .filter_map(|column| {
                let best = *suggest(column, self.all_names()).first()?;
                Some(format!("Did you mean `{best}` by `{column}`?"))
            })
            .collect();
        InputError::UnknownColumns { columns, suggestions }
    }
}

/// The names of a header, where the second column of a name is `NAME#2`, and so on.
fn numbered(header: &[String]) -> Vec<String> {
    let mut times: HashMap<&str, usize> = HashMap::new();
    let mut numbered = Vec::with_capacity(header.len());
    for name in header {
        let time = times.entry(name).or_default();
        *time += 1;
        numbered.push(if *time == 1 { name.clone() } else { format!("{name}#{time}") });
    }
    numbered
}

/// The reason for a row with a key that no field answers to.
pub(super) fn unknown_key(schema: &Schema, kind: ImportKind, key: &str) -> String {
    let hint = schema.suggestion(key).map(|hint| format!(". {hint}")).unwrap_or_default();
    format!("`{}` is no field of {}{hint}", super::cells::shown(key), kind.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Zone;
    use crate::model::{Entity, Field, InteractionType};

    fn field(name: &str, kind: FieldType) -> Field {
        Field { name: name.to_owned(), kind, aliases: Vec::new(), description: String::new(), declared: true }
    }

    fn header(kind: ImportKind, map: &[(&str, &str)], header: &[&str]) -> Result<Vec<String>, InputError> {
        let mut catalog = Catalog::standard();
        catalog.declare(Entity::Contact, field("region", FieldType::Text));
        let order = InteractionType {
            name: "OrderPlaced".to_owned(),
            attributes: vec![field("amount", FieldType::Number)],
            declared: true,
        };
        catalog.interactions.insert(order.name.clone(), order);
        let request = ImportRequest {
            kind,
            format: None,
            catalog: &catalog,
            zone: &Zone::utc(),
            decimal: None,
            map: map.iter().map(|(theirs, ours)| ((*theirs).to_owned(), (*ours).to_owned())).collect(),
            empty: EmptyCells::Leave,
            replace: false,
            batch_size: 10,
        };
        let schema = Schema::new(&request, ImportFormat::Csv)?;
        let header: Vec<String> = header.iter().map(|name| (*name).to_owned()).collect();
        let slots = schema.header(&header)?;
        Ok(slots
            .into_iter()
            .map(|slot| slot.map_or("-".to_owned(), |slot| schema.names[slot].name.clone()))
            .collect())
    }

    #[test]
    fn columns_go_by_name_by_alias_and_by_name_in_other_letters() {
        let cases = [
            ("id", "id"),
            ("contactid", "id"),
            ("First Name", "first_name"),
            ("FIRST-NAME", "first_name"),
            ("FirstName", "first_name"),
            ("emailaddress1", "email"),
            ("EMailAddress1", "email"),
            ("Region", "region"),
            ("parentcustomerid", "account_id"),
        ];
        for (theirs, ours) in cases {
            let columns = if ours == "id" { vec![theirs] } else { vec!["id", theirs] };
            let found = header(ImportKind::Contacts, &[], &columns).unwrap();
            assert_eq!(found.last().unwrap(), ours, "{theirs}");
        }
    }

    #[test]
    fn a_mapping_names_a_column_or_leaves_it_out() {
        let map = [("Kundennummer", "id"), ("Anrede", "-"), ("email", "phone")];
        let found = header(ImportKind::Contacts, &map, &["Kundennummer", "Anrede", "email"]).unwrap();
        assert_eq!(found, ["id", "-", "phone"]);
    }

    #[test]
    fn interactions_have_the_attributes_of_all_types() {
        let columns = ["id", "type", "at", "contact_id", "amount", "link", "step"];
        assert_eq!(header(ImportKind::Interactions, &[], &columns).unwrap(), columns);
    }

    #[test]
    fn a_header_that_cannot_be_read_is_refused_with_a_hint() {
        use ImportKind::{Contacts, Interactions};
        type Case = (ImportKind, &'static [(&'static str, &'static str)], &'static [&'static str]);
        let cases: [(Case, &str, &str); 9] = [
            (
                (Contacts, &[], &["id", "emial"]),
                "unknown column `emial`",
                "Did you mean `email` by `emial`? `--map 'emial=FIELD'` says which field the column is, \
                 `--map 'emial=-'` leaves it out.",
            ),
            ((Contacts, &[], &["id", "x1", "y2"]), "unknown columns `x1`, `y2`", "--map 'x1=-'"),
            (
                (Contacts, &[], &["id", "email", "E-Mail Address1", "emailaddress1"]),
                "unknown column `E-Mail Address1`",
                "--map",
            ),
            (
                (Contacts, &[], &["id", "email", "emailaddress1"]),
                "the columns `email` and `emailaddress1` are both the field `email`",
                "`--map 'emailaddress1=-'` leaves one of them out.",
            ),
            ((Contacts, &[], &["email"]), "the file has no column `id`", "--map 'THEIRS=id'"),
            (
                (Interactions, &[], &["id", "at"]),
                "the file has no columns `type`, `contact_id`",
                "THEIRS=type",
            ),
            ((Contacts, &[], &["id", ""]), "column 2 has no name", "Give every column a name"),
            (
                (Contacts, &[("Mail", "email")], &["id", "mail"]),
                "`--map Mail=email`: the file has no column `Mail`",
                "Did you mean `mail`?",
            ),
            (
                (Contacts, &[("mail", "e_mail")], &["id", "mail"]),
                "`--map mail=e_mail`: there is no field `e_mail`",
                "Did you mean `email`?",
            ),
        ];
        for ((kind, map, columns), message, hint) in cases {
            let error = header(kind, map, columns).unwrap_err();
            assert_eq!(error.to_string(), message);
            let found = error.hint().unwrap_or_default();
            assert!(found.contains(hint), "{message}: {found}");
        }
        let twice = header(Contacts, &[("a", "id"), ("a", "-")], &["a"]).unwrap_err();
        assert_eq!(twice.to_string(), "`--map` names the column `a` twice");
    }
}
