//! `GET /api/trackers/list.json`

use serde::Serialize;
use shared::domain::lead_event::LeadStatus;
use shared::domain::trackers::{TRACKERS, Tracker, TrackerToken};
use shared::edge::user_api::Call;
use shared::{App, AppResult};

/// Every tracker that there is a preset for.
///
/// # Errors
///
/// None.
pub async fn list(_app: &App, _call: &Call, (): ()) -> AppResult<Option<Vec<ListedTracker>>> {
    Ok(Some(TRACKERS.iter().map(ListedTracker::from).collect()))
}

/// A line of the list.
#[derive(Debug, Serialize)]
pub struct ListedTracker {
    id: &'static str,
    name: &'static str,
    /// What to put in the place of `{click}` in the deep link.
    click: &'static str,
    /// What to enter beside `preset`.
    enter: Vec<Entry>,
    setup: &'static str,
    pb_wait: String,
    pb_hold: String,
    pb_approve: String,
    pb_cancel: String,
    pb_trash: String,
}

/// One parameter to enter.
#[derive(Debug, Serialize)]
struct Entry {
    name: &'static str,
    required: u8,
    about: &'static str,
}

impl From<&Tracker> for ListedTracker {
    fn from(tracker: &Tracker) -> Self {
        let about = "The tracker's host name, with a port if it needs one.";
        let mut enter = vec![Entry { name: "domain", required: 1, about }];
        match tracker.token {
            TrackerToken::None => {}
            TrackerToken::Optional(about) => enter.push(Entry { name: "token", required: 0, about }),
            TrackerToken::Required(about) => enter.push(Entry { name: "token", required: 1, about }),
        }
        Self {
            id: tracker.id,
            name: tracker.name,
            click: tracker.click,
            enter,
            setup: tracker.setup,
            pb_wait: tracker.template(LeadStatus::Wait),
            pb_hold: tracker.template(LeadStatus::Hold),
            pb_approve: tracker.template(LeadStatus::Approve),
            pb_cancel: tracker.template(LeadStatus::Cancel),
            pb_trash: tracker.template(LeadStatus::Trash),
        }
    }
}
