//! What an endpoint of the account's own says of a chunk: what each of its recipients gets.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::content::Content;
use super::reader::Reader;
use super::recipient::{CHUNK_RECIPIENTS_MAX, NOBODY};
use crate::error::Fault;
use crate::ids::UserId;

/// So many bytes an answer has at most as it comes.
pub const ANSWER_BYTES_MAX: usize = 262_144;

/// So many it takes at most as it is kept, the buttons and texts of the campaign's own message included: an item takes
/// 400 kB.
const KEPT_BYTES_MAX: usize = 300_000;

/// What the recipients of a chunk get.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkAnswer {
    /// The contents that were answered, each once.
    pub contents: Vec<Content>,
    /// For each recipient, in the order of the chunk: 0 for the campaign's own message, the number of a content from 1 on,
    /// `None` for nothing.
    pub given: Vec<Option<usize>>,
}

impl ChunkAnswer {
    /// Of an endpoint that has nothing to say: everybody gets the campaign's own message, if it has one.
    #[must_use]
    pub fn silent(recipients: usize, own: &Content) -> Self {
        Self { contents: Vec::new(), given: vec![(!own.is_empty()).then_some(0); recipients] }
    }

    /// Reads an answer. Who is not named gets the content of the answer itself; without one, the campaign's own message.
    /// Media are the campaign's own. Whoever is nobody among the recipients was not asked about.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as a sentence that names the field.
    pub fn read(body: &[u8], recipients: &[UserId], own: &Content) -> Result<Self, String> {
        let Ok(document) = serde_json::from_slice::<Map<String, Value>>(body) else {
            return Err("it is no JSON object".to_owned());
        };
        let (said, mut faults) = (Reader::of_body(&document), Vec::new());
        let mut read = Self::silent(recipients.len(), own);
        let everybody = said_content(&said, &Content::default(), &mut faults);
        if everybody != Content::default() {
            let number = read.add(&said, everybody.clone().or(own), &mut faults);
            read.given.fill(Some(number));
        }
        let places = recipients.iter().enumerate().filter(|(_, user)| **user != NOBODY);
        let places: BTreeMap<_, _> = places.map(|(place, user)| (*user, place)).collect();
        let mut named = BTreeSet::new();
        for entry in said.objects("recipients", CHUNK_RECIPIENTS_MAX, &mut faults) {
            let place =
                entry.read("id", "must be the id of one of those who were asked about", &mut faults, |id| {
                    places.get(&user(id)?).copied()
                });
            if entry.given("id").is_none() {
                entry.refuse("id", "is required", &mut faults);
            }
            let skips = entry.flag("skip", &mut faults).unwrap_or_default();
            let own = everybody.clone().or(own);
            let content = said_content(&entry, &own, &mut faults);
            let given = if skips { None } else { Some(read.add(&entry, content, &mut faults)) };
            let Some(place) = place else { continue };
            if !named.insert(place) {
                entry.refuse("id", "must be named once", &mut faults);
            }
            read.given[place] = given;
        }
        if let Some(Fault { field, reason }) = faults.into_iter().next() {
            return Err(format!("{field} {reason}"));
        }
        let bytes = serde_json::to_string(&read).map_or(usize::MAX, |text| text.len());
        match bytes <= KEPT_BYTES_MAX {
            true => Ok(read),
            false => Err(format!("its contents take more than {KEPT_BYTES_MAX} bytes")),
        }
    }

    /// The number of a content, which is added if it is new.
    fn add(&mut self, said: &Reader<'_>, content: Content, faults: &mut Vec<Fault>) -> usize {
        let text = content.text.as_deref().unwrap_or_default();
        if content.is_empty() {
            said.refuse("content", "is required, or skip", faults);
        } else if !content.has_room_for(text, false) {
            let limit = content.text_characters_max();
            said.refuse("content", format!("must show at most {limit} characters"), faults);
        }
        if let Some(known) = self.contents.iter().position(|known| *known == content) {
            return known + 1;
        }
        self.contents.push(content);
        self.contents.len()
    }
}

/// What is said, with what stands in its place where nothing is.
fn said_content(said: &Reader<'_>, otherwise: &Content, faults: &mut Vec<Fault>) -> Content {
    if said.given("media").is_some() {
        said.refuse("media", "must stand in the campaign's own message", faults);
    }
    Content { media: None, ..Content::read(said, false, faults) }.or(otherwise)
}

