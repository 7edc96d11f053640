use std::collections::BTreeMap;

use proptest::prelude::*;

use super::survey::{ANSWER_CHARACTERS_MAX, QuestionKind, Survey, SurveyOption, SurveyQuestion};
use super::survey_press::{SurveyButton, SurveyPress};
use super::survey_reply::{
    SurveyMove, SurveyReaction, SurveyReply, SurveySaid, UPDATES_COUNT_UP_SECONDS, read_answer, read_number,
};
use crate::domain::fact_clock::FactClock;
use crate::ids::OutreachCampaignId;

fn question(kind: QuestionKind, options: usize, skippable: bool) -> SurveyQuestion {
    let option = |place: usize| SurveyOption { id: format!("o{place}"), text: format!("Option {place}") };
    let options = (0..options).map(option).collect();
    SurveyQuestion { id: "q".to_owned(), text: "?".to_owned(), kind, options, skippable }
}

fn survey() -> Survey {
    let questions = vec![
        question(QuestionKind::Choice, 3, false),
        question(QuestionKind::Text, 0, true),
        question(QuestionKind::Number, 0, false),
    ];
    Survey { questions, thanks: "Thanks".to_owned(), closes: None }
}

fn press(question: usize, button: SurveyButton) -> SurveyPress {
    SurveyPress { question, button, campaign: OutreachCampaignId::of("1"), test: false }
}

fn at(update: i64) -> FactClock {
    FactClock { date: 1_000 + update, update }
}

