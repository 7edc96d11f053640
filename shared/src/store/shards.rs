//! Over how many partitions things are spread, and which one somebody or something is in.

use std::hash::Hasher;

use crate::domain::outreach::NUMBER_ROWS;
use crate::ids::UserId;

/// Over how many partitions a campaign's leads are spread: a partition takes 1,000 writes a second.
pub(super) const LEAD_SHARDS: u64 = 16;

/// Over how many partitions an account's contacts are spread; planners walk them side by side.
pub const CONTACT_SHARDS: u64 = 64;

/// Over how many partitions what is due in one minute is spread.
pub const DUE_SHARDS: u64 = 8;

/// Over how many partitions the clicks on a campaign's links are counted: people click together, and two transactions
/// that move one counter at the same time wait for each other.
pub const CLICK_SHARDS: u64 = 8;

/// FNV-1a, because the layout is for ever and the standard library's hash may change.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// A number that stands for a text among a few thousand others.
#[must_use]
pub fn fingerprint(text: &str) -> u64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    hash.write(text.as_bytes());
    hash.finish()
}

/// Somebody's shard among so many.
pub(super) fn shard(user: UserId, shards: u64) -> u64 {
    shard_of(&user.0.to_be_bytes(), shards)
}

/// The shard of something due, by its id.
#[must_use]
pub fn due_shard(id: &str) -> u64 {
    shard_of(id.as_bytes(), DUE_SHARDS)
}

fn shard_of(bytes: &[u8], shards: u64) -> u64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    hash.write(bytes);
    hash.finish() % shards
}

/// The shard that has a person's contacts.
#[must_use]
pub fn contact_shard(user: UserId) -> u64 {
    shard(user, CONTACT_SHARDS)
}

/// The shard that counts a person's clicks.
pub(super) fn click_shard(user: UserId) -> u64 {
    shard(user, CLICK_SHARDS)
}

/// The row that numbers a person's entry in a contest.
pub(super) fn number_row(user: UserId) -> u64 {
    shard(user, NUMBER_ROWS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_spread_evenly_over_the_shards() {
        let mut counts = [0u32; 16];
        for user in 0..16_000 {
            counts[usize::try_from(shard(UserId(7_000_000_000 + user), 16)).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (800..1200).contains(count)), "{counts:?}");
    }
}
