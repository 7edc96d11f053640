use serde::{Deserialize, Serialize};

use super::body::{Message, Variation};
use super::content::{Content, OutreachMessage};
use super::personal::{self, Address, MissingField, PersonValues};
use super::survey::SurveyQuestion;
use super::template::TemplateBody;
use crate::error::Fault;

/// A message of a campaign as it is sent: with what its template says where it says nothing itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MessageContent {
    /// The message's id.
    pub id: String,
    /// What those get who get no variation.
    pub content: Content,
    /// Other texts that some people get instead.
    pub variations: Vec<Variation>,
    /// Whether its braces are fields.
    pub is_personal: bool,
    /// The first question of a survey, which stands below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<SurveyQuestion>,
}

impl MessageContent {
    /// Joins the message at this place of a campaign with its template.
    ///
    /// # Errors
    ///
    /// The fault, where the two do not fit together.
    pub fn join(index: usize, message: &Message, template: Option<&TemplateBody>) -> Result<Self, Fault> {
        let own = &message.content;
        let content = own.clone().or(&template.map(|template| template.content.clone()).unwrap_or_default());
        let is_personal = message.is_personal.or(template.and_then(|template| template.is_personal));
        let joined = Self {
            id: message.id.clone(),
            content,
            variations: message.variations.clone(),
            is_personal: is_personal.unwrap_or(true),
            question: None,
        };
        joined.check().map_err(|reason| {
            let name = if own.text.is_some() { "content" } else { "templateId" };
            Fault { field: format!("messages[{index}].{name}"), reason }
        })?;
        Ok(joined)
    }

    /// Of a campaign that has no message of its own, because an endpoint says what people get.
    #[must_use]
    pub fn without_text() -> Self {
        Self::answered("endpoint".to_owned(), Content::default())
    }

    /// What an endpoint answered, which is counted by this id: braces in it are no fields.
    #[must_use]
    pub const fn answered(id: String, content: Content) -> Self {
        Self { id, content, variations: Vec::new(), is_personal: false, question: None }
    }

    /// What one person gets of it, by the place of a variation or without one.
    ///
    /// # Errors
    ///
    /// [`MissingField`] for the first field that has neither value nor default.
    pub fn message_for(
        &self,
        variation: Option<usize>,
        values: PersonValues<'_>,
    ) -> Result<OutreachMessage, MissingField> {
        self.message_with(variation, values, None)
    }

    /// The same with other addresses behind some links.
    pub(super) fn message_with(
        &self,
        variation: Option<usize>,
        values: PersonValues<'_>,
        address: Option<Address<'_>>,
    ) -> Result<OutreachMessage, MissingField> {
        let varied = variation.and_then(|place| self.variations.get(place));
        let filled = self.is_personal.then_some(values);
        let message = match varied {
            None => self.content.message_with(filled, address),
            Some(varied) => {
                let content = Content { text: Some(varied.text.clone()), ..self.content.clone() };
                content.message_with(filled, address)
            }
        };
        message.map(|message| self.asking(message, values))
    }

    fn check(&self) -> Result<(), String> {
        let texts = self.content.text.iter().chain(self.variations.iter().map(|variation| &variation.text));
        for text in texts {
            if !self.content.has_room_for(text, self.is_personal) {
                let limit = self.content.text_characters_max();
                return Err(format!("must show at most {limit} characters together with the template"));
            }
            if self.is_personal {
                personal::check(text)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::domain::outreach::CampaignBody;

    fn join(message: &Value, template: &Value) -> Result<MessageContent, Fault> {
        let body = json!({"name": "Sale", "type": "message", "messages": [message]});
        let body = CampaignBody::read(body.as_object().unwrap()).unwrap();
        let template = TemplateBody::read(template.as_object().unwrap()).unwrap();
        MessageContent::join(0, &body.messages[0], Some(&template))
    }

    fn sent(content: &MessageContent, variation: Option<usize>) -> String {
        let none = BTreeMap::new();
        let person = PersonValues {
            first_name: "Anna",
            last_name: "",
            username: "",
            invite_link: "",
            attributes: &none,
        };
        content.message_for(variation, person).unwrap().text.html
    }

    #[test]
    fn a_message_says_what_its_template_says_and_a_variation_something_else() {
        let template = json!({"name": "T", "content": "Hi {{firstName}}", "media": "img_abc123xyz789"});
        let message =
            json!({"templateId": "tmpl1", "variations": [{"content": "*{{firstName}}*", "weight": 50}]});
        let joined = join(&message, &template).unwrap();
        assert_eq!((sent(&joined, None), sent(&joined, Some(0))), ("Hi Anna".into(), "<b>Anna</b>".into()));
        assert!(joined.content.media.is_some());
    }

    #[test]
    fn what_is_kept_of_it_is_frozen_and_reads_as_it_was() {
        let message = json!({"id": "msg1", "content": "Hi {{firstName}}", "media": "img_abc123xyz789",
            "buttons": [{"text": "Buy", "url": "https://shop.example/"}],
            "variations": [{"id": "var1", "content": "Hello", "weight": 12.5}]});
        let joined = join(&message, &json!({"name": "T", "content": "Other"})).unwrap();
        let text = serde_json::to_string(&joined).unwrap();
        insta::assert_snapshot!(text, @r#"{"id":"msg1","content":{"text":"Hi {{firstName}}","media":"img_abc123xyz789","buttons":[[{"text":"Buy","url":"https://shop.example/"}]]},"variations":[{"id":"var1","text":"Hello","weight":"12.5"}],"is_personal":true}"#);
        assert_eq!(serde_json::from_str::<MessageContent>(&text).unwrap(), joined);
    }

    #[test]
    fn who_says_whether_braces_are_fields_is_the_message_then_the_template() {
        for (message, template, expected) in [
            (json!({}), json!({}), "Anna"),
            (json!({}), json!({"enabled": false}), "{{firstName}}"),
            (json!({"enabled": true}), json!({"enabled": false}), "Anna"),
            (json!({"enabled": false}), json!({"enabled": true}), "{{firstName}}"),
        ] {
            let message = json!({"templateId": "tmpl1", "personalization": message});
            let template = json!({"name": "T", "content": "{{firstName}}", "personalization": template});
            assert_eq!(sent(&join(&message, &template).unwrap(), None), expected, "{message} {template}");
        }
    }

    #[test]
    fn what_does_not_fit_together_is_a_fault_of_the_message() {
        let media = json!({"name": "T", "media": "img_abc123xyz789"});
        let long = json!({"templateId": "tmpl1", "content": "x".repeat(1025)});
        assert_eq!(join(&long, &media).unwrap_err().field, "messages[0].content");
        let raw = json!({"name": "T", "content": "{{", "personalization": {"enabled": false}});
        let personal = json!({"templateId": "tmpl1", "personalization": {"enabled": true}});
        assert_eq!(join(&personal, &raw).unwrap_err().field, "messages[0].templateId");
    }
}
