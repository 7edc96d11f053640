//! A tracking campaign and the rules of its fields.

use serde::{Deserialize, Serialize};
use url::Url;

use super::formatting::visible_text;
use super::lead_event::LeadStatus;
use super::postback::PostbackTemplates;
use super::postback_body::PostbackFormat;
use super::url_macro::{MacroValues, expand};
use super::welcome::button_link;
use crate::error::{AppError, AppResult};
use crate::ids::{BotId, ChatId, TrackingCampaignId};

/// The unsub window of a campaign that names none: thirty days, in seconds.
pub const DEFAULT_UNSUB_WINDOW_SECONDS: u64 = 2_592_000;

/// The longest text, in characters after formatting.
pub(super) const WELCOME_CHARACTERS: usize = 4096;

/// The longest text below a media, in characters after formatting.
pub(super) const CAPTION_CHARACTERS: usize = 1024;

/// The longest text as it is written, with its marks and the addresses of its links.
const WRITTEN_CHARACTERS: usize = 16_384;
const BUTTON_CHARACTERS: usize = 64;
const URL_CHARACTERS: usize = 2000;
const INVITE_LINK_CHARACTERS: usize = 255;
const USERNAME_LEAST: usize = 4;
const DAY_SECONDS: i64 = 86_400;

/// A bot, a chat, a welcome and postback templates, under one code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackingCampaign {
    /// Counts up within the account.
    pub id: TrackingCampaignId,
    /// Stands in the deep link; unique among all accounts, letters and digits only.
    pub code: String,
    /// The bot that greets.
    pub bot: BotId,
    /// The tracked chat.
    pub chat: ChatId,
    /// The chat's title when last seen.
    pub chat_title: String,
    /// Whether it runs.
    pub status: CampaignStatus,
    /// What a subscriber sees first.
    pub welcome: Welcome,
    /// Own postback templates.
    pub templates: PostbackTemplates,
    /// Seconds after a join within which a leave is told; 0 = always.
    pub unsub_window: u64,
    /// Which events the owner hears of, 0 to 3.
    pub notify_level: u8,
    /// What `{invite}` stands for in the welcome; may be empty.
    #[serde(default)]
    pub invite_link: String,
    /// After how many seconds a request to join is to be approved, up to a day; −1 = never.
    #[serde(default = "never")]
    pub auto_approve: i64,
    /// How postbacks are sent.
    #[serde(default)]
    pub pb_method: PostbackMethod,
    /// How a postback by POST spells what it carries.
    #[serde(default)]
    pub pb_format: PostbackFormat,
    /// The template of a POST's body; empty for the URL's query.
    #[serde(default)]
    pub pb_body: String,
    /// The endpoints of its templates that asked for no more; none after the templates were edited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disabled_endpoints: Vec<String>,
    /// How often it was edited.
    #[serde(default)]
    pub edits: u64,
    /// Unix seconds.
    pub created: i64,
}

impl TrackingCampaign {
    /// How its postbacks carry what they tell.
    #[must_use]
    pub fn carriage(&self) -> PostbackCarriage {
        PostbackCarriage { method: self.pb_method, format: self.pb_format, body: self.pb_body.clone() }
    }

    /// After how many seconds a request to join is to be approved now; `None` if none is.
    #[must_use]
    pub fn approves_after(&self) -> Option<u64> {
        let seconds = u64::try_from(self.auto_approve).ok()?;
        (self.status == CampaignStatus::Active).then_some(seconds)
    }
}

/// Whether a campaign runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CampaignStatus {
    /// 0: makes leads, fires postbacks.
    Active,
    /// 1: makes no new leads and fires nothing.
    Paused,
    /// 2: gone for the user; leads and statistics stay.
    Deleted,
}

impl CampaignStatus {
    /// The number in API answers.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}

/// How a postback is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum PostbackMethod {
    /// With its values in the query.
    #[default]
    Get,
    /// With its values in a body.
    Post,
}

/// How a postback carries what it tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostbackCarriage {
    /// In the query, or in a body.
    pub method: PostbackMethod,
    /// How a body is spelled.
    pub format: PostbackFormat,
    /// The template of a POST's body; empty for the URL's query.
    pub body: String,
}

