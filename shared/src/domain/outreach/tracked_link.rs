//! Links whose clicks are counted: what stands in a message instead of them, and where that leads.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use super::content::OutreachMessage;
use super::joined::MessageContent;
use super::personal::{INVITE_FIELD, MissingField, PersonValues, render_address, with_everywhere};
use crate::ids::{BotId, OutreachCampaignId, UserId};

/// Telegram's own addresses, which open a chat in the app: behind another one they would open a browser.
const TELEGRAM_HOSTS: [&str; 3] = ["t.me", "telegram.me", "telegram.dog"];

/// In a token a byte has seven bits of a number, the lowest first; this one says that more follow.
const MORE: u8 = 0x80;

/// By what a link of a campaign is known: the same for the same address in the same text, and for no other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u64);

/// A link of what a campaign says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackedLink {
    /// In whose text it stands: the id of a variation, or the message's own.
    pub variation: String,
    /// Where it leads, with fields in braces as they were written.
    pub url: String,
    /// Whether its braces are fields.
    pub is_personal: bool,
}

/// What the token of a link says: who was sent what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkToken {
    /// Of which campaign.
    pub campaign: OutreachCampaignId,
    /// Which link.
    pub link: LinkId,
    /// To whom.
    pub user: UserId,
    /// By which bot.
    pub bot: BotId,
    /// Whether it was a test, of which nothing is counted.
    pub test: bool,
}

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl LinkId {
    /// A number that stands for these words among some thousand others.
    #[must_use]
    pub fn of(words: &[&str]) -> Self {
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for byte in words.iter().flat_map(|word| word.bytes().chain([0])) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        // FNV alone leaves neighbours together; these steps are the ending of MurmurHash3.
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        Self(hash ^ (hash >> 33))
    }
}

impl TrackedLink {
    /// A link as it was written in a text; `None` for one whose clicks are not counted: Telegram's own, those with an invite
    /// link in them, and those whose host differs from person to person, which would lead anybody anywhere.
    #[must_use]
    pub fn read(written: &str, variation: &str, is_personal: bool) -> Option<Self> {
        let link = Self { variation: variation.to_owned(), url: with_scheme(written), is_personal };
        let origin = |value| {
            let filled = if is_personal { with_everywhere(&link.url, value) } else { link.url.clone() };
            let url = Url::parse(&filled).ok()?;
            let is_web = matches!(url.scheme(), "http" | "https") && !is_telegrams(&url);
            (is_web && url.username().is_empty() && url.password().is_none()).then(|| url.origin())
        };
        let (one, other) = (origin("x")?, origin("1")?);
        (one == other && !written.contains(INVITE_FIELD)).then_some(link)
    }

    /// By what it is known in its campaign.
    #[must_use]
    pub fn id(&self, campaign: &OutreachCampaignId) -> LinkId {
        let braces = if self.is_personal { "fields" } else { "text" };
        LinkId::of(&[campaign.as_str(), &self.variation, braces, &self.url])
    }

    /// Where it leads one person; without values, or without one of a field, the fields are empty.
    #[must_use]
    pub fn target(&self, values: Option<PersonValues<'_>>) -> Option<String> {
        let url = match values.filter(|_| self.is_personal) {
            Some(values) => render_address(&self.url, values).ok(),
            None => None,
        };
        let without = || if self.is_personal { with_everywhere(&self.url, "") } else { self.url.clone() };
        Url::parse(&url.unwrap_or_else(without)).ok().map(String::from)
    }
}

impl LinkToken {
    /// As bytes: flags, link, person, bot, and what the campaign's id has after its prefix.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![u8::from(self.test)];
        bytes.extend(self.link.0.to_be_bytes());
        put_number(&mut bytes, self.user.0.cast_unsigned());
        put_number(&mut bytes, self.bot.0);
        bytes.extend(self.campaign.as_str().trim_start_matches(OutreachCampaignId::PREFIX).bytes());
        bytes
    }

    /// Reads what [`LinkToken::to_bytes`] wrote; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (flags, rest) = bytes.split_first()?;
        let (link, rest) = rest.split_first_chunk()?;
        let (user, rest) = take_number(rest)?;
        let (bot, rest) = take_number(rest)?;
        let drawn = std::str::from_utf8(rest).ok()?;
        Some(Self {
            campaign: OutreachCampaignId::parse(&format!("{}{drawn}", OutreachCampaignId::PREFIX))?,
            link: LinkId(u64::from_be_bytes(*link)),
            user: UserId(user.cast_signed()),
            bot: BotId(bot),
            test: match flags {
                0 => false,
                1 => true,
                _ => return None,
            },
        })
    }
}

