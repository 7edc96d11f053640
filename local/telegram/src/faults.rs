//! Misbehaviour on demand. Everything is off by default; the same seed repeats the same choices.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::ApiError;
use crate::random::Random;

/// What the simulator does wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Seed of every share below.
    pub seed: u64,
    /// Refusals, tried in this order; the first that applies answers.
    pub refuse: Vec<Refusal>,
    /// This share of sends is carried out but never answered, 0–1.
    pub time_out_share: f64,
    /// The next sends that are carried out but never answered.
    pub time_out_next: u32,
    /// How long an unanswered request is held before the connection ends with a 504.
    pub time_out_after_ms: u64,
    /// This share of updates is delivered twice, 0–1.
    pub duplicate_share: f64,
    /// Messages and callback queries reach the bot this much later.
    pub hold_messages_ms: i64,
    /// `chat_member` and `chat_join_request` reach the bot this much later.
    pub hold_chat_member_ms: i64,
    /// This share of `chat_member` updates is never delivered, 0–1.
    pub withhold_chat_member_share: f64,
    /// This share of the `chat_member` updates that tell of a join is never delivered, 0–1.
    pub withhold_join_share: f64,
    /// This share of the `chat_member` updates that tell of a leave, a kick or a ban is never delivered, 0–1.
    pub withhold_leave_share: f64,
    /// This share of `my_chat_member` updates is never delivered, 0–1.
    pub withhold_my_chat_member_share: f64,
    /// No limits on sending.
    pub limits_off: bool,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            seed: 0,
            refuse: Vec::new(),
            time_out_share: 0.0,
            time_out_next: 0,
            time_out_after_ms: 65_000,
            duplicate_share: 0.0,
            hold_messages_ms: 0,
            hold_chat_member_ms: 0,
            withhold_chat_member_share: 0.0,
            withhold_join_share: 0.0,
            withhold_leave_share: 0.0,
            withhold_my_chat_member_share: 0.0,
            limits_off: false,
        }
    }
}

/// Requests answered with an error instead of being carried out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Refusal {
    /// HTTP status and `error_code`.
    pub code: u16,
    /// As Telegram words it; empty for the usual text of the code.
    pub description: String,
    /// Of a 429: the whole bot is refused that long, or until the faults are set anew.
    pub retry_after: Option<i64>,
    /// Of a 400: where the group went.
    pub migrate_to_chat_id: Option<i64>,
    /// A proxy's HTML page instead of JSON.
    pub html: bool,
    /// This share of requests, 0–1.
    pub share: f64,
    /// The next so many requests.
    pub next: u32,
    /// Only these methods; empty for everything that sends.
    pub methods: Vec<String>,
    /// Only requests for this chat or person.
    pub chat: Option<i64>,
}

impl Default for Refusal {
    fn default() -> Self {
        Self {
            code: 500,
            description: String::new(),
            retry_after: None,
            migrate_to_chat_id: None,
            html: false,
            share: 0.0,
            next: 0,
            methods: Vec::new(),
            chat: None,
        }
    }
}

impl Faults {
    /// The refusal of this request, if it is refused. Uses up a `next`.
    pub(crate) fn refusal(&mut self, method: &str, chat: Option<i64>, dice: &mut Random) -> Option<ApiError> {
        let refusal = self.refuse.iter_mut().find(|refusal| refusal.concerns(method, chat, dice))?;
        refusal.next = refusal.next.saturating_sub(1);
        Some(refusal.answer())
    }

    /// Whether this request, carried out, stays unanswered. Uses up a `time_out_next`.
    pub(crate) fn times_out(&mut self, method: &str, dice: &mut Random) -> bool {
        if !is_send(method) {
            return false;
        }
        if self.time_out_next > 0 {
            self.time_out_next -= 1;
            return true;
        }
        dice.happens(self.time_out_share)
    }
}

impl Refusal {
    fn concerns(&self, method: &str, chat: Option<i64>, dice: &mut Random) -> bool {
        let is_meant = if self.methods.is_empty() {
            is_send(method)
        } else {
            self.methods.iter().any(|name| name.eq_ignore_ascii_case(method))
        };
        let is_there = self.chat.is_none_or(|only| chat == Some(only));
        is_meant && is_there && (self.next > 0 || dice.happens(self.share))
    }

    fn answer(&self) -> ApiError {
        let usual = match (self.code, self.retry_after) {
            (429, seconds) => return self.flood(seconds.unwrap_or(1)),
            (400, _) if self.migrate_to_chat_id.is_some() => {
                "Bad Request: group chat was upgraded to a supergroup chat"
            }
            (400, _) => "Bad Request: chat not found",
            (401, _) => "Unauthorized",
            (403, _) => "Forbidden: bot was blocked by the user",
            (502, _) => "Bad Gateway",
            _ => "Internal Server Error",
        };
        let description = if self.description.is_empty() { usual } else { &self.description };
        let parameters = self.migrate_to_chat_id.map(|id| json!({ "migrate_to_chat_id": id }));
        ApiError { parameters, is_html: self.html, ..ApiError::new(self.code, description) }
    }

    fn flood(&self, retry_after_s: i64) -> ApiError {
        let mut error = ApiError::too_many_requests(retry_after_s);
        if !self.description.is_empty() {
            error.description.clone_from(&self.description);
        }
        ApiError { is_html: self.html, ..error }
    }
}

/// The methods that put a message in front of people.
pub fn is_send(method: &str) -> bool {
    method.starts_with("send") && method != "sendChatAction" || method == "copyMessage"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_so_many_are_refused_and_then_none() {
        let refusal = Refusal { code: 429, retry_after: Some(70_000), next: 2, ..Refusal::default() };
        let mut faults = Faults { refuse: vec![refusal], ..Faults::default() };
        let mut dice = Random::new(0);
        let first = faults.refusal("sendMessage", Some(1), &mut dice);
        assert_eq!(first.and_then(|e| e.parameters), Some(json!({ "retry_after": 70_000 })));
        assert!(faults.refusal("getMe", None, &mut dice).is_none());
        assert!(faults.refusal("sendPhoto", Some(1), &mut dice).is_some());
        assert!(faults.refusal("sendPhoto", Some(1), &mut dice).is_none());
    }

    #[test]
    fn a_refusal_may_concern_one_chat_and_other_methods() {
        let refusal = Refusal {
            share: 1.0,
            methods: vec!["getChatMember".into()],
            chat: Some(-5),
            ..Refusal::default()
        };
        let mut faults = Faults { refuse: vec![refusal], ..Faults::default() };
        let mut dice = Random::new(0);
        assert!(faults.refusal("getChatMember", Some(-6), &mut dice).is_none());
        assert!(faults.refusal("sendMessage", Some(-5), &mut dice).is_none());
        assert!(faults.refusal("getChatMember", Some(-5), &mut dice).is_some());
    }

    #[test]
    fn a_misspelt_fault_is_an_error() {
        assert!(serde_json::from_str::<Faults>(r#"{"duplicate":1}"#).is_err());
    }
}
