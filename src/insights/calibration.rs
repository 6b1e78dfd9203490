//! How well a scoring model tells an outcome: lift of each rule, and the model's AUC.

use crate::{
    model::{Answers, Predicate, scoring::ScoringModel},
    store::{OutcomeCount, Store, StoreError},
};

/// How well a model tells an outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibration {
    /// How many subjects were scored.
    pub subjects: i64,
    /// For how many of them the outcome holds.
    pub outcomes: i64,
    /// The chance that a subject with the outcome has a higher score than one without, ties counted
    /// half; nothing when all or none have the outcome.
    pub auc: Option<Estimate>,
    /// The rules, in the model's order.
    pub rules: Vec<RuleCalibration>,
}

/// How a rule goes with an outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleCalibration {
    /// The rule.
    pub name: String,
    /// For how many subjects with the outcome it holds.
    pub with_outcome: i64,
    /// For how many without.
    pub without_outcome: i64,
    /// How many times as frequent the outcome is where the rule holds, as among all; nothing when it
    /// holds for none, or nobody has the outcome.
    pub lift: Option<Estimate>,
}

/// A number with its 95 % interval; no interval where the data are too few for one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// From and to.
    pub interval: Option<(f64, f64)>,
}

/// The 97.5 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Compares the scores of a model at `now` with an outcome.
///
/// # Errors
/// When the store fails.
pub fn calibration(
    store: &mut Store,
    model: &ScoringModel,
    outcome: &Predicate,
    now: i64,
    answers: &dyn Answers,
) -> Result<Calibration, StoreError> {
    let counts = store.outcome_counts(model, outcome, now, answers)?;
    let total = |outcome: bool| -> i64 {
        counts.iter().filter(|count| count.outcome == outcome).map(|count| count.subjects).sum()
    };
    let (with, without) = (total(true), total(false));
    let rules = model.rules.iter().enumerate().map(|(at, rule)| {
        let holds = |outcome: bool| -> i64 {
            let of = counts.iter().filter(|count| count.outcome == outcome);
            of.filter_map(|count| count.rules.get(at)).sum()
        };
        let (with_outcome, without_outcome) = (holds(true), holds(false));
        RuleCalibration {
            name: rule.name.clone(),
            with_outcome,
            without_outcome,
            lift: lift(with_outcome, without_outcome, with, without),
        }
    });
    Ok(Calibration {
        subjects: with + without,
        outcomes: with,
        auc: auc(&counts, with, without),
        rules: rules.collect(),
    })
}

/// Lift with its interval, by the variance of its logarithm (delta method).
#[expect(clippy::cast_precision_loss, reason = "numbers of records are far below 2^53")]
fn lift(holds_with: i64, holds_without: i64, with: i64, without: i64) -> Option<Estimate> {
    let all = (with + without) as f64;
    let both = holds_with as f64 / all;
    let (rule, outcome) = ((holds_with + holds_without) as f64 / all, with as f64 / all);
    if rule <= 0.0 || outcome <= 0.0 {
        return None;
    }
    let value = both / (rule * outcome);
    if holds_with == 0 {
        return Some(Estimate { value, interval: None });
    }
    let inner = 1.0 / both - 1.0 / rule - 1.0 / outcome;
    let variance =
        (both * inner * inner + (rule - both) / (rule * rule) + (outcome - both) / (outcome * outcome) - 1.0)
            / all;
    let reach = (Z * variance.max(0.0).sqrt()).exp();
    Some(Estimate { value, interval: Some((value / reach, value * reach)) })
}

/// The area under the curve, by ranks, with the interval of Hanley and McNeil.
#[expect(clippy::cast_precision_loss, reason = "numbers of records are far below 2^53")]
fn auc(counts: &[OutcomeCount], with: i64, without: i64) -> Option<Estimate> {
    if with == 0 || without == 0 {
        return None;
    }
    let mut scores: Vec<i64> = counts.iter().map(|count| count.score).collect();
    scores.sort_unstable();
    scores.dedup();
    let number = |score: i64, outcome: bool| -> f64 {
        let of = counts.iter().filter(|count| count.score == score && count.outcome == outcome);
        of.map(|count| count.subjects).sum::<i64>() as f64
    };
    let (mut below, mut sum) = (0.0, 0.0);
    for score in scores {
        let here = number(score, false);
        sum += number(score, true) * (below + here / 2.0);
        below += here;
    }
    let (with, without) = (with as f64, without as f64);
    let value = sum / (with * without);
    let (q1, q2) = (value / (2.0 - value), 2.0 * value * value / (1.0 + value));
    let variance = (value * (1.0 - value)
        + (with - 1.0) * (q1 - value * value)
        + (without - 1.0) * (q2 - value * value))
        / (with * without);
    let reach = Z * variance.max(0.0).sqrt();
    Some(Estimate { value, interval: Some(((value - reach).max(0.0), (value + reach).min(1.0))) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(outcome: bool, score: i64, subjects: i64) -> OutcomeCount {
        OutcomeCount { outcome, score, subjects, rules: Vec::new() }
    }

    #[test]
    fn the_area_is_the_chance_of_a_higher_score_ties_counted_half() {
        let area = |counts: &[OutcomeCount], with, without| auc(counts, with, without).unwrap().value;
        assert_eq!(area(&[count(true, 9, 2), count(false, 1, 3)], 2, 3), 1.0);
        assert_eq!(area(&[count(true, 1, 2), count(false, 9, 3)], 2, 3), 0.0);
        assert_eq!(area(&[count(true, 5, 2), count(false, 5, 3)], 2, 3), 0.5);
        // Of four pairs, two are won, one is a tie, one is lost.
        let mixed = [count(true, 3, 1), count(true, 1, 1), count(false, 1, 1), count(false, 2, 1)];
        assert_eq!(area(&mixed, 2, 2), 0.625);
        assert!(auc(&[count(true, 1, 2)], 2, 0).is_none());
    }

    #[test]
    fn lift_compares_with_all_and_its_interval_holds_it() {
        let found = lift(30, 10, 50, 50).unwrap();
        assert!((found.value - 1.5).abs() < 1e-12, "0.75 where the rule holds, 0.5 among all");
        let (from, to) = found.interval.unwrap();
        assert!(from < 1.5 && 1.5 < to && from > 1.0, "{from} {to}");
        assert!(lift(0, 0, 50, 50).is_none());
        assert_eq!(lift(0, 10, 50, 50).unwrap(), Estimate { value: 0.0, interval: None });
        // A rule that always holds says nothing, for certain.
        let (from, to) = lift(50, 50, 50, 50).unwrap().interval.unwrap();
        assert!((from - 1.0).abs() < 1e-9 && (to - 1.0).abs() < 1e-9);
    }
}
