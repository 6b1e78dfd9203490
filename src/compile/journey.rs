//! Journeys: audience, checks, what becomes of removed steps.

use std::collections::BTreeSet;

use super::{
    flow,
    plan::{JourneyPlan, Removal, Repeat, Settings},
    repetition,
    shared::hash,
    shared::zone,
    steps,
};
use crate::{
    calendar::{self, Zone},
    definitions::{Definitions, JourneyDefinition, Matching, Purpose, moment_hint},
    diagnostics::{Code, Problem, Problems, Text, did_you_mean},
    model::{
        Block, BlockedWhen, Catalog, Comparison, Consent, ConsentSetting, Entity, FieldType, Operand,
        Predicate, Subject, Value,
    },
    tiles::{CustomTiles, Names},
};

/// Checks a journey.
pub(super) fn compile(
    definition: &JourneyDefinition,
    definitions: &Definitions,
    catalog: &Catalog,
    settings: &Settings,
    names: &Names,
    tiles: &CustomTiles,
    problems: &mut Problems,
) -> Option<JourneyPlan> {
    let own = definition.timezone.as_ref().map(|text| zone(text, problems));
    let own = own.map(|zone| zone.with_holidays(settings.zone.holidays()));
    let zone = own.unwrap_or_else(|| settings.zone.clone());
    let start = moment(&definition.start, &zone, problems);
    let end = definition.end.as_ref().map(|text| moment(text, &zone, problems));
    if let (Some(start), Some(Some(end)), Some(text)) = (start, end, &definition.end)
        && end <= start
    {
        problems.push(
            Problem::error(Code::EndBeforeStart, text.span, "the journey ends before it starts")
                .related(definition.start.span, "it starts here")
                .hint("Write a later `end`, or leave it out: without one, the journey goes on."),
        );
    }
    let audience = audience(definition, definitions, problems);
    let blocks = blocks(definition, definitions, &settings.consent, problems);
    let steps = steps::compile(definition, start, catalog, &zone, names, tiles, problems);
    let removed = removed(definition, problems);
    if let (Some(start), Some(steps)) = (start, &steps) {
        let end = end.flatten();
        repetition::check(definition, &repetition::Times { start, end, zone: &zone }, steps, problems);
    }
    let header = &definition.header;
    let content = definitions.written(header).to_owned();
    let mut meaning = vec![content.clone(), zone.name().to_owned(), zone.holidays().listed()];
    let used: BTreeSet<&str> =
        flow::all_steps(definition).iter().map(|step| step.tile.value.as_str()).collect();
    meaning.extend(used.iter().filter_map(|name| tiles.get(*name)).map(|tile| tile.content.clone()));
    // A changed script may answer otherwise, also those who wait already.
    meaning.extend(steps.iter().flatten().flat_map(|step| step.tile.versions()));
    let named =
        definition.audience.include.iter().chain(&definition.audience.exclude).chain(&definition.suppress);
    Some(JourneyPlan {
        name: header.name.value.clone(),
        was: header.was.as_ref().map(|text| text.value.clone()),
        label: header.label.as_ref().map(|text| text.value.clone()),
        owner: header.owner.as_ref().map(|text| text.value.clone()),
        target: definition.target.value,
        start: start?,
        end: match end {
            Some(end) => Some(end?),
            None => None,
        },
        at_end: definition.at_end,
        repeat: definition
            .repeat
            .map(|repeat| Repeat { every: repeat.every.value, times: repeat.times.map(|times| times.value) }),
        reentry: definition.reentry.map(|length| length.value),
        audience,
        blocks,
        segments: named.map(|text| text.value.clone()).collect(),
        steps: steps?,
        removed,
        hash: hash(&meaning.iter().map(String::as_str).collect::<Vec<_>>()),
        content,
        zone,
    })
}

fn moment(text: &Text, zone: &Zone, problems: &mut Problems) -> Option<i64> {
    match calendar::parse_moment(&text.value, zone) {
        Ok(at) => Some(at),
        Err(error) => {
            problems.push(
                Problem::error(Code::InvalidTime, text.span, error.to_string())
                    .hint(moment_hint(&text.value)),
            );
            None
        }
    }
}

