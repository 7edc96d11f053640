use super::App;
use crate::domain::deep_link::{link_with_click, open_link};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, TrackingCampaignId};

impl App {
    /// The deep link of a campaign: with `click` in it, or with the placeholder if there is none.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if the account has no such live campaign or bot.
    /// - [`AppError::Parameter`] for a click that cannot stand in a link.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn deep_link(
        &self,
        account: AccountId,
        id: TrackingCampaignId,
        click: Option<&str>,
    ) -> AppResult<String> {
        let campaign = self.live_campaign(account, id).await?;
        let bot = self.live_bot(account, campaign.bot).await?;
        match click {
            None => Ok(open_link(&bot.username, &campaign.code)),
            Some(click) => link_with_click(&bot.username, &campaign.code, click).ok_or_else(|| {
                AppError::parameter("click", "must have at most 57 characters of A-Z, a-z, 0-9, _ and -")
            }),
        }
    }
}
