//! A thousand people answer a survey.

use crate::outreach::survey_people::answer_all;

/// People; an unoptimized build asks a part of them.
const PEOPLE: usize = if cfg!(debug_assertions) { 300 } else { 1_000 };

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_people_are_understood_however_they_press() {
    let (presses, slowest) = answer_all(PEOPLE).await;
    println!("{presses} presses of {PEOPLE} people, the slowest answered within {slowest:?}");
}
