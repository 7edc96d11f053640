//! The first question of a survey, below the message that brings it.

use super::content::{Content, OutreachMessage, shown_characters};
use super::joined::MessageContent;
use super::personal::PersonValues;
use super::survey::{Survey, SurveyQuestion};
use crate::domain::campaign::CAPTION_CHARACTERS;
use crate::error::Fault;

/// By what the message is known of a survey that has none of its own.
const MESSAGE: &str = "survey";

/// Between a message and the question below it.
const BETWEEN: &str = "\n\n";

impl MessageContent {
    /// What a campaign sends that has a survey: the first question stands below the last message, or by itself.
    ///
    /// # Errors
    ///
    /// The fault, where the question does not fit below the message.
    pub fn with_survey(mut contents: Vec<Self>, survey: &Survey) -> Result<Vec<Self>, Fault> {
        let question = survey.questions.first().cloned();
        let Some(last) = contents.last_mut() else {
            let (id, content) = (MESSAGE.to_owned(), Content::default());
            return Ok(vec![Self { id, content, variations: Vec::new(), is_personal: true, question }]);
        };
        let room = last.content.text_characters_max();
        let asked = question.as_ref().map_or(0, SurveyQuestion::characters) + BETWEEN.len();
        let own = last.content.text.iter().chain(last.variations.iter().map(|variation| &variation.text));
        let fits = |text: &String| shown_characters(text, last.is_personal) + asked <= room;
        if !own.into_iter().all(fits) {
            let reason = format!("must show at most {room} characters together with the last message");
            return Err(Fault { field: "survey.questions[0].text".to_owned(), reason });
        }
        last.question = question;
        Ok(contents)
    }

    /// A message with the question below it, if it has one; without its media where both are too long for a caption.
    pub(super) fn asking(&self, message: OutreachMessage, values: PersonValues<'_>) -> OutreachMessage {
        let Some(question) = &self.question else { return message };
        let (asked, mut text) = (question.text_for(values), message.text);
        if text.characters > 0 {
            text.html.push_str(BETWEEN);
            text.plain.push_str(BETWEEN);
            text.characters += BETWEEN.len();
        }
        text.html.push_str(&asked.html);
        text.plain.push_str(&asked.plain);
        text.characters += asked.characters;
        let media = message.media.filter(|_| text.characters <= CAPTION_CHARACTERS);
        OutreachMessage { text, media, ..message }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::domain::outreach::CampaignBody;

    fn contents(messages: Value, question: &str) -> Result<Vec<MessageContent>, Fault> {
        let questions = json!([{"text": question, "kind": "text"}]);
        let body = json!({"name": "Poll", "type": "data_collection", "messages": messages,
            "survey": {"questions": questions}});
        let body = CampaignBody::read(body.as_object().unwrap()).unwrap();
        let joined = body.messages.iter().enumerate();
        let joined = joined.map(|(place, message)| MessageContent::join(place, message, None).unwrap());
        MessageContent::with_survey(joined.collect(), &body.survey.unwrap())
    }

    fn texts(contents: &[MessageContent]) -> Vec<String> {
        let none = BTreeMap::new();
        let anna = PersonValues {
            first_name: "A&A",
            last_name: "",
            username: "",
            invite_link: "",
            attributes: &none,
        };
        contents.iter().map(|content| content.message_for(None, anna).unwrap().text.html).collect()
    }

    #[test]
    fn the_first_question_stands_below_the_last_message_or_by_itself() {
        let messages = json!([{"content": "Hello"}, {"content": "*Hi* {{firstName}}"}]);
        let both = contents(messages, "{{firstName|friend}}, *where*?").unwrap();
        assert_eq!(texts(&both), ["Hello", "<b>Hi</b> A&amp;A\n\nA&amp;A, <b>where</b>?"]);
        let media = contents(json!([{"media": "img_abc123xyz789"}]), "Where?").unwrap();
        assert_eq!(texts(&media), ["Where?"]);
        assert_eq!(texts(&contents(json!([]), "Where?").unwrap()), ["Where?"]);
        let raw = json!([{"content": "{{", "personalization": {"enabled": false}}]);
        assert_eq!(texts(&contents(raw, "{{firstName|friend}}?").unwrap()), ["{{\n\nA&amp;A?"]);
    }

    #[test]
    fn a_mark_that_is_not_closed_does_not_reach_into_the_question() {
        let open = contents(json!([{"content": "5 *"}]), "*Where*?").unwrap();
        assert_eq!(texts(&open), ["5 *\n\n<b>Where</b>?"]);
    }

    #[test]
    fn what_is_too_long_together_is_a_fault_of_the_question() {
        let fault = contents(json!([{"content": "x".repeat(1024), "media": "img_abc123xyz789"}]), "Where?");
        assert_eq!(fault.unwrap_err().field, "survey.questions[0].text");
        assert!(
            contents(json!([{"content": "x".repeat(1016), "media": "img_abc123xyz789"}]), "Where?").is_ok()
        );
    }
}
