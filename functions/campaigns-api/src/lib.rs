//! The Campaigns API, `/api/v1/*` (seed 004): one file a route, one binary a route.

pub mod campaigns;
pub mod conversions;
pub mod executions;
pub mod imports;
mod paging;
pub mod segments;
pub mod subscribers;
pub mod surveys;
pub mod templates;
pub mod testers;
pub mod unknown;
pub mod webhooks;

use shared::edge::http::Route;

/// Makes a [`Route`] of a handler: check the key, read the request, act, answer. A POST is carried out once for each
/// `Idempotency-Key`.
macro_rules! route {
    ($binary:literal, "POST", $path:literal, $handler:path) => {
        Route {
            binary: $binary,
            method: "POST",
            path: $path,
            handle: |app, request| {
                Box::pin(shared::edge::idempotency::answer_once(app, request, async |app, call| {
                    $handler(app, call).await
                }))
            },
        }
    };
    ($binary:literal, $method:literal, $path:literal, $handler:path) => {
        Route {
            binary: $binary,
            method: $method,
            path: $path,
            handle: |app, request| {
                Box::pin(async move {
                    let outcome = async {
                        let call = shared::edge::campaigns_api::Call::open(app, &request).await?;
                        $handler(app, call).await
                    };
                    shared::edge::envelope::campaigns_api(outcome.await)
                })
            },
        }
    };
}

/// `GET /api/v1/campaigns`
pub const CAMPAIGNS_LIST: Route = route!("campaigns-list", "GET", "/api/v1/campaigns", campaigns::list::list);
/// `POST /api/v1/campaigns`
pub const CAMPAIGNS_CREATE: Route =
    route!("campaigns-create", "POST", "/api/v1/campaigns", campaigns::create::create);
/// `GET /api/v1/campaigns/:id`
pub const CAMPAIGNS_GET: Route =
    route!("campaigns-get", "GET", "/api/v1/campaigns/{id}", campaigns::get::get);
/// `PUT /api/v1/campaigns/:id`
pub const CAMPAIGNS_UPDATE: Route =
    route!("campaigns-update", "PUT", "/api/v1/campaigns/{id}", campaigns::update::update);
/// `DELETE /api/v1/campaigns/:id`
pub const CAMPAIGNS_DELETE: Route =
    route!("campaigns-delete", "DELETE", "/api/v1/campaigns/{id}", campaigns::delete::delete);
/// `POST /api/v1/campaigns/:id/execute`
pub const CAMPAIGNS_EXECUTE: Route =
    route!("campaigns-execute", "POST", "/api/v1/campaigns/{id}/execute", campaigns::execute::execute);
/// `POST /api/v1/campaigns/:id/pause`
pub const CAMPAIGNS_PAUSE: Route =
    route!("campaigns-pause", "POST", "/api/v1/campaigns/{id}/pause", campaigns::pause::pause);
/// `POST /api/v1/campaigns/:id/resume`
pub const CAMPAIGNS_RESUME: Route =
    route!("campaigns-resume", "POST", "/api/v1/campaigns/{id}/resume", campaigns::resume::resume);
/// `POST /api/v1/campaigns/:id/clone`
pub const CAMPAIGNS_CLONE: Route =
    route!("campaigns-clone", "POST", "/api/v1/campaigns/{id}/clone", campaigns::clone::clone);
/// `GET /api/v1/templates`
pub const TEMPLATES_LIST: Route = route!("templates-list", "GET", "/api/v1/templates", templates::list::list);
/// `POST /api/v1/templates`
pub const TEMPLATES_CREATE: Route =
    route!("templates-create", "POST", "/api/v1/templates", templates::create::create);
/// `GET /api/v1/templates/:id`
pub const TEMPLATES_GET: Route =
    route!("templates-get", "GET", "/api/v1/templates/{id}", templates::get::get);
