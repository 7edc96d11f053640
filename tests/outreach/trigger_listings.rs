//! The list of what campaigns are sent by: it is as the campaigns are, from the answer of a change on.

use serde_json::{Value, json};
use shared::domain::lead_event::LeadStatus;
use shared::domain::outreach::{Holding, TRIGGERED_MAX, Template};
use shared::ids::{AccountId, OutreachCampaignId, TemplateId};
use shared::store::{HeldWrite, HoldingChange};

use super::triggers::welcoming;
use crate::world::{Account, World};

const ACCOUNT: AccountId = AccountId(1);

impl World {
    /// The campaigns that are listed, each with its statuses.
    async fn listed(&self) -> Vec<(String, Vec<LeadStatus>)> {
        let listings = self.system.app.store.trigger_listings(ACCOUNT).await.unwrap().into_iter();
        listings.map(|it| (it.campaign.to_string(), it.triggers.statuses.into_iter().collect())).collect()
    }
}

async fn put(account: &Account, campaign: &str, body: &Value) {
    account.v1("PUT", &format!("campaigns/{campaign}"), body).await.success(200);
}

#[tokio::test]
async fn who_joins_right_after_the_answer_of_an_activation_gets_the_campaign() {
    let world = World::hurrying().await;
    let scene = world.scene().await;
    // What there was a moment ago counts for nothing.
    world.joins(&scene).await;
    for round in 1..=3 {
        let campaign = welcoming(&scene.account, &json!({})).await;
        let user = world.joins(&scene).await;
        world.gets(user, 1).await;
        put(&scene.account, &campaign, &json!({"status": "paused"})).await;
        let user = world.joins(&scene).await;
        world.rests().await;
        assert_eq!(world.times(user), 0, "round {round}");
    }
}

#[tokio::test]
async fn a_campaign_is_listed_by_its_triggers_while_it_is_active_and_no_longer() {
    let world = World::hurrying().await;
    let account = world.account();
    world.reached(&account, 1, 1).await;
    let body = json!({"messages": [{"content": "x"}], "workflow": {"triggers": ["lead.approve"]}});
    let campaign = account.outreach_campaign(&body).await;
    let by = |statuses: &[LeadStatus]| vec![(campaign.clone(), statuses.to_vec())];
    assert_eq!(world.listed().await, [], "a draft");
    let without = json!({"workflow": {"triggers": ["manual"]}});
    let other = json!({"workflow": {"triggers": ["lead.hold", "lead.trash"]}});
    let steps = [
        (json!({"status": "active"}), by(&[LeadStatus::Approve])),
        (other, by(&[LeadStatus::Hold, LeadStatus::Trash])),
        (json!({"status": "paused"}), vec![]),
        (json!({"status": "active"}), by(&[LeadStatus::Hold, LeadStatus::Trash])),
        (without, vec![]),
        (json!({"workflow": {"triggers": ["lead.wait"]}}), by(&[LeadStatus::Wait])),
        (json!({"status": "cancelled"}), vec![]),
    ];
    for (change, expected) in steps {
        put(&account, &campaign, &change).await;
        assert_eq!(world.listed().await, expected, "{change}");
        let id = OutreachCampaignId::parse(&campaign).unwrap();
        let kept = world.system.app.store.outreach_campaign(ACCOUNT, &id).await.unwrap().unwrap();
        assert_eq!(kept.listed, !expected.is_empty(), "{change}");
    }
    account.v1("DELETE", &format!("campaigns/{campaign}"), &Value::Null).await.success(200);
    assert_eq!(world.listed().await, []);
}

#[tokio::test]
async fn an_end_date_takes_a_campaign_from_the_list() {
    let world = World::hurrying().await;
    let account = world.account();
    let clock = &world.system.app.clock;
    let end = shared::domain::calendar::iso_time(clock.now() + 3_600);
    let campaign = welcoming(&account, &json!({"endDate": end})).await;
    assert_eq!(world.listed().await.len(), 1);
    clock.advance_ms(3_601_000);
    let is_over = async || account.shown(&campaign).await["status"] == "completed";
    world.in_time("the campaign is over", is_over).await;
    assert_eq!(world.listed().await, []);
}

