//! Where people come by who are sent on.

use shared::edge::http::Route;
use shared::edge::redirect;

/// `GET /go/{code}`
pub const CLICK_REDIRECT: Route = Route {
    binary: "click-redirect",
    method: "GET",
    path: "/go/{code}",
    handle: |app, request| Box::pin(redirect::go(app, request)),
};

/// `GET` and `HEAD /r/{token}`
pub const LINK_REDIRECT: Route = Route {
    binary: "link-redirect",
    method: "ANY",
    path: "/r/{token}",
    handle: |app, request| Box::pin(redirect::follow(app, request)),
};
