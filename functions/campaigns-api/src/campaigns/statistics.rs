//! `GET /api/v1/campaigns/:id/statistics`

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use shared::app::{HoldOut, OutreachPeriod, OutreachStatistics, TextName};
use shared::domain::outreach::{LiftGroup, OutreachCounters, amount, rate, stars};
use shared::edge::campaigns_api::{Call, invalid};
use shared::edge::envelope::Answered;
use shared::store::{EndpointFigures, LinkFigures};
use shared::{App, AppResult};

use super::{contest, named};
use crate::surveys::figures;

const PERIODS: [(&str, OutreachPeriod); 5] = [
    ("1h", OutreachPeriod::Hour),
    ("24h", OutreachPeriod::Day),
    ("7d", OutreachPeriod::Days(7)),
    ("30d", OutreachPeriod::Days(30)),
    ("all", OutreachPeriod::All),
];

/// Sections, and the fields of those that have some of their own.
const SECTIONS: [(&str, &[&str]); 8] = [
    (
        "overview",
        &[
            "messagesSent",
            "delivered",
            "read",
            "clicked",
            "converted",
            "revenue",
            "revenueByCurrency",
            "starsSpent",
        ],
    ),
    ("performance", &["deliveryRate", "readRate", "clickRate", "conversionRate"]),
    ("timeline", &[]),
    ("segments", &[]),
    ("holdout", &[]),
    ("variations", &[]),
    ("links", &[]),
    ("results", &["invitation", "contest", "survey", "custom"]),
];

/// What the numbers of the overview can be relied on for.
const QUALITY: [(&str, &str); 6] = [
    ("messagesSent", "exact"),
    ("delivered", "exact"),
    ("read", "lower_bound"),
    ("clicked", "near_exact"),
    ("converted", "exact"),
    ("revenue", "as_reported"),
];

/// What was counted of a campaign.
///
/// # Errors
///
/// - [`shared::AppError::Invalid`] for a period or a metric that is not known.
/// - As [`App::outreach_statistics`].
pub async fn statistics(app: &App, call: Call) -> AppResult<Answered<Map<String, Value>>> {
    let id = named(&call)?;
    let period = call.word("period", &PERIODS)?.unwrap_or(OutreachPeriod::All);
    let asked = asked_metrics(&call)?;
    let statistics = app.outreach_statistics(call.account, &id, period).await?;
    let revenue = app.revenue_by_currency(call.account, &id, period).await?;
    let revenue: Map<_, _> = revenue.into_iter().map(|(currency, sum)| (currency, amount(sum))).collect();
    let mut shown = whole(&statistics);
    if let Some(contest) = app.contest_of(call.account, &id).await? {
        shown.insert("results".to_owned(), json!({"contest": contest::shown(&contest, false)}));
    }
    if let Some(overview) = shown.get_mut("overview").and_then(Value::as_object_mut) {
        overview.insert("revenueByCurrency".to_owned(), Value::Object(revenue));
    }
    if let Some(survey) = figures(app, call.account, &id).await? {
        shown.entry("results").or_insert_with(|| json!({}))["survey"] = survey;
    }
    if let Some(EndpointFigures { answered, failed }) = app.endpoint_of(call.account, &id).await? {
        let custom = json!({"chunksAnswered": answered, "requestsFailed": failed});
        shown.entry("results").or_insert_with(|| json!({}))["custom"] = custom;
    }
    if let Some(asked) = asked {
        for (section, fields) in SECTIONS {
            let named: Vec<_> = fields.iter().filter(|field| asked.contains(**field)).collect();
            if asked.contains(section) {
                continue;
            }
            match shown.get_mut(section).and_then(Value::as_object_mut).filter(|_| !named.is_empty()) {
                Some(known) => known.retain(|field, _| asked.contains(field)),
                None => drop(shown.remove(section)),
            }
        }
    }
    Ok(Answered::Found(shown))
}

/// Names of sections and fields; `None` for all.
fn asked_metrics(call: &Call) -> AppResult<Option<BTreeSet<String>>> {
    let Some(text) = call.text("metrics") else { return Ok(None) };
    let asked: BTreeSet<_> = text.split(',').map(|name| name.trim().to_owned()).collect();
    let known: Vec<_> =
        SECTIONS.iter().flat_map(|(section, fields)| std::iter::once(section).chain(*fields)).collect();
    match asked.iter().find(|name| *name != "all" && !known.contains(&&name.as_str())) {
        Some(name) => Err(invalid("metrics", format!("no such metric: {name}"))),
        None if asked.contains("all") => Ok(None),
        None => Ok(Some(asked)),
    }
}

