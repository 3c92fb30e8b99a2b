//! Signing in and out: passwords, sessions, the second factor.

use std::net::SocketAddr;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use axum::Form;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, extract::Request};
use rand::RngCore as _;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use sobo_db::Database;
use totp_rs::{Algorithm as TotpAlgorithm, TOTP};

use crate::access::Person;
use crate::error::{Result, WebError};
use crate::page::{SecondFactorPage, Shell, SignInPage, render};
use crate::state::AppState;
use crate::texts::Language;

pub(crate) const SESSION_COOKIE: &str = "sobo_session";
/// Failed sign-ins are counted over this time.
const FAILURES_WITHIN_MS: i64 = 15 * 60_000;
/// Seconds of one step of one-time codes (RFC 6238).
const TOTP_STEP: u64 = 30;

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then_some(value)
        })
}

/// 32 random bytes, hex.
pub(crate) fn random_token() -> String {
    let mut bytes = [0u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    hex::encode(bytes)
}

/// What the database keeps of a session's token.
pub(crate) fn token_hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}

/// Whether two texts are equal, in a time that does not tell where they differ.
pub(crate) fn same_text(a: &str, b: &str) -> bool {
    Sha256::digest(a.as_bytes()) == Sha256::digest(b.as_bytes())
}

fn argon2() -> Argon2<'static> {
    // OWASP's second choice: 19 MiB, two passes, one lane.
    let params = Params::new(19_456, 2, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The argon2id hash of a password. Slow by design: call it where blocking is allowed.
///
/// # Errors
/// The system gives no random salt.
pub fn hash_password(password: &str) -> std::result::Result<String, String> {
    let mut salt = [0u8; 16];
    rand::rng().fill_bytes(&mut salt);
    let salt = SaltString::encode_b64(&salt).map_err(|error| error.to_string())?;
    let hash = argon2().hash_password(password.as_bytes(), &salt).map_err(|error| error.to_string())?;
    Ok(hash.to_string())
}

pub(crate) fn verify_password(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok())
}

pub(crate) async fn sign_in_form(Extension(language): Extension<Language>) -> Result<Response> {
    render(&SignInPage { shell: Shell::public(language, "sign_in.title"), login: String::new(), error: None })
}

#[derive(Deserialize)]
pub(crate) struct Credentials {
    login: String,
    password: String,
}

pub(crate) async fn sign_in(
    State(state): State<AppState>,
    Extension(language): Extension<Language>,
    address: Option<Extension<ConnectInfo<SocketAddr>>>,
    Form(credentials): Form<Credentials>,
) -> Result<Response> {
    let login = credentials.login.trim().to_lowercase();
    let address = address.map(|Extension(ConnectInfo(address))| address.ip().to_string()).unwrap_or_default();
    let refused = |key: &'static str, status| {
        let shell = Shell::public(language, "sign_in.title");
        let page = SignInPage { shell, login: login.clone(), error: Some(language.text(key).to_owned()) };
        render(&page).map(|response| (status, response).into_response())
    };
    let (by_login, by_address) = state.db.sign_in_failures(&login, &address, FAILURES_WITHIN_MS).await?;
    let most = state.settings.sign_in_attempts;
    // An office shares one address: it may fail more often than one name.
    if by_login >= most || by_address >= most * 5 {
        return refused("sign_in.too_many", axum::http::StatusCode::TOO_MANY_REQUESTS);
    }
    let account = state.db.account_by_login(&login).await?.filter(|account| account.active);
    // An unknown name costs as much time as a known one.
    let hash = account.as_ref().map_or_else(dummy_hash, |account| account.password_hash.clone());
    let password = credentials.password;
    let fits = tokio::task::spawn_blocking(move || verify_password(&password, &hash)).await?;
    let Some(account) = account.filter(|_| fits) else {
        state.db.record_sign_in_failure(&login, &address).await?;
        return refused("sign_in.wrong", axum::http::StatusCode::UNAUTHORIZED);
    };
    let (token, csrf) = (random_token(), random_token());
    let needs_second = account.totp_secret.is_some();
    state.db.open_session(&token_hash(&token), account.id, &csrf, !needs_second).await?;
    let secure = if state.settings.secure_cookies { "; Secure" } else { "" };
    let cookie = format!("{SESSION_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax{secure}");
    let to = if needs_second { "/second-factor" } else { "/" };
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response())
}

fn dummy_hash() -> String {
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    HASH.get_or_init(|| hash_password("no such account").unwrap_or_default()).clone()
}

pub(crate) async fn sign_out(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
) -> Result<Response> {
    state.db.close_session(&person.token_hash).await?;
    let cookie = format!("{SESSION_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/sign-in")).into_response())
}

/// Whose session it is, and its token against forged requests: for a screen that stayed open while the person signed in
/// anew in another window.
pub(crate) async fn whose(Extension(person): Extension<Person>) -> axum::Json<serde_json::Value> {
    axum::Json(serde_json::json!({ "person": person.id(), "name": person.account.name, "csrf": person.csrf }))
}

/// One-time codes for a secret, as authenticator programs make them.
pub(crate) fn totp(secret: &str) -> Result<TOTP> {
    let bytes = totp_rs::Secret::Encoded(secret.to_owned())
        .to_bytes()
        .map_err(|error| WebError::Internal(error.to_string()))?;
    TOTP::new(TotpAlgorithm::SHA1, 6, 1, TOTP_STEP, bytes)
        .map_err(|error| WebError::Internal(error.to_string()))
}

