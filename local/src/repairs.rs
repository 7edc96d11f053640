//! The operator's commands on postbacks that failed and on messages that could not be carried out.

use shared::App;
use shared::app::{ReplayedPostbacks, TimeRange};
use shared::domain::postback_log::PostbackState;
use shared::ids::{AccountId, TrackingCampaignId};
use shared::queue::DeadLetterQueue;

use crate::args::{DeadLetterCommand, ReplayArgs, TableArgs};
use crate::operator::{OperatorError, open_table};
use crate::screen::say;

/// Sends postbacks again, all that are asked for.
///
/// # Errors
///
/// [`OperatorError`].
pub async fn replay(args: &ReplayArgs) -> Result<(), OperatorError> {
    let table = open_table(&args.table).await?;
    let outcome = replay_all(&table.app, args).await;
    table.close().await;
    outcome
}

async fn replay_all(app: &App, args: &ReplayArgs) -> Result<(), OperatorError> {
    let account = AccountId(args.account);
    let (mut after, mut queued) = (None, 0);
    loop {
        let what = match (args.id, args.campaign) {
            (Some(id), _) => ReplayedPostbacks::One(id),
            (None, campaign) => ReplayedPostbacks::Many {
                campaign: TrackingCampaignId(campaign.unwrap_or_default()),
                state: args.state.unwrap_or(PostbackState::Failed),
                range: TimeRange { from: args.from, to: args.to },
                after,
            },
        };
        let replay = app.replay_postbacks(account, what).await?;
        queued += replay.queued;
        after = replay.next;
        if after.is_none() {
            say(format_args!("{queued} on their way"));
            return Ok(());
        }
    }
}

/// Carries out a command on dead letters.
///
/// # Errors
///
/// [`OperatorError`].
pub async fn dead_letters(command: &DeadLetterCommand) -> Result<(), OperatorError> {
    let args = match command {
        DeadLetterCommand::List { table, .. }
        | DeadLetterCommand::Return { table, .. }
        | DeadLetterCommand::Drop { table, .. } => table,
    };
    let table = open_table(args).await?;
    let outcome = carry_out(&table.app, command, args).await;
    table.close().await;
    outcome
}

async fn carry_out(app: &App, command: &DeadLetterCommand, args: &TableArgs) -> Result<(), OperatorError> {
    let dead_letters = app.dead_letters();
    let wanted = match command {
        DeadLetterCommand::List { queue, .. } | DeadLetterCommand::Return { queue, .. } => queue.as_deref(),
        DeadLetterCommand::Drop { queue, .. } => Some(queue.as_str()),
    };
    let is_wanted = |queue: &DeadLetterQueue| wanted.is_none_or(|wanted| queue.name == wanted);
    let queues = dead_letters.queues(&stack_prefix(args)).await?;
    for queue in queues.into_iter().filter(is_wanted) {
        match command {
            DeadLetterCommand::List { .. } => {
                say(format_args!("{}\t{}", queue.name, queue.waiting));
                for body in dead_letters.peek(&queue).await? {
                    say(format_args!("\t{body}"));
                }
            }
            DeadLetterCommand::Return { .. } if queue.source_url.is_none() => {
                say(format_args!("{}\tnothing to return to", queue.name));
            }
            DeadLetterCommand::Return { .. } => {
                say(format_args!("{}\t{} returned", queue.name, dead_letters.give_back(&queue).await?));
            }
            DeadLetterCommand::Drop { .. } => {
                say(format_args!("{}\t{} dropped", queue.name, dead_letters.discard(&queue).await?));
            }
        }
    }
    Ok(())
}

/// What the names of a stack's queues on AWS begin with, by its table's name; on this machine there is but one stack.
fn stack_prefix(args: &TableArgs) -> String {
    let table = args.table.as_deref().unwrap_or_default();
    table.rsplit_once("-Table-").map_or_else(String::new, |(stack, _)| format!("{stack}-"))
}
