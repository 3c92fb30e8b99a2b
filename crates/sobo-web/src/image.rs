//! Tiles, strips and thumbnails of pages over HTTP.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use sobo_core::Rect;
use sobo_db::Page;
use sobo_tiles::{PageImage, TILE, TileError};

use crate::access::Person;
use crate::error::{Result, WebError};
use crate::state::AppState;

/// Most pixels of a strip: what two columns of a screen show.
const STRIP: (u32, u32) = (1100, 420);

/// A page, if the person may see it.
pub(crate) async fn page_in_scope(
    state: &AppState,
    person: &Person,
    id: i64,
) -> Result<(Page, sobo_db::Volume)> {
    let page = state.db.page(id).await?;
    let volume = state.db.volume(page.volume_id).await?;
    if !person.account.offices.covers(&volume.descriptor.office) {
        // As if it were not there: another office's holdings are not told.
        return Err(WebError::NotFound(format!("page {id}")));
    }
    Ok((page, volume))
}

/// An original never changes, so neither do its images; they are for this person's browser alone.
fn jpeg(bytes: Vec<u8>) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "image/jpeg"), (header::CACHE_CONTROL, "private, max-age=86400, immutable")];
    (headers, bytes).into_response()
}

async fn on_thread<T, F>(state: &AppState, page: Page, work: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce(&sobo_tiles::Tiles, &str, u32) -> std::result::Result<T, TileError> + Send + 'static,
{
    let tiles = Arc::clone(&state.tiles);
    Ok(tokio::task::spawn_blocking(move || work(&tiles, &page.original, page.page_index)).await??)
}

fn numbers<const N: usize>(name: &str) -> Result<[u32; N]> {
    let stem = name.strip_suffix(".jpg").unwrap_or(name);
    let parts: Vec<u32> = stem.split('_').filter_map(|part| part.parse().ok()).collect();
    parts.try_into().map_err(|_| WebError::NotFound("image".to_owned()))
}

pub(crate) async fn tile(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Path((id, level, name)): Path<(i64, u32, String)>,
) -> Result<Response> {
    let [x, y] = numbers(&name)?;
    let (page, _) = page_in_scope(&state, &person, id).await?;
    let bytes =
        on_thread(&state, page, move |tiles, original, index| tiles.tile(original, index, level, x, y))
            .await?;
    Ok(jpeg(bytes))
}

pub(crate) async fn restored_tile(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Path((id, level, name)): Path<(i64, u32, String)>,
) -> Result<Response> {
    let [x, y] = numbers(&name)?;
    let (page, _) = page_in_scope(&state, &person, id).await?;
    let tiles = state.restored.clone().ok_or_else(|| WebError::NotFound("image".to_owned()))?;
    let work = move || tiles.tile(&page.original, page.page_index, level, x, y);
    Ok(jpeg(tokio::task::spawn_blocking(work).await??))
}

pub(crate) async fn strip(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Path((id, name)): Path<(i64, String)>,
) -> Result<Response> {
    let [x, y, w, h] = numbers(&name)?.map(f64::from);
    let (page, _) = page_in_scope(&state, &person, id).await?;
    // Room for ascenders, tone marks and a box that sits a little off.
    let margin = (h * 0.18).clamp(6.0, 40.0);
    let bytes = on_thread(&state, page, move |tiles, original, index| {
        tiles.strip(original, index, Rect::new(x, y, w, h), margin, STRIP)
    })
    .await?
    .0;
    Ok(jpeg(bytes))
}

pub(crate) async fn thumbnail(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Path(id): Path<i64>,
) -> Result<Response> {
    let (page, _) = page_in_scope(&state, &person, id).await?;
    let bytes =
        on_thread(&state, page, |tiles, original, index| tiles.thumbnail(original, index, 360)).await?;
    Ok(jpeg(bytes))
}

pub(crate) async fn large(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Path(id): Path<i64>,
) -> Result<Response> {
    let (page, _) = page_in_scope(&state, &person, id).await?;
    let bytes =
        on_thread(&state, page, |tiles, original, index| tiles.thumbnail(original, index, 1600)).await?;
    Ok(jpeg(bytes))
}

/// Size of a page and where its tiles are, as the viewer takes them.
pub(crate) async fn describe(state: &AppState, page: &Page) -> serde_json::Value {
    // Reading recorded the size: nobody waits here for the tiles, which are made when the first is wanted.
    let image = match page.size {
        Some((width, height)) => PageImage::of_size(width, height),
        None => {
            let made = on_thread(state, page.clone(), |tiles, original, index| tiles.page(original, index));
            made.await.unwrap_or_else(|error| {
                error.log();
                PageImage::of_size(1, 1)
            })
        }
    };
    let (width, height, max_level) = (image.width, image.height, image.max_level);
    serde_json::json!({
        "id": page.id,
        "number": page.sequence,
        "width": width,
        "height": height,
        "max_level": max_level,
        "tile": TILE,
        "tiles": format!("/pages/{}/tiles", page.id),
        "restored": state.restored.as_ref().map(|_| format!("/pages/{}/restored", page.id)),
        "strips": format!("/pages/{}/strips", page.id),
    })
}
