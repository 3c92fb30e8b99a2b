use sobo_db::{FileOutcome, Handed, on_both};

use crate::register::{hand_in, sha256, taken, volume};

fn refused(reason: &str) -> Handed {
    Handed::Refused { sha256: None, bytes: Some(0), reason: reason.to_owned() }
}

on_both! {
    async fn pages_stand_in_the_order_they_came(database: Database) {
        let volume = volume(&database, "KS.1971.03").await;
        hand_in(&database, volume.id, "0002.tif", taken(2, 2)).await;
        hand_in(&database, volume.id, "0001.tif", taken(1, 1)).await;
        let pages = database.pages_of_volume(volume.id).await.unwrap();
        let found: Vec<_> =
            pages.iter().map(|page| (page.sequence, page.source.as_str(), page.page_index)).collect();
        assert_eq!(found, [(1, "0002.tif", 0), (2, "0002.tif", 1), (3, "0001.tif", 0)]);
        assert_eq!(pages[2].original, sha256(1));
        assert_eq!(database.neighbours(pages[1].id).await.unwrap(), (Some(pages[0].id), Some(pages[2].id)));
        assert_eq!(database.queue_length(Some(volume.id)).await.unwrap().waiting, 3);
        assert_eq!(database.originals().await.unwrap(), [sha256(1), sha256(2)]);
    }

    async fn the_same_bytes_under_another_name_are_a_duplicate(database: Database) {
        let volume = volume(&database, "KS.1971.03").await;
        let first = hand_in(&database, volume.id, "0001.tif", taken(1, 2)).await;
        let again = hand_in(&database, volume.id, "copy of 0001.tif", taken(1, 2)).await;
        assert_eq!(again.file.outcome, FileOutcome::Duplicate);
        assert_eq!(again.file.duplicate_of, Some(first.file.id));
        assert_eq!(database.pages_of_volume(volume.id).await.unwrap().len(), 2);
    }

    async fn an_intake_run_again_does_nothing_twice(database: Database) {
        let volume = volume(&database, "KS.1971.03").await;
        let files = [
            ("0001.tif", taken(1, 2)),
            ("copy.tif", taken(1, 2)),
            ("torn.tif", refused("0 bytes: scan it again")),
        ];
        for round in 0..3 {
            for (source, handed) in &files {
                let recorded = hand_in(&database, volume.id, source, handed.clone()).await;
                assert_eq!(recorded.new, round == 0, "{source} in round {round}");
            }
            let closed = database.close_batch("lan", volume.id, "hộp 3").await.unwrap();
            assert_eq!(closed.is_some(), round == 0);
        }
        let batches = database.batches(Some(volume.id)).await.unwrap();
        assert_eq!(batches.len(), 1);
        let batch = &batches[0];
        assert_eq!((batch.taken, batch.duplicates, batch.refused, batch.pages, batch.waiting), (1, 1, 1, 2, 2));
        let what: Vec<_> =
            database.audit_after(0, 100).await.unwrap().into_iter().map(|record| record.what).collect();
        let expected =
            ["volume.describe", "batch.open", "file.taken", "file.duplicate", "file.refused", "batch.close"];
        assert_eq!(what, expected);
    }

    async fn a_refused_file_may_come_again(database: Database) {
        let volume = volume(&database, "KS.1971.03").await;
        hand_in(&database, volume.id, "0001.tif", refused("truncated: copy it again")).await;
        assert_eq!(database.refused_files(Some(volume.id)).await.unwrap().len(), 1);
        let second = hand_in(&database, volume.id, "0001.tif", taken(1, 1)).await;
        assert_eq!((second.new, second.file.outcome), (true, FileOutcome::Taken));
        assert_eq!(database.refused_files(None).await.unwrap(), []);
        assert_eq!(database.files_of_batch(second.file.batch_id).await.unwrap().len(), 2);
    }

    async fn another_scan_under_the_same_name_is_taken_too(database: Database) {
        let volume = volume(&database, "KS.1971.03").await;
        hand_in(&database, volume.id, "0001.tif", taken(1, 1)).await;
        let second = hand_in(&database, volume.id, "0001.tif", taken(2, 1)).await;
        assert_eq!((second.new, second.file.outcome), (true, FileOutcome::Taken));
        assert_eq!(database.pages_of_volume(volume.id).await.unwrap().len(), 2);
    }

    async fn intakes_at_once_keep_the_order_whole(database: Database) {
        let volume = volume(&database, "KS.1971.03").await;
        let mut intakes = Vec::new();
        for number in 1..=12 {
            let (database, id) = (database.clone(), volume.id);
            intakes.push(tokio::spawn(async move {
                hand_in(&database, id, &format!("{number}.tif"), taken(number, 2)).await
            }));
        }
        for intake in intakes {
            assert!(intake.await.unwrap().new);
        }
        let pages = database.pages_of_volume(volume.id).await.unwrap();
        let sequences: Vec<_> = pages.iter().map(|page| page.sequence).collect();
        assert_eq!(sequences, (1..=24).collect::<Vec<_>>());
        let mut ids: Vec<_> = pages.iter().map(|page| page.id).collect();
        ids.sort_unstable();
        assert_eq!(ids, (1..=24).collect::<Vec<_>>());
    }

    async fn fixity_is_news_once(database: Database) {
        let volume = volume(&database, "KS.1971.03").await;
        hand_in(&database, volume.id, "0001.tif", taken(1, 1)).await;
        for result in ["intact", "intact", "changed", "changed", "intact"] {
            database.record_fixity("sobo", &sha256(1), result).await.unwrap();
        }
        let history = database.audit_of(&format!("original/{}", sha256(1))).await.unwrap();
        let reasons: Vec<_> = history.iter().map(|record| record.reason.as_str()).collect();
        assert_eq!(reasons, ["intact", "changed", "changed", "intact"]);
        assert!(database.record_fixity("sobo", &sha256(9), "intact").await.is_err());
    }
}
