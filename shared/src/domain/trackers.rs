//! Trackers whose way of taking postbacks is known, as presets of the five templates.

use std::ops::Range;

use url::{Host, Url};

use super::lead_event::LeadStatus;
use super::postback::PostbackTemplates;
use crate::error::{AppError, AppResult};

/// The longest token.
const TOKEN_CHARACTERS: usize = 128;

/// A tracker that postbacks can be sent to.
#[derive(Debug, PartialEq, Eq)]
pub struct Tracker {
    /// What `preset` names it by.
    pub id: &'static str,
    /// Its own name.
    pub name: &'static str,
    /// Its macro for the click id, to be put in the place of `{click}` in the deep link.
    pub click: &'static str,
    /// Whether it wants a key or token of its own in the URL.
    pub token: TrackerToken,
    /// What has to be set up in the tracker.
    pub setup: &'static str,
    /// The URL of all five events, with `{domain}` and `{token}` to be filled in.
    url: &'static str,
    /// What it calls `wait`, where `{status}` is not its word.
    wait: Option<&'static str>,
}

/// A key or token in a tracker's URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrackerToken {
    /// There is none.
    None,
    /// A part of the path, left out if it is not named.
    Optional(&'static str),
    /// It must be there.
    Required(&'static str),
}

/// Every tracker there is a preset for. All five take a GET with their query.
pub const TRACKERS: [Tracker; 5] = [
    // `subid`, `status` and the lists that translate statuses: https://docs.keitaro.io/en/conversions/postback.html
    Tracker {
        id: "keitaro",
        name: "Keitaro",
        click: "{subid}",
        token: TrackerToken::Optional("The key between domain and /postback in Maintenance, Postback URL."),
        setup: "Nothing: wait and hold count as lead, approve as sale, cancel and trash as rejected.",
        url: "https://{domain}/{token}/postback?subid={click}&status={status}&lead_status=wait,hold\
              &sale_status=approve&rejected_status=cancel,trash",
        wait: None,
    },
    // `click.php`, `cnv_id` and `cnv_status`: https://docs.binom.org/postback-url.php, which is about Binom 1; nothing
    // of Binom's own was found that names the path of Binom 2.
    Tracker {
        id: "binom",
        name: "Binom",
        click: "{clickid}",
        token: TrackerToken::None,
        setup: "Nothing; conversion statuses are wait, hold, approve, cancel and trash. If the Postback URL in the settings \
                of your Binom has another path than /click.php, enter it in the five pb_*.",
        url: "https://{domain}/click.php?cnv_id={click}&cnv_status={status}",
        wait: None,
    },
    // `cid` and `txid`: https://doc.voluum.com/article/parameters-in-postback-urls
    // `et`: https://doc.voluum.com/en/tracking_offers_custom_conversions.html
    Tracker {
        id: "voluum",
        name: "Voluum",
        click: "{clickid}",
        token: TrackerToken::None,
        setup: "Make custom conversions with the et values wait, hold, approve, cancel and trash, in small letters.",
        url: "https://{domain}/postback?cid={click}&et={status}&txid={id}",
        wait: None,
    },
    // `clickid`: https://help.redtrack.io/knowledgebase/kb/basic-setup-9785/supported-dynamic-parameters/
    // `type` and `rdtk_event_id`: https://help.redtrack.io/knowledgebase/kb/conversion-tracking/tracking-event-types/
    Tracker {
        id: "redtrack",
        name: "RedTrack",
        click: "{clickid}",
        token: TrackerToken::None,
        setup: "Add conversion types wait, hold, approve, cancel and trash, in small letters.",
        url: "https://{domain}/postback?clickid={click}&type={status}&rdtk_event_id={id}",
        wait: None,
    },
    // `id`, `click`, `status` with its words, and `uid`: https://altercpa.one/en/postback.html
    Tracker {
        id: "altercpa",
        name: "AlterCPA",
        click: "{click}",
        token: TrackerToken::Required("The id in the postback link of the flow's integration."),
        setup: "Nothing; wait is told as new.",
        url: "https://{domain}/api/track/postback.json?id={token}&click={click}&status={status}&uid={lead}",
        wait: Some("new"),
    },
];

impl Tracker {
    /// The tracker that `preset` names.
    ///
    /// # Errors
    ///
    /// [`AppError::Parameter`] for `preset` if there is none.
    pub fn named(id: &str) -> AppResult<&'static Self> {
        TRACKERS.iter().find(|tracker| tracker.id == id).ok_or_else(|| {
            let known = TRACKERS.map(|tracker| tracker.id).join(", ");
            AppError::parameter("preset", format!("must be one of {known}"))
        })
    }

    /// The template of one event, with `{domain}` and `{token}` in it.
    #[must_use]
    pub fn template(&self, event: LeadStatus) -> String {
        match self.wait {
            Some(word) if event == LeadStatus::Wait => self.url.replace("{status}", word),
            Some(_) | None => self.url.to_owned(),
        }
    }

    /// The five templates for a tracker on this domain.
    ///
    /// # Errors
    ///
    /// [`AppError::Parameter`] for `domain` unless it is a host name, with or without a port; for `token` if the
    /// tracker wants one and it is missing, or it takes none, or it has other characters than a key has.
    pub fn templates(&self, domain: &str, token: Option<&str>) -> AppResult<PostbackTemplates> {
        let domain = checked_domain(domain)?;
        let token = self.checked_token(token)?;
        let mut templates = PostbackTemplates::default();
        for event in LeadStatus::ALL {
            let template = self.template(event).replace("{domain}", &domain);
            let template = match token {
                Some(token) => template.replace("{token}", token),
                None => template.replace("/{token}", ""),
            };
            templates.set(event, template);
        }
        Ok(templates)
    }

    fn token_in(&self, template: &str) -> Option<Range<usize>> {
        let (own_path, own_query) = self.url.strip_prefix("https://{domain}")?.split_once('?')?;
        let place = template.find("://")? + 3;
        let path_at = place + template[place..].find('/')?;
        let query_at = path_at + template[path_at..].find('?')?;
        let (path, query) = (&template[path_at..query_at], &template[query_at + 1..]);
        if let Some((before, behind)) = own_path.split_once("{token}") {
            let token = path.strip_prefix(before)?.strip_suffix(behind)?;
            let (click, _) = own_query.split_once('=')?;
            let is_its = query.split('&').any(|pair| pair.split('=').next() == Some(click));
            let at = path_at + before.len();
            return (is_its && !token.is_empty() && !token.contains('/')).then(|| at..at + token.len());
        }
        let (name, _) =
            own_query.split('&').find_map(|pair| pair.split_once('=').filter(|it| it.1 == "{token}"))?;
        let mut at = query_at + 1;
        for pair in query.split('&').filter(|_| path == own_path) {
            let value = pair.split_once('=').filter(|(given, value)| *given == name && !value.is_empty());
            if let Some((_, value)) = value {
                return Some(at + pair.len() - value.len()..at + pair.len());
            }
            at += pair.len() + 1;
        }
        None
    }

    fn checked_token<'t>(&self, token: Option<&'t str>) -> AppResult<Option<&'t str>> {
        let refused = |reason: &str| Err(AppError::parameter("token", reason));
        match (self.token, token.filter(|token| !token.is_empty())) {
            (TrackerToken::Required(_), None) => refused("is required for this tracker"),
            (TrackerToken::None, Some(_)) => refused("is not for this tracker"),
            (_, None) => Ok(None),
            (_, Some(token)) => {
                let within = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
                let dots = token.bytes().all(|byte| byte == b'.');
                if !within || dots || token.len() > TOKEN_CHARACTERS {
                    return refused("must have 1 to 128 letters, digits, -, _ or .");
                }
                Ok(Some(token))
            }
        }
    }
}

