//! The User API, `/api/*.json`: one file a route, one binary a route.

pub mod bots;
pub mod camp;
pub mod journal;
pub mod leads;
pub mod media;
mod paging;
pub mod postbacks;
mod preset;
pub mod profile;
mod query;
pub mod stats;
pub mod trackers;
pub mod unknown;

use shared::edge::http::Route;

/// Makes a [`Route`] of a handler: check the key, read the parameters, act, answer.
macro_rules! route {
    ($binary:literal, $method:literal, $path:literal, $handler:path) => {
        Route {
            binary: $binary,
            method: $method,
            path: $path,
            handle: |app, request| {
                Box::pin(async move {
                    let outcome = async {
                        let call = shared::edge::user_api::Call::open(app, &request).await?;
                        let params = shared::edge::params::FromParams::from_params(&call.params)?;
                        $handler(app, &call, params).await
                    };
                    shared::edge::envelope::user_api(outcome.await)
                })
            },
        }
    };
}

/// `POST /api/bots/add.json`
pub const BOTS_ADD: Route = route!("bots-add", "POST", "/api/bots/add.json", bots::add::add);
/// `GET /api/bots/list.json`
pub const BOTS_LIST: Route = route!("bots-list", "GET", "/api/bots/list.json", bots::list::list);
/// `GET /api/bots/chats.json`
pub const BOTS_CHATS: Route = route!("bots-chats", "GET", "/api/bots/chats.json", bots::chats::chats);
/// `POST /api/bots/del.json`
pub const BOTS_DEL: Route = route!("bots-del", "POST", "/api/bots/del.json", bots::del::del);
/// `POST /api/bots/check.json`
pub const BOTS_CHECK: Route = route!("bots-check", "POST", "/api/bots/check.json", bots::check::check);
/// `POST /api/camp/add.json`
pub const CAMP_ADD: Route = route!("camp-add", "POST", "/api/camp/add.json", camp::add::add);
/// `GET /api/camp/get.json`
pub const CAMP_GET: Route = route!("camp-get", "GET", "/api/camp/get.json", camp::get::get);
/// `GET /api/camp/list.json`
pub const CAMP_LIST: Route = route!("camp-list", "GET", "/api/camp/list.json", camp::list::list);
/// `GET /api/camp/link.json`
pub const CAMP_LINK: Route = route!("camp-link", "GET", "/api/camp/link.json", camp::link::link);
/// `POST /api/camp/edit.json`
pub const CAMP_EDIT: Route = route!("camp-edit", "POST", "/api/camp/edit.json", camp::edit::edit);
/// `POST /api/camp/pause.json`
pub const CAMP_PAUSE: Route = route!("camp-pause", "POST", "/api/camp/pause.json", camp::pause::pause);
/// `POST /api/camp/del.json`
pub const CAMP_DEL: Route = route!("camp-del", "POST", "/api/camp/del.json", camp::del::del);
/// `GET /api/postbacks/list.json`
pub const POSTBACKS_LIST: Route =
    route!("postbacks-list", "GET", "/api/postbacks/list.json", postbacks::list::list);
/// `POST /api/postbacks/replay.json`
pub const POSTBACKS_REPLAY: Route =
    route!("postbacks-replay", "POST", "/api/postbacks/replay.json", postbacks::replay::replay);
/// `POST /api/media/upload.json`
pub const MEDIA_UPLOAD: Route =
    route!("media-upload", "POST", "/api/media/upload.json", media::upload::upload);
/// `POST /api/media/presign.json`
pub const MEDIA_PRESIGN: Route =
    route!("media-presign", "POST", "/api/media/presign.json", media::presign::presign);
/// `GET /api/profile/info.json`
pub const PROFILE_INFO: Route = route!("profile-info", "GET", "/api/profile/info.json", profile::info::info);
/// `POST /api/profile/apikey.json`
pub const PROFILE_APIKEY: Route =
    route!("profile-apikey", "POST", "/api/profile/apikey.json", profile::apikey::apikey);
/// `POST /api/profile/postbacks.json`
pub const PROFILE_POSTBACKS: Route =
    route!("profile-postbacks", "POST", "/api/profile/postbacks.json", profile::postbacks::postbacks);
/// `POST /api/profile/notify.json`
pub const PROFILE_NOTIFY: Route =
    route!("profile-notify", "POST", "/api/profile/notify.json", profile::notify::notify);
/// `POST /api/profile/signing.json`
pub const PROFILE_SIGNING: Route =
    route!("profile-signing", "POST", "/api/profile/signing.json", profile::signing::signing);
/// `GET /api/stats/summary.json`
pub const STATS_SUMMARY: Route =
    route!("stats-summary", "GET", "/api/stats/summary.json", stats::summary::summary);
/// `GET /api/stats/campaign.json`
pub const STATS_CAMPAIGN: Route =
    route!("stats-campaign", "GET", "/api/stats/campaign.json", stats::campaign::campaign);
/// `GET /api/stats/retention.json`
pub const STATS_RETENTION: Route =
    route!("stats-retention", "GET", "/api/stats/retention.json", stats::retention::retention);
/// `GET /api/leads/list.json`
pub const LEADS_LIST: Route = route!("leads-list", "GET", "/api/leads/list.json", leads::list::list);
/// `GET /api/leads/export.csv`
pub const LEADS_EXPORT: Route = Route {
    binary: "leads-export",
    method: "GET",
    path: "/api/leads/export.csv",
    handle: leads::export::answer,
};
/// `GET /api/journal/list.json`
pub const JOURNAL_LIST: Route = route!("journal-list", "GET", "/api/journal/list.json", journal::list::list);
/// `GET /api/trackers/list.json`
pub const TRACKERS_LIST: Route =
    route!("trackers-list", "GET", "/api/trackers/list.json", trackers::list::list);
/// Every other path or method under `/api`
pub const UNKNOWN_ROUTE: Route =
    Route { binary: "unknown-route", method: "ANY", path: "/api/{proxy+}", handle: unknown::answer };

/// Every route of the API.
pub const ROUTES: [Route; 29] = [
    BOTS_ADD,
    BOTS_LIST,
    BOTS_CHATS,
    BOTS_DEL,
    BOTS_CHECK,
    CAMP_ADD,
    CAMP_GET,
    CAMP_LIST,
    CAMP_LINK,
    CAMP_EDIT,
    CAMP_PAUSE,
    CAMP_DEL,
    POSTBACKS_LIST,
    POSTBACKS_REPLAY,
    MEDIA_UPLOAD,
    MEDIA_PRESIGN,
    PROFILE_INFO,
    PROFILE_APIKEY,
    PROFILE_POSTBACKS,
    PROFILE_NOTIFY,
    PROFILE_SIGNING,
    STATS_SUMMARY,
    STATS_CAMPAIGN,
    STATS_RETENTION,
    LEADS_LIST,
    LEADS_EXPORT,
    JOURNAL_LIST,
    TRACKERS_LIST,
    UNKNOWN_ROUTE,
];
