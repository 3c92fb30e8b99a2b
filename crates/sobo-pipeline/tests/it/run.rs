use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sobo_core::Outcome;
use sobo_db::{PageFilter, Requeue};
use sobo_pipeline::{PageInput, PipelineError, Progress, RunOptions, Silent, Stop, StoreConfig, follow};

use crate::support::{Collected, FileIndex, Home, Joining, on_both, options, read, run, scans, take_in};

on_both! {
    async fn every_page_ends_with_an_outcome(home: Home) {
        let store = home.store_of([1, 250, 251, 252, 253, 2]).await;
        let summary = run(&store, options()).await;
        assert_eq!((summary.done, summary.blank, summary.rescan_wanted, summary.failed.len()), (2, 1, 1, 2));
        assert_eq!((summary.entries, summary.fields, summary.accepted), (5, 10, 5));
        assert_eq!((summary.pages(), summary.remaining, summary.stopped), (6, 0, false));
        assert!(summary.failed[0].reason.contains("p004.png: no form fits"), "{:?}", summary.failed);
        let crashed = &summary.failed[1].reason;
        assert!(crashed.contains("p005.png") && crashed.contains("cannot bear"), "{crashed}");
        let pages = store.database.pages(&PageFilter::default()).await.unwrap();
        assert!(pages.iter().all(|page| page.outcome.is_some()));
        assert_eq!(pages[0].size, Some((300, 200)));
        // Nothing is left to do.
        assert_eq!(run(&store, options()).await.pages(), 0);
    }

    async fn a_book_in_one_large_file_is_read_page_by_page(home: Home) {
        let path = home.folder().join("book.tif");
        let mut file = tiff::encoder::TiffEncoder::new(std::fs::File::create(&path).unwrap()).unwrap();
        let mut pixels = vec![200_u8; 3_500 * 3_500];
        for number in [4, 5, 250] {
            pixels[0] = number;
            file.write_image::<tiff::encoder::colortype::Gray8>(3_500, 3_500, &pixels).unwrap();
        }
        drop(file);
        assert!(std::fs::metadata(&path).unwrap().len() > 32 << 20, "large enough not to be held in memory");
        let store = home.store().await;
        let summary = take_in(&store, [path]).await;
        assert_eq!((summary.taken, summary.pages), (1, 3));
        let summary = run(&store, options()).await;
        assert_eq!((summary.done, summary.blank, summary.failed), (2, 1, vec![]));
        let numbers: Vec<_> = store.database.entries_of_volume(1).await.unwrap();
        let numbers: Vec<_> = numbers.into_iter().map(|entry| entry.entry_number.unwrap()).collect();
        assert_eq!(numbers, ["4/71", "4/71", "5/71", "5/71", "5/71"]);
        // Copies made on the way are gone.
        let left = std::fs::read_dir(store.config.work_dir.join("staging")).map_or(0, Iterator::count);
        assert_eq!(left, 0);
    }

    async fn a_run_that_is_stopped_is_continued(home: Home) {
        let store = home.store_of(1..=8).await;
        let stop = Stop::default();
        let asked = stop.clone();
        let after_one = move |progress| {
            if matches!(progress, Progress::PageEnded { .. }) {
                asked.ask();
            }
        };
        let first = store.run(Arc::new(read), options(), Arc::new(after_one), stop).await.unwrap();
        assert!(first.stopped && first.pages() >= 1 && first.remaining >= 1, "{first:?}");
        assert_eq!(store.database.leases().await.unwrap(), []);
        let second = run(&store, options()).await;
        assert_eq!(first.pages() + second.pages(), 8);
    }

    async fn at_most_so_many_pages(home: Home) {
        let store = home.store_of(1..=5).await;
        let summary = run(&store, RunOptions { max_pages: Some(2), ..options() }).await;
        assert_eq!((summary.pages(), summary.remaining), (2, 3));
    }

    async fn pages_of_a_dead_worker_are_taken_back_at_once(home: Home) {
        let store = home.store_of(1..=3).await;
        let dead = dead_worker(&store).await;
        store.database.claim_pages(&dead, 3_600_000, 2, None).await.unwrap();
        store.database.claim_pages("another-machine/0/1/1", 3_600_000, 1, None).await.unwrap();
        let events = Collected::default();
        let summary =
            store.run(Arc::new(read), options(), Arc::new(events.clone()), Stop::default()).await.unwrap();
        // The other machine may be alive: its page stays with it until its lease runs out.
        assert_eq!((summary.pages(), summary.remaining), (2, 1));
        let events = events.0.lock().unwrap();
        assert!(events.iter().any(|event| matches!(event, Progress::Reclaimed { pages: 2 })));
        assert!(events.iter().any(|event| matches!(event, Progress::PageBegun { attempt: 2, .. })));
    }

    async fn a_page_that_kills_its_worker_again_and_again_has_failed(home: Home) {
        let store = home.store_of([1]).await;
        for attempt in 0..3 {
            store.database.claim_pages(&format!("w{attempt}"), -1, 1, None).await.unwrap();
        }
        let summary = run(&store, RunOptions { max_attempts: 3, ..options() }).await;
        assert!(summary.failed[0].reason.contains("stopped 3 times"), "{:?}", summary.failed);
        // A person may insist.
        store.database.requeue_pages("lan", &Requeue::Pages(&[1]), None, 0, "").await.unwrap();
        assert_eq!(run(&store, options()).await.done, 1);
    }

    async fn a_page_read_twice_is_recorded_once(home: Home) {
        let store = home.store_of([1]).await;
        let database = store.database.clone();
        let runtime = tokio::runtime::Handle::current();
        // While the page is read, its lease is given to another.
        let robbed = move |task: PageInput<'_>| {
            let database = database.clone();
            let requeue = async move {
                let which = [1];
                database.requeue_pages("lan", &Requeue::Pages(&which), None, 0, "").await.unwrap();
                database.claim_pages("another-machine/0/1/1", 3_600_000, 1, None).await.unwrap();
            };
            let (sender, receiver) = std::sync::mpsc::channel();
            runtime.spawn(async move {
                requeue.await;
                sender.send(()).unwrap();
            });
            receiver.recv().unwrap();
            read(task)
        };
        let events = Collected::default();
        let summary =
            store.run(Arc::new(robbed), options(), Arc::new(events.clone()), Stop::default()).await.unwrap();
        assert_eq!((summary.pages(), summary.remaining), (0, 1));
        assert!(events.0.lock().unwrap().iter().any(|event| matches!(event, Progress::PageLost { page_id: 1 })));
        assert_eq!(store.database.page(1).await.unwrap().outcome, None);
        assert_eq!(store.database.reading_of_page(1).await.unwrap(), None);
    }

    async fn a_scan_that_is_cut_short_fails_its_page_alone(home: Home) {
        let paths = scans(home.folder(), [1, 2]);
        let whole = std::fs::read(paths.join("p001.png")).unwrap();
        std::fs::write(paths.join("p001.png"), &whole[..whole.len() / 2]).unwrap();
        let store = home.store().await;
        take_in(&store, [paths]).await;
        let summary = run(&store, options()).await;
        assert_eq!((summary.done, summary.failed.len()), (1, 1));
        assert!(summary.failed[0].reason.contains("p001.png"), "{:?}", summary.failed);
        let page = store.database.page(summary.failed[0].page_id).await.unwrap();
        assert!(matches!(page.outcome, Some(Outcome::Failed { .. })));
    }

    async fn a_full_disk_ends_the_run_and_gives_its_pages_back(home: Home) {
        let mut store = home.store_of([1]).await;
        store.config = StoreConfig { min_free_mb: 1 << 40, ..store.config };
        let refused = store.run(Arc::new(read), options(), Arc::new(Silent), Stop::default()).await;
        assert!(matches!(refused, Err(PipelineError::DiskBudget { .. })), "{refused:?}");
        assert_eq!(store.database.queue_length(None).await.unwrap().waiting, 1);
    }

    async fn each_page_is_held_against_the_page_before_it(home: Home) {
        let joined = async |store: &sobo_pipeline::Store, options: RunOptions| {
            let reader = Arc::new(Joining(read));
            store.run(reader, options, Arc::new(Silent), Stop::default()).await.unwrap();
            let mut names = Vec::new();
            for page in 1..=6 {
                let first = store.database.entries_of_page(page).await.unwrap().into_iter().next();
                names.push(first.and_then(|entry| entry.fields["child_name"].value.clone()));
            }
            names
        };
        let after = |number: u8| Some(format!("after {number}/71"));
        // The third is blank, the fourth fails, so that the fifth has nothing before it.
        let store = home.store_of([1, 2, 250, 3, 252, 4]).await;
        let names = joined(&store, RunOptions { jobs: 1, max_pages: Some(3), ..RunOptions::default() }).await;
        assert_eq!(names, [None, after(1), None, None, None, None]);
        let names = joined(&store, options()).await;
        assert_eq!(names, [None, after(1), None, after(2), None, None]);
        // The reading stays what the page alone says; the entry counts and tells what touched it.
        let reading = store.database.reading_of_page(2).await.unwrap().unwrap();
        assert_eq!(reading.reading.entries[0].fields["child_name"].value, None);
        let entry = store.database.entries_of_page(2).await.unwrap().swap_remove(0);
        assert_eq!((entry.head.accepted, entry.head.doubt), (2, 0.0));
        let history = store.database.audit_of("page/2").await.unwrap();
        let event = history.iter().find(|event| event.what == "page.join").unwrap();
        assert!(event.details.contains("10002"), "{event:?}");
        // Nothing is left to do, and nothing is done twice.
        let chain = store.database.verify_chain().await.unwrap();
        assert_eq!(joined(&store, options()).await, names);
        assert_eq!(store.database.verify_chain().await.unwrap(), chain);
        // A page read again is held against its neighbours again, and so is the one after it.
        store.database.requeue_pages("lan", &Requeue::Pages(&[2]), None, 0, "").await.unwrap();
        assert_eq!(joined(&store, options()).await, names);
        store.database.requeue_pages("lan", &Requeue::Pages(&[2]), Some("other"), 0, "").await.unwrap();
        assert_eq!(joined(&store, options()).await, [None, None, None, None, None, None]);
    }

    async fn an_index_follows_the_feed(home: Home) {
        let store = home.store_of([1, 2]).await;
        let mut index = FileIndex { path: home.folder().join("index"), before_write: || {} };
        run(&store, options()).await;
        assert!(follow(&store.database, &mut index).await.unwrap() > 0);
        let (cursor, content) = index.content();
        assert_eq!(cursor, store.database.last_change().await.unwrap());
        assert_eq!(content.keys().copied().collect::<Vec<_>>(), [10_001, 10_002, 20_001, 20_002, 20_003]);
        assert_eq!(content[&10_001], "Quận Nhứt Trần Thị 0");
        assert_eq!(follow(&store.database, &mut index).await.unwrap(), 0);
        // A page read again has new entries; the old ones go.
        let which = [1];
        store.database.requeue_pages("lan", &Requeue::Pages(&which), Some("other"), 0, "").await.unwrap();
        run(&store, options()).await;
        follow(&store.database, &mut index).await.unwrap();
        let keys: Vec<_> = index.content().1.into_keys().collect();
        assert_eq!(keys, [10_003, 10_004, 20_001, 20_002, 20_003]);
    }
}