/// `PUT /api/v1/templates/:id`
pub const TEMPLATES_UPDATE: Route =
    route!("templates-update", "PUT", "/api/v1/templates/{id}", templates::update::update);
/// `DELETE /api/v1/templates/:id`
pub const TEMPLATES_DELETE: Route =
    route!("templates-delete", "DELETE", "/api/v1/templates/{id}", templates::delete::delete);
/// `GET /api/v1/testers`
pub const TESTERS_GET: Route = route!("testers-get", "GET", "/api/v1/testers", testers::get::get);
/// `PUT /api/v1/testers`
pub const TESTERS_UPDATE: Route = route!("testers-update", "PUT", "/api/v1/testers", testers::update::update);
/// `POST /api/v1/subscribers/imports`
pub const IMPORTS_CREATE: Route =
    route!("imports-create", "POST", "/api/v1/subscribers/imports", imports::create::create);
/// `GET /api/v1/subscribers/imports/:id`
pub const IMPORTS_GET: Route =
    route!("imports-get", "GET", "/api/v1/subscribers/imports/{id}", imports::get::get);
/// `POST /api/v1/subscribers/imports/:id/start`
pub const IMPORTS_START: Route =
    route!("imports-start", "POST", "/api/v1/subscribers/imports/{id}/start", imports::start::start);
/// `POST /api/v1/conversions`
pub const CONVERSIONS_CREATE: Route =
    route!("conversions-create", "POST", "/api/v1/conversions", conversions::create::create);
/// `GET /api/v1/conversions`
pub const CONVERSIONS_TRACK: Route = Route {
    binary: "conversions-track",
    method: "GET",
    path: "/api/v1/conversions",
    handle: conversions::track::answer,
};
/// `GET /api/v1/webhooks`
pub const WEBHOOKS_LIST: Route = route!("webhooks-list", "GET", "/api/v1/webhooks", webhooks::list::list);
/// `POST /api/v1/webhooks`
pub const WEBHOOKS_CREATE: Route =
    route!("webhooks-create", "POST", "/api/v1/webhooks", webhooks::create::create);
/// `GET /api/v1/webhooks/:id`
pub const WEBHOOKS_GET: Route = route!("webhooks-get", "GET", "/api/v1/webhooks/{id}", webhooks::get::get);
/// `PUT /api/v1/webhooks/:id`
pub const WEBHOOKS_UPDATE: Route =
    route!("webhooks-update", "PUT", "/api/v1/webhooks/{id}", webhooks::update::update);
/// `DELETE /api/v1/webhooks/:id`
pub const WEBHOOKS_DELETE: Route =
    route!("webhooks-delete", "DELETE", "/api/v1/webhooks/{id}", webhooks::delete::delete);
/// `POST /api/v1/webhooks/:id/test`
pub const WEBHOOKS_TEST: Route =
    route!("webhooks-test", "POST", "/api/v1/webhooks/{id}/test", webhooks::test::test);
/// `GET /api/v1/webhooks/:id/deliveries`
pub const WEBHOOKS_DELIVERIES: Route = route!(
    "webhooks-deliveries",
    "GET",
    "/api/v1/webhooks/{id}/deliveries",
    webhooks::deliveries::deliveries
);
/// `POST /api/v1/webhooks/:id/deliveries/:delivery/redeliver`
pub const WEBHOOKS_REDELIVER: Route = route!(
    "webhooks-redeliver",
    "POST",
    "/api/v1/webhooks/{id}/deliveries/{delivery}/redeliver",
    webhooks::redeliver::redeliver
);
/// `POST /api/v1/webhooks/:id/rotate-secret`
pub const WEBHOOKS_ROTATE_SECRET: Route = route!(
    "webhooks-rotate-secret",
    "POST",
    "/api/v1/webhooks/{id}/rotate-secret",
    webhooks::rotate_secret::rotate_secret
);
/// `GET /api/v1/segments`
pub const SEGMENTS_LIST: Route = route!("segments-list", "GET", "/api/v1/segments", segments::list::list);
/// `POST /api/v1/segments`
pub const SEGMENTS_CREATE: Route =
    route!("segments-create", "POST", "/api/v1/segments", segments::create::create);
