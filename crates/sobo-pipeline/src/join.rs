//! Holding each page against the page before it, after both were read: ditto marks of its first rows, the number that
//! runs on.
//!
//! Reading knows one page alone, so that pages are read in any order, on any number of threads and machines, with the
//! same result. What needs the neighbour comes here, in the order of the volume, from the page's own stored reading; so
//! it too gives the same whatever came in between, and doing it twice is doing it once.

use sobo_core::Field;
use sobo_db::{Joined, JoinedEntry, PageToJoin};

use crate::{PageReader, Result, Stop, Store};

impl Store {
    /// Joins the pages that were read and whose predecessors were all read; gives their number. Of one volume where given.
    pub(crate) async fn join_pages(
        &self,
        reader: &dyn PageReader,
        who: &str,
        volume_id: Option<i64>,
        stop: &Stop,
    ) -> Result<u64> {
        let (mut joined, mut after) = (0, 0);
        while !stop.asked() {
            let Some(page) = self.database.page_to_join(volume_id, after).await? else { break };
            let (previous, entries) = self.held_against_previous(reader, &page).await?;
            match self.database.join_page(who, &page, previous, &entries).await? {
                Joined::Done => joined += 1,
                // The rest of the volume waits with it.
                Joined::PutOff => after = page.volume_id,
            }
        }
        Ok(joined)
    }

    /// The entry a page is held against, and the page's entries that change by it.
    async fn held_against_previous(
        &self,
        reader: &dyn PageReader,
        page: &PageToJoin,
    ) -> Result<(Option<i64>, Vec<JoinedEntry>)> {
        let nothing = (None, Vec::new());
        let Some(reading) = self.database.reading_of_page(page.page_id).await? else { return Ok(nothing) };
        let current = self.database.entries_of_page(page.page_id).await?;
        let of_reading =
            current.iter().filter(|entry| entry.head.provenance.as_deref() == Some(&reading.key));
        let of_reading: Vec<_> = of_reading.collect();
        // Where people added or removed acts the reading no longer says which is which.
        if of_reading.is_empty()
            || current.len() != reading.reading.entries.len()
            || of_reading.len() != current.len()
        {
            return Ok(nothing);
        }
        // A page of another form, or one that could not be read, says nothing of what stands on this one.
        let previous = match page.previous.filter(|_| page.previous_form.as_deref() == Some(&page.form)) {
            Some(previous) => self.database.entries_of_page(previous).await?.pop(),
            None => None,
        };
        let entries = match &previous {
            Some(previous) => reader.join(&previous.entry(), &reading.reading),
            None => reading.reading.entries,
        };
        let differing = of_reading.into_iter().zip(entries).filter_map(|(stored, entry)| {
            let differs = |(name, field): (&String, &Field)| {
                stored.fields.get(name).is_some_and(|now| !says_the_same(now, field)).then(|| name.clone())
            };
            let changed: Vec<String> = entry.fields.iter().filter_map(differs).collect();
            (!changed.is_empty()).then_some(JoinedEntry { id: stored.head.id, entry, changed })
        });
        Ok((previous.map(|entry| entry.head.id), differing.collect()))
    }
}

/// Whether joining has nothing to change at a field. Its text, box and lacuna are the reading's.
fn says_the_same(now: &Field, joined: &Field) -> bool {
    (&now.value, now.confidence, now.accepted, &now.checks)
        == (&joined.value, joined.confidence, joined.accepted, &joined.checks)
}
