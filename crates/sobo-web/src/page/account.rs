//! Accounts, for the administrator; and one's own.

use askama::Template;
use axum::extract::{Path, RawForm, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use serde::Deserialize;
use sobo_db::{NewAccount, OfficeScope};
use sobo_verify::Role;

use super::{Shell, render};
use crate::access::Person;
use crate::error::{Result, WebError};
use crate::session::{hash_password, new_totp_secret, totp, totp_step, verify_password};
use crate::state::AppState;
use crate::texts::Language;

pub(crate) struct AccountRow {
    id: i64,
    login: String,
    name: String,
    roles: String,
    offices: String,
    second: &'static str,
    active: bool,
    state: &'static str,
    flip: bool,
    button: &'static str,
}

#[derive(Template)]
#[template(path = "accounts.html")]
struct AccountsPage {
    shell: Shell,
    message: Option<String>,
    accounts: Vec<AccountRow>,
    roles: Vec<(&'static str, &'static str)>,
}

fn role_text(language: Language, role: Role) -> &'static str {
    language.find(&format!("role.{}", role.as_str())).unwrap_or_default()
}

fn roles_text(language: Language, roles: &[Role]) -> String {
    roles.iter().map(|role| role_text(language, *role)).collect::<Vec<_>>().join(", ")
}

async fn accounts_page(
    state: &AppState,
    person: &Person,
    language: Language,
    message: Option<String>,
) -> Result<Response> {
    let t = |key| language.text(key);
    let accounts = state
        .db
        .accounts()
        .await?
        .into_iter()
        .map(|account| AccountRow {
            id: account.id,
            roles: roles_text(language, &account.roles),
            offices: match account.offices {
                OfficeScope::All => t("accounts.all_offices").to_owned(),
                OfficeScope::Only(offices) => offices.join(", "),
            },
            login: account.login,
            name: account.name,
            second: t(if account.totp_secret.is_some() { "accounts.on" } else { "accounts.off" }),
            active: account.active,
            state: t(if account.active { "accounts.active" } else { "accounts.closed" }),
            flip: !account.active,
            button: t(if account.active { "accounts.close" } else { "accounts.open" }),
        })
        .collect();
    render(&AccountsPage {
        shell: Shell::of(person, language, "accounts.title", "/accounts"),
        message,
        accounts,
        roles: Role::ALL.into_iter().map(|role| (role.as_str(), role_text(language, role))).collect(),
    })
}

pub(crate) async fn accounts(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
) -> Result<Response> {
    accounts_page(&state, &person, language, None).await
}

/// Decodes a form with repeated names.
fn pairs(form: &[u8]) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            match byte {
                b'+' => bytes.push(b' '),
                b'%' => {
                    let digits = [rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
                    let hex = std::str::from_utf8(&digits).ok().and_then(|d| u8::from_str_radix(d, 16).ok());
                    bytes.push(hex.unwrap_or(b'?'));
                }
                other => bytes.push(other),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let text = String::from_utf8_lossy(form);
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}

pub(crate) async fn create_account(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    RawForm(form): RawForm,
) -> Result<Response> {
    let pairs = pairs(&form);
    let one = |name: &str| {
        pairs
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.trim().to_owned())
            .unwrap_or_default()
    };
    let roles: Vec<Role> =
        pairs.iter().filter(|(key, _)| key == "role").filter_map(|(_, role)| Role::parse(role)).collect();
    let (login, name, password) = (one("login").to_lowercase(), one("name"), one("password"));
    let good_login = (2..=40).contains(&login.len())
        && login.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if !good_login || name.is_empty() || password.chars().count() < 10 || roles.is_empty() {
        let message = language.text("accounts.incomplete").to_owned();
        return accounts_page(&state, &person, language, Some(message)).await;
    }
    let offices = match one("offices").as_str() {
        "*" => OfficeScope::All,
        list => OfficeScope::Only(
            list.split(';').map(str::trim).filter(|office| !office.is_empty()).map(str::to_owned).collect(),
        ),
    };
    let password_hash =
        tokio::task::spawn_blocking(move || hash_password(&password)).await?.map_err(WebError::Internal)?;
    let account = NewAccount { login, name, password_hash, roles, offices };
    let message = match state.db.create_account(person.who(), &account).await {
        Ok(_) => "accounts.created",
        Err(error) if error.is_unique_violation() => "accounts.taken",
        Err(error) => return Err(error.into()),
    };
    let message = language.find(message).map(str::to_owned);
    accounts_page(&state, &person, language, message).await
}

