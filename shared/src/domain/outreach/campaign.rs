use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::body::{CampaignBody, TakingPart};
use super::json_text;
use super::machine::{ExecutionProgress, OutreachStatus, Standing};
use super::reader::NAME_CHARACTERS_MAX;
use super::trigger::{Triggers, own_workflow};
use crate::error::AppResult;
use crate::ids::{ExecutionId, OutreachCampaignId};

/// The fields that a client cannot set: they are answered, and left out of what it sends.
const COMPUTED: [&str; 12] = [
    "id",
    "statistics",
    "abTests",
    "createdBy",
    "createdAt",
    "updatedAt",
    "version",
    "pauseReason",
    "pausedAt",
    "resumedAt",
    "lastExecution",
    "status",
];

/// The fields of which a client may send a part: names that are absent stay as they are.
const MERGED: [&str; 2] = ["goals", "strategy"];

/// To whom it is sent; beside [`MESSAGES`] what stands while an execution is underway.
const AUDIENCE: &str = "targetAudience";

/// What it says.
const MESSAGES: &str = "messages";

/// An outreach campaign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutreachCampaign {
    /// Its id.
    pub id: OutreachCampaignId,
    /// Where it stands.
    pub status: OutreachStatus,
    /// What its executions amount to.
    pub progress: ExecutionProgress,
    /// The last execution that was no test.
    pub last_execution: Option<ExecutionId>,
    /// The tests that may be underway.
    #[serde(default)]
    pub tests: Vec<ExecutionId>,
    /// The executions that send to those whom its triggers name.
    #[serde(default)]
    pub triggered: TriggeredRuns,
    /// Whether its triggers are listed, so that leads find it.
    #[serde(default)]
    pub listed: bool,
    /// What the client said of it, unknown fields included; stored as the text it is.
    #[serde(with = "json_text")]
    pub document: Map<String, Value>,
    /// How often it was changed; a change names the version that it was made of.
    pub version: u64,
    /// Why it paused by itself.
    pub pause_reason: Option<String>,
    /// Unix seconds.
    pub created: i64,
    /// Unix seconds.
    pub updated: i64,
}

/// The executions of a campaign that send to one person at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggeredRuns {
    /// The one that takes more people.
    pub open: Option<ExecutionId>,
    /// Those that take none any more, and may not be over.
    pub closing: Vec<ExecutionId>,
}

impl TriggeredRuns {
    /// All of them.
    pub fn ids(&self) -> impl Iterator<Item = &ExecutionId> {
        self.open.iter().chain(&self.closing)
    }

    /// Takes no more people into the one that is open.
    pub fn close(&mut self) {
        self.closing.extend(self.open.take());
    }
}

impl OutreachCampaign {
    /// What was said of it, read; it was checked when it was written.
    ///
    /// # Errors
    ///
    /// As [`CampaignBody::read`].
    pub fn body(&self) -> AppResult<CampaignBody> {
        CampaignBody::read(&self.document)
    }

    /// What people do in it, read without the rest.
    ///
    /// # Errors
    ///
    /// As [`TakingPart::read`].
    pub fn taking_part(&self) -> AppResult<TakingPart> {
        TakingPart::read(&self.document)
    }

    /// What a ruling looks at.
    #[must_use]
    pub fn standing(&self, now: i64) -> Standing {
        let end = self.body().ok().and_then(|body| body.end);
        Standing { status: self.status, progress: self.progress, ended: end.filter(|end| *end <= now) }
    }

    /// Whether triggers name people to it one by one, so that it is never done by itself before its end date.
    #[must_use]
    pub fn waits_for_people(&self) -> bool {
        self.body().is_ok_and(|body| !body.triggers.is_empty())
    }

    /// What it is sent by now, one person at a time; `None` if nothing names people to it.
    #[must_use]
    pub fn sent_by(&self) -> Option<Triggers> {
        let body = if self.status == OutreachStatus::Active { self.body().ok() } else { None };
        body.map(|body| body.triggers).filter(|triggers| !triggers.is_empty())
    }

    /// Gives it this status; whoever changes it by hand has dealt with why it paused by itself.
    pub fn set_status(&mut self, status: OutreachStatus) {
        self.status = status;
        self.pause_reason = None;
    }

    /// The document with some fields changed: what is null goes, of goals and strategy only what is named changes.
    #[must_use]
    pub fn changed(&self, changes: Map<String, Value>) -> Map<String, Value> {
        changed(&self.document, changes, &MERGED)
    }

