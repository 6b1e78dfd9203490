//! `split`: divides contacts, or accounts, among paths by share or by number.

use sha2::{Digest, Sha256};

use super::{
    Allotment, Batch, CompileContext, Deciding, Look, Needs, Outcomes, Tile, TileError, TileKind, TileSpec,
    Unit, Wakes,
    context::unit,
    shared::{ELSE, path_name},
};
use crate::model::{Decision, Outcome};
use crate::{
    definitions::{Content, Form, Key, Node, Reader, StepDefinition},
    diagnostics::{Code, Problem, Problems, Text},
    model::time::moment_of,
};

pub(super) struct Split;

const PARAMETERS: &[Key] = &[
    Key::optional(
        "by",
        Form::Choice(&["contact", "account"]),
        "Whether contacts are divided one by one, or accounts as one; required in account journeys",
    ),
    Key::optional(
        "shares",
        Form::Said(&Form::Map(&Form::Any), "names, each with a share such as `40%`"),
        "The paths and how large a part each gets, drawn by a chance that is the same on every run",
    ),
    Key::optional(
        "counts",
        Form::Map(&Form::Count(0)),
        "The paths and how many each gets at most, filled in the order of arrival",
    ),
];

static SPEC: TileSpec = TileSpec {
    name: "split",
    summary: "Divides contacts or whole accounts among paths, by chance or by number; the rest goes `else`",
    parameters: PARAMETERS,
    paths: &[ELSE],
    example: "- id: versions\n  tile: split\n  with:\n    by: account\n    shares: { a: 40%, b: 40% }\n  paths:\n    a:\n      - id: invite\n        tile: email\n        with: { email: spring-invite }\n    b:\n      - id: reminder\n        tile: email\n        with: { email: spring-reminder }\n- id: first-hundred\n  tile: split\n  with:\n    by: contact\n    counts: { gift: 100 }\n",
};

/// Shares are counted in thousandths of a percent.
const WHOLE: u64 = 100_000;

/// How the paths are divided.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Division {
    /// Each path with its share in thousandths of a percent.
    Shares(Vec<(String, u64)>),
    /// Each path with its number of places.
    Counts(Vec<(String, i64)>),
}

impl TileKind for Split {
    fn spec(&self) -> &'static TileSpec {
        &SPEC
    }

    fn path_parameters(&self) -> &'static [&'static str] {
        &["shares", "counts"]
    }

    fn compile(&self, step: &StepDefinition, context: &mut CompileContext<'_>) -> Option<Tile> {
        let mut reader = step.parameters(&[PARAMETERS], context.problems);
        let by = unit("by", context.target, &mut reader);
        let written =
            [reader.entry("shares"), reader.entry("counts")].map(|entry| entry.map(|(key, _)| key.span));
        let shares = reader
            .mapping_or("shares", "Write `NAME: SHARE` for each path, such as `a: 40%`.")
            .map(<[_]>::to_vec);
        let counts = reader
            .mapping_or("counts", "Write `NAME: NUMBER` for each path, such as `a: 100`.")
            .map(<[_]>::to_vec);
        reader.finish();
        if let [Some(shares), Some(counts)] = written {
            context.problems.push(
                Problem::error(Code::UnknownKey, counts, "`shares` and `counts` in one split")
                    .related(shares, "the shares stand here")
                    .hint("Write one of them, or two steps, the second on a path of the first."),
            );
            return None;
        }
        if written == [None, None] {
            if !step.with_unreadable {
                context.problems.push(
                    Problem::error(
                        Code::MissingKey,
                        step.tile.span,
                        "the tile `split` needs `shares` or `counts` under `with`",
                    )
                    .hint(
                        "Write how to divide, such as `shares: { a: 50%, b: 50% }` or `counts: { a: 100 }`.",
                    ),
                );
            }
            return None;
        }
        let by_share = shares.is_some();
        let entries = shares.or(counts)?;
        for (name, _) in &entries {
            path_name(name, "path of a split", context.problems);
        }
        if entries.is_empty() {
            let message = "the split divides among no paths";
            context.problems.push(
                Problem::error(Code::InvalidValue, step.tile.span, message)
                    .hint("Name at least one path, such as `shares: { a: 50% }`; the rest goes `else`."),
            );
        }
        let division = match by_share {
            true => read_shares(&entries, context.problems).map(Division::Shares),
            false => read_counts(&entries, context.problems).map(Division::Counts),
        };
        let (division, by) = (division?, by?);
        if context.problems.has_errors() {
            return None;
        }
        let tile = CompiledSplit { division, by };
        let paths = entries.iter().map(|(name, _)| name.value.clone()).chain([ELSE.to_owned()]).collect();
        Some(Tile {
            look: Look::ON_ARRIVAL,
            paths,
            work: Deciding::new(by, tile.needs(), move |batch, out| tile.run(batch, out)).into(),
            wakes: Wakes::default(),
        })
    }
}

