//! An audience as it was at one moment, kept as text: whoever edits a segment later changes nothing of it.

use serde::{Deserialize, Deserializer, Serializer, de, ser};
use serde_json::{Value, json};

use super::audience::{Audience, Selection};
use super::rule::Rule;
use super::segment::{Criteria, Match};
use crate::ids::{BotId, SegmentId};

pub(super) fn serialize<S: Serializer>(audience: &Audience, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&serde_json::to_string(&frozen(audience)).map_err(ser::Error::custom)?)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Audience, D::Error> {
    let value: Value =
        serde_json::from_str(&String::deserialize(deserializer)?).map_err(de::Error::custom)?;
    thawed(&value).ok_or_else(|| de::Error::custom("a frozen audience does not read"))
}

fn frozen(audience: &Audience) -> Value {
    let segments = audience.segments.iter().map(|(id, selection)| {
        let mut segment = frozen_selection(selection);
        segment["id"] = json!(id);
        segment
    });
    let bots: Vec<_> = audience.bots.iter().map(|bot| bot.0).collect();
    let filters = frozen_criteria(&audience.filters);
    let silent: Vec<_> = audience.silent.iter().map(|bot| bot.0).collect();
    json!({"segments": segments.collect::<Vec<_>>(), "filters": filters, "bots": bots, "silent": silent})
}

fn frozen_selection(selection: &Selection) -> Value {
    let exclude: Vec<_> = selection.exclude.iter().map(frozen_selection).collect();
    json!({"criteria": frozen_criteria(&selection.criteria), "exclude": exclude})
}

fn frozen_criteria(criteria: &Criteria) -> Value {
    let matching = match criteria.matching {
        Match::All => "all",
        Match::Any => "any",
    };
    json!({"match": matching, "rules": criteria.rules.iter().map(Rule::to_json).collect::<Vec<_>>()})
}

fn thawed(value: &Value) -> Option<Audience> {
    let segment =
        |segment: &Value| Some((SegmentId::parse(segment.get("id")?.as_str()?)?, thawed_selection(segment)?));
    let segments = value.get("segments")?.as_array()?.iter().map(segment).collect::<Option<_>>()?;
    let bot = |bot: &Value| bot.as_u64().map(BotId);
    let bots = value.get("bots")?.as_array()?.iter().map(bot).collect::<Option<_>>()?;
    let silent = value.get("silent").and_then(Value::as_array).into_iter().flatten();
    let silent = silent.map(bot).collect::<Option<_>>()?;
    Some(Audience { segments, filters: thawed_criteria(value.get("filters")?)?, bots, silent })
}

fn thawed_selection(value: &Value) -> Option<Selection> {
    let exclude = value.get("exclude")?.as_array()?.iter().map(thawed_selection).collect::<Option<_>>()?;
    Some(Selection { criteria: thawed_criteria(value.get("criteria")?)?, exclude })
}

fn thawed_criteria(value: &Value) -> Option<Criteria> {
    let matching = match value.get("match")?.as_str()? {
        "all" => Match::All,
        "any" => Match::Any,
        _ => return None,
    };
    let rule = |rule: &Value| {
        let text = |name: &str| rule.get(name)?.as_str();
        Rule::new(text("field")?, text("op")?, rule.get("value")?.clone()).ok()
    };
    let rules = value.get("rules")?.as_array()?.iter().map(rule).collect::<Option<_>>()?;
    Some(Criteria { matching, rules })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_thaws_as_it_froze() {
        let rule = |field, op, value| Rule::new(field, op, value).unwrap();
        let criteria = |matching, rules: Vec<Rule>| Criteria { matching, rules };
        let vips = criteria(Match::Any, vec![rule("tags", "contains", json!("vip"))]);
        let rules = vec![
            rule("revenue", "between", json!([1, 2.5])),
            rule("startedAt", "within", json!("7d")),
            rule("attributes.location", "in", json!(["US", "CA"])),
            rule("leftAt", "exists", json!(false)),
        ];
        let outer = Selection {
            criteria: criteria(Match::All, rules),
            exclude: vec![Selection { criteria: vips.clone(), ..Selection::default() }],
        };
        let audience = Audience {
            segments: vec![(SegmentId::of("1"), outer)],
            filters: vips,
            bots: vec![BotId(3)],
            silent: [BotId(4)].into(),
        };
        assert_eq!(thawed(&frozen(&audience)), Some(audience));
        assert_eq!(thawed(&frozen(&Audience::default())), Some(Audience::default()));
        assert_eq!(thawed(&json!({"segments": [], "bots": []})), None);
    }
}
