//! Operands of predicates as SQL expressions.

use super::predicate::{Printer, Scope, alias_of, contact_key};
use crate::store::{
    Cell, StoreError,
    tables::columns::{attribute_column_name, cell, field_column},
};
use crate::{
    calendar,
    model::{Arithmetic, DatePart, FieldType, LARGEST, Operand, Reckoning, SMALLEST, Subject},
};

impl Printer<'_> {
    /// An operand as an expression.
    pub(in crate::store) fn operand(
        &mut self,
        operand: &Operand,
        scope: &Scope,
    ) -> Result<String, StoreError> {
        Ok(match operand {
            Operand::Literal(value) => self.bind(cell(value)),
            Operand::Followed { link, to, name, .. } => {
                let (id, alias) = (self.operand(link, scope)?, format!("r{}", self.alias()));
                let (column, table) = (field_column(name), to.name());
                format!("(SELECT {alias}.{column} FROM {table} {alias} WHERE {alias}.id = {id})")
            }
            Operand::LowerCase(text) => {
                let text = self.operand(text, scope)?;
                self.dialect.lower_case(&text)
            }
            Operand::Since { subject, name } => self.field_since(*subject, name, scope)?,
            Operand::Now { plus } => self.moment(*plus),
            Operand::Today { plus } => self.by_day(&|printer| {
                let day = calendar::day_from_today(printer.now, *plus, &printer.zone);
                Ok(printer.bind(Cell::Text(day)))
            })?,
            Operand::Moment(reckoning @ (Reckoning::Ago(_) | Reckoning::Ahead(_))) => {
                // A length that depends on the calendar is as long as it is now.
                let at = calendar::reckoned_moment(*reckoning, self.now, &self.zone);
                self.moment(at.saturating_sub(self.now))
            }
            Operand::Moment(reckoning) => self.by_day(&|printer| {
                let at = calendar::reckoned_moment(*reckoning, printer.now, &printer.zone);
                Ok(printer.bind(Cell::Integer(at)))
            })?,
            Operand::Day(reckoning) => self.by_day(&|printer| {
                let day = calendar::reckoned_day(*reckoning, printer.now, &printer.zone);
                Ok(printer.bind(Cell::Text(day)))
            })?,
            Operand::Arithmetic { left, operator, right } => {
                let (left, right) = (self.operand(left, scope)?, self.operand(right, scope)?);
                calculation(&left, *operator, &right)
            }
            Operand::OfDate { part: DatePart::Anniversary, of } => {
                self.by_day(&|printer| printer.of_date(DatePart::Anniversary, of, scope))?
            }
            Operand::OfDate { part, of } => self.of_date(*part, of, scope)?,
            Operand::Measure(measure) => self.measure(measure, scope)?,
            Operand::Call(call) => self.call(call, scope)?,
            Operand::Field { subject, name, kind } => self.field(*subject, name, kind, scope)?,
        })
    }

    fn field(
        &mut self,
        subject: Subject,
        name: &str,
        kind: &FieldType,
        scope: &Scope,
    ) -> Result<String, StoreError> {
        if name.contains('.') {
            let key = match subject {
                Subject::Account => scope.account_key.clone(),
                Subject::Lead => format!("{}.key", alias_of(scope.lead.as_deref(), "a lead")?),
                _ => contact_key(scope)?.to_owned(),
            };
            return self.names.measure(name, &key);
        }
        let column = |alias: Option<&str>, what: &str| {
            Ok::<String, StoreError>(format!("{}.{}", alias_of(alias, what)?, field_column(name)))
        };
        Ok(match subject {
            Subject::Contact => column(scope.contact.as_deref(), "a contact")?,
            Subject::Account => column(scope.account.as_deref(), "an account")?,
            Subject::Lead => column(scope.lead.as_deref(), "a lead")?,
            Subject::PrimaryContact => {
                let account = alias_of(scope.account.as_deref(), "an account")?;
                let alias = format!("p{}", self.alias());
                format!(
                    "(SELECT {alias}.{} FROM contact {alias} WHERE {alias}.id = {account}.\"primary_contact_id\")",
                    field_column(name)
                )
            }
            Subject::Activity => {
                let alias = alias_of(scope.activity.as_deref(), "an activity")?;
                let column = match name {
                    "type" => "kind",
                    "assigned_to" => "owner",
                    "due_on" => "due_at",
                    "created_on" => "created_at",
                    other => other,
                };
                format!("{alias}.{column}")
            }
            Subject::Interaction => {
                let alias = scope.interaction.as_deref().unwrap_or("i");
                match name {
                    "type" => format!("(SELECT name FROM interaction_type t WHERE t.key = {alias}.type_key)"),
                    "contact_id" => format!("(SELECT id FROM contact k WHERE k.key = {alias}.contact_key)"),
                    "account_id" => format!("(SELECT id FROM account k WHERE k.key = {alias}.account_key)"),
                    _ => format!("{alias}.{}", attribute_column_name(name, kind)),
                }
            }
        })
    }

    /// What is told from a date, in arithmetic on its text: dates of any year fare the same.
    fn of_date(&mut self, part: DatePart, of: &Operand, scope: &Scope) -> Result<String, StoreError> {
        let is_moment = match of {
            Operand::Field { kind, .. } | Operand::Followed { kind, .. } => *kind == FieldType::DateTime,
            Operand::Literal(value) => matches!(value, crate::model::Value::Time(_)),
            Operand::Call(call) => call.gives == FieldType::DateTime,
            Operand::Now { .. } | Operand::Moment(_) => true,
            _ => false,
        };
        let of = self.operand(of, scope)?;
        let date = match is_moment {
            true => self.local_date(&of),
            false => of,
        };
        // `LIMIT` keeps planners from putting the whole expression wherever `t` stands.
        let told = |expression: String| format!("(SELECT {expression} FROM (SELECT {date} AS t LIMIT 1) d)");
        let number = |from: usize, length: usize| format!("CAST(substr(d.t, {from}, {length}) AS BIGINT)");
        Ok(match part {
            DatePart::Month => told(number(6, 2)),
            DatePart::Weekday => {
                // Sakamoto's rule, in years that start in March; 400 years are whole weeks.
                let (month, day) = (number(6, 2), number(9, 2));
                let year = format!("({} + 400 - CASE WHEN {month} < 3 THEN 1 ELSE 0 END)", number(1, 4));
                let shift = format!("CAST(substr('032503514624', CAST({month} AS INTEGER), 1) AS BIGINT)");
                let sunday =
                    format!("(({year} + {year} / 4 - {year} / 100 + {year} / 400 + {shift} + {day}) % 7)");
                told(format!("substr('sunmontuewedthufrisat', CAST(3 * {sunday} + 1 AS INTEGER), 3)"))
            }
            DatePart::Anniversary => {
                let today = calendar::day_from_today(self.now, 0, &self.zone);
                let (this, next, leap) = calendar::anniversary_years(&today);
                let (this, next) = (self.bind(this.into()), self.bind(next.into()));
                let (today, leap) = (self.bind(today.into()), self.bind(leap.into()));
                let in_this = format!("({this} || substr(d.t, 5, 6))");
                let (left, right) = (self.dialect.order_text(&in_this), self.dialect.order_text(&today));
                told(format!(
                    "CASE WHEN substr(d.t, 5, 6) = '-02-29' THEN {leap} WHEN {left} >= {right} THEN {in_this}
                          ELSE {next} || substr(d.t, 5, 6) END"
                ))
            }
        })
    }

    /// The local date of a moment, as text.
    fn local_date(&mut self, at: &str) -> String {
        let zone = self.bind(self.zone.name().into());
        self.dialect.local_date(at, &zone, &self.zone)
    }
}

/// A calculation whose sides are printed once, and which no number can make overflow.
fn calculation(left: &str, operator: Arithmetic, right: &str) -> String {
    let within =
        |side: &str| format!("({side} = 0 OR (abs({side}) >= {SMALLEST:e} AND abs({side}) <= {LARGEST:e}))");
    let result = match operator {
        Arithmetic::Add => "n.a + n.b",
        Arithmetic::Subtract => "n.a - n.b",
        Arithmetic::Multiply => "n.a * n.b",
        Arithmetic::Divide => "n.a / NULLIF(n.b, 0)",
    };
    format!(
        "(SELECT CASE WHEN {} AND {} THEN {result} END FROM (
            SELECT CAST({left} AS DOUBLE PRECISION) AS a, CAST({right} AS DOUBLE PRECISION) AS b LIMIT 1) n)",
        within("n.a"),
        within("n.b")
    )
}
