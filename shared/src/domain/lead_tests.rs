use proptest::prelude::*;

use super::*;
use crate::domain::click::ClickParameter;

/// One update of the story of a person, as the webhook would write it.
#[derive(Clone, Debug)]
enum Update {
    Start(FactClock, &'static str),
    StartWith(Start),
    Request(FactClock),
    Join(FactClock),
    Leave(FactClock, LeaveKind),
}

use Update::{Join, Request};

fn at(date: i64, update: i64) -> FactClock {
    FactClock { date, update }
}

fn start(date: i64, update: i64) -> Update {
    Update::Start(at(date, update), "c1")
}

fn left(date: i64, update: i64) -> Update {
    Update::Leave(at(date, update), LeaveKind::Left)
}

fn removed(date: i64, update: i64) -> Update {
    Update::Leave(at(date, update), LeaveKind::Removed)
}

/// The registers' rule, as `store::leads` has DynamoDB apply it.
fn apply(facts: &LeadFacts, update: &Update) -> LeadFacts {
    let mut facts = facts.clone();
    match *update {
        Update::Start(clock, click) => {
            facts.starts.insert(Start::new(clock, click));
        }
        Update::StartWith(ref start) => {
            facts.starts.insert(start.clone());
        }
        Request(clock) => facts.request = facts.request.max(Some(clock)),
        Join(clock) => facts.join = facts.join.max(Some(clock)),
        Update::Leave(clock, kind) => {
            if facts.leave.is_none_or(|leave| leave.clock < clock) {
                facts.leave = Some(Leave { clock, kind });
            }
        }
    }
    facts
}

fn tell<'a>(updates: impl IntoIterator<Item = &'a Update>) -> (LeadFacts, Vec<LeadEvent>) {
    let mut facts = LeadFacts::default();
    let mut told = Vec::new();
    for update in updates {
        let next = apply(&facts, update);
        told.extend(events(&facts, &next));
        facts = next;
    }
    (facts, told)
}

fn words(told: &[LeadEvent]) -> Vec<&'static str> {
    told.iter().map(|event| event.status.name()).collect()
}

fn orders<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for index in 0..items.len() {
        let mut rest = items.to_vec();
        let first = rest.remove(index);
        for mut order in orders(&rest) {
            order.insert(0, first.clone());
            all.push(order);
        }
    }
    all
}

fn first_visits() -> Vec<Vec<Update>> {
    vec![
        vec![start(1000, 1), Join(at(1010, 2)), left(1020, 3)],
        vec![start(1000, 1), Join(at(1010, 2)), removed(1020, 3)],
        vec![start(1000, 1), Request(at(1005, 2)), Join(at(1010, 3)), left(1020, 4)],
        vec![start(1000, 1), Join(at(1000, 2)), left(1000, 3)],
        vec![Join(at(990, 1)), start(1000, 2), left(1020, 3)],
        vec![Request(at(980, 1)), Join(at(990, 2)), start(1000, 3), left(1020, 4)],
        vec![start(1000, 1), start(1001, 2), start(1002, 3), Join(at(1010, 4)), left(1020, 5)],
        vec![
            start(1000, 1),
            Request(at(1001, 2)),
            Join(at(1002, 3)),
            start(1003, 4),
            start(1004, 5),
            left(1020, 6),
        ],
    ]
}

#[test]
fn a_visit_is_told_the_same_in_every_order_with_every_update_doubled() {
    for story in first_visits() {
        let (facts, reference) = tell(&story);
        for order in orders(&story) {
            let (same, mut told) = tell(order.iter().flat_map(|update| [update, update]));
            assert_eq!(same, facts, "{order:?}");
            let mut expected: Vec<_> = words(&reference);
            expected.sort_unstable();
            told.sort_unstable();
            let mut got = words(&told);
            got.sort_unstable();
            assert_eq!(got, expected, "{order:?}");
        }
    }
}

#[test]
fn the_events_of_a_visit_come_in_the_order_of_the_rules() {
    let told: Vec<_> = first_visits().iter().map(|story| words(&tell(story).1).join(" ")).collect();
    let expected = [
        "wait approve cancel",
        "wait approve trash",
        "wait hold approve cancel",
        "wait approve cancel",
        "wait approve cancel",
        "wait hold approve cancel",
        "wait approve cancel",
        "wait hold approve cancel",
    ];
    assert_eq!(told, expected);
}

