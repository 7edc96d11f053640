use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::ids::{BotId, SegmentId, UserId};

const NOW: i64 = 1_780_000_000;

fn criteria(rules: &[(&str, &str, serde_json::Value)]) -> Criteria {
    let rules = rules.iter().map(|(field, op, value)| Rule::new(field, op, value.clone()).unwrap());
    Criteria { matching: Match::All, rules: rules.collect() }
}

fn contact(bot: u64, interaction: i64, attributes: &[(&str, serde_json::Value)]) -> AudienceContact {
    let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let member = AudienceMember {
        bot: BotId(bot),
        last_interaction: Some(interaction),
        attributes,
        ..AudienceMember::default()
    };
    AudienceContact { member, reachable: true, subscribed: true }
}

fn person(contacts: Vec<AudienceContact>) -> AudiencePerson {
    AudiencePerson { user: UserId(1), contacts }
}

fn segment(name: &str, selection: Selection) -> (SegmentId, Selection) {
    (SegmentId::of(name), selection)
}

fn in_location(location: &str) -> Selection {
    let criteria = criteria(&[("attributes.location", "eq", json!(location))]);
    Selection { criteria, exclude: Vec::new() }
}

fn chosen(bot: u64, segment: Option<usize>) -> Judgement {
    Judgement::Chosen(Choice { bot: BotId(bot), segment })
}

#[test]
fn without_segments_and_filters_everybody_is_reached_by_the_bot_they_last_spoke_to() {
    let audience = Audience::default();
    let person = person(vec![contact(1, 10, &[]), contact(2, 30, &[]), contact(3, 20, &[])]);
    assert_eq!(audience.judge(&person, NOW), chosen(2, None));
    let narrowed = Audience { bots: vec![BotId(1), BotId(3)], ..Audience::default() };
    assert_eq!(narrowed.judge(&person, NOW), chosen(3, None));
    let nobody = Audience { bots: vec![BotId(9)], ..Audience::default() };
    assert_eq!(nobody.judge(&person, NOW), Judgement::Unmatched);
}

#[test]
fn a_bot_that_may_not_write_leaves_the_message_to_another() {
    let mut blocked = contact(2, 30, &[]);
    blocked.reachable = false;
    let mut silenced = contact(3, 40, &[]);
    silenced.subscribed = false;
    let audience = Audience::default();
    let all = person(vec![contact(1, 10, &[]), blocked.clone(), silenced.clone()]);
    assert_eq!(audience.judge(&all, NOW), chosen(1, None));
    let neither = person(vec![blocked.clone(), silenced]);
    assert_eq!(audience.judge(&neither, NOW), Judgement::LeftOut(Exclusion::Unsubscribed));
    let gone = person(vec![blocked]);
    assert_eq!(audience.judge(&gone, NOW), Judgement::LeftOut(Exclusion::Unreachable));
}

#[test]
fn people_belong_to_the_first_segment_that_has_them() {
    let young =
        Selection { criteria: criteria(&[("attributes.age", "lt", json!(30))]), ..Selection::default() };
    let audience = Audience {
        segments: vec![segment("a", in_location("US")), segment("b", young)],
        ..Audience::default()
    };
    let judge = |attributes: &[_]| audience.judge(&person(vec![contact(1, 1, attributes)]), NOW);
    assert_eq!(judge(&[("location", json!("US")), ("age", json!(20))]), chosen(1, Some(0)));
    assert_eq!(judge(&[("location", json!("CA")), ("age", json!(20))]), chosen(1, Some(1)));
    assert_eq!(judge(&[("location", json!("CA")), ("age", json!(40))]), Judgement::Unmatched);
    assert_eq!(judge(&[("age", json!(20))]), chosen(1, Some(1)), "one segment is enough");
    assert_eq!(judge(&[("age", json!(40))]), Judgement::LeftOut(Exclusion::AttributeMissing));
}

