//! `POST /api/postbacks/replay.json`

use serde::Serialize;
use shared::app::ReplayedPostbacks;
use shared::domain::postback_log::PostbackState;
use shared::edge::envelope::Reply;
use shared::edge::params::{FromParams, Params};
use shared::edge::user_api::Call;
use shared::{App, AppError, AppResult};

use crate::query::parsed;

/// Sends postbacks again, under the ids they have.
///
/// # Errors
///
/// As [`App::replay_postbacks`].
pub async fn replay(app: &App, call: &Call, params: ReplayParams) -> AppResult<Reply<ReplayReply>> {
    let replay = app.replay_postbacks(call.account, params.what).await?;
    let data = ReplayReply { queued: replay.queued };
    Ok(Reply { data: Some(data), total: None, next: replay.next.map(|place| place.to_string()) })
}

/// What the call takes: one postback, or those of a campaign in one state.
pub struct ReplayParams {
    what: ReplayedPostbacks,
}

impl FromParams for ReplayParams {
    fn from_params(params: &Params) -> AppResult<Self> {
        let id = parsed(params, "id", "must be the id of a postback")?;
        let campaign = params.optional("campaign")?;
        let (range, after) = (super::range(params)?, super::cursor(params)?);
        let what = match (id, campaign) {
            (Some(id), None) => ReplayedPostbacks::One(id),
            (None, Some(campaign)) => {
                ReplayedPostbacks::Many { campaign, state: final_state(params)?, range, after }
            }
            (Some(_), Some(_)) => return Err(AppError::parameter("id", "stands alone, without a campaign")),
            (None, None) => return Err(AppError::parameter("id", "is required, or a campaign")),
        };
        Ok(Self { what })
    }
}

fn final_state(params: &Params) -> AppResult<PostbackState> {
    match super::state(params)? {
        Some(PostbackState::Pending) => {
            Err(AppError::parameter("state", "must not be pending: those are tried again by themselves"))
        }
        Some(state) => Ok(state),
        None => Err(AppError::parameter("state", "is required")),
    }
}

/// What the call answers.
#[derive(Debug, Serialize)]
pub struct ReplayReply {
    queued: usize,
}
