use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::domain::lead_event::LeadStatus;
use crate::ids::{BotId, TrackingCampaignId};

const NOW: i64 = 1_780_000_000;
const DAY: i64 = 86_400;

fn lead(campaign: u64, status: LeadStatus) -> LeadOfMember {
    let (started, joined) = (NOW - 10 * DAY, Some(NOW - 9 * DAY));
    LeadOfMember {
        campaign: TrackingCampaignId(campaign),
        status,
        click: "Click-1".to_owned(),
        started,
        joined,
        left: None,
    }
}

fn member() -> AudienceMember {
    AudienceMember {
        bot: BotId(3),
        language: "pt-br".to_owned(),
        premium: true,
        has_username: false,
        last_interaction: Some(NOW - 2 * DAY),
        last_outreach: None,
        got_ms: [NOW * 1000].into(),
        conversions: 2,
        revenue: "19.90".parse().unwrap(),
        tags: ["vip".to_owned(), "Early Bird".to_owned()].into(),
        attributes: [
            ("location".to_owned(), json!("US")),
            ("age".to_owned(), json!(30)),
            ("interests".to_owned(), json!(["shopping", "music"])),
            ("renewal".to_owned(), json!("2026-06-01T00:00:00Z")),
        ]
        .into(),
        leads: vec![lead(12, LeadStatus::Approve), lead(13, LeadStatus::Cancel)],
        reached_by: [
            ("campA".to_owned(), Reaction { clicked: true, converted: false }),
            ("campB".to_owned(), Reaction::default()),
        ]
        .into(),
    }
}

fn holds(field: &str, op: &str, value: Value) -> bool {
    Rule::new(field, op, value).unwrap().matches(&member(), NOW)
}

#[test]
fn each_field_compares_as_its_kind_does() {
    let table: &[(&str, &str, Value, bool)] = &[
        ("bot", "eq", json!(3), true),
        ("bot", "in", json!([1, 2]), false),
        ("bot", "nin", json!([1, 2]), true),
        ("trackingCampaign", "eq", json!(13), true),
        ("trackingCampaign", "ne", json!(12), true),
        ("leadStatus", "in", json!(["hold", "approve"]), true),
        ("leadStatus", "eq", json!("trash"), false),
        ("click", "contains", json!("click"), true),
        ("startedAt", "within", json!("11d"), true),
        ("startedAt", "within", json!("9d"), false),
        ("joinedAt", "exists", json!(true), true),
        ("leftAt", "exists", json!(false), true),
        ("language", "eq", json!("PT-BR"), true),
        ("language", "contains", json!("pt"), true),
        ("premium", "eq", json!(true), true),
        ("hasUsername", "ne", json!(true), true),
        ("lastInteractionAt", "before", json!("2026-05-27T00:00:00Z"), true),
        ("lastInteractionAt", "after", json!("2026-05-27T00:00:00Z"), false),
        ("lastInteractionAt", "between", json!(["2026-05-26T00:00:00Z", "2026-05-27T00:00:00Z"]), true),
        ("lastOutreachAt", "exists", json!(false), true),
        ("lastOutreachAt", "within", json!("7d"), false),
        ("conversions", "gte", json!(2), true),
        ("conversions", "gt", json!(2), false),
        ("revenue", "eq", json!(19.9), true),
        ("revenue", "between", json!([19.9, 20]), true),
        ("revenue", "lt", json!(19.9), false),
        ("revenue", "lte", json!(19.9), true),
        ("tags", "contains", json!("early"), true),
        ("tags", "eq", json!("VIP"), true),
        ("tags", "nin", json!(["vip"]), false),
        ("received", "eq", json!("campB"), true),
        ("clicked", "eq", json!("campB"), false),
        ("clicked", "eq", json!("campA"), true),
        ("converted", "exists", json!(true), false),
        ("ignored", "in", json!(["campA", "campB"]), true),
        ("ignored", "eq", json!("campA"), false),
        ("attributes.location", "in", json!(["US", "CA"]), true),
        ("attributes.interests", "in", json!(["fashion", "shopping"]), true),
        ("attributes.age", "between", json!([18, 45]), true),
        ("attributes.age", "gt", json!(30), false),
        ("attributes.renewal", "after", json!("2026-05-31T00:00:00Z"), true),
        ("attributes.renewal", "before", json!("2026-05-31T00:00:00Z"), false),
        ("attributes.absent", "exists", json!(true), false),
        ("attributes.absent", "ne", json!("x"), true),
        ("attributes.absent", "eq", json!("x"), false),
    ];
    for (field, op, value, expected) in table {
        assert_eq!(holds(field, op, value.clone()), *expected, "{field} {op} {value}");
    }
}

