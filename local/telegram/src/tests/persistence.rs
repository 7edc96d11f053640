//! The state outlives the process.

use serde_json::json;

use crate::{ChatKind, NewChat, NewUser, Simulator, SimulatorOptions};

fn options(folder: &tempfile::TempDir) -> SimulatorOptions {
    SimulatorOptions { data_file: Some(folder.path().join("telegram.json")), public_url: String::new() }
}

#[tokio::test]
async fn bots_people_chats_messages_and_waiting_updates_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = Simulator::start(options(&folder)).unwrap();
    let bot = first.create_bot("shop_bot", "Shop");
    let chat =
        first.create_chat(NewChat { username: Some("news".into()), ..NewChat::new("N", ChatKind::Channel) });
    first.promote(bot.id, chat).unwrap();
    let anna = first.create_user(NewUser { is_premium: true, ..NewUser::named("Anna") });
    first.start_bot(anna, "shop_bot", "a-b").unwrap();
    first.stop().await;
    first.stop().await;

    let second = Simulator::start(options(&folder)).unwrap();
    assert_eq!(second.create_bot("shop_bot", "Other"), bot);
    assert_eq!(second.pending_updates(), 2);
    assert_eq!(second.chat(chat).unwrap().member_count, 2);
    assert_eq!(second.messages_in(anna)[0].text, "/start a-b");
    let boris = second.create_user(NewUser::named("Boris"));
    assert!(boris > anna, "ids are not given out twice");
    let made = second.start_bot(boris, "shop_bot", "").unwrap();
    assert_eq!(made[0].update_id, 100_000_003);
    second.stop().await;
}

#[tokio::test]
async fn the_state_is_on_disk_within_a_second_of_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let simulator = Simulator::start(options(&folder)).unwrap();
    simulator.create_user(NewUser::named("Anna"));
    tokio::time::sleep(std::time::Duration::from_millis(900)).await;
    let text = std::fs::read_to_string(folder.path().join("telegram.json")).unwrap();
    let state: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(state["users"].as_object().unwrap().len(), 1);
    simulator.stop().await;
}

#[tokio::test]
async fn a_broken_data_file_is_an_error_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("telegram.json");
    std::fs::write(&path, json!([1]).to_string()).unwrap();
    assert!(Simulator::start(options(&folder)).is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "[1]");
}
