//! What verifying an entry would teach the reader: weighed volume by volume, kept with the records, followed by the queue.

use sobo_adapt::{Teacher, teaching_order};
use sobo_db::DbError;

use crate::state::AppState;

/// Weighs the entries of one volume that has new ones; false where every volume was weighed.
///
/// # Errors
/// The database fails.
pub async fn weigh_a_volume(state: &AppState) -> Result<bool, DbError> {
    let Some(volume) = state.db.volume_to_weigh().await? else { return Ok(false) };
    weigh(state, volume).await?;
    Ok(true)
}

/// Weighs a volume where it has new entries.
pub(crate) async fn weigh_if_new(state: &AppState, volume: i64) -> Result<(), DbError> {
    if state.db.is_to_weigh(volume).await? {
        weigh(state, volume).await?;
    }
    Ok(())
}

/// Weighs every untouched entry of a volume: each counts beside the others of its volume.
async fn weigh(state: &AppState, volume: i64) -> Result<(), DbError> {
    let (mut known, mut pool) = (Vec::new(), Vec::new());
    for record in state.db.records_of_volume(volume).await? {
        known.push(record.entry_id);
        if record.deeds == 0 {
            pool.push(Teacher::of_entry(record.entry_id, &state.db.entry(record.entry_id).await?.entry()));
        }
    }
    // Thousandths are fine enough: what is equal keeps the order of the book.
    let worth: Vec<(i64, i64)> =
        teaching_order(&pool).into_iter().map(|(id, adds)| (id, (1000.0 * adds) as i64)).collect();
    state.db.keep_teaching_worth(&known, &worth).await
}
