//! Who may do what: one table of routes, each with the roles that may use it. Nothing is served that is not in it.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::{Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use sobo_db::Account;
use sobo_verify::Role;

use crate::error::{Told, WebError, refusal_body};
use crate::limits::Limiter;
use crate::session::{SESSION_COOKIE, cookie, same_text, token_hash};
use crate::state::AppState;
use crate::texts::Language;

/// Who may use a route.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everyone, signed in or not.
    Public,
    /// Whoever gave the password but perhaps not yet the second factor.
    HalfSignedIn,
    /// Everyone signed in.
    SignedIn,
    /// Those with one of these roles.
    Roles(&'static [Role]),
}

/// Those who work at records.
pub(crate) const WORKERS: Access =
    Access::Roles(&[Role::Clerk, Role::Checker, Role::Arbiter, Role::Registrar, Role::Supervisor]);
/// Those who may look at records and pages.
pub(crate) const READERS: Access = Access::Roles(&[
    Role::Archive,
    Role::Clerk,
    Role::Checker,
    Role::Arbiter,
    Role::Registrar,
    Role::Supervisor,
    Role::Auditor,
]);

/// One line of the table.
pub(crate) struct Route {
    #[cfg_attr(not(test), allow(dead_code, reason = "the test over every route and role asks it"))]
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) handler: MethodRouter<AppState>,
}

/// A line of the table.
pub(crate) fn route<H, T>(method: Method, path: &'static str, access: Access, handler: H) -> Route
where
    H: Handler<T, AppState>,
    T: 'static,
{
    let filter = match method {
        Method::POST => MethodFilter::POST,
        Method::PUT => MethodFilter::PUT,
        Method::DELETE => MethodFilter::DELETE,
        _ => MethodFilter::GET,
    };
    Route { method, path, access, handler: on(filter, handler) }
}

/// The person behind a request.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) account: Account,
    pub(crate) csrf: String,
    pub(crate) token_hash: String,
}

impl Person {
    /// How the audit names the person.
    pub(crate) fn who(&self) -> &str {
        &self.account.login
    }

    pub(crate) fn id(&self) -> i64 {
        self.account.id
    }

    pub(crate) fn holds(&self, role: Role) -> bool {
        self.account.roles.contains(&role)
    }
}

/// The routes of the table as a router, each behind its guard.
pub(crate) fn router(state: &AppState, table: Vec<Route>) -> Router<AppState> {
    let mut router = Router::new();
    let limiter = Arc::new(Limiter::default());
    for route in table {
        // A page is many images: these are not counted.
        let counted = !route.path.starts_with("/pages/{id}/");
        let limiter = counted.then(|| Arc::clone(&limiter));
        let guard = from_fn_with_state((state.clone(), route.access, limiter), guard);
        router = router.route(route.path, route.handler.layer(guard));
    }
    router
}

/// Most bytes of a request's body.
const BODY: usize = 2 << 20;

async fn guard(
    State((state, access, limiter)): State<(AppState, Access, Option<Arc<Limiter>>)>,
    mut request: Request,
    next: Next,
) -> Response {
    let counted = limiter.is_some();
    let wants_page = request.method() == Method::GET && !request.uri().path().starts_with("/api/");
    let language = cookie(request.headers(), "sobo_language").and_then(Language::parse).unwrap_or_default();
    request.extensions_mut().insert(language);
    match admit(&state, access, &mut request).await {
        Ok(()) => {}
        Err(WebError::NotSignedIn) if wants_page => return Redirect::to("/sign-in").into_response(),
        Err(error) => return said(error.into_response(), language, wants_page),
    }
    let person = request.extensions().get::<Person>().map(Person::id);
    if let (Some(limiter), Some(person)) = (limiter, person)
        && !limiter.take(person, Instant::now())
    {
        let error = WebError::TooMany(1);
        return said(error.into_response(), language, wants_page);
    }
    // A form that was refused shows a page; scripts and images get a body.
    let is_page = counted && !request.uri().path().starts_with("/api/");
    if request.method() != Method::GET {
        request = match checked_change(access, request).await {
            Ok(request) => request,
            Err(error) => return said(error.into_response(), language, is_page),
        };
    }
    said(next.run(request).await, language, is_page)
}

/// A refusal in the person's language: as a page where one was asked for.
fn said(mut response: Response, language: Language, is_page: bool) -> Response {
    let Some(told) = response.extensions_mut().remove::<Told>() else { return response };
    let (status, text) = (response.status(), told.text(language).to_owned());
    match is_page {
        true => crate::page::refusal_page(language, status, told.code, &text),
        false => (status, refusal_body(told.code, &text)).into_response(),
    }
}

async fn admit(state: &AppState, access: Access, request: &mut Request) -> Result<(), WebError> {
    let token = cookie(request.headers(), SESSION_COOKIE).map(str::to_owned);
    let session = match &token {
        Some(token) => {
            let settings = &state.settings;
            state.db.session(&token_hash(token), settings.session_idle_ms, settings.session_most_ms).await?
        }
        None => None,
    };
    let person = match (session, token) {
        (Some(session), Some(token)) => {
            let needs_second = session.account.totp_secret.is_some() && !session.second_ok;
            let person =
                Person { account: session.account, csrf: session.csrf, token_hash: token_hash(&token) };
            if !needs_second || access == Access::HalfSignedIn { Some(person) } else { None }
        }
        _ => None,
    };
    match (access, &person) {
        (Access::Public, _) | (Access::SignedIn | Access::HalfSignedIn, Some(_)) => {}
        (Access::Roles(roles), Some(person)) if person.account.holds_any(roles) => {}
        (Access::Roles(_), Some(_)) => return Err(WebError::Forbidden),
        (_, None) => return Err(WebError::NotSignedIn),
    }
    if let Some(person) = person {
        request.extensions_mut().insert(person);
    }
    Ok(())
}

/// A change must come from our own pages: not from another site, and with the session's token.
async fn checked_change(access: Access, request: Request) -> Result<Request, WebError> {
    let headers = request.headers();
    let cross = headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none");
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let foreign = headers
        .get(header::ORIGIN)
        .and_then(|origin| origin.to_str().ok())
        .is_some_and(|origin| origin.split_once("://").is_none_or(|(_, rest)| rest != host));
    if cross || foreign {
        return Err(WebError::Forged);
    }
    let Some(person) = request.extensions().get::<Person>().cloned() else {
        return if access == Access::Public { Ok(request) } else { Err(WebError::Forged) };
    };
    if let Some(token) = headers.get("x-csrf").and_then(|token| token.to_str().ok()) {
        return if same_text(token, &person.csrf) { Ok(request) } else { Err(WebError::Forged) };
    }
    let is_form = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
    if !is_form {
        return Err(WebError::Forged);
    }
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, BODY).await.map_err(|_| WebError::Bad("too large".to_owned()))?;
    let token = form_value(&bytes, "csrf").unwrap_or_default();
    if !same_text(&token, &person.csrf) {
        return Err(WebError::Forged);
    }
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

/// A value of a form, for tokens: hex alone, so nothing needs decoding.
fn form_value(bytes: &[u8], name: &str) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then(|| value.to_owned())
    })
}

/// An answer for paths outside the table.
pub(crate) async fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "404").into_response()
}
