//! The web interface and JSON API: clerks, archive team, supervisors.
//!
//! **Architecture invariant:** no SQL and no pixels here: the database answers for records, `sobo-tiles` for images.
//!
//! `access` holds the one table of routes and roles; `work` what happens at entries; `view` what one person may see of
//! an entry; `page` the pages; `session` signing in. Texts are in `texts/`, Vietnamese first.

mod access;
mod asset;
mod error;
mod history;
mod image;
mod limits;
mod page;
mod page_work;
mod rescan;
mod routes;
mod session;
mod state;
mod table;
mod teaching;
mod texts;
mod typed;
mod upload;
mod view;
mod work;

use std::future::Future;
use std::net::SocketAddr;

use axum::Router;
use axum::http::{HeaderValue, header};
use tokio::net::TcpListener;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

pub use session::{ensure_account, hash_password};
pub use state::{
    AppState, FieldReader, PagePlace, ScanTaker, SearchHit, SearchQuery, SearchResults, Searcher, Settings,
    TakenIn,
};
pub use teaching::weigh_a_volume;
pub use work::begin_new_records;

/// Scripts, styles and images come from this server alone; nothing frames us.
const CONTENT_POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; \
    script-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// Most bytes of a request, uploads of scans apart.
const BODY: usize = 2 << 20;

/// The whole interface as a service, for serving and for tests.
pub fn app(state: AppState) -> Router {
    let header = |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    access::router(&state, routes::table())
        .fallback(access::not_found)
        .layer(axum::extract::DefaultBodyLimit::max(BODY))
        .layer(CompressionLayer::new())
        .layer(header(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "same-origin"))
        .layer(header(header::X_FRAME_OPTIONS, "DENY"))
        // Pages tell of people: they are kept nowhere.
        .layer(header(header::CACHE_CONTROL, "no-store"))
        .with_state(state)
}

/// Serves until `stop` is done, then lets the requests at work end.
///
/// # Errors
/// The listener fails.
pub async fn serve(
    state: AppState,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    if let Err(error) = begin_new_records(&state).await {
        tracing::warn!(%error, "records could not be begun");
    }
    let service = app(state).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop).await
}
