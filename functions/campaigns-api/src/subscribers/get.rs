//! `GET /api/v1/subscribers/:id`

use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::{App, AppResult};

use super::named;
use super::shown::Subscriber;

/// One subscriber.
///
/// # Errors
///
/// As [`App::subscriber`].
pub async fn get(app: &App, call: Call) -> AppResult<Answered<Subscriber>> {
    Ok(Answered::Found(app.subscriber(call.account, named(&call)?).await?.into()))
}
