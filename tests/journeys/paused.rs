use shared::clock::Clock;
use shared::domain::campaign::CampaignStatus;
use shared::domain::lead_event::LeadStatus;

use super::pairs;
use crate::world::World;

/// How long the webhook may go on with what it knows of a campaign.
const CACHE_MS: i64 = 5_000;

#[tokio::test]
async fn a_paused_campaign_makes_no_leads_and_tells_nothing_but_its_leads_still_move() {
    let clock = Clock::manual(Clock::System.now_ms());
    let world = World::with(|options| options.clock = clock.clone()).await;
    let scene = world.scene().await;
    let (anna, bert) = (world.person("Anna"), world.person("Bert"));
    scene.start(anna, "c1");
    world.settle().await;

    let store = &world.system.app.store;
    assert!(store.set_campaign_status(scene.campaign, CampaignStatus::Paused).await.unwrap());
    clock.advance_ms(CACHE_MS + 1);
    scene.start(bert, "c2");
    scene.join(anna);
    world.settle().await;
    assert_eq!(scene.detail().await.data()["status"], 1);
    assert_eq!(scene.lead(bert).await, None);
    let polite = "Hello! There is nothing to join through this link right now. Please try again later.";
    assert_eq!(world.messages(bert), [polite]);
    assert_eq!(scene.status(anna).await, Some(LeadStatus::Approve));
    assert_eq!(scene.counters().await, [1, 1, 0]);
    assert_eq!(world.told(), pairs(&[("wait", "c1")]));

    assert!(store.set_campaign_status(scene.campaign, CampaignStatus::Active).await.unwrap());
    clock.advance_ms(CACHE_MS + 1);
    scene.leave(anna);
    scene.start(bert, "c3");
    world.settle().await;
    let mut told = world.told();
    told.sort();
    assert_eq!(told, pairs(&[("cancel", "c1"), ("wait", "c1"), ("wait", "c3")]));
}
