use indexmap::IndexMap;
use sobo_db::{Acted, NewAccount, NewRecord, OfficeScope, PageNote, QueueOrder, Wish, on_both};
use sobo_verify::{Actor, Chain, Event, FieldStart, Refusal, Role, Sheet, Stage, Statement, StepKind};

fn record(entry_id: i64, place: i64, office: &str, accepted: bool) -> NewRecord {
    let start = FieldStart {
        reading: Some(Statement::of_text("Trần Văn Ba")),
        accepted,
        blind: true,
        required: true,
        carried: false,
    };
    NewRecord {
        entry_id,
        page_id: 1,
        volume_id: 1,
        office: office.to_owned(),
        form: "A-birth".to_owned(),
        place,
        chain: Chain::full(),
        draw: 0,
        sheet: Sheet { fields: IndexMap::from([("child_name".to_owned(), start)]), ..Sheet::default() },
    }
}

fn person(id: i64, role: Role) -> Actor {
    Actor::new(id, &[role])
}

fn wish<'a>(actor: &'a Actor, steps: &'a [StepKind]) -> Wish<'a> {
    Wish {
        actor,
        offices: &OfficeScope::All,
        steps,
        volume: None,
        order: QueueOrder::Reading,
        after: -1,
        except: &[],
        lease_ms: 60_000,
    }
}

fn submit(step: StepKind, text: &str) -> Event {
    let statements = IndexMap::from([("child_name".to_owned(), Statement::of_text(text))]);
    Event::Submit { step, statements }
}

