//! A rescan in the place of a page: what people verified on the old scan is carried over and shown for a second look.

use std::collections::BTreeMap;

use sobo_core::{Entry, Field, Original, Rect};
use sobo_db::{DbError, EntryRecord, Page, ToCarry};
use sobo_verify::{EntryMark, Sheet, pair_entries};

use crate::state::AppState;

/// The number of an entry, as people stated it or the machine read it.
async fn mark(state: &AppState, entry: &EntryRecord) -> Result<EntryMark, DbError> {
    let stated = match state.db.record(entry.head.id).await {
        Ok((_, verification)) => verification.values().get("entry_number").map(|value| value.text.clone()),
        Err(DbError::NotFound { .. }) => None,
        Err(error) => return Err(error),
    };
    let number = stated.or_else(|| entry.head.entry_number.clone()).unwrap_or_default();
    Ok(EntryMark { number: number.split_whitespace().collect::<Vec<_>>().join(" ") })
}

/// Gives every entry that people worked at on a replaced page its entry on the new scan: the one with the same number or
/// in the same place, or, where the machine did not find it again, a new one in the same part of the page.
///
/// # Errors
/// The database fails.
pub(crate) async fn carry_over(state: &AppState) -> Result<(), DbError> {
    let mut by_page: BTreeMap<(i64, i64), Vec<ToCarry>> = BTreeMap::new();
    for waiting in state.db.entries_to_carry().await? {
        by_page.entry((waiting.old_page, waiting.new_page)).or_default().push(waiting);
    }
    for ((old_page, new_page), waiting) in by_page {
        let (old_page, new_page) = (state.db.page(old_page).await?, state.db.page(new_page).await?);
        let mut old = Vec::with_capacity(waiting.len());
        for one in &waiting {
            old.push(state.db.entry(one.old_entry).await?);
        }
        let new = state.db.entries_of_page(new_page.id).await?;
        let (mut old_marks, mut new_marks) = (Vec::new(), Vec::new());
        for entry in &old {
            old_marks.push(mark(state, entry).await?);
        }
        for entry in &new {
            new_marks.push(mark(state, entry).await?);
        }
        let pairs = pair_entries(&old_marks, &new_marks);
        for (index, entry) in old.iter().enumerate() {
            let found = pairs.iter().position(|pair| *pair == Some(index));
            let to = match found.and_then(|at| new.get(at)) {
                Some(entry) => entry.head.id,
                None => state.db.add_carried_entry(new_page.id, &moved(entry, &old_page, &new_page)).await?,
            };
            state.db.carry_entry(entry.head.id, to).await?;
        }
    }
    Ok(())
}

/// The entry without readings, its boxes where they would lie on the other scan if both show the same paper.
fn moved(entry: &EntryRecord, from: &Page, to: &Page) -> Entry {
    let scale = |a: Option<(u32, u32)>, b: Option<(u32, u32)>| match (a, b) {
        (Some((aw, ah)), Some((bw, bh))) if aw > 0 && ah > 0 => {
            (f64::from(bw) / f64::from(aw), f64::from(bh) / f64::from(ah))
        }
        _ => (1.0, 1.0),
    };
    let (across, down) = scale(from.size, to.size);
    let rect = |r: Rect<Original>| Rect::new(r.x * across, r.y * down, r.w * across, r.h * down);
    let fields = entry.fields.iter().map(|(name, field)| {
        (name.clone(), Field { bbox: rect(field.bbox), reader: "carried".to_owned(), ..Field::default() })
    });
    Entry { bbox: rect(entry.head.bbox), fields: fields.collect() }
}

/// The sheet of an entry, with what was carried over from an earlier scan.
///
/// # Errors
/// The database fails.
pub(crate) async fn sheet(state: &AppState, entry: &EntryRecord, form: &str) -> Result<Sheet, DbError> {
    let sheet = Sheet::of_entry(&entry.entry(), state.forms.get(form));
    match state.db.carried_from(entry.head.id).await? {
        Some(old) => Ok(sheet.carrying(old, &state.db.record(old).await?.1)),
        None => Ok(sheet),
    }
}
