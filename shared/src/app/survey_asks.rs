//! The first question of a survey, as a lane sends it.

use super::App;
use super::lane_chunks::ChunkWork;
use super::lane_sends::LaneMessage;
use super::survey_turns::buttons;
use crate::domain::outreach::{
    Attempted, MessageContent, Outcome, QuestionKind, Recipient, SurveyButton, SurveyPress,
};
use crate::error::AppResult;
use crate::ids::{BotKey, OutreachCampaignId, UserId};
use crate::telegram::MessageButton;

/// The question that stands below a message.
#[derive(Clone, Debug)]
pub(super) struct LaneQuestion {
    campaign: OutreachCampaignId,
    test: bool,
    /// The id of the text that it stands below.
    variation: String,
    /// Whether it is answered by a message: then it must be known that it was seen.
    in_words: bool,
}

impl ChunkWork {
    /// What a message asks somebody, and the buttons that answer it.
    pub fn asked(
        &self,
        place: usize,
        recipient: &Recipient,
        content: &MessageContent,
    ) -> Option<(LaneQuestion, Vec<Vec<MessageButton>>)> {
        let question = content.question.as_ref()?;
        let campaign = self.execution.campaign.clone();
        let (test, button) = (self.execution.test, SurveyButton::Skip);
        let first = SurveyPress { campaign: campaign.clone(), test, question: 0, button };
        let variation = self.variation_id(place % self.contents.len().max(1), recipient);
        let (variation, in_words) = (variation.unwrap_or_default(), question.kind != QuestionKind::Choice);
        let asked = LaneQuestion { campaign, test, variation, in_words };
        Some((asked, buttons(first.rows(question))))
    }
}

impl App {
    /// Notes that somebody is about to be asked a question, if a message asks one, so that their answer finds it.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub(super) async fn note_asking(&self, bot: BotKey, message: &LaneMessage) -> AppResult<()> {
        let (Some(asked), user) = message.asked() else { return Ok(()) };
        let (survey, now_ms) = ((&asked.campaign, asked.test), self.clock.now_ms());
        self.store.note_asking(bot, user, survey, (&asked.variation, now_ms)).await
    }

    /// Notes that a question was seen that is answered by a message.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub(super) async fn note_asked(
        &self,
        bot: BotKey,
        (asked, user): (Option<&LaneQuestion>, UserId),
        attempted: Attempted,
    ) -> AppResult<()> {
        let is_seen = matches!(attempted, Attempted::Settled(Outcome::Delivered(_)));
        let Some(asked) = asked.filter(|asked| asked.in_words && is_seen) else { return Ok(()) };
        let (survey, now_ms) = ((&asked.campaign, asked.test), self.clock.now_ms());
        self.store.note_first_shown(bot.account, user, survey, now_ms).await
    }
}
