//! Joins and leaves whose updates never came.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use shared::domain::fact_clock::FactClock;
use shared::domain::journal::JournalAction;
use shared::domain::lead::LeaveKind;
use shared::domain::lead_event::LeadStatus;
use shared::domain::reconciliation::MissedFact;
use shared::ids::UserId;
use shared::store::{FactWrite, Lead};
use telegram_simulator::Faults;

use crate::world::{LOOK_AND_PIECES_MS, MemberChange, Scene, World, member_update};

/// Withholds this share of joins and of leaves.
fn withhold(world: &World, join: f64, leave: f64) {
    let faults = Faults {
        seed: 3,
        withhold_join_share: join,
        withhold_leave_share: leave,
        limits_off: true,
        ..Faults::default()
    };
    world.simulator.set_faults(faults);
}

/// A lead whose update of the last step never came, and all others did.
async fn silent_leave(world: &World, scene: &Scene) -> i64 {
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.delivered().await;
    scene.join(anna);
    world.settle().await;
    withhold(world, 0.0, 1.0);
    scene.leave(anna);
    withhold(world, 0.0, 0.0);
    anna
}

async fn leads(scene: &Scene, people: &[i64]) -> BTreeMap<i64, Lead> {
    let mut leads = BTreeMap::new();
    for user in people {
        leads.insert(*user, scene.lead(*user).await.unwrap());
    }
    leads
}

/// Whoever is not where Telegram says: in the chat and not approved, or the other way round.
async fn drift(scene: &Scene, people: &[i64]) -> BTreeSet<i64> {
    let (present, leads) = (scene.present(), leads(scene, people).await);
    let is_in = |lead: &Lead| lead.facts.status() == Some(LeadStatus::Approve);
    leads.iter().filter(|(user, lead)| is_in(lead) != present.contains(user)).map(|(user, _)| *user).collect()
}

/// The first pass of a bot, by the clock alone: its look begins the pass, and the pieces follow.
async fn pass_by_the_clock(world: &World, scene: &Scene) {
    let mut rounds = 0;
    loop {
        world.pass_time(LOOK_AND_PIECES_MS).await;
        let check = scene.bot_check().await;
        if check.pass_begun > 0 && check.place.is_none() {
            return;
        }
        rounds += 1;
        assert!(rounds < 20, "a pass does not end");
    }
}

/// Starts and joins of this many people, half of whom leave again; the last few come back.
async fn many_lives(world: &World, scene: &Scene, count: usize) -> Vec<i64> {
    let people: Vec<_> = (0..count).map(|number| world.person(&format!("P{number}"))).collect();
    for user in &people {
        scene.start(*user, "c1");
    }
    world.settle_within(Duration::from_secs(180)).await;
    // Everybody is found outside once: who is inside without that may have been there before.
    pass_by_the_clock(world, scene).await;
    for user in &people[..count - 5] {
        scene.join(*user);
    }
    world.settle_within(Duration::from_secs(180)).await;
    for user in &people[..count / 2] {
        scene.leave(*user);
    }
    world.settle_within(Duration::from_secs(180)).await;
    for user in &people[..10] {
        scene.join(*user);
    }
    world.settle_within(Duration::from_secs(180)).await;
    people
}

#[tokio::test]
async fn with_updates_withheld_one_pass_later_every_lead_is_where_telegram_says() {
    let (world, _) = World::ahead().await;
    let scene = world.scene().await;
    withhold(&world, 0.05, 0.05);
    let people = many_lives(&world, &scene, 80).await;
    let withheld = world.simulator.withheld_updates();
    let (drifted, before) = (drift(&scene, &people).await, leads(&scene, &people).await);
    let present = scene.present();
    let (inside, outside): (Vec<i64>, Vec<i64>) = drifted.iter().partition(|user| present.contains(user));
    assert!(!inside.is_empty() && !outside.is_empty(), "{withheld}: {inside:?} {outside:?}");
    withhold(&world, 0.0, 0.0);

    scene.whole_pass(&world).await;
    assert!(drift(&scene, &people).await.is_empty());
    for (user, lead) in leads(&scene, &people).await {
        if !drifted.contains(&user) {
            assert_eq!(lead, before[&user], "a lead that nothing happened to is left alone");
        }
    }
    let ids: BTreeSet<_> = world.postbacks().into_iter().map(|told| told.header_id).collect();
    assert_eq!(ids.len(), world.postbacks().len(), "no postback is told twice");
    let found = scene.journal().await.iter().filter(|row| row.reconciled).count();
    assert_eq!(found, drifted.len(), "one fact for each lead that was adrift");
    let [starts, _, unsubs] = scene.counters().await;
    let gone = people[..75].iter().filter(|user| !present.contains(user)).count();
    assert_eq!(starts, 80);
    assert!(usize::try_from(unsubs).unwrap() <= gone && drift(&scene, &people).await.is_empty());

    let (settled, told) = (leads(&scene, &people).await, world.events().len());
    scene.whole_pass(&world).await;
    assert_eq!(
        (leads(&scene, &people).await, world.events().len()),
        (settled, told),
        "nothing is left to find"
    );
}