on_both! {
    async fn two_people_never_hold_one_entry(database: Database) {
        database.begin_records(&[record(1, 10, "A", false), record(2, 20, "A", false)]).await.unwrap();
        let steps = [StepKind::Entry];
        let clerks: Vec<Actor> = (1..=6).map(|id| person(id, Role::Clerk)).collect();
        let wishes: Vec<_> = clerks.iter().map(|clerk| wish(clerk, &steps)).collect();
        let mut held = Vec::new();
        for got in futures::future::join_all(wishes.iter().map(|wish| database.lease_next(wish))).await {
            held.extend(got.unwrap());
        }
        held.sort();
        assert_eq!(held, [1, 2]);
        let holder = database.record(1).await.unwrap().0.lease_person.unwrap();
        let other = holder % 6 + 1;
        assert!(!database.lease(1, other, 60_000).await.unwrap());
        assert!(database.lease(1, holder, 60_000).await.unwrap());
        let acted = database.act(1, 0, submit(StepKind::Entry, "A"), &person(other, Role::Clerk), "x").await.unwrap();
        assert!(matches!(acted, Acted::Leased));
        database.release(1, other).await.unwrap();
        assert!(!database.lease(1, other, 60_000).await.unwrap(), "only the holder gives a lease back");
        database.release(1, holder).await.unwrap();
        assert!(database.lease(1, other, -1).await.unwrap());
        assert!(database.lease(1, holder, 60_000).await.unwrap(), "a lease that ran out is free");
    }

    async fn of_two_submissions_at_once_one_counts(database: Database) {
        database.begin_records(&[record(1, 10, "A", false)]).await.unwrap();
        let lan = person(1, Role::Clerk);
        let acts = (0..5).map(|_| database.act(1, 0, submit(StepKind::Entry, "Trần Văn Bá"), &lan, "lan"));
        let acted = futures::future::join_all(acts).await;
        let done = acted.iter().filter(|acted| matches!(acted, Ok(Acted::Done(_)))).count();
        let moved = acted.iter().filter(|acted| matches!(acted, Ok(Acted::Moved))).count();
        assert_eq!((done, moved), (1, 4));
        let (record, state) = database.record(1).await.unwrap();
        assert_eq!((record.deeds, record.stage.as_str()), (1, "check"));
        assert_eq!(state.values()["child_name"].text, "Trần Văn Bá");
        let tallies = database.tallies().await.unwrap();
        assert_eq!(tallies.len(), 1);
        assert_eq!((tallies[0].compared, tallies[0].differing), (1, 1), "the reading was wrong");
        assert_eq!(database.changes_after(0, 10).await.unwrap().len(), 1);
        assert_eq!(database.audit_of("entry/1").await.unwrap().len(), 1);
    }

    async fn who_has_seen_or_done_is_passed_over(database: Database) {
        database.begin_records(&[record(1, 10, "A", false)]).await.unwrap();
        let people = [person(1, Role::Clerk), person(2, Role::Checker), person(3, Role::Checker)];
        for (step, person) in [(StepKind::Entry, &people[0]), (StepKind::Check, &people[1])] {
            let deeds = database.record(1).await.unwrap().0.deeds;
            let acted = database.act(1, deeds, submit(step, "Ba"), person, "x").await.unwrap();
            assert!(matches!(acted, Acted::Done(_)));
        }
        let steps = [StepKind::Blind];
        assert_eq!(database.lease_next(&wish(&people[1], &steps)).await.unwrap(), None, "took the check");
        database.mark_seen(&[1], 3).await.unwrap();
        database.mark_seen(&[1], 3).await.unwrap();
        assert!(database.has_seen(1, 3).await.unwrap());
        assert_eq!(database.lease_next(&wish(&people[2], &steps)).await.unwrap(), None, "has seen the values");
        let fresh = person(4, Role::Checker);
        assert_eq!(database.lease_next(&wish(&fresh, &steps)).await.unwrap(), Some(1));
        let acted = database.act(1, 2, submit(StepKind::Blind, "Ba"), &people[1], "x").await.unwrap();
        assert!(matches!(acted, Acted::Leased));
        database.release(1, 4).await.unwrap();
        let acted = database.act(1, 2, submit(StepKind::Blind, "Ba"), &people[1], "x").await.unwrap();
        assert!(matches!(acted, Acted::Refused(Refusal::OwnWork { .. })));
    }

    async fn queues_follow_order_scope_and_exceptions(database: Database) {
        let records = [record(1, 10, "A", true), record(2, 20, "B", false), record(3, 30, "A", false)];
        database.begin_records(&records).await.unwrap();
        database.begin_records(&records).await.unwrap();
        let lan = person(1, Role::Clerk);
        let steps = [StepKind::Entry];
        let next = |wish| { let database = database.clone(); async move {
            let found = database.lease_next(&wish).await.unwrap();
            if let Some(found) = found { database.release(found, 1).await.unwrap(); }
            found
        }};
        assert_eq!(next(wish(&lan, &steps)).await, Some(1));
        assert_eq!(next(Wish { after: 10, ..wish(&lan, &steps) }).await, Some(2));
        assert_eq!(next(Wish { after: 30, ..wish(&lan, &steps) }).await, Some(1), "begins anew at the end");
        assert_eq!(next(Wish { after: 10, except: &[2], ..wish(&lan, &steps) }).await, Some(3));
        assert_eq!(next(Wish { order: QueueOrder::Doubt, ..wish(&lan, &steps) }).await, Some(2));
        assert_eq!(next(Wish { volume: Some(9), ..wish(&lan, &steps) }).await, None);
        let scope = OfficeScope::Only(vec!["B".to_owned()]);
        assert_eq!(next(Wish { offices: &scope, ..wish(&lan, &steps) }).await, Some(2));
        let counts = database.stage_counts(1).await.unwrap();
        assert_eq!((counts.len(), counts[0].records, counts[0].free, counts[0].attention), (1, 3, 3, 2));
    }

    async fn a_queue_can_begin_with_what_teaches_most(database: Database) {
        assert_eq!(database.volume_to_weigh().await.unwrap(), None);
        let records = [record(1, 10, "A", false), record(2, 20, "A", false), record(3, 30, "A", false)];
        database.begin_records(&records).await.unwrap();
        assert_eq!(database.volume_to_weigh().await.unwrap(), Some(1));
        assert!(database.is_to_weigh(1).await.unwrap() && !database.is_to_weigh(2).await.unwrap());
        // The third came after the volume was looked at.
        database.keep_teaching_worth(&[1, 2], &[(2, 700)]).await.unwrap();
        assert!(database.is_to_weigh(1).await.unwrap(), "a new entry is still to be weighed");
        let lan = person(1, Role::Clerk);
        let steps = [StepKind::Entry];
        let wish = Wish { order: QueueOrder::Teaching, ..wish(&lan, &steps) };
        let mut got = Vec::new();
        for _ in 0..3 {
            let wish = Wish { except: &got.clone(), ..wish.clone() };
            got.push(database.lease_next(&wish).await.unwrap().unwrap());
        }
        assert_eq!(got, [2, 1, 3], "the most first, what is not weighed last");
        database.keep_teaching_worth(&[1, 2, 3], &[(3, 900), (2, 700)]).await.unwrap();
        assert_eq!(database.volume_to_weigh().await.unwrap(), None);
        assert_eq!(database.lease_next(&wish).await.unwrap(), Some(3));
    }

    async fn drafts_and_notes(database: Database) {
        database.save_draft(1, 7, "{\"a\":1}").await.unwrap();
        database.save_draft(1, 7, "{\"a\":2}").await.unwrap();
        assert_eq!(database.draft(1, 7).await.unwrap().unwrap().0, "{\"a\":2}");
        assert_eq!(database.draft(1, 8).await.unwrap(), None);
        let note = PageNote {
            id: 0, page_id: 5, entry_id: None, kind: "rescan".to_owned(), reason: "mép bị cắt".to_owned(),
            person: 7, at_ms: 0, closed_ms: None, closed_by: None,
        };
        let id = database.note_page("lan", &note).await.unwrap();
        assert_eq!(database.open_notes(Some(5)).await.unwrap().len(), 1);
        assert_eq!(database.open_notes(Some(6)).await.unwrap().len(), 0);
        assert!(database.close_note("kho", 9, id).await.unwrap());
        assert!(!database.close_note("kho", 9, id).await.unwrap());
        assert_eq!(database.open_notes(None).await.unwrap().len(), 0);
        let all = database.notes_of_page(5).await.unwrap();
        assert_eq!((all.len(), all[0].closed_by), (1, Some(9)), "what was settled stays in the history");
    }

    async fn accounts_and_sessions(database: Database) {
        let account = NewAccount {
            login: "lan".to_owned(), name: "Lan".to_owned(), password_hash: "hash".to_owned(),
            roles: vec![Role::Clerk, Role::Checker], offices: OfficeScope::Only(vec!["Quận Nhứt".to_owned()]),
        };
        let id = database.create_account("quan", &account).await.unwrap();
        assert!(database.create_account("quan", &account).await.unwrap_err().is_unique_violation());
        let kept = database.account_by_login("lan").await.unwrap().unwrap();
        assert_eq!((kept.id, &kept.roles, &kept.offices), (id, &account.roles, &account.offices));
        assert!(kept.offices.covers("Quận Nhứt") && !kept.offices.covers("Quận Nhì"));

        database.open_session("token", id, "csrf", true).await.unwrap();
        assert_eq!(database.session("token", 1000, 1000).await.unwrap().unwrap().account.id, id);
        assert!(database.session("other", 1000, 1000).await.unwrap().is_none());
        assert!(database.session("token", -1, 1000).await.unwrap().is_none(), "idle too long");
        assert!(database.session("token", 1000, -1).await.unwrap().is_none(), "too old");
        database.change_account("quan", id, &[Role::Clerk], &OfficeScope::All, false).await.unwrap();
        assert!(database.session("token", 1000, 1000).await.unwrap().is_none(), "a change ends sessions");

        assert!(database.use_totp(id, 100).await.unwrap());
        assert!(!database.use_totp(id, 100).await.unwrap(), "no code serves twice");
        assert!(!database.use_totp(id, 99).await.unwrap());
        database.record_sign_in_failure("lan", "10.0.0.1").await.unwrap();
        database.record_sign_in_failure("minh", "10.0.0.1").await.unwrap();
        assert_eq!(database.sign_in_failures("lan", "10.0.0.1", 60_000).await.unwrap(), (1, 2));
    }

    async fn a_reopened_record_begins_again(database: Database) {
        database.begin_records(&[record(1, 10, "A", false)]).await.unwrap();
        let lan = person(1, Role::Clerk);
        database.act(1, 0, submit(StepKind::Entry, "Ba"), &lan, "lan").await.unwrap();
        let event = Event::Reopen { reason: "sai mẫu".to_owned() };
        let acted = database.act(1, 1, event, &person(9, Role::Supervisor), "giang").await.unwrap();
        let Acted::Done(state) = acted else { panic!("{acted:?}") };
        assert_eq!(state.stage(), Stage::Awaiting(StepKind::Entry));
        // The same clerk may enter it again in the new round.
        assert_eq!(database.lease_next(&wish(&lan, &[StepKind::Entry])).await.unwrap(), Some(1));
        assert_eq!(database.audit_of("entry/1").await.unwrap()[1].reason, "sai mẫu");
        let pace = database.pace(0).await.unwrap();
        assert_eq!(pace.len(), 1, "reopening is no step taken");
        assert_eq!((pace[0].person, pace[0].volume_id, pace[0].step.as_str(), pace[0].entries), (1, 1, "entry", 1));
        assert_eq!(database.pace(i64::MAX).await.unwrap(), []);
    }
}
