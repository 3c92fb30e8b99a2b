use sobo_db::testing::TestDatabase;
use sobo_db::{AuditEvent, Database, on_both};

fn event(number: usize) -> AuditEvent {
    AuditEvent::new("lan", "entry.view", [format!("entry/{number}"), "page/7".to_owned()])
        .because("so sánh bản gốc")
        .with(serde_json::json!({"number": number}))
}

async fn ten(database: &Database) {
    for number in 0..5 {
        database.record_events(&[event(2 * number), event(2 * number + 1)]).await.unwrap();
    }
}

on_both! {
    async fn a_chain_is_whole(database: Database) {
        ten(&database).await;
        let report = database.verify_chain().await.unwrap();
        assert_eq!(report.faults, Vec::<String>::new());
        assert_eq!(report.records, 10);
        let records = database.audit_after(0, 100).await.unwrap();
        assert_eq!(records[9].hash, report.head);
        assert_eq!(records[3].previous_hash, records[2].hash);
        assert_eq!(records[3].details, r#"{"number":3}"#);
        assert!(records.windows(2).all(|pair| pair[0].at_ms <= pair[1].at_ms));
    }

    async fn records_are_found_by_subject(database: Database) {
        ten(&database).await;
        let found = database.audit_of("entry/1").await.unwrap();
        assert_eq!(found.iter().map(|record| record.sequence).collect::<Vec<_>>(), [2]);
        assert_eq!(database.audit_of("page/7").await.unwrap().len(), 10);
        assert_eq!(database.audit_of("page/%").await.unwrap().len(), 0);
    }

    async fn writers_at_once_keep_one_chain(database: Database) {
        let writers = (0..8).map(|_| {
            let database = database.clone();
            tokio::spawn(async move { ten(&database).await })
        });
        for writer in writers.collect::<Vec<_>>() {
            writer.await.unwrap();
        }
        let report = database.verify_chain().await.unwrap();
        assert_eq!((report.records, report.faults), (80, Vec::new()));
    }
}

/// Runs statements on a raw connection, as someone with the database's password could.
async fn raw(url: &str, statements: &[&'static str]) -> Result<(), sqlx::Error> {
    use sqlx::{Connection as _, Executor as _};
    if url.starts_with("sqlite") {
        let mut connection = sqlx::SqliteConnection::connect(url).await?;
        for statement in statements {
            connection.execute(*statement).await?;
        }
    } else {
        let mut connection = sqlx::PgConnection::connect(url).await?;
        for statement in statements {
            connection.execute(*statement).await?;
        }
    }
    Ok(())
}

async fn both() -> Vec<TestDatabase> {
    let mut all = vec![TestDatabase::sqlite().await];
    all.extend(TestDatabase::postgres().await);
    all
}

#[tokio::test]
async fn the_audit_refuses_change() {
    for test in both().await {
        ten(&test.database).await;
        let mut statements = vec!["UPDATE audit SET who = 'minh' WHERE sequence = 3", "DELETE FROM audit"];
        if test.database.backend() == "postgres" {
            statements.push("TRUNCATE audit");
        }
        for statement in statements {
            let refused = raw(&test.url, &[statement]).await.unwrap_err();
            assert!(refused.to_string().contains("append-only"), "{statement}: {refused}");
        }
        assert_eq!(test.database.verify_chain().await.unwrap().faults, Vec::<String>::new());
    }
}

#[tokio::test]
async fn what_goes_round_the_triggers_is_found() {
    let cases = [
        ("UPDATE audit SET who = 'minh' WHERE sequence = 3", "record 3 was changed after it was written"),
        ("DELETE FROM audit WHERE sequence = 5", "records 5 to 5 are missing"),
        ("DELETE FROM audit WHERE sequence > 8", "records 9 to 10 are missing"),
        (
            "UPDATE audit SET hash = (SELECT hash FROM audit WHERE sequence = 1) WHERE sequence = 6",
            "record 7 does not follow record 6",
        ),
    ];
    for (statement, expected) in cases {
        for test in both().await {
            ten(&test.database).await;
            let disarm: &[&'static str] = if test.database.backend() == "postgres" {
                &["ALTER TABLE audit DISABLE TRIGGER ALL"]
            } else {
                &["DROP TRIGGER audit_is_not_changed", "DROP TRIGGER audit_is_not_deleted"]
            };
            raw(&test.url, disarm).await.unwrap();
            raw(&test.url, &[statement]).await.unwrap();
            let faults = test.database.verify_chain().await.unwrap().faults;
            assert!(faults.iter().any(|fault| fault == expected), "{statement}: {faults:?}");
        }
    }
}