#[tokio::test]
async fn calls_that_meet_leave_the_list_as_the_campaigns_are() {
    let world = World::new().await;
    let account = world.account();
    let mut campaigns = Vec::new();
    for _ in 0..3 {
        campaigns.push(welcoming(&account, &json!({})).await);
    }
    for round in 0..4 {
        let calls = campaigns.iter().flat_map(|campaign| {
            let statuses =
                ["paused", "active", "paused", "active"].into_iter().map(|it| json!({"status": it}));
            let edits = ["lead.hold", "lead.approve"].map(|it| json!({"workflow": {"triggers": [it]}}));
            let path = format!("campaigns/{campaign}");
            statuses.chain(edits).map(move |body| (path.clone(), body))
        });
        let account = &account;
        let calls = calls.map(|(path, body)| async move { account.v1("PUT", &path, &body).await });
        futures::future::join_all(calls).await;
        let mut expected = Vec::new();
        for campaign in &campaigns {
            let shown = account.shown(campaign).await;
            if shown["status"] == "active" {
                let named = shown["workflow"]["triggers"][1].as_str().unwrap();
                let status = if named == "lead.hold" { LeadStatus::Hold } else { LeadStatus::Approve };
                expected.push((campaign.clone(), vec![status]));
            }
        }
        expected.sort();
        let mut listed = world.listed().await;
        listed.sort();
        assert_eq!(listed, expected, "round {round}");
    }
}

#[tokio::test]
async fn no_more_campaigns_with_triggers_are_active_than_may_be() {
    let world = World::new().await;
    let account = world.account();
    let document = json!({"name": "Kept", "content": "x"}).as_object().cloned().unwrap();
    let template = Template { id: TemplateId::of("1"), document, version: 1, created: 0, updated: 0 };
    let held = HoldingChange::made(Holding::Templates, 0).listing(TRIGGERED_MAX - 1);
    let store = &world.system.app.store;
    assert_eq!(store.create_template(ACCOUNT, &template, held).await.unwrap(), HeldWrite::Written);
    let first = welcoming(&account, &json!({})).await;
    let body = json!({"messages": [{"content": "x"}], "workflow": {"triggers": ["lead.approve"]}});
    let second = account.outreach_campaign(&body).await;
    let path = format!("campaigns/{second}");
    let refused = account.v1("PUT", &path, &json!({"status": "active"})).await;
    assert_eq!(refused.failure(), (400, "VALIDATION_ERROR".to_owned()));
    assert_eq!(refused.faulty_fields(), ["workflow.triggers"]);
    assert_eq!(account.shown(&second).await["status"], "draft");
    put(&account, &first, &json!({"workflow": {"triggers": ["lead.hold"]}})).await;
    put(&account, &first, &json!({"status": "paused"})).await;
    put(&account, &second, &json!({"status": "active"})).await;
    let refused = account.v1("PUT", &format!("campaigns/{first}"), &json!({"status": "active"})).await;
    assert_eq!(refused.faulty_fields(), ["workflow.triggers"]);
}

#[tokio::test]
async fn what_triggers_send_is_neither_tried_again_nor_taken_back_before_its_end() {
    let world = World::hurrying().await;
    let scene = world.scene().await;
    let account = &scene.account;
    let campaign = welcoming(account, &json!({})).await;
    let user = world.joins(&scene).await;
    world.gets(user, 1).await;
    world.rests().await;
    let id = world.triggered(&campaign).await.remove(0).id;
    let again = account.v1("POST", &format!("executions/{id}/retry-failed"), &Value::Null).await;
    assert_eq!(again.failure(), (409, "EXECUTION_TRIGGERED".to_owned()));
    let path = format!("campaigns/{campaign}/messages/delete");
    let refused = account.v1("POST", &path, &Value::Null).await;
    assert_eq!(refused.failure(), (409, "EXECUTION_TRIGGERED".to_owned()));
    put(account, &campaign, &json!({"status": "cancelled"})).await;
    account.v1("POST", &path, &Value::Null).await.success(202);
    let is_gone = async || world.times(user) == 0;
    world.in_time("the message is gone", is_gone).await;
}
