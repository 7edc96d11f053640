//! Who is sent to once more, after an execution is over or its sender died.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::delivery::Delivery;
use super::outcome::Outcome;
use super::reader::Reader;
use super::recipient::Recipient;
use super::send_error::SendError;
use super::tally::LaneTally;
use crate::error::{AppError, AppResult, Fault};
use crate::ids::ExecutionId;

/// What becomes of messages of which nobody knows whether they arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnAmbiguous {
    /// They are not sent again: some people may get nothing.
    #[default]
    Skip,
    /// They are sent once more: some people may get it twice.
    Resend,
}

/// Which execution is tried again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondTry {
    /// The execution, which is over.
    pub of: ExecutionId,
    /// Whether it is sent again where nobody knows whether it arrived.
    pub unknown: bool,
}

impl OnAmbiguous {
    /// What a body says; `None` if it says nothing.
    pub(super) fn read(body: &Reader<'_>, faults: &mut Vec<Fault>) -> Option<Self> {
        body.read("onAmbiguous", "must be skip or resend", faults, |value| match value.as_str()? {
            "skip" => Some(Self::Skip),
            "resend" => Some(Self::Resend),
            _ => None,
        })
    }

    /// What the body of a call says that tries an execution again; `None` if it says nothing.
    ///
    /// # Errors
    ///
    /// [`AppError::Invalid`] for another word.
    pub fn of_call(document: &Map<String, Value>) -> AppResult<Option<Self>> {
        let mut faults = Vec::new();
        let read = Self::read(&Reader::of_body(document), &mut faults);
        if faults.is_empty() { Ok(read) } else { Err(AppError::Invalid(faults)) }
    }
}

/// Whether a failure may pass: it was no fault of the person's.
#[must_use]
pub const fn may_pass(error: SendError) -> bool {
    match error {
        SendError::ContentInvalid
        | SendError::MediaInvalid
        | SendError::BotTokenInvalid
        | SendError::FloodExhausted
        | SendError::TelegramError => true,
        SendError::UserBlocked
        | SendError::UserDeactivated
        | SendError::ChatNotFound
        | SendError::NotStarted
        | SendError::Kicked
        | SendError::UnknownOutcome => false,
    }
}

impl SecondTry {
    /// How many messages of a bot are sent again.
    #[must_use]
    pub fn count(&self, tally: &LaneTally) -> u64 {
        let failed = tally.errors.iter().filter(|(error, _)| may_pass(**error)).map(|(_, count)| count);
        failed.sum::<u64>() + if self.unknown { tally.unknown } else { 0 }
    }

    /// Those of a chunk who are sent to again, each with the messages that they do not get again; `None` if it does not
    /// read. What has no outcome is left alone: it may be on its way.
    #[must_use]
    pub fn recipients(&self, recipients: &str, ledger: Option<&str>) -> Option<Vec<Recipient>> {
        let deliveries = Delivery::read_all(recipients, ledger)?;
        let recipients = Recipient::read_all(recipients)?;
        let messages = deliveries.len().checked_div(recipients.len()).unwrap_or_default().max(1);
        let again = recipients.into_iter().zip(deliveries.chunks(messages)).filter_map(|(recipient, all)| {
            let kept = all.iter().filter(|delivery| !self.is_tried_again(delivery));
            let reached: Vec<_> = kept.map(|delivery| delivery.message).collect();
            let is_meant = reached.len() < all.len() && !recipient.is_nobody();
            is_meant.then_some(Recipient { reached, ..recipient })
        });
        Some(again.collect())
    }

    const fn is_tried_again(&self, delivery: &Delivery) -> bool {
        match delivery.outcome {
            Some(Outcome::Failed(error)) => may_pass(error),
            Some(Outcome::Unknown) => self.unknown,
            Some(Outcome::Delivered(_) | Outcome::Skipped(_)) | None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn again(unknown: bool, recipients: &str, ledger: Option<&str>) -> String {
        let second = SecondTry { of: ExecutionId::of("1"), unknown };
        Recipient::spell_all(&second.recipients(recipients, ledger).unwrap())
    }

    #[test]
    fn who_failed_for_a_reason_that_may_pass_is_sent_to_again_and_nobody_else() {
        let recipients = "1::0 2::0 3::0 4::0 5::0 6::0 7::0";
        let ledger = "d1 fTELEGRAM_ERROR fUSER_BLOCKED sEXPIRED u > -";
        assert_eq!(again(false, recipients, Some(ledger)), "2::0");
        assert_eq!(again(true, recipients, Some(ledger)), "2::0 5::0");
        assert_eq!(again(true, recipients, None), "");
        let tally = LaneTally {
            unknown: 7,
            errors: [(SendError::TelegramError, 2), (SendError::UserBlocked, 9)].into(),
            ..LaneTally::default()
        };
        let count = |unknown| SecondTry { of: ExecutionId::of("1"), unknown }.count(&tally);
        assert_eq!((count(false), count(true)), (2, 9));
    }

    #[test]
    fn of_several_messages_only_those_are_sent_again_that_did_not_arrive() {
        let ledger = "d1 fFLOOD_EXHAUSTED fFLOOD_EXHAUSTED fTELEGRAM_ERROR u fMEDIA_INVALID";
        assert_eq!(again(false, "1:2:0.1 2::0.0 3::0.0", Some(ledger)), "1:2:0.1:0 2::0.0 3::0.0:0");
        assert_eq!(again(true, "1:2:0.1 2::0.0 3::0.0", Some(ledger)), "1:2:0.1:0 2::0.0 3::0.0");
    }

    #[test]
    fn who_was_erased_is_not_sent_to() {
        assert_eq!(again(true, "0::0 2::0", Some("u u")), "2::0");
    }

    #[test]
    fn a_call_says_what_becomes_of_the_unknown_or_nothing() {
        let read = |body: Value| OnAmbiguous::of_call(body.as_object().unwrap());
        assert_eq!(read(json!({})).unwrap(), None);
        assert_eq!(read(json!({"onAmbiguous": "resend"})).unwrap(), Some(OnAmbiguous::Resend));
        assert_eq!(read(json!({"onAmbiguous": "skip"})).unwrap(), Some(OnAmbiguous::Skip));
        assert!(read(json!({"onAmbiguous": true})).is_err());
    }
}