/// Where a template that looks like one of a preset has the tracker's token, in bytes; `None` without one.
#[must_use]
pub fn token_in(template: &str) -> Option<Range<usize>> {
    TRACKERS.iter().find_map(|tracker| tracker.token_in(template))
}

/// A host name with or without a port, in its ASCII form.
fn checked_domain(domain: &str) -> AppResult<String> {
    let refused = || AppError::parameter("domain", "must be a host name, with or without a port");
    let bare = !domain.contains(|letter: char| "/\\?#@%{}".contains(letter) || letter.is_whitespace());
    let url = format!("https://{domain}/").parse::<Url>().ok().filter(|_| bare).ok_or_else(refused)?;
    let Some(Host::Domain(name)) = url.host() else { return Err(refused()) };
    let labels_good = name.split('.').all(|label| {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    });
    if !labels_good || name.len() > 253 || !name.contains('.') {
        return Err(refused());
    }
    match (url.port(), domain.contains(':')) {
        (Some(0), _) => Err(refused()),
        (Some(port), _) => Ok(format!("{name}:{port}")),
        // Its own port, which need not be said; but a colon alone is no port.
        (None, true) if !domain.ends_with(":443") => Err(refused()),
        (None, _) => Ok(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::campaign::validate_templates;
    use crate::domain::url_macro::{MacroValues, expand};

    fn sent(id: &str, token: Option<&str>, event: LeadStatus) -> String {
        let templates = Tracker::named(id).unwrap().templates("trk.example", token).unwrap();
        let values = MacroValues {
            click: "c 1".into(),
            status: event.to_string(),
            lead: "7".into(),
            id: "1-7-x".into(),
            ..MacroValues::default()
        };
        expand(templates.get(event), &values)
    }

    #[test]
    fn click_and_status_end_where_each_tracker_reads_them() {
        let lists = "lead_status=wait,hold&sale_status=approve&rejected_status=cancel,trash";
        let hold = LeadStatus::Hold;
        for (id, token, expected) in [
            ("keitaro", None, format!("postback?subid=c%201&status=hold&{lists}")),
            ("keitaro", Some("e51b"), format!("e51b/postback?subid=c%201&status=hold&{lists}")),
            ("binom", None, "click.php?cnv_id=c%201&cnv_status=hold".into()),
            ("voluum", None, "postback?cid=c%201&et=hold&txid=1-7-x".into()),
            ("redtrack", None, "postback?clickid=c%201&type=hold&rdtk_event_id=1-7-x".into()),
            ("altercpa", Some("T"), "api/track/postback.json?id=T&click=c%201&status=hold&uid=7".into()),
        ] {
            assert_eq!(sent(id, token, hold), format!("https://trk.example/{expected}"), "{id}");
        }
        assert!(sent("altercpa", Some("T"), LeadStatus::Wait).contains("&status=new&"));
        assert!(sent("altercpa", Some("T"), LeadStatus::Trash).contains("&status=trash&"));
    }

    #[test]
    fn every_preset_passes_as_templates() {
        for tracker in &TRACKERS {
            let token = (tracker.token != TrackerToken::None).then_some("abc");
            validate_templates(&tracker.templates("trk.example:8443", token).unwrap()).unwrap();
        }
    }

    #[test]
    fn a_domain_is_a_host_name_with_or_without_a_port() {
        for (given, taken) in [
            ("trk.example", "trk.example"),
            ("TRK.Example", "trk.example"),
            ("a-b.trk.example:8443", "a-b.trk.example:8443"),
            ("trk.example:443", "trk.example"),
            ("трекер.рф", "xn--e1aaowdh.xn--p1ai"),
        ] {
            assert_eq!(checked_domain(given).unwrap(), taken, "{given}");
        }
        let long = format!("{}.example", "x".repeat(64));
        for bad in [
            "",
            " ",
            "trk",
            "localhost",
            "https://trk.example",
            "trk.example/",
            "trk.example/path",
            "trk.example?x",
            "trk.example#x",
            "user@trk.example",
            "user:pass@trk.example",
            "trk.example:",
            "trk.example:0",
            "trk.example:99999",
            "trk.example:x",
            "trk.example:443:443",
            "127.0.0.1",
            "0x7f.1",
            "2130706433",
            "[::1]",
            "{click}.example",
            "trk..example",
            ".example.com",
            "-a.example",
            "a_b.example",
            "trk example",
            "trk.example\n",
            "trk%2eexample",
            &long,
        ] {
            assert!(checked_domain(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_token_is_a_key_where_the_tracker_takes_one() {
        let refused = |id: &str, token| Tracker::named(id).unwrap().templates("trk.example", token).is_err();
        assert!(refused("altercpa", None) && refused("altercpa", Some("")) && refused("binom", Some("x")));
        let long = "x".repeat(129);
        for bad in ["a/b", "..", "a b", "a&b=c", "{click}", "ж", &long] {
            assert!(refused("keitaro", Some(bad)), "{bad}");
        }
        assert!(!refused("keitaro", Some("")) && !refused("binom", Some("")));
        assert!(Tracker::named("Keitaro").is_err());
    }

    #[test]
    fn the_token_of_a_preset_is_found_where_the_tracker_reads_it_and_nowhere_else() {
        for tracker in &TRACKERS {
            let token = (tracker.token != TrackerToken::None).then_some("t0.k-en");
            for event in LeadStatus::ALL {
                let templates = tracker.templates("trk.example:8443", token).unwrap();
                let found = token_in(templates.get(event)).map(|range| &templates.get(event)[range]);
                assert_eq!(found, token, "{}", tracker.id);
            }
        }
        let moved = "http://a.example/api/track/postback.json?click={click}&id=t0ken#x";
        assert_eq!(token_in(moved).map(|range| &moved[range]), Some("t0ken#x"));
        for other in [
            "https://k.example/postback?subid={click}",
            "https://k.example/hooks/postback?click={click}",
            "https://k.example/a/b/postback?subid={click}",
            "https://a.example/other.json?id=7",
            "https://a.example/api/track/postback.json?id=",
            "https://a.example",
            "",
        ] {
            assert_eq!(token_in(other), None, "{other}");
        }
    }
}
