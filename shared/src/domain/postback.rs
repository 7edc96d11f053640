//! Which template tells which event, and whether an event is told at all.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::lead::LeadFacts;
use super::lead_event::{LeadEvent, LeadStatus};

/// The five URL templates of a campaign or an account; an empty one is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PostbackTemplates(BTreeMap<LeadStatus, String>);

impl PostbackTemplates {
    /// Sets the template of one event; an empty text clears it.
    pub fn set(&mut self, event: LeadStatus, template: String) {
        if template.is_empty() {
            self.0.remove(&event);
        } else {
            self.0.insert(event, template);
        }
    }

    /// The template of one event; empty if there is none.
    #[must_use]
    pub fn get(&self, event: LeadStatus) -> &str {
        self.0.get(&event).map_or("", String::as_str)
    }

    /// Whether none of the five is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The template for an event: with at least one of its own, a campaign uses its own five, else the account's.
#[must_use]
pub fn template_for<'a>(
    event: LeadStatus,
    campaign: &'a PostbackTemplates,
    account: &'a PostbackTemplates,
) -> Option<&'a str> {
    let source = if campaign.is_empty() { account } else { campaign };
    Some(source.get(event)).filter(|template| !template.is_empty())
}

/// Whether an event is told: cancel and trash only within the window after the join (0 = always).
#[must_use]
pub fn within_unsub_window(event: LeadEvent, facts: &LeadFacts, unsub_window_seconds: u64) -> bool {
    match event.status {
        LeadStatus::Wait | LeadStatus::Hold | LeadStatus::Approve => true,
        LeadStatus::Cancel | LeadStatus::Trash => {
            let since = facts.join.filter(|join| *join <= event.clock).or(facts.request);
            let stayed_seconds = since.map_or(0, |since| event.clock.date - since.date);
            unsub_window_seconds == 0 || stayed_seconds.max(0).unsigned_abs() <= unsub_window_seconds
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::fact_clock::FactClock;

    fn templates(pairs: &[(LeadStatus, &str)]) -> PostbackTemplates {
        let mut templates = PostbackTemplates::default();
        for (event, template) in pairs {
            templates.set(*event, (*template).to_owned());
        }
        templates
    }

    #[test]
    fn one_own_template_disables_the_four_others() {
        let own = templates(&[(LeadStatus::Approve, "https://own")]);
        let global = templates(&[(LeadStatus::Approve, "https://all"), (LeadStatus::Wait, "https://all")]);
        assert_eq!(template_for(LeadStatus::Approve, &own, &global), Some("https://own"));
        assert_eq!(template_for(LeadStatus::Wait, &own, &global), None);
    }

    #[test]
    fn without_own_templates_the_accounts_are_used() {
        let global = templates(&[(LeadStatus::Wait, "https://all")]);
        let own = templates(&[(LeadStatus::Wait, "")]);
        assert_eq!(template_for(LeadStatus::Wait, &own, &global), Some("https://all"));
        assert_eq!(template_for(LeadStatus::Hold, &own, &global), None);
    }

    #[test]
    fn the_last_second_of_the_window_counts() {
        let join = FactClock { date: 1_760_000_000, update: 1 };
        let facts = LeadFacts { join: Some(join), ..LeadFacts::default() };
        let told = |stayed| {
            let clock = FactClock { date: join.date + stayed, update: 2 };
            within_unsub_window(LeadEvent { status: LeadStatus::Cancel, clock }, &facts, 60)
        };
        assert!(told(60) && !told(61));
    }

    proptest! {
        #[test]
        fn a_leave_is_told_up_to_the_last_second_of_the_window(window in 0..10_000_000u64, stayed in 0..20_000_000i64) {
            let join = FactClock { date: 1_760_000_000, update: 1 };
            let clock = FactClock { date: join.date + stayed, update: 2 };
            let facts = LeadFacts { join: Some(join), ..LeadFacts::default() };
            let told = |status| within_unsub_window(LeadEvent { status, clock }, &facts, window);
            prop_assert_eq!(told(LeadStatus::Cancel), window == 0 || stayed.unsigned_abs() <= window);
            prop_assert_eq!(told(LeadStatus::Trash), told(LeadStatus::Cancel));
            prop_assert!(told(LeadStatus::Wait) && told(LeadStatus::Hold) && told(LeadStatus::Approve));
        }
    }
}
