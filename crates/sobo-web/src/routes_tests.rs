//! Every route × every role, through the real router.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use sobo_db::testing::TestDatabase;
use sobo_db::{FileIntake, Handed, NewAccount, NewPage, OfficeScope, VolumeDescription};
use sobo_tiles::{PageDecoder, Tiles};
use sobo_verify::Role;
use tower::ServiceExt as _;

use crate::access::Access;
use crate::session::{random_token, token_hash};
use crate::{AppState, Settings};

struct NoPages;

impl PageDecoder for NoPages {
    fn decode(&self, _: &str, _: u32) -> Result<sobo_tiles::DynamicImage, String> {
        Err("no pixels in this test".to_owned())
    }
}

pub(super) struct Visitor {
    pub(super) token: String,
    pub(super) csrf: String,
}

pub(super) async fn state() -> (TestDatabase, tempfile::TempDir, AppState) {
    let test = TestDatabase::sqlite().await;
    let folder = tempfile::tempdir().unwrap();
    let state = AppState {
        db: test.database.clone(),
        tiles: Arc::new(Tiles::new(folder.path(), Arc::new(NoPages))),
        restored: None,
        forms: Arc::new(BTreeMap::new()),
        searcher: None,
        reader: None,
        taker: None,
        settings: Arc::new(Settings { secure_cookies: false, ..Settings::default() }),
    };
    (test, folder, state)
}

pub(super) async fn visitor(state: &AppState, login: &str, roles: &[Role], offices: OfficeScope) -> Visitor {
    let account = NewAccount {
        login: login.to_owned(),
        name: login.to_owned(),
        password_hash: String::new(),
        roles: roles.to_vec(),
        offices,
    };
    let id = state.db.create_account("test", &account).await.unwrap();
    let (token, csrf) = (random_token(), random_token());
    state.db.open_session(&token_hash(&token), id, &csrf, true).await.unwrap();
    Visitor { token, csrf }
}

/// What a request to a route looks like: numbers for ids, a body that parses where one is wanted.
fn request(method: &Method, path: &str, visitor: Option<&Visitor>, with_token: bool) -> Request<Body> {
    let path = path
        .replace("{id}", "1")
        .replace("{level}", "0")
        .replace("{action}", "restore")
        .replace("{code}", "vi")
        .replace("{*path}", "app.css")
        .replace("{name}", "fields.csv");
    let mut request = Request::builder().method(method.clone()).uri(&path).header(header::HOST, "sobo.test");
    if let Some(visitor) = visitor {
        request = request.header(header::COOKIE, format!("sobo_session={}", visitor.token));
        if with_token {
            request = request.header("x-csrf", &visitor.csrf);
        }
    }
    let body = if *method == Method::GET {
        String::new()
    } else if path.starts_with("/api/") {
        request = request.header(header::CONTENT_TYPE, "application/json");
        "{}".to_owned()
    } else {
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        "a=b".to_owned()
    };
    request.body(Body::from(body)).unwrap()
}

pub(super) async fn status(state: &AppState, request: Request<Body>) -> (StatusCode, String) {
    let response = crate::app(state.clone()).oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 22).await.unwrap();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn every_route_is_open_to_its_roles_and_to_no_other() {
    let (_test, _folder, state) = state().await;
    let mut tried = 0;
    for role in Role::ALL {
        for route in super::table() {
            // A session each: signing out and changing a password end it.
            let login = format!("{}-{tried}", role.as_str());
            let visitor = visitor(&state, &login, &[role], OfficeScope::All).await;
            let (got, body) = status(&state, request(&route.method, route.path, Some(&visitor), true)).await;
            let refused = got == StatusCode::UNAUTHORIZED || (got == StatusCode::FORBIDDEN);
            let allowed = match route.access {
                Access::Public | Access::HalfSignedIn | Access::SignedIn => true,
                Access::Roles(roles) => roles.contains(&role),
            };
            let own_sign_in = route.path == "/sign-in" && route.method == Method::POST;
            assert_eq!(
                refused && !own_sign_in,
                !allowed,
                "{} {} as {}: {got} {body}",
                route.method,
                route.path,
                role.as_str()
            );
            tried += 1;
        }
    }
    assert!(tried > 8 * 40, "{tried}");
}

