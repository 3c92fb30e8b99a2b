//! Files of the interface, part of the program.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

macro_rules! assets {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../assets/", $path)))),*]
    };
}

const ASSETS: &[(&str, &[u8])] = assets![
    "actions.js",
    "api.js",
    "app.css",
    "archive.js",
    "draft.js",
    "draw.js",
    "entry.css",
    "entry.js",
    "icon.svg",
    "outbox.js",
    "page.js",
    "sheet.js",
    "store.js",
    "theme.js",
    "unsent.js",
    "viewer.js",
    "windows.js",
    "vendor/openseadragon/openseadragon.min.js",
    "vendor/openseadragon/LICENSE.txt",
];

pub(crate) async fn asset(Path(path): Path<String>) -> Response {
    let Some((_, bytes)) = ASSETS.iter().find(|(known, _)| *known == path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    };
    // Files change with the program alone: the browser asks again after a minute.
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "private, max-age=60")];
    (headers, *bytes).into_response()
}
