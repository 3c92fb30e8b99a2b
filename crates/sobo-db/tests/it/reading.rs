use sobo_core::{Lacuna, Outcome};
use sobo_db::{Change, Completed, Completion, EntryState, PageFilter, Subject, on_both, provenance_key};

use crate::register::{claim, complete, entry, hand_in, provenance, reading, taken, volume_of_pages};

on_both! {
    async fn what_was_read_is_what_is_stored(database: Database) {
        volume_of_pages(&database, 1).await;
        let work = claim(&database, "w").await;
        assert_eq!(complete(&database, &work, "m", &["11/71", "12/71"]).await.unwrap(), Completed::Recorded);
        let stored = database.reading_of_page(work.page.id).await.unwrap().unwrap();
        assert_eq!(stored.reading, reading(&["11/71", "12/71"]));
        assert_eq!(stored.made_by, provenance("m"));
        assert_eq!(stored.key, provenance_key(&provenance("m")));
        let entries = database.entries_of_page(work.page.id).await.unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[1].entry(), entry("12/71"));
        assert_eq!(entries[1].fields["birth_place"].lacuna, Some(Lacuna::Torn));
        let head = &entries[1].head;
        assert_eq!((head.id, head.place), (work.page.id * 10_000 + 2, 2));
        assert_eq!((head.fields, head.accepted, head.lacunae, head.doubt), (3, 2, 1, 0.25));
        assert_eq!(database.entry(head.id).await.unwrap(), entries[1]);
        let page = database.page(work.page.id).await.unwrap();
        assert_eq!(page.outcome, Some(Outcome::Done));
        assert_eq!((page.size, page.dpi, page.elapsed_ms), (Some((2480, 3508)), Some(300.0), Some(1234)));
        assert_eq!(page.form, "act_1971_birth");
        assert_eq!(database.queue_length(None).await.unwrap(), Default::default());
        assert_eq!(database.entry_ids_after(entries[0].head.id, 10).await.unwrap(), [head.id]);
    }

    async fn recording_twice_is_recording_once(database: Database) {
        volume_of_pages(&database, 1).await;
        let work = claim(&database, "w").await;
        complete(&database, &work, "m", &["1"]).await.unwrap();
        let (changes, audit) = (database.last_change().await.unwrap(), database.verify_chain().await.unwrap());
        assert_eq!(complete(&database, &work, "m", &["1"]).await.unwrap(), Completed::Already);
        assert_eq!(database.last_change().await.unwrap(), changes);
        assert_eq!(database.verify_chain().await.unwrap(), audit);
        assert_eq!(database.readings_of_page(work.page.id).await.unwrap().len(), 1);
    }

    async fn the_feed_tells_what_changed(database: Database) {
        volume_of_pages(&database, 1).await;
        let before = database.last_change().await.unwrap();
        let work = claim(&database, "w").await;
        complete(&database, &work, "m", &["1"]).await.unwrap();
        let page = work.page.id;
        let expected = [
            Change { sequence: before + 1, subject: Subject::Page, id: page },
            Change { sequence: before + 2, subject: Subject::Entry, id: page * 10_000 + 1 },
        ];
        assert_eq!(database.changes_after(before, 10).await.unwrap(), expected);
    }

    async fn a_new_reading_takes_the_place_of_the_old(database: Database) {
        volume_of_pages(&database, 1).await;
        let work = claim(&database, "w").await;
        complete(&database, &work, "m1", &["1", "2"]).await.unwrap();
        let old = database.entries_of_page(work.page.id).await.unwrap();
        database.requeue_pages("lan", &sobo_db::Requeue::Pages(&[work.page.id]), None, 0, "").await.unwrap();
        let work = claim(&database, "w").await;
        complete(&database, &work, "m2", &["3"]).await.unwrap();
        let new = database.entries_of_page(work.page.id).await.unwrap();
        assert_eq!(new.iter().map(|it| (it.head.id, it.head.place)).collect::<Vec<_>>(), [(10_003, 1)]);
        assert_eq!(database.entry(old[0].head.id).await.unwrap().head.state, EntryState::Superseded);
        assert_eq!(database.readings_of_page(work.page.id).await.unwrap().len(), 2);
        assert_eq!(database.reading_of_page(work.page.id).await.unwrap().unwrap().made_by, provenance("m2"));
    }

    async fn a_page_that_fails_has_a_reason(database: Database) {
        let volume = volume_of_pages(&database, 2).await;
        for outcome in [
            Outcome::Failed { reason: "0001.tif: truncated: scan it again".to_owned() },
            Outcome::RescanWanted { reasons: vec!["blur".to_owned(), "cropped".to_owned()] },
        ] {
            let work = claim(&database, "w").await;
            let completion = Completion {
                lease: &work.lease,
                outcome: &outcome,
                reading: None,
                provenance: &provenance("m"),
                size: None,
                dpi: None,
                elapsed_ms: 5,
            };
            database.complete_page("sobo", &completion).await.unwrap();
            assert_eq!(database.page(work.page.id).await.unwrap().outcome, Some(outcome));
        }
        assert_eq!(database.reading_of_page(1).await.unwrap(), None);
        let filter = PageFilter { state: Some("failed".to_owned()), ..PageFilter::default() };
        assert_eq!(database.pages(&filter).await.unwrap().len(), 1);
        let progress = &database.progress().await.unwrap()[0];
        assert_eq!((progress.failed, progress.rescan_wanted, progress.waiting), (1, 1, 0));
        let report = database.volume_report(volume.id).await.unwrap();
        assert_eq!(report.failed[0].reasons, ["0001.tif: truncated: scan it again"]);
        assert_eq!(report.rescans[0].reasons, ["blur", "cropped"]);
    }

    async fn a_rescan_takes_the_place_of_a_page(database: Database) {
        let volume = volume_of_pages(&database, 2).await;
        let work = claim(&database, "w").await;
        complete(&database, &work, "m", &["1"]).await.unwrap();
        let old = work.page.id;
        hand_in(&database, volume.id, "0001 again.tif", taken(5, 1)).await;
        let new = database.pages_of_volume(volume.id).await.unwrap()[2].id;
        database.replace_page("lan", old, new, "mờ").await.unwrap();
        let pages = database.pages_of_volume(volume.id).await.unwrap();
        assert_eq!(pages.iter().map(|page| (page.id, page.sequence)).collect::<Vec<_>>(), [(new, 1), (2, 2)]);
        assert_eq!(database.page(old).await.unwrap().superseded_by, Some(new));
        assert_eq!(database.entries_of_page(old).await.unwrap(), []);
        assert!(database.replace_page("lan", old, new, "").await.is_err());
        assert!(database.replace_page("lan", 2, 2, "").await.is_err());
    }

    async fn a_report_counts_gaps_against_the_statement(database: Database) {
        let volume = volume_of_pages(&database, 2).await;
        for numbers in [&["1/71", "2/71"][..], &["4/71", "4/71"][..]] {
            let work = claim(&database, "w").await;
            complete(&database, &work, "m", numbers).await.unwrap();
        }
        let report = database.volume_report(volume.id).await.unwrap();
        assert_eq!(report.pages_against_statement, Some(-2));
        assert_eq!(report.entries_against_statement, Some(-1));
        let gaps: Vec<_> = report.numbering.gaps.iter().map(|gap| (gap.from, gap.to)).collect();
        assert_eq!(gaps, [(3, 3), (5, 5)]);
        assert_eq!(report.numbering.repeats[0].entries, [20_001, 20_002]);
        assert_eq!((report.progress.entries, report.progress.fields, report.progress.accepted), (4, 12, 8));
        assert_eq!((report.slowest.len(), report.worst.len(), report.median_ms), (2, 2, Some(1234)));
    }
}