#[test]
fn rules_of_leads_must_all_hold_in_one_tracking_campaign() {
    let rule = |field, value| Rule::new(field, "eq", value).unwrap();
    let criteria = |campaign: u64, matching| Criteria {
        matching,
        rules: vec![rule("trackingCampaign", json!(campaign)), rule("leadStatus", json!("approve"))],
    };
    assert!(criteria(12, Match::All).select(&member(), NOW) == Selected::Yes);
    assert!(criteria(13, Match::All).select(&member(), NOW) == Selected::No);
    assert!(criteria(13, Match::Any).select(&member(), NOW) == Selected::Yes);
}

#[test]
fn without_rules_all_are_selected_and_any_selects_nobody() {
    assert!(Criteria::default().select(&member(), NOW) == Selected::Yes);
    assert!(Criteria { matching: Match::Any, rules: Vec::new() }.select(&member(), NOW) == Selected::No);
}

#[test]
fn who_is_no_lead_satisfies_only_rules_of_absence() {
    let organic = AudienceMember { leads: Vec::new(), ..member() };
    let all = |field, op, value| {
        let rules = vec![Rule::new(field, op, value).unwrap()];
        Criteria { matching: Match::All, rules }.select(&organic, NOW) == Selected::Yes
    };
    assert!(all("leadStatus", "exists", json!(false)) && all("leadStatus", "ne", json!("approve")));
    assert!(!all("leadStatus", "eq", json!("approve")) && !all("joinedAt", "within", json!("999d")));
}

#[test]
fn the_filters_of_the_contract_are_rules() {
    let selects = |name, value: Value| rule_of_filter(name, &value).unwrap().matches(&member(), NOW);
    assert!(selects("location", json!(["US", "CA"])) && !selects("location", json!(["CA"])));
    assert!(selects("ageRange", json!([18, 45])) && !selects("ageRange", json!([31, 45])));
    assert!(selects("interests", json!(["shopping", "fashion"])));
    assert!(selects("purchaseHistory", json!(true)) && !selects("purchaseHistory", json!(false)));
    assert!(matches!(rule_of_filter("zodiac", &json!(["leo"])), Err(RuleFault::Unsupported(_))));
    assert!(matches!(rule_of_filter("ageRange", &json!([45, 18])), Err(RuleFault::Value(_))));
}

#[test]
fn what_does_not_fit_is_refused_with_a_reason() {
    let fault = |field, op, value| Rule::new(field, op, value).unwrap_err();
    assert!(matches!(fault("nothing", "like", json!(1)), RuleFault::Unsupported(_)));
    for (field, op) in [
        ("bot", "like"),
        ("premium", "gt"),
        ("startedAt", "eq"),
        ("tags", "within"),
        ("leadStatus", "contains"),
    ] {
        assert!(matches!(fault(field, op, json!(1)), RuleFault::Op(_)), "{field} {op}");
    }
    for (field, op, value) in [
        ("bot", "eq", json!("3")),
        ("bot", "in", json!([])),
        ("bot", "in", json!(3)),
        ("language", "eq", json!("")),
        ("premium", "eq", json!("yes")),
        ("startedAt", "within", json!("a week")),
        ("startedAt", "between", json!(["2026-06-02T00:00:00Z", "2026-06-01T00:00:00Z"])),
        ("startedAt", "after", json!(1_780_000_000)),
        ("revenue", "between", json!([1])),
        ("leftAt", "exists", json!("no")),
        ("attributes.x", "eq", json!({"a": 1})),
        ("leadStatus", "eq", json!("approved")),
        ("leadStatus", "in", json!(["wait", "approved"])),
    ] {
        assert!(matches!(fault(field, op, value.clone()), RuleFault::Value(_)), "{field} {op} {value}");
    }
    let rule = Rule::new("leftAt", "exists", Value::Null).unwrap();
    assert_eq!(rule, Rule::new("leftAt", "exists", rule.to_json()["value"].clone()).unwrap());
    assert!(
        rule.matches(&member(), NOW)
            != Rule::new("leftAt", "exists", json!(false)).unwrap().matches(&member(), NOW)
    );
    let rule = Rule::new("revenue", "between", json!([1, 2.5])).unwrap();
    assert_eq!(rule.to_json(), json!({"field": "revenue", "op": "between", "value": [1, 2.5]}));
}

proptest! {
    #[test]
    fn a_comparison_and_its_opposite_never_agree(value in -1000..1000i64, bound in -1000..1000i64) {
        let member = AudienceMember { attributes: [("n".to_owned(), json!(value))].into(), ..AudienceMember::default() };
        let holds = |op| Rule::new("attributes.n", op, json!(bound)).unwrap().matches(&member, NOW);
        prop_assert_eq!(holds("eq"), !holds("ne"));
        prop_assert_eq!(holds("gt"), !holds("lte"));
        prop_assert_eq!(holds("lt"), !holds("gte"));
        prop_assert_eq!(holds("gte"), value >= bound);
    }
}
