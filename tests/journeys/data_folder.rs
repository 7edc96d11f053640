use local::faults::AwsFaults;
use local::{StartError, System};

use crate::world::ephemeral;

#[tokio::test]
async fn two_systems_never_share_a_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let options = ephemeral(folder.path(), &AwsFaults::default());
    let first = System::start(options.clone()).await.unwrap();
    assert!(matches!(System::start(options.clone()).await, Err(StartError::Data { .. })));
    first.stop().await;
    System::start(options).await.unwrap().stop().await;
}
