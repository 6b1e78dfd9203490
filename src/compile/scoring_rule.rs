//! One rule of a scoring model: when it gives points, how many, for what.

use crate::{
    calendar::Zone,
    conditions::{self, Scope},
    definitions::{PointsNode, RuleDefinition},
    diagnostics::{Code, Problem, Problems, Span},
    model::{
        Catalog, Consent, CountTest, Did, Duration, DurationUnit, Entity, FieldType, Operand, Predicate,
        Records, Related, Subject, Value,
        scoring::{MILLIONTHS, MOST_POINTS, Per, Points, ScoringRule, ScoringTarget},
    },
};

/// What all rules of a model share.
pub(super) struct RuleContext<'a> {
    pub target: ScoringTarget,
    pub consent: Consent,
    pub zone: &'a Zone,
    pub catalog: &'a Catalog,
}

/// Checks a rule. All problems are reported; with an error there is none.
pub(super) fn compile(
    definition: &RuleDefinition,
    context: &RuleContext<'_>,
    problems: &mut Problems,
) -> Option<ScoringRule> {
    let base = Scope::new(context.target.base(), context.zone);
    let scope = if context.target.subject() == Entity::Lead { base.with_lead() } else { base };
    let when = conditions::check(&definition.when, &scope, context.catalog, problems);
    let per_each = definition.per.as_ref().is_some_and(|per| per.value);
    let at_least =
        definition.at_least.as_ref().map(|bound| (millionths(bound.value, bound.span, problems), bound.span));
    let at_most =
        definition.at_most.as_ref().map(|bound| (millionths(bound.value, bound.span, problems), bound.span));
    let points = match &definition.points {
        PointsNode::Number(number) => millionths(number.value, number.span, problems).map(Points::Fixed),
        PointsNode::Expression(text) => {
            let operand = conditions::check_number(text, &scope, context.catalog, problems);
            if at_most.is_none() {
                let message = format!("the calculated points of `{}` need `at_most`", definition.name.value);
                let hint = "Write the most points that it may give, such as `at_most: 20`; it gives none below 0 unless `at_least` says so.";
                problems.push(Problem::error(Code::MissingKey, text.span, message).hint(hint));
            }
            if per_each || definition.half_life.is_some() {
                let key = if per_each { "per: each" } else { "half_life" };
                let message = format!("calculated points and `{key}` can't stand together");
                let hint = "Write the points of one interaction as a number.";
                problems.push(Problem::error(Code::InvalidValue, text.span, message).hint(hint));
                return None;
            }
            operand.map(Points::Calculated)
        }
    };
    let (when, points) = (when?, points?);
    let mut asked = conditions::dependencies(&when).scores;
    if let Points::Calculated(operand) = &points {
        asked.extend(conditions::dependencies(&Predicate::IsBlank(operand.clone())).scores);
    }
    if let Some(score) = asked.first() {
        let message = format!(
            "the rule `{}` asks for `{score}`, which is itself made from scores",
            definition.name.value
        );
        let hint = "Scores are made from fields and interactions; write the condition itself here.";
        problems.push(Problem::error(Code::CircularScores, definition.name.span, message).hint(hint));
        return None;
    }
    let calculated = matches!(points, Points::Calculated(_));
    if let (false, false, Some((_, span))) = (calculated, per_each, at_least.or(at_most)) {
        let message = "a rule that gives a fixed number of points once needs no bounds";
        let hint = "Leave them out, or write `per: each`.";
        problems.push(Problem::error(Code::InvalidValue, span, message).hint(hint));
        return None;
    }
    let at_least_millionths = match at_least {
        Some((bound, _)) => Some(bound?),
        None => calculated.then_some(0),
    };
    let at_most_millionths = match at_most {
        Some((bound, _)) => Some(bound?),
        None => None,
    };
    if let (Some(low), Some(high), Some((_, span))) = (at_least_millionths, at_most_millionths, at_most)
        && low > high
    {
        let message = "`at_most` is below `at_least`";
        let hint = "A calculation gives no points below 0 unless `at_least` says so.";
        problems.push(Problem::error(Code::InvalidValue, span, message).hint(hint));
        return None;
    }
    if let (Points::Fixed(points), true) = (&points, per_each) {
        useless_bound(*points, at_least.map(|(_, span)| span), at_most.map(|(_, span)| span), problems)?;
    }
    let half_life = match &definition.half_life {
        Some(length) => Some(hours(length.value, length.span, problems)?),
        None => None,
    };
    let when = profiled(when, context.consent);
    let per = per(definition, &when, per_each, half_life, problems)?;
    Some(ScoringRule {
        name: definition.name.value.clone(),
        when,
        points,
        per,
        at_least: at_least_millionths,
        at_most: at_most_millionths,
    })
}