#[tokio::test]
async fn of_two_pieces_that_overlap_the_first_that_ends_moves_the_pass() {
    let (world, clock) = World::ahead().await;
    let scene = world.scene().await;
    clock.advance_ms(86_400_000);
    scene.look(&world).await;
    let (store, bot, now_ms) = (&world.system.app.store, scene.bot_key(), clock.now_ms());
    let claim =
        async |now_ms: i64| store.claim_piece(bot, now_ms, now_ms - 10_000).await.unwrap().unwrap().place;
    let (first, second) = (claim(now_ms).await.unwrap(), claim(now_ms + 12_000).await.unwrap());
    assert_eq!(first, second, "Telegram is slow, and the first piece is not over");
    store.note_piece(bot, first, Some(first.next_campaign())).await.unwrap();
    store.note_piece(bot, second, None).await.unwrap();
    assert_eq!(scene.bot_check().await.place, Some(first.next_campaign()));
}

#[tokio::test]
async fn a_missed_leave_is_told_counted_and_marked_in_the_journal() {
    let (world, _) = World::ahead().await;
    let scene = world.scene().await;
    let anna = silent_leave(&world, &scene).await;
    assert_eq!((scene.status(anna).await, world.events().len()), (Some(LeadStatus::Approve), 2));
    scene.whole_pass(&world).await;
    assert_eq!(world.events(), ["wait", "approve", "cancel"]);
    assert_eq!((scene.status(anna).await, scene.counters().await), (Some(LeadStatus::Cancel), [1, 1, 1]));
    let path = format!("/api/journal/list.json?bot=1&chat={}", scene.chat);
    let rows = scene.account.get(&path).await.data();
    let marks: Vec<_> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["action"].clone(), row["reconciled"].clone()))
        .collect();
    assert_eq!(marks, [(3.into(), 1.into()), (2.into(), 0.into())]);
    scene.whole_pass(&world).await;
    assert_eq!((world.events().len(), scene.journal().await.len()), (3, 2), "a second pass finds nothing");
}

#[tokio::test]
async fn who_may_have_been_in_the_chat_before_they_pressed_start_stays_in_wait() {
    let (world, _) = World::ahead().await;
    let scene = world.scene().await;
    withhold(&world, 1.0, 0.0);
    let (before, after) = (world.person("Anna"), world.person("Bert"));
    scene.join(before);
    scene.start(before, "c1");
    scene.start(after, "c2");
    world.settle().await;
    scene.whole_pass(&world).await;
    scene.join(after);
    for _ in 0..2 {
        scene.whole_pass(&world).await;
        assert_eq!(scene.status(before).await, Some(LeadStatus::Wait));
        assert_eq!(scene.status(after).await, Some(LeadStatus::Approve));
    }
    assert_eq!(world.events(), ["wait", "wait", "approve"]);
}

#[tokio::test]
async fn missed_joins_of_those_who_started_asked_or_left_are_approved() {
    let (world, _) = World::ahead().await;
    let scene = world.setting().closed().set_up().await;
    let (started, asked) = (world.person("Anna"), world.person("Bert"));
    for user in [started, asked] {
        scene.start(user, "c1");
        world.delivered().await;
    }
    world.simulator.request_to_join(asked, scene.chat).unwrap();
    world.settle().await;
    scene.whole_pass(&world).await;
    withhold(&world, 1.0, 0.0);
    world.simulator.approve_request(asked, scene.chat).unwrap();
    // Nobody is told of the request either: the owner adds them by hand.
    world.simulator.request_to_join(started, scene.chat).unwrap();
    world.simulator.approve_request(started, scene.chat).unwrap();
    world.settle().await;
    withhold(&world, 0.0, 0.0);
    scene.whole_pass(&world).await;
    for user in [started, asked] {
        assert_eq!(scene.status(user).await, Some(LeadStatus::Approve));
    }
    withhold(&world, 0.0, 1.0);
    scene.leave(started);
    scene.whole_pass(&world).await;
    assert_eq!(scene.status(started).await, Some(LeadStatus::Cancel));
    assert_eq!(world.events().iter().filter(|event| *event == "approve").count(), 2);
}

