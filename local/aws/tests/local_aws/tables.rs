//! Tables over restarts.

use aws_sdk_dynamodb::types::AttributeValue;
use local_aws::StartError;
use tempfile::TempDir;

use crate::world::{Plan, dynamodb, put};

const TEMPLATE: &str = "
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions:
        - {AttributeName: PK, AttributeType: S}
        - {AttributeName: value, AttributeType: N}
      KeySchema: [{AttributeName: PK, KeyType: HASH}]
      GlobalSecondaryIndexes:
        - IndexName: by_value
          KeySchema: [{AttributeName: value, KeyType: HASH}]
          Projection: {ProjectionType: KEYS_ONLY}
";

#[tokio::test]
async fn items_outlive_a_restart_and_the_index_finds_them() {
    let data = TempDir::new().unwrap();
    let cloud = Plan::new(TEMPLATE).durable().start_in(data.path()).await.unwrap();
    put(&cloud, "kept").await;
    cloud.stop().await;
    let cloud = Plan::new(TEMPLATE).durable().start_in(data.path()).await.unwrap();
    let query =
        dynamodb(&cloud).query().table_name(cloud.table_name("Table").unwrap()).index_name("by_value");
    let query = query.key_condition_expression("#v = :v").expression_attribute_names("#v", "value");
    let found = query.expression_attribute_values(":v", AttributeValue::N("1".into())).send().await.unwrap();
    assert_eq!(found.items()[0]["PK"], AttributeValue::S("kept".into()));
    cloud.stop().await;
}

#[tokio::test]
async fn a_table_of_another_layout_is_a_clear_error() {
    let data = TempDir::new().unwrap();
    let cloud = Plan::new(TEMPLATE).durable().start_in(data.path()).await.unwrap();
    cloud.stop().await;
    for changed in [
        TEMPLATE.replace("by_value", "by_amount"),
        TEMPLATE.replace("KEYS_ONLY", "ALL"),
        format!("{TEMPLATE}      StreamSpecification: {{StreamViewType: NEW_IMAGE}}\n"),
        format!("{TEMPLATE}      TimeToLiveSpecification: {{AttributeName: until, Enabled: true}}\n"),
    ] {
        let error = Plan::new(&changed).durable().start_in(data.path()).await.err().unwrap();
        assert!(matches!(&error, StartError::TableLayout { table, .. } if table == "Table"), "{error}");
    }
}

#[tokio::test]
async fn two_ephemeral_clouds_share_nothing() {
    let data = TempDir::new().unwrap();
    let first = Plan::new(TEMPLATE).start_in(data.path()).await.unwrap();
    let second = Plan::new(TEMPLATE).start_in(data.path()).await.unwrap();
    put(&first, "mine").await;
    let key = AttributeValue::S("mine".into());
    let found = dynamodb(&second).get_item().table_name("Table").key("PK", key).send().await.unwrap();
    assert_eq!(found.item, None);
    first.stop().await;
    second.stop().await;
    let left: Vec<_> =
        std::fs::read_dir(data.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["s3"], "nothing is written but objects");
}
