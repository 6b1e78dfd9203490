//! `trigger`: waits until something happens, for each contact or for the account as one, and for no
//! longer than its timeout (semantics 10 and 11).

use super::{
    AccountGroup, Batch, CompileContext, Deciding, Look, Needs, Outcomes, Question, Tile, TileError,
    TileKind, TileSpec, Unit, Wakes, context::unit, shared::milliseconds,
};
use crate::model::{Asked, Decision, Outcome};
use crate::{
    conditions::{self, Scope, Wait},
    definitions::{Form, Key, StepDefinition},
    diagnostics::{Code, Problem, Text},
    model::{
        Entity, Part, Predicate,
        time::{NEVER, moment_of, moment_of_decision, rfc3339},
    },
};

pub(super) struct Trigger;

const PARAMETERS: &[Key] = &[
    Key::optional(
        "based_on",
        Form::Choice(&["contact", "account"]),
        "Whether each contact decides for itself, or the account as one; required in account journeys",
    ),
    Key::required(
        "when",
        Form::Said(&Form::Condition, "condition about a contact"),
        "What is waited for. An interaction counts if it happens from the arrival at the trigger on (when it is based on accounts: from the account's first arrival); with `step`, from the moment at which that step handled the contact; with `since: entry`, from the entry into the journey. A branch asks what was before",
    ),
    Key::optional("timeout", Form::Duration, "How long; to the end of the journey when not written"),
    Key::optional(
        "quorum",
        Form::Said(&Form::Any, "2 contacts, 50% or all"),
        "How many of the account's contacts must satisfy it; one when not written",
    ),
    Key::optional(
        "counts",
        Form::Choice(&["participants", "all_contacts"]),
        "Whether only the account's participants count, or all its contacts",
    ),
    Key::optional("grace", Form::Duration, "How long `else` waits for late news of what happened in time"),
];

static SPEC: TileSpec = TileSpec {
    name: "trigger",
    summary: "Waits until something happens, at most for its timeout, and sends contacts or whole accounts down one of two paths",
    parameters: PARAMETERS,
    paths: &["then", "else"],
    example: "- id: ordered\n  tile: trigger\n  with:\n    based_on: account\n    when:\n      did: OrderPlaced\n    timeout: 30 days\n  paths:\n    then:\n      - id: lead\n        tile: create_lead\n        with:\n          for_each: account\n          topic: \"{{account.name}} ordered\"\n",
};

/// How many of an account's contacts must satisfy the condition.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Quorum {
    Contacts(u64),
    Percent(f64),
    All,
}

impl Quorum {
    /// How many that are of so many asked; at least one.
    fn of(self, asked: u64) -> u64 {
        match self {
            Quorum::Contacts(count) => count,
            #[allow(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "contacts of one account: far below 2^53"
            )]
            Quorum::Percent(percent) => ((asked as f64 * percent / 100.0).ceil() as u64).max(1),
            Quorum::All => asked.max(1),
        }
    }

    fn depends_on_number(self) -> bool {
        !matches!(self, Quorum::Contacts(_))
    }
}

fn quorum(text: &Text) -> Option<Quorum> {
    let written = text.value.trim();
    if written == "all" {
        return Some(Quorum::All);
    }
    if let Some(percent) = written.strip_suffix('%') {
        let percent: f64 = percent.trim().parse().ok()?;
        return (percent > 0.0 && percent <= 100.0).then_some(Quorum::Percent(percent));
    }
    let count =
        written.strip_suffix("contacts").or_else(|| written.strip_suffix("contact")).unwrap_or(written);
    let count: u64 = count.trim().parse().ok()?;
    (count > 0).then_some(Quorum::Contacts(count))
}

