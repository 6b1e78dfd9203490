//! Scores, grades and levels in cells and lines.

use serde_json::{Map, Value as Json, json};

use crate::cli::{
    arguments::args::Format,
    face::cells::{moment, optional},
};
use crate::{
    compile::Plan,
    insights::{RuleStory, ScoreStory},
    model::{
        Entity,
        scoring::{MILLIONTHS, rounded},
        time::rfc3339,
    },
    store::ScoreRow,
};

/// The scores of a record: an object for programs, a few words for people.
pub(in crate::cli) fn scores(rows: &[ScoreRow], format: Format) -> Json {
    if format == Format::Json {
        let scores = rows.iter().map(|row| {
            (row.model.clone(), json!({ "score": row.score, "grade": optional(row.grade.clone()) }))
        });
        return Json::Object(scores.collect());
    }
    let words = rows.iter().map(|row| match &row.grade {
        Some(grade) => format!("{} {} ({grade})", row.model, row.score),
        None => format!("{} {}", row.model, row.score),
    });
    json!(words.collect::<Vec<_>>().join(", "))
}

/// The levels of a record.
pub(in crate::cli) fn levels(rows: &[(String, String)], format: Format) -> Json {
    if format == Format::Json {
        let levels: Map<String, Json> = rows.iter().map(|(set, level)| (set.clone(), json!(level))).collect();
        return Json::Object(levels);
    }
    let words: Vec<String> = rows.iter().map(|(set, level)| format!("{set} {level}")).collect();
    json!(words.join(", "))
}

/// The names of the levels of an entity.
pub(in crate::cli) fn level_sets(plan: &Plan, entity: Entity) -> Vec<&str> {
    let of = plan.levels.iter().filter(|levels| levels.levels.of == entity);
    of.map(|levels| levels.levels.name.as_str()).collect()
}

/// The primary level of a record.
pub(in crate::cli) fn level(plan: &Plan, entity: Entity, rows: &[(String, String)]) -> Json {
    let primary = plan.levels.iter().find(|levels| levels.levels.of == entity && levels.levels.primary);
    let level = primary.and_then(|primary| rows.iter().find(|(set, _)| *set == primary.levels.name));
    level.map_or(Json::Null, |(_, level)| json!(level))
}

/// Points in millionths as people write them: `12.5`, `-3`.
pub(in crate::cli) fn points(millionths: i64) -> String {
    let sign = if millionths < 0 { "-" } else { "" };
    let (whole, part) =
        (millionths.unsigned_abs() / MILLIONTHS as u64, millionths.unsigned_abs() % MILLIONTHS as u64);
    if part == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{}", format!("{part:06}").trim_end_matches('0'))
}

/// Points as a number.
fn number(millionths: i64) -> Json {
    points(millionths).parse::<serde_json::Number>().map_or(Json::Null, Json::Number)
}

/// How a record came by a score, for programs.
pub(in crate::cli) fn story_json(story: &ScoreStory) -> Json {
    let rules = story.rules.iter().map(|rule| {
        let counted = rule.counted.iter().map(|counted| {
            json!({
                "id": counted.interaction.id,
                "type": counted.interaction.kind,
                "at": rfc3339(counted.interaction.at),
                "contact_id": counted.interaction.contact_id,
                "points": counted.interaction.points.map_or(Json::Null, number),
                "until": moment(counted.until),
            })
        });
        json!({
            "rule": rule.name,
            "when": rule.says,
            "holds": rule.holds,
            "points": number(rule.points),
            "half_life_hours": rule.half_life,
            "interactions": counted.collect::<Vec<_>>(),
        })
    });
    json!({
        "model": story.model,
        "score": story.score,
        "points": number(story.points),
        "grade": optional(story.grade.clone()),
        "rules": rules.collect::<Vec<_>>(),
        "next_grade": story.next_grade.as_ref().map(|(name, missing)| json!({ "grade": name, "missing": missing })),
        "missing_to_sales_ready": story.missing_to_ready,
        "contacts": story.contacts,
        "left_out": story.left_out,
    })
}

/// How many interactions of a rule are told to people; programs get all.
const SHOWN: usize = 8;

/// How a record came by a score, for people.
pub(in crate::cli) fn tell(story: &ScoreStory) -> Vec<String> {
    let Some(score) = story.score else {
        return vec![
            format!("\nScore {}: none", story.model),
            "  The contact is below the model's consent, so it isn't scored.".to_owned(),
        ];
    };
    let grade = story.grade.as_ref().map(|grade| format!(", {grade}")).unwrap_or_default();
    let mut lines = vec![format!("\nScore {}: {score}{grade}", story.model)];
    for rule in &story.rules {
        tell_rule(rule, &mut lines);
    }
    let rounding = rounded(story.points) * MILLIONTHS - story.points;
    if rounding != 0 {
        lines.push(format!("  {:>12}  rounded to a whole number", points(rounding)));
    }
    lines.push(format!("  {:>12}  the score", score));
    if let Some((grade, missing)) = &story.next_grade {
        lines.push(format!("  {missing} more for {grade}"));
    }
    match story.missing_to_ready {
        Some(0) => lines.push("  enough to be sales-ready".to_owned()),
        Some(missing) => lines.push(format!("  {missing} more to be sales-ready")),
        None => {}
    }
    if story.left_out > 0 {
        let (left_out, contacts) = (story.left_out, story.contacts);
        lines.push(format!(
            "  {left_out} of {contacts} contacts are left out: they are children, or below the model's consent"
        ));
    }
    lines
}

fn tell_rule(rule: &RuleStory, lines: &mut Vec<String>) {
    lines.push(format!("  {:>12}  {}: {}", points(rule.points), rule.name, rule.says));
    let hidden = rule.counted.len().saturating_sub(SHOWN);
    if hidden > 0 {
        lines.push(format!("  {:>12}    {hidden} earlier ones (`--format json` has them all)", ""));
    }
    for counted in rule.counted.iter().skip(hidden) {
        let interaction = &counted.interaction;
        let worth = match (interaction.points, rule.holds) {
            (Some(worth), true) => format!(", {}", points(worth)),
            _ => String::new(),
        };
        let until = match counted.until {
            Some(until) => format!(", counts until {}", rfc3339(until - 1)),
            None => String::new(),
        };
        let fades = match rule.half_life {
            Some(hours) => format!(", halves every {hours} hours"),
            None => String::new(),
        };
        lines.push(format!(
            "  {:>12}    {} {} by {}{worth}{until}{fades}",
            "",
            rfc3339(interaction.at),
            interaction.kind,
            interaction.contact_id
        ));
    }
}
