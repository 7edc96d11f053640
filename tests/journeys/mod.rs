//! What the product does, a sentence each.

mod answers;
mod approvals;
mod bot_check;
mod bot_looks;
mod bots;
mod campaign_fields;
mod circuits;
mod click_vault;
mod data_folder;
mod dues;
mod error_rows;
mod error_table;
mod flood;
mod gates;
mod gone_endpoints;
mod holding_back;
mod invites;
mod leads;
mod main_journey;
mod membership;
mod migration;
mod nasty_texts;
mod once;
mod operator;
mod owner_news;
mod owner_news_repeats;
mod owner_silence;
mod paused;
mod people;
mod postback_bodies;
mod postback_leases;
mod postbacks;
mod reconciliation;
mod repeats;
mod replays;
mod retries;
mod round_trips;
mod said_back;
mod sandboxes;
mod send_errors;
mod shown_media;
mod signed_postbacks;
mod storms;
mod three_days;
mod untracked;
mod visits;
mod webhook_looks;
mod welcome;
mod welcome_texts;

/// Pairs of event and click, to be compared with what was told.
fn pairs(events: &[(&str, &str)]) -> Vec<(String, String)> {
    events.iter().map(|(event, click)| ((*event).to_owned(), (*click).to_owned())).collect()
}