/// Telegram keeps one person's membership updates in order; the start may come anywhere among them.
#[test]
fn a_second_visit_is_told_in_order_unless_the_start_comes_after_it() {
    let visits = [Join(at(1010, 2)), left(1020, 3), Join(at(1030, 4)), removed(1040, 5)];
    let reference = ["wait", "approve", "cancel", "approve", "trash"];
    for place in 0..=1 {
        let mut story = visits.to_vec();
        story.insert(place, start(1000, 1));
        let (facts, told) = tell(story.iter().flat_map(|update| [update, update]));
        assert_eq!(words(&told), reference, "start at {place}");
        assert_eq!(facts.status(), Some(LeadStatus::Trash));
    }
}

#[test]
fn a_member_of_long_ago_becomes_a_lead_in_wait_and_nothing_more() {
    let (facts, told) = tell(&[Join(at(100, 1)), start(1000, 2), left(1020, 3)]);
    assert_eq!(words(&told), ["wait"]);
    assert_eq!(facts.status(), Some(LeadStatus::Wait));
}

#[test]
fn an_organic_person_is_no_lead_and_tells_nothing() {
    let (facts, told) = tell(&[Request(at(90, 1)), Join(at(100, 2)), left(1020, 3)]);
    assert_eq!((facts.status(), told), (None, Vec::new()));
}

#[test]
fn a_second_join_without_a_leave_between_tells_nothing() {
    let (facts, told) = tell(&[start(1000, 1), Join(at(1010, 2)), Join(at(1020, 3))]);
    assert_eq!((facts.status(), words(&told)), (Some(LeadStatus::Approve), vec!["wait", "approve"]));
}

#[test]
fn a_declined_request_stays_hold() {
    let (facts, told) = tell(&[start(1000, 1), Request(at(1001, 2))]);
    assert_eq!((facts.status(), words(&told)), (Some(LeadStatus::Hold), vec!["wait", "hold"]));
}

#[test]
fn a_request_after_a_leave_is_hold_again() {
    let story = [start(1000, 1), Join(at(1010, 2)), left(1020, 3), Request(at(1030, 4))];
    let (facts, told) = tell(&story);
    assert_eq!(facts.status(), Some(LeadStatus::Hold));
    assert_eq!(words(&told), ["wait", "approve", "cancel", "hold"]);
}

#[test]
fn a_leave_whose_join_went_unseen_ends_a_hold() {
    let (facts, told) = tell(&[start(1000, 1), Request(at(1001, 2)), removed(1005, 3)]);
    assert_eq!((facts.status(), words(&told)), (Some(LeadStatus::Trash), vec!["wait", "hold", "trash"]));
}

fn click_of(facts: &LeadFacts, event: LeadEvent) -> &str {
    &facts.touch_of(event).unwrap().click
}

#[test]
fn the_click_is_that_of_the_last_touch_before_the_join() {
    let touch = |date, update, click| Update::Start(at(date, update), click);
    let story = [
        touch(1000, 1, "a"),
        touch(1001, 2, "b"),
        touch(1002, 3, ""),
        Join(at(1010, 4)),
        touch(1011, 5, "c"),
    ];
    for order in orders(&story) {
        assert_eq!(tell(&order).0.click(), "b", "{order:?}");
    }
    let back = [&story[..], &[left(1020, 6), touch(1021, 7, "d")]].concat();
    for order in orders(&back[2..]) {
        let (facts, _) = tell(back[..2].iter().chain(&order));
        assert_eq!(facts.click(), "d", "{order:?}");
        let approve = LeadEvent { status: LeadStatus::Approve, clock: at(1010, 4) };
        let cancel = LeadEvent { status: LeadStatus::Cancel, clock: at(1020, 6) };
        assert_eq!((click_of(&facts, approve), click_of(&facts, cancel)), ("b", "b"));
    }
}

#[test]
fn a_join_seen_before_its_start_is_told_with_the_click_of_that_start() {
    let touch = |date, update, click| Update::Start(at(date, update), click);
    let (facts, told) = tell(&[Join(at(990, 1)), touch(1000, 2, "a"), touch(1001, 3, "b")]);
    assert_eq!(facts.click(), "a");
    assert_eq!(told.iter().map(|event| click_of(&facts, *event)).collect::<Vec<_>>(), ["a", "a"]);
}