/// `GET /api/v1/segments/:id`
pub const SEGMENTS_GET: Route = route!("segments-get", "GET", "/api/v1/segments/{id}", segments::get::get);
/// `PUT /api/v1/segments/:id`
pub const SEGMENTS_UPDATE: Route =
    route!("segments-update", "PUT", "/api/v1/segments/{id}", segments::update::update);
/// `DELETE /api/v1/segments/:id`
pub const SEGMENTS_DELETE: Route =
    route!("segments-delete", "DELETE", "/api/v1/segments/{id}", segments::delete::delete);
/// `POST /api/v1/segments/:id/preview`
pub const SEGMENTS_PREVIEW: Route =
    route!("segments-preview", "POST", "/api/v1/segments/{id}/preview", segments::preview::preview);
/// `POST /api/v1/segments/preview`
pub const SEGMENTS_PREVIEW_BODY: Route =
    route!("segments-preview-body", "POST", "/api/v1/segments/preview", segments::preview_body::preview_body);
/// `GET /api/v1/subscribers`
pub const SUBSCRIBERS_LIST: Route =
    route!("subscribers-list", "GET", "/api/v1/subscribers", subscribers::list::list);
/// `GET /api/v1/subscribers/:id`
pub const SUBSCRIBERS_GET: Route =
    route!("subscribers-get", "GET", "/api/v1/subscribers/{id}", subscribers::get::get);
/// `PUT /api/v1/subscribers/:id`
pub const SUBSCRIBERS_UPDATE: Route =
    route!("subscribers-update", "PUT", "/api/v1/subscribers/{id}", subscribers::update::update);
/// `DELETE /api/v1/subscribers/:id`
pub const SUBSCRIBERS_ERASE: Route =
    route!("subscribers-erase", "DELETE", "/api/v1/subscribers/{id}", subscribers::erase::erase);
/// `GET /api/v1/campaigns/:id/progress`
pub const CAMPAIGNS_PROGRESS: Route =
    route!("campaigns-progress", "GET", "/api/v1/campaigns/{id}/progress", campaigns::progress::progress);
/// `GET /api/v1/campaigns/:id/statistics`
pub const CAMPAIGNS_STATISTICS: Route = route!(
    "campaigns-statistics",
    "GET",
    "/api/v1/campaigns/{id}/statistics",
    campaigns::statistics::statistics
);
/// `GET /api/v1/campaigns/:id/history`
pub const CAMPAIGNS_HISTORY: Route =
    route!("campaigns-history", "GET", "/api/v1/campaigns/{id}/history", campaigns::history::history);
/// `GET /api/v1/campaigns/:id/executions`
pub const EXECUTIONS_LIST: Route =
    route!("executions-list", "GET", "/api/v1/campaigns/{id}/executions", executions::list::list);
/// `GET /api/v1/executions/:id`
pub const EXECUTIONS_GET: Route =
    route!("executions-get", "GET", "/api/v1/executions/{id}", executions::get::get);
/// `GET /api/v1/executions/:id/deliveries`
pub const EXECUTIONS_DELIVERIES: Route = route!(
    "executions-deliveries",
    "GET",
    "/api/v1/executions/{id}/deliveries",
    executions::deliveries::deliveries
);
/// `POST /api/v1/executions/:id/retry-failed`
pub const EXECUTIONS_RETRY_FAILED: Route = route!(
    "executions-retry-failed",
    "POST",
    "/api/v1/executions/{id}/retry-failed",
    executions::retry_failed::retry_failed
);
/// `POST /api/v1/campaigns/:id/messages/delete`
pub const CAMPAIGNS_DELETE_MESSAGES: Route = route!(
    "campaigns-delete-messages",
    "POST",
    "/api/v1/campaigns/{id}/messages/delete",
    campaigns::delete_messages::delete_messages
);
/// `POST /api/v1/campaigns/:id/draw`
pub const CAMPAIGNS_DRAW: Route =
    route!("campaigns-draw", "POST", "/api/v1/campaigns/{id}/draw", campaigns::draw::draw);