/// What [`TrackingCampaign::auto_approve`] is where it is off.
pub const NEVER: i64 = -1;

fn never() -> i64 {
    NEVER
}

/// The message that greets a subscriber.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// Legacy Markdown with macros.
    pub text: String,
    /// Media reference; empty for text only.
    pub media: String,
    /// The button's label; empty without a button.
    pub button_text: String,
    /// The button's link, with macros; empty without a button.
    pub button_url: String,
}

impl Welcome {
    /// Checks text, button and link, and takes blanks around the button away.
    ///
    /// # Errors
    ///
    /// [`AppError::Parameter`] naming the field at fault.
    pub fn checked(mut self) -> AppResult<Self> {
        self.button_text = self.button_text.trim().to_owned();
        self.button_url = self.button_url.trim().to_owned();
        self.validate()?;
        Ok(self)
    }

    fn validate(&self) -> AppResult<()> {
        let limit = if self.media.is_empty() { WELCOME_CHARACTERS } else { CAPTION_CHARACTERS };
        if self.text.chars().count() > WRITTEN_CHARACTERS {
            return Err(AppError::parameter("welcome", "must have at most 16384 characters as written"));
        }
        let seen = visible_text(&self.text);
        let shows = seen.chars().any(|letter| !letter.is_whitespace() && !letter.is_control());
        if !shows || seen.chars().count() > limit {
            return Err(AppError::parameter("welcome", format!("must have 1 to {limit} characters")));
        }
        if self.button_text.chars().count() > BUTTON_CHARACTERS {
            return Err(AppError::parameter("button_text", "must have at most 64 characters"));
        }
        match (self.button_text.is_empty(), self.button_url.is_empty()) {
            (true, true) => Ok(()),
            (true, false) => Err(AppError::parameter("button_text", "is needed with button_url")),
            (false, true) => Err(AppError::parameter("button_url", "is needed with button_text")),
            (false, false) => validate_url("button_url", &self.button_url, |template, values| {
                button_link(template, values, "https://t.me/+1")
            }),
        }
    }
}

/// Checks a URL with macros: http or https, at most 2,000 characters, and a URL once the macros are filled in.
///
/// # Errors
///
/// [`AppError::Parameter`] for `name`.
pub fn validate_url_template(name: &'static str, template: &str) -> AppResult<()> {
    validate_url(name, template, expand)
}

fn validate_url(
    name: &'static str,
    template: &str,
    fill_in: impl Fn(&str, &MacroValues) -> String,
) -> AppResult<()> {
    if template.chars().count() > URL_CHARACTERS {
        return Err(AppError::parameter(name, "must have at most 2000 characters"));
    }
    let filled = fill_in(template, &MacroValues::sample());
    let usable = Url::parse(&filled).is_ok_and(|url| {
        let bare = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && url.has_host() && bare
    });
    if usable {
        Ok(())
    } else {
        Err(AppError::parameter(name, "must be an http or https URL without a password"))
    }
}

/// Checks every template that is set.
///
/// # Errors
///
/// [`AppError::Parameter`] for the first `pb_*` at fault.
pub fn validate_templates(templates: &PostbackTemplates) -> AppResult<()> {
    for event in LeadStatus::ALL {
        let template = templates.get(event);
        if !template.is_empty() {
            validate_url_template(event.template_parameter(), template)?;
        }
    }
    Ok(())
}

/// Checks a notification level.
///
/// # Errors
///
/// [`AppError::Parameter`] unless it is 0 to 3.
pub fn validate_notify_level(level: u8) -> AppResult<()> {
    if level <= 3 { Ok(()) } else { Err(AppError::parameter("notify_level", "must be 0, 1, 2 or 3")) }
}

/// Checks an invite link: empty, or a link of Telegram to a chat, by invitation or by name.
///
/// # Errors
///
/// [`AppError::Parameter`] for any other.
pub fn validate_invite_link(link: &str) -> AppResult<()> {
    let within = |text: &str, least: usize, other: &[u8]| {
        text.len() >= least && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || other.contains(&byte))
    };
    let leads_to_a_chat = link.strip_prefix("https://t.me/").is_some_and(|path| {
        match path.strip_prefix('+').or_else(|| path.strip_prefix("joinchat/")) {
            Some(invitation) => within(invitation, 1, b"_-"),
            None => within(path, USERNAME_LEAST, b"_") && path != "joinchat",
        }
    });
    if link.is_empty() || (leads_to_a_chat && link.len() <= INVITE_LINK_CHARACTERS) {
        return Ok(());
    }
    Err(AppError::parameter(
        "invite_link",
        "must be https://t.me/+…, https://t.me/joinchat/… or https://t.me/<name>, at most 255 characters",
    ))
}

