//! `tilework score`.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::cli::{
    CliError, Exit, Output, Table,
    arguments::args::{Format, ScoreCommand},
    face::cells::optional,
};
use crate::{
    audience::gives_scores,
    compile::{ModelPlan, Plan},
    conditions::{self, Scope},
    definitions::{parse_yaml, read_condition},
    diagnostics::{Problems, Sources, did_you_mean, render_human},
    insights::{Estimate, calibration},
    model::{Catalog, Entity, Predicate, time::DAY},
    store::{ScorePreview, Store},
};

/// Carries out `score list`, `show`, `preview` and `calibrate`.
///
/// # Errors
/// When there is no such model, the condition is wrong, or the store fails.
pub fn score(
    command: &ScoreCommand,
    plan: &Plan,
    store: &mut Store,
    now: i64,
    output: &mut Output,
) -> Result<Exit, CliError> {
    match command {
        ScoreCommand::List => list(plan, store, now, output)?,
        ScoreCommand::Show { model } => show(named(plan, model)?, store, now, output)?,
        ScoreCommand::Preview { model } => preview(named(plan, model)?, plan, store, now, output)?,
        ScoreCommand::Calibrate { model, outcome } => {
            calibrate(named(plan, model)?, plan, outcome, store, now, output)?;
        }
    }
    Ok(Exit::Done)
}

fn named<'p>(plan: &'p Plan, name: &str) -> Result<&'p ModelPlan, CliError> {
    plan.model(name).ok_or_else(|| {
        let names = plan.models.iter().map(|model| model.model.name.as_str());
        CliError::usage(format!("there is no scoring model `{name}`")).hint(did_you_mean(name, names))
    })
}

fn list(plan: &Plan, store: &mut Store, now: i64, output: &mut Output) -> Result<(), CliError> {
    let mut table = Table::new(&[
        ("name", "MODEL"),
        ("target", "OF"),
        ("active", "ACTIVE"),
        ("count", "SCORED"),
        ("ready", "SALES-READY IN 7 DAYS"),
    ]);
    for model in &plan.models {
        let name = &model.model.name;
        let count: i64 = store.score_distribution(name)?.iter().map(|(_, _, count)| count).sum();
        table.push(vec![
            json!(name),
            json!(model.model.target.name()),
            json!(gives_scores(model, now)),
            json!(count),
            json!(store.ready_since(name, now - 7 * DAY)?),
        ]);
    }
    output.table(&table, "The workspace has no scoring models yet.")
}

/// A score and how many have it at most: the middle one, for instance.
fn quantile(distribution: &[(i64, Option<String>, i64)], share: f64) -> Option<i64> {
    let all: i64 = distribution.iter().map(|(_, _, count)| count).sum();
    #[expect(clippy::cast_precision_loss, reason = "numbers of records are far below 2^53")]
    let wanted = all as f64 * share;
    let mut seen = 0;
    distribution.iter().find_map(|(score, _, count)| {
        seen += count;
        #[expect(clippy::cast_precision_loss, reason = "as above")]
        (seen as f64 >= wanted).then_some(*score)
    })
}

