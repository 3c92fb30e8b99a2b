use std::collections::BTreeSet;

use sobo_db::{DbError, Requeue, on_both};

use crate::register::{MINUTE, claim, complete, hand_in, taken, volume, volume_of_pages};

on_both! {
    async fn two_workers_never_get_one_page(database: Database) {
        volume_of_pages(&database, 40).await;
        let mut workers = Vec::new();
        for worker in 0..8 {
            let database = database.clone();
            workers.push(tokio::spawn(async move {
                let mut mine = Vec::new();
                loop {
                    let work = database.claim_pages(&format!("w{worker}"), MINUTE, 3, None).await.unwrap();
                    if work.is_empty() {
                        return mine;
                    }
                    mine.extend(work.into_iter().map(|work| work.page.id));
                }
            }));
        }
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.await.unwrap());
        }
        assert_eq!(all.len(), 40);
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 40);
    }

    async fn a_volume_waits_for_the_pages_before_its_own(database: Database) {
        let first = volume(&database, "KS.1971.03").await;
        let second = volume(&database, "KS.1971.04").await;
        hand_in(&database, first.id, "a.tif", taken(1, 2)).await;
        hand_in(&database, second.id, "b.tif", taken(2, 3)).await;
        hand_in(&database, first.id, "c.tif", taken(3, 1)).await;
        assert_eq!(database.queue_before_end_of().await.unwrap(), [(first.id, 6), (second.id, 5)]);
    }

    async fn a_lease_that_ran_out_is_given_to_another(database: Database) {
        volume_of_pages(&database, 1).await;
        let first = database.claim_pages("first", -1, 1, None).await.unwrap().pop().unwrap();
        let second = claim(&database, "second").await;
        assert_eq!((second.page.id, second.lease.attempt), (first.page.id, 2));
        assert!(matches!(database.renew_lease(&first.lease, MINUTE).await, Err(DbError::LeaseLost { .. })));
        assert!(matches!(complete(&database, &first, "m", &["1"]).await, Err(DbError::LeaseLost { .. })));
        database.release_lease(&first.lease).await.unwrap();
        assert_eq!(database.leases().await.unwrap(), [second.lease.clone()]);
        database.renew_lease(&second.lease, 2 * MINUTE).await.unwrap();
        assert!(database.leases().await.unwrap()[0].until_ms > second.lease.until_ms);
    }

    async fn a_released_page_counts_no_attempt(database: Database) {
        volume_of_pages(&database, 1).await;
        let work = claim(&database, "w").await;
        assert_eq!(database.queue_length(None).await.unwrap().leased, 1);
        database.release_lease(&work.lease).await.unwrap();
        assert_eq!(database.queue_length(None).await.unwrap().waiting, 1);
        assert_eq!(claim(&database, "w").await.lease.attempt, 1);
    }

    async fn leases_of_a_dead_worker_are_taken(database: Database) {
        volume_of_pages(&database, 3).await;
        database.claim_pages("dead", MINUTE, 2, None).await.unwrap();
        database.claim_pages("alive", MINUTE, 1, None).await.unwrap();
        assert_eq!(database.take_leases_from("dead").await.unwrap(), 2);
        let owners: Vec<_> = database.leases().await.unwrap().into_iter().map(|lease| lease.owner).collect();
        assert_eq!(owners, ["alive"]);
        assert_eq!(claim(&database, "w").await.lease.attempt, 2);
    }

    async fn one_volume_alone(database: Database) {
        let first = volume_of_pages(&database, 1).await;
        let second = crate::register::volume(&database, "KT.1971.01").await;
        hand_in(&database, second.id, "a.tif", taken(7, 2)).await;
        let work = database.claim_pages("w", MINUTE, 10, Some(second.id)).await.unwrap();
        assert_eq!(work.len(), 2);
        assert!(work.iter().all(|work| work.page.volume_id == second.id));
        assert_eq!(database.queue_length(Some(first.id)).await.unwrap().waiting, 1);
        assert_eq!(database.queue_length(Some(second.id)).await.unwrap().waiting, 0);
    }

    async fn requeued_pages_come_first_and_keep_their_entries(database: Database) {
        let volume = volume_of_pages(&database, 3).await;
        let work = claim(&database, "w").await;
        complete(&database, &work, "m", &["1"]).await.unwrap();
        let last = database.pages_of_volume(volume.id).await.unwrap()[2].id;
        let which = [last, work.page.id];
        let queued =
            database.requeue_pages("minh", &Requeue::Pages(&which), Some("ledger_1980"), 5, "sai mẫu").await.unwrap();
        assert_eq!(queued, which);
        let again = claim(&database, "w").await;
        assert_eq!(again.page.id, work.page.id);
        assert_eq!(again.page.form_wanted.as_deref(), Some("ledger_1980"));
        assert_eq!(again.page.outcome, None);
        assert_eq!(database.entries_of_page(work.page.id).await.unwrap().len(), 1);
        let history = database.audit_of(&format!("page/{last}")).await.unwrap();
        assert_eq!(history.last().unwrap().reason, "sai mẫu");
        let missing = database.requeue_pages("minh", &Requeue::Pages(&[999]), None, 0, "").await;
        assert!(matches!(missing, Err(DbError::NotFound { .. })));
    }

    async fn pages_in_a_state_are_requeued(database: Database) {
        let volume = volume_of_pages(&database, 3).await;
        let work = claim(&database, "w").await;
        complete(&database, &work, "m", &["1"]).await.unwrap();
        let done = Requeue::InState { state: "done", volume_id: Some(volume.id) };
        assert_eq!(database.requeue_pages("minh", &done, None, 0, "").await.unwrap(), [work.page.id]);
        assert_eq!(database.requeue_pages("minh", &done, None, 0, "").await.unwrap(), Vec::<i64>::new());
    }
}
