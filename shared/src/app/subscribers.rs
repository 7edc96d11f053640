//! What an account says of the people that its bots know.

use super::App;
use super::outreach::CHANGE_TRIES;
use crate::domain::outreach::PersonChange;
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, UserId};
use crate::store::KnownPerson;

impl App {
    /// One person and all that the account knows of them.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if no bot of the account knows them.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn subscriber(&self, account: AccountId, user: UserId) -> AppResult<KnownPerson> {
        let known = self.store.known_person(account, user).await?;
        let mut known = known.ok_or(AppError::NotFound("subscriber"))?;
        self.note_silence(account, [&mut known]).await?;
        Ok(known)
    }

    /// Notes with people which of their bots reach nobody.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry.
    pub(super) async fn note_silence<'a>(
        &self,
        account: AccountId,
        people: impl IntoIterator<Item = &'a mut KnownPerson>,
    ) -> AppResult<()> {
        let silent = self.silent_bots(account).await?;
        for known in people.into_iter().flat_map(|person| &mut person.contacts) {
            known.silent = silent.contains(&known.contact.bot);
        }
        Ok(())
    }

    /// Keeps what an account says of a person. Twice is the same as once.
    ///
    /// # Errors
    ///
    /// - [`AppError::NotFound`] if no bot of the account knows them.
    /// - [`AppError::Invalid`] for a name, a value or a tag that is not kept, and if it were too many.
    /// - [`AppError::Unavailable`], safe to retry.
    pub async fn set_person(&self, account: AccountId, user: UserId, change: PersonChange) -> AppResult<()> {
        change.check()?;
        for _ in 0..CHANGE_TRIES {
            let known =
                self.store.known_person(account, user).await?.ok_or(AppError::NotFound("subscriber"))?;
            if change.is_empty() || self.store.change_person(account, &known, &change).await? {
                return Ok(());
            }
        }
        Err(AppError::unavailable("the subscriber is being changed by other calls"))
    }
}
