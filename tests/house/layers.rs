use super::rust_files;

/// A layer of the shared crate and what it may use of the others.
const LAYERS: [(&str, &[&str]); 8] = [
    ("domain", &["domain", "error", "ids"]),
    ("store", &["store", "domain", "error", "ids", "secret"]),
    ("queue", &["queue", "domain", "error", "ids"]),
    ("objects", &["objects", "domain", "config", "error", "ids", "secret"]),
    ("telegram", &["telegram", "domain", "ids", "secret", "tls"]),
    ("outbound", &["outbound", "domain", "config", "tls"]),
    (
        "app",
        &[
            "app", "domain", "store", "queue", "objects", "telegram", "outbound", "secret", "aws", "clock",
            "config", "error", "ids", "metrics",
        ],
    ),
    (
        "edge",
        &["edge", "app", "clock", "config", "domain", "error", "ids", "outbound", "queue", "secret", "store"],
    ),
];

/// Words of the SDKs, of HTTP and of Lambda, which use cases do not know.
const OUTSIDE: [&str; 6] = ["aws_sdk_", "lambda_", "reqwest", "http::", "StatusCode", "serde_dynamo"];

#[test]
fn layers_point_one_way() {
    for (layer, may_use) in LAYERS {
        for (path, text) in rust_files(&format!("shared/src/{layer}")) {
            for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
                for used in line.split("crate::").skip(1) {
                    let module: String =
                        used.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                    let known = module.is_empty() || may_use.contains(&module.as_str());
                    assert!(known, "{path} uses {module}: {line}");
                }
            }
        }
    }
}

#[test]
fn use_cases_and_rules_know_no_sdk_no_http_and_no_lambda() {
    for layer in ["domain", "app"] {
        for (path, text) in rust_files(&format!("shared/src/{layer}")) {
            for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
                let found = OUTSIDE.iter().find(|word| line.contains(**word));
                assert!(found.is_none(), "{path} knows {}: {line}", found.unwrap());
            }
        }
    }
}

#[test]
fn only_the_keys_spell_the_tables_keys() {
    for (path, text) in rust_files("shared/src") {
        let keys = ["keys", "conversion_keys", "count_keys", "contest_keys", "survey_keys", "told_keys"];
        if keys.iter().any(|name| path.ends_with(&format!("store/{name}.rs"))) {
            continue;
        }
        for prefix in [
            "\"ACC#{",
            "\"CODE#{",
            "\"TOKEN#{",
            "\"LEADS#{",
            "\"STAT#{",
            "\"JOUR#{",
            "\"PB#{",
            "\"AUD#{",
            "\"BOT#{",
            "\"DUE#{",
            "\"TGBOT#{",
            "\"NOTICE#{",
            "\"OUT#{",
            "\"EXEC#{",
            "\"OSTAT#{",
            "\"HOST#{",
            "\"CALL#{",
            "\"CONTEST#{",
            "\"CONV#{",
            "\"CONVOF#{",
            "\"CLICKED#{",
            "\"SURVEY#{",
            "\"SURVEYOF#{",
            "\"EVENTS#{",
            "\"TOLD#{",
            "\"UNTOLD#{",
        ] {
            assert!(!text.contains(prefix), "{path} spells {prefix}");
        }
    }
}
