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

proptest! {
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
