//! Copies of campaigns.

use serde_json::{Value, json};
use shared::domain::outreach::OutreachCounters;
use shared::ids::OutreachCampaignId;
use shared::store::OutreachOutcome;

use crate::world::World;

#[tokio::test]
async fn a_copy_has_the_figures_of_the_original_only_if_it_is_told_to() {
    let world = World::new().await;
    let account = world.account();
    let id = account.outreach_campaign(&json!({})).await;
    let outcome = OutreachOutcome {
        campaign: OutreachCampaignId::parse(&id).unwrap(),
        counters: OutreachCounters { sent: 7, delivered: 6, ..OutreachCounters::default() },
        ..OutreachOutcome::default()
    };
    world.system.app.store.count_outreach(account.id, &outcome).await.unwrap();
    for (body, sent) in
        [(Value::Null, 0), (json!({"resetStatistics": true}), 0), (json!({"resetStatistics": false}), 7)]
    {
        let copy = account.v1("POST", &format!("campaigns/{id}/clone"), &body).await.success(201);
        let path = format!("campaigns/{}", copy["id"].as_str().unwrap());
        let shown = account.v1("GET", &path, &Value::Null).await.success(200);
        assert_eq!(shown["statistics"]["messagesSent"], sent, "{body}");
    }
    let wrong = json!({"resetStatistics": "yes"});
    let reply = account.v1("POST", &format!("campaigns/{id}/clone"), &wrong).await;
    assert_eq!((reply.failure().0, reply.faulty_fields()), (400, vec!["resetStatistics".to_owned()]));
}

#[tokio::test]
async fn a_campaign_with_the_longest_name_is_copied() {
    let world = World::new().await;
    let account = world.account();
    let id = account.outreach_campaign(&json!({"name": "x".repeat(200)})).await;
    let copy = account.v1("POST", &format!("campaigns/{id}/clone"), &Value::Null).await.success(201);
    assert_eq!(copy["name"], format!("{} (Copy)", "x".repeat(193)));
}