/// A new secret of 20 random bytes, base32.
pub(crate) fn new_totp_secret() -> String {
    let mut bytes = [0u8; 20];
    rand::rng().fill_bytes(&mut bytes);
    totp_rs::Secret::Raw(bytes.to_vec()).to_encoded().to_string()
}

/// The step of a code that is right now, give or take one step.
pub(crate) fn totp_step(totp: &TOTP, code: &str) -> Option<i64> {
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let step = now / TOTP_STEP as i64;
    [step, step - 1, step + 1]
        .into_iter()
        .find(|step| same_text(&totp.generate((step * TOTP_STEP as i64).max(0) as u64), code.trim()))
}

pub(crate) async fn second_factor_form(
    Extension(language): Extension<Language>,
    Extension(person): Extension<Person>,
) -> Result<Response> {
    let mut shell = Shell::public(language, "second_factor.title");
    shell.csrf = person.csrf;
    render(&SecondFactorPage { shell, error: None })
}

#[derive(Deserialize)]
pub(crate) struct Code {
    code: String,
}

pub(crate) async fn second_factor(
    State(state): State<AppState>,
    Extension(language): Extension<Language>,
    Extension(person): Extension<Person>,
    Form(code): Form<Code>,
) -> Result<Response> {
    let (by_login, _) = state.db.sign_in_failures(person.who(), "", FAILURES_WITHIN_MS).await?;
    if by_login >= state.settings.sign_in_attempts {
        return Err(WebError::TooMany(15));
    }
    let secret = person.account.totp_secret.clone().unwrap_or_default();
    let step = totp_step(&totp(&secret)?, &code.code);
    let fits = match step {
        Some(step) => state.db.use_totp(person.id(), step).await?,
        None => false,
    };
    if !fits {
        state.db.record_sign_in_failure(person.who(), "").await?;
        let mut shell = Shell::public(language, "second_factor.title");
        shell.csrf = person.csrf;
        let error = Some(language.text("second_factor.wrong").to_owned());
        return render(&SecondFactorPage { shell, error });
    }
    state.db.pass_second_factor(&person.token_hash).await?;
    Ok(Redirect::to("/").into_response())
}

/// Changes the language and goes back.
pub(crate) async fn language(
    axum::extract::Path(code): axum::extract::Path<String>,
    request: Request,
) -> Result<Response> {
    let language = Language::parse(&code).ok_or_else(|| WebError::NotFound(code))?;
    let back = request
        .headers()
        .get(header::REFERER)
        .and_then(|referer| referer.to_str().ok())
        .and_then(|referer| referer.split_once("://"))
        .and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned()))
        // Never to another site, also not by `//host`.
        .filter(|path| path.starts_with('/') && !path.starts_with("//"))
        .unwrap_or_else(|| "/".to_owned());
    let cookie = format!("sobo_language={}; Path=/; Max-Age=31536000; SameSite=Lax", language.code());
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&back)).into_response())
}

/// Makes an account, or leaves the one of this name as it is; gives its id.
///
/// # Errors
/// The database refuses, or the system gives no random salt.
pub async fn ensure_account(
    db: &Database,
    login: &str,
    name: &str,
    password: &str,
    roles: &[sobo_verify::Role],
    offices: sobo_db::OfficeScope,
) -> std::result::Result<i64, Box<dyn std::error::Error + Send + Sync>> {
    if let Some(account) = db.account_by_login(login).await? {
        return Ok(account.id);
    }
    let password = password.to_owned();
    let password_hash = tokio::task::spawn_blocking(move || hash_password(&password)).await??;
    let account = sobo_db::NewAccount {
        login: login.to_owned(),
        name: name.to_owned(),
        password_hash,
        roles: roles.to_vec(),
        offices,
    };
    Ok(db.create_account("sobo", &account).await?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_hash_alone() {
        let hash = hash_password("mật khẩu dài").unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify_password("mật khẩu dài", &hash));
        assert!(!verify_password("mat khau dai", &hash));
        assert!(!verify_password("", ""));
        assert_ne!(hash, hash_password("mật khẩu dài").unwrap(), "salted");
    }

    /// RFC 6238, appendix B, SHA-1, the last six of its eight digits.
    #[test]
    fn one_time_codes_follow_the_rfc() {
        let secret = totp_rs::Secret::Raw(b"12345678901234567890".to_vec()).to_encoded().to_string();
        let totp = totp(&secret).unwrap();
        for (time, code) in [(59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")] {
            assert_eq!(totp.generate(time), code);
        }
        assert!(totp_step(&totp, "000000x").is_none());
        let now = time::OffsetDateTime::now_utc().unix_timestamp() as u64;
        assert!(totp_step(&totp, &totp.generate(now)).is_some());
    }

    #[test]
    fn cookies_are_found_by_whole_name() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "xsobo_session=1; sobo_session=abc; a=b".parse().unwrap());
        assert_eq!(cookie(&headers, SESSION_COOKIE), Some("abc"));
        assert_eq!(cookie(&headers, "session"), None);
    }
}
