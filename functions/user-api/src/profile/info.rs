//! `GET /api/profile/info.json`

use serde::Serialize;
use shared::domain::calendar;
use shared::domain::campaign::PostbackMethod;
use shared::domain::lead_event::LeadStatus;
use shared::domain::postback_body::PostbackFormat;
use shared::edge::user_api::Call;
use shared::ids::{AccountId, ChatId};
use shared::store::Account;
use shared::{App, AppResult};

/// What the account is and how it is set up.
///
/// # Errors
///
/// As [`App::profile`].
pub async fn info(app: &App, call: &Call, (): ()) -> AppResult<Option<Profile>> {
    Ok(Some(app.profile(call.account).await?.into()))
}

/// What the call answers. A self-hosted account pays nothing: its one tariff never ends.
#[derive(Debug, Serialize)]
pub struct Profile {
    id: AccountId,
    name: String,
    login: String,
    lang: &'static str,
    tariff: u8,
    tariff_name: &'static str,
    /// −1 = any number.
    tariff_campaigns: i64,
    paid_until: &'static str,
    campaigns: u64,
    pb_wait: String,
    pb_hold: String,
    pb_approve: String,
    pb_cancel: String,
    pb_trash: String,
    notify: Notify,
    /// 1 if postbacks are signed.
    signing: u8,
    /// Hosts of the global templates that asked for no more.
    pb_disabled: Vec<String>,
    /// How the global templates are sent; `null` where each campaign says it.
    pb_method: Option<PostbackMethod>,
    pb_format: Option<PostbackFormat>,
    /// Empty for the URL's query.
    pb_body: String,
}

/// What the owner hears of.
#[derive(Debug, Serialize)]
struct Notify {
    tariff: u8,
    leads: u8,
    /// Where; `null` for nowhere.
    chat: Option<ChatId>,
}

impl From<Account> for Profile {
    fn from(account: Account) -> Self {
        let template = |event| account.templates.get(event).to_owned();
        let limit = account.campaign_limit.map(|limit| i64::try_from(limit).unwrap_or(i64::MAX));
        let carriage = account.carriage.as_ref();
        Self {
            id: account.id,
            login: account.name.clone(),
            lang: "en",
            tariff: 0,
            tariff_name: "Self-hosted",
            tariff_campaigns: limit.unwrap_or(-1),
            paid_until: calendar::ABSENT,
            campaigns: account.campaigns,
            pb_wait: template(LeadStatus::Wait),
            pb_hold: template(LeadStatus::Hold),
            pb_approve: template(LeadStatus::Approve),
            pb_cancel: template(LeadStatus::Cancel),
            pb_trash: template(LeadStatus::Trash),
            notify: Notify { tariff: 0, leads: u8::from(account.notify_leads), chat: account.notify_chat },
            signing: u8::from(account.signing.is_some()),
            pb_disabled: account.disabled_endpoints,
            pb_method: carriage.map(|carriage| carriage.method),
            pb_format: carriage.map(|carriage| carriage.format),
            pb_body: carriage.map(|carriage| carriage.body.clone()).unwrap_or_default(),
            name: account.name,
        }
    }
}
