use sobo_core::{Entry, Field, Outcome, PageReading, Provenance, Rect, RegisterType, SCHEMA_VERSION};
use sobo_db::{
    Completion, Database, FileIntake, Handed, NewPage, NewRecord, NewSample, OfficeScope, PageOperation,
    PageWorkKind, PageWorked, SampleSubmitted, Verdict, VolumeDescription, on_both,
};
use sobo_verify::{Actor, Chain, Event, Role, Sheet, Statement, StepKind};

fn entry(y: f64, name: &str) -> Entry {
    let field = Field { text: name.to_owned(), bbox: Rect::new(5.0, y, 50.0, 8.0), ..Field::default() };
    Entry { bbox: Rect::new(0.0, y, 100.0, 10.0), fields: [("child_name".to_owned(), field)].into() }
}

/// A volume with one page of three entries, each with a record; the page's id.
async fn page(database: &Database, name: &str, sha256: &str) -> (i64, i64) {
    let text =
        format!("name = \"{name}\"\noffice = \"Quận Nhứt\"\nregister_type = \"birth\"\nyear_from = 1958\n");
    let descriptor = toml::from_str(&text).unwrap();
    let description = VolumeDescription { descriptor: &descriptor, text: &text, office_at_date: None };
    let volume = database.describe_volume("test", &description).await.unwrap().id;
    let handed = Handed::Taken { sha256: sha256.repeat(32), bytes: 1, pages: vec![NewPage::default()] };
    let intake = FileIntake { who: "test", volume_id: volume, batch: "1", source: name, handed };
    database.record_file(&intake).await.unwrap();
    let work = database.claim_pages("test", 60_000, 1, Some(volume)).await.unwrap().remove(0);
    let reading = PageReading {
        schema_version: SCHEMA_VERSION,
        page: name.to_owned(),
        page_index: 0,
        form: "A-birth".to_owned(),
        family: "A".to_owned(),
        register_type: Some(RegisterType::Birth),
        entries: vec![entry(0.0, "Ba"), entry(20.0, "Tư"), entry(40.0, "Năm")],
        issues: Vec::new(),
        elapsed_ms: 0,
    };
    let completion = Completion {
        lease: &work.lease,
        outcome: &Outcome::Done,
        reading: Some(&reading),
        provenance: &Provenance::default(),
        size: Some((100, 60)),
        dpi: None,
        elapsed_ms: 1,
    };
    database.complete_page("test", &completion).await.unwrap();
    begin(database).await;
    (volume, work.page.id)
}

async fn begin(database: &Database) {
    let mut records = Vec::new();
    for found in database.entries_without_record(100).await.unwrap() {
        let reading = database.entry(found.entry_id).await.unwrap();
        records.push(NewRecord {
            entry_id: found.entry_id,
            page_id: found.page_id,
            volume_id: found.volume_id,
            office: found.office,
            form: found.form,
            place: found.place,
            chain: Chain::full(),
            draw: 0,
            sheet: Sheet::of_entry(&reading.entry(), None),
        });
    }
    database.begin_records(&records).await.unwrap();
}

async fn standing(database: &Database, page: i64) -> Vec<(i64, String)> {
    let entries = database.entries_of_page(page).await.unwrap();
    entries.into_iter().map(|entry| (entry.head.id, entry.fields["child_name"].text.clone())).collect()
}

fn clerk(id: i64) -> Actor {
    Actor::new(id, &[Role::Clerk])
}

fn operation<'a>(kind: PageWorkKind, page: i64, withdraw: &'a [i64], add: &'a [Entry]) -> PageOperation<'a> {
    PageOperation { kind, page, withdraw, add, form: None, volume: None, reason: "vì sao" }
}

async fn submit(database: &Database, entry: i64, person: i64, text: &str) {
    let statements = [("child_name".to_owned(), Statement::of_text(text))].into();
    let event = Event::Submit { step: StepKind::Entry, statements };
    let acted = database.act(entry, 0, event, &clerk(person), "lan").await.unwrap();
    assert!(matches!(acted, sobo_db::Acted::Done(_)), "{acted:?}");
}

