//! Taking scans in: files, folders and zips to originals in the vault and pages in the queue.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use sobo_core::VolumeDescriptor;
use sobo_db::{FileIntake, FileOutcome, FileRecord, Handed, NewPage, VolumeDescription};
use sobo_intake::{CopyError, Found, IntakeError, Limits, Scan};
use sobo_vault::Staged;

use crate::{PipelineError, Progress, ProgressSink, Result, Stop, Store};

/// What is handed in.
#[derive(Debug, Clone)]
pub struct IntakeRequest {
    /// Who hands it in.
    pub who: String,
    /// The volume.
    pub volume: VolumeDescriptor,
    /// The descriptor as it was written.
    pub volume_text: String,
    /// Office as of the volume's date, where it is known to differ from the office as written.
    pub office_at_date: Option<String>,
    /// Files, folders, zips.
    pub paths: Vec<PathBuf>,
    /// Name of the batch; made of the paths where absent. An interrupted batch is continued under its name.
    pub batch: Option<String>,
    /// How much a file may ask for.
    pub limits: Limits,
}

/// What an intake did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct IntakeSummary {
    /// The volume.
    pub volume_id: i64,
    /// Files taken in now.
    pub taken: u64,
    /// Pages taken in now.
    pub pages: u64,
    /// Files whose bytes were there already, under another name.
    pub duplicates: Vec<FileRecord>,
    /// Files refused, with reasons.
    pub refused: Vec<FileRecord>,
    /// Files an earlier intake had recorded.
    pub already: u64,
    /// Somebody asked to stop; the batch stays open and is continued by the same call.
    pub stopped: bool,
}

/// What an intake would do with a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlannedFile {
    /// Where it comes from.
    pub source: String,
    /// Pages found in it.
    pub pages: u32,
    /// The same bytes are in the store already.
    pub duplicate: bool,
    /// Why it would be refused.
    pub refused: Option<String>,
}

/// A file, copied beside the vault and looked at there: what is kept is what was looked at, also where the file is
/// still being written or vanishes meanwhile.
struct Looked {
    staged: Option<Staged>,
    handed: Handed,
}

impl Store {
    /// Takes scans in. Every file ends with a record: taken, duplicate or refused and why; one that fails does not stop
    /// the others. Handing in the same paths again does nothing twice.
    pub async fn intake(
        &self,
        request: &IntakeRequest,
        sink: &dyn ProgressSink,
        stop: &Stop,
    ) -> Result<IntakeSummary> {
        self.check_disk()?;
        let request = Arc::new(request.clone());
        let scan = scan(&request).await?;
        sink.progress(Progress::FilesFound { files: (scan.found.len() + scan.refused.len()) as u64 });
        let description = VolumeDescription {
            descriptor: &request.volume,
            text: &request.volume_text,
            office_at_date: request.office_at_date.as_deref(),
        };
        let volume_id = self.database.describe_volume(&request.who, &description).await?.id;
        let batch = request.batch.clone().unwrap_or_else(|| {
            let paths: Vec<String> =
                request.paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
            paths.join(" ")
        });
        let mut summary = IntakeSummary { volume_id, ..IntakeSummary::default() };
        let refused = scan.refused.iter().map(|error| (error.name.clone(), Err(error.clone())));
        let found = scan.found.into_iter().map(|found| (found.name.clone(), Ok(found)));
        for (source, found) in found.chain(refused) {
            if stop.asked() {
                summary.stopped = true;
                return Ok(summary);
            }
            let handed = match found {
                Err(error) => refuse(None, None, &error),
                Ok(found) => {
                    self.check_disk()?;
                    let looked = self.look(found, &request.limits).await?;
                    // First the bytes, then the record of them: never a page without its original.
                    if matches!(looked.handed, Handed::Taken { .. })
                        && let Some(staged) = looked.staged
                    {
                        self.vault.keep(staged).await?;
                    }
                    looked.handed
                }
            };
            let intake = FileIntake { who: &request.who, volume_id, batch: &batch, source: &source, handed };
            let recorded = self.database.record_file(&intake).await?;
            summary.add(&recorded.file, recorded.new);
            sink.progress(Progress::FileRecorded { file: recorded.file, new: recorded.new });
        }
        self.database.close_batch(&request.who, volume_id, &batch).await?;
        Ok(summary)
    }