fn read_shares(entries: &[(Text, Node)], problems: &mut Problems) -> Option<Vec<(String, u64)>> {
    let mut shares = Vec::new();
    let mut all = 0;
    for (name, node) in entries {
        let share = match &node.content {
            Content::Text(text) => share(&text.value),
            _ => None,
        };
        let Some(share) = share else {
            let hint = match node.content {
                Content::Integer(number @ 0..=100) => format!("Write `{number}%`."),
                _ => "Write a percentage from 0% to 100%, such as `40%` or `33.3%`.".to_owned(),
            };
            let message = format!("the share of `{}` isn't a percentage", name.value);
            problems.push(Problem::error(Code::InvalidValue, node.span, message).hint(hint));
            continue;
        };
        let before = all;
        all += share;
        if before <= WHOLE && all > WHOLE {
            let sum = all as f64 / 1_000.0;
            problems.push(
                Problem::error(
                    Code::InvalidValue,
                    node.span,
                    format!("with this share it is {sum}% together"),
                )
                .hint("Shares come to 100% at most; what is left goes `else`."),
            );
        }
        shares.push((name.value.clone(), share));
    }
    (!problems.has_errors()).then_some(shares)
}

/// A percentage with at most three decimals, in thousandths of a percent.
fn share(text: &str) -> Option<u64> {
    let number = text.trim().strip_suffix('%')?.trim_end();
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !digits(whole, 3) || !digits(decimals, 3) {
        return None;
    }
    let share = whole.parse::<u64>().ok()? * 1_000 + format!("{decimals:0<3}").parse::<u64>().ok()?;
    (share <= WHOLE).then_some(share)
}

fn read_counts(entries: &[(Text, Node)], problems: &mut Problems) -> Option<Vec<(String, i64)>> {
    let mut counts = Vec::new();
    for (name, node) in entries {
        let mut reader = Reader::new(entries, node.span, "counts", problems);
        let Some(count) = reader.integer(&name.value) else { continue };
        if count.value < 0 {
            problems.push(
                Problem::error(
                    Code::InvalidValue,
                    count.span,
                    format!("`{}` isn't a number of places", count.value),
                )
                .hint("Write how many go this way, such as `100`."),
            );
        }
        counts.push((name.value.clone(), count.value));
    }
    (!problems.has_errors()).then_some(counts)
}

struct CompiledSplit {
    division: Division,
    by: Unit,
}

impl CompiledSplit {
    fn needs(&self) -> Needs {
        let allotment = match &self.division {
            Division::Shares(_) => None,
            Division::Counts(counts) => Some(Allotment { of: self.by, among: None, counts: counts.clone() }),
        };
        Needs { decision: self.by == Unit::Account, allotment, ..Needs::default() }
    }

