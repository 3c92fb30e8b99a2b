//! What can go wrong with a request, and how the person is told.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use sobo_db::DbError;
use sobo_tiles::TileError;
use sobo_verify::Refusal;
use thiserror::Error;

/// Result of a handler.
pub(crate) type Result<T, E = WebError> = std::result::Result<T, E>;

/// Why a request was not done. The message is for the person; causes are logged, not shown.
#[derive(Debug, Error)]
pub(crate) enum WebError {
    #[error("hãy đăng nhập · please sign in")]
    NotSignedIn,
    #[error("bạn không có quyền làm việc này · you may not do this")]
    Forbidden,
    #[error("yêu cầu không hợp lệ, hãy tải lại trang · the request is not valid, please reload the page")]
    Forged,
    #[error("không tìm thấy {0} · {0} was not found")]
    NotFound(String),
    #[error("{0}")]
    Bad(String),
    #[error("{0}")]
    Conflict(String),
    #[error("mục này đã được cập nhật ở nơi khác · this entry has moved on elsewhere")]
    Moved,
    #[error("người khác đang làm mục này · another person is working on this entry")]
    Leased,
    #[error("{}", refusal_text(.0))]
    Refused(Refusal),
    #[error("thử quá nhiều lần, hãy đợi {0} phút · too many attempts, wait {0} minutes")]
    TooMany(u32),
    #[error(
        "máy chủ gặp lỗi khi truy cập dữ liệu, hãy thử lại · the server could not reach its data, try again"
    )]
    Database(#[source] DbError),
    #[error("{0}")]
    Tile(#[source] TileError),
    #[error("máy chủ gặp lỗi · the server failed")]
    Internal(String),
}

fn refusal_text(refusal: &Refusal) -> String {
    match refusal {
        Refusal::WrongRole { .. } => {
            "bước này không thuộc vai trò của bạn · this step is not for your role".to_owned()
        }
        Refusal::OwnWork { .. } => {
            "không ai kiểm tra việc của chính mình · nobody checks their own work".to_owned()
        }
        Refusal::WrongStage { .. } => {
            "mục này đang ở bước khác · this entry stands at another step".to_owned()
        }
        Refusal::Unstated { fields } => {
            format!("còn trường chưa xem · fields not yet looked at: {}", fields.join(", "))
        }
        Refusal::NoReason => "cần ghi lý do · a reason is needed".to_owned(),
        Refusal::UnknownField { .. } | Refusal::IllFormed { .. } | Refusal::FieldClosed { .. } => {
            refusal.to_string()
        }
    }
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
            Self::Bad(_) => StatusCode::BAD_REQUEST,
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
            Self::Bad(_) => "bad_request",
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

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        self.log();
        let body = json!({ "code": self.code(), "message": self.to_string() });
        (self.status(), Json(body)).into_response()
    }
}
