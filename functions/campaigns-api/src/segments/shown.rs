//! Segments as the API shows them.

use serde::Serialize;
use serde_json::{Map, Value, json};
use shared::app::Preview;
use shared::domain::calendar;
use shared::domain::outreach::{AudienceCount, Segment};
use shared::edge::envelope::Answered;

use crate::subscribers::shown::Subscriber;

/// A segment: what the client said of it, and what follows from that.
pub fn segment(segment: &Segment) -> Map<String, Value> {
    let mut shown = segment.document.clone();
    for (name, absent) in [("match", json!("all")), ("rules", json!([])), ("exclude", json!([]))] {
        shown.entry(name).or_insert(absent);
    }
    shown.insert("id".to_owned(), json!(segment.id));
    shown.insert("version".to_owned(), json!(segment.version));
    shown.insert("createdAt".to_owned(), json!(calendar::iso_time(segment.created)));
    shown.insert("updatedAt".to_owned(), json!(calendar::iso_time(segment.updated)));
    shown
}

/// Who is in a segment.
#[derive(Debug, Serialize)]
pub struct Previewed {
    /// How many people.
    count: u64,
    /// How many of them a message would reach.
    reachable: u64,
    /// How many it would not, by the reason; of some of them too little is known to say whether they are in it.
    excluded: Value,
    exact: bool,
    sample: Vec<Subscriber>,
}

impl Previewed {
    /// The answer; a repeat of it shows nobody.
    pub fn answer(preview: Preview) -> Answered<Self> {
        let kept = Self::of(Preview { sample: Vec::new(), ..preview.clone() });
        Answered::Found(Self::of(preview)).kept_as(kept)
    }

    fn of(preview: Preview) -> Self {
        let AudienceCount { matched, reachable, excluded } = preview.count;
        let sample = preview.sample.into_iter().map(Subscriber::from).collect();
        Self { count: matched, reachable, excluded: json!(excluded), exact: preview.exact, sample }
    }
}
