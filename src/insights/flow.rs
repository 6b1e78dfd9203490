//! Visits in the order in which they were made.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::JourneyFacts;

/// What of a visit tells where it led.
pub(super) struct Moved<'a> {
    pub(super) step: &'a str,
    pub(super) path: Option<&'a str>,
    pub(super) arrived_at: i64,
    pub(super) left_at: Option<i64>,
}

/// The visits of one contact in the order in which they were made. The store can't tell those of one moment
/// apart; the journey's flow does, through loops, too.
pub(super) fn in_order<T>(
    mut left: Vec<T>,
    facts: Option<&JourneyFacts<'_>>,
    moved: impl Fn(&T) -> Moved<'_>,
) -> Vec<T> {
    let mut ordered: Vec<T> = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let next = ordered.last().map(&moved).and_then(|last| {
            let step = facts?.step(last.step)?;
            let named = step.paths.iter().find(|(name, _)| Some(*name) == last.path);
            let to = named.map_or(step.following, |(_, to)| *to)?;
            left.iter()
                .map(&moved)
                .position(|visit| Some(visit.arrived_at) == last.left_at && visit.step == to)
        });
        ordered.push(left.remove(next.unwrap_or(0)));
    }
    ordered
}

/// The visits of several contacts, each one's in order, as one list: by arrival, and of one moment so that
/// what any of them did before stands before. `place` tells which visits are of one kind.
pub(super) fn merged<T, P: Ord + Clone>(
    chains: Vec<Vec<T>>,
    arrived_at: impl Fn(&T) -> i64,
    place: impl Fn(&T) -> P,
) -> Vec<T> {
    let mut chains: Vec<VecDeque<T>> = chains.into_iter().map(VecDeque::from).collect();
    // How many visits of a place are still to come behind the first of their chain.
    let mut to_come: BTreeMap<P, usize> = BTreeMap::new();
    for visit in chains.iter().flat_map(|chain| chain.iter().skip(1)) {
        *to_come.entry(place(visit)).or_default() += 1;
    }
    // The first of each chain, by moment and place.
    let mut heads: BTreeMap<i64, BTreeMap<P, BTreeSet<usize>>> = BTreeMap::new();
    for (at, chain) in chains.iter().enumerate() {
        if let Some(head) = chain.front() {
            heads.entry(arrived_at(head)).or_default().entry(place(head)).or_default().insert(at);
        }
    }
    let mut all = Vec::new();
    while let Some(mut moment) = heads.first_entry() {
        let places = moment.get().iter().filter_map(|(place, chains)| {
            let comes_later = to_come.get(place).is_some_and(|count| *count > 0);
            Some((comes_later, *chains.first()?, place))
        });
        let first = places.min_by_key(|(comes_later, at, _)| (*comes_later, *at));
        let Some((at, of)) = first.map(|(_, at, place)| (at, place.clone())) else {
            moment.remove();
            continue;
        };
        if let Some(others) = moment.get_mut().get_mut(&of) {
            others.remove(&at);
            if others.is_empty() {
                moment.get_mut().remove(&of);
            }
        }
        all.extend(chains[at].pop_front());
        if let Some(head) = chains[at].front() {
            let of = place(head);
            to_come.entry(of.clone()).and_modify(|count| *count = count.saturating_sub(1));
            heads.entry(arrived_at(head)).or_default().entry(of).or_default().insert(at);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{insights::StepFacts, model::Entity, store::VisitRow};

    #[test]
    fn visits_of_one_moment_stand_as_the_flow_leads() {
        let step = |id, paths, following| StepFacts { id, tile: "goto", paths, following };
        let predicate = crate::model::Predicate::Constant(true);
        let facts = JourneyFacts {
            name: "spring",
            was: None,
            label: None,
            target: Entity::Contact,
            starts_at: 0,
            ends_at: None,
            audience: &predicate,
            blocks: &[],
            timezone: "UTC",
            plan: None,
            steps: vec![
                step("note", Vec::new(), Some("again")),
                step("again", vec![("goto", Some("note"))], Some("done")),
                step("done", Vec::new(), None),
            ],
        };
        let visit = |step: &str, visit, path: Option<&str>| VisitRow {
            step: step.to_owned(),
            tile: "goto".to_owned(),
            visit,
            arrived_at: 7,
            left_at: Some(7),
            due_at: None,
            stopped: false,
            path: path.map(str::to_owned),
            reason: None,
            because: None,
            opened_at: None,
            calls: None,
            state: None,
        };
        let found = vec![
            visit("note", 1, None),
            visit("again", 1, Some("goto")),
            visit("done", 1, None),
            visit("note", 2, None),
            visit("again", 2, None),
        ];
        let ordered = in_order(found, Some(&facts), |visit: &VisitRow| Moved {
            step: &visit.step,
            path: visit.path.as_deref(),
            arrived_at: visit.arrived_at,
            left_at: visit.left_at,
        });
        let steps: Vec<&str> = ordered.iter().map(|visit| visit.step.as_str()).collect();
        assert_eq!(steps, ["note", "again", "note", "again", "done"]);
    }

    #[test]
    fn what_anybody_did_before_stands_before() {
        let chains = vec![vec![(1, "a"), (2, "c")], vec![(1, "a"), (2, "b"), (2, "c")], vec![(3, "d")]];
        let merged = merged(chains, |visit| visit.0, |visit| *visit);
        let steps: String = merged.into_iter().map(|(_, step)| step).collect();
        assert_eq!(steps, "aabccd");
    }
}