fn whole(statistics: &OutreachStatistics) -> Map<String, Value> {
    let OutreachStatistics { counters, timeline, segments, texts, holdout } = statistics;
    let sent = counters.sent;
    let timeline = timeline
        .iter()
        .filter(|(_, counters)| counters.sent > 0 || counters.converted > 0 || counters.clicked > 0);
    let point = |(date, counters): &(String, OutreachCounters)| json!({"date": date, "sent": counters.sent, "delivered": counters.delivered, "clicked": counters.clicked, "conversions": counters.converted});
    let segments = segments.iter().map(|(id, name, counters)| {
        let performance =
            json!({"sent": counters.sent, "conversionRate": rate(counters.converted, counters.sent)});
        // Members of segments are counted from the beginning on, whatever period is asked for.
        json!({"segmentId": id, "name": name, "period": "all", "performance": performance})
    });
    let mut shown = json!({
        "overview": {
            "messagesSent": sent,
            "delivered": counters.delivered,
            "read": counters.read,
            "clicked": counters.clicked,
            "converted": counters.converted,
            "revenue": amount(counters.revenue),
        },
        "performance": performance(counters),
        "timeline": timeline.map(point).collect::<Vec<_>>(),
        "segments": segments.collect::<Vec<_>>(),
        "variations": texts.counters.iter().map(variation).collect::<Vec<_>>(),
        "links": texts.links.iter().map(link).collect::<Vec<_>>(),
        "metricQuality": QUALITY.map(|(name, quality)| (name.to_owned(), json!(quality))).into_iter().collect::<Map<_, _>>(),
    });
    if let Some(holdout) = holdout {
        let (compared, quality) = compared(holdout);
        (shown["holdout"], shown["metricQuality"]["lift"]) = (compared, json!(quality));
    }
    if counters.stars_tenths > 0 {
        shown["overview"]["starsSpent"] = amount(stars(counters.stars_tenths));
        shown["metricQuality"]["starsSpent"] = json!("upper_bound");
    }
    if let Some(invited) = &texts.invited {
        shown["results"] = json!({"invitation": invitation(invited)});
    }
    shown.as_object().cloned().unwrap_or_default()
}

/// Those who were held out beside those who were reached, and what the difference can be relied on for. It is counted from
/// the beginning on, whatever period is asked for.
fn compared(HoldOut { percentage, groups, is_comparable }: &HoldOut) -> (Value, &'static str) {
    let lift = groups.lift().filter(|_| *is_comparable);
    let quality = match (is_comparable, lift) {
        (false, _) => "not_comparable",
        (true, None) => "too_few_people",
        (true, Some(_)) => "estimated",
    };
    let group = |LiftGroup { people, converted }: LiftGroup| json!({"people": people, "converted": converted, "conversionRate": rate(converted, people)});
    let mut shown = group(groups.held_out);
    shown["percentage"] = amount(*percentage);
    shown["period"] = json!("all");
    shown["treated"] = group(groups.treated);
    shown["lift"] = lift.map(|lift| amount(lift.percent)).into();
    shown["pValue"] = lift.map(|lift| amount(lift.shown_p_value())).into();
    shown["significant"] = lift.map(|lift| lift.is_significant()).into();
    (shown, quality)
}

fn performance(counters: &OutreachCounters) -> Value {
    json!({
        "deliveryRate": rate(counters.delivered, counters.sent),
        "readRate": rate(counters.read, counters.sent),
        "clickRate": rate(counters.clicked, counters.sent),
        "conversionRate": rate(counters.converted, counters.sent),
    })
}

/// Texts are counted from the beginning on as well.
fn variation((name, counters): &(TextName, OutreachCounters)) -> Value {
    json!({
        "messageId": name.message,
        "variationId": name.variation,
        "period": "all",
        "sent": counters.sent,
        "delivered": counters.delivered,
        "failed": counters.sent.saturating_sub(counters.delivered),
        "read": counters.read,
        "clicked": counters.clicked,
        "converted": counters.converted,
        "performance": performance(counters),
    })
}

fn link((name, figures): &(TextName, LinkFigures)) -> Value {
    json!({
        "messageId": name.message,
        "variationId": name.variation,
        "url": figures.link.url,
        "period": "all",
        "clicks": figures.clicks,
        "people": figures.people,
    })
}

fn invitation(invited: &[(TextName, String, u64)]) -> Value {
    let link = |(name, link, joins): &(TextName, String, u64)| json!({"messageId": name.message, "variationId": name.variation, "link": link, "joins": joins});
    json!({
        "joins": invited.iter().map(|(_, _, joins)| joins).sum::<u64>(),
        "links": invited.iter().map(link).collect::<Vec<_>>(),
    })
}