fn millionths(points: f64, span: Span, problems: &mut Problems) -> Option<i64> {
    #[expect(clippy::cast_precision_loss, reason = "a million")]
    if points.abs() > MOST_POINTS as f64 {
        let message = format!("{points} points are more than a rule can give");
        let hint = format!("Stay between -{MOST_POINTS} and {MOST_POINTS}.");
        problems.push(Problem::error(Code::InvalidValue, span, message).hint(hint));
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "at most a million millions"
    )]
    Some((points * MILLIONTHS as f64).round() as i64)
}

/// A bound on the side to which the points never go.
fn useless_bound(
    points: i64,
    least: Option<Span>,
    most: Option<Span>,
    problems: &mut Problems,
) -> Option<()> {
    let (span, message, hint) = match (least, most) {
        (Some(span), _) if points >= 0 => (
            span,
            "`at_least` bounds a rule that only adds points",
            "Write `at_most` for the most that it may add.",
        ),
        (_, Some(span)) if points < 0 => (
            span,
            "`at_most` bounds a rule that only takes points away",
            "Write `at_least: -20`, say, for the most that it may take away.",
        ),
        _ => return Some(()),
    };
    problems.push(Problem::error(Code::InvalidValue, span, message).hint(hint));
    None
}

/// A half-life in hours.
fn hours(length: Duration, span: Span, problems: &mut Problems) -> Option<i64> {
    let hours = match length.unit {
        DurationUnit::Hours => Some(length.amount),
        DurationUnit::Days => Some(length.amount * 24),
        DurationUnit::Weeks => Some(length.amount * 24 * 7),
        _ => None,
    };
    if let Some(hours) = hours.filter(|hours| (1..=24 * 366 * 10).contains(hours)) {
        return Some(hours);
    }
    let message = format!("`{length}` can't be a half-life");
    let hint = "Write hours, days or weeks, up to ten years, such as `90 days`: points fade hour by hour.";
    problems.push(Problem::error(Code::InvalidDuration, span, message).hint(hint));
    None
}

/// For what the points are given. `per: each` and `half_life` need one `did` to look at.
fn per(
    definition: &RuleDefinition,
    when: &Predicate,
    each: bool,
    half_life: Option<i64>,
    problems: &mut Problems,
) -> Option<Per> {
    let (key, span) = match (&definition.per, &definition.half_life) {
        (Some(per), _) if each => ("per: each", per.span),
        (_, Some(length)) => ("half_life", length.span),
        _ => return Some(Per::Once),
    };
    let mut found = Vec::new();
    match when {
        Predicate::All(parts) => found.extend(parts.iter().filter_map(counted)),
        other => found.extend(counted(other)),
    }
    let mut refuse = |message: String, hint: &str| {
        problems.push(Problem::error(Code::InvalidValue, span, message).hint(hint));
        None
    };
    let [did] = found.as_slice() else {
        return refuse(
            format!("`{key}` needs one `did` in the rule's `when`"),
            "Write one `did` there, alone or under `all` beside other conditions; `did_not` has nothing to count.",
        );
    };
    if each && did.count != CountTest::AtLeast(1) {
        return refuse(
            "`per: each` counts every interaction by itself".to_owned(),
            "Leave `at_least` out of the `did`, or the `per: each`.",
        );
    }
    if !about_interaction(&did.condition) {
        return refuse(
            format!("with `{key}`, the `where` of the `did` can only ask for the interaction"),
            "Write what it asks of the record beside the `did`, under `all`.",
        );
    }
    let did = (*did).clone();
    Some(match (each, half_life) {
        (true, half_life) => Per::Each { did, half_life },
        (false, Some(half_life)) => Per::Latest { did, half_life },
        (false, None) => Per::Once,
    })
}

