//! `POST /api/profile/postbacks.json`

use shared::domain::lead_event::LeadStatus;
use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::{App, AppResult};

/// Changes global postback templates.
///
/// # Errors
///
/// As [`App::set_global_templates`].
pub async fn postbacks(app: &App, call: &Call, params: PostbacksParams) -> AppResult<Option<()>> {
    app.set_global_templates(call.account, params.changes).await?;
    Ok(None)
}

/// What the call takes: those of the five `pb_*` that are there; an empty one is cleared.
pub struct PostbacksParams {
    changes: Vec<(LeadStatus, String)>,
}

impl FromParams for PostbacksParams {
    fn from_params(params: &Params) -> AppResult<Self> {
        let mut changes = Vec::new();
        for event in LeadStatus::ALL {
            changes.extend(params.optional(event.template_parameter())?.map(|template| (event, template)));
        }
        Ok(Self { changes })
    }
}
