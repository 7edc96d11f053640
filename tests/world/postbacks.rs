use std::collections::BTreeMap;

use url::form_urlencoded;

use super::World;

/// A postback that the advertiser received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postback {
    /// The word of the template that was used.
    pub event: String,
    /// What its URL carried.
    pub values: BTreeMap<String, String>,
    /// The id in its header.
    pub header_id: String,
}

impl World {
    /// The template for an event: the advertiser's address, and every macro there is.
    pub fn template(&self, event: &str) -> String {
        let macros =
            ["click", "status", "campaign", "user", "lead", "subscriber", "username", "chat", "time", "id"];
        let query: Vec<_> = macros.iter().map(|name| format!("{name}={{{name}}}")).collect();
        format!("{}/simulator/receiver/{event}?{}", self.system.base_url(), query.join("&"))
    }

    /// What the advertiser received, in the order of arrival.
    pub fn postbacks(&self) -> Vec<Postback> {
        let received = self.simulator.postbacks().into_iter().map(|postback| {
            let id = postback.headers.iter().find(|(name, _)| name == "gatepost-id");
            Postback {
                event: postback.path.trim_start_matches('/').to_owned(),
                values: form_urlencoded::parse(postback.query.as_bytes()).into_owned().collect(),
                header_id: id.map(|(_, value)| value.clone()).unwrap_or_default(),
            }
        });
        received.collect()
    }

    /// The same as pairs of event and click.
    pub fn told(&self) -> Vec<(String, String)> {
        self.postbacks()
            .into_iter()
            .map(|postback| (postback.event, postback.values["click"].clone()))
            .collect()
    }

    /// The events alone.
    pub fn events(&self) -> Vec<String> {
        self.postbacks().into_iter().map(|postback| postback.event).collect()
    }
}
