//! `GET /api/leads/list.json`

use shared::app::{LeadQuestion, PageRequest};
use shared::edge::envelope::Reply;
use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::{App, AppResult};

use super::{ListedLead, question};
use crate::paging::{page_request, reply};

/// One page of leads, newest first.
///
/// # Errors
///
/// As [`App::list_leads`].
pub async fn list(app: &App, call: &Call, params: ListParams) -> AppResult<Reply<Vec<ListedLead>>> {
    Ok(reply(app.list_leads(call.account, params.question, &params.page).await?))
}

/// What the call takes.
pub struct ListParams {
    question: LeadQuestion,
    page: PageRequest,
}

impl FromParams for ListParams {
    fn from_params(params: &Params) -> AppResult<Self> {
        Ok(Self { question: question(params)?, page: page_request(params)? })
    }
}