on_both! {
    async fn an_operation_and_its_undoing_leave_all_as_it_was(database: Database) {
        let (_, page) = page(&database, "KS.1", "ab").await;
        let before = standing(&database, page).await;
        let ids: Vec<i64> = before.iter().map(|(id, _)| *id).collect();
        let parts = [entry(20.0, "Tư một"), entry(26.0, "Tư hai")];
        let split = operation(PageWorkKind::Split, page, &ids[1..2], &parts);
        let done = database.work_at_page(&split, &clerk(1), "lan").await.unwrap();
        let PageWorked::Done { work, entries } = done else { panic!("{done:?}") };
        begin(&database).await;
        let names: Vec<String> = standing(&database, page).await.into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["Ba", "Tư một", "Tư hai", "Năm"]);
        // The queue offers them in that order.
        let records = database.records_of_page(page).await.unwrap();
        let open: Vec<i64> =
            records.iter().filter(|record| record.stage == "entry").map(|record| record.entry_id).collect();
        assert_eq!(open, [ids[0], entries[0], entries[1], ids[2]]);

        let undone = database.undo_page_work(work, &clerk(1), "lan").await.unwrap();
        assert_eq!(undone, PageWorked::Done { work, entries: vec![ids[1]] });
        assert_eq!(standing(&database, page).await, before);
        assert_eq!(database.undo_page_work(work, &clerk(1), "lan").await.unwrap(), PageWorked::WorkedAt);
        let (_, state) = database.record(ids[1]).await.unwrap();
        assert_eq!(state.history().len(), 2, "withdrawn and restored stand in the history");
        assert_eq!(database.verify_chain().await.unwrap().faults, Vec::<String>::new());
    }

    async fn what_others_work_at_is_left_alone(database: Database) {
        let (_, page) = page(&database, "KS.1", "ab").await;
        let ids: Vec<i64> = standing(&database, page).await.iter().map(|(id, _)| *id).collect();
        assert!(database.lease(ids[1], 2, 60_000).await.unwrap());
        let one = [entry(0.0, "Ba Tư")];
        let merge = operation(PageWorkKind::Merge, page, &ids[..2], &one);
        assert_eq!(database.work_at_page(&merge, &clerk(1), "lan").await.unwrap(), PageWorked::Leased);
        assert_eq!(standing(&database, page).await.len(), 3, "nothing of it happened");
        database.release(ids[1], 2).await.unwrap();
        let done = database.work_at_page(&merge, &clerk(1), "lan").await.unwrap();
        let PageWorked::Done { work, entries } = done else { panic!("{done:?}") };
        begin(&database).await;
        submit(&database, entries[0], 2, "Ba Tư").await;
        assert_eq!(database.undo_page_work(work, &clerk(1), "lan").await.unwrap(), PageWorked::WorkedAt);
        assert_eq!(database.page_works(page).await.unwrap()[0].undone_ms, None);
    }

    async fn a_page_moves_to_another_volume_and_back(database: Database) {
        let (from, page_id) = page(&database, "KS.1", "ab").await;
        let (to, _) = page(&database, "KS.2", "cd").await;
        let before = standing(&database, page_id).await;
        let mut there = operation(PageWorkKind::Volume, page_id, &[], &[]);
        there.volume = Some(to);
        let done = database.work_at_page(&there, &clerk(1), "lan").await.unwrap();
        let PageWorked::Done { work, .. } = done else { panic!("{done:?}") };
        assert_eq!(database.page(page_id).await.unwrap().volume_id, to);
        assert_eq!(database.records_of_volume(to).await.unwrap().len(), 6);
        assert_eq!(database.records_of_volume(from).await.unwrap().len(), 0);
        database.undo_page_work(work, &clerk(1), "lan").await.unwrap();
        assert_eq!(database.records_of_volume(from).await.unwrap().len(), 3);
        assert_eq!((database.page(page_id).await.unwrap().sequence, standing(&database, page_id).await), (1, before));
    }

    async fn a_sample_counts_what_differs(database: Database) {
        let (_, page) = page(&database, "KS.1", "ab").await;
        let ids: Vec<i64> = standing(&database, page).await.iter().map(|(id, _)| *id).collect();
        for id in &ids[..2] {
            submit(&database, *id, 1, "Ba").await;
        }
        let population = database.sample_population().await.unwrap();
        let entries: Vec<i64> = population.iter().map(|entry| entry.entry_id).collect();
        assert_eq!(entries, ids[..2], "what nobody entered is not drawn from");
        let sample = database
            .create_sample("giang", &NewSample {
                person: 9, scope: "tất cả", all_fields: true, expected: 0.01, half_width: 0.01, population: 2,
                population_fields: 2, fields_wanted: 2, seed: 7, entries: &entries,
            })
            .await
            .unwrap();
        // Whoever entered them is not asked; whoever saw them neither.
        let lease = |person: i64| {
            let database = database.clone();
            async move { database.lease_sample(&clerk(person), &OfficeScope::All, &[], 60_000).await.unwrap() }
        };
        assert_eq!(lease(1).await, None);
        database.mark_seen(&[ids[0]], 3).await.unwrap();
        assert_eq!(lease(3).await, Some((sample, ids[1])));
        database.renew_sample(ids[1], 3, 0).await.unwrap();
        assert_eq!(lease(2).await, Some((sample, ids[0])));
        assert_eq!(database.sample_of(ids[0], 2).await.unwrap(), Some(sample));
        let said = [("child_name".to_owned(), Statement::of_text("Bà"))].into();
        let fields = ["child_name".to_owned()];
        let kept = database.submit_sample("phuc", sample, ids[0], 2, &fields, &said).await.unwrap();
        assert_eq!(kept, SampleSubmitted::Done);
        let again = database.submit_sample("phuc", sample, ids[0], 2, &fields, &said).await.unwrap();
        assert_eq!(again, SampleSubmitted::NotYours);
        let keyed = database.sample_fields(sample).await.unwrap();
        assert_eq!(keyed.len(), 1);
        assert!(keyed[0].record_wrong() && keyed[0].machine_wrong() && !keyed[0].machine_from_record);
        assert!(database.judge_sample("giang", sample, ids[0], "child_name", Some(Verdict::Record)).await.unwrap());
        let judged = database.sample_fields(sample).await.unwrap().remove(0);
        assert!(!judged.record_wrong() && !judged.machine_wrong());
        assert_eq!((database.sample(sample).await.unwrap().done, database.samples_waiting(1).await.unwrap()), (1, 0));
    }

    async fn a_rescan_finds_what_people_stated(database: Database) {
        let (volume, old) = page(&database, "KS.1", "ab").await;
        let ids: Vec<i64> = standing(&database, old).await.iter().map(|(id, _)| *id).collect();
        submit(&database, ids[1], 1, "Tư").await;
        let handed = Handed::Taken { sha256: "ef".repeat(32), bytes: 1, pages: vec![NewPage::default()] };
        let intake = FileIntake { who: "kho", volume_id: volume, batch: "2", source: "2.tif", handed };
        database.record_file(&intake).await.unwrap();
        let new = database.pages_of_volume(volume).await.unwrap().iter().map(|page| page.id).max().unwrap();
        database.replace_page("kho", old, new, "rescan").await.unwrap();
        assert!(database.entries_to_carry().await.unwrap().is_empty(), "the scan is not read yet");
        let work = database.claim_pages("test", 60_000, 1, Some(volume)).await.unwrap().remove(0);
        let completion = Completion {
            lease: &work.lease, outcome: &Outcome::Blank, reading: None, provenance: &Provenance::default(),
            size: None, dpi: None, elapsed_ms: 1,
        };
        database.complete_page("test", &completion).await.unwrap();
        let waiting = database.entries_to_carry().await.unwrap();
        assert_eq!(waiting.iter().map(|one| (one.old_entry, one.new_page)).collect::<Vec<_>>(), [(ids[1], new)]);
        let added = database.add_carried_entry(new, &entry(20.0, "")).await.unwrap();
        database.carry_entry(ids[1], added).await.unwrap();
        assert!(database.entries_to_carry().await.unwrap().is_empty());
        assert_eq!(database.carried_from(added).await.unwrap(), Some(ids[1]));
        assert_eq!(database.page_before(new).await.unwrap(), Some(old));
    }
}