fn show(plan: &ModelPlan, store: &mut Store, now: i64, output: &mut Output) -> Result<(), CliError> {
    let model = &plan.model;
    let distribution = store.score_distribution(&model.name)?;
    let count: i64 = distribution.iter().map(|(_, _, count)| count).sum();
    let sum: i64 = distribution.iter().map(|(score, _, count)| score * count).sum();
    let mut grades: BTreeMap<&str, i64> = BTreeMap::new();
    for (_, grade, count) in &distribution {
        if let Some(grade) = grade {
            *grades.entry(grade).or_default() += count;
        }
    }
    let grades: Vec<(&str, i64)> = model
        .grades
        .iter()
        .map(|grade| (grade.name.as_str(), grades.get(grade.name.as_str()).copied().unwrap_or(0)))
        .collect();
    let quartiles = [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| quantile(&distribution, share));
    let ready = store.ready_since(&model.name, now - 7 * DAY)?;
    let left_out = store.left_out_in_all(model)?;
    if output.format() == Format::Json {
        return output.json(&json!({
            "name": model.name,
            "target": model.target.name(),
            "active": gives_scores(plan, now),
            "count": count,
            "sum": sum,
            "lowest": quartiles[0],
            "lower_quartile": quartiles[1],
            "median": quartiles[2],
            "upper_quartile": quartiles[3],
            "highest": quartiles[4],
            "grades": grades.iter().map(|(name, count)| json!({ "grade": name, "count": count })).collect::<Vec<_>>(),
            "sales_ready_in_7_days": model.sales_ready.map(|_| ready),
            "left_out": left_out,
            "rules": model.rules.iter().map(|rule| json!({
                "rule": rule.name,
                "when": conditions::explain(&rule.when),
            })).collect::<Vec<_>>(),
        }));
    }
    output.text(&format!("{}, a model that scores {}", model.name, model.target.name()))?;
    for text in [&plan.label, &plan.description].into_iter().flatten() {
        output.text(text.trim_end())?;
    }
    output.text("")?;
    for rule in &model.rules {
        output.text(&format!("  {}: {}", rule.name, conditions::explain(&rule.when)))?;
    }
    output.text("")?;
    if !gives_scores(plan, now) {
        output.text("It gives no scores now: it isn't active, or its time has not come or is over.")?;
    }
    let [Some(lowest), Some(lower), Some(median), Some(upper), Some(highest)] = quartiles else {
        return output.text("Nothing is scored yet: `tilework run` does it.");
    };
    output.text(&format!("{count} scored, {sum} points in all: from {lowest} to {highest}, half of them from {lower} to {upper}, the middle one {median}"))?;
    for (name, count) in grades {
        output.text(&format!("{count:>8}  {name}"))?;
    }
    if model.sales_ready.is_some() {
        output.text(&format!("{ready} became sales-ready in the last 7 days"))?;
    }
    if left_out > 0 {
        output.text(&format!(
            "{left_out} contacts are left out: they are children, or below the model's consent"
        ))?;
    }
    Ok(())
}

/// How many of the greatest changes are shown.
const SHOWN: usize = 10;

fn preview(
    plan: &ModelPlan,
    workspace: &Plan,
    store: &mut Store,
    now: i64,
    output: &mut Output,
) -> Result<(), CliError> {
    let mut changes: Vec<ScorePreview> = Vec::new();
    store.preview_scores(&plan.model, now, &*workspace.library, &mut |change| {
        changes.push(change);
        Ok(())
    })?;
    let score = |side: &Option<(i64, Option<String>)>| side.as_ref().map(|(score, _)| *score);
    let count = |test: &dyn Fn(Option<i64>, Option<i64>) -> bool| {
        changes.iter().filter(|change| test(score(&change.before), score(&change.after))).count()
    };
    let up = count(&|before, after| before.zip(after).is_some_and(|(before, after)| after > before));
    let down = count(&|before, after| before.zip(after).is_some_and(|(before, after)| after < before));
    let new = count(&|before, _| before.is_none());
    let gone = count(&|_, after| after.is_none());
    let grade = |side: &Option<(i64, Option<String>)>| side.as_ref().and_then(|(_, grade)| grade.clone());
    let regraded = changes.iter().filter(|change| grade(&change.before) != grade(&change.after)).count();
    let ready = plan.model.sales_ready.map(|threshold| {
        count(&|before, after| {
            after.is_some_and(|after| after >= threshold) && before.is_none_or(|before| before < threshold)
        })
    });
    changes.sort_by_key(|change| {
        let distance = score(&change.after).unwrap_or(0) - score(&change.before).unwrap_or(0);
        std::cmp::Reverse(distance.abs())
    });
    changes.truncate(SHOWN);
    if output.format() == Format::Json {
        let side = |side: &Option<(i64, Option<String>)>| match side {
            Some((score, grade)) => json!({ "score": score, "grade": optional(grade.clone()) }),
            None => Json::Null,
        };
        let sample = changes.iter().map(
            |change| json!({ "id": change.id, "before": side(&change.before), "after": side(&change.after) }),
        );
        return output.json(&json!({
            "model": plan.model.name,
            "higher": up,
            "lower": down,
            "new": new,
            "gone": gone,
            "other_grade": regraded,
            "reach_sales_ready": ready,
            "sample": sample.collect::<Vec<_>>(),
        }));
    }
    output.text(&format!(
        "{}: {up} would score higher, {down} lower, {new} for the first time, {gone} no more; {regraded} would have another grade",
        plan.model.name
    ))?;
    if let Some(ready) = ready {
        output.text(&format!("{ready} would reach the score for sales"))?;
    }
    let side = |side: &Option<(i64, Option<String>)>| match side {
        Some((score, Some(grade))) => format!("{score} {grade}"),
        Some((score, None)) => score.to_string(),
        None => "none".to_owned(),
    };
    for change in &changes {
        output.text(&format!("  {}: {} -> {}", change.id, side(&change.before), side(&change.after)))?;
    }
    output.text("Nothing was written.")
}

