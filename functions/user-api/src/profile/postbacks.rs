//! `POST /api/profile/postbacks.json`

use shared::domain::lead_event::LeadStatus;
use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::{App, AppResult};

use crate::preset::preset;

/// Changes global postback templates.
///
/// # Errors
///
/// As [`App::set_global_templates`].
pub async fn postbacks(app: &App, call: &Call, params: PostbacksParams) -> AppResult<Option<()>> {
    app.set_global_templates(call.account, params.changes).await?;
    Ok(None)
}

/// What the call takes: those of the five `pb_*` that are there, an empty one is cleared; or the five of a `preset`, but
/// for those.
pub struct PostbacksParams {
    changes: Vec<(LeadStatus, String)>,
}

impl FromParams for PostbacksParams {
    fn from_params(params: &Params) -> AppResult<Self> {
        let preset = preset(params)?;
        let mut changes = Vec::new();
        for event in LeadStatus::ALL {
            let given = params.optional(event.template_parameter())?;
            let template = given.or_else(|| preset.as_ref().map(|preset| preset.get(event).to_owned()));
            changes.extend(template.map(|template| (event, template)));
        }
        Ok(Self { changes })
    }
}
