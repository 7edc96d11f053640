//! Which function a request goes to.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

use percent_encoding::percent_decode_str;

use crate::template::FunctionSpec;

/// The route table.
#[derive(Debug)]
pub struct Routes(Vec<Entry>);

/// One route.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// `GET /a/{name}` or `$default`.
    pub key: String,
    /// The function's binary.
    pub binary: String,
    /// How long the gateway waits for it.
    pub timeout: Duration,
    method: Option<String>,
    segments: Segments,
}

/// A route and what its variables stand for.
#[derive(Debug)]
pub struct Match<'a> {
    /// The route.
    pub entry: &'a Entry,
    /// Decoded path variables.
    pub parameters: BTreeMap<String, String>,
}

#[derive(Debug, PartialEq, Eq)]
enum Segments {
    Default,
    Path(Vec<Segment>),
}

#[derive(Debug, PartialEq, Eq)]
enum Segment {
    Fixed(String),
    Variable(String),
    Rest(String),
}

impl Routes {
    /// The table, most specific routes first: a fixed step before a variable before a greedy one before
    /// `$default`, and an exact method before `ANY`.
    pub fn new(functions: &[FunctionSpec]) -> Self {
        let mut entries: Vec<_> = functions
            .iter()
            .flat_map(|function| {
                let timeout = function.timeout;
                function.routes.iter().map(move |route| {
                    Entry::new(
                        &route.method,
                        &route.path,
                        &function.binary,
                        route.timeout.min(timeout_limit(timeout)),
                    )
                })
            })
            .collect();
        entries.sort_by(Entry::by_specificity);
        Self(entries)
    }

    /// The route of a request; `path` is still encoded.
    pub fn find(&self, method: &str, path: &str) -> Option<Match<'_>> {
        self.0.iter().find_map(|entry| {
            if entry.method.as_deref().is_some_and(|wanted| wanted != method) {
                return None;
            }
            let parameters = entry.segments.matches(path)?;
            Some(Match { entry, parameters })
        })
    }
}

/// The function's own cut-off comes first; the gateway leaves it a moment to be reported.
fn timeout_limit(function: Duration) -> Duration {
    function + Duration::from_secs(1)
}

impl Entry {
    fn new(method: &str, path: &str, binary: &str, timeout: Duration) -> Self {
        let is_default = path == "$default";
        Self {
            key: if is_default { path.to_owned() } else { format!("{method} {path}") },
            binary: binary.to_owned(),
            timeout,
            method: (method != "ANY").then(|| method.to_owned()),
            segments: if is_default { Segments::Default } else { Segments::parse(path) },
        }
    }

    fn by_specificity(&self, other: &Self) -> Ordering {
        self.segments
            .rank()
            .cmp(&other.segments.rank())
            .then(self.method.is_none().cmp(&other.method.is_none()))
    }
}

impl Segments {
    fn parse(path: &str) -> Self {
        let segments = path.trim_start_matches('/').split('/').map(|segment| {
            let name = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
            match name.map(|name| (name, name.strip_suffix('+'))) {
                None => Segment::Fixed(segment.to_owned()),
                Some((_, Some(name))) => Segment::Rest(name.to_owned()),
                Some((name, None)) => Segment::Variable(name.to_owned()),
            }
        });
        Self::Path(segments.collect())
    }

    fn rank(&self) -> Vec<u8> {
        match self {
            Self::Default => vec![3],
            Self::Path(segments) => segments
                .iter()
                .map(|segment| match segment {
                    Segment::Fixed(_) => 0,
                    Segment::Variable(_) => 1,
                    Segment::Rest(_) => 2,
                })
                .collect(),
        }
    }

    fn matches(&self, path: &str) -> Option<BTreeMap<String, String>> {
        let Self::Path(segments) = self else { return Some(BTreeMap::new()) };
        let mut parameters = BTreeMap::new();
        let mut rest = Some(path.strip_prefix('/')?);
        for segment in segments {
            let remaining = rest?;
            let (step, tail) = match remaining.split_once('/') {
                Some((step, tail)) => (step, Some(tail)),
                None => (remaining, None),
            };
            match segment {
                Segment::Fixed(fixed) if *fixed == decode(step) => rest = tail,
                Segment::Variable(name) if !step.is_empty() => {
                    parameters.insert(name.clone(), decode(step));
                    rest = tail;
                }
                Segment::Rest(name) if !remaining.is_empty() => {
                    parameters.insert(name.clone(), decode(remaining));
                    return Some(parameters);
                }
                _ => return None,
            }
        }
        rest.is_none().then_some(parameters)
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Routes {
        let routes = [
            ("ANY", "$default"),
            ("ANY", "/api/{proxy+}"),
            ("ANY", "/api/bots/{name}"),
            ("GET", "/api/bots/{name}"),
            ("GET", "/api/bots/list.json"),
            ("POST", "/telegram/{account}/{bot}"),
        ];
        let mut entries: Vec<_> =
            routes.iter().map(|(method, path)| Entry::new(method, path, "b", Duration::ZERO)).collect();
        entries.sort_by(Entry::by_specificity);
        Routes(entries)
    }

    fn route_of(method: &str, path: &str) -> Option<String> {
        table().find(method, path).map(|matched| matched.entry.key.clone())
    }

    #[test]
    fn the_most_specific_route_wins_and_an_exact_method_comes_before_any() {
        for (method, path, expected) in [
            ("GET", "/api/bots/list.json", "GET /api/bots/list.json"),
            ("POST", "/api/bots/list.json", "ANY /api/bots/{name}"),
            ("GET", "/api/bots/other", "GET /api/bots/{name}"),
            ("DELETE", "/api/bots/other", "ANY /api/bots/{name}"),
            ("GET", "/api/bots/a/b", "ANY /api/{proxy+}"),
            ("POST", "/telegram/1/2", "POST /telegram/{account}/{bot}"),
            ("GET", "/telegram/1/2", "$default"),
            ("POST", "/telegram/1/2/", "$default"),
            ("GET", "/api/", "$default"),
        ] {
            assert_eq!(route_of(method, path).as_deref(), Some(expected), "{method} {path}");
        }
    }

    #[test]
    fn path_variables_are_decoded_and_the_greedy_one_takes_the_rest() {
        let table = table();
        let parameters = |method, path| table.find(method, path).map(|matched| matched.parameters);
        let expected = BTreeMap::from([("account".into(), "a b".into()), ("bot".into(), "é".into())]);
        assert_eq!(parameters("POST", "/telegram/a%20b/%C3%A9"), Some(expected));
        let expected = BTreeMap::from([("proxy".into(), "x/y/z".into())]);
        assert_eq!(parameters("GET", "/api/x/y/z"), Some(expected));
    }

    #[test]
    fn without_a_default_route_a_stranger_finds_nothing() {
        let routes = Routes(vec![Entry::new("GET", "/a", "b", Duration::ZERO)]);
        assert!(routes.find("GET", "/b").is_none());
        assert!(routes.find("POST", "/a").is_none());
    }
}
