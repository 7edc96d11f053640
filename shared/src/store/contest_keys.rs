//! The layout of contests; a part of [`super::Key`].

use crate::domain::outreach::place_of;
use crate::ids::{AccountId, OutreachCampaignId, UserId};

/// What the sort keys of entries begin with.
pub const ENTRIES: &str = "ENTRY#";

/// One item's primary key.
#[derive(Clone, Copy, Debug)]
pub enum ContestKey<'a> {
    /// Get or move the contest of an outreach campaign.
    Contest(AccountId, &'a OutreachCampaignId),
    /// How many entries one row has, and whether it takes more; lies with them.
    Row(AccountId, &'a OutreachCampaignId, u64),
    /// Get or make one entry by its number; list a row's by `begins_with(SK, "ENTRY#")`, in the order of their numbers.
    Entry(AccountId, &'a OutreachCampaignId, u64),
    /// That somebody has an entry, and its number, in the row of the person.
    Entrant(AccountId, &'a OutreachCampaignId, UserId),
}

impl ContestKey<'_> {
    /// The partition.
    #[must_use]
    pub fn partition(&self) -> String {
        match self {
            Self::Contest(account, campaign) => format!("CONTEST#{account}.{campaign}"),
            Self::Row(account, campaign, row) => row_partition(*account, campaign, *row),
            Self::Entry(account, campaign, number) => row_partition(*account, campaign, place_of(*number).0),
            Self::Entrant(account, campaign, user) => {
                row_partition(*account, campaign, super::shards::number_row(*user))
            }
        }
    }

    /// The place within the partition.
    #[must_use]
    pub fn sort(&self) -> String {
        match self {
            Self::Contest(..) => "CONTEST".to_owned(),
            Self::Row(..) => "ROW".to_owned(),
            Self::Entry(_, _, number) => format!("{ENTRIES}{number:012}"),
            Self::Entrant(_, _, user) => format!("PERSON#{user}"),
        }
    }
}

fn row_partition(account: AccountId, campaign: &OutreachCampaignId, row: u64) -> String {
    format!("CONTEST#{account}.{campaign}#{row}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Key;

    #[test]
    fn the_layout_of_contests_is_frozen() {
        let (account, campaign) = (AccountId(1), OutreachCampaignId::of("k3x9"));
        let keys = [
            ContestKey::Contest(account, &campaign),
            ContestKey::Row(account, &campaign, 15),
            ContestKey::Entry(account, &campaign, 33),
            ContestKey::Entrant(account, &campaign, UserId(7_000_000_001)),
        ];
        let keys = keys.map(Key::Contest).map(|key| format!("{} | {}", key.partition(), key.sort()));
        insta::assert_snapshot!(keys.join("\n"), @r#"
        CONTEST#1.campk3x9 | CONTEST
        CONTEST#1.campk3x9#15 | ROW
        CONTEST#1.campk3x9#0 | ENTRY#000000000033
        CONTEST#1.campk3x9#3 | PERSON#7000000001
        "#);
    }
}