impl MessageContent {
    /// Whether there may be a link in it.
    #[must_use]
    pub fn may_link(&self) -> bool {
        let texts = self.content.text.iter().chain(self.variations.iter().map(|variation| &variation.text));
        let mut texts = texts.map(String::as_str);
        !self.content.buttons.is_empty()
            || texts.any(|text| ["](", "http://", "https://", "www."].iter().any(|sign| text.contains(sign)))
    }

    /// The same as [`MessageContent::message_for`], with what `tracked` answers instead of links whose clicks are counted.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn tracked_for(
        &self,
        variation: Option<usize>,
        values: PersonValues<'_>,
        tracked: &dyn Fn(TrackedLink) -> Option<String>,
    ) -> Result<OutreachMessage, MissingField> {
        let varied = variation.and_then(|place| self.variations.get(place));
        let name = varied.map_or(&self.id, |varied| &varied.id);
        let address = |written: &str| TrackedLink::read(written, name, self.is_personal).and_then(tracked);
        self.message_with(variation, values, Some(&address))
    }
}

fn put_number(bytes: &mut Vec<u8>, mut number: u64) {
    while let Some(rest) = Some(number >> 7).filter(|rest| *rest > 0) {
        bytes.push(number.to_le_bytes()[0] | MORE);
        number = rest;
    }
    bytes.push(number.to_le_bytes()[0]);
}

/// A number of at most nine such bytes and a tenth, and what follows.
fn take_number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let length = bytes.iter().take(10).position(|byte| byte & MORE == 0)? + 1;
    let (own, rest) = bytes.split_at_checked(length)?;
    let add = |number: u64, byte: &u8| number << 7 | u64::from(byte & !MORE);
    Some((own.iter().rev().fold(0, add), rest))
}

/// Telegram makes a link of an address without a scheme as well.
fn with_scheme(written: &str) -> String {
    let has_scheme = written.split(['/', '?', '#']).next().is_some_and(|begin| begin.contains(':'));
    if has_scheme { written.to_owned() } else { format!("http://{written}") }
}