impl TileKind for Trigger {
    fn spec(&self) -> &'static TileSpec {
        &SPEC
    }

    fn compile(&self, step: &StepDefinition, context: &mut CompileContext<'_>) -> Option<Tile> {
        let mut reader = step.parameters(&[PARAMETERS], context.problems);
        let based_on = unit("based_on", context.target, &mut reader);
        let when = reader.required_condition("when");
        let timeout = reader.duration("timeout");
        let wrong_timeout = timeout.is_none() && reader.has("timeout");
        let quorum_text = reader.text("quorum");
        let counts = reader
            .choice("counts", &[("participants", Asked::Participants), ("all_contacts", Asked::AllContacts)]);
        let grace = reader.duration("grace");
        reader.finish();

        let mut sound = !wrong_timeout;
        if based_on == Some(Unit::Contact) {
            let spans =
                [quorum_text.as_ref().map(|text| text.span), counts.as_ref().map(|counts| counts.span)];
            for (name, span) in ["quorum", "counts"].into_iter().zip(spans) {
                if let Some(span) = span {
                    sound = false;
                    context.problems.push(
                        Problem::error(
                            Code::AccountOption,
                            span,
                            format!("`{name}` in a trigger based on contacts"),
                        )
                        .hint("Leave it out, or write `based_on: account`."),
                    );
                }
            }
        }
        if timeout.is_none() && !wrong_timeout && context.endless {
            let message = "this waits for ever: it has no `timeout`, and the journey has no `end`";
            context.problems.push(Problem::warning(Code::EndlessWait, step.id.span, message).hint(
                "Write how long it waits, such as `timeout: 30 days`; whoever doesn't satisfy it by then goes `else`.",
            ));
        }
        let quorum = match &quorum_text {
            None => Quorum::Contacts(1),
            Some(text) => quorum(text).unwrap_or_else(|| {
                sound = false;
                context.problems.push(
                    Problem::error(
                        Code::InvalidValue,
                        text.span,
                        format!("`{}` is not a quorum", text.value),
                    )
                    .hint("Write a number such as `2 contacts`, a share such as `50%`, or `all`."),
                );
                Quorum::All
            }),
        };
        let grace = match grace {
            Some(grace) => milliseconds(grace.value, grace.span, context.problems)?,
            None => 0,
        };
        let wait = Wait {
            start: context.start,
            timeout: timeout.as_ref().map(|timeout| timeout.value),
            outsiders: counts.as_ref().is_some_and(|counts| counts.value == Asked::AllContacts),
            alone: true,
        };
        let scope = Scope::new(Entity::Contact, context.zone).in_journey(context.steps).in_trigger(wait);
        let when = when?;
        let predicate = conditions::check(&when, &scope, context.catalog, context.problems);
        let (based_on, predicate) = (based_on?, predicate?);
        if conditions::holds_on_arrival(&predicate) {
            sound = false;
            let message = format!(
                "everybody who did nothing satisfies this on arrival: {}",
                conditions::explain(&predicate)
            );
            context.problems.push(Problem::error(Code::HoldsOnArrival, when.span(), message).hint(
                "Wait for what somebody may do, such as `did: OrderPlaced`; whoever doesn't do it goes `else` at the `timeout`.",
            ));
        }
        if !sound {
            return None;
        }
        let dependencies = conditions::dependencies(&predicate);
        let whole_account = based_on == Unit::Account;
        let asked = match (based_on, counts) {
            (Unit::Contact, _) => Asked::Contact,
            (Unit::Account, None) => Asked::Participants,
            (Unit::Account, Some(counts)) => counts.value,
        };
        let wakes = Wakes {
            // Which contacts an account has is told by their fields.
            records: !dependencies.contact_fields.is_empty()
                || !dependencies.account_fields.is_empty()
                || !dependencies.scores.is_empty()
                || asked == Asked::AllContacts
                || quorum.depends_on_number(),
            leads: !dependencies.lead_fields.is_empty(),
            activities: dependencies.activities,
            colleagues: dependencies.across || asked == Asked::AllContacts,
            mails: refers_to_steps(&predicate),
            interactions: dependencies.interactions,
            segments: dependencies.segments,
            whole_account,
        };
        let question = Question {
            predicate,
            asked,
            timeout: timeout.map(|timeout| timeout.value),
            counted: quorum.depends_on_number(),
        };
        let tile = CompiledTrigger { question, quorum, grace };
        Some(Tile {
            look: Look::ON_ARRIVAL,
            paths: SPEC.paths.iter().map(|path| (*path).to_owned()).collect(),
            work: Deciding::new(based_on, tile.needs(), move |batch, out| tile.run(batch, out)).into(),
            wakes,
        })
    }
}

struct CompiledTrigger {
    question: Question,
    quorum: Quorum,
    grace: i64,
}

impl CompiledTrigger {
    /// When to look again: at the deadline, or when something happens before it.
    fn until(&self, deadline: i64, next_at: Option<i64>) -> i64 {
        let deadline = if deadline == NEVER { NEVER } else { deadline.saturating_add(self.grace) };
        next_at.map_or(deadline, |next_at| next_at.min(deadline))
    }

    fn is_over(&self, deadline: i64, now: i64) -> bool {
        deadline != NEVER && deadline.saturating_add(self.grace) <= now
    }

    /// The moment of `else`, by the deadline. How far processing lags behind is counted from when it could be decided,
    /// after the grace (semantics 14).
    fn moment_of_else(&self, deadline: i64, now: i64) -> i64 {
        moment_of_decision(deadline, deadline.saturating_add(self.grace), now)
    }

