use std::collections::BTreeMap;

use futures::{StreamExt, stream};
use shared::domain::lead_event::LeadStatus;
use shared::domain::statistics::{CounterChange, Counters};
use shared::ids::{BotId, LeadId, UserId};
use shared::store::{LeadRow, MarkProgress};

use super::{Scene, World};

/// A day on which many leads came: 2026-01-01 00:00:00 UTC.
pub const NEW_YEAR: i64 = 1_767_225_600;

impl World {
    /// Gives a campaign leads as the stream would list and count them, without any of them ever having started.
    pub async fn list_leads_of(&self, scene: &Scene, rows: Vec<LeadRow>) {
        let (store, campaign) = (&self.system.app.store, scene.campaign);
        let portions: Vec<_> = rows.chunks(500).collect();
        let write = |rows: &[LeadRow]| {
            let rows = rows.to_vec();
            async move { store.write_lead_rows(campaign, rows.iter()).await.unwrap() }
        };
        stream::iter(portions.into_iter().map(write)).buffer_unordered(4).collect::<Vec<_>>().await;
        let mut statuses: BTreeMap<LeadStatus, i64> = BTreeMap::new();
        for row in &rows {
            *statuses.entry(row.status).or_default() += 1;
        }
        let count = |status| statuses.get(&status).copied().unwrap_or_default();
        let starts = statuses.values().sum();
        let total = Counters { starts, statuses: LeadStatus::ALL.map(count), ..Counters::default() };
        let change = CounterChange { total, ..CounterChange::default() };
        let progress = MarkProgress { shard: "listed", counted: None, sequence: "1" };
        assert!(store.count(campaign, &change, progress, NEW_YEAR).await.unwrap());
    }
}

impl Scene {
    /// A line of a lead that started so many minutes after New Year.
    pub fn row(&self, number: i64, status: LeadStatus, click: String) -> LeadRow {
        let started = NEW_YEAR + number * 60;
        LeadRow {
            lead: LeadId::of_start(started, number, BotId(1)),
            campaign: self.campaign.campaign,
            user: UserId(7_000_000_000 + number),
            username: format!("subscriber_{number}"),
            click,
            status,
            started,
            joined: Some(started + 20),
            updated: started + 20,
        }
    }
}
