//! `GET /api/v1/campaigns/:id/export`

use futures::future::BoxFuture;
use serde::Serialize;
use shared::app::{ListExport, ListFile, ListedDelivery};
use shared::domain::outreach::Execution;
use shared::edge::campaigns_api::{Call, invalid};
use shared::edge::export::{CSV, DELIVERIES_CSV, inert, write_line};
use shared::edge::http::{Answer, Request};
use shared::ids::{BotId, ExecutionId};
use shared::{App, AppResult};

use super::named;

/// The columns, in the order of [`Line`]'s fields.
const HEADER: &str =
    "execution,test,bot,recipient,segment,message,variation,outcome,error,telegram_message_id\n";

/// Answers with the file or the way to it.
pub fn answer(app: &App, request: Request) -> BoxFuture<'_, Answer> {
    Box::pin(async move {
        let outcome = async {
            let call = Call::open(app, &request).await?;
            export(app, &call).await
        };
        shared::edge::export::deliveries(outcome.await)
    })
}

/// What became of each message to each recipient, one line each, the latest execution first.
async fn export(app: &App, call: &Call) -> AppResult<ListExport> {
    let campaign = named(call)?;
    let execution = call.text("execution").map(|id| {
        ExecutionId::parse(id).ok_or_else(|| invalid("execution", "must be the id of an execution"))
    });
    let file = ListFile { name: DELIVERIES_CSV, content_type: CSV, header: HEADER.into() };
    let execution = execution.transpose()?;
    app.export_deliveries(call.account, &campaign, execution.as_ref(), file, |execution, listed, file| {
        write_line(Line::of(execution, listed), file)
    })
    .await
}

/// One message to one recipient. Empty is what is not there: who was erased, the variation of who got the message itself.
#[derive(Debug, Serialize)]
struct Line<'a> {
    execution: &'a ExecutionId,
    test: bool,
    bot: BotId,
    recipient: Option<String>,
    segment: Option<String>,
    message: Option<String>,
    variation: Option<String>,
    outcome: &'static str,
    error: Option<&'static str>,
    telegram_message_id: Option<i64>,
}

impl<'a> Line<'a> {
    fn of(execution: &'a Execution, listed: ListedDelivery) -> Self {
        let delivery = listed.delivery;
        Self {
            execution: &execution.id,
            test: execution.test,
            bot: listed.bot,
            recipient: delivery.user.map(|user| user.to_string()),
            segment: listed.segment.map(|segment| segment.to_string()),
            // Clients name their messages and variations as they like.
            message: listed.message.map(inert),
            variation: listed.variation.map(inert),
            outcome: delivery.status().name(),
            error: delivery.code(),
            telegram_message_id: delivery.telegram_message(),
        }
    }
}