#[tokio::test]
async fn nothing_but_signing_in_is_open_to_strangers() {
    let (_test, _folder, state) = state().await;
    for route in super::table().into_iter().filter(|route| route.access != Access::Public) {
        let response =
            crate::app(state.clone()).oneshot(request(&route.method, route.path, None, false)).await.unwrap();
        let to_sign_in = response.status() == StatusCode::SEE_OTHER
            && response.headers().get(header::LOCATION).is_some_and(|to| to == "/sign-in");
        let refused = response.status() == StatusCode::UNAUTHORIZED;
        assert!(to_sign_in || refused, "{} {}: {}", route.method, route.path, response.status());
    }
    let (got, _) = status(&state, request(&Method::GET, "/admin", None, false)).await;
    assert_eq!(got, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn no_change_without_the_session_s_token_or_from_another_site() {
    let (_test, _folder, state) = state().await;
    let all = visitor(&state, "all", &Role::ALL, OfficeScope::All).await;
    for route in super::table() {
        if route.method == Method::GET || route.access == Access::Public {
            continue;
        }
        let (got, body) = status(&state, request(&route.method, route.path, Some(&all), false)).await;
        assert_eq!(got, StatusCode::FORBIDDEN, "{} {}", route.method, route.path);
        assert!(body.contains("forged"), "{body}");
        let mut foreign = request(&route.method, route.path, Some(&all), true);
        foreign.headers_mut().insert(header::ORIGIN, "https://elsewhere.test".parse().unwrap());
        assert_eq!(status(&state, foreign).await.0, StatusCode::FORBIDDEN, "{} {}", route.method, route.path);
    }
}

#[tokio::test]
async fn another_office_s_books_are_as_if_not_there() {
    let (_test, _folder, state) = state().await;
    let text = "name = \"KS.1958.01\"\noffice = \"Quận Nhứt\"\nregister_type = \"birth\"\nyear_from = 1958\n";
    let descriptor = toml::from_str(text).unwrap();
    let description = VolumeDescription { descriptor: &descriptor, text, office_at_date: None };
    let volume = state.db.describe_volume("test", &description).await.unwrap();
    let pages = vec![NewPage::default()];
    let handed = Handed::Taken { sha256: "ab".repeat(32), bytes: 1, pages };
    let intake = FileIntake { who: "test", volume_id: volume.id, batch: "1", source: "1.tif", handed };
    state.db.record_file(&intake).await.unwrap();

    let own = visitor(&state, "own", &[Role::Clerk], OfficeScope::Only(vec!["Quận Nhứt".to_owned()])).await;
    let other =
        visitor(&state, "other", &[Role::Clerk], OfficeScope::Only(vec!["Quận Nhì".to_owned()])).await;
    for path in ["/volumes/1", "/pages/1"] {
        assert_eq!(
            status(&state, request(&Method::GET, path, Some(&own), true)).await.0,
            StatusCode::OK,
            "{path}"
        );
        let (got, _) = status(&state, request(&Method::GET, path, Some(&other), true)).await;
        assert_eq!(got, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/pages/1/thumbnail.jpg", "/pages/1/tiles/0/0_0.jpg", "/pages/1/strips/0_0_9_9.jpg"] {
        let (got, _) = status(&state, request(&Method::GET, path, Some(&other), true)).await;
        assert_eq!(got, StatusCode::NOT_FOUND, "{path}");
    }
    let (_, list) = status(&state, request(&Method::GET, "/volumes", Some(&own), true)).await;
    assert!(list.contains("KS.1958.01"));
    let (_, list) = status(&state, request(&Method::GET, "/volumes", Some(&other), true)).await;
    assert!(!list.contains("KS.1958.01"));
}

#[tokio::test]
async fn sign_in_counts_failures_and_asks_for_the_second_factor() {
    let (_test, _folder, state) = state().await;
    let id =
        crate::ensure_account(&state.db, "lan", "Lan", "mat-khau-dung", &[Role::Clerk], OfficeScope::All)
            .await
            .unwrap();
    let attempt = |password: &str| {
        Request::builder()
            .method(Method::POST)
            .uri("/sign-in")
            .header(header::HOST, "sobo.test")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(format!("login=Lan&password={password}")))
            .unwrap()
    };
    let response = crate::app(state.clone()).oneshot(attempt("mat-khau-dung")).await.unwrap();
    assert_eq!(response.headers()[header::LOCATION], "/");
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");

    let secret = crate::session::new_totp_secret();
    state.db.set_totp("test", id, Some(&secret)).await.unwrap();
    let response = crate::app(state.clone()).oneshot(attempt("mat-khau-dung")).await.unwrap();
    assert_eq!(response.headers()[header::LOCATION], "/second-factor");
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
    let token = cookie.split(['=', ';']).nth(1).unwrap();
    let half = Request::builder().uri("/volumes").header(header::COOKIE, format!("sobo_session={token}"));
    let response = crate::app(state.clone()).oneshot(half.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.headers()[header::LOCATION], "/sign-in", "half signed in is not signed in");

    for _ in 0..state.settings.sign_in_attempts {
        assert_eq!(status(&state, attempt("sai")).await.0, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(status(&state, attempt("mat-khau-dung")).await.0, StatusCode::TOO_MANY_REQUESTS);
}
