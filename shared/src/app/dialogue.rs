//! What a person says to a bot beyond Start: commands and presses of buttons.

use std::borrow::Cow;

use super::{App, UpdateRefusal};
use crate::domain::command::Command;
use crate::domain::fact_clock::FactClock;
use crate::domain::outreach::ContestButton;
use crate::domain::person::Person;
use crate::domain::subscription::Subscription;
use crate::error::{AppError, AppResult};
use crate::ids::{BotKey, ChatId, UserId};
use crate::secret::BotToken;
use crate::store::{Bot, FactWrite};
use crate::telegram::{CallbackButton, CallbackQuery, Message, Note, TelegramUser};

impl App {
    /// A group that tells of its new id, a command, or anything else a person writes.
    pub(super) async fn receive_any_message(
        &self,
        bot: BotKey,
        known: &Bot,
        message: &Message,
        clock: FactClock,
    ) -> Result<(), UpdateRefusal> {
        if let Some((from, to)) = migration(message) {
            return Ok(self.move_chat(bot, from, to).await?);
        }
        let command = message.text.as_deref().and_then(Command::parse);
        match (command, writer(message.from.as_ref(), message)) {
            (Some(Command::Subscription(said)), Some(person)) => {
                Ok(self.receive_subscription(bot, known, &person, said, clock).await?)
            }
            (Some(Command::Id), Some(person)) => {
                let text = format!("The id of this chat is {}.", person.user);
                self.answer(bot, known, person.user, text, None).await;
                Ok(())
            }
            (command, person) => {
                self.receive_message(bot, known, message, clock).await?;
                let text = message.text.as_deref();
                match person.filter(|_| command.is_none() && !carries_payload(text)) {
                    Some(person) => {
                        Ok(self.receive_survey_message(bot, known, person.user, text, clock).await?)
                    }
                    None => Ok(()),
                }
            }
        }
    }

    /// What the person wants of messages is written, then confirmed, once.
    async fn receive_subscription(
        &self,
        bot: BotKey,
        known: &Bot,
        person: &Person,
        said: Subscription,
        clock: FactClock,
    ) -> AppResult<()> {
        if self.store.record_subscription(bot, person, said, clock).await? == FactWrite::Recorded {
            let way_back = match said {
                Subscription::Stopped => Some(Subscription::Resumed),
                Subscription::Resumed => None,
            };
            let button = way_back.map(|way| CallbackButton { label: way.label(), data: way.callback_data() });
            self.answer(bot, known, person.user, said.answer().to_owned(), button).await;
        }
        Ok(())
    }

    /// A press of a button, written if it is in a private chat, and answered in any case: somebody waits for it.
    pub(super) async fn receive_press(
        &self,
        bot: BotKey,
        known: &Bot,
        press: &CallbackQuery,
        update: i64,
    ) -> AppResult<()> {
        let (mut notice, mut contest, mut turn): (Option<Cow<'static, str>>, _, _) = (None, None, None);
        if let Some((person, message)) =
            press.message.as_ref().and_then(|message| Some((writer(Some(&press.from), message)?, message)))
        {
            // By Telegram's clock it is not before the message that has the button.
            let date = self.clock.now().max(message.date);
            let said = Subscription::of_callback(&press.data);
            let clock = FactClock { date, update };
            self.store.record_press(bot, &person, said, clock).await?;
            notice = said.map(|said| said.answer().into());
            contest = ContestButton::of_callback(&press.data);
            if let Some(button) = &contest {
                notice = Some(self.press_contest(bot, person.user, button).await.into());
            }
            let survey = self.receive_survey_press(bot, person.user, (message, &press.data), clock).await?;
            if let Some(pressed) = survey {
                (notice, turn) = (pressed.notice.map(Cow::from), pressed.turn);
            }
        }
        let answered = match self.bot_token(bot, known).await? {
            Some(token) => self.telegram()?.answer_press(&token, &press.id, notice.as_deref()).await,
            None => return Ok(()),
        };
        if let Err(error) = answered {
            tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, %error, "a press was not answered");
            self.judge_refusal(bot, known, error).await;
        }
        if let Some(button) = contest {
            self.count_entrant(bot, UserId(press.from.id), &button).await;
        }
        match turn {
            Some(turn) => self.take_turn(bot, known, &turn).await,
            None => Ok(()),
        }
    }

    /// Says something once: what the update tells is written, and a lost answer is not worth having it come again.
    async fn answer(
        &self,
        bot: BotKey,
        known: &Bot,
        user: UserId,
        text: String,
        button: Option<CallbackButton>,
    ) {
        let note = Note { chat: ChatId(user.0), text, button };
        if let Err(error) = self.send_note(bot, known, &note).await {
            tracing::warn!(account.id = %bot.account, bot.id = %bot.bot, ?error, "a command was not answered");
        }
    }

    async fn send_note(&self, bot: BotKey, known: &Bot, note: &Note) -> AppResult<()> {
        let Some(token) = self.usable_token(bot, known).await? else { return Ok(()) };
        if !self.store.gate(bot).await?.is_open(self.clock.now_ms()) {
            return Err(AppError::unavailable("the bot has to be silent"));
        }
        let Err(error) = self.telegram()?.send_note(&token, note).await else { return Ok(()) };
        let words = error.to_string();
        self.judge_refusal(bot, known, error).await;
        Err(AppError::unavailable(format!("sendMessage: {words}")))
    }

    /// A bot's token, opened once.
    pub(super) async fn bot_token(&self, bot: BotKey, known: &Bot) -> AppResult<Option<BotToken>> {
        let open = || async { Ok(Some(self.open_token(bot, &known.token).await?)) };
        self.webhook_cache.tokens.get_or(known.token.clone(), open).await
    }
}

/// The group and the supergroup that it became; Telegram says so in both.
fn migration(message: &Message) -> Option<(ChatId, ChatId)> {
    let here = message.chat.id;
    let moved = message.migrate_to_chat_id.map(|to| (here, to));
    let (from, to) = moved.or(message.migrate_from_chat_id.map(|from| (from, here)))?;
    (message.chat.kind != "private" && from.0 < 0 && to.0 < 0 && from != to).then_some((from, to))
}

/// Whether it is a press of Start that tells more than that, which is the tracker's alone.
fn carries_payload(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.starts_with("/start") && text.contains(char::is_whitespace))
}

/// The person in a private chat with the bot.
fn writer(from: Option<&TelegramUser>, message: &Message) -> Option<Person> {
    let person = from.filter(|from| from.id != 0 && !from.is_bot);
    person.filter(|_| message.chat.kind == "private").map(Person::from)
}
