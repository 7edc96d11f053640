use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// A task of a FIFO queue.
pub trait Grouped: Serialize {
    /// Tasks of one group are done one after the other, in the order in which they were sent.
    fn group(&self) -> String;

    /// The same for a task that is sent again.
    fn id(&self) -> String;
}

/// So many messages go in one request.
const BATCH: usize = 10;

/// In which requests tasks are sent, one after the other: those of one group stay in this order, and no request has two of
/// one, because SQS may take the second alone. The first of each group come first, then the second.
pub(super) fn batches<T: Grouped>(tasks: &[T]) -> Vec<Vec<&T>> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut rounds: BTreeMap<usize, Vec<(String, &T)>> = BTreeMap::new();
    for task in tasks {
        let place = places.entry(task.group()).or_default();
        rounds.entry(*place).or_default().push((task.group(), task));
        *place += 1;
    }
    let mut batches: Vec<Vec<&T>> = Vec::new();
    let mut groups = BTreeSet::new();
    for (group, task) in rounds.into_values().flatten() {
        match batches.last_mut() {
            Some(last) if last.len() < BATCH && !groups.contains(&group) => last.push(task),
            _ => {
                groups.clear();
                batches.push(vec![task]);
            }
        }
        groups.insert(group);
    }
    batches
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Task;
    use super::*;
    use crate::domain::fact_clock::FactClock;
    use crate::domain::lead_event::{LeadEvent, LeadStatus};
    use crate::ids::{AccountId, CampaignKey, TrackingCampaignId, UserId};

    /// Tasks of these people, numbered in their order.
    fn tasks(users: &[i64]) -> Vec<Task> {
        let campaign = CampaignKey { account: AccountId(1), campaign: TrackingCampaignId(1) };
        let task = |(number, user): (i64, &i64)| {
            let event = LeadEvent { status: LeadStatus::Wait, clock: FactClock { date: 1, update: number } };
            Task::PostbackV1 { campaign, user: UserId(*user), event }
        };
        (0..).zip(users).map(task).collect()
    }

    fn sizes(users: &[i64]) -> Vec<usize> {
        batches(&tasks(users)).iter().map(Vec::len).collect()
    }

    #[test]
    fn two_events_of_one_lead_go_in_two_requests() {
        let tasks = tasks(&[1, 1, 2]);
        assert_eq!(batches(&tasks), [vec![&tasks[0], &tasks[2]], vec![&tasks[1]]]);
    }

    #[test]
    fn a_request_is_filled_up() {
        assert_eq!(sizes(&[]), [0; 0]);
        assert_eq!(sizes(&(0..25).collect::<Vec<_>>()), [10, 10, 5]);
        let twice: Vec<_> = (0..15).chain(0..15).collect();
        assert_eq!(sizes(&twice), [10, 10, 10], "the second of some go with the first of others");
        assert_eq!(sizes(&[1; 3]), [1, 1, 1]);
    }

    proptest! {
        #[test]
        fn no_request_has_two_of_a_lead_and_each_leads_stay_in_order(users in proptest::collection::vec(0..12i64, 0..60)) {
            let tasks = tasks(&users);
            let batches = batches(&tasks);
            for batch in &batches {
                let groups: BTreeSet<_> = batch.iter().map(|task| task.group()).collect();
                prop_assert!(groups.len() == batch.len() && (1..=BATCH).contains(&batch.len()));
            }
            let sent: Vec<_> = batches.into_iter().flatten().collect();
            prop_assert_eq!(sent.len(), tasks.len());
            for user in 0..12 {
                let of_user = |task: &&Task| task.subject().1 == UserId(user);
                let (sent, asked) = (sent.iter().copied().filter(of_user), tasks.iter().filter(of_user));
                prop_assert_eq!(sent.collect::<Vec<_>>(), asked.collect::<Vec<_>>());
            }
        }
    }
}
