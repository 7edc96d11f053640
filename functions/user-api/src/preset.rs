//! The templates of a tracker, by `preset`, `domain` and `token`.

use shared::domain::postback::PostbackTemplates;
use shared::domain::trackers::Tracker;
use shared::edge::params::Params;
use shared::{AppError, AppResult};

/// The five templates of the tracker that a call names; `None` if it names none.
pub fn preset(params: &Params) -> AppResult<Option<PostbackTemplates>> {
    let domain = params.optional::<String>("domain")?;
    let token = params.optional::<String>("token")?;
    match (params.optional::<String>("preset")?, domain) {
        (Some(id), domain) => {
            let tracker = Tracker::named(&id)?;
            let domain = domain.ok_or_else(|| AppError::parameter("domain", "is needed with preset"))?;
            tracker.templates(&domain, token.as_deref()).map(Some)
        }
        (None, Some(_)) => Err(AppError::parameter("preset", "is needed with domain")),
        (None, None) if token.is_some() => Err(AppError::parameter("preset", "is needed with token")),
        (None, None) => Ok(None),
    }
}