/// An id as it was asked with, or as a number.
fn user(id: &Value) -> Option<UserId> {
    id.as_i64().map(UserId).or_else(|| id.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const ASKED: [UserId; 3] = [UserId(11), UserId(12), UserId(13)];

    fn said(text: &str) -> Content {
        Content { text: Some(text.to_owned()), ..Content::default() }
    }

    fn read(body: &Value, own: &Content) -> Result<ChunkAnswer, String> {
        ChunkAnswer::read(body.to_string().as_bytes(), &ASKED, own)
    }

    #[test]
    fn each_gets_their_own_or_everybodys_or_the_campaigns() {
        let own = said("Own");
        let named = json!({"recipients": [
            {"id": "12", "content": "Twelve"},
            {"id": 13, "skip": true},
        ]});
        let answer = read(&named, &own).unwrap();
        assert_eq!((answer.contents, answer.given), (vec![said("Twelve")], vec![Some(0), Some(1), None]));
        let both = json!({"content": "All", "recipients": [{"id": 11, "content": "All"}, {"id": 12, "content": "T"}]});
        let answer = read(&both, &own).unwrap();
        assert_eq!(
            (answer.contents, answer.given),
            (vec![said("All"), said("T")], vec![Some(1), Some(2), Some(1)])
        );
        let answer = read(&json!({}), &own).unwrap();
        assert_eq!(answer, ChunkAnswer::silent(3, &own));
        let nothing = read(&json!({}), &Content::default()).unwrap();
        assert_eq!(nothing.given, [None, None, None], "nobody gets anything");
    }

    #[test]
    fn buttons_go_below_the_text_that_stands_otherwise() {
        let buttons = json!([{"text": "Open", "url": "https://h.example"}]);
        let answer = read(&json!({"recipients": [{"id": 11, "buttons": buttons}]}), &said("Own")).unwrap();
        assert_eq!(answer.contents[0].text.as_deref(), Some("Own"));
        assert_eq!((answer.contents[0].buttons.len(), answer.given[0]), (1, Some(1)));
        let braces = read(&json!({"content": "{{firstName}}"}), &Content::default()).unwrap();
        assert_eq!(braces.contents, [said("{{firstName}}")], "fields are the endpoint's own affair");
    }

    #[test]
    fn what_is_wrong_is_told_by_its_field() {
        let long = "x".repeat(4_097);
        for (body, words) in [
            (json!([]), "it is no JSON object"),
            (json!({"content": 5}), "content must be text of at most 8192 characters"),
            (json!({"content": long}), "content must show at most 4096 characters"),
            (json!({"content": "x", "media": "1"}), "media must stand in the campaign's own message"),
            (json!({"recipients": {}}), "recipients must be a list of at most 100 objects"),
            (json!({"recipients": [{"content": "x"}]}), "recipients[0].id is required"),
            (
                json!({"recipients": [{"id": 14, "content": "x"}]}),
                "recipients[0].id must be the id of one of those who were asked about",
            ),
            (json!({"recipients": [{"id": 11}]}), "recipients[0].content is required, or skip"),
            (
                json!({"recipients": [{"id": 11, "skip": true}, {"id": "11", "skip": true}]}),
                "recipients[1].id must be named once",
            ),
            (
                json!({"recipients": [{"id": 11, "content": "x", "buttons": [{"text": "a", "url": "ftp://x"}]}]}),
                "recipients[0].buttons[0].url must be an http, https or tg URL of at most 2000 characters, without a password",
            ),
        ] {
            let told = read(&body, &Content::default()).unwrap_err();
            assert!(told.starts_with(words), "{body}: {told}");
        }
        assert_eq!(ChunkAnswer::read(b"{", &ASKED, &said("Own")).unwrap_err(), "it is no JSON object");
    }

    #[test]
    fn what_would_not_fit_an_item_is_refused() {
        let asked: Vec<_> = (1..=100).map(UserId).collect();
        let own = said(&"x".repeat(4_000));
        let button = |id: i64| json!([{"text": id.to_string(), "url": "https://h.example"}]);
        let entries: Vec<_> = (1..=100).map(|id| json!({"id": id, "buttons": button(id)})).collect();
        let body = json!({"recipients": entries}).to_string();
        assert!(body.len() < ANSWER_BYTES_MAX);
        let told = ChunkAnswer::read(body.as_bytes(), &asked, &own).unwrap_err();
        assert_eq!(told, "its contents take more than 300000 bytes");
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(body in "\\PC{0,200}", id in any::<i64>()) {
            let _ = ChunkAnswer::read(body.as_bytes(), &ASKED, &Content::default());
            let entry = json!({"recipients": [{"id": id, "content": body}]});
            if let Ok(answer) = read(&entry, &Content::default()) {
                prop_assert!(ASKED.contains(&UserId(id)) && answer.given.len() == 3);
                prop_assert!(answer.given.iter().flatten().all(|number| *number == 1));
            }
        }
    }
}
