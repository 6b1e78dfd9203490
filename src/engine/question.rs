//! Asking the store what a tile wants to know, within the window of each contact or account.

use std::collections::BTreeMap;

use super::{EngineError, LiveJourney, batch::Place, convert::Loaded};
use crate::{
    calendar,
    model::{Answers, Asked, Part, time::NEVER},
    store::{self, Claim, Store, Subject},
    tiles::{Question, Work},
};

/// Fills in windows and answers.
pub(super) fn answer(
    store: &mut Store,
    place: &Place<'_>,
    claim: &Claim,
    question: &Question,
    answers: &dyn Answers,
    loaded: &mut Loaded,
) -> Result<(), EngineError> {
    let journey = place.journey;
    let deadline = |since: i64| match question.timeout {
        Some(timeout) => calendar::after(since, timeout, &journey.plan.zone).unwrap_or(NEVER),
        None => NEVER,
    };
    let mails = mails_of(journey, question);
    let left = match mails.is_empty() {
        true => Vec::new(),
        false => store.mails_left(claim, &mails)?,
    };
    let by_contact: BTreeMap<i64, Option<i64>> =
        left.iter().map(|mail| (mail.contact_key, mail.left_at)).collect();
    let mut by_account: BTreeMap<i64, Option<i64>> = BTreeMap::new();
    for mail in &left {
        let first = by_account.entry(mail.account_key).or_default();
        *first = [*first, mail.left_at].into_iter().flatten().min();
    }
    // While a mail is on its way nobody knows when its time is up.
    let from_mail = |mail: Option<&Option<i64>>, since: i64| match mail {
        Some(left_at) => left_at.map_or(NEVER, |at| deadline(at.max(since))),
        None => deadline(since),
    };
    let mut subjects = Vec::new();
    match question.asked {
        Asked::Contact => {
            for (participant, standing) in loaded.batch.participants.iter_mut().zip(&loaded.standing) {
                let mail = by_contact.get(&standing.contact_key);
                participant.deadline = from_mail(mail, participant.arrived_at);
                subjects.push(Subject {
                    account_key: standing.account_key,
                    contact_key: Some(standing.contact_key),
                    visit: standing.visit,
                    since: participant.arrived_at,
                    until: participant.deadline,
                });
            }
        }
        Asked::Participants | Asked::AllContacts => {
            for (account, known) in loaded.batch.accounts.iter_mut().zip(&loaded.accounts) {
                account.deadline = from_mail(by_account.get(&known.account_key), account.opened_at);
                if account.decided.is_none() {
                    subjects.push(Subject {
                        account_key: known.account_key,
                        contact_key: None,
                        visit: known.visit,
                        since: account.opened_at,
                        until: account.deadline,
                    });
                }
            }
        }
    }
    let asked = store::Question {
        journey: &journey.plan.name,
        iteration: place.iteration.number,
        predicate: &question.predicate,
        timezone: journey.plan.zone.name(),
        of: question.asked,
        step_key: &|id| journey.step_key(id),
        answers,
        segments: place.journey.segments,
    };
    let answers = store.ask(claim, &asked, &subjects, place.now)?;
    if question.asked == Asked::Contact {
        let by_contact: BTreeMap<i64, &store::Answer> =
            answers.iter().map(|answer| (answer.contact_key, answer)).collect();
        for (participant, standing) in loaded.batch.participants.iter_mut().zip(&loaded.standing) {
            if let Some(answer) = by_contact.get(&standing.contact_key) {
                participant.answer = answer.answer;
            }
        }
        return Ok(());
    }
    // Colleagues may stand here on different visits, each with a decision and a window of its own.
    let mut by_account: BTreeMap<(i64, i64), Vec<&store::Answer>> = BTreeMap::new();
    for answer in &answers {
        by_account.entry((answer.account_key, answer.visit)).or_default().push(answer);
    }
    let mut counts: BTreeMap<i64, store::AskedCount> = match question.counted {
        true => store.count_asked(claim, question.asked)?,
        false => BTreeMap::new(),
    };
    for (account, known) in loaded.batch.accounts.iter_mut().zip(&loaded.accounts) {
        let found = by_account.get(&(known.account_key, known.visit)).map_or(&[][..], Vec::as_slice);
        account.satisfied = found
            .iter()
            .filter_map(|answer| answer.answer.satisfied_at.map(|at| (answer.contact_id.clone(), at)))
            .collect();
        account.satisfied.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
        account.next_at = found.iter().filter_map(|answer| answer.answer.next_at).min();
        let count = counts.remove(&known.account_key).unwrap_or_default();
        (account.asked, account.ceased) = (count.asked, count.ceased);
    }
    Ok(())
}

/// The keys of the steps with a mail whose consequences a question asks for: its deadline counts from when that
/// mail left (semantics 14).
fn mails_of(journey: &LiveJourney<'_>, question: &Question) -> Vec<i64> {
    let mut keys = Vec::new();
    Part::Predicate(&question.predicate).each(&mut |part| {
        let Some(id) = part.did().and_then(|did| did.step.as_ref()) else { return };
        let step = journey.plan.step(id);
        if step
            .is_some_and(|step| matches!(&step.tile.work, Work::Uniform(uniform) if uniform.mail.is_some()))
        {
            keys.push(journey.step_key(id));
        }
    });
    keys
}
