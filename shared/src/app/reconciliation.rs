//! Joins and leaves whose updates never came: a pass over all leads of a bot asks Telegram where they are.

use std::sync::Arc;

use super::App;
use super::sending::Verdict;
use crate::domain::bot_check::{PIECE_PAUSE_MS, PIECE_QUESTIONS, PassPlace};
use crate::domain::campaign::{CampaignStatus, TrackingCampaign};
use crate::domain::fact_clock::FactClock;
use crate::domain::owner_news::OwnerNews;
use crate::domain::reconciliation::{Whereabouts, is_as_expected, missed_fact, proves_outside};
use crate::error::AppResult;
use crate::ids::{BotKey, CampaignKey, ChatId, LeadId};
use crate::secret::BotToken;
use crate::store::{Bot, BotStatus, ChatRights, LeadRange, LeadReader, LeadRow};
use crate::telegram::{ChatMember, Membership, TelegramError};

/// How many lists one piece opens at most: most campaigns have no leads of some statuses.
const LISTS_MAX: usize = 100;

/// A piece asks no more after so many milliseconds.
const PIECE_MS: i64 = 30_000;

/// One piece of a pass, as far as it is.
struct Piece {
    bot: BotKey,
    known: Arc<Bot>,
    token: BotToken,
    begun_ms: i64,
    asked: usize,
    /// A chat in which the bot turned out to be an administrator.
    sound_chat: Option<ChatId>,
}

/// What became of a question.
enum Asked {
    /// It is done with.
    Done,
    /// This person may be asked about again later, and nobody before.
    Stop,
    /// The same, but this person is passed over until the next pass: their question may be what fails.
    StopBehind,
    /// Nothing can be asked of this chat.
    ChatLost,
}

impl App {
    /// Asks about the next leads of a bot, if a pass is under way, the last piece is long enough ago, and the bot's gate
    /// is open. Twice at once is the same as once.
    pub(super) async fn ask_piece(&self, bot: BotKey) -> AppResult<()> {
        let now_ms = self.clock.now_ms();
        let check = self.store.claim_piece(bot, now_ms, now_ms - PIECE_PAUSE_MS).await?;
        let Some(place) = check.and_then(|check| check.place) else { return Ok(()) };
        if !self.store.gate(bot).await?.is_open(now_ms) {
            return Ok(());
        }
        let known = self.cached_bot(bot).await?.filter(|known| known.status == BotStatus::Active);
        let (Some(known), Some(_)) = (known, self.active_account(bot.account).await?) else { return Ok(()) };
        let Some(token) = self.bot_token(bot, &known).await? else { return Ok(()) };
        let mut piece = Piece { bot, known, token, begun_ms: now_ms, asked: 0, sound_chat: None };
        let reached = self.walk(&mut piece, place).await?;
        self.store.note_piece(bot, place, reached).await
    }

    /// Walks on from a place; `None` at the end of the pass.
    async fn walk(&self, piece: &mut Piece, mut place: PassPlace) -> AppResult<Option<PassPlace>> {
        let mut campaigns = self.store.campaigns(piece.bot.account).await?;
        campaigns
            .retain(|campaign| campaign.bot == piece.bot.bot && campaign.status != CampaignStatus::Deleted);
        for _ in 0..LISTS_MAX {
            let left = PIECE_QUESTIONS.saturating_sub(piece.asked);
            if left == 0 || self.clock.now_ms() - piece.begun_ms > PIECE_MS {
                break;
            }
            let Some(campaign) = campaigns.iter().find(|campaign| campaign.id >= place.campaign) else {
                return Ok(None);
            };
            if campaign.id > place.campaign {
                place = PassPlace::of_campaign(campaign.id);
            }
            let rows = self.rows_from(piece.bot, place, left).await?;
            let is_last = rows.len() < left;
            let (reached, ending) = self.ask_about_all(piece, campaign, &rows, place).await?;
            place = match ending {
                Asked::Done if is_last => reached.next(),
                Asked::Done => reached,
                Asked::Stop | Asked::StopBehind => return Ok(Some(reached)),
                Asked::ChatLost => reached.next_campaign(),
            };
        }
        Ok(Some(place))
    }

    async fn rows_from(&self, bot: BotKey, place: PassPlace, count: usize) -> AppResult<Vec<LeadRow>> {
        let range = LeadRange {
            campaign: CampaignKey { account: bot.account, campaign: place.campaign },
            status: Some(place.status),
            first: LeadId::default(),
            last: place.up_to,
        };
        self.store.next_lead_rows(&mut LeadReader::new(range), count).await
    }

