use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::App;
use crate::domain::campaign::{CampaignStatus, TrackingCampaign};
use crate::domain::click::{ClickParameters, ClickToken, Visit, read_query};
use crate::domain::deep_link::{bare_link, is_code, link_with_click, link_with_token};
use crate::domain::lead::Start;
use crate::domain::url_macro::{MacroValues, names_visitor};
use crate::error::{AppError, AppResult};
use crate::ids::CampaignKey;
use crate::secret::random;
use crate::store::{Bot, BotStatus, CodeOwner, VaultedClick};

/// How long a visitor waits for storage, to read and again to write.
const PATIENCE: Duration = Duration::from_secs(2);

/// A user agent is kept up to this length, in characters.
const USER_AGENT_CHARACTERS: usize = 512;

/// Where a code leads.
struct Destination {
    campaign: CampaignKey,
    code: String,
    bot: Arc<Bot>,
}

impl App {
    /// Where a visitor of `/go/{code}` is sent: to the deep link with a token that stands for what the query brought.
    /// `None` if no live campaign of a connected bot has the code; a paused one still has it.
    ///
    /// Where storage does not answer, the link carries the click itself, or nothing but the code: a visitor is not
    /// lost with what came along. Each call is another visit.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`] if storage does not answer and the code was not seen before; safe to retry.
    pub async fn receive_visit(&self, code: &str, query: &str, visit: Visit) -> AppResult<Option<String>> {
        if !is_code(code) {
            return Ok(None);
        }
        let (click, parameters) = read_query(query);
        let destination = match patiently(self.destination(code)).await {
            Ok(Some(destination)) => destination,
            Ok(None) => return Ok(None),
            Err(error) => {
                let known = self.last_known_destination(code).ok_or(error)?;
                return Ok(Some(link_without_token(&known, &click)));
            }
        };
        match patiently(self.keep_visit(&destination, &click, parameters, visit)).await {
            Ok(token) => Ok(Some(link_with_token(&destination.bot.username, code, &token))),
            Err(error) => {
                let CampaignKey { account, campaign } = destination.campaign;
                tracing::warn!(account.id = %account, campaign.id = %campaign, ?error, "a visit was not kept");
                Ok(Some(link_without_token(&destination, &click)))
            }
        }
    }

    /// Fills in who visited, if the template asks for it, the start came from a visit and it is not long ago.
    pub(super) async fn fill_in_visit(
        &self,
        template: &str,
        touch: Option<&Start>,
        values: &mut MacroValues,
    ) -> AppResult<()> {
        let token = touch.and_then(|start| start.visit.as_ref()).filter(|_| names_visitor(template));
        if let Some(token) = token
            && let Some(visit) = self.store.visit(token, self.clock.now()).await?
        {
            values.visit = visit;
        }
        Ok(())
    }

    async fn destination(&self, code: &str) -> AppResult<Option<Destination>> {
        let Some(owner) = self.cached_code(code).await? else { return Ok(None) };
        let campaign = self.cached_campaign(owner.campaign()).await?;
        let bot = self.cached_bot(owner.bot()).await?;
        Ok(destination(owner, campaign, bot))
    }

    fn last_known_destination(&self, code: &str) -> Option<Destination> {
        let cache = &self.webhook_cache;
        let owner = cache.codes.last_known(&code.to_owned())?;
        destination(owner, cache.campaigns.last_known(&owner.campaign()), cache.bots.last_known(&owner.bot()))
    }

    async fn keep_visit(
        &self,
        destination: &Destination,
        click: &str,
        parameters: ClickParameters,
        visit: Visit,
    ) -> AppResult<ClickToken> {
        let token = ClickToken::new(random()?);
        let click = VaultedClick {
            campaign: destination.campaign,
            click: click.to_owned(),
            parameters,
            visited: true,
        };
        let user_agent = visit.user_agent.chars().take(USER_AGENT_CHARACTERS).collect();
        self.store.keep_visit(&token, &click, &Visit { user_agent, ..visit }, self.clock.now()).await?;
        Ok(token)
    }
}

fn destination(
    owner: CodeOwner,
    campaign: Option<Arc<TrackingCampaign>>,
    bot: Option<Arc<Bot>>,
) -> Option<Destination> {
    let campaign = campaign.filter(|campaign| campaign.status != CampaignStatus::Deleted)?;
    let bot = bot.filter(|bot| bot.status != BotStatus::Deleted)?;
    Some(Destination { campaign: owner.campaign(), code: campaign.code.clone(), bot })
}

fn link_without_token(destination: &Destination, click: &str) -> String {
    let Destination { code, bot, .. } = destination;
    Some(click)
        .filter(|click| !click.is_empty())
        .and_then(|click| link_with_click(&bot.username, code, click))
        .unwrap_or_else(|| bare_link(&bot.username, code))
}

/// What storage answers before somebody's patience ends who is to be sent on.
pub(super) async fn patiently<T>(work: impl Future<Output = AppResult<T>>) -> AppResult<T> {
    let ended = |_| Err(AppError::unavailable("storage did not answer in time"));
    timeout(PATIENCE, work).await.unwrap_or_else(ended)
}
