//! Conversions that clients tell of.

pub mod create;
pub mod track;

use serde::Serialize;
use serde_json::Value;
use shared::app::RecordedConversion;
use shared::domain::calendar;
use shared::domain::outreach::{Conversion, Currency, amount};
use shared::edge::envelope::Answered;
use shared::ids::{ConversionId, ExecutionId, OutreachCampaignId};

/// A conversion as both calls answer it. It names nobody: trackers keep what they are answered.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    id: ConversionId,
    transaction_id: Option<String>,
    campaign_id: Option<OutreachCampaignId>,
    execution_id: Option<ExecutionId>,
    value: Value,
    currency: Currency,
    created_at: String,
    repeated: bool,
}

impl Shown {
    fn answer(recorded: RecordedConversion) -> Answered<Self> {
        let RecordedConversion { conversion, repeated } = recorded;
        let Conversion { id, transaction, value, currency, time, campaign, execution, .. } = conversion;
        let shown = Self {
            id,
            transaction_id: transaction,
            campaign_id: campaign,
            execution_id: execution,
            value: amount(value),
            currency,
            created_at: calendar::iso_time(time),
            repeated,
        };
        if repeated { Answered::Found(shown) } else { Answered::Made(shown) }
    }
}
