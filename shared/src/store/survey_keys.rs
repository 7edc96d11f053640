//! The layout of what people answer to surveys, and of what is counted of it; a part of [`Key`].

use super::Key;
use super::shards::click_shard;
use crate::ids::{AccountId, OutreachCampaignId, UserId};

/// What the sort keys of lines of people begin with.
pub const PEOPLE: &str = "USER#";

/// One item's primary key.
#[derive(Clone, Copy, Debug)]
pub enum SurveyKey<'a> {
    /// Get or move what a person answers to a survey, or to a test of it; all of a person's lie in one partition.
    Reply {
        /// Whose campaign.
        account: AccountId,
        /// Who.
        user: UserId,
        /// Which campaign.
        campaign: &'a OutreachCampaignId,
        /// Whether a test asked.
        test: bool,
    },
    /// That a person answered; list one of [`super::CLICK_SHARDS`] shards of a campaign by `begins_with(SK, "USER#")`.
    Line(AccountId, &'a OutreachCampaignId, UserId),
    /// What is counted of one of those shards.
    Counts(AccountId, &'a OutreachCampaignId, u64),
}

impl<'a> Key<'a> {
    /// What a person answers to a survey.
    #[must_use]
    pub const fn reply(
        account: AccountId,
        user: UserId,
        campaign: &'a OutreachCampaignId,
        test: bool,
    ) -> Self {
        Self::Survey(SurveyKey::Reply { account, user, campaign, test })
    }
}

impl SurveyKey<'_> {
    /// The partition.
    #[must_use]
    pub fn partition(&self) -> String {
        match *self {
            Self::Reply { account, user, .. } => replies_of(account, user),
            Self::Line(account, campaign, user) => people_of(account, campaign, click_shard(user)),
            Self::Counts(account, campaign, shard) => people_of(account, campaign, shard),
        }
    }

    /// The place within the partition.
    #[must_use]
    pub fn sort(&self) -> String {
        match *self {
            Self::Reply { campaign, test: false, .. } => campaign.to_string(),
            Self::Reply { campaign, test: true, .. } => format!("{campaign}#TEST"),
            Self::Line(_, _, user) => format!("{PEOPLE}{user}"),
            Self::Counts(..) => "COUNTS".to_owned(),
        }
    }
}

/// The partition of all that a person answered.
#[must_use]
pub fn replies_of(account: AccountId, user: UserId) -> String {
    format!("SURVEYOF#{account}#{user}")
}

/// The partition of one shard of those who answered a campaign.
#[must_use]
pub fn people_of(account: AccountId, campaign: &OutreachCampaignId, shard: u64) -> String {
    format!("SURVEY#{account}.{campaign}#{shard}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_of_surveys_is_frozen() {
        let (account, campaign) = (AccountId(1), OutreachCampaignId::of("k3x9"));
        let user = UserId(7_000_000_001);
        let keys = [
            Key::reply(account, user, &campaign, false),
            Key::reply(account, user, &campaign, true),
            Key::Survey(SurveyKey::Line(account, &campaign, user)),
            Key::Survey(SurveyKey::Counts(account, &campaign, 3)),
        ];
        let spelled = keys.map(|key| format!("{} | {}", key.partition(), key.sort()));
        insta::assert_snapshot!(spelled.join("\n"), @r#"
        SURVEYOF#1#7000000001 | campk3x9
        SURVEYOF#1#7000000001 | campk3x9#TEST
        SURVEY#1.campk3x9#3 | USER#7000000001
        SURVEY#1.campk3x9#3 | COUNTS
        "#);
    }
}
