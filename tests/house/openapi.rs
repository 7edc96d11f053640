use std::collections::BTreeSet;

use local::{FUNCTIONS, Function};

use super::root;

#[test]
fn the_openapi_files_describe_every_route_of_their_api_and_no_other() {
    compare("user-api.yaml", |path| path.starts_with("/api/") && !path.starts_with("/api/v1/"));
    compare("campaigns-api.yaml", |path| path.starts_with("/api/v1/"));
}

#[test]
fn the_openapi_files_name_nothing_twice_and_refer_to_what_there_is() {
    for file in ["user-api.yaml", "campaigns-api.yaml"] {
        let text = std::fs::read_to_string(root().join("openapi").join(file)).unwrap();
        let mut parents = [""; 2];
        let mut named = BTreeSet::new();
        for line in text.lines() {
            let Some((name, _)) = line.trim_start().split_once(':') else { continue };
            let depth = (line.len() - line.trim_start().len()) / 2;
            if depth > 2 || line.trim_start().starts_with(['#', '-']) {
                continue;
            }
            let place = [&parents[..depth], &[name]].concat().join("/");
            assert!(named.insert(place.clone()), "{file} has {place} twice");
            if depth < 2 {
                parents[depth] = name;
            }
        }
        for reference in text.split("\"#/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(named.contains(reference), "{file} refers to {reference}");
        }
    }
}

fn compare(file: &str, belongs: fn(&str) -> bool) {
    let text = std::fs::read_to_string(root().join("openapi").join(file)).unwrap();
    let mut described = BTreeSet::new();
    let mut path = "";
    let mut method = "";
    for line in text.lines() {
        let word = line.trim().trim_end_matches(':');
        match line.len() - line.trim_start().len() {
            2 if word.starts_with("/api/") => path = word,
            4 if matches!(word, "get" | "post" | "put" | "delete") => method = word,
            6 => {
                if let Some(operation) = word.strip_prefix("operationId: ") {
                    described.insert((operation.to_owned(), method.to_uppercase(), path.to_owned()));
                }
            }
            _ => {}
        }
    }
    let served: BTreeSet<_> = FUNCTIONS
        .iter()
        .filter_map(|function| match function {
            Function::Http(route) if belongs(route.path) && route.method != "ANY" => {
                Some((route.binary.to_owned(), route.method.to_owned(), route.path.to_owned()))
            }
            Function::Http(_) | Function::Queue(_) | Function::Scheduled(_) | Function::Stream(_) => None,
        })
        .collect();
    assert_eq!(described, served, "{file}");
}
