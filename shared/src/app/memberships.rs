use super::App;
use super::approvals::OpenRequest;
use crate::domain::fact_clock::FactClock;
use crate::domain::journal::JournalAction;
use crate::domain::lead::{Leave, LeaveKind};
use crate::domain::owner_news::OwnerNews;
use crate::domain::person::Person;
use crate::error::AppResult;
use crate::ids::{BotKey, CampaignKey, ChatId};
use crate::store::{Arrival, Bot, Chat, ChatKind, ChatRights, JournalRow, Reach};
use crate::telegram::{ChatMemberUpdated, JoinRequest, Membership, TelegramChat};

/// What a membership update tells about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Movement {
    Join,
    Leave(LeaveKind),
}

impl App {
    /// Somebody joined, left or was removed: a fact of a lead in a tracked chat, a journal row elsewhere.
    pub(super) async fn receive_chat_member(
        &self,
        bot: BotKey,
        change: &ChatMemberUpdated,
        clock: FactClock,
    ) -> AppResult<()> {
        let member = &change.new_chat_member.user;
        let Some(movement) = movement(change).filter(|_| member.id != 0 && !member.is_bot) else {
            return Ok(());
        };
        let person = Person::from(member);
        let campaign = self.campaign_of_chat(bot, change.chat.id).await?;
        if let Some(key) = campaign {
            self.note_title(key, &change.chat, clock).await;
        }
        if movement == Movement::Join {
            self.count_invited(bot, change.invite_link.as_ref(), person.user).await?;
        }
        match (campaign, movement) {
            (Some(campaign), Movement::Join) => {
                self.store.record_arrival(campaign, &person, Arrival::Join, clock).await?;
            }
            (Some(campaign), Movement::Leave(kind)) => {
                self.store.record_leave(campaign, &person, Leave { clock, kind }).await?;
            }
            (None, movement) => {
                let action = match movement {
                    Movement::Join => JournalAction::Join,
                    Movement::Leave(kind) => JournalAction::of_leave(kind),
                };
                self.journal_untracked(bot, change.chat.id, person, action, clock).await?;
            }
        }
        Ok(())
    }

    /// Somebody asks to join.
    pub(super) async fn receive_join_request(
        &self,
        bot: BotKey,
        known: &Bot,
        request: &JoinRequest,
        clock: FactClock,
    ) -> AppResult<()> {
        if request.from.id == 0 || request.from.is_bot {
            return Ok(());
        }
        let person = Person::from(&request.from);
        match self.campaign_of_chat(bot, request.chat.id).await? {
            Some(key) => {
                self.note_title(key, &request.chat, clock).await;
                let campaign = self.cached_campaign(key).await?;
                let approving =
                    campaign.as_ref().and_then(|campaign| Some((campaign, campaign.approves_after()?)));
                let Some((campaign, approve_after)) = approving else {
                    return self.store.record_arrival(key, &person, Arrival::Request, clock).await.map(drop);
                };
                let person = &person;
                self.let_in(&OpenRequest { bot, known, campaign, person, clock, approve_after }).await?;
            }
            None => {
                self.journal_untracked(bot, request.chat.id, person, JournalAction::Request, clock).await?
            }
        }
        Ok(())
    }

