//! `POST /api/profile/notify.json`

use shared::domain::owner_news::NotifyChat;
use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::{App, AppResult};

/// Sets whether and where the owner hears of leads.
///
/// # Errors
///
/// As [`App::set_notify`].
pub async fn notify(app: &App, call: &Call, params: NotifyParams) -> AppResult<Option<()>> {
    app.set_notify(call.account, params.leads, params.chat).await?;
    Ok(None)
}

/// What the call takes; what is not there stays as it is.
pub struct NotifyParams {
    /// 1 to hear of leads, 0 not to.
    leads: Option<bool>,
    /// Empty for nowhere.
    chat: Option<NotifyChat>,
}

impl FromParams for NotifyParams {
    fn from_params(params: &Params) -> AppResult<Self> {
        Ok(Self { leads: params.optional("leads")?, chat: params.optional("chat")? })
    }
}
