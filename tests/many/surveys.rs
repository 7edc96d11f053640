//! A thousand people answer a survey.

use crate::outreach::survey_people::answer_all;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_people_are_understood_however_they_press() {
    let (presses, slowest) = answer_all(1_000).await;
    println!("{presses} presses, the slowest answered within {slowest:?}");
}
