//! `POST /api/v1/campaigns/:id/execute`

use serde::Serialize;
use shared::app::{BegunExecution, Executed, ExecutionForecast, MessageSample};
use shared::domain::calendar;
use shared::domain::outreach::{AudienceCount, ExecutionOrder, ExecutionStatus};
use shared::edge::campaigns_api::Call;
use shared::edge::envelope::Answered;
use shared::ids::ExecutionId;
use shared::{App, AppResult};

use super::named;
use super::samples::Sample;

/// Executes a campaign, or tells what that would do.
///
/// # Errors
///
/// - [`shared::AppError::Invalid`] for the body.
/// - As [`App::execute_outreach_campaign`].
pub async fn execute(app: &App, call: Call) -> AppResult<Answered<Answer>> {
    let (id, order) = (named(&call)?, ExecutionOrder::read(&call.body)?);
    Ok(match app.execute_outreach_campaign(call.account, &id, &order).await? {
        Executed::Previewed(forecast, samples) => {
            // A repeat shows nobody: they may be erased meanwhile.
            let kept = Answer::Previewed(Preview::of(forecast.clone(), Vec::new()));
            Answered::Found(Answer::Previewed(Preview::of(forecast, samples))).kept_as(kept)
        }
        Executed::Begun(begun) => Answered::Begun(Answer::Begun(Begun::from(*begun))),
    })
}

/// The answer.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// To an order that is carried out.
    Begun(Begun),
    /// To one that only asks.
    Previewed(Preview),
}

/// What begins.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Begun {
    execution_id: ExecutionId,
    status: &'static str,
    estimated_completion: String,
    message: &'static str,
    audience: Audience,
}

/// What would begin.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    status: &'static str,
    estimated_completion: String,
    message: &'static str,
    audience: Audience,
    samples: Vec<Sample>,
}

/// Whom it reaches.
#[derive(Debug, Serialize)]
struct Audience {
    #[serde(flatten)]
    count: AudienceCount,
    exact: bool,
}

impl From<BegunExecution> for Begun {
    fn from(begun: BegunExecution) -> Self {
        let (status, message) = match begun.execution.status {
            ExecutionStatus::Scheduled => ("scheduled", "Campaign execution scheduled"),
            _ => ("started", "Campaign execution started"),
        };
        Self {
            execution_id: begun.execution.id,
            status,
            estimated_completion: calendar::iso_time(begun.forecast.completion),
            message,
            audience: Audience::of(begun.forecast),
        }
    }
}

impl Preview {
    fn of(forecast: ExecutionForecast, samples: Vec<MessageSample>) -> Self {
        Self {
            status: "preview",
            estimated_completion: calendar::iso_time(forecast.completion),
            message: "Nothing was sent",
            audience: Audience::of(forecast),
            samples: samples.into_iter().map(Sample::from).collect(),
        }
    }
}

impl Audience {
    fn of(forecast: ExecutionForecast) -> Self {
        Self { count: forecast.count, exact: forecast.exact }
    }
}
