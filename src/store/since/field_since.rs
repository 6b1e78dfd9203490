//! Since when fields have their present values (semantics 11).
//!
//! A record keeps when the store had it first; a field that changed since has a row of its own in
//! `field_since`. A time after the run's is none: facts that were imported ahead of played time count as if
//! they had always been there.

use crate::model::{Entity, Operand, Subject};
use crate::store::{
    Connection, StoreError,
    queue::focus::change_kind,
    sql::predicate::{Printer, Scope, alias_of},
};

/// Stands for a field of contacts and accounts: when a lead left them last. No field has such a name.
pub(in crate::store) const LEADS_LEFT: &str = "leads left";

impl Printer<'_> {
    /// The expression for the moment since which a field of the record in scope has its present value, NULL
    /// when no time is known, or one that hasn't come.
    pub(in crate::store) fn field_since(
        &mut self,
        subject: Subject,
        name: &str,
        scope: &Scope,
    ) -> Result<String, StoreError> {
        let since = match subject {
            Subject::Contact => {
                self.since_of_row(Entity::Contact, alias_of(scope.contact.as_deref(), "a contact")?, name)?
            }
            Subject::Account => {
                self.since_of_row(Entity::Account, alias_of(scope.account.as_deref(), "an account")?, name)?
            }
            Subject::Lead => {
                self.since_of_row(Entity::Lead, alias_of(scope.lead.as_deref(), "a lead")?, name)?
            }
            Subject::PrimaryContact => {
                let account = alias_of(scope.account.as_deref(), "an account")?.to_owned();
                let link = self.since_of_row(Entity::Account, &account, "primary_contact_id")?;
                let alias = format!("p{}", self.alias());
                let own = self.since_of_row(Entity::Contact, &alias, name)?;
                let known = format!(
                    "(SELECT {own} FROM contact {alias} WHERE {alias}.id = {account}.\"primary_contact_id\")"
                );
                self.dialect.greatest(&format!("COALESCE({known}, {link})"), &link)
            }
            Subject::Interaction | Subject::Activity => return Ok("CAST(NULL AS BIGINT)".to_owned()),
        };
        let now = self.now;
        Ok(format!(
            "(SELECT CASE WHEN t.since <= {now} THEN t.since END FROM (SELECT {since} AS since LIMIT 1) t)"
        ))
    }

    /// The same for a field that a condition names, whether of a record in scope or of one that it leads to: then since
    /// when both the references and the field are as they are.
    pub(in crate::store) fn operand_since(
        &mut self,
        field: &Operand,
        scope: &Scope,
    ) -> Result<String, StoreError> {
        match field {
            Operand::Field { subject, name, .. } | Operand::Since { subject, name } => {
                self.field_since(*subject, name, scope)
            }
            Operand::Followed { link, to, name, .. } => {
                let (links, id) = (self.operand_since(link, scope)?, self.operand(link, scope)?);
                let (alias, table, now) = (format!("r{}", self.alias()), to.name(), self.now);
                let own = self.since_of_row(*to, &alias, name)?;
                Ok(format!(
                    "(SELECT MAX(u.v) FROM (SELECT {links} AS v UNION ALL
                        SELECT t.since FROM (SELECT {own} AS since FROM {table} {alias} WHERE {alias}.id = {id}) t
                        WHERE t.since <= {now}) u)"
                ))
            }
            _ => Ok("CAST(NULL AS BIGINT)".to_owned()),
        }
    }

    fn since_of_row(&self, entity: Entity, alias: &str, name: &str) -> Result<String, StoreError> {
        let key = format!("{alias}.key");
        if name.contains('.') {
            return self.names.measure_since(name, &key);
        }
        let kind = change_kind(entity);
        Ok(format!(
            "COALESCE((SELECT f.since FROM field_since f
                WHERE f.kind = {kind} AND f.subject_key = {key} AND f.field = '{name}'), {alias}.known_since)"
        ))
    }
}

/// Takes note that a field of the records that a statement selects has a new value since a moment that the
/// statement gives with each: columns `key` and `since`.
pub(in crate::store) fn note(
    connection: &mut Connection,
    entity: Entity,
    field: &str,
    select: &str,
    parameters: &[crate::store::Cell],
) -> Result<(), StoreError> {
    let kind = change_kind(entity);
    connection.execute(
        &format!(
            "INSERT INTO field_since (kind, subject_key, field, since)
             SELECT {kind}, n.key, '{field}', n.since FROM ({select}) n WHERE 1 = 1
             ON CONFLICT (kind, subject_key, field) DO UPDATE SET since = excluded.since"
        ),
        parameters,
    )?;
    Ok(())
}

/// Gives what is known of a field its new name.
pub(in crate::store) fn rename(
    connection: &mut Connection,
    entity: Entity,
    was: &str,
    name: &str,
) -> Result<(), StoreError> {
    let named = [change_kind(entity).into(), was.into(), name.into()];
    connection.execute(
        "DELETE FROM field_since WHERE kind = $1 AND field = $2 AND EXISTS (SELECT 1 FROM field_since o
            WHERE o.kind = field_since.kind AND o.subject_key = field_since.subject_key AND o.field = $3)",
        &named,
    )?;
    connection.execute("UPDATE field_since SET field = $3 WHERE kind = $1 AND field = $2", &named)?;
    Ok(())
}

/// Forgets a field.
pub(in crate::store) fn forget_field(
    connection: &mut Connection,
    entity: Entity,
    name: &str,
) -> Result<(), StoreError> {
    connection.execute(
        "DELETE FROM field_since WHERE kind = $1 AND field = $2",
        &[change_kind(entity).into(), name.into()],
    )?;
    Ok(())
}