fn moved(reply: &SurveyReply, does: SurveyMove<'_>, update: i64) -> SurveyReply {
    match reply.react(&survey(), does, at(update), update) {
        SurveyReaction::Moved(after) => *after,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_person_goes_through_and_back_and_their_last_word_counts() {
    let option = |question, option| press(question, SurveyButton::Option(option));
    let reply = moved(&SurveyReply::default(), SurveyMove::Press(&option(0, 2)), 1);
    assert_eq!((reply.place, reply.started, reply.version), (1, Some(1_001), 1));
    let reply = moved(&reply, SurveyMove::Press(&press(1, SurveyButton::Back)), 2);
    let reply = moved(&reply, SurveyMove::Write(Some(" OPTION 1 ")), 3);
    let reply = moved(&reply, SurveyMove::Press(&press(1, SurveyButton::Skip)), 4);
    let reply = moved(&reply, SurveyMove::Write(Some("1,50")), 5);
    let said: Vec<_> = reply.answers.iter().flatten().map(|answer| answer.said.clone()).collect();
    assert_eq!(said, [SurveySaid::Option(1), SurveySaid::Skipped, SurveySaid::Number("1.5".to_owned())]);
    assert_eq!((reply.place, reply.completed), (3, Some(1_005)));
    let counts: Vec<_> = reply.counts().into_keys().collect();
    assert_eq!(counts, ["a0", "a2", "completed", "o0.1", "s1", "started"]);
    let again = reply.react(&survey(), SurveyMove::Write(Some("2")), at(6), 6);
    assert_eq!(again, SurveyReaction::Over);
}

#[test]
fn double_late_and_foreign_presses_change_nothing() {
    let first = press(0, SurveyButton::Option(0));
    let reply = moved(&SurveyReply::default(), SurveyMove::Press(&first), 5);
    for (pressed, update, expected) in [
        (first.clone(), 6, SurveyReaction::Late),
        (first.clone(), 5, SurveyReaction::Repeated),
        (press(1, SurveyButton::Skip), 4, SurveyReaction::Late),
        (press(1, SurveyButton::Option(0)), 6, SurveyReaction::Late),
        (press(2, SurveyButton::Skip), 6, SurveyReaction::Late),
        (press(99, SurveyButton::Back), 6, SurveyReaction::Late),
    ] {
        let reaction = reply.react(&survey(), SurveyMove::Press(&pressed), at(update), 0);
        assert_eq!(reaction, expected, "{pressed:?} {update}");
    }
    let begin = SurveyReply::default();
    for pressed in [SurveyButton::Back, SurveyButton::Skip, SurveyButton::Option(3)] {
        let reaction = begin.react(&survey(), SurveyMove::Press(&press(0, pressed)), at(1), 0);
        assert_eq!(reaction, SurveyReaction::Late, "{pressed:?}");
    }
}

#[test]
fn an_update_that_comes_again_after_later_ones_is_late_and_ids_that_begin_anew_are_not() {
    let first = press(0, SurveyButton::Option(0));
    let reply = moved(&SurveyReply::default(), SurveyMove::Press(&first), 5);
    let back = moved(&reply, SurveyMove::Press(&press(1, SurveyButton::Back)), 6);
    assert_eq!(back.react(&survey(), SurveyMove::Press(&first), at(5), 0), SurveyReaction::Late);
    let after_a_week = FactClock { date: at(6).date + UPDATES_COUNT_UP_SECONDS, update: 1 };
    let reaction = back.react(&survey(), SurveyMove::Press(&first), after_a_week, 0);
    assert!(matches!(reaction, SurveyReaction::Moved(_)));
}

#[test]
fn what_is_no_answer_is_told_and_changes_nothing() {
    for (kind, text, accepted) in [
        (QuestionKind::Choice, Some("option 2"), true),
        (QuestionKind::Choice, Some("option"), false),
        (QuestionKind::Choice, None, false),
        (QuestionKind::Text, Some("x"), true),
        (QuestionKind::Text, Some("  \u{200b} "), false),
        (QuestionKind::Text, None, false),
        (QuestionKind::Number, Some("-3.20"), true),
        (QuestionKind::Number, Some("12e3"), false),
        (QuestionKind::Number, Some("1.000,5"), false),
        (QuestionKind::Number, Some("--1"), false),
        (QuestionKind::Number, Some("."), false),
        (QuestionKind::Number, Some("99999999999999999999999999999999"), false),
    ] {
        let survey = Survey { questions: vec![question(kind, 3, false)], ..survey() };
        let reaction = SurveyReply::default().react(&survey, SurveyMove::Write(text), at(1), 0);
        assert_eq!(matches!(reaction, SurveyReaction::Moved(_)), accepted, "{kind:?} {text:?}: {reaction:?}");
    }
    let long = "x".repeat(ANSWER_CHARACTERS_MAX + 1);
    assert!(read_answer(&question(QuestionKind::Text, 0, false), Some(&long)).is_err());
    assert_eq!(read_number("-0,0"), Some("0".to_owned()));
}

#[derive(Clone, Debug)]
enum Deed {
    Press(usize, SurveyButton),
    Write(String),
    Repeat,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let button = prop_oneof![
        4 => (0..4_usize).prop_map(SurveyButton::Option),
        1 => Just(SurveyButton::Skip),
        2 => Just(SurveyButton::Back),
    ];
    let deed = prop_oneof![
        4 => (0..4_usize, button).prop_map(|(question, button)| Deed::Press(question, button)),
        3 => "[0-9]{1,3}|option [0-2]|[a-z]{0,4}".prop_map(Deed::Write),
        1 => Just(Deed::Repeat),
    ];
    proptest::collection::vec(deed, 0..30)
}

proptest! {
    #[test]
    fn counters_that_move_along_are_what_everything_amounts_to(deeds in deeds()) {
        let (survey, mut reply, mut sums) = (survey(), SurveyReply::default(), BTreeMap::new());
        let mut update = 0;
        for deed in deeds {
            update += i64::from(!matches!(deed, Deed::Repeat));
            let pressed;
            let does = match &deed {
                Deed::Press(question, button) => {
                    pressed = press(*question, *button);
                    SurveyMove::Press(&pressed)
                }
                Deed::Write(text) => SurveyMove::Write(Some(text)),
                Deed::Repeat => SurveyMove::Write(Some("1")),
            };
            let reaction = reply.react(&survey, does, at(update), update);
            if matches!(deed, Deed::Repeat) {
                prop_assert!(reply.changed.map(|changed| changed.update) != Some(update)
                    || reaction == SurveyReaction::Repeated);
            }
            if let SurveyReaction::Moved(after) = reaction {
                for (name, count) in after.counts_since(&reply) {
                    *sums.entry(name).or_insert(0) += count;
                }
                prop_assert!(after.place.abs_diff(reply.place) == 1 && after.version == reply.version + 1);
                reply = *after;
            }
        }
        sums.retain(|_, count| *count != 0);
        prop_assert_eq!(&sums, &reply.counts());
        prop_assert_eq!(reply.completed.is_some(), reply.place == survey.questions.len());
        let answered = reply.answers.iter().flatten().count();
        prop_assert!(answered >= reply.place.min(survey.questions.len()));
        let spelled = serde_json::to_string(&reply).unwrap();
        prop_assert_eq!(serde_json::from_str::<SurveyReply>(&spelled).unwrap(), reply);
    }
}
