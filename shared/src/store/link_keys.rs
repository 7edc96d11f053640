//! The layout of what tracked links are made of, and of what is counted by them; a part of [`Key`].

use super::Key;
use super::count_keys::CountKey;
use crate::domain::outreach::LinkId;
use crate::ids::{AccountId, OutreachCampaignId, UserId};

/// What the sort keys of links begin with, and of their counters.
pub const LINKS: &str = "LINK#";

/// What the sort keys of invite links begin with, and of their counters.
pub const INVITATIONS: &str = "INVITE#";

/// What the sort keys of counters of variations begin with.
pub const VARIATIONS: &str = "VAR#";

/// One item's primary key.
#[derive(Clone, Copy, Debug)]
pub enum LinkKey<'a> {
    /// What tracked links of an account are sealed with.
    Secret(AccountId),
    /// A link of what an outreach campaign says, and where it leads; list by `begins_with(SK, "LINK#")`.
    Target(AccountId, &'a OutreachCampaignId, LinkId),
    /// The invite link of a text of an outreach campaign; list by `begins_with(SK, "INVITE#")`.
    Invitation(AccountId, &'a OutreachCampaignId, u32),
    /// That somebody joined by an invite link of an outreach campaign.
    Joined(AccountId, &'a OutreachCampaignId, UserId),
    /// The part of a counter of a campaign that one of [`super::CLICK_SHARDS`] shards of people moves, beside that counter.
    Clicked(u64, &'a Key<'a>),
}

impl<'a> Key<'a> {
    /// Where a link leads.
    #[must_use]
    pub const fn target(account: AccountId, campaign: &'a OutreachCampaignId, link: LinkId) -> Self {
        Self::Link(LinkKey::Target(account, campaign, link))
    }

    /// The part of a counter that one shard of people moves.
    #[must_use]
    pub const fn clicked(shard: u64, counter: &'a Self) -> Self {
        Self::Link(LinkKey::Clicked(shard, counter))
    }
}

impl LinkKey<'_> {
    /// The partition.
    #[must_use]
    pub fn partition(&self) -> String {
        match *self {
            Self::Secret(account) => Key::Account(account).partition(),
            Self::Target(account, campaign, _)
            | Self::Invitation(account, campaign, _)
            | Self::Joined(account, campaign, _) => {
                Key::Count(CountKey::Total(account, campaign)).partition()
            }
            Self::Clicked(shard, counter) => format!("{}#{shard}", counter.partition()),
        }
    }

    /// The place within the partition.
    #[must_use]
    pub fn sort(&self) -> String {
        match *self {
            Self::Secret(_) => "LINKKEY".to_owned(),
            Self::Target(_, _, link) => format!("{LINKS}{link}"),
            Self::Invitation(_, _, text) => format!("{INVITATIONS}{text:08x}"),
            Self::Joined(_, _, user) => format!("JOIN#{user}"),
            Self::Clicked(_, counter) => counter.sort(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_of_links_is_frozen() {
        let (account, campaign) = (AccountId(1), OutreachCampaignId::of("k3x9"));
        let target = Key::target(account, &campaign, LinkId(7));
        let total = Key::Count(CountKey::Total(account, &campaign));
        let keys = [
            target,
            Key::clicked(5, &target),
            Key::clicked(5, &total),
            Key::Link(LinkKey::Secret(account)),
            Key::Link(LinkKey::Invitation(account, &campaign, 7)),
            Key::Link(LinkKey::Joined(account, &campaign, UserId(7_000_000_001))),
        ];
        let spelled = keys.map(|key| format!("{} | {}", key.partition(), key.sort()));
        insta::assert_snapshot!(spelled.join("\n"), @r#"
        OSTAT#1.campk3x9 | LINK#0000000000000007
        OSTAT#1.campk3x9#5 | LINK#0000000000000007
        OSTAT#1.campk3x9#5 | TOTAL
        ACC#1 | LINKKEY
        OSTAT#1.campk3x9 | INVITE#00000007
        OSTAT#1.campk3x9 | JOIN#7000000001
        "#);
        assert!(Key::Count(CountKey::Variation(account, &campaign, "var1")).sort().starts_with(VARIATIONS));
    }
}