/// An identifier such as a worker of this machine had before it died.
async fn dead_worker(store: &sobo_pipeline::Store) -> String {
    let home = Home::embedded();
    let other = home.store_of([1]).await;
    let database = other.database.clone();
    let seen = Arc::new(std::sync::Mutex::new(String::new()));
    let told = Arc::clone(&seen);
    let runtime = tokio::runtime::Handle::current();
    let spying = move |task: PageInput<'_>| {
        let leases = runtime.block_on(database.leases()).unwrap();
        told.lock().unwrap().clone_from(&leases[0].owner);
        read(task)
    };
    other.run(Arc::new(spying), options(), Arc::new(Silent), Stop::default()).await.unwrap();
    let me = seen.lock().unwrap().clone();
    assert!(store.database.leases().await.unwrap().iter().all(|lease| lease.owner != me));
    format!("{me}1")
}

#[tokio::test]
async fn jobs_bound_the_pages_in_memory_and_change_nothing() {
    let mut readings = Vec::new();
    for jobs in [1, 3] {
        let home = Home::embedded();
        let store = home.store_of(1..=12).await;
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (here, peak) = (Arc::clone(&now), Arc::clone(&most));
        let counting = move |task: PageInput<'_>| {
            peak.fetch_max(here.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let page = read(task);
            std::thread::sleep(std::time::Duration::from_millis(5));
            here.fetch_sub(1, Ordering::SeqCst);
            page
        };
        let options = RunOptions { jobs, ..RunOptions::default() };
        let summary =
            store.run(Arc::new(counting), options, Arc::new(Silent), Stop::default()).await.unwrap();
        assert_eq!(summary.done, 12);
        assert!(most.load(Ordering::SeqCst) <= jobs);
        let mut all = Vec::new();
        for id in 1..=12 {
            let stored = store.database.reading_of_page(id).await.unwrap().unwrap();
            all.push((stored.key, stored.made_by, stored.reading.entries));
        }
        readings.push(all);
    }
    assert_eq!(readings[0], readings[1]);
}