fn start_with(clock: FactClock, click: &str, sub1: &str) -> Start {
    let parameters = [(ClickParameter::Sub1, sub1.to_owned())].into_iter().collect();
    Start { parameters, ..Start::new(clock, click) }
}

#[test]
fn parameters_are_those_of_the_start_that_gives_the_click() {
    let starts = [
        start_with(at(1000, 1), "a", "of a"),
        start_with(at(1001, 2), "b", ""),
        start_with(at(1002, 3), "", "of none"),
    ];
    let facts = LeadFacts { starts: starts.clone().into(), join: Some(at(1010, 4)), ..LeadFacts::default() };
    assert_eq!(facts.touch(), Some(&starts[1]), "an empty click replaces none, whatever came with it");
    let wait = LeadEvent { status: LeadStatus::Wait, clock: at(1000, 1) };
    assert_eq!(facts.touch_of(wait), Some(&starts[0]));
}

#[test]
fn among_starts_without_a_click_the_latest_with_parameters_counts() {
    let starts = [
        start_with(at(1000, 1), "", "first"),
        start_with(at(1001, 2), "", "second"),
        start_with(at(1002, 3), "", ""),
    ];
    let facts = LeadFacts { starts: starts.clone().into(), ..LeadFacts::default() };
    assert_eq!(facts.touch(), Some(&starts[1]));
    let nothing = LeadFacts { starts: starts[2..].iter().cloned().collect(), ..LeadFacts::default() };
    assert_eq!(nothing.touch(), Some(&starts[2]));
}

fn any_update() -> impl Strategy<Value = (u8, i64, usize)> {
    (0u8..6, 900..1700i64, 0usize..3)
}

/// A story of up to six different updates with ids in the order of their dates.
fn any_story() -> impl Strategy<Value = Vec<Update>> {
    prop::collection::vec(any_update(), 1..=6).prop_map(|mut raw| {
        raw.sort_by_key(|(_, date, _)| *date);
        let story = raw.into_iter().zip(1..).map(|((kind, date, click), update)| match kind {
            0 => Update::Start(at(date, update), ["", "x", "y"][click]),
            1 => Request(at(date, update)),
            2 => Join(at(date, update)),
            3 => left(date, update),
            4 => Update::StartWith(start_with(at(date, update), ["", "z", ""][click], ["s", "t", ""][click])),
            _ => removed(date, update),
        });
        story.collect()
    })
}

proptest! {
    #[test]
    fn every_order_and_repetition_of_six_updates_ends_in_the_same_lead(story in any_story()) {
        let (facts, _) = tell(&story);
        for order in orders(&story) {
            let (same, told) = tell(order.iter().chain(&order));
            prop_assert_eq!(&same, &facts);
            let waits = told.iter().filter(|event| event.status == LeadStatus::Wait).count();
            prop_assert_eq!(waits, usize::from(facts.status().is_some()));
            let mut unique = told.clone();
            unique.sort_unstable();
            unique.dedup();
            prop_assert_eq!(unique.len(), told.len(), "told twice: {:?} in {:?}", told, order);
        }
    }

    #[test]
    fn an_empty_click_replaces_none_and_no_start_after_an_event_changes_what_it_says(story in any_story()) {
        let (facts, told) = tell(&story);
        for event in told {
            let touch = facts.touch_of(event).unwrap();
            let early = facts.starts.iter().filter(|start| start.clock <= event.clock);
            let clicks = early.filter(|start| !start.click.is_empty()).count();
            prop_assert!(!touch.click.is_empty() || clicks == 0 || facts.join.is_some_and(|join| join < event.clock));
            prop_assert!(touch.clock <= event.clock || Some(touch) == facts.first_start());
            let mut later = facts.clone();
            later.starts.insert(Start::new(at(event.clock.date + 1000, 99), "later"));
            prop_assert_eq!(later.touch_of(event), Some(touch));
        }
        prop_assert!(facts.touch().is_none_or(|touch| facts.starts.contains(touch)));
    }

    #[test]
    fn an_approved_lead_was_told_approve_in_every_order(story in any_story()) {
        for order in orders(&story) {
            let (facts, told) = tell(&order);
            if facts.confirmed() {
                prop_assert!(told.iter().any(|event| event.status == LeadStatus::Approve), "{:?}", order);
            }
        }
    }
}