#[derive(Deserialize)]
pub(crate) struct AccountChange {
    active: bool,
}

pub(crate) async fn change_account(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Path(id): Path<i64>,
    Form(change): Form<AccountChange>,
) -> Result<Response> {
    let account = state.db.accounts().await?.into_iter().find(|account| account.id == id);
    let account = account.ok_or_else(|| WebError::NotFound(format!("account {id}")))?;
    // Nobody locks the door from outside with the key inside.
    if account.id != person.id() {
        state.db.change_account(person.who(), id, &account.roles, &account.offices, change.active).await?;
    }
    Ok(Redirect::to("/accounts").into_response())
}

#[derive(Template)]
#[template(path = "me.html")]
struct MePage {
    shell: Shell,
    message: Option<String>,
    roles: String,
    second_on: bool,
    secret: String,
    uri: String,
}

fn me_page(person: &Person, language: Language, message: Option<&str>) -> Result<Response> {
    let secret = new_totp_secret();
    let uri = format!("otpauth://totp/sobo:{}?secret={secret}&issuer=sobo", person.account.login);
    render(&MePage {
        shell: Shell::of(person, language, "me.title", "/me"),
        message: message.and_then(|key| language.find(key)).map(str::to_owned),
        roles: roles_text(language, &person.account.roles),
        second_on: person.account.totp_secret.is_some(),
        secret,
        uri,
    })
}

pub(crate) async fn me(
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
) -> Result<Response> {
    me_page(&person, language, None)
}

#[derive(Deserialize)]
pub(crate) struct SecondOn {
    secret: String,
    code: String,
}

pub(crate) async fn second_factor_on(
    State(state): State<AppState>,
    Extension(mut person): Extension<Person>,
    Extension(language): Extension<Language>,
    Form(form): Form<SecondOn>,
) -> Result<Response> {
    if person.account.totp_secret.is_some() {
        return me_page(&person, language, None);
    }
    // The code proves that the secret has arrived in the person's program.
    let right = totp(&form.secret).ok().and_then(|totp| totp_step(&totp, &form.code));
    if right.is_none() {
        return me_page(&person, language, Some("second_factor.wrong"));
    }
    state.db.set_totp(person.who(), person.id(), Some(&form.secret)).await?;
    state.db.pass_second_factor(&person.token_hash).await?;
    person.account.totp_secret = Some(form.secret);
    me_page(&person, language, Some("me.second_done"))
}

#[derive(Deserialize)]
pub(crate) struct SecondOff {
    code: String,
}

pub(crate) async fn second_factor_off(
    State(state): State<AppState>,
    Extension(mut person): Extension<Person>,
    Extension(language): Extension<Language>,
    Form(form): Form<SecondOff>,
) -> Result<Response> {
    let Some(secret) = person.account.totp_secret.clone() else { return me_page(&person, language, None) };
    let step = totp_step(&totp(&secret)?, &form.code);
    let fits = match step {
        Some(step) => state.db.use_totp(person.id(), step).await?,
        None => false,
    };
    if !fits {
        return me_page(&person, language, Some("second_factor.wrong"));
    }
    state.db.set_totp(person.who(), person.id(), None).await?;
    person.account.totp_secret = None;
    me_page(&person, language, Some("me.second_gone"))
}

#[derive(Deserialize)]
pub(crate) struct PasswordChange {
    old: String,
    new: String,
}

pub(crate) async fn change_password(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Form(form): Form<PasswordChange>,
) -> Result<Response> {
    let hash = person.account.password_hash.clone();
    let fits = tokio::task::spawn_blocking(move || verify_password(&form.old, &hash)).await?;
    if !fits || form.new.chars().count() < 10 {
        return me_page(&person, language, Some("me.password_refused"));
    }
    let new = form.new;
    let hash = tokio::task::spawn_blocking(move || hash_password(&new)).await?.map_err(WebError::Internal)?;
    state.db.set_password(person.who(), person.id(), &hash).await?;
    // Every session has ended, this one too.
    Ok(Redirect::to("/sign-in").into_response())
}
