//! Tracking campaigns.

pub mod add;
pub mod del;
pub mod edit;
pub mod get;
pub mod link;
pub mod list;
pub mod pause;

use shared::domain::campaign::PostbackMethod;
use shared::domain::lead_event::LeadStatus;
use shared::domain::postback::PostbackTemplates;
use shared::domain::postback_body::PostbackFormat;
use shared::edge::params::Params;
use shared::{AppError, AppResult};

use crate::preset::preset;

/// The five templates of a call: those of its `preset`, but for the `pb_*` that are there; `None` if there is neither.
fn templates(params: &Params) -> AppResult<Option<PostbackTemplates>> {
    let mut templates = preset(params)?;
    for event in LeadStatus::ALL {
        if let Some(template) = params.optional(event.template_parameter())? {
            templates.get_or_insert_with(PostbackTemplates::default).set(event, template);
        }
    }
    Ok(templates)
}

/// `pb_method`; `None` if it is not there.
pub(crate) fn postback_method(params: &Params) -> AppResult<Option<PostbackMethod>> {
    let Some(method) = params.optional::<String>("pb_method")? else { return Ok(None) };
    match method.as_str() {
        "GET" => Ok(Some(PostbackMethod::Get)),
        "POST" => Ok(Some(PostbackMethod::Post)),
        _ => Err(AppError::parameter("pb_method", "must be GET or POST")),
    }
}

/// `pb_format`; `None` if it is not there.
pub(crate) fn postback_format(params: &Params) -> AppResult<Option<PostbackFormat>> {
    let Some(format) = params.optional::<String>("pb_format")? else { return Ok(None) };
    let format = format.parse().map_err(|_| AppError::parameter("pb_format", "must be form or json"))?;
    Ok(Some(format))
}
