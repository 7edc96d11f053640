//! The click vault: what stands behind a token, and, for a few days, who visited.

use serde::{Deserialize, Serialize};

use super::access::{Expiring, from_item, to_item};
use super::{Key, Store};
use crate::domain::click::{ClickParameters, ClickToken, Visit};
use crate::error::{AppError, AppResult};
use crate::ids::CampaignKey;

const DAY_SECONDS: i64 = 86_400;

/// A click that somebody asked a link for is kept for a year.
const ASKED_KEPT_SECONDS: i64 = 365 * DAY_SECONDS;

/// A click of a visit is kept for ninety days: who means to press Start does so soon.
const VISITED_KEPT_SECONDS: i64 = 90 * DAY_SECONDS;

/// Telegram brings a start again for a day; a click outlives its end by that.
const REDELIVERY_SECONDS: i64 = DAY_SECONDS;

/// Who visited is read for five days; DynamoDB deletes it soon after, as a rule within two days.
const VISIT_KEPT_SECONDS: i64 = 5 * DAY_SECONDS;

/// A click in the vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultedClick {
    /// Whose link it is for; under another campaign's code the token stands for nothing.
    pub campaign: CampaignKey,
    /// The click; may be empty.
    pub click: String,
    /// What came with it.
    #[serde(default)]
    pub parameters: ClickParameters,
    /// Whether it came with a visit through the redirect.
    #[serde(default)]
    pub visited: bool,
}

impl Store {
    /// Keeps a click behind a token for a year. Twice is the same as once, but for the year.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn keep_click(&self, token: &ClickToken, click: &VaultedClick, now: i64) -> AppResult<()> {
        let item = Expiring { value: click, expires_at: now + ASKED_KEPT_SECONDS + REDELIVERY_SECONDS };
        self.put(&Key::ClickToken(token.as_str()), &item).await
    }

    /// Keeps the click of a visit for ninety days, and who visited for a few.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn keep_visit(
        &self,
        token: &ClickToken,
        click: &VaultedClick,
        visit: &Visit,
        now: i64,
    ) -> AppResult<()> {
        let click = Expiring { value: click, expires_at: now + VISITED_KEPT_SECONDS + REDELIVERY_SECONDS };
        let visit = Expiring { value: visit, expires_at: now + VISIT_KEPT_SECONDS };
        let click = [to_item(&Key::ClickToken(token.as_str()), &click)?];
        let visit = [to_item(&Key::Visit(token.as_str()), &visit)?];
        self.batch_put_into([
            (self.table.as_str(), click.as_slice()),
            (self.visit_table()?, visit.as_slice()),
        ])
        .await
    }

    /// What stood behind a token at this Unix second; `None` if there was nothing, or no more.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn vaulted_click(&self, token: &ClickToken, at: i64) -> AppResult<Option<VaultedClick>> {
        let item: Option<Expiring<VaultedClick>> = self.get(&Key::ClickToken(token.as_str())).await?;
        Ok(item.and_then(|item| item.at(at + REDELIVERY_SECONDS)))
    }

    /// Who visited under a token; `None` if nobody did, or too long ago.
    ///
    /// # Errors
    ///
    /// [`crate::AppError::Unavailable`], safe to retry.
    pub async fn visit(&self, token: &ClickToken, now: i64) -> AppResult<Option<Visit>> {
        let item = self.get_item_of(self.visit_table()?, &Key::Visit(token.as_str())).await?;
        let item: Option<Expiring<Visit>> = item.map(from_item).transpose()?;
        Ok(item.and_then(|item| item.at(now)))
    }

    pub(super) fn visit_table(&self) -> AppResult<&str> {
        self.visit_table
            .as_deref()
            .ok_or_else(|| AppError::unavailable("the environment lacks VISIT_TABLE_NAME"))
    }
}