#[test]
fn a_segment_leaves_out_those_of_another() {
    let us_without_vips = Selection {
        exclude: vec![Selection {
            criteria: criteria(&[("tags", "contains", json!("vip"))]),
            ..Selection::default()
        }],
        ..in_location("US")
    };
    let audience = Audience { segments: vec![segment("a", us_without_vips)], ..Audience::default() };
    let mut vip = contact(1, 1, &[("location", json!("US"))]);
    assert_eq!(audience.judge(&person(vec![vip.clone()]), NOW), chosen(1, Some(0)));
    vip.member.tags = ["vip".to_owned()].into();
    assert_eq!(audience.judge(&person(vec![vip]), NOW), Judgement::Unmatched);
}

#[test]
fn who_lacks_an_attribute_is_told_from_who_does_not_match() {
    let filters = criteria(&[("attributes.location", "in", json!(["US"])), ("premium", "eq", json!(true))]);
    let audience = Audience { filters, ..Audience::default() };
    let judge = |premium, attributes: &[_]| {
        let mut contact = contact(1, 1, attributes);
        contact.member.premium = premium;
        audience.judge(&person(vec![contact]), NOW)
    };
    assert_eq!(judge(true, &[("location", json!("US"))]), chosen(1, None));
    assert_eq!(judge(true, &[("location", json!("DE"))]), Judgement::Unmatched);
    assert_eq!(judge(true, &[]), Judgement::LeftOut(Exclusion::AttributeMissing));
    assert_eq!(judge(false, &[]), Judgement::Unmatched, "whatever their location is");
}

#[test]
fn a_bot_that_sends_nothing_leaves_the_message_to_another_or_reaches_nobody() {
    let person = person(vec![contact(1, 10, &[]), contact(2, 30, &[])]);
    let judge = |silent: &[u64]| {
        let silent = silent.iter().copied().map(BotId).collect();
        Audience { silent, ..Audience::default() }.judge(&person, NOW)
    };
    assert_eq!(judge(&[]), chosen(2, None));
    assert_eq!(judge(&[2]), chosen(1, None));
    assert_eq!(judge(&[1, 2]), Judgement::LeftOut(Exclusion::Unreachable));
}

#[test]
fn who_is_left_out_by_one_bot_is_left_out_by_all() {
    let knows_second = Selection { criteria: criteria(&[("bot", "eq", json!(2))]), exclude: Vec::new() };
    let others = Selection { exclude: vec![knows_second], ..Selection::default() };
    let audience =
        Audience { segments: vec![segment("a", others)], bots: vec![BotId(1)], ..Audience::default() };
    assert_eq!(audience.judge(&person(vec![contact(1, 1, &[])]), NOW), chosen(1, Some(0)));
    let both = person(vec![contact(1, 1, &[]), contact(2, 1, &[])]);
    assert_eq!(audience.judge(&both, NOW), Judgement::Unmatched);
}

#[test]
fn counts_add_up() {
    let mut count = AudienceCount::default();
    for judgement in [
        chosen(1, None),
        Judgement::Unmatched,
        Judgement::LeftOut(Exclusion::Unreachable),
        Judgement::LeftOut(Exclusion::AttributeMissing),
    ] {
        count.add(judgement);
    }
    let mut twice = count.clone();
    twice.merge(&count);
    assert_eq!((count.matched, count.reachable, twice.matched, twice.reachable), (2, 1, 4, 2));
    assert_eq!(twice.excluded[&Exclusion::AttributeMissing], 2);
}

const CAMPAIGNS: [&str; 2] = ["campa", "campb"];

/// What one bot did to a person: the campaigns it reached them by, how they took each, and when it last did.
type Reached = (Vec<(usize, bool, bool)>, Option<i64>);

/// A person as each bot noted what it did; what the others did is told to none of them.
fn reached_person(by_bot: &[Reached]) -> AudiencePerson {
    let contacts = by_bot.iter().zip(1..).map(|((reactions, last_outreach), bot)| {
        let mut contact = contact(bot, 1, &[]);
        contact.member.last_outreach = *last_outreach;
        contact.member.reached_by = reactions
            .iter()
            .map(|(campaign, clicked, converted)| {
                (CAMPAIGNS[*campaign].to_owned(), Reaction { clicked: *clicked, converted: *converted })
            })
            .collect();
        contact
    });
    AudiencePerson::of(UserId(1), contacts.collect())
}

