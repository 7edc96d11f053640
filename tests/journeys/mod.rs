//! What the product does, a sentence each.

mod approvals;
mod bot_check;
mod bots;
mod campaign_fields;
mod click_vault;
mod data_folder;
mod dues;
mod flood;
mod holding_back;
mod invites;
mod leads;
mod main_journey;
mod membership;
mod migration;
mod owner_news;
mod owner_news_repeats;
mod paused;
mod people;
mod postbacks;
mod repeats;
mod replays;
mod round_trips;
mod send_errors;
mod shown_media;
mod untracked;
mod visits;
mod welcome;
mod welcome_texts;

/// Pairs of event and click, to be compared with what was told.
fn pairs(events: &[(&str, &str)]) -> Vec<(String, String)> {
    events.iter().map(|(event, click)| ((*event).to_owned(), (*click).to_owned())).collect()
}