    /// Asks about one lead after the other, and answers how far it came.
    async fn ask_about_all(
        &self,
        piece: &mut Piece,
        campaign: &TrackingCampaign,
        rows: &[LeadRow],
        mut place: PassPlace,
    ) -> AppResult<(PassPlace, Asked)> {
        for row in rows {
            if self.clock.now_ms() - piece.begun_ms > PIECE_MS {
                return Ok((place, Asked::Stop));
            }
            let asked = self.ask_about(piece, campaign, row).await?;
            piece.asked += 1;
            match asked {
                Asked::Done => place = place.behind(row.lead),
                Asked::StopBehind => return Ok((place.behind(row.lead), asked)),
                Asked::Stop | Asked::ChatLost => return Ok((place, asked)),
            }
        }
        Ok((place, Asked::Done))
    }

    /// Asks where one lead is, and writes the fact that is missing. Its clock is the second of the question and the place
    /// in the piece: below every update's id, so that what Telegram tells of the same second wins.
    async fn ask_about(
        &self,
        piece: &mut Piece,
        campaign: &TrackingCampaign,
        row: &LeadRow,
    ) -> AppResult<Asked> {
        let clock =
            FactClock { date: self.clock.now(), update: i64::try_from(piece.asked).unwrap_or_default() };
        let answer = self.telegram()?.get_chat_member(&piece.token, campaign.chat, row.user).await;
        let found = match answer {
            Ok(member) => whereabouts(&member),
            Err(error) => return self.judge_question(piece, campaign, error).await,
        };
        let Some(found) = found.filter(|found| !is_as_expected(row.status, *found)) else {
            return Ok(Asked::Done);
        };
        let key = CampaignKey { account: piece.bot.account, campaign: campaign.id };
        let Some(lead) = self.store.lead(key, row.user).await? else { return Ok(Asked::Done) };
        let (facts, outside) = (&lead.facts, lead.reconciled.outside);
        if let Some(missed) = missed_fact(facts, outside, found, clock) {
            self.store.record_missed(key, row.user, missed, clock, facts).await?;
        } else if proves_outside(facts, outside, found) {
            self.store.note_outside(key, row.user, clock).await?;
        }
        Ok(Asked::Done)
    }

    /// What a refused question means: by the table of Telegram's errors, for the bot, for the chat or for the person.
    async fn judge_question(
        &self,
        piece: &mut Piece,
        campaign: &TrackingCampaign,
        error: TelegramError,
    ) -> AppResult<Asked> {
        let (bot, chat) = (piece.bot, campaign.chat);
        match self.judge_refusal(bot, &piece.known, error).await {
            Verdict::Waits(_) | Verdict::Over => Ok(Asked::Stop),
            Verdict::Other(TelegramError::Ambiguous(_)) => Ok(Asked::StopBehind),
            Verdict::Other(TelegramError::ChatMigrated(to)) => {
                self.move_chat(bot, chat, ChatId(to)).await?;
                // Another campaign may have the supergroup: then nothing more can be asked of this one.
                let key = CampaignKey { account: bot.account, campaign: campaign.id };
                let moved = self.store.campaign(key).await?.is_some_and(|campaign| campaign.chat != chat);
                Ok(if moved { Asked::Stop } else { Asked::ChatLost })
            }
            Verdict::Other(_) if piece.sound_chat == Some(chat) => Ok(Asked::Done),
            Verdict::Other(_) => self.look_at_chat(piece, chat).await,
        }
    }

    /// Telegram's words for a person it does not know and for a chat it does not show are hard to tell apart: whether the
    /// bot sees itself there does.
    async fn look_at_chat(&self, piece: &mut Piece, id: ChatId) -> AppResult<Asked> {
        let bot = piece.bot;
        let Some(before) = self.store.chat(bot, id).await? else { return Ok(Asked::ChatLost) };
        let had_rights = before.rights == ChatRights::Admin;
        let chat = self.check_chat(bot, &piece.token, &piece.known, before).await?;
        piece.asked += 1;
        if chat.rights == ChatRights::Admin {
            piece.sound_chat = Some(id);
            return Ok(Asked::Done);
        }
        if had_rights {
            let news = OwnerNews::RightsLost { bot: bot.bot, chat: chat.id, seen: chat.seen };
            self.tell_owner(bot.account, news).await?;
        }
        Ok(Asked::ChatLost)
    }
}

/// Where a person is; `None` for a status that Telegram did not have when this was written.
fn whereabouts(member: &ChatMember) -> Option<Whereabouts> {
    match member.membership() {
        Membership::Present => Some(Whereabouts::Present),
        Membership::Absent => Some(Whereabouts::Absent),
        Membership::Banned => Some(Whereabouts::Banned),
        Membership::Unknown => None,
    }
}
