//! The table of routes and roles. What is not here is not served.

use axum::http::Method;
use sobo_verify::Role;

use crate::access::{Access, READERS, Route, WORKERS, route};
use crate::{asset, history, image, page, page_work, session, upload, work};

/// Those who may change a record or say something of a page.
const ACTORS: Access =
    Access::Roles(&[Role::Clerk, Role::Checker, Role::Arbiter, Role::Registrar, Role::Supervisor]);
/// Those who may change how a page is divided into entries.
const DIVIDERS: Access = Access::Roles(&[Role::Clerk, Role::Checker, Role::Supervisor]);
const SUPERVISOR: Access = Access::Roles(&[Role::Supervisor]);
const REGISTRAR: Access = Access::Roles(&[Role::Registrar]);
const ARCHIVE: Access = Access::Roles(&[Role::Archive, Role::Supervisor]);
const ADMINISTRATOR: Access = Access::Roles(&[Role::Administrator]);
/// Those who decide what the reader learns and which model reads.
const TEACHERS: Access = Access::Roles(&[Role::Supervisor, Role::Administrator]);
const AUDITORS: Access = Access::Roles(&[Role::Auditor, Role::Administrator]);
const NOTERS: Access = Access::Roles(&[
    Role::Archive,
    Role::Clerk,
    Role::Checker,
    Role::Arbiter,
    Role::Registrar,
    Role::Supervisor,
]);

/// Every route.
pub(crate) fn table() -> Vec<Route> {
    use Access::{HalfSignedIn, Public, SignedIn};
    vec![
        // Without signing in.
        route(Method::GET, "/assets/{*path}", Public, asset::asset),
        route(Method::GET, "/healthz", Public, || async { "ok" }),
        route(Method::GET, "/sign-in", Public, session::sign_in_form),
        route(Method::POST, "/sign-in", Public, session::sign_in),
        route(Method::GET, "/language/{code}", Public, session::language),
        // Between password and second factor.
        route(Method::GET, "/second-factor", HalfSignedIn, session::second_factor_form),
        route(Method::POST, "/second-factor", HalfSignedIn, session::second_factor),
        route(Method::POST, "/sign-out", HalfSignedIn, session::sign_out),
        // Everyone.
        route(Method::GET, "/", SignedIn, page::home),
        route(Method::GET, "/me", SignedIn, page::me),
        route(Method::GET, "/api/session", SignedIn, session::whose),
        route(Method::POST, "/me/password", SignedIn, page::change_password),
        route(Method::POST, "/me/second-factor", SignedIn, page::second_factor_on),
        route(Method::POST, "/me/second-factor/off", SignedIn, page::second_factor_off),
        // Looking at registers.
        route(Method::GET, "/volumes", READERS, page::volumes),
        route(Method::GET, "/volumes/{id}", READERS, page::volume),
        route(Method::GET, "/pages/{id}", READERS, page::single_page),
        route(Method::GET, "/pages/{id}/tiles/{level}/{name}", READERS, image::tile),
        route(Method::GET, "/pages/{id}/restored/{level}/{name}", READERS, image::restored_tile),
        route(Method::GET, "/pages/{id}/strips/{name}", READERS, image::strip),
        route(Method::GET, "/pages/{id}/thumbnail.jpg", READERS, image::thumbnail),
        route(Method::GET, "/pages/{id}/large.jpg", READERS, image::large),
        route(Method::GET, "/entries/{id}", READERS, page::entry),
        route(Method::GET, "/search", READERS, page::search),
        route(Method::GET, "/api/entries/{id}", READERS, work::show),
        route(Method::GET, "/api/entries/{id}/history", READERS, history::history),
        route(Method::POST, "/api/normalise", READERS, work::normalise_text),
        // Working at records.
        route(Method::GET, "/work", WORKERS, page::work),
        route(Method::POST, "/api/work/next", WORKERS, work::next),
        route(Method::POST, "/api/renew", WORKERS, work::renew),
        route(Method::POST, "/api/release", WORKERS, work::release),
        route(Method::POST, "/api/entries/{id}/take", ACTORS, work::take),
        route(Method::PUT, "/api/entries/{id}/draft", ACTORS, work::save_draft),
        route(Method::POST, "/api/entries/{id}/submit", ACTORS, work::submit),
        route(Method::POST, "/api/entries/{id}/checks", ACTORS, work::check_typing),
        route(Method::POST, "/api/entries/{id}/reread", ACTORS, work::reread),
        route(Method::POST, "/api/entries/{id}/do/{action}", ACTORS, work::act),
        route(Method::POST, "/api/pages/{id}/work", DIVIDERS, page_work::work_at_page),
        route(Method::GET, "/api/pages/{id}/choices", DIVIDERS, page_work::choices),
        route(Method::POST, "/api/page-work/{id}/undo", DIVIDERS, page_work::undo),
        route(Method::POST, "/api/pages/{id}/notes", NOTERS, work::note),
        route(Method::DELETE, "/api/notes/{id}", NOTERS, work::close_note),
        // Offices of trust.
        route(Method::GET, "/sign-off", REGISTRAR, page::sign_off_list),
        route(Method::POST, "/sign-off", REGISTRAR, page::sign_off),
        route(Method::GET, "/supervise", SUPERVISOR, page::supervise),
        route(Method::GET, "/supervise/{name}", SUPERVISOR, page::export),
        route(Method::GET, "/models", TEACHERS, page::models),
        route(Method::POST, "/models/promote", TEACHERS, page::promote),
        route(Method::POST, "/models/roll-back", TEACHERS, page::roll_back),
        route(Method::POST, "/models/teaching", TEACHERS, page::teaching),
        route(Method::POST, "/supervise/volumes/{id}/reopen", SUPERVISOR, page::reopen_volume),
        route(Method::GET, "/samples", SUPERVISOR, page::samples),
        route(Method::POST, "/samples", SUPERVISOR, page::draw_sample),
        route(Method::GET, "/samples/{id}", SUPERVISOR, page::sample),
        route(Method::POST, "/samples/{id}/judge", SUPERVISOR, page::judge_sample),
        route(Method::GET, "/samples/{id}/{name}", SUPERVISOR, page::export_sample),
        route(Method::GET, "/archive", ARCHIVE, page::archive),
        route(Method::GET, "/archive/list", ARCHIVE, page::scan_list),
        route(Method::GET, "/archive/volumes/{id}", ARCHIVE, page::volume_form),
        route(Method::POST, "/archive/volumes/{id}", ARCHIVE, page::describe_volume),
        route(Method::GET, "/api/archive/progress", ARCHIVE, page::reading_progress),
        route(Method::POST, "/api/archive/volumes/{id}/scans", ARCHIVE, upload::upload),
        route(Method::POST, "/archive/notes/{id}/close", ARCHIVE, page::settle_note),
        route(Method::POST, "/archive/pages/{id}/replace", ARCHIVE, page::replace_page),
        route(Method::GET, "/accounts", ADMINISTRATOR, page::accounts),
        route(Method::POST, "/accounts", ADMINISTRATOR, page::create_account),
        route(Method::POST, "/accounts/{id}", ADMINISTRATOR, page::change_account),
        route(Method::GET, "/audit", AUDITORS, page::audit),
    ]
}

#[cfg(test)]
#[path = "routes_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "blind_tests.rs"]
mod blind_tests;

#[cfg(test)]
#[path = "models_tests.rs"]
mod models_tests;
