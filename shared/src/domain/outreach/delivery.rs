//! What became of one message to one recipient, as the API tells it.

use super::ledger::Ledger;
use super::outcome::{Outcome, SkipReason};
use super::recipient::Recipient;
use super::send_error::SendError;
use crate::ids::UserId;

/// How far a message to one recipient is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// It is still to be sent, or being sent.
    Pending,
    /// Telegram accepted it.
    Sent,
    /// Telegram refused it.
    Failed,
    /// It was not tried.
    Skipped,
    /// Nobody knows.
    Unknown,
}

/// One message to one recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// To whom; `None` if they were erased.
    pub user: Option<UserId>,
    /// The segment that they count in, by its place in the plan.
    pub segment: Option<usize>,
    /// Which message, by its place in the campaign.
    pub message: usize,
    /// Which variation of it; 0 is the message itself.
    pub variation: usize,
    /// What became of it; `None` while it is to be sent.
    pub outcome: Option<Outcome>,
}

/// Which deliveries are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeliveryFilter {
    /// Of this status.
    pub status: Option<DeliveryStatus>,
    /// With this code.
    pub code: Option<&'static str>,
}

impl DeliveryStatus {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Sent, Self::Failed, Self::Skipped, Self::Unknown];

    /// The word in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::Unknown => "unknown",
        }
    }
}

impl Delivery {
    /// Every message to the recipients of a chunk, in the order in which they are sent; `None` if the texts do not read, or
    /// not together. Without a ledger nothing was sent; with one, it says how many messages there were.
    #[must_use]
    pub fn read_all(recipients: &str, ledger: Option<&str>) -> Option<Vec<Self>> {
        let recipients = Recipient::read_all(recipients)?;
        let planned: usize = recipients.iter().map(|recipient| recipient.variations.len().max(1)).sum();
        let ledger = ledger.map_or_else(|| Ok(Ledger::new(planned)), str::parse).ok()?;
        let outcomes: Vec<_> = ledger.outcomes().collect();
        let messages = outcomes.len().checked_div(recipients.len()).unwrap_or_default();
        let count = recipients.len() * messages;
        let told = outcomes.iter().enumerate().map(|(place, outcome)| {
            let (recipient, message) = (recipients.get(place / messages)?, place % messages);
            Some(Self {
                user: (!recipient.is_nobody()).then_some(recipient.user),
                segment: recipient.segment,
                message,
                variation: recipient.variations.get(message).copied().unwrap_or_default(),
                outcome: *outcome,
            })
        });
        if outcomes.len() == count { told.collect() } else { None }
    }

    /// How far it is.
    #[must_use]
    pub const fn status(&self) -> DeliveryStatus {
        match self.outcome {
            None => DeliveryStatus::Pending,
            Some(Outcome::Delivered(_)) => DeliveryStatus::Sent,
            Some(Outcome::Failed(_)) => DeliveryStatus::Failed,
            Some(Outcome::Skipped(_)) => DeliveryStatus::Skipped,
            Some(Outcome::Unknown) => DeliveryStatus::Unknown,
        }
    }

    /// Why it did not get there, as the API spells it; `None` if it did, or may yet.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self.outcome? {
            Outcome::Delivered(_) => None,
            Outcome::Failed(error) => Some(error.code()),
            Outcome::Skipped(reason) => Some(reason.name()),
            Outcome::Unknown => Some(SendError::UnknownOutcome.code()),
        }
    }

    /// The id that Telegram gave the message.
    #[must_use]
    pub const fn telegram_message(&self) -> Option<i64> {
        match self.outcome {
            Some(Outcome::Delivered(message)) => Some(message),
            _ => None,
        }
    }

    /// Every word that [`Delivery::code`] may answer.
    #[must_use]
    pub fn codes() -> Vec<&'static str> {
        SendError::ALL.map(SendError::code).into_iter().chain(SkipReason::names()).collect()
    }
}

impl DeliveryFilter {
    /// Whether it lets a delivery through.
    #[must_use]
    pub fn passes(&self, delivery: &Delivery) -> bool {
        self.status.is_none_or(|status| delivery.status() == status)
            && self.code.is_none_or(|code| delivery.code() == Some(code))
    }

    /// What stands for it in cursors: letters, `_` and a dot.
    #[must_use]
    pub fn spell(&self) -> String {
        let status = self.status.map_or("", DeliveryStatus::name);
        format!("{status}.{}", self.code.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// To whom, which message, and what became of it.
    type Told = (Option<i64>, usize, &'static str, String);

    fn told(recipients: &str, ledger: Option<&str>) -> Option<Vec<Told>> {
        let told = Delivery::read_all(recipients, ledger)?.into_iter().map(|delivery| {
            let code = delivery.code().unwrap_or_default().to_owned();
            (delivery.user.map(|user| user.0), delivery.message, delivery.status().name(), code)
        });
        Some(told.collect())
    }

    #[test]
    fn each_message_to_each_recipient_is_told_with_what_became_of_it() {
        let ledger = "d77 fUSER_BLOCKED > - sEXPIRED u";
        let expected = [
            (Some(5), 0, "sent", ""),
            (Some(5), 1, "failed", "USER_BLOCKED"),
            (None, 0, "pending", ""),
            (None, 1, "pending", ""),
            (Some(7), 0, "skipped", "EXPIRED"),
            (Some(7), 1, "unknown", "UNKNOWN_OUTCOME"),
        ];
        let expected = expected.map(|(user, message, status, code)| (user, message, status, code.to_owned()));
        assert_eq!(told("5:0:1.0 0::0.0 7:1:0.2", Some(ledger)).unwrap(), expected);
        let delivery = Delivery::read_all("5:0:1.0 7:1:0.2", Some("- - - d8")).unwrap().pop().unwrap();
        assert_eq!(
            (delivery.segment, delivery.variation, delivery.telegram_message()),
            (Some(1), 2, Some(8))
        );
    }

    #[test]
    fn before_the_first_send_everything_is_pending() {
        assert_eq!(told("5::0 6::0", None).unwrap().len(), 2);
        assert_eq!(told("5::0 6::0", Some("- - -")), None, "a ledger of other recipients");
        assert_eq!(told("5::0 6::0", Some("d1 - - -")).unwrap().len(), 4, "a message that came later");
        assert_eq!(told("", None), Some(Vec::new()));
    }

    #[test]
    fn a_filter_lets_through_what_it_names() {
        let all = Delivery::read_all("5::0 6::0 7::0", Some("d1 fKICKED u")).unwrap();
        let passed = |status, code| {
            let filter = DeliveryFilter { status, code };
            all.iter().filter(|delivery| filter.passes(delivery)).count()
        };
        assert_eq!(passed(None, None), 3);
        assert_eq!(passed(Some(DeliveryStatus::Failed), None), 1);
        assert_eq!(passed(None, Some("UNKNOWN_OUTCOME")), 1);
        assert_eq!(passed(Some(DeliveryStatus::Sent), Some("KICKED")), 0);
        assert!(Delivery::codes().contains(&"TEMPLATE_RENDER_ERROR"));
    }
}