/// Who is in the audience, as a condition about a contact.
fn audience(definition: &JourneyDefinition, definitions: &Definitions, problems: &mut Problems) -> Predicate {
    let audience = &definition.audience;
    let include: Vec<Predicate> =
        audience.include.iter().filter_map(|name| in_segment(name, definitions, problems)).collect();
    let exclude: Vec<Predicate> =
        audience.exclude.iter().filter_map(|name| in_segment(name, definitions, problems)).collect();
    let include = match audience.matching {
        Matching::Any => Predicate::Any(include),
        Matching::All => Predicate::All(include),
    };
    match exclude.is_empty() {
        true => include,
        false => Predicate::All(vec![include, Predicate::Not(Box::new(Predicate::Any(exclude)))]),
    }
}

/// What keeps out and stops (semantics 9), in the order of semantics 32.
fn blocks(
    definition: &JourneyDefinition,
    definitions: &Definitions,
    consent: &ConsentSetting,
    problems: &mut Problems,
) -> Vec<Block> {
    let field = |name: &str| Operand::Field {
        subject: Subject::Contact,
        name: name.to_owned(),
        kind: FieldType::Text,
    };
    let inactive = Predicate::Compare {
        left: field("status"),
        operator: Comparison::Equal,
        right: Operand::Literal(Value::Text("inactive".to_owned())),
    };
    let mut blocks = vec![Block::holds("inactive", inactive)];
    if definition.purpose == Purpose::Commercial {
        blocks.push(Block { reason: "unsubscribed".to_owned(), when: BlockedWhen::LeftEverything });
    }
    if let Some(level) = definition.consent.filter(|level| *level != Consent::None) {
        blocks.push(Block::holds(level.below_it(), consent.below(level)));
    }
    let suppress: Vec<Predicate> =
        definition.suppress.iter().filter_map(|name| in_segment(name, definitions, problems)).collect();
    if !suppress.is_empty() {
        blocks.push(Block::holds("suppressed", Predicate::Any(suppress)));
    }
    blocks
}

fn in_segment(name: &Text, definitions: &Definitions, problems: &mut Problems) -> Option<Predicate> {
    let found = definitions.segments.iter().find(|segment| segment.header.name.value == name.value);
    let Some(segment) = found else {
        let names = definitions.segments.iter().map(|segment| segment.header.name.value.as_str());
        problems.push(
            Problem::error(Code::UnknownSegment, name.span, format!("there is no segment `{}`", name.value))
                .hint_if(did_you_mean(&name.value, names)),
        );
        return None;
    };
    let of = match segment.target.value {
        Entity::Contact => Subject::Contact,
        Entity::Account => Subject::Account,
        Entity::Lead => {
            problems.push(
                Problem::error(
                    Code::SegmentTarget,
                    name.span,
                    format!("`{}` is a segment of leads", name.value),
                )
                .hint("Journeys take segments of contacts or accounts."),
            );
            return None;
        }
    };
    if !segment.active {
        problems.push(
            Problem::error(
                Code::SegmentTarget,
                name.span,
                format!("the segment `{}` isn't active", name.value),
            )
            .related(segment.header.name.span, "it says `active: false`")
            .hint("Take `active: false` out of the segment, or leave the segment out here."),
        );
    }
    Some(Predicate::InSegment { segment: name.value.clone(), holds: segment.target.value, of })
}

fn removed(definition: &JourneyDefinition, problems: &mut Problems) -> Vec<(String, Removal)> {
    let steps = flow::all_steps(definition);
    let exists = |id: &str| steps.iter().any(|step| step.id.value == id);
    let mut removed = Vec::new();
    for (id, fate) in &definition.removed {
        if exists(&id.value) {
            problems.push(
                Problem::error(Code::InvalidValue, id.span, format!("the step `{}` isn't removed", id.value))
                    .hint("Take it out of `removed:`."),
            );
        } else if fate.value == "exit" {
            removed.push((id.value.clone(), Removal::Exit));
        } else if exists(&fate.value) {
            removed.push((id.value.clone(), Removal::To(fate.value.clone())));
        } else {
            let ids = steps.iter().map(|step| step.id.value.as_str());
            problems.push(
                Problem::error(
                    Code::UnknownStep,
                    fate.span,
                    format!("the journey has no step `{}`", fate.value),
                )
                .hint_if(did_you_mean(&fate.value, ids)),
            );
        }
    }
    removed
}
