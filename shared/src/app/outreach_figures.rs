//! What was counted of a campaign's texts and of the links in them.

use std::collections::BTreeMap;

use super::App;
use crate::domain::outreach::{OutreachCampaign, OutreachCounters, TimeUnit};
use crate::error::AppResult;
use crate::ids::{AccountId, OutreachCampaignId};
use crate::store::LinkFigures;

/// Which text of a campaign something is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextName {
    /// The message; `None` if the campaign has the text no more.
    pub message: Option<String>,
    /// The variation; `None` for the message's own text.
    pub variation: Option<String>,
}

/// Figures by text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextFigures {
    /// Of those who got it.
    pub counters: Vec<(TextName, OutreachCounters)>,
    /// Of the links in it.
    pub links: Vec<(TextName, LinkFigures)>,
    /// The invite links of a campaign that invites, each with how many people joined by it.
    pub invited: Option<Vec<(TextName, String, u64)>>,
}

impl App {
    /// A campaign's counters by time, those who clicked included, oldest first.
    pub(super) async fn outreach_timeline(
        &self,
        account: AccountId,
        id: &OutreachCampaignId,
        unit: TimeUnit,
        range: (i64, i64),
    ) -> AppResult<Vec<(String, OutreachCounters)>> {
        let sent = self.store.outreach_series(account, id, unit, range).await?;
        let clicked = self.store.clicked_series(account, id, unit, range).await?;
        let mut sums: BTreeMap<String, OutreachCounters> = BTreeMap::new();
        for (begin, counters) in sent.into_iter().chain(clicked) {
            let sum = sums.entry(begin).or_default();
            *sum = sum.plus(counters);
        }
        Ok(sums.into_iter().collect())
    }

    /// What was counted by text and by link, in the order of the campaign's texts; what it has no more comes last.
    pub(super) async fn figures_by_text(
        &self,
        account: AccountId,
        campaign: &OutreachCampaign,
    ) -> AppResult<TextFigures> {
        let mut counted = self.store.outreach_by_variation(account, &campaign.id).await?;
        let mut links = self.store.link_figures(account, &campaign.id).await?;
        links.sort_by(|one, other| one.link.url.cmp(&other.link.url));
        let mut texts = texts_of(campaign)?;
        let named = |id: &String| texts.iter().any(|(known, _)| known == id);
        let gone: Vec<_> = counted.keys().filter(|id| !named(id)).cloned().collect();
        texts.extend(gone.into_iter().map(|id| {
            let name = TextName { message: None, variation: Some(id.clone()) };
            (id, name)
        }));
        let of_links = texts.iter().flat_map(|(id, name)| {
            let own = links.iter().filter(move |figures| figures.link.variation == *id);
            own.map(move |figures| (name.clone(), figures.clone()))
        });
        let links = of_links.collect();
        let invited = self.invited(account, campaign, &texts).await?;
        let of_texts = texts.into_iter().map(|(id, name)| (name, counted.remove(&id).unwrap_or_default()));
        Ok(TextFigures { counters: of_texts.collect(), links, invited })
    }
}

/// The ids by which a campaign's texts are counted, in their order.
fn texts_of(campaign: &OutreachCampaign) -> AppResult<Vec<(String, TextName)>> {
    let mut texts = Vec::new();
    for message in campaign.body()?.messages {
        let of_message = |variation| TextName { message: Some(message.id.clone()), variation };
        texts.push((message.id.clone(), of_message(None)));
        let variations = message.variations.iter();
        texts.extend(variations.map(|it| (it.id.clone(), of_message(Some(it.id.clone())))));
    }
    Ok(texts)
}
