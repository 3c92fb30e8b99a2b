//! What a report on a volume says.

use serde::Serialize;
use sobo_core::Outcome;

use crate::numbering::{Numbering, check_numbering};
use crate::{EntryHead, FileRecord, Page, Result, Volume, VolumeProgress};

/// Pages listed as slowest and as worst.
const LISTED: usize = 10;

/// A page in one of the report's lists.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListedPage {
    /// The page.
    pub page_id: i64,
    /// Place in the volume.
    pub sequence: i64,
    /// Where its file came from.
    pub source: String,
    /// Page in that file, from 0.
    pub page_index: u32,
    /// Processing time.
    pub elapsed_ms: Option<i64>,
    /// Current entries.
    pub entries: i64,
    /// Fields.
    pub fields: i64,
    /// Fields offered as right.
    pub accepted: i64,
    /// Expected number of wrong fields among those not accepted.
    pub doubt: f64,
    /// Why, for pages that failed or are wanted again.
    pub reasons: Vec<String>,
}

/// Everything `sobo report` says of one volume.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VolumeReport {
    /// The volume.
    pub volume: Volume,
    /// Pages by outcome, entries, fields.
    pub progress: VolumeProgress,
    /// Files that could not be taken in.
    pub refused_files: Vec<FileRecord>,
    /// Pages captured minus pages the closing statement states.
    pub pages_against_statement: Option<i64>,
    /// Entries captured minus entries the closing statement states.
    pub entries_against_statement: Option<i64>,
    /// Gaps and repeats of entry numbers.
    pub numbering: Numbering,
    /// Failed pages, with reasons, in their order.
    pub failed: Vec<ListedPage>,
    /// Pages wanted again, with reasons, in their order.
    pub rescans: Vec<ListedPage>,
    /// The pages that took longest.
    pub slowest: Vec<ListedPage>,
    /// The read pages with most doubt a field.
    pub worst: Vec<ListedPage>,
    /// Median processing time of the pages read.
    pub median_ms: Option<i64>,
    /// 95th percentile of processing time.
    pub p95_ms: Option<i64>,
}

impl crate::Database {
    /// The report on one volume.
    pub async fn volume_report(&self, volume_id: i64) -> Result<VolumeReport> {
        let volume = self.volume(volume_id).await?;
        let progress = self
            .progress()
            .await?
            .into_iter()
            .find(|progress| progress.volume_id == volume_id)
            .unwrap_or_default();
        let pages = self.pages_of_volume(volume_id).await?;
        let entries = self.entries_of_volume(volume_id).await?;
        let refused_files = self.refused_files(Some(volume_id)).await?;
        Ok(report(volume, progress, refused_files, &pages, &entries))
    }
}

fn report(
    volume: Volume,
    progress: VolumeProgress,
    refused_files: Vec<FileRecord>,
    pages: &[Page],
    entries: &[EntryHead],
) -> VolumeReport {
    let listed: Vec<(&Page, ListedPage)> =
        pages.iter().map(|page| (page, listed_page(page, entries))).collect();
    let with_outcome = |wanted: &str| -> Vec<ListedPage> {
        let matches = |page: &Page| page.outcome.as_ref().is_some_and(|outcome| outcome.as_str() == wanted);
        listed.iter().filter(|(page, _)| matches(page)).map(|(_, listed)| listed.clone()).collect()
    };
    let mut slowest: Vec<ListedPage> =
        listed.iter().map(|(_, page)| page.clone()).filter(|page| page.elapsed_ms.is_some()).collect();
    slowest.sort_by_key(|page| (std::cmp::Reverse(page.elapsed_ms), page.page_id));
    let mut times: Vec<i64> = slowest.iter().filter_map(|page| page.elapsed_ms).collect();
    times.sort_unstable();
    let at = |share: f64| {
        let index = ((times.len() as f64 * share).ceil() as usize).saturating_sub(1);
        times.get(index).copied()
    };
    let mut worst: Vec<ListedPage> =
        with_outcome("done").into_iter().filter(|page| page.fields > 0).collect();
    worst.sort_by(|a, b| {
        let share = |page: &ListedPage| page.doubt / page.fields as f64;
        share(b).total_cmp(&share(a)).then(a.page_id.cmp(&b.page_id))
    });
    let closing = &volume.descriptor.closing;
    VolumeReport {
        pages_against_statement: closing.pages.map(|stated| progress.pages - i64::from(stated)),
        entries_against_statement: closing.entries.map(|stated| progress.entries - i64::from(stated)),
        numbering: check_numbering(
            entries.iter().map(|entry| (entry.id, entry.entry_number.as_deref())),
            closing,
        ),
        failed: with_outcome("failed"),
        rescans: with_outcome("rescan_wanted"),
        median_ms: at(0.5),
        p95_ms: at(0.95),
        slowest: slowest.into_iter().take(LISTED).collect(),
        worst: worst.into_iter().take(LISTED).collect(),
        refused_files,
        progress,
        volume,
    }
}

fn listed_page(page: &Page, entries: &[EntryHead]) -> ListedPage {
    let mut listed = ListedPage {
        page_id: page.id,
        sequence: page.sequence,
        source: page.source.clone(),
        page_index: page.page_index,
        elapsed_ms: page.elapsed_ms,
        entries: 0,
        fields: 0,
        accepted: 0,
        doubt: 0.0,
        reasons: match &page.outcome {
            Some(Outcome::RescanWanted { reasons }) => reasons.clone(),
            Some(Outcome::Failed { reason }) => vec![reason.clone()],
            _ => Vec::new(),
        },
    };
    for entry in entries.iter().filter(|entry| entry.page_id == page.id) {
        listed.entries += 1;
        listed.fields += entry.fields;
        listed.accepted += entry.accepted;
        listed.doubt += entry.doubt;
    }
    listed
}
