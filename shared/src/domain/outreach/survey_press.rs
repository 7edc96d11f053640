//! What a button of a survey reports to the bot.

use std::fmt;

use super::survey::{QuestionKind, SurveyQuestion};
use crate::ids::OutreachCampaignId;

/// What the buttons of a real survey report, and those of a test, begin with.
const REAL: &str = "sv";
const TEST: &str = "svt";

const SKIP: &str = "s";
const BACK: &str = "b";

/// A button of a survey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyPress {
    /// Of which campaign.
    pub campaign: OutreachCampaignId,
    /// Whether a test asked, of which nothing is counted.
    pub test: bool,
    /// Below which question, by its place.
    pub question: usize,
    /// What it says.
    pub button: SurveyButton,
}

/// What a button of a survey says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SurveyButton {
    /// This option, by its place.
    Option(usize),
    /// Leave this question out.
    Skip,
    /// Back to the one before.
    Back,
}

/// Telegram takes 64 bytes; the longest has 42.
impl fmt::Display for SurveyPress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = if self.test { TEST } else { REAL };
        let drawn = self.campaign.as_str().trim_start_matches(OutreachCampaignId::PREFIX);
        write!(f, "{prefix}:{drawn}:{}:", self.question)?;
        match self.button {
            SurveyButton::Option(option) => write!(f, "{option}"),
            SurveyButton::Skip => f.write_str(SKIP),
            SurveyButton::Back => f.write_str(BACK),
        }
    }
}

impl SurveyPress {
    /// Reads what a button reports; `None` for a button of something else.
    #[must_use]
    pub fn parse(data: &str) -> Option<Self> {
        let mut parts = data.split(':');
        let (prefix, drawn) = (parts.next()?, parts.next()?);
        let (question, button) = (parts.next()?, parts.next()?);
        let test = match prefix {
            REAL => false,
            TEST => true,
            _ => return None,
        };
        let button = match button {
            SKIP => SurveyButton::Skip,
            BACK => SurveyButton::Back,
            option => SurveyButton::Option(option.parse().ok()?),
        };
        let campaign = OutreachCampaignId::parse(&format!("{}{drawn}", OutreachCampaignId::PREFIX))?;
        let question = question.parse().ok()?;
        parts.next().is_none().then_some(Self { campaign, test, question, button })
    }

    /// The buttons below a question, in rows, each with its label and with what it reports; `self` says which question of
    /// which campaign.
    #[must_use]
    pub fn rows(&self, question: &SurveyQuestion) -> Vec<Vec<(String, String)>> {
        let reported = |button| Self { button, ..self.clone() }.to_string();
        let options = match question.kind {
            QuestionKind::Choice => question.options.as_slice(),
            QuestionKind::Text | QuestionKind::Number => &[],
        };
        let options = options
            .iter()
            .enumerate()
            .map(|(place, option)| vec![(option.text.clone(), reported(SurveyButton::Option(place)))]);
        let back = (self.question > 0).then(|| ("‹ Back".to_owned(), reported(SurveyButton::Back)));
        let skip = question.skippable.then(|| ("Skip ›".to_owned(), reported(SurveyButton::Skip)));
        let ways: Vec<_> = back.into_iter().chain(skip).collect();
        options.chain((!ways.is_empty()).then_some(ways)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::outreach::SurveyOption;

    proptest! {
        #[test]
        fn a_press_comes_back_as_it_went_and_fits_a_button(
            drawn in "[a-zA-Z0-9]{1,32}", test: bool, question in 0..20_usize, option in 0..20_usize,
            way in 0..3_usize,
        ) {
            let button = [SurveyButton::Option(option), SurveyButton::Skip, SurveyButton::Back][way];
            let campaign = OutreachCampaignId::of(&drawn);
            let press = SurveyPress { campaign, test, question, button };
            let data = press.to_string();
            prop_assert!(data.len() <= 64);
            prop_assert_eq!(SurveyPress::parse(&data), Some(press));
        }

        #[test]
        fn whatever_a_button_reports_reads_or_does_not(data in "\\PC{0,64}|svt?:[a-z0-9:]{0,40}") {
            if let Some(press) = SurveyPress::parse(&data) {
                prop_assert_eq!(SurveyPress::parse(&press.to_string()), Some(press));
            }
        }
    }

    #[test]
    fn what_buttons_report_is_frozen() {
        let option = |text: &str| SurveyOption { id: text.to_lowercase(), text: text.to_owned() };
        let question = SurveyQuestion {
            id: "q1".to_owned(),
            text: "Where?".to_owned(),
            kind: QuestionKind::Choice,
            options: vec![option("Riga"), option("Oslo")],
            skippable: true,
        };
        let place = SurveyPress {
            campaign: OutreachCampaignId::of("k3x9"),
            test: false,
            question: 1,
            button: SurveyButton::Skip,
        };
        let rows = place.rows(&question);
        let spelled: Vec<_> = rows.iter().flatten().map(|(label, data)| format!("{label} {data}")).collect();
        insta::assert_snapshot!(spelled.join("\n"), @"
        Riga sv:k3x9:1:0
        Oslo sv:k3x9:1:1
        ‹ Back sv:k3x9:1:b
        Skip › sv:k3x9:1:s
        ");
        for other in ["unsub:1", "sub:1", "sv", "sv:k3x9:1", "sv:k3x9:1:0:2", "sv:k3x9:-1:0", "sx:k3x9:1:0"] {
            assert_eq!(SurveyPress::parse(other), None, "{other}");
        }
    }
}
