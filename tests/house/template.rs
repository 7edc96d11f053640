use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use local::{FUNCTIONS, Function, TEMPLATE};
use local_aws::Template;
use shared::app::{ATTEMPT_LEASE_MS, IMPORT_LEASE_MS, WELCOME_LEASE_MS};
use shared::domain::schedule::PROBE_TAKES_MS;
use shared::outbound::TARGET_TIMEOUT;

use super::root;

fn described() -> BTreeMap<String, local_aws::FunctionSpec> {
    let template = Template::parse(TEMPLATE).unwrap();
    template.functions().iter().map(|function| (function.binary.clone(), function.clone())).collect()
}

#[test]
fn template_code_binaries_and_event_folders_name_the_same_functions() {
    let template: BTreeSet<_> = described().into_keys().collect();
    let code: BTreeSet<_> = FUNCTIONS.iter().map(|function| function.binary().to_owned()).collect();
    let folders = std::fs::read_dir(root().join("events")).unwrap();
    let events: BTreeSet<_> =
        folders.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(template, code);
    assert_eq!(template, events);
    assert_eq!(template, binaries());
}

/// The `[[bin]]` names in the manifests below `functions/`.
fn binaries() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(root().join("functions")).unwrap() {
        let manifest = std::fs::read_to_string(entry.unwrap().path().join("Cargo.toml")).unwrap();
        for section in manifest.split("[[bin]]").skip(1) {
            let line = section.lines().find(|line| line.starts_with("name = ")).unwrap();
            names.insert(line.trim_start_matches("name = ").trim_matches('"').to_owned());
            assert!(section.contains("test = false") && section.contains("doc = false"), "{line}");
        }
    }
    names
}

#[test]
fn every_route_is_served_by_its_own_function_on_the_same_path_and_method() {
    let described = described();
    for function in FUNCTIONS.iter().copied() {
        let spec = &described[function.binary()];
        let routes: Vec<_> =
            spec.routes.iter().map(|route| (route.method.as_str(), route.path.as_str())).collect();
        match function {
            Function::Http(route) => assert_eq!(routes, [(route.method, route.path)], "{}", route.binary),
            Function::Queue(_) | Function::Scheduled(_) | Function::Stream(_) => {
                assert!(routes.is_empty())
            }
        }
    }
}

#[test]
fn a_function_lies_in_the_crate_that_the_template_builds_it_from() {
    for (binary, spec) in described() {
        let manifest = root().join("infra").join(&spec.code_uri).join("Cargo.toml");
        let manifest = std::fs::read_to_string(manifest).unwrap();
        assert!(manifest.contains(&format!("name = \"{binary}\"")), "{binary} in {}", spec.code_uri);
    }
}

#[test]
fn queues_report_partial_failures_and_keep_what_cannot_be_done() {
    let template = Template::parse(TEMPLATE).unwrap();
    let stack = template.defaults();
    for function in template.functions() {
        for trigger in &function.queues {
            assert!(trigger.partial_failures, "{}", function.binary);
        }
        for trigger in &function.streams {
            assert!(trigger.partial_failures && trigger.on_failure.is_some(), "{}", function.binary);
        }
    }
    let worked: Vec<_> =
        stack.queues.iter().filter(|queue| !queue.logical_id.ends_with("DeadLetters")).collect();
    assert!(!worked.is_empty() && worked.iter().all(|queue| queue.redrive.is_some()));
}

#[test]
fn every_dead_letter_queue_and_every_sender_to_targets_has_an_alarm() {
    let template = Template::parse(TEMPLATE).unwrap();
    let stack = template.defaults();
    let dead: Vec<_> =
        stack.queues.iter().filter(|queue| queue.logical_id.ends_with("DeadLetters")).collect();
    assert!(dead.len() > 4);
    for queue in dead {
        let watched = format!("{{ Name: QueueName, Value: !GetAtt {}.QueueName }}", queue.logical_id);
        assert!(TEMPLATE.contains(&watched), "{}", queue.logical_id);
    }
    for function in ["PostbackSender", "PostbackRetrier", "WebhookSender", "WebhookRetrier"] {
        assert!(
            TEMPLATE.contains(&format!("{{ Name: FunctionName, Value: !Ref {function} }}")),
            "{function}"
        );
    }
}

#[test]
fn whoever_tries_a_target_again_is_over_before_another_may_and_before_the_queue_brings_it_again() {
    let template = Template::parse(TEMPLATE).unwrap();
    let stack = template.defaults();
    for (binary, queue) in [
        ("postback-retrier", "RetryQueue"),
        ("webhook-sender", "WebhookQueue"),
        ("webhook-retrier", "WebhookRetryQueue"),
    ] {
        let timeout_ms = i64::try_from(described()[binary].timeout.as_millis()).unwrap();
        let queue = stack.queues.iter().find(|known| known.logical_id == queue).unwrap();
        let hidden_ms = i64::from(queue.visibility_timeout_s) * 1_000;
        assert!(timeout_ms < ATTEMPT_LEASE_MS && ATTEMPT_LEASE_MS < hidden_ms, "{binary}");
    }
}

#[test]
fn who_reads_a_list_is_over_before_another_may_and_before_the_queue_brings_it_again() {
    let template = Template::parse(TEMPLATE).unwrap();
    let stack = template.defaults();
    let timeout_ms = i64::try_from(described()["subscriber-importer"].timeout.as_millis()).unwrap();
    let queue = stack.queues.iter().find(|queue| queue.logical_id == "ImportQueue").unwrap();
    assert!(timeout_ms < IMPORT_LEASE_MS && IMPORT_LEASE_MS < i64::from(queue.visibility_timeout_s) * 1_000);
}

#[test]
fn a_first_attempt_is_long_over_before_the_queue_brings_it_again() {
    let template = Template::parse(TEMPLATE).unwrap();
    let stack = template.defaults();
    let timeout_s = described()["postback-sender"].timeout.as_secs();
    let queue = stack.queues.iter().find(|queue| queue.logical_id == "PostbackQueue").unwrap();
    assert!(
        u64::from(queue.visibility_timeout_s) >= 6 * timeout_s,
        "AWS advises six times what a function may run"
    );
    assert!(i64::try_from(timeout_s).unwrap() * 1_000 < ATTEMPT_LEASE_MS);
}

#[test]
fn what_waits_for_a_probe_waits_for_as_long_as_a_request_may_take() {
    assert_eq!(Duration::from_millis(PROBE_TAKES_MS.unsigned_abs()), TARGET_TIMEOUT);
}

#[test]
fn the_deployed_template_does_not_know_the_laptops_switches() {
    for switch in ["ALLOW_PRIVATE_TARGETS", "TOKEN_KEY_FILE", "TRACK_LINKS"] {
        assert!(!TEMPLATE.contains(switch), "{switch}");
    }
}

#[test]
fn whoever_took_up_a_welcome_is_over_before_another_may() {
    let described = described();
    for binary in ["telegram-webhook", "message-sender"] {
        let timeout_ms = i64::try_from(described[binary].timeout.as_millis()).unwrap();
        assert!(timeout_ms < WELCOME_LEASE_MS, "{binary} may run for {timeout_ms} ms");
    }
}
