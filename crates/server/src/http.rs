//! THE ROUTES, one line each, and then the one layer around them.

use ::http::StatusCode;
use axum::Router;
use utoipa::{
    OpenApi,
    openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder},
};
use utoipa_axum::routes;

use self::table::Routes;
use crate::{access::Permission, app::SharedApp, error::Error, limits::Class};

mod admin;
mod announcements;
mod audit;
mod auth;
pub mod client;
mod compat;
mod cookies;
mod docs;
pub mod document;
mod edge;
pub mod encoding;
pub mod extract;
mod finish;
pub mod forwarded;
mod frames;
mod gate;
mod health;
mod history;
mod invitations;
pub mod limits;
mod members;
mod metrics;
mod open_access;
mod origin;
mod page;
mod passage;
mod pieces;
mod prefer;
mod preferences;
mod privacy;
pub mod problem;
mod searches;
mod security_events;
mod socket;
mod sources;
mod splits;
mod table;
mod web;
mod workspaces;

pub use passage::REQUEST_ID;
pub(crate) use table::Table;

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
        (name = "accounts", description = "Sign in, invite, see who has signed in where"),
        (name = "workspaces", description = "Where people work together, and who is in them"),
        (name = "administration", description = "Who did what"),
        (name = "operation", description = "For load balancers, monitoring and deployments"),
        (name = "documentation", description = "This description"),
    ),
)]
struct Api;

/// All routes; one that is not documented, or does not say what it needs, does not compile.
fn routes() -> Routes {
    use Permission as P;
    of_people(of_workspaces(of_accounts(Routes::new(Api::openapi()))))
        .needs(P::SearchRead, Class::Search, routes!(searches::start))
        .needs(P::SearchRead, Class::Read, routes!(searches::show, searches::cancel))
        .needs(P::SearchRead, Class::Read, routes!(searches::events))
        .needs(P::SearchRead, Class::Export, routes!(searches::export))
        .needs(P::SearchRead, Class::Read, routes!(searches::record))
        .needs(P::SearchRead, Class::Read, routes!(searches::records))
        .needs(P::SearchWrite, Class::Write, routes!(searches::split))
        .needs(P::SearchRead, Class::Read, routes!(splits::list))
        .needs(P::SearchWrite, Class::Write, routes!(splits::rejoin))
        .needs(P::SearchRead, Class::Read, routes!(open_access::find))
        .open(routes!(socket::open))
        .needs(P::SystemManage, Class::Write, routes!(announcements::announce))
        .needs(P::SearchRead, Class::Search, routes!(compat::search))
        .needs(P::SearchRead, Class::Search, routes!(compat::quick))
        .needs(P::SearchRead, Class::Read, routes!(compat::history::list))
        .needs(P::SearchWrite, Class::Write, routes!(compat::history::favorite))
        .needs(P::SearchRead, Class::Read, routes!(compat::history::analytics))
        .needs(P::SearchRead, Class::Read, routes!(compat::history::popular))
        .needs(P::SearchRead, Class::Read, routes!(history::list))
        .needs(P::SearchWrite, Class::Write, routes!(history::clear))
        .needs(P::SearchRead, Class::Read, routes!(history::show))
        .needs(P::SearchWrite, Class::Write, routes!(history::delete))
        .needs(P::SearchWrite, Class::Write, routes!(history::favorite))
        .needs(P::SearchWrite, Class::Write, routes!(history::tag))
        .needs(P::SearchRead, Class::Read, routes!(history::tags))
        .needs(P::SearchRead, Class::Read, routes!(history::analytics))
        .needs(P::SearchRead, Class::Read, routes!(history::popular))
        .needs(P::SearchRead, Class::Export, routes!(history::export))
        .needs(P::SearchRead, Class::Read, routes!(sources::list))
        .needs(P::SearchRead, Class::Read, routes!(sources::one))
        .open(routes!(health::summary))
        .open(routes!(health::live))
        .open(routes!(health::healthz))
        .open(routes!(health::ready))
        .open(routes!(health::readyz))
        .open(routes!(metrics::scrape))
        .open(routes!(web::home))
        .open(routes!(web::asset))
        .open(routes!(web::opensearch))
        .open(routes!(docs::openapi))
        .open(routes!(docs::page))
        .open(routes!(docs::asset))
}