    /// The path of a subject, and what decided it.
    fn path(&self, chance_key: &str, subject: &str, allotted: Option<&str>) -> (String, String) {
        match &self.division {
            Division::Shares(shares) => {
                let drawn = drawn(chance_key, subject);
                let mut up_to = 0;
                for (path, share) in shares {
                    up_to += share;
                    if drawn < up_to {
                        return (path.clone(), format!("drawn, as {}% are", *share as f64 / 1_000.0));
                    }
                }
                (ELSE.to_owned(), format!("not drawn, as {}% are", (WHOLE - up_to) as f64 / 1_000.0))
            }
            Division::Counts(counts) => match counts.iter().find(|(path, _)| Some(path.as_str()) == allotted)
            {
                Some((path, count)) => (path.clone(), format!("got one of the {count} places")),
                None => (ELSE.to_owned(), "all places were taken".to_owned()),
            },
        }
    }
}

/// What a subject draws at a step, in thousandths of a percent: the same on every machine (semantics 13).
fn drawn(chance_key: &str, subject: &str) -> u64 {
    let digest = Sha256::digest(format!("{chance_key}/{subject}").as_bytes());
    let first = digest.iter().take(8).fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    // Cut down without favouring anybody: the upper part of a product.
    u64::try_from((u128::from(first) * u128::from(WHOLE)) >> 64).unwrap_or(0)
}

impl CompiledSplit {
    fn each_contact(&self, batch: &Batch, out: &mut Outcomes) {
        for (place, participant) in batch.participants.iter().enumerate() {
            let subject = format!("contact/{}", participant.contact_id);
            let (path, why) = self.path(&batch.chance_key, &subject, participant.allotted.as_deref());
            let moment = moment_of(participant.arrived_at, batch.now);
            out.noted(place, Outcome::Go { path: Some(path), moment }, Some(why));
        }
    }

    fn each_account(&self, batch: &Batch, out: &mut Outcomes) {
        for (place, account) in batch.accounts.iter().enumerate() {
            let members = &batch.participants[account.members.clone()];
            let (path, at) = account.decided.clone().unwrap_or_else(|| {
                let subject = match (&account.account_id, members.first()) {
                    (Some(id), _) => format!("account/{id}"),
                    (None, member) => format!("contact/{}", member.map_or("", |member| &member.contact_id)),
                };
                let (path, because) = self.path(&batch.chance_key, &subject, account.allotted.as_deref());
                let decision = Decision { path, at: account.opened_at, because };
                out.decide(place, decision.clone());
                (decision.path, decision.at)
            });
            for (member, participant) in account.members.clone().zip(members) {
                let moment = moment_of(participant.arrived_at.max(at), batch.now);
                out.participant(member, Outcome::Go { path: Some(path.clone()), moment });
            }
        }
    }
}

impl CompiledSplit {
    fn run(&self, batch: &Batch, out: &mut Outcomes) -> Result<(), TileError> {
        match self.by {
            Unit::Contact => self.each_contact(batch, out),
            Unit::Account => self.each_account(batch, out),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_percentage_with_at_most_three_decimals() {
        for (text, thousandths) in
            [("40%", 40_000), ("33.3%", 33_300), ("0.125 %", 125), ("100%", 100_000), ("0%", 0)]
        {
            assert_eq!(share(text), Some(thousandths), "{text}");
        }
        for text in ["40", "%", "-1%", "100.001%", "101%", "1.2345%", "1e1%", ".5%", "half"] {
            assert_eq!(share(text), None, "{text}");
        }
    }

    #[test]
    fn rule_13_what_is_drawn_never_changes_and_is_fair() {
        // Worked out apart, with `sha256sum`: the first 8 bytes, of 2^64, in thousandths of a percent.
        assert_eq!(drawn("spring/1/versions", "contact/ada"), 2_682);
        let share =
            (0..10_000).filter(|n| drawn("spring/1/versions", &format!("contact/c{n}")) < 40_000).count();
        assert!((3_850..4_150).contains(&share), "{share} of 10000 drew 40%");
        let both = (0..10_000)
            .filter(|n| {
                let subject = format!("contact/c{n}");
                drawn("spring/1/versions", &subject) < 50_000 && drawn("spring/1/other", &subject) < 50_000
            })
            .count();
        assert!((2_350..2_650).contains(&both), "two splits are independent: {both}");
    }
}