/// A `did` that asks for something to have happened.
fn counted(predicate: &Predicate) -> Option<&Did> {
    match predicate {
        Predicate::Did(did) if matches!(did.count, CountTest::AtLeast(count) if count > 0) => Some(did),
        _ => None,
    }
}

fn about_interaction(condition: &Predicate) -> bool {
    let dependencies = conditions::dependencies(condition);
    dependencies.contact_fields.is_empty()
        && dependencies.account_fields.is_empty()
        && dependencies.segments.is_empty()
}

/// Children and contacts below a model's consent don't count where interactions are asked of an account's
/// contacts one by one (semantics 21).
fn profiled(predicate: Predicate, consent: Consent) -> Predicate {
    let all = |parts: Vec<Predicate>| parts.into_iter().map(|part| profiled(part, consent)).collect();
    match predicate {
        Predicate::All(parts) => Predicate::All(all(parts)),
        Predicate::Any(parts) => Predicate::Any(all(parts)),
        Predicate::Not(inner) => Predicate::Not(Box::new(profiled(*inner, consent))),
        Predicate::Related(related)
            if related.records != Records::Activities
                && conditions::dependencies(&related.condition).all_interactions().next().is_some() =>
        {
            let enough = may_be_counted(consent);
            let condition = match related.count {
                CountTest::All => Predicate::Any(vec![Predicate::Not(Box::new(enough)), *related.condition]),
                _ => Predicate::All(vec![enough, *related.condition]),
            };
            Predicate::Related(Related { condition: Box::new(condition), ..related })
        }
        other => other,
    }
}

/// Whether a contact's interactions may be counted.
fn may_be_counted(consent: Consent) -> Predicate {
    let field = |name: &str, kind| Operand::Field { subject: Subject::Contact, name: name.to_owned(), kind };
    let adult = Predicate::Not(Box::new(Predicate::IsTrue(field("is_child", FieldType::Boolean))));
    if consent == Consent::None {
        return adult;
    }
    let levels = Consent::ALL.iter().map(|level| level.name().to_owned()).collect();
    let values = consent.at_least().into_iter().map(|name| Value::Text(name.to_owned())).collect();
    let enough = Predicate::OneOf { operand: field("consent", FieldType::Choice(levels)), values };
    Predicate::All(vec![adult, enough])
}

/// The fewest and the most points that a rule can come to, in millionths; nothing where there is no end.
pub(super) fn reach(rule: &ScoringRule) -> (Option<i64>, Option<i64>) {
    if conditions::never_holds(&rule.when) {
        return (Some(0), Some(0));
    }
    let always = rule.when == Predicate::Constant(true) && rule.per == Per::Once;
    match (&rule.points, &rule.per) {
        (Points::Fixed(points), Per::Each { .. }) if *points < 0 => (rule.at_least, Some(0)),
        (Points::Fixed(_), Per::Each { .. }) => (Some(0), rule.at_most),
        (Points::Fixed(points), _) if always => (Some(*points), Some(*points)),
        (Points::Fixed(points), _) => (Some((*points).min(0)), Some((*points).max(0))),
        (Points::Calculated(_), _) => {
            (rule.at_least.map(|least| least.min(0)), rule.at_most.map(|most| most.max(0)))
        }
    }
}
