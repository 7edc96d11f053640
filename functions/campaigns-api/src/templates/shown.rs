//! A template as the API shows it.

use serde_json::{Map, Value, json};
use shared::domain::calendar;
use shared::domain::outreach::Template;
use shared::ids::AccountId;

/// What the client said of it, and what follows from that.
pub fn in_full(template: &Template, account: AccountId) -> Map<String, Value> {
    let mut shown = template.document.clone();
    shown.insert("id".to_owned(), json!(template.id));
    shown.insert("version".to_owned(), json!(template.version));
    shown.insert("createdBy".to_owned(), json!(format!("user{account}")));
    shown.insert("createdAt".to_owned(), json!(calendar::iso_time(template.created)));
    shown.insert("updatedAt".to_owned(), json!(calendar::iso_time(template.updated)));
    shown
}