/// Reads the condition of `--outcome`.
fn outcome(text: &str, plan: &ModelPlan, catalog: &Catalog) -> Result<Predicate, CliError> {
    let mut sources = Sources::default();
    let mut problems = Problems::default();
    let file = sources.add("--outcome", text);
    let nodes = parse_yaml(file, text, &mut problems);
    let scope = Scope::new(plan.model.target.base(), &plan.zone);
    let scope = if plan.model.target.subject() == Entity::Lead { scope.with_lead() } else { scope };
    let predicate = nodes
        .first()
        .and_then(|node| read_condition(node, &mut problems))
        .and_then(|node| conditions::check(&node, &scope, catalog, &mut problems));
    match predicate {
        Some(predicate) if !problems.has_errors() => Ok(predicate),
        _ => {
            let report = render_human(&problems, &sources, false);
            let hint = "Write it as below `when:`, such as 'account.status == \"customer\"' or '{ did: OrderPlaced, within: 30 days }'.";
            Err(CliError::usage(format!("the outcome can't be read\n{}", report.trim_end()))
                .hint(hint.to_owned()))
        }
    }
}

fn estimate_json(estimate: &Option<Estimate>) -> Json {
    match estimate {
        Some(estimate) => json!({
            "value": estimate.value,
            "from": estimate.interval.map(|(from, _)| from),
            "to": estimate.interval.map(|(_, to)| to),
        }),
        None => Json::Null,
    }
}

fn estimate_words(estimate: &Option<Estimate>) -> String {
    match estimate {
        Some(Estimate { value, interval: Some((from, to)) }) => format!("{value:.2} ({from:.2} to {to:.2})"),
        Some(Estimate { value, interval: None }) => format!("{value:.2}"),
        None => "unknown".to_owned(),
    }
}

fn calibrate(
    plan: &ModelPlan,
    workspace: &Plan,
    text: &str,
    store: &mut Store,
    now: i64,
    output: &mut Output,
) -> Result<(), CliError> {
    let outcome = outcome(text, plan, &workspace.catalog)?;
    let found = calibration(store, &plan.model, &outcome, now, &*workspace.library)?;
    if output.format() == Format::Json {
        let rules = found.rules.iter().map(|rule| {
            json!({
                "rule": rule.name,
                "with_outcome": rule.with_outcome,
                "without_outcome": rule.without_outcome,
                "lift": estimate_json(&rule.lift),
            })
        });
        return output.json(&json!({
            "model": plan.model.name,
            "outcome": conditions::explain(&outcome),
            "subjects": found.subjects,
            "outcomes": found.outcomes,
            "auc": estimate_json(&found.auc),
            "rules": rules.collect::<Vec<_>>(),
        }));
    }
    output.text(&format!(
        "{}: of {} scored, {} have the outcome: {}",
        plan.model.name,
        found.subjects,
        found.outcomes,
        conditions::explain(&outcome)
    ))?;
    output.text(&format!(
        "AUC {} with 95 % certainty; 0.5 is chance, 1 is always right",
        estimate_words(&found.auc)
    ))?;
    let mut table = Table::new(&[
        ("rule", "RULE"),
        ("with_outcome", "WITH OUTCOME"),
        ("without_outcome", "WITHOUT"),
        ("lift", "LIFT (95 %)"),
    ]);
    for rule in &found.rules {
        table.push(vec![
            json!(rule.name),
            json!(rule.with_outcome),
            json!(rule.without_outcome),
            json!(estimate_words(&rule.lift)),
        ]);
    }
    output.table(&table, "")
}
