//! What can go wrong with a request, and how the person is told.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;
use sobo_db::DbError;
use sobo_tiles::TileError;
use sobo_verify::Refusal;
use thiserror::Error;

use crate::texts::Language;

/// Result of a handler.
pub(crate) type Result<T, E = WebError> = std::result::Result<T, E>;

/// Why a request was not done. The person is told by [`WebError::text`]; causes are logged, not shown.
#[derive(Debug, Error)]
pub(crate) enum WebError {
    #[error("not signed in")]
    NotSignedIn,
    #[error("not allowed")]
    Forbidden,
    #[error("not from our own pages")]
    Forged,
    #[error("{0} was not found")]
    NotFound(String),
    /// Said in the person's language already, or to a program that asked wrongly.
    #[error("{0}")]
    Bad(String),
    /// Refused for this reason, a key of the interface texts.
    #[error("refused: {0}")]
    Said(&'static str),
    #[error("{0}")]
    Conflict(String),
    #[error("moved on")]
    Moved,
    #[error("held by another person")]
    Leased,
    #[error("{0}")]
    Refused(Refusal),
    #[error("too many attempts, wait {0} minutes")]
    TooMany(u32),
    #[error("the database failed")]
    Database(#[source] DbError),
    #[error("{0}")]
    Tile(#[source] TileError),
    #[error("failed")]
    Internal(String),
}

impl From<DbError> for WebError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::NotFound { what, id } => Self::NotFound(format!("{what} {id}")),
            other => Self::Database(other),
        }
    }
}

impl From<TileError> for WebError {
    fn from(error: TileError) -> Self {
        match error {
            TileError::NoSuchTile { .. } => Self::NotFound("tile".to_owned()),
            other => Self::Tile(other),
        }
    }
}

impl From<Refusal> for WebError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<tokio::task::JoinError> for WebError {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl WebError {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotSignedIn => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::Forged => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Bad(_) | Self::Said(_) => StatusCode::BAD_REQUEST,
            Self::Moved | Self::Leased | Self::Refused(_) | Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Tile(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Database(_) | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Stable identifier for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NotSignedIn => "not_signed_in",
            Self::Forbidden => "forbidden",
            Self::Forged => "forged",
            Self::NotFound(_) => "not_found",
            Self::Bad(_) | Self::Said(_) => "bad_request",
            Self::Conflict(_) => "conflict",
            Self::Moved => "moved",
            Self::Leased => "leased",
            Self::Refused(_) => "refused",
            Self::TooMany(_) => "too_many",
            Self::Tile(_) => "no_image",
            Self::Database(_) => "database",
            Self::Internal(_) => "internal",
        }
    }

    /// Logs causes a person cannot mend. Messages carry ids, never what people typed.
    pub(crate) fn log(&self) {
        let cause = std::error::Error::source(self).map(ToString::to_string).unwrap_or_default();
        match self {
            Self::Database(error) => tracing::error!(code = self.code(), %error, "request failed"),
            Self::Internal(error) => tracing::error!(code = self.code(), %error, "request failed"),
            Self::Tile(_) => tracing::warn!(code = self.code(), %cause, "no image"),
            _ => tracing::debug!(code = self.code(), "request refused"),
        }
    }
}

impl WebError {
    /// What the person is told.
    pub(crate) fn text(&self, language: Language) -> String {
        let t = |key: &str| language.text(key).to_owned();
        match self {
            Self::NotSignedIn => t("error.not_signed_in"),
            Self::Forbidden => t("error.forbidden"),
            Self::Forged => t("error.forged"),
            Self::NotFound(what) => t("error.not_found").replace("{what}", what),
            Self::Bad(text) | Self::Conflict(text) => text.clone(),
            Self::Said(key) => t(key),
            Self::Moved => t("error.moved"),
            Self::Leased => t("error.leased"),
            Self::Refused(refusal) => match refusal {
                Refusal::WrongRole { .. } => t("error.wrong_role"),
                Refusal::OwnWork { .. } => t("error.own_work"),
                Refusal::WrongStage { .. } => t("error.wrong_stage"),
                Refusal::Unstated { fields } => {
                    t("error.unstated").replace("{fields}", &fields.len().to_string())
                }
                Refusal::NoReason => t("error.no_reason"),
                Refusal::NothingToTakeBack => t("error.nothing_to_take_back"),
                Refusal::UnknownField { .. } | Refusal::IllFormed { .. } | Refusal::FieldClosed { .. } => {
                    refusal.to_string()
                }
            },
            Self::TooMany(minutes) => t("error.too_many").replace("{minutes}", &minutes.to_string()),
            Self::Database(_) => t("error.database"),
            Self::Tile(_) => t("error.no_image"),
            Self::Internal(_) => t("error.internal"),
        }
    }
}

/// A refusal on its way out: the guard of the route, which knows the language, says it.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) code: &'static str,
    vietnamese: String,
    english: String,
}

impl Told {
    pub(crate) fn text(&self, language: Language) -> &str {
        match language {
            Language::Vietnamese => &self.vietnamese,
            Language::English => &self.english,
        }
    }
}

/// The body of a refusal for a program or a script.
pub(crate) fn refusal_body(code: &str, message: &str) -> Json<serde_json::Value> {
    Json(json!({ "code": code, "message": message }))
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        self.log();
        let told = Told {
            code: self.code(),
            vietnamese: self.text(Language::Vietnamese),
            english: self.text(Language::English),
        };
        let body = refusal_body(told.code, &told.vietnamese);
        (self.status(), Extension(told), body).into_response()
    }
}
