//! `POST /api/profile/postbacks.json`

use shared::domain::campaign::{PostbackCarriage, PostbackMethod};
use shared::domain::lead_event::LeadStatus;
use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::store::CarriageChange;
use shared::{App, AppError, AppResult};

use crate::camp::{postback_format, postback_method};
use crate::preset::preset;

/// Changes global postback templates, and how they are sent.
///
/// # Errors
///
/// As [`App::set_global_templates`].
pub async fn postbacks(app: &App, call: &Call, params: PostbacksParams) -> AppResult<Option<()>> {
    app.set_global_templates(call.account, params.changes, params.carriage).await?;
    Ok(None)
}

/// What the call takes: those of the five `pb_*` that are there, an empty one is cleared; or the five of a `preset`, but
/// for those. `pb_method` says with `pb_format` and `pb_body` how they are sent, and an empty one that each campaign does; a
/// `preset` makes them a GET.
pub struct PostbacksParams {
    changes: Vec<(LeadStatus, String)>,
    carriage: Option<CarriageChange>,
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
        Ok(Self { changes, carriage: carriage(params, preset.is_some())? })
    }
}

fn carriage(params: &Params, is_preset: bool) -> AppResult<Option<CarriageChange>> {
    let (format, body) = (postback_format(params)?, params.optional::<String>("pb_body")?);
    if params.optional::<String>("pb_method")?.is_some_and(|method| method.is_empty()) {
        return Ok(Some(CarriageChange::OfCampaigns));
    }
    // The trackers that there are presets for take a GET with its query.
    let method = postback_method(params)?.or(is_preset.then_some(PostbackMethod::Get));
    match method {
        Some(method) => {
            let (format, body) = (format.unwrap_or_default(), body.unwrap_or_default());
            Ok(Some(CarriageChange::Own(PostbackCarriage { method, format, body })))
        }
        None if format.is_some() || body.is_some() => {
            Err(AppError::parameter("pb_method", "is needed with pb_format and pb_body"))
        }
        None => Ok(None),
    }
}
