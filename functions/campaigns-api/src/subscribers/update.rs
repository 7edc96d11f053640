//! `PUT /api/v1/subscribers/:id`

use shared::domain::outreach::PersonChange;
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::named;
use super::shown::Subscriber;

/// Keeps what the account says of a subscriber, and answers them whole.
///
/// # Errors
///
/// - [`shared::AppError::Invalid`] for what was sent.
/// - As [`App::set_person`].
pub async fn update(app: &App, call: Call) -> AppResult<Answered<Subscriber>> {
    let user = named(&call)?;
    // Of somebody whom no bot knows nothing else is told.
    app.subscriber(call.account, user).await?;
    app.set_person(call.account, user, PersonChange::read(&call.body)?).await?;
    Ok(Answered::Found(app.subscriber(call.account, user).await?.into()))
}
