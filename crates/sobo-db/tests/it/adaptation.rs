use indexmap::IndexMap;
use sobo_db::{Acted, Database, DbError, NewLineSet, NewRecord, Reread, on_both};
use sobo_verify::{Actor, Chain, Event, FieldStart, Role, Sheet, Stage, Statement};

use crate::register::{claim, complete, volume_of_pages};

fn record(entry_id: i64, volume_id: i64, page_id: i64, office: &str, accepted: bool) -> NewRecord {
    let start = FieldStart {
        reading: Some(Statement::of_text("Trần Văn Ba")),
        accepted,
        blind: true,
        required: true,
        carried: false,
    };
    NewRecord {
        entry_id,
        page_id,
        volume_id,
        office: office.to_owned(),
        form: "A-birth".to_owned(),
        place: entry_id,
        chain: Chain::full(),
        draw: 0,
        sheet: Sheet { fields: IndexMap::from([("child_name".to_owned(), start)]), carried_from: None },
    }
}

/// Takes the record through its whole chain, everybody saying `text`.
async fn sign_off(database: &Database, entry: i64, text: &str) {
    for person in 1..9 {
        let (record, state) = database.record(entry).await.unwrap();
        let Stage::Awaiting(step) = state.stage() else { return };
        let said = [("child_name".to_owned(), Statement::of_text(text))];
        let statements: IndexMap<_, _> =
            if step == sobo_verify::StepKind::SignOff { IndexMap::new() } else { said.into_iter().collect() };
        let actor = Actor::new(person, &Role::ALL);
        let acted = database
            .act(entry, record.deeds, Event::Submit { step, statements }, &actor, "lan")
            .await
            .unwrap();
        assert!(matches!(acted, Acted::Done(_)), "{acted:?}");
    }
}

async fn with_model(database: &Database, id: &str, set: &str, entries: &[i64]) {
    let new = NewLineSet {
        hash: set,
        scope: "office:A",
        taught: 3,
        judging: 1,
        body: "{\"lines\":[]}",
        entries,
        volumes: &[(1, false), (2, true)],
    };
    database.record_line_set("lan", &new).await.unwrap();
    database.record_model("lan", id, "office:A", set, "models/x", "{}").await.unwrap();
}