    /// Whether these changes touch its messages or its audience.
    #[must_use]
    pub fn touches_content(&self, changes: &Map<String, Value>) -> bool {
        self.touches(MESSAGES, changes) || self.touches_audience(changes)
    }

    /// Whether these changes touch its audience.
    #[must_use]
    pub fn touches_audience(&self, changes: &Map<String, Value>) -> bool {
        self.touches(AUDIENCE, changes)
    }

    fn touches(&self, name: &str, changes: &Map<String, Value>) -> bool {
        changes.get(name).is_some_and(|new| self.document.get(name) != Some(new))
    }

    /// Whether its start date has it begin, now that it is active and nothing of it is underway: a date to come does; one
    /// that is over does at once for what was a draft `before`, or was never executed.
    #[must_use]
    pub fn begins_by_itself(&self, before: OutreachStatus, start: Option<i64>, now: i64) -> bool {
        let is_fresh = before == OutreachStatus::Draft || self.last_execution.is_none();
        let Standing { status, ended, .. } = self.standing(now);
        let is_usable = status == OutreachStatus::Active && ended.is_none();
        is_usable && start.is_some_and(|start| start > now || is_fresh)
    }
}

/// A document with some fields changed: what is null goes, and of the fields `merged` only what is named changes.
pub(super) fn changed(
    document: &Map<String, Value>,
    changes: Map<String, Value>,
    merged: &[&str],
) -> Map<String, Value> {
    let mut document = document.clone();
    for (name, value) in changes {
        match (document.get_mut(&name), value) {
            (_, Value::Null) => drop(document.remove(&name)),
            (Some(Value::Object(known)), Value::Object(new)) if merged.contains(&name.as_str()) => {
                known.extend(new);
                known.retain(|_, value| !value.is_null());
            }
            (_, value) => drop(document.insert(name, value)),
        }
    }
    document
}

/// A client's document without what it cannot set, and with an id for each message and variation that has none.
#[must_use]
pub fn own_fields(
    mut document: Map<String, Value>,
    mut draw: impl FnMut(&str) -> String,
) -> Map<String, Value> {
    document.retain(|name, _| !COMPUTED.contains(&name.as_str()));
    if let Some(Value::Object(audience)) = document.get_mut(AUDIENCE) {
        audience.remove("totalCount");
        audience.remove("totalCountExact");
    }
    if let Some(Value::Object(workflow)) = document.get("workflow") {
        match own_workflow(workflow) {
            Some(own) => drop(document.insert("workflow".to_owned(), own)),
            None => drop(document.insert("workflow".to_owned(), Value::Null)),
        }
    }
    let mut name = |item: &mut Value, prefix: &str| {
        if let Some(item) = item.as_object_mut().filter(|item| !item.get("id").is_some_and(Value::is_string))
        {
            item.insert("id".to_owned(), json!(draw(prefix)));
        }
    };
    for message in document.get_mut(MESSAGES).and_then(Value::as_array_mut).into_iter().flatten() {
        name(message, "msg");
        for variation in message.get_mut("variations").and_then(Value::as_array_mut).into_iter().flatten() {
            name(variation, "var");
        }
    }
    document
}

/// What the name of a copy ends with.
const COPY: &str = " (Copy)";

/// The document of a copy made at `now`: under another name, without dates that are over.
#[must_use]
pub fn copied(original: &OutreachCampaign, name: Option<String>, now: i64) -> Map<String, Value> {
    let mut document = original.document.clone();
    let body = original.body().ok();
    let copy_name = || {
        let name = body.as_ref().map_or("", |body| &body.name);
        let kept: String = name.chars().take(NAME_CHARACTERS_MAX - COPY.chars().count()).collect();
        format!("{}{COPY}", kept.trim_end())
    };
    document.insert("name".to_owned(), json!(name.unwrap_or_else(copy_name)));
    let (start, end) = body.as_ref().map_or((None, None), |body| (body.start, body.end));
    for (field, time) in [("startDate", start), ("endDate", end)] {
        if time.is_some_and(|time| time <= now) {
            document.remove(field);
        }
    }
    let draw = body.as_ref().and_then(|body| body.contest.as_ref()?.draw_at);
    if draw.is_some_and(|time| time <= now)
        && let Some(contest) = document.get_mut("contest").and_then(Value::as_object_mut)
    {
        contest.remove("drawAt");
    }
    document
}
