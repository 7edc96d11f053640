//! How a press of Start is spelled in the set of a lead's starts.
//!
//! Its clock, a space, its click; or, where more came than a click, its clock, a `&`, and all of it as a form.

use url::form_urlencoded::{Serializer, parse};

use crate::domain::click::{ClickParameter, ClickToken};
use crate::domain::lead::Start;
use crate::error::{AppError, AppResult};

/// The names in the form that are no parameters of the click.
const CLICK: &str = "click";
const VISIT: &str = "visit";

pub(super) fn spell_start(start: &Start) -> String {
    let Start { clock, click, parameters, visit } = start;
    if parameters.is_empty() && visit.is_none() {
        return format!("{clock} {click}");
    }
    let mut form = Serializer::new(clock.to_string());
    if !click.is_empty() {
        form.append_pair(CLICK, click);
    }
    form.extend_pairs(parameters.iter().map(|(parameter, value)| (parameter.name(), value)));
    if let Some(token) = visit {
        form.append_pair(VISIT, token.as_str());
    }
    form.finish()
}

/// Reads what [`spell_start`] spelled; names that a later version may add count for nothing.
///
/// # Errors
///
/// [`AppError::Unavailable`] if it is no start.
pub(super) fn parse_start(text: &str) -> AppResult<Start> {
    let unreadable = || AppError::unavailable("a start does not read");
    let end = text.find([' ', '&']).ok_or_else(unreadable)?;
    let (clock, rest) = text.split_at(end);
    let mut start = Start::new(clock.parse().map_err(|_| unreadable())?, "");
    if let Some(click) = rest.strip_prefix(' ') {
        click.clone_into(&mut start.click);
        return Ok(start);
    }
    let mut parameters = Vec::new();
    for (name, value) in parse(rest.as_bytes()) {
        match name.as_ref() {
            CLICK => start.click = value.into_owned(),
            VISIT => start.visit = ClickToken::parse(&value),
            other => {
                parameters.extend(ClickParameter::from_name(other).map(|name| (name, value.into_owned())))
            }
        }
    }
    start.parameters = parameters.into_iter().collect();
    Ok(start)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::click::ClickParameters;
    use crate::domain::fact_clock::FactClock;

    const CLOCK: FactClock = FactClock { date: 1_760_000_000, update: 42 };

    fn any_parameters() -> impl Strategy<Value = ClickParameters> {
        let pair = (prop::sample::select(ClickParameter::ALL.to_vec()), ".{0,300}");
        prop::collection::vec(pair, 0..20).prop_map(|pairs| pairs.into_iter().collect())
    }

    fn any_start() -> impl Strategy<Value = Start> {
        let visit = prop::option::of(any::<[u8; 16]>().prop_map(ClickToken::new));
        (0..10_000_000_000i64, 0..1_000_000_000_000i64, ".{0,512}", any_parameters(), visit).prop_map(
            |(date, update, click, parameters, visit)| Start {
                clock: FactClock { date, update },
                click,
                parameters,
                visit,
            },
        )
    }

    #[test]
    fn the_spelling_is_frozen() {
        let token = ClickToken::new([7; 16]);
        let parameters: ClickParameters =
            [(ClickParameter::Sub1, "a b".to_owned()), (ClickParameter::UtmSource, "\u{42f}&".to_owned())]
                .into_iter()
                .collect();
        let starts = [
            Start::new(CLOCK, "c1"),
            Start::new(CLOCK, ""),
            Start { parameters: parameters.clone(), ..Start::new(CLOCK, "c 1") },
            Start { visit: Some(token.clone()), ..Start::new(CLOCK, "") },
            Start { parameters, visit: Some(token), ..Start::new(CLOCK, "c1") },
        ];
        insta::assert_snapshot!(starts.each_ref().map(spell_start).join("|\n"), @r"
        01760000000.000000000042 c1|
        01760000000.000000000042 |
        01760000000.000000000042&click=c+1&sub1=a+b&utm_source=%D0%AF%26|
        01760000000.000000000042&visit=BwcHBwcHBwcHBwcHBwcHBw|
        01760000000.000000000042&click=c1&sub1=a+b&utm_source=%D0%AF%26&visit=BwcHBwcHBwcHBwcHBwcHBw
        ");
    }

    #[test]
    fn what_is_no_start_does_not_read() {
        for text in ["", "01760000000.000000000042", "x y", " c1", "&click=c1"] {
            assert!(parse_start(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sixty_four_of_the_longest_starts_fit_an_item() {
        let longest = |letter: &str| {
            let query: String = ClickParameter::ALL
                .iter()
                .map(|parameter| format!("&{}={}", parameter.name(), letter.repeat(256)))
                .collect();
            let (click, parameters) =
                crate::domain::click::read_query(&format!("click={}{query}", letter.repeat(512)));
            let visit = Some(ClickToken::new([7; 16]));
            spell_start(&Start { clock: CLOCK, click, parameters, visit }).len()
        };
        for letter in ["x", "/", "%2F", "\u{42f}", "\u{1f600}"] {
            assert!(longest(letter) * 64 < 380_000, "{letter}: {}", longest(letter));
        }
    }

    proptest! {
        #[test]
        fn every_start_reads_as_it_was_spelled(start in any_start()) {
            let spelled = spell_start(&start);
            prop_assert_eq!(parse_start(&spelled).unwrap(), start);
        }

        #[test]
        fn different_starts_are_spelled_differently(one in any_start(), other in any_start()) {
            prop_assert_eq!(spell_start(&one) == spell_start(&other), one == other);
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = parse_start(&format!("{CLOCK}{text}"));
        }
    }
}