#[tokio::test]
async fn a_ban_that_nobody_told_is_trash_and_a_restricted_member_is_a_member() {
    let (world, _) = World::ahead().await;
    let scene = world.scene().await;
    let (banned, restricted, gone) = (world.person("Anna"), world.person("Bert"), world.person("Cleo"));
    for user in [banned, restricted, gone] {
        scene.start(user, "c1");
        world.delivered().await;
        scene.join(user);
        world.delivered().await;
    }
    world.settle().await;
    withhold(&world, 1.0, 1.0);
    world.simulator.ban(banned, scene.chat).unwrap();
    for user in [restricted, gone] {
        world.simulator.restrict(user, scene.chat).unwrap();
    }
    scene.leave(gone);
    scene.whole_pass(&world).await;
    assert_eq!(scene.status(banned).await, Some(LeadStatus::Trash));
    assert_eq!(scene.status(restricted).await, Some(LeadStatus::Approve));
    assert_eq!(scene.status(gone).await, Some(LeadStatus::Cancel));
    let kick = scene.journal().await.into_iter().find(|row| row.user.0 == banned && row.reconciled);
    assert_eq!(kick.map(|row| row.action), Some(JournalAction::Kick));
}

#[tokio::test]
async fn an_update_that_comes_late_undoes_nothing_and_one_of_the_same_second_wins() {
    let (world, _) = World::ahead().await;
    let scene = world.scene().await;
    let anna = silent_leave(&world, &scene).await;
    scene.whole_pass(&world).await;
    let found = scene.lead(anna).await.unwrap();
    let leave = found.facts.leave.unwrap().clock;
    assert_eq!(found.reconciled.leave, Some(leave));
    let late = member_update(200_000_001, leave.date - 1, MemberChange::leave(anna, scene.chat));
    assert_eq!(world.deliver(&scene.bot, &late).await.code, 200);
    world.settle().await;
    assert_eq!(scene.lead(anna).await.unwrap().facts, found.facts);
    assert_eq!(world.events(), ["wait", "approve", "cancel"], "the leave is not told twice");

    let join = member_update(200_000_002, leave.date, MemberChange::join(anna, scene.chat));
    assert_eq!(world.deliver(&scene.bot, &join).await.code, 200);
    world.settle().await;
    assert_eq!(scene.status(anna).await, Some(LeadStatus::Approve));
    let again = member_update(200_000_003, leave.date + 1, MemberChange::leave(anna, scene.chat));
    assert_eq!(world.deliver(&scene.bot, &again).await.code, 200);
    world.settle().await;
    let rows = scene.journal().await;
    assert_eq!(rows.iter().filter(|row| row.reconciled).count(), 1, "what an update told is not marked");
    assert_eq!(world.events(), ["wait", "approve", "cancel", "approve", "cancel"]);
}

#[tokio::test]
async fn a_paused_campaign_follows_what_happens_and_a_deleted_one_does_not() {
    let (world, _) = World::ahead().await;
    let scene = world.scene().await;
    let anna = silent_leave(&world, &scene).await;
    let pause = serde_json::json!({"id": 1, "pause": 1});
    scene.account.post_json("/api/camp/pause.json", &pause).await;
    scene.whole_pass(&world).await;
    assert_eq!((scene.status(anna).await, world.events().len()), (Some(LeadStatus::Cancel), 2));

    let other = world.setting().bot("otherbot").set_up().await;
    let bert = silent_leave(&world, &other).await;
    other.account.post_json("/api/camp/del.json", &serde_json::json!({"id": 2})).await;
    let before = world.calls_of("getChatMember");
    other.whole_pass(&world).await;
    assert_eq!(other.status(bert).await, Some(LeadStatus::Approve));
    assert_eq!(world.calls_of("getChatMember"), before);
}

#[tokio::test]
async fn what_an_update_tells_between_the_question_and_the_write_stands() {
    let (world, clock) = World::ahead().await;
    let scene = world.scene().await;
    let anna = world.person("Anna");
    scene.start(anna, "c1");
    world.delivered().await;
    scene.join(anna);
    world.settle().await;
    let seen = scene.lead(anna).await.unwrap().facts;
    let left = member_update(200_000_001, clock.now(), MemberChange::leave(anna, scene.chat));
    let back = member_update(200_000_002, clock.now(), MemberChange::join(anna, scene.chat));
    for update in [left, back] {
        assert_eq!(world.deliver(&scene.bot, &update).await.code, 200);
    }
    world.settle().await;
    let (store, asked) = (&world.system.app.store, FactClock::last_of_second(clock.now()));
    let missed = MissedFact::Leave(LeaveKind::Left);
    let written = store.record_missed(scene.campaign, UserId(anna), missed, asked, &seen).await.unwrap();
    assert_eq!((written, scene.status(anna).await), (FactWrite::Known, Some(LeadStatus::Approve)));
}
