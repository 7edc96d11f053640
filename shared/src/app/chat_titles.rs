use super::App;
use crate::domain::fact_clock::FactClock;
use crate::ids::{CampaignKey, ChatId};
use crate::telegram::TelegramChat;

impl App {
    /// Notes the title that an update shows of a tracked chat, if the campaign has another one. The update is done with
    /// even if that fails: the next one shows the title again.
    pub(super) async fn note_title(&self, key: CampaignKey, chat: &TelegramChat, clock: FactClock) {
        let noted = async {
            let campaign = self.cached_campaign(key).await?;
            // What a group was called before it became a supergroup is over.
            let is_news = |chat_title: &str, tracked: ChatId| tracked == chat.id && chat_title != chat.title;
            if chat.title.is_empty() || !campaign.is_some_and(|known| is_news(&known.chat_title, known.chat))
            {
                return Ok(());
            }
            self.store.record_chat_title(key, &chat.title, clock).await?;
            self.webhook_cache.campaigns.forget(&key);
            crate::AppResult::Ok(())
        };
        if let Err(error) = noted.await {
            tracing::warn!(account.id = %key.account, campaign.id = %key.campaign, ?error, "a title is not noted");
        }
    }
}
