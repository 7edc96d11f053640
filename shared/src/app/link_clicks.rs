//! Somebody clicks on a tracked link: they are sent on, and counted.

use std::sync::Arc;

use super::App;
use super::visits::patiently;
use crate::domain::outreach::{LinkToken, PersonValues, TrackedLink};
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, BotKey};
use crate::secret::LinkKey;
use crate::store::{ClickMarks, KnownPerson, PersonClick};

/// How often a click is counted anew that met another one of the same person.
const COUNT_TRIES: usize = 8;

/// Who asks for what is behind a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visitor {
    /// Somebody who clicked.
    Person,
    /// A program that looks what is there, and counts as nobody.
    Fetcher,
}

/// A tracked link that was opened.
#[derive(Clone, Debug)]
pub struct OpenedLink {
    /// Whose campaign it is of.
    pub account: AccountId,
    /// Who was sent it.
    pub token: LinkToken,
}

impl App {
    /// Who was sent a tracked link, and of which campaign; `None` for what is no token of ours.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn opened_link(&self, token: &str) -> AppResult<Option<OpenedLink>> {
        let Some(account) = LinkKey::account_of(token) else { return Ok(None) };
        let Some(key) = self.link_key(account).await? else { return Ok(None) };
        let token = key.open(token).and_then(|content| LinkToken::from_bytes(&content));
        Ok(token.map(|token| OpenedLink { account, token }))
    }

    /// Where somebody is sent who comes by a tracked link; `None` for what is none. A person is counted; if that fails
    /// they are sent on all the same.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`] if storage does not answer; safe to retry.
    pub async fn follow_link(&self, token: &str, visitor: Visitor) -> AppResult<Option<String>> {
        let Some((opened, link)) = patiently(self.link_behind(token)).await? else { return Ok(None) };
        let counts = visitor == Visitor::Person && !opened.token.test;
        let person = match link.is_personal || counts {
            true => patiently(self.store.known_person(opened.account, opened.token.user)).await,
            false => Ok(None),
        };
        let person = person.unwrap_or_else(|error| {
            tracing::warn!(account.id = %opened.account, ?error, "a click is not counted");
            None
        });
        if let Some(person) = person.as_ref().filter(|_| counts)
            && let Err(error) = patiently(self.count_click(&opened, &link, &person.clicks)).await
        {
            tracing::warn!(account.id = %opened.account, ?error, "a click is not counted");
        }
        Ok(link.target(values_of(person.as_ref(), &opened.token)))
    }

    async fn link_behind(&self, token: &str) -> AppResult<Option<(OpenedLink, Arc<TrackedLink>)>> {
        let Some(opened) = self.opened_link(token).await? else { return Ok(None) };
        let LinkToken { campaign, link, .. } = &opened.token;
        let key = (opened.account, campaign.clone(), *link);
        let read =
            || async { Ok(self.store.tracked_link(opened.account, campaign, *link).await?.map(Arc::new)) };
        let link = self.webhook_cache.links.get_or(key, read).await?;
        Ok(link.map(|link| (opened, link)))
    }

    async fn count_click(
        &self,
        OpenedLink { account, token }: &OpenedLink,
        link: &TrackedLink,
        marks: &ClickMarks,
    ) -> AppResult<()> {
        let bot = BotKey { account: *account, bot: token.bot };
        let (user, campaign, time) = (token.user, &token.campaign, self.clock.now());
        let click = PersonClick { bot, user, campaign, link, time };
        let mut marks = marks.clone();
        for _ in 0..COUNT_TRIES {
            if self.store.count_click(&click, &marks).await? {
                return Ok(());
            }
            match self.store.known_person(*account, user).await? {
                Some(person) => marks = person.clicks,
                None => return Ok(()),
            }
        }
        Err(AppError::unavailable("a person clicks too often at once"))
    }
}

fn values_of<'a>(person: Option<&'a KnownPerson>, token: &LinkToken) -> Option<PersonValues<'a>> {
    let person = person?;
    let known = person.contacts.iter().find(|known| known.contact.bot == token.bot)?;
    let seen = &known.contact.person;
    Some(PersonValues {
        first_name: &seen.first_name,
        last_name: &seen.last_name,
        username: &seen.username,
        invite_link: "",
        attributes: &person.attributes,
    })
}