/// Checks after how long requests are approved.
///
/// # Errors
///
/// [`AppError::Parameter`] unless it is −1, or 0 to 86,400 seconds.
pub fn validate_auto_approve(seconds: i64) -> AppResult<()> {
    if (NEVER..=DAY_SECONDS).contains(&seconds) {
        return Ok(());
    }
    Err(AppError::parameter("auto_approve", "must be -1 for off, or 0 to 86400 seconds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(welcome: &Welcome) -> &'static str {
        match welcome.validate() {
            Err(AppError::Parameter { name, .. }) => name,
            other => panic!("expected a parameter error, got {other:?}"),
        }
    }

    #[test]
    fn a_welcome_needs_text_and_a_button_needs_both_halves() {
        let good = Welcome { text: "Hi *{title}*".into(), ..Welcome::default() };
        good.validate().unwrap();
        assert_eq!(refused(&Welcome { text: " ".into(), ..good.clone() }), "welcome");
        assert_eq!(refused(&Welcome { text: "x".repeat(4097), ..good.clone() }), "welcome");
        assert_eq!(
            refused(&Welcome { text: "x".repeat(1025), media: "img_1".into(), ..good.clone() }),
            "welcome"
        );
        assert_eq!(refused(&Welcome { button_text: "Go".into(), ..good.clone() }), "button_url");
        assert_eq!(refused(&Welcome { button_url: "https://e.com".into(), ..good.clone() }), "button_text");
        assert_eq!(refused(&Welcome { button_text: "x".repeat(65), ..good.clone() }), "button_text");
        let links = format!("x{}", "[y](https://e.com/)".repeat(900));
        assert_eq!(refused(&Welcome { text: links, ..good }), "welcome");
    }

    #[test]
    fn a_button_may_lead_to_the_invite_link() {
        let button = |url: &str| {
            let button_text = "Go".to_owned();
            Welcome { text: "Hi".into(), button_text, button_url: url.into(), ..Welcome::default() }
                .validate()
        };
        button("{invite}").unwrap();
        button("https://e.com/?to={invite}").unwrap();
        assert!(button("{invite}/x").is_err() && button("{click}").is_err());
    }

    #[test]
    fn an_invite_link_leads_to_a_chat_on_telegram() {
        for good in [
            "",
            "https://t.me/+AbC-d_1",
            "https://t.me/joinchat/AAAA",
            "https://t.me/my_channel",
            "https://t.me/news",
        ] {
            validate_invite_link(good).unwrap();
        }
        let long = format!("https://t.me/+{}", "x".repeat(255));
        for bad in [
            "http://t.me/news",
            "t.me/news",
            "https://t.me/",
            "https://t.me/+",
            "https://t.me/joinchat",
            "https://t.me/joinchat/",
            "https://t.me/a/b",
            "https://t.me.example/news",
            "https://t.me/new s",
            " https://t.me/news",
            &long,
        ] {
            assert!(validate_invite_link(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn requests_are_approved_within_a_day_or_never() {
        for good in [-1, 0, 86_400] {
            validate_auto_approve(good).unwrap();
        }
        for bad in [-2, 86_401] {
            assert!(validate_auto_approve(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_template_must_be_a_web_address_once_filled_in() {
        for good in
            ["https://t.example/p?c={click}", "http://{campaign}.example/", "https://t.example/{unknown}"]
        {
            validate_url_template("pb_wait", good).unwrap();
        }
        let long = format!("https://t.example/{}", "x".repeat(2000));
        for bad in [
            "ftp://t.example/",
            "https://user:pass@t.example/",
            "t.example/p",
            "javascript:alert(1)",
            "https://",
            "{click}",
            &long,
        ] {
            assert!(validate_url_template("pb_wait", bad).is_err(), "{bad}");
        }
    }
}