    /// Takes an account's decision, or none yet.
    fn decide(&self, account: &AccountGroup, now: i64) -> Option<Decision> {
        // Somebody who ceases to count makes the share of the others larger.
        let mut moments: Vec<i64> = account.satisfied.iter().map(|(_, at)| *at).collect();
        moments.extend(account.ceased.iter().filter(|at| self.quorum.depends_on_number() && **at <= now));
        moments.sort_unstable();
        let needed_at = |moment: i64| {
            let more = account.ceased.iter().filter(|at| **at > moment).count() as u64;
            self.quorum.of(account.asked + more)
        };
        let reached = moments.into_iter().find_map(|moment| {
            let satisfied = account.satisfied.iter().filter(|(_, at)| *at <= moment).count() as u64;
            let needed = needed_at(moment);
            let within = account.deadline == NEVER || moment <= account.deadline;
            (within && satisfied >= needed).then_some((moment, needed))
        });
        let needed = self.quorum.of(account.asked);
        if let Some((satisfied_at, needed)) = reached {
            let who: Vec<&str> = account
                .satisfied
                .iter()
                .take(usize::try_from(needed).unwrap_or(usize::MAX))
                .map(|(contact, _)| contact.as_str())
                .collect();
            let at = satisfied_at.max(account.opened_at);
            return Some(Decision {
                path: "then".to_owned(),
                at,
                because: format!("satisfied by {} at {}", listed(&who), rfc3339(satisfied_at)),
            });
        }
        self.is_over(account.deadline, now).then(|| Decision {
            path: "else".to_owned(),
            at: account.deadline,
            because: match (account.satisfied.len(), needed) {
                (0, _) => format!("nobody satisfied it until {}", rfc3339(account.deadline)),
                (count, needed) => {
                    format!("satisfied by {count} of the {needed} needed until {}", rfc3339(account.deadline))
                }
            },
        })
    }

    fn contacts(&self, batch: &Batch, out: &mut Outcomes) {
        for (place, participant) in batch.participants.iter().enumerate() {
            let deadline = participant.deadline;
            match participant.answer.satisfied_at {
                Some(satisfied_at) => {
                    let moment = moment_of(satisfied_at.max(participant.arrived_at), batch.now);
                    let note = format!("satisfied at {}", rfc3339(satisfied_at));
                    out.noted(place, Outcome::Go { path: Some("then".to_owned()), moment }, Some(note));
                }
                None if self.is_over(deadline, batch.now) => {
                    let moment = self.moment_of_else(deadline, batch.now);
                    let note = format!("not satisfied until {}", rfc3339(deadline));
                    out.noted(place, Outcome::Go { path: Some("else".to_owned()), moment }, Some(note));
                }
                None => {
                    let until = self.until(deadline, participant.answer.next_at);
                    out.participant(place, Outcome::Wait { until });
                }
            }
        }
    }

    fn accounts(&self, batch: &Batch, out: &mut Outcomes) {
        for (place, account) in batch.accounts.iter().enumerate() {
            let decided = match &account.decided {
                Some(decided) => Some(decided.clone()),
                None => self.decide(account, batch.now).map(|decision| {
                    out.decide(place, decision.clone());
                    (decision.path, decision.at)
                }),
            };
            for member in account.members.clone() {
                let arrived_at = batch.participants[member].arrived_at;
                let outcome = match &decided {
                    Some((path, at)) => {
                        let at = (*at).max(arrived_at);
                        let moment = match path.as_str() {
                            "else" => self.moment_of_else(at, batch.now),
                            _ => moment_of(at, batch.now),
                        };
                        Outcome::Go { path: Some(path.clone()), moment }
                    }
                    None => Outcome::Wait { until: self.until(account.deadline, account.next_at) },
                };
                out.participant(member, outcome);
            }
        }
    }
}

/// Whether a condition asks for what a step caused.
fn refers_to_steps(predicate: &Predicate) -> bool {
    let mut refers = false;
    Part::Predicate(predicate).each(&mut |part| refers |= part.did().is_some_and(|did| did.step.is_some()));
    refers
}

fn listed(names: &[&str]) -> String {
    match names {
        [all @ .., last] if all.len() > 4 => {
            format!("{} and {} others, {last} last", all[..3].join(", "), names.len() - 4)
        }
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        _ => names.join(", "),
    }
}

impl CompiledTrigger {
    fn needs(&self) -> Needs {
        Needs { question: Some(self.question.clone()), ..Needs::default() }
    }

    fn run(&self, batch: &Batch, out: &mut Outcomes) -> Result<(), TileError> {
        match self.question.asked {
            Asked::Contact => self.contacts(batch, out),
            Asked::Participants | Asked::AllContacts => self.accounts(batch, out),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::{FileId, Span};

    #[test]
    fn a_quorum_is_a_number_a_share_or_all() {
        let read = |text: &str| quorum(&Text::verbatim(text, Span::new(FileId(0), 0, text.len())));
        let cases = [
            ("2 contacts", Some(Quorum::Contacts(2))),
            ("1 contact", Some(Quorum::Contacts(1))),
            ("3", Some(Quorum::Contacts(3))),
            ("50%", Some(Quorum::Percent(50.0))),
            ("all", Some(Quorum::All)),
            ("0", None),
            ("0%", None),
            ("120%", None),
            ("most", None),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn a_share_is_rounded_up_and_is_at_least_one() {
        assert_eq!(Quorum::Percent(50.0).of(5), 3);
        assert_eq!(Quorum::Percent(50.0).of(0), 1);
        assert_eq!(Quorum::All.of(4), 4);
        assert_eq!(Quorum::Contacts(2).of(1), 2);
    }
}
