use super::App;
use crate::domain::click::{ClickParameters, ClickToken, validate_click};
use crate::domain::deep_link::{link_with_click, link_with_token, open_link};
use crate::error::AppResult;
use crate::ids::{AccountId, CampaignKey, TrackingCampaignId};
use crate::secret::fingerprint;
use crate::store::VaultedClick;

impl App {
    /// The deep link of a campaign: with `click` in it, or with the placeholder if there is none. A click that cannot
    /// stand in a link is kept in the vault; twice gives the same link.
    ///
    /// # Errors
    ///
    /// - [`crate::AppError::NotFound`] if the account has no such live campaign or bot.
    /// - [`crate::AppError::Parameter`] for a click over 512 characters, or with a control character.
    /// - [`crate::AppError::Unavailable`], safe to retry.
    pub async fn deep_link(
        &self,
        account: AccountId,
        id: TrackingCampaignId,
        click: Option<&str>,
    ) -> AppResult<String> {
        let campaign = self.live_campaign(account, id).await?;
        let bot = self.live_bot(account, campaign.bot).await?;
        let Some(click) = click else { return Ok(open_link(&bot.username, &campaign.code)) };
        if let Some(link) = link_with_click(&bot.username, &campaign.code, click) {
            return Ok(link);
        }
        let token = self.vault_click(CampaignKey { account, campaign: id }, click).await?;
        Ok(link_with_token(&bot.username, &campaign.code, &token))
    }

    async fn vault_click(&self, campaign: CampaignKey, click: &str) -> AppResult<ClickToken> {
        validate_click(click)?;
        let token = token_of_asked_link(campaign, click);
        let click = VaultedClick {
            campaign,
            click: click.to_owned(),
            parameters: ClickParameters::default(),
            visited: false,
        };
        self.store.keep_click(&token, &click, self.clock.now()).await?;
        Ok(token)
    }
}

/// The token of a click that somebody asked a link for.
pub(super) fn token_of_asked_link(campaign: CampaignKey, click: &str) -> ClickToken {
    let CampaignKey { account, campaign } = campaign;
    ClickToken::new(fingerprint(&format!("{account}.{campaign}.{click}")))
}
