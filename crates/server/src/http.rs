//! THE ROUTES, one line each, and then the one layer around them.

use ::http::StatusCode;
use axum::Router;
use utoipa::{OpenApi, openapi::RefOr};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{app::SharedApp, error::Error};

mod announcements;
pub mod client;
mod compat;
mod docs;
pub mod document;
mod edge;
pub mod encoding;
pub mod extract;
mod finish;
pub mod forwarded;
mod health;
mod history;
pub mod limits;
mod metrics;
mod open_access;
mod origin;
mod passage;
mod prefer;
pub mod problem;
mod searches;
mod socket;
mod sources;
mod splits;

pub use passage::REQUEST_ID;

/// What the document says beside the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "PAKE",
        description = "One question, every source, live. Every error is a problem (RFC 9457).",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    tags(
        (name = "searches", description = "Ask, follow, withdraw, take away"),
        (name = "history", description = "The searches made before"),
        (name = "sources", description = "Which sources there are and how they are doing"),
        (name = "compat", description = "The earlier Python system's shapes"),
        (name = "operation", description = "For load balancers, monitoring and deployments"),
        (name = "documentation", description = "This description"),
    ),
)]
struct Api;

/// All routes; one that is not documented does not compile.
fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(searches::start))
        .routes(routes!(searches::show, searches::cancel))
        .routes(routes!(searches::events))
        .routes(routes!(searches::export))
        .routes(routes!(searches::record))
        .routes(routes!(searches::records))
        .routes(routes!(searches::split))
        .routes(routes!(splits::list, splits::rejoin))
        .routes(routes!(open_access::find))
        .routes(routes!(socket::open))
        .routes(routes!(announcements::announce))
        .routes(routes!(compat::search))
        .routes(routes!(compat::quick))
        .routes(routes!(compat::history::list))
        .routes(routes!(compat::history::favorite))
        .routes(routes!(compat::history::analytics))
        .routes(routes!(compat::history::popular))
        .routes(routes!(history::list, history::clear))
        .routes(routes!(history::show, history::delete))
        .routes(routes!(history::favorite))
        .routes(routes!(history::tag))
        .routes(routes!(history::tags))
        .routes(routes!(history::analytics))
        .routes(routes!(history::popular))
        .routes(routes!(history::export))
        .routes(routes!(sources::list))
        .routes(routes!(sources::one))
        .routes(routes!(health::summary))
        .routes(routes!(health::live))
        .routes(routes!(health::healthz))
        .routes(routes!(health::ready))
        .routes(routes!(health::readyz))
        .routes(routes!(metrics::scrape))
        .routes(routes!(docs::home))
        .routes(routes!(docs::openapi))
        .routes(routes!(docs::page))
        .routes(routes!(docs::asset))
}

/// Everything that is served.
pub fn router(app: SharedApp) -> Router {
    layered(routes().into(), app)
}

/// The edge around these routes.
pub(crate) fn layered(routes: Router<SharedApp>, app: SharedApp) -> Router {
    routes
        .fallback(async || Error::NoSuchRoute)
        .method_not_allowed_fallback(async || Error::MethodNotAllowed)
        .layer(edge::EdgeLayer::new(SharedApp::clone(&app)))
        .with_state(app)
}

/// The OpenAPI 3.1 document of all routes, as pretty JSON.
pub fn openapi() -> String {
    let mut document = routes().into_openapi();
    crate::VERSION.clone_into(&mut document.info.version);
    let kinds = serde_json::to_value(problem::KINDS).unwrap_or_default();
    document.extensions.get_or_insert_default().insert("x-problems".to_owned(), kinds);
    describe_answers(&mut document);
    // Made of strings and maps only: it serialises.
    document.to_pretty_json().unwrap_or_default()
}

/// Every answer must have a description (OpenAPI 3.1 §4.8.17); where a handler gives none, the status says enough.
fn describe_answers(document: &mut utoipa::openapi::OpenApi) {
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            for (status, response) in &mut operation.responses.responses {
                let RefOr::T(response) = response else { continue };
                let reason = status.parse().ok().and_then(|status: StatusCode| status.canonical_reason());
                if response.description.is_empty() {
                    reason.unwrap_or("What went wrong").clone_into(&mut response.description);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
