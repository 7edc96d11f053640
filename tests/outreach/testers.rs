//! Whom test executions go to.

use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn testers_are_set_and_shown_each_once_to_their_account_alone() {
    let world = World::new().await;
    let (account, stranger) = (world.account(), world.another_account().await);
    let none = json!({"testers": []});
    assert_eq!(account.v1("GET", "testers", &Value::Null).await.success(200), none);
    let set = json!({"testers": ["7000000002", "7000000001", "7000000002"]});
    let kept = json!({"testers": ["7000000002", "7000000001"]});
    assert_eq!(account.v1("PUT", "testers", &set).await.success(200), kept);
    assert_eq!(account.v1("GET", "testers", &Value::Null).await.success(200), kept);
    assert_eq!(stranger.v1("GET", "testers", &Value::Null).await.success(200), none);
    assert_eq!(account.v1("PUT", "testers", &none).await.success(200), none);
    assert_eq!(account.v1("GET", "testers", &Value::Null).await.success(200), none);
}

#[tokio::test]
async fn what_is_no_list_of_user_ids_is_refused() {
    let world = World::new().await;
    let account = world.account();
    let many: Vec<_> = (1..=51).map(|id| id.to_string()).collect();
    for testers in
        [json!(null), json!("1"), json!([1]), json!(["x"]), json!(["-5"]), json!(["0"]), json!(many)]
    {
        let reply = account.v1("PUT", "testers", &json!({"testers": testers})).await;
        assert_eq!(reply.failure(), (400, "VALIDATION_ERROR".to_owned()), "{testers}");
        assert_eq!(reply.faulty_fields(), ["testers"], "{testers}");
    }
}