    /// Says what an intake would do, and does nothing.
    pub async fn plan_intake(&self, request: &IntakeRequest) -> Result<Vec<PlannedFile>> {
        let request = Arc::new(request.clone());
        let scan = scan(&request).await?;
        let mut planned = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for found in scan.found {
            let source = found.name.clone();
            let looked = self.look(found, &request.limits).await?;
            planned.push(match looked.handed {
                Handed::Taken { sha256, pages, .. } => PlannedFile {
                    source,
                    pages: pages.len() as u32,
                    duplicate: self.database.has_original(&sha256).await? || !seen.insert(sha256),
                    refused: None,
                },
                Handed::Refused { reason, .. } => {
                    PlannedFile { source, pages: 0, duplicate: false, refused: Some(reason) }
                }
            });
        }
        planned.extend(scan.refused.into_iter().map(|error| PlannedFile {
            source: error.name.clone(),
            pages: 0,
            duplicate: false,
            refused: Some(error.to_string()),
        }));
        Ok(planned)
    }
}

impl Store {
    /// Copies a file beside the vault and counts its pages.
    async fn look(&self, found: Found, limits: &Limits) -> Result<Looked> {
        let (vault, work, limits) = (self.vault.clone(), self.config.work_dir.clone(), limits.clone());
        blocking(move || {
            let mut staging = vault.stage(&work)?;
            match found.copy_to(&mut staging, &limits) {
                Ok(_) => {}
                Err(CopyError::Refused(error)) => {
                    return Ok(Looked { staged: None, handed: refuse(None, None, &error) });
                }
                Err(CopyError::Target(error)) => return Err(staging.failed(error).into()),
            }
            let staged = staging.finish()?;
            let (sha256, bytes) = (staged.stored().sha256.to_string(), staged.stored().bytes);
            let handed = match sobo_intake::inspect(staged.path(), &found.name, &limits) {
                Ok(info) => Handed::Taken {
                    sha256,
                    bytes,
                    pages: (0..info.pages)
                        .map(|page_index| NewPage { page_index, ..NewPage::default() })
                        .collect(),
                },
                Err(error) => refuse(Some(sha256), Some(bytes), &error),
            };
            Ok(Looked { staged: Some(staged), handed })
        })
        .await?
    }
}

impl IntakeSummary {
    fn add(&mut self, file: &FileRecord, new: bool) {
        match (file.outcome, new) {
            (FileOutcome::Refused, _) => self.refused.push(file.clone()),
            (_, false) => self.already += 1,
            (FileOutcome::Taken, true) => {
                self.taken += 1;
                self.pages += file.pages as u64;
            }
            (FileOutcome::Duplicate, true) => self.duplicates.push(file.clone()),
        }
    }
}

/// Walks the paths and puts what is found into the volume's page order.
async fn scan(request: &Arc<IntakeRequest>) -> Result<Scan> {
    let request = Arc::clone(request);
    blocking(move || {
        let mut scan = sobo_intake::scan(&request.paths, &request.limits);
        if !request.volume.pages.is_empty() {
            sobo_intake::order_pages(&request.volume.pages, &mut scan.found, |found| &found.name);
        }
        scan
    })
    .await
}

fn refuse(sha256: Option<String>, bytes: Option<u64>, error: &IntakeError) -> Handed {
    Handed::Refused { sha256, bytes, reason: error.to_string() }
}

/// Runs what waits for a disk or burns a core away from the async threads. A decoder's panic refuses nothing silently:
/// it ends the batch with its message.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| PipelineError::Worker { what: error.to_string() })
}