/// Those of signing in, and of the people of a workspace.
fn of_accounts(routes: Routes) -> Routes {
    use Permission as P;
    ways_in(routes)
        .anybody(Class::Read, routes!(auth::refresh))
        .anybody(Class::SignIn, routes!(auth::register))
        .even_leaving(Class::Write, routes!(auth::logout))
        .even_leaving(Class::Read, routes!(auth::me))
        .signed_in(Class::SignIn, routes!(auth::change_password))
        .signed_in(Class::Read, routes!(auth::mfa::show))
        .signed_in(Class::SignIn, routes!(auth::mfa::offer))
        .signed_in(Class::SignIn, routes!(auth::mfa::confirm))
        .signed_in(Class::SignIn, routes!(auth::mfa::disable))
        .signed_in(Class::SignIn, routes!(auth::mfa::renew_codes))
        .anybody(Class::Mail, routes!(auth::passwords::forgot))
        .anybody(Class::SignIn, routes!(auth::passwords::reset))
        .anybody(Class::Read, routes!(auth::passwords::generate))
        .anybody(Class::SignIn, routes!(auth::passwords::validate))
        .signed_in(Class::Read, routes!(auth::sessions::list))
        .signed_in(Class::Write, routes!(auth::sessions::end_others))
        .signed_in(Class::Write, routes!(auth::sessions::end))
        .signed_in(Class::Read, routes!(auth::tokens::list))
        .signed_in(Class::Write, routes!(auth::tokens::make))
        .signed_in(Class::Write, routes!(auth::tokens::revoke))
        .anybody(Class::Read, routes!(auth::jwks))
        .needs(P::SystemManage, Class::Read, routes!(admin::deployments::list))
        .needs(P::SystemManage, Class::SignIn, routes!(admin::deployments::roll_back))
        .needs(P::AdminAccess, Class::Read, routes!(admin::jobs::list))
        .needs(P::AdminAccess, Class::Read, routes!(admin::jobs::show))
        .needs(P::AdminAccess, Class::Write, routes!(admin::jobs::cancel))
        .needs(P::AdminAccess, Class::Write, routes!(admin::jobs::retry))
        .needs(P::SystemManage, Class::Write, routes!(admin::maintenance::begin))
        .needs(P::AdminAccess, Class::Read, routes!(admin::retention::preview))
        .needs(P::AdminAccess, Class::Read, routes!(admin::sessions::list))
        .needs(P::AdminAccess, Class::Write, routes!(admin::sessions::end))
        .needs(P::SystemManage, Class::Read, routes!(admin::settings::list))
        .needs(P::SystemManage, Class::Write, routes!(admin::settings::change))
        .needs(P::SystemManage, Class::Read, routes!(admin::system::health))
        .needs(P::AnalyticsRead, Class::Export, routes!(admin::system::analytics))
        .needs(P::SystemManage, Class::Read, routes!(admin::system::config))
        .needs(P::AdminAccess, Class::Export, routes!(admin::system::dashboard))
        .needs(P::UserRead, Class::Read, routes!(admin::users::list))
        .needs(P::UserRead, Class::Read, routes!(admin::users::show))
        .needs(P::UserUpdate, Class::Write, routes!(admin::users::act))
        .needs(P::AuditRead, Class::Export, routes!(audit::list))
        .needs(P::AuditRead, Class::Export, routes!(audit::verify))
        .needs(P::AdminAccess, Class::Export, routes!(security_events::list))
        .needs(P::AdminAccess, Class::Write, routes!(security_events::resolve))
        .needs(P::UserRead, Class::Read, routes!(invitations::list))
        .needs(P::UserCreate, Class::Mail, routes!(invitations::make))
        .needs(P::UserCreate, Class::Write, routes!(invitations::revoke))
}

