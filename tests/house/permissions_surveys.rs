//! The calls that are about surveys, for the comparison of policies with calls.

use serde_json::json;
use telegram_simulator::{Faults, Refusal};

use crate::world::{Account, World};

/// Longer than a file may be that is answered as it is, in characters of one answer.
const WORDS: usize = 2_000;

/// Somebody answers, while Telegram wants a moment of silence, and what they said is read.
pub async fn answer_questions(world: &World, account: &Account, (bot, tg): (u64, i64), user: i64) {
    let campaign = account.survey(&json!({"targetAudience": {"bots": [bot]}})).await;
    let execution = account.execute(&campaign, &json!({})).await;
    world.ended(account.id, &execution).await;
    let methods = vec!["sendMessage".to_owned()];
    let refusal = Refusal { code: 429, retry_after: Some(1), next: 1, methods, ..Refusal::default() };
    world.simulator.set_faults(Faults { refuse: vec![refusal], ..Faults::default() });
    world.tap(user, "Riga", 1).await;
    world.says(user, "Q2").await;
    world.simulator.send_text(user, tg, &"x".repeat(WORDS)).unwrap();
    world.says(user, "Q3").await;
    assert_eq!(account.answers(&campaign, "").await.len(), 1);
    world.answered_alike((account.id, &campaign), 300, (&"x".repeat(WORDS), 5)).await;
    assert_eq!(account.answers_file(&campaign).await.code, 302);
}
