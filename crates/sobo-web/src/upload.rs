//! Scans handed in on the screen: the file is written beside the store as it arrives, then taken in like any other.

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::access::Person;
use crate::error::{Result, WebError};
use crate::state::AppState;
use crate::texts::Language;

/// Most bytes of one file: a box of pages as one archive.
const MOST: u64 = 4 << 30;

#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    name: String,
    /// The page whose place the scan takes.
    replaces: Option<i64>,
    /// What the files handed in together are called; the file's own name where absent.
    batch: Option<String>,
}

/// The name of a file without folders, as it may stand in the audit and beside the store.
fn plain(name: &str) -> Option<String> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    let name = name.trim_start_matches('.');
    (!name.is_empty()).then(|| name.to_owned())
}

pub(crate) async fn upload(
    State(state): State<AppState>,
    Extension(person): Extension<Person>,
    Extension(language): Extension<Language>,
    Path(volume): Path<i64>,
    Query(named): Query<Named>,
    body: Body,
) -> Result<Json<Value>> {
    let volume = state.db.volume(volume).await?;
    if !person.account.offices.covers(&volume.descriptor.office) {
        return Err(WebError::NotFound("volume".to_owned()));
    }
    let unable = || WebError::Bad(language.text("archive.no_upload").to_owned());
    let taker = state.taker.clone().ok_or_else(unable)?;
    let name = plain(&named.name).ok_or_else(|| WebError::Said("archive.no_name"))?;
    let failed = |error: std::io::Error| WebError::Internal(format!("upload: {error}"));
    let folder = tempfile::tempdir().map_err(failed)?;
    let path = folder.path().join(&name);
    let mut file = tokio::fs::File::create(&path).await.map_err(failed)?;
    let mut written = 0_u64;
    let mut stream = body.into_data_stream();
    while let Some(chunk) = futures::StreamExt::next(&mut stream).await {
        let chunk = chunk.map_err(|_| WebError::Bad(language.text("archive.upload_cut").to_owned()))?;
        written += chunk.len() as u64;
        if written > MOST {
            return Err(WebError::Bad(language.text("archive.too_large").to_owned()));
        }
        file.write_all(&chunk).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)?;
    drop(file);
    let who = person.who().to_owned();
    let of = volume.id;
    let batch = named.batch.as_deref().and_then(plain).unwrap_or_else(|| name.clone());
    let taken = tokio::task::spawn_blocking(move || taker.take(&who, &volume, &batch, &name, &path))
        .await?
        .map_err(WebError::Bad)?;
    let mut refused = taken.refused;
    if let Some(old) = named.replaces.filter(|_| refused.is_empty()) {
        // The page just taken in is the newest of the volume.
        let new = state.db.pages_of_volume(of).await?.iter().map(|page| page.id).max();
        let new = new.filter(|new| taken.pages == 1 && *new != old);
        let replaced = match new {
            Some(new) => crate::page::put_in_place(&state, &person, old, new).await?,
            None => false,
        };
        if !replaced {
            refused.push(language.text("archive.replace_refused").to_owned());
        }
    }
    Ok(Json(json!({ "pages": taken.pages, "duplicates": taken.duplicates, "refused": refused })))
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn names_keep_no_folders() {
        assert_eq!(plain("hộp 3/0001.tif").as_deref(), Some("0001.tif"));
        assert_eq!(plain("C:\\quét\\trang 1.jpg").as_deref(), Some("trang 1.jpg"));
        assert_eq!(plain("../..").as_deref(), None);
        assert_eq!(plain(".0001.tif").as_deref(), Some("0001.tif"));
        assert_eq!(plain("a\n.tif").as_deref(), Some("a.tif"));
    }
}
