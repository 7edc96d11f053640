//! Tracking campaigns.

pub mod add;
pub mod del;
pub mod edit;
pub mod get;
pub mod link;
pub mod list;
pub mod pause;

use shared::AppResult;
use shared::domain::lead_event::LeadStatus;
use shared::domain::postback::PostbackTemplates;
use shared::edge::params::Params;

/// The five `pb_*` of a call; `None` if none of them is there.
fn templates(params: &Params) -> AppResult<Option<PostbackTemplates>> {
    let mut templates = None;
    for event in LeadStatus::ALL {
        if let Some(template) = params.optional(event.template_parameter())? {
            templates.get_or_insert_with(PostbackTemplates::default).set(event, template);
        }
    }
    Ok(templates)
}