proptest! {
    #[test]
    fn what_a_person_received_counts_whichever_bot_sent_it(
        by_bot in proptest::collection::vec(
            (proptest::collection::btree_map(0usize..2, (any::<bool>(), any::<bool>()), 0..3), proptest::option::of(0i64..100)),
            1..4,
        ),
        op in prop_oneof![Just("eq"), Just("ne")],
        field in prop_oneof![Just("received"), Just("clicked"), Just("converted"), Just("ignored")],
        since in 0i64..100,
    ) {
        let by_bot: Vec<Reached> = by_bot
            .into_iter()
            .map(|(reactions, last)| (reactions.into_iter().map(|(at, (clicked, converted))| (at, clicked, converted)).collect(), last))
            .collect();
        let person = reached_person(&by_bot);
        let of_campaign = |test: &dyn Fn(bool, bool) -> bool| {
            let all = by_bot.iter().flat_map(|(reactions, _)| reactions).filter(|(campaign, ..)| *campaign == 0);
            let joined = all.fold(None, |known: Option<(bool, bool)>, (_, clicked, converted)| {
                let (was_clicked, was_converted) = known.unwrap_or_default();
                Some((was_clicked | clicked, was_converted | converted))
            });
            joined.is_some_and(|(clicked, converted)| test(clicked, converted))
        };
        let holds = match field {
            "received" => of_campaign(&|_, _| true),
            "clicked" => of_campaign(&|clicked, _| clicked),
            "converted" => of_campaign(&|_, converted| converted),
            _ => of_campaign(&|clicked, converted| !clicked && !converted),
        };
        let rule = criteria(&[(field, op, json!(CAMPAIGNS[0]))]);
        let selected = Audience { filters: rule.clone(), ..Audience::default() };
        let is_chosen = |audience: &Audience| matches!(audience.judge(&person, NOW), Judgement::Chosen(_));
        prop_assert_eq!(is_chosen(&selected), holds == (op == "eq"));
        let left_out = Selection { exclude: vec![Selection { criteria: rule, exclude: Vec::new() }], ..Selection::default() };
        let others = Audience { segments: vec![segment("a", left_out)], ..Audience::default() };
        prop_assert_eq!(is_chosen(&others), holds != (op == "eq"), "who is not in a segment is in the rest");

        let last = by_bot.iter().filter_map(|(_, last)| *last).max();
        let moment = crate::domain::calendar::iso_time(since);
        let later = criteria(&[("lastOutreachAt", "after", json!(moment))]);
        let later = Audience { filters: later, ..Audience::default() };
        prop_assert_eq!(is_chosen(&later), last.is_some_and(|last| last > since));
        let before = criteria(&[("lastOutreachAt", "before", json!(moment))]);
        let before = Audience { filters: before, ..Audience::default() };
        prop_assert_eq!(is_chosen(&before), last.is_some_and(|last| last < since));
    }

    #[test]
    fn a_person_is_chosen_once_by_a_bot_that_may_write(
        contacts in proptest::collection::vec((1u64..6, 0i64..50, any::<bool>(), any::<bool>(), 0usize..3), 0..6),
        segments in proptest::collection::vec(0usize..3, 0..4),
    ) {
        const PLACES: [&str; 3] = ["US", "CA", "DE"];
        let contacts: Vec<_> = contacts.into_iter().map(|(bot, interaction, reachable, subscribed, location)| {
            let contact = contact(bot, interaction, &[("location", json!(PLACES[location]))]);
            AudienceContact { reachable, subscribed, ..contact }
        }).collect();
        let segments = segments.into_iter().map(|location| segment(PLACES[location], in_location(PLACES[location])));
        let audience = Audience { segments: segments.collect(), ..Audience::default() };
        let person = person(contacts);
        if let Judgement::Chosen(choice) = audience.judge(&person, NOW) {
            let fits = |contact: &&AudienceContact| contact.member.bot == choice.bot && contact.reachable && contact.subscribed;
            prop_assert!(person.contacts.iter().any(|contact| fits(&contact)));
            prop_assert_eq!(choice.segment.is_none(), audience.segments.is_empty());
        }
    }
}