on_both! {
    async fn an_office_teaches_only_where_it_allows_it(database: Database) {
        database.begin_records(&[record(1, 1, 1, "A", false), record(2, 1, 1, "A", false)]).await.unwrap();
        sign_off(&database, 1, "Trần Văn Bá").await;
        assert_eq!(database.teaching_entries(1).await.unwrap(), [], "nobody was asked");
        database.set_teaching_office("lan", "A", true).await.unwrap();
        let entries: Vec<i64> = database.teaching_entries(1).await.unwrap().iter().map(|e| e.entry_id).collect();
        assert_eq!(entries, [1], "2 is not signed off");
        assert_eq!(database.teaching_offices().await.unwrap(), ["A"]);
        database.set_teaching_office("lan", "A", false).await.unwrap();
        assert_eq!(database.teaching_entries(1).await.unwrap(), []);
        assert!(database.teaching_offices().await.unwrap().is_empty());
    }

    async fn what_is_withdrawn_marks_the_models_it_taught(database: Database) {
        database.begin_records(&[record(1, 1, 1, "A", false), record(2, 2, 2, "A", false)]).await.unwrap();
        database.set_teaching_office("lan", "A", true).await.unwrap();
        sign_off(&database, 1, "Trần Văn Bá").await;
        sign_off(&database, 2, "Lê Thị Tư").await;
        with_model(&database, "neural:a", "s1", &[1, 2]).await;
        assert_eq!(database.model("neural:a").await.unwrap().withdrawn, 0);
        assert!(database.withdrawn_line_sets().await.unwrap().is_empty());
        let supervisor = Actor::new(20, &[Role::Supervisor]);
        let deeds = database.record(1).await.unwrap().0.deeds;
        let event = Event::Reopen { reason: "đọc sai".to_owned() };
        assert!(matches!(database.act(1, deeds, event, &supervisor, "hai").await.unwrap(), Acted::Done(_)));
        assert_eq!(database.model("neural:a").await.unwrap().withdrawn, 1);
        assert_eq!(database.withdrawn_line_sets().await.unwrap(), ["s1"]);
        let left: Vec<i64> = database.teaching_entries(1).await.unwrap().iter().map(|e| e.entry_id).collect();
        assert!(left.is_empty(), "a reopened record teaches no more");
        database.judge_model("lan", "neural:a", "{}", "better").await.unwrap();
        let refused = database.promote_model("lan", "neural:a", "tốt hơn").await;
        assert!(matches!(&refused, Err(DbError::Conflict { why, .. }) if why.contains("withdrawn")), "{refused:?}");
        database.set_teaching_office("lan", "A", false).await.unwrap();
        assert_eq!(database.model("neural:a").await.unwrap().withdrawn, 2, "the office took its consent back");
        assert_eq!(database.line_set_volumes().await.unwrap(), [(1, false), (2, true)]);
    }

    async fn a_model_is_promoted_only_when_better_and_rolled_back_step_by_step(database: Database) {
        with_model(&database, "neural:a", "s1", &[]).await;
        with_model(&database, "neural:b", "s2", &[]).await;
        for verdict in ["", "not_better", "forgets"] {
            if !verdict.is_empty() {
                database.judge_model("lan", "neural:a", "{}", verdict).await.unwrap();
            }
            assert!(database.promote_model("lan", "neural:a", "vì").await.is_err(), "{verdict}");
        }
        for id in ["neural:a", "neural:b"] {
            database.judge_model("lan", id, "{}", "better").await.unwrap();
            assert!(database.promote_model("lan", id, " ").await.is_err(), "without a reason");
            database.promote_model("lan", id, "tốt hơn").await.unwrap();
        }
        assert!(database.promote_model("lan", "neural:b", "lại").await.is_err(), "it reads its scope already");
        let now = database.promoted().await.unwrap();
        assert_eq!((now[0].model.as_deref(), now[0].previous.as_deref()), (Some("neural:b"), Some("neural:a")));
        assert_eq!(database.roll_back_model("hai", "office:A", "kém").await.unwrap().as_deref(), Some("neural:a"));
        assert_eq!(database.roll_back_model("hai", "office:A", "kém").await.unwrap(), None);
        assert!(database.roll_back_model("hai", "office:A", "kém").await.is_err(), "the shipped model is the last");
        let history = database.promotions().await.unwrap();
        assert_eq!(history.iter().map(|row| row.sequence).collect::<Vec<_>>(), [4, 3, 2, 1]);
        assert_eq!((history[0].who.as_str(), history[0].model.as_deref()), ("hai", None));
        database.verify_chain().await.unwrap();
    }

    async fn only_pages_nobody_worked_at_are_read_again(database: Database) {
        let volume = volume_of_pages(&database, 3).await;
        let mut pages = Vec::new();
        for model in ["old", "old", "new"] {
            let work = claim(&database, "w").await;
            complete(&database, &work, model, &["1"]).await.unwrap();
            pages.push(work.page.id);
        }
        let entry = database.entries_of_page(pages[0]).await.unwrap()[0].head.id;
        database.begin_records(&[record(entry, volume.id, pages[0], "Quận Nhứt", false)]).await.unwrap();
        sign_off(&database, entry, "Nguyễn Thị Bé").await;
        let before = database.record(entry).await.unwrap().1.values();
        let which = Reread { volumes: &[volume.id], model: "new" };
        assert_eq!(database.reread_untouched("lan", &which, "mô hình mới").await.unwrap(), [pages[1]]);
        assert_eq!(database.queue_length(None).await.unwrap().waiting, 1);
        let work = claim(&database, "w").await;
        complete(&database, &work, "new", &["1"]).await.unwrap();
        assert!(database.reread_untouched("lan", &which, "lại").await.unwrap().is_empty());
        assert_eq!(database.record(entry).await.unwrap().1.values(), before);
    }

    async fn disagreement_with_what_was_offered_as_right_is_counted_by_week(database: Database) {
        database
            .begin_records(&[record(1, 7, 1, "A", true), record(2, 7, 1, "A", true), record(3, 7, 1, "A", false)])
            .await
            .unwrap();
        for (entry, text) in [(1, "Trần Văn Ba"), (2, "Trần Văn Bá"), (3, "khác hẳn")] {
            sign_off(&database, entry, text).await;
        }
        let drift = database.drift(0).await.unwrap();
        assert_eq!(drift.len(), 1);
        assert_eq!(drift[0].volume_id, 7);
        // Of the accepted two, entry, check and blind reading looked at each; one differed at entry alone.
        assert_eq!(drift[0].differing, 1, "{drift:?}");
        assert!(drift[0].compared >= 4);
        let day = 86_400_000;
        assert_eq!((drift[0].monday_ms / day + 3) % 7, 0, "weeks begin on Monday");
        assert!(database.drift(drift[0].monday_ms + 8 * day).await.unwrap().is_empty());
    }
}