/// Those of what one prefers, and of what is stored about one.
fn of_people(routes: Routes) -> Routes {
    use Permission as P;
    routes
        .needs(P::ProfileRead, Class::Read, routes!(preferences::show))
        .needs(P::ProfileUpdate, Class::Write, routes!(preferences::set))
        .even_leaving(Class::Export, routes!(privacy::ask_export))
        .even_leaving(Class::Read, routes!(privacy::exports))
        .even_leaving(Class::Export, routes!(privacy::download))
        .even_leaving(Class::Read, routes!(privacy::deletion))
        .signed_in(Class::SignIn, routes!(privacy::delete))
        .even_leaving(Class::Write, routes!(privacy::cancel))
}

/// Those of workspaces and their members.
fn of_workspaces(routes: Routes) -> Routes {
    use Permission as P;
    routes
        .signed_in(Class::Read, routes!(workspaces::list))
        .needs(P::TenantCreate, Class::Write, routes!(workspaces::make))
        .needs(P::TenantRead, Class::Read, routes!(workspaces::show))
        .needs(P::TenantUpdate, Class::Write, routes!(workspaces::rename))
        .needs(P::TenantUpdate, Class::Write, routes!(workspaces::set))
        .needs(P::TenantDelete, Class::Write, routes!(workspaces::delete))
        .signed_in(Class::Write, routes!(workspaces::enter))
        .signed_in(Class::Write, routes!(members::leave))
        .needs(P::UserRead, Class::Read, routes!(members::list))
        .needs(P::UserUpdate, Class::Write, routes!(members::change_role))
        .needs(P::UserUpdate, Class::Write, routes!(members::remove))
        .signed_in(Class::Write, routes!(members::accept))
}

/// The ways to sign in, and one's passkeys.
fn ways_in(routes: Routes) -> Routes {
    routes
        .anybody(Class::SignIn, routes!(auth::sign_in::login))
        .anybody(Class::SignIn, routes!(auth::sign_in::finish))
        .anybody(Class::SignIn, routes!(auth::oauth::token))
        .anybody(Class::SignIn, routes!(auth::proxy::login))
        .signed_in(Class::Read, routes!(auth::passkeys::list))
        .signed_in(Class::SignIn, routes!(auth::passkeys::keep))
        .signed_in(Class::SignIn, routes!(auth::passkeys::ask_for_new))
        .signed_in(Class::Write, routes!(auth::passkeys::rename))
        .signed_in(Class::SignIn, routes!(auth::passkeys::remove))
        .anybody(Class::SignIn, routes!(auth::passkeys::ask))
        .anybody(Class::SignIn, routes!(auth::passkeys::login))
        .anybody(Class::Read, routes!(auth::oidc::list))
        .anybody(Class::SignIn, routes!(auth::oidc::start))
        .anybody(Class::SignIn, routes!(auth::oidc::callback))
}

/// Everything that is served.
pub fn router(app: SharedApp) -> Router {
    let (router, _, table) = routes().done();
    layered(router, table, app)
}

/// The edge around these routes.
pub(crate) fn layered(routes: Router<SharedApp>, table: Table, app: SharedApp) -> Router {
    routes
        .fallback(web::elsewhere)
        .method_not_allowed_fallback(async || Error::MethodNotAllowed)
        .layer(edge::EdgeLayer::new(SharedApp::clone(&app), table))
        .with_state(app)
}

/// The OpenAPI 3.1 document of all routes, as pretty JSON.
pub fn openapi() -> String {
    let (_, mut document, _) = routes().done();
    crate::VERSION.clone_into(&mut document.info.version);
    let kinds = serde_json::to_value(problem::KINDS).unwrap_or_default();
    document.extensions.get_or_insert_default().insert("x-problems".to_owned(), kinds);
    frames::describe(&mut document);
    describe_answers(&mut document);
    // Made of strings and maps only: it serialises.
    document.to_pretty_json().unwrap_or_default()
}

/// Every answer must have a description (OpenAPI 3.1 §4.8.17); where a handler gives none, the status says enough.
fn describe_answers(document: &mut utoipa::openapi::OpenApi) {
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            let refusals = operation.responses.responses.entry("4XX".to_owned());
            refusals.or_insert_with(|| RefOr::T(refusal()));
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

/// What any operation may answer: that it is not understood, or not for whoever asks.
fn refusal() -> utoipa::openapi::Response {
    let problem = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description("Not as it is asked").content("application/problem+json", problem).build()
}

#[cfg(test)]
mod tests;