#[tokio::test]
async fn a_check_of_fixity_finds_what_was_lost_changed_or_never_recorded() {
    let home = Home::embedded();
    let store = home.store_of([1, 2, 3]).await;
    assert!(store.check_fixity("sobo", &Stop::default()).await.unwrap().is_sound());
    let names = store.database.originals().await.unwrap();
    let path = |name: &str| store.vault.folder().unwrap().join(&name[..2]).join(&name[2..4]).join(name);
    std::fs::remove_file(path(&names[0])).unwrap();
    std::fs::remove_file(path(&names[2])).unwrap();
    std::fs::write(path(&names[2]), b"something else").unwrap();
    let orphan = store.vault.put(b"an interrupted intake".to_vec()).await.unwrap().stored.sha256;
    let found = store.check_fixity("sobo", &Stop::default()).await.unwrap();
    assert_eq!((found.intact, found.is_sound()), (1, false));
    assert_eq!((found.missing, found.changed), (vec![names[0].clone()], vec![names[2].clone()]));
    assert_eq!(found.unknown, [orphan.to_string()]);
    let history = store.database.audit_of(&format!("original/{}", names[0])).await.unwrap();
    assert_eq!(history.iter().map(|it| it.reason.as_str()).collect::<Vec<_>>(), ["intact", "missing"]);
}

#[tokio::test]
async fn an_original_that_was_lost_or_changed_fails_its_page_alone() {
    let home = Home::embedded();
    let store = home.store_of([1, 2, 3]).await;
    let pages = store.database.pages(&PageFilter::default()).await.unwrap();
    let path = |page: &sobo_db::Page| {
        let name = &page.original;
        store.vault.folder().unwrap().join(&name[..2]).join(&name[2..4]).join(name)
    };
    std::fs::remove_file(path(&pages[0])).unwrap();
    std::fs::remove_file(path(&pages[1])).unwrap();
    std::fs::write(path(&pages[1]), b"something else").unwrap();
    let summary = run(&store, options()).await;
    assert_eq!((summary.done, summary.failed.len()), (1, 2));
    assert!(summary.failed.iter().all(|failed| failed.reason.contains("restore it from a copy")));
}
