use sobo_db::{FileOutcome, PageFilter};
use sobo_pipeline::{PipelineError, Progress, Silent, Stop, StoreConfig};

use crate::support::{Collected, Home, on_both, request, scan, scans, take_in};

on_both! {
    async fn scans_become_pages_in_natural_order(home: Home) {
        let paths = home.folder().join("scans");
        std::fs::create_dir(&paths).unwrap();
        for (name, number) in [("p10.png", 3), ("p2.png", 2), ("p1.png", 1)] {
            scan(&paths.join(name), number);
        }
        let store = home.store().await;
        let summary = take_in(&store, [paths.clone()]).await;
        assert_eq!((summary.taken, summary.pages, summary.already), (3, 3, 0));
        let pages = store.database.pages_of_volume(summary.volume_id).await.unwrap();
        let names: Vec<_> = pages.iter().map(|page| page.source.rsplit('/').next().unwrap()).collect();
        assert_eq!(names, ["p1.png", "p2.png", "p10.png"]);
        for page in &pages {
            let original = store.vault.get(&page.original.parse().unwrap()).await.unwrap();
            assert_eq!(original, std::fs::read(&page.source).unwrap());
        }
    }

    async fn the_manifest_outranks_natural_order(home: Home) {
        let paths = scans(home.folder(), [1, 2, 3]);
        let store = home.store().await;
        let mut request = request([paths]);
        request.volume.pages = vec!["p003.png".to_owned()];
        let summary = store.intake(&request, &Silent, &Stop::default()).await.unwrap();
        let pages = store.database.pages_of_volume(summary.volume_id).await.unwrap();
        let names: Vec<_> = pages.iter().map(|page| page.source.rsplit('/').next().unwrap()).collect();
        assert_eq!(names, ["p003.png", "p001.png", "p002.png"]);
    }

    async fn handing_in_twice_does_nothing_twice(home: Home) {
        let paths = scans(home.folder(), [1, 2, 1]);
        std::fs::write(paths.join("torn.png"), b"").unwrap();
        let store = home.store().await;
        let first = take_in(&store, [paths.clone()]).await;
        assert_eq!((first.taken, first.duplicates.len(), first.refused.len()), (2, 1, 1));
        let chain = store.database.verify_chain().await.unwrap();
        let vault = store.vault.list().await.unwrap();
        let second = take_in(&store, [paths]).await;
        assert_eq!((second.taken, second.pages, second.already, second.refused.len()), (0, 0, 3, 1));
        assert_eq!(store.database.verify_chain().await.unwrap(), chain);
        assert_eq!(store.vault.list().await.unwrap(), vault);
    }

    async fn what_cannot_be_taken_in_is_recorded_and_the_rest_goes_on(home: Home) {
        let paths = scans(home.folder(), [1]);
        std::fs::write(paths.join("a zero.png"), b"").unwrap();
        std::fs::write(paths.join("b notes.png"), b"these are no pixels at all").unwrap();
        let whole = std::fs::read(paths.join("p001.png")).unwrap();
        std::fs::write(paths.join("c cut.png"), &whole[..20]).unwrap();
        let store = home.store().await;
        let missing = home.folder().join("nowhere.tif");
        let events = Collected::default();
        let summary = store.intake(&request([paths, missing]), &events, &Stop::default()).await.unwrap();
        assert_eq!(summary.taken, 1);
        let refused = store.database.refused_files(None).await.unwrap();
        assert_eq!(refused.len(), 4);
        for file in &refused {
            // The reason names the file and says what to do.
            let name = file.source.rsplit('/').next().unwrap();
            assert!(file.reason.contains(name) && file.reason.contains(';'), "{}", file.reason);
            assert_eq!(file.outcome, FileOutcome::Refused);
        }
        let events = events.0.lock().unwrap().clone();
        assert!(matches!(events[0], Progress::FilesFound { files: 5 }));
        assert_eq!(events.len(), 6);
        assert_eq!(store.vault.list().await.unwrap().len(), 1);
    }

    async fn an_intake_that_was_stopped_is_continued(home: Home) {
        let paths = scans(home.folder(), 1..=6);
        let store = home.store().await;
        let stop = Stop::default();
        let asked = stop.clone();
        let after_two = move |progress| {
            if matches!(progress, Progress::FileRecorded { ref file, .. } if file.source.ends_with("p002.png")) {
                asked.ask();
            }
        };
        let first = store.intake(&request([paths.clone()]), &after_two, &stop).await.unwrap();
        assert_eq!((first.taken, first.stopped), (2, true));
        assert_eq!(store.database.batches(None).await.unwrap()[0].closed_ms, None);
        let second = take_in(&store, [paths]).await;
        assert_eq!((second.taken, second.already, second.stopped), (4, 2, false));
        let batches = store.database.batches(None).await.unwrap();
        assert_eq!((batches.len(), batches[0].taken), (1, 6));
        assert!(batches[0].closed_ms.is_some());
    }

    async fn a_plan_changes_nothing(home: Home) {
        let paths = scans(home.folder(), [1, 2, 1]);
        std::fs::write(paths.join("torn.png"), b"").unwrap();
        let store = home.store().await;
        let planned = store.plan_intake(&request([paths])).await.unwrap();
        let said: Vec<_> =
            planned.iter().map(|file| (file.pages, file.duplicate, file.refused.is_some())).collect();
        assert_eq!(said, [(1, false, false), (1, false, false), (1, true, false), (0, false, true)]);
        assert_eq!(store.vault.list().await.unwrap(), []);
        assert_eq!(store.database.volumes().await.unwrap(), []);
        assert_eq!(store.database.pages(&PageFilter::default()).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_full_disk_is_refused_before_anything_is_written() {
    let home = Home::embedded();
    let paths = scans(home.folder(), [1]);
    // No disk has a million terabytes.
    let config = StoreConfig { min_free_mb: 1 << 40, ..StoreConfig::in_folder(&home.folder().join("store")) };
    let store = sobo_pipeline::Store::open(config).await.unwrap();
    let refused = store.intake(&request([paths]), &Silent, &Stop::default()).await;
    assert!(matches!(refused, Err(PipelineError::DiskBudget { .. })), "{refused:?}");
    assert_eq!(store.database.volumes().await.unwrap(), []);
}