    /// In a private chat the person blocked or unblocked the bot; elsewhere the bot's rights changed.
    pub(super) async fn receive_my_chat_member(
        &self,
        bot: BotKey,
        change: &ChatMemberUpdated,
        clock: FactClock,
    ) -> AppResult<()> {
        if change.chat.kind == "private" {
            let reach = match change.new_chat_member.membership() {
                Membership::Present => Reach::Reachable,
                Membership::Absent | Membership::Banned => Reach::Blocked,
                Membership::Unknown => return Ok(()),
            };
            let person = Person::from(&change.from);
            // Who was erased does not come back by a block.
            let is_gone = self.store.was_erased(bot.account, person.user).await?
                && self.store.contact(bot, person.user).await?.is_none();
            if !is_gone {
                self.store.record_reach(bot, &person, reach, clock).await?;
            }
        } else if let Some(kind) = chat_kind(&change.chat) {
            let rights = if change.new_chat_member.is_admin() { ChatRights::Admin } else { ChatRights::Lost };
            let title = change.chat.title.clone();
            let chat =
                Chat { id: change.chat.id, title, kind, rights, seen: clock, campaign: None, moved_to: None };
            self.store.record_chat(bot, &chat).await?;
            self.carry_rights_over(bot, &chat).await?;
            if let Some(key) = self.campaign_of_chat(bot, chat.id).await? {
                self.note_title(key, &change.chat, clock).await;
            }
            if rights == ChatRights::Lost && self.claim_of_chat(bot, chat.id).await?.is_some() {
                let news = OwnerNews::RightsLost { bot: bot.bot, chat: chat.id, seen: clock };
                self.tell_owner(bot.account, news).await?;
            }
        }
        Ok(())
    }

    async fn campaign_of_chat(&self, bot: BotKey, chat: ChatId) -> AppResult<Option<CampaignKey>> {
        let read = || async {
            let claim = self.claim_of_chat(bot, chat).await?;
            Ok(claim.map(|campaign| CampaignKey { account: bot.account, campaign }))
        };
        self.webhook_cache.claims.get_or((bot, chat), read).await
    }

    async fn journal_untracked(
        &self,
        bot: BotKey,
        chat: ChatId,
        person: Person,
        action: JournalAction,
        clock: FactClock,
    ) -> AppResult<()> {
        let Person { user, username, .. } = person;
        let (campaign, lead, reconciled) = (None, None, false);
        let row = JournalRow { chat, clock, action, user, username, campaign, lead, reconciled };
        self.store.write_journal_row(bot, &row).await
    }
}

fn movement(change: &ChatMemberUpdated) -> Option<Movement> {
    let by_themself = change.from.id == change.new_chat_member.user.id;
    match (change.old_chat_member.membership(), change.new_chat_member.membership()) {
        (Membership::Absent | Membership::Banned, Membership::Present) => Some(Movement::Join),
        (Membership::Present, Membership::Banned) => Some(Movement::Leave(LeaveKind::Removed)),
        (Membership::Present, Membership::Absent) if by_themself => Some(Movement::Leave(LeaveKind::Left)),
        (Membership::Present, Membership::Absent) => Some(Movement::Leave(LeaveKind::Removed)),
        _ => None,
    }
}

fn chat_kind(chat: &TelegramChat) -> Option<ChatKind> {
    match chat.kind.as_str() {
        "channel" => Some(ChatKind::Channel),
        "group" => Some(ChatKind::Group),
        "supergroup" => Some(ChatKind::Supergroup),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(old: &str, new: &str, by: i64) -> ChatMemberUpdated {
        serde_json::from_value(serde_json::json!({
            "chat": {"id": -100, "type": "channel"},
            "from": {"id": by},
            "date": 1,
            "old_chat_member": {"user": {"id": 7}, "status": old, "is_member": true},
            "new_chat_member": {"user": {"id": 7}, "status": new, "is_member": true},
        }))
        .unwrap()
    }

    #[test]
    fn a_change_of_membership_is_a_join_a_leave_a_removal_or_nothing() {
        let left = Some(Movement::Leave(LeaveKind::Left));
        let removed = Some(Movement::Leave(LeaveKind::Removed));
        let table = [
            ("left", "member", 7, Some(Movement::Join)),
            ("kicked", "restricted", 2, Some(Movement::Join)),
            ("member", "left", 7, left),
            ("restricted", "left", 7, left),
            ("member", "left", 2, removed),
            ("member", "kicked", 2, removed),
            ("left", "kicked", 2, None),
            ("kicked", "left", 2, None),
            ("member", "administrator", 2, None),
            ("left", "guest_member_2027", 7, None),
        ];
        for (old, new, by, expected) in table {
            assert_eq!(movement(&change(old, new, by)), expected, "{old} → {new} by {by}");
        }
    }
}
