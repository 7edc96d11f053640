//! The operator's commands on postbacks that failed and on messages that could not be carried out.

use local_aws::{QueueSpec, Template};
use shared::App;
use shared::app::{ReplayedPostbacks, TimeRange};
use shared::domain::postback_log::PostbackState;
use shared::ids::{AccountId, TrackingCampaignId};
use shared::queue::DeadLetterQueue;

use crate::args::{DeadLetterCommand, ReplayArgs, TableArgs};
use crate::operator::{OperatorError, open_table};
use crate::screen::say;
use crate::system::{StartError, TEMPLATE};

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
    let stack = stack_name(args);
    let prefix = stack.map(|stack| format!("{stack}-")).unwrap_or_default();
    let own = Template::parse(TEMPLATE).map_err(StartError::from)?;
    let own = &own.defaults().queues;
    let is_own = |name: &str| stack.is_none_or(|stack| own.iter().any(|queue| is_called(queue, stack, name)));
    let queues = dead_letters.queues(&prefix, is_own).await?;
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

/// The stack on AWS, by its table's name; on this machine there is but one.
fn stack_name(args: &TableArgs) -> Option<&str> {
    args.table.as_deref()?.rsplit_once("-Table-").map(|(stack, _)| stack)
}

/// Whether a queue of the template has this name in a stack. The names of another stack may begin alike.
fn is_called(queue: &QueueSpec, stack: &str, name: &str) -> bool {
    let Some(own) = name.strip_prefix(stack).and_then(|rest| rest.strip_prefix('-')) else { return false };
    if queue.name == queue.logical_id {
        // CloudFormation makes the name up, with some letters by chance at its end.
        let chance = own.strip_prefix(&queue.logical_id).and_then(|rest| rest.strip_prefix('-'));
        return chance.is_some_and(|chance| chance.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
    // The stack that the template was read for has a name of one word.
    queue.name.split_once('-').is_some_and(|(_, named)| named == own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_of_one_stack_however_alike_their_names_begin() {
        let template = Template::parse(TEMPLATE).unwrap();
        let is_own =
            |name: &str| template.defaults().queues.iter().any(|queue| is_called(queue, "gatepost", name));
        for name in [
            "gatepost-postback-dead-letters.fifo",
            "gatepost-postback-retry-dead-letters",
            "gatepost-LeadStreamDeadLetters-1AB2CD3EF4GH",
        ] {
            assert!(is_own(name), "{name}");
        }
        for name in [
            "gatepost-test-postback-dead-letters.fifo",
            "gatepost-test-LeadStreamDeadLetters-1AB2CD3EF4GH",
            "gatepost-other-dead-letters",
            "gatepostpostback-retry-dead-letters",
        ] {
            assert!(!is_own(name), "{name}");
        }
    }
}