/// `GET /api/v1/campaigns/:id/entries`
pub const CAMPAIGNS_ENTRIES: Route =
    route!("campaigns-entries", "GET", "/api/v1/campaigns/{id}/entries", campaigns::entries::entries);
/// `GET /api/v1/campaigns/:id/export`
pub const CAMPAIGNS_EXPORT: Route = Route {
    binary: "campaigns-export",
    method: "GET",
    path: "/api/v1/campaigns/{id}/export",
    handle: campaigns::export::answer,
};
/// `GET /api/v1/campaigns/:id/answers`
pub const SURVEYS_ANSWERS: Route =
    route!("surveys-answers", "GET", "/api/v1/campaigns/{id}/answers", surveys::answers::answers);
/// `GET /api/v1/campaigns/:id/answers/export`
pub const SURVEYS_EXPORT: Route = Route {
    binary: "surveys-export",
    method: "GET",
    path: "/api/v1/campaigns/{id}/answers/export",
    handle: surveys::export::answer,
};
/// Every other path or method under `/api/v1`
pub const CAMPAIGNS_UNKNOWN: Route =
    Route { binary: "campaigns-unknown", method: "ANY", path: "/api/v1/{proxy+}", handle: unknown::answer };

/// Every route of the API.
pub const ROUTES: [Route; 55] = [
    CAMPAIGNS_LIST,
    CAMPAIGNS_CREATE,
    CAMPAIGNS_GET,
    CAMPAIGNS_UPDATE,
    CAMPAIGNS_DELETE,
    CAMPAIGNS_EXECUTE,
    CAMPAIGNS_PAUSE,
    CAMPAIGNS_RESUME,
    CAMPAIGNS_CLONE,
    TEMPLATES_LIST,
    TEMPLATES_CREATE,
    TEMPLATES_GET,
    TEMPLATES_UPDATE,
    TEMPLATES_DELETE,
    TESTERS_GET,
    TESTERS_UPDATE,
    IMPORTS_CREATE,
    IMPORTS_GET,
    IMPORTS_START,
    CONVERSIONS_CREATE,
    CONVERSIONS_TRACK,
    WEBHOOKS_LIST,
    WEBHOOKS_CREATE,
    WEBHOOKS_GET,
    WEBHOOKS_UPDATE,
    WEBHOOKS_DELETE,
    WEBHOOKS_TEST,
    WEBHOOKS_DELIVERIES,
    WEBHOOKS_REDELIVER,
    WEBHOOKS_ROTATE_SECRET,
    SEGMENTS_LIST,
    SEGMENTS_CREATE,
    SEGMENTS_GET,
    SEGMENTS_UPDATE,
    SEGMENTS_DELETE,
    SEGMENTS_PREVIEW,
    SEGMENTS_PREVIEW_BODY,
    SUBSCRIBERS_LIST,
    SUBSCRIBERS_GET,
    SUBSCRIBERS_UPDATE,
    SUBSCRIBERS_ERASE,
    CAMPAIGNS_PROGRESS,
    CAMPAIGNS_STATISTICS,
    CAMPAIGNS_HISTORY,
    EXECUTIONS_LIST,
    EXECUTIONS_GET,
    EXECUTIONS_DELIVERIES,
    EXECUTIONS_RETRY_FAILED,
    CAMPAIGNS_DELETE_MESSAGES,
    CAMPAIGNS_EXPORT,
    CAMPAIGNS_DRAW,
    CAMPAIGNS_ENTRIES,
    SURVEYS_ANSWERS,
    SURVEYS_EXPORT,
    CAMPAIGNS_UNKNOWN,
];
