//! The Campaigns API, `/api/v1/*` (seed 004): one file a route, one binary a route.

pub mod campaigns;
pub mod unknown;

use shared::edge::http::Route;

/// Makes a [`Route`] of a handler: check the key, read the request, act, answer.
macro_rules! route {
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
/// Every other path or method under `/api/v1`
pub const CAMPAIGNS_UNKNOWN: Route =
    Route { binary: "campaigns-unknown", method: "ANY", path: "/api/v1/{proxy+}", handle: unknown::answer };

/// Every route of the API.
pub const ROUTES: [Route; 12] = [
    CAMPAIGNS_LIST,
    CAMPAIGNS_CREATE,
    CAMPAIGNS_GET,
    CAMPAIGNS_UPDATE,
    CAMPAIGNS_DELETE,
    CAMPAIGNS_EXECUTE,
    CAMPAIGNS_PAUSE,
    CAMPAIGNS_RESUME,
    CAMPAIGNS_CLONE,
    CAMPAIGNS_PROGRESS,
    CAMPAIGNS_STATISTICS,
    CAMPAIGNS_UNKNOWN,
];
