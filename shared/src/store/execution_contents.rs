//! What an execution sends: joined with its templates when it began, and kept with it, whatever is edited or deleted later.

use aws_sdk_dynamodb::types::TransactWriteItem;
use serde::{Deserialize, Serialize};

use super::access::put_step;
use super::keys::CONTENTS;
use super::shards::fingerprint;
use super::{Key, Store};
use crate::domain::outreach::MessageContent;
use crate::error::{AppError, AppResult};
use crate::ids::{AccountId, ExecutionId};

/// An item takes 400 kB.
const PIECE_BYTES: usize = 300_000;

/// A piece of the text that an execution's messages are kept as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ContentPiece {
    /// How many pieces there are; others are left from a longer text.
    pieces: usize,
    /// The same in all pieces of one text.
    digest: u64,
    text: String,
}

impl Store {
    /// What an execution sends: every message in its order, as it was when the execution began, or as it was reworded while
    /// that was paused. `None` before it began.
    ///
    /// # Errors
    ///
    /// [`AppError::Unavailable`], safe to retry; also while it is being reworded.
    pub async fn execution_content(
        &self,
        account: AccountId,
        id: &ExecutionId,
    ) -> AppResult<Option<Vec<MessageContent>>> {
        let partition = Key::Execution(account, id).partition();
        let pieces: Vec<ContentPiece> = self.query(partition, CONTENTS).await?;
        if pieces.is_empty() {
            return Ok(None);
        }
        let text = joined(&pieces).ok_or_else(|| AppError::unavailable("a content has pieces of another"))?;
        let content = serde_json::from_str(&text);
        content.map(Some).map_err(|error| AppError::unavailable(format!("a content does not read: {error}")))
    }

    /// What keeping the content of an execution is in a transaction.
    pub(super) fn content_steps(
        &self,
        account: AccountId,
        id: &ExecutionId,
        content: &[MessageContent],
    ) -> AppResult<Vec<TransactWriteItem>> {
        let text = serde_json::to_string(content);
        let text =
            text.map_err(|error| AppError::unavailable(format!("a content does not write: {error}")))?;
        let put = |(number, piece): (u64, ContentPiece)| {
            put_step(self.new_item(&Key::ExecutionContent(account, id, number), &piece)?)
        };
        (0..).zip(pieces(&text, PIECE_BYTES)).map(put).collect()
    }
}

/// A text in pieces of at most so many bytes.
fn pieces(text: &str, size_bytes: usize) -> Vec<ContentPiece> {
    let (mut rest, mut parts) = (text, Vec::new());
    while !rest.is_empty() {
        let (part, left) = rest.split_at(rest.floor_char_boundary(size_bytes));
        parts.push(part);
        rest = left;
    }
    let (pieces, digest) = (parts.len(), fingerprint(text));
    let piece = |part: &str| ContentPiece { pieces, digest, text: part.to_owned() };
    parts.into_iter().map(piece).collect()
}

/// The text of the first pieces; `None` if they are not all of one text.
fn joined(rows: &[ContentPiece]) -> Option<String> {
    let first = rows.first()?;
    let own = rows.get(..first.pieces)?;
    let text: String = own.iter().map(|piece| piece.text.as_str()).collect();
    own.iter().all(|piece| piece.digest == first.digest).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_pieces_reads_as_it_was() {
        let text = "Grüße 🌞 ".repeat(9);
        for size_bytes in [4, 7, 50, 1_000] {
            let cut = pieces(&text, size_bytes);
            assert!(cut.iter().all(|piece| (1..=size_bytes).contains(&piece.text.len())), "{size_bytes}");
            assert_eq!(joined(&cut).as_deref(), Some(text.as_str()), "{size_bytes}");
        }
    }

    #[test]
    fn what_a_longer_text_left_is_let_be_and_a_mixture_is_nothing() {
        let (long, short) = (pieces("a long text", 3), pieces("short", 3));
        let mut rows = long.clone();
        rows[..short.len()].clone_from_slice(&short);
        assert_eq!(joined(&rows).as_deref(), Some("short"));
        rows[0] = long[0].clone();
        assert_eq!(joined(&rows), None);
        assert_eq!(joined(&long[..2]), None, "the end is not there");
    }
}