fn is_telegrams(url: &Url) -> bool {
    let Some(Host::Domain(name)) = url.host() else { return false };
    let name = name.trim_end_matches('.');
    TELEGRAM_HOSTS
        .iter()
        .any(|known| name.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::domain::outreach::CampaignBody;

    fn content(message: serde_json::Value) -> MessageContent {
        let body = json!({"name": "Sale", "type": "message", "messages": [message]});
        let body = CampaignBody::read(body.as_object().unwrap()).unwrap();
        MessageContent::join(0, &body.messages[0], None).unwrap()
    }

    #[test]
    fn links_of_the_web_are_tracked_and_telegrams_own_and_those_to_anywhere_are_not() {
        for (written, url) in [
            ("https://e.com/a?b=1#c", Some("https://e.com/a?b=1#c")),
            ("http://e.com", Some("http://e.com")),
            ("www.e.com/x", Some("http://www.e.com/x")),
            ("e.com", Some("http://e.com")),
            ("e.com/a:b", Some("http://e.com/a:b")),
            ("https://nott.me/x", Some("https://nott.me/x")),
            (
                "https://e.com/{{path}}?u={{username|nobody}}",
                Some("https://e.com/{{path}}?u={{username|nobody}}"),
            ),
            ("https://t.me/+abc", None),
            ("https://T.ME/cats", None),
            ("t.me/cats", None),
            ("https://cats.t.me/", None),
            ("http://telegram.me/cats", None),
            ("tg://resolve?domain=cats", None),
            ("https://{{host}}/", None),
            ("https://{{host}}.e.com/", None),
            ("https://e.com{{end}}/", None),
            ("https://e.com:{{port|80}}/", None),
            ("{{link}}", None),
            ("{{scheme}}://e.com", None),
            ("https://me:secret@e.com/", None),
            ("mailto:a@e.com", None),
            ("", None),
        ] {
            let read = TrackedLink::read(written, "msg1", true);
            assert_eq!(read.as_ref().map(|link| link.url.as_str()), url, "{written}");
        }
    }

    #[test]
    fn a_message_has_other_addresses_behind_its_links_and_shows_the_same() {
        let content = content(json!({"id": "msg1",
            "content": "Hi {{firstName}}: https://e.com/?u={{username}}, [shop](https://shop.example/?a=1&b=2), t.me/cats",
            "buttons": [[{"text": "Go", "url": "https://e.com/{{firstName}}"}, {"text": "Join", "url": "https://t.me/cats"}]],
            "variations": [{"id": "var1", "content": "[{{firstName}}](https://e.com/v)", "weight": 50}]}));
        let none = BTreeMap::new();
        let person = PersonValues {
            first_name: "A&B",
            last_name: "",
            username: "anna",
            invite_link: "",
            attributes: &none,
        };
        let links = std::cell::RefCell::new(Vec::new());
        let tracked = |link: TrackedLink| {
            let mut links = links.borrow_mut();
            links.push((link.variation, link.url));
            Some(format!("https://g.example/r/{}?\"", links.len()))
        };
        let sent = content.tracked_for(None, person, &tracked).unwrap();
        let plain = content.message_for(None, person).unwrap();
        assert_eq!(
            sent.text.html,
            "Hi A&amp;B: <a href=\"https://g.example/r/1?&quot;\">https://e.com/?u=anna</a>, \
             <a href=\"https://g.example/r/2?&quot;\">shop</a>, t.me/cats"
        );
        assert_eq!(sent.text.characters, plain.text.characters);
        let urls: Vec<_> = sent.buttons[0].iter().map(|button| button.url.as_str()).collect();
        assert_eq!(urls, ["https://g.example/r/3?\"", "https://t.me/cats"]);
        let varied = content.tracked_for(Some(0), person, &tracked).unwrap();
        assert!(varied.text.html.ends_with("4?&quot;\">A&amp;B</a>"), "{}", varied.text.html);
        let expected = [
            ("msg1", "https://e.com/?u={{username}}"),
            ("msg1", "https://shop.example/?a=1&b=2"),
            ("msg1", "https://e.com/{{firstName}}"),
            ("var1", "https://e.com/v"),
            ("var1", "https://e.com/{{firstName}}"),
        ];
        assert_eq!(*links.borrow(), expected.map(|(of, url)| (of.to_owned(), url.to_owned())));
        assert!(content.may_link());
    }

    #[test]
    fn braces_that_are_no_fields_stay_in_the_link_as_they_are() {
        let content = content(
            json!({"id": "msg1", "content": "https://e.com/{{x", "personalization": {"enabled": false}}),
        );
        let none = BTreeMap::new();
        let person = PersonValues {
            first_name: "Anna",
            last_name: "",
            username: "",
            invite_link: "",
            attributes: &none,
        };
        let sent =
            content.tracked_for(None, person, &|link| Some(format!("https://g.example/?{}", link.url.len())));
        assert_eq!(sent.unwrap().text.html, "<a href=\"https://g.example/?17\">https://e.com/{{x</a>");
    }

    #[test]
    fn a_link_leads_a_person_to_the_address_with_their_values() {
        let none = BTreeMap::new();
        let person = PersonValues {
            first_name: "A b",
            last_name: "",
            username: "",
            invite_link: "",
            attributes: &none,
        };
        let link =
            |url: &str, is_personal| TrackedLink { url: url.into(), is_personal, ..TrackedLink::default() };
        for (url, values, target) in [
            ("https://e.com/?n={{firstName}}&u={{username|no}}", Some(person), "https://e.com/?n=A%20b&u=no"),
            ("https://e.com/?n={{firstName}}&u={{username}}", Some(person), "https://e.com/?n=&u="),
            ("https://e.com/{{firstName}}", None, "https://e.com/"),
            ("https://e.com/ä", Some(person), "https://e.com/%C3%A4"),
        ] {
            assert_eq!(link(url, true).target(values).as_deref(), Some(target), "{url}");
        }
        let verbatim = link("https://e.com/{{x}}", false).target(Some(person));
        assert_eq!(verbatim.as_deref(), Some("https://e.com/%7B%7Bx%7D%7D"));
    }

    proptest! {
        #[test]
        fn a_token_reads_as_it_was(link: u64, user: i64, bot: u64, test: bool, campaign in "[a-z0-9]{1,32}") {
            let campaign = OutreachCampaignId::of(&campaign);
            let token = LinkToken { campaign, link: LinkId(link), user: UserId(user), bot: BotId(bot), test };
            prop_assert_eq!(LinkToken::from_bytes(&token.to_bytes()), Some(token));
        }

        #[test]
        fn whatever_is_opened_does_not_fail(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = LinkToken::from_bytes(&bytes);
        }
    }
}
